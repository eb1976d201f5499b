//! A task as Hadoop Streaming runs it: lines or typed bytes in, records out, counters on the standard error.
//!
//! | file | what |
//! | --- | --- |
//! | this | a task, from its streams to its exit code |
//! | [`choice`] | which of a step's inputs a map task reads |
//! | [`facts`] | what a task is told about itself |
//! | [`filter`] | the command between a map task and its input |
//! | [`heartbeat`] | a line for Hadoop while the task computes and says nothing |
//! | [`form`] | whether side outputs are compressed |
//! | [`location`] | paths and URIs |
//! | [`shell`] | Hadoop's own shell, for file systems that only Hadoop knows |
//! | [`side`] | outputs with a name of their own, and rejects |
//! | [`signs`] | what a task does that others can see |
//! | [`spool`] | a task's own folder on this machine |
//! | [`whole_files`] | files as records, fetched where only Hadoop can read them |

mod choice;
mod facts;
mod filter;
mod form;
mod heartbeat;
mod location;
mod shell;
mod side;
mod signs;
mod spool;
mod whole_files;

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::thread;

use howdah_plan::names::{COMBINER_COUNTERS_APART, COMBINER_SUFFIX, REJECT_UNDECODABLE};
use howdah_plan::{
    CommandLine, CountedBy, CounterLimits, GroupAtHand, Part, Plan, RawMapper, RawReducer, Step,
    StepInput, TaskError, TaskErrorKind, TaskInfo, TaskKind, TaskOutput, exit, reduce_groups_at,
};

use super::complain;
use super::failure::{Failure, Group, Place, Unit};
use super::input::Input;
use super::lines::{self, Lines};
use super::reporter::{StderrReporter, Voice};
use super::typed::{Output, Pipe, Pipes, TypedPairs};
use crate::property::lookup;
use facts::Origins;
use filter::Filter;
use heartbeat::Pace;
use side::SideFiles;
use signs::Watched;
use whole_files::WholeFiles;

pub(super) use filter::FilterError;
pub(super) use shell::ShellError;
pub(super) use side::SideError;
pub(super) use signs::Signs;

/// Runs one task of a plan on the standard streams.
pub(super) fn run(plan: &Plan, kind: TaskKind, step: usize, output: impl Write) -> ExitCode {
    let info = facts::from_environment(step, kind);
    let task = match Task::of(plan, &info) {
        Ok(task) => task,
        Err(message) => {
            complain(&format!("error: {message}"));
            return exit::USAGE.into();
        }
    };
    let reads = task.reads;
    let filter = reads.and_then(|input| input.filter.as_ref());
    let done = match standard_input(filter) {
        Ok(input) => execute(task, &info, input, output, io::stderr(), io::stderr()),
        Err(error) => Err(Failure::new(error, Place::Start)),
    };
    match done {
        Ok(()) => {
            if filter.is_some() {
                pass_over_rest();
            }
            exit::OK.into()
        }
        Err(failure) => {
            let code = failure.exit_code();
            // `… | head` has what it wanted.
            if code != exit::BROKEN_PIPE {
                complain(&failure.message(&info, reads).to_string());
            }
            code.into()
        }
    }
}

/// The standard input, or what a filter makes of it.
fn standard_input(filter: Option<&CommandLine>) -> Result<Box<dyn Read>, TaskError> {
    Ok(match filter {
        None => Box::new(io::stdin().lock()),
        Some(command) => Box::new(Filter::start(command, Stdio::inherit())?),
    })
}

/// Reads what a filter has left: it had enough, as `head` has, but whoever sends must not meet a closed pipe.
fn pass_over_rest() {
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
}

/// A task that is about to run.
struct Task<'p> {
    work: Work,
    /// What a map task reads.
    reads: Option<&'p StepInput>,
    pipes: Pipes,
    /// How its heart beats, if it does.
    pace: Option<Pace>,
}

/// What a task does.
enum Work {
    Map(Box<dyn RawMapper>),
    Reduce(Box<dyn RawReducer>),
    /// Records pass unchanged.
    Copy,
}

