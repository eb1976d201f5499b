//! zstd frames (`ZStandardCodec`). The only codec in C, behind the cargo feature `zstd`.

use std::io;

use zstd::stream::raw::{Decoder, Encoder, InBuffer, Operation, OutBuffer};

use crate::stream::{Fault, Pack, Step, Unpack};

/// Hadoop's `io.compression.codec.zstd.level`.
const LEVEL: i32 = 3;

/// zstd's decompressor. A frame that asks for a window above 128 MiB is refused.
pub(crate) struct ZstdUnpack(Decoder<'static>);

impl ZstdUnpack {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(Decoder::new()?))
    }
}

impl Unpack for ZstdUnpack {
    const NAME: &'static str = "zstd";
    const EMPTY_FILE_IS_EMPTY: bool = false;

    fn restart(&mut self) -> io::Result<()> {
        self.0.reinit()
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let mut input = InBuffer::around(input);
        let mut output = OutBuffer::around(output);
        let left = self
            .0
            .run(&mut input, &mut output)
            .map_err(|error| Fault { reason: error.to_string(), read: input.pos() })?;
        Ok(Step { read: input.pos(), written: output.pos(), end: left == 0 })
    }
}

/// zstd's compressor: one frame, level 3, no checksum, as Hadoop writes it.
pub(crate) struct ZstdPack(Encoder<'static>);

impl ZstdPack {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(Encoder::new(LEVEL)?))
    }
}

impl Pack for ZstdPack {
    fn pack(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut input = InBuffer::around(input);
        let filled = out.len();
        self.0.run(&mut input, &mut OutBuffer::around_pos(out, filled))?;
        Ok(input.pos())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        let filled = out.len();
        Ok(self.0.finish(&mut OutBuffer::around_pos(out, filled), true)? == 0)
    }
}
