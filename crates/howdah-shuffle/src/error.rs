//! What can go wrong in the shuffle.

use std::fmt;
use std::io;

use howdah_plan::{TaskError, TaskErrorKind};

/// An error of the shuffle.
#[derive(Debug)]
#[non_exhaustive]
pub enum ShuffleError {
    /// Reading or writing a spill failed.
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A stored block is not what was written.
    Corrupt {
        /// Where the block begins in its spill file or buffer.
        offset: u64,
        /// What does not fit.
        reason: String,
    },
    /// A record is larger than a spill can hold.
    RecordTooLarge {
        /// Its bytes.
        bytes: u64,
    },
    /// No partition for a key.
    Partition(Box<dyn std::error::Error + Send + Sync>),
    /// The combiner failed.
    Combiner(TaskError),
}

impl ShuffleError {
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| ShuffleError::Io { doing, source }
    }

    /// The error of a combiner; one of the shuffle's own that only passed through it stays what it is, so that a
    /// full disk is one for a job with a combiner too.
    pub(crate) fn combiner(error: TaskError) -> Self {
        match error.into_kind() {
            TaskErrorKind::Engine(source) => match source.downcast() {
                Ok(own) => *own,
                Err(source) => ShuffleError::Combiner(TaskErrorKind::Engine(source).into()),
            },
            kind => ShuffleError::Combiner(kind.into()),
        }
    }

    /// The combiner's error behind this, if there is one.
    pub fn combiner_error(&self) -> Option<&TaskError> {
        match self {
            ShuffleError::Combiner(source) => Some(source),
            _ => None,
        }
    }

    /// The input or output error behind this, if there is one.
    pub fn io_error(&self) -> Option<&io::Error> {
        match self {
            ShuffleError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl fmt::Display for ShuffleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShuffleError::Io { doing, source } => write!(f, "{doing} failed: {source}"),
            ShuffleError::Corrupt { offset, reason } => {
                write!(f, "a spill's block at offset {offset} is not what was written: {reason}")
            }
            ShuffleError::RecordTooLarge { bytes } => {
                write!(f, "a record of {bytes} bytes is larger than the 2 GiB that a spill holds")
            }
            ShuffleError::Partition(source) => write!(f, "{source}"),
            ShuffleError::Combiner(source) => write!(f, "the combiner failed: {source}"),
        }
    }
}

impl std::error::Error for ShuffleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ShuffleError::Io { source, .. } => Some(source),
            ShuffleError::Combiner(source) => Some(source),
            ShuffleError::Partition(source) => Some(&**source),
            ShuffleError::Corrupt { .. } | ShuffleError::RecordTooLarge { .. } => None,
        }
    }
}

impl From<ShuffleError> for TaskError {
    fn from(error: ShuffleError) -> Self {
        TaskError::engine(error)
    }
}
