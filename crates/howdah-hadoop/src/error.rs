//! Why a run on a cluster did not succeed.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use howdah_plan::course::RoundError;
use howdah_plan::{RejectLimit, RequestError, exit};

use crate::client::Broken;
use crate::diagnose::Diagnosis;
use crate::installation::NotFound;
use crate::invocation::InvocationError;

/// Why a run on a cluster did not succeed: what, where, why, and what next.
#[derive(Debug)]
pub struct HadoopError(Box<HadoopErrorKind>);

/// The kinds of [`HadoopError`]; each has a stable [slug](HadoopError::slug).
#[derive(Debug)]
#[non_exhaustive]
pub enum HadoopErrorKind {
    /// There is no Hadoop here.
    NotFound(NotFound),
    /// The run asks for what the plan does not have.
    Request(RequestError),
    /// What the plan or the run asks for cannot be had on a cluster.
    Unsupported(String),
    /// A step cannot be told to Hadoop.
    Invocation {
        /// The step's number, from 0.
        step: usize,
        /// Why.
        source: InvocationError,
    },
    /// The program cannot run on the cluster's machines.
    Program {
        /// The program.
        path: PathBuf,
        /// Why, and what to do.
        message: String,
    },
    /// Inputs and side files that are missing or cannot be read; a sentence for each.
    Input(Vec<String>),
    /// The output exists.
    OutputExists(String),
    /// What is to be overwritten is no output of a job.
    NotAnOutput(String),
    /// A program of Hadoop's could not be started, or what it wrote not passed on.
    Io {
        /// What was being done.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program of Hadoop's failed.
    Command {
        /// What was being done.
        doing: String,
        /// Its end.
        status: ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// A step's job failed.
    Job(Box<JobFailure>),
    /// A loop's decision failed the job.
    Loop(RoundError),
    /// More records were rejected than the run may have.
    Rejects {
        /// How many there were so far.
        rejected: u64,
        /// How many there may be.
        limit: RejectLimit,
        /// Where they are.
        kept: Option<String>,
    },
    /// A signal asked for the end; its number.
    Signal(i32),
}

/// A job that failed on the cluster.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct JobFailure {
    /// The step's number, from 0.
    pub step: usize,
    /// How many steps there are.
    pub steps: usize,
    /// What the cluster calls the job, if it came to have it.
    pub job: Option<String>,
    /// The same as an application of YARN.
    pub application: Option<String>,
    /// Why, in Hadoop's words.
    pub reason: Option<String>,
    /// The last words of Hadoop's client, or of tasks in its own process.
    pub said: Vec<String>,
    /// Why it failed, as its logs tell.
    pub diagnosis: Option<Diagnosis>,
}

impl HadoopError {
    /// What happened.
    pub fn kind(&self) -> &HadoopErrorKind {
        &self.0
    }

    /// A program of Hadoop's that was not run to its end.
    pub(crate) fn broken(doing: &str) -> impl FnOnce(Broken) -> HadoopError {
        let doing = doing.to_owned();
        move |broken| match broken {
            Broken::Io(source) => HadoopErrorKind::Io { doing, source }.into(),
            Broken::Signal(signal) => HadoopErrorKind::Signal(signal).into(),
        }
    }

    /// The exit code that says it.
    pub fn exit_code(&self) -> u8 {
        match &*self.0 {
            HadoopErrorKind::Request(_)
            | HadoopErrorKind::Unsupported(_)
            | HadoopErrorKind::Invocation { .. } => exit::USAGE,
            HadoopErrorKind::NotFound(_)
            | HadoopErrorKind::Program { .. }
            | HadoopErrorKind::Input(_)
            | HadoopErrorKind::OutputExists(_)
            | HadoopErrorKind::NotAnOutput(_) => exit::SETUP,
            HadoopErrorKind::Io { source, .. } => match source.kind() {
                io::ErrorKind::BrokenPipe => exit::BROKEN_PIPE,
                _ => exit::IO,
            },
            HadoopErrorKind::Command { .. } => exit::IO,
            // Without a name the job never came to the cluster.
            HadoopErrorKind::Job(failure) if failure.job.is_none() => exit::SETUP,
            HadoopErrorKind::Job(_) | HadoopErrorKind::Loop(_) => exit::JOB_FAILED,
            HadoopErrorKind::Rejects { .. } => exit::REJECTS,
            HadoopErrorKind::Signal(2) => exit::INTERRUPTED,
            HadoopErrorKind::Signal(_) => exit::TERMINATED,
        }
    }

