//! The records of a split of a `SequenceFile`.
//!
//! Mirrors `mapred.SequenceFileRecordReader`; `SequenceFileAsTextRecordReader`, which makes text of keys and values; the
//! reader of `SequenceFileAsBinaryInputFormat`, which gives them as the bytes that Java wrote; and that of
//! `SequenceFileInputFilter`, which leaves records out.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::{Duration, Instant};

use howdah_platform::{FileCursor, ReadFile};
use howdah_sequence_file::{Error, ErrorKind, Reader};
use howdah_streaming::utf8;
use howdah_streaming::writable::{RecordClasses, WritableClass, WritableError};

use super::super::feed::{ExpandsTooMuch, most_bytes};
use super::super::lines::LineError;
use super::super::splits::InputSplit;
use super::RecordReaderSettings;
use super::format::FormatReader;
use super::key_filter::{KeyFilter, KeyFilterSettings};
use crate::pulse::Pulse;

/// What a `SequenceFile` begins with.
const HEADER: &[u8] = b"SEQ";

/// Whether a file begins as a `SequenceFile`.
pub(in super::super) fn is_sequence_file(file: &Arc<dyn ReadFile>) -> io::Result<bool> {
    let mut start = Vec::new();
    FileCursor::new(Arc::clone(file), 0).take(HEADER.len() as u64).read_to_end(&mut start)?;
    Ok(start == HEADER)
}

/// What is given of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordForm {
    /// Key and value, of the types that the file names.
    Content,
    /// What `toString` gives of both.
    Text,
    /// The bytes of both as they stand in the file, decompressed.
    Binary,
}

/// Reads a split's records.
pub(super) struct SequenceReader<'p> {
    reader: Reader<TimedCursor<'p>>,
    classes: RecordClasses,
    form: RecordForm,
    filter: Option<KeyFilter>,
    /// What is told if the split comes to more than it may.
    expansion: ExpandsTooMuch,
    key: Vec<u8>,
    value: Vec<u8>,
    /// Where the record at hand begins, or the block that holds it.
    offset: u64,
    time: Duration,
}

impl<'p> SequenceReader<'p> {
    /// Opens a split. No record, nor a block of them, may take more bytes than the settings allow.
    pub(super) fn open(
        file: Arc<dyn ReadFile>,
        split: &InputSplit,
        form: RecordForm,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> io::Result<Self> {
        let cursor = TimedCursor { cursor: FileCursor::new(file, 0), pulse, time: Duration::ZERO };
        let end = split.start + split.length;
        let most = settings.most_record_bytes;
        let mut reader = Reader::split_with_limit(cursor, split.start, end, most)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let expansion = ExpandsTooMuch { stored: split.length, ratio: settings.most_expansion };
        reader.limit_expansion(most_bytes(expansion.stored, expansion.ratio));
        let filter = settings.key_filter.as_ref().map(KeyFilterSettings::filter).transpose()?;
        let class = |name: &str| {
            if form == RecordForm::Binary {
                return Ok(WritableClass::Bytes);
            }
            WritableClass::of_name(name).ok_or_else(|| {
                let what = format!(
                    "its keys or values are of the Java class `{name}`, which howdah does not know: run this job on Hadoop"
                );
                io::Error::new(io::ErrorKind::InvalidData, what)
            })
        };
        let header = reader.header();
        let classes =
            RecordClasses { key: class(&header.key_class)?, value: class(&header.value_class)? };
        let offset = reader.offset();
        let (key, value) = (Vec::new(), Vec::new());
        Ok(SequenceReader {
            reader,
            classes,
            form,
            filter,
            expansion,
            key,
            value,
            offset,
            time: Duration::ZERO,
        })
    }

    /// Moves to the next record that the filter accepts, if there is one; `false` after the last.
    fn next(&mut self) -> io::Result<bool> {
        loop {
            self.offset = self.reader.offset();
            let next = self.reader.next_record().map_err(|error| read_error(error, self.expansion));
            let Some(record) = next? else { return Ok(false) };
            let bad = |error| bad_record(error, self.offset);
            let RecordClasses { key, value } = self.classes;
            self.form.take(key, record.key, &mut self.key).map_err(bad)?;
            if let Some(filter) = &mut self.filter
                && !filter.accepts(key, &self.key).map_err(bad)?
            {
                continue;
            }
            self.form.take(value, record.value, &mut self.value).map_err(bad)?;
            return Ok(true);
        }
    }
}

impl RecordForm {
    /// Writes what is given of a key or value of a class, which stands in the file as `bytes`, in the place of what is in
    /// `to`.
    fn take(
        self,
        class: WritableClass,
        bytes: &[u8],
        to: &mut Vec<u8>,
    ) -> Result<(), WritableError> {
        to.clear();
        match self {
            RecordForm::Content => to.extend_from_slice(class.content(bytes)?),
            // A string in Java: what is no UTF-8 becomes U+FFFD.
            RecordForm::Text if class == WritableClass::Text => {
                to.extend_from_slice(utf8::decode(class.content(bytes)?).as_bytes());
            }
            RecordForm::Text => class.write_text(class.content(bytes)?, to)?,
            RecordForm::Binary => to.extend_from_slice(bytes),
        }
        Ok(())
    }
}

impl FormatReader for SequenceReader<'_> {
    fn advance(&mut self) -> Result<bool, LineError> {
        let began = Instant::now();
        let more = self.next().map_err(LineError::Read)?;
        self.time += began.elapsed();
        Ok(more)
    }

    fn classes(&self) -> RecordClasses {
        if self.form == RecordForm::Text { RecordClasses::TEXT } else { self.classes }
    }
    fn key(&self) -> &[u8] {
        &self.key
    }
    fn value(&self) -> &[u8] {
        &self.value
    }
    fn offset(&self) -> u64 {
        self.offset
    }
    fn times(&self) -> (Duration, Duration) {
        let read = self.reader.get_ref().time;
        (read, self.time.saturating_sub(read))
    }
}

fn read_error(error: Error, expansion: ExpandsTooMuch) -> io::Error {
    match error.kind() {
        ErrorKind::Expands { .. } => io::Error::new(io::ErrorKind::InvalidData, expansion),
        _ => io::Error::new(io::ErrorKind::InvalidData, error),
    }
}

fn bad_record(error: WritableError, offset: u64) -> io::Error {
    let what = format!("the record at byte {offset}: {error}");
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A file whose reading is timed, and told to the pulse.
struct TimedCursor<'p> {
    cursor: FileCursor,
    pulse: &'p Pulse,
    time: Duration,
}

impl Read for TimedCursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let began = Instant::now();
        let count = self.cursor.read(buffer)?;
        self.time += began.elapsed();
        self.pulse.beat(count as u64)?;
        Ok(count)
    }
}

impl Seek for TimedCursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.cursor.seek(to)
    }
}
