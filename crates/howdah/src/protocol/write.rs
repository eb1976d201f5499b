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
//! [`custom`] makes one of a function of yours.
//!
//! JSON escapes what would end a line. The other three write text as it is; they refuse a carriage return or line
//! feed anywhere and a TAB where it would begin a new field, and the task fails and shows the record: Hadoop would
//! make two records, or another key, of it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use howdah_plan::TaskError;

use super::{Format, json};
use crate::error::{Error, TaskResult};
use crate::key::Data;

/// A way to write records with keys of type `K` and values of type `V`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no protocol that writes records of `{K}` and `{V}`",
    note = "the protocols are in `howdah::write`"
)]
pub trait Protocol<K, V>: protocol::Sealed {}

/// A protocol that is known when the job is compiled: all but [`custom`].
pub trait Builtin<K, V>: Protocol<K, V> + protocol::Known + Copy {}

mod protocol {
    use super::Format;

    pub trait Sealed {
        #[doc(hidden)]
        #[allow(private_interfaces)] // sealed: nobody else names it
        fn format(&self) -> Format;
    }

    pub trait Known {
        #[doc(hidden)]
        #[allow(private_interfaces)] // sealed: nobody else names it
        const FORMAT: Format;
    }
}
pub(crate) use protocol::{Known, Sealed};

/// A protocol of your own: a function that writes a record as a line, without its end.
///
/// It is given the key and value as a next step would read them, so that it costs a way through JSON and back.
///
/// ```
/// use howdah::{Flow, Out, Sum, test, write};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1))
///     .fold(Sum)
///     .write(write::custom(|word: &String, n: &u64, line: &mut Vec<u8>| {
///         line.extend_from_slice(format!("{n:>4} {word}").as_bytes());
///     }))
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["a", "b", "a"]).run().unwrap().text(), "   2 a\n   1 b\n");
/// ```
pub fn custom<K, V, F, R>(write: F) -> Custom<K, V>
where
    K: Data,
    V: Data,
    F: Fn(&K, &V, &mut Vec<u8>) -> R + Send + Sync + 'static,
    R: TaskResult,
{
    let write = move |key: &[u8], value: &[u8], line: &mut Vec<u8>| -> Result<(), TaskError> {
        let (key, value) = (json::read(key, "key")?, json::read(value, "value")?);
        let begin = line.len();
        write(&key, &value, line).into_result().map_err(Error::into_task_error)?;
        if line[begin..].iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err(TaskError::encode("value", "its line holds a line end"));
        }
        Ok(())
    };
    Custom { write: Arc::new(write), types: PhantomData }
}

/// A protocol that [`custom`] has made.
#[derive(Clone)]
pub struct Custom<K, V> {
    write: super::WriteLine,
    types: PhantomData<fn(K, V)>,
}

impl<K, V> fmt::Debug for Custom<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom")
    }
}

#[allow(private_interfaces)] // sealed: nobody else names it
impl<K, V> Sealed for Custom<K, V> {
    fn format(&self) -> Format {
        Format::Custom(Arc::clone(&self.write))
    }
}

impl<K: Data, V: Data> Protocol<K, V> for Custom<K, V> {}

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
        impl Sealed for $name {
            fn format(&self) -> Format {
                <Self as Known>::FORMAT
            }
        }

        #[allow(private_interfaces)] // sealed: nobody else names it
        impl Known for $name {
            const FORMAT: Format = Format::$name;
        }

        impl<K: $key, V: $value> Protocol<K, V> for $name {}
        impl<K: $key, V: $value> Builtin<K, V> for $name {}
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
