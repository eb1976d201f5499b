//! Partitioners: which reduce task gets a key.
//!
//! Hadoop's stock classes are answered to by name elsewhere; here is what they compute. With one partition no
//! partitioner is asked, as in Hadoop, so that none of the errors can arise.

mod split_points;

pub use split_points::SplitPoints;

use crate::hash::{partition_of, text_hash};
use crate::key_fields::{KeyFields, KeyFieldsError};
use crate::writable::{WritableClass, WritableError};
use std::{error, fmt};

/// A rule that gives each key its partition.
///
/// ```
/// use howdah_streaming::partitioner::Partitioner;
///
/// assert_eq!(Partitioner::Hash.partition(b"apple", 10)?, 1);
/// # Ok::<(), howdah_streaming::partitioner::PartitionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Partitioner {
    /// The hash of the whole key: `HashPartitioner`, the default.
    #[default]
    Hash,
    /// The hash of a key that is no bytes but a number, say: `HashPartitioner` of a `LongWritable`.
    HashOfClass(WritableClass),
    /// The hash of some fields: `KeyFieldBasedPartitioner`.
    KeyFields(KeyFieldPartitioner),
    /// The same of the text that Java makes of a key that is none.
    FieldsOfClass(WritableClass, KeyFieldPartitioner),
    /// The hash of a range of bytes: `BinaryPartitioner`. Offsets below 0 count from the key's end, -1 is its last byte.
    Binary {
        /// The first byte (`mapreduce.partition.binarypartitioner.left.offset`, 0 unless set).
        left: i64,
        /// The last byte (`mapreduce.partition.binarypartitioner.right.offset`, -1 unless set).
        right: i64,
    },
    /// The number of split points that are not greater than the key: `TotalOrderPartitioner`.
    TotalOrder(SplitPoints),
}

impl Partitioner {
    /// `HashPartitioner` for keys of a type.
    pub fn hash_of(class: WritableClass) -> Self {
        if class.is_binary_comparable() { Self::Hash } else { Self::HashOfClass(class) }
    }

    /// `KeyFieldBasedPartitioner` for keys of a type.
    pub fn key_fields(class: WritableClass, fields: KeyFieldPartitioner) -> Self {
        match class {
            WritableClass::Text => Self::KeyFields(fields),
            _ => Self::FieldsOfClass(class, fields),
        }
    }

    /// The partition of a key by its [content](crate::writable), less than `partitions`.
    ///
    /// # Errors
    /// A key that a [`Partitioner::Binary`] has no bytes of, and split points that do not fit the partitions. Hadoop
    /// fails the task with an `ArithmeticException`, `ArrayIndexOutOfBoundsException` or `IOException` then.
    #[inline]
    pub fn partition(&self, key: &[u8], partitions: u32) -> Result<u32, PartitionError> {
        match self {
            Self::Hash => Ok(partition_of(text_hash(key), partitions)),
            _ if partitions <= 1 => Ok(0),
            Self::HashOfClass(class) => Ok(partition_of(class.hash_code(key)?, partitions)),
            Self::KeyFields(partitioner) => Ok(partitioner.partition(key, partitions)),
            Self::FieldsOfClass(class, partitioner) => {
                let mut text = Vec::new();
                class.write_text(key, &mut text)?;
                Ok(partitioner.partition(&text, partitions))
            }
            &Self::Binary { left, right } => {
                Ok(partition_of(text_hash(byte_range(key, left, right)?), partitions))
            }
            Self::TotalOrder(points) => points.partition(key, partitions),
        }
    }
}

/// The hash of the fields that `-k` options name: `KeyFieldBasedPartitioner`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFieldPartitioner {
    fields: KeyFields,
}

