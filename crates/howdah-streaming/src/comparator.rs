//! The order of keys: how the sort, the merge and the grouping compare them.

use crate::key_fields::KeyFields;
use crate::vint::vint_len_by_first;
use crate::writable::WritableClass;
use std::cmp::Ordering;

/// A total order of keys, which may call keys equal that differ in their bytes.
///
/// ```
/// use howdah_streaming::comparator::KeyComparator;
/// use howdah_streaming::key_fields::KeyFields;
/// use std::cmp::Ordering;
///
/// assert_eq!(KeyComparator::Bytes.compare(b"10", b"9"), Ordering::Less);
///
/// let by_number = KeyComparator::KeyFields(KeyFields::parse("-n", b"\t")?);
/// assert_eq!(by_number.compare(b"10", b"9"), Ordering::Greater);
/// # Ok::<(), howdah_streaming::key_fields::KeyFieldsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyComparator {
    /// Unsigned bytes, a prefix before what it is a prefix of: `Text.Comparator`, the default.
    #[default]
    Bytes,
    /// Fields of the key: `KeyFieldBasedComparator`. Where its answers contradict each other, see
    /// [`KeyFields::compare`].
    KeyFields(KeyFields),
    /// The order of a Java type, such as numbers by value: `LongWritable.Comparator` and its like.
    Class(WritableClass),
    /// The same from the last to the first: `LongWritable.DecreasingComparator`.
    Decreasing(WritableClass),
    /// Fields of a key that is no `Text`: see [`KeyComparator::key_fields`].
    FieldsOfClass(WritableClass, KeyFields),
}

impl KeyComparator {
    /// The order that keys of a type have by themselves.
    pub fn of_class(class: WritableClass) -> Self {
        if class.is_binary_comparable() { Self::Bytes } else { Self::Class(class) }
    }

    /// The order by fields of keys of a type.
    ///
    /// Hadoop's comparator takes every key for a `Text`: it passes over the bytes of a length as `Text` writes it, and
    /// has what is left for the key, whatever that is.
    pub fn key_fields(class: WritableClass, fields: KeyFields) -> Self {
        match class {
            WritableClass::Text => Self::KeyFields(fields),
            _ => Self::FieldsOfClass(class, fields),
        }
    }

    /// What a comparator's class of Hadoop's own answers for keys of a type, by its name with or without its package;
    /// `None` if it is none for such keys. That of fields needs more than its name: see [`KeyComparator::key_fields`].
    ///
    /// ```
    /// use howdah_streaming::comparator::KeyComparator;
    /// use howdah_streaming::writable::WritableClass;
    ///
    /// let long = WritableClass::Long;
    /// let decreasing = "org.apache.hadoop.io.LongWritable$DecreasingComparator";
    /// assert_eq!(KeyComparator::of_name(decreasing, long), Some(KeyComparator::Decreasing(long)));
    /// assert_eq!(KeyComparator::of_name(decreasing, WritableClass::Text), None);
    /// ```
    pub fn of_name(name: &str, key: WritableClass) -> Option<Self> {
        match simple_name(name).split_once('$')? {
            ("LongWritable", "DecreasingComparator") if key == WritableClass::Long => {
                Some(Self::Decreasing(key))
            }
            // It takes every key for a `Text`.
            ("Text", "Comparator") => Some(Self::key_fields(key, KeyFields::first_fields(0, b""))),
            // One of the other, as far as their bytes go.
            ("BytesWritable", "Comparator") if key == WritableClass::TypedBytes => {
                Some(Self::Bytes)
            }
            (own, "Comparator") if own == simple_name(key.name()) => Some(Self::of_class(key)),
            _ => None,
        }
    }

    /// Compares two keys by their [contents](crate::writable).
    #[inline]
    pub fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        match self {
            Self::Bytes => a.cmp(b),
            Self::KeyFields(fields) => fields.compare(a, b),
            Self::Class(class) => class.compare(a, b),
            Self::Decreasing(class) => class.compare(b, a),
            Self::FieldsOfClass(class, fields) => {
                fields.compare(&taken_for_text(*class, a), &taken_for_text(*class, b))
            }
        }
    }

    /// Whether the order is that of the bytes, so that keys can also be compared by their first bytes alone.
    #[inline]
    pub fn is_bytes(&self) -> bool {
        match self {
            Self::Bytes => true,
            Self::KeyFields(fields) => fields.is_empty(),
            Self::Class(_) | Self::Decreasing(_) | Self::FieldsOfClass(..) => false,
        }
    }
}

/// The last part of a Java class's name.
fn simple_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// What is left of a serialised key behind what would be the length of a `Text`.
fn taken_for_text(class: WritableClass, content: &[u8]) -> Vec<u8> {
    let mut serialized = Vec::with_capacity(content.len() + 4);
    class.serialize(content, &mut serialized);
    let length = serialized.first().map_or(0, |&first| vint_len_by_first(first));
    serialized.split_off(length.min(serialized.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_unsigned_and_a_prefix_comes_first() {
        assert_eq!(KeyComparator::Bytes.compare(b"\xff", b"a"), Ordering::Greater);
        assert_eq!(KeyComparator::Bytes.compare(b"a", b"ab"), Ordering::Less);
    }

    #[test]
    fn key_fields_without_options_are_bytes() {
        let comparator = KeyComparator::KeyFields(KeyFields::parse("", b"\t").unwrap());
        assert!(comparator.is_bytes());
        assert_eq!(comparator.compare(b"b\ta", b"a\tb"), Ordering::Greater);
    }

    #[test]
    fn numbers_come_by_value() {
        let content = |number: i32| number.to_be_bytes();
        let ints = KeyComparator::of_class(WritableClass::Int);
        assert_eq!(ints.compare(&content(-1), &content(1)), Ordering::Less);
        let decreasing = KeyComparator::Decreasing(WritableClass::Int);
        assert_eq!(decreasing.compare(&content(-1), &content(1)), Ordering::Greater);
        assert!(KeyComparator::of_class(WritableClass::Bytes).is_bytes());
    }

    #[test]
    fn fields_of_bytes_have_three_bytes_of_their_length_in_front() {
        let fields = KeyFields::parse("-k1", b"\t").unwrap();
        let comparator = KeyComparator::key_fields(WritableClass::Bytes, fields);
        assert_eq!(comparator.compare(b"b", b"aa"), Ordering::Less, "the shorter first");
        assert_eq!(taken_for_text(WritableClass::Bytes, b"ab"), b"\0\0\x02ab");
        assert_eq!(taken_for_text(WritableClass::Null, b""), b"");
    }
}
