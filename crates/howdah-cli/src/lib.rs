//! The command `howdah`, as a function of its arguments.
//!
//! | module | what |
//! | --- | --- |
//! | `verbs` | which verb was given, and the help over all of them |
//! | `streaming` | `howdah streaming`: Hadoop Streaming's own command line, run here |
//! | `terminal` | what is written to the standard output and the standard error |

mod streaming;
mod terminal;
mod verbs;

pub use verbs::run;
