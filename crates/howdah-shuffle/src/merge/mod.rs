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

use std::iter;
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
/// A merge has room for so much besides its largest segment, however small the budget: for three others of usual size.
const LEAST_BYTES: u64 = 3 * SEGMENT_BYTES as u64;

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
    /// How many segments may be merged at once, if so many of them, with these rooms, need more than most: as many as
    /// fit into the budget, whichever they are. The largest of all is not of it: that is the record in flight, which
    /// everybody has to have room for.
    fn segments_at_once(&self, mut large: Vec<u32>) -> usize {
        large.sort_unstable_by(|a, b| b.cmp(a));
        let rooms = large.into_iter().chain(iter::repeat(SEGMENT_BYTES));
        let mut taken = 0;
        let fits = |room: &u32| {
            taken += u64::from(*room);
            taken <= self.bytes()
        };
        self.within_bounds(1 + rooms.skip(1).take(self.most_segments).take_while(fits).count())
    }

    /// How many segments may be merged at once, if none needs more room than most.
    fn most_at_once(&self) -> usize {
        self.within_bounds(1 + (self.bytes() / u64::from(SEGMENT_BYTES)) as usize)
    }

    fn bytes(&self) -> u64 {
        (self.budget as u64).max(LEAST_BYTES)
    }

    fn within_bounds(&self, at_once: usize) -> usize {
        at_once.min(self.most_segments).max(2)
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
    let found = look_up(store, &partition, settings.most_at_once())?;
    let at_once = settings.segments_at_once(found.large_rooms);
    let is_combined = combiner.is_some();
    let mut passes = Passes {
        settings,
        store,
        writer,
        partition: partition.number,
        combiner,
        book: partition.handed_on,
    };
    let mut runs = found.first;
    if found.count > at_once {
        let first = runs.into_iter().map(Ok);
        runs = passes.pass(first.chain(found.behind), found.count, at_once)?;
    }
    while runs.len() > at_once {
        let count = runs.len();
        runs = passes.pass(runs.into_iter().map(Ok), count, at_once)?;
    }
    let book = passes.book;
    let readers = runs.iter().map(|run| SegmentReader::new(store.run(), run)).collect();
    // A combiner may give keys in any order.
    let merge =
        Merge::new(readers, settings.order, partition.number, !is_combined).balanced_by(book);
    Ok((merge, began.elapsed()))
}

/// A partition's segments, in the order of their map outputs and spills. There may be a hundred thousand: so only those
/// are held that may be merged at once, and the others are looked up again when it is their turn.
struct Found<B> {
    count: usize,
    first: Vec<Run>,
    /// The segments behind the first ones.
    behind: B,
    /// The rooms of those that need more than [`SEGMENT_BYTES`].
    large_rooms: Vec<u32>,
}

/// Looks up a partition's segments, of which the first `most_held` are held.
fn look_up<'a>(
    store: &'a SpillStore,
    partition: &Partition<'a>,
    most_held: usize,
) -> Result<Found<impl Iterator<Item = Result<Run, ShuffleError>> + use<'a>>, ShuffleError> {
    let Partition { number, outputs, .. } = *partition;
    let spills = outputs.iter().flat_map(MapOutput::spills);
    let mut runs = spills.filter_map(move |spill| spill.run(store.run(), number).transpose());
    let first: Vec<Run> = runs.by_ref().take(most_held).collect::<Result<_, _>>()?;
    let behind = runs.clone();
    let large_room = |run: &Run| Some(room_of(run)).filter(|&room| room > SEGMENT_BYTES);
    let mut large_rooms: Vec<u32> = first.iter().filter_map(large_room).collect();
    let mut count = first.len();
    for run in runs {
        large_rooms.extend(large_room(&run?));
        count += 1;
    }
    Ok(Found { count, first, behind, large_rooms })
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
    /// Merges no more of `count` segments than is needed to have `at_once` left, or all when one pass is not enough.
    fn pass(
        &mut self,
        mut runs: impl Iterator<Item = Result<Run, ShuffleError>>,
        count: usize,
        at_once: usize,
    ) -> Result<Vec<Run>, ShuffleError> {
        // Each merge of `at_once` segments leaves one: so many fewer.
        let mut surplus = count - at_once;
        let mut left = count;
        let mut merged = Vec::with_capacity(count / at_once + 1);
        while surplus > 0 && left > 1 {
            let together = (surplus + 1).min(at_once).min(left);
            let neighbours: Vec<Run> = runs.by_ref().take(together).collect::<Result<_, _>>()?;
            left -= together;
            surplus -= together - 1;
            merged.extend(self.merge(&neighbours)?);
        }
        for run in runs {
            merged.push(run?);
        }
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
