//! The collector: where a map task's records go.
//!
//! Mirrors `org.apache.hadoop.mapred.MapTask.MapOutputBuffer`: records gather in a buffer with a few words about
//! each; when the budget is reached they are sorted by (partition, key), shortened by the combiner and spilled.
//!
//! | file | what |
//! | --- | --- |
//! | `arena` | the records' bytes and the index over them |
//! | `sort` | the index in order |
//! | `fold` | the table that combines before the sort |
//! | `key_words` | keys that are quick to compare |

mod arena;
mod fold;
mod key_words;
mod sort;

use std::any::Any;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use howdah_plan::{GivenSize, RawFold, RecordSink, SortedRecords, TaskError};
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::partitioner::Partitioner;
use howdah_streaming::writable::RecordClasses;

use crate::books::Books;
use crate::combine::Combine;
use crate::error::ShuffleError;
use crate::spill::{MapOutput, Spill, SpillSink, SpillWriter};
use arena::Arena;
pub use arena::CollectorBuffers;
use fold::FoldTable;

/// The part of its budget that a collector gives to the table, if it has one.
const TABLE_SHARE: usize = 4;

/// What a collector needs to know.
#[derive(Debug, Clone)]
pub struct CollectSettings {
    /// The number of partitions; at least 1.
    pub partitions: u32,
    /// Which partition a key belongs to; not asked when there is only one.
    pub partitioner: Arc<Partitioner>,
    /// The order of keys.
    pub order: Arc<KeyComparator>,
    /// The types of keys and values, by which Hadoop serialises them: for [`Collected::bytes`].
    pub classes: RecordClasses,
    /// How many bytes of records and index are kept before they are spilled.
    pub budget: usize,
}

impl CollectSettings {
    #[inline]
    fn partition_of(&self, key: &[u8]) -> Result<u32, ShuffleError> {
        if self.partitions == 1 {
            return Ok(0);
        }
        self.partitioner
            .partition(key, self.partitions)
            .map_err(|error| ShuffleError::Partition(Box::new(error)))
    }
}

/// What a collector did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Records that the mapper emitted.
    pub records: u64,
    /// Their bytes as Hadoop counts them: key and value as it serialises them.
    pub bytes: u64,
    /// Records that went into the combiner, each counted once.
    pub combine_input: u64,
    /// Records that came out of it.
    pub combine_output: u64,
    /// Records written to spills.
    pub spilled_records: u64,
    /// Spills written.
    pub spills: u64,
    /// Time spent sorting.
    pub sort_time: Duration,
    /// Time spent in the combiner.
    pub combine_time: Duration,
    /// Time spent encoding and writing spills.
    pub spill_time: Duration,
}

impl Collected {
    /// Counts a record that the mapper emitted.
    #[inline]
    fn count(&mut self, of: RecordClasses, key: usize, value: usize) {
        self.records += 1;
        self.bytes += (of.key.serialized_len(key) + of.value.serialized_len(value)) as u64;
    }
}

/// What a collector leaves.
#[derive(Debug)]
pub struct Finished {
    /// The sorted records.
    pub output: MapOutput,
    /// What they are, in sums: as the mapper emitted them, or as the combiner left them.
    pub books: Books,
    /// What the collector did.
    pub collected: Collected,
    /// The buffers for the next task.
    pub buffers: CollectorBuffers,
}

/// Takes the records of one map attempt and turns them into its [`MapOutput`].
#[allow(missing_debug_implementations)] // holds the job's code
pub struct Collector<'a, 's> {
    settings: &'a CollectSettings,
    arena: Arena,
    /// The bytes that the arena may take.
    arena_budget: usize,
    table: Option<FoldTable>,
    combiner: Option<Box<dyn Combine + 'a>>,
    writer: &'a mut SpillWriter<'s>,
    spills: Vec<Spill>,
    books: Books,
    collected: Collected,
    /// Whether all that lies in the arena came out of the table at once, and so each key once.
    is_combined: bool,
    /// Whether the table combines, or is emptied: which may concern other records than the one at hand.
    is_combining: bool,
}

