//! What the last step can write its records as: the argument of [`Flow::write`](crate::Flow::write).
//!
//! | protocol | a line for the record `("a b", 3)` |
//! | --- | --- |
//! | [`JsonPairs`], the default | `"a b" TAB 3` |
//! | [`JsonValues`] | `3` |
//! | [`TextPairs`] | `a b TAB 3` |
//! | [`Lines`] | `3` |
//! | [`Tsv`] | `a b TAB 3` |
//!
//! JSON escapes what would end a line. The other three write text as it is; they refuse a carriage return or line
//! feed anywhere and a TAB where it would begin a new field, and the task fails and shows the record: Hadoop would
//! make two records, or another key, of it.

use super::Format;
use crate::key::Data;

/// A way to write records with keys of type `K` and values of type `V`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no protocol that writes records of `{K}` and `{V}`",
    note = "the protocols are in `howdah::write`"
)]
pub trait Protocol<K, V>: protocol::Sealed {}

mod protocol {
    use super::Format;

    pub trait Sealed {
        #[doc(hidden)]
        #[allow(private_interfaces)] // sealed: nobody else names it
        const FORMAT: Format;
    }
}

/// What is written as one word: strings, numbers, `bool`, `char`, and `()` as nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as one word of text",
    note = "`Lines` and `TextPairs` write strings, numbers, `bool` and `char`; `Tsv` also tuples and structs of \
            such; `JsonPairs` and `JsonValues` write everything"
)]
pub trait Word: Data {}

macro_rules! words {
    ($($type:ty)*) => { $(impl Word for $type {})* };
}
words!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char String Box<str> ());
impl<T: Word> Word for Option<T> {}

macro_rules! protocols {
    ($($(#[$doc:meta])* $name:ident: $key:ident, $value:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        #[allow(private_interfaces)] // sealed: nobody else names it
        impl protocol::Sealed for $name {
            const FORMAT: Format = Format::$name;
        }

        impl<K: $key, V: $value> Protocol<K, V> for $name {}
    )* };
}

protocols! {
    /// `key TAB value`, both JSON: what a next step reads. This is the default.
    JsonPairs: Data, Data;
    /// The value alone as JSON; the key is dropped.
    ///
    /// ```
    /// use howdah::{Flow, Out, test, write};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<(), (String, usize)>| out.emit((), (line, line.len())))
    ///     .map_only()
    ///     .write(write::JsonValues)
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a\tb"]).run().unwrap().text(), "[\"a\\tb\",3]\n");
    /// ```
    JsonValues: Data, Data;
    /// The value alone as it is; the key is dropped.
    ///
    /// ```
    /// use howdah::{Flow, Out, test, write};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<(), String>| out.emit((), line.trim()))
    ///     .map_only()
    ///     .write(write::Lines)
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["  say \"a\" "]).run().unwrap().text(), "say \"a\"\n");
    /// ```
    Lines: Data, Word;
    /// `key TAB value`, both as they are.
    ///
    /// ```
    /// use howdah::{Flow, Out, Sum, test, write};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1))
    ///     .fold(Sum)
    ///     .write(write::TextPairs)
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a", "b", "a"]).run().unwrap().text(), "a\t2\nb\t1\n");
    /// ```
    TextPairs: Word, Word;
    /// The fields of key and value, as they are, with a TAB between each two.
    ///
    /// ```
    /// use howdah::{Flow, Out, Sum, test, write};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<(String, bool), u64>| {
    ///         out.emit((line, line.is_ascii()), 1);
    ///     })
    ///     .fold(Sum)
    ///     .write(write::Tsv)
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a"]).run().unwrap().text(), "a\ttrue\t1\n");
    /// ```
    Tsv: Data, Data;
}