    /// The stable name of this kind of error.
    pub fn slug(&self) -> &'static str {
        match &*self.0 {
            HadoopErrorKind::NotFound(_) => "howdah::no-hadoop",
            HadoopErrorKind::Request(_) | HadoopErrorKind::Unsupported(_) => "howdah::unsupported",
            HadoopErrorKind::Invocation { .. } => "howdah::cannot-be-told",
            HadoopErrorKind::Program { .. } => "howdah::program",
            HadoopErrorKind::Input(_) => "howdah::input",
            HadoopErrorKind::OutputExists(_) | HadoopErrorKind::NotAnOutput(_) => {
                "howdah::output-exists"
            }
            HadoopErrorKind::Io { .. } | HadoopErrorKind::Command { .. } => {
                "howdah::hadoop-command"
            }
            HadoopErrorKind::Job(failure) if failure.job.is_none() => "howdah::not-submitted",
            HadoopErrorKind::Job(_) => "howdah::job-failed",
            HadoopErrorKind::Loop(_) => "howdah::loop",
            HadoopErrorKind::Rejects { .. } => "howdah::rejected-records",
            HadoopErrorKind::Signal(_) => "howdah::signal",
        }
    }
}

impl From<HadoopErrorKind> for HadoopError {
    fn from(kind: HadoopErrorKind) -> Self {
        HadoopError(Box::new(kind))
    }
}

impl From<RequestError> for HadoopError {
    fn from(error: RequestError) -> Self {
        HadoopErrorKind::Request(error).into()
    }
}

impl From<NotFound> for HadoopError {
    fn from(error: NotFound) -> Self {
        HadoopErrorKind::NotFound(error).into()
    }
}

impl fmt::Display for HadoopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            HadoopErrorKind::NotFound(error) => error.fmt(f),
            HadoopErrorKind::Request(error) => error.fmt(f),
            HadoopErrorKind::Unsupported(sentence) => f.write_str(sentence),
            HadoopErrorKind::Invocation { step, source } => {
                write!(f, "step {} (`--step {step}`): {source}", step + 1)
            }
            HadoopErrorKind::Program { path, message } => {
                write!(f, "the cluster cannot run `{}`: {message}", path.display())
            }
            HadoopErrorKind::Input(sentences) => f.write_str(&sentences.join("\n")),
            HadoopErrorKind::OutputExists(path) => write!(
                f,
                "the output `{path}` exists\nhint: name another folder, remove it, or pass `--overwrite`"
            ),
            HadoopErrorKind::NotAnOutput(path) => write!(
                f,
                "`{path}` is not the output of a job: it has no `_SUCCESS`, so `--overwrite` does not touch it\n\
                 hint: name another folder, or remove this one by hand"
            ),
            HadoopErrorKind::Io { doing, source } => write!(f, "{doing} failed: {source}"),
            HadoopErrorKind::Command { doing, status, stderr } => {
                write!(f, "{doing} failed ({status}):")?;
                last_lines(stderr).try_for_each(|line| write!(f, "\n  {line}"))
            }
            HadoopErrorKind::Job(failure) => failure.fmt(f),
            HadoopErrorKind::Loop(error) => {
                write!(f, "after round {}: {}", error.round, error.reason)
            }
            HadoopErrorKind::Rejects { rejected, limit, kept } => {
                let records = if *rejected == 1 { "record was" } else { "records were" };
                write!(f, "{rejected} {records} rejected, and at most {limit} may be\nhint: ")?;
                match kept {
                    Some(folder) => write!(f, "see `{folder}`"),
                    None => f.write_str("`--rejects DIR` keeps them, each with its reason"),
                }
            }
            HadoopErrorKind::Signal(2) => f.write_str("interrupted; the output is as it was"),
            HadoopErrorKind::Signal(number) => {
                write!(f, "ended by signal {number}; the output is as it was")
            }
        }
    }
}

impl std::error::Error for HadoopError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            HadoopErrorKind::NotFound(error) => Some(error),
            HadoopErrorKind::Invocation { source, .. } => Some(source),
            HadoopErrorKind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps > 1 {
            write!(f, "step {} of {}: ", self.step + 1, self.steps)?;
        }
        let reason = self.reason.as_deref().unwrap_or("Hadoop does not say why");
        match &self.job {
            Some(job) => write!(f, "{job} failed: {reason}")?,
            None => write!(f, "Hadoop did not take the job: {reason}")?,
        }
        match &self.diagnosis {
            Some(diagnosis) => {
                write!(f, "\n{}", diagnosis.body())?;
                if let Some(hint) = diagnosis.hint() {
                    write!(f, "\nhint: {hint}")?;
                }
            }
            None => self.said.iter().try_for_each(|line| write!(f, "\n  {line}"))?,
        }
        match &self.application {
            Some(application) => write!(
                f,
                "\nhint: `yarn logs -applicationId {application}` shows all that its tasks said"
            ),
            None => Ok(()),
        }
    }
}

/// The last lines of what a program said, without the way through its code.
fn last_lines(text: &str) -> impl Iterator<Item = &str> {
    const MOST: usize = 10;
    let is_said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("at ");
    let lines: Vec<&str> = text.lines().filter(is_said).collect();
    let from = lines.len().saturating_sub(MOST);
    lines.into_iter().skip(from)
}
