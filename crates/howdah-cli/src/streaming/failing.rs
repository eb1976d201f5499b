//! Tasks that must fail, since Hadoop's do: when they start, or when they meet their first record.
//!
//! What Hadoop finds out in a task is not said before the job: an output that exists or an input that is missing comes
//! first, and a job without records may succeed.

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};
use howdah_streaming::class_names::TypeMismatch;

use super::classes::words;

/// A mapper or a reducer that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    error: Reason,
    waits_for: WaitsFor,
}

/// Why it fails, in Java's words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Exception(String),
    /// With what to do.
    Types(TypeMismatch),
}

/// What a task meets before it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    Nothing,
    Record,
    /// A record whose value has a word.
    Word,
}

impl Failing {
    /// Fails as soon as it is made.
    pub(super) fn at_once(message: impl Into<String>) -> Self {
        Failing { error: Reason::Exception(message.into()), waits_for: WaitsFor::Nothing }
    }

    /// Fails with the first record.
    pub(super) fn with_a_record(message: impl Into<String>) -> Self {
        Failing { error: Reason::Exception(message.into()), waits_for: WaitsFor::Record }
    }

    /// Fails with the first record, for its types.
    pub(super) fn of_types(mismatch: TypeMismatch) -> Self {
        Failing { error: Reason::Types(mismatch), waits_for: WaitsFor::Record }
    }

    /// The same, but with the first that has a word, since a mapper of words emits nothing for the others.
    pub(super) fn with_a_word(self) -> Self {
        Failing { waits_for: WaitsFor::Word, ..self }
    }

    fn fail(&self) -> Result<(), TaskError> {
        Err(match self.error.clone() {
            Reason::Exception(message) => TaskError::job(message),
            Reason::Types(mismatch) => TaskError::job(mismatch),
        })
    }

    fn begin(&self) -> Result<(), TaskError> {
        if self.waits_for == WaitsFor::Nothing { self.fail() } else { Ok(()) }
    }
}

/// What Java says of an object of one class where another is wanted.
pub(super) fn class_cast(from: &str, to: &str) -> String {
    format!("java.lang.ClassCastException: class {from} cannot be cast to class {to}")
}

impl RawMapper for Failing {
    fn start(&mut self, _: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.begin()
    }
    fn map(&mut self, value: &[u8], _: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let waits = self.waits_for == WaitsFor::Word && words(value).next().is_none();
        if waits { Ok(()) } else { self.fail() }
    }
}

impl RawReducer for Failing {
    fn start(&mut self, _: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.begin()
    }
    fn group(
        &mut self,
        _: &[u8],
        _: &mut dyn RawValues,
        _: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        self.fail()
    }
}
