//! Tasks that must fail, since Hadoop's do: when they start, or when they meet their first record.
//!
//! What Hadoop finds out in a task is not said before the job: an output that exists or an input that is missing comes
//! first, and a job without records may succeed.

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};

/// A mapper or a reducer that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    message: String,
    /// Whether the first record is waited for.
    waits: bool,
}

impl Failing {
    /// Fails as soon as it is made.
    pub(super) fn at_once(message: impl Into<String>) -> Self {
        Failing { message: message.into(), waits: false }
    }

    /// Fails with the first record.
    pub(super) fn with_a_record(message: impl Into<String>) -> Self {
        Failing { message: message.into(), waits: true }
    }

    fn fail(&self) -> Result<(), TaskError> {
        Err(TaskError::job(self.message.clone()))
    }

    fn begin(&self) -> Result<(), TaskError> {
        if self.waits { Ok(()) } else { self.fail() }
    }
}

impl RawMapper for Failing {
    fn start(&mut self, _: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.begin()
    }
    fn map(&mut self, _: &[u8], _: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.fail()
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
