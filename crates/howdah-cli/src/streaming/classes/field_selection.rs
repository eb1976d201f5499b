//! `FieldSelectionMapReduce`: fields of a record as new key and value.
//!
//! Mirrors `mapreduce.lib.fieldsel.FieldSelectionHelper`, with fields counted from 0 and specifications such as
//! `6,5,1-3:0-`: before the colon the key's fields, behind it the value's; `3-` is all from 3, for a value only. A field
//! that a record does not have is empty where it is named, and is not there for `3-`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput, exit};
use howdah_runner::java_regex::java_regex;
use howdah_streaming::properties::Properties;
use howdah_streaming::utf8;
use howdah_streaming::writable::{RecordClasses, WritableClass};
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

use super::super::refusal::Refusal;
use super::plain::emit;

const MAP_SPEC: &str = "mapreduce.fieldsel.map.output.key.value.fields.spec";
const REDUCE_SPEC: &str = "mapreduce.fieldsel.reduce.output.key.value.fields.spec";

/// A mapper or reducer that selects fields.
#[derive(Debug, Clone)]
pub(super) struct FieldSelection {
    /// What stands between the fields that are written.
    separator: String,
    /// What parts the fields that are read, if that is more than a text: for Hadoop it always is a pattern.
    pattern: Option<Regex>,
    key: Choice,
    value: Choice,
    /// Whether a mapper's key is an offset, which is left out.
    ignores_key: bool,
    /// The types of what a mapper reads; a reducer takes text alone.
    read: RecordClasses,
}

impl FieldSelection {
    pub(super) fn mapper(properties: &Properties) -> Result<Self, Refusal> {
        Self::of(properties, MAP_SPEC)
    }

    pub(super) fn reducer(properties: &Properties) -> Result<Self, Refusal> {
        Self::of(properties, REDUCE_SPEC)
    }

    fn of(properties: &Properties, name: &str) -> Result<Self, Refusal> {
        let separator =
            properties.get_or("mapreduce.fieldsel.data.field.separator", "\t").into_owned();
        let pattern = separator
            .contains(['\\', '.', '$', '|', '(', ')', '[', '{', '^', '?', '*', '+'])
            .then(|| java_regex(&separator, true))
            .transpose()
            .map_err(|why| Refusal::failed(1, [format!("error: the field separator: {why}")]))?;
        // Hadoop reads both wherever it reads one.
        let other = if name == MAP_SPEC { REDUCE_SPEC } else { MAP_SPEC };
        specification(properties, other)?;
        let (key, value) = specification(properties, name)?;
        let format = properties.get_or("mapred.input.format.class", "");
        let ignores_key = format == "org.apache.hadoop.mapred.TextInputFormat";
        Ok(FieldSelection {
            separator,
            pattern,
            key,
            value,
            ignores_key,
            read: RecordClasses::TEXT,
        })
    }

    /// New key and value; `None` where Hadoop has none.
    fn select(&self, record: &str) -> Result<(Option<String>, Option<String>), TaskError> {
        let mut fields = match &self.pattern {
            None => record.split(self.separator.as_str()).map(Cow::Borrowed).collect(),
            Some(pattern) => split_by(pattern, record),
        };
        // As Java's `String.split`: no empty fields at the end, but for a text that nothing parts.
        if fields.len() > 1 {
            let used = fields.iter().rposition(|field| !field.is_empty());
            fields.truncate(used.map_or(0, |last| last + 1));
        }
        let key = self.key.join(&fields, &self.separator)?;
        Ok((key, self.value.join(&fields, &self.separator)?))
    }
}

/// Which fields make a key or a value.
#[derive(Debug, Clone, Default)]
struct Choice {
    /// Those that are named, in this order. A range stays one, however far it goes beyond what records have.
    named: Vec<RangeInclusive<usize>>,
    /// All from this one.
    from: Option<usize>,
}

impl Choice {
    /// Whether it chooses anything, be it there or not.
    fn is_there(&self) -> bool {
        !self.named.is_empty() || self.from.is_some()
    }

