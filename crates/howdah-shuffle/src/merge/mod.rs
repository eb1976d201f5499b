//! The merge: a partition's segments as one sorted stream.
//!
//! Mirrors `org.apache.hadoop.mapred.Merger`. Segments come in the order of their map outputs and spills, and
//! ties go to the earlier: so records with equal keys leave in the order in which they were emitted. Where there
//! are more segments than buffers fit into the budget, neighbours are merged into longer ones first.
//!
//! | file | what |
//! | --- | --- |
//! | `tournament` | which of many readers has the lowest key |

mod tournament;

use std::time::{Duration, Instant};

use howdah_plan::SortedRecords;
use howdah_streaming::comparator::KeyComparator;

use crate::books::Book;
use crate::combine::Combine;
use crate::error::ShuffleError;
use crate::spill::{MapOutput, Run, SegmentReader, SpillSink, SpillStore, SpillWriter};
pub use tournament::Merge;

/// The room that one segment takes while it is merged: a block, packed and unpacked, with some slack.
const SEGMENT_BYTES: u32 = 160 << 10;
/// Segments merged at once at least, however small the budget, unless fewer are asked for.
const LEAST_SEGMENTS: usize = 4;

/// What a merge needs to know.
#[derive(Debug, Clone, Copy)]
pub struct MergeSettings<'a> {
    /// The order of keys.
    pub order: &'a KeyComparator,
    /// How many bytes of blocks may be in memory.
    pub budget: usize,
    /// How many segments may be merged at once, whatever the budget.
    pub most_segments: usize,
}

impl MergeSettings<'_> {
    /// How many segments may be merged at once, whichever of these they are: so many that the largest fit into the
    /// budget. The largest of all is not of it: that is the record in flight, which everybody has to have room for.
    fn segments_at_once(&self, runs: &[Run]) -> usize {
        let mut rooms: Vec<u32> = runs.iter().map(room_of).collect();
        rooms.sort_unstable_by(|a, b| b.cmp(a));
        let mut taken = 0;
        let fits = |room: &&u32| {
            taken += u64::from(**room);
            taken <= self.budget as u64
        };
        let fitting = 1 + rooms.iter().skip(1).take_while(fits).count();
        fitting.max(LEAST_SEGMENTS).min(self.most_segments).max(2)
    }
}

/// The room that a segment takes while it is merged. A block is no shorter than a record, and the key of the last record
/// of one is kept while the next is read.
fn room_of(run: &Run) -> u32 {
    run.segment.largest_block.saturating_mul(2).max(SEGMENT_BYTES)
}

/// What a partition is merged from.
#[derive(Debug, Clone, Copy)]
pub struct Partition<'a> {
    /// Its number.
    pub number: u32,
    /// All map outputs, in the order in which equal keys are to leave.
    pub outputs: &'a [MapOutput],
    /// What they have handed on of this partition.
    pub handed_on: Book,
}

/// Opens one partition.
///
/// Gives the merge, and the time that went into passes before it. At its end the merge compares what it gave with what
/// was handed on.
///
/// # Errors
/// When a spill cannot be read back or, in a pass before the last, written; and the combiner's.
pub fn open_partition(
    settings: &MergeSettings<'_>,
    store: &SpillStore,
    writer: &mut SpillWriter<'_>,
    partition: Partition<'_>,
    combiner: Option<&mut dyn Combine>,
) -> Result<(Merge, Duration), ShuffleError> {
    let began = Instant::now();
    let mut runs = Vec::new();
    for spill in partition.outputs.iter().flat_map(MapOutput::spills) {
        runs.extend(spill.run(store.run(), partition.number)?);
    }
    let at_once = settings.segments_at_once(&runs);
    let is_combined = combiner.is_some();
    let mut passes = Passes {
        settings,
        store,
        writer,
        partition: partition.number,
        combiner,
        book: partition.handed_on,
    };
    while runs.len() > at_once {
        runs = passes.pass(&runs, at_once)?;
    }
    let book = passes.book;
    let readers = runs.iter().map(|run| SegmentReader::new(store.run(), run)).collect();
    // A combiner may give keys in any order.
    let merge =
        Merge::new(readers, settings.order, partition.number, !is_combined).balanced_by(book);
    Ok((merge, began.elapsed()))
}

/// Merges neighbours into longer segments until few enough are left.
struct Passes<'p, 's, 'c> {
    settings: &'p MergeSettings<'p>,
    store: &'p SpillStore,
    writer: &'p mut SpillWriter<'s>,
    partition: u32,
    combiner: Option<&'c mut dyn Combine>,
    /// What all segments together hold.
    book: Book,
}

impl Passes<'_, '_, '_> {
    /// Merges no more than is needed to have `at_once` left, or all when one pass is not enough.
    fn pass(&mut self, runs: &[Run], at_once: usize) -> Result<Vec<Run>, ShuffleError> {
        // Each merge of `at_once` segments leaves one: so many fewer.
        let mut surplus = runs.len() - at_once;
        let mut merged = Vec::with_capacity(runs.len() / at_once + 1);
        let mut left = runs;
        while surplus > 0 && left.len() > 1 {
            let (neighbours, rest) = left.split_at((surplus + 1).min(at_once).min(left.len()));
            left = rest;
            surplus -= neighbours.len() - 1;
            merged.extend(self.merge(neighbours)?);
        }
        merged.extend_from_slice(left);
        Ok(merged)
    }

    fn merge(&mut self, neighbours: &[Run]) -> Result<Option<Run>, ShuffleError> {
        let readers = neighbours.iter().map(|run| SegmentReader::new(self.store.run(), run));
        let is_combined = self.combiner.is_some();
        let mut merge =
            Merge::new(readers.collect(), self.settings.order, self.partition, !is_combined);
        let writer = &mut *self.writer;
        writer.begin_spill();
        writer.begin_segment(self.partition, is_combined);
        if let Some(combiner) = &mut self.combiner {
            combiner
                .combine(&mut merge, &mut SpillSink::new(writer))
                .map_err(ShuffleError::combiner)?;
        }
        // All of it, if nobody combines; else what the combiner has left, since it need not read to the end.
        while merge.next_record()? {
            if !is_combined {
                writer.append(merge.key(), merge.value())?;
            }
        }
        if let Some(written) = writer.end_segment()? {
            self.book -= merge.book();
            self.book += written;
        }
        writer.end_spill()?.run(self.store.run(), self.partition)
    }
}

#[cfg(test)]
mod tests;
