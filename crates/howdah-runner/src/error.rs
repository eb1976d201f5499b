//! Why a run did not succeed.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::PathBuf;

use howdah_codec::{Codec, CodecError};
use howdah_plan::visible::{RECORD_BYTES, visible_record};
use howdah_plan::{LimitExceeded, RejectLimit, TaskError, TaskErrorKind, TaskKind, exit};
use howdah_platform::bounded::{NoRoom, is_full};
use howdah_platform::process::is_out_of_files;
use howdah_shuffle::ShuffleError;
use howdah_streaming::class_names::TypeMismatch;

use crate::chaos::Struck;
use crate::input::{ExpandsTooMuch, LineError, file_uri};
use crate::stage::shuffled::NotTheSame;
use crate::task::child::ChildError;

/// What to do when too many files are open.
pub(crate) const MORE_FILES: &str =
    "raise the number of files that may be open (`ulimit -n`), or take fewer `--workers`";

/// Why a run did not succeed: what, where, why, and what next.
#[derive(Debug)]
pub struct RunError(Box<RunErrorKind>);

/// The kinds of [`RunError`]; each has a stable [slug](RunError::slug).
#[derive(Debug)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// Inputs that are missing, match nothing or cannot be read; a sentence for each.
    Input(Vec<String>),
    /// A folder in an input's folder that is no `MapFile`, as `SequenceFileInputFormat` takes it for: the file that it has
    /// not.
    NoMapFile(PathBuf),
    /// The output exists.
    OutputExists(PathBuf),
    /// What is to be overwritten is no output of a job.
    NotAnOutput(PathBuf),
    /// A value of an option, or a plan, that this engine cannot follow.
    Unsupported(String),
    /// A folder or file could not be made, written or renamed.
    Storage {
        /// What was being done.
        doing: String,
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A loop's decision failed the job.
    Loop {
        /// The round, from 1.
        round: u32,
        /// Why.
        reason: String,
    },
    /// More records were rejected than the run may have.
    Rejects {
        /// How many there were so far.
        rejected: u64,
        /// How many there may be.
        limit: RejectLimit,
        /// Where they are.
        kept: Option<PathBuf>,
    },
    /// A file of the input, or a side file, was written to while the run read it.
    InputChanged(PathBuf),
    /// A task failed.
    Task(Box<TaskFailure>),
    /// All tasks together have more counters than a job may have; what, and what to do.
    Counters {
        /// Hadoop's words.
        what: String,
        /// What to do.
        hint: String,
    },
    /// A signal asked for the end; its number.
    Signal(i32),
}

/// A task attempt that failed, and where.
#[derive(Debug)]
pub struct TaskFailure {
    /// The step's number, from 0.
    pub step: usize,
    /// How many steps there are.
    pub steps: usize,
    /// Map or reduce.
    pub kind: TaskKind,
    /// The task's number.
    pub task: u32,
    /// The attempt's number, from 0.
    pub attempt: u32,
    /// The record at hand, as well as it is known.
    pub place: Option<RecordPlace>,
    /// A command reads ahead: it was given what lies from this byte offset of the file to the place.
    pub given_from: Option<u64>,
    /// What the job's code was given, as well as it is known.
    pub at_hand: Option<AtHand>,
    /// What happened.
    pub error: TaskError,
    /// The last lines that a child wrote to its standard error.
    pub stderr_tail: Vec<String>,
}

/// What the job's code was given when it failed, as it is shown: its first bytes, with those escaped that are not printable
/// ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AtHand {
    /// The record of a mapper.
    Record(String),
    /// The key of a reducer's group.
    Key(String),
}

impl AtHand {
    pub(crate) fn record(record: &[u8]) -> Self {
        AtHand::Record(visible_record(record, RECORD_BYTES))
    }

    pub(crate) fn key(key: &[u8]) -> Self {
        AtHand::Key(visible_record(key, RECORD_BYTES))
    }
}

/// Where a record lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPlace {
    /// The file.
    pub path: PathBuf,
    /// Its codec; the offset then counts decompressed bytes.
    pub codec: Option<Codec>,
    /// Where the record begins.
    pub offset: u64,
}

impl RunError {
    /// What happened.
    pub fn kind(&self) -> &RunErrorKind {
        &self.0
    }

