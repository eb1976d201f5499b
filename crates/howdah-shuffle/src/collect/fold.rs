//! The table that combines before the sort.
//!
//! Most of a job's records repeat a few keys. A bounded table from key bytes to accumulators takes them out of
//! the stream before they are sorted; when it is full, all of it moves on and it begins again. It holds so few
//! keys that those that come often stay in the processor's cache. Where keys hardly repeat it steps aside.

use howdah_plan::{RawFold, TaskError};

use super::key_words::KeyWords;

/// Keys in the table at most.
const MOST_KEYS: usize = 1 << 16;
/// What a key may take in the table, its bytes left out.
const BYTES_A_KEY: usize = 64;
/// Key bytes in the table at most, as a share of the collector's budget; and all that the table takes beside them.
const BUDGET_SHARE: usize = 8;
/// The places of a new table: a power of two.
const FIRST_PLACES: usize = 1 << 10;
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
    /// Open addressing: a power of two of places, at most half of them taken.
    places: Vec<Place>,
    slots: Vec<Slot>,
    keys: Vec<u8>,
    most_keys: usize,
    most_key_bytes: usize,
    taken: u64,
    refuses: bool,
}

/// Where a slot is found by its key's hash.
#[derive(Clone, Copy)]
struct Place {
    /// The hash's upper half.
    hash: u32,
    /// The slot's number and one; 0 where the place is free.
    slot: u32,
}

const FREE: Place = Place { hash: 0, slot: 0 };

/// A key in the table. Its number is that of its accumulator, too.
struct Slot {
    words: KeyWords,
    start: u32,
}

impl FoldTable {
    pub(super) fn new(fold: Box<dyn RawFold>, budget: usize) -> Self {
        FoldTable {
            fold,
            places: Vec::new(),
            slots: Vec::new(),
            keys: Vec::new(),
            most_keys: (budget / BUDGET_SHARE / BYTES_A_KEY).clamp(FIRST_PLACES, MOST_KEYS),
            most_key_bytes: (budget / BUDGET_SHARE).min(1 << 20),
            taken: 0,
            refuses: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn key(&self, slot: usize) -> &[u8] {
        let Slot { words, start } = &self.slots[slot];
        let start = *start as usize;
        &self.keys[start..start + words.key_len()]
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
        let words = KeyWords::of(key);
        let hash = words.hash(key);
        let mut at = self.first_place(hash);
        while let Some(&Place { hash: upper, slot }) = self.places.get(at) {
            if slot == 0 {
                break;
            }
            if upper == (hash >> 32) as u32 && self.is_at(slot as usize - 1, words, key) {
                self.taken += 1;
                self.fold.merge(slot - 1, value)?;
                return Ok(Folded::Kept);
            }
            at = (at + 1) & (self.places.len() - 1);
        }
        self.enter(hash, words, key, value)
    }

    /// Whether the key is that of a slot.
    #[inline]
    fn is_at(&self, slot: usize, words: KeyWords, key: &[u8]) -> bool {
        self.slots[slot].words == words && (words.say_all() || self.key(slot) == key)
    }

    #[inline]
    fn first_place(&self, hash: u64) -> usize {
        hash as usize & self.places.len().wrapping_sub(1)
    }

    /// Takes in a key that is not there.
    #[cold]
    fn enter(
        &mut self,
        hash: u64,
        words: KeyWords,
        key: &[u8],
        value: &[u8],
    ) -> Result<Folded, TaskError> {
        if key.len() > self.most_key_bytes {
            return Ok(Folded::Refused);
        }
        self.fold.open(value)?;
        self.taken += 1;
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.slots.push(Slot { words, start });
        if self.slots.len() * 2 > self.places.len() {
            self.grow();
        } else {
            self.place(hash, self.slots.len() as u32);
        }
        let full = self.slots.len() == self.most_keys || self.keys.len() >= self.most_key_bytes;
        Ok(if full { Folded::KeptAndFull } else { Folded::Kept })
    }

    /// Doubles the places, and gives each slot its own anew.
    fn grow(&mut self) {
        let places = (self.places.len() * 2).max(FIRST_PLACES);
        self.places.clear();
        self.places.resize(places, FREE);
        for slot in 0..self.slots.len() {
            let hash = self.slots[slot].words.hash(self.key(slot));
            self.place(hash, slot as u32 + 1);
        }
    }

    /// Enters a slot, by its number and one, at the first free place.
    fn place(&mut self, hash: u64, slot: u32) {
        let mut at = self.first_place(hash);
        while self.places[at].slot != 0 {
            at = (at + 1) & (self.places.len() - 1);
        }
        self.places[at] = Place { hash: (hash >> 32) as u32, slot };
    }

    /// Forgets everything, and judges whether the table was worth it.
    pub(super) fn clear(&mut self) {
        let full = self.slots.len() == self.most_keys;
        let worth = self.slots.len() as u64 * LEAST_RECORDS_PER_KEY_PERCENT / 100;
        self.refuses = full && self.taken < worth;
        self.taken = 0;
        self.places.fill(FREE);
        self.slots.clear();
        self.keys.clear();
        self.fold.clear();
    }
}
