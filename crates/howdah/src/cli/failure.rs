//! What a failed task says: what, where, why, and what to do.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io::ErrorKind;

use howdah_plan::visible::{RECORD_BYTES, visible_record};
use howdah_plan::{GroupAtHand, Source, StepInput, TaskError, TaskErrorKind, TaskInfo, exit};

use super::records::StreamError;
use super::task::{FilterError, ShellError, SideError};
use crate::property::lookup;

/// What a task's input consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Lines.
    Line,
    /// Pairs of typed bytes.
    Pair,
}

impl Unit {
    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::Line => "line",
            Unit::Pair => "pair",
        }
    }
}

/// Where in its input a task was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Before the first record.
    Start,
    /// At a line or pair.
    At {
        unit: Unit,
        /// Its number in this task's input, from 1.
        number: u64,
        /// Its offset in this task's input, in bytes.
        offset: u64,
        /// It, as it is shown; of a pair, the line that the task has made of it.
        record: String,
    },
    /// Behind the line or pair with this number, from 1: the input breaks off there.
    Behind(Unit, u64),
    /// After the last record.
    Finish,
}

impl Place {
    pub(super) fn at(unit: Unit, number: u64, offset: u64, line: &[u8]) -> Self {
        Place::At { unit, number, offset, record: visible_record(line, RECORD_BYTES) }
    }

    /// What the input consists of, if the task has come to know it.
    fn unit(&self) -> Unit {
        match *self {
            Place::Start | Place::Finish => Unit::Line,
            Place::At { unit, .. } | Place::Behind(unit, _) => unit,
        }
    }
}

/// A failed task.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: TaskError,
    pub(super) place: Place,
    /// The group that a reducer or combiner was given last.
    pub(super) group: Option<Group>,
}

/// A group of a reducer's or combiner's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Its key, as it is shown.
    key: String,
    /// All of it was read: the record at hand is the next group's.
    is_passed: bool,
}

impl Group {
    pub(super) fn of(at_hand: &GroupAtHand) -> Option<Self> {
        let key = visible_record(at_hand.key()?, RECORD_BYTES);
        Some(Group { key, is_passed: at_hand.is_passed() })
    }
}

impl Failure {
    pub(super) fn new(error: TaskError, place: Place) -> Self {
        Failure { error, place, group: None }
    }

    /// What the program ends with.
    pub(super) fn exit_code(&self) -> u8 {
        let stream = match self.error.kind() {
            TaskErrorKind::Engine(source) => source.downcast_ref::<StreamError>(),
            _ => None,
        };
        match stream.map(StreamError::kind) {
            None => exit::JOB_FAILED,
            Some(ErrorKind::BrokenPipe) => exit::BROKEN_PIPE,
            Some(_) => exit::IO,
        }
    }

    /// The message, for the standard error. A map task's names what it `reads`.
    pub(super) fn message<'a>(
        &'a self,
        task: &'a TaskInfo,
        reads: Option<&'a StepInput>,
    ) -> impl fmt::Display + 'a {
        Message { failure: self, task, reads }
    }
}

struct Message<'a> {
    failure: &'a Failure,
    task: &'a TaskInfo,
    reads: Option<&'a StepInput>,
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, task, group) = (&self.failure.error, self.task, &self.failure.group);
        write!(f, "error[{}]: {}", error.slug(), indented(error))?;
        let mut cause = match error.kind() {
            // The message of these ends with their source already.
            TaskErrorKind::Decode { source, .. } | TaskErrorKind::Encode { source, .. } => {
                source.source()
            }
            _ => error.source(),
        };
        while let Some(error) = cause {
            write!(f, "\n  because: {}", indented(error))?;
            cause = error.source();
        }
        // People count steps from 1, as `run` shows them.
        let (kind, step) = (task.kind.name(), task.step);
        write!(f, "\n  where: the {kind} task of step {} (`--step {step}`), ", step + 1)?;
        let filter = self.reads.and_then(|input| input.filter.as_ref());
        // Lines are counted where the task reads them, which is behind its filter.
        let lines_of = if filter.is_some() { "what its filter gave" } else { "its input" };
        match &self.failure.place {
            Place::Start => f.write_str("before its first record")?,
            Place::Finish if group.is_some() => f.write_str("in its last group")?,
            Place::Finish => f.write_str("after its last record")?,
            Place::At { unit, number, offset, record } => {
                let unit = unit.name();
                match group {
                    // It had read on, to see where the group ends.
                    Some(group) if group.is_passed => {
                        write!(f, "in the group before {unit} {number} of {lines_of}")?;
                    }
                    _ => {
                        write!(
                            f,
                            "in {unit} {number} of {lines_of}, which begins at byte {offset}"
                        )?;
                        write!(f, "\n  {unit}: {record}")?;
                    }
                }
            }
            Place::Behind(unit, number) => {
                write!(f, "behind {} {number} of {lines_of}", unit.name())?;
            }
        }
        if let Some(Group { key, .. }) = group {
            write!(f, "\n  key: {key}")?;
        }
        if let Some(filter) = filter {
            write!(f, "\n  filter: {}", filter.line())?;
        }
        if let Some(Source::Named(input)) = self.reads.map(|input| &input.source) {
            write!(f, "\n  input: {input}")?;
        }
        if let Some(file) = &task.input_file {
            write!(f, "\n  file: {file}")?;
            // A task sees the lines of its split alone, and counts from there.
            let property = |name| lookup(&task.properties, name).filter(|value| *value != "0");
            if let Some(start) = property("mapreduce.map.input.start") {
                let length = property("mapreduce.map.input.length").unwrap_or("?");
                write!(
                    f,
                    "\n  split: {length} bytes from byte {start}; the task's input begins there, with a whole line"
                )?;
            }
        }
        match hint(error, self.failure.place.unit(), task, self.reads) {
            None => Ok(()),
            Some(hint) => write!(f, "\nhint: {hint}"),
        }
    }
}

