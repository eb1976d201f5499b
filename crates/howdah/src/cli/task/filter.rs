//! An input's filter: a command between a map task's standard input and its lines.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use howdah_plan::{CommandLine, TaskError};

/// What a shell and its kin exit with when they do not find a program.
const NOT_FOUND: i32 = 127;

/// A running filter, read as what it writes.
///
/// Where its output ends it is waited for: a filter that has failed is an error there, so that nobody takes what it
/// gave until then for all of it. It is killed if it still runs when this is dropped.
pub(super) struct Filter {
    command: CommandLine,
    child: Child,
    output: ChildStdout,
}

impl Filter {
    /// Starts a filter with an input of its own. It speaks on this program's standard error.
    pub(super) fn start(command: &CommandLine, input: Stdio) -> Result<Self, TaskError> {
        let failed = |why| TaskError::job(FilterError::new(command, why));
        let Some((program, arguments)) = command.argv.split_first() else {
            return Err(failed(Why::NotStarted(io::ErrorKind::InvalidInput.into())));
        };
        // Not in a process group of its own: a filter that reads from a terminal would be stopped there.
        let spawned =
            Command::new(program).args(arguments).stdin(input).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| failed(Why::NotStarted(error)))?;
        match child.stdout.take() {
            Some(output) => Ok(Filter { command: command.clone(), child, output }),
            None => Err(failed(Why::Lost(io::ErrorKind::BrokenPipe.into()))),
        }
    }

    /// Waits for its end; anything but success is an error.
    fn end(&mut self) -> Result<(), FilterError> {
        let why = match self.child.wait() {
            Ok(status) if is_success(&self.command, status) => return Ok(()),
            Ok(status) => Why::Ended(status),
            Err(error) => Why::Lost(error),
        };
        Err(FilterError::new(&self.command, why))
    }
}

impl Read for Filter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.output.read(buffer)?;
        if count == 0 && !buffer.is_empty() {
            self.end().map_err(|error| io::Error::other(TaskError::job(error)))?;
        }
        Ok(count)
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // Both do nothing if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_success(command: &CommandLine, status: ExitStatus) -> bool {
    status.success() || (status.code() == Some(1) && command.may_find_nothing())
}

/// Why a filter failed its task.
#[derive(Debug)]
pub(in crate::cli) struct FilterError {
    command: String,
    why: Why,
}

#[derive(Debug)]
enum Why {
    NotStarted(io::Error),
    Ended(ExitStatus),
    /// It cannot be read or waited for.
    Lost(io::Error),
}

impl FilterError {
    fn new(command: &CommandLine, why: Why) -> Self {
        FilterError { command: command.line(), why }
    }

    /// What to do about it.
    pub(in crate::cli) fn hint(&self) -> Option<&'static str> {
        match &self.why {
            Why::NotStarted(_) => Some("is this program on this machine, and its folder in PATH?"),
            Why::Ended(status) => match status.code() {
                Some(NOT_FOUND) => {
                    Some("are its programs on this machine, and their folders in PATH?")
                }
                Some(1) => Some(
                    "if 1 says that no line matched, which is taken from grep, egrep, fgrep, zgrep and rg alone, \
                     let a shell make 0 of it: sh -c '… || test $? -eq 1'",
                ),
                _ => None,
            },
            Why::Lost(_) => None,
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the filter `{}` ", self.command)?;
        match &self.why {
            Why::NotStarted(error) => write!(f, "cannot be started: {error}"),
            Why::Lost(error) => write!(f, "cannot be waited for: {error}"),
            Why::Ended(status) => match status.code() {
                Some(NOT_FOUND) => {
                    write!(f, "failed with code {NOT_FOUND}: a program was not found")
                }
                Some(code) => write!(f, "failed with code {code}"),
                None => write!(f, "was ended by {}", signal(*status)),
            },
        }
    }
}

impl Error for FilterError {}

/// The signal that ended a process.
fn signal(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.to_string()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Write;

    use super::*;

    fn start(command: &[&str], input: &[u8]) -> Result<Filter, TaskError> {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(input).unwrap();
        Filter::start(&CommandLine::new(command.iter().copied()), reader.into())
    }

    fn filtered(command: &[&str], input: &[u8]) -> Result<String, TaskError> {
        let mut text = String::new();
        match start(command, input)?.read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(error.downcast().unwrap()),
        }
    }

    fn refused(command: &[&str]) -> (String, Option<&'static str>) {
        let error = filtered(command, b"a\n").unwrap_err();
        let howdah_plan::TaskErrorKind::Job(source) = error.kind() else { panic!("{error}") };
        (error.to_string(), source.downcast_ref::<FilterError>().unwrap().hint())
    }

    #[test]
    fn what_it_writes_is_what_is_read() {
        assert_eq!(filtered(&["grep", "-v", "^#"], b"# no\nyes\n#\nx").unwrap(), "yes\nx\n");
        assert_eq!(filtered(&["cat"], b"").unwrap(), "");
        // It may leave its input unread.
        assert_eq!(filtered(&["sh", "-c", "echo own"], b"a\nb\n").unwrap(), "own\n");
    }

    #[test]
    fn that_nothing_matched_is_no_failure_of_grep_but_of_others() {
        assert_eq!(filtered(&["grep", "x"], b"a\n").unwrap(), "");
        assert_eq!(filtered(&["sh", "-c", "grep x || test $? -eq 1"], b"a\n").unwrap(), "");
        let (error, hint) = refused(&["sh", "-c", "grep x"]);
        assert_eq!(error, "the filter `sh -c grep x` failed with code 1");
        assert!(hint.unwrap().contains("|| test $? -eq 1"), "{hint:?}");
    }

    #[test]
    fn a_filter_that_fails_is_named() {
        let (error, _) = refused(&["grep", "["]);
        assert_eq!(error, "the filter `grep [` failed with code 2");
        let (error, hint) = refused(&["sh", "-c", "echo a; exit 3"]);
        assert_eq!(
            (error.as_str(), hint),
            ("the filter `sh -c echo a; exit 3` failed with code 3", None)
        );
        let (error, _) = refused(&["sh", "-c", "kill -9 $$"]);
        assert_eq!(error, "the filter `sh -c kill -9 $$` was ended by signal 9");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let (error, hint) = refused(&["/no/such/program", "-x"]);
        assert!(
            error.starts_with("the filter `/no/such/program -x` cannot be started: "),
            "{error}"
        );
        assert!(hint.unwrap().contains("PATH"), "{hint:?}");
        let (error, hint) = refused(&["sh", "-c", "exec /no/such/program"]);
        assert!(error.ends_with(" failed with code 127: a program was not found"), "{error}");
        assert!(hint.unwrap().contains("PATH"), "{hint:?}");
    }

    #[test]
    fn it_does_not_outlive_its_task() {
        let mut filter = start(&["sh", "-c", "echo ready; exec sleep 600"], b"").unwrap();
        let mut ready = [0; 6];
        filter.read_exact(&mut ready).unwrap();
        let look = format!("kill -0 {} 2> /dev/null", filter.child.id());
        let runs = || Command::new("sh").args(["-c", &look]).status().unwrap().success();
        assert!(runs());
        drop(filter);
        assert!(!runs());
    }
}