    /// A failed storage call.
    pub(crate) fn storage(
        doing: &str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> RunError {
        let (doing, path) = (doing.to_owned(), path.into());
        move |source| RunErrorKind::Storage { doing, path, source }.into()
    }

    /// The exit code that says it.
    pub fn exit_code(&self) -> u8 {
        match &*self.0 {
            RunErrorKind::Input(_)
            | RunErrorKind::NoMapFile(_)
            | RunErrorKind::OutputExists(_)
            | RunErrorKind::NotAnOutput(_) => exit::SETUP,
            RunErrorKind::Unsupported(_) => exit::USAGE,
            RunErrorKind::Storage { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::NotFound
                | io::ErrorKind::NotADirectory => exit::SETUP,
                _ => exit::IO,
            },
            RunErrorKind::Task(failure) => failure.exit_code(),
            RunErrorKind::Counters { .. }
            | RunErrorKind::Loop { .. }
            | RunErrorKind::InputChanged(_) => exit::JOB_FAILED,
            RunErrorKind::Rejects { .. } => exit::REJECTS,
            RunErrorKind::Signal(2) => exit::INTERRUPTED,
            RunErrorKind::Signal(_) => exit::TERMINATED,
        }
    }

    /// The stable name of this kind of error.
    pub fn slug(&self) -> &'static str {
        match &*self.0 {
            RunErrorKind::Input(_) | RunErrorKind::NoMapFile(_) => "howdah::input",
            RunErrorKind::OutputExists(_) | RunErrorKind::NotAnOutput(_) => "howdah::output-exists",
            RunErrorKind::Unsupported(_) => "howdah::unsupported",
            RunErrorKind::Storage { source, .. } if is_full(source) => "howdah::disk-full",
            RunErrorKind::Storage { .. } => "howdah::storage",
            RunErrorKind::Loop { .. } => "howdah::loop",
            RunErrorKind::Rejects { .. } => "howdah::rejected-records",
            RunErrorKind::InputChanged(_) => "howdah::input-changed",
            RunErrorKind::Task(failure) => failure.slug(),
            RunErrorKind::Counters { .. } => LimitExceeded::SLUG,
            RunErrorKind::Signal(_) => "howdah::signal",
        }
    }
}

impl TaskFailure {
    /// The error of our own reading or writing behind this, if there is one: a spill's or a part file's, not a
    /// truncated input's.
    fn io_error(&self) -> Option<&io::Error> {
        self.in_engine::<ShuffleError>()
            .and_then(ShuffleError::io_error)
            .or_else(|| self.in_engine().map(|OutputError(error)| error))
    }

