//! The table that combines before the sort.
//!
//! Most of a job's records repeat a few keys. A bounded table from key bytes to accumulators takes them out of
//! the stream before they are sorted; when it is full, all of it moves on and it begins again. It holds so few
//! keys that it stays in the processor's cache. Where keys hardly repeat it steps aside.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use howdah_plan::{RawFold, TaskError};

/// Keys in the table at most: on real text, four times as many save few records more and leave the cache.
const MOST_KEYS: usize = 1 << 14;
/// Key bytes in the table at most, as a share of the collector's budget.
const BUDGET_SHARE: usize = 8;
/// A full table that took in less than this many records a key is not worth its time.
const LEAST_RECORDS_PER_KEY_PERCENT: u64 = 112;

/// What became of a record.
pub(super) enum Folded {
    /// It is in the table.
    Kept,
    /// It is in the table, which now wants to be emptied.
    KeptAndFull,
    /// The table does not take records any more.
    Refused,
}

/// A bounded table of accumulators.
pub(super) struct FoldTable {
    fold: Box<dyn RawFold>,
    table: HashTable<u32>,
    hasher: FixedState,
    slots: Vec<Slot>,
    keys: Vec<u8>,
    most_key_bytes: usize,
    taken: u64,
    refuses: bool,
}

struct Slot {
    hash: u64,
    start: u32,
    end: u32,
}

impl FoldTable {
    pub(super) fn new(fold: Box<dyn RawFold>, budget: usize) -> Self {
        FoldTable {
            fold,
            table: HashTable::new(),
            hasher: FixedState::default(),
            slots: Vec::new(),
            keys: Vec::new(),
            most_key_bytes: (budget / BUDGET_SHARE).min(1 << 20),
            taken: 0,
            refuses: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn key(&self, slot: usize) -> &[u8] {
        let slot = &self.slots[slot];
        &self.keys[slot.start as usize..slot.end as usize]
    }

    pub(super) fn write(&self, slot: usize, out: &mut Vec<u8>) -> Result<(), TaskError> {
        self.fold.write(slot as u32, out)
    }

    /// Offers a record to the table.
    #[inline]
    pub(super) fn offer(&mut self, key: &[u8], value: &[u8]) -> Result<Folded, TaskError> {
        if self.refuses {
            return Ok(Folded::Refused);
        }
        let hash = self.hasher.hash_one(key);
        let (slots, keys) = (&self.slots, &self.keys);
        let found = self.table.find(hash, |&slot| {
            let slot = &slots[slot as usize];
            slot.hash == hash && &keys[slot.start as usize..slot.end as usize] == key
        });
        self.taken += 1;
        if let Some(&slot) = found {
            self.fold.merge(slot, value)?;
            return Ok(Folded::Kept);
        }
        if key.len() > self.most_key_bytes {
            self.taken -= 1;
            return Ok(Folded::Refused);
        }
        let slot = self.fold.open(value)?;
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.slots.push(Slot { hash, start, end: self.keys.len() as u32 });
        self.table.insert_unique(hash, slot, |&slot| self.slots[slot as usize].hash);
        let full = self.slots.len() == MOST_KEYS || self.keys.len() >= self.most_key_bytes;
        Ok(if full { Folded::KeptAndFull } else { Folded::Kept })
    }

    /// Forgets everything, and judges whether the table was worth it.
    pub(super) fn clear(&mut self) {
        let full = self.slots.len() == MOST_KEYS;
        let worth = self.slots.len() as u64 * LEAST_RECORDS_PER_KEY_PERCENT / 100;
        self.refuses = full && self.taken < worth;
        self.taken = 0;
        self.table.clear();
        self.slots.clear();
        self.keys.clear();
        self.fold.clear();
    }
}
