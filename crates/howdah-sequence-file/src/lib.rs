//! Hadoop's `SequenceFile`s: binary files of keys and values.
//!
//! What a job of Hadoop hands to the next one is often not text but a `SequenceFile`, and so are the split points of a
//! total order. The file names the Java classes of its keys and values in its header; then come the records, plain, or
//! with each value compressed, or in compressed blocks; between them stand sync marks, at which the file can be split.
//!
//! | module | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`Reader`] | records, one after the other, of a file or of a split of it | `SequenceFile.Reader` |
//! | [`Header`] | what a file says of itself | the same |
//! | [`Writer`] | records into a file | `SequenceFile.Writer` |
//! | [`Writable`] | the bytes of Java's simple types as what they mean | `Text`, `IntWritable`, … |
//!
//! Keys and values are bytes here, as their Java classes serialise them; who wants to know what they mean asks
//! [`WritableClass`]. The crate reads and writes streams and opens no file.
//!
//! # Read a `SequenceFile`
//!
//! The header names the classes, so a program need not know them:
//!
//! ```
//! use std::fs::File;
//!
//! use howdah_sequence_file::{Reader, WritableClass};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("part-r-00000");
//! # let settings = howdah_sequence_file::Settings::new("org.apache.hadoop.io.Text", "org.apache.hadoop.io.LongWritable");
//! # let mut writer = howdah_sequence_file::Writer::new(File::create(&path)?, settings)?;
//! # writer.append(b"\x05apple", &2i64.to_be_bytes())?;
//! # writer.finish()?;
//! let mut reader = Reader::new(File::open(&path)?)?;
//! let class = |name: &str| WritableClass::of_name(name).ok_or(format!("{name} is known to Java alone"));
//! let key_class = class(&reader.header().key_class)?;
//! let value_class = class(&reader.header().value_class)?;
//! # let mut lines = Vec::new();
//! while let Some(record) = reader.next_record()? {
//!     // As `hadoop fs -text` shows them.
//!     println!("{}\t{}", key_class.read(record.key)?, value_class.read(record.value)?);
//! #   lines.push(format!("{}\t{}", key_class.read(record.key)?, value_class.read(record.value)?));
//! }
//! # assert_eq!(lines, ["apple\t2"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Read it in parts, side by side
//!
//! A file can be cut anywhere: [`Reader::split`] gives the records that a map task of Hadoop is given for these bytes,
//! and each record is in one part.
//!
//! ```
//! use std::fs::File;
//! use std::path::Path;
//! use std::thread;
//!
//! use howdah_sequence_file::Reader;
//!
//! type Fault = Box<dyn std::error::Error + Send + Sync>;
//!
//! fn count(path: &Path, start: u64, end: u64) -> Result<u64, Fault> {
//!     let mut reader = Reader::split(File::open(path)?, start, end)?;
//!     let mut records = 0;
//!     while reader.next_record()?.is_some() {
//!         records += 1;
//!     }
//!     Ok(records)
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("part-r-00000");
//! # let mut settings = howdah_sequence_file::Settings::new("org.apache.hadoop.io.Text", "org.apache.hadoop.io.Text");
//! # settings.compression = howdah_sequence_file::Compression::Block(howdah_codec::Codec::Deflate);
//! # settings.block_bytes = 1000;
//! # let mut writer = howdah_sequence_file::Writer::new(File::create(&path)?, settings)?;
//! # for _ in 0..10_000 {
//! #     writer.append(b"\x05apple", b"\x04pear")?;
//! # }
//! # writer.finish()?;
//! let length = path.metadata()?.len();
//! let half = length / 2;
//! let (first, second) = thread::scope(|scope| {
//!     let first = scope.spawn(|| count(&path, 0, half));
//!     let second = count(&path, half, length);
//!     (first.join().expect("counting does not panic"), second)
//! });
//! let (first, second) = (first?, second?);
//! assert_eq!(first + second, 10_000);
//! # assert!(first > 0 && second > 0);
//! # Ok::<(), Fault>(())
//! ```
//!
//! # Write one that Hadoop reads
//!
//! ```
//! use std::fs::File;
//! use std::io::BufWriter;
//!
//! use howdah_codec::Codec;
//! use howdah_sequence_file::{Compression, Settings, Writable, WritableClass, Writer};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("counts.seq");
//! let mut settings = Settings::new(WritableClass::Text.name(), WritableClass::Int.name());
//! settings.compression = Compression::Block(Codec::Gzip);
//! let mut writer = Writer::new(BufWriter::new(File::create(&path)?), settings)?;
//! let (mut key, mut value) = (Vec::new(), Vec::new());
//! for (word, count) in [("apple", 2), ("banana", 1)] {
//!     key.clear();
//!     value.clear();
//!     Writable::Text(word.as_bytes()).write(&mut key);
//!     Writable::Int(count).write(&mut value);
//!     writer.append(&key, &value)?;
//! }
//! writer.finish()?; // Without this the last block is missing.
//! # let mut reader = howdah_sequence_file::Reader::new(File::open(&path)?)?;
//! # assert_eq!(reader.next_record()?.map(|record| record.key.to_vec()), Some(b"\x05apple".to_vec()));
//! # assert_eq!(reader.next_record()?.map(|record| record.value.to_vec()), Some(vec![0, 0, 0, 1]));
//! # assert_eq!(reader.next_record()?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! That Hadoop reads such files, and this crate Hadoop's, is tried with thousands of random ones of each class,
//! compression and codec: `scripts/hadoop-oracle cross`. With zstd it is not, since Hadoop needs native code for that.

mod block;
mod error;
mod header;
mod reader;
mod source;
mod writer;

pub use error::{Error, ErrorKind};
pub use header::{Compression, Header};
pub use howdah_streaming::writable::{Writable, WritableClass, WritableError};
pub use reader::{Reader, Record};
pub use writer::{Settings, Writer};