impl<'a, 's> Collector<'a, 's> {
    /// A collector that works in `buffers` and spills through `writer`.
    pub fn new(
        settings: &'a CollectSettings,
        mut buffers: CollectorBuffers,
        writer: &'a mut SpillWriter<'s>,
        combiner: Option<Box<dyn Combine + 'a>>,
        fold: Option<Box<dyn RawFold>>,
    ) -> Self {
        let of_table = mem::take(&mut buffers.table);
        let table_budget = if fold.is_some() { settings.budget / TABLE_SHARE } else { 0 };
        Collector {
            settings,
            arena_budget: settings.budget - table_budget,
            arena: Arena::new(buffers),
            table: fold.map(|fold| FoldTable::new(fold, of_table, table_budget)),
            combiner,
            writer,
            spills: Vec::new(),
            books: Books::new(settings.partitions),
            collected: Collected::default(),
            is_combined: false,
            is_combining: false,
        }
    }

    /// What was collected so far.
    pub fn collected(&self) -> Collected {
        self.collected
    }

    /// Whether a failure is one of combining: then it has nothing to do with the record that came last.
    pub fn failed_in_table(&self) -> bool {
        self.is_combining
    }

    /// Spills what is left.
    ///
    /// # Errors
    /// When the spill cannot be written, or the combiner fails.
    pub fn finish(mut self) -> Result<Finished, ShuffleError> {
        self.spill()?;
        let Collector { spills, books, collected, .. } = self;
        let mut buffers = self.arena.into_buffers();
        buffers.table = self.table.map(FoldTable::into_buffers).unwrap_or_default();
        Ok(Finished { output: MapOutput::new(spills, books.total()), books, collected, buffers })
    }

    /// Closes the record in the arena. Without a combiner it is what the reducers are to get, and entered here.
    #[inline]
    fn close_record(&mut self) -> Result<(usize, usize), ShuffleError> {
        let (settings, books) = (self.settings, &mut self.books);
        let keeps_books = self.combiner.is_none();
        self.arena.close_record(|key, value| {
            let partition = settings.partition_of(key)?;
            if keeps_books {
                books.enter(partition, key, value);
            }
            Ok(partition)
        })
    }

    /// The table, if it takes records.
    #[inline]
    fn open_table(&mut self) -> Option<&mut FoldTable> {
        self.table.as_mut().filter(|table| table.is_open())
    }

    /// Takes the record that was just written into the arena.
    #[inline]
    fn take(&mut self) -> Result<(), ShuffleError> {
        let (key_len, value_len) = self.close_record()?;
        self.collected.count(self.settings.classes, key_len, value_len);
        self.is_combined = false;
        if self.arena.used_bytes() >= self.arena_budget {
            self.spill()?;
        }
        Ok(())
    }

    /// Takes the record that was just written into the table's buffers.
    #[inline]
    fn take_into_table(&mut self) -> Result<(), TaskError> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let (key, value) = table.open_record();
        if table.is_too_long() {
            self.arena.key().extend_from_slice(key);
            self.arena.value().extend_from_slice(value);
            table.abandon();
            return Ok(self.take()?);
        }
        self.collected.count(self.settings.classes, key.len(), value.len());
        table.take_written()?;
        if table.wants_to_settle() {
            self.settle()?;
        }
        Ok(())
    }

    /// Looks up the records that wait for the table, and empties it if it is full.
    fn settle(&mut self) -> Result<(), ShuffleError> {
        let Some(table) = &mut self.table else { return Ok(()) };
        self.is_combining = true;
        table.settle().map_err(ShuffleError::combiner)?;
        self.is_combining = false;
        if table.is_full() { self.empty_table() } else { Ok(()) }
    }

    /// Moves the table's accumulators into the arena, as records.
    fn empty_table(&mut self) -> Result<(), ShuffleError> {
        let Some(mut table) = self.table.take() else { return Ok(()) };
        if table.len() > 0 {
            self.is_combined = self.arena.is_empty();
        }
        self.is_combining = true;
        for slot in 0..table.len() {
            self.arena.key().extend_from_slice(table.key(slot));
            table.write(slot, self.arena.value()).map_err(ShuffleError::combiner)?;
            self.close_record()?;
            if self.arena.used_bytes() >= self.arena_budget {
                self.spill_arena()?;
            }
        }
        self.is_combining = false;
        table.clear();
        self.table = Some(table);
        Ok(())
    }

    fn spill(&mut self) -> Result<(), ShuffleError> {
        self.settle()?;
        self.empty_table()?;
        self.spill_arena()
    }

    /// Sorts what lies in the arena, shortens it and writes it as one spill.
    fn spill_arena(&mut self) -> Result<(), ShuffleError> {
        if self.arena.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        self.arena.sort(self.settings.partitions, &self.settings.order);
        let sorted = Instant::now();
        let combine_before = self.collected.combine_time;

        self.writer.begin_spill();
        let mut first = 0;
        while first < self.arena.len() {
            let partition = self.arena.partition(first);
            let end = self.arena.partition_end(first);
            self.writer.begin_segment(partition, self.combiner.is_some());
            match &mut self.combiner {
                Some(combiner) if !self.is_combined => {
                    let began = Instant::now();
                    let mut records = self.arena.records(first, end);
                    combiner
                        .combine(&mut records, &mut SpillSink::new(self.writer))
                        .map_err(ShuffleError::combiner)?;
                    self.collected.combine_time += began.elapsed();
                }
                _ => self.arena.write(first..end, self.writer)?,
            }
            if let Some(combined) = self.writer.end_segment()? {
                self.books.enter_all(partition, combined);
            }
            first = end;
        }
        let records = self.writer.records();
        self.spills.push(self.writer.end_spill()?);

        if self.combiner.is_some() {
            self.collected.combine_input = self.collected.records;
            self.collected.combine_output += records;
        }
        self.collected.spilled_records += records;
        self.collected.spills += 1;
        self.arena.clear();
        self.collected.sort_time += sorted - began;
        let combined = self.collected.combine_time.saturating_sub(combine_before);
        self.collected.spill_time += sorted.elapsed().saturating_sub(combined);
        Ok(())
    }
}

