//! The table that combines before the sort.
//!
//! Most of a job's records repeat a few keys. A bounded table from key bytes to accumulators takes them out of
//! the stream before they are sorted; when it is full, all of it moves on and it begins again. Where keys hardly
//! repeat it steps aside.
//!
//! A key that was not seen lately lies far from the processor, and its record would wait. So records wait until there
//! are some, and are looked up together: then their waits are one.

use std::any::Any;
use std::mem;

use howdah_plan::{RawFold, TaskError};

use super::key_words::KeyWords;
use crate::room::Buffer;

/// Keys in the table at most.
const MOST_KEYS: usize = 1 << 20;
/// What a key takes in the table, beside its bytes and what its values hold elsewhere.
const BYTES_A_KEY: usize = 128;
/// The longest key that the table takes, as a part of its budget.
const KEY_SHARE: usize = 8;
/// The places of a new table: a power of two.
const FIRST_PLACES: usize = 1 << 10;
/// A full table that took in less than this many records a key is not worth its time.
const LEAST_RECORDS_PER_KEY_PERCENT: u64 = 112;
/// Records that are looked up together, and the bytes of their keys.
const MOST_WAITING: usize = 32;
const MOST_WAITING_BYTES: usize = 1 << 14;

/// A bounded table of accumulators, and the records that wait to be looked up.
pub(super) struct FoldTable {
    fold: Box<dyn RawFold>,
    waiting: Vec<Waiting>,
    /// The keys of those that wait, and that of the open record behind them.
    waiting_keys: Vec<u8>,
    /// Where the open record's key begins.
    open: usize,
    /// The value of the open record.
    value: Vec<u8>,
    /// The slots of the records that were just looked up.
    found: Vec<u32>,
    buffers: TableBuffers,
    /// The bytes that the table may take.
    budget: usize,
    /// Bytes of the values that were read, and of what given ones hold elsewhere: what accumulators hold elsewhere is
    /// hardly more.
    value_bytes: usize,
    taken: u64,
    refuses: bool,
}

/// The keys of a table, and their places. Handed from task to task, so that they grow only once.
#[derive(Debug, Default)]
pub(super) struct TableBuffers {
    /// Open addressing: a power of two of places, at most half of them taken.
    places: Buffer<Place>,
    /// Where each key ends in `keys`, by the number of its accumulator.
    ends: Buffer<u32>,
    keys: Buffer<u8>,
}

impl TableBuffers {
    /// Makes room for the first keys; there are none yet.
    fn open(&mut self) {
        let places = self.places.len().max(FIRST_PLACES);
        self.places.resize(places, FREE);
    }

    fn clear(&mut self) {
        self.places.fill(FREE);
        self.ends.clear();
        self.keys.clear();
    }
}

/// A record that waits: its value waits in the fold.
#[derive(Clone, Copy)]
struct Waiting {
    words: KeyWords,
    hash: u64,
    /// Where its key ends.
    end: usize,
}

/// A key's place. All that is needed to find a short key lies here, so that looking it up waits for memory once.
#[derive(Debug, Clone, Copy)]
struct Place {
    words: KeyWords,
    /// The number of its accumulator and one; 0 where the place is free.
    slot: u32,
}

const FREE: Place = Place { words: KeyWords::NONE, slot: 0 };

impl FoldTable {
    /// A table that takes up to `budget` bytes. The buffers have no keys, as [`into_buffers`](Self::into_buffers) gives
    /// them.
    pub(super) fn new(fold: Box<dyn RawFold>, mut buffers: TableBuffers, budget: usize) -> Self {
        buffers.open();
        FoldTable {
            fold,
            waiting: Vec::with_capacity(MOST_WAITING),
            waiting_keys: Vec::new(),
            open: 0,
            value: Vec::new(),
            found: Vec::with_capacity(MOST_WAITING),
            buffers,
            budget,
            value_bytes: 0,
            taken: 0,
            refuses: false,
        }
    }

