//! A key in two words: its length, and sixteen of its bytes.
//!
//! Most keys are short. Two loads and a compare tell them apart, where a call to compare bytes takes several times as
//! long.

use crate::books::mix;

/// The multiplier of the hash, and what its words begin with: digits of pi, without a pattern of their own.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const SEEDS: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];

/// A key's length, its first eight bytes and its last eight. Keys of up to [`KeyWords::WHOLE`] bytes are equal when
/// these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyWords {
    first: u64,
    last: u64,
    length: u32,
}

impl KeyWords {
    /// The longest key that its words say all of.
    pub(super) const WHOLE: usize = 16;
    /// Those of an empty key.
    pub(super) const NONE: Self = KeyWords { first: 0, last: 0, length: 0 };

    /// The words of a key. In one of less than eight bytes the first and the last ones overlap.
    #[inline]
    pub(super) fn of(key: &[u8]) -> Self {
        let length = key.len() as u32;
        let (first, last) =
            if let (Some(first), Some(last)) = (key.first_chunk::<8>(), key.last_chunk()) {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
            } else if let (Some(first), Some(last)) = (key.first_chunk::<4>(), key.last_chunk()) {
                (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
            } else {
                let byte = |at: usize| u64::from(key.get(at).copied().unwrap_or(0));
                (byte(0) | byte(1) << 8 | byte(2) << 16, 0)
            };
        KeyWords { first, last, length }
    }

    /// Whether keys with equal words are equal.
    #[inline]
    pub(super) fn say_all(self) -> bool {
        self.length as usize <= Self::WHOLE
    }

    /// A hash of the key that they are of. It spreads keys over a table, and protects from nobody.
    #[inline]
    pub(super) fn hash(self, key: &[u8]) -> u64 {
        let mut hash = mix(
            self.first ^ SEEDS[0],
            self.last ^ SEEDS[1] ^ u64::from(self.length).wrapping_mul(MULTIPLIER),
        );
        if !self.say_all() {
            let (words, _) = key[8..].as_chunks::<8>();
            for word in words {
                hash = mix(hash ^ u64::from_le_bytes(*word), MULTIPLIER);
            }
        }
        hash.wrapping_mul(MULTIPLIER)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys() -> Vec<Vec<u8>> {
        let mut keys: Vec<Vec<u8>> = (0..40).map(|length| vec![b'a'; length]).collect();
        for length in 1..40 {
            for at in 0..length {
                let mut key = vec![b'a'; length];
                key[at] = b'b';
                keys.push(key);
            }
        }
        keys.extend([vec![0], vec![0, 0], vec![0; 8], vec![0; 20]]);
        keys
    }

    #[test]
    fn words_say_all_of_short_keys() {
        let keys = keys();
        for a in &keys {
            for b in &keys {
                let equal = KeyWords::of(a) == KeyWords::of(b);
                assert!(a != b || equal, "{a:?}");
                let may_differ = !KeyWords::of(a).say_all();
                assert!(may_differ || equal == (a == b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn each_byte_of_a_key_is_in_its_hash() {
        let keys = keys();
        let hashes: HashSet<_> = keys.iter().map(|key| KeyWords::of(key).hash(key)).collect();
        assert_eq!(hashes.len(), keys.len());
        // A table takes the lowest bits.
        let lowest: HashSet<_> = hashes.iter().map(|hash| hash & 0xffff).collect();
        assert!(lowest.len() > keys.len() * 95 / 100, "{}", lowest.len());
    }
}
