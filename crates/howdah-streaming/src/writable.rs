//! Java's simple types: what keys and values of a job are to Hadoop.
//!
//! A [`Writable`] is a key or value, a [`WritableClass`] its type. Two forms of it are bytes:
//!
//! - **serialised**, as Java writes it into files and between tasks: a `Text` is its length and its bytes;
//! - its **content**, as records travel here: the same without the length that `Text`, `BytesWritable` and
//!   `TypedBytesWritable` have in front. So the content of a text is the text.
//!
//! What Hadoop does with keys by their types (hash, order, `toString`) is told of the content.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::{error, fmt};

use crate::hash::text_hash;
use crate::typed_bytes::{self, double_text, float_text};
use crate::utf8;
use crate::vint::{read_vint, serialized_text_len, write_vint};

/// The package of Hadoop's types.
const PACKAGE: &str = "org.apache.hadoop.io.";
const TYPED_BYTES: &str = "org.apache.hadoop.typedbytes.TypedBytesWritable";

/// A type of keys or values, by its Java class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WritableClass {
    /// `Text`: UTF-8, or any bytes.
    #[default]
    Text,
    /// `BytesWritable`.
    Bytes,
    /// `TypedBytesWritable`, which is what Hadoop Streaming reads and writes as typed bytes.
    TypedBytes,
    /// `NullWritable`: nothing.
    Null,
    /// `BooleanWritable`.
    Boolean,
    /// `ByteWritable`, a signed byte.
    Byte,
    /// `ShortWritable`.
    Short,
    /// `IntWritable`.
    Int,
    /// `VIntWritable`, an `int` in one to five bytes.
    VInt,
    /// `LongWritable`.
    Long,
    /// `VLongWritable`, a `long` in one to nine bytes.
    VLong,
    /// `FloatWritable`.
    Float,
    /// `DoubleWritable`.
    Double,
}

impl WritableClass {
    const ALL: [Self; 13] = [
        Self::Text,
        Self::Bytes,
        Self::TypedBytes,
        Self::Null,
        Self::Boolean,
        Self::Byte,
        Self::Short,
        Self::Int,
        Self::VInt,
        Self::Long,
        Self::VLong,
        Self::Float,
        Self::Double,
    ];

