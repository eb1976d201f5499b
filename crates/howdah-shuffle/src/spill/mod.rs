//! Spills: sorted records in checksummed blocks, in memory while there is room, else in a file.
//!
//! ```text
//! spill    one sort of a collector's buffer: a segment for each partition that has records
//! segment  one partition's records in order: blocks, the last one marked
//! block    header (44 bytes), then records, compressed where that is worth its time
//! record   mark of the key, value length, the key or what it does not have in common with the one before, value
//! ```
//!
//! Each worker appends its spills to one file without a name, so that a run holds as many open files as it has
//! workers however many tasks and partitions there are, and leaves none behind however it ends.
//!
//! | file | what |
//! | --- | --- |
//! | `block` | a block's header and the records in it |
//! | `key` | what a key has in common with the one before |
//! | `write` | records into blocks, blocks into segments |
//! | `read` | back, each block checked |
//! | `place` | memory first, then the worker's file |

mod block;
mod key;
mod place;
mod read;
mod write;

use std::sync::Arc;

pub(crate) use key::{LEAST_SHARED_BYTES, common_beginning};
pub(crate) use place::Place;
pub use place::SpillStore;
pub(crate) use read::SegmentReader;
pub(crate) use write::SpillSink;
pub use write::SpillWriter;

/// The sorted records of one map attempt: its spills, in the order in which they were written.
#[derive(Debug, Default)]
pub struct MapOutput {
    spills: Vec<Spill>,
}

impl MapOutput {
    pub(crate) fn push(&mut self, spill: Spill) {
        self.spills.push(spill);
    }

    /// The segments of one partition, in the order of their spills.
    pub(crate) fn segments(&self, partition: u32) -> impl Iterator<Item = Run> {
        self.spills.iter().filter_map(move |spill| spill.run(partition))
    }

    /// Bytes of a partition's records before compression.
    pub fn raw_bytes(&self, partition: u32) -> u64 {
        let segments = self.spills.iter().filter_map(|spill| spill.segment(partition));
        segments.map(|segment| segment.raw_bytes).sum()
    }

    /// Bytes of all spills as they are stored.
    pub fn stored_bytes(&self) -> u64 {
        self.spills.iter().flat_map(|spill| &spill.segments).map(|s| s.stored_bytes).sum()
    }
}

/// One sort of a collector's buffer, as stored.
#[derive(Debug, Clone)]
pub(crate) struct Spill {
    /// Which spill of the run it is; every block says it again.
    pub(crate) number: u32,
    pub(crate) place: Arc<Place>,
    /// Segments by rising partition; partitions without records have none.
    segments: Vec<Segment>,
}

impl Spill {
    pub(crate) fn records(&self) -> u64 {
        self.segments.iter().map(|segment| segment.records).sum()
    }

    pub(crate) fn segment(&self, partition: u32) -> Option<Segment> {
        let at =
            self.segments.binary_search_by_key(&partition, |segment| segment.partition).ok()?;
        Some(self.segments[at])
    }

    /// The segment of a partition with all that is needed to read it, and nothing of the others: a spill may have
    /// thousands of them, and each is asked for by another task.
    pub(crate) fn run(&self, partition: u32) -> Option<Run> {
        let segment = self.segment(partition)?;
        Some(Run { spill: self.number, place: Arc::clone(&self.place), segment })
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

/// One partition's records within a spill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) partition: u32,
    /// Where it begins in its spill's place.
    pub(crate) offset: u64,
    /// Its bytes as stored, headers among them.
    pub(crate) stored_bytes: u64,
    /// Its records' bytes before compression, keys whole.
    pub(crate) raw_bytes: u64,
    pub(crate) records: u64,
    /// Whether its keys are in the order of their bytes. A combiner may break it.
    pub(crate) ascends: bool,
}

#[cfg(test)]
mod tests;
