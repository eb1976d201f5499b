//! A task's input: lines, and sorted lines as records.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use howdah_plan::{LineForm, SortedRecords, Step, StepInput, TaskError, TaskInfo, TaskKind};
use howdah_streaming::line_buffer::{LineBuffer, Next};
use howdah_streaming::lines::Terminator;

use super::complain;
use super::failure::{Place, Unit};
use super::input::{Input, State, read};
use super::task::Signs;
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
    /// What divides a reducer's records into key and value.
    separator: Separator,
    signs: Arc<Signs>,
}

/// The property that names another order of keys than that of their bytes.
const COMPARATOR: &str = "mapreduce.job.output.key.comparator.class";

impl<R: Read> Lines<R> {
    /// The lines of a task's input, which end as its properties say.
    pub(super) fn of(input: R, task: &TaskInfo, signs: &Arc<Signs>) -> Self {
        let has_own_delimiter = lookup(&task.properties, DELIMITER).is_some();
        Lines {
            has_own_order: lookup(&task.properties, COMPARATOR).is_some(),
            separator: match task.kind {
                TaskKind::Map => Separator::TAB,
                TaskKind::Combine | TaskKind::Reduce => Separator::of(task, REDUCE_INPUT),
            },
            signs: Arc::clone(signs),
            ..Lines::new(input, terminator(task.kind, has_own_delimiter))
        }
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
            separator: Separator::TAB,
            signs: Arc::default(),
        }
    }

    fn read(&mut self) -> Result<(), TaskError> {
        let room = self.buffer.room();
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
                    self.signs.at(self.number)?;
                    return Ok(true);
                }
                Next::End => {
                    self.state = State::Ended;
                    self.signs.at_end()?;
                    return Ok(false);
                }
                Next::NeedsMore => self.read()?,
                Next::TooLong => return Err(TaskError::engine(self.buffer.too_long())),
            }
        }
    }

    fn line(&self) -> &[u8] {
        self.buffer.line()
    }

    fn split(&self) -> (&[u8], Option<&[u8]>) {
        self.separator.split(self.line())
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

/// The properties that say what divides keys from values in the lines of each pipe.
const MAP_INPUT: &str = "stream.map.input.field.separator";
const MAP_OUTPUT: &str = "stream.map.output.field.separator";
const REDUCE_INPUT: &str = "stream.reduce.input.field.separator";
const REDUCE_OUTPUT: &str = "stream.reduce.output.field.separator";

/// What divides a line's key from its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Separator(
    /// `None` is a TAB.
    Option<Box<[u8]>>,
);

impl Separator {
    pub(super) const TAB: Separator = Separator(None);

    /// What a property says. Without it, and if it is empty, it is a TAB.
    fn of(task: &TaskInfo, property: &str) -> Self {
        let text = lookup(&task.properties, property).filter(|text| !matches!(*text, "" | "\t"));
        Separator(text.map(|text| text.as_bytes().into()))
    }

    /// Where Hadoop divides the lines that a task writes if that is no TAB, and the property that says it. Lines that
    /// are all key to it it leaves as they are.
    pub(super) fn of_output(task: &TaskInfo) -> Option<(Self, &'static str)> {
        let (pipe, property) = match task.kind {
            TaskKind::Map => ("stream.map.output", MAP_OUTPUT),
            TaskKind::Combine | TaskKind::Reduce => ("stream.reduce.output", REDUCE_OUTPUT),
        };
        let id = lookup(&task.properties, pipe).unwrap_or_default();
        let separator = Separator::of(task, property);
        let is_looked_for = separator != Separator::TAB && !id.eq_ignore_ascii_case("keyonlytext");
        is_looked_for.then_some((separator, property))
    }

