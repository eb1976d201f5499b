//! Packed blocks of a spill: small pieces of bytes that this machine writes and reads back.
//!
//! A block has no header of its own. Whoever stores it keeps the codec's [id](BlockCodec::id), the
//! raw length and a checksum beside it. Unlike the files of [`Codec`](crate::Codec), blocks are not
//! something that Hadoop reads; the names are those of `mapreduce.map.output.compress.codec`'s
//! codecs so that the same words choose both.

use std::fmt;
use std::io;

use bzip2::{Action, Compression as Bzip2Level, Status as Bzip2Status};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};
use snap::raw::max_compress_len;

use crate::lz4::max_unpacked;
use crate::snappy::MAX_EXPANSION;

/// How a block is packed.
///
/// Raw LZ4 blocks and raw snappy without framing, zstd at level 1, gzip at level 1, bzip2 with the
/// smallest level that holds the block. LZ4 is the one to take unless the disk is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum BlockCodec {
    /// The bytes as they are.
    None,
    /// A raw LZ4 block.
    #[default]
    Lz4,
    /// Raw snappy.
    Snappy,
    /// A zstd frame. Needs the cargo feature `zstd`.
    Zstd,
    /// A gzip member.
    Gzip,
    /// A bzip2 stream.
    Bzip2,
}

impl BlockCodec {
    /// All block codecs, in the order of their [ids](Self::id).
    pub const ALL: [Self; 6] =
        [Self::None, Self::Lz4, Self::Snappy, Self::Zstd, Self::Gzip, Self::Bzip2];

    /// The block codec for a name: [`name`](Self::name), or any name of a [`Codec`](crate::Codec)
    /// that has a block codec.
    ///
    /// ```
    /// use howdah_codec::block::BlockCodec;
    ///
    /// assert_eq!(BlockCodec::from_name("none"), Some(BlockCodec::None));
    /// assert_eq!(BlockCodec::from_name("SnappyCodec"), Some(BlockCodec::Snappy));
    /// assert_eq!(BlockCodec::from_name("deflate"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("none") {
            return Some(Self::None);
        }
        Some(match crate::Codec::from_name(name)? {
            crate::Codec::Lz4 => Self::Lz4,
            crate::Codec::Snappy => Self::Snappy,
            crate::Codec::Zstd => Self::Zstd,
            crate::Codec::Gzip => Self::Gzip,
            crate::Codec::Bzip2 => Self::Bzip2,
            crate::Codec::Deflate => return None,
        })
    }

    /// The short name: `none`, `lz4`, `snappy`, `zstd`, `gzip` or `bzip2`.
    ///
    /// ```
    /// use howdah_codec::block::BlockCodec;
    ///
    /// assert_eq!(BlockCodec::Lz4.name(), "lz4");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
        }
    }

    /// The number that stands for the codec in a spill file. It never changes.
    ///
    /// ```
    /// use howdah_codec::block::BlockCodec;
    ///
    /// assert_eq!(BlockCodec::None.id(), 0);
    /// ```
    pub const fn id(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Lz4 => 1,
            Self::Snappy => 2,
            Self::Zstd => 3,
            Self::Gzip => 4,
            Self::Bzip2 => 5,
        }
    }

    /// The codec with this [`id`](Self::id).
    ///
    /// ```
    /// use howdah_codec::block::BlockCodec;
    ///
    /// assert_eq!(BlockCodec::from_id(1), Some(BlockCodec::Lz4));
    /// assert_eq!(BlockCodec::from_id(200), None);
    /// ```
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.id() == id)
    }

    /// Whether this program can pack and unpack it: all but [`BlockCodec::Zstd`] always, that one
    /// with the cargo feature `zstd`.
    ///
    /// ```
    /// assert!(howdah_codec::block::BlockCodec::Lz4.is_available());
    /// ```
    pub const fn is_available(self) -> bool {
        cfg!(feature = "zstd") || !matches!(self, Self::Zstd)
    }
}

