//! The records of a split of a `SequenceFile`.
//!
//! Mirrors `mapred.SequenceFileRecordReader`; `SequenceFileAsTextRecordReader`, which makes text of keys and values; and
//! the reader of `SequenceFileAsBinaryInputFormat`, which gives them as the bytes that Java wrote.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::{Duration, Instant};

use howdah_platform::{FileCursor, ReadFile};
use howdah_sequence_file::{Error, Reader};
use howdah_streaming::utf8;
use howdah_streaming::writable::{RecordClasses, WritableClass, WritableError};

use super::super::lines::LineError;
use super::super::splits::InputSplit;
use super::format::FormatReader;
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
    key: Vec<u8>,
    value: Vec<u8>,
    /// Where the record at hand begins, or the block that holds it.
    offset: u64,
    time: Duration,
}

impl<'p> SequenceReader<'p> {
    /// Opens a split. No record, nor a block of them, may take more than `most` bytes.
    pub(super) fn open(
        file: Arc<dyn ReadFile>,
        split: &InputSplit,
        form: RecordForm,
        most: usize,
        pulse: &'p Pulse,
    ) -> io::Result<Self> {
        let cursor = TimedCursor { cursor: FileCursor::new(file, 0), pulse, time: Duration::ZERO };
        let end = split.start + split.length;
        let reader =
            Reader::split_with_limit(cursor, split.start, end, most).map_err(read_error)?;
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
        Ok(SequenceReader { reader, classes, form, key, value, offset, time: Duration::ZERO })
    }
}

impl FormatReader for SequenceReader<'_> {
    fn advance(&mut self) -> Result<bool, LineError> {
        let began = Instant::now();
        self.offset = self.reader.offset();
        let record = self.reader.next_record().map_err(|error| LineError::Read(read_error(error)));
        let Some(record) = record? else { return Ok(false) };
        for (class, bytes, to) in [
            (self.classes.key, record.key, &mut self.key),
            (self.classes.value, record.value, &mut self.value),
        ] {
            to.clear();
            let taken = match self.form {
                RecordForm::Content => {
                    class.content(bytes).map(|content| to.extend_from_slice(content))
                }
                // A string in Java: what is no UTF-8 becomes U+FFFD.
                RecordForm::Text if class == WritableClass::Text => class
                    .content(bytes)
                    .map(|content| to.extend_from_slice(utf8::decode(content).as_bytes())),
                RecordForm::Text => {
                    class.content(bytes).and_then(|content| class.write_text(content, to))
                }
                RecordForm::Binary => {
                    to.extend_from_slice(bytes);
                    Ok(())
                }
            };
            taken.map_err(|error| LineError::Read(bad_record(error, self.offset)))?;
        }
        self.time += began.elapsed();
        Ok(true)
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

fn read_error(error: Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
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
