//! Java's simple types, out of the bytes that they are serialised as and back.

use std::borrow::Cow;
use std::{error, fmt};

use howdah_streaming::typed_bytes::{self, double_text, float_text};
use howdah_streaming::utf8;
use howdah_streaming::vint::{read_vint, write_vint};

/// The package of Hadoop's types.
const PACKAGE: &str = "org.apache.hadoop.io.";
const TYPED_BYTES: &str = "org.apache.hadoop.typedbytes.TypedBytesWritable";

/// A type of keys or values, by its Java class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WritableClass {
    /// `Text`: UTF-8, or any bytes.
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
    /// use howdah_sequence_file::WritableClass;
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
    /// use howdah_sequence_file::{Writable, WritableClass};
    ///
    /// assert_eq!(WritableClass::Int.read(&[0, 0, 1, 0])?, Writable::Int(256));
    /// assert_eq!(WritableClass::Text.read(b"\x05apple")?, Writable::Text(b"apple"));
    /// assert!(WritableClass::Text.read(b"\x05app").is_err());
    /// # Ok::<(), howdah_sequence_file::WritableError>(())
    /// ```
    ///
    /// # Errors
    /// Bytes that are not one value of this class, with nothing behind it.
    pub fn read(self, bytes: &[u8]) -> Result<Writable<'_>, WritableError> {
        let bad = || WritableError { class: self, length: bytes.len() };
        let vint = || read_vint(bytes).filter(|&(_, taken)| taken == bytes.len());
        let value = match self {
            Self::Text => read_vint(bytes)
                .and_then(|(length, taken)| counted(&bytes[taken..], length))
                .map(Writable::Text),
            Self::Bytes => int_counted(bytes).map(Writable::Bytes),
            Self::TypedBytes => int_counted(bytes).map(Writable::TypedBytes),
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
        value.ok_or_else(bad)
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

/// What stands behind an `int`, if that is its length.
fn int_counted(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    counted(rest, i32::from_be_bytes(*length).into())
}

/// A key or value. Its [`Display`](fmt::Display) is what `toString` gives in Java.
///
/// ```
/// use howdah_sequence_file::Writable;
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
    /// use howdah_sequence_file::Writable;
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
    /// use howdah_sequence_file::Writable;
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