impl KeyFieldPartitioner {
    /// The partitioner for the options of `mapreduce.partition.keypartitioner.options`. Without options it hashes the
    /// key as a Java string.
    ///
    /// ```
    /// use howdah_streaming::partitioner::KeyFieldPartitioner;
    ///
    /// let by_first_field = KeyFieldPartitioner::from_options("-k1,1", b"\t")?;
    /// assert_eq!(by_first_field.partition(b"a\tx", 7), by_first_field.partition(b"a\ty", 7));
    /// # Ok::<(), howdah_streaming::key_fields::KeyFieldsError>(())
    /// ```
    ///
    /// # Errors
    /// Options that [`KeyFields::parse`] refuses.
    pub fn from_options(options: &str, separator: &[u8]) -> Result<Self, KeyFieldsError> {
        Ok(Self { fields: KeyFields::parse(options, separator)? })
    }

    /// The partitioner for the first `n` fields, as the old property `num.key.fields.for.partition` asks for; where it
    /// is set, the options do not count.
    pub fn first_fields(n: i64, separator: &[u8]) -> Self {
        Self { fields: KeyFields::first_fields(n, separator) }
    }

    /// The partition of `key`. An empty key is in partition 0.
    pub fn partition(&self, key: &[u8], partitions: u32) -> u32 {
        partition_of(self.fields.hash(key), partitions)
    }
}

impl From<KeyFields> for KeyFieldPartitioner {
    fn from(fields: KeyFields) -> Self {
        Self { fields }
    }
}

/// The bytes of `key` from `left` to `right`, both included, where `BinaryPartitioner` looks for them: an offset plus
/// the length, modulo the length. They are none when the right one comes first.
fn byte_range(key: &[u8], left: i64, right: i64) -> Result<&[u8], PartitionError> {
    let length = i64::try_from(key.len()).unwrap_or(i64::MAX);
    let index = |offset: i64| offset.saturating_add(length).checked_rem(length);
    let (Some(first), Some(last)) = (index(left), index(right)) else {
        return Err(PartitionError::EmptyKey);
    };
    if last < first {
        return Ok(&[]);
    }
    let range = usize::try_from(first).ok().zip(usize::try_from(last).ok());
    let bytes = range.and_then(|(first, last)| key.get(first..=last));
    bytes.ok_or(PartitionError::OutsideKey { left, right, length: key.len() })
}

/// Why a key has no partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartitionError {
    /// The key is empty and a range of its bytes is asked for.
    EmptyKey,
    /// The range of bytes begins before the key.
    OutsideKey {
        /// The offset of the first byte as it was asked for.
        left: i64,
        /// The offset of the last byte as it was asked for.
        right: i64,
        /// The number of bytes of the key.
        length: usize,
    },
    /// There must be one split point fewer than partitions.
    SplitPoints {
        /// The number of split points.
        points: usize,
        /// The number of partitions.
        partitions: u32,
    },
    /// A split point is not greater than the one before it.
    OutOfOrder {
        /// The split point's number, from 0.
        point: usize,
    },
    /// The key is not of the type that it is said to be of.
    Key(WritableError),
}

impl From<WritableError> for PartitionError {
    fn from(error: WritableError) -> Self {
        Self::Key(error)
    }
}

impl fmt::Display for PartitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyKey => f.write_str(
                "BinaryPartitioner has no bytes to hash in an empty key; let the mapper write a key or use HashPartitioner",
            ),
            Self::OutsideKey { left, right, length } => write!(
                f,
                "BinaryPartitioner cannot take the bytes {left} to {right} of a key of {length} bytes; \
                 choose mapreduce.partition.binarypartitioner offsets that every key has",
            ),
            Self::SplitPoints { points, partitions } => write!(
                f,
                "Wrong number of partitions in keyset: {points} split points for {partitions} partitions; \
                 there must be one split point fewer than reduce tasks",
            ),
            Self::OutOfOrder { point } => write!(
                f,
                "Split points are out of order: number {} is not greater than the one before it; \
                 sort them by their bytes, or numbers by value, and let none be there twice",
                point + 1
            ),
            Self::Key(error) => error.fmt(f),
        }
    }
}

