//! The blocks of a `.bz2` file one by one, so that the splits of one file can be read apart, as
//! Hadoop does with `BZip2Codec` in the mode `READ_MODE.BYBLOCK`.
//!
//! A bzip2 stream is a header, blocks of at most 900 000 bytes and an end mark. Each block begins
//! with the 48 bits `0x314159265359`, the end mark with `0x177245385090`, and neither is aligned to
//! a byte: a reader that starts anywhere in the file must look at every bit.
//!
//! ```text
//! BZh9 │ block │ block │ … │ end, checksum │ pad to a byte │ BZh9 │ block │ …
//!        ▲ marker, block checksum, data
//! ```
//!
//! # Who owns a block
//!
//! **A split `[start, end)` owns the blocks whose marker begins in it**, by the byte that holds the
//! marker's first bit. So the caller opens the file with `start` and stops at the first block whose
//! offset is `end` or more; then, however a file is cut into splits, each block is read exactly
//! once. (The caller still has to mind lines that run from one block into the next.)
//!
//! ```
//! use std::io::{Cursor, Write};
//! use howdah_codec::{Codec, bzip2_blocks::Bzip2Blocks};
//!
//! # fn main() -> std::io::Result<()> {
//! let mut file = Vec::new();
//! for text in ["one\n", "two\n"] {
//!     let mut encoder = Codec::Bzip2.encoder(&mut file)?; // Two streams in one file.
//!     encoder.write_all(text.as_bytes())?;
//!     encoder.finish()?;
//! }
//! let middle = file.len() as u64 / 2;
//!
//! let mut texts = Vec::new();
//! for (start, end) in [(0, middle), (middle, file.len() as u64)] {
//!     let mut blocks = Bzip2Blocks::new(Cursor::new(&file), start)?;
//!     let (mut piece, mut text) = (Vec::new(), Vec::new());
//!     while let Some(offset) = blocks.next_piece(&mut piece)? {
//!         if offset >= end {
//!             break;
//!         }
//!         text.extend_from_slice(&piece);
//!     }
//!     texts.push(String::from_utf8_lossy(&text).into_owned());
//! }
//! assert_eq!(texts, ["one\n", "two\n"]);
//! # Ok(())
//! # }
//! ```
//!
//! # How it works
//!
//! From one marker to the next, the bits are shifted to a byte boundary and given a header and an
//! end mark of their own; that is a whole stream of one block, which the bzip2 crate decodes and
//! verifies. The 48 bits may also occur by chance in the data of a block. Then the piece that was
//! cut there does not decode, and it is joined with the next one. A split that begins at such a
//! chance marker finds out in the same way, and by decoding the block around it.
//!
//! Nothing of a block is given before all of it is verified. Bzip2 first packs runs of one byte, so that a block can
//! come to 46 MB. One that is longer than 2 MB is therefore decoded twice: once to verify it, once to give it piece by
//! piece.

mod scan;

use std::io::{self, Read, Seek, SeekFrom};

use bzip2::{Decompress, Status};

use crate::error::CodecError;
use scan::{BLOCK, END, Kind, MARKER_BITS, Mark, bits_at, find};

const NAME: &str = "bzip2";

/// Bytes read from the file at a time.
const PIECE: usize = 256 * 1024;

/// Of a block that comes to more, so much is given at a time.
const MOST_AT_ONCE: usize = 2_000_000;

/// No block is longer when packed: 900 000 symbols of at most 20 bits, and the tables.
const MAX_PACKED: u64 = 2_400_000;

/// How many markers may turn out to be chance within one block. One is rarer than one in 10^7
/// gigabytes; a file with many was made to keep readers busy.
const MAX_CHANCES: usize = 16;

/// Reads a `.bz2` file block by block from any offset; see the [module](self).
///
/// The checksum of each block is verified always. The checksum of a stream is verified when its
/// header was read, that is, for the first stream if `start` is 0 and for every later one; a split
/// that starts inside a stream cannot know the checksums of the blocks before it.
pub struct Bzip2Blocks<R> {
    inner: R,
    /// The part of the file at hand, which begins at byte `base`.
    window: Vec<u8>,
    base: u64,
    at_end: bool,
    next: Next,
    /// The checksum of the stream's blocks so far, if its header was read.
    stream_checksum: Option<u32>,
    /// The one-block stream that is decoded.
    rebuilt: Vec<u8>,
    /// The block in `rebuilt`, if it is verified and there is more to give of it.
    long: Option<Long>,
}

