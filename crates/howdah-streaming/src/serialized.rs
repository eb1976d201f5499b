//! How many bytes a key or a value takes when Hadoop serialises it.
//!
//! Only the counter "Map output bytes" depends on it: all keys and values are bytes here.

use crate::vint::serialized_text_len;

/// The form in which Hadoop serialises a key or value.
///
/// ```
/// use howdah_streaming::serialized::Serialized;
///
/// assert_eq!(Serialized::of_class("org.apache.hadoop.io.Text").len(2), 3);
/// assert_eq!(Serialized::of_class("org.apache.hadoop.io.LongWritable").len(2), 8);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Serialized {
    /// A length of one to five bytes, then the bytes: `Text`.
    #[default]
    Text,
    /// A length of four bytes, then the bytes: `BytesWritable`, `TypedBytesWritable`.
    Bytes,
    /// So many bytes, whatever is written in text: numbers, and 0 for `NullWritable`.
    Fixed(usize),
}

impl Serialized {
    /// The form of a class; that of `Text` for any that is not known here.
    pub fn of_class(class: &str) -> Self {
        match class {
            "org.apache.hadoop.io.LongWritable" => Self::Fixed(8),
            "org.apache.hadoop.io.IntWritable" => Self::Fixed(4),
            "org.apache.hadoop.io.NullWritable" => Self::Fixed(0),
            "org.apache.hadoop.io.BytesWritable"
            | "org.apache.hadoop.typedbytes.TypedBytesWritable" => Self::Bytes,
            _ => Self::Text,
        }
    }

    /// The bytes that it takes when its own are `bytes`.
    #[inline]
    pub fn len(self, bytes: usize) -> usize {
        match self {
            Self::Text => serialized_text_len(bytes),
            Self::Bytes => bytes.saturating_add(4),
            Self::Fixed(length) => length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_length() {
        let length = |class: &str| Serialized::of_class(class).len(200);
        assert_eq!(length("org.apache.hadoop.io.Text"), 202);
        assert_eq!(length("org.apache.hadoop.io.BytesWritable"), 204);
        assert_eq!(length("org.apache.hadoop.io.IntWritable"), 4);
        assert_eq!(length("org.apache.hadoop.io.NullWritable"), 0);
        assert_eq!(length("com.example.Own"), 202);
    }
}