impl<'p> Task<'p> {
    fn of(plan: &'p Plan, info: &TaskInfo) -> Result<Self, String> {
        let (number, steps) = (info.step, plan.steps.len());
        let Some(step) = plan.steps.get(number) else {
            return Err(match steps {
                1 => format!("`--step {number}`: the job has one step, which is `--step 0`"),
                _ => format!(
                    "`--step {number}`: the job has {steps} steps, from `--step 0` to `--step {}`",
                    steps - 1
                ),
            });
        };
        let (reducer, what) = match info.kind {
            TaskKind::Map => return Task::map(step, info),
            TaskKind::Combine => (&step.combiner, "combiner"),
            TaskKind::Reduce => (&step.reducer, "reducer"),
        };
        let work = match reducer {
            Some(Part::Linked(make)) => Work::Reduce(make()),
            Some(Part::Command(command)) => return Err(instead(&[command])),
            Some(Part::Identity) => Work::Copy,
            None => return Err(format!("step {} (`--step {number}`) has no {what}", number + 1)),
        };
        Task::with(work, step, None, info)
    }

    fn map(step: &'p Step, info: &TaskInfo) -> Result<Self, String> {
        let input = choice::choose(&step.inputs, info)?;
        let work = match &input.mapper {
            Part::Linked(make) => Work::Map(make()),
            Part::Command(command) => {
                let commands: Vec<_> = input.filter.iter().chain([command]).collect();
                return Err(instead(&commands));
            }
            Part::Identity => Work::Copy,
        };
        Task::with(work, step, Some(input), info)
    }

    fn with(
        work: Work,
        step: &Step,
        reads: Option<&'p StepInput>,
        info: &TaskInfo,
    ) -> Result<Self, String> {
        let pipes = Pipes::of(step, reads, info)?;
        match lines::refusal(step, reads, info) {
            None => Ok(Task { work, reads, pipes, pace: Pace::of(info)? }),
            Some(message) => Err(message),
        }
    }
}

fn instead(pipeline: &[&CommandLine]) -> String {
    let commands: Vec<_> = pipeline.iter().copied().map(CommandLine::line).collect();
    format!("this task is a command of its own; run `{}`", commands.join(" | "))
}

/// Runs a task on its streams. Counters go to `errors`, and to `rejected` what is rejected without a folder for it.
fn execute(
    task: Task<'_>,
    info: &TaskInfo,
    input: impl Read,
    output: impl Write,
    errors: impl Write + Send,
    rejected: impl Write,
) -> Result<(), Failure> {
    let signs = Arc::default();
    // How much a filter gives says nothing of what Hadoop sees of it.
    let is_filtered = task.reads.is_some_and(|input| input.filter.is_some());
    let input = if is_filtered { Watched::unseen(input) } else { Watched::new(input, &signs) };
    let output = Watched::new(output, &signs);
    let rejected = Watched::new(rejected, &signs);
    let voice = Voice::new(errors, &signs);
    thread::scope(|scope| {
        let unit = match task.pipes.input {
            Pipe::Lines => Unit::Line,
            Pipe::Typed(_) => Unit::Pair,
        };
        let start = |pace| heartbeat::start(scope, pace, &signs, &voice, unit.name());
        let _beats_until_here_ends = task.pace.map(start);
        match task.pipes.input {
            Pipe::Lines => {
                let lines = Lines::of(input, info, &signs);
                feed(task, info, lines, output, &voice, rejected)
            }
            Pipe::Typed(form) => {
                let pairs = TypedPairs::of(input, info, form, &signs);
                feed(task, info, pairs, output, &voice, rejected)
            }
        }
    })
}

/// Feeds a task with its records.
fn feed(
    task: Task<'_>,
    info: &TaskInfo,
    mut input: impl Input,
    output: impl Write,
    voice: &Voice<impl Write + Send>,
    rejected: impl Write,
) -> Result<(), Failure> {
    let mut output = Output::new(output, task.pipes.output, info);
    let mut reporter =
        StderrReporter::new(voice, group_suffix(info), counter_limits(info), counted_by(info));
    let mut side = SideFiles::new(info, rejected);
    let mut at_hand = GroupAtHand::default();
    let done = catch_unwind(AssertUnwindSafe(|| {
        let mut out = TaskOutput::new(output.sink(), &mut reporter, info);
        if info.kind != TaskKind::Combine {
            out = out.with_side(&mut side);
        }
        match task.work {
            Work::Map(mut mapper) => {
                let origins = Origins::of(info, task.reads, task.pipes.input);
                if task.reads.is_some_and(|input| input.whole_files) {
                    let mut mapper = WholeFiles::new(mapper, info, voice);
                    map(&mut mapper, &mut input, &origins, &mut out)
                } else {
                    map(&mut *mapper, &mut input, &origins, &mut out)
                }
            }
            Work::Reduce(mut reducer) => {
                reduce_groups_at(&mut *reducer, &mut input.sorted(), &mut at_hand, &mut out)
            }
            Work::Copy => copy(&mut input, &mut out),
        }?;
        output.flush()?;
        side.finish(voice)
    }));
    let done = done.unwrap_or_else(|panic| Err(TaskError::panic(&*panic))).and_then(|()| {
        reporter.flush();
        voice.check()
    });
    done.map_err(|error| Failure { error, place: input.place(), group: Group::of(&at_hand) })
}

