//! What a run's commands have started: marked, guarded, and ended with the run.
//!
//! A command is ended with its process group. What has left that is found by the run's [`Mark`]: after an attempt has
//! failed, when the run ends, and, if the run is killed, by its [`Guardian`]. Each time all processes of the machine are
//! looked at, so it is never done for an attempt that has succeeded.

use std::ffi::OsString;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use howdah_platform::guardian::{Guardian, GuardianCommand};
use howdah_platform::marked::{Mark, Marked, VARIABLE, end_after_grace, end_marked};
use howdah_platform::process::Ending;

/// How many of those that were left are named.
const MOST_NAMED: usize = 5;

/// All that the commands of a run have started. [`Default`] is that of a run without commands.
#[derive(Debug, Default)]
pub(crate) struct Offspring {
    mark: Mark,
    /// How a guardian is started, until there is one.
    guardian: Mutex<Option<GuardianCommand>>,
    guarding: OnceLock<Guardian>,
    /// Whether any command was started.
    is_begun: AtomicBool,
}

impl Offspring {
    /// That of a run, by what tells it from all others.
    pub(crate) fn new(run: &str, guardian: Option<GuardianCommand>) -> Self {
        Offspring {
            mark: Mark::of_run(run),
            guardian: Mutex::new(guardian),
            guarding: OnceLock::new(),
            is_begun: AtomicBool::new(false),
        }
    }

    /// Sees to it that a command that is started now will be ended. The first one is not started before its guardian.
    ///
    /// # Errors
    /// Once, if the guardian cannot be started: then nobody ends what a killed run leaves.
    pub(crate) fn expect(&self) -> io::Result<()> {
        self.is_begun.store(true, Ordering::Release);
        let mut guardian = self.guardian.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(command) = guardian.take() else { return Ok(()) };
        let started = Guardian::start(&command, &self.mark)?;
        let _ = self.guarding.set(started); // the first and only one
        Ok(())
    }

    /// The mark of an attempt.
    pub(crate) fn of_attempt(&self, attempt: &str) -> Mark {
        self.mark.of_attempt(attempt)
    }

    /// Ends all that is left, when the run has failed.
    pub(crate) fn end(&self) {
        if self.is_begun.swap(false, Ordering::AcqRel) {
            end_marked(std::slice::from_ref(&self.mark), Ending::Forced, &[]);
        }
    }

    /// Ends all that is left, when all tasks have succeeded; gives a sentence about it, if there was anything.
    pub(crate) fn end_in_order(&self) -> Option<String> {
        let is_begun = self.is_begun.swap(false, Ordering::AcqRel);
        let left = if is_begun { end_after_grace(&self.mark) } else { Vec::new() };
        (!left.is_empty()).then(|| sentence(&left))
    }
}

/// However the run ends.
impl Drop for Offspring {
    fn drop(&mut self) {
        self.end();
    }
}

/// The mark for a command's environment, beside that of a run that has started this one.
pub(crate) fn variable(mark: &Mark) -> (&'static str, OsString) {
    (VARIABLE, mark.value(std::env::var_os(VARIABLE)))
}

fn sentence(left: &[Marked]) -> String {
    let named = left.iter().take(MOST_NAMED).map(|one| format!("`{}` ({})", one.name, one.number));
    let mut named = named.collect::<Vec<_>>().join(", ");
    if left.len() > MOST_NAMED {
        named += " and others";
    }
    let (count, were) = match left.len() {
        1 => ("one process".to_owned(), "was"),
        count => (format!("{count} processes"), "were"),
    };
    format!(
        "{count} that the commands had started {were} still there when all tasks had succeeded, and {were} ended: {named}; \
         what is to stay is started without the variable {VARIABLE}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_named() {
        let one = |number| Marked { number, name: "sleep".into() };
        assert_eq!(
            sentence(&[one(7)]),
            "one process that the commands had started was still there when all tasks had succeeded, and was ended: \
             `sleep` (7); what is to stay is started without the variable HOWDAH_RUN"
        );
        let many: Vec<_> = (1..=6).map(one).collect();
        let told = sentence(&many);
        assert!(told.starts_with("6 processes that the commands had started were still"), "{told}");
        assert!(told.contains("`sleep` (5) and others;") && !told.contains("(6)"), "{told}");
    }
}
