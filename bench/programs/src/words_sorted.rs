//! How often each word occurs, every word a record that is sorted: what a word count without a combiner has to do at
//! least. All of it is in memory.

use std::io::Write;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::hash::{hash_of, prefix_of};
use crate::output::stdout;
use crate::pieces::in_threads;
use crate::words_hashed::is_blank;

/// Each is sorted by one thread, while it is small enough for the caches.
const PARTITIONS: usize = 256;
/// The lower bits of a place: the word's length. The upper ones are where it starts.
const LENGTH_BITS: u32 = 24;

/// A word: its first eight bytes, and its place in the text.
type Word = (u64, u64);

pub(crate) fn run(threads: usize, text: &str) -> crate::Outcome {
    let text = std::fs::read(text)?;
    let share = AtomicUsize::new(0);
    let partitioned = in_threads(threads, || {
        let number = share.fetch_add(1, Ordering::Relaxed);
        Ok(partition(&text, share_of(&text, number, threads)))
    })?;
    let next = AtomicUsize::new(0);
    let counted = in_threads(threads, || {
        let mut counted = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= PARTITIONS {
                return Ok(counted);
            }
            let mut words: Vec<Word> =
                partitioned.iter().flat_map(|partitions| &partitions[number]).copied().collect();
            sort(&text, &mut words);
            let same = |left: &Word, right: &Word| {
                left.0 == right.0 && word(&text, left.1) == word(&text, right.1)
            };
            counted.extend(words.chunk_by(same).map(|group| (group[0], group.len())));
        }
    })?;
    let mut counted: Vec<(Word, usize)> = counted.into_iter().flatten().collect();
    counted.sort_unstable_by(|(left, _), (right, _)| order(&text, left, right));
    let mut out = stdout();
    for ((_, place), count) in counted {
        out.write_all(word(&text, place))?;
        writeln!(out, "\t{count}")?;
    }
    Ok(out.flush()?)
}

/// One of equal shares of the text, in whole words.
fn share_of(text: &[u8], number: usize, shares: usize) -> Range<usize> {
    let cut = |number: usize| {
        let at = text.len() * number / shares;
        let blank = text[at..].iter().position(|&byte| is_blank(byte));
        if number == 0 { 0 } else { blank.map_or(text.len(), |blank| at + blank) }
    };
    cut(number)..cut(number + 1)
}

fn partition(text: &[u8], share: Range<usize>) -> Vec<Vec<Word>> {
    let mut partitions = vec![Vec::new(); PARTITIONS];
    let mut add = |start: usize, end: usize| {
        let word = &text[start..end];
        let prefix = prefix_of(word);
        let number = (hash_of(prefix, word) >> 56) as usize;
        partitions[number].push((prefix, (start as u64) << LENGTH_BITS | word.len() as u64));
    };
    let mut start = share.start;
    for at in share.clone() {
        if is_blank(text[at]) {
            if start < at {
                add(start, at);
            }
            start = at + 1;
        }
    }
    if start < share.end {
        add(start, share.end);
    }
    partitions
}

fn word(text: &[u8], place: u64) -> &[u8] {
    let length = place & ((1 << LENGTH_BITS) - 1);
    &text[(place >> LENGTH_BITS) as usize..][..length as usize]
}

fn sort(text: &[u8], words: &mut [Word]) {
    words.sort_unstable_by(|left, right| order(text, left, right));
}

fn order(text: &[u8], left: &Word, right: &Word) -> std::cmp::Ordering {
    left.0.cmp(&right.0).then_with(|| {
        // A prefix that ends with a zero is all of its word.
        if left.0.trailing_zeros() >= 8 {
            std::cmp::Ordering::Equal
        } else {
            word(text, left.1).cmp(word(text, right.1))
        }
    })
}
