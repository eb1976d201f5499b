//! A command as a task: Hadoop Streaming's contract over three pipes.
//!
//! Mirrors `streaming.PipeMapRed`. Three flows run at once, or a child that fills one pipe while we fill another
//! would wait for ever: a thread feeds the standard input, a thread reads the standard error, and the task's own
//! thread reads the standard output and collects it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;

use howdah_plan::{
    CommandLine, CountedBy, Counters, RecordLayout, RecordSink, SortedRecords, TaskError, TaskKind,
    cause,
};
use howdah_platform::marked::{Mark, end_marked};
use howdah_platform::process::{
    Ending, await_end, end_group, is_out_of_files, lead_own_group, widen_pipe,
};
use howdah_streaming::lines::Terminator;
use howdah_streaming::properties::Properties;
use howdah_streaming::reporter::{self, ReporterLine};

use super::AttemptContext;
use super::gathering::Gathering;
use super::inherited;
use super::life::{Life, Watched};
use super::linked::catching_panics;
use super::pipe::Cut;
use super::program;
use super::reporter::AttemptReporter;
use crate::contract::InputFields;
use crate::error::MORE_FILES;
use crate::input::{LineError, Lines, RecordReader};
use crate::oddities::Oddities;
use crate::offspring;

/// Hadoop's buffer before a child's standard input: what fits in it may be left unread.
const STDIN_BUFFER_BYTES: usize = 128 << 10;
/// What a child's pipes are asked to hold.
const PIPE_BYTES: usize = 1 << 20;
/// How many of the last lines of the standard error a failure shows.
const TAIL_LINES: usize = 20;
/// How much of each.
const TAIL_LINE_BYTES: usize = 4 << 10;
/// A longer line of a child's standard error is left out, whatever may be a record.
const MOST_LOG_LINE_BYTES: usize = 64 << 20;
/// What the system answers when a file is neither a program nor begins with `#!`.
const NOT_EXECUTABLE_FORMAT: i32 = 8;

/// What a child writes on its standard output.
type Output = Gathering<Watched<ChildStdout>>;

/// A command, about to be one attempt's child.
pub(crate) struct Child<'a> {
    command: &'a CommandLine,
    context: AttemptContext<'a>,
    /// How its output becomes records.
    output: Cow<'a, Cut>,
    /// How many records it must have written, that it may leave input unread; `None` is never.
    may_stop_after: Option<u64>,
    /// Whether an exit code of 1 says that no line matched.
    may_find_nothing: bool,
}

/// Why a child's attempt failed.
#[derive(Debug)]
pub(crate) struct ChildError {
    what: String,
    /// The code that it ended with, if it is that which failed: 128 and its number for a signal.
    pub(crate) exit_status: Option<i32>,
    /// The last lines of its standard error.
    pub(crate) tail: Vec<String>,
    /// Whether it ran at all.
    pub(crate) ran: bool,
    /// Whether it was ended for its silence.
    pub(crate) timed_out: bool,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl std::fmt::Display for ChildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for ChildError {}

/// How feeding a child ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fed {
    /// All was written, or what was not fits its buffers.
    Whole,
    /// The child had closed its standard input.
    BrokenPipe,
}

/// What the standard error said, apart from what was passed on at once. A child may write a line for each record, so
/// none of them is kept but the last.
#[derive(Default)]
struct Said {
    counters: Counters,
    tail: VecDeque<String>,
}

impl<'a> Child<'a> {
    /// A mapper.
    pub(crate) fn mapper(command: &'a CommandLine, context: AttemptContext<'a>) -> Self {
        let contract = context.contract;
        let may_stop_after = contract.may_stop_after;
        let output = written(context, &contract.map_cut);
        Child { command, context, output, may_stop_after, may_find_nothing: false }
    }

    /// A reducer.
    pub(crate) fn reducer(command: &'a CommandLine, context: AttemptContext<'a>) -> Self {
        let output = written(context, &context.contract.reduce_cut);
        Child { command, context, output, may_stop_after: None, may_find_nothing: false }
    }

    /// A combiner.
    pub(crate) fn combiner(command: &'a CommandLine, context: AttemptContext<'a>) -> Self {
        let output = Cow::Borrowed(&context.contract.reduce_cut);
        Child { command, context, output, may_stop_after: None, may_find_nothing: false }
    }

    /// A filter before a mapper. It may stop reading, as `head` does.
    pub(crate) fn filter(command: &'a CommandLine, context: AttemptContext<'a>) -> Self {
        let may_find_nothing = command.may_find_nothing();
        Child {
            command,
            context,
            output: Cow::Owned(Cut::Keys),
            may_stop_after: Some(0),
            may_find_nothing,
        }
    }