/// What the names of a task's groups of counters end with. Hadoop adds a combiner's counters to those of its mapper.
fn group_suffix(info: &TaskInfo) -> &'static str {
    let is_apart = lookup(&info.properties, COMBINER_COUNTERS_APART) == Some("true");
    if info.kind == TaskKind::Combine && is_apart { COMBINER_SUFFIX } else { "" }
}

/// How many counters Hadoop takes of a task; in a pipe nobody counts them.
fn counter_limits(info: &TaskInfo) -> CounterLimits {
    let number = |name: &str, default| match lookup(&info.properties, name) {
        Some(number) => number.parse(),
        None => Ok(default),
    };
    let is_hadoops = lookup(&info.properties, "mapreduce.job.counters.max").is_some();
    let limits = is_hadoops.then(|| CounterLimits::read(number).ok()).flatten();
    limits.unwrap_or(CounterLimits::NONE)
}

fn counted_by(info: &TaskInfo) -> CountedBy {
    match info.kind {
        TaskKind::Map => CountedBy::MapTask {
            writes_part: lookup(&info.properties, "mapreduce.job.reduces") == Some("0"),
        },
        TaskKind::Combine => CountedBy::MapTask { writes_part: false },
        TaskKind::Reduce => CountedBy::ReduceTask,
    }
}

fn map(
    mapper: &mut dyn RawMapper,
    input: &mut impl Input,
    origins: &Origins<'_>,
    out: &mut TaskOutput<'_>,
) -> Result<(), TaskError> {
    mapper.start(out)?;
    out.check()?;
    loop {
        match input.advance() {
            Ok(true) => mapper.map(input.line(), out)?,
            Ok(false) => break,
            Err(error) => reject(error, input, out)?,
        }
        out.settle(|| origins.at(input.offset()))?;
    }
    mapper.finish(out)?;
    out.check()
}

/// Puts a record aside that cannot be made a line, if such records are to be rejected; else its error is the task's.
#[cold]
fn reject(error: TaskError, input: &impl Input, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    let is_asked_for = lookup(&out.info.properties, REJECT_UNDECODABLE) == Some("true");
    if !is_asked_for || !matches!(error.kind(), TaskErrorKind::Decode { .. }) {
        return Err(error);
    }
    out.rejects.push(error.reason(), &input.bytes());
    Ok(())
}

fn copy(input: &mut impl Input, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    while input.advance()? {
        let (key, value) = input.split();
        out.records.key().extend_from_slice(key);
        if let Some(value) = value {
            out.records.value().extend_from_slice(value);
        }
        out.records.end()?;
    }
    Ok(())
}

