//! Why a task's code, or one of its records, failed.

use std::any::Any;
use std::error::Error;
use std::fmt;

use crate::counter_limits::LimitExceeded;

/// How many bytes of a record an error shows.
const EXCERPT_BYTES: usize = 80;

/// The failure of a task attempt, as its own code sees it.
///
/// Which file and offset the record came from is added by the engine, which knows it.
#[derive(Debug)]
pub struct TaskError(Box<TaskErrorKind>);

/// The kinds of [`TaskError`]; each has a stable [slug](TaskError::slug).
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// Bytes that the protocol cannot read.
    Decode {
        /// What was being read: `record`, `key` or `value`.
        what: &'static str,
        /// The type that was expected, as Rust names it.
        expected: &'static str,
        /// The first bytes of what was read.
        excerpt: Vec<u8>,
        /// What the protocol's reader said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A key or value that the protocol cannot write.
    Encode {
        /// What was being written: `key` or `value`.
        what: &'static str,
        /// What the protocol's writer said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// An error returned by the job's own code.
    Job(Box<dyn Error + Send + Sync>),
    /// The job's own code panicked.
    Panic {
        /// The panic's message.
        message: String,
    },
    /// The engine could not take or give a record: a spill, a full disk, a closed pipe.
    Engine(Box<dyn Error + Send + Sync>),
}

impl TaskError {
    /// A key, value or record that could not be read from `bytes` as an `expected`.
    pub fn decode(
        what: &'static str,
        expected: &'static str,
        bytes: &[u8],
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        let excerpt = bytes[..bytes.len().min(EXCERPT_BYTES)].to_vec();
        TaskErrorKind::Decode { what, expected, excerpt, source: source.into() }.into()
    }

    /// A key or value that could not be written.
    pub fn encode(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        TaskErrorKind::Encode { what, source: source.into() }.into()
    }

    /// An error of the job's own code.
    pub fn job(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        TaskErrorKind::Job(source.into()).into()
    }

    /// A panic of the job's code, as `std::panic::catch_unwind` gives it.
    pub fn panic(payload: &(dyn Any + Send)) -> Self {
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "(a panic without a message)".to_owned(),
        };
        TaskErrorKind::Panic { message }.into()
    }

    /// An error of the engine that runs the task.
    pub fn engine(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        TaskErrorKind::Engine(source.into()).into()
    }

    /// What happened.
    pub fn kind(&self) -> &TaskErrorKind {
        &self.0
    }

    /// What happened, taken out.
    pub fn into_kind(self) -> TaskErrorKind {
        *self.0
    }

    /// What is wrong, in one line and without the record.
    pub fn reason(&self) -> String {
        let text = self.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// The stable name of this kind of error, the same in messages and in JSON.
    pub fn slug(&self) -> &'static str {
        match &*self.0 {
            TaskErrorKind::Decode { .. } => "howdah::undecodable-record",
            TaskErrorKind::Encode { .. } => "howdah::unwritable-record",
            TaskErrorKind::Job(_) if self.exceeded_limit().is_some() => LimitExceeded::SLUG,
            TaskErrorKind::Job(_) => "howdah::job-error",
            TaskErrorKind::Panic { .. } => "howdah::panic",
            TaskErrorKind::Engine(_) => "howdah::engine",
        }
    }

    /// What the job's own code counted beyond what is allowed.
    pub fn exceeded_limit(&self) -> Option<&LimitExceeded> {
        let TaskErrorKind::Job(source) = self.kind() else { return None };
        source.downcast_ref()
    }
}

impl From<TaskErrorKind> for TaskError {
    fn from(kind: TaskErrorKind) -> Self {
        TaskError(Box::new(kind))
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            TaskErrorKind::Decode { what, expected, excerpt, source } => write!(
                f,
                "this {what} is not a {}: {source}\n  it begins: {}",
                without_paths(expected),
                excerpt.escape_ascii()
            ),
            TaskErrorKind::Encode { what, source } => {
                write!(f, "this {what} cannot be written: {source}")
            }
            TaskErrorKind::Job(source) | TaskErrorKind::Engine(source) => write!(f, "{source}"),
            TaskErrorKind::Panic { message } => write!(f, "the job's code panicked: {message}"),
        }
    }
}

/// A type's name as one writes it: `(String, u64)`, not `(alloc::string::String, u64)`.
fn without_paths(name: &str) -> String {
    let parts = name.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    parts.map(|part| part.rsplit_once("::").map_or(part, |(_, last)| last)).collect()
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            TaskErrorKind::Decode { source, .. } | TaskErrorKind::Encode { source, .. } => {
                Some(&**source)
            }
            // `Display` already is the source's own text; its source is ours.
            TaskErrorKind::Job(source) | TaskErrorKind::Engine(source) => source.source(),
            TaskErrorKind::Panic { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_record_is_shown_by_its_beginning() {
        let error = TaskError::decode("value", "u64", &[b'x'; 500], "expected a number");
        let shown = error.to_string();
        assert!(shown.starts_with("this value is not a u64: expected a number"), "{shown}");
        assert!(shown.len() < 200, "{shown}");
    }

    #[test]
    fn a_type_is_named_without_its_modules() {
        type Expected = Vec<(String, Option<u64>)>;
        let error = TaskError::decode("value", std::any::type_name::<Expected>(), b"", "nothing");
        let shown = error.to_string();
        assert!(shown.starts_with("this value is not a Vec<(String, Option<u64>)>: "), "{shown}");
    }

    #[test]
    fn bytes_that_are_not_text_are_shown_escaped() {
        let error = TaskError::decode("key", "String", b"\xff\t", "invalid UTF-8");
        assert!(error.to_string().ends_with(r"it begins: \xff\t"), "{error}");
    }
}
