//! A task's input of typed bytes: pairs, as lines and as records.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use howdah_plan::{LineForm, SortedRecords, TaskError, TaskInfo, TaskKind};
use howdah_streaming::typed_bytes::{Next, PairBuffer, Reader, Token, Value};

use crate::cli::failure::{Place, Unit};
use crate::cli::input::{self, Input, State};
use crate::cli::lines::Separator;
use crate::cli::task::Signs;
use crate::property::lookup;
use crate::protocol::typed::json_from_typed;

/// How much is read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// The input format whose keys, offsets of lines, no mapper of text gets.
const TEXT_INPUT_FORMAT: &str = "org.apache.hadoop.mapred.TextInputFormat";

/// Input formats whose keys and values are text of a file, and not values that a task wrote.
const FORMATS_OF_TEXT: &[&str] = &[
    "TextInputFormat",
    "CombineTextInputFormat",
    "KeyValueTextInputFormat",
    "NLineInputFormat",
    "SequenceFileAsTextInputFormat",
    "StreamInputFormat",
];

/// What becomes of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// `key TAB value`, both JSON.
    Pairs,
    /// The value: text as it is, anything else as JSON. A record without a value has its key here.
    Values,
    /// What Hadoop would have written as a line: `key TAB value`, or the value alone.
    Lines { ignores_key: bool },
}

impl Reading {
    /// What a task reads that would read lines of this form.
    ///
    /// Lines of a file stay what they are. Values that some task wrote become the JSON that a mapper of JSON reads.
    pub(super) fn of(info: &TaskInfo, form: LineForm) -> Self {
        if info.kind != TaskKind::Map {
            return Reading::Pairs;
        }
        let class = lookup(&info.properties, "mapred.input.format.class");
        let simple_name = class.and_then(|class| class.rsplit('.').next());
        let is_text = simple_name.is_some_and(|name| FORMATS_OF_TEXT.contains(&name));
        match form {
            LineForm::JsonPair if !is_text => Reading::Pairs,
            LineForm::JsonValue if !is_text => Reading::Values,
            _ => Reading::Lines { ignores_key: ignores_key(&info.properties, class) },
        }
    }
}

/// Whether a mapper's lines are the values alone, as `PipeMapper` decides it.
fn ignores_key(properties: &BTreeMap<String, String>, class: Option<&str>) -> bool {
    let set = lookup(properties, "stream.map.input.ignoreKey").map(str::trim);
    match set {
        Some(set) if set.eq_ignore_ascii_case("true") => true,
        Some(set) if set.eq_ignore_ascii_case("false") => false,
        _ => class.is_none_or(|class| class == TEXT_INPUT_FORMAT),
    }
}

/// The pairs of a task's input. Pairs that follow each other and have the same bytes as key are a group.
pub(in crate::cli) struct TypedPairs<R> {
    input: R,
    buffer: PairBuffer,
    reading: Reading,
    number: u64,
    state: State,
    /// The pair at hand, as a line.
    line: Vec<u8>,
    /// Where the key ends in it.
    key_end: usize,
    /// The key that `line` begins with.
    key: Vec<u8>,
    starts_group: bool,
    signs: Arc<Signs>,
}

impl<R: Read> TypedPairs<R> {
    /// The pairs of a task's input, which are lines of this form to it.
    pub(in crate::cli) fn of(
        input: R,
        task: &TaskInfo,
        form: LineForm,
        signs: &Arc<Signs>,
    ) -> Self {
        TypedPairs { signs: Arc::clone(signs), ..TypedPairs::new(input, Reading::of(task, form)) }
    }

    fn new(input: R, reading: Reading) -> Self {
        // A record has no limit here: who feeds this task has read it already.
        TypedPairs {
            input,
            buffer: PairBuffer::new(BUFFER_BYTES, usize::MAX / 4),
            reading,
            number: 0,
            state: State::Open,
            line: Vec::new(),
            key_end: 0,
            key: Vec::new(),
            starts_group: false,
            signs: Arc::default(),
        }
    }