#[cfg(test)]
mod typed_tests;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::cli::failure::Unit;
    use crate::{Bytes, Counter, Files, Flow, Out, Output, Pairs, Sum, Text};

    const LINES: Counter = Counter::new("Test", "lines");
    const LONG: Output<String, usize> = Output::new("long");

    /// A folder that vanishes with the test.
    pub(super) struct TestFolder(PathBuf);

    impl TestFolder {
        pub(super) fn new() -> Self {
            static COUNTER: AtomicU32 = AtomicU32::new(0);
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let name = format!("howdah-task-test-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            TestFolder(path)
        }

        pub(super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for TestFolder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// What a task has written.
    #[derive(Debug, Default, PartialEq)]
    struct Written {
        output: String,
        counters: String,
        rejected: String,
    }

    /// Runs a task with the properties that its environment would hold.
    fn run_with(
        plan: &Plan,
        mut info: TaskInfo,
        properties: &[(&str, &str)],
        input: &[u8],
    ) -> Result<Written, Failure> {
        let properties = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        info.properties = Arc::new(properties.collect());
        let (mut output, mut counters, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
        let task = Task::of(plan, &info).unwrap();
        execute(task, &info, input, &mut output, &mut counters, &mut rejected)?;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok(Written { output: text(output), counters: text(counters), rejected: text(rejected) })
    }

    pub(super) fn plan() -> Plan {
        Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, u64>| {
                assert!(line != "panic", "as asked");
                out.count(&LINES, 1);
                line.split(' ').for_each(|word| out.emit(word, 1));
            })
            .fold(Sum)
            .map_fn(|(word, n), out: &mut Out<'_, u64, String>| out.emit(n, word))
            .map_only()
            .plan()
    }

    fn task(kind: TaskKind, step: usize, input: &[u8]) -> Result<(String, String), Failure> {
        let written = run_with(&plan(), TaskInfo::new(step, kind, 0), &[], input)?;
        Ok((written.output, written.counters))
    }

    #[test]
    fn each_role_reads_what_the_one_before_wrote() {
        let (mapped, counters) = task(TaskKind::Map, 0, b"b a b\na").unwrap();
        assert_eq!(mapped, "\"b\"\t1\n\"a\"\t1\n\"b\"\t1\n\"a\"\t1\n");
        assert!(counters.lines().all(|line| line.starts_with("reporter:counter:Test,lines,")));
        let sorted = b"\"a\"\t1\n\"a\"\t1\n\"b\"\t1\n\"b\"\t1\n";
        let (combined, _) = task(TaskKind::Combine, 0, sorted).unwrap();
        assert_eq!(combined, "\"a\"\t2\n\"b\"\t2\n");
        let (reduced, _) = task(TaskKind::Reduce, 0, combined.as_bytes()).unwrap();
        assert_eq!(reduced, "\"a\"\t2\n\"b\"\t2\n");
        let (swapped, _) = task(TaskKind::Map, 1, reduced.as_bytes()).unwrap();
        assert_eq!(swapped, "2\t\"a\"\n2\t\"b\"\n");
    }

    #[test]
    fn a_task_that_counts_more_than_hadoop_allows_fails_with_its_own_words() {
        struct ByLine;
        impl RawMapper for ByLine {
            fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
                out.reporter.count("Lines", &String::from_utf8_lossy(line), 1);
                Ok(())
            }
        }
        let plan = Plan::new("counts", vec![Step::map_only(Part::mapper(|| ByLine))]);
        let lines = (0..119).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        let run = |properties: &[(&str, &str)]| {
            run_with(&plan, TaskInfo::new(0, TaskKind::Map, 0), properties, lines.as_bytes())
        };
        assert_eq!(run(&[]).unwrap().counters.lines().count(), 119);
        let limit = ("mapreduce_job_counters_max", "120");
        assert_eq!(run(&[limit]).unwrap().counters.lines().count(), 119);
        let map_only = [limit, ("mapreduce_job_reduces", "0")];
        let failure = run(&map_only).unwrap_err();
        let message_by = |framework: Option<&str>| {
            let mut task = TaskInfo::new(0, TaskKind::Map, 0);
            let name = "mapreduce_framework_name".to_owned();
            task.properties =
                Arc::new(framework.map(|by| (name, by.to_owned())).into_iter().collect());
            failure.message(&task, None).to_string()
        };
        for (framework, hint) in [
            (None, "or allow more than 120 with `-D mapreduce.job.counters.max=N`;"),
            (Some("local"), "or allow more than 120 with `-D mapreduce.job.counters.max=N`;"),
            (
                Some("yarn"),
                "or have `mapreduce.job.counters.max` raised above 120 in mapred-site.xml, the cluster's and its client's,",
            ),
        ] {
            let message = message_by(framework);
            assert!(message.starts_with("error[howdah::too-many-counters]: "), "{message}");
            assert!(message.contains("Too many counters: 121 max=120"), "{message}");
            assert!(message.contains(&format!("\nhint: count less finely, {hint}")), "{message}");
        }
    }

    #[test]
    fn an_empty_input_is_a_task_too() {
        for (kind, step) in [(TaskKind::Map, 0), (TaskKind::Combine, 0), (TaskKind::Reduce, 0)] {
            assert_eq!(task(kind, step, b"").unwrap(), (String::new(), String::new()));
        }
    }

    #[test]
    fn a_failure_tells_its_line() {
        let failure = task(TaskKind::Map, 0, b"good\nb\xffd\ngood\n").unwrap_err();
        assert_eq!(failure.place, Place::at(Unit::Line, 2, 5, b"b\xffd"));
        assert_eq!(failure.error.slug(), "howdah::undecodable-record");
        let failure = task(TaskKind::Reduce, 0, b"\"a\"\t1\n\"a\"\t-1\n").unwrap_err();
        assert_eq!(failure.place, Place::at(Unit::Line, 2, 6, b"\"a\"\t-1"));
        let failure = task(TaskKind::Map, 0, b"good\npanic\n").unwrap_err();
        assert_eq!(failure.place, Place::at(Unit::Line, 2, 5, b"panic"));
        assert_eq!(failure.error.to_string(), "the job's code panicked: as asked");
        assert_eq!(failure.exit_code(), 1);
    }

    #[test]
    fn a_broken_pipe_fails_the_task() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (plan, info) = (plan(), TaskInfo::new(0, TaskKind::Map, 0));
        let task = Task::of(&plan, &info).unwrap();
        let failure = execute(task, &info, &b"a"[..], Closed, io::sink(), io::sink()).unwrap_err();
        assert_eq!(failure.exit_code(), exit::BROKEN_PIPE);
    }

    #[test]
    fn a_step_or_part_that_is_not_there_is_named() {
        let says = |kind, step| Task::of(&plan(), &TaskInfo::new(step, kind, 0)).err().unwrap();
        assert_eq!(
            says(TaskKind::Map, 2),
            "`--step 2`: the job has 2 steps, from `--step 0` to `--step 1`"
        );
        assert_eq!(says(TaskKind::Combine, 1), "step 2 (`--step 1`) has no combiner");
        assert_eq!(says(TaskKind::Reduce, 1), "step 2 (`--step 1`) has no reducer");
    }

    #[test]
    fn a_later_step_reads_lines_with_one_more_separator() {
        let plan = Flow::<Pairs<String, u64>>::read().map(crate::Identity).map_only().plan();
        let info = TaskInfo::new(0, TaskKind::Map, 0);
        let written = run_with(&plan, info, &[], b"\"a\"\t1\t\n").unwrap();
        assert_eq!(written.output, "\"a\"\t1\n");
    }

    #[test]
    fn records_that_pass_unchanged_lose_that_separator_and_nothing_else() {
        let plan = Flow::<Pairs<String, u64>>::read()
            .map(crate::Identity)
            .map_only()
            .shuffle()
            .reduce(crate::Identity)
            .plan();
        let info = TaskInfo::new(1, TaskKind::Map, 0);
        let written = run_with(&plan, info, &[], b"\"a\"\t1\t\n\"b\"\t2\nc\nd\t\n").unwrap();
        assert_eq!(written.output, "\"a\"\t1\n\"b\"\t2\nc\nd\t\n");
    }

    #[test]
    fn a_command_is_run_by_itself_and_behind_its_filter() {
        let plan = Flow::lines()
            .filter_command("grep -v ^#")
            .map_command::<String, u64>("python3 words.py")
            .reduce_command::<String, u64>("python3 sums.py")
            .plan();
        let says = |kind| Task::of(&plan, &TaskInfo::new(0, kind, 0)).err().unwrap();
        assert_eq!(
            says(TaskKind::Map),
            "this task is a command of its own; run `grep -v ^# | python3 words.py`"
        );
        assert_eq!(
            says(TaskKind::Reduce),
            "this task is a command of its own; run `python3 sums.py`"
        );
    }

    #[test]
    fn each_input_has_its_own_mapper() {
        let side = |input: &str, tag: &'static str| {
            Flow::<Text>::input(input)
                .map_fn(move |line, out: &mut Out<'_, String, String>| out.emit(line, tag))
        };
        let plan = side("users", "u")
            .and(side("orders", "o"))
            .reduce_fn(|id, tags, out: &mut Out<'_, String, usize>| out.emit(id, tags.count()))
            .plan();
        let map = |properties: &[(&str, &str)], file: Option<&str>| {
            let mut info = TaskInfo::new(0, TaskKind::Map, 0);
            info.input_file = file.map(str::to_owned);
            run_with(&plan, info, properties, b"1\n").unwrap().output
        };
        assert_eq!(map(&[("howdah_input_name", "users")], None), "\"1\"\t\"u\"\n");
        assert_eq!(map(&[("howdah_input_name", "orders")], None), "\"1\"\t\"o\"\n");
        let paths = [("howdah_inputs_users", "/data/users"), ("howdah_inputs_orders", "/data")];
        assert_eq!(map(&paths, Some("hdfs://host/data/users/part-0")), "\"1\"\t\"u\"\n");
        assert_eq!(map(&paths, Some("hdfs://host/data/orders")), "\"1\"\t\"o\"\n");
        let error = Task::of(&plan, &TaskInfo::new(0, TaskKind::Map, 0)).err().unwrap();
        assert!(error.contains("the inputs `users` and `orders`"), "{error}");
        // A reducer reads what all of them gave.
        let info = TaskInfo::new(0, TaskKind::Reduce, 0);
        assert_eq!(run_with(&plan, info, &[], b"\"1\"\t\"u\"\n").unwrap().output, "\"1\"\t1\n");
    }

    #[test]
    fn a_mapper_of_whole_files_reads_their_paths() {
        let plan = Flow::<Files>::files()
            .map_fn(|path, out: &mut Out<'_, String, usize>| -> crate::Result {
                let length = fs::read(path)?.len();
                let file = out.input_file().unwrap_or("none");
                assert_eq!(out.property("mapreduce.map.input.file"), Some(file));
                assert_eq!(out.property("map_input_file"), Some(file));
                out.emit(format!("{file} {}", path.display()), length);
                Ok(())
            })
            .map_only()
            .plan();
        let folder = TestFolder::new();
        let path = folder.path().join("a b.bin").display().to_string();
        fs::write(&path, b"\0\n\0").unwrap();
        let input = format!("{path}\n17\tfile:{path}\n");
        let mut info = TaskInfo::new(0, TaskKind::Map, 0);
        info.input_file = Some("hdfs://h/the-list".to_owned());
        let list = ("mapreduce_map_input_file", "hdfs://h/the-list");
        let written = run_with(&plan, info.clone(), &[list], input.as_bytes()).unwrap();
        let line = format!("\"file:{path} {path}\"\t3\n");
        assert_eq!(written.output, line.repeat(2));
    }

    #[cfg(unix)]
    #[test]
    fn a_whole_file_that_only_hadoop_can_read_is_fetched_for_the_call() {
        let plan = Flow::<Files>::files()
            .map_fn(|path, out: &mut Out<'_, String, String>| -> crate::Result {
                let siblings = fs::read_dir(path.parent().unwrap())?.count();
                let name = path.file_name().unwrap_or_default().display();
                out.emit(format!("{name} {siblings}"), fs::read_to_string(path)?);
                out.emit(out.input_file().unwrap_or("none"), "");
                Ok(())
            })
            .map_only()
            .plan();
        let home = TestFolder::new();
        let java =
            "case $6 in */gone) echo \"get: \\`$6': No such file or directory\" >&2; exit 1;; esac
                    printf %s \"$5 $6\" > \"$7/$(basename \"$6\")\"";
        shell::tests::stand_in(home.path(), java);
        let variables = [("CLASSPATH", "x"), ("JAVA_HOME", home.path().to_str().unwrap())];
        let fetch =
            |input: &[u8]| run_with(&plan, TaskInfo::new(0, TaskKind::Map, 0), &variables, input);
        let written = fetch(b"0\thdfs://h/d/a b.txt\n21\thdfs://h/d/c\n").unwrap();
        assert_eq!(
            written.output,
            "\"a b.txt 1\"\t\"-get hdfs://h/d/a b.txt\"\n\"hdfs://h/d/a b.txt\"\t\"\"\n\
             \"c 1\"\t\"-get hdfs://h/d/c\"\n\"hdfs://h/d/c\"\t\"\"\n"
        );
        assert!(written.counters.starts_with("reporter:status:fetching hdfs://h/d/a b.txt\n"));
        // A path alone is one of the machine, unless the list's own file system is meant.
        let mut of_list = TaskInfo::new(0, TaskKind::Map, 0);
        of_list.input_file = Some("hdfs://h/lists/1".to_owned());
        let as_listed = [variables[0], variables[1], ("howdah_files_as_listed", "true")];
        let written = run_with(&plan, of_list.clone(), &as_listed, b"/d/c\n").unwrap();
        assert_eq!(written.output, "\"c 1\"\t\"-get /d/c\"\n\"hdfs://h/d/c\"\t\"\"\n");
        assert!(run_with(&plan, of_list, &variables, b"/d/c\n").is_err());
        let failure = fetch(b"0\thdfs://h/gone\n").unwrap_err();
        let message = failure.message(&TaskInfo::new(0, TaskKind::Map, 0), None).to_string();
        assert!(
            message
                .starts_with("error[howdah::engine]: the file hdfs://h/gone cannot be fetched: "),
            "{message}"
        );
        assert!(message.contains("\n  | get: `hdfs://h/gone': No such file"), "{message}");
        assert!(message.contains("\nhint: what Hadoop's shell has said"), "{message}");
    }

    #[test]
    fn a_reducer_of_sorted_values_groups_by_the_key_alone() {
        let plan = Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, String>| out.emit(line, line))
            .sort_values()
            .reduce_fn(|key, values, out: &mut Out<'_, String, Vec<String>>| {
                out.emit(key, values.collect::<Vec<_>>());
            })
            .plan();
        let sorted = b"\"k\"\t\"1\"\t\n\"k\"\t\"2\"\t\n\"l\"\t\"1\"\n";
        let info = TaskInfo::new(0, TaskKind::Reduce, 0);
        let written = run_with(&plan, info, &[], sorted).unwrap();
        assert_eq!(written.output, "\"k\"\t[\"1\",\"2\"]\n\"l\"\t[\"1\"]\n");
    }

    #[test]
    fn a_failed_reducer_tells_its_group_and_no_record_of_the_next() {
        let plan = Flow::lines()
            .map_fn(|_, out: &mut Out<'_, u64, u64>| out.emit(1, 1))
            .reduce_fn(|key, values, out: &mut Out<'_, u64, u64>| {
                let sum: u64 = values.inspect(|value| assert_ne!(*value, 7)).sum();
                assert!(sum < 10, "too many");
                out.emit(key, sum);
            })
            .plan();
        let said = |input: &[u8]| {
            let info = TaskInfo::new(0, TaskKind::Reduce, 0);
            let failure = run_with(&plan, info.clone(), &[], input).unwrap_err();
            failure.message(&info, None).to_string()
        };
        // The next key begins as this one does.
        let behind = said(b"1\t5\n1\t6\n10\t3\n");
        assert!(behind.contains("in the group before line 3 of its input\n  key: 1\n"), "{behind}");
        assert!(!behind.contains("\n  line: "), "{behind}");
        let within = said(b"1\t5\n1\t7\n10\t3\n");
        assert!(within.contains("in line 2 of its input"), "{within}");
        assert!(within.contains("\n  line: 1\\t7\n  key: 1\n"), "{within}");
        let last = said(b"1\t5\n1\t6\n");
        assert!(last.contains("in its last group\n  key: 1\n"), "{last}");
    }

    /// Emits long lines to an output of theirs, and rejects what is no text.
    pub(super) fn parting() -> Plan {
        let part = |line: &[u8], out: &mut Out<'_, String, usize>| match str::from_utf8(line) {
            Err(_) => out.reject("no text", line),
            Ok(text) if text.len() > 3 => out.emit_to(&LONG, text, text.len()),
            Ok(text) => out.emit(text, text.len()),
        };
        Flow::<Bytes>::bytes().map_fn(part).map_only().plan()
    }

    #[test]
    fn a_combiners_counters_can_be_apart() {
        #[derive(Clone)]
        struct Groups;
        impl crate::Combiner<String, u64> for Groups {
            fn combine(
                &mut self,
                _: &String,
                values: crate::Values<'_, u64>,
                out: &mut crate::ValueOut<'_, u64>,
            ) -> crate::Result {
                out.count(&LINES, 1);
                out.emit(values.sum::<u64>());
                Ok(())
            }
        }
        let plan = Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1))
            .combine(Groups)
            .reduce(crate::Identity)
            .plan();
        let counters = |kind, properties: &[(&str, &str)]| {
            let info = TaskInfo::new(0, kind, 0);
            run_with(&plan, info, properties, b"\"a\"\t1\n").unwrap().counters
        };
        let apart = ("howdah_combiner_counters_apart", "true");
        assert_eq!(
            counters(TaskKind::Combine, &[apart]),
            "reporter:counter:Test (combiner),lines,1\n"
        );
        let together = "reporter:counter:Test,lines,1\n";
        assert_eq!(counters(TaskKind::Combine, &[]), together);
        assert_eq!(counters(TaskKind::Combine, &[(apart.0, "false")]), together);
        let mapped = run_with(&self::plan(), TaskInfo::new(0, TaskKind::Map, 0), &[apart], b"a");
        assert_eq!(mapped.unwrap().counters, "reporter:counter:Test,lines,1\n");
    }

    #[test]
    fn what_leaves_a_task_by_the_side_lies_in_its_folder_and_is_counted() {
        let folder = TestFolder::new();
        let uri = format!("file:{}", folder.path().display());
        let mut info = TaskInfo::new(0, TaskKind::Map, 3);
        info.input_file = Some("file:/a".to_owned());
        let properties = [("mapreduce_task_output_dir", &*uri), ("mapreduce_map_input_start", "0")];
        let written = run_with(&parting(), info, &properties, b"abcd\nab\n\xff\nefgh\n").unwrap();
        assert_eq!(written.output, "\"ab\"\t2\n");
        assert_eq!(
            written.counters,
            "reporter:counter:Output records,long,2\nreporter:counter:howdah,Rejected records,1\n"
        );
        assert_eq!(written.rejected, "");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("long/part-m-00003"), "\"abcd\"\t4\n\"efgh\"\t4\n");
        let reject: serde_json::Value =
            serde_json::from_str(&read("_rejects/part-m-00003")).unwrap();
        assert_eq!((&reject["file"], &reject["offset"]), (&"file:/a".into(), &8.into()));
        assert_eq!(reject["record"], "\\xff");
    }

    #[test]
    fn in_a_pipe_rejects_are_told_and_an_output_fails_the_task() {
        let map =
            |input: &[u8]| run_with(&parting(), TaskInfo::new(0, TaskKind::Map, 0), &[], input);
        let written = map(b"ab\n\xff\n").unwrap();
        assert_eq!(written.output, "\"ab\"\t2\n");
        assert_eq!(written.rejected, "rejected: no text: \\xff\n");
        assert_eq!(written.counters, "reporter:counter:howdah,Rejected records,1\n");
        let failure = map(b"ab\nabcd\n").unwrap_err();
        assert_eq!(failure.place, Place::at(Unit::Line, 2, 3, b"abcd"));
        let (plan, info) = (parting(), TaskInfo::new(0, TaskKind::Map, 0));
        let message = failure.message(&info, plan.steps[0].inputs.first()).to_string();
        let hint = "`mapreduce_task_output_dir=DIR` before the command makes it a file in the folder DIR/NAME";
        assert!(message.ends_with(&format!("\nhint: {hint}")), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn lines_come_through_the_filter() {
        let plan = Flow::lines()
            .filter_command("grep -v ^#")
            .map_fn(|line, out: &mut Out<'_, String, u64>| -> crate::Result {
                out.emit("n", line.parse::<u64>()?);
                Ok(())
            })
            .map_only()
            .plan();
        let info = TaskInfo::new(0, TaskKind::Map, 0);
        let through = |command: &str, input: &[u8]| {
            let (reader, mut writer) = io::pipe().unwrap();
            writer.write_all(input).unwrap();
            drop(writer);
            let command = CommandLine::new(["sh", "-c", command]);
            let filter = Filter::start(&command, reader.into()).unwrap();
            let mut output = Vec::new();
            let task = Task::of(&plan, &info).unwrap();
            execute(task, &info, filter, &mut output, io::sink(), io::sink())?;
            Ok::<_, Failure>(String::from_utf8(output).unwrap())
        };
        assert_eq!(through("grep -v ^#", b"1\n#\n2\n").unwrap(), "\"n\"\t1\n\"n\"\t2\n");
        // The mapper fails, and the filter, which would go on, does not keep the task.
        let failure = through("echo x; exec sleep 600", b"").unwrap_err();
        assert_eq!(failure.error.to_string(), "invalid digit found in string");
        // The filter fails: what it gave last may not be whole, and is not read.
        let failure = through("printf '1\\n2\\nx'; exit 3", b"").unwrap_err();
        assert_eq!(failure.place, Place::Behind(Unit::Line, 2));
        assert!(failure.error.to_string().ends_with("failed with code 3"), "{}", failure.error);
        assert_eq!(failure.exit_code(), exit::JOB_FAILED);
    }
}
