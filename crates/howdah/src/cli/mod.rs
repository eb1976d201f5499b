//! The command line of a job's program.
//!
//! One program is everything that its job needs: `map`, `combine` and `reduce` are the tasks of Hadoop Streaming
//! on standard input and output, `run` runs the job here, `steps` says what it consists of. The job's own options
//! stand in each of these, and `run` passes them on.

mod args;
#[cfg(feature = "runner")]
mod asked;
#[cfg(feature = "hadoop")]
mod cluster;
mod failure;
mod input;
mod isolate;
mod lines;
mod options;
mod panics;
#[cfg(feature = "hadoop")]
mod planned;
mod records;
mod reporter;
#[cfg(feature = "runner")]
mod run;
mod steps;
mod task;
mod typed;

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue};
use howdah_plan::visible::visible_lines;
use howdah_plan::{TaskKind, exit};

pub use isolate::isolate;
pub use panics::make_panics_visible;
#[cfg(feature = "hadoop")]
#[doc(hidden)] // the command `howdah` alone runs plans of others
pub use planned::{PlanCommand, PlanEngine, run_plan};

use crate::job::Job;

/// The whole program of a job: what [`howdah::main!`](crate::main!) calls.
///
/// ```no_run
/// # use howdah::{Flow, Job, Out, Plan, Sum, clap};
/// # #[derive(clap::Args, Clone)]
/// # struct LineCount {}
/// # impl Job for LineCount {
/// #     fn plan(&self) -> Plan {
/// #         Flow::lines().map_fn(|_, out: &mut Out<(), u64>| out.emit((), 1)).fold(Sum).plan()
/// #     }
/// # }
/// fn main() -> std::process::ExitCode {
///     howdah::cli::make_panics_visible();
///     // Whatever the program must do before any task: set up a logger, say.
///     howdah::cli::main::<LineCount>()
/// }
/// ```
pub fn main<J: Job>() -> ExitCode {
    main_from::<J>(std::env::args_os().collect())
}

/// The same with the words of a command line, the program's own first.
pub(crate) fn main_from<J: Job>(words: Vec<OsString>) -> ExitCode {
    #[cfg(feature = "runner")]
    if howdah_runner::guardian::stand_guard_if_asked(words.get(1..).unwrap_or_default()) {
        return exit::OK.into();
    }
    let name = words.first().and_then(|word| Path::new(word).file_name());
    let name = name.map_or_else(|| "job".into(), |name| name.to_string_lossy().into_owned());
    if let Err(flaw) = args::check::<J>() {
        complain(&format!("error: this job cannot have such options: {flaw}"));
        return exit::USAGE.into();
    }
    let command = options::command::<J>(&name);
    let parsed = command.try_get_matches_from(words).and_then(|matches| {
        let (verb, matches) = matches.subcommand().map_or(("", &matches), |found| found);
        let job = J::from_arg_matches(matches)?;
        Ok((verb.to_owned(), matches.clone(), job))
    });
    let (verb, matches, job) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let code = tell_of_usage(&error);
            if let Some(hint) = missing_verb(&name, &error) {
                complain(&hint);
            }
            return code.into();
        }
    };
    if let Err(error) = job.check() {
        complain(&format!(
            "error: {error}\nhint: `{name} {verb} --help` says what each option does"
        ));
        return exit::USAGE.into();
    }
    dispatch::<J>(&name, &verb, &matches, &job)
}

fn dispatch<J: Job>(name: &str, verb: &str, matches: &ArgMatches, job: &J) -> ExitCode {
    let plan = || {
        let mut plan = job.plan();
        name.clone_into(&mut plan.name);
        plan
    };
    let task = |kind| {
        // First of all, so that nothing that the job prints can get between records.
        match howdah_platform::stdio::take_stdout() {
            Ok(output) => task::run(&plan(), kind, options::step(matches), output),
            Err(error) => {
                complain(&format!("error: the standard output cannot be duplicated: {error}"));
                exit::IO.into()
            }
        }
    };
    match verb {
        "map" => task(TaskKind::Map),
        "combine" => task(TaskKind::Combine),
        "reduce" => task(TaskKind::Reduce),
        "steps" => steps::print(&plan(), matches.get_flag(options::JSON)),
        #[cfg(feature = "runner")]
        "run" => match howdah_platform::stdio::take_stdout() {
            Ok(output) => {
                let args = args::passed_on::<J>(matches);
                run::run(plan(), matches, run::Origin::Program { args: &args }, output)
            }
            Err(error) => {
                complain(&format!("error: the standard output cannot be duplicated: {error}"));
                exit::IO.into()
            }
        },
        // `clap` asks for a subcommand and knows no other.
        _ => exit::BUG.into(),
    }
}

/// What to type where an input stands in the place of the subcommand.
fn missing_verb(name: &str, error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let is_input = cfg!(feature = "runner") && (word == "-" || Path::new(word).exists());
    is_input.then(|| format!("\nhint: `{name} run {word}` runs the job on it"))
}

/// Says what `clap` has to say; gives the exit code. Help goes to the standard output and is no failure; the rest does
/// and is.
fn tell_of_usage(error: &clap::Error) -> u8 {
    let code = u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
    if error.use_stderr() {
        complain(&error.render().to_string());
        return code;
    }
    match error.print() {
        Ok(()) => code,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit::BROKEN_PIPE, // `… --help | head` has what it wanted
        Err(_) => exit::IO,
    }
}

/// Writes a message for people to the standard error, without what a terminal would obey: the job's code, or a path, may
/// say anything. If it is closed, there is nobody to tell.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", visible_lines(message));
}
