//! The command `howdah`, built for the tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    howdah_cli::run(std::env::args_os().skip(1).collect())
}
