//! A task's input: lines, and sorted lines as groups.

use std::io::{self, ErrorKind, Read};

use howdah_plan::{RawValues, TaskError};

use super::records::StreamError;

/// How much is read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// Lines that end with a line feed, which the last may lack. Nothing else is taken from them.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the line at hand begins and ends in the buffer.
    begin: usize,
    end: usize,
    /// Where the line after it begins.
    next: usize,
    /// How much of the buffer is read.
    filled: usize,
    at_end: bool,
    number: u64,
    offset: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Lines::with_capacity(input, BUFFER_BYTES)
    }

    fn with_capacity(input: R, capacity: usize) -> Self {
        Lines {
            input,
            buffer: vec![0; capacity],
            begin: 0,
            end: 0,
            next: 0,
            filled: 0,
            at_end: false,
            number: 0,
            offset: 0,
        }
    }

    /// Goes to the next line; `false` after the last.
    pub(super) fn advance(&mut self) -> Result<bool, TaskError> {
        self.offset += (self.next - self.begin) as u64;
        self.begin = self.next;
        let mut searched = self.begin;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[searched..self.filled]) {
                self.end = searched + at;
                self.next = self.end + 1;
                break;
            }
            searched = self.filled;
            if self.at_end {
                self.end = self.filled;
                self.next = self.filled;
                if self.begin == self.end {
                    return Ok(false);
                }
                break;
            }
            searched -= self.fill().map_err(|error| {
                TaskError::engine(StreamError::new("the task's input cannot be read", error))
            })?;
        }
        self.number += 1;
        Ok(true)
    }

    /// Reads more, and tells by how much the line at hand moved to the front for it.
    fn fill(&mut self) -> io::Result<usize> {
        let moved = self.begin;
        if moved > 0 {
            self.buffer.copy_within(moved..self.filled, 0);
            self.begin = 0;
            self.filled -= moved;
        }
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.at_end = true,
                Ok(n) => self.filled += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(moved);
        }
    }

    /// The line at hand.
    pub(super) fn line(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    /// Its number, from 1; 0 before the first.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Where it begins in the input, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.offset
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
        let mut lines = Lines::with_capacity(Slow(text, false), capacity);
        let mut all = Vec::new();
        while lines.advance().unwrap() {
            all.push((lines.number(), lines.offset(), lines.line().to_vec()));
        }
        assert!(!lines.advance().unwrap());
        all
    }

    #[test]
    fn lines_end_with_a_line_feed_alone_for_any_buffer() {
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
        let mut lines = Lines::with_capacity(text, 4);
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
