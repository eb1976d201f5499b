//! Which verb was given, and the help over all of them.

use std::ffi::OsString;

use howdah_plan::exit;

use crate::{streaming, terminal};

const HELP: &str = "\
howdah: ride Hadoop without being its driver

Usage: howdah VERB ARGUMENTS…

Verbs:
  streaming   run a Hadoop Streaming command line on this machine, in parallel and out of core;
              `howdah streaming -help` tells of its options

Options:
  -h, --help      this text
  -V, --version   the version

Exit codes of `streaming` are Hadoop's: 0 the output is complete; 1 the job failed, or the command
line is wrong; 2 a file to be shipped is missing; 5 the job could not start (input missing, output
exists). Besides, 74 is a disk that is full or cannot be read or written, and 130 and 143 are SIGINT
and SIGTERM. A wrong verb is 2.

A job written with howdah is a program of its own, with its own `run`: try `word-count --help`.
";

/// Runs what the words ask for; gives the exit code.
pub fn run(words: Vec<OsString>) -> u8 {
    let mut arguments = Vec::with_capacity(words.len());
    for word in words {
        match word.into_string() {
            Ok(word) => arguments.push(word),
            Err(word) => {
                let shown = word.to_string_lossy();
                terminal::complain(&format!("error: the argument `{shown}` is not UTF-8"));
                return exit::USAGE;
            }
        }
    }
    let Some((verb, behind)) = arguments.split_first() else {
        terminal::complain(HELP.trim_end());
        return exit::USAGE;
    };
    match verb.as_str() {
        "streaming" => streaming::run(behind),
        "-h" | "--help" | "help" => {
            terminal::show(HELP);
            exit::OK
        }
        "-V" | "--version" => {
            terminal::show(&format!("howdah {}\n", env!("CARGO_PKG_VERSION")));
            exit::OK
        }
        _ => {
            terminal::complain(&format!(
                "error: `{verb}` is no verb of howdah\nhint: `howdah --help` lists the verbs"
            ));
            exit::USAGE
        }
    }
}
