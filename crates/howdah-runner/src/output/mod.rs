//! Where a record's road ends: part files, and the one rename that publishes them.
//!
//! | file | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`attempt`] | an attempt's own folder: its part, named outputs, rejects | `lib.output.MultipleOutputs` |
//! | [`part`] | records as lines of a part file | `mapred.TextOutputFormat` |
//! | [`staging`] | attempts, parts, commit | `mapred.FileOutputCommitter` |

mod attempt;
mod part;
mod staging;

pub(crate) use attempt::{AttemptFiles, Owners, WriteSettings};
pub(crate) use part::PartWriter;
pub(crate) use staging::Staging;
