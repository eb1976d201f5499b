//! A task's input: lines, and sorted lines as records.

use std::borrow::Cow;
use std::io::Read;

use howdah_plan::{SortedRecords, TaskError, TaskInfo, TaskKind};
use howdah_streaming::line_buffer::{LineBuffer, Next};
use howdah_streaming::lines::Terminator;

use super::complain;
use super::failure::{Place, Unit};
use super::input::{Input, State, read};
use crate::property::lookup;

/// The property that divides records by something else than line ends.
pub(super) const DELIMITER: &str = "textinputformat.record.delimiter";

/// How much is read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// What ends a line of a task's input.
///
/// Hadoop hands a mapper lines that have neither CR nor LF in them. A mapper in a pipe takes them apart itself, by
/// the same rule. A job that reads records with a delimiter of its own, and what a reducer reads, is lines of LF alone.
fn terminator(kind: TaskKind, has_own_delimiter: bool) -> Terminator {
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
    state: State,
    /// Whether the records of a reducer come in another order than that of their keys' bytes.
    has_own_order: bool,
}

/// The property that names another order of keys than that of their bytes.
const COMPARATOR: &str = "mapreduce.job.output.key.comparator.class";

impl<R: Read> Lines<R> {
    /// The lines of a task's input, which end as its properties say.
    pub(super) fn of(input: R, task: &TaskInfo) -> Self {
        let has_own_delimiter = lookup(&task.properties, DELIMITER).is_some();
        let has_own_order = lookup(&task.properties, COMPARATOR).is_some();
        Lines { has_own_order, ..Lines::new(input, terminator(task.kind, has_own_delimiter)) }
    }

    fn new(input: R, terminator: Terminator) -> Self {
        Lines::with_capacity(input, terminator, BUFFER_BYTES)
    }

    fn with_capacity(input: R, terminator: Terminator, capacity: usize) -> Self {
        // A record has no limit here: who feeds this task has read it already.
        Lines {
            input,
            buffer: LineBuffer::new(terminator, capacity, usize::MAX / 4),
            number: 0,
            state: State::Open,
            has_own_order: false,
        }
    }

    fn read(&mut self) -> Result<(), TaskError> {
        let room = self.buffer.room().map_err(TaskError::engine)?;
        let count = read(&mut self.input, room).inspect_err(|_| self.state = State::Broken)?;
        self.buffer.read(count);
        Ok(())
    }
}

impl<R: Read> Input for Lines<R> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        loop {
            match self.buffer.advance() {
                Next::Line => {
                    self.number += 1;
                    return Ok(true);
                }
                Next::End => {
                    self.state = State::Ended;
                    return Ok(false);
                }
                Next::NeedsMore => self.read()?,
            }
        }
    }

    fn line(&self) -> &[u8] {
        self.buffer.line()
    }

    fn bytes(&self) -> Cow<'_, [u8]> {
        self.line().into()
    }

    fn offset(&self) -> u64 {
        self.buffer.line_position()
    }

    fn place(&self) -> Place {
        self.state.place(Unit::Line, self.number, self.offset(), self.line())
    }

    fn sorted(&mut self) -> impl SortedRecords {
        SortedLines::new(self)
    }
}

/// A record's key, and its value if it has one: what stands before the first TAB, and what follows it without one TAB
/// at its end.
///
/// Hadoop Streaming puts that TAB there where lines are all key to it, as where values are sorted: it divides such a
/// line from a value that is not there.
pub(super) fn split(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'\t', line) {
        Some(tab) => {
            let value = &line[tab + 1..];
            (&line[..tab], Some(value.strip_suffix(b"\t").unwrap_or(value)))
        }
        None => (line, None),
    }
}

/// Sorted lines as records: lines that follow each other and have the same bytes as key are a group.
struct SortedLines<'l, R> {
    lines: &'l mut Lines<R>,
    group_key: Vec<u8>,
    starts_group: bool,
    /// Whether a key that is out of order is worth a warning still.
    warns: bool,
}

impl<'l, R: Read> SortedLines<'l, R> {
    fn new(lines: &'l mut Lines<R>) -> Self {
        let warns = !lines.has_own_order;
        SortedLines { lines, group_key: Vec::new(), starts_group: false, warns }
    }

