//! Values in order: what is compared is the key and its value together, as Hadoop Streaming's secondary sort has it.
//!
//! With `stream.num.map.output.key.fields=2` a line `key TAB value` is all key, and has an empty value. Linked code
//! still emits and reduces keys and values; here the one becomes the other.

use howdah_plan::{RecordSink, SortedRecords, TaskError};

/// A sink whose records go on as `key TAB value`, with nothing as their value.
pub(crate) struct JoinedSink<'s> {
    records: &'s mut dyn RecordSink,
    has_value: bool,
}

impl<'s> JoinedSink<'s> {
    pub(crate) fn new(records: &'s mut dyn RecordSink) -> Self {
        JoinedSink { records, has_value: false }
    }
}

impl RecordSink for JoinedSink<'_> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.has_value = false;
        self.records.key()
    }
    fn value(&mut self) -> &mut Vec<u8> {
        self.has_value = true;
        // The collector's buffer is one for keys and values: what is appended here becomes part of the key at the end.
        let joined = self.records.value();
        joined.push(b'\t');
        joined
    }
    fn end(&mut self) -> Result<(), TaskError> {
        if !self.has_value {
            self.records.value().push(b'\t');
        }
        // Asked once more for the value's place, the collector takes all that lies before it for the key.
        self.records.value();
        self.records.end()
    }
    fn abandon(&mut self) {
        self.records.abandon();
    }
}

/// The key of `key TAB value`.
pub(crate) fn key_of(joined: &[u8]) -> &[u8] {
    joined.split(|&byte| byte == b'\t').next().unwrap_or_default()
}

/// Whether `key TAB value` has this key: no further than it goes is looked for the TAB.
#[inline]
pub(crate) fn has_key(joined: &[u8], key: &[u8]) -> bool {
    // Another key mostly has another length, and then no TAB stands there: quicker to see than that keys are equal.
    joined.get(key.len()).is_none_or(|&byte| byte == b'\t') && joined.starts_with(key)
}

/// Sorted records of `key TAB value`, given as keys and values. Their groups are those of the keys already.
pub(crate) struct SplitRecords<'r> {
    records: &'r mut (dyn SortedRecords + Send),
    /// The group's key.
    key: Vec<u8>,
    /// Whether the records are in the order of their bytes, and so a key's values too.
    by_bytes: bool,
}

impl<'r> SplitRecords<'r> {
    pub(crate) fn new(records: &'r mut (dyn SortedRecords + Send), by_bytes: bool) -> Self {
        SplitRecords { records, key: Vec::new(), by_bytes }
    }
}

impl SortedRecords for SplitRecords<'_> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        if !self.records.advance()? {
            return Ok(false);
        }
        if self.records.starts_group() {
            self.key.clear();
            self.key.extend_from_slice(key_of(self.records.key()));
        }
        Ok(true)
    }
    fn key(&self) -> &[u8] {
        &self.key
    }
    fn value(&self) -> &[u8] {
        self.records.key().get(self.key.len() + 1..).unwrap_or_default()
    }
    fn starts_group(&self) -> bool {
        self.records.starts_group()
    }
    fn sorts_values(&self) -> bool {
        self.by_bytes
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
            self.at == 1 || !has_key(self.key(), key_of(self.keys[self.at - 2].as_bytes()))
        }
    }

    #[test]
    fn groups_have_the_first_field_in_common() {
        let mut keys =
            Keys { keys: &["a\t1", "a\t1", "a\t2", "b\t0", "b", "c\t\t", "cc\t1", "c"], at: 0 };
        let mut records = SplitRecords::new(&mut keys, true);
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
