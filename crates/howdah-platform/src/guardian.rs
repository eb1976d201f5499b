//! A guardian: a process that waits for the end of another one, and ends what that has left behind.
//!
//! A process that is killed can do nothing more. So a run has a second, tiny one beside it from its first command on:
//! its own program, which does nothing but hold the reading end of a pipe. Nobody else holds the writing end, so its end
//! is the end of the process that started it, whatever that died of. Then the guardian ends all that bears the run's
//! [`Mark`], and itself. A run that comes to its own end has done so already, and dismisses its guardian.
//!
//! It leads a process group of its own and does not heed SIGINT, SIGTERM and SIGHUP, so what is meant for the run, or for
//! all that a terminal has started, leaves it be.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::marked::{Mark, VARIABLE, end_after_grace};
use crate::process::lead_own_group;
use crate::signals::ignore_endings;

/// What a program's first argument is if it is started as a guardian.
const ARGUMENT: &str = "--howdah-guardian";

/// How a guardian is started: a program that calls [`stand_guard_if_asked`] before it does anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardianCommand {
    /// The program.
    pub program: PathBuf,
    /// What it is called: what `ps` shows before its arguments.
    pub name: OsString,
}

/// The program that runs, as the guardian of its own runs; `None` where the system cannot say which it is, or has no
/// [marked processes](crate::marked) that could be found.
pub fn own_program() -> Option<GuardianCommand> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    // Not its path: there may be another program by now.
    let name = std::env::args_os().next().unwrap_or_else(|| "howdah".into());
    Some(GuardianCommand { program: "/proc/self/exe".into(), name })
}

/// Stands guard if that is what the program was started for; then it has nothing else to do, and is to end. `words` are
/// those of its command line without the program itself.
///
/// ```no_run
/// let words: Vec<_> = std::env::args_os().skip(1).collect();
/// if howdah_platform::guardian::stand_guard_if_asked(&words) {
///     return;
/// }
/// ```
#[must_use]
pub fn stand_guard_if_asked(words: &[OsString]) -> bool {
    let [argument, mark] = words else { return false };
    let Some(mark) = mark.to_str().filter(|_| argument == ARGUMENT) else { return false };
    ignore_endings();
    // Nothing is ever written into it.
    let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
    end_after_grace(&Mark::of_run(mark));
    true
}

/// A guardian of this process; dismissed when it is dropped.
#[derive(Debug)]
pub struct Guardian(Child);

impl Guardian {
    /// Starts a guardian over what bears the mark. It is not waited for.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &GuardianCommand, mark: &Mark) -> io::Result<Self> {
        let mut guardian = Command::new(&command.program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut guardian, &command.name);
        guardian.arg(ARGUMENT).arg(mark.text());
        // It keeps no folder from being removed, and no pipe from its end: of all that we hold it gets its own pipe alone.
        guardian.current_dir("/");
        guardian.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // If we are a command of another run ourselves, that ends us, and by that our guardian: not before its time.
        guardian.env_remove(VARIABLE);
        lead_own_group(&mut guardian);
        guardian.spawn().map(Guardian)
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        // Before it sees the end of the pipe, so that it ends nothing. The pipe is closed with it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_was_started_for_it_stands_guard() {
        for words in
            [&[][..], &["streaming"], &[ARGUMENT], &["run", ARGUMENT], &["run", ARGUMENT, "a"]]
        {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            assert!(!stand_guard_if_asked(&words), "{words:?}");
        }
    }
}