    /// The type for a class as a header names it, with its package; `None` for one that only Java knows. As for Java
    /// (`WritableName`), `null` and `long` are names as well.
    ///
    /// ```
    /// use howdah_streaming::writable::WritableClass;
    ///
    /// assert_eq!(WritableClass::of_name("org.apache.hadoop.io.Text"), Some(WritableClass::Text));
    /// assert_eq!(WritableClass::of_name("org.apache.hadoop.io.MapWritable"), None);
    /// ```
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "null" => return Some(Self::Null),
            "long" => return Some(Self::Long),
            TYPED_BYTES => return Some(Self::TypedBytes),
            _ => {}
        }
        let simple = name.strip_prefix(PACKAGE)?;
        Self::ALL.into_iter().find(|class| class.name().strip_prefix(PACKAGE) == Some(simple))
    }

    /// The class's name with its package.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "org.apache.hadoop.io.Text",
            Self::Bytes => "org.apache.hadoop.io.BytesWritable",
            Self::TypedBytes => TYPED_BYTES,
            Self::Null => "org.apache.hadoop.io.NullWritable",
            Self::Boolean => "org.apache.hadoop.io.BooleanWritable",
            Self::Byte => "org.apache.hadoop.io.ByteWritable",
            Self::Short => "org.apache.hadoop.io.ShortWritable",
            Self::Int => "org.apache.hadoop.io.IntWritable",
            Self::VInt => "org.apache.hadoop.io.VIntWritable",
            Self::Long => "org.apache.hadoop.io.LongWritable",
            Self::VLong => "org.apache.hadoop.io.VLongWritable",
            Self::Float => "org.apache.hadoop.io.FloatWritable",
            Self::Double => "org.apache.hadoop.io.DoubleWritable",
        }
    }

    /// Whether Java compares such values by their bytes (`BinaryComparable`).
    pub const fn is_binary_comparable(self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::TypedBytes)
    }

    /// Reads what a value of this class is serialised as, all of it.
    ///
    /// ```
    /// use howdah_streaming::writable::{Writable, WritableClass};
    ///
    /// assert_eq!(WritableClass::Int.read(&[0, 0, 1, 0])?, Writable::Int(256));
    /// assert_eq!(WritableClass::Text.read(b"\x05apple")?, Writable::Text(b"apple"));
    /// assert!(WritableClass::Text.read(b"\x05app").is_err());
    /// # Ok::<(), howdah_streaming::writable::WritableError>(())
    /// ```
    ///
    /// # Errors
    /// Bytes that are not one value of this class, with nothing behind it.
    pub fn read(self, bytes: &[u8]) -> Result<Writable<'_>, WritableError> {
        let value = match self {
            Self::Text => text_counted(bytes).map(Writable::Text),
            Self::Bytes => int_counted(bytes).map(Writable::Bytes),
            Self::TypedBytes => int_counted(bytes).map(Writable::TypedBytes),
            _ => return self.of_content(bytes),
        };
        value.ok_or(WritableError { class: self, length: bytes.len() })
    }

    /// Reads a value of this class from its content, all of it.
    ///
    /// ```
    /// use howdah_streaming::writable::{Writable, WritableClass};
    ///
    /// assert_eq!(WritableClass::Int.of_content(&[0, 0, 1, 0])?, Writable::Int(256));
    /// assert_eq!(WritableClass::Text.of_content(b"apple")?, Writable::Text(b"apple"));
    /// # Ok::<(), howdah_streaming::writable::WritableError>(())
    /// ```
    ///
    /// # Errors
    /// Bytes that are not one value of this class, with nothing behind it.
    pub fn of_content(self, bytes: &[u8]) -> Result<Writable<'_>, WritableError> {
        let vint = || read_vint(bytes).filter(|&(_, taken)| taken == bytes.len());
        let value = match self {
            Self::Text => Some(Writable::Text(bytes)),
            Self::Bytes => Some(Writable::Bytes(bytes)),
            Self::TypedBytes => Some(Writable::TypedBytes(bytes)),
            Self::Null => bytes.is_empty().then_some(Writable::Null),
            Self::Boolean => exact(bytes).map(|[byte]| Writable::Boolean(byte != 0)),
            Self::Byte => exact(bytes).map(|bytes| Writable::Byte(i8::from_be_bytes(bytes))),
            Self::Short => exact(bytes).map(|bytes| Writable::Short(i16::from_be_bytes(bytes))),
            Self::Int => exact(bytes).map(|bytes| Writable::Int(i32::from_be_bytes(bytes))),
            Self::VInt => {
                vint().and_then(|(number, _)| i32::try_from(number).ok()).map(Writable::VInt)
            }
            Self::Long => exact(bytes).map(|bytes| Writable::Long(i64::from_be_bytes(bytes))),
            Self::VLong => vint().map(|(number, _)| Writable::VLong(number)),
            Self::Float => exact(bytes).map(|bytes| Writable::Float(f32::from_be_bytes(bytes))),
            Self::Double => exact(bytes).map(|bytes| Writable::Double(f64::from_be_bytes(bytes))),
        };
        value.ok_or(WritableError { class: self, length: bytes.len() })
    }

    /// The content of a value that is serialised as `bytes`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn content(self, bytes: &[u8]) -> Result<&[u8], WritableError> {
        Ok(match self.read(bytes)? {
            Writable::Text(content) | Writable::Bytes(content) | Writable::TypedBytes(content) => {
                content
            }
            _ => bytes,
        })
    }

    /// How many bytes Java makes of a content of so many: what the counter "Map output bytes" adds up.
    ///
    /// ```
    /// use howdah_streaming::writable::WritableClass;
    ///
    /// assert_eq!(WritableClass::Text.serialized_len(2), 3);
    /// assert_eq!(WritableClass::Bytes.serialized_len(2), 6);
    /// assert_eq!(WritableClass::Long.serialized_len(8), 8);
    /// ```
    #[inline]
    pub fn serialized_len(self, content: usize) -> usize {
        match self {
            Self::Text => serialized_text_len(content),
            Self::Bytes | Self::TypedBytes => content.saturating_add(4),
            _ => content,
        }
    }

    /// Appends what Java makes of a content.
    pub fn serialize(self, content: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Text => Writable::Text(content).write(out),
            Self::Bytes | Self::TypedBytes => Writable::Bytes(content).write(out),
            _ => out.extend_from_slice(content),
        }
    }

    /// What `hashCode` gives in Java.
    ///
    /// ```
    /// use howdah_streaming::writable::WritableClass;
    ///
    /// assert_eq!(WritableClass::Text.hash_code(b"apple")?, 121_658_361);
    /// assert_eq!(WritableClass::Long.hash_code(&(1i64 << 32 | 5).to_be_bytes())?, 5);
    /// # Ok::<(), howdah_streaming::writable::WritableError>(())
    /// ```
    ///
    /// # Errors
    /// As [`of_content`](Self::of_content).
    pub fn hash_code(self, content: &[u8]) -> Result<i32, WritableError> {
        Ok(match self.of_content(content)? {
            Writable::Text(bytes) | Writable::Bytes(bytes) | Writable::TypedBytes(bytes) => {
                text_hash(bytes)
            }
            Writable::Null => 0,
            Writable::Boolean(value) => i32::from(!value),
            Writable::Byte(number) => number.into(),
            Writable::Short(number) => number.into(),
            Writable::Int(number) | Writable::VInt(number) => number,
            Writable::Long(number) | Writable::VLong(number) => number as i32,
            // All that is no number is one and the same to Java.
            Writable::Float(number) if number.is_nan() => 0x7fc0_0000,
            Writable::Float(number) => number.to_bits().cast_signed(),
            Writable::Double(number) if number.is_nan() => 0,
            Writable::Double(number) => number.to_bits() as i32,
        })
    }

    /// The order of Java's `compareTo`: bytes by themselves, numbers by value. Contents that are none of the class, which
    /// no task makes, come in the order of their bytes.
    ///
    /// ```
    /// use howdah_streaming::writable::WritableClass;
    /// use std::cmp::Ordering;
    ///
    /// let content = |number: i64| number.to_be_bytes();
    /// assert_eq!(WritableClass::Long.compare(&content(-1), &content(1)), Ordering::Less);
    /// assert_eq!(WritableClass::Text.compare(b"-1", b"+1"), Ordering::Greater);
    /// ```
    pub fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        let (Ok(left), Ok(right)) = (self.of_content(a), self.of_content(b)) else {
            return a.cmp(b);
        };
        match (left, right) {
            (Writable::Boolean(left), Writable::Boolean(right)) => left.cmp(&right),
            (Writable::Byte(left), Writable::Byte(right)) => left.cmp(&right),
            (Writable::Short(left), Writable::Short(right)) => left.cmp(&right),
            (Writable::Int(left), Writable::Int(right))
            | (Writable::VInt(left), Writable::VInt(right)) => left.cmp(&right),
            (Writable::Long(left), Writable::Long(right))
            | (Writable::VLong(left), Writable::VLong(right)) => left.cmp(&right),
            (Writable::Float(left), Writable::Float(right)) => order(left.into(), right.into()),
            (Writable::Double(left), Writable::Double(right)) => order(left, right),
            _ => a.cmp(b),
        }
    }

    /// Appends a content as `TextOutputFormat` writes it: a `Text`'s bytes as they are, `toString` of all else.
    ///
    /// # Errors
    /// A content of which Java makes no text: bytes that are not of this class, or no typed bytes.
    pub fn write_text(self, content: &[u8], out: &mut Vec<u8>) -> Result<(), WritableError> {
        match self.of_content(content)? {
            Writable::Text(bytes) => out.extend_from_slice(bytes),
            Writable::TypedBytes(bytes) => {
                let value = typed_bytes::Value::read(bytes).map(|(value, _)| value);
                let built = value.ok().filter(typed_bytes::is_buildable);
                let built = built.ok_or(WritableError { class: self, length: content.len() })?;
                out.extend_from_slice(built.to_string().as_bytes());
            }
            value => out.extend_from_slice(value.to_string().as_bytes()),
        }
        Ok(())
    }

    /// A content as a command reads it in a line: see [`Writable::line_bytes`].
    ///
    /// # Errors
    /// As [`of_content`](Self::of_content).
    #[inline]
    pub fn line_bytes(self, content: &[u8]) -> Result<Cow<'_, [u8]>, WritableError> {
        if self.is_binary_comparable() {
            return Ok(content.into());
        }
        Ok(self.of_content(content)?.line_bytes())
    }

    /// Appends a content as typed bytes, as `TypedBytesWritableOutput` does: text as a string, numbers as they are, what
    /// typed bytes have no type for as an object of its Java class.
    ///
    /// ```
    /// use howdah_streaming::writable::WritableClass;
    ///
    /// let mut bytes = Vec::new();
    /// WritableClass::Text.write_typed_bytes(b"ab", &mut bytes)?;
    /// WritableClass::VInt.write_typed_bytes(&[5], &mut bytes)?;
    /// assert_eq!(bytes, b"\x07\0\0\0\x02ab\x03\0\0\0\x05");
    /// # Ok::<(), howdah_streaming::writable::WritableError>(())
    /// ```
    ///
    /// # Errors
    /// As [`of_content`](Self::of_content), and more than 2³¹ − 1 bytes.
    pub fn write_typed_bytes(self, content: &[u8], out: &mut Vec<u8>) -> Result<(), WritableError> {
        let too_long = |_| WritableError { class: self, length: content.len() };
        let mut writer = typed_bytes::Writer::new(out);
        match self.of_content(content)? {
            Writable::Text(bytes) => writer.string(&utf8::decode(bytes)).map_err(too_long)?,
            Writable::Bytes(bytes) => writer.bytes(bytes).map_err(too_long)?,
            Writable::TypedBytes(bytes) => out.extend_from_slice(bytes),
            Writable::Boolean(value) => writer.bool(value),
            Writable::Byte(number) => writer.byte(number),
            Writable::Int(number) | Writable::VInt(number) => writer.int(number),
            Writable::Long(number) | Writable::VLong(number) => writer.long(number),
            // All that is no number is one and the same to Java, whatever its bits.
            Writable::Float(number) if number.is_nan() => writer.float(f32::from_bits(0x7fc0_0000)),
            Writable::Float(number) => writer.float(number),
            Writable::Double(number) if number.is_nan() => {
                writer.double(f64::from_bits(0x7ff8_0000_0000_0000));
            }
            Writable::Double(number) => writer.double(number),
            Writable::Null | Writable::Short(_) => {
                let object = typed_bytes::Value::writable(self.name(), content);
                object.write(out).map_err(too_long)?;
            }
        }
        Ok(())
    }
}

