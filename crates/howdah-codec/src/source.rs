//! The compressed file, read in large pieces, with its offset known at every byte.

use std::io::{self, Read};

/// Bytes asked of the file at first: a record of a `SequenceFile` is a file of its own here, and most are small.
const FIRST_PIECE: usize = 4 * 1024;
/// Bytes asked of a file that is larger, at a time.
const PIECE: usize = 128 * 1024;

/// A buffered reader that knows how many bytes were consumed, so that errors can say where.
pub(crate) struct Source<R> {
    inner: R,
    buffer: Vec<u8>,
    /// The unread part of `buffer` is `start..end`.
    start: usize,
    end: usize,
    /// The offset in the file of `buffer[0]`.
    base: u64,
    at_end: bool,
    /// A reader above asked for bytes after the last one.
    read_past_end: bool,
    /// The file itself failed, as opposed to its contents.
    failed: bool,
}

impl<R: Read> Source<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            base: 0,
            at_end: false,
            read_past_end: false,
            failed: false,
        }
    }

    /// The number of bytes consumed so far, which is the offset of the next one.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Whether a [`Read::read`] found the end of the file.
    pub(crate) fn read_past_end(&self) -> bool {
        self.read_past_end
    }

    /// Whether the file below returned an error.
    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    /// The bytes at hand, read from the file if there are none. Empty only at the end of the file.
    pub(crate) fn fill(&mut self) -> io::Result<&[u8]> {
        self.fill_at_least(1)
    }

    /// The bytes at hand, at least `count` of them unless the file ends before.
    pub(crate) fn fill_at_least(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && !self.at_end {
            self.read_piece(count)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn read_piece(&mut self, count: usize) -> io::Result<()> {
        let was_full = self.end == self.buffer.len();
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        let growth = if was_full { 4 } else { 1 };
        let room = (self.buffer.len() * growth).clamp(FIRST_PIECE, PIECE).max(count);
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
            return Ok(());
        }
    }

    /// Marks the next `count` of the bytes at hand as read.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    /// Puts bytes behind the end of a file that was read to its end.
    pub(crate) fn append_after_end(&mut self, bytes: &[u8]) {
        self.buffer.truncate(self.end);
        self.buffer.extend_from_slice(bytes);
        self.end = self.buffer.len();
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let bytes = self.fill()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        self.read_past_end |= count == 0;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time and is interrupted before each.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = out.len().min(self.0.len()).min(1);
            self.0.read(&mut out[..count])
        }
    }

    #[test]
    fn a_small_file_takes_little_memory_and_a_large_one_large_pieces() {
        let buffer_of = |bytes: usize| {
            let file = vec![7; bytes];
            let mut source = Source::new(&file[..]);
            assert_eq!(io::copy(&mut source, &mut io::sink()).unwrap(), bytes as u64);
            source.buffer.len()
        };
        assert_eq!(buffer_of(0), FIRST_PIECE);
        assert_eq!(buffer_of(FIRST_PIECE - 1), FIRST_PIECE);
        assert_eq!(buffer_of(3 * PIECE), PIECE);
    }

    #[test]
    fn peeks_and_counts() {
        let mut source = Source::new(Slow(b"abcdef", false));
        assert_eq!(source.fill_at_least(3).unwrap(), b"abc");
        source.consume(2);
        assert_eq!(source.offset(), 2);
        assert_eq!(source.fill_at_least(9).unwrap(), b"cdef");
        let mut rest = Vec::new();
        source.read_to_end(&mut rest).unwrap();
        assert_eq!((rest.as_slice(), source.offset()), (&b"cdef"[..], 6));
        assert!(source.read_past_end() && !source.failed());
    }
}
