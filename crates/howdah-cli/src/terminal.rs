//! What is written to the standard output and the standard error, a whole piece at a time.
//!
//! A reader that has gone away is no reason to fail: the exit code says how the job ended.

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};

use howdah_plan::exit;
use howdah_plan::visible::visible_lines;

/// Writes lines to the standard error, without what a terminal would obey: a path may hold anything.
pub(crate) fn complain(lines: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", visible_lines(lines));
}

/// Writes lines to the standard error, where what Hadoop says too is said to the byte. A terminal alone is not given what
/// it would obey: a command, and so a record, may have said it.
pub(crate) fn repeat(lines: &str) {
    let mut stderr = std::io::stderr().lock();
    let lines =
        if stderr.is_terminal() { Cow::Owned(visible_lines(lines)) } else { Cow::Borrowed(lines) };
    let _ = writeln!(stderr, "{lines}");
}

/// Says what `clap` has to say; gives the exit code. Help goes to the standard output and is no failure; the rest does
/// and is.
pub(crate) fn tell_of_usage(error: &clap::Error) -> u8 {
    let code = u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
    if error.use_stderr() {
        complain(&error.render().to_string());
        return code;
    }
    match error.print() {
        Ok(()) => code,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit::BROKEN_PIPE, // `… --help | head` has what it wanted
        Err(_) => exit::IO,
    }
}

/// Writes text to the standard output. Gives the exit code: `code`, unless the text could not be written, or went to nobody
/// and there is nothing else to tell.
#[must_use]
pub(crate) fn show(text: &str, code: u8) -> u8 {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => code,
        Err(error) if error.kind() == ErrorKind::BrokenPipe && code == exit::OK => {
            exit::BROKEN_PIPE
        }
        Err(error) if error.kind() == ErrorKind::BrokenPipe => code,
        Err(error) => {
            complain(&format!("error: the standard output cannot be written: {error}"));
            exit::IO
        }
    }
}