/// The types of a record's key and value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RecordClasses {
    /// The key's.
    pub key: WritableClass,
    /// The value's.
    pub value: WritableClass,
}

impl RecordClasses {
    /// Text and text, as lines are.
    pub const TEXT: Self = Self::of(WritableClass::Text);

    /// Key and value of one type.
    pub const fn of(class: WritableClass) -> Self {
        RecordClasses { key: class, value: class }
    }
}

/// `Double.compare`: all that is no number is the same, and comes last; -0.0 is below 0.0.
fn order(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(&b),
        (a, b) => a.cmp(&b),
    }
}

impl fmt::Display for WritableClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// All of `bytes`, if there are `N`.
fn exact<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// All of `bytes`, if there are `length`.
fn counted(bytes: &[u8], length: i64) -> Option<&[u8]> {
    (usize::try_from(length) == Ok(bytes.len())).then_some(bytes)
}

/// What stands behind a vint, if that is its length.
fn text_counted(bytes: &[u8]) -> Option<&[u8]> {
    let (length, taken) = read_vint(bytes)?;
    counted(&bytes[taken..], length)
}

/// What stands behind an `int`, if that is its length.
fn int_counted(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    counted(rest, i32::from_be_bytes(*length).into())
}

/// A key or value. Its [`Display`](fmt::Display) is what `toString` gives in Java.
///
/// ```
/// use howdah_streaming::writable::Writable;
///
/// assert_eq!(Writable::Long(-7).to_string(), "-7");
/// assert_eq!(Writable::Bytes(&[1, 0xab]).to_string(), "01 ab");
/// assert_eq!(Writable::Null.to_string(), "(null)");
/// assert_eq!(Writable::Double(1e10).to_string(), "1.0E10");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Writable<'a> {
    /// `Text`.
    Text(&'a [u8]),
    /// `BytesWritable`.
    Bytes(&'a [u8]),
    /// `TypedBytesWritable`: a value with the byte that tells its type.
    TypedBytes(&'a [u8]),
    /// `NullWritable`.
    Null,
    /// `BooleanWritable`.
    Boolean(bool),
    /// `ByteWritable`.
    Byte(i8),
    /// `ShortWritable`.
    Short(i16),
    /// `IntWritable`.
    Int(i32),
    /// `VIntWritable`.
    VInt(i32),
    /// `LongWritable`.
    Long(i64),
    /// `VLongWritable`.
    VLong(i64),
    /// `FloatWritable`.
    Float(f32),
    /// `DoubleWritable`.
    Double(f64),
}

impl<'a> Writable<'a> {
    /// The value as a command reads it in a line: the bytes of a `Text` or `BytesWritable` as they are, `toString` of
    /// all else.
    ///
    /// ```
    /// use howdah_streaming::writable::Writable;
    ///
    /// assert_eq!(*Writable::Text(b"\xff").line_bytes(), *b"\xff");
    /// assert_eq!(*Writable::Int(12).line_bytes(), *b"12");
    /// ```
    pub fn line_bytes(self) -> Cow<'a, [u8]> {
        match self {
            Self::Text(bytes) | Self::Bytes(bytes) | Self::TypedBytes(bytes) => bytes.into(),
            _ => self.to_string().into_bytes().into(),
        }
    }

    /// Appends what Java would write.
    ///
    /// ```
    /// use howdah_streaming::writable::Writable;
    ///
    /// let mut bytes = Vec::new();
    /// Writable::Text(b"apple").write(&mut bytes);
    /// assert_eq!(bytes, b"\x05apple");
    /// ```
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Text(bytes) => {
                write_vint(i64::try_from(bytes.len()).unwrap_or(i64::MAX), out);
                out.extend_from_slice(bytes);
            }
            Self::Bytes(bytes) | Self::TypedBytes(bytes) => {
                // Longer ones than 2 GiB are refused by the writer of the file.
                out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
                out.extend_from_slice(bytes);
            }
            Self::Null => {}
            Self::Boolean(value) => out.push(value.into()),
            Self::Byte(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Short(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Int(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::VInt(number) => write_vint(number.into(), out),
            Self::Long(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::VLong(number) => write_vint(number, out),
            Self::Float(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Double(number) => out.extend_from_slice(&number.to_be_bytes()),
        }
    }
}

impl fmt::Display for Writable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Text(bytes) => f.write_str(&utf8::decode(bytes)),
            Self::Bytes(bytes) => write_hex(bytes, f),
            Self::TypedBytes(bytes) => match typed_bytes::Value::read(bytes) {
                Ok((value, _)) => value.fmt(f),
                Err(_) => write_hex(bytes, f), // Java throws then
            },
            Self::Null => f.write_str("(null)"),
            Self::Boolean(value) => value.fmt(f),
            Self::Byte(number) => number.fmt(f),
            Self::Short(number) => number.fmt(f),
            Self::Int(number) | Self::VInt(number) => number.fmt(f),
            Self::Long(number) | Self::VLong(number) => number.fmt(f),
            Self::Float(number) => f.write_str(&float_text(number)),
            Self::Double(number) => f.write_str(&double_text(number)),
        }
    }
}

/// Two digits a byte and a blank between bytes, as `BytesWritable.toString`.
fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        let blank = if index == 0 { "" } else { " " };
        write!(f, "{blank}{byte:02x}")?;
    }
    Ok(())
}

