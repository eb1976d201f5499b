//! `howdah submit`: a plan from a file, run on a cluster or here by the options that a job's own `run` has.

mod scripts;

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use howdah::cli::{PlanCommand, PlanEngine, run_plan};
use howdah_plan::{Plan, exit};

use crate::terminal;

const COMMAND: PlanCommand<'_> = PlanCommand {
    name: "howdah submit",
    about: "Run a job that is written down as a plan, on a cluster or here",
    examples: EXAMPLES,
    engine: PlanEngine::Hadoop,
};

const EXAMPLES: &str = r#"A plan is a JSON file, made by a program in any language or by hand. A whole one:

  {
    "schema": "howdah.plan/1",
    "name": "words",
    "steps": [
      {
        "inputs": [{"mapper": {"type": "command", "argv": ["python3", "map.py"]}}],
        "reducer": {"type": "command", "argv": ["python3", "reduce.py"]}
      }
    ]
  }

`MY-JOB steps --json` shows the plan of a job that is written with howdah, with all its fields: a
step may have a `combiner`, `sort_values`, `reducers`, `output` (`key-value` or `line`), `outputs`,
`codec`, `files` and `properties`, an input a `source` (`"main"`, `{"named": "users"}`,
`{"step": 0}`; the step before, if it does not say), a `filter` and `whole_files`. The part
`{"type": "identity"}` passes records on unchanged.

A file beside the plan that a word of a command names, as `map.py` above, is shipped to the step's
tasks. What commands do not name so belongs into the step's `files`: `{"path": "lib/stop.txt"}`, or
`{"path": "lib.zip", "name": "lib", "is_archive": true}`; relative paths are those from the plan's
folder. Tasks find each file in their folder, by its name.

Examples:
  howdah submit words.json hdfs:///books -o hdfs:///counts -r 20
  howdah submit words.json book.txt -o counts --on local
  howdah submit join.json --input users=/data/users --input visits='/data/visits/*' -o /joined
  howdah parity words.json book.txt          # are both the same?

Exit codes: 0 done, 1 the job failed, 2 wrong options or a wrong plan, 5 the job cannot start (a
file is missing, the output exists, there is no Hadoop), 65 too many records were rejected, 74
reading or writing failed, 130 and 143 ended by Ctrl-C and SIGTERM"#;

/// Runs the plan that the words behind `submit` name.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    run_plan(&COMMAND, words, |path| {
        read(path).map_err(|(message, code)| {
            terminal::complain(&format!("error: {message}"));
            code
        })
    })
}

/// The plan in a file, with all that is to be shipped; or what is wrong, and the exit code that says it.
fn read(path: &Path) -> Result<Plan, (String, u8)> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => (format!("there is no plan `{shown}`"), exit::SETUP),
        ErrorKind::InvalidData => {
            (format!("{shown}: this is no JSON: it is not UTF-8"), exit::USAGE)
        }
        _ => (format!("the plan `{shown}` cannot be read: {error}"), exit::IO),
    })?;
    let plan =
        Plan::from_json(&text).map_err(|error| (format!("{shown}: {error}"), exit::USAGE))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut plan = plan.with_files_of(folder);
    for warning in scripts::ship(&mut plan, folder) {
        terminal::complain(&format!("warning: {shown}: {warning}"));
    }
    Ok(plan)
}
