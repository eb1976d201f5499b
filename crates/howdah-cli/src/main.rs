//! The command `howdah`.
//!
//! | module | what |
//! | --- | --- |
//! | [`verbs`] | which verb was given, and the help over all of them |
//! | [`streaming`] | `howdah streaming`: Hadoop Streaming's own command line, run here |
//! | [`terminal`] | what is written to the standard output and the standard error |

mod streaming;
mod terminal;
mod verbs;

use std::process::ExitCode;

fn main() -> ExitCode {
    verbs::run(std::env::args_os().skip(1).collect()).into()
}
