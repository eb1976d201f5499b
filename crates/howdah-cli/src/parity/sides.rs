//! One of the two runs: started, followed to its end, and its summary read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use howdah_plan::{Counters, exit};
use howdah_report::SUMMARY_SCHEMA;
use serde::{Deserialize, Serialize};

use super::Failure;
use super::children::Children;
use super::cluster::last_lines;
use super::options::Job;

/// The slug of the warning about rejected records.
const REJECTED: &str = "howdah::rejected-records";

/// How a run ended.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Ran {
    pub(super) exit_code: u8,
    /// From its start to its end, with that of Java.
    pub(super) elapsed_seconds: f64,
    /// What it says of why it failed.
    pub(super) error: Option<String>,
    /// The counters of each step.
    #[serde(skip)]
    pub(super) counters: Vec<Counters>,
    /// What it warns of.
    pub(super) warnings: Vec<String>,
}

/// What is read of a run's summary.
#[derive(Deserialize)]
struct Summary {
    schema: String,
    steps: Vec<Step>,
    warnings: Vec<Warning>,
    error: Option<Message>,
}

#[derive(Deserialize)]
struct Step {
    step: usize,
    counters: Counters,
}

#[derive(Deserialize)]
struct Warning {
    slug: String,
    message: String,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

/// What starts a job: its program's `run`, or `howdah submit` of its plan.
pub(super) fn command(job: &Job, engine: &str) -> Result<Command, Failure> {
    let (program, verb, plan) = match job {
        Job::Program(program) => (program.clone(), "run", None),
        Job::Plan(plan) => (own_program()?, "submit", Some(plan)),
    };
    let mut command = Command::new(program);
    command.arg(verb).args(plan);
    // A job may be built without the cluster engine, and has no such option then.
    if plan.is_some() || engine != "local" {
        command.args(["--on", engine]);
    }
    Ok(command)
}

fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        Failure::new(exit::SETUP, format!("this program cannot find its own file: {error}"))
    })
}

/// Runs a job to its end.
pub(super) fn run(
    children: &Children,
    job: &Job,
    engine: &str,
    words: &[OsString],
    output: &str,
) -> Result<Ran, Failure> {
    let mut command = command(job, engine)?;
    command.args(words).args(["-o", output, "--json"]);
    let began = Instant::now();
    let finished = children.run(&mut command).map_err(|error| {
        let program = Path::new(command.get_program()).display();
        let message = format!("`{program}` cannot be started: {error}");
        Failure::new(
            exit::SETUP,
            format!("{message}\nhint: a job is named by its path, as ./target/release/my-job"),
        )
    })?;
    if let Some(signal) = finished.signal {
        return Err(Failure::of_signal(signal));
    }
    let code = finished.status.code().and_then(|code| u8::try_from(code).ok());
    let summary = summary(&finished.stderr);
    let elapsed_seconds = began.elapsed().as_secs_f64();
    let exit_code = code.unwrap_or(exit::JOB_FAILED);
    let Some(summary) = summary else {
        let said = last_lines(&finished.stderr, 20).join("\n");
        let error = match (code, said.as_str()) {
            (Some(exit::OK), _) => {
                return Err(Failure::new(
                    exit::SETUP,
                    format!(
                        "`{}` does not say what it did: is it a job's program, and of this version of howdah?",
                        Path::new(command.get_program()).display()
                    ),
                ));
            }
            (_, "") => format!("it ended by {}", finished.status),
            (_, said) => said.strip_prefix("error: ").unwrap_or(said).to_owned(),
        };
        let (counters, warnings) = (Vec::new(), Vec::new());
        return Ok(Ran { exit_code, elapsed_seconds, error: Some(error), counters, warnings });
    };
    let error = summary.error.map(|error| error.message);
    // How many were rejected is a counter, and where they are for now is of no use.
    let told = summary.warnings.into_iter().filter(|warning| warning.slug != REJECTED);
    let warnings = told.map(|warning| warning.message).collect();
    let counters = by_number(summary.steps);
    Ok(Ran { exit_code, elapsed_seconds, error, counters, warnings })
}

/// The summary among what a run has said, which is the last line that is one.
fn summary(said: &str) -> Option<Summary> {
    let read = |line: &str| serde_json::from_str::<Summary>(line).ok();
    let mut lines = said.lines().rev().filter(|line| line.starts_with('{'));
    lines.find_map(read).filter(|summary| summary.schema == SUMMARY_SCHEMA)
}

/// The counters of steps, each at its number.
fn by_number(steps: Vec<Step>) -> Vec<Counters> {
    let mut counters = Vec::new();
    for Step { step, counters: of_step } in steps {
        if counters.len() <= step {
            counters.resize(step + 1, Counters::default());
        }
        counters[step] = of_step;
    }
    counters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_found_among_other_lines() {
        let said = "warning: x\n{\"no\": \"summary\"}\n\
            {\"schema\":\"howdah.summary/1\",\"steps\":[{\"step\":1,\"counters\":{\"framework\":{},\
            \"user\":{\"g\":{\"n\":3}}}}],\"warnings\":[],\"error\":null}\n{ and more\n";
        let read = summary(said).unwrap();
        let counters = by_number(read.steps);
        assert_eq!((counters.len(), counters[1].get("g", "n")), (2, 3));
        assert!(summary("{}\n").is_none());
        assert!(summary(&said.replace("summary/1", "summary/2")).is_none());
    }
}
