//! What can be a key, and what can be a value.
//!
//! A key's bytes decide which reducer gets it, with which records it is grouped, and in which order. So equal keys
//! must have equal bytes, and no type is a key whose values can be spelled in two ways.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::order::{Asc, Bytewise, Desc, Ordinal};

/// What records are made of: every type that serde can write and read back.
///
/// ```
/// fn is_data<T: howdah::Data>() {}
/// is_data::<(String, Option<f64>)>();
/// is_data::<std::collections::HashMap<String, u64>>(); // its entries are written in order of their keys
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key or value of a record",
    label = "is not written and read by serde, or borrows from something",
    note = "records must be owned: declare `String` where `&str` is emitted, and derive \
            `serde::Serialize` and `serde::Deserialize` for types of your own"
)]
pub trait Data: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Data for T {}

/// What records can be grouped by: data whose equal values always have equal bytes.
///
/// Integers, `bool`, `char`, `String`, and tuples, vectors and options of keys are keys. Floats are not (`-0.0`
/// equals `0.0` and is written otherwise, and `10.0` sorts before `9.0`): wrap them in [`Asc`] or [`Desc`].
/// Maps are not.
///
/// Keys are grouped and sorted by their bytes as JSON, so `10` comes before `9`. Where order matters, wrap
/// numbers in [`Asc`] or [`Desc`].
///
/// (`None` is written as `null`, which comes behind numbers and text.)
///
/// A type of your own becomes a key by a promise: its fields are keys, in a fixed order.
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Route {
///     from: String,
///     to: String,
/// }
/// impl howdah::Key for Route {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    label = "records cannot be grouped by `{Self}`",
    note = "a key's bytes decide where it goes and what it is grouped with, so that equal keys must have equal bytes",
    note = "a float can be one as `Asc<{Self}>` or `Desc<{Self}>`; a map or set with hashing as a `Vec` of sorted \
            entries; a struct of your own whose fields are keys with `impl howdah::Key for {Self} {{}}`"
)]
pub trait Key: Data {}

macro_rules! keys {
    ($($type:ty)*) => { $(impl Key for $type {})* };
}
keys!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize bool char String Box<str> ());

impl<T: Key> Key for Option<T> {}
impl<T: Key> Key for Vec<T> {}
impl<T: Key> Key for Box<T> {}
impl<T: Key + Ord> Key for BTreeSet<T> {}
impl Key for Bytewise {}
impl<T: Ordinal> Key for Asc<T> {}
impl<T: Ordinal> Key for Desc<T> {}

macro_rules! tuples {
    ($(($($part:ident)+))*) => { $(impl<$($part: Key),+> Key for ($($part,)+) {})* };
}
tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F)(A B C D E F G)(A B C D E F G H));
