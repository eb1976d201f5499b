//! `FieldSelectionMapReduce`: fields of a record as new key and value.
//!
//! Mirrors `mapreduce.lib.fieldsel.FieldSelectionHelper`, with fields counted from 0 and specifications such as
//! `6,5,1-3:0-`: before the colon the key's fields, behind it the value's; `3-` is all from 3, for a value only.

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};
use howdah_streaming::properties::Properties;
use howdah_streaming::utf8;

use super::super::refusal::Refusal;

/// A mapper or reducer that selects fields.
#[derive(Debug, Clone)]
pub(super) struct FieldSelection {
    separator: String,
    key: Vec<usize>,
    value: Vec<usize>,
    /// The value also has all fields from this one.
    value_from: Option<usize>,
    /// Whether a mapper's key is an offset, which is left out.
    ignores_key: bool,
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
        if separator.contains(['\\', '.', '$', '|', '(', ')', '[', '{', '^', '?', '*', '+']) {
            // Hadoop takes it for a regular expression.
            return Err(Refusal::not_yet(&format!("a pattern as field separator (`{separator}`)")));
        }
        let spec = properties.get_or(name, "0-:").into_owned();
        let refused = || Refusal::failed(1, [format!("error: `{spec}` is no {name}")]);
        let mut sides = spec.split(':');
        let (key, _) = fields(sides.next().unwrap_or_default()).ok_or_else(refused)?;
        let (value, value_from) = fields(sides.next().unwrap_or_default()).ok_or_else(refused)?;
        let format = properties.get_or("mapred.input.format.class", "");
        let ignores_key = format == "org.apache.hadoop.mapred.TextInputFormat";
        Ok(FieldSelection { separator, key, value, value_from, ignores_key })
    }

    /// New key and value; `None` where Hadoop has none.
    fn select(&self, record: &str) -> (Option<String>, Option<String>) {
        let mut fields: Vec<&str> = record.split(self.separator.as_str()).collect();
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

fn emit(key: Option<&str>, value: Option<&str>, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    out.records.key().extend_from_slice(key.unwrap_or_default().as_bytes());
    out.records.value().extend_from_slice(value.unwrap_or_default().as_bytes());
    out.records.end()
}

impl RawMapper for FieldSelection {
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let (key, value) = self.select(&utf8::decode(record));
        match key {
            Some(key) => emit(Some(&key), value.as_deref(), out),
            None => emit(value.as_deref(), None, out),
        }
    }
    fn map_pair(
        &mut self,
        key: &[u8],
        value: &[u8],
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        if self.ignores_key {
            return self.map(value, out);
        }
        self.map(&[key, value].concat(), out)
    }
}

impl RawReducer for FieldSelection {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        while let Some(value) = values.next()? {
            let record = [key, self.separator.as_bytes(), value].concat();
            let (key, value) = self.select(&utf8::decode(&record));
            emit(key.as_deref(), value.as_deref(), out)?;
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
    fn a_pattern_as_separator_is_refused() {
        let properties = [("mapreduce.fieldsel.data.field.separator", "a|b")];
        assert!(FieldSelection::mapper(&properties.into_iter().collect()).is_err());
    }
}
