//! Lines of text as they are.

use howdah_plan::TaskError;
use serde::Serialize;

use super::scalar::{Scalars, WordSink};
use super::{Input, WriteError};

/// Lines of UTF-8, as `&str`: what [`Flow::lines`](crate::Flow::lines) reads.
///
/// A line that is not UTF-8 fails the task. Read text of unknown origin as [`Bytes`].
#[derive(Debug)]
pub struct Text;

impl Input for Text {
    type Record<'a> = &'a str;
    type Slot = ();

    fn decode<'a>((): &'a mut (), line: &'a [u8]) -> Result<&'a str, TaskError> {
        std::str::from_utf8(line).map_err(|error| not_utf8(line, error))
    }
}

#[cold]
fn not_utf8(line: &[u8], error: std::str::Utf8Error) -> TaskError {
    let at = error.valid_up_to();
    let byte = line.get(at).copied().unwrap_or_default();
    let why = format!(
        "byte 0x{byte:02x} at {at} is not UTF-8; read lines of any bytes with `Flow::bytes()`"
    );
    TaskError::decode("record", "line of UTF-8", line, why)
}

/// Lines of any bytes, as `&[u8]`: what [`Flow::bytes`](crate::Flow::bytes) reads.
#[derive(Debug)]
pub struct Bytes;

impl Input for Bytes {
    type Record<'a> = &'a [u8];
    type Slot = ();

    fn decode<'a>((): &'a mut (), line: &'a [u8]) -> Result<&'a [u8], TaskError> {
        Ok(line)
    }
}

/// Appends one word as it is; line ends are refused, and a TAB if it would end a field.
pub(super) fn write<T: Serialize>(
    out: &mut Vec<u8>,
    value: &T,
    is_field: bool,
) -> Result<(), WriteError> {
    value.serialize(Scalars(Raw { out, is_field }))
}

/// A place in a line.
pub(super) struct Raw<'o> {
    pub(super) out: &'o mut Vec<u8>,
    /// Whether a TAB would end it.
    pub(super) is_field: bool,
}

impl WordSink for Raw<'_> {
    const PLACE: &'static str = "a field of text";

    fn word(self, text: &str) -> Result<(), WriteError> {
        self.bytes(text.as_bytes())
    }

    fn bytes(self, bytes: &[u8]) -> Result<(), WriteError> {
        if memchr::memchr2(b'\n', b'\r', bytes).is_some() {
            return Err(unwritable("a line end", bytes));
        }
        if self.is_field && memchr::memchr(b'\t', bytes).is_some() {
            return Err(unwritable("a TAB", bytes));
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn nothing(self) -> Result<(), WriteError> {
        Ok(())
    }
}

#[cold]
fn unwritable(what: &str, bytes: &[u8]) -> WriteError {
    const SHOWN_BYTES: usize = 80;
    let shown = bytes[..bytes.len().min(SHOWN_BYTES)].escape_ascii();
    WriteError::new(format!(
        "it holds {what}, and as text it would be read as two: `{shown}`; write it as JSON, or replace it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_not_utf8_is_named() {
        let error = Text::decode(&mut (), b"caf\xe9 au lait").unwrap_err().to_string();
        assert_eq!(
            error,
            "this record is not a line of UTF-8: byte 0xe9 at 3 is not UTF-8; read lines of any bytes with \
             `Flow::bytes()`\n  it begins: caf\\xe9 au lait"
        );
        assert_eq!(Bytes::decode(&mut (), b"caf\xe9").unwrap(), b"caf\xe9");
    }

    #[test]
    fn lines_are_not_trimmed() {
        assert_eq!(Text::decode(&mut (), b" a\t").unwrap(), " a\t");
    }

    #[test]
    fn what_would_end_a_line_or_field_is_refused() {
        let mut out = Vec::new();
        for text in ["a\nb", "a\r", "\r\n"] {
            let error = write(&mut out, &text, false).unwrap_err().to_string();
            assert!(error.starts_with("it holds a line end, and"), "{error}");
        }
        let error = write(&mut out, &"a\tb", true).unwrap_err().to_string();
        assert!(error.starts_with(r"it holds a TAB, and as text it would be read as two: `a\tb`"));
        assert!(out.is_empty());
        write(&mut out, &"a\tb", false).unwrap();
        assert_eq!(out, b"a\tb");
    }

    #[test]
    fn words_are_written_bare_and_nothing_else_is() {
        let mut out = Vec::new();
        write(&mut out, &Some(-1.5), false).unwrap();
        write(&mut out, &None::<u8>, false).unwrap();
        write(&mut out, &(), false).unwrap();
        write(&mut out, &true, false).unwrap();
        assert_eq!(out, b"-1.5true");
        assert!(write(&mut out, &(1, 2), false).is_err());
        assert!(write(&mut out, &f64::NAN, false).is_err());
    }
}
