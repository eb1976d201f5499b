//! The books of a step: what its map tasks hand on is what its reduce tasks get, record for record.
//!
//! A record is entered twice. First when it leaves for the shuffle: as the mapper emits it, or as it comes out of the
//! combiner, if there is one. Then when it comes out of the last merge. In between it is sorted, spilled, packed,
//! read back and merged; whatever is lost, doubled, changed, given to another key or put into another partition on the
//! way shows in the sums, in whichever order records are entered.

use std::fmt;
use std::ops::{AddAssign, SubAssign};

/// Words without a pattern: digits of pi, and the golden ratio.
const SEEDS: [u64; 2] = [0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6c];
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The sums of some records: they are the same for the same records in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Book {
    /// How many there are.
    pub records: u64,
    /// The bytes of their keys and values.
    pub bytes: u64,
    /// The sum of their hashes.
    hash: u64,
}

impl Book {
    /// Enters a record, whose key has this hash.
    #[inline]
    pub(crate) fn enter(&mut self, key: KeyHash, value: &[u8]) {
        self.records += 1;
        self.bytes += (key.length + value.len()) as u64;
        self.hash = self.hash.wrapping_add(key.hash.wrapping_mul(hash(0, value)));
    }
}

impl AddAssign for Book {
    fn add_assign(&mut self, other: Book) {
        self.records += other.records;
        self.bytes += other.bytes;
        self.hash = self.hash.wrapping_add(other.hash);
    }
}

impl SubAssign for Book {
    fn sub_assign(&mut self, other: Book) {
        self.records = self.records.wrapping_sub(other.records);
        self.bytes = self.bytes.wrapping_sub(other.bytes);
        self.hash = self.hash.wrapping_sub(other.hash);
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records of {} bytes (hash {:016x})", self.records, self.bytes, self.hash)
    }
}

/// The hash of a key in its partition. That of a record is a product, so that a key is looked at once for all of its
/// records that come together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KeyHash {
    hash: u64,
    length: usize,
}

impl KeyHash {
    #[inline]
    pub(crate) fn of(partition: u32, key: &[u8]) -> Self {
        let seed = u64::from(partition).wrapping_add(1).wrapping_mul(MULTIPLIER);
        // Odd, so that a product keeps all that is in the value's.
        KeyHash { hash: hash(seed, key) | 1, length: key.len() }
    }
}

/// The book of each partition.
#[derive(Debug, Clone, Default)]
pub struct Books(Vec<Book>);

impl Books {
    /// Empty books.
    pub fn new(partitions: u32) -> Self {
        Books(vec![Book::default(); partitions as usize])
    }

    /// The book of a partition.
    pub fn of(&self, partition: u32) -> Book {
        self.0.get(partition as usize).copied().unwrap_or_default()
    }

    /// All partitions together.
    pub fn total(&self) -> Book {
        let mut total = Book::default();
        self.0.iter().for_each(|&book| total += book);
        total
    }

    /// Adds what another task has handed on.
    pub fn add(&mut self, other: &Books) {
        self.0.resize(self.0.len().max(other.0.len()), Book::default());
        for (book, &other) in self.0.iter_mut().zip(&other.0) {
            *book += other;
        }
    }

    #[inline]
    pub(crate) fn enter(&mut self, partition: u32, key: &[u8], value: &[u8]) {
        if let Some(book) = self.0.get_mut(partition as usize) {
            book.enter(KeyHash::of(partition, key), value);
        }
    }

    pub(crate) fn enter_all(&mut self, partition: u32, records: Book) {
        if let Some(book) = self.0.get_mut(partition as usize) {
            *book += records;
        }
    }
}

/// A hash that sees every byte, and the length. It protects from mistakes, and from nobody.
#[inline]
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let length = (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(_), Some(_)) if bytes.len() > 16 => return hash_long(seed ^ length, bytes),
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => short_words(bytes),
    };
    mix(first ^ seed ^ SEEDS[0], last ^ length ^ SEEDS[1])
}