impl fmt::Display for BlockCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Packs and unpacks blocks, and keeps what a codec needs for it from block to block.
///
/// A codec's state is made when the codec is first used. After that, packing and unpacking with LZ4,
/// snappy and zstd allocate nothing but the growth of `out`. The libraries of bzip2 (both ways) and
/// gzip (unpacking) make new state for each block.
///
/// ```
/// use howdah_codec::block::{BlockCodec, BlockCoder};
///
/// let mut coder = BlockCoder::new();
/// let raw = b"word\t1\n".repeat(100);
/// let mut packed = Vec::new();
/// coder.compress(BlockCodec::Lz4, &raw, &mut packed)?;
/// assert!(packed.len() < raw.len());
///
/// let mut back = Vec::new();
/// coder.decompress(BlockCodec::Lz4, &packed, raw.len(), &mut back)?;
/// assert_eq!(back, raw);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Default)]
pub struct BlockCoder {
    /// Room for packed bytes, as long as the longest block so far needed; never cleared, because
    /// clearing costs as much as packing.
    room: Vec<u8>,
    lz4: Option<CompressTable>,
    snappy: Option<snap::raw::Encoder>,
    deflate: Option<Compress>,
    inflate: Option<Decompress>,
    #[cfg(feature = "zstd")]
    zstd: Option<ZstdState>,
}

impl BlockCoder {
    /// A coder without any state yet.
    ///
    /// ```
    /// let coder = howdah_codec::block::BlockCoder::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the packed form of `raw` to `out`.
    ///
    /// # Errors
    ///
    /// `Unsupported` for zstd without its feature; `InvalidInput` for a block that is too long for
    /// its codec (snappy: 4 GiB). `out` is then as it was.
    pub fn compress(&mut self, codec: BlockCodec, raw: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match codec {
            BlockCodec::None => out.extend_from_slice(raw),
            BlockCodec::Lz4 => {
                let room = room(&mut self.room, get_maximum_output_size(raw.len()));
                let table = self.lz4.get_or_insert_with(CompressTable::large);
                let count = compress_into_with_table(raw, room, table).map_err(too_long)?;
                out.extend_from_slice(&room[..count]);
            }
            BlockCodec::Snappy => {
                let most = max_compress_len(raw.len());
                if most == 0 {
                    return Err(too_long("snappy takes at most 4 GiB"));
                }
                let room = room(&mut self.room, most);
                let encoder = self.snappy.get_or_insert_with(snap::raw::Encoder::new);
                let count = encoder.compress(raw, room).map_err(too_long)?;
                out.extend_from_slice(&room[..count]);
            }
            #[cfg(feature = "zstd")]
            BlockCodec::Zstd => {
                let room = room(&mut self.room, zstd::compress_bound(raw.len()));
                let (compressor, _) = zstd_state(&mut self.zstd)?;
                let count = compressor.compress_to_buffer(raw, room)?;
                out.extend_from_slice(&room[..count]);
            }
            #[cfg(not(feature = "zstd"))]
            BlockCodec::Zstd => return Err(crate::CodecError::feature_off("zstd", "zstd")),
            BlockCodec::Gzip => {
                let state =
                    self.deflate.get_or_insert_with(|| Compress::new_gzip(Compression::fast(), 15));
                state.reset();
                let start = out.len();
                // The bound of a member: stored blocks of 16 KiB with 5 bytes each, the envelope.
                out.reserve(raw.len() + raw.len() / 1000 + 64);
                loop {
                    let given = state.total_in() as usize;
                    match state.compress_vec(&raw[given..], out, FlushCompress::Finish) {
                        Ok(Status::StreamEnd) => break,
                        Ok(_) => out.reserve(raw.len() / 8 + 64),
                        Err(error) => {
                            out.truncate(start);
                            return Err(error.into());
                        }
                    }
                }
            }
            BlockCodec::Bzip2 => bzip2_compress(raw, out)?,
        }
        Ok(())
    }