impl error::Error for PartitionError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cases of Hadoop's `TestKeyFieldBasedPartitioner`: the partition is that of the hashed slice.
    #[test]
    fn fields_are_hashed_one_after_the_other() {
        let cases = [
            ("-k2,2", "abc\tdef\txyz", "def"),
            ("-k2,5", "abc\tdef\txyz", "def\txyz"),
            ("-k2", "abc\tdef\txyz", "def\txyz"),
            ("-k10", "abc\tdef\txyz", ""),
            ("-k2,2 -k4,4", "abc\tdef\tpqr\txyz", "defxyz"),
            ("-k2,2 -k30,21 -k4,4 -k5", "abc\tdef\tpqr\txyz", "defxyz"),
        ];
        for (options, key, hashed) in cases {
            let partitioner = KeyFieldPartitioner::from_options(options, b"\t").unwrap();
            let expected = partition_of(crate::hash::bytes_hash(hashed.as_bytes(), 0), 10);
            assert_eq!(partitioner.partition(key.as_bytes(), 10), expected, "{options}");
        }
        assert_eq!(KeyFieldPartitioner::first_fields(10, b"\t").partition(b"", 10), 0);
    }

    #[test]
    fn a_range_of_bytes_counts_from_either_end() {
        assert_eq!(byte_range(b"abcde", 0, -1), Ok(&b"abcde"[..]));
        assert_eq!(byte_range(b"abcde", -2, -1), Ok(&b"de"[..]));
        assert_eq!(byte_range(b"abcde", 1, 2), Ok(&b"bc"[..]));
        assert_eq!(byte_range(b"abcde", 3, 1), Ok(&b""[..]));
        assert_eq!(
            byte_range(b"abc", -4, -1),
            Err(PartitionError::OutsideKey { left: -4, right: -1, length: 3 })
        );
        assert_eq!(byte_range(b"", 0, -1), Err(PartitionError::EmptyKey));
    }

    #[test]
    fn split_points_part_the_keys() {
        let points = SplitPoints::new(vec![b"d".to_vec(), b"m".to_vec()], 3).unwrap();
        let partitioner = Partitioner::TotalOrder(points);
        let partitions: Vec<_> = ["a", "d", "l", "m", "z"]
            .iter()
            .map(|key| partitioner.partition(key.as_bytes(), 3))
            .collect();
        assert_eq!(partitions, [Ok(0), Ok(1), Ok(1), Ok(2), Ok(2)]);
        assert_eq!(
            partitioner.partition(b"a", 2),
            Err(PartitionError::SplitPoints { points: 2, partitions: 2 })
        );
        assert_eq!(partitioner.partition(b"a", 1), Ok(0));
    }

    #[test]
    fn errors_say_what_to_do() {
        let messages = [
            PartitionError::EmptyKey,
            PartitionError::OutsideKey { left: -4, right: -1, length: 3 },
            PartitionError::SplitPoints { points: 2, partitions: 2 },
            PartitionError::OutOfOrder { point: 1 },
        ]
        .map(|error| error.to_string());
        assert_eq!(
            messages,
            [
                "BinaryPartitioner has no bytes to hash in an empty key; let the mapper write a key or use HashPartitioner",
                "BinaryPartitioner cannot take the bytes -4 to -1 of a key of 3 bytes; choose mapreduce.partition.binarypartitioner offsets that every key has",
                "Wrong number of partitions in keyset: 2 split points for 2 partitions; there must be one split point fewer than reduce tasks",
                "Split points are out of order: number 2 is not greater than the one before it; sort them by their bytes, or numbers by value, and let none be there twice",
            ]
        );
    }

    proptest! {
        #[test]
        fn every_key_has_a_partition_or_an_error(key: Vec<u8>, partitions: u32, left: i64, right: i64, near in -9i64..9) {
            let fields = KeyFieldPartitioner::from_options("-k2,2 -k1.2,3", b"\t").unwrap();
            let partitioners = [
                Partitioner::Hash,
                Partitioner::KeyFields(fields),
                Partitioner::Binary { left, right },
                Partitioner::Binary { left: near, right: near },
                Partitioner::TotalOrder(SplitPoints::new(vec![b"m".to_vec()], 2).unwrap()),
            ];
            for partitioner in partitioners {
                if let Ok(partition) = partitioner.partition(&key, partitions) {
                    prop_assert!(partition < partitions.max(1));
                }
            }
        }
    }
}
