//! `FieldSelectionMapReduce`: fields of a record as new key and value.
//!
//! Mirrors `mapreduce.lib.fieldsel.FieldSelectionHelper`, with fields counted from 0 and specifications such as
//! `6,5,1-3:0-`: before the colon the key's fields, behind it the value's; `3-` is all from 3, for a value only.

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};
use howdah_runner::java_regex::java_regex;
use howdah_streaming::properties::Properties;
use howdah_streaming::utf8;
use howdah_streaming::writable::RecordClasses;
use regex_automata::meta::Regex;

use super::super::refusal::Refusal;
use super::plain::emit;

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
    /// The types of what it reads.
    read: RecordClasses,
}

impl FieldSelection {
    pub(super) fn mapper(properties: &Properties) -> Result<Self, Refusal> {
        Self::of(properties, "mapreduce.fieldsel.map.output.key.value.fields.spec")
    }

    pub(super) fn reducer(properties: &Properties) -> Result<Self, Refusal> {
        Self::of(properties, "mapreduce.fieldsel.reduce.output.key.value.fields.spec")
    }

    fn of(properties: &Properties, name: &str) -> Result<Self, Refusal> {
        let separator =
            properties.get_or("mapreduce.fieldsel.data.field.separator", "\t").into_owned();
        let pattern = separator
            .contains(['\\', '.', '$', '|', '(', ')', '[', '{', '^', '?', '*', '+'])
            .then(|| java_regex(&separator, true))
            .transpose()
            .map_err(|why| Refusal::failed(1, [format!("error: the field separator: {why}")]))?;
        let spec = properties.get_or(name, "0-:").into_owned();
        let refused = || Refusal::failed(1, [format!("error: `{spec}` is no {name}")]);
        let mut sides = spec.split(':');
        let (key, _) = fields(sides.next().unwrap_or_default()).ok_or_else(refused)?;
        let (value, value_from) = fields(sides.next().unwrap_or_default()).ok_or_else(refused)?;
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
            None => record.split(self.separator.as_str()).collect(),
            Some(pattern) => split_by(pattern, record),
        };
        // As Java's `String.split`: no empty fields at the end.
        while fields.len() > 1 && fields.last().is_some_and(|field| field.is_empty()) {
            fields.pop();
        }
        let key = self.join(&fields, &self.key, None);
        (key, self.join(&fields, &self.value, self.value_from))
    }

    fn join(&self, fields: &[&str], chosen: &[usize], from: Option<usize>) -> Option<String> {
        if chosen.is_empty() && from.is_none() {
            return None;
        }
        let listed = chosen.iter().map(|&field| fields.get(field).copied().unwrap_or_default());
        let rest = from.map_or(&[][..], |from| fields.get(from..).unwrap_or_default());
        let mut joined = String::new();
        for field in listed.chain(rest.iter().copied()) {
            joined.push_str(field);
            joined.push_str(&self.separator);
        }
        joined.pop(); // one character, however long the separator is
        Some(joined)
    }
}

/// `String.split`: no empty field before a match that is empty itself at the very start.
fn split_by<'t>(pattern: &Regex, text: &'t str) -> Vec<&'t str> {
    let (mut fields, mut from) = (Vec::new(), 0);
    for found in pattern.find_iter(text).filter(|found| found.end() > 0) {
        fields.push(&text[from..found.start()]);
        from = found.end();
    }
    fields.push(&text[from..]);
    fields
}

/// Fields, and from where on all of them.
fn fields(spec: &str) -> Option<(Vec<usize>, Option<usize>)> {
    let (mut chosen, mut from) = (Vec::new(), None);
    for piece in spec.split(',').filter(|piece| !piece.is_empty()) {
        match piece.split_once('-') {
            None => chosen.push(piece.parse().ok()?),
            Some((start, end)) => {
                let start = if start.is_empty() { 0 } else { start.parse().ok()? };
                if end.is_empty() {
                    from = Some(start);
                } else {
                    chosen.extend(start..=end.parse().ok()?);
                }
            }
        }
    }
    Some((chosen, from))
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
    fn classes(&mut self, read: RecordClasses) -> RecordClasses {
        self.read = read;
        RecordClasses::TEXT
    }
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        while let Some(value) = values.next()? {
            let mut record = Vec::new();
            self.read.key.write_text(key, &mut record).map_err(TaskError::job)?;
            record.extend_from_slice(self.separator.as_bytes());
            self.read.value.write_text(value, &mut record).map_err(TaskError::job)?;
            let (key, value) = self.select(&utf8::decode(&record));
            match (&key, &value) {
                (Some(key), Some(value)) => emit(key.as_bytes(), value.as_bytes(), out)?,
                (Some(alone), None) | (None, Some(alone)) => {
                    out.records.key().extend_from_slice(alone.as_bytes());
                    out.records.end()?;
                }
                (None, None) => {} // Hadoop writes nothing, not even an empty line
            }
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
    }

    #[test]
    fn a_pattern_that_only_java_has_is_refused() {
        let properties = [("mapreduce.fieldsel.data.field.separator", "(?=a)")];
        assert!(FieldSelection::mapper(&properties.into_iter().collect()).is_err());
    }
}