/// A long block that is being given.
struct Long {
    decoder: Decompress,
    /// The offset in the file at which it begins.
    offset: u64,
}

/// Where the reader stands.
enum Next {
    /// At a stream's header, or at the end of the file.
    Header { byte: u64 },
    /// Anywhere: look for a block's marker from this bit on.
    Search { bit: u64 },
    /// At a marker. `certain` if it follows a header or a decoded block, so it is not chance.
    Marker { mark: Mark, certain: bool },
    /// After the last stream.
    Nothing,
}

/// What became of a piece that was taken for a block.
enum Piece {
    Block,
    /// It is verified, and too long to be given at once.
    LongBlock,
    /// The decoder wants more bits than the piece has.
    TooShort,
    Damaged,
}

impl<R: Read + Seek> Bzip2Blocks<R> {
    /// Opens a file at `start`: at the header of the first stream if `start` is 0, else before the
    /// first block whose marker begins at byte `start` or later.
    ///
    /// # Errors
    ///
    /// Those of seeking in the file.
    ///
    /// ```
    /// use std::io::Cursor;
    /// use howdah_codec::bzip2_blocks::Bzip2Blocks;
    ///
    /// let mut blocks = Bzip2Blocks::new(Cursor::new(b""), 0)?;
    /// assert_eq!(blocks.next_piece(&mut Vec::new())?, None);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(mut inner: R, start: u64) -> io::Result<Self> {
        inner.seek(SeekFrom::Start(start))?;
        let next = if start == 0 {
            Next::Header { byte: 0 }
        } else {
            start.checked_mul(8).map_or(Next::Nothing, |bit| Next::Search { bit })
        };
        Ok(Self {
            inner,
            window: Vec::new(),
            base: start,
            at_end: false,
            next,
            stream_checksum: None,
            rebuilt: Vec::new(),
            long: None,
        })
    }

    /// Decodes the next block into `out`, which is cleared first, and returns the offset in the
    /// file of the byte in which its marker begins; `None` after the last block of the file. Of a
    /// long block it gives a piece, and the next one with the next call, under the same offset.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the file was cut short, `InvalidData` if it is damaged or goes on with
    /// something that is not a stream, both with a [`CodecError`] inside; and those of the file.
    /// After an error `out` holds nothing of use, and the reader is of no more use.
    pub fn next_piece(&mut self, out: &mut Vec<u8>) -> io::Result<Option<u64>> {
        out.clear();
        if let Some(offset) = self.give_long(out)? {
            return Ok(Some(offset));
        }
        loop {
            match self.next {
                Next::Nothing => return Ok(None),
                Next::Header { byte } => self.read_header(byte)?,
                Next::Search { bit } => {
                    self.next = self
                        .find_mark(bit, u64::MAX, |kind| kind == Kind::Block)?
                        .map_or(Next::Nothing, |mark| Next::Marker { mark, certain: false });
                }
                Next::Marker { mark: Mark { bit, kind: Kind::End }, .. } => self.read_end(bit)?,
                Next::Marker { mark, certain } => {
                    if let Some(following) = self.read_block(mark.bit, certain, out)? {
                        self.next = Next::Marker { mark: following, certain: true };
                        return Ok(Some(self.give_long(out)?.unwrap_or(mark.bit / 8)));
                    }
                }
            }
        }
    }

    /// Gives the next piece of a long block, and the block's offset, if there is more of one.
    fn give_long(&mut self, out: &mut Vec<u8>) -> io::Result<Option<u64>> {
        let Some(mut long) = self.long.take() else { return Ok(None) };
        out.clear();
        out.reserve_exact(MOST_AT_ONCE);
        loop {
            let (read, written) = (long.decoder.total_in(), long.decoder.total_out());
            let status = long.decoder.decompress_vec(&self.rebuilt[read as usize..], out)?;
            if matches!(status, Status::StreamEnd) {
                return Ok((!out.is_empty()).then_some(long.offset));
            }
            if out.len() == out.capacity() {
                let offset = long.offset;
                self.long = Some(long);
                return Ok(Some(offset));
            }
            if (read, written) == (long.decoder.total_in(), long.decoder.total_out()) {
                let reason = "the decompressor makes no progress";
                return Err(CodecError::corrupt(NAME, long.offset, reason));
            }
        }
    }

    fn read_header(&mut self, byte: u64) -> io::Result<()> {
        self.discard_before(byte);
        let marker_end = byte + 4 + MARKER_BITS / 8;
        self.read_up_to(marker_end)?;
        let bytes = self.bytes_from(byte);
        if bytes.is_empty() {
            self.next = Next::Nothing;
            return Ok(());
        }
        let is_header = bytes.iter().zip(b"BZh").all(|(a, b)| a == b)
            && bytes.get(3).is_none_or(|level| (b'1'..=b'9').contains(level));
        if !is_header {
            let reason = "there is no `BZh` header here";
            return Err(CodecError::corrupt(NAME, byte, reason));
        }
        let bit = (byte + 4) * 8;
        let Some(marker) = bits_at(&self.window, bit - self.base * 8, MARKER_BITS) else {
            return Err(self.truncated("the header of a stream is cut"));
        };
        let kind = match marker {
            BLOCK => Kind::Block,
            END => Kind::End,
            _ => {
                let reason = "a stream begins with neither a block nor its end";
                return Err(CodecError::corrupt(NAME, byte + 4, reason));
            }
        };
        self.stream_checksum = Some(0);
        self.next = Next::Marker { mark: Mark { bit, kind }, certain: true };
        Ok(())
    }

    /// Reads the end of a stream: the marker, the checksum, and the bits up to the next byte.
    fn read_end(&mut self, bit: u64) -> io::Result<()> {
        let end = (bit + MARKER_BITS + 32).div_ceil(8);
        self.read_up_to(end)?;
        let Some(stored) = bits_at(&self.window, bit + MARKER_BITS - self.base * 8, 32) else {
            return Err(self.truncated("the end of a stream is cut"));
        };
        if self.stream_checksum.is_some_and(|computed| u64::from(computed) != stored) {
            let reason = "the checksum of a stream does not match its blocks";
            return Err(CodecError::corrupt(NAME, bit / 8, reason));
        }
        self.next = Next::Header { byte: end };
        Ok(())
    }

    /// Decodes the block at `bit` and returns the marker behind it. `None` if the marker at `bit`
    /// was chance; then `self.next` is behind the block around it.
    fn read_block(
        &mut self,
        bit: u64,
        certain: bool,
        out: &mut Vec<u8>,
    ) -> io::Result<Option<Mark>> {
        self.discard_before(bit / 8);
        let mut from = bit + MARKER_BITS;
        let mut seen = Piece::TooShort;
        for _ in 0..MAX_CHANCES {
            let Some(end) = self.find_mark(from, bit + MAX_PACKED * 8, |_| true)? else { break };
            let piece = self.decode(bit, end.bit, out);
            match piece {
                Piece::Block | Piece::LongBlock => {
                    if matches!(piece, Piece::LongBlock) {
                        self.long = Some(Long { decoder: Decompress::new(false), offset: bit / 8 });
                    }
                    let stored = bits_at(&self.window, bit + MARKER_BITS - self.base * 8, 32);
                    let block = stored.unwrap_or_default() as u32;
                    let stream = &mut self.stream_checksum;
                    *stream = stream.map(|checksum| checksum.rotate_left(1) ^ block);
                    return Ok(Some(end));
                }
                Piece::TooShort => {}
                Piece::Damaged => seen = Piece::Damaged,
            }
            from = end.bit + 1;
        }
        out.clear();
        let reached_end = self.at_end && self.end() <= bit / 8 + MAX_PACKED;
        if !certain && let Some(behind) = self.block_around(bit, out)? {
            out.clear();
            self.next = Next::Marker { mark: behind, certain: true };
            return Ok(None);
        }
        Err(if reached_end && matches!(seen, Piece::TooShort) {
            self.truncated("the end of a block is missing")
        } else {
            let reason = "a block is not valid or does not match its checksum";
            CodecError::corrupt(NAME, bit / 8, reason)
        })
    }

    /// Looks whether the marker at `chance` lies inside a block that begins before it, and returns
    /// the marker behind that block.
    fn block_around(&mut self, chance: u64, scratch: &mut Vec<u8>) -> io::Result<Option<Mark>> {
        let first = (chance / 8).saturating_sub(MAX_PACKED);
        self.inner.seek(SeekFrom::Start(first))?;
        self.window.clear();
        self.base = first;
        self.at_end = false;

        let mut before = Vec::new();
        let mut from = first * 8;
        while let Some(mark) = self.find_mark(from, chance, |kind| kind == Kind::Block)? {
            if mark.bit >= chance {
                break;
            }
            before.push(mark.bit);
            from = mark.bit + 1;
        }
        for &bit in before.iter().rev().take(MAX_CHANCES) {
            let mut from = chance + 1;
            for _ in 0..MAX_CHANCES {
                let Some(end) = self.find_mark(from, bit + MAX_PACKED * 8, |_| true)? else {
                    break;
                };
                if matches!(self.decode(bit, end.bit, scratch), Piece::Block | Piece::LongBlock) {
                    return Ok(Some(end));
                }
                from = end.bit + 1;
            }
        }
        Ok(None)
    }

    /// Decodes the bits from one marker to another as a stream of one block.
    fn decode(&mut self, from: u64, to: u64, out: &mut Vec<u8>) -> Piece {
        out.clear();
        let origin = self.base * 8;
        let Some(checksum) = bits_at(&self.window, from + MARKER_BITS - origin, 32) else {
            return Piece::TooShort;
        };
        if to < from + MARKER_BITS + 32 {
            return Piece::TooShort;
        }
        self.rebuilt.clear();
        self.rebuilt.extend_from_slice(b"BZh9");
        scan::append_stream(&mut self.rebuilt, &self.window, from - origin..to - origin, checksum);

        let mut decoder = Decompress::new(false);
        let mut is_long = false;
        loop {
            if out.len() >= MOST_AT_ONCE {
                out.clear();
                is_long = true;
            } else if out.len() == out.capacity() {
                out.reserve_exact(1_000_000);
            }
            let read = decoder.total_in();
            let written = decoder.total_out();
            let input = &self.rebuilt[read as usize..];
            match decoder.decompress_vec(input, out) {
                Ok(Status::StreamEnd) => {
                    return match decoder.total_in() == self.rebuilt.len() as u64 {
                        true if is_long => Piece::LongBlock,
                        true => Piece::Block,
                        false => Piece::Damaged,
                    };
                }
                Ok(_) if decoder.total_in() == read && decoder.total_out() == written => {
                    return Piece::TooShort;
                }
                Ok(_) => {}
                Err(_) => return Piece::Damaged,
            }
        }
    }

    /// Finds the first marker that begins at bit `from` or later, and not after bit `limit`.
    fn find_mark(
        &mut self,
        mut from: u64,
        limit: u64,
        wanted: impl Fn(Kind) -> bool,
    ) -> io::Result<Option<Mark>> {
        loop {
            let origin = self.base * 8;
            if let Some(mark) = find(&self.window, from.saturating_sub(origin)) {
                let mark = Mark { bit: origin + mark.bit, ..mark };
                if mark.bit > limit {
                    return Ok(None);
                }
                if wanted(mark.kind) {
                    return Ok(Some(mark));
                }
                from = mark.bit + 1;
                continue;
            }
            let searched = (self.end() * 8).saturating_sub(MARKER_BITS - 1);
            from = from.max(searched);
            if from > limit || self.at_end {
                return Ok(None);
            }
            if matches!(self.next, Next::Search { .. }) {
                self.discard_before(from / 8);
            }
            self.read_piece()?;
        }
    }

    /// The offset in the file of the end of the window.
    fn end(&self) -> u64 {
        self.base + self.window.len() as u64
    }

    fn bytes_from(&self, byte: u64) -> &[u8] {
        let skip = usize::try_from(byte - self.base).unwrap_or(usize::MAX);
        self.window.get(skip..).unwrap_or_default()
    }

    fn discard_before(&mut self, byte: u64) {
        let count = (byte.saturating_sub(self.base) as usize).min(self.window.len());
        if count >= PIECE || count == self.window.len() {
            self.window.drain(..count);
            self.base += count as u64;
        }
    }

    fn read_up_to(&mut self, byte: u64) -> io::Result<()> {
        while self.end() < byte && !self.at_end {
            self.read_piece()?;
        }
        Ok(())
    }

    fn read_piece(&mut self) -> io::Result<()> {
        let count = self.inner.by_ref().take(PIECE as u64).read_to_end(&mut self.window)?;
        self.at_end = count < PIECE;
        Ok(())
    }

    fn truncated(&self, missing: &'static str) -> io::Error {
        CodecError::truncated(NAME, self.end(), missing)
    }
}
