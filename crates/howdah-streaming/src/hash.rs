//! The hashes that decide a key's partition.
//!
//! Hadoop hashes bytes as Java hashes strings, `31 * hash + byte` over signed bytes with 32-bit wrap-around.
//! A `Text`, `BytesWritable` or `TypedBytesWritable` starts at 1, the key-field partitioner at 0, and the
//! partitioner without options uses `String.hashCode`.

use crate::utf8;

/// The number of bytes that one step of [`bytes_hash`] takes in.
const STEP: usize = 8;

/// `31^7, 31^6, … 31^0`: what each byte of a step is multiplied by.
const WEIGHTS: [i32; STEP] = {
    let mut weights = [1i32; STEP];
    let mut index = STEP - 1;
    while index > 0 {
        weights[index - 1] = weights[index].wrapping_mul(31);
        index -= 1;
    }
    weights
};

/// `31^8`: what the hash so far is multiplied by in one step.
const STEP_WEIGHT: i32 = WEIGHTS[0].wrapping_mul(31);

/// The hash of a key's bytes, as `Text.hashCode`, `BytesWritable.hashCode` and `WritableComparator.hashBytes` give it.
///
/// ```
/// use howdah_streaming::hash::text_hash;
///
/// assert_eq!(text_hash(b""), 1);
/// assert_eq!(text_hash(b"apple"), 121_658_361);
/// ```
#[inline]
pub fn text_hash(bytes: &[u8]) -> i32 {
    bytes_hash(bytes, 1)
}

/// The hash of `bytes` carried on from `start`: 1 for a whole key, 0 or the last slice's hash for key fields
/// (`KeyFieldBasedPartitioner.hashCode`).
///
/// ```
/// use howdah_streaming::hash::bytes_hash;
///
/// assert_eq!(bytes_hash(b"ab", 0), bytes_hash(b"b", bytes_hash(b"a", 0)));
/// ```
#[inline]
pub fn bytes_hash(bytes: &[u8], start: i32) -> i32 {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let hash = steps.iter().fold(start, |hash, step| {
        let weighted =
            step.iter().zip(WEIGHTS).map(|(&byte, weight)| signed(byte).wrapping_mul(weight));
        weighted.fold(hash.wrapping_mul(STEP_WEIGHT), i32::wrapping_add)
    });
    rest.iter().fold(hash, |hash, &byte| hash.wrapping_mul(31).wrapping_add(signed(byte)))
}

/// A byte as Java sees it, between -128 and 127.
#[inline]
fn signed(byte: u8) -> i32 {
    i32::from(byte.cast_signed())
}

/// The hash that Java's `String.hashCode` gives for UTF-8 `bytes`: start 0, over UTF-16 units, with malformed input
/// decoded to U+FFFD as [`utf8::decode`] does. `KeyFieldBasedPartitioner` uses it when it has no options.
///
/// ```
/// use howdah_streaming::hash::java_string_hash;
///
/// assert_eq!(java_string_hash(b"apple"), 93_029_210);
/// assert_eq!(java_string_hash(b""), 0);
/// ```
pub fn java_string_hash(bytes: &[u8]) -> i32 {
    if bytes.is_ascii() {
        return bytes_hash(bytes, 0);
    }
    let units = utf8::decode(bytes);
    units
        .encode_utf16()
        .fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The partition of a hash, `(hash & Integer.MAX_VALUE) % partitions`, as `HashPartitioner` computes it.
///
/// With no or one partition the answer is 0: Hadoop asks no partitioner then.
///
/// ```
/// use howdah_streaming::hash::{partition_of, text_hash};
///
/// assert_eq!(partition_of(text_hash(b"apple"), 10), 1);
/// assert_eq!(partition_of(-1, 1), 0);
/// ```
#[inline]
pub fn partition_of(hash: i32, partitions: u32) -> u32 {
    (hash & i32::MAX).cast_unsigned().checked_rem(partitions).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, one byte at a time.
    fn plain_hash(bytes: &[u8], start: i32) -> i32 {
        bytes.iter().fold(start, |hash, &byte| hash.wrapping_mul(31).wrapping_add(signed(byte)))
    }

    #[test]
    fn strings_hash_as_in_java() {
        assert_eq!(java_string_hash(b"\xed\xa0A"), 2_031_588);
        assert_eq!(java_string_hash(b"a\xed\xa0\x80\xed\xb0\x80"), 2_190_273);
        assert_eq!(java_string_hash("😀".as_bytes()), 0xd83d * 31 + 0xde00);
    }

    #[test]
    fn any_number_of_partitions_has_an_answer() {
        assert_eq!(partition_of(i32::MIN, 7), 0);
        assert_eq!(partition_of(-1, 0), 0);
        assert_eq!(partition_of(-1, u32::MAX), i32::MAX.cast_unsigned());
    }

    proptest! {
        #[test]
        fn steps_give_the_plain_hash(bytes in prop::collection::vec(any::<u8>(), 0..100), start: i32) {
            prop_assert_eq!(bytes_hash(&bytes, start), plain_hash(&bytes, start));
        }

        #[test]
        fn a_hash_can_be_carried_on(bytes in prop::collection::vec(any::<u8>(), 0..60), cut in 0usize..60) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(bytes_hash(tail, bytes_hash(head, 1)), text_hash(&bytes));
        }

        #[test]
        fn a_partition_is_in_range(hash: i32, partitions in 1u32..) {
            prop_assert!(partition_of(hash, partitions) < partitions);
        }
    }
}
