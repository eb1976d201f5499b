//! Why bytes are no typed bytes, or a value cannot be written as such.

use std::error;
use std::fmt;

use super::MAX_DEPTH;

/// What is wrong, and where.
///
/// ```
/// use howdah_streaming::typed_bytes::{ErrorKind, length_of};
///
/// let error = length_of(&[8, 0, 0, 0, 1, 11]).unwrap_err();
/// assert_eq!((error.kind(), error.offset()), (&ErrorKind::UnknownCode(11), Some(5)));
/// assert_eq!(error.to_string(), "11 is the code of no type, at byte 5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    /// In bytes from the start of what was read.
    offset: Option<u64>,
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes end within a value.
    Truncated,
    /// No type has this code.
    UnknownCode(u8),
    /// A length or count below zero.
    NegativeLength(i32),
    /// The end of a list where no list is open.
    StrayMarker,
    /// More than [`MAX_DEPTH`] values within each other.
    TooDeep,
    /// Text that is not UTF-8.
    NotUtf8,
    /// Bytes behind the value where it should be the last.
    Trailing,
    /// More bytes or parts than a length of 32 bits can say.
    TooLong,
    /// A record of more bytes than are allowed.
    RecordTooLong {
        /// How many are allowed.
        most: usize,
    },
    /// An integer beyond 64 bits with a sign.
    BeyondLong,
    /// What a type's own `Serialize` or `Deserialize` said.
    Message(String),
}

impl Error {
    #[cold]
    pub(super) fn new(kind: ErrorKind, offset: usize) -> Self {
        Error { kind, offset: Some(offset as u64) }
    }

    /// An error of a value that is being written.
    #[cold]
    pub(super) fn without_offset(kind: ErrorKind) -> Self {
        Error { kind, offset: None }
    }

    /// The same, where a place is missing.
    #[cold]
    pub(super) fn or_at(mut self, offset: usize) -> Self {
        self.offset.get_or_insert(offset as u64);
        self
    }

    /// The same for bytes that begin at `position` of a stream.
    #[cold]
    pub(super) fn shifted(mut self, position: u64) -> Self {
        self.offset = self.offset.map(|offset| offset.saturating_add(position));
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where, in bytes from the start of what was read; none for a value that was being written.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::Truncated => f.write_str("the typed bytes end within a value")?,
            ErrorKind::UnknownCode(code) => write!(f, "{code} is the code of no type")?,
            ErrorKind::NegativeLength(length) => write!(f, "a length of {length}")?,
            ErrorKind::StrayMarker => f.write_str("the end of a list where no list is open")?,
            ErrorKind::TooDeep => write!(f, "more than {MAX_DEPTH} values within each other")?,
            ErrorKind::NotUtf8 => f.write_str("a string that is not UTF-8")?,
            ErrorKind::Trailing => f.write_str("more bytes behind the value")?,
            ErrorKind::TooLong => write!(f, "more than {} bytes or parts in one value", i32::MAX)?,
            ErrorKind::RecordTooLong { most } => write!(
                f,
                "this record is longer than the {most} bytes that are allowed; if it is meant to be one record, \
                 raise `howdah.max.record`"
            )?,
            ErrorKind::BeyondLong => {
                f.write_str("an integer that 64 bits with a sign cannot hold, and typed bytes have no longer ones")?;
            }
            ErrorKind::Message(message) => f.write_str(message)?,
        }
        match self.offset {
            Some(offset) => write!(f, ", at byte {offset}"),
            None => Ok(()),
        }
    }
}

impl error::Error for Error {}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::without_offset(ErrorKind::Message(message.to_string()))
    }
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::without_offset(ErrorKind::Message(message.to_string()))
    }
}
