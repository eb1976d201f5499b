//! What can be emitted where a type is declared.
//!
//! A mapper declares owned types, `String` and `u64`, and emits what it has at hand: a `&str` out of its line, a
//! number, a reference to a struct. Nothing is copied for that: what is emitted is written at once.

use std::borrow::Cow;

use howdah_plan::GivenSize;
use serde::Serialize;

/// Says that `Self` is written as the very bytes of a `T`.
///
/// A reference to any `T` is; numbers, strings and the like are by value; `&str` is for `String`, slices are for
/// vectors, and so are options and tuples of such parts.
///
/// Implement it for a borrowed twin of a record of your own that serde writes alike:
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Hit { page: String, bytes: u64 }
///
/// #[derive(Serialize)]
/// struct HitRef<'a> { page: &'a str, bytes: u64 }
/// impl howdah::Encodes<Hit> for HitRef<'_> {}
/// ```
#[diagnostic::on_unimplemented(
    message = "this `{Self}` cannot be emitted where `{T}` is declared",
    label = "is not written as a `{T}`",
    note = "emit a reference, `&value`, to a type of your own; numbers, `&str` and tuples of such go by value"
)]
pub trait Encodes<T>: Serialize {
    /// The value itself, where that costs less than to write it: a number, not a text.
    #[doc(hidden)]
    #[inline]
    fn given(&self) -> Option<Given<T>> {
        None
    }
}

/// A value, and how large it is.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<T> {
    pub(crate) value: T,
    pub(crate) size: GivenSize,
}

impl<T> Given<T> {
    /// A value that holds nothing elsewhere, whose JSON would have that length.
    #[inline]
    fn flat(value: T, json: usize) -> Self {
        Given { value, size: GivenSize { json, held: 0 } }
    }
}

/// For records whose values are written in any case.
pub(crate) const NONE_GIVEN: Option<Given<()>> = None;

impl<T: Serialize> Encodes<T> for &T {}

// Each number encodes itself alone: with a second target, `emit(word, 1)` could not tell its type.
macro_rules! by_value {
    ($($type:ty)*) => { $(impl Encodes<$type> for $type {})* };
}
by_value!(f32 f64 char String);

macro_rules! integers {
    ($number:ident as $sign_and_magnitude:expr; $($type:ty)*) => { $(
        impl Encodes<$type> for $type {
            #[inline]
            fn given(&self) -> Option<Given<$type>> {
                let $number = *self;
                let (sign, magnitude) = $sign_and_magnitude;
                let digits = magnitude.checked_ilog10().unwrap_or(0) as usize + 1;
                Some(Given::flat($number, usize::from(sign) + digits))
            }
        }
    )* };
}
integers!(number as (false, number); u8 u16 u32 u64 u128 usize);
integers!(number as (number < 0, number.unsigned_abs()); i8 i16 i32 i64 i128 isize);

impl Encodes<bool> for bool {
    #[inline]
    fn given(&self) -> Option<Given<bool>> {
        Some(Given::flat(*self, if *self { "true" } else { "false" }.len()))
    }
}

impl Encodes<()> for () {
    #[inline]
    fn given(&self) -> Option<Given<()>> {
        Some(Given::flat((), "null".len()))
    }
}

impl Encodes<String> for &str {}
impl Encodes<String> for Cow<'_, str> {}
impl Encodes<String> for &Cow<'_, str> {}

impl<T: Encodes<U>, U> Encodes<Vec<U>> for &[T] {}
impl<T: Encodes<U>, U> Encodes<Vec<U>> for Vec<T> {}

impl<T: Encodes<U>, U> Encodes<Option<U>> for Option<T> {
    #[inline]
    fn given(&self) -> Option<Given<Option<U>>> {
        match self {
            None => Some(Given::flat(None, "null".len())),
            Some(inner) => {
                let Given { value, size } = inner.given()?;
                Some(Given { value: Some(value), size })
            }
        }
    }
}

