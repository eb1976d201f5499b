//! The small stock classes: words, sums, key and value exchanged.

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};
use howdah_streaming::utf8;
use howdah_streaming::writable::{RecordClasses, Writable, WritableClass};

use super::super::failing::class_cast;
use super::{COUNTED, MapperClass};

/// `InverseMapper`: key and value change places.
pub(super) struct Inverse;

impl RawMapper for Inverse {
    fn classes(&mut self, read: RecordClasses) -> RecordClasses {
        MapperClass::Inverse.emits(read)
    }
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.map_pair(&[], record, out)
    }
    fn map_pair(
        &mut self,
        key: &[u8],
        value: &[u8],
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        emit(value, key, out)
    }
}

/// A mapper whose Java class takes no other values than `Text`.
pub(super) struct OfText<M> {
    mapper: M,
    /// What the values are.
    found: WritableClass,
}

impl<M> OfText<M> {
    pub(super) fn new(mapper: M) -> Self {
        OfText { mapper, found: WritableClass::Text }
    }
}

impl<M: RawMapper> RawMapper for OfText<M> {
    fn classes(&mut self, read: RecordClasses) -> RecordClasses {
        self.found = read.value;
        self.mapper.classes(read)
    }
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        if self.found == WritableClass::Text {
            return self.mapper.map(record, out);
        }
        Err(TaskError::job(class_cast(self.found.name(), WritableClass::Text.name())))
    }
}

/// `TokenCountMapper`: each word of the value with 1.
pub(super) struct TokenCount;

impl RawMapper for TokenCount {
    fn classes(&mut self, _: RecordClasses) -> RecordClasses {
        COUNTED
    }
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        // By way of a Java string, so that what is no UTF-8 becomes U+FFFD.
        for word in words(utf8::decode(record).as_bytes()) {
            emit(word, &ONE, out)?;
        }
        Ok(())
    }
}

/// A `LongWritable` of 1.
pub(super) const ONE: [u8; 8] = 1i64.to_be_bytes();

/// The words of a text, as `java.util.StringTokenizer` cuts them.
pub(in super::super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
    text.split(is_blank).filter(|word| !word.is_empty())
}

/// `LongSumReducer`: the sum of a key's values, which wraps as Java's does.
pub(super) struct Sum;

impl RawReducer for Sum {
    fn classes(&mut self, read: RecordClasses) -> RecordClasses {
        RecordClasses { value: WritableClass::Long, ..read }
    }
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        let mut sum = 0i64;
        while let Some(value) = values.next()? {
            let number = WritableClass::Long.of_content(value).map_err(TaskError::job)?;
            if let Writable::Long(number) = number {
                sum = sum.wrapping_add(number);
            }
        }
        emit(key, &sum.to_be_bytes(), out)
    }
}

/// Emits a record.
pub(super) fn emit(key: &[u8], value: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    out.records.record(key, value)
}
