//! Where a record's road begins: input files, splits of them, the records in a split.
//!
//! | file | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`listing`] | inputs as the user wrote them → files | `mapred.FileInputFormat.listStatus` |
//! | [`splits`] | files → splits | `mapred.FileInputFormat.getSplits` |
//! | [`feed`] | a split's bytes, decompressed | `CompressionInputStream` |
//! | [`lines`] | bytes → lines | `util.LineReader` |
//! | [`records`] | the lines of a split | `mapred.LineRecordReader` |

mod feed;
mod lines;
mod listing;
mod records;
mod splits;

pub(crate) use lines::{LineError, Lines};
pub(crate) use listing::{InputFile, Listing, Subfolders, file_uri};
pub(crate) use records::{RecordReader, RecordReaderSettings};
pub(crate) use splits::{InputSplit, StepFiles, split_inputs, total_bytes};
