//! Which verb was given, and the help over all of them.

use std::ffi::OsString;
use std::process::ExitCode;

use howdah_plan::exit;

use crate::{diagnose, parity, streaming, submit, terminal, verify};

const HELP: &str = "\
howdah: ride Hadoop without being its driver

Usage: howdah VERB ARGUMENTS…

Verbs:
  streaming   run a Hadoop Streaming command line on this machine, in parallel and out of core;
              `howdah streaming -help` tells of its options
  submit      run a job that is written down as a plan, in JSON, on the cluster that Hadoop is
              configured for, or here; `howdah submit --help`
  parity      run a job here and by Hadoop, and compare what they give; `howdah parity --help`
  diagnose    tell why a job failed on a cluster, from its logs; `howdah diagnose --help`
  verify      look whether an output is as a run with `--manifest` wrote it; `howdah verify --help`

Options:
  -h, --help      this text
  -V, --version   the version

Exit codes of `streaming` are Hadoop's: 0 the output is complete; 1 the job failed, or the command
line is wrong; 2 a file to be shipped is missing; 5 the job could not start (input missing, output
exists). Besides, 74 is a disk that is full or cannot be read or written, and 130 and 143 are SIGINT
and SIGTERM. A wrong verb is 2. The help of the other verbs tells of theirs.

A job written with howdah is a program of its own, with its own `run`: try `word-count --help`.
";

/// Runs what the words ask for.
pub fn run(words: Vec<OsString>) -> ExitCode {
    if howdah_runner::guardian::stand_guard_if_asked(&words) {
        return exit::OK.into();
    }
    let mut words = words.into_iter();
    let Some(verb) = words.next() else {
        terminal::complain(HELP.trim_end());
        return exit::USAGE.into();
    };
    let behind: Vec<OsString> = words.collect();
    match verb.to_str() {
        Some("streaming") => match text(behind) {
            Ok(behind) => streaming::run(&behind).into(),
            Err(code) => code.into(),
        },
        Some("submit") => submit::run(behind),
        Some("parity") => parity::run(behind).into(),
        Some("diagnose") => diagnose::run(behind).into(),
        Some("verify") => verify::run(behind).into(),
        Some("-h" | "--help" | "help") => terminal::show(HELP, exit::OK).into(),
        Some("-V" | "--version") => {
            let version = format!("howdah {}\n", env!("CARGO_PKG_VERSION"));
            terminal::show(&version, exit::OK).into()
        }
        _ => {
            let verb = verb.to_string_lossy();
            terminal::complain(&format!(
                "error: `{verb}` is no verb of howdah\nhint: `howdah --help` lists the verbs"
            ));
            exit::USAGE.into()
        }
    }
}

/// The words as text; the exit code if one is none.
fn text(words: Vec<OsString>) -> Result<Vec<String>, u8> {
    let text = words.into_iter().map(OsString::into_string).collect::<Result<_, _>>();
    text.map_err(|word| {
        let shown = word.to_string_lossy();
        terminal::complain(&format!("error: the argument `{shown}` is not UTF-8"));
        exit::USAGE
    })
}
