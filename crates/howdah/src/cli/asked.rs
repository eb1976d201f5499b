//! What a run is asked to do by options that mean the same to every engine, and how it tells of its end.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use howdah_plan::{Counters, Keep, exit};
use howdah_report::{Reader, ReaderOptions};

use super::{complain, options as name};

/// The paths of the job's inputs that have no name.
pub(super) fn inputs(matches: &ArgMatches) -> impl Iterator<Item = &String> {
    matches.get_many::<String>(name::INPUT).into_iter().flatten()
}

/// The names and paths of the others.
pub(super) fn named_inputs(matches: &ArgMatches) -> impl Iterator<Item = &(String, String)> {
    matches.get_many::<(String, String)>(name::NAMED_INPUT).into_iter().flatten()
}

/// Which steps run.
pub(super) fn steps(matches: &ArgMatches) -> RangeInclusive<usize> {
    let step = |id: &str| matches.get_one::<usize>(id).copied();
    step(name::FROM_STEP).unwrap_or(0)..=step(name::TO_STEP).unwrap_or(usize::MAX)
}

/// Which temporary files are kept.
pub(super) fn keep(matches: &ArgMatches) -> Keep {
    match matches.get_one::<String>(name::KEEP).map(String::as_str) {
        Some("all") => Keep::All,
        Some("failed") => Keep::Failed,
        _ => Keep::None,
    }
}

/// The properties of the job; of those with one name the last.
pub(super) fn properties(matches: &ArgMatches) -> BTreeMap<String, String> {
    let given = matches.get_many::<(String, String)>(name::PROPERTY);
    given.into_iter().flatten().cloned().collect()
}

/// The file of this program, for tasks that are children or on a cluster; told if there is none.
pub(super) fn own_program() -> Result<PathBuf, ExitCode> {
    std::env::current_exe().map_err(|error| {
        complain(&format!("error: this program cannot find its own file: {error}"));
        exit::SETUP.into()
    })
}

/// What tells of the run, on the standard error.
pub(super) fn reader(matches: &ArgMatches) -> Reader {
    let options =
        ReaderOptions::detect(matches.get_flag(name::JSON), matches.get_flag(name::QUIET));
    Reader::new(options, Box::new(io::stderr()))
}

/// Tells of a run that has succeeded. Who asked for JSON must get it.
pub(super) fn succeeded(
    reader: &Reader,
    matches: &ArgMatches,
    elapsed: Duration,
    counters: &[Counters],
    folder: Option<&Path>,
) -> ExitCode {
    reader.succeeded(elapsed, counters, folder);
    match reader.take_error() {
        Some(_) if matches.get_flag(name::JSON) => exit::IO.into(),
        _ => exit::OK.into(),
    }
}
