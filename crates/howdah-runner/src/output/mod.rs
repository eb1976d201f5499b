//! Where a record's road ends: part files, and the one rename that publishes them.
//!
//! | file | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`attempt`] | an attempt's own folder: its part, named outputs, rejects | `lib.output.MultipleOutputs` |
//! | [`held`] | folders of living runs, and of dead ones | |
//! | [`naming`] | how an output gets its name | `mapred.FileOutputCommitter` |
//! | [`part`] | records as lines of a part file | `mapred.TextOutputFormat` |
//! | [`staging`] | attempts, parts, commit | `mapred.FileOutputCommitter` |

mod attempt;
mod held;
mod naming;
mod part;
mod staging;

pub(crate) use attempt::{AttemptFiles, Owners, WriteSettings};
pub(crate) use held::{make_held, sweep_beside, sweep_temporary};
pub(crate) use part::PartWriter;
pub(crate) use staging::Staging;
