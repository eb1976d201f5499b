//! `howdah streaming`: Hadoop Streaming's own command line, run here.
//!
//! A command line passes through these modules in turn:
//!
//! | module | what |
//! | --- | --- |
//! | [`own`] | our own options before Hadoop's, and a pasted `hadoop jar …` that is skipped |
//! | [`help`] | what `-help` and `-info` print |
//! | [`refusal`] | why a job does not start, with Hadoop's words and exit code |
//! | [`configuration`], [`xml`] | `-conf` files |
//! | [`system`] | `${user.name}` and its kin |
//! | [`plan`] | options become a plan and what the engine is asked to do |
//! | [`formats`] | the forms of records: input formats, and what stands in pipes |
//! | [`inputs`] | inputs as they are named, as paths |
//! | [`parts`] | who maps, combines and reduces |
//! | [`classes`] | names of Java classes and what answers to them |
//! | [`failing`] | tasks that must fail, since Hadoop's do |
//! | [`task_settings`] | what Hadoop refuses of settings, and which have no effect |
//! | [`ship`] | `-files` and its kin: a folder for the tasks |
//! | [`log`] | the engine's events as Hadoop's log |
//! | [`verbs`] | `dumptb` and `loadtb` |

mod classes;
mod configuration;
mod failing;
mod formats;
mod help;
mod inputs;
mod log;
mod own;
mod parts;
mod plan;
mod refusal;
mod ship;
mod system;
mod task_settings;
mod verbs;
mod xml;

use std::borrow::Cow;

use howdah_plan::exit;
use howdah_plan::secrets::{find_in_command, hidden, hidden_in_command};
use howdah_runner::{RunError, RunErrorKind};
use howdah_streaming::command::tokenise;
use howdah_streaming::options::{Invocation, StreamingOptions, parse_looking};

use crate::terminal;
use log::{JobLog, Level};
use own::OwnOptions;
use refusal::{NOT_SUCCESSFUL, Refusal};

/// What Hadoop's `StreamJob` ends with when it meets a `FileNotFoundException`.
const BAD_INPUT_PATH: u8 = 2;

/// Runs the command line behind `howdah streaming`; gives the exit code.
pub(crate) fn run(arguments: &[String]) -> u8 {
    let log = JobLog::default();
    match follow(arguments, &log) {
        Ok(()) => exit::OK,
        Err(refusal) => {
            if refusal.prints_usage {
                // Whether anybody reads it or not, the line was wrong.
                let _ = show_help(refusal.prints_tips);
            }
            refusal.lines.iter().for_each(|line| log.line(line));
            refusal.exit_code
        }
    }
}

fn show_help(is_long: bool) -> u8 {
    terminal::show(if is_long { help::LONG } else { help::SHORT }, exit::OK)
}

fn follow(arguments: &[String], log: &JobLog) -> Result<(), Refusal> {
    let (own, rest) = OwnOptions::take(arguments)?;
    match parse_looking(&rest, &ship::look)? {
        Invocation::Job(job) => run_job(&job, &own, log),
        Invocation::Help { long } => match show_help(long) {
            exit::OK => Ok(()),
            code => Err(Refusal::new([]).with_code(code)),
        },
        Invocation::DumpTypedBytes(options) => verbs::dump(&options, log),
        Invocation::LoadTypedBytes(options) => verbs::load(&options, log),
        _ => Err(Refusal::not_yet("this verb")),
    }
}

