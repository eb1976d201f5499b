//! Plans that come from a file: run by the same options, with the same reports and exit codes as a job's own `run`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use howdah_plan::{Plan, exit};

use super::{complain, options, run, tell_of_usage};

/// A command that runs plans which it is given.
#[derive(Debug, Clone, Copy)]
pub struct PlanCommand<'a> {
    /// What it is called, as `howdah submit`.
    pub name: &'a str,
    /// What it does, in a sentence.
    pub about: &'a str,
    /// What stands below its options in its help.
    pub examples: &'a str,
    /// Where a plan runs if its words do not say.
    pub engine: PlanEngine,
}

/// Where a plan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanEngine {
    /// On this machine.
    Local,
    /// On the cluster that Hadoop is configured for.
    Hadoop,
}

/// Runs the plan whose file the words name first. They are those behind the command's name.
///
/// `read` makes a plan of the file; what it refuses it has told, and its exit code is the command's.
///
/// ```
/// use howdah::cli::{PlanCommand, PlanEngine, run_plan};
///
/// let command = PlanCommand {
///     name: "plans",
///     about: "Runs plans",
///     examples: "Examples:\n  plans words.json book.txt -o counts",
///     engine: PlanEngine::Local,
/// };
/// let code = run_plan(&command, vec!["no-such.json".into()], |path| {
///     assert_eq!(path.to_str(), Some("no-such.json"));
///     Err(5)
/// });
/// assert_eq!(code, 5.into());
/// ```
pub fn run_plan(
    command: &PlanCommand<'_>,
    words: Vec<OsString>,
    read: impl FnOnce(&Path) -> Result<Plan, u8>,
) -> ExitCode {
    let matches = match options::plan_command(command).try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return tell_of_usage(&error).into(),
    };
    let Some(path) = matches.get_one::<PathBuf>(options::PLAN) else {
        return exit::BUG.into(); // `clap` asks for it
    };
    let plan = match read(path) {
        Ok(plan) => plan,
        Err(code) => return code.into(),
    };
    match howdah_platform::stdio::take_stdout() {
        Ok(output) => run::run(plan, &matches, run::Origin::File, output),
        Err(error) => {
            complain(&format!("error: the standard output cannot be duplicated: {error}"));
            exit::IO.into()
        }
    }
}