    /// Unpacks a block and appends exactly `raw_len` bytes to `out`.
    ///
    /// `raw_len` is taken from beside the block, and so much memory is set aside at once; it should
    /// be known to be sane. For LZ4 and snappy it is checked against what `packed` can stand for.
    ///
    /// # Errors
    ///
    /// `InvalidData` if `packed` is damaged or does not hold exactly `raw_len` bytes, `OutOfMemory`,
    /// and `Unsupported` for zstd without its feature. `out` is then as it was.
    pub fn decompress(
        &mut self,
        codec: BlockCodec,
        packed: &[u8],
        raw_len: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let most = match codec {
            BlockCodec::None => packed.len(),
            BlockCodec::Lz4 => max_unpacked(packed.len()),
            BlockCodec::Snappy => packed.len().saturating_mul(MAX_EXPANSION),
            _ => usize::MAX,
        };
        if raw_len > most {
            let reason = format!("{} bytes cannot hold {raw_len}", packed.len());
            return Err(damaged(codec, reason));
        }
        if codec == BlockCodec::None {
            return if packed.len() == raw_len {
                out.extend_from_slice(packed);
                Ok(())
            } else {
                Err(wrong_length(codec, packed.len(), raw_len))
            };
        }
        out.try_reserve(raw_len).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        let start = out.len();
        out.resize(start + raw_len, 0);
        let unpacked = self.decompress_into(codec, packed, &mut out[start..]).and_then(|count| {
            if count == raw_len { Ok(()) } else { Err(wrong_length(codec, count, raw_len)) }
        });
        if unpacked.is_err() {
            out.truncate(start);
        }
        unpacked
    }

    /// Fills `raw` and says how many bytes the block holds, if it can.
    fn decompress_into(
        &mut self,
        codec: BlockCodec,
        packed: &[u8],
        raw: &mut [u8],
    ) -> io::Result<usize> {
        match codec {
            BlockCodec::None => Ok(packed.len()),
            BlockCodec::Lz4 => decompress_into(packed, raw).map_err(|e| damaged(codec, e)),
            BlockCodec::Snappy => {
                let held = snap::raw::decompress_len(packed).map_err(|e| damaged(codec, e))?;
                if held != raw.len() {
                    return Ok(held);
                }
                snap::raw::Decoder::new().decompress(packed, raw).map_err(|e| damaged(codec, e))
            }
            #[cfg(feature = "zstd")]
            BlockCodec::Zstd => {
                let (_, decompressor) = zstd_state(&mut self.zstd)?;
                decompressor.decompress_to_buffer(packed, raw).map_err(|e| damaged(codec, e))
            }
            #[cfg(not(feature = "zstd"))]
            BlockCodec::Zstd => Err(crate::CodecError::feature_off("zstd", "zstd")),
            BlockCodec::Gzip => {
                let state = self.inflate.get_or_insert_with(|| Decompress::new_gzip(15));
                state.reset(true);
                match state.decompress(packed, raw, FlushDecompress::Finish) {
                    Ok(Status::StreamEnd) => all_read(codec, state.total_in(), packed)?,
                    Ok(_) => return Err(damaged(codec, "its end is missing")),
                    Err(error) => {
                        let reason = error.message().unwrap_or("the deflate data are not valid");
                        return Err(damaged(codec, reason));
                    }
                }
                Ok(state.total_out() as usize)
            }
            BlockCodec::Bzip2 => {
                let mut state = bzip2::Decompress::new(false);
                loop {
                    let (read, written) = (state.total_in(), state.total_out());
                    let input = &packed[read as usize..];
                    match state.decompress(input, &mut raw[written as usize..]) {
                        Ok(Bzip2Status::StreamEnd) => {
                            all_read(codec, state.total_in(), packed)?;
                            return Ok(state.total_out() as usize);
                        }
                        Ok(_) if (read, written) == (state.total_in(), state.total_out()) => {
                            return Err(damaged(codec, "its end is missing"));
                        }
                        Ok(_) => {}
                        Err(error) => return Err(damaged(codec, error)),
                    }
                }
            }
        }
    }
}

