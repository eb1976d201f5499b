//! Numbers as keys that sort as numbers.
//!
//! Keys are sorted by their bytes, and the bytes of `10` come before those of `9`. [`Asc`] and [`Desc`] write a
//! number as digits of a fixed width, the smallest or the largest number first.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::encodes::Encodes;

/// A number that has a place among all numbers of its type: all integers up to 64 bits, `f32` and `f64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fixed width to be sorted by",
    note = "`Asc` and `Desc` take integers of at most 64 bits, `f32` and `f64`"
)]
pub trait Ordinal: Copy + Send + 'static {
    /// The largest place.
    #[doc(hidden)]
    const LAST: u64;
    /// The number's place, counted from the smallest; none for NaN and infinities.
    #[doc(hidden)]
    fn place(self) -> Option<u64>;
    /// The number at a place of at most [`LAST`](Self::LAST).
    #[doc(hidden)]
    fn at(place: u64) -> Self;
}

macro_rules! unsigned {
    ($($type:ty)*) => { $(
        #[allow(trivial_numeric_casts, clippy::cast_lossless)] // one text for all widths
        impl Ordinal for $type {
            const LAST: u64 = <$type>::MAX as u64;
            fn place(self) -> Option<u64> {
                Some(self as u64)
            }
            fn at(place: u64) -> Self {
                place as $type
            }
        }
    )* };
}
unsigned!(u8 u16 u32 u64 usize);

macro_rules! signed {
    ($($type:ty as $unsigned:ty)*) => { $(
        #[allow(trivial_numeric_casts, clippy::cast_lossless)] // one text for all widths
        impl Ordinal for $type {
            const LAST: u64 = <$unsigned>::MAX as u64;
            fn place(self) -> Option<u64> {
                Some(self.wrapping_sub(<$type>::MIN).cast_unsigned() as u64)
            }
            fn at(place: u64) -> Self {
                (place as $unsigned).cast_signed().wrapping_add(<$type>::MIN)
            }
        }
    )* };
}
signed!(i8 as u8 i16 as u16 i32 as u32 i64 as u64 isize as usize);

macro_rules! floats {
    ($($type:ty as $bits:ty)*) => { $(
        #[allow(trivial_numeric_casts, clippy::cast_lossless)] // one text for both widths
        impl Ordinal for $type {
            const LAST: u64 = <$bits>::MAX as u64;
            fn place(self) -> Option<u64> {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                // Adding zero makes 0.0 of -0.0. The bits of a float grow with its size, so that only the sign
                // is in the wrong place.
                let bits = (self + 0.0).to_bits();
                let place = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                self.is_finite().then_some(place as u64)
            }
            fn at(place: u64) -> Self {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let place = place as $bits;
                <$type>::from_bits(if place & SIGN == 0 { !place } else { place & !SIGN })
            }
        }
    )* };
}
floats!(f32 as u32 f64 as u64);

/// A number as a key, the smallest first.
///
/// ```
/// use howdah::Asc;
///
/// let mut keys = [10, 9, -1].map(|n| serde_json::to_string(&Asc(n as i8)).unwrap());
/// keys.sort();
/// assert_eq!(keys, [r#""127""#, r#""137""#, r#""138""#]);
/// assert_eq!(serde_json::from_str::<Asc<i8>>(&keys[0]).unwrap(), Asc(-1));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Eq, Ord, Hash)]
pub struct Asc<T>(pub T);

/// A number as a key, the largest first.
///
/// ```
/// use howdah::Desc;
///
/// let mut keys = [0.5, 12.0, 3.0].map(|x| serde_json::to_string(&Desc(x)).unwrap());
/// keys.sort();
/// let keys = keys.map(|key| serde_json::from_str::<Desc<f64>>(&key).unwrap().0);
/// assert_eq!(keys, [12.0, 3.0, 0.5]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Desc<T>(pub T);

impl<T: PartialOrd> PartialOrd for Desc<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        other.0.partial_cmp(&self.0)
    }
}

impl<T: Ord> Ord for Desc<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.cmp(&self.0)
    }
}

/// Text as a key, or as a value that is sorted, in the order of its bytes.
///
/// As JSON text is nearly in that order, too: only characters below the closing quote, the blank and `!`, and those
/// that are escaped, stand elsewhere. This writes each byte as two digits, so that all are in their place.
///
/// ```
/// use howdah::Bytewise;
///
/// let mut keys = ["ab", "a", "a b"].map(|text| serde_json::to_string(&Bytewise(text.into())).unwrap());
/// keys.sort();
/// assert_eq!(keys, [r#""61""#, r#""612062""#, r#""6162""#]);
/// assert_eq!(serde_json::from_str::<Bytewise>(&keys[1]).unwrap().0, "a b");
/// ```
#[derive(Debug, Clone, Default, PartialEq, PartialOrd, Eq, Ord, Hash)]
pub struct Bytewise(pub String);

impl Serialize for Bytewise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = String::with_capacity(2 * self.0.len());
        for byte in self.0.bytes() {
            for half in [byte >> 4, byte & 15] {
                digits.extend(char::from_digit(half.into(), 16));
            }
        }
        serializer.serialize_str(&digits)
    }
}

