//! Spills: sorted records in checksummed blocks, in memory while there is room, else in a file.
//!
//! ```text
//! spill    one sort of a collector's buffer: a segment for each partition that has records, and an index of them
//! segment  one partition's records in order: blocks, the last one marked
//! block    header (44 bytes), then records, compressed where that is worth its time
//! index    pages of entries, each under a checksum: where a segment lies, and how many records it has
//! record   mark of the key, value length, the key or what it does not have in common with the one before, value
//! ```
//!
//! Each worker appends its spills to one file without a name, so that a run holds as many open files as it has
//! workers however many tasks and partitions there are, and leaves none behind however it ends.
//!
//! | file | what |
//! | --- | --- |
//! | `block` | a block's header and the records in it |
//! | `index` | where a spill's segments lie |
//! | `key` | what a key has in common with the one before |
//! | `write` | records into blocks, blocks into segments |
//! | `read` | back, each block checked |
//! | `place` | memory first, then the worker's file |

mod block;
mod index;
mod key;
mod place;
mod read;
mod write;

use std::slice;
use std::sync::Arc;

use crate::books::Book;
use crate::error::ShuffleError;
use index::Index;
pub(crate) use index::Segment;
pub(crate) use key::{LEAST_SHARED_BYTES, common_beginning};
pub(crate) use place::Place;
pub use place::SpillStore;
pub(crate) use read::SegmentReader;
pub(crate) use write::SpillSink;
pub use write::SpillWriter;

/// The sorted records of one map attempt: its spills, in the order in which they were written. Small, since there may be
/// a hundred thousand.
#[derive(Debug, Clone, Default)]
pub struct MapOutput {
    task: u32,
    attempt: u32,
    total: Book,
    spills: Spills,
}

/// The spills of a map output. Most have one, which needs no allocation of its own.
#[derive(Debug, Clone)]
enum Spills {
    One(Spill),
    Many(Arc<[Spill]>),
}

impl Default for Spills {
    fn default() -> Self {
        Spills::Many(Arc::default())
    }
}

impl MapOutput {
    pub(crate) fn new(spills: Vec<Spill>, total: Book) -> Self {
        let spills = match <[Spill; 1]>::try_from(spills) {
            Ok([spill]) => Spills::One(spill),
            Err(spills) => Spills::Many(spills.into()),
        };
        MapOutput { task: 0, attempt: 0, total, spills }
    }

    /// The same, as that of an attempt of a map task.
    #[must_use]
    pub fn made_by(self, task: u32, attempt: u32) -> Self {
        MapOutput { task, attempt, ..self }
    }

    /// The map task that made it, and which attempt of it.
    pub fn maker(&self) -> (u32, u32) {
        (self.task, self.attempt)
    }

    /// What it hands on, all partitions together.
    pub fn total(&self) -> Book {
        self.total
    }

    /// Whether a spill of this number is one of its own.
    pub fn has_spill(&self, number: u32) -> bool {
        self.spills().iter().any(|spill| spill.number == number)
    }

    pub(crate) fn spills(&self) -> &[Spill] {
        match &self.spills {
            Spills::One(spill) => slice::from_ref(spill),
            Spills::Many(spills) => spills,
        }
    }
}

/// One sort of a collector's buffer, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Spill {
    pub(crate) place: Place,
    /// Which spill of the run it is; every block says it again.
    number: u32,
    /// How many partitions have records in it.
    segments: u32,
    /// Where its index begins in its place.
    index: u64,
}

impl Spill {
    /// The segment of a partition, if it has records, with all that is needed to read it. `run` is the number of the
    /// run.
    pub(crate) fn run(&self, run: u64, partition: u32) -> Result<Option<Run>, ShuffleError> {
        let Spill { ref place, number: spill, segments, index: start } = *self;
        let index = Index { run, spill, start, segments: segments as usize };
        let segment = index.find(place, partition)?;
        Ok(segment.map(|segment| Run { spill, place: place.clone(), segment }))
    }
}

/// One sorted segment, on its way into a merge.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// The number of its spill.
    pub(crate) spill: u32,
    pub(crate) place: Place,
    pub(crate) segment: Segment,
}

#[cfg(test)]
mod tests;