    /// Feeds a split's records, a line each, and gives what comes out to `then`.
    pub(crate) fn pass(
        &self,
        input: &mut RecordReader<'_>,
        reporter: &mut AttemptReporter<'_>,
        then: impl FnOnce(&mut RecordReader<'_>) -> Result<(), TaskError>,
    ) -> Result<(), TaskError> {
        let AttemptContext { contract, pulse, .. } = self.context;
        let collect = |stdout: Output| {
            then(&mut RecordReader::of_pipe(stdout, &contract.reader, pulse)).map(|()| 0)
        };
        self.run(reporter, collect, |stdin| {
            let mut is_gone = false;
            while input.advance().map_err(|error| Feeding::Input(error.into()))? {
                if is_gone {
                    continue; // read and counted all the same
                }
                let written = stdin.write_all(input.record()).and_then(|()| stdin.write_all(b"\n"));
                match written {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => is_gone = true,
                    other => other?,
                }
            }
            Ok(())
        })
    }

    /// Feeds a split's records, a line each.
    pub(crate) fn map(
        &self,
        input: &mut RecordReader<'_>,
        records: &mut dyn RecordSink,
        reporter: &mut AttemptReporter<'_>,
    ) -> Result<(), TaskError> {
        let contract = self.context.contract;
        let feed = &contract.map_feed;
        records.classes(self.output.classes());
        let collect = |stdout| self.collect(stdout, records);
        self.run(reporter, collect, |stdin| {
            let classes = input.classes(&contract.input);
            let (mut number, mut scratch) = (Vec::new(), Vec::new());
            let mut is_gone = false;
            while input.advance().map_err(|error| Feeding::Input(error.into()))? {
                if is_gone {
                    continue; // read and counted all the same
                }
                // An offset that nobody reads need not be made.
                let record = match &contract.input {
                    InputFields::OffsetAndLine if feed.is_value_alone() => {
                        (&[][..], input.record())
                    }
                    fields => input.key_value(fields, &mut number),
                };
                match feed.write(classes, record, &mut scratch, stdin) {
                    Err(error)
                        if self.may_stop_after.is_some()
                            && error.kind() == io::ErrorKind::BrokenPipe =>
                    {
                        is_gone = true;
                    }
                    other => other?,
                }
            }
            // Whether it had written enough by then is judged when all that it wrote was read.
            if is_gone { Err(io::Error::from(io::ErrorKind::BrokenPipe).into()) } else { Ok(()) }
        })
    }

    /// Feeds a partition's records, a line each: to a reducer all of them, to a combiner those of a spill.
    pub(crate) fn reduce(
        &self,
        input: &mut (dyn SortedRecords + Send),
        records: &mut dyn RecordSink,
        reporter: &mut AttemptReporter<'_>,
    ) -> Result<(), TaskError> {
        let contract = self.context.contract;
        records.classes(self.output.classes());
        let collect = |stdout| self.collect(stdout, records);
        self.run(reporter, collect, |stdin| {
            let mut scratch = Vec::new();
            while input.advance().map_err(Feeding::Input)? {
                let record = (input.key(), input.value());
                contract.reduce_feed.write(contract.shuffled, record, &mut scratch, stdin)?;
            }
            Ok(())
        })
    }

    /// Starts the child and sees it to its end; if it fails, all that it has started ends, too.
    fn run(
        &self,
        reporter: &mut AttemptReporter<'_>,
        collect: impl FnOnce(Output) -> Result<u64, TaskError>,
        feed: impl FnOnce(&mut BufWriter<Watched<ChildStdin>>) -> Result<(), Feeding> + Send,
    ) -> Result<(), TaskError> {
        let mark = self.context.pulse.offspring().of_attempt(self.attempt());
        let child = self.start(&mark, reporter)?;
        let done = self.see_through(child, &mark, reporter, collect, feed);
        if done.is_err() {
            end_marked(&[mark], Ending::Forced, &[]);
        }
        done
    }

    /// Keeps the child's three flows going, and waits for its end.
    fn see_through(
        &self,
        mut child: std::process::Child,
        mark: &Mark,
        reporter: &mut AttemptReporter<'_>,
        collect: impl FnOnce(Output) -> Result<u64, TaskError>,
        feed: impl FnOnce(&mut BufWriter<Watched<ChildStdin>>) -> Result<(), Feeding> + Send,
    ) -> Result<(), TaskError> {
        let leader = child.id();
        let life = Life::new(self.context.contract.task_timeout);
        let must_succeed = self.context.contract.exit_code_matters && !self.may_find_nothing;
        self.context.pulse.child_began(leader, &life, mark, must_succeed);
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(self.failure("its pipes are gone".into(), Said::default()));
        };
        // Not the standard input's: a child that stops reading is found out by what no longer fits its buffers, and
        // with larger ones a mapper that Hadoop fails would pass here, depending on who is faster.
        widen_pipe(&stdout, PIPE_BYTES);
        let stdin = Watched::new(stdin, &life);
        let stdout = Gathering::new(Watched::new(stdout, &life));
        let stderr = Gathering::new(Watched::new(stderr, &life));

        let log = &*reporter;
        let (collected, fed_so_far, heard) = thread::scope(|scope| {
            let feeder = scope.spawn(move || feed_all(stdin, feed));
            let listener = scope.spawn(|| self.listen(stderr, log));
            // A fold or a combiner may panic in there, and the child is to be ended then, too.
            let collected = catching_panics(|| collect(stdout));
            if collected.is_err() {
                // Nobody reads on: neither side may wait for the other.
                end_group(leader, Ending::Forced);
                end_marked(std::slice::from_ref(mark), Ending::Forced, &[]);
            }
            (collected, joined(feeder.join()), listener.join())
        });
        await_end(&child);
        // While it can be ended by its number, that is its own.
        self.context.pulse.child_ended(leader);
        let status = child.wait();

        let said = heard.map_err(|_| {
            TaskError::engine("the thread that reads the child's standard error panicked")
        })?;
        reporter.counters.merge(&said.counters);
        if life.has_timed_out() {
            return Err(self.failure(self.silence(), said));
        }
        let written = collected?;
        let status = status.map_err(TaskError::engine)?;
        let judged = self.judge(status, fed_so_far?, written, reporter);
        judged.map_err(|complaint| self.failure(complaint, said))
    }

