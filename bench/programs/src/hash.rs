//! A quick hash for keys of a few bytes, and the first eight bytes of a key as a number.

use std::hash::{BuildHasherDefault, Hasher};

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The first eight bytes as a number that sorts as they do, with zeros for those that are missing.
pub(crate) fn prefix_of(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    key.iter().enumerate().fold(0, |prefix, (at, &byte)| prefix | u64::from(byte) << (56 - 8 * at))
}

/// The hash of a key whose first eight bytes are `prefix`.
pub(crate) fn hash_of(prefix: u64, key: &[u8]) -> u64 {
    let mut hash = mix(prefix, key.len() as u64 ^ MULTIPLIER);
    let mut rest = key.get(8..).unwrap_or_default();
    while !rest.is_empty() {
        hash = mix(hash ^ prefix_of(rest), MULTIPLIER);
        rest = rest.get(8..).unwrap_or_default();
    }
    hash
}

fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left ^ MULTIPLIER) * u128::from(right | 1);
    (product >> 64) as u64 ^ product as u64
}

/// Hash maps of the standard library with this hash.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Quick>>;

#[derive(Default)]
pub(crate) struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0, hash_of(prefix_of(bytes), bytes));
    }

    /// The length of a slice; its hash has that already.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_sort_as_their_keys_do() {
        let keys: [&[u8]; 7] = [b"", b"a", b"ab", b"abcdefg", b"abcdefgh", b"abcdefgi", b"b"];
        assert!(keys.is_sorted_by_key(|key| prefix_of(key)));
    }

    #[test]
    fn a_hash_depends_on_every_byte() {
        let key = b"a key of more than sixteen bytes";
        for at in 0..key.len() {
            let mut other = *key;
            other[at] ^= 1;
            assert_ne!(hash_of(prefix_of(key), key), hash_of(prefix_of(&other), &other));
        }
    }
}
