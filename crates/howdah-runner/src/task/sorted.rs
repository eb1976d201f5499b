//! Values in order: what is compared is the key and its value together, as Hadoop Streaming's secondary sort has it.
//!
//! With `stream.num.map.output.key.fields=2` a line `key TAB value` is all key, and has an empty value. Linked code
//! still emits and reduces keys and values; here the one becomes the other.

use howdah_plan::{RecordSink, SortedRecords, TaskError};

/// A sink whose records go on as `key TAB value`, with nothing as their value.
pub(crate) struct JoinedSink<'s> {
    records: &'s mut dyn RecordSink,
    /// The open record.
    joined: Vec<u8>,
    has_value: bool,
}

impl<'s> JoinedSink<'s> {
    pub(crate) fn new(records: &'s mut dyn RecordSink) -> Self {
        JoinedSink { records, joined: Vec::new(), has_value: false }
    }
}

impl RecordSink for JoinedSink<'_> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.joined.clear();
        self.has_value = false;
        &mut self.joined
    }
    fn value(&mut self) -> &mut Vec<u8> {
        self.joined.push(b'\t');
        self.has_value = true;
        &mut self.joined
    }
    fn end(&mut self) -> Result<(), TaskError> {
        if !self.has_value {
            self.joined.push(b'\t');
        }
        self.records.key().extend_from_slice(&self.joined);
        self.records.value();
        self.records.end()
    }
    fn abandon(&mut self) {}
}

/// The key of `key TAB value`.
pub(crate) fn key_of(joined: &[u8]) -> &[u8] {
    joined.split(|&byte| byte == b'\t').next().unwrap_or_default()
}

/// Whether `key TAB value` has this key: no further than it goes is looked for the TAB.
pub(crate) fn has_key(joined: &[u8], key: &[u8]) -> bool {
    joined.strip_prefix(key).is_some_and(|rest| matches!(rest, [] | [b'\t', ..]))
}

/// Sorted records of `key TAB value`, given as keys and values.
pub(crate) struct SplitRecords<'r> {
    records: &'r mut (dyn SortedRecords + Send),
    /// The group's key.
    key: Vec<u8>,
    /// Where the value begins in the record at hand.
    value: usize,
    starts_group: bool,
}

impl<'r> SplitRecords<'r> {
    pub(crate) fn new(records: &'r mut (dyn SortedRecords + Send)) -> Self {
        SplitRecords { records, key: Vec::new(), value: 0, starts_group: false }
    }
}

impl SortedRecords for SplitRecords<'_> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        let is_first = self.value == 0;
        if !self.records.advance()? {
            return Ok(false);
        }
        let joined = self.records.key();
        // Records that are equal as a whole are of one group, too.
        self.starts_group = is_first || self.records.starts_group() && !has_key(joined, &self.key);
        if self.starts_group {
            self.key.clear();
            self.key.extend_from_slice(key_of(joined));
        }
        self.value = self.key.len() + 1;
        Ok(true)
    }
    fn key(&self) -> &[u8] {
        &self.key
    }
    fn value(&self) -> &[u8] {
        self.records.key().get(self.value..).unwrap_or_default()
    }
    fn starts_group(&self) -> bool {
        self.starts_group
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Keys {
        keys: &'static [&'static str],
        at: usize,
    }

    impl SortedRecords for Keys {
        fn advance(&mut self) -> Result<bool, TaskError> {
            self.at += 1;
            Ok(self.at <= self.keys.len())
        }
        fn key(&self) -> &[u8] {
            self.keys[self.at - 1].as_bytes()
        }
        fn value(&self) -> &[u8] {
            b""
        }
        fn starts_group(&self) -> bool {
            self.at == 1 || self.keys[self.at - 1] != self.keys[self.at - 2]
        }
    }

    #[test]
    fn groups_have_the_first_field_in_common() {
        let mut keys =
            Keys { keys: &["a\t1", "a\t1", "a\t2", "b\t0", "b", "c\t\t", "cc\t1", "c"], at: 0 };
        let mut records = SplitRecords::new(&mut keys);
        let mut found = Vec::new();
        while records.advance().unwrap() {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            found.push((records.starts_group(), text(records.key()), text(records.value())));
        }
        let record = |starts, key: &str, value: &str| (starts, key.to_owned(), value.to_owned());
        assert_eq!(
            found,
            [
                record(true, "a", "1"),
                record(false, "a", "1"),
                record(false, "a", "2"),
                record(true, "b", "0"),
                record(false, "b", ""),
                record(true, "c", "\t"),
                record(true, "cc", "1"),
                record(true, "c", ""),
            ]
        );
    }
}