    /// The engine's own error of this type, if it is that.
    fn in_engine<E: std::error::Error + 'static>(&self) -> Option<&E> {
        let TaskErrorKind::Engine(source) = self.error.kind() else { return None };
        source.downcast_ref()
    }

    /// The number of the spill that could not be read back as it was written, if that is what failed.
    pub(crate) fn damaged_spill(&self) -> Option<u32> {
        self.in_engine().and_then(ShuffleError::damaged_spill)
    }

    /// Whether chaos has struck, and the task has not failed by itself.
    pub(crate) fn is_struck(&self) -> bool {
        self.in_engine::<Struck>().is_some()
    }

    /// Whether what came out of the shuffle is not what went into it.
    fn is_unbalanced(&self) -> bool {
        let unbalanced = |error: &ShuffleError| {
            matches!(error, ShuffleError::Unbalanced { .. } | ShuffleError::Disorder { .. })
        };
        self.in_engine().is_some_and(unbalanced)
    }

    /// The exit code that says it.
    pub(crate) fn exit_code(&self) -> u8 {
        if self.is_unbalanced() {
            exit::BUG
        } else if self.io_error().is_some() || self.damaged_spill().is_some() || self.lacks_files()
        {
            exit::IO
        } else {
            exit::JOB_FAILED
        }
    }

    /// Whether the engine could not open a file since too many are open.
    fn lacks_files(&self) -> bool {
        self.io_error().or(self.failed_read()).is_some_and(is_out_of_files)
    }

    /// The stable name of what happened.
    pub(crate) fn slug(&self) -> &'static str {
        match self.io_error() {
            Some(source) if is_full(source) => "howdah::disk-full",
            Some(_) => "howdah::storage",
            None if self.damaged_spill().is_some() => "howdah::damaged-spill",
            None if self.is_struck() => "howdah::chaos",
            None if self.is_unbalanced() => "howdah::unbalanced-books",
            None if self.in_engine::<NotTheSame>().is_some() => "howdah::unrepeatable-task",
            None if self.is_truncated_input() => "howdah::truncated-input",
            None if self.is_too_long() => "howdah::record-too-long",
            None if self.expands_too_much() => "howdah::expands-too-much",
            None if of_child(&self.error).is_some_and(|child| child.timed_out) => {
                "howdah::timed-out"
            }
            None => of_jobs_code(&self.error).slug(),
        }
    }

    fn is_truncated_input(&self) -> bool {
        matches!(self.read_error(), Some(CodecError::Truncated { .. }))
    }

    fn is_too_long(&self) -> bool {
        matches!(self.in_engine(), Some(LineError::TooLong(_)))
    }

    fn expands_too_much(&self) -> bool {
        self.read_error::<ExpandsTooMuch>().is_some()
    }

    /// What is wrong with an input, if it is of this kind.
    fn read_error<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.failed_read()?.get_ref()?.downcast_ref()
    }

    /// What the system, or a decoder, said of an input that could not be read.
    fn failed_read(&self) -> Option<&io::Error> {
        match self.in_engine()? {
            LineError::Read(error) => Some(error),
            LineError::TooLong(_) => None,
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        if let Some(hint) = of_child(&self.error).and_then(|child| child.hint.as_deref()) {
            return Some(hint.into());
        }
        if let Some(exceeded) = self.error.exceeded_limit() {
            return Some(exceeded.hint().into());
        }
        if self.lacks_files() {
            return Some(MORE_FILES.into());
        }
        if let Some(mismatch) = of_types(&self.error) {
            return Some(mismatch.hint().into());
        }
        let hint = match self.slug() {
            "howdah::undecodable-record" if self.kind != TaskKind::Map => {
                "it is what the step's mapper or combiner wrote: a command must write `key TAB value`, both JSON"
            }
            "howdah::undecodable-record" if self.step > 0 => {
                "it must be what the step before wrote: is it another job's, or another step's?"
            }
            "howdah::undecodable-record" => {
                "mend the record, put such records aside with `--rejects DIR`, or read it with another protocol \
                 (`Bytes` takes any line)"
            }
            "howdah::unwritable-record" => {
                "emit another key or value, or write it with a protocol that escapes, such as JSON"
            }
            "howdah::damaged-spill" => {
                "the disk or the memory does not give back what was written: look at the system's log, name a folder on \
                 another disk with `--tmp`, and run again; the output is as it was"
            }
            "howdah::unbalanced-books" => {
                "the memory does not hold what it was given, or howdah has a fault: run again, and if it happens again \
                 please report it with the command line; the output is as it was"
            }
            "howdah::unrepeatable-task" => "run the job again; the output is as it was",
            "howdah::disk-full" => full_hint(self.io_error()?),
            "howdah::panic" => "run again with RUST_BACKTRACE=1 to see where",
            "howdah::record-too-long" => {
                "raise it if this is meant to be one record; `run --rejects DIR` puts longer ones aside"
            }
            "howdah::expands-too-much" => {
                "raise it if the file is to be trusted; 0 allows any number"
            }
            "howdah::truncated-input" => "fetch the file again; the output is as it was",
            _ => return None,
        };
        Some(hint.into())
    }
}

/// The error that the job's code gave, where the shuffle has only passed on a combiner's.
pub(crate) fn of_jobs_code(error: &TaskError) -> &TaskError {
    let TaskErrorKind::Engine(source) = error.kind() else { return error };
    source.downcast_ref().and_then(ShuffleError::combiner_error).unwrap_or(error)
}

/// What a child has to say of its failure, a combiner's too.
pub(crate) fn of_child(error: &TaskError) -> Option<&ChildError> {
    let TaskErrorKind::Job(source) = of_jobs_code(error).kind() else { return None };
    source.downcast_ref()
}

/// What is wrong with the types of records, if that is what failed.
fn of_types(error: &TaskError) -> Option<&TypeMismatch> {
    let TaskErrorKind::Job(source) = of_jobs_code(error).kind() else { return None };
    source.downcast_ref()
}

