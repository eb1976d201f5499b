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
//! ```
//! use howdah_codec::Codec;
//! use howdah_sequence_file::{Compression, Reader, Settings, Writable, WritableClass, Writer};
//!
//! let mut settings = Settings::new(WritableClass::Text.name(), WritableClass::Int.name());
//! settings.compression = Compression::Block(Codec::Gzip);
//! let mut writer = Writer::new(Vec::new(), settings)?;
//! for (word, count) in [("apple", 2), ("banana", 1)] {
//!     let (mut key, mut value) = (Vec::new(), Vec::new());
//!     Writable::Text(word.as_bytes()).write(&mut key);
//!     Writable::Int(count).write(&mut value);
//!     writer.append(&key, &value)?;
//! }
//! let file = writer.finish()?;
//!
//! let mut lines = Vec::new();
//! let mut reader = Reader::new(&file[..])?;
//! while let Some(record) = reader.next_record()? {
//!     let (key, value) = (WritableClass::Text.read(record.key)?, WritableClass::Int.read(record.value)?);
//!     lines.push(format!("{key}\t{value}"));
//! }
//! assert_eq!(lines, ["apple\t2", "banana\t1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
