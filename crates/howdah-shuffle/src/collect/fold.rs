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
    /// Where each key ends in `keys`, by the number of its accumulator.
    ends: Vec<u32>,
    keys: Vec<u8>,
    most_keys: usize,
    most_key_bytes: usize,
    taken: u64,
    refuses: bool,
}

/// A key's place. All that is needed to find a short key lies here, so that looking it up waits for memory once.
#[derive(Clone, Copy)]
struct Place {
    words: KeyWords,
    /// The number of its accumulator and one; 0 where the place is free.
    slot: u32,
}

const FREE: Place = Place { words: KeyWords::NONE, slot: 0 };

impl FoldTable {
    pub(super) fn new(fold: Box<dyn RawFold>, budget: usize) -> Self {
        FoldTable {
            fold,
            places: Vec::new(),
            ends: Vec::new(),
            keys: Vec::new(),
            most_keys: (budget / BUDGET_SHARE / BYTES_A_KEY).clamp(FIRST_PLACES, MOST_KEYS),
            most_key_bytes: (budget / BUDGET_SHARE).min(1 << 20),
            taken: 0,
            refuses: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn key(&self, slot: usize) -> &[u8] {
        let start = if slot == 0 { 0 } else { self.ends[slot - 1] };
        &self.keys[start as usize..self.ends[slot] as usize]
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
        let mut at = words.hash(key) as usize;
        while let Some(place) = self.places.get(at & self.places.len().wrapping_sub(1)) {
            if place.slot == 0 {
                break;
            }
            let slot = place.slot - 1;
            if place.words == words && (words.say_all() || self.key(slot as usize) == key) {
                self.taken += 1;
                self.fold.merge(slot, value)?;
                return Ok(Folded::Kept);
            }
            at = at.wrapping_add(1);
        }
        self.enter(words, key, value)
    }

    /// Takes in a key that is not there.
    #[cold]
    fn enter(&mut self, words: KeyWords, key: &[u8], value: &[u8]) -> Result<Folded, TaskError> {
        if key.len() > self.most_key_bytes {
            return Ok(Folded::Refused);
        }
        self.fold.open(value)?;
        self.taken += 1;
        self.keys.extend_from_slice(key);
        self.ends.push(self.keys.len() as u32);
        if self.len() * 2 > self.places.len() {
            self.grow();
        } else {
            self.place(words, self.len() - 1);
        }
        let full = self.len() == self.most_keys || self.keys.len() >= self.most_key_bytes;
        Ok(if full { Folded::KeptAndFull } else { Folded::Kept })
    }

    /// Doubles the places, and gives each key its own anew.
    fn grow(&mut self) {
        let places = (self.places.len() * 2).max(FIRST_PLACES);
        self.places.clear();
        self.places.resize(places, FREE);
        (0..self.len()).for_each(|slot| self.place(KeyWords::of(self.key(slot)), slot));
    }

    /// Enters a key at the first free place.
    fn place(&mut self, words: KeyWords, slot: usize) {
        let mask = self.places.len() - 1;
        let mut at = words.hash(self.key(slot)) as usize & mask;
        while self.places[at].slot != 0 {
            at = (at + 1) & mask;
        }
        self.places[at] = Place { words, slot: slot as u32 + 1 };
    }

    /// Forgets everything, and judges whether the table was worth it.
    pub(super) fn clear(&mut self) {
        let full = self.len() == self.most_keys;
        let worth = self.len() as u64 * LEAST_RECORDS_PER_KEY_PERCENT / 100;
        self.refuses = full && self.taken < worth;
        self.taken = 0;
        self.places.fill(FREE);
        self.ends.clear();
        self.keys.clear();
        self.fold.clear();
    }
}
