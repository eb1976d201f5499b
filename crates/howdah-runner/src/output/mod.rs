//! Where a record's road ends: part files, and the one rename that publishes them.
//!
//! | file | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`attempt`] | an attempt's own folder: its part, named outputs, rejects | `lib.output.MultipleOutputs` |
//! | [`held`] | what dead runs have left beside an output | |
//! | [`map_file`] | records as a folder with a `SequenceFile` and its index | `mapred.MapFileOutputFormat` |
//! | [`naming`] | how an output gets its name | `mapred.FileOutputCommitter` |
//! | [`part`] | records as lines of a part file | `mapred.TextOutputFormat` |
//! | [`sequence`] | records as a part file that is a `SequenceFile` | `mapred.SequenceFileOutputFormat`, `SequenceFileAsBinaryOutputFormat` |
//! | [`staging`] | attempts, parts, commit | `mapred.FileOutputCommitter` |

mod attempt;
mod held;
mod map_file;
mod naming;
mod part;
mod sequence;
mod staging;

pub(crate) use attempt::{AttemptFiles, AttemptPart, WriteSettings};
pub(crate) use held::sweep_beside;
pub(crate) use map_file::MapIndex;
pub(crate) use part::PartFormat;
pub(crate) use sequence::{ContentMarked, SequenceFormat};
pub(crate) use staging::{Copied, Staging};
