//! Recorded cases: command lines, and what Hadoop 3.4.2 did with each.
//!
//! | module | what |
//! | --- | --- |
//! | [`case`] | a case as it stands in a file |
//! | [`place`] | a folder with a case's files, and a command line run in it |
//! | [`runner`] | who runs a command line |
//! | [`sequence`] | `SequenceFile`s as text |
//! | [`verdict`] | what was done beside what was expected |
//! | [`mod@write`] | cases as text |

pub mod case;
pub mod place;
pub mod runner;
pub mod sequence;
pub mod verdict;
pub mod write;

use std::path::{Path, PathBuf};

/// The folder of the cases, and of the mappers and reducers that they use.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}
