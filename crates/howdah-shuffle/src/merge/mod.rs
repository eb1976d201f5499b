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

use crate::combine::Combine;
use crate::error::ShuffleError;
use crate::spill::{MapOutput, Run, SegmentReader, SpillSink, SpillStore, SpillWriter};
pub use tournament::Merge;

/// The room that one segment takes while it is merged: a block, packed and unpacked, with some slack.
const SEGMENT_BYTES: usize = 160 << 10;
/// Segments merged at once at least, however small the budget.
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
    fn segments_at_once(&self) -> usize {
        (self.budget / SEGMENT_BYTES).min(self.most_segments).max(LEAST_SEGMENTS)
    }
}

/// Opens one partition of all map outputs, given in the order in which equal keys are to leave.
///
/// Gives the merge, and the time that went into passes before it.
///
/// # Errors
/// When a spill cannot be read back or, in a pass before the last, written; and the combiner's.
pub fn open_partition(
    settings: &MergeSettings<'_>,
    store: &SpillStore,
    writer: &mut SpillWriter<'_>,
    outputs: &[MapOutput],
    partition: u32,
    mut combiner: Option<&mut dyn Combine>,
) -> Result<(Merge, Duration), ShuffleError> {
    let began = Instant::now();
    let mut runs: Vec<Run> = outputs.iter().flat_map(|output| output.segments(partition)).collect();
    let at_once = settings.segments_at_once();
    while runs.len() > at_once {
        runs = pass(settings, store, writer, &runs, at_once, &mut combiner)?;
    }
    let readers = runs.iter().map(|run| SegmentReader::new(store.run(), run));
    Ok((Merge::new(readers.collect(), settings.order.clone()), began.elapsed()))
}

/// Merges neighbours into longer segments, no more than is needed to have `at_once` left, or all when one pass
/// is not enough.
fn pass(
    settings: &MergeSettings<'_>,
    store: &SpillStore,
    writer: &mut SpillWriter<'_>,
    runs: &[Run],
    at_once: usize,
    combiner: &mut Option<&mut dyn Combine>,
) -> Result<Vec<Run>, ShuffleError> {
    // Each merge of `at_once` segments leaves one: so many fewer.
    let mut surplus = runs.len() - at_once;
    let mut merged = Vec::with_capacity(runs.len() / at_once + 1);
    let mut left = runs;
    while surplus > 0 && left.len() > 1 {
        let (neighbours, rest) = left.split_at((surplus + 1).min(at_once).min(left.len()));
        left = rest;
        surplus -= neighbours.len() - 1;
        merged.extend(merge_neighbours(settings, store, writer, neighbours, combiner)?);
    }
    merged.extend_from_slice(left);
    Ok(merged)
}

fn merge_neighbours(
    settings: &MergeSettings<'_>,
    store: &SpillStore,
    writer: &mut SpillWriter<'_>,
    neighbours: &[Run],
    combiner: &mut Option<&mut dyn Combine>,
) -> Result<Option<Run>, ShuffleError> {
    let partition = neighbours[0].segment.partition;
    let readers = neighbours.iter().map(|run| SegmentReader::new(store.run(), run));
    let mut merge = Merge::new(readers.collect(), settings.order.clone());
    writer.begin_spill();
    writer.begin_segment(partition);
    if let Some(combiner) = combiner {
        combiner
            .combine(&mut merge, &mut SpillSink::new(writer))
            .map_err(ShuffleError::combiner)?;
    } else {
        while merge.next_record()? {
            writer.append(merge.key(), merge.value())?;
        }
    }
    writer.end_segment()?;
    Ok(writer.end_spill()?.run(partition))
}

#[cfg(test)]
mod tests;
