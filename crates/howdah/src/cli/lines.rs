//! A task's input: lines, and sorted lines as groups.

use std::io::{ErrorKind, Read};

use howdah_plan::{RawValues, TaskError, TaskKind};
use howdah_streaming::line_buffer::{LineBuffer, Next};
use howdah_streaming::lines::Terminator;

use super::records::StreamError;

/// How much is read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// What ends a line of a task's input.
///
/// Hadoop hands a mapper lines that have neither CR nor LF in them. A mapper in a pipe takes them apart itself, by
/// the same rule. A job that reads records with a delimiter of its own, and what a reducer reads, is lines of LF alone.
pub(super) fn terminator(kind: TaskKind, has_own_delimiter: bool) -> Terminator {
    if kind == TaskKind::Map && !has_own_delimiter {
        Terminator::Line
    } else {
        Terminator::Custom(b"\n".to_vec())
    }
}

/// The lines of a task's input.
pub(super) struct Lines<R> {
    input: R,
    buffer: LineBuffer,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R, terminator: Terminator) -> Self {
        Lines::with_capacity(input, terminator, BUFFER_BYTES)
    }

    fn with_capacity(input: R, terminator: Terminator, capacity: usize) -> Self {
        // A record has no limit here: who feeds this task has read it already.
        Lines { input, buffer: LineBuffer::new(terminator, capacity, usize::MAX / 4), number: 0 }
    }

    /// Goes to the next line; `false` after the last.
    pub(super) fn advance(&mut self) -> Result<bool, TaskError> {
        loop {
            match self.buffer.advance() {
                Next::Line => {
                    self.number += 1;
                    return Ok(true);
                }
                Next::End => return Ok(false),
                Next::NeedsMore => self.read()?,
            }
        }
    }

    fn read(&mut self) -> Result<(), TaskError> {
        let room = self.buffer.room().map_err(TaskError::engine)?;
        let count = loop {
            match self.input.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = count.map_err(|error| {
            TaskError::engine(StreamError::new("the task's input cannot be read", error))
        })?;
        self.buffer.read(count);
        Ok(())
    }

    /// The line at hand.
    pub(super) fn line(&self) -> &[u8] {
        self.buffer.line()
    }

    /// Its number, from 1; 0 before the first.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Where it begins in the input, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.buffer.line_position()
    }
}

/// A record's key and value. A line without a TAB is all key.
pub(super) fn split(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\t', line) {
        Some(tab) => (&line[..tab], &line[tab + 1..]),
        None => (line, b""),
    }
}

/// Sorted lines as groups: lines that follow each other and have the same bytes as key.
pub(super) struct Groups<'l, R> {
    lines: &'l mut Lines<R>,
    /// What the line at hand is to the group at hand.
    at: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// There is no line at hand yet.
    Start,
    /// It is of this group, and was not given yet.
    Unread,
    /// It is of this group, and was given.
    Read,
    /// It is the first of the next group.
    Next,
    /// There is no line any more.
    End,
}

impl<'l, R: Read> Groups<'l, R> {
    pub(super) fn new(lines: &'l mut Lines<R>) -> Self {
        Groups { lines, at: At::Start }
    }

    /// Goes to the next group, and puts its key in place of the last one's; `false` after the last.
    pub(super) fn advance(&mut self, key: &mut Vec<u8>) -> Result<bool, TaskError> {
        if self.at == At::Start {
            self.at = if self.lines.advance()? { At::Next } else { At::End };
        }
        while matches!(self.at, At::Unread | At::Read) {
            self.go_on(key)?;
        }
        if self.at == At::End {
            return Ok(false);
        }
        key.clear();
        key.extend_from_slice(split(self.lines.line()).0);
        self.at = At::Unread;
        Ok(true)
    }

    fn go_on(&mut self, key: &[u8]) -> Result<(), TaskError> {
        self.at = if !self.lines.advance()? {
            At::End
        } else if split(self.lines.line()).0 == key {
            At::Unread
        } else {
            At::Next
        };
        Ok(())
    }

