//! The small stock classes: words, sums, key and value exchanged.

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};
use howdah_streaming::utf8;

/// `InverseMapper`: key and value change places.
pub(super) struct Inverse;

impl RawMapper for Inverse {
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

/// `TokenCountMapper`: each word of the value with 1.
pub(super) struct TokenCount;

impl RawMapper for TokenCount {
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        // By way of a Java string, so that what is no UTF-8 becomes U+FFFD.
        for word in words(utf8::decode(record).as_bytes()) {
            emit(word, b"1", out)?;
        }
        Ok(())
    }
}

/// The words of a text, as `java.util.StringTokenizer` cuts them.
pub(in super::super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
    text.split(is_blank).filter(|word| !word.is_empty())
}

/// `LongSumReducer`: the sum of a key's values, which wraps as Java's does.
pub(super) struct Sum;

impl RawReducer for Sum {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        let mut sum = 0i64;
        while let Some(value) = values.next()? {
            let number: i64 = std::str::from_utf8(value)
                .map_err(|error| TaskError::decode("value", "i64", value, error))?
                .parse()
                .map_err(|error| TaskError::decode("value", "i64", value, error))?;
            sum = sum.wrapping_add(number);
        }
        emit(key, sum.to_string().as_bytes(), out)
    }
}

/// Emits a record.
pub(super) fn emit(key: &[u8], value: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    out.records.record(key, value)
}
