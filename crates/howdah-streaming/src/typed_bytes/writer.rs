//! Typed bytes written one bit after the other.

use super::{CustomCode, Error, ErrorKind, NULL, code};

/// Appends values to a buffer.
///
/// A vector or map is opened, its parts are written, and it is closed with their number. Whoever writes sees to it
/// that all that is opened is closed, the last first.
///
/// ```
/// use howdah_streaming::typed_bytes::{Value, Writer};
///
/// let mut bytes = Vec::new();
/// let mut writer = Writer::new(&mut bytes);
/// let map = writer.open_map();
/// writer.string("word")?;
/// writer.integer(3);
/// writer.close(map, 1)?;
/// assert_eq!(Value::read(&bytes)?.0.to_string(), "{word=3}");
/// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
}

/// A vector or map that is being written.
#[derive(Debug)]
#[must_use = "a vector or map needs its count"]
pub struct Counted {
    /// Where the count stands.
    at: usize,
}

impl<'o> Writer<'o> {
    /// A writer to the end of `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Writer { out }
    }

    /// Writes nothing, as [`NULL`].
    pub fn null(&mut self) {
        self.out.extend_from_slice(&NULL);
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// More than 2³¹ − 1 of them.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.behind_length(code::BYTES, bytes)
    }

    /// Writes an integer of 8 bits.
    pub fn byte(&mut self, number: i8) {
        self.fixed(code::BYTE, number.to_be_bytes());
    }

    /// Writes yes or no.
    pub fn bool(&mut self, value: bool) {
        self.fixed(code::BOOL, [u8::from(value)]);
    }

    /// Writes an integer as the shorter of int and long that holds it, as Python's module does. So equal numbers are
    /// equal bytes.
    #[inline]
    pub fn integer(&mut self, number: i64) {
        match i32::try_from(number) {
            Ok(number) => self.int(number),
            Err(_) => self.long(number),
        }
    }

    /// Writes an integer of 32 bits.
    pub fn int(&mut self, number: i32) {
        self.fixed(code::INT, number.to_be_bytes());
    }

    /// Writes an integer of 64 bits.
    pub fn long(&mut self, number: i64) {
        self.fixed(code::LONG, number.to_be_bytes());
    }

    /// Writes a floating-point number of 32 bits.
    pub fn float(&mut self, number: f32) {
        self.fixed(code::FLOAT, number.to_be_bytes());
    }

    /// Writes a floating-point number of 64 bits.
    pub fn double(&mut self, number: f64) {
        self.fixed(code::DOUBLE, number.to_be_bytes());
    }

    /// Writes text.
    ///
    /// # Errors
    /// More than 2³¹ − 1 bytes.
    #[inline]
    pub fn string(&mut self, text: &str) -> Result<(), Error> {
        self.string_bytes(text.as_bytes())
    }

    /// Writes text whose bytes need not be UTF-8.
    ///
    /// # Errors
    /// More than 2³¹ − 1 bytes.
    pub fn string_bytes(&mut self, text: &[u8]) -> Result<(), Error> {
        self.behind_length(code::STRING, text)
    }

    /// Writes bytes under a code of the application's.
    ///
    /// # Errors
    /// More than 2³¹ − 1 of them.
    pub fn custom(&mut self, code: CustomCode, bytes: &[u8]) -> Result<(), Error> {
        self.behind_length(code.get(), bytes)
    }

    /// Opens a vector.
    pub fn open_vector(&mut self) -> Counted {
        self.open(code::VECTOR)
    }

    /// Opens a map.
    pub fn open_map(&mut self) -> Counted {
        self.open(code::MAP)
    }

    /// Closes a vector of so many values, or a map of so many pairs.
    ///
    /// # Errors
    /// More than 2³¹ − 1 of them.
    #[allow(clippy::needless_pass_by_value)] // what is closed is closed once
    pub fn close(&mut self, opened: Counted, count: usize) -> Result<(), Error> {
        let count = length(count)?;
        if let Some(place) = self.out.get_mut(opened.at..opened.at + 4) {
            place.copy_from_slice(&count);
        }
        Ok(())
    }

    /// Opens a list.
    pub fn open_list(&mut self) {
        self.out.push(code::LIST);
    }

    /// Closes a list.
    pub fn close_list(&mut self) {
        self.out.push(code::MARKER);
    }

    fn open(&mut self, code: u8) -> Counted {
        self.fixed(code, [0; 4]);
        Counted { at: self.out.len() - 4 }
    }

    fn behind_length(&mut self, code: u8, bytes: &[u8]) -> Result<(), Error> {
        self.fixed(code, length(bytes.len())?);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn fixed<const N: usize>(&mut self, code: u8, content: [u8; N]) {
        self.out.push(code);
        self.out.extend_from_slice(&content);
    }
}

/// A length or count as it is written.
fn length(count: usize) -> Result<[u8; 4], Error> {
    let count = i32::try_from(count).map_err(|_| Error::without_offset(ErrorKind::TooLong))?;
    Ok(count.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_32_bits_is_refused() {
        assert_eq!(length(0x7fff_ffff).unwrap(), [0x7f, 0xff, 0xff, 0xff]);
        assert_eq!(length(0x8000_0000).unwrap_err().kind(), &ErrorKind::TooLong);
    }

    #[test]
    fn an_integer_is_as_short_as_it_can_be() {
        let written = |number| {
            let mut bytes = Vec::new();
            Writer::new(&mut bytes).integer(number);
            bytes
        };
        assert_eq!(written(i64::from(i32::MIN)), [3, 0x80, 0, 0, 0]);
        assert_eq!(written(i64::from(i32::MAX) + 1), [4, 0, 0, 0, 0, 0x80, 0, 0, 0]);
    }
}