macro_rules! tuples {
    ($(($($part:ident for $target:ident),+))*) => { $(
        impl<$($part: Encodes<$target>, $target),+> Encodes<($($target,)+)> for ($($part,)+) {
            #[inline]
            #[allow(non_snake_case)] // each part by the name of its type
            fn given(&self) -> Option<Given<($($target,)+)>> {
                let ($($part,)+) = self;
                // A bracket, and behind each part a comma or the other one.
                let mut size = GivenSize { json: 1, held: 0 };
                let value = ($({
                    let given = $part.given()?;
                    size.json += given.size.json + 1;
                    size.held += given.size.held;
                    given.value
                },)+);
                Some(Given { value, size })
            }
        }
    )* };
}
tuples!(
    (A for TA)
    (A for TA, B for TB)
    (A for TA, B for TB, C for TC)
    (A for TA, B for TB, C for TC, D for TD)
    (A for TA, B for TB, C for TC, D for TD, E for TE)
    (A for TA, B for TB, C for TC, D for TD, E for TE, F for TF)
    (A for TA, B for TB, C for TC, D for TD, E for TE, F for TF, G for TG)
    (A for TA, B for TB, C for TC, D for TD, E for TE, F for TF, G for TG, H for TH)
);

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::Unread;

    #[allow(clippy::needless_pass_by_value)] // as `emit` takes it
    fn text<T>(value: impl Encodes<T>) -> String {
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn borrowed_forms_are_written_as_the_owned_ones() {
        assert_eq!(text::<String>("a"), text::<String>(String::from("a")));
        assert_eq!(text::<(String, u32)>(("a", 1)), text::<(String, u32)>(&("a".to_owned(), 1)));
        assert_eq!(text::<Vec<String>>(&["a", "b"][..]), r#"["a","b"]"#);
        assert_eq!(text::<Option<String>>(Some("a")), r#""a""#);
    }

    #[test]
    fn what_is_given_is_as_long_as_its_json() {
        #[allow(clippy::needless_pass_by_value)] // as `emit` takes it
        fn check<T: Debug + PartialEq>(value: impl Encodes<T>, expected: T) {
            let given = value.given().unwrap();
            assert_eq!(given.value, expected);
            assert_eq!(
                given.size.json,
                serde_json::to_string(&value).unwrap().len(),
                "{expected:?}"
            );
        }
        for number in [0, 1, 9, 10, 99, 100, u64::MAX] {
            check::<u64>(number, number);
        }
        for number in [0, -1, 9, -9, -10, i8::MIN, i8::MAX] {
            check::<i8>(number, number);
        }
        check::<i128>(i128::MIN, i128::MIN);
        check::<()>((), ());
        check::<(bool,)>((true,), (true,));
        check::<(bool, Option<i64>, u8)>((false, Some(-7), 255), (false, Some(-7), 255));
        check::<(u64, Option<String>)>((1, None::<&str>), (1, None));
    }

    #[test]
    fn what_would_cost_a_copy_is_not_given() {
        #[allow(clippy::needless_pass_by_value)] // as `emit` takes it
        fn is_given<T>(value: impl Encodes<T>) -> bool {
            value.given().is_some()
        }
        assert!(!is_given::<String>("a") && !is_given::<(u64, Option<String>)>((1, Some("a"))));
        assert!(!is_given::<u64>(&1) && !is_given::<Vec<u64>>(vec![1]));
        assert!(!is_given::<f64>(0.5)); // how long it is only its writer knows
    }

    #[test]
    fn an_unread_part_is_given_with_the_text_that_it_holds() {
        let part: Unread<Vec<u64>> = Unread::of(vec![1, 22]).unwrap();
        let value = (7_u64, Some(part.as_is()));
        let given = Encodes::<(u64, Option<Unread<Vec<u64>>>)>::given(&value).unwrap();
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(json, "[7,[1,22]]");
        assert_eq!(given.size, GivenSize { json: json.len(), held: "[1,22]".len() });
        assert_eq!(given.value, (7, Some(part)));
    }

    #[test]
    fn a_literal_takes_the_declared_type() {
        fn emit(value: impl Encodes<u8>) -> String {
            text(value)
        }
        assert_eq!(emit(255), "255");
    }
}
