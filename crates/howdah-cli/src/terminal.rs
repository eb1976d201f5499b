//! What is written to the standard output and the standard error, a whole piece at a time.
//!
//! A reader that has gone away is no reason to fail: the exit code says how the job ended.

use std::io::Write;

/// Writes a line to the standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes text to the standard output.
pub(crate) fn show(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