/// The bytes of less than eight, in two words.
#[inline]
fn short_words(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    let byte = |at: usize| u64::from(bytes.get(at).copied().unwrap_or(0));
    (byte(0) | byte(1) << 8 | byte(2) << 16, 0)
}

/// Two sums that do not wait for each other: a product takes its time.
#[inline(never)]
fn hash_long(seed: u64, bytes: &[u8]) -> u64 {
    let take = |sum: u64, bytes: &[u8; 16]| {
        let words = u128::from_le_bytes(*bytes);
        mix(sum ^ words as u64, (words >> 64) as u64 ^ SEEDS[1])
    };
    let mut sums = [seed ^ SEEDS[0], seed];
    let (sixteens, _) = bytes.as_chunks::<16>();
    let (pairs, single) = sixteens.as_chunks::<2>();
    for pair in pairs {
        sums = [take(sums[0], &pair[0]), take(sums[1], &pair[1])];
    }
    if let [single] = single {
        sums[0] = take(sums[0], single);
    }
    // Some of these were taken already, or all.
    if let Some(last) = bytes.last_chunk() {
        sums[1] = take(sums[1], last);
    }
    mix(sums[0] ^ SEEDS[1], sums[1] ^ SEEDS[0])
}

/// Both halves of a product, one upon the other.
#[inline]
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Record = (u32, Vec<u8>, Vec<u8>);

    fn book(records: &[Record]) -> Book {
        let mut books = Books::new(4);
        for (partition, key, value) in records {
            books.enter(*partition, key, value);
        }
        books.total()
    }

    fn records() -> impl Strategy<Value = Vec<Record>> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..40);
        prop::collection::vec((0u32..4, bytes(), bytes()), 2..20)
    }

    proptest! {
        #[test]
        fn the_order_of_records_does_not_show(mut records in records(), turns in 1usize..20) {
            let before = book(&records);
            let turns = turns % records.len();
            records.rotate_left(turns);
            prop_assert_eq!(book(&records), before);
        }

        #[test]
        fn whatever_else_changes_does(records in records(), which in any::<prop::sample::Index>(), bit in 0usize..8) {
            let at = which.index(records.len());
            let before = book(&records);
            let mut all = vec![records.clone(); 6];
            all[0].remove(at);
            all[1].push(records[at].clone());
            all[2][at].0 ^= 1;
            if let Some(byte) = all[3][at].1.last_mut() { *byte ^= 1 << bit } else { all[3][at].1.push(0) }
            if let Some(byte) = all[4][at].2.first_mut() { *byte ^= 1 << bit } else { all[4][at].2.push(0) }
            // A byte goes from the value to the key.
            if all[5][at].2.is_empty() { all[5][at].2.push(0) } else { let byte = all[5][at].2.remove(0); all[5][at].1.push(byte) }
            for changed in all {
                prop_assert_ne!(book(&changed), before);
            }
        }

        #[test]
        fn values_do_not_change_keys_unseen(a in ".{0,12}", b in ".{0,12}", x in ".{0,12}", y in ".{0,12}") {
            prop_assume!(a != b && x != y);
            let record = |key: &str, value: &str| (0, key.as_bytes().to_vec(), value.as_bytes().to_vec());
            let straight = book(&[record(&a, &x), record(&b, &y)]);
            prop_assert_ne!(straight, book(&[record(&a, &y), record(&b, &x)]));
        }
    }

    #[test]
    fn every_byte_and_the_length_are_in_the_hash() {
        for length in 0..70 {
            let bytes = vec![7; length];
            assert_ne!(hash(1, &bytes), hash(1, &vec![7; length + 1]));
            assert_ne!(hash(1, &bytes), hash(2, &bytes));
            for at in 0..length {
                let mut changed = bytes.clone();
                changed[at] ^= 0x80;
                assert_ne!(hash(1, &changed), hash(1, &bytes), "byte {at} of {length}");
            }
        }
    }
}
