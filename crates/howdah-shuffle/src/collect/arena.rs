//! The records' bytes, and the index over them.

use std::hint::black_box;
use std::mem;
use std::ops::Range;

use howdah_streaming::comparator::KeyComparator;

use super::fold::TableBuffers;
use super::sort::{self, Entry};
use crate::error::ShuffleError;
use crate::room::Buffer;
use crate::spill::SpillWriter;

/// Bytes of a value's length, before each record.
pub(super) const LENGTH_BYTES: usize = 4;

/// What comes into the processor's cache at a time.
const CACHE_LINE_BYTES: usize = 64;

/// How many sorted records are fetched at a time.
const FETCHED_RECORDS: usize = 16;

/// The buffers of a collector, handed from task to task so that each is made only once.
#[derive(Debug, Default)]
pub struct CollectorBuffers {
    bytes: Buffer<u8>,
    entries: Buffer<Entry>,
    /// The most of each that was ever in use: memory that the system has given.
    touched_bytes: usize,
    touched_entries: usize,
    /// Those of the table; elsewhere while it is in use.
    pub(super) table: TableBuffers,
}

impl CollectorBuffers {
    fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    fn used_bytes(&self) -> usize {
        self.bytes.len() + self.entries.len() * mem::size_of::<Entry>()
    }

    /// Forgets the records and keeps the room, unless both buffers together could outgrow what one spill uses.
    fn recycle(&mut self) {
        // A spill of small records leaves a large index, one of large records a large arena; keeping the
        // largest of both would hold more than was ever used at once.
        self.touched_bytes = self.touched_bytes.max(self.bytes.len());
        self.touched_entries = self.touched_entries.max(self.entries.len());
        let touched = self.touched_bytes + self.touched_entries * mem::size_of::<Entry>();
        if touched > self.used_bytes() + self.used_bytes() / 4 {
            *self = CollectorBuffers::default();
        }
        self.clear();
    }
}

/// Records one behind the other, each its value's length, its key, its value; and an entry for each.
pub(super) struct Arena {
    buffers: CollectorBuffers,
    /// Where the open record begins.
    open: usize,
    /// Where its key ends, once it does.
    key_end: usize,
}

impl Arena {
    pub(super) fn new(mut buffers: CollectorBuffers) -> Self {
        buffers.clear();
        Arena { buffers, open: 0, key_end: 0 }
    }

    pub(super) fn into_buffers(self) -> CollectorBuffers {
        self.buffers
    }

    #[inline]
    pub(super) fn key(&mut self) -> &mut Vec<u8> {
        self.open = self.buffers.bytes.len();
        self.key_end = 0;
        self.buffers.bytes.extend_from_slice(&[0; LENGTH_BYTES]);
        &mut self.buffers.bytes
    }

    /// The buffer for the open record's value. Asked for again, the key has gone on until here.
    #[inline]
    pub(super) fn value(&mut self) -> &mut Vec<u8> {
        self.key_end = self.buffers.bytes.len();
        &mut self.buffers.bytes
    }

    pub(super) fn abandon(&mut self) {
        self.buffers.bytes.truncate(self.open);
    }

    /// Closes the open record and enters it into the index, with the partition of its key and value; gives the lengths
    /// of both.
    #[inline]
    pub(super) fn close_record(
        &mut self,
        partition_of: impl FnOnce(&[u8], &[u8]) -> Result<u32, ShuffleError>,
    ) -> Result<(usize, usize), ShuffleError> {
        let CollectorBuffers { bytes, entries, .. } = &mut self.buffers;
        if self.key_end == 0 {
            self.key_end = bytes.len(); // no value: a line is all key
        }
        let (before, value) = bytes.split_at(self.key_end);
        let key = &before[self.open + LENGTH_BYTES..];
        let lengths = (key.len(), value.len());
        let too_large = || ShuffleError::RecordTooLarge { bytes: (lengths.0 + lengths.1) as u64 };
        let value_len = u32::try_from(lengths.1).map_err(|_| too_large())?;
        let key_len = u32::try_from(lengths.0).map_err(|_| too_large())?;
        let offset = u32::try_from(self.open).map_err(|_| too_large())?;
        entries.push(Entry::new(partition_of(key, value)?, offset, key_len, value));
        bytes[self.open..self.open + LENGTH_BYTES].copy_from_slice(&value_len.to_le_bytes());
        Ok(lengths)
    }

    /// The bytes of records and index together.
    #[inline]
    pub(super) fn used_bytes(&self) -> usize {
        self.buffers.used_bytes()
    }

    pub(super) fn len(&self) -> usize {
        self.buffers.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buffers.entries.is_empty()
    }

    /// Puts the index in order of partition, key, and place.
    pub(super) fn sort(&mut self, partitions: u32, order: &KeyComparator) {
        sort::sort(&self.buffers.bytes, &mut self.buffers.entries, partitions, order);
    }

    pub(super) fn partition(&self, at: usize) -> u32 {
        self.buffers.entries[at].partition
    }

    /// Where the run of records with the partition of the record `first` ends, once sorted.
    pub(super) fn partition_end(&self, first: usize) -> usize {
        let partition = self.partition(first);
        first + self.buffers.entries[first..].partition_point(|entry| entry.partition == partition)
    }

    #[inline]
    pub(super) fn record(&self, at: usize) -> (&[u8], &[u8]) {
        self.of(&self.buffers.entries[at])
    }

    /// Writes some records of one partition, once sorted.
    pub(super) fn write(
        &self,
        records: Range<usize>,
        writer: &mut SpillWriter<'_>,
    ) -> Result<(), ShuffleError> {
        let Range { mut start, end } = records;
        while start < end {
            let fetched = self.fetch(start..end);
            for entry in &self.buffers.entries[start..fetched] {
                if entry.repeats_key() {
                    writer.append_to_key(self.value_of(entry))?;
                } else {
                    let (key, value) = self.of(entry);
                    writer.append(key, value)?;
                }
            }
            start = fetched;
        }
        Ok(())
    }

    /// Reads a little of each of the first records whose value is not in its entry; gives where it stopped. They lie all
    /// over the arena, and who takes them one by one waits for each: so their waits overlap, and they are near when they
    /// are taken.
    pub(super) fn fetch(&self, records: Range<usize>) -> usize {
        let end = records.end.min(records.start + FETCHED_RECORDS);
        let (bytes, entries) = (&self.buffers.bytes, &self.buffers.entries[records.start..end]);
        for entry in entries.iter().filter(|entry| entry.short_value().is_none()) {
            let first = entry.offset();
            black_box([first, first + CACHE_LINE_BYTES].map(|at| bytes.get(at).copied()));
        }
        end
    }

    /// Whether a record's key is known to be that of the one before, once sorted; `false` says nothing.
    #[inline]
    pub(super) fn repeats_key(&self, at: usize) -> bool {
        self.buffers.entries[at].repeats_key()
    }

    /// A record's value.
    #[inline]
    pub(super) fn record_value(&self, at: usize) -> &[u8] {
        self.value_of(&self.buffers.entries[at])
    }

    #[inline]
    fn value_of<'a>(&'a self, entry: &'a Entry) -> &'a [u8] {
        entry.short_value().unwrap_or_else(|| self.of(entry).1)
    }

    #[inline]
    fn of(&self, entry: &Entry) -> (&[u8], &[u8]) {
        sort::record(&self.buffers.bytes, entry)
    }

    /// Forgets the records.
    pub(super) fn clear(&mut self) {
        self.buffers.recycle();
        self.open = 0;
    }
}
