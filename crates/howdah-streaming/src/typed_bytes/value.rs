//! A value of any type.

use std::cmp::Ordering;
use std::fmt;

use super::{Error, ErrorKind, MAX_DEPTH, Reader, Token, Writer, code, double_text, float_text};
use crate::utf8;

/// How many parts are made room for before any of them is read.
const PARTS_AT_FIRST: usize = 64;

/// A value of typed bytes.
///
/// [`read`](Value::read) takes it from bytes, [`write`](Value::write) appends it to them, and [`Display`](fmt::Display)
/// shows it as Hadoop's `TypedBytesWritable.toString` does, which is what `TextOutputFormat` writes.
///
/// ```
/// use howdah_streaming::typed_bytes::Value;
///
/// let pair = Value::Vector(vec![Value::String("a".into()), Value::Double(1e7)]);
/// let mut bytes = Vec::new();
/// pair.write(&mut bytes)?;
/// assert_eq!(Value::read(&bytes)?, (pair.clone(), bytes.len()));
/// assert_eq!(pair.to_string(), "[a, 1.0E7]");
/// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Bytes.
    Bytes(Vec<u8>),
    /// An integer of 8 bits.
    Byte(i8),
    /// Yes or no.
    Bool(bool),
    /// An integer of 32 bits.
    Int(i32),
    /// An integer of 64 bits.
    Long(i64),
    /// A floating-point number of 32 bits.
    Float(f32),
    /// A floating-point number of 64 bits.
    Double(f64),
    /// Text.
    String(String),
    /// Values that are written behind their number. A Python tuple is one, and so is Java's `ArrayList`.
    Vector(Vec<Value>),
    /// Values that are written before a marker. A Python list is one.
    List(Vec<Value>),
    /// Keys and values, in the order in which they stand.
    Map(Vec<(Value, Value)>),
    /// Bytes that the application gives a meaning to.
    Custom(CustomCode, Vec<u8>),
}

/// A code from 50 to 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomCode(u8);

impl CustomCode {
    /// The code of an object that a Java class writes.
    pub const WRITABLE: CustomCode = CustomCode(code::WRITABLE);

    /// The code, if it is one that applications may use.
    ///
    /// ```
    /// use howdah_streaming::typed_bytes::CustomCode;
    ///
    /// assert!(CustomCode::new(50).is_some() && CustomCode::new(200).is_some());
    /// assert!(CustomCode::new(49).is_none() && CustomCode::new(201).is_none());
    /// ```
    pub const fn new(code: u8) -> Option<Self> {
        match code {
            50..=200 => Some(CustomCode(code)),
            _ => None,
        }
    }

