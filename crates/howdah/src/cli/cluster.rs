//! `run --on hadoop`: the job on a cluster.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgMatches;
use clap::parser::ValueSource;
use howdah_hadoop::print::{self, PrintedStep};
use howdah_hadoop::{HadoopError, HadoopOptions, Search};
use howdah_plan::{Event, Part, Plan, RejectLimit, TaskKind, exit, names};

use super::isolate::task_command;
use super::run::Origin;
use super::{asked, complain, isolate, options as name};

/// Options that say how a job runs on this machine.
const ONLY_HERE: [&str; 14] = [
    name::WORKERS,
    name::MEMORY,
    name::DISK_LIMIT,
    name::SPILL_CODEC,
    name::ISOLATE,
    name::CLEAN_ENV,
    name::MANIFEST,
    name::RETRY_DELAY,
    name::SAMPLE,
    name::SEED,
    name::LIMIT,
    name::CHAOS,
    name::MAX_RECORD,
    name::MAX_EXPANSION,
];

/// Runs a plan on the cluster that Hadoop is configured for.
pub(super) fn run(
    plan: Plan,
    matches: &ArgMatches,
    origin: Origin<'_>,
    mut output: impl Write + Send + 'static,
) -> ExitCode {
    let is_given = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let asked_by_property = |id: &&&str| {
        **id == name::MANIFEST
            && asked::properties(matches)
                .get(names::MANIFEST)
                .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    };
    if let Some(id) = ONLY_HERE.iter().find(|id| is_given(id) || asked_by_property(id)) {
        let option = &id["howdah.".len()..];
        complain(&format!(
            "error: `--{option}` is of a run on this machine, and has no meaning on a cluster"
        ));
        return exit::USAGE.into();
    }
    let (plan, program) = match origin {
        Origin::File => (plan, None),
        Origin::Program { args } => match asked::own_program() {
            Ok(program) => (as_commands(plan, &program, args), Some(program)),
            Err(code) => return code,
        },
    };
    let options = options(matches, program);
    if let Some(form) = matches.get_one::<String>(name::PRINT) {
        let upload_to = matches.get_one::<String>(name::UPLOAD).map(String::as_str);
        return print(&plan, &options, form, upload_to, &mut output);
    }
    let reader = asked::reader(matches);
    let events = |event: Event| reader.event(&event);
    match howdah_hadoop::run(&plan, &options, &events, Box::new(output)) {
        Ok(outcome) => {
            let folder = options.output.as_deref().map(Path::new);
            asked::succeeded(&reader, matches, outcome.elapsed, &outcome.counters, folder)
        }
        Err(error) => {
            if error.exit_code() != exit::BROKEN_PIPE || matches.get_flag(name::JSON) {
                reader.failed(error.slug(), error.exit_code(), &error.to_string());
            }
            error.exit_code().into()
        }
    }
}

/// Prints what would be run. What is to be copied first is told apart: it is no part of a vendor's form.
fn print(
    plan: &Plan,
    options: &HadoopOptions,
    form: &str,
    upload_to: Option<&str>,
    output: &mut impl Write,
) -> ExitCode {
    let steps = match printed_steps(plan, options) {
        Ok(steps) => steps,
        Err(error) => {
            complain(&format!("error: {error}"));
            return error.exit_code().into();
        }
    };
    let upload_to = match (form, upload_to) {
        ("shell", _) => "",
        (_, Some(upload_to)) => upload_to,
        (_, None) => {
            complain(&format!(
                "error: `--print {form}` needs a place for the program: such a cluster does not see this machine's files\n\
                 hint: name one with `--upload`, as s3://bucket/jobs or gs://bucket/jobs"
            ));
            return exit::USAGE.into();
        }
    };
    let printed = match form {
        "emr" => print::emr(&steps, upload_to).map(|emr| (emr.json, emr.uploads)),
        "dataproc" => {
            print::dataproc(&steps, upload_to).map(|dataproc| (dataproc.script, Vec::new()))
        }
        _ => print::shell(&steps, &launcher(options)).map(|script| (script, Vec::new())),
    };
    let (text, uploads) = match printed {
        Ok(printed) => printed,
        Err(error) => {
            complain(&format!("error: {error}"));
            return exit::USAGE.into();
        }
    };
    if !uploads.is_empty() {
        let commands: Vec<_> =
            uploads.iter().map(|upload| format!("  {}", upload.command())).collect();
        complain(&format!("copy first:\n{}", commands.join("\n")));
    }
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => exit::OK.into(),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::BROKEN_PIPE.into(),
        Err(error) => {
            complain(&format!("error: the standard output cannot be written: {error}"));
            exit::IO.into()
        }
    }
}