/// An error of writing a part file.
#[derive(Debug)]
pub(crate) struct OutputError(pub(crate) io::Error);

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "writing a part file failed: {}", self.0)
    }
}

impl std::error::Error for OutputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// What to do about a full disk, or a run's own limit.
fn full_hint(error: &io::Error) -> &'static str {
    if NoRoom::of(error).is_some_and(NoRoom::is_limit) {
        "allow more with `--disk-limit`, if the disk has it; the output is as it was"
    } else {
        "free some space there, or go to another disk, with `--tmp` for temporary files; the output is as it was"
    }
}

impl From<RunErrorKind> for RunError {
    fn from(kind: RunErrorKind) -> Self {
        RunError(Box::new(kind))
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            RunErrorKind::Input(sentences) => f.write_str(&sentences.join("\n")),
            RunErrorKind::NoMapFile(path) => write!(f, "File {} does not exist", file_uri(path)),
            RunErrorKind::NotAnOutput(path) => write!(
                f,
                "`{}` is not the output of a job: it has no `_SUCCESS`, so `--overwrite` does not touch it\n\
                 hint: name another folder, or remove this one by hand",
                path.display()
            ),
            RunErrorKind::OutputExists(path) => write!(
                f,
                "the output `{}` exists\nhint: name another folder, remove it, or pass `--overwrite`",
                path.display()
            ),
            RunErrorKind::Unsupported(sentence) => f.write_str(sentence),
            RunErrorKind::Storage { doing, path, source } => {
                write!(f, "{doing} `{}` failed: {source}", path.display())?;
                if is_full(source) {
                    write!(f, "\nhint: {}", full_hint(source))
                } else if is_out_of_files(source) {
                    write!(f, "\nhint: {MORE_FILES}")
                } else {
                    Ok(())
                }
            }
            RunErrorKind::Loop { round, reason } => write!(f, "after round {round}: {reason}"),
            RunErrorKind::Rejects { rejected, limit, kept } => {
                let records = if *rejected == 1 { "record was" } else { "records were" };
                write!(
                    f,
                    "{rejected} {records} rejected, and at most {limit} may be; the output is as it was\nhint: "
                )?;
                match kept {
                    Some(folder) => write!(f, "look at them in `{}`", folder.display()),
                    None => f.write_str("keep them with `--rejects DIR` and look at them"),
                }
            }
            RunErrorKind::InputChanged(path) => write!(
                f,
                "`{}` was written to while the run read it, so nobody can say what was read; the output is as it was\n\
                 hint: run again when nobody writes to it",
                path.display()
            ),
            RunErrorKind::Task(failure) => write!(f, "{failure}"),
            RunErrorKind::Counters { what, hint } => {
                write!(
                    f,
                    "the job has counted too much: {what}; the output is as it was\nhint: {hint}"
                )
            }
            RunErrorKind::Signal(2) => f.write_str("interrupted; the output is as it was"),
            RunErrorKind::Signal(_) => f.write_str("terminated; the output is as it was"),
        }
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, task, attempt) = (self.kind.name(), self.task, self.attempt);
        if self.steps > 1 {
            write!(f, "step {} of {}: ", self.step + 1, self.steps)?;
        }
        write!(f, "{kind} task {task} (attempt {attempt}) failed: {}", self.error)?;
        match (&self.place, self.given_from) {
            (Some(place), Some(from)) => {
                write!(f, "\n  its input so far: from byte offset {from} to {place}")?;
            }
            (Some(place), None) => write!(f, "\n  at {place}")?,
            (None, _) => {}
        }
        match &self.at_hand {
            Some(AtHand::Record(record)) => write!(f, "\n  record: {record}")?,
            Some(AtHand::Key(key)) => write!(f, "\n  key: {key}")?,
            None => {}
        }
        if !self.stderr_tail.is_empty() {
            write!(f, "\n  the last lines of its standard error:")?;
            for line in &self.stderr_tail {
                write!(f, "\n  | {line}")?;
            }
        }
        if let Some(hint) = self.hint() {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, byte offset {}", self.path.display(), self.offset)?;
        match self.codec {
            Some(codec) => write!(f, " of its text ({} decompressed)", codec.name()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            RunErrorKind::Storage { source, .. } => Some(source),
            RunErrorKind::Task(failure) => Some(&failure.error),
            _ => None,
        }
    }
}
