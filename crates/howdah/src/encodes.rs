//! What can be emitted where a type is declared.
//!
//! A mapper declares owned types, `String` and `u64`, and emits what it has at hand: a `&str` out of its line, a
//! number, a reference to a struct. Nothing is copied for that: what is emitted is written at once.

use std::borrow::Cow;

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
pub trait Encodes<T>: Serialize {}

impl<T: Serialize> Encodes<T> for &T {}

// Each integer encodes itself alone: with a second target, `emit(word, 1)` could not tell its type.
macro_rules! by_value {
    ($($type:ty)*) => { $(impl Encodes<$type> for $type {})* };
}
by_value!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char String);

impl Encodes<()> for () {}

impl Encodes<String> for &str {}
impl Encodes<String> for Cow<'_, str> {}
impl Encodes<String> for &Cow<'_, str> {}

impl<T: Encodes<U>, U> Encodes<Vec<U>> for &[T] {}
impl<T: Encodes<U>, U> Encodes<Vec<U>> for Vec<T> {}
impl<T: Encodes<U>, U> Encodes<Option<U>> for Option<T> {}

macro_rules! tuples {
    ($(($($part:ident for $target:ident),+))*) => { $(
        impl<$($part: Encodes<$target>, $target),+> Encodes<($($target,)+)> for ($($part,)+) {}
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
    use super::*;

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
    fn a_literal_takes_the_declared_type() {
        fn emit(value: impl Encodes<u8>) -> String {
            text(value)
        }
        assert_eq!(emit(255), "255");
    }
}
