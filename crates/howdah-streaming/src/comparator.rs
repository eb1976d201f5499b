//! The order of keys: how the sort, the merge and the grouping compare them.

use crate::key_fields::KeyFields;
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
}

impl KeyComparator {
    /// Compares two keys.
    #[inline]
    pub fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        match self {
            Self::Bytes => a.cmp(b),
            Self::KeyFields(fields) => fields.compare(a, b),
        }
    }

    /// Whether the order is that of the bytes, so that keys can also be compared by their first bytes alone.
    #[inline]
    pub fn is_bytes(&self) -> bool {
        match self {
            Self::Bytes => true,
            Self::KeyFields(fields) => fields.is_empty(),
        }
    }
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
}