    /// Whether it takes records.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        !self.refuses
    }

    /// Opens a record and gives the buffer for its key.
    #[inline]
    pub(super) fn open_key(&mut self) -> &mut Vec<u8> {
        self.open = self.waiting_keys.len();
        self.value.clear();
        &mut self.waiting_keys
    }

    /// The buffer for the open record's value.
    #[inline]
    pub(super) fn open_value(&mut self) -> &mut Vec<u8> {
        &mut self.value
    }

    /// Key and value of the open record; no value, if it is to be given.
    #[inline]
    pub(super) fn open_record(&self) -> (&[u8], &[u8]) {
        (&self.waiting_keys[self.open..], &self.value)
    }

    /// Whether the open record's key is too long for the table.
    #[inline]
    pub(super) fn is_too_long(&self) -> bool {
        self.waiting_keys.len() - self.open > self.budget / KEY_SHARE
    }

    /// Takes the open record back.
    pub(super) fn abandon(&mut self) {
        self.waiting_keys.truncate(self.open);
    }

    /// Takes the open record, with the value that was written.
    #[inline]
    pub(super) fn take_written(&mut self) -> Result<(), TaskError> {
        let read = self.fold.read(&self.value);
        if read.is_err() {
            self.abandon();
        } else {
            self.value_bytes += self.value.len();
            self.wait();
        }
        read
    }

    /// Takes the open record with a value of the job's own type, if it is of that type; `held` are the bytes that it
    /// holds elsewhere.
    #[inline]
    pub(super) fn take_given(&mut self, value: &mut dyn Any, held: usize) -> bool {
        let taken = self.fold.give(value);
        if taken {
            self.value_bytes += held;
            self.wait();
        }
        taken
    }

    /// Whether enough records wait to be looked up.
    #[inline]
    pub(super) fn wants_to_settle(&self) -> bool {
        self.waiting.len() == MOST_WAITING || self.waiting_keys.len() >= MOST_WAITING_BYTES
    }

    #[inline]
    fn wait(&mut self) {
        let key = &self.waiting_keys[self.open..];
        let words = KeyWords::of(key);
        let hash = words.hash(key);
        self.waiting.push(Waiting { words, hash, end: self.waiting_keys.len() });
    }

    /// Looks up all records that wait. The table may then want to be [emptied](Self::clear).
    pub(super) fn settle(&mut self) -> Result<(), TaskError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = mem::take(&mut self.waiting);
        let waiting_keys = mem::take(&mut self.waiting_keys);
        // First the places alone are read, and nothing asks what is there: the processor fetches all at once.
        let mut seen = [FREE; MOST_WAITING];
        let mask = self.buffers.places.len() - 1;
        for (seen, record) in seen.iter_mut().zip(&waiting) {
            *seen = self.buffers.places[record.hash as usize & mask];
        }
        self.found.clear();
        let mut start = 0;
        for (seen, record) in seen.iter().zip(&waiting) {
            let key = &waiting_keys[start..record.end];
            let slot = match self.slot_at(seen, record.words, key) {
                Some(slot) => slot,
                None => self.find_or_enter(record, key),
            };
            self.found.push(slot);
            start = record.end;
        }
        self.taken += waiting.len() as u64;
        self.waiting = waiting;
        self.waiting.clear();
        self.waiting_keys = waiting_keys;
        self.waiting_keys.clear();
        self.fold.merge(&self.found)
    }

    /// A place's slot, if the key is there.
    #[expect(clippy::inline_always, reason = "left to itself it is called: 2 % more for a count")]
    #[inline(always)]
    fn slot_at(&self, place: &Place, words: KeyWords, key: &[u8]) -> Option<u32> {
        let slot = place.slot.checked_sub(1)?;
        let is_it = place.words == words && (words.say_all() || self.key(slot as usize) == key);
        is_it.then_some(slot)
    }

    /// The slot of a key that is not at its first place, or not in the table yet.
    #[inline(never)]
    fn find_or_enter(&mut self, record: &Waiting, key: &[u8]) -> u32 {
        let mask = self.buffers.places.len() - 1;
        let mut at = record.hash as usize & mask;
        while self.buffers.places[at].slot != 0 {
            if let Some(slot) = self.slot_at(&self.buffers.places[at], record.words, key) {
                return slot;
            }
            at = (at + 1) & mask;
        }
        self.buffers.keys.extend_from_slice(key);
        self.buffers.ends.push(self.buffers.keys.len() as u32);
        let slot = self.len() as u32 - 1;
        if self.len() * 2 > self.buffers.places.len() {
            self.grow();
        } else {
            self.buffers.places[at] = Place { words: record.words, slot: slot + 1 };
        }
        slot
    }

    /// Doubles the places, and gives each key its own anew.
    fn grow(&mut self) {
        let places = self.buffers.places.len() * 2;
        self.buffers.places.clear();
        self.buffers.places.resize(places, FREE);
        let mask = places - 1;
        for slot in 0..self.len() {
            let words = KeyWords::of(self.key(slot));
            let mut at = words.hash(self.key(slot)) as usize & mask;
            while self.buffers.places[at].slot != 0 {
                at = (at + 1) & mask;
            }
            self.buffers.places[at] = Place { words, slot: slot as u32 + 1 };
        }
    }

    /// The keys in the table.
    pub(super) fn len(&self) -> usize {
        self.buffers.ends.len()
    }

    pub(super) fn is_full(&self) -> bool {
        let bytes = self.len() * BYTES_A_KEY + self.buffers.keys.len() + self.value_bytes;
        self.len() >= MOST_KEYS || bytes >= self.budget
    }

    pub(super) fn key(&self, slot: usize) -> &[u8] {
        let start = if slot == 0 { 0 } else { self.buffers.ends[slot - 1] };
        &self.buffers.keys[start as usize..self.buffers.ends[slot] as usize]
    }

    pub(super) fn write(&self, slot: usize, out: &mut Vec<u8>) -> Result<(), TaskError> {
        self.fold.write(slot as u32, out)
    }

    /// Forgets all keys, and judges whether the table was worth it: if not, it is closed until it is cleared again, with
    /// the next spill. No record may wait.
    pub(super) fn clear(&mut self) {
        let worth = self.len() as u64 * LEAST_RECORDS_PER_KEY_PERCENT / 100;
        self.refuses = self.is_full() && self.taken < worth;
        self.taken = 0;
        self.value_bytes = 0;
        self.fold.clear();
        if self.refuses {
            self.buffers = TableBuffers::default();
            return;
        }
        if self.len() > 0 {
            self.buffers.clear();
        }
        self.buffers.open(); // it may have been closed before
    }

    /// The buffers of a table that was cleared.
    pub(super) fn into_buffers(self) -> TableBuffers {
        self.buffers
    }
}