    #[cfg(test)]
    pub(super) fn other(text: &str) -> Self {
        Separator(Some(text.as_bytes().into()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(b"\t")
    }

    /// Where the first one is.
    #[inline]
    pub(super) fn find(&self, line: &[u8]) -> Option<usize> {
        match &self.0 {
            None => memchr::memchr(b'\t', line),
            Some(separator) => memchr::memmem::find(line, separator),
        }
    }

    /// A record's key, and its value if it has one: what stands before the first separator, and what follows it
    /// without one separator at its end.
    ///
    /// Hadoop Streaming puts that one there where lines are all key to it, as where values are sorted: it divides such
    /// a line from a value that is not there.
    #[inline]
    pub(super) fn split<'l>(&self, line: &'l [u8]) -> (&'l [u8], Option<&'l [u8]>) {
        match self.find(line) {
            Some(at) => {
                let separator = self.bytes();
                let value = &line[at + separator.len()..];
                (&line[..at], Some(value.strip_suffix(separator).unwrap_or(value)))
            }
            None => (line, None),
        }
    }
}

/// Why a step cannot do with the separators that its properties name; `None` if it can.
///
/// A mapper of pairs, or of whole files, knows no other than a TAB. Values are sorted by Hadoop as fields of the
/// key, which three more properties would have to divide in the same way.
pub(super) fn refusal(step: &Step, reads: Option<&StepInput>, task: &TaskInfo) -> Option<String> {
    const SORTS: &str = "sorts its values, which needs a TAB between key and value";
    const READS: &str = "has a mapper that reads records with a TAB in them";
    let reads_tabs =
        reads.is_some_and(|input| input.whole_files || input.reads == LineForm::JsonPair);
    let needs = [
        (MAP_OUTPUT, step.sort_values, SORTS),
        (REDUCE_INPUT, step.sort_values, SORTS),
        (MAP_INPUT, reads_tabs, READS),
    ];
    let is_unmet = |&(property, is_needed, _): &(&str, bool, &str)| {
        is_needed && Separator::of(task, property) != Separator::TAB
    };
    let (property, _, why) = needs.into_iter().find(is_unmet)?;
    let text = lookup(&task.properties, property).unwrap_or_default().escape_debug();
    let number = format!("step {} (`--step {}`)", task.step + 1, task.step);
    Some(format!("`{property}` is `{text}`, and {number} {why}\nhint: leave it out"))
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
        if self.warns && self.key() < &self.group_key[..] {
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
        self.starts_group = self.lines.number == 1 || self.key() != self.group_key;
        if self.starts_group {
            self.look_at_order();
            self.group_key.clear();
            self.group_key.extend_from_slice(self.lines.split().0);
        }
        Ok(true)
    }

    fn key(&self) -> &[u8] {
        self.lines.split().0
    }

    fn value(&self) -> &[u8] {
        self.lines.split().1.unwrap_or_default()
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
        let split = |line| Separator::TAB.split(line);
        assert_eq!(split(b"a"), (&b"a"[..], None));
        assert_eq!(split(b"a\t"), (&b"a"[..], Some(&b""[..])));
        assert_eq!(split(b"a\tb\t"), (&b"a"[..], Some(&b"b"[..])));
    }

    fn task(kind: TaskKind, properties: &[(&str, &str)]) -> TaskInfo {
        let mut task = TaskInfo::new(0, kind, 0);
        let pairs = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        task.properties = Arc::new(pairs.collect());
        task
    }

    #[test]
    fn a_reducer_divides_its_lines_where_hadoop_has_joined_them() {
        let task = task(TaskKind::Reduce, &[("stream_reduce_input_field_separator", "::")]);
        let mut lines = Lines::of(&b"a:\t::1::2\na:\t::3::\n"[..], &task, &Arc::default());
        let mut records = SortedLines::new(&mut lines);
        for (value, starts) in [("1::2", true), ("3", false)] {
            assert!(records.advance().unwrap());
            assert_eq!((records.key(), records.value()), (&b"a:\t"[..], value.as_bytes()));
            assert_eq!(records.starts_group(), starts);
        }
    }

    #[test]
    fn each_output_is_divided_by_its_own_property() {
        for (kind, pipe) in [
            (TaskKind::Map, "stream_map_output"),
            (TaskKind::Combine, "stream_reduce_output"),
            (TaskKind::Reduce, "stream_reduce_output"),
        ] {
            let property = format!("{pipe}_field_separator");
            let said = |more: &[(&str, &str)]| {
                let properties = [&[(&*property, ",")], more].concat();
                let found = Separator::of_output(&task(kind, &properties))?;
                assert_eq!(found.1.replace('.', "_"), property);
                Some(found.0)
            };
            assert_eq!(said(&[]), Some(Separator::other(",")));
            assert_eq!(said(&[(pipe, "keyOnlyText")]), None);
            assert_eq!(Separator::of_output(&task(kind, &[])), None);
        }
    }

    #[test]
    fn separators_that_a_step_cannot_do_with_are_refused() {
        use howdah_plan::Part;
        let mut step = Step::new(Part::Identity, Part::Identity);
        step.inputs[0].reads = LineForm::JsonPair;
        let says = |step: &Step, kind, property: &str, text: &str| {
            let reads = (kind == TaskKind::Map).then(|| &step.inputs[0]);
            refusal(step, reads, &task(kind, &[(property, text)]))
        };
        let all = [MAP_INPUT, MAP_OUTPUT, REDUCE_INPUT, REDUCE_OUTPUT];
        for property in all {
            for text in ["", "\t"] {
                assert_eq!(says(&step, TaskKind::Map, property, text), None, "{property} {text}");
            }
        }
        assert_eq!(
            says(&step, TaskKind::Map, MAP_INPUT, ",").unwrap(),
            "`stream.map.input.field.separator` is `,`, and step 1 (`--step 0`) has a mapper that reads records \
             with a TAB in them\nhint: leave it out"
        );
        assert_eq!(says(&step, TaskKind::Map, MAP_OUTPUT, ","), None);
        assert_eq!(says(&step, TaskKind::Reduce, MAP_INPUT, ","), None);
        step.inputs[0].reads = LineForm::Text;
        assert_eq!(says(&step, TaskKind::Map, MAP_INPUT, ","), None);
        step.inputs[0].whole_files = true;
        assert!(says(&step, TaskKind::Map, MAP_INPUT, ",").is_some());
        step.sort_values = true;
        for kind in [TaskKind::Map, TaskKind::Reduce] {
            for property in [MAP_OUTPUT, REDUCE_INPUT] {
                let said = says(&step, kind, property, "\u{1}").unwrap();
                assert!(said.starts_with(&format!("`{property}` is `\\u{{1}}`, and ")), "{said}");
            }
            assert_eq!(says(&step, kind, REDUCE_OUTPUT, ","), None);
        }
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
