//! The standard output and input, in large buffers.

use std::io::{self, BufRead, BufReader, BufWriter, StdinLock, StdoutLock};

const BUFFER_BYTES: usize = 1 << 20;

pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock())
}

pub(crate) fn stdin() -> BufReader<StdinLock<'static>> {
    BufReader::with_capacity(BUFFER_BYTES, io::stdin().lock())
}

/// Calls `each` with every line of the standard input, without its end.
pub(crate) fn each_line(mut each: impl FnMut(&[u8]) -> crate::Outcome) -> crate::Outcome {
    let (mut input, mut line) = (stdin(), Vec::new());
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        each(line.strip_suffix(b"\n").unwrap_or(&line))?;
    }
}

/// A line's part before its first TAB, and the one after it.
pub(crate) fn split(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\t', line) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, &[]),
    }
}