/// What an error says, with further lines indented, unless they are: those of `assert_eq!` belong to it as well.
fn indented(error: impl fmt::Display) -> String {
    let said = error.to_string();
    let is_indented = said.lines().skip(1).all(|line| line.starts_with("  "));
    if is_indented { said } else { said.replace('\n', "\n  ") }
}

fn hint(
    error: &TaskError,
    unit: Unit,
    task: &TaskInfo,
    reads: Option<&StepInput>,
) -> Option<Cow<'static, str>> {
    if let Some(exceeded) = error.exceeded_limit() {
        let is_far = is_on_cluster(task);
        return Some(if is_far { exceeded.hint_on_cluster() } else { exceeded.hint() }.into());
    }
    let hint = match error.kind() {
        TaskErrorKind::Decode { .. } => hint_for_records(unit, reads.map(|input| &input.source)),
        TaskErrorKind::Panic { .. } => Some("RUST_BACKTRACE=1 shows from where"),
        TaskErrorKind::Job(source) => source.downcast_ref::<FilterError>()?.hint(),
        TaskErrorKind::Engine(source) => match source.downcast_ref::<StreamError>() {
            Some(error) if error.kind() == ErrorKind::AlreadyExists => Some(
                "another task, or an earlier run, has written it: remove it, or name another folder",
            ),
            _ => match source.downcast_ref::<ShellError>() {
                Some(error) => Some(error.hint()),
                None => source.downcast_ref::<SideError>()?.hint(),
            },
        },
        _ => None,
    };
    hint.map(Cow::from)
}

/// Whether a cluster runs the task, rather than a process of Hadoop's or howdah's on this machine. Hadoop tells each task
/// by what its job runs; a pipe tells nothing.
fn is_on_cluster(task: &TaskInfo) -> bool {
    lookup(&task.properties, "mapreduce.framework.name").is_some_and(|name| name != "local")
}

/// What to do about records that are not what they should be.
fn hint_for_records(unit: Unit, source: Option<&Source>) -> Option<&'static str> {
    match (unit, source) {
        (Unit::Line, Some(Source::Main | Source::Named(_))) => Some(
            "if such lines are to be expected, read `Flow::bytes()` and count what does not parse",
        ),
        (Unit::Line, Some(Source::Step(_)) | None) => Some(
            "these lines must be what the step before wrote; is the number of `--step` right, and is nothing else \
             mixed in?",
        ),
        (Unit::Pair, Some(Source::Main | Source::Named(_))) => None,
        (Unit::Pair, Some(Source::Step(_))) => Some(
            "what one step wrote the next one reads from sequence files, which keep types: \
             `-outputformat org.apache.hadoop.mapred.SequenceFileOutputFormat` there, \
             `-inputformat SequenceFileInputFormat` here; and is the number of `--step` right?",
        ),
        (Unit::Pair, None) => Some(
            "these pairs must be what the task before wrote; is the number of `--step` right, and is nothing else \
             mixed in?",
        ),
    }
}

#[cfg(test)]
mod tests {
    use howdah_plan::{CommandLine, Part, TaskKind};

    use super::*;

    fn message(error: TaskError, place: Place, task: &TaskInfo, reads: &StepInput) -> String {
        Failure::new(error, place).message(task, Some(reads)).to_string()
    }