    /// The code itself.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Value {
    /// The value at the start of `bytes`, and how many of them it takes; as `TypedBytesInput.read`.
    ///
    /// As in Java, text that is not UTF-8 has U+FFFD in the places of what is none.
    ///
    /// # Errors
    /// Bytes that are no typed bytes, or not all of them.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), Error> {
        let mut reader = Reader::new(bytes);
        let token = reader.token()?;
        let value = Value::from_token(token, &mut reader)?;
        Ok((value, reader.offset()))
    }

    fn from_token(token: Token<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(match token {
            Token::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            Token::Byte(number) => Value::Byte(number),
            Token::Bool(value) => Value::Bool(value),
            Token::Int(number) => Value::Int(number),
            Token::Long(number) => Value::Long(number),
            Token::Float(number) => Value::Float(number),
            Token::Double(number) => Value::Double(number),
            Token::String(text) => Value::String(utf8::decode(text).into_owned()),
            Token::Vector(count) => Value::Vector(parts(count, reader, |token, reader| {
                Value::from_token(token, reader)
            })?),
            Token::List => Value::List(parts(0, reader, Value::from_token)?),
            Token::Map(count) => Value::Map(parts(count, reader, |token, reader| {
                let key = Value::from_token(token, reader)?;
                let token = reader.token()?;
                Ok((key, Value::from_token(token, reader)?))
            })?),
            Token::Custom(code, bytes) => Value::Custom(CustomCode(code), bytes.to_vec()),
            Token::End => return Err(Error::new(ErrorKind::StrayMarker, reader.offset())),
        })
    }

    /// Appends the value, as `TypedBytesOutput.write`.
    ///
    /// # Errors
    /// More than 2³¹ − 1 bytes or parts, or more than [`MAX_DEPTH`] values within each other. Nothing is appended then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let start = out.len();
        let written = self.write_within(MAX_DEPTH, &mut Writer::new(out));
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    /// Writes the value where `depth` more values may lie within each other.
    fn write_within(&self, depth: usize, writer: &mut Writer<'_>) -> Result<(), Error> {
        let deeper =
            || depth.checked_sub(1).ok_or_else(|| Error::without_offset(ErrorKind::TooDeep));
        match self {
            Value::Bytes(bytes) => writer.bytes(bytes)?,
            Value::Byte(number) => writer.byte(*number),
            Value::Bool(value) => writer.bool(*value),
            Value::Int(number) => writer.int(*number),
            Value::Long(number) => writer.long(*number),
            Value::Float(number) => writer.float(*number),
            Value::Double(number) => writer.double(*number),
            Value::String(text) => writer.string(text)?,
            Value::Vector(values) => {
                let depth = deeper()?;
                let vector = writer.open_vector();
                values.iter().try_for_each(|value| value.write_within(depth, writer))?;
                writer.close(vector, values.len())?;
            }
            Value::List(values) => {
                let depth = deeper()?;
                writer.open_list();
                values.iter().try_for_each(|value| value.write_within(depth, writer))?;
                writer.close_list();
            }
            Value::Map(entries) => {
                let depth = deeper()?;
                let map = writer.open_map();
                for (key, value) in entries {
                    key.write_within(depth, writer)?;
                    value.write_within(depth, writer)?;
                }
                writer.close(map, entries.len())?;
            }
            Value::Custom(code, bytes) => writer.custom(*code, bytes)?,
        }
        Ok(())
    }

    /// An object of a Java class, as `TypedBytesWritableOutput.writeWritable` writes it: the class's name, and what
    /// the object's own `write` gives.
    ///
    /// ```
    /// use howdah_streaming::typed_bytes::Value;
    ///
    /// let object = Value::writable("org.apache.hadoop.io.VIntWritable", b"\x07");
    /// assert_eq!(object.as_writable(), Some(("org.apache.hadoop.io.VIntWritable", &b"\x07"[..])));
    /// ```
    #[must_use]
    pub fn writable(class: &str, content: &[u8]) -> Self {
        // A class's name has at most 65,535 bytes.
        let length = u32::try_from(class.len()).unwrap_or(u32::MAX).to_be_bytes();
        Value::Custom(CustomCode::WRITABLE, [&length, class.as_bytes(), content].concat())
    }

    /// The class's name and the content, if this is an object of a Java class.
    pub fn as_writable(&self) -> Option<(&str, &[u8])> {
        let Value::Custom(CustomCode::WRITABLE, bytes) = self else { return None };
        let (length, rest) = bytes.split_first_chunk()?;
        let (class, content) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        Some((std::str::from_utf8(class).ok()?, content))
    }
}