/// Bytes that are not what a class is serialised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WritableError {
    class: WritableClass,
    length: usize,
}

impl fmt::Display for WritableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these {} bytes are not a {}: the record is damaged", self.length, self.class)
    }
}

impl error::Error for WritableError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lead_back() {
        for class in WritableClass::ALL {
            assert_eq!(WritableClass::of_name(class.name()), Some(class));
        }
        assert_eq!(WritableClass::of_name("long"), Some(WritableClass::Long));
        assert_eq!(WritableClass::of_name("Text"), None);
    }

    #[test]
    fn an_error_says_what_was_expected() {
        let error = WritableClass::Long.read(b"1234567").unwrap_err();
        assert_eq!(
            error.to_string(),
            "these 7 bytes are not a org.apache.hadoop.io.LongWritable: the record is damaged"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_value_or_refused(bytes: Vec<u8>) {
            for class in WritableClass::ALL {
                if let Ok(value) = class.read(&bytes) {
                    let _ = value.to_string();
                    let mut written = Vec::new();
                    value.write(&mut written);
                    // Other bytes than 0 and 1 are true, and a vint may be longer than it must.
                    prop_assert_eq!(class.read(&written).unwrap().to_string(), value.to_string());
                }
            }
        }

        #[test]
        fn what_is_written_is_read(bytes: Vec<u8>, number: i64) {
            let int = number as i32;
            for (class, value) in [
                (WritableClass::Text, Writable::Text(&bytes)),
                (WritableClass::Bytes, Writable::Bytes(&bytes)),
                (WritableClass::Int, Writable::Int(int)),
                (WritableClass::VInt, Writable::VInt(int)),
                (WritableClass::Long, Writable::Long(number)),
                (WritableClass::VLong, Writable::VLong(number)),
            ] {
                let mut written = Vec::new();
                value.write(&mut written);
                prop_assert_eq!(class.read(&written), Ok(value));
            }
        }
    }
}
