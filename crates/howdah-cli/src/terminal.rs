//! What is written to the standard output and the standard error, a whole piece at a time.
//!
//! A reader that has gone away is no reason to fail: the exit code says how the job ended.

use std::io::Write;

use howdah_plan::visible::visible_lines;

/// Writes lines to the standard error, without what a terminal would obey: a path may hold anything.
pub(crate) fn complain(lines: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", visible_lines(lines));
}

/// Writes lines to the standard error as they are: what Hadoop says too is said to the byte.
pub(crate) fn repeat(lines: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{lines}");
}

/// Writes text to the standard output.
pub(crate) fn show(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
