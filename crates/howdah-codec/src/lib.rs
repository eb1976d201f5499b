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
//! # Read a compressed file
//!
//! Whatever Hadoop or another program has compressed; the file's name says how.
//!
//! ```
//! use std::fs::File;
//! use std::io::{self, BufRead, BufReader, Read};
//! use std::path::Path;
//!
//! use howdah_codec::Codec;
//!
//! fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
//!     let file = File::open(path)?; // It need not be buffered.
//!     match Codec::of_path(path) {
//!         Some(codec) => codec.decoder(file),
//!         None => Ok(Box::new(file)),
//!     }
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("part-00000.lz4");
//! # std::fs::write(&path, b"\0\0\0\x0d\0\0\0\x0e\xd0hello hadoop\n")?;
//! # let mut lines = Vec::new();
//! for line in BufReader::new(open(&path)?).lines() {
//!     println!("{}", line?);
//! #   lines.push(());
//! }
//! # assert_eq!(lines.len(), 1);
//! # Ok::<(), io::Error>(())
//! ```
//!
//! # Write one that Hadoop reads
//!
//! ```
//! use std::fs::File;
//! use std::io::Write;
//!
//! use howdah_codec::Codec;
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let codec = Codec::Snappy;
//! let path = folder.join("part-00000").with_extension(codec.extension().trim_start_matches('.'));
//! let mut encoder = codec.encoder(File::create(&path)?)?;
//! encoder.write_all(b"hello\t1\n")?;
//! encoder.finish()?; // Without this the file is incomplete.
//! # assert_eq!(std::fs::read(folder.join("part-00000.snappy"))?, b"\0\0\0\x08\0\0\0\x0a\x08\x1chello\t1\n");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! That Hadoop's classes read what is written here, and this crate what they write, is tried with
//! thousands of random files of each codec: `scripts/hadoop-oracle cross`. Of zstd it is not, since
//! Hadoop needs native code for it; its frames are tried with the program `zstd`.
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
