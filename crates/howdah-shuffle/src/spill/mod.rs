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

use std::sync::Arc;

use crate::error::ShuffleError;
use index::Index;
pub(crate) use index::Segment;
pub(crate) use key::{LEAST_SHARED_BYTES, common_beginning};
pub(crate) use place::Place;
pub use place::SpillStore;
pub(crate) use read::SegmentReader;
pub(crate) use write::SpillSink;
pub use write::SpillWriter;

/// The sorted records of one map attempt: its spills, in the order in which they were written.
#[derive(Debug, Clone, Default)]
pub struct MapOutput {
    /// Exactly so many: there may be a hundred thousand map outputs, of one spill each.
    spills: Arc<[Spill]>,
}

impl MapOutput {
    pub(crate) fn new(spills: Vec<Spill>) -> Self {
        MapOutput { spills: spills.into() }
    }

    /// Whether a spill of this number is one of its own.
    pub fn has_spill(&self, number: u32) -> bool {
        self.spills.iter().any(|spill| spill.number == number)
    }

    pub(crate) fn spills(&self) -> &[Spill] {
        &self.spills
    }
}

/// One sort of a collector's buffer, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Spill {
    pub(crate) place: Arc<Place>,
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
        Ok(segment.map(|segment| Run { spill, place: Arc::clone(place), segment }))
    }
}

/// One sorted segment, on its way into a merge.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// The number of its spill.
    pub(crate) spill: u32,
    pub(crate) place: Arc<Place>,
    pub(crate) segment: Segment,
}

#[cfg(test)]
mod tests;
