//! Bytes as lines: what input files and children's streams have in common.

use std::io::{self, Read};

use howdah_plan::TaskError;
use howdah_streaming::line_buffer::{LineBuffer, LineTooLong, Next};
use howdah_streaming::lines::Terminator;

/// Lines of a byte stream.
pub(crate) struct Lines<R> {
    source: R,
    buffer: LineBuffer,
}

/// What can go wrong with a line.
#[derive(Debug)]
pub(crate) enum LineError {
    Read(io::Error),
    TooLong(LineTooLong),
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LineError::Read(error) => write!(f, "{error}"),
            LineError::TooLong(error) => write!(f, "{error}"),
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
        Lines { source, buffer: LineBuffer::new(terminator, read_bytes, most_line_bytes) }
    }

    /// Moves to the next line; `false` at the end of the stream.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool, LineError> {
        loop {
            match self.buffer.advance() {
                Next::Line => return Ok(true),
                Next::End => return Ok(false),
                Next::NeedsMore => self.read()?,
                Next::TooLong => return Err(LineError::TooLong(self.buffer.too_long())),
            }
        }
    }

    /// Whether the next line is shorter than so many bytes, its terminator counted. One that is not is not read to
    /// its end.
    pub(crate) fn next_is_shorter(&mut self, than: u64) -> Result<bool, LineError> {
        loop {
            match self.buffer.next_is_shorter(than) {
                Some(is_shorter) => return Ok(is_shorter),
                None if self.buffer.holds_too_much() => {
                    return Err(LineError::TooLong(self.buffer.too_long()));
                }
                None => self.read()?,
            }
        }
    }

    /// Passes over a line without keeping it.
    pub(crate) fn skip_line(&mut self) -> Result<(), LineError> {
        self.skip_line_up_to(u64::MAX)
    }

    /// The same, but no further than to a position if no terminator begins before it.
    pub(crate) fn skip_line_up_to(&mut self, position: u64) -> Result<(), LineError> {
        while self.buffer.skip_line_up_to(position) == Next::NeedsMore {
            self.read()?;
        }
        Ok(())
    }

    /// The line at hand, without its terminator.
    #[inline]
    pub(crate) fn line(&self) -> &[u8] {
        self.buffer.line()
    }

    /// The first bytes of a line that is too long.
    pub(crate) fn beginning(&self, most: usize) -> &[u8] {
        self.buffer.beginning(most)
    }

    /// How many lines ended at a CR without LF.
    pub(crate) fn bare_returns(&self) -> u64 {
        self.buffer.bare_returns()
    }

    /// Where the line at hand begins in the stream.
    #[inline]
    pub(crate) fn line_position(&self) -> u64 {
        self.buffer.line_position()
    }

    /// Where the next line begins in the stream, if there is one.
    #[inline]
    pub(crate) fn next_position(&self) -> u64 {
        self.buffer.next_position()
    }

    /// Where the lines come from.
    pub(crate) fn source(&self) -> &R {
        &self.source
    }

    /// Passes over `mark` if the stream begins with it; only before the first line.
    pub(crate) fn skip_mark(&mut self, mark: &[u8]) -> Result<(), LineError> {
        while self.buffer.skip_mark(mark) == Next::NeedsMore {
            self.read()?;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), LineError> {
        let room = self.buffer.room();
        let count = read_some(&mut self.source, room).map_err(LineError::Read)?;
        self.buffer.read(count);
        Ok(())
    }
}

/// Reads some bytes, whatever signal comes meanwhile; 0 at the end.
pub(crate) fn read_some(source: &mut (impl Read + ?Sized), room: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
