//! A task's output: records as lines.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use howdah_plan::{RecordSink, TaskError};

use super::lines::Separator;

/// How much of a record an error shows.
const SHOWN_BYTES: usize = 80;
/// How much is gathered before it is written.
const BUFFER_BYTES: usize = 64 << 10;

/// Records as lines of `key TAB value`, or of the key alone where there is no value.
pub(super) struct Records<W> {
    output: W,
    /// What to say when the output breaks.
    broken: Cow<'static, str>,
    buffer: Vec<u8>,
    /// Where the open record begins.
    start: usize,
}

impl<W: Write> Records<W> {
    /// Records on their way to the task's standard output.
    pub(super) fn new(output: W) -> Self {
        Records::with_message(output, "the task's output cannot be written")
    }

    /// Records on their way elsewhere, with what to say when that breaks.
    pub(super) fn with_message(output: W, broken: impl Into<Cow<'static, str>>) -> Self {
        let buffer = Vec::with_capacity(2 * BUFFER_BYTES);
        Records { output, broken: broken.into(), buffer, start: 0 }
    }

    /// Writes what was gathered, and gives back where it went, which can still break.
    pub(super) fn end_with(
        mut self,
        end: impl FnOnce(W) -> io::Result<()>,
    ) -> Result<(), TaskError> {
        self.flush()?;
        let broken = self.broken;
        end(self.output).map_err(|error| TaskError::engine(StreamError::new(broken, error)))
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), TaskError> {
        let written = self.output.write_all(&self.buffer).and_then(|()| self.output.flush());
        self.buffer.clear();
        written.map_err(|error| TaskError::engine(StreamError::new(self.broken.clone(), error)))
    }
}

impl<W: Write> RecordSink for Records<W> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.start = self.buffer.len();
        &mut self.buffer
    }

    fn value(&mut self) -> &mut Vec<u8> {
        self.buffer.push(b'\t');
        &mut self.buffer
    }

    fn end(&mut self) -> Result<(), TaskError> {
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn abandon(&mut self) {
        self.buffer.truncate(self.start);
    }
}

/// Records as lines of a key, a separator other than a TAB, and a value.
///
/// Of a TAB the protocols know that it is in no key. Of this one nobody does, so each record is looked at: Hadoop must
/// divide it there, and nowhere else.
pub(super) struct DividedRecords<W> {
    records: Records<W>,
    separator: Separator,
    /// The property that says it.
    property: &'static str,
    /// Where the open record's key ends, if it has a value.
    key_end: Option<usize>,
}

impl<W: Write> DividedRecords<W> {
    /// Records on their way to the task's standard output.
    pub(super) fn new(output: W, separator: Separator, property: &'static str) -> Self {
        DividedRecords { records: Records::new(output), separator, property, key_end: None }
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), TaskError> {
        self.records.flush()
    }

    /// Whether the first separator is where the key ends; a record without a value has none.
    fn check(&self) -> Result<(), TaskError> {
        let record = &self.records.buffer[self.records.start..];
        if self.separator.find(record) == self.key_end {
            return Ok(());
        }
        let what = if self.key_end.is_some() { "key" } else { "record" };
        let shown = &record[..record.len().min(SHOWN_BYTES)];
        let dots = if shown.len() < record.len() { "…" } else { "" };
        let why = format!(
            "it holds `{}`, where Hadoop would cut it, since `{}` says so\n  record: {}{dots}",
            self.separator.bytes().escape_ascii(),
            self.property,
            shown.escape_ascii(),
        );
        Err(TaskError::encode(what, why))
    }
}

impl<W: Write> RecordSink for DividedRecords<W> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.key_end = None;
        self.records.key()
    }

    fn value(&mut self) -> &mut Vec<u8> {
        let buffer = &mut self.records.buffer;
        self.key_end = Some(buffer.len() - self.records.start);
        buffer.extend_from_slice(self.separator.bytes());
        buffer
    }

    fn end(&mut self) -> Result<(), TaskError> {
        self.check().inspect_err(|_| self.abandon())?;
        self.records.end()
    }

    fn abandon(&mut self) {
        self.records.abandon();
    }
}

/// Why a stream or file broke.
#[derive(Debug)]
pub(super) struct StreamError {
    what: Cow<'static, str>,
    source: io::Error,
}

impl StreamError {
    pub(super) fn new(what: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        StreamError { what: what.into(), source }
    }

    pub(super) fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.source)
    }
}

impl Error for StreamError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_line_and_what_is_abandoned_leaves_no_trace() {
        let mut lines = Vec::new();
        let mut records = Records::new(&mut lines);
        records.key().extend_from_slice(b"a");
        records.value().extend_from_slice(b"1");
        records.end().unwrap();
        records.key().extend_from_slice(b"half");
        records.abandon();
        records.key().extend_from_slice(b"a line");
        records.end().unwrap();
        records.flush().unwrap();
        drop(records);
        assert_eq!(lines, b"a\t1\na line\n");
    }

    #[test]
    fn a_record_is_divided_where_hadoop_looks_for_it_or_fails() {
        let mut lines = Vec::new();
        let mut records = DividedRecords::new(&mut lines, Separator::other("aa"), "a.b");
        let mut write = |key: &[u8], value: Option<&[u8]>| {
            records.key().extend_from_slice(key);
            if let Some(value) = value {
                records.value().extend_from_slice(value);
            }
            records.end().map_err(|error| error.to_string())
        };
        write(b"k\t", Some(b"1aa2")).unwrap();
        write(b"a line\t", None).unwrap();
        assert_eq!(
            write(b"kaak", Some(b"1")).unwrap_err(),
            "this key cannot be written: it holds `aa`, where Hadoop would cut it, since `a.b` says so\n  record: kaakaa1"
        );
        // What is cut there is not the separator itself.
        assert!(write(b"ka", Some(b"1")).is_err());
        let error = write(b"a line baa", None).unwrap_err();
        assert!(error.starts_with("this record cannot be written: it holds `aa`"), "{error}");
        write(b"after", None).unwrap();
        records.flush().unwrap();
        drop(records);
        assert_eq!(String::from_utf8(lines).unwrap(), "k\taa1aa2\na line\t\nafter\n");
    }

    #[test]
    fn an_output_that_breaks_is_named() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut records = Records::with_message(Full, "the file `x` cannot be written");
        records.key().push(b'a');
        records.end().unwrap();
        let error = records.flush().unwrap_err().to_string();
        assert!(error.starts_with("the file `x` cannot be written: "), "{error}");
    }
}
