//! The contract of Apache Hadoop Streaming 3.4.2, without any I/O.
//!
//! Hadoop Streaming runs any program as mapper or reducer. What such a program can rely on is a contract of bytes: where a
//! line ends, which part of it is the key, which reducer a key goes to, in which order keys come, what a
//! `reporter:` line does, what stands in the environment. This crate is that contract, as functions of bytes and text.
//!
//! It knows the rules and nothing of where they are applied: no files, no processes, no threads, no clock. Whoever
//! reads, runs or sorts asks it what is right. Each rule stands in one place and names the Hadoop class it mirrors;
//! the answers of the real classes are replayed in the crate's tests.
//!
//! # A record's road
//!
//! | module | what it decides | Hadoop's class |
//! | --- | --- | --- |
//! | [`options`] | what a command line asks for | `HadoopStreaming`, `StreamJob`, `GenericOptionsParser` |
//! | [`properties`] | what the settings say, and the child's environment | `Configuration`, `ConfigUtil`, `PipeMapRed` |
//! | [`defaults`] | what holds where they say nothing | `mapred-default.xml` |
//! | [`command`] | which words a command consists of | `PipeMapRed.splitArgs` |
//! | [`splits`] | which bytes of a file a map task reads | `mapred.FileInputFormat` |
//! | [`lines`] | where a line ends and which split it belongs to | `LineReader`, `LineRecordReader` |
//! | [`key_value`] | where the key ends and the value starts | `TextOutputReader`, `UTF8ByteArrayUtils` |
//! | [`reporter`] | what a line on standard error counts or tells | `PipeMapRed.MRErrorThread` |
//! | [`hash`] | the number that a key becomes | `WritableComparator.hashBytes`, `String.hashCode` |
//! | [`partitioner`] | which reduce task gets a key | `HashPartitioner`, `KeyFieldBasedPartitioner`, `BinaryPartitioner`, `TotalOrderPartitioner` |
//! | [`comparator`] | which key comes first | `Text.Comparator`, `KeyFieldBasedComparator` |
//! | [`key_fields`] | which parts of a key count, for both | `KeyFieldHelper` |
//! | [`vint`] | how many bytes a record takes | `WritableUtils` |
//! | [`writable`] | what keys and values are besides text: their bytes, order, hash, text | `Writable`, `Text`, `LongWritable`, … |
//! | [`class_names`] | which of them a job declares | `JobConf` |
//! | [`pipe_form`] | what stands in the pipes of commands | `IdentifierResolver` |
//! | [`typed_bytes`] | values with their types, in the place of lines | `TypedBytesInput`, `TypedBytesWritable` |
//! | [`xml_records`] | what stands between two tags | `StreamXmlRecordReader` |
//! | [`uri`] | which file an entry of `-files` names | `java.net.URI` |
//! | [`utf8`] | how bytes become text | `Text.decode` |
//!
//! # Example
//!
//! ```
//! use howdah_streaming::key_value::KeyValueSplit;
//! use howdah_streaming::lines::Terminator;
//! use howdah_streaming::partitioner::Partitioner;
//!
//! let written_by_a_mapper = b"apple\t1\nbanana\t2\n";
//! let mut rest = &written_by_a_mapper[..];
//! let mut partitions = Vec::new();
//! while let Some(line) = Terminator::Line.next_line(rest, true) {
//!     let (key, _value) = KeyValueSplit::tab().split(&rest[..line.content]);
//!     partitions.push(Partitioner::Hash.partition(key, 10)?);
//!     rest = &rest[line.total..];
//! }
//! assert_eq!(partitions, [1, 2]);
//! # Ok::<(), howdah_streaming::partitioner::PartitionError>(())
//! ```

pub mod class_names;
pub mod command;
mod command_line;
pub mod comparator;
pub mod defaults;
mod deprecated;
pub mod hash;
pub mod key_fields;
pub mod key_value;
pub mod line_buffer;
pub mod lines;
mod numeric;
pub mod options;
pub mod partitioner;
pub mod pipe_form;
pub mod properties;
pub mod reporter;
pub mod splits;
pub mod typed_bytes;
pub mod uri;
pub mod utf8;
pub mod vint;
pub mod writable;
pub mod xml_records;
