//! `run`: the job on this machine.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use howdah_plan::names::{CLEAN_ENVIRONMENT, MANIFEST, MAX_EXPANSION, MAX_RECORD, RETRY_DELAY};
use howdah_plan::{Event, Plan, RequestError, exit};
use howdah_runner::{
    Output, RejectLimit, RunError, RunErrorKind, RunOptions, Sample, Splits, guardian,
};

use super::{asked, complain, isolate, options as name};

/// Where a plan comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// This program, which has tasks for its parts.
    Program {
        /// The job's own options, for tasks that are children.
        args: &'a [OsString],
    },
    /// A file: every part is a command or nobody's.
    #[cfg(feature = "hadoop")]
    File,
}

/// Runs a plan where it is asked to.
pub(super) fn run(
    mut plan: Plan,
    matches: &ArgMatches,
    origin: Origin<'_>,
    output: impl Write + Send + 'static,
) -> ExitCode {
    if matches.get_flag(name::NO_COMBINER) {
        for step in &mut plan.steps {
            (step.combiner, step.fold) = (None, None);
        }
    }
    #[cfg(feature = "hadoop")]
    if matches.get_one::<String>(name::ON).is_some_and(|engine| engine == "hadoop") {
        return super::cluster::run(plan, matches, origin, output);
    }
    run_here(plan, matches, origin, output)
}

fn run_here(
    mut plan: Plan,
    matches: &ArgMatches,
    origin: Origin<'_>,
    mut output: impl Write,
) -> ExitCode {
    // A plan that comes from a file has no linked code.
    if let Origin::Program { args } = origin
        && matches.get_flag(name::ISOLATE)
    {
        match asked::own_program() {
            Ok(program) => plan = isolate(plan, &program, args),
            Err(code) => return code,
        }
    }
    let mut options = run_options(matches);
    if let Origin::Program { args } = origin {
        options.arguments = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    }
    if let Err(message) = check(&plan, &options) {
        complain(&format!("error: {message}"));
        return exit::USAGE.into();
    }
    let reader = asked::reader(matches);
    let outcome = match howdah_runner::run(&plan, &options, &|event: Event| reader.event(&event)) {
        Ok(outcome) => outcome,
        Err(error) => {
            let hint =
                hint(&error, &options).map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            reader.failed(error.slug(), error.exit_code(), &format!("{error}{hint}"));
            return error.exit_code().into();
        }
    };
    let (elapsed, counters) = (outcome.elapsed, outcome.counters.clone());
    let folder = match &options.output {
        Output::Folder(folder) => Some(folder.as_path()),
        Output::Stream => None,
    };
    if folder.is_none()
        && let Err(error) = outcome.copy_parts(&mut output).and_then(|()| output.flush())
    {
        let gone = error.kind() == std::io::ErrorKind::BrokenPipe;
        let code = if gone { exit::BROKEN_PIPE } else { exit::IO };
        if gone && !matches.get_flag(name::JSON) {
            // `… | head` has what it wanted: the exit code says it to those who ask.
            return code.into();
        }
        let message = format!("the job succeeded, but its output cannot be written: {error}");
        reader.failed("howdah::storage", code, &message);
        return code.into();
    }
    asked::succeeded(&reader, matches, elapsed, &counters, folder)
}

/// What to do about a message in Hadoop's own words, which the engine shares with `howdah streaming`.
fn hint(error: &RunError, options: &RunOptions) -> Option<&'static str> {
    let RunErrorKind::Input(complaints) = error.kind() else { return None };
    let hidden = |complaint: &String| {
        let name = complaint.rsplit('/').next().unwrap_or_default();
        complaint.starts_with("Input path does not exist") && name.starts_with(['_', '.'])
    };
    let is_elsewhere = |input: &String| input.contains("://") && !input.starts_with("file:");
    if options.inputs.iter().chain(options.named_inputs.values().flatten()).any(is_elsewhere) {
        Some(
            "only files of this machine are read here; `--on hadoop` runs the job where those of another file system \
             are",
        )
    } else if complaints.iter().any(|complaint| complaint.starts_with("Not a file")) {
        Some(
            "this folder lies in an input folder, as a job's outputs with names do; FOLDER/part-* leaves it out, and \
             `-D mapreduce.input.fileinputformat.input.dir.recursive=true` reads what is in it, too",
        )
    } else if complaints.iter().any(hidden) {
        Some(
            "as on Hadoop, names that begin with `_` or `.` are not read; give the file another name",
        )
    } else {
        None
    }
}

/// Whether the run asks for what the plan has.
fn check(plan: &Plan, options: &RunOptions) -> Result<(), RequestError> {
    let steps = plan.steps_to_run(options.steps.clone(), options.reducers)?;
    plan.inputs_to_read(&steps, &options.inputs, &options.named_inputs).map(|_| ())
}

fn run_options(matches: &ArgMatches) -> RunOptions {
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    let path = |id: &str| matches.get_one::<PathBuf>(id).cloned();
    let mut options = RunOptions::default();
    options.inputs = asked::inputs(matches).cloned().collect();
    for (name, path) in asked::named_inputs(matches) {
        options.named_inputs.entry(name.clone()).or_default().push(path.clone());
    }
    options.steps = asked::steps(matches);
    let seed = matches.get_one::<u64>(name::SEED).copied().unwrap_or_default();
    let sample = matches.get_one::<f64>(name::SAMPLE);
    options.sample = sample.map(|&fraction| Sample { fraction, seed });
    options.limit = matches.get_one::<u64>(name::LIMIT).copied();
    options.rejects = path(name::REJECTS);
    options.max_rejects = matches.get_one::<RejectLimit>(name::MAX_REJECTS).copied();
    options.output = path(name::OUTPUT).map_or(Output::Stream, Output::Folder);
    options.workers = matches.get_one::<u16>(name::WORKERS).map(|&workers| usize::from(workers));
    options.reducers = matches.get_one::<u32>(name::REDUCERS).copied();
    options.memory = matches.get_one::<u64>(name::MEMORY).copied();
    options.splits =
        matches.get_one::<u64>(name::SPLIT_SIZE).map_or(Splits::BySize, |&bytes| Splits::Of(bytes));
    options.disk_limit = matches.get_one::<u64>(name::DISK_LIMIT).copied();
    options.temporary = path(name::TMP);
    options.spill_codec = text(name::SPILL_CODEC);
    options.output_codec = text(name::OUTPUT_CODEC);
    options.overwrite = matches.get_flag(name::OVERWRITE);
    options.keep = asked::keep(matches);
    options.chaos = matches.get_one::<u64>(name::CHAOS).copied();
    options.guardian = guardian::own_program();
    options.properties = asked::properties(matches);
    if let Some(delay) = matches.get_one::<Duration>(name::RETRY_DELAY) {
        options.properties.insert(RETRY_DELAY.to_owned(), delay.as_millis().to_string());
    }
    for (property, id) in [(MAX_RECORD, name::MAX_RECORD), (MAX_EXPANSION, name::MAX_EXPANSION)] {
        if let Some(limit) = matches.get_one::<u64>(id) {
            options.properties.insert(property.to_owned(), limit.to_string());
        }
    }
    if matches.get_flag(name::CLEAN_ENV) {
        options.properties.insert(CLEAN_ENVIRONMENT.to_owned(), "true".to_owned());
    }
    if matches.get_flag(name::MANIFEST) {
        options.properties.insert(MANIFEST.to_owned(), "true".to_owned());
    }
    options
}
