//! LZ4 (`Lz4Codec`): raw LZ4 blocks in Hadoop's block framing, and on input also the LZ4 frame
//! format that the `lz4` program writes.

use std::io::{self, Read};

use lz4_flex::block::{
    CompressTable, DecompressError, compress_into_with_table, decompress_into,
    get_maximum_output_size,
};
use lz4_flex::frame::FrameDecoder;

use crate::error::CodecError;
use crate::framing::{BUFFER_BYTES, BlockDecoder, Chunks};
use crate::source::Source;

const NAME: &str = "lz4";

/// The magic number of the LZ4 frame format.
const FRAME_MAGIC: &[u8] = b"\x04\x22\x4d\x18";

/// The compressor of single chunks.
pub(crate) struct Lz4Chunks {
    table: CompressTable,
}

impl Lz4Chunks {
    pub(crate) fn new() -> Self {
        Self { table: CompressTable::large() }
    }
}

/// The most bytes that `packed` bytes of an LZ4 block can stand for: a length byte adds 255.
pub(crate) fn max_unpacked(packed: usize) -> usize {
    packed.saturating_mul(255).saturating_add(64)
}

impl Chunks for Lz4Chunks {
    const NAME: &'static str = NAME;
    const MAX_RAW: usize = BUFFER_BYTES - (BUFFER_BYTES / 255 + 16);

    fn max_packed(raw: u64) -> u64 {
        16 + raw + raw / 255
    }

    fn pack(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let start = out.len();
        out.resize(start + get_maximum_output_size(raw.len()), 0);
        let count = compress_into_with_table(raw, &mut out[start..], &mut self.table)
            .map_err(|error| error.to_string())?;
        out.truncate(start + count);
        Ok(())
    }

    /// A raw LZ4 block does not tell its length, so the output starts with what Hadoop's buffer
    /// would hold and doubles up to what the packed bytes can stand for.
    fn unpack(&mut self, packed: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<usize, String> {
        let limit = limit.min(max_unpacked(packed.len()));
        let mut room = limit.min(out.len().max(BUFFER_BYTES));
        loop {
            if out.len() < room {
                out.resize(room, 0);
            }
            match decompress_into(packed, &mut out[..room]) {
                Ok(count) => return Ok(count),
                Err(DecompressError::OutputTooSmall { .. }) if room < limit => {
                    room = limit.min(room.saturating_mul(2));
                }
                Err(DecompressError::OutputTooSmall { .. }) => {
                    return Err("a chunk holds more bytes than its block".to_owned());
                }
                Err(error) => return Err(format!("a chunk does not unpack: {error}")),
            }
        }
    }
}

/// Opens a `.lz4` file of either framing, told apart by the first bytes.
///
/// A block of 0x04224d18 bytes in Hadoop's framing begins like a frame. The fifth byte decides: in
/// a frame its two high bits are the version, 01; as the high byte of a chunk's length they would
/// ask for more than a block of that size can need.
pub(crate) fn decoder<'a, R: Read + Send + 'a>(inner: R) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut source = Source::new(inner);
    let head = source.fill_at_least(FRAME_MAGIC.len() + 1)?;
    let framed = head.starts_with(FRAME_MAGIC)
        && head.get(FRAME_MAGIC.len()).is_none_or(|flags| flags >> 6 == 1);
    Ok(if framed {
        Box::new(Framed { frames: Some(FrameDecoder::new(source)), file_bytes: None })
    } else {
        Box::new(BlockDecoder::new(source, Lz4Chunks::new()))
    })
}

/// LZ4 frames, one after another, with this crate's errors and with an end that is checked.
///
/// [`FrameDecoder`] returns no bytes at the end of a frame, at an empty block and where the file was
/// cut, and does not say which. What tells is the magic number: to a decoder that is still inside a
/// frame it is a block of 400 MB, which is an error. So a magic number that follows begins a frame,
/// and at the end of the file one is put behind it to see whether the decoder takes it.
struct Framed<R: Read> {
    /// `None` once the file has ended as it should.
    frames: Option<FrameDecoder<Source<R>>>,
    /// The length of the file, known when its end was reached.
    file_bytes: Option<u64>,
}

