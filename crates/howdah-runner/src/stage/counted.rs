//! A partition's records, counted on their way to the reducer.

use std::time::{Duration, Instant};

use howdah_plan::event::GroupSize;
use howdah_plan::{SortedRecords, TaskError};

use crate::pulse::Pulse;
use crate::task::sorted::{has_key, key_of};

/// How many of a partition's largest groups are told.
const LARGEST: usize = 3;
/// How many bytes of a key are shown.
const KEY_BYTES: usize = 60;
/// One in so many records is timed; reading a clock costs more than most of them.
const TIMED: u64 = 128;
/// Records between two beats of the pulse.
const BEAT: u64 = 4096;

/// Counts records and groups, and remembers the largest.
pub(super) struct CountedRecords<'p, R> {
    records: R,
    pulse: &'p Pulse,
    pub(super) count: u64,
    pub(super) groups: u64,
    bytes: u64,
    /// The time of the first record, which opens all segments.
    opening: Duration,
    /// The time of those records that are timed.
    sampled: Duration,
    /// Whether a group is what has the part before the first TAB in common, since values are sorted with the keys.
    by_first_field: bool,
    /// The key of the group whose size is counted.
    group_key: Vec<u8>,
    /// Whether the record at hand is its first.
    starts_group: bool,
    group_records: u64,
    largest: Vec<GroupSize>,
}

impl<'p, R: SortedRecords> CountedRecords<'p, R> {
    pub(super) fn new(records: R, by_first_field: bool, pulse: &'p Pulse) -> Self {
        CountedRecords {
            records,
            by_first_field,
            pulse,
            count: 0,
            groups: 0,
            bytes: 0,
            opening: Duration::ZERO,
            sampled: Duration::ZERO,
            group_key: Vec::new(),
            starts_group: false,
            group_records: 0,
            largest: Vec::new(),
        }
    }

    /// The time that merging took, estimated from samples.
    pub(super) fn time(&self) -> Duration {
        self.opening + self.sampled.saturating_mul(TIMED as u32)
    }

    /// The largest groups, the largest first.
    pub(super) fn into_largest(mut self) -> Vec<GroupSize> {
        self.end_group();
        self.largest
    }

    fn end_group(&mut self) {
        let records = std::mem::take(&mut self.group_records);
        if records == 0 || self.largest.get(LARGEST - 1).is_some_and(|last| last.records >= records)
        {
            return;
        }
        let shown = &self.group_key[..self.group_key.len().min(KEY_BYTES)];
        let key = String::from_utf8_lossy(shown).into_owned();
        let at = self.largest.partition_point(|group| group.records >= records);
        self.largest.insert(at, GroupSize { key, records });
        self.largest.truncate(LARGEST);
    }

    /// Takes note of another key; says whether it is not of the same group still.
    fn begin_group(&mut self) -> bool {
        if self.by_first_field
            && self.group_records > 0
            && has_key(self.records.key(), &self.group_key)
        {
            return false;
        }
        self.end_group();
        self.group_key.clear();
        let key = self.records.key();
        // Only what is shown of it is kept, where nothing is compared with it.
        let kept = if self.by_first_field { key_of(key) } else { &key[..key.len().min(KEY_BYTES)] };
        self.group_key.extend_from_slice(kept);
        true
    }

    #[inline]
    fn note(&mut self) -> Result<(), TaskError> {
        self.count += 1;
        self.bytes += (self.records.key().len() + self.records.value().len()) as u64;
        self.starts_group = self.records.starts_group();
        if self.starts_group {
            // Hadoop counts so, whatever a group is for the reducer.
            self.groups += 1;
            self.starts_group = self.begin_group();
        }
        self.group_records += 1;
        if self.count.is_multiple_of(BEAT) {
            self.pulse.add_records(BEAT);
            let bytes = std::mem::take(&mut self.bytes);
            self.pulse.beat(bytes).map_err(TaskError::engine)?;
        }
        Ok(())
    }
}

impl<R: SortedRecords> SortedRecords for CountedRecords<'_, R> {
    #[inline]
    fn advance(&mut self) -> Result<bool, TaskError> {
        let more = if self.count.is_multiple_of(TIMED) {
            let began = Instant::now();
            let more = self.records.advance()?;
            let spent = began.elapsed();
            *(if self.count == 0 { &mut self.opening } else { &mut self.sampled }) += spent;
            more
        } else {
            self.records.advance()?
        };
        if more {
            self.note()?;
        } else {
            self.pulse.add_records(self.count % BEAT);
        }
        Ok(more)
    }
    #[inline]
    fn key(&self) -> &[u8] {
        self.records.key()
    }
    #[inline]
    fn value(&self) -> &[u8] {
        self.records.value()
    }
    #[inline]
    fn starts_group(&self) -> bool {
        self.starts_group
    }
}
