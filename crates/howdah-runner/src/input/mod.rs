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

use std::path::PathBuf;

use howdah_platform::LocalStorage;

pub(crate) use feed::ExpandsTooMuch;
pub(crate) use limit::{StepNumber, keep_first};
pub(crate) use lines::{LineError, Lines, read_some};
pub(crate) use listing::{InputFile, Listing, Subfolders, codec_of, file_uri};
pub(crate) use records::{
    KeyFilterSettings, LongRecord, RecordFormat, RecordReader, RecordReaderSettings, SkippedLine,
    XmlSettings,
};
pub(crate) use splits::{InputSplit, StepFiles, split_inputs, total_bytes};

/// The files and folders of this machine that a run reads for an input: its path, or what its pattern matches, in the
/// order of their names. Nothing if there are none.
///
/// ```
/// use howdah_runner::find_inputs;
///
/// assert_eq!(find_inputs("src/l?b.rs")?, [std::path::Path::new("src/lib.rs")]);
/// assert!(find_inputs("no/such/file")?.is_empty());
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// When it is no pattern; the reason.
pub fn find_inputs(input: &str) -> Result<Vec<PathBuf>, String> {
    let path = input.strip_prefix("file:").unwrap_or(input);
    let path = path.strip_prefix("//").filter(|path| path.starts_with('/')).unwrap_or(path);
    glob::find(&LocalStorage, path).map(|found| found.paths)
}