impl RecordSink for Collector<'_, '_> {
    #[inline]
    fn key(&mut self) -> &mut Vec<u8> {
        match &mut self.table {
            Some(table) if table.is_open() => table.open_key(),
            _ => self.arena.key(),
        }
    }
    #[inline]
    fn value(&mut self) -> &mut Vec<u8> {
        match &mut self.table {
            Some(table) if table.is_open() => table.open_value(),
            _ => self.arena.value(),
        }
    }
    #[inline]
    fn end(&mut self) -> Result<(), TaskError> {
        if self.open_table().is_some() { self.take_into_table() } else { Ok(self.take()?) }
    }
    fn abandon(&mut self) {
        match self.open_table() {
            Some(table) => table.abandon(),
            None => self.arena.abandon(),
        }
    }
    fn takes_given(&self) -> bool {
        self.table.as_ref().is_some_and(FoldTable::is_open)
    }
    fn give(&mut self, value: &mut dyn Any, size: GivenSize) -> Result<bool, TaskError> {
        let Some(table) = self.open_table() else { return Ok(false) };
        let key_len = table.open_record().0.len();
        if table.is_too_long() || !table.take_given(value, size.held) {
            return Ok(false);
        }
        let wants_to_settle = table.wants_to_settle();
        self.collected.count(self.settings.classes, key_len, size.json);
        if wants_to_settle {
            self.settle()?;
        }
        Ok(true)
    }
}

/// A run of sorted records in the arena.
struct ArenaRecords<'a> {
    arena: &'a Arena,
    next: usize,
    end: usize,
    /// Where the records begin that were not fetched yet.
    fetched: usize,
    starts_group: bool,
}

impl Arena {
    fn records(&self, first: usize, end: usize) -> ArenaRecords<'_> {
        ArenaRecords { arena: self, next: first, end, fetched: first, starts_group: false }
    }
}

impl SortedRecords for ArenaRecords<'_> {
    fn advance(&mut self) -> Result<bool, TaskError> {
        if self.next == self.end {
            return Ok(false);
        }
        if self.next == self.fetched {
            self.fetched = self.arena.fetch(self.next..self.end);
        }
        self.next += 1;
        self.starts_group = self.starts_group_at(self.next - 1);
        Ok(true)
    }
    fn key(&self) -> &[u8] {
        self.arena.record(self.next - 1).0
    }
    fn value(&self) -> &[u8] {
        self.arena.record_value(self.next - 1)
    }
    fn starts_group(&self) -> bool {
        self.starts_group
    }
}

impl ArenaRecords<'_> {
    fn starts_group_at(&self, at: usize) -> bool {
        if self.arena.repeats_key(at) {
            return false;
        }
        let Some(before) = at.checked_sub(1) else { return true };
        if self.arena.partition(before) != self.arena.partition(at) {
            return true;
        }
        // Whatever the order is: see `Merge::mark_group`.
        self.arena.record(at).0 != self.arena.record(before).0
    }
}

#[cfg(test)]
mod tests;
