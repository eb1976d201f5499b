//! snappy (`SnappyCodec`): raw snappy chunks in Hadoop's block framing, and on input also the
//! snappy framing format that other tools write.

use std::io::{self, Read};

use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};
use snap::read::FrameDecoder;

use crate::error::CodecError;
use crate::framing::{BUFFER_BYTES, BlockDecoder, Chunks};
use crate::source::Source;

const NAME: &str = "snappy";

/// The first chunk of the snappy framing format. As a block length it would be negative, so no file
/// in Hadoop's framing begins like this.
const STREAM_IDENTIFIER: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// No snappy element gives more: a copy of three bytes stands for at most 64.
pub(crate) const MAX_EXPANSION: usize = 22;

/// The compressor of single chunks.
pub(crate) struct SnappyChunks {
    encoder: Encoder,
    decoder: Decoder,
}

impl SnappyChunks {
    pub(crate) fn new() -> Self {
        Self { encoder: Encoder::new(), decoder: Decoder::new() }
    }
}

impl Chunks for SnappyChunks {
    const NAME: &'static str = NAME;
    const MAX_RAW: usize = BUFFER_BYTES - (BUFFER_BYTES / 6 + 32);

    fn max_packed(raw: u64) -> u64 {
        32 + raw + raw / 6
    }

    fn pack(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let start = out.len();
        out.resize(start + max_compress_len(raw.len()), 0);
        let count =
            self.encoder.compress(raw, &mut out[start..]).map_err(|error| error.to_string())?;
        out.truncate(start + count);
        Ok(())
    }

    fn unpack(&mut self, packed: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<usize, String> {
        let count = decompress_len(packed).map_err(|error| error.to_string())?;
        if count > limit || count > packed.len().saturating_mul(MAX_EXPANSION) {
            return Err(format!("a chunk claims {count} bytes, more than it can hold"));
        }
        if out.len() < count {
            out.resize(count, 0);
        }
        self.decoder
            .decompress(packed, &mut out[..count])
            .map_err(|error| format!("a chunk does not unpack: {error}"))
    }
}

/// Opens a `.snappy` file of either framing, told apart by the first bytes.
pub(crate) fn decoder<'a, R: Read + Send + 'a>(inner: R) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut source = Source::new(inner);
    let framed = source.fill_at_least(STREAM_IDENTIFIER.len())?.starts_with(STREAM_IDENTIFIER);
    Ok(if framed {
        Box::new(Framed(FrameDecoder::new(source)))
    } else {
        Box::new(BlockDecoder::new(source, SnappyChunks::new()))
    })
}

/// The snappy framing format, with this crate's errors.
struct Framed<R: Read>(FrameDecoder<Source<R>>);

impl<R: Read> Read for Framed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(|error| {
            let source = self.0.get_ref();
            if source.failed() {
                error
            } else if error.kind() == io::ErrorKind::UnexpectedEof {
                CodecError::truncated(NAME, source.offset(), "the rest of a frame is missing")
            } else {
                CodecError::corrupt(NAME, source.offset(), error.to_string())
            }
        })
    }
}
