//! Hadoop's integers of variable length.
//!
//! A value between -112 and 127 is one byte. Any other is a first byte that tells sign and length, and then one to
//! eight bytes, the most significant first. `WritableUtils.writeVLong` is the Hadoop method; lengths in front of keys
//! and values and inside `Text` are written so.

/// The first byte of a negative value lies below this.
const NEGATIVE_BELOW: i64 = -120;
/// A first byte from here on is the value itself.
const ONE_BYTE_FROM: i64 = -112;

/// Appends `value` to `bytes`.
///
/// ```
/// use howdah_streaming::vint::write_vint;
///
/// let mut bytes = Vec::new();
/// write_vint(300, &mut bytes);
/// assert_eq!(bytes, [0x8e, 0x01, 0x2c]);
/// ```
pub fn write_vint(value: i64, bytes: &mut Vec<u8>) {
    if is_one_byte(value) {
        bytes.push(low_byte(value));
        return;
    }
    let magnitude = if value < 0 { !value } else { value };
    let length = magnitude_length(magnitude);
    let sign_and_length =
        if value < 0 { NEGATIVE_BELOW } else { ONE_BYTE_FROM } - i64::from(length);
    bytes.push(low_byte(sign_and_length));
    bytes.extend_from_slice(&magnitude.to_be_bytes()[8 - usize::from(length)..]);
}

/// Reads the value at the start of `bytes` and says how many bytes it takes; `None` when they are not all there.
///
/// ```
/// use howdah_streaming::vint::read_vint;
///
/// assert_eq!(read_vint(&[0x8e, 0x01, 0x2c, 0xff]), Some((300, 3)));
/// assert_eq!(read_vint(&[0x8e, 0x01]), None);
/// ```
#[inline]
pub fn read_vint(bytes: &[u8]) -> Option<(i64, usize)> {
    let (&first, rest) = bytes.split_first()?;
    let length = vint_len_by_first(first) - 1;
    let first = i64::from(first.cast_signed());
    if length == 0 {
        return Some((first, 1));
    }
    let magnitude =
        rest.get(..length)?.iter().fold(0i64, |value, &byte| (value << 8) | i64::from(byte));
    Some((if first < NEGATIVE_BELOW { !magnitude } else { magnitude }, 1 + length))
}

/// The number of bytes of the value whose first byte is `first`, as `WritableUtils.decodeVIntSize`.
///
/// ```
/// use howdah_streaming::vint::vint_len_by_first;
///
/// assert_eq!([0x7f, 0x8e, 0x88].map(vint_len_by_first), [1, 3, 9]);
/// ```
#[inline]
pub fn vint_len_by_first(first: u8) -> usize {
    let first = i64::from(first.cast_signed());
    if first >= ONE_BYTE_FROM {
        return 1;
    }
    let none = if first < NEGATIVE_BELOW { NEGATIVE_BELOW } else { ONE_BYTE_FROM };
    1 + none.abs_diff(first) as usize
}

/// The number of bytes that [`write_vint`] writes for `value`, as `WritableUtils.getVIntSize`.
///
/// ```
/// use howdah_streaming::vint::vint_len;
///
/// assert_eq!((vint_len(127), vint_len(128), vint_len(i64::MIN)), (1, 2, 9));
/// ```
#[inline]
pub fn vint_len(value: i64) -> usize {
    if is_one_byte(value) {
        return 1;
    }
    1 + usize::from(magnitude_length(if value < 0 { !value } else { value }))
}

/// The number of bytes that a `Text` of `len` bytes takes when serialised: its length and then the bytes. The counter
/// "Map output bytes" adds this up over keys and values.
///
/// ```
/// use howdah_streaming::vint::serialized_text_len;
///
/// assert_eq!(serialized_text_len(1) + serialized_text_len(1), 4); // the record `a TAB 1`
/// ```
#[inline]
pub fn serialized_text_len(len: usize) -> usize {
    if len <= 127 {
        return len + 1;
    }
    vint_len(i64::try_from(len).unwrap_or(i64::MAX)).saturating_add(len)
}

#[inline]
fn is_one_byte(value: i64) -> bool {
    (ONE_BYTE_FROM..=127).contains(&value)
}

/// The number of bytes that a magnitude needs; 0 for 0.
#[inline]
fn magnitude_length(magnitude: i64) -> u8 {
    (i64::BITS - magnitude.leading_zeros()).div_ceil(8) as u8
}

#[inline]
fn low_byte(value: i64) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_vint(value, &mut bytes);
        bytes
    }

    fn any_magnitude() -> impl Strategy<Value = i64> {
        (any::<i64>(), 0u32..64).prop_map(|(value, shift)| value >> shift)
    }

    #[test]
    fn the_extremes_take_nine_bytes() {
        assert_eq!(written(i64::MAX), b"\x88\x7f\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(written(i64::MIN), b"\x80\x7f\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(serialized_text_len(usize::MAX), usize::MAX);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in any_magnitude(), tail: Vec<u8>) {
            let bytes = written(value);
            prop_assert_eq!(bytes.len(), vint_len(value));
            prop_assert_eq!(read_vint(&[&bytes[..], &tail].concat()), Some((value, bytes.len())));
            prop_assert_eq!(read_vint(&bytes[..bytes.len() - 1]), None);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Some((_, length)) = read_vint(&bytes) {
                prop_assert!((1..=bytes.len().min(9)).contains(&length));
            }
        }
    }
}