    fn read(&mut self) -> Result<(), TaskError> {
        let room = self.buffer.room().map_err(|error| unreadable(&error))?;
        let count =
            input::read(&mut self.input, room).inspect_err(|_| self.state = State::Broken)?;
        self.buffer.read(count);
        Ok(())
    }

    fn write_line(&mut self) -> Result<(), TaskError> {
        let (key, value) = (self.buffer.key(), self.buffer.value());
        match self.reading {
            Reading::Pairs => return self.write_pair(),
            Reading::Values => {
                self.line.clear();
                let part = if is_empty_string(value) { key } else { value };
                match Reader::new(part).token() {
                    Ok(Token::String(text)) => self.line.extend_from_slice(text),
                    _ => write_json(part, "value", &mut self.line)?,
                }
            }
            Reading::Lines { ignores_key } => {
                self.line.clear();
                if !ignores_key {
                    write_text(key, &mut self.line);
                    self.line.push(b'\t');
                }
                write_text(value, &mut self.line);
            }
        }
        Ok(())
    }

    /// `key TAB value`. A key that comes again is not written again.
    fn write_pair(&mut self) -> Result<(), TaskError> {
        let (key, value) = (self.buffer.key(), self.buffer.value());
        // No JSON is empty: a key that ends at 0 is none, since there was no pair yet or its key cannot be written.
        self.starts_group = self.key_end == 0 || key != self.key;
        if self.starts_group {
            self.line.clear();
            self.key_end = 0;
            write_json(key, "key", &mut self.line)?;
            self.key.clear();
            self.key.extend_from_slice(key);
            self.key_end = self.line.len();
            self.line.push(b'\t');
        }
        self.line.truncate(self.key_end + 1);
        write_json(value, "value", &mut self.line)
    }
}

impl<R: Read> Input for TypedPairs<R> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        loop {
            match self.buffer.advance() {
                Ok(Next::Pair) => {
                    self.number += 1;
                    self.signs.at(self.number)?;
                    self.write_line()?;
                    return Ok(true);
                }
                Ok(Next::End) => {
                    self.state = State::Ended;
                    self.signs.at_end()?;
                    return Ok(false);
                }
                Ok(Next::NeedsMore) => self.read()?,
                Err(error) => {
                    self.state = State::Broken;
                    return Err(unreadable(&error));
                }
            }
        }
    }

    fn line(&self) -> &[u8] {
        &self.line
    }

    fn split(&self) -> (&[u8], Option<&[u8]>) {
        Separator::TAB.split(&self.line)
    }

    fn bytes(&self) -> Cow<'_, [u8]> {
        [self.buffer.key(), self.buffer.value()].concat().into()
    }

    fn offset(&self) -> u64 {
        self.buffer.pair_position()
    }

    fn place(&self) -> Place {
        self.state.place(Unit::Pair, self.number, self.offset(), self.line())
    }

    fn sorted(&mut self) -> impl SortedRecords {
        SortedPairs(self)
    }
}

/// Sorted pairs as records.
struct SortedPairs<'p, R>(&'p mut TypedPairs<R>);

impl<R: Read> SortedRecords for SortedPairs<'_, R> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        self.0.advance()
    }

    fn key(&self) -> &[u8] {
        self.0.line.get(..self.0.key_end).unwrap_or_default()
    }

    fn value(&self) -> &[u8] {
        self.0.line.get(self.0.key_end + 1..).unwrap_or_default()
    }

    fn starts_group(&self) -> bool {
        self.0.starts_group
    }
}

#[cold]
fn unreadable(error: &howdah_streaming::typed_bytes::Error) -> TaskError {
    TaskError::engine(format!(
        "the task's input is not the typed bytes that its properties promise: {error}"
    ))
}

fn write_json(typed: &[u8], what: &'static str, line: &mut Vec<u8>) -> Result<(), TaskError> {
    json_from_typed(typed, line)
        .map_err(|error| TaskError::decode(what, "value that JSON has a form for", typed, error))
}

