//! The codecs by name and by extension, and the doors to their decoders and encoders.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::bzip2_stream::{Bzip2Pack, Bzip2Unpack};
use crate::framing::BlockEncoder;
use crate::lz4::{self, Lz4Chunks};
use crate::snappy::{self, SnappyChunks};
use crate::stream::{StreamDecoder, StreamEncoder};
use crate::zlib::{GzipPack, GzipUnpack, ZlibPack, ZlibUnpack};

/// The package of Hadoop's codec classes.
const PACKAGE: &str = "org.apache.hadoop.io.compress.";

/// How a file is compressed. The counterpart of Hadoop's `CompressionCodec` and, for the choice by
/// name, of its `CompressionCodecFactory`.
///
/// # A file of zero bytes
///
/// For gzip, deflate and zstd it is an error of kind `UnexpectedEof`, as in Hadoop
/// (`EOFException: Unexpected end of input stream`): a file that was never written is not an empty
/// table. For bzip2, snappy and lz4 it is empty, as it is for a job that reads lines in Hadoop.
///
/// # gzip, deflate, zstd
///
/// Several members, streams or frames one after another are read as one file. Anything else after
/// a member, NUL padding included, is an error. Encoders write one member: gzip and deflate at
/// zlib's default level (6) without a name or time, zstd at level 3 without a checksum.
///
/// # bzip2
///
/// Several streams are read as one file. Hadoop ignores what follows the last stream; here it is an
/// error, because it may be the stump of a stream. The encoder writes one stream at level 9. To
/// read a part of a file see [`bzip2_blocks`](crate::bzip2_blocks).
///
/// # snappy and lz4
///
/// Written in Hadoop's block framing (`BlockCompressorStream`, buffers of 256 KiB), whose blocks
/// follow the calls of [`Write::write`] as they do in Hadoop. Read in that framing or, recognised
/// by the first bytes, in the snappy framing format or the LZ4 frame format. Hadoop's framing and
/// the snappy framing format have no end mark: a file that was cut exactly between two blocks is a
/// valid, shorter file. Hadoop stops reading at a block of length zero; here it is an empty block
/// and reading goes on, so that joined files are read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Codec {
    /// `GzipCodec`, `.gz`.
    Gzip,
    /// `BZip2Codec`, `.bz2`. The only splittable one.
    Bzip2,
    /// `SnappyCodec`, `.snappy`.
    Snappy,
    /// `Lz4Codec`, `.lz4`.
    Lz4,
    /// `ZStandardCodec`, `.zst`. Needs the cargo feature `zstd`.
    Zstd,
    /// `DefaultCodec`, `.deflate`: zlib, and Hadoop's choice when output is to be compressed and no
    /// codec is named.
    Deflate,
}

impl Codec {
    /// All codecs.
    pub const ALL: [Self; 6] =
        [Self::Gzip, Self::Bzip2, Self::Snappy, Self::Lz4, Self::Zstd, Self::Deflate];