    fn input(source: Source) -> StepInput {
        StepInput::new(source, Part::Identity)
    }

    #[test]
    fn a_record_that_cannot_be_read() {
        let mut task = TaskInfo::new(0, TaskKind::Map, 0);
        task.input_file = Some("file:/data/a.json".to_owned());
        let error = TaskError::decode("value", "u64", b"x\xff", "expected value, at its byte 1");
        assert_eq!(
            message(
                error,
                Place::at(Unit::Line, 3, 17, b"\"a\"\tx\xff"),
                &task,
                &input(Source::Main)
            ),
            "error[howdah::undecodable-record]: this value is not a u64: expected value, at its byte 1\n  \
             it begins: x\\xff\n  \
             where: the map task of step 1 (`--step 0`), in line 3 of its input, which begins at byte 17\n  \
             line: \\\"a\\\"\\tx\\xff\n  \
             file: file:/data/a.json\n\
             hint: if such lines are to be expected, read `Flow::bytes()` and count what does not parse"
        );
    }

    #[test]
    fn an_error_of_the_job_with_its_causes() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("no year in this line")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let error = TaskError::job(Outer("x".parse::<u32>().unwrap_err()));
        let (failure, task) =
            (Failure::new(error, Place::Finish), TaskInfo::new(1, TaskKind::Reduce, 0));
        assert_eq!(
            failure.message(&task, None).to_string(),
            "error[howdah::job-error]: no year in this line\n  \
             because: invalid digit found in string\n  \
             where: the reduce task of step 2 (`--step 1`), after its last record"
        );
    }

    #[test]
    fn a_line_behind_a_filter_is_counted_behind_it() {
        let mut reads = input(Source::Named("users".to_owned()));
        reads.filter = Some(CommandLine::new(["grep", "-v", "^#"]));
        let task = TaskInfo::new(2, TaskKind::Map, 0);
        assert_eq!(
            message(TaskError::job("no"), Place::at(Unit::Line, 2, 5, b"a"), &task, &reads),
            "error[howdah::job-error]: no\n  \
             where: the map task of step 3 (`--step 2`), in line 2 of what its filter gave, which begins at byte 5\n  \
             line: a\n  \
             filter: grep -v ^#\n  \
             input: users"
        );
        let shown = message(
            TaskError::job("no"),
            Place::Behind(Unit::Line, 7),
            &task,
            &input(Source::Main),
        );
        assert!(shown.ends_with(", behind line 7 of its input"), "{shown}");
    }

    #[test]
    fn who_wrote_a_line_decides_what_to_do_about_it() {
        let shown = |source| {
            let error = TaskError::decode("record", "String", b"x", "no");
            let task = TaskInfo::new(1, TaskKind::Map, 0);
            message(error, Place::at(Unit::Line, 1, 0, b"x"), &task, &input(source))
        };
        assert!(shown(Source::Step(0)).contains("what the step before wrote"));
        assert!(shown(Source::Named("users".to_owned())).contains("`Flow::bytes()`"));
    }

    #[test]
    fn a_pair_of_typed_bytes_is_no_line() {
        let task = TaskInfo::new(1, TaskKind::Map, 0);
        let shown = |source, place| {
            let error = TaskError::decode("value", "u64", b"\"x\"", "expected u64");
            message(error, place, &task, &input(source))
        };
        let place = Place::at(Unit::Pair, 3, 17, b"\"a\"\t\"x\"");
        assert_eq!(
            shown(Source::Main, place.clone()),
            "error[howdah::undecodable-record]: this value is not a u64: expected u64\n  \
             it begins: \\\"x\\\"\n  \
             where: the map task of step 2 (`--step 1`), in pair 3 of its input, which begins at byte 17\n  \
             pair: \\\"a\\\"\\t\\\"x\\\""
        );
        assert!(shown(Source::Step(0), place.clone()).contains("from sequence files, which"));
        let error = TaskError::decode("value", "u64", b"x", "no");
        let task = TaskInfo::new(1, TaskKind::Reduce, 0);
        let reduce = Failure::new(error, place).message(&task, None).to_string();
        assert!(reduce.contains("\nhint: these pairs must be what the task before"), "{reduce}");
        let behind = shown(Source::Main, Place::Behind(Unit::Pair, 3));
        assert!(behind.ends_with(", behind pair 3 of its input"), "{behind}");
    }

    #[test]
    fn a_file_that_is_there_is_not_to_be_written_over() {
        let error = StreamError::new("it cannot be written", ErrorKind::AlreadyExists.into());
        let failure = Failure::new(TaskError::engine(error), Place::Start);
        let shown = failure.message(&TaskInfo::new(0, TaskKind::Map, 0), None).to_string();
        assert!(shown.ends_with("remove it, or name another folder"), "{shown}");
    }

    #[test]
    fn a_long_line_is_cut_and_nothing_in_it_is_obeyed() {
        let line = [b"\x1b[2J".as_slice(), &[b'x'; 2000]].concat();
        let task = TaskInfo::new(0, TaskKind::Map, 0);
        let place = Place::at(Unit::Line, 1, 0, &line);
        let shown = message(TaskError::job("no"), place, &task, &input(Source::Main));
        assert!(shown.contains("\n  line: \\x1b[2Jxxx"), "{shown}");
        assert!(shown.ends_with("xxx… (2004 bytes)"), "{shown}");
        assert!(shown.len() < 800, "{shown}");
    }

    #[test]
    fn a_split_that_begins_within_its_file_is_told() {
        let mut task = TaskInfo::new(0, TaskKind::Map, 0);
        task.input_file = Some("hdfs://h/in".to_owned());
        let properties =
            [("mapreduce_map_input_start", "100"), ("mapreduce_map_input_length", "50")];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
        task.properties = std::sync::Arc::new(properties.into());
        let place = Place::at(Unit::Line, 1, 0, b"a");
        let shown = message(TaskError::job("no"), place, &task, &input(Source::Main));
        assert!(
            shown.contains("\n  file: hdfs://h/in\n  split: 50 bytes from byte 100; "),
            "{shown}"
        );
    }

    #[test]
    fn a_group_is_told_by_its_key() {
        let task = TaskInfo::new(0, TaskKind::Reduce, 0);
        let group = |key: &str, is_passed| Some(Group { key: key.to_owned(), is_passed });
        let shown = |line: &[u8], is_passed| {
            let mut failure =
                Failure::new(TaskError::job("no"), Place::at(Unit::Line, 7, 40, line));
            failure.group = group("\\\"b\\\"", is_passed);
            failure.message(&task, None).to_string()
        };
        let within = shown(b"\"b\"\t1", false);
        assert!(
            within.contains("in line 7 of its input, which begins at byte 40\n  line: "),
            "{within}"
        );
        assert!(within.ends_with("\n  key: \\\"b\\\""), "{within}");
        // The line of the next group is none of this one's.
        let behind = shown(b"\"c\"\t1", true);
        let mut last = Failure::new(TaskError::job("no"), Place::Finish);
        last.group = group("z", true);
        let last = last.message(&task, None).to_string();
        assert!(last.ends_with(", in its last group\n  key: z"), "{last}");
        assert!(
            behind.ends_with("in the group before line 7 of its input\n  key: \\\"b\\\""),
            "{behind}"
        );
    }

    #[cfg(feature = "hadoop")]
    #[test]
    fn a_diagnosis_finds_what_a_failed_task_has_said() {
        let mut task = TaskInfo::new(0, TaskKind::Map, 0);
        task.input_file = Some("hdfs://h/in".to_owned());
        let place = Place::at(Unit::Line, 3, 17, b"a\x1bb");
        // As `assert_eq!` says it.
        let words = "no date\n  left: 0\n right: 1000".to_owned();
        let error = TaskError::from(TaskErrorKind::Panic { message: words });
        let said = message(error, place, &task, &input(Source::Main));
        let log = format!(
            "Container: container_1_0001_01_000002 on h_1\nLogType:stderr\nLogContents:\n{said}\nEnd of LogType:stderr\n"
        );
        let diagnosis = howdah_hadoop::Diagnosis::of_log(log.as_bytes()).unwrap();
        let failure = &diagnosis.failures[0];
        assert_eq!(failure.cause.slug, "panic");
        assert_eq!(failure.cause.sentence, "the job's code panicked: no date");
        assert!(failure.details.contains(&"  left: 0".to_owned()), "{failure:?}");
        assert!(failure.details.contains(&"line: a\\x1bb".to_owned()), "{failure:?}");
        assert_eq!(failure.cause.hint.as_deref(), Some("RUST_BACKTRACE=1 shows from where"));
        assert!(failure.details.contains(&"file: hdfs://h/in".to_owned()), "{failure:?}");
    }

    #[test]
    fn exit_codes() {
        let code = |error| Failure::new(error, Place::Start).exit_code();
        let io = |kind: ErrorKind| TaskError::engine(StreamError::new("x", kind.into()));
        assert_eq!(code(TaskError::job("x")), 1);
        assert_eq!(code(io(ErrorKind::BrokenPipe)), 141);
        assert_eq!(code(io(ErrorKind::StorageFull)), 74);
    }
}
