//! Why a job does not start, with Hadoop's words and exit code.

use howdah_plan::exit;
use howdah_streaming::options::UsageError;

/// The last line of whatever goes wrong.
const FAILED: &str = "Streaming Command Failed!";

/// What `StreamJob` says of a job that began and failed.
pub(super) const NOT_SUCCESSFUL: &str = "ERROR streaming.StreamJob: Job not successful!";

/// Lines for the standard error, and the exit code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) exit_code: u8,
    pub(super) lines: Vec<String>,
    /// Whether the usage is printed on the standard output first.
    pub(super) prints_usage: bool,
    /// Whether that is the one with tips.
    pub(super) prints_tips: bool,
}

impl Refusal {
    /// Lines as they are, and exit code 1.
    pub(super) fn new(lines: impl IntoIterator<Item = String>) -> Self {
        let lines = lines.into_iter().collect();
        Refusal { exit_code: exit::JOB_FAILED, lines, prints_usage: false, prints_tips: false }
    }

    /// Lines with Hadoop's last one behind them.
    pub(super) fn failed(exit_code: u8, lines: impl IntoIterator<Item = String>) -> Self {
        let lines = lines.into_iter().chain([FAILED.to_owned()]);
        Refusal { exit_code, ..Refusal::new(lines) }
    }

    /// What Hadoop says of a job whose tasks must fail.
    pub(super) fn in_task(exception: &str) -> Self {
        let failed = format!("WARN mapred.LocalJobRunner: {exception}");
        Refusal::failed(exit::JOB_FAILED, [failed, NOT_SUCCESSFUL.to_owned()])
    }

    /// What `StreamJob.fail` says.
    pub(super) fn usage(message: &str) -> Self {
        let lines = [message, "Try -help for more information"].map(str::to_owned);
        Refusal::failed(exit::JOB_FAILED, lines)
    }

    /// An exception that nothing in Hadoop catches.
    pub(super) fn uncaught(exception: &str) -> Self {
        Refusal::new([format!("Exception in thread \"main\" {exception}")])
    }

    /// What howdah cannot do yet. It is said, never ignored.
    pub(super) fn not_yet(what: &str) -> Self {
        let line = format!("error: howdah does not have {what} yet; run this job on Hadoop");
        Refusal::failed(exit::JOB_FAILED, [line])
    }

    /// The same with what to do, which is said last.
    pub(super) fn with_hint(mut self, hint: &str) -> Self {
        self.lines.push(format!("\nhint: {hint}"));
        self
    }

    /// What `StreamJob` says of a job that could not be launched.
    pub(super) fn launching(message: &str) -> Self {
        let line = format!("ERROR streaming.StreamJob: Error Launching job : {message}");
        Refusal::failed(exit::SETUP, [line])
    }

    /// The same with another exit code.
    pub(super) fn with_code(self, exit_code: u8) -> Self {
        Refusal { exit_code, ..self }
    }
}

impl From<UsageError> for Refusal {
    fn from(error: UsageError) -> Self {
        let exit_code = u8::try_from(error.exit_code).unwrap_or(exit::JOB_FAILED);
        let mut lines = error.lines;
        lines.extend(error.hint.map(|hint| format!("\nhint: {hint}")));
        Refusal {
            exit_code,
            lines,
            prints_usage: error.prints_usage,
            prints_tips: error.prints_tips,
        }
    }
}