/// The parts of what was opened last. Room is made for no more of them than the bytes left can hold.
fn parts<T>(
    count: usize,
    reader: &mut Reader<'_>,
    mut part: impl FnMut(Token<'_>, &mut Reader<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut parts = Vec::with_capacity(count.min(reader.left()).min(PARTS_AT_FIRST));
    loop {
        match reader.token()? {
            Token::End => return Ok(parts),
            token => parts.push(part(token, reader)?),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bytes(bytes) | Value::Custom(_, bytes) => {
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Value::Byte(number) => write!(f, "{number}"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Long(number) => write!(f, "{number}"),
            Value::Float(number) => f.write_str(&float_text(*number)),
            Value::Double(number) => f.write_str(&double_text(*number)),
            Value::String(text) => f.write_str(text),
            Value::Vector(values) | Value::List(values) => {
                f.write_str("[")?;
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Map(entries) => {
                f.write_str("{")?;
                for (i, (key, value)) in as_tree_map(entries).into_iter().enumerate() {
                    write!(f, "{}{key}={value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Whether Java can build the value: it puts the keys of a map in order, so that they must be of one class that has an
/// order, which those of vectors, lists and maps have not. In Java that is a `ClassCastException`.
pub(crate) fn is_buildable(value: &Value) -> bool {
    match value {
        Value::Vector(values) | Value::List(values) => values.iter().all(is_buildable),
        Value::Map(entries) => entries.iter().all(|(key, value)| {
            compare_as_java(key, &entries[0].0).is_some() && is_buildable(value)
        }),
        _ => true,
    }
}

/// The entries as Java's `TreeMap` has them: in the order of their keys, the last of those with the same key. Java
/// fails where keys cannot be compared; here they stay in their order.
fn as_tree_map(entries: &[(Value, Value)]) -> Vec<(&Value, &Value)> {
    let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (key, value)).collect();
    let comparable =
        entries.windows(2).all(|pair| compare_as_java(&pair[0].0, &pair[1].0).is_some());
    if comparable {
        let order = |a, b| compare_as_java(a, b).unwrap_or(Ordering::Equal);
        sorted.sort_by(|(a, _), (b, _)| order(a, b));
        sorted.dedup_by(|later, kept| {
            let same = order(later.0, kept.0).is_eq();
            if same {
                kept.1 = later.1;
            }
            same
        });
    }
    sorted
}

/// The order of Java's `compareTo`, which knows only objects of one class.
fn compare_as_java(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Bytes(a) | Value::Custom(_, a), Value::Bytes(b) | Value::Custom(_, b)) => a.cmp(b),
        (Value::Byte(a), Value::Byte(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Long(a), Value::Long(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => compare_numbers(f64::from(*a), f64::from(*b)),
        (Value::Double(a), Value::Double(b)) => compare_numbers(*a, *b),
        (Value::String(a), Value::String(b)) => a.encode_utf16().cmp(b.encode_utf16()),
        _ => return None,
    })
}

/// `Double.compare`: all NaN are one and come last, `-0.0` comes before `0.0`.
fn compare_numbers(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(&b),
        (a, b) => a.cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_is_made_for_parts_that_are_only_promised() {
        for code in [code::VECTOR, code::MAP] {
            let error = Value::read(&[code, 0x7f, 0xff, 0xff, 0xff, code::BOOL, 1]).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (&ErrorKind::Truncated, Some(7)));
        }
    }

    #[test]
    fn what_could_not_be_read_is_not_written() {
        let mut value = Value::Byte(0);
        for _ in 0..MAX_DEPTH {
            value = Value::List(vec![value]);
        }
        let mut bytes = Vec::from(*b"before");
        value.write(&mut bytes).unwrap();
        assert_eq!(Value::read(&bytes[6..]).unwrap().0, value);
        let deeper = Value::Map(vec![(value, Value::Byte(0))]);
        bytes.truncate(6);
        assert_eq!(deeper.write(&mut bytes).unwrap_err().kind(), &ErrorKind::TooDeep);
        assert_eq!(bytes, b"before");
    }

    #[test]
    fn a_writable_that_is_none_is_only_bytes() {
        for bytes in [&b"\0\0"[..], b"\0\0\0\x02a", b"\xff\xff\xff\xffa", b"\0\0\0\x01\xff"] {
            assert_eq!(Value::Custom(CustomCode::WRITABLE, bytes.to_vec()).as_writable(), None);
        }
        assert_eq!(Value::writable("C", b""), Value::read(b"\x32\0\0\0\x05\0\0\0\x01C").unwrap().0);
    }

    #[test]
    fn keys_that_java_cannot_compare_stay_in_their_order() {
        let entry = |key| (key, Value::Bool(true));
        let map = Value::Map(vec![entry(Value::Long(2)), entry(Value::Int(1))]);
        assert_eq!(map.to_string(), "{2=true, 1=true}");
        let map = Value::Map(vec![entry(Value::Double(f64::NAN)), entry(Value::Double(1.0))]);
        assert_eq!(map.to_string(), "{1.0=true, NaN=true}");
    }
}