impl fmt::Debug for BlockCoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockCoder").field("room_bytes", &self.room.len()).finish_non_exhaustive()
    }
}

#[cfg(feature = "zstd")]
type ZstdState = (zstd::bulk::Compressor<'static>, zstd::bulk::Decompressor<'static>);

#[cfg(feature = "zstd")]
fn zstd_state(state: &mut Option<ZstdState>) -> io::Result<&mut ZstdState> {
    if state.is_none() {
        *state = Some((zstd::bulk::Compressor::new(1)?, zstd::bulk::Decompressor::new()?));
    }
    state.as_mut().ok_or_else(|| io::Error::other("zstd has no state"))
}

/// The first `count` bytes of `room`, which grows if it is shorter.
fn room(room: &mut Vec<u8>, count: usize) -> &mut [u8] {
    if room.len() < count {
        room.resize(count, 0);
    }
    &mut room[..count]
}

fn bzip2_compress(raw: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let level = raw.len().div_ceil(100_000).clamp(1, 9) as u32;
    let mut state = bzip2::Compress::new(Bzip2Level::new(level), 0);
    out.reserve(raw.len() + raw.len() / 100 + 600);
    loop {
        let given = state.total_in() as usize;
        if matches!(state.compress_vec(&raw[given..], out, Action::Finish)?, Bzip2Status::StreamEnd)
        {
            return Ok(());
        }
        out.reserve(raw.len() / 8 + 600);
    }
}

fn all_read(codec: BlockCodec, read: u64, packed: &[u8]) -> io::Result<()> {
    let rest = packed.len() as u64 - read;
    if rest == 0 { Ok(()) } else { Err(damaged(codec, format!("{rest} bytes follow its end"))) }
}

fn too_long(reason: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("a block is too long: {reason}"))
}

fn wrong_length(codec: BlockCodec, held: usize, expected: usize) -> io::Error {
    damaged(codec, format!("it holds {held} bytes, not {expected}"))
}

fn damaged(codec: BlockCodec, reason: impl fmt::Display) -> io::Error {
    let message = format!("a packed {codec} block is damaged: {reason}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_lead_back() {
        for (id, codec) in (0..).zip(BlockCodec::ALL) {
            assert_eq!(codec.id(), id);
            assert_eq!(BlockCodec::from_id(id), Some(codec));
            assert_eq!(BlockCodec::from_name(codec.name()), Some(codec));
        }
        assert_eq!(BlockCodec::from_id(6), None);
        assert_eq!(BlockCodec::from_name("lzo"), None);
    }

    #[test]
    fn lengths_are_checked_before_memory_is_set_aside() {
        let mut coder = BlockCoder::new();
        let mut out = b"kept".to_vec();
        for codec in [BlockCodec::None, BlockCodec::Lz4, BlockCodec::Snappy] {
            let error = coder.decompress(codec, b"abc", usize::MAX / 2, &mut out).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        let error = coder.decompress(BlockCodec::Gzip, b"", usize::MAX, &mut out).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        assert_eq!(out, b"kept");
    }

    #[test]
    fn a_wrong_length_is_an_error() {
        let mut coder = BlockCoder::new();
        let raw = b"0123456789".repeat(50);
        for codec in BlockCodec::ALL.into_iter().filter(|codec| codec.is_available()) {
            let mut packed = b"before".to_vec();
            coder.compress(codec, &raw, &mut packed).unwrap();
            assert!(packed.starts_with(b"before"));
            let packed = &packed[6..];
            let mut out = b"kept".to_vec();
            for length in [0, 1, raw.len() - 1, raw.len() + 1, raw.len() * 2] {
                let error = coder.decompress(codec, packed, length, &mut out).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{codec}: {error}");
                assert_eq!(out, b"kept");
            }
            coder.decompress(codec, packed, raw.len(), &mut out).unwrap();
            assert_eq!(out, [b"kept".as_slice(), &raw].concat());
        }
    }
}
