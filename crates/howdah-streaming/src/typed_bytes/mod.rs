//! Typed bytes: values that carry their types, as pipes of `-io typedbytes` and `TypedBytesWritable` have them.
//!
//! A value is a byte that says its type, and then its content. Numbers are big-endian, lengths and counts are `i32`.
//!
//! | code | type | content |
//! | --- | --- | --- |
//! | 0 | bytes | length, bytes |
//! | 1, 2 | byte, bool | one byte |
//! | 3, 4 | int, long | 4 bytes, 8 bytes |
//! | 5, 6 | float, double | 4 bytes, 8 bytes |
//! | 7 | string | length, UTF-8 |
//! | 8 | vector | count, values |
//! | 9 | list | values, and then 255 |
//! | 10 | map | count, and so often a key and a value |
//! | 50 | Writable | length, bytes: the class's name as length and UTF-8, then what the object writes |
//! | 51 to 200 | what the application says | length, bytes |
//!
//! In a pipe a record is two values, key and value; the pipe ends where a key would begin.
//!
//! | you want | see |
//! | --- | --- |
//! | where a value ends | [`length_of`], [`Framer`] |
//! | the records of a pipe | [`PairBuffer`] |
//! | any value at all, and how Java shows it | [`Value`] |
//! | types of your own | [`to_vec`], [`from_slice`] |
//! | to go through a value without building it | [`Reader`], [`Token`] |
//! | to write one bit by bit | [`Writer`] |
//!
//! Hadoop's classes are `typedbytes.TypedBytesInput`, `TypedBytesOutput` and `TypedBytesWritable`. They are laxer than
//! this module with what no program should write: there the end of the stream ends a list as well, a vector or map
//! may have a count below zero, and values may lie in each other without a limit. Here all of that is an error.
//!
//! **Hostile input** costs no more than its own length: no length or count is believed before its bytes are there.
//!
//! ```
//! use howdah_streaming::typed_bytes::{Value, from_slice, to_vec};
//!
//! let bytes = to_vec(&("word", 3))?;
//! assert_eq!(bytes, b"\x08\0\0\0\x02\x07\0\0\0\x04word\x03\0\0\0\x03");
//! assert_eq!(from_slice::<(String, u64)>(&bytes)?, ("word".to_owned(), 3));
//! assert_eq!(Value::read(&bytes)?.0.to_string(), "[word, 3]"); // as Java shows it
//! # Ok::<(), howdah_streaming::typed_bytes::Error>(())
//! ```

mod de;
mod error;
mod java;
mod pair_buffer;
mod ser;
mod token;
mod value;
mod writer;

pub use de::from_slice;
pub use error::{Error, ErrorKind};
pub use java::{double_text, float_text};
pub use pair_buffer::{Next, PairBuffer};
pub use ser::{append, to_vec};
pub use token::{Framer, Reader, Token, length_of};
pub(crate) use value::is_buildable;
pub use value::{CustomCode, Value};
pub use writer::{Counted, Writer};

/// How many vectors, lists and maps may lie within each other.
pub const MAX_DEPTH: usize = 128;

/// What is written for nothing: a `None` of Python, as its module `typedbytes` pickles it.
pub const NULL: [u8; 9] = *b"\0\0\0\0\x04\x80\x02N.";

/// The codes of the types.
pub mod code {
    /// Bytes.
    pub const BYTES: u8 = 0;
    /// An integer of 8 bits.
    pub const BYTE: u8 = 1;
    /// Yes or no.
    pub const BOOL: u8 = 2;
    /// An integer of 32 bits.
    pub const INT: u8 = 3;
    /// An integer of 64 bits.
    pub const LONG: u8 = 4;
    /// A floating-point number of 32 bits.
    pub const FLOAT: u8 = 5;
    /// A floating-point number of 64 bits.
    pub const DOUBLE: u8 = 6;
    /// Text.
    pub const STRING: u8 = 7;
    /// Values behind their number.
    pub const VECTOR: u8 = 8;
    /// Values before a [`MARKER`].
    pub const LIST: u8 = 9;
    /// Pairs of a key and a value behind their number.
    pub const MAP: u8 = 10;
    /// An object of a Java class, which writes itself.
    pub const WRITABLE: u8 = 50;
    /// The end of a list.
    pub const MARKER: u8 = 255;
}
