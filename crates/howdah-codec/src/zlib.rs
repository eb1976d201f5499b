//! gzip (`GzipCodec`, RFC 1952) and zlib (`DefaultCodec`, RFC 1950): one algorithm, two envelopes.

use std::io;

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use crate::stream::{Fault, Pack, Step, Unpack};

/// The window that zlib and Java's `Deflater` use: 2^15 bytes.
const WINDOW_BITS: u8 = 15;

/// gzip's decompressor; it verifies the header's, the data's and the size's checks itself.
pub(crate) struct GzipUnpack(Decompress);

impl GzipUnpack {
    pub(crate) fn new() -> Self {
        Self(Decompress::new_gzip(WINDOW_BITS))
    }
}

impl Unpack for GzipUnpack {
    const NAME: &'static str = "gzip";
    const EMPTY_FILE_IS_EMPTY: bool = false;

    fn restart(&mut self) -> io::Result<()> {
        self.0.reset(true);
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        inflate(&mut self.0, input, output)
    }
}

/// zlib's decompressor.
pub(crate) struct ZlibUnpack(Decompress);

impl ZlibUnpack {
    pub(crate) fn new() -> Self {
        Self(Decompress::new(true))
    }
}

impl Unpack for ZlibUnpack {
    const NAME: &'static str = "deflate";
    const EMPTY_FILE_IS_EMPTY: bool = false;

    fn restart(&mut self) -> io::Result<()> {
        self.0.reset(true);
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        inflate(&mut self.0, input, output)
    }
}

fn inflate(state: &mut Decompress, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
    let (read, written) = (state.total_in(), state.total_out());
    let status = state.decompress(input, output, FlushDecompress::None).map_err(|error| {
        let reason = if error.needs_dictionary().is_some() {
            "it needs a preset dictionary".to_owned()
        } else {
            error.message().unwrap_or("the deflate data are not valid").to_owned()
        };
        Fault { reason, read: (state.total_in() - read) as usize }
    })?;
    Ok(Step {
        read: (state.total_in() - read) as usize,
        written: (state.total_out() - written) as usize,
        end: status == Status::StreamEnd,
    })
}

/// zlib's compressor, at its default level as in Hadoop.
pub(crate) struct ZlibPack(Compress);

impl ZlibPack {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::default(), true))
    }
}

impl Pack for ZlibPack {
    fn pack(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        deflate(&mut self.0, input, out)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        end_deflate(&mut self.0, out)
    }
}

/// The header of a member as Java writes it: no name, no time, system 0.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];

/// gzip's compressor, at zlib's default level as in Hadoop.
///
/// The envelope is made here because the one of zlib names the operating system it runs on, and
/// part files should be the same bytes everywhere and those of Hadoop.
pub(crate) struct GzipPack {
    deflate: Compress,
    check: Crc,
    stage: Stage,
}

enum Stage {
    Header,
    Data,
    Trailer,
}

impl GzipPack {
    pub(crate) fn new() -> Self {
        let deflate = Compress::new(Compression::default(), false);
        Self { deflate, check: Crc::new(), stage: Stage::Header }
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if matches!(self.stage, Stage::Header) {
            out.extend_from_slice(&GZIP_HEADER);
            self.stage = Stage::Data;
        }
    }
}

impl Pack for GzipPack {
    fn pack(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        self.write_header(out);
        let count = deflate(&mut self.deflate, input, out)?;
        self.check.update(&input[..count]);
        Ok(count)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        self.write_header(out);
        if matches!(self.stage, Stage::Data) {
            if !end_deflate(&mut self.deflate, out)? {
                return Ok(false);
            }
            self.stage = Stage::Trailer;
        }
        if out.capacity() - out.len() < 8 {
            return Ok(false);
        }
        out.extend_from_slice(&self.check.sum().to_le_bytes());
        out.extend_from_slice(&self.check.amount().to_le_bytes());
        Ok(true)
    }
}

fn deflate(state: &mut Compress, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
    let before = state.total_in();
    state.compress_vec(input, out, FlushCompress::None)?;
    Ok((state.total_in() - before) as usize)
}

fn end_deflate(state: &mut Compress, out: &mut Vec<u8>) -> io::Result<bool> {
    Ok(state.compress_vec(&[], out, FlushCompress::Finish)? == Status::StreamEnd)
}
