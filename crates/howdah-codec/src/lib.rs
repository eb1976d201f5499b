//! Compressed files as Apache Hadoop reads and writes them.
//!
//! A record's road begins and ends in a file, and the file may be compressed. This crate stands at
//! both ends: [`Codec`] picks the codec by the file's extension, opens a decoder for an input file
//! and an encoder for a part file. [`bzip2_blocks`] reads one split of a `.bz2` file without the
//! rest of it, and [`block`] packs the small blocks of a spill, which never leave the machine.
//!
//! | extension  | codec              | Hadoop class          | bytes                       | splittable |
//! | ---------- | ------------------ | --------------------- | --------------------------- | ---------- |
//! | `.gz`      | [`Codec::Gzip`]    | `GzipCodec`           | RFC 1952, several members   | no         |
//! | `.bz2`     | [`Codec::Bzip2`]   | `BZip2Codec`          | bzip2 -9, several streams   | **yes**    |
//! | `.snappy`  | [`Codec::Snappy`]  | `SnappyCodec`         | Hadoop's block framing      | no         |
//! | `.lz4`     | [`Codec::Lz4`]     | `Lz4Codec`            | Hadoop's block framing      | no         |
//! | `.zst`     | [`Codec::Zstd`]    | `ZStandardCodec`      | zstd frames                 | no         |
//! | `.deflate` | [`Codec::Deflate`] | `DefaultCodec`        | RFC 1950 (zlib)             | no         |
//!
//! ```
//! use std::io::{Read, Write};
//! use std::path::Path;
//! use howdah_codec::Codec;
//!
//! # fn main() -> std::io::Result<()> {
//! let codec = Codec::of_path(Path::new("part-00000.gz")).expect("a known extension");
//!
//! let mut file = Vec::new();
//! let mut encoder = codec.encoder(&mut file)?;
//! encoder.write_all(b"hello\t1\n")?;
//! encoder.finish()?; // Without this the file is incomplete, and every reader says so.
//!
//! let mut text = String::new();
//! codec.decoder(file.as_slice())?.read_to_string(&mut text)?;
//! assert_eq!(text, "hello\t1\n");
//! # Ok(())
//! # }
//! ```
//!
//! # What is strict
//!
//! A file that was cut short is an error of kind [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof),
//! never a silent end, and damaged data is one of kind [`InvalidData`](std::io::ErrorKind::InvalidData).
//! Both carry a [`CodecError`] that names the codec and the offset in the compressed file. Bytes after
//! the last member, stream or frame, NUL padding included, are damage.
//!
//! This is Hadoop's behaviour for gzip, zlib and zstd. It is stricter than Hadoop in two places where
//! Hadoop loses records without a word: `BlockDecompressorStream` (snappy, lz4) ends quietly inside a
//! block that was cut short, and at an empty block even if more data follow; `BZip2Codec` ignores
//! whatever follows the last stream. The sections on each codec are at [`Codec`].
//!
//! # Cargo features
//!
//! `zstd` (on by default) links the one codec that is written in C. Without it [`Codec::Zstd`] and
//! [`block::BlockCodec::Zstd`] exist, and using them is an error that names the feature.

pub mod block;
pub mod bzip2_blocks;
mod bzip2_stream;
mod codec;
mod error;
mod framing;
mod lz4;
mod snappy;
mod source;
mod stream;
mod zlib;
#[cfg(feature = "zstd")]
mod zstd_stream;

pub use codec::{Codec, Encoder};
pub use error::CodecError;