    /// Warns once of keys that are not in the order of their bytes, in which equal ones surely are together.
    fn look_at_order(&mut self) {
        let line = self.lines.line();
        if self.warns && split(line).0 < &self.group_key[..] {
            self.warns = false;
            complain(&format!(
                "warning: line {} is out of order, so that equal keys may have come apart\n\
                 hint: in a pipe, put `LC_ALL=C sort` before this",
                self.lines.number
            ));
        }
    }
}

impl<R: Read> SortedRecords for SortedLines<'_, R> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        if !self.lines.advance()? {
            return Ok(false);
        }
        let key = split(self.lines.line()).0;
        self.starts_group = self.lines.number == 1 || key != self.group_key;
        if self.starts_group {
            self.look_at_order();
            self.group_key.clear();
            self.group_key.extend_from_slice(split(self.lines.line()).0);
        }
        Ok(true)
    }

    fn key(&self) -> &[u8] {
        split(self.lines.line()).0
    }

    fn value(&self) -> &[u8] {
        split(self.lines.line()).1.unwrap_or_default()
    }

    fn starts_group(&self) -> bool {
        self.starts_group
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, ErrorKind};

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
            all.push((lines.number, lines.offset(), lines.line().to_vec()));
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
            assert_eq!((lines.number, lines.offset(), line), expected);
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

    #[test]
    fn equal_keys_in_a_row_are_a_group() {
        let mut lines = Lines::with_capacity(&b"a\t1\na\t2\tx\nb\n\n\n"[..], line_feed(), 4);
        let mut records = SortedLines::new(&mut lines);
        for (key, value, starts) in [
            ("a", "1", true),
            ("a", "2\tx", false),
            ("b", "", true),
            ("", "", true),
            ("", "", false),
        ] {
            assert!(records.advance().unwrap());
            assert_eq!(records.key(), key.as_bytes());
            assert_eq!(records.value(), value.as_bytes());
            assert_eq!(records.starts_group(), starts, "{key} {value}");
        }
        assert!(!records.advance().unwrap());
        assert_eq!(lines.place(), Place::Finish);
    }

    #[test]
    fn a_group_is_what_stands_before_the_first_tab_and_one_tab_at_the_end_is_nobodys() {
        let sorted = b"\xffk\t\xfe1\t\n\xffk\t\xfe2\n\xffk\t3\t\t\n\xffkk\t\n\xffkk\t\t\n\xffkk\n";
        let mut lines = Lines::with_capacity(&sorted[..], line_feed(), 4);
        let mut records = SortedLines::new(&mut lines);
        for (key, value, starts) in [
            (&b"\xffk"[..], &b"\xfe1"[..], true),
            (b"\xffk", b"\xfe2", false),
            (b"\xffk", b"3\t", false),
            (b"\xffkk", b"", true),
            (b"\xffkk", b"", false),
            (b"\xffkk", b"", false),
        ] {
            assert!(records.advance().unwrap());
            assert_eq!((records.key(), records.value()), (key, value));
            assert_eq!(records.starts_group(), starts, "{}", value.escape_ascii());
        }
        assert!(!records.advance().unwrap());
    }

    #[test]
    fn a_line_without_a_tab_has_no_value() {
        assert_eq!(split(b"a"), (&b"a"[..], None));
        assert_eq!(split(b"a\t"), (&b"a"[..], Some(&b""[..])));
        assert_eq!(split(b"a\tb\t"), (&b"a"[..], Some(&b"b"[..])));
    }

    #[test]
    fn an_input_that_breaks_says_behind_which_line_and_why() {
        struct Breaks<'a>(&'a [u8], fn() -> io::Error);
        impl Read for Breaks<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() { Err(self.1()) } else { self.0.read(buffer) }
            }
        }
        let broken = |text, error| {
            let mut lines = Lines::new(Breaks(text, error), line_feed());
            loop {
                match lines.advance() {
                    Ok(more) => assert!(more),
                    Err(error) => return (lines.place(), error),
                }
            }
        };
        let (place, error) = broken(b"", || ErrorKind::TimedOut.into());
        assert_eq!(place, Place::Start);
        assert!(error.to_string().starts_with("the task's input cannot be read: "), "{error}");
        // The third line may not be whole: it is none.
        let own = || io::Error::other(TaskError::job("its sender failed"));
        let (place, error) = broken(b"a\nb\nc", own);
        assert_eq!(place, Place::Behind(Unit::Line, 2));
        assert_eq!(
            (error.slug(), error.to_string().as_str()),
            ("howdah::job-error", "its sender failed")
        );
    }
}
