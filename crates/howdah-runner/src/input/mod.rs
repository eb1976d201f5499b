//! Where a record's road begins: input files, splits of them, the records in a split.
//!
//! | file | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`listing`] | inputs as the user wrote them → files | `mapred.FileInputFormat.listStatus` |
//! | [`glob`] | patterns of paths | `fs.Globber`, `fs.GlobExpander` |
//! | [`splits`] | files → splits | `mapred.FileInputFormat.getSplits` |
//! | [`feed`] | a split's bytes, decompressed | `CompressionInputStream` |
//! | [`lines`] | bytes → lines | `util.LineReader` |
//! | [`records`] | the lines of a split | `mapred.LineRecordReader` |
//! | [`sample`] | which records a sample keeps | |
//! | [`limit`] | the first records of each input | |
//! | [`mix`] | the numbers behind a sample | |

mod feed;
mod glob;
mod limit;
mod lines;
mod listing;
mod mix;
mod records;
mod sample;
mod splits;

pub(crate) use limit::keep_first;
pub(crate) use lines::{LineError, Lines};
pub(crate) use listing::{InputFile, Listing, Subfolders, file_uri};
pub(crate) use records::{RecordReader, RecordReaderSettings, SkippedLine};
pub(crate) use splits::{InputSplit, StepFiles, split_inputs, total_bytes};