fn truncated(offset: u64) -> io::Error {
    CodecError::truncated(NAME, offset, "the rest of a frame is missing")
}

impl<R: Read> Read for Framed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while let Some(frames) = &mut self.frames {
            let read = frames.read(out);
            let source = frames.get_mut();
            match read {
                Ok(count) if count > 0 => return Ok(count),
                Err(error) if source.failed() => return Err(error),
                Err(error) => {
                    return Err(if let Some(file_bytes) = self.file_bytes {
                        truncated(file_bytes)
                    } else if error.kind() == io::ErrorKind::UnexpectedEof {
                        truncated(source.offset())
                    } else {
                        CodecError::corrupt(NAME, source.offset(), error.to_string())
                    });
                }
                Ok(_) if self.file_bytes.is_some() => self.frames = None,
                Ok(_) if source.read_past_end() => return Err(truncated(source.offset())),
                Ok(_) => {
                    let following = source.fill_at_least(FRAME_MAGIC.len())?;
                    if following.is_empty() {
                        self.file_bytes = Some(source.offset());
                        source.append_after_end(FRAME_MAGIC);
                    } else if following.starts_with(FRAME_MAGIC)
                        && let Some(frames) = self.frames.take()
                    {
                        self.frames = Some(FrameDecoder::new(frames.into_inner()));
                    }
                }
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_FRAME: &[u8] = b"\x04\x22\x4d\x18\x60\x40\x82\x00\x00\x00\x00";

    /// A frame as `printf 'hello hadoop\n' | lz4` writes it, with a checksum of the content.
    const HELLO_FRAME: &[u8] = b"\x04\x22\x4d\x18\x64\x40\xa7\x0d\x00\x00\x80hello hadoop\n\
        \x00\x00\x00\x00\xc2\x93\xa0\xf8";

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decoder(bytes)?.read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn an_empty_frame_is_a_frame() {
        assert_eq!(read(EMPTY_FRAME).unwrap(), b"");
        assert_eq!(read(&[EMPTY_FRAME, EMPTY_FRAME].concat()).unwrap(), b"");
    }

    #[test]
    fn frames_follow_one_another_and_every_cut_is_found() {
        let two = [HELLO_FRAME, HELLO_FRAME].concat();
        assert_eq!(read(&two).unwrap(), b"hello hadoop\nhello hadoop\n");
        for length in 1..two.len() {
            if length != HELLO_FRAME.len() {
                let error = read(&two[..length]).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length}: {error}");
                assert!(error.to_string().contains(&format!("at byte {length} ")), "{error}");
            }
        }
    }

    #[test]
    fn a_frame_is_verified() {
        let mut bytes = HELLO_FRAME.to_vec();
        bytes[12] ^= 1;
        let error = read(&bytes).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let error = read(&[HELLO_FRAME, b"\0\0\0\0\0\0\0\0"].concat()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    /// A frame that is cut behind an empty block looks complete to the frame decoder.
    #[test]
    fn a_cut_behind_an_empty_block_is_found() {
        let bytes = b"\x04\x22\x4d\x18\x60\x40\x82\x00\x00\x00\x80";
        assert_eq!(read(bytes).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    /// The one length of a Hadoop block that looks like the frame magic.
    #[test]
    fn a_hadoop_block_of_the_magic_length_is_not_a_frame() {
        let bytes = b"\x04\x22\x4d\x18\x00\x00\x00\x02\x10a";
        let error = read(bytes).unwrap_err();
        let message = "lz4 data end too early, at byte 10 of the compressed file: \
            the block has more data than the file";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn a_long_chunk_grows_the_output_in_steps() {
        let raw = vec![b'x'; 3_000_000];
        let mut chunks = Lz4Chunks::new();
        let (mut packed, mut out) = (Vec::new(), Vec::new());
        chunks.pack(&raw, &mut packed).unwrap();
        assert_eq!(chunks.unpack(&packed, raw.len(), &mut out).unwrap(), raw.len());
        assert_eq!(&out[..raw.len()], raw);
        let error = chunks.unpack(&packed, raw.len() - 1, &mut out).unwrap_err();
        assert_eq!(error, "a chunk holds more bytes than its block");
    }
}
