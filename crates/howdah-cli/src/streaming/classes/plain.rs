//! The small stock classes: words, sums, key and value exchanged.

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};

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

/// `TokenCountMapper`: each word of the value, as `java.util.StringTokenizer` cuts them, with 1.
pub(super) struct TokenCount;

impl RawMapper for TokenCount {
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
        for word in record.split(is_blank).filter(|word| !word.is_empty()) {
            emit(word, b"1", out)?;
        }
        Ok(())
    }
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
    out.records.key().extend_from_slice(key);
    out.records.value().extend_from_slice(value);
    out.records.end()
}
