//! Sorting the index: by partition, then key, then place.
//!
//! What is moved is a small entry, never a record. Entries are compared by eight bytes of their keys at a time, as
//! one integer that lies in the entry; only runs of entries that agree in those are looked at again, eight bytes
//! further on. The place decides last, and never takes part in the integer: so runs of equal keys, frequent in
//! practice, cost one pass.

use howdah_streaming::comparator::KeyComparator;

use super::arena::LENGTH_BYTES;
use crate::spill::common_beginning;

/// How many levels of eight bytes are sorted as integers before the rest of the keys is compared whole.
const INTEGER_LEVELS: usize = 12;

/// So few entries are sorted by their whole keys; and so many are looked at to see whether more are in order.
const FEW: usize = 8;
/// Of fewer entries it is not asked whether they are in order: they are soon sorted, and a look at some takes as long.
const MANY: usize = 64;

/// A longer value is not held in its entry.
const SHORT_VALUE_BYTES: usize = 3;
/// What an entry has in place of its value's length if it does not hold the value.
const LONG_VALUE: u8 = 0x7f;
/// The bit above that length: the key is that of the entry before.
const SAME_KEY: u8 = 0x80;

/// A record's place in the arena, and what is needed to sort it.
///
/// A sorted index leads all over the arena, and each step waits for memory. So the entry says itself what there is to
/// say of most small records: that the key is the one before, and a value such as a count of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Eight bytes of the key, where sorting is at.
    word: u64,
    /// The partition.
    pub(super) partition: u32,
    /// Where the record begins in the arena.
    offset: u32,
    /// The key's length.
    key_len: u32,
    /// The value, if it is short.
    value: [u8; SHORT_VALUE_BYTES],
    /// The short value's length, and whether the key is the one before.
    marks: u8,
}

impl Entry {
    /// The entry of a record.
    #[inline]
    pub(super) fn new(partition: u32, offset: u32, key_len: u32, value: &[u8]) -> Self {
        let (value, marks) = match *value {
            [] => ([0, 0, 0], 0),
            [a] => ([a, 0, 0], 1),
            [a, b] => ([a, b, 0], 2),
            [a, b, c] => ([a, b, c], 3),
            _ => ([0, 0, 0], LONG_VALUE),
        };
        Entry { word: 0, partition, offset, key_len, value, marks }
    }

    /// Whether the key is known to be that of the entry before; `false` says nothing.
    #[inline]
    pub(super) fn repeats_key(&self) -> bool {
        self.marks & SAME_KEY != 0
    }

    /// Where the record begins in the arena.
    #[inline]
    pub(super) fn offset(&self) -> usize {
        self.offset as usize
    }

    /// The value, if it is short.
    #[inline]
    pub(super) fn short_value(&self) -> Option<&[u8]> {
        self.value.get(..usize::from(self.marks & !SAME_KEY))
    }
}

/// A record's key and value.
#[inline]
pub(super) fn record<'a>(arena: &'a [u8], entry: &Entry) -> (&'a [u8], &'a [u8]) {
    let start = entry.offset as usize;
    let mut length = [0; LENGTH_BYTES];
    length.copy_from_slice(&arena[start..start + LENGTH_BYTES]);
    let value_len = u32::from_le_bytes(length) as usize;
    let key_start = start + LENGTH_BYTES;
    let key_end = key_start + entry.key_len as usize;
    (&arena[key_start..key_end], &arena[key_end..key_end + value_len])
}

/// A record's key.
#[inline]
fn key<'a>(arena: &'a [u8], entry: &Entry) -> &'a [u8] {
    let start = entry.offset as usize + LENGTH_BYTES;
    &arena[start..start + entry.key_len as usize]
}

/// Sorts entries by partition, key and place.
pub(super) fn sort(arena: &[u8], entries: &mut [Entry], partitions: u32, order: &KeyComparator) {
    match order {
        KeyComparator::Bytes => by_bytes(arena, entries, partitions),
        order => entries.sort_unstable_by(|a, b| {
            a.partition
                .cmp(&b.partition)
                .then_with(|| order.compare(key(arena, a), key(arena, b)))
                .then(a.offset.cmp(&b.offset))
        }),
    }
}

fn by_bytes(arena: &[u8], entries: &mut [Entry], partitions: u32) {
    let skip = common_beginning_of_all(arena, entries);
    // The partition takes the integer's highest bits, the key's next bytes the rest.
    let partition_bits = u32::BITS - partitions.saturating_sub(1).leading_zeros();
    for entry in entries.iter_mut() {
        let key = word_at(arena, entry, skip) >> partition_bits;
        let partition = u64::from(entry.partition).checked_shl(u64::BITS - partition_bits);
        entry.word = partition.unwrap_or(0) | key;
    }
    let whole_bytes = (u64::BITS - partition_bits) / u8::BITS;
    by_word(arena, entries, skip + whole_bytes as usize, 0);
}

/// Sorts entries by their words; those with equal words, whose keys agree in their first `covered` bytes, by
/// the rest.
fn by_word(arena: &[u8], entries: &mut [Entry], covered: usize, level: usize) {
    entries.sort_unstable_by_key(|entry| entry.word);
    for run in entries.chunk_by_mut(|a, b| a.word == b.word) {
        if run.len() > 1 {
            equal_words(arena, run, covered, level);
        }
    }
}

