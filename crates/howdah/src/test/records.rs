//! Records in memory: what tasks emit, sorted and in groups, and as lines.

use std::borrow::Cow;
use std::sync::Arc;

use howdah_plan::{RawValues, RecordLayout, RecordSink, TaskError};

/// What a task emitted a record for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A reducer's key.
    Key(Arc<[u8]>),
    /// A mapper's record.
    Record(Arc<[u8]>),
    /// Its start or its finish.
    #[default]
    Task,
}

/// A record as a task emitted it.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) key: Vec<u8>,
    pub(super) value: Option<Vec<u8>>,
    cause: Cause,
}

impl Record {
    pub(super) fn value(&self) -> &[u8] {
        self.value.as_deref().unwrap_or_default()
    }

    /// The record as a step writes it: without a value it has no TAB either.
    pub(super) fn into_line(self, layout: RecordLayout) -> Line {
        let mut bytes = self.key;
        if let Some(value) = self.value {
            if layout == RecordLayout::KeyValue {
                bytes.push(b'\t');
            }
            bytes.extend(value);
        }
        Line { bytes, cause: self.cause }
    }
}

/// A line that a step wrote.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    pub(super) cause: Cause,
}

impl Line {
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// What a task emitted, and what it emits for at the moment.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) all: Vec<Record>,
    pub(super) cause: Cause,
    open: Record,
}

impl RecordSink for Records {
    fn key(&mut self) -> &mut Vec<u8> {
        self.open = Record { cause: self.cause.clone(), ..Record::default() };
        &mut self.open.key
    }

    fn value(&mut self) -> &mut Vec<u8> {
        self.open.value.insert(Vec::new())
    }

    fn end(&mut self) -> Result<(), TaskError> {
        self.all.push(std::mem::take(&mut self.open));
        Ok(())
    }

    fn abandon(&mut self) {
        self.open = Record::default();
    }
}

/// Sorts records by their keys, and leaves those of a key in their order.
pub(super) fn sort(records: &mut [Record]) {
    records.sort_by(|a, b| a.key.cmp(&b.key));
}

/// Sorts records as `key TAB value`.
pub(super) fn sort_with_values(records: &mut [Record]) {
    records.sort_by_cached_key(|record| [&*record.key, b"\t", record.value()].concat());
}

/// The records of each key, of sorted ones.
pub(super) fn groups(sorted: &[Record]) -> impl Iterator<Item = &[Record]> {
    sorted.chunk_by(|a, b| a.key == b.key)
}

/// The first half of each key's records, and the second.
pub(super) fn halves(sorted: &[Record]) -> (Vec<Record>, Vec<Record>) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for group in groups(sorted) {
        let (a, b) = group.split_at(group.len().div_ceil(2));
        first.extend_from_slice(a);
        second.extend_from_slice(b);
    }
    (first, second)
}

/// The first record of each key, the second of each that has one, and so on.
pub(super) fn layers(sorted: &[Record]) -> Vec<Vec<Record>> {
    let mut layers: Vec<Vec<Record>> = Vec::new();
    for group in groups(sorted) {
        layers.resize_with(layers.len().max(group.len()), Vec::new);
        for (layer, record) in layers.iter_mut().zip(group) {
            layer.push(record.clone());
        }
    }
    layers
}

/// Parts of sorted records as one: of each key, first those of the first part.
pub(super) fn join(parts: impl IntoIterator<Item = Vec<Record>>) -> Vec<Record> {
    let mut all: Vec<Record> = parts.into_iter().flatten().collect();
    sort(&mut all);
    all
}

/// The values of one group.
pub(super) struct Group<'a>(pub(super) &'a [Record]);

impl RawValues for Group<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, TaskError> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(None) };
        self.0 = rest;
        Ok(Some(first.value()))
    }
}

/// A line's key and value. A line without a TAB is all key.
pub(super) fn split(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\t', line) {
        Some(tab) => (&line[..tab], &line[tab + 1..]),
        None => (line, b""),
    }
}
