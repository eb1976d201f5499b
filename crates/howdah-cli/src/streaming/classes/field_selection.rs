//! `FieldSelectionMapReduce`: fields of a record as new key and value.
//!
//! Mirrors `mapreduce.lib.fieldsel.FieldSelectionHelper`, with fields counted from 0 and specifications such as
//! `6,5,1-3:0-`: before the colon the key's fields, behind it the value's; `3-` is all from 3, for a value only.

use std::borrow::Cow;

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};
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
    key: Vec<usize>,
    value: Vec<usize>,
    /// The value also has all fields from this one.
    value_from: Option<usize>,
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
        let (key, value, value_from) = specification(properties, name)?;
        let format = properties.get_or("mapred.input.format.class", "");
        let ignores_key = format == "org.apache.hadoop.mapred.TextInputFormat";
        Ok(FieldSelection {
            separator,
            pattern,
            key,
            value,
            value_from,
            ignores_key,
            read: RecordClasses::TEXT,
        })
    }

    /// New key and value; `None` where Hadoop has none.
    fn select(&self, record: &str) -> (Option<String>, Option<String>) {
        let mut fields = match &self.pattern {
            None => record.split(self.separator.as_str()).map(Cow::Borrowed).collect(),
            Some(pattern) => split_by(pattern, record),
        };
        // As Java's `String.split`: no empty fields at the end, but for a text that nothing parts.
        if fields.len() > 1 {
            let used = fields.iter().rposition(|field| !field.is_empty());
            fields.truncate(used.map_or(0, |last| last + 1));
        }
        let key = self.join(&fields, &self.key, None);
        (key, self.join(&fields, &self.value, self.value_from))
    }

    fn join(
        &self,
        fields: &[Cow<'_, str>],
        chosen: &[usize],
        from: Option<usize>,
    ) -> Option<String> {
        if chosen.is_empty() && from.is_none() {
            return None;
        }
        let listed =
            chosen.iter().map(|&field| fields.get(field).map_or("", |field| field.as_ref()));
        let rest = from.map_or(&[][..], |from| fields.get(from..).unwrap_or_default());
        let mut joined = String::new();
        for field in listed.chain(rest.iter().map(AsRef::as_ref)) {
            joined.push_str(field);
            joined.push_str(&self.separator);
        }
        // One UTF-16 unit less, however long the separator is; half a character becomes a question mark.
        if joined.pop().is_some_and(|last| last.len_utf16() > 1) {
            joined.push('?');
        }
        Some(joined)
    }
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

/// The fields of the key, those of the value, and from where on the value has all.
type Specification = (Vec<usize>, Vec<usize>, Option<usize>);

fn specification(properties: &Properties, name: &str) -> Result<Specification, Refusal> {
    let spec = properties.get_or(name, "0-:").into_owned();
    let refused = |number: String| {
        let line = format!(
            "error: java.lang.NumberFormatException: For input string: \"{number}\": `{spec}` is no {name}"
        );
        Refusal::failed(1, [line])
    };
    let mut sides = spec.split(':');
    let (key, _) = fields(sides.next().unwrap_or_default()).map_err(refused)?;
    let (value, value_from) = fields(sides.next().unwrap_or_default()).map_err(refused)?;
    Ok((key, value, value_from))
}

/// Fields, and from where on all of them; or what is no number.
fn fields(spec: &str) -> Result<(Vec<usize>, Option<usize>), String> {
    let number = |text: &str| text.parse::<i32>().map_err(|_| text.to_owned());
    let field = |number: i32| usize::try_from(number).unwrap_or(0);
    let (mut chosen, mut from) = (Vec::new(), None);
    for piece in spec.split(',').filter(|piece| !piece.is_empty()) {
        match piece.split_once('-') {
            None => chosen.push(field(number(piece)?)),
            Some((start, end)) => {
                let start = if start.is_empty() { 0 } else { number(start)? };
                if end.is_empty() {
                    from = Some(field(start));
                } else {
                    chosen.extend((start..=number(end)?).map(field)); // none, if the end comes first
                }
            }
        }
    }
    Ok((chosen, from))
}

impl RawMapper for FieldSelection {
    fn classes(&mut self, read: RecordClasses) -> RecordClasses {
        self.read = read;
        RecordClasses::TEXT
    }
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let (key, value) = self.select(&utf8::decode(record));
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
        RecordClasses {
            key: class(!self.key.is_empty()),
            value: class(!self.value.is_empty() || self.value_from.is_some()),
        }
    }
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        while let Some(value) = values.next()? {
            let record = [key, self.separator.as_bytes(), value].concat();
            let (key, value) = self.select(&utf8::decode(&record));
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
            let (key, value) = selection(spec).select(record);
            (key.unwrap_or("none".into()), value.unwrap_or("none".into()))
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(select("6,5,1-3:0-", "a-b-c-d-e-f-g-h"), pair("g-f-b-c-d", "a-b-c-d-e-f-g-h"));
        assert_eq!(select("0:", "a-b--"), pair("a", "none"));
        assert_eq!(select("9:-1", "a-b"), pair("", "a-b"));
        assert_eq!(select(":2-", "a-b"), pair("none", ""));
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