    fn start(
        &self,
        mark: &Mark,
        reporter: &AttemptReporter<'_>,
    ) -> Result<std::process::Child, TaskError> {
        let [program, arguments @ ..] = self.command.argv.as_slice() else {
            return Err(self.failure("the command is empty".into(), Said::default()));
        };
        let contract = self.context.contract;
        let program = program::find(program, contract.task_folder.as_deref());
        let mut properties = Properties::new();
        for (name, value) in self.context.info.properties.iter() {
            properties.set_at_run_time(name, value.as_str()); // so that old names are there again
        }
        let environment = properties.environment();
        for name in &environment.truncated {
            let limit = properties.get_or("stream.jobconf.truncate.limit", "");
            let message =
                format!("Environment variable {name} truncated to {limit} to  fit system limits.");
            reporter.warn("howdah::truncated-variable", message);
        }
        if let Err(error) = self.context.pulse.offspring().expect() {
            let message = format!(
                "no guardian can be started: if this run is killed, its commands are not ended: {error}"
            );
            reporter.warn("howdah::no-guardian", message);
        }
        let (variable, marked) = offspring::variable(mark);
        let spawn = |command: &mut Command| {
            if let Some(folder) = &contract.task_folder {
                command.current_dir(folder);
            }
            if contract.clean_environment {
                inherited::keep_least(command);
            }
            command.args(arguments).envs(&environment.variables);
            command.envs(contract.task_environment.iter().map(|(name, value)| (name, value)));
            command.env("TMPDIR", std::env::temp_dir());
            command.env(variable, &marked);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            lead_own_group(command);
            command.spawn()
        };
        let spawned = match spawn(&mut Command::new(&program)) {
            // A script without a first line that says what runs it is the shell's, as in Java.
            Err(error) if error.raw_os_error() == Some(NOT_EXECUTABLE_FORMAT) => {
                spawn(Command::new("/bin/sh").arg(&program))
            }
            other => other,
        };
        spawned.map_err(|error| {
            let program = program.to_string_lossy();
            let code = error.raw_os_error().unwrap_or(0);
            let reason = error.to_string();
            let reason = reason.split(" (os error").next().unwrap_or_default();
            let what = format!("Cannot run program \"{program}\": error={code}, {reason}");
            let hint = if is_out_of_files(&error) {
                Some(MORE_FILES.to_owned())
            } else {
                why_not_run(error.kind(), Path::new(&*program))
            };
            self.failure(Complaint { hint, ran: false, ..what.into() }, Said::default())
        })
    }