    /// The values of the group that has this key.
    pub(super) fn values<'g>(&'g mut self, key: &'g [u8]) -> GroupValues<'g, 'l, R> {
        GroupValues { groups: self, key }
    }
}

/// The values of a group.
pub(super) struct GroupValues<'g, 'l, R> {
    groups: &'g mut Groups<'l, R>,
    key: &'g [u8],
}

impl<R: Read> RawValues for GroupValues<'_, '_, R> {
    fn next(&mut self) -> Result<Option<&[u8]>, TaskError> {
        if self.groups.at == At::Read {
            self.groups.go_on(self.key)?;
        }
        if self.groups.at != At::Unread {
            return Ok(None);
        }
        self.groups.at = At::Read;
        Ok(Some(split(self.groups.lines.line()).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn line_feed() -> Terminator {
        terminator(TaskKind::Reduce, false)
    }

    /// Gives one byte at a time, with interruptions.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            let n = buffer.len().min(1);
            self.0.read(&mut buffer[..n])
        }
    }

    fn lines(text: &[u8], capacity: usize) -> Vec<(u64, u64, Vec<u8>)> {
        let mut lines = Lines::with_capacity(Slow(text, false), line_feed(), capacity);
        let mut all = Vec::new();
        while lines.advance().unwrap() {
            all.push((lines.number(), lines.offset(), lines.line().to_vec()));
        }
        assert!(!lines.advance().unwrap());
        all
    }

    #[test]
    fn a_mappers_lines_end_as_hadoops_do() {
        let mut lines = Lines::new(&b"a\r\nb\rc"[..], terminator(TaskKind::Map, false));
        for expected in [(1, 0, "a"), (2, 3, "b"), (3, 5, "c")] {
            assert!(lines.advance().unwrap());
            let line = str::from_utf8(lines.line()).unwrap();
            assert_eq!((lines.number(), lines.offset(), line), expected);
        }
        assert_eq!(terminator(TaskKind::Map, true), line_feed());
    }

    #[test]
    fn a_reducers_lines_end_with_a_line_feed_alone_for_any_buffer() {
        for capacity in 1..12 {
            assert_eq!(lines(b"", capacity), []);
            assert_eq!(
                lines(b"ab\r\n\n\tc\rd\t\nlast one", capacity),
                [
                    (1, 0, b"ab\r".to_vec()),
                    (2, 4, b"".to_vec()),
                    (3, 5, b"\tc\rd\t".to_vec()),
                    (4, 11, b"last one".to_vec()),
                ]
            );
            assert_eq!(lines(b"\n", capacity), [(1, 0, b"".to_vec())]);
        }
    }

    /// Each group's key and values, of which at most `take` are asked for.
    fn groups(text: &[u8], take: usize) -> Vec<(String, Vec<String>)> {
        let text_of = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut lines = Lines::with_capacity(text, line_feed(), 4);
        let (mut groups, mut key, mut all) = (Groups::new(&mut lines), Vec::new(), Vec::new());
        while groups.advance(&mut key).unwrap() {
            let (mut values, mut taken) = (groups.values(&key), Vec::new());
            while taken.len() < take {
                match values.next().unwrap() {
                    Some(value) => taken.push(text_of(value)),
                    None => break,
                }
            }
            all.push((text_of(&key), taken));
        }
        all
    }

    #[test]
    fn equal_keys_in_a_row_are_a_group_whatever_is_asked_for() {
        let text = b"a\t1\na\t2\tx\nb\na\t\na";
        let of = |key: &str, values: &[&str]| {
            (key.to_owned(), values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(groups(text, 9), [of("a", &["1", "2\tx"]), of("b", &[""]), of("a", &["", ""])]);
        assert_eq!(groups(text, 1), [of("a", &["1"]), of("b", &[""]), of("a", &[""])]);
        assert_eq!(groups(text, 0), [of("a", &[]), of("b", &[]), of("a", &[])]);
        assert_eq!(groups(b"", 9), []);
    }
}
