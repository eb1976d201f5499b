//! How records are kept until their answers are there.

use crate::key::Data;
use crate::protocol::{Bytes, Input, JsonLines, Pairs, Text, Tsv};

/// An input whose records can be kept when their line is gone.
///
/// A record borrows from its line, and a request outlives it: [`Async`](crate::Async) asks about owned records.
/// They are a `String` for [`Text`], a `Vec<u8>` for [`Bytes`], a `T` for [`Tsv<T>`] and [`JsonLines<T>`], and a
/// pair `(K, V)` for [`Pairs<K, V>`]; the types of the last two must be `Clone`.
///
/// An input of your own says how in one line:
///
/// ```
/// use howdah::{Input, OwnedInput, TaskError};
///
/// /// Words of Latin letters, each a line, in capitals.
/// struct Capitals;
///
/// impl Input for Capitals {
///     type Record<'a> = &'a str;
///     type Slot = String;
///
///     fn decode<'a>(capitals: &'a mut String, line: &'a [u8]) -> Result<&'a str, TaskError> {
///         capitals.clear();
///         capitals.extend(line.iter().map(|&byte| char::from(byte.to_ascii_uppercase())));
///         Ok(capitals)
///     }
/// }
///
/// impl OwnedInput for Capitals {
///     type Owned = String;
///
///     fn own(word: &str) -> String {
///         word.to_owned()
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "records of `{Self}` cannot be kept until their answers are there",
    label = "gives records that cannot outlive their line",
    note = "`JsonLines<T>` and `Pairs<K, V>` can if their types are `Clone`; an input of your own can by \
            `impl howdah::OwnedInput for {Self}`"
)]
pub trait OwnedInput: Input {
    /// A record that borrows from nothing.
    type Owned;
    /// Makes one.
    fn own(record: Self::Record<'_>) -> Self::Owned;
}

impl OwnedInput for Text {
    type Owned = String;

    fn own(line: &str) -> String {
        line.to_owned()
    }
}

impl OwnedInput for Bytes {
    type Owned = Vec<u8>;

    fn own(line: &[u8]) -> Vec<u8> {
        line.to_vec()
    }
}

impl<T: Data> OwnedInput for Tsv<T> {
    type Owned = T;

    fn own(record: T) -> T {
        record
    }
}

impl<T: Data + Clone> OwnedInput for JsonLines<T> {
    type Owned = T;

    fn own(document: &T) -> T {
        document.clone()
    }
}

impl<K: Data + Clone, V: Data + Clone> OwnedInput for Pairs<K, V> {
    type Owned = (K, V);

    fn own((key, value): (&K, &V)) -> (K, V) {
        (key.clone(), value.clone())
    }
}