    /// The codec for a file, by its extension in any case, as `CompressionCodecFactory.getCodec`.
    /// `None` means that the file is read as it is. A name that is nothing but an extension has no
    /// codec.
    ///
    /// ```
    /// use std::path::Path;
    /// use howdah_codec::Codec;
    ///
    /// assert_eq!(Codec::of_path(Path::new("in/words.txt.GZ")), Some(Codec::Gzip));
    /// assert_eq!(Codec::of_path(Path::new("in/words.txt")), None);
    /// assert_eq!(Codec::of_path(Path::new("in.gz/words")), None);
    /// ```
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.as_encoded_bytes();
        Self::ALL.into_iter().find(|codec| {
            let extension = codec.extension().as_bytes();
            name.len() > extension.len()
                && name[name.len() - extension.len()..].eq_ignore_ascii_case(extension)
        })
    }

    /// The extension of its files with the dot, as `CompressionCodec.getDefaultExtension`.
    ///
    /// ```
    /// assert_eq!(howdah_codec::Codec::Deflate.extension(), ".deflate");
    /// ```
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
            Self::Snappy => ".snappy",
            Self::Lz4 => ".lz4",
            Self::Zstd => ".zst",
            Self::Deflate => ".deflate",
        }
    }

    /// The short name: `gzip`, `bzip2`, `snappy`, `lz4`, `zstd` or `deflate`.
    ///
    /// ```
    /// assert_eq!(howdah_codec::Codec::Zstd.name(), "zstd");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }

    /// The codec for a name: [`name`](Self::name), or what `CompressionCodecFactory.getCodecByName`
    /// takes: the class with its package, the class without it, or that without `Codec`, the last
    /// two in any case.
    ///
    /// ```
    /// use howdah_codec::Codec;
    ///
    /// assert_eq!(Codec::from_name("zstd"), Some(Codec::Zstd));
    /// assert_eq!(Codec::from_name("BZip2Codec"), Some(Codec::Bzip2));
    /// assert_eq!(Codec::from_name("default"), Some(Codec::Deflate));
    /// let class = "org.apache.hadoop.io.compress.ZStandardCodec";
    /// assert_eq!(Codec::from_name(class), Some(Codec::Zstd));
    /// assert_eq!(Codec::from_name("lzo"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(class) = name.strip_prefix(PACKAGE) {
            if class == "DeflateCodec" {
                return Some(Self::Deflate);
            }
            return Self::ALL.into_iter().find(|codec| codec.class() == class);
        }
        let lower = name.to_ascii_lowercase();
        Some(match lower.strip_suffix("codec").unwrap_or(&lower) {
            "gzip" => Self::Gzip,
            "bzip2" => Self::Bzip2,
            "snappy" => Self::Snappy,
            "lz4" => Self::Lz4,
            "zstd" | "zstandard" => Self::Zstd,
            "deflate" | "default" => Self::Deflate,
            _ => return None,
        })
    }

    /// Hadoop's class with its package, as in `mapreduce.output.fileoutputformat.compress.codec`.
    ///
    /// ```
    /// use howdah_codec::Codec;
    ///
    /// let class = Codec::Gzip.hadoop_class();
    /// assert_eq!(class, "org.apache.hadoop.io.compress.GzipCodec");
    /// assert_eq!(Codec::from_name(class), Some(Codec::Gzip));
    /// ```
    pub const fn hadoop_class(self) -> &'static str {
        match self {
            Self::Gzip => "org.apache.hadoop.io.compress.GzipCodec",
            Self::Bzip2 => "org.apache.hadoop.io.compress.BZip2Codec",
            Self::Snappy => "org.apache.hadoop.io.compress.SnappyCodec",
            Self::Lz4 => "org.apache.hadoop.io.compress.Lz4Codec",
            Self::Zstd => "org.apache.hadoop.io.compress.ZStandardCodec",
            Self::Deflate => "org.apache.hadoop.io.compress.DefaultCodec",
        }
    }

    fn class(self) -> &'static str {
        self.hadoop_class().trim_start_matches(PACKAGE)
    }

    /// Whether a part of a file can be read without the rest: `SplittableCompressionCodec`, which
    /// only `BZip2Codec` is. The parts are read with [`bzip2_blocks`](crate::bzip2_blocks).
    ///
    /// ```
    /// use howdah_codec::Codec;
    ///
    /// assert!(Codec::Bzip2.is_splittable() && !Codec::Gzip.is_splittable());
    /// ```
    pub const fn is_splittable(self) -> bool {
        matches!(self, Self::Bzip2)
    }

    /// Whether this program can read and write the codec: all but [`Codec::Zstd`] always, that one
    /// with the cargo feature `zstd`.
    ///
    /// ```
    /// assert!(howdah_codec::Codec::Gzip.is_available());
    /// ```
    pub const fn is_available(self) -> bool {
        cfg!(feature = "zstd") || !matches!(self, Self::Zstd)
    }

    /// Reads the uncompressed bytes of a file, as `CompressionCodec.createInputStream`. The file is
    /// read in large pieces; it need not be buffered.
    ///
    /// Snappy and lz4 look at the first bytes at once, to tell the framings apart.
    ///
    /// # Errors
    ///
    /// Here: of the file, and `Unsupported` for zstd without its feature. While reading:
    /// `UnexpectedEof` when the file was cut short and `InvalidData` when it is damaged, each with
    /// a [`CodecError`](crate::CodecError) inside. After an error the reader is of no more use.
    ///
    /// ```
    /// use std::io::{ErrorKind, Read};
    /// use howdah_codec::Codec;
    ///
    /// // `hello hadoop` in Hadoop's block framing, as `SnappyCodec` writes it.
    /// let file = b"\0\0\0\x0d\0\0\0\x0f\x0d\x30hello hadoop\n";
    /// let mut text = String::new();
    /// Codec::Snappy.decoder(&file[..])?.read_to_string(&mut text)?;
    /// assert_eq!(text, "hello hadoop\n");
    ///
    /// let error = Codec::Snappy.decoder(&file[..9])?.read_to_string(&mut text).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn decoder<'a, R: Read + Send + 'a>(
        self,
        inner: R,
    ) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(StreamDecoder::new(inner, GzipUnpack::new())),
            Self::Bzip2 => Box::new(StreamDecoder::new(inner, Bzip2Unpack::new())),
            Self::Deflate => Box::new(StreamDecoder::new(inner, ZlibUnpack::new())),
            Self::Snappy => return snappy::decoder(inner),
            Self::Lz4 => return lz4::decoder(inner),
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                Box::new(StreamDecoder::new(inner, crate::zstd_stream::ZstdUnpack::new()?))
            }
            #[cfg(not(feature = "zstd"))]
            Self::Zstd => return Err(crate::CodecError::feature_off(self.name(), "zstd")),
        })
    }

    /// Writes a compressed file, as `CompressionCodec.createOutputStream`. Compressed bytes are
    /// gathered in large pieces; the file need not be buffered.
    ///
    /// The file is complete only after [`Encoder::finish`].
    ///
    /// # Errors
    ///
    /// Here: `Unsupported` for zstd without its feature, and lack of memory. While writing: those
    /// of the file.
    ///
    /// ```
    /// use std::io::Write;
    /// use howdah_codec::Codec;
    ///
    /// let mut file = Vec::new();
    /// let mut encoder = Codec::Lz4.encoder(&mut file)?;
    /// encoder.write_all(b"hello hadoop\n")?;
    /// encoder.finish()?;
    /// assert_eq!(file, b"\0\0\0\x0d\0\0\0\x0e\xd0hello hadoop\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn encoder<'a, W: Write + Send + 'a>(
        self,
        inner: W,
    ) -> io::Result<Box<dyn Encoder + Send + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(StreamEncoder::new(inner, GzipPack::new())),
            Self::Bzip2 => Box::new(StreamEncoder::new(inner, Bzip2Pack::new())),
            Self::Deflate => Box::new(StreamEncoder::new(inner, ZlibPack::new())),
            Self::Snappy => Box::new(BlockEncoder::new(inner, SnappyChunks::new())),
            Self::Lz4 => Box::new(BlockEncoder::new(inner, Lz4Chunks::new())),
            #[cfg(feature = "zstd")]
            Self::Zstd => Box::new(StreamEncoder::new(inner, crate::zstd_stream::ZstdPack::new()?)),
            #[cfg(not(feature = "zstd"))]
            Self::Zstd => {
                let _ = inner;
                return Err(crate::CodecError::feature_off(self.name(), "zstd"));
            }
        })
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A writer of a compressed file, the counterpart of Hadoop's `CompressionOutputStream`.
///
/// [`Write::flush`] hands on the bytes that are compressed already; as in Hadoop it does not force
/// out what the compressor still holds.
pub trait Encoder: Write {
    /// Writes what remains and the trailer, and flushes the file.
    ///
    /// An encoder that is dropped without it (because the task failed, say) leaves a file that
    /// readers refuse as cut short. Snappy and lz4 are the exception: their framing has no end
    /// mark, the last block is merely missing.
    ///
    /// # Errors
    ///
    /// Those of the file.
    ///
    /// ```
    /// use howdah_codec::Codec;
    ///
    /// let mut file = Vec::new();
    /// Codec::Deflate.encoder(&mut file)?.finish()?;
    /// assert_eq!(file, [0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn finish(self: Box<Self>) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for codec in Codec::ALL {
            assert_eq!(Codec::from_name(codec.name()), Some(codec));
            assert_eq!(Codec::from_name(codec.hadoop_class()), Some(codec));
            assert_eq!(Codec::from_name(codec.class()), Some(codec));
            let path = format!("dir/part-00000{}", codec.extension().to_uppercase());
            assert_eq!(Codec::of_path(Path::new(&path)), Some(codec));
        }
    }

    #[test]
    fn a_class_with_its_package_is_exact() {
        assert_eq!(Codec::from_name("org.apache.hadoop.io.compress.gzipcodec"), None);
        assert_eq!(Codec::from_name("GZIPCODEC"), Some(Codec::Gzip));
        assert_eq!(Codec::from_name(""), None);
        assert_eq!(Codec::from_name("codec"), None);
    }

    #[test]
    fn only_the_end_of_the_last_name_counts() {
        for name in ["a.gz.txt", "a.gz/b", ".gz", "gz", "agz", "", "/", ".."] {
            assert_eq!(Codec::of_path(Path::new(name)), None, "{name}");
        }
        assert_eq!(Codec::of_path(Path::new(".x.gz")), Some(Codec::Gzip));
        assert_eq!(Codec::of_path(Path::new("a.bz2.gz")), Some(Codec::Gzip));
    }
}