    /// What is chosen of a record's fields.
    fn join(&self, fields: &[Cow<'_, str>], separator: &str) -> Result<Option<String>, TaskError> {
        if !self.is_there() {
            return Ok(None);
        }
        let rest = self.from.map_or(&[][..], |from| fields.get(from..).unwrap_or_default());
        let named = self.named.iter().map(|range| within(fields, range));
        let pieces = || named.clone().chain([(rest, 0)]);
        let bytes = |fields: &[Cow<'_, str>]| -> usize {
            fields.iter().map(|field| field.len() + separator.len()).sum()
        };
        // Each term is an existing record or below 2^31 separators; there are as many as the specification names.
        let length = pieces().fold(0_usize, |length, (there, missing)| {
            length
                .saturating_add(bytes(there))
                .saturating_add(missing.saturating_mul(separator.len()))
        });
        if length > MOST_BYTES {
            return Err(TaskError::job(format!(
                "java.lang.OutOfMemoryError: Required length exceeds implementation limit: the fields that are chosen come \
                 to {length} bytes"
            )));
        }
        let mut joined = String::with_capacity(length);
        for (there, missing) in pieces() {
            for field in there {
                joined.push_str(field);
                joined.push_str(separator);
            }
            joined.extend(std::iter::repeat_n(separator, missing));
        }
        // One UTF-16 unit less, however long the separator is; half a character becomes a question mark.
        if joined.pop().is_some_and(|last| last.len_utf16() > 1) {
            joined.push('?');
        }
        Ok(Some(joined))
    }
}

/// The longest text that Java holds.
const MOST_BYTES: usize = i32::MAX as usize;

/// The fields of a range that are there, and how many are not.
fn within<'f, 't>(
    fields: &'f [Cow<'t, str>],
    range: &RangeInclusive<usize>,
) -> (&'f [Cow<'t, str>], usize) {
    let (first, behind) = (*range.start(), range.end().saturating_add(1));
    let there = &fields[first.min(fields.len())..behind.min(fields.len())];
    (there, behind - first - there.len())
}

/// `String.split`: no empty field before a match that is empty itself at the very start.
///
/// Java looks for the next match where the last one ends, even if it is empty then, and goes on by a UTF-16 unit behind
/// an empty one. So what matches everywhere parts a character of two units, whose halves become question marks.
fn split_by<'t>(pattern: &Regex, text: &'t str) -> Vec<Cow<'t, str>> {
    let parts_units = matches_everywhere(pattern);
    let (mut fields, mut from, mut at) = (Vec::new(), 0, 0);
    let mut half = "";
    let field = |half: &str, rest: &'t str| match half {
        "" => Cow::Borrowed(rest),
        half => Cow::Owned(half.to_owned() + rest),
    };
    while at <= text.len()
        && let Some(found) = pattern.find(Input::new(text).range(at..))
    {
        if found.end() > 0 {
            fields.push(field(half, &text[from..found.start()]));
            (from, half) = (found.end(), "");
        }
        at = found.end();
        if found.is_empty() {
            let next = text[at..].chars().next();
            at += next.map_or(1, char::len_utf8);
            if parts_units && next.is_some_and(|next| next.len_utf16() > 1) {
                fields.push(Cow::Borrowed("?"));
                (from, half) = (at, "?");
            }
        }
    }
    fields.push(field(half, &text[from..]));
    fields
}

/// Whether a pattern matches nothing within any text.
fn matches_everywhere(pattern: &Regex) -> bool {
    let text = "\u{fffd}\u{fffd}";
    let within = Input::new(text).range(text.len() / 2..).anchored(Anchored::Yes);
    pattern.find(within).is_some_and(|found| found.is_empty())
}

/// The fields of the key, and those of the value.
fn specification(properties: &Properties, name: &str) -> Result<(Choice, Choice), Refusal> {
    let spec = properties.get_or(name, "0-:").into_owned();
    let refused = |wrong: Wrong<'_>| wrong.refusal(&spec, name);
    let mut sides = spec.split(':');
    let key = fields(sides.next().unwrap_or_default()).map_err(refused)?;
    let value = fields(sides.next().unwrap_or_default()).map_err(refused)?;
    Ok((Choice { from: None, ..key }, value))
}

/// Why a specification is none.
enum Wrong<'s> {
    Number(&'s str),
    /// A range, from this field, at whose end a Java `int` begins anew.
    Endless(i32),
}

impl Wrong<'_> {
    /// How a job fails whose property of this name says `spec`.
    fn refusal(self, spec: &str, name: &str) -> Refusal {
        match self {
            Wrong::Number(number) => {
                let exception = "java.lang.NumberFormatException";
                let line = format!(
                    "error: {exception}: For input string: \"{number}\": `{spec}` is no {name}"
                );
                Refusal::failed(exit::JOB_FAILED, [line])
            }
            Wrong::Endless(start) => {
                let exception = "java.lang.OutOfMemoryError";
                let line = format!(
                    "error: {exception}: Java heap space: `{spec}` has a range up to the largest number, and Hadoop \
                     counts on without an end"
                );
                let hint = format!("`{start}-` chooses for a value all fields that are there");
                Refusal::failed(exit::JOB_FAILED, [line]).with_hint(&hint)
            }
        }
    }
}

/// The fields that one side of a specification chooses.
fn fields(spec: &str) -> Result<Choice, Wrong<'_>> {
    fn number(text: &str) -> Result<i32, Wrong<'_>> {
        text.parse::<i32>().map_err(|_| Wrong::Number(text))
    }
    let field = |number: i32| usize::try_from(number).unwrap_or(0);
    let mut choice = Choice::default();
    for piece in spec.split(',').filter(|piece| !piece.is_empty()) {
        let (start, end) = match piece.split_once('-') {
            None => (number(piece)?, Some(number(piece)?)),
            Some((start, end)) => (
                if start.is_empty() { 0 } else { number(start)? },
                if end.is_empty() { None } else { Some(number(end)?) },
            ),
        };
        match end {
            None => choice.from = Some(field(start)),
            Some(i32::MAX) if piece.contains('-') => return Err(Wrong::Endless(start)),
            Some(end) if start <= end => choice.named.push(field(start)..=field(end)),
            Some(_) => {} // the end comes first
        }
    }
    Ok(choice)
}