fn run_job(job: &StreamingOptions, own: &OwnOptions, log: &JobLog) -> Result<(), Refusal> {
    job.warnings.iter().for_each(|warning| log.line(warning));
    for ignored in &job.ignored {
        let sentence = format!("`{}` has no effect: {}", ignored.option, ignored.reason);
        log.say(Level::Warn, "howdah", &sentence);
    }
    let prepared = plan::prepare(job, own, log)?;
    if job.verbose {
        show_all(job, &prepared);
    }
    if job.background {
        log.say(Level::Info, "streaming.StreamJob", "Job is running in background.");
        // Hadoop answers 0 once the job is submitted. Here 0 means that the output is complete, so the answer waits.
        let sentence = "-background: the exit code is that of the whole job; begin the command with `nohup` and end it \
                        with `&` to go on meanwhile";
        log.say(Level::Info, "howdah", sentence);
    }
    let done = howdah_runner::run(&prepared.plan, &prepared.options, &|event| log.event(&event));
    let outcome = match done {
        Ok(outcome) => outcome,
        Err(error) => return Err(explain(&error, &prepared, log)),
    };
    if let Some(counters) = outcome.counters.last() {
        log.succeeded(counters);
    }
    log.say(Level::Info, "streaming.StreamJob", &format!("Output directory: {}", job.output));
    Ok(())
}

/// What `-verbose` shows: the commands and the properties, without what looks like a secret.
fn show_all(job: &StreamingOptions, prepared: &plan::Prepared) {
    let say = |message: &str| {
        // The job does not depend on it.
        let _ = terminal::show(&format!("STREAM: {message}\n"), exit::OK);
    };
    let environment = job.task_environment();
    say(&format!("addTaskEnvironment={}", hidden("stream.addenvironment", &environment)));
    say(&format!("shippedCanonFiles_=[{}]", prepared.packaged));
    let commands = [&job.mapper, &job.combiner, &job.reducer].map(Option::as_deref);
    for command in commands {
        say(&format!("cmd={}", command.map_or("null".into(), shown)));
    }
    say("==== JobConf properties:");
    for (name, value) in &prepared.options.properties {
        // A command once more, as Hadoop writes it down.
        let is_told = !name.ends_with(".streamprocessor") || commands.iter().flatten().all(is_open);
        let value = if is_told { hidden(name, value) } else { hidden("secret", value) };
        say(&format!("{name}={value}"));
    }
    say("====");
    say("submitting to jobconf: local");
}

/// A command as it was given, if it holds no secret.
fn shown(command: &str) -> Cow<'_, str> {
    if is_open(&command) {
        Cow::Borrowed(command)
    } else {
        Cow::Owned(hidden_in_command(&tokenise(command)))
    }
}

/// Whether no word of a command looks like a secret.
fn is_open(command: &&str) -> bool {
    find_in_command(&tokenise(command)).is_empty()
}

/// Hadoop's words and exit code for a run that did not succeed.
fn explain(error: &RunError, prepared: &plan::Prepared, log: &JobLog) -> Refusal {
    let launching = Refusal::launching;
    match error.kind() {
        RunErrorKind::Input(complaints) => launching(&complaints.join("\n")),
        RunErrorKind::NoMapFile(_) => {
            let line = format!(
                "ERROR streaming.StreamJob: Error launching job , bad input path : {error}"
            );
            Refusal::failed(BAD_INPUT_PATH, [line])
        }
        RunErrorKind::OutputExists(_) => {
            launching(&format!("Output directory {} already exists", prepared.output_uri))
        }
        RunErrorKind::Unsupported(sentence) => {
            Refusal::failed(exit::JOB_FAILED, [format!("error: {sentence}")])
        }
        RunErrorKind::Task(_) | RunErrorKind::Counters { .. } | RunErrorKind::InputChanged(_) => {
            log.say(Level::Warn, "mapred.LocalJobRunner", &error.to_string());
            log.failed();
            let refusal = Refusal::failed(error.exit_code(), [NOT_SUCCESSFUL.to_owned()]);
            prepared.hints.iter().fold(refusal, |refusal, hint| refusal.with_hint(hint))
        }
        RunErrorKind::Signal(_) => {
            Refusal { exit_code: error.exit_code(), ..Refusal::new([format!("error: {error}")]) }
        }
        _ => launching(&error.to_string()).with_code(error.exit_code()),
    }
}
