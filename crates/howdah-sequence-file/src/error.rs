//! What can be wrong with a `SequenceFile`, and where.

use std::{error, fmt, io};

/// Why a `SequenceFile` could not be read: what failed, and at which byte of the file.
///
/// ```
/// use howdah_sequence_file::{ErrorKind, Reader};
///
/// let error = Reader::new(&b"SEQ\x06\x19org.apa"[..]).unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Truncated { what: "the key class" }));
/// assert_eq!(error.to_string(), "the file ends inside the key class, at byte 12");
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    offset: u64,
}

/// The kinds of [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file does not begin with `SEQ`, or ends before it could. The offset is 0.
    NotASequenceFile,
    /// A version that this reader does not know. Hadoop 3 writes version 6.
    Version(u8),
    /// The file ends too early. The offset is its length.
    Truncated {
        /// What is not all there.
        what: &'static str,
    },
    /// No sync mark stands where one must, or it is another file's. The offset is the mark's.
    BadSync,
    /// A length or a number that cannot be: it is negative, or contradicts another one.
    BadLength {
        /// What the number is of.
        what: &'static str,
        /// The number as it stands in the file.
        length: i64,
    },
    /// More bytes than the reader was told to hold, see [`Reader::with_limit`](crate::Reader::with_limit).
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The most bytes it may have.
        limit: usize,
    },
    /// More comes out of what is compressed than the reader was told to take, see
    /// [`Reader::limit_expansion`](crate::Reader::limit_expansion).
    Expands {
        /// What was compressed.
        what: &'static str,
        /// The most bytes that all together may come to.
        most: u64,
    },
    /// The lengths of a block's keys or values do not add up to the bytes that there are.
    Uneven {
        /// Keys or values.
        what: &'static str,
    },
    /// A codec that is none of Hadoop's.
    UnknownCodec(String),
    /// The header asks for compressed blocks and for no compression at all.
    BlocksWithoutCodec,
    /// The compressed bytes of a value or a part of a block are damaged. The offset is that of the first of them.
    Decompress {
        /// What was compressed.
        what: &'static str,
        /// What the codec said; its own offset counts from the first compressed byte.
        source: io::Error,
    },
    /// The file could not be read.
    Io(io::Error),
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, offset: u64) -> Self {
        Error { kind, offset }
    }

    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where, in bytes from the beginning of the file.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match &self.kind {
            ErrorKind::NotASequenceFile => {
                f.write_str("it is not a SequenceFile: it does not begin with `SEQ`")
            }
            ErrorKind::Version(version) => write!(
                f,
                "it is a SequenceFile of version {version}, and only the versions 4 to 6 can be read; write it anew \
                 with Hadoop 3"
            ),
            ErrorKind::Truncated { what } => {
                write!(f, "the file ends inside {what}, at byte {offset}")
            }
            ErrorKind::BadSync => write!(
                f,
                "the sync mark at byte {offset} is not the one in the header: the file is damaged there or before"
            ),
            ErrorKind::BadLength { what, length } => {
                write!(
                    f,
                    "{what} cannot be {length}, at byte {offset}: the file is damaged there or before"
                )
            }
            ErrorKind::TooLong { what, limit } => {
                write!(f, "{what} at byte {offset} has more than {limit} bytes")
            }
            ErrorKind::Expands { what, most } => write!(
                f,
                "with {what} at byte {offset} the file comes to more than {most} decompressed bytes"
            ),
            ErrorKind::Uneven { what } => write!(
                f,
                "the lengths of {what} in the block at byte {offset} are not those of {what} in it: the file \
                 is damaged there"
            ),
            ErrorKind::UnknownCodec(name) => write!(
                f,
                "the file is compressed with `{name}`, which is none of Hadoop's codecs (byte {offset})"
            ),
            ErrorKind::BlocksWithoutCodec => write!(
                f,
                "the header asks for compressed blocks without compression (byte {offset}): it is damaged"
            ),
            ErrorKind::Decompress { what, source } => {
                write!(f, "{what} at byte {offset} cannot be decompressed: {source}")
            }
            ErrorKind::Io(source) => write!(f, "reading failed at byte {offset}: {source}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.kind {
            ErrorKind::Decompress { source, .. } | ErrorKind::Io(source) => Some(source),
            _ => None,
        }
    }
}