impl RawMapper for FieldSelection {
    fn classes(&mut self, read: RecordClasses) -> RecordClasses {
        self.read = read;
        RecordClasses::TEXT
    }
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let (key, value) = self.select(&utf8::decode(record))?;
        match key {
            Some(key) => emit(key.as_bytes(), value.unwrap_or_default().as_bytes(), out),
            None => emit(value.unwrap_or_default().as_bytes(), b"", out),
        }
    }
    fn map_pair(
        &mut self,
        key: &[u8],
        value: &[u8],
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        let mut record = Vec::new();
        if !self.ignores_key {
            self.read.key.write_text(key, &mut record).map_err(TaskError::job)?;
        }
        self.read.value.write_text(value, &mut record).map_err(TaskError::job)?;
        self.map(&record, out)
    }
}

impl RawReducer for FieldSelection {
    fn classes(&mut self, _: RecordClasses) -> RecordClasses {
        // A side for which nothing is chosen is not there, and the separator with it.
        let class = |is_there| if is_there { WritableClass::Text } else { WritableClass::Null };
        RecordClasses { key: class(self.key.is_there()), value: class(self.value.is_there()) }
    }
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        while let Some(value) = values.next()? {
            let record = [key, self.separator.as_bytes(), value].concat();
            let (key, value) = self.select(&utf8::decode(&record))?;
            emit(key.unwrap_or_default().as_bytes(), value.unwrap_or_default().as_bytes(), out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(spec: &str) -> FieldSelection {
        let properties = [
            ("mapreduce.fieldsel.data.field.separator", "-"),
            ("mapreduce.fieldsel.map.output.key.value.fields.spec", spec),
        ];
        FieldSelection::mapper(&properties.into_iter().collect()).unwrap()
    }

    #[test]
    fn fields_are_chosen_by_number() {
        let select = |spec: &str, record: &str| {
            let (key, value) = selection(spec).select(record).unwrap();
            (key.unwrap_or("none".into()), value.unwrap_or("none".into()))
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(select("6,5,1-3:0-", "a-b-c-d-e-f-g-h"), pair("g-f-b-c-d", "a-b-c-d-e-f-g-h"));
        assert_eq!(select("0:", "a-b--"), pair("a", "none"));
        assert_eq!(select("9:-1", "a-b"), pair("", "a-b"));
        assert_eq!(select(":2-", "a-b"), pair("none", ""));
    }

    #[test]
    fn a_range_takes_the_room_of_the_fields_that_are_chosen() {
        let huge = selection("0:2147483646-1,0,1-2147483646");
        let held = huge.value.named.capacity() * size_of::<RangeInclusive<usize>>();
        assert!(held <= 256, "{held}");
        let longest = huge.select("a-b");
        // A separator for each that is missing is more than a text in Java holds.
        let error = longest.unwrap_err().to_string();
        assert!(error.starts_with("java.lang.OutOfMemoryError"), "{error}");
        let (_, value) = selection("0:1-5,2147483647").select("a-b").unwrap();
        assert_eq!(value.unwrap(), "b-----");
        let (_, rest) = selection("0:2147483647-,1-").select("a-b").unwrap();
        assert_eq!(rest.unwrap(), "b");
    }

    #[test]
    fn a_range_up_to_the_largest_number_is_refused_with_what_to_write() {
        for spec in ["0-2147483647:", ":2147483647-2147483647", ":-2147483647", "0:7,3-2147483647"]
        {
            let properties = [(REDUCE_SPEC, spec)];
            let refusal = FieldSelection::reducer(&properties.into_iter().collect()).unwrap_err();
            assert!(refusal.lines[0].contains("OutOfMemoryError"), "{:?}", refusal.lines);
            assert!(refusal.lines.last().unwrap().contains("-` chooses"), "{:?}", refusal.lines);
        }
    }

    #[test]
    fn a_separator_may_be_a_pattern() {
        let fields =
            |pattern: &str, text: &'static str| split_by(&java_regex(pattern, true).unwrap(), text);
        assert_eq!(fields("[0-9]+", "a1b22c"), ["a", "b", "c"]);
        assert_eq!(fields("|", "aé"), ["a", "é", ""]);
        assert_eq!(fields("x", ""), [""]);
        assert_eq!(fields("|", "a\u{1f600}"), ["a", "?", "?", ""]);
        assert_eq!(fields("x*", "axxb"), ["a", "", "b", ""]);
        assert_eq!(fields("^", "a\u{1f600}"), ["a\u{1f600}"]);
    }

    #[test]
    fn a_pattern_that_only_java_has_is_refused() {
        let properties = [("mapreduce.fieldsel.data.field.separator", "(?=a)")];
        assert!(FieldSelection::mapper(&properties.into_iter().collect()).is_err());
    }
}
