//! The command `howdah`, as a function of its arguments.
//!
//! | module | what |
//! | --- | --- |
//! | `verbs` | which verb was given, and the help over all of them |
//! | `submit` | `howdah submit`: a plan from a file, run on a cluster or here |
//! | `parity` | `howdah parity`: a job run here and by Hadoop, and what is different then |
//! | `diagnose` | `howdah diagnose`: why a job failed, from its logs |
//! | `verify` | `howdah verify`: an output beside what its manifest says |
//! | `streaming` | `howdah streaming`: Hadoop Streaming's own command line, run here |
//! | `terminal` | what is written to the standard output and the standard error |

mod diagnose;
mod parity;
mod streaming;
mod submit;
mod terminal;
mod verbs;
mod verify;

pub use verbs::run;
