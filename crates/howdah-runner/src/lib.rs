//! The local engine: runs a plan's steps as tasks here, in parallel and out of core.
//!
//! ```text
//! input ─► map task ─► collector ─► merge ─► reduce task ─► output
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`options`] | what a run is asked to do |
//! | `engine` | steps one after the other, and the commit |
//! | `input` | files → splits → records |
//! | `task` | one attempt: linked code, or a child process |
//! | `stage` | many tasks on a few threads, watched by one that waits |
//! | `offspring` | what commands have started, and how it ends with the run |
//! | `oddities` | what Hadoop loses without a word, counted to be said |
//! | `total_order` | split points out of their file |
//! | [`typed_files`] | files as typed bytes, and typed bytes as a file |
//! | `java_regex` | Java's regular expressions |
//! | [`manifest`] | what a run says of itself in its output, and whether that is still so |
//! | `output` | part files, and the one rename that publishes them |
//! | [`side_files`] | archives unpacked, files under other names |
//! | [`error`] | why a run did not succeed |
//!
//! **Invariants.** The engine does not know how a job is written, nor how its events are shown. What a run writes
//! depends on its plan, its input and its options, never on the number of threads or their timing. Until the last
//! rename the output is as it was.

mod chaos;
mod contract;
mod engine;
pub mod error;
mod input;
#[cfg(feature = "regex")]
pub mod java_regex;
pub mod manifest;
mod oddities;
mod offspring;
pub mod options;
mod output;
mod pulse;
pub mod side_files;
mod stage;
mod task;
mod total_order;
pub mod typed_files;

pub use engine::{LEAST_MEMORY, Outcome, run};
pub use error::{AtHand, RecordPlace, RunError, RunErrorKind, TaskFailure};
pub use howdah_plan::{Keep, RejectLimit};
pub use howdah_platform::guardian;
pub use input::find_inputs;
pub use options::{InputLimits, Output, RunOptions, Sample, SharedClock, SharedStorage, Splits};
