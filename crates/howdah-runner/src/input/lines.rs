//! Bytes as lines: what input files and children's streams have in common.

use std::io::{self, Read};

use howdah_plan::TaskError;
use howdah_streaming::lines::Terminator;

/// Lines of a byte stream, in one buffer that grows to the longest line.
pub(crate) struct Lines<R> {
    source: R,
    terminator: Terminator,
    most_line_bytes: usize,
    read_bytes: usize,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are filled.
    filled: usize,
    /// Where the next line begins in the buffer.
    next: usize,
    /// Where the buffer begins in the stream.
    position: u64,
    /// The line at hand, in the buffer.
    line: (usize, usize),
    at_end: bool,
}

/// What can go wrong with a line.
#[derive(Debug)]
pub(crate) enum LineError {
    Read(io::Error),
    TooLong { most: usize },
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LineError::Read(error) => write!(f, "{error}"),
            LineError::TooLong { most } => write!(
                f,
                "this record is longer than the {most} bytes that are allowed; if it is meant to be one record, \
                 raise `howdah.record.bytes.max`"
            ),
        }
    }
}

impl std::error::Error for LineError {}

impl From<LineError> for TaskError {
    fn from(error: LineError) -> Self {
        TaskError::engine(error)
    }
}

impl<R: Read> Lines<R> {
    /// Lines of a stream that is read in pieces of `read_bytes`.
    pub(crate) fn new(
        source: R,
        terminator: Terminator,
        read_bytes: usize,
        most_line_bytes: usize,
    ) -> Self {
        Lines {
            source,
            terminator,
            most_line_bytes,
            read_bytes,
            buffer: Vec::new(),
            filled: 0,
            next: 0,
            position: 0,
            line: (0, 0),
            at_end: false,
        }
    }

    /// Moves to the next line; `false` at the end of the stream.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool, LineError> {
        loop {
            let rest = &self.buffer[self.next..self.filled];
            if let Some(extent) = self.terminator.next_line(rest, self.at_end) {
                self.line = (self.next, self.next + extent.content);
                self.next += extent.total;
                return Ok(true);
            }
            if self.at_end {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// The line at hand, without its terminator.
    #[inline]
    pub(crate) fn line(&self) -> &[u8] {
        &self.buffer[self.line.0..self.line.1]
    }

    /// Where the line at hand begins in the stream.
    #[inline]
    pub(crate) fn line_position(&self) -> u64 {
        self.position + self.line.0 as u64
    }

    /// Where the next line begins in the stream, if there is one.
    #[inline]
    pub(crate) fn next_position(&self) -> u64 {
        self.position + self.next as u64
    }

    /// Where the lines come from.
    pub(crate) fn source(&self) -> &R {
        &self.source
    }

    /// Passes over `mark` if the stream begins with it; only before the first line.
    pub(crate) fn skip_mark(&mut self, mark: &[u8]) -> Result<(), LineError> {
        while self.filled < mark.len() && !self.at_end {
            self.fill()?;
        }
        if self.buffer[..self.filled].starts_with(mark) {
            self.next = mark.len();
        }
        Ok(())
    }

    /// Reads on, keeping what is not used yet.
    fn fill(&mut self) -> Result<(), LineError> {
        self.buffer.copy_within(self.next..self.filled, 0);
        self.position += self.next as u64;
        self.filled -= self.next;
        self.next = 0;
        if self.filled == self.buffer.len() {
            let most = self.most_line_bytes;
            if self.filled > most {
                self.line = (0, 0);
                return Err(LineError::TooLong { most });
            }
            let larger = (self.filled * 2).max(self.read_bytes).min(most + self.read_bytes);
            self.buffer.resize(larger, 0);
        }
        let count = loop {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(LineError::Read)?,
            }
        };
        self.filled += count;
        self.at_end = count == 0;
        Ok(())
    }
}
