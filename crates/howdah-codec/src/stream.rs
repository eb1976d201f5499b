//! The loop between a byte stream and a codec's state machine, written once for gzip, zlib, bzip2
//! and zstd. It mirrors `DecompressorStream` and `CompressorStream`.

use std::io::{self, Read, Write};

use crate::codec::Encoder;
use crate::error::CodecError;
use crate::source::Source;

/// Compressed bytes gathered before they are written to the file.
const OUT_BYTES: usize = 64 * 1024;

/// What one step of an [`Unpack`] did.
pub(crate) struct Step {
    /// Bytes taken from the input.
    pub(crate) read: usize,
    /// Bytes put into the output.
    pub(crate) written: usize,
    /// The member (gzip), stream (zlib, bzip2) or frame (zstd) is complete and verified.
    pub(crate) end: bool,
}

/// A decompressor that is fed from a buffer.
pub(crate) trait Unpack {
    /// The codec's name, for errors.
    const NAME: &'static str;
    /// Whether a file of zero bytes is an empty file rather than one that was cut short.
    const EMPTY_FILE_IS_EMPTY: bool;

    /// Prepares for the next member.
    fn restart(&mut self) -> io::Result<()>;

    /// Decompresses some of `input` into `output`.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault>;
}

/// What a codec found wrong, and behind how many bytes of the step's input.
pub(crate) struct Fault {
    pub(crate) reason: String,
    pub(crate) read: usize,
}

/// Reads one member after another until the file ends, and it must end between two members.
pub(crate) struct StreamDecoder<R, U> {
    source: Source<R>,
    unpack: U,
    /// Inside a member, so that the end of the file comes too early.
    inside: bool,
    members: u64,
}

impl<R: Read, U: Unpack> StreamDecoder<R, U> {
    pub(crate) fn new(inner: R, unpack: U) -> Self {
        Self { source: Source::new(inner), unpack, inside: false, members: 0 }
    }

    /// Whether another member begins here.
    fn enter_member(&mut self) -> io::Result<bool> {
        if self.source.fill()?.is_empty() {
            return if self.members > 0 || U::EMPTY_FILE_IS_EMPTY {
                Ok(false)
            } else {
                Err(CodecError::truncated(U::NAME, 0, "the file is empty, it has no header"))
            };
        }
        if self.members > 0 {
            self.unpack.restart()?;
        }
        self.members += 1;
        self.inside = true;
        Ok(true)
    }
}

impl<R: Read, U: Unpack> Read for StreamDecoder<R, U> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside && !self.enter_member()? {
                return Ok(0);
            }
            let input = self.source.fill()?;
            let (at_end, given) = (input.is_empty(), input.len());
            let step = self.unpack.step(input, out);
            let step = step.map_err(|Fault { reason, read }| {
                let reason = if self.members > 1 {
                    format!("{reason} (in member {} of the file)", self.members)
                } else {
                    reason
                };
                let offset = self.source.offset() + read.min(given) as u64;
                CodecError::corrupt(U::NAME, offset, reason)
            })?;
            self.source.consume(step.read.min(given));
            self.inside = !step.end;
            if step.written > 0 {
                return Ok(step.written);
            }
            if step.read == 0 && !step.end {
                let offset = self.source.offset();
                return Err(if at_end {
                    CodecError::truncated(U::NAME, offset, "the rest of the data is missing")
                } else {
                    CodecError::corrupt(U::NAME, offset, "the decompressor makes no progress")
                });
            }
        }
    }
}

/// A compressor that fills a buffer.
pub(crate) trait Pack {
    /// Compresses some of `input`, appending within the capacity of `out`; says how much of `input`
    /// it took. `out` always has room.
    fn pack(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize>;

    /// Appends what remains and the trailer within the capacity of `out`; says whether that is all.
    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<bool>;
}

/// Writes one member. Dropping it without [`Encoder::finish`] leaves a file that readers refuse.
pub(crate) struct StreamEncoder<W, P> {
    inner: W,
    pack: P,
    out: Vec<u8>,
    /// How much of `out` the file has taken; less than all only after an error.
    sent: usize,
}

impl<W: Write, P: Pack> StreamEncoder<W, P> {
    pub(crate) fn new(inner: W, pack: P) -> Self {
        Self { inner, pack, out: Vec::with_capacity(OUT_BYTES), sent: 0 }
    }

    fn send(&mut self) -> io::Result<()> {
        while self.sent < self.out.len() {
            match self.inner.write(&self.out[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }
}

impl<W: Write, P: Pack> Write for StreamEncoder<W, P> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        loop {
            if self.out.len() == self.out.capacity() {
                self.send()?;
            }
            let count = self.pack.pack(data, &mut self.out)?;
            if count > 0 {
                return Ok(count);
            }
        }
    }

    /// Hands on what is compressed already. As in Hadoop, a flush does not end a block.
    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.inner.flush()
    }
}

impl<W: Write, P: Pack> Encoder for StreamEncoder<W, P> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        loop {
            self.send()?;
            if self.pack.end(&mut self.out)? {
                return self.flush();
            }
        }
    }
}
