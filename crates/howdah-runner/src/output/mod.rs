//! Where a record's road ends: part files, and the one rename that publishes them.
//!
//! | file | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`part`] | records as lines of a part file | `mapred.TextOutputFormat` |
//! | [`staging`] | attempts, parts, commit | `mapred.FileOutputCommitter` |

mod part;
mod staging;

pub(crate) use part::{PartFile, PartWriter};
pub(crate) use staging::Staging;