    /// Reads the child's records; tells how many there were.
    fn collect(&self, stdout: impl Read, records: &mut dyn RecordSink) -> Result<u64, TaskError> {
        let most = self.context.contract.reader.most_record_bytes;
        let collected = self.output.read(stdout, most, records)?;
        Oddities::add(&self.context.pulse.oddities().cut_output, collected.bare_returns);
        Ok(collected.records)
    }

    /// Reads the child's standard error: reporter lines, and the task's log.
    fn listen(&self, stderr: impl Read, reporter: &AttemptReporter<'_>) -> Said {
        let most = self.context.contract.reader.most_record_bytes.min(MOST_LOG_LINE_BYTES);
        let mut lines = Lines::new(stderr, Terminator::Line, 8 << 10, most);
        let mut said = Said::default();
        loop {
            match lines.advance() {
                Ok(true) => {}
                Err(LineError::TooLong(_)) => {
                    // A child must never wait for somebody to read its standard error.
                    let message = format!(
                        "a line of more than {most} bytes on the standard error was left out"
                    );
                    reporter.warn("howdah::reporter-line", message);
                    match lines.skip_line() {
                        Ok(()) => continue,
                        Err(_) => break,
                    }
                }
                Ok(false) | Err(LineError::Read(_)) => break,
            }
            let line = lines.line();
            match reporter::parse(line, &self.context.contract.reporter_prefix) {
                ReporterLine::Counter { group, name, amount } => {
                    // With more of them the attempt fails: then none are kept, however many follow.
                    if reporter.limits.check(&said.counters, self.counted_by()).is_ok() {
                        reporter.limits.add(&mut said.counters, &group, &name, amount);
                    }
                }
                ReporterLine::Status(text) => reporter.tell_status(&text),
                ReporterLine::Unparsable(warning) => {
                    reporter.warn("howdah::reporter-line", warning);
                }
                ReporterLine::Other => {
                    reporter.log(line);
                    if said.tail.len() == TAIL_LINES {
                        said.tail.pop_front();
                    }
                    let shown = &line[..line.len().min(TAIL_LINE_BYTES)];
                    said.tail.push_back(String::from_utf8_lossy(shown).into_owned());
                }
            }
        }
        said
    }

    /// Whether the attempt succeeded, by Hadoop's rules: what the program says of itself comes first.
    fn judge(
        &self,
        status: ExitStatus,
        fed: Fed,
        written: u64,
        reporter: &AttemptReporter<'_>,
    ) -> Result<(), Complaint> {
        let code = exit_code(status);
        let found_nothing = code == 1 && self.may_find_nothing;
        if code != 0 && !found_nothing && self.context.contract.exit_code_matters {
            let what =
                format!("PipeMapRed.waitOutputThreads(): subprocess failed with code {code}");
            return Err(Complaint { code, ..what.into() });
        }
        if code != 0 && !found_nothing {
            let message = format!(
                "PipeMapRed.waitOutputThreads(): subprocess exited with code {code} in org.apache.hadoop.streaming.PipeMapRed"
            );
            reporter.warn("howdah::exit-code-ignored", message);
        }
        if fed == Fed::BrokenPipe && self.may_stop_after.is_none_or(|least| written < least) {
            let ending = match code {
                0 => "exited successfully".to_owned(),
                _ => format!("exited with error code {code}"),
            };
            let what = format!(
                "java.io.IOException: Broken pipe: subprocess {ending} before it had read its input"
            );
            let mut hint =
                "let the command read all of its input, as `cat >/dev/null` at its end does"
                    .to_owned();
            if self.context.info.kind == TaskKind::Map {
                hint += "; a mapper may stop reading with `-D stream.minRecWrittenToEnableSkip_=0`";
            }
            return Err(Complaint { hint: Some(hint), code, ..what.into() });
        }
        reporter.check(self.counted_by()).map_err(|exceeded| {
            let hint = Some(exceeded.hint());
            Complaint { hint, ..exceeded.to_string().into() }
        })
    }

    fn counted_by(&self) -> CountedBy {
        match self.context.info.kind {
            TaskKind::Map => CountedBy::MapTask { writes_part: self.context.writes_part },
            TaskKind::Combine => CountedBy::MapTask { writes_part: false },
            TaskKind::Reduce => CountedBy::ReduceTask,
        }
    }

    /// The attempt's id, as Hadoop writes it.
    fn attempt(&self) -> &str {
        let properties = &self.context.info.properties;
        properties.get("mapreduce.task.attempt.id").map_or("", String::as_str)
    }

