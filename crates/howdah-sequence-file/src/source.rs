//! The file as the pieces that a `SequenceFile` is made of, with the offset known at every byte.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use howdah_streaming::utf8;
use howdah_streaming::vint::read_vint;

use crate::error::{Error, ErrorKind};

/// Bytes asked of the file at a time, and the most that a buffer grows before they are there.
const PIECE: usize = 64 * 1024;

/// A buffered file.
#[derive(Debug)]
pub(crate) struct Source<R> {
    file: BufReader<R>,
    /// The offset of the next byte.
    offset: u64,
    /// The most bytes of one piece.
    limit: usize,
    expansion: Expansion,
}

/// What may still be decompressed.
#[derive(Debug)]
pub(crate) struct Expansion {
    pub(crate) left: u64,
    /// What was allowed at first.
    pub(crate) most: u64,
}

impl Expansion {
    pub(crate) fn of(most: u64) -> Self {
        Expansion { left: most, most }
    }
}

impl<R: Read> Source<R> {
    pub(crate) fn new(file: R, limit: usize) -> Self {
        let (file, expansion) = (BufReader::with_capacity(PIECE, file), Expansion::of(u64::MAX));
        Source { file, offset: 0, limit, expansion }
    }

    /// What may still be decompressed.
    pub(crate) fn expansion(&mut self) -> &mut Expansion {
        &mut self.expansion
    }

    pub(crate) fn get_ref(&self) -> &R {
        self.file.get_ref()
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether there are no more bytes.
    pub(crate) fn is_at_end(&mut self) -> Result<bool, Error> {
        loop {
            match self.file.fill_buf() {
                Ok(bytes) => return Ok(bytes.is_empty()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::new(ErrorKind::Io(error), self.offset)),
            }
        }
    }

    /// Appends the next `count` bytes to `out`, which grows only as they arrive.
    pub(crate) fn bytes(
        &mut self,
        what: &'static str,
        count: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if count > self.limit {
            return Err(self.error(ErrorKind::TooLong { what, limit: self.limit }));
        }
        let mut missing = count;
        while missing > 0 {
            let piece = missing.min(PIECE);
            let read = (&mut self.file).take(piece as u64).read_to_end(out);
            let read = read.map_err(|error| self.error(ErrorKind::Io(error)))?;
            self.offset += read as u64;
            if read < piece {
                return Err(self.error(ErrorKind::Truncated { what }));
            }
            missing -= piece;
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while filled < N {
            match self.file.read(&mut bytes[filled..]) {
                Ok(0) => return Err(self.error(ErrorKind::Truncated { what })),
                Ok(read) => {
                    filled += read;
                    self.offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(ErrorKind::Io(error))),
            }
        }
        Ok(bytes)
    }

    pub(crate) fn byte(&mut self, what: &'static str) -> Result<u8, Error> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    pub(crate) fn mark(&mut self, what: &'static str) -> Result<[u8; 16], Error> {
        self.array(what)
    }

    /// An `int` as `DataOutput.writeInt` writes it.
    pub(crate) fn int(&mut self, what: &'static str) -> Result<i32, Error> {
        self.array(what).map(i32::from_be_bytes)
    }

    /// A length as `WritableUtils.writeVInt` writes it.
    pub(crate) fn length(&mut self, what: &'static str) -> Result<usize, Error> {
        let at = self.offset;
        let mut bytes = Vec::with_capacity(9);
        let length = loop {
            bytes.push(self.byte(what)?);
            if let Some((length, _)) = read_vint(&bytes) {
                break length;
            }
        };
        checked_length(what, length, at)
    }

    /// A string as `Text.writeString` writes it.
    pub(crate) fn string(&mut self, what: &'static str) -> Result<String, Error> {
        let length = self.length(what)?;
        let mut bytes = Vec::new();
        self.bytes(what, length, &mut bytes)?;
        Ok(utf8::decode(&bytes).into_owned())
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.offset)
    }
}

impl<R: Read + Seek> Source<R> {
    /// Goes to another place; behind the end there are no bytes.
    pub(crate) fn seek(&mut self, offset: u64) -> Result<(), Error> {
        let moved = self.file.seek(SeekFrom::Start(offset));
        self.offset = moved.map_err(|error| self.error(ErrorKind::Io(error)))?;
        Ok(())
    }

    /// The offset of the next place where `mark` stands. The next byte is then anywhere behind it, or the end.
    pub(crate) fn find(&mut self, mark: &[u8; 16]) -> Result<Option<u64>, Error> {
        let mut window = Vec::with_capacity(PIECE + mark.len());
        loop {
            let read = (&mut self.file).take(PIECE as u64).read_to_end(&mut window);
            let read = read.map_err(|error| self.error(ErrorKind::Io(error)))?;
            self.offset += read as u64;
            if let Some(at) = window.windows(mark.len()).position(|bytes| bytes == mark) {
                return Ok(Some(self.offset - (window.len() - at) as u64));
            }
            if read == 0 {
                return Ok(None);
            }
            let seen = window.len().saturating_sub(mark.len() - 1); // a mark may begin in what remains
            window.drain(..seen);
        }
    }
}

/// A length that Java's `int` holds and that is not negative.
pub(crate) fn checked_length(what: &'static str, length: i64, at: u64) -> Result<usize, Error> {
    let fits = i32::try_from(length).ok().and_then(|length| usize::try_from(length).ok());
    fits.ok_or_else(|| Error::new(ErrorKind::BadLength { what, length }, at))
}
