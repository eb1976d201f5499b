//! What Hadoop says of a command line that it does not take.

use std::{error, fmt};

use super::hint::hint_on_option;
use crate::command_line::Complaint;

pub(super) const FAILED: &str = "Streaming Command Failed!";
pub(super) const TRY_HELP: &str = "Try -help for more information";
pub(super) const EMPTY_PATH: &str =
    "java.lang.IllegalArgumentException: Can not create a Path from an empty string";

/// Why a command line cannot be run, as Hadoop says it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageError {
    /// The status to exit with.
    pub exit_code: i32,
    /// The lines that Hadoop prints on standard error.
    pub lines: Vec<String>,
    /// Whether the usage is printed on standard output.
    pub prints_usage: bool,
    /// Whether that is the one with the tips of `-info`.
    pub prints_tips: bool,
    /// What to do, in words that are not Hadoop's, where its own leave that open.
    pub hint: Option<String>,
}

impl UsageError {
    /// An error that prints `lines` and exits with 1.
    pub(super) fn new<'l>(lines: impl IntoIterator<Item = &'l str>) -> Self {
        let lines = lines.into_iter().map(str::to_owned).collect();
        Self { exit_code: 1, lines, prints_usage: false, prints_tips: false, hint: None }
    }

    /// A file that is to be shipped and is not there.
    pub(super) fn missing(file: &str) -> Self {
        Self::uncaught(&format!("java.io.FileNotFoundException: File {file} does not exist"))
    }

    /// What `StreamJob.fail` prints.
    pub(super) fn failed(message: &str) -> Self {
        Self::new([message, TRY_HELP, FAILED])
    }

    /// An exception that nothing in Hadoop catches.
    pub(super) fn uncaught(exception: &str) -> Self {
        Self::new([format!("Exception in thread \"main\" {exception}").as_str()])
    }

    pub(super) fn with_usage(self) -> Self {
        Self { prints_usage: true, ..self }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The error with warnings printed first.
    pub(super) fn behind(mut self, warnings: &[String]) -> Self {
        self.lines.splice(..0, warnings.iter().cloned());
        self
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))?;
        match &self.hint {
            Some(hint) => write!(f, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl error::Error for UsageError {}

/// What the streaming parser's complaint leads to: the usage, and exit status 1.
pub(super) fn refuse(complaint: &Complaint, words: &[String]) -> UsageError {
    let message = format!("ERROR streaming.StreamJob: {}", complaint.message());
    let error = UsageError::new([message.as_str(), "", TRY_HELP, FAILED]);
    let is_long = words.first().is_some_and(|word| word == "-info");
    let error = UsageError { prints_usage: true, prints_tips: is_long, ..error };
    let hint = match complaint {
        Complaint::Unrecognized(option) => hint_on_option(option),
        Complaint::MissingArgument(name) => Some(format!(
            "-{name} needs a value behind it; what follows is another option or nothing"
        )),
    };
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
