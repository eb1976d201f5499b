//! What is read line by line, in no more memory than a line of ordinary length takes.

use std::collections::VecDeque;
use std::io::{self, Write};

/// How much of a line is gathered before the rest of it is passed over.
const LINE_BYTES: usize = 64 << 10;

/// Takes lines, each without its end.
pub(crate) trait TakeLine {
    /// Takes the next.
    fn line(&mut self, line: &[u8]) -> io::Result<()>;
}

impl<F: FnMut(&[u8]) -> io::Result<()>> TakeLine for F {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self(line)
    }
}

/// Cuts what is written to it into lines, and hands them on. The last line needs a flush.
pub(crate) struct Lines<T> {
    taker: T,
    line: Vec<u8>,
    is_begun: bool,
}

impl<T: TakeLine> Lines<T> {
    pub(crate) fn new(taker: T) -> Self {
        Lines { taker, line: Vec::new(), is_begun: false }
    }

    pub(crate) fn into_taker(self) -> T {
        self.taker
    }

    fn end_line(&mut self) -> io::Result<()> {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        let taken = self.taker.line(line);
        self.line.clear();
        self.is_begun = false;
        taken
    }
}

impl<T: TakeLine> Write for Lines<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let text = piece.strip_suffix(b"\n").unwrap_or(piece);
            let room = LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            self.is_begun = true;
            if text.len() < piece.len() {
                self.end_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_begun { self.end_line() } else { Ok(()) }
    }
}

/// Keeps a line as the last of at most so many.
pub(crate) fn keep_last(lines: &mut VecDeque<String>, line: &str, most: usize) {
    if lines.len() == most {
        lines.pop_front();
    }
    lines.push_back(line.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut splitter = Lines::new(|line: &[u8]| {
            lines.push(String::from_utf8_lossy(line).into_owned());
            Ok(())
        });
        for piece in pieces {
            splitter.write_all(piece).unwrap();
        }
        splitter.flush().unwrap();
        lines
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        assert_eq!(lines_of(&[b"one\r\n\ntw", b"o\nthr", b"ee"]), ["one", "", "two", "three"]);
        assert_eq!(lines_of(&[b"one\n"]), ["one"]);
        assert_eq!(lines_of(&[]), [""; 0]);
    }

    #[test]
    fn of_a_very_long_line_the_beginning_is_kept() {
        let piece = [b'x'; 10_000];
        let mut pieces = vec![&piece[..]; 100];
        pieces.push(b"\nnext\n");
        let lines = lines_of(&pieces);
        assert_eq!((lines[0].len(), lines[1].as_str(), lines.len()), (LINE_BYTES, "next", 2));
    }
}