    /// What Hadoop's application master says of a task without progress.
    fn silence(&self) -> Complaint {
        let attempt = self.attempt();
        let timeout = self.context.contract.task_timeout.unwrap_or_default();
        let what = format!(
            "AttemptID:{attempt} task timeout set: {}s, taskTimedOut: true: the command read nothing and wrote \
             nothing for so long, and was ended with all that it had started",
            timeout.as_secs_f64()
        );
        let hint = "a line `reporter:status:TEXT` on its standard error now and then says that it is alive; \
                    `-D mapreduce.task.timeout=MILLISECONDS` allows for more, and 0 for any time";
        Complaint { hint: Some(hint.to_owned()), timed_out: true, ..what.into() }
    }

    fn failure(&self, complaint: Complaint, said: Said) -> TaskError {
        let command = self.command.line();
        let Complaint { what, code, hint, ran, timed_out } = complaint;
        let tail: Vec<String> = said.tail.into();
        let mut lines = vec![format!("{what} (command: {command})")];
        let mut why = None;
        if code != 0 {
            // Hadoop's own line says no more than the code.
            let by_code = cause::of_exit_code(code);
            lines.push(format!("exit code {code}: {}", by_code.sentence));
            let by_words = cause::of_words_at(code, tail.iter().map(String::as_str));
            lines.extend(by_words.iter().map(|cause| format!("cause: {}", cause.sentence)));
            why = by_words.unwrap_or(by_code).hint;
        }
        let what = lines.join("\n  ");
        let exit_status = (code != 0).then_some(code);
        TaskError::job(ChildError { what, exit_status, tail, ran, timed_out, hint: hint.or(why) })
    }
}

/// What is wrong with an attempt.
struct Complaint {
    what: String,
    /// The exit code, if it is what is wrong.
    code: i32,
    hint: Option<String>,
    ran: bool,
    timed_out: bool,
}

impl<S: Into<String>> From<S> for Complaint {
    fn from(what: S) -> Self {
        Complaint { what: what.into(), code: 0, hint: None, ran: true, timed_out: false }
    }
}

/// What may be the matter with a program that cannot be started.
fn why_not_run(error: io::ErrorKind, program: &Path) -> Option<String> {
    let hint = match error {
        // The system says so of a script when it has no interpreter.
        io::ErrorKind::NotFound if program.is_file() => {
            "the program is there; what its `#!` line names is not"
        }
        io::ErrorKind::NotFound => {
            "there is no such file in the task's folder, nor in the PATH: ship it with `-files`, or write its whole path; \
             the words of a command are cut at spaces, and no shell reads them"
        }
        io::ErrorKind::PermissionDenied if program.is_dir() => "that is a folder",
        io::ErrorKind::PermissionDenied => "make it executable, for every user: `chmod a+x`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// How a mapper's or reducer's output becomes records: lines of a part may be all key.
fn written<'a>(context: AttemptContext<'a>, cut: &'a Cut) -> Cow<'a, Cut> {
    let is_line = context.writes_part && context.contract.output_layout == RecordLayout::Line;
    match cut {
        Cut::Fields(_) if is_line => Cow::Owned(Cut::Keys),
        cut => Cow::Borrowed(cut),
    }
}

/// The exit code, or 128 and the signal's number, as a shell says it.
fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}

/// Why feeding stopped.
enum Feeding {
    /// The records could not be read.
    Input(TaskError),
    /// They could not be written.
    Pipe(io::Error),
}

impl From<io::Error> for Feeding {
    fn from(error: io::Error) -> Self {
        Feeding::Pipe(error)
    }
}

/// Feeds the child and closes its standard input.
fn feed_all(
    stdin: Watched<ChildStdin>,
    feed: impl FnOnce(&mut BufWriter<Watched<ChildStdin>>) -> Result<(), Feeding>,
) -> Result<Fed, TaskError> {
    let mut stdin = BufWriter::with_capacity(STDIN_BUFFER_BYTES, stdin);
    match feed(&mut stdin) {
        Ok(()) => {
            // What does not leave the buffer now was of no interest to the child: Hadoop only warns.
            let _ = stdin.flush();
            let _ = stdin.into_parts();
            Ok(Fed::Whole)
        }
        Err(Feeding::Pipe(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            let _ = stdin.into_parts();
            Ok(Fed::BrokenPipe)
        }
        Err(stopped) => {
            let _ = stdin.into_parts();
            Err(match stopped {
                Feeding::Input(error) => error,
                Feeding::Pipe(error) => TaskError::engine(error),
            })
        }
    }
}

fn joined(fed: thread::Result<Result<Fed, TaskError>>) -> Result<Fed, TaskError> {
    fed.unwrap_or_else(|_| Err(TaskError::engine("the thread that feeds the child panicked")))
}
