//! The key of the record before, which the next record of a segment repeats or goes on from.
//!
//! Sorted keys have long beginnings in common, of paths above all. What a record has in common with the one before is
//! not written again; and that it has so much in common is all that a merge needs to know of most of them.

use crate::room::{self, Buffer};

/// A shorter beginning counts as none, and the key is written whole. A merge compares so many bytes at once anyway.
pub(crate) const LEAST_SHARED_BYTES: usize = 8;

/// The key that was written or read last.
#[derive(Debug, Default)]
pub(super) struct LastKey {
    /// Where it stands in the block, if it stands there whole.
    in_block: Option<(usize, usize)>,
    /// The key, if it does not.
    own: Buffer<u8>,
    /// Whether a key was written that is lower than the one before it.
    descended: bool,
}

/// How a key goes on from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is the same.
    Same,
    /// It has so many bytes in common with it, no fewer than [`LEAST_SHARED_BYTES`].
    From(usize),
    /// It is written whole.
    Whole,
}

impl LastKey {
    /// The key, given the block that it may stand in.
    #[inline]
    pub(super) fn of<'k>(&'k self, block: &'k [u8]) -> &'k [u8] {
        match self.in_block {
            Some((start, end)) => &block[start..end],
            None => &self.own,
        }
    }

    /// How another key goes on from this one.
    #[inline]
    pub(super) fn step_to(&mut self, key: &[u8], block: &[u8]) -> Step {
        let last = self.of(block);
        let firsts = (last.first_chunk::<LEAST_SHARED_BYTES>(), key.first_chunk());
        let (Some(a), Some(b)) = firsts else {
            let order = last.cmp(key);
            self.descended |= order.is_gt();
            return if order.is_eq() { Step::Same } else { Step::Whole };
        };
        if a != b {
            self.descended |= u64::from_be_bytes(*a) > u64::from_be_bytes(*b);
            return Step::Whole;
        }
        let shared = common_beginning(last, key);
        let (rest, others) = (last.get(shared), key.get(shared));
        if rest.is_none() && others.is_none() {
            return Step::Same;
        }
        self.descended |= rest > others;
        Step::From(shared)
    }

    /// Whether no key of the segment so far was lower than the one before it.
    pub(super) fn ascends(&self) -> bool {
        !self.descended
    }

    /// The next key stands in the block.
    #[inline]
    pub(super) fn is_at(&mut self, start: usize, end: usize) {
        self.in_block = Some((start, end));
    }

    /// The next key begins as this one, of which `shared` bytes remain.
    #[inline]
    pub(super) fn go_on(&mut self, block: &[u8], shared: usize, rest: &[u8]) {
        if self.in_block.is_some() {
            self.take_out(block);
        }
        self.own.truncate(shared);
        room::extend(&mut self.own, rest);
    }

    /// Keeps the key, whose block goes. A huge key's memory is given back when it has passed.
    pub(super) fn leave(&mut self, block: &[u8]) {
        self.take_out(block);
        room::give_back(&mut self.own);
    }

    /// Gives back what was kept of a huge key, if the one at hand does not go on from it.
    pub(super) fn arrive(&mut self) {
        if self.in_block.is_some() {
            self.own.clear();
            room::give_back(&mut self.own);
        }
    }

    #[inline(never)] // or what it keeps in registers is saved for each key that goes on from another
    fn take_out(&mut self, block: &[u8]) {
        if let Some((start, end)) = self.in_block.take() {
            room::replace(&mut self.own, &block[start..end]);
        }
    }

    /// Forgets the key: another segment begins.
    pub(super) fn forget(&mut self) {
        self.in_block = None;
        self.own.clear();
        room::give_back(&mut self.own);
        self.descended = false;
    }
}

/// How many bytes two keys have in common at their beginning.
#[inline]
pub(crate) fn common_beginning(a: &[u8], b: &[u8]) -> usize {
    let ((a_words, _), (b_words, _)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut common = 0;
    for (a, b) in a_words.iter().zip(b_words) {
        let different = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if different != 0 {
            return common + (different.trailing_zeros() / u8::BITS) as usize;
        }
        common += 8;
    }
    common + a[common..].iter().zip(&b[common..]).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_beginnings_are_found_at_each_length() {
        for length in 0..40 {
            let a = vec![b'a'; length];
            for at in 0..length {
                let mut b = a.clone();
                b[at] = b'b';
                assert_eq!(common_beginning(&a, &b), at, "of {length}");
                assert_eq!(common_beginning(&a, &a[..at]), at, "of {length}");
                assert_eq!(common_beginning(&b[..at], &a), at, "of {length}");
            }
            assert_eq!(common_beginning(&a, &a), length);
        }
    }

    #[test]
    fn keys_that_are_not_in_order_are_noticed() {
        let keys = [&b""[..], b"a", b"a longer key", b"a longer kex", b"a longer", b"b"];
        for from in keys {
            for to in keys {
                let mut last = LastKey::default();
                last.go_on(b"", 0, from);
                last.step_to(to, b"");
                assert_eq!(last.ascends(), from <= to, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn a_key_goes_on_from_one_in_the_block_or_from_one_that_went_on() {
        let mut last = LastKey::default();
        let block = b"--usr/share/man/man1";
        assert_eq!(last.step_to(b"usr/share/man/man1", block), Step::Whole);
        last.is_at(2, 20);
        assert_eq!(last.step_to(b"usr/share/man/man1", block), Step::Same);
        assert_eq!(last.step_to(b"usr/share", block), Step::From(9));
        assert_eq!(last.step_to(b"usr/lib/man/man1", block), Step::Whole);
        assert_eq!(last.step_to(b"usr", block), Step::Whole);
        assert_eq!(last.step_to(b"usr/share/man/man3", block), Step::From(17));
        last.go_on(block, 17, b"3");
        assert_eq!(last.of(b""), b"usr/share/man/man3");
        assert_eq!(last.step_to(b"usr/share/man/man", b""), Step::From(17));
        last.go_on(b"", 17, b"");
        assert_eq!(last.of(b""), b"usr/share/man/man");
        last.is_at(2, 20);
        last.leave(block);
        assert_eq!(last.of(b""), b"usr/share/man/man1");
        assert!(!last.ascends());
        last.forget();
        assert_eq!(last.step_to(b"", b""), Step::Same);
    }
}
