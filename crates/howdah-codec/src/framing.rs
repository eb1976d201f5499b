//! Hadoop's block framing, the envelope of its `.snappy` and `.lz4` files.
//!
//! ```text
//! file  = block*
//! block = raw length (i32, big endian)   chunk*      until the chunks give the raw length
//! chunk = packed length (i32, big endian)  packed bytes (raw snappy or a raw LZ4 block)
//! ```
//!
//! There is no header, no checksum and no end mark, so a file that was cut exactly between two
//! blocks cannot be told from a shorter one. The reader mirrors `BlockDecompressorStream`, the
//! writer `BlockCompressorStream`.

use std::io::{self, Read, Write};

use crate::codec::Encoder;
use crate::error::CodecError;
use crate::source::Source;

/// Hadoop's `io.compression.codec.{snappy,lz4}.buffersize`.
pub(crate) const BUFFER_BYTES: usize = 256 * 1024;

/// A compressor of whole chunks.
pub(crate) trait Chunks {
    /// The codec's name, for errors.
    const NAME: &'static str;
    /// The most raw bytes in one chunk: the buffer less the codec's overhead for a buffer.
    const MAX_RAW: usize;

    /// The most bytes that `raw` bytes can need when packed.
    fn max_packed(raw: u64) -> u64;

    /// Appends the packed form of `raw` to `out`.
    fn pack(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), String>;

    /// Unpacks one chunk into the front of `out`, which grows as needed and never shrinks. A chunk
    /// that holds more than `limit` bytes is an error.
    fn unpack(&mut self, packed: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<usize, String>;
}

/// Reads Hadoop's block framing.
pub(crate) struct BlockDecoder<R, C> {
    source: Source<R>,
    chunks: C,
    packed: Vec<u8>,
    raw: Vec<u8>,
    /// The part of `raw` that is not handed out yet.
    ready: std::ops::Range<usize>,
    /// Raw bytes that the block still owes.
    owed: usize,
}

impl<R: Read, C: Chunks> BlockDecoder<R, C> {
    pub(crate) fn new(source: Source<R>, chunks: C) -> Self {
        Self { source, chunks, packed: Vec::new(), raw: Vec::new(), ready: 0..0, owed: 0 }
    }

    /// Reads a length, or `None` at the end of the file.
    fn length(&mut self, what: &'static str) -> io::Result<Option<usize>> {
        let offset = self.source.offset();
        let bytes = self.source.fill_at_least(4)?;
        let Some(&four) = bytes.first_chunk::<4>() else {
            let (at_hand, missing) = (bytes.len(), "a length of four bytes is cut");
            return if at_hand == 0 {
                Ok(None)
            } else {
                Err(CodecError::truncated(C::NAME, offset + at_hand as u64, missing))
            };
        };
        self.source.consume(4);
        let length = i32::from_be_bytes(four);
        let length = usize::try_from(length).map_err(|_| {
            CodecError::corrupt(C::NAME, offset, format!("the {what} is negative: {length}"))
        })?;
        Ok(Some(length))
    }

    /// Reads `count` bytes into `packed`, which grows only as they arrive.
    fn read_packed(&mut self, count: usize) -> io::Result<()> {
        self.packed.clear();
        while self.packed.len() < count {
            let bytes = self.source.fill()?;
            let take = bytes.len().min(count - self.packed.len());
            if take == 0 {
                let missing = "the rest of a chunk is missing";
                return Err(CodecError::truncated(C::NAME, self.source.offset(), missing));
            }
            self.packed.extend_from_slice(&bytes[..take]);
            self.source.consume(take);
        }
        Ok(())
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let offset = self.source.offset();
        let Some(count) = self.length("length of a chunk")? else {
            let missing = "the block has more data than the file";
            return Err(CodecError::truncated(C::NAME, offset, missing));
        };
        if count as u64 > C::max_packed(self.owed as u64) {
            let reason = format!(
                "a chunk of {count} bytes is too long, its block has {} bytes to come",
                self.owed
            );
            return Err(CodecError::corrupt(C::NAME, offset, reason));
        }
        if count == 0 {
            return Ok(()); // `BlockDecompressorStream` passes over an empty chunk, too.
        }
        self.read_packed(count)?;
        let unpacked = self.chunks.unpack(&self.packed, self.owed, &mut self.raw);
        let count = unpacked.map_err(|reason| CodecError::corrupt(C::NAME, offset + 4, reason))?;
        self.owed -= count;
        self.ready = 0..count;
        Ok(())
    }
}

impl<R: Read, C: Chunks> Read for BlockDecoder<R, C> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.ready.is_empty() {
                let count = self.ready.len().min(out.len());
                let from = self.ready.start;
                out[..count].copy_from_slice(&self.raw[from..from + count]);
                self.ready.start += count;
                return Ok(count);
            }
            if self.owed > 0 {
                self.read_chunk()?;
            } else {
                match self.length("length of a block")? {
                    None => return Ok(0),
                    Some(length) => self.owed = length,
                }
            }
        }
    }
}

/// Writes Hadoop's block framing.
///
/// The rule of `BlockCompressorStream.write`: writes gather in a block as long as it stays within
/// [`Chunks::MAX_RAW`]; a write that would pass the limit ends the block before it; a write that is
/// longer than the limit on its own becomes one block with its whole length and several chunks.
/// `finish` always ends a block, so that an empty file is `00000000`, and so is the tail of a file
/// whose last write was a long one.
pub(crate) struct BlockEncoder<W, C> {
    inner: W,
    chunks: C,
    raw: Vec<u8>,
    packed: Vec<u8>,
}

impl<W: Write, C: Chunks> BlockEncoder<W, C> {
    pub(crate) fn new(inner: W, chunks: C) -> Self {
        Self { inner, chunks, raw: Vec::new(), packed: Vec::new() }
    }

    /// Writes one block, whose raw length is the sum of the chunks' (at most `i32::MAX`).
    fn write_block(&mut self, data: &[u8]) -> io::Result<()> {
        self.packed.clear();
        self.packed.extend_from_slice(&(data.len() as u32).to_be_bytes());
        for raw in data.chunks(C::MAX_RAW) {
            let header = self.packed.len();
            self.packed.extend_from_slice(&[0; 4]);
            self.chunks.pack(raw, &mut self.packed).map_err(io::Error::other)?;
            let length = (self.packed.len() - header - 4) as u32;
            self.packed[header..header + 4].copy_from_slice(&length.to_be_bytes());
            self.inner.write_all(&self.packed)?;
            self.packed.clear();
        }
        self.inner.write_all(&self.packed)
    }

    fn end_block(&mut self) -> io::Result<()> {
        let raw = std::mem::take(&mut self.raw);
        let written = self.write_block(&raw);
        self.raw = raw;
        self.raw.clear();
        written
    }
}

impl<W: Write, C: Chunks> Write for BlockEncoder<W, C> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let data = &data[..data.len().min(i32::MAX as usize)];
        if data.is_empty() {
            return Ok(0);
        }
        if !self.raw.is_empty() && self.raw.len() + data.len() > C::MAX_RAW {
            self.end_block()?;
        }
        if data.len() > C::MAX_RAW {
            self.write_block(data)?;
        } else {
            self.raw.extend_from_slice(data);
        }
        Ok(data.len())
    }

    /// Hands on the blocks that are complete. As in Hadoop, a flush does not end a block.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write, C: Chunks> Encoder for BlockEncoder<W, C> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.end_block()?;
        self.inner.flush()
    }
}