/// Sorts entries of one partition whose keys agree in their first `covered` bytes, where a key that ends before
/// counts as followed by zeros.
fn equal_words(arena: &[u8], run: &mut [Entry], covered: usize, level: usize) {
    let ends_within = |entry: &Entry| entry.key_len as usize <= covered;
    let first = run[0].key_len;
    if ends_within(&run[0]) && run.iter().all(|entry| entry.key_len == first) {
        return equal_keys(run);
    }
    if run.len() >= MANY && came_in_order(arena, run) {
        return;
    }
    if run.len() <= FEW || level == INTEGER_LEVELS {
        return by_rest(arena, run);
    }
    // Keys that end here come first, the shorter before the longer: they differ in zeros only.
    run.sort_unstable_by_key(|entry| entry.key_len.min(covered as u32 + 1));
    let longer = run.partition_point(ends_within);
    let (ended, longer) = run.split_at_mut(longer);
    for same in ended.chunk_by_mut(|a, b| a.key_len == b.key_len) {
        equal_keys(same);
    }
    for entry in longer.iter_mut() {
        entry.word = word_at(arena, entry, covered);
    }
    by_word(arena, longer, covered + 8, level + 1);
}

/// Sorts entries that have all the same key.
fn equal_keys(run: &mut [Entry]) {
    run.sort_unstable_by_key(|entry| entry.offset);
    mark_same(run);
}

/// Marks all entries but the first of a run that has one key.
fn mark_same(run: &mut [Entry]) {
    for entry in run.iter_mut().skip(1) {
        entry.marks |= SAME_KEY;
    }
}

/// Puts entries back into the order in which they came, if that seems to be the order of their keys; tells whether it
/// is, and so they are sorted. It often is: rows of one user by their times, files of one folder by their names.
fn came_in_order(arena: &[u8], run: &mut [Entry]) -> bool {
    let key = |entry: &Entry| key(arena, entry);
    // Of a few entries, far from each other, it is seen at little cost that it is not; or that there are many of one
    // key, for which the usual way is better.
    let mut some: [&Entry; FEW] = std::array::from_fn(|at| &run[at * run.len() / FEW]);
    some.sort_unstable_by_key(|entry| entry.offset);
    if !some.is_sorted_by(|a, b| key(a) < key(b)) {
        return false;
    }
    run.sort_unstable_by_key(|entry| entry.offset);
    let mut repeats = false;
    let is_sorted = run.is_sorted_by(|a, b| {
        let order = key(a).cmp(key(b));
        repeats |= order.is_eq();
        order.is_le()
    });
    if is_sorted && repeats {
        mark_repeats(arena, run);
    }
    is_sorted
}

/// Sorts entries by all of their keys.
fn by_rest(arena: &[u8], run: &mut [Entry]) {
    run.sort_unstable_by(|a, b| key(arena, a).cmp(key(arena, b)).then(a.offset.cmp(&b.offset)));
    mark_repeats(arena, run);
}

/// Marks the entries of sorted ones whose keys are those before them.
fn mark_repeats(arena: &[u8], run: &mut [Entry]) {
    for same in run.chunk_by_mut(|a, b| a.key_len == b.key_len && key(arena, a) == key(arena, b)) {
        mark_same(same);
    }
}

/// Eight bytes of the key from `from` on, the first the most significant; zeros after the key's end.
#[inline]
fn word_at(arena: &[u8], entry: &Entry, from: usize) -> u64 {
    let key_len = entry.key_len as usize;
    let start = entry.offset as usize + LENGTH_BYTES + from;
    let left = key_len.saturating_sub(from);
    if let Some(bytes) = arena.get(start..start + 8) {
        let mut word = [0; 8];
        word.copy_from_slice(bytes);
        let word = u64::from_be_bytes(word);
        // What lies behind the key is not the key's.
        return if left >= 8 {
            word
        } else {
            word & !(u64::MAX.checked_shr(left as u32 * 8).unwrap_or(0))
        };
    }
    let mut word = [0; 8];
    let key_end = start + left.min(8);
    if let Some(bytes) = arena.get(start..key_end) {
        word[..bytes.len()].copy_from_slice(bytes);
    }
    u64::from_be_bytes(word)
}

/// How many bytes all keys have in common at their beginning: JSON's quote, a table's name, a URL's scheme.
fn common_beginning_of_all(arena: &[u8], entries: &[Entry]) -> usize {
    let Some(first) = entries.first() else { return 0 };
    let word = word_at(arena, first, 0);
    let mut different = 0;
    let mut shortest = first.key_len;
    for entry in entries {
        different |= word ^ word_at(arena, entry, 0);
        shortest = shortest.min(entry.key_len);
        if different.leading_zeros() < u8::BITS {
            return 0;
        }
    }
    if different == 0 {
        return common_beginning_of_many(arena, entries);
    }
    // What lies behind a key's end counts as zeros in words, and not here.
    ((different.leading_zeros() / u8::BITS).min(shortest)) as usize
}

/// The same of keys that agree in their first word.
fn common_beginning_of_many(arena: &[u8], entries: &[Entry]) -> usize {
    let Some((first, others)) = entries.split_first() else { return 0 };
    let mut common = key(arena, first);
    for entry in others {
        let key = key(arena, entry);
        if !key.starts_with(common) {
            common = &common[..common_beginning(common, key)];
        }
    }
    common.len()
}