fn printed_steps(plan: &Plan, options: &HadoopOptions) -> Result<Vec<PrintedStep>, HadoopError> {
    let first = *options.steps.start();
    let jobs = howdah_hadoop::invocations(plan, options)?;
    let steps = jobs.into_iter().enumerate().map(|(number, invocation)| {
        let repeats =
            plan.loops.iter().any(|found| (found.first..=found.last).contains(&(first + number)));
        let note = repeats.then(|| "again until the job's code says that it is enough".to_owned());
        PrintedStep { invocation, note }
    });
    Ok(steps.collect())
}

/// What starts a streaming job: that of this machine's Hadoop, or the usual one.
fn launcher(options: &HadoopOptions) -> Vec<String> {
    let Ok(hadoop) = options.search.find() else {
        return ["hadoop", "jar", "hadoop-streaming.jar"].map(str::to_owned).to_vec();
    };
    let command = hadoop.streaming();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The plan as the cluster is told it: every part a command, by the name under which tasks find this program.
fn as_commands(plan: Plan, program: &Path, args: &[OsString]) -> Plan {
    let name = Path::new(program.file_name().unwrap_or(OsStr::new("job")));
    let mut plan = isolate(plan, name, args);
    for (number, step) in plan.steps.iter_mut().enumerate() {
        let task = |kind: TaskKind| task_command(name, kind, number, args);
        for input in &mut step.inputs {
            if matches!(input.mapper, Part::Identity) {
                input.mapper = Part::Command(task(TaskKind::Map));
            }
        }
        if matches!(step.reducer, Some(Part::Identity)) {
            step.reducer = Some(Part::Command(task(TaskKind::Reduce)));
        }
    }
    plan
}

fn options(matches: &ArgMatches, program: Option<PathBuf>) -> HadoopOptions {
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    let path = |id: &str| matches.get_one::<PathBuf>(id).cloned();
    let mut options = HadoopOptions::default();
    let classpath = matches.get_one::<OsString>(name::CLASSPATH).map(OsString::as_os_str);
    options.search = Search::asked(path(name::STREAMING_JAR).as_deref(), classpath);
    options.properties = asked::properties(matches);
    let paths = Paths::of(&options.properties);
    options.inputs = asked::inputs(matches).map(|input| paths.told(input)).collect();
    for (name, path) in asked::named_inputs(matches) {
        options.named_inputs.entry(name.clone()).or_default().push(paths.told(path));
    }
    let folder = |id: &str| path(id).map(|path| paths.told(&path.to_string_lossy()));
    options.steps = asked::steps(matches);
    options.output = folder(name::OUTPUT);
    options.temporary = folder(name::TMP);
    options.rejects = folder(name::REJECTS);
    options.max_rejects = matches.get_one::<RejectLimit>(name::MAX_REJECTS).copied();
    options.reducers = matches.get_one::<u32>(name::REDUCERS).copied();
    options.split_size = matches.get_one::<u64>(name::SPLIT_SIZE).copied();
    options.output_codec = text(name::OUTPUT_CODEC);
    options.overwrite = matches.get_flag(name::OVERWRITE);
    options.keep = asked::keep(matches);
    options.program = program;
    let is_watched = io::stdin().is_terminal() && io::stderr().is_terminal();
    options.confirm = is_watched.then_some(confirm);
    options
}

/// What paths mean to Hadoop.
enum Paths {
    /// As they stand.
    AsGiven,
    /// Its file system is this machine's, and its client may run in another folder.
    OfThisMachine,
}

impl Paths {
    fn of(properties: &BTreeMap<String, String>) -> Self {
        match properties.get("fs.defaultFS") {
            Some(system) if system.starts_with("file:") => Paths::OfThisMachine,
            _ => Paths::AsGiven,
        }
    }

    fn told(&self, path: &str) -> String {
        match self {
            Paths::OfThisMachine if path != "-" && !path.contains(':') => std::path::absolute(path)
                .map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned()),
            _ => path.to_owned(),
        }
    }
}

/// Asks whether a job on the cluster is to be ended.
fn confirm(job: &str) -> bool {
    let mut stderr = io::stderr().lock();
    let asked = write!(stderr, "\nEnd {job} on the cluster? [Y/n] (n goes on) ")
        .and_then(|()| stderr.flush());
    let mut answer = String::new();
    if asked.is_err() || io::stdin().lock().read_line(&mut answer).is_err() {
        return true;
    }
    !answer.trim().to_ascii_lowercase().starts_with('n')
}
