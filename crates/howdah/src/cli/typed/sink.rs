//! A task's output as typed bytes.

use std::io::Write;

use howdah_plan::{LineForm, RecordSink, TaskError};
use howdah_streaming::typed_bytes::Writer;

use crate::cli::records::StreamError;
use crate::protocol::typed::typed_from_json;

/// How much is gathered before it is written.
const BUFFER_BYTES: usize = 64 << 10;

/// Records as pairs of typed bytes.
///
/// JSON becomes values with types, text becomes strings. A record without a value is split as Hadoop splits a line:
/// at the first TAB, and without one all of it is the key and the value is an empty string. So `TextOutputFormat`
/// writes of text what it would write without typed bytes.
pub(in crate::cli) struct TypedRecords<W> {
    output: W,
    form: LineForm,
    buffer: Vec<u8>,
    /// The open record: its key, and then its value.
    record: Vec<u8>,
    /// Where the value begins in it.
    value: Option<usize>,
}

impl<W: Write> TypedRecords<W> {
    pub(super) fn new(output: W, form: LineForm) -> Self {
        TypedRecords {
            output,
            form,
            buffer: Vec::with_capacity(2 * BUFFER_BYTES),
            record: Vec::new(),
            value: None,
        }
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), TaskError> {
        let written = self.output.write_all(&self.buffer).and_then(|()| self.output.flush());
        self.buffer.clear();
        written.map_err(|error| {
            TaskError::engine(StreamError::new("the task's output cannot be written", error))
        })
    }

    fn write_pair(&mut self) -> Result<(), TaskError> {
        let record = self.record.as_slice();
        let (key, value) = match self.value {
            Some(at) => (&record[..at], Some(&record[at..])),
            // In JSON no TAB is part of anything.
            None => match memchr::memchr(b'\t', record) {
                Some(tab) => (&record[..tab], Some(&record[tab + 1..])),
                None => (record, None),
            },
        };
        write_part(self.form, key, "key", &mut self.buffer)?;
        match value {
            Some(value) => write_part(self.form, value, "value", &mut self.buffer),
            None => write_string(b"", "value", &mut self.buffer),
        }
    }
}

impl<W: Write> RecordSink for TypedRecords<W> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.abandon();
        &mut self.record
    }

    fn value(&mut self) -> &mut Vec<u8> {
        self.value = Some(self.record.len());
        &mut self.record
    }

    fn end(&mut self) -> Result<(), TaskError> {
        let start = self.buffer.len();
        if let Err(error) = self.write_pair() {
            self.buffer.truncate(start);
            return Err(error);
        }
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn abandon(&mut self) {
        self.record.clear();
        self.value = None;
    }
}

fn write_part(
    form: LineForm,
    text: &[u8],
    what: &'static str,
    out: &mut Vec<u8>,
) -> Result<(), TaskError> {
    match form {
        LineForm::Text => write_string(text, what, out),
        LineForm::JsonValue | LineForm::JsonPair => {
            typed_from_json(text, out).map_err(|error| TaskError::encode(what, error))
        }
    }
}

fn write_string(text: &[u8], what: &'static str, out: &mut Vec<u8>) -> Result<(), TaskError> {
    Writer::new(out).string_bytes(text).map_err(|error| TaskError::encode(what, error))
}

#[cfg(test)]
mod tests {
    use howdah_streaming::typed_bytes::Value;

    use super::*;

    /// What is written for records of a key and perhaps a value, as Java shows it.
    fn written(form: LineForm, records: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut bytes = Vec::new();
        let mut sink = TypedRecords::new(&mut bytes, form);
        for (key, value) in records {
            sink.key().extend_from_slice(b"taken back");
            sink.abandon();
            sink.key().extend_from_slice(key.as_bytes());
            if let Some(value) = value {
                sink.value().extend_from_slice(value.as_bytes());
            }
            sink.end().unwrap();
        }
        sink.flush().unwrap();
        drop(sink);
        shown(&bytes)
    }

    fn shown(mut bytes: &[u8]) -> Vec<String> {
        let mut values = Vec::new();
        while !bytes.is_empty() {
            let (value, length) = Value::read(bytes).unwrap();
            values.push(format!("{value:?}"));
            bytes = &bytes[length..];
        }
        values
    }

    #[test]
    fn json_becomes_values_with_types() {
        let records = [("\"a\\t\"", Some("[1,0.5]")), ("null", Some("{}"))];
        assert_eq!(
            written(LineForm::JsonPair, &records),
            [
                "String(\"a\\t\")",
                "Vector([Int(1), Double(0.5)])",
                "Bytes([128, 2, 78, 46])",
                "Map([])"
            ]
        );
        assert_eq!(written(LineForm::JsonValue, &[("7", None)]), ["Int(7)", "String(\"\")"]);
        // As a record passes that nothing was done to.
        assert_eq!(written(LineForm::JsonPair, &[("1\t2", None)]), ["Int(1)", "Int(2)"]);
    }

    #[test]
    fn text_becomes_strings_split_as_hadoop_splits_lines() {
        assert_eq!(
            written(LineForm::Text, &[("1", Some("2\t3")), ("a\tb\t", None), ("line", None)]),
            [
                "String(\"1\")",
                "String(\"2\\t3\")",
                "String(\"a\")",
                "String(\"b\\t\")",
                "String(\"line\")",
                "String(\"\")",
            ]
        );
    }

    #[test]
    fn a_record_that_cannot_be_written_leaves_nothing() {
        let mut bytes = Vec::new();
        let mut sink = TypedRecords::new(&mut bytes, LineForm::JsonPair);
        sink.key().push(b'1');
        sink.value().extend_from_slice(b"18446744073709551615");
        let error = sink.end().unwrap_err();
        assert_eq!(error.slug(), "howdah::unwritable-record");
        let said = error.to_string();
        assert!(
            said.starts_with("this value cannot be written: it is not JSON that typed"),
            "{said}"
        );
        sink.key().push(b'2');
        sink.value().push(b'3');
        sink.end().unwrap();
        sink.flush().unwrap();
        drop(sink);
        assert_eq!(shown(&bytes), ["Int(2)", "Int(3)"]);
    }

    #[test]
    fn much_is_written_before_the_end() {
        let mut bytes = Vec::new();
        let mut sink = TypedRecords::new(&mut bytes, LineForm::Text);
        for _ in 0..2 {
            sink.key().resize(BUFFER_BYTES, b'x');
            sink.end().unwrap();
            assert!(sink.buffer.is_empty());
        }
        drop(sink);
        assert_eq!(bytes.len(), 2 * (5 + BUFFER_BYTES + 5));
    }
}
