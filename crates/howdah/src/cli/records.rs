//! A task's output: records as lines.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use howdah_plan::{RecordSink, TaskError};

/// How much is gathered before it is written.
const BUFFER_BYTES: usize = 64 << 10;

/// Records as lines of `key TAB value`, or of the key alone where there is no value.
pub(super) struct Records<W> {
    output: W,
    buffer: Vec<u8>,
    /// Where the open record begins.
    start: usize,
}

impl<W: Write> Records<W> {
    pub(super) fn new(output: W) -> Self {
        Records { output, buffer: Vec::with_capacity(2 * BUFFER_BYTES), start: 0 }
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), TaskError> {
        let written = self.output.write_all(&self.buffer).and_then(|()| self.output.flush());
        self.buffer.clear();
        written.map_err(|error| {
            TaskError::engine(StreamError::new("the task's output cannot be written", error))
        })
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

/// Why a stream broke.
#[derive(Debug)]
pub(super) struct StreamError {
    what: &'static str,
    source: io::Error,
}

impl StreamError {
    pub(super) fn new(what: &'static str, source: io::Error) -> Self {
        StreamError { what, source }
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