impl Encodes<Bytewise> for Bytewise {}

impl<'de> Deserialize<'de> for Bytewise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl Visitor<'_> for Digits {
            type Value = Bytewise;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text as two hexadecimal digits a byte")
            }

            fn visit_str<E: serde::de::Error>(self, digits: &str) -> Result<Bytewise, E> {
                let refused = || E::invalid_value(serde::de::Unexpected::Str(digits), &self);
                let half = |byte: u8| char::from(byte).to_digit(16).ok_or_else(refused);
                let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return Err(refused()) };
                let bytes: Result<Vec<u8>, E> = pairs
                    .iter()
                    .map(|&[high, low]| Ok((half(high)? << 4 | half(low)?) as u8))
                    .collect();
                String::from_utf8(bytes?).map(Bytewise).map_err(|_| refused())
            }
        }

        deserializer.deserialize_str(Digits)
    }
}

/// The digits of the largest `u64`.
const DIGITS: usize = 20;

/// How many digits the largest place of `T` has.
fn width<T: Ordinal>() -> usize {
    T::LAST.ilog10() as usize + 1
}

fn write<T: Ordinal, S: Serializer>(place: u64, serializer: S) -> Result<S::Ok, S::Error> {
    let mut digits = [b'0'; DIGITS];
    let mut rest = place;
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    let digits = &digits[DIGITS - width::<T>()..];
    serializer.serialize_str(std::str::from_utf8(digits).map_err(serde::ser::Error::custom)?)
}

fn placed<T: Ordinal, E: serde::ser::Error>(number: T) -> Result<u64, E> {
    number.place().ok_or_else(|| E::custom("NaN and infinities have no place in an order"))
}

impl<T: Ordinal> Serialize for Asc<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write::<T, S>(placed(self.0)?, serializer)
    }
}

impl<T: Ordinal> Serialize for Desc<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write::<T, S>(T::LAST - placed::<T, S::Error>(self.0)?, serializer)
    }
}

struct Place<T>(PhantomData<T>);

impl<T: Ordinal> Visitor<'_> for Place<T> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a string of {} digits, at most {}", width::<T>(), T::LAST)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
        let of_width = text.len() == width::<T>() && text.bytes().all(|b| b.is_ascii_digit());
        let place = if of_width { text.parse().ok() } else { None };
        place
            .filter(|&place| place <= T::LAST)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

impl<'de, T: Ordinal> Deserialize<'de> for Asc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Asc(T::at(deserializer.deserialize_str(Place::<T>(PhantomData))?)))
    }
}

impl<'de, T: Ordinal> Deserialize<'de> for Desc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let place = deserializer.deserialize_str(Place::<T>(PhantomData))?;
        Ok(Desc(T::at(T::LAST - place)))
    }
}

impl<T: Ordinal> Encodes<Asc<T>> for Asc<T> {}
impl<T: Ordinal> Encodes<Desc<T>> for Desc<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorts<T: Ordinal + PartialEq + fmt::Debug>(rising: &[T]) {
        let written: Vec<_> =
            rising.iter().map(|n| serde_json::to_string(&Asc(*n)).unwrap()).collect();
        assert!(written.is_sorted(), "{written:?}");
        let falling: Vec<_> =
            rising.iter().map(|n| serde_json::to_string(&Desc(*n)).unwrap()).collect();
        assert!(falling.iter().rev().is_sorted(), "{falling:?}");
        for ((number, asc), desc) in rising.iter().zip(&written).zip(&falling) {
            assert_eq!(serde_json::from_str::<Asc<T>>(asc).unwrap().0, *number);
            assert_eq!(serde_json::from_str::<Desc<T>>(desc).unwrap().0, *number);
        }
    }

    #[test]
    fn numbers_sort_as_numbers_and_come_back() {
        sorts(&[0u64, 9, 10, u64::MAX]);
        sorts(&[0u8, 9, 10, 255]);
        sorts(&[i64::MIN, -10, -9, 0, 9, 10, i64::MAX]);
        sorts(&[i8::MIN, -1, 0, 1, i8::MAX]);
        sorts(&[f64::MIN, -1.5, -f64::MIN_POSITIVE, 0.0, 5e-324, 0.1, 9.0, 10.0, f64::MAX]);
        sorts(&[f32::MIN, -1.5, 0.0, 1.5, f32::MAX]);
    }

    #[test]
    fn the_two_zeros_are_one_key() {
        let zeros = [0.0, -0.0].map(|zero: f64| serde_json::to_string(&Asc(zero)).unwrap());
        assert_eq!(zeros[0], zeros[1]);
    }

    #[test]
    fn nan_and_infinities_are_refused() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(serde_json::to_string(&Asc(number)).is_err());
            assert!(serde_json::to_string(&Desc(number)).is_err());
        }
    }

    #[test]
    fn another_width_or_a_number_too_large_is_refused() {
        for text in [r#""12""#, r#""0012""#, r#""999""#, r#""+12""#, "12"] {
            assert!(serde_json::from_str::<Asc<u8>>(text).is_err(), "{text}");
        }
    }
}
