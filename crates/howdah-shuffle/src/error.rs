//! What can go wrong in the shuffle.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use howdah_plan::{TaskError, TaskErrorKind};

use crate::books::Book;

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
    /// What a spill holds cannot be read back.
    Unread {
        /// The number of the spill.
        spill: u32,
        /// Where it was read.
        place: Location,
        /// What the system said.
        source: io::Error,
    },
    /// What a spill holds is not what was written.
    Corrupt {
        /// The number of the spill.
        spill: u32,
        /// Where the block begins, or the page of the index.
        place: Location,
        /// What does not fit.
        reason: String,
    },
    /// A partition's records came out of the merge in another order than theirs.
    Disorder {
        /// The partition.
        partition: u32,
        /// How many records had come out in order.
        records: u64,
    },
    /// What came out of a partition's merge is not what the map tasks had handed on.
    Unbalanced {
        /// The partition.
        partition: u32,
        /// What was handed on.
        handed_on: Book,
        /// What came out.
        came_out: Book,
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
    /// The number of the spill that cannot be read back as it was written. Whoever wrote it can write it again.
    pub fn damaged_spill(&self) -> Option<u32> {
        match self {
            ShuffleError::Unread { spill, .. } | ShuffleError::Corrupt { spill, .. } => {
                Some(*spill)
            }
            _ => None,
        }
    }

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
            ShuffleError::Io { source, .. } | ShuffleError::Unread { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Where something lies in a spill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The folder of the file that holds the spill, which has no name; none of a spill that is in memory.
    pub(crate) folder: Option<Arc<Path>>,
    /// From the file's beginning, or that of the spill in memory.
    pub(crate) offset: u64,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {} of ", self.offset)?;
        match &self.folder {
            Some(folder) => write!(f, "a file without a name in `{}`", folder.display()),
            None => f.write_str("what was kept in memory"),
        }
    }
}

impl fmt::Display for ShuffleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShuffleError::Io { doing, source } => write!(f, "{doing} failed: {source}"),
            ShuffleError::Unread { spill, place, source } => {
                write!(f, "spill {spill} cannot be read back at {place}: {source}")
            }
            ShuffleError::Corrupt { spill, place, reason } => {
                write!(f, "spill {spill} is not what was written, at {place}: {reason}")
            }
            ShuffleError::Disorder { partition, records } => {
                write!(
                    f,
                    "the keys of partition {partition} are not in order behind {records} records"
                )
            }
            ShuffleError::Unbalanced { partition, handed_on, came_out } => write!(
                f,
                "the books of partition {partition} do not balance: map tasks handed on {handed_on}, and the merge gave \
                 {came_out}"
            ),
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
            ShuffleError::Io { source, .. } | ShuffleError::Unread { source, .. } => Some(source),
            ShuffleError::Combiner(source) => Some(source),
            ShuffleError::Partition(source) => Some(&**source),
            ShuffleError::Corrupt { .. }
            | ShuffleError::Disorder { .. }
            | ShuffleError::Unbalanced { .. }
            | ShuffleError::RecordTooLarge { .. } => None,
        }
    }
}

impl From<ShuffleError> for TaskError {
    fn from(error: ShuffleError) -> Self {
        TaskError::engine(error)
    }
}
