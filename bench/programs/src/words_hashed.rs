//! How often each word occurs: a hash table in each thread, then one of them all, sorted at the end.

use std::io::Write;

use crate::hash::{hash_of, prefix_of};
use crate::output::stdout;
use crate::pieces::{Pieces, in_threads};

pub(crate) fn run(threads: usize, text: &str) -> crate::Outcome {
    let pieces = Pieces::open(text, is_blank)?;
    let tables = in_threads(threads, || {
        let (mut table, mut buffer) = (Table::new(), Vec::new());
        while let Some(piece) = pieces.next(&mut buffer)? {
            each_word(piece, |word| table.add(word, 1));
        }
        Ok(table)
    })?;
    let mut tables = tables.into_iter();
    let first = tables.next().unwrap_or_else(Table::new);
    let all = tables.fold(first, |all, table| all.merge(&table));
    let mut out = stdout();
    for slot in all.sorted() {
        out.write_all(all.word(&slot))?;
        writeln!(out, "\t{}", slot.count)?;
    }
    Ok(out.flush()?)
}

/// What stands between words.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

pub(crate) fn each_word(text: &[u8], mut each: impl FnMut(&[u8])) {
    let mut start = 0;
    for (at, &byte) in text.iter().enumerate() {
        if is_blank(byte) {
            if start < at {
                each(&text[start..at]);
            }
            start = at + 1;
        }
    }
    if start < text.len() {
        each(&text[start..]);
    }
}

/// A word and its count; a free slot has the count 0.
#[derive(Clone, Copy)]
struct Slot {
    prefix: u64,
    count: u64,
    start: u32,
    length: u32,
}

/// Open addressing; the words lie in one arena. A word of up to eight bytes is its prefix: only longer ones are looked
/// at there.
struct Table {
    slots: Vec<Slot>,
    used: usize,
    arena: Vec<u8>,
}

impl Table {
    fn new() -> Self {
        Self { slots: free(1 << 16), used: 0, arena: Vec::new() }
    }

    fn add(&mut self, word: &[u8], count: u64) {
        let prefix = prefix_of(word);
        let at = self.find(prefix, word);
        let slot = &mut self.slots[at];
        if slot.count == 0 {
            // The distinct words of a text are far below 4 GiB.
            *slot = Slot {
                prefix,
                count: 0,
                start: self.arena.len() as u32,
                length: word.len() as u32,
            };
            self.arena.extend_from_slice(word);
            self.used += 1;
        }
        slot.count += count;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
    }

    /// Where a word is, or where it belongs.
    fn find(&self, prefix: u64, word: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash_of(prefix, word) as usize & mask;
        loop {
            let slot = &self.slots[at];
            let is_same = slot.prefix == prefix
                && slot.length as usize == word.len()
                && (word.len() <= 8 || self.word(slot) == word);
            if slot.count == 0 || is_same {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn word(&self, slot: &Slot) -> &[u8] {
        &self.arena[slot.start as usize..][..slot.length as usize]
    }

    fn grow(&mut self) {
        let larger = free(self.slots.len() * 4);
        let smaller = std::mem::replace(&mut self.slots, larger);
        for slot in smaller.into_iter().filter(|slot| slot.count > 0) {
            let at = self.find(slot.prefix, self.word(&slot));
            self.slots[at] = slot;
        }
    }

    fn merge(mut self, other: &Self) -> Self {
        for slot in other.slots.iter().filter(|slot| slot.count > 0) {
            self.add(other.word(slot), slot.count);
        }
        self
    }

    fn sorted(&self) -> Vec<Slot> {
        let mut slots: Vec<Slot> =
            self.slots.iter().copied().filter(|slot| slot.count > 0).collect();
        slots.sort_unstable_by(|left, right| {
            let words = || self.word(left).cmp(self.word(right));
            left.prefix.cmp(&right.prefix).then_with(words)
        });
        slots
    }
}

fn free(slots: usize) -> Vec<Slot> {
    vec![Slot { prefix: 0, count: 0, start: 0, length: 0 }; slots]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_however_many_there_are() {
        let mut table = Table::new();
        for round in 0..3 {
            for number in 0..100_000_u32 {
                table.add(format!("word-{number}").as_bytes(), u64::from(round != number % 3));
            }
        }
        let sorted = table.sorted();
        assert_eq!(sorted.len(), 100_000);
        assert!(sorted.iter().all(|slot| slot.count == 2));
        assert!(sorted.is_sorted_by_key(|slot| table.word(slot)));
    }

    #[test]
    fn words_lie_between_blanks() {
        let mut words = Vec::new();
        each_word(b" a\tbc\r\n\n d\x0ce", |word| words.push(word.to_vec()));
        assert_eq!(words, [&b"a"[..], b"bc", b"d\x0ce"]);
    }
}