/// A key or value as Hadoop writes it into a line.
fn write_text(typed: &[u8], line: &mut Vec<u8>) {
    match Reader::new(typed).token() {
        Ok(token) if token.is_null() => {}
        Ok(Token::String(bytes) | Token::Bytes(bytes)) => line.extend_from_slice(bytes),
        _ => {
            if let Ok((value, _)) = Value::read(typed) {
                line.extend_from_slice(value.to_string().as_bytes());
            }
        }
    }
}

/// What stands in the place of a value where a record has none.
fn is_empty_string(typed: &[u8]) -> bool {
    Reader::new(typed).token() == Ok(Token::String(b""))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    fn stream(values: &[Value]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for value in values {
            value.write(&mut bytes).unwrap();
        }
        bytes
    }

    fn string(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn lines(values: &[Value], reading: Reading) -> Vec<String> {
        let bytes = stream(values);
        let mut pairs = TypedPairs::new(&bytes[..], reading);
        let mut lines = Vec::new();
        while pairs.advance().unwrap() {
            lines.push(String::from_utf8(pairs.line().to_vec()).unwrap());
        }
        lines
    }

    #[test]
    fn a_line_of_a_file_is_the_value_alone() {
        let values = [Value::Long(0), string("b \"a\"\t1"), Value::Long(9), string("")];
        let reading = Reading::Lines { ignores_key: true };
        assert_eq!(lines(&values, reading), ["b \"a\"\t1", ""]);
    }

    #[test]
    fn a_line_of_a_pair_is_what_hadoop_writes() {
        let reading = Reading::Lines { ignores_key: false };
        let values =
            [string("k"), Value::Double(1e7), Value::Long(-1), Value::Bytes(b"raw".into())];
        assert_eq!(lines(&values, reading), ["k\t1.0E7", "-1\traw"]);
        let list = Value::List(vec![string("a"), Value::Bool(true)]);
        assert_eq!(lines(&[list, string("v")], reading), ["[a, true]\tv"]);
    }

    #[test]
    fn pairs_and_values_are_json() {
        let values = [
            string("a\tb"),
            Value::Vector(vec![Value::Int(1), Value::Float(0.5)]),
            Value::Long(7),
            string("{\"x\":1}"),
            Value::Map(vec![(string("d"), Value::Int(2))]),
            string(""),
        ];
        assert_eq!(
            lines(&values, Reading::Pairs),
            ["\"a\\tb\"\t[1,0.5]", "7\t\"{\\\"x\\\":1}\"", "{\"d\":2}\t\"\""]
        );
        assert_eq!(lines(&values, Reading::Values), ["[1,0.5]", "{\"x\":1}", "{\"d\":2}"]);
    }

    const CLASS: &str = "mapred_input_format_class";

    #[test]
    fn what_is_read_depends_on_the_input_format_and_the_mapper() {
        let reading = |kind, form, properties: &[(&str, &str)]| {
            let mut info = TaskInfo::new(0, kind, 0);
            let pairs = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            info.properties = Arc::new(pairs.collect());
            Reading::of(&info, form)
        };
        let text = [(CLASS, TEXT_INPUT_FORMAT)];
        let fields = [(CLASS, "org.apache.hadoop.mapred.KeyValueTextInputFormat")];
        let sequences = [(CLASS, "org.apache.hadoop.mapred.SequenceFileInputFormat")];
        let value_alone = Reading::Lines { ignores_key: true };
        let both = Reading::Lines { ignores_key: false };
        for form in [LineForm::Text, LineForm::JsonValue, LineForm::JsonPair] {
            assert_eq!(reading(TaskKind::Map, form, &text), value_alone);
            assert_eq!(reading(TaskKind::Map, form, &fields), both);
            assert_eq!(reading(TaskKind::Reduce, form, &text), Reading::Pairs);
            assert_eq!(reading(TaskKind::Combine, form, &[]), Reading::Pairs);
        }
        for (form, expected) in
            [(LineForm::JsonPair, Reading::Pairs), (LineForm::JsonValue, Reading::Values)]
        {
            assert_eq!(reading(TaskKind::Map, form, &sequences), expected);
            assert_eq!(reading(TaskKind::Map, form, &[]), expected);
        }
        assert_eq!(reading(TaskKind::Map, LineForm::Text, &sequences), both);
        assert_eq!(reading(TaskKind::Map, LineForm::Text, &[]), value_alone);
        let ignores = [sequences[0], ("stream_map_input_ignoreKey", "TRUE")];
        assert_eq!(reading(TaskKind::Map, LineForm::Text, &ignores), value_alone);
        let keeps = [text[0], ("stream.map.input.ignoreKey", "false")];
        assert_eq!(reading(TaskKind::Map, LineForm::Text, &keeps), both);
    }

    /// Gives one byte at a time, with interruptions.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let n = buffer.len().min(1);
            self.0.read(&mut buffer[..n])
        }
    }

    #[test]
    fn equal_keys_in_a_row_are_a_group() {
        let bytes = stream(&[
            string("a"),
            Value::Int(1),
            string("a"),
            string("x"),
            Value::Int(1),
            Value::Int(2),
            // The same number, but other bytes: Hadoop sorts and groups by these.
            Value::Long(1),
            Value::Int(3),
        ]);
        let mut pairs = TypedPairs::new(Slow(&bytes, false), Reading::Pairs);
        let mut records = SortedPairs(&mut pairs);
        for (offset, key, value, starts) in [
            (0, "\"a\"", "1", true),
            (11, "\"a\"", "\"x\"", false),
            (23, "1", "2", true),
            (33, "1", "3", true),
        ] {
            assert!(records.advance().unwrap());
            assert_eq!(records.0.offset(), offset);
            assert_eq!((records.key(), records.value()), (key.as_bytes(), value.as_bytes()));
            assert_eq!(records.starts_group(), starts, "{key} {value}");
        }
        assert!(!records.advance().unwrap());
        assert_eq!(pairs.place(), Place::Finish);
    }

    #[test]
    fn a_pair_that_json_cannot_say_tells_its_place() {
        let bytes = stream(&[string("a"), Value::Int(1), string("a"), Value::Double(f64::NAN)]);
        let mut pairs = TypedPairs::new(&bytes[..], Reading::Pairs);
        assert!(pairs.advance().unwrap());
        let error = pairs.advance().unwrap_err();
        assert_eq!(error.slug(), "howdah::undecodable-record");
        assert!(error.to_string().contains("it holds NaN, for which JSON has no word"), "{error}");
        assert_eq!(pairs.place(), Place::at(Unit::Pair, 2, 11, b"\"a\"\t"));
        assert_eq!(pairs.bytes()[..], bytes[11..]);
    }

    #[test]
    fn what_follows_a_pair_that_json_cannot_say_is_whole() {
        let (good, bad) = (string("a"), Value::Double(f64::NAN));
        for (key, value) in [(&good, &bad), (&bad, &good), (&bad, &bad)] {
            let values = [&good, &good, key, value, &good, &good, &good, &Value::Int(1)];
            let bytes = stream(&values.map(Clone::clone));
            let mut pairs = TypedPairs::new(&bytes[..], Reading::Pairs);
            assert!(pairs.advance().unwrap());
            assert!(pairs.advance().is_err());
            for line in [&b"\"a\"\t\"a\""[..], b"\"a\"\t1"] {
                assert!(pairs.advance().unwrap());
                assert_eq!(pairs.line(), line);
            }
        }
    }

    #[test]
    fn what_is_no_typed_bytes_is_no_end() {
        for bytes in [&b"lines\nof text\n"[..], b"\x02\x01", b"\x02\x01\x07\0\0\0\x05ab"] {
            let error = TypedPairs::new(bytes, Reading::Pairs).advance().unwrap_err();
            assert_eq!(error.slug(), "howdah::engine");
            let said = error.to_string();
            assert!(said.starts_with("the task's input is not the typed bytes"), "{said}");
        }
        let mut pairs = TypedPairs::new(&b"\x02\x01\x02\x01\x02\x01lines"[..], Reading::Pairs);
        assert!(pairs.advance().unwrap());
        assert!(pairs.advance().is_err());
        assert_eq!(pairs.place(), Place::Behind(Unit::Pair, 1));
    }
}
