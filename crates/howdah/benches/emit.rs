//! Mapping lines of text, and emitting some records for each.

#![allow(clippy::unwrap_used)] // as in tests

mod task;
#[path = "../../../bench/words.rs"]
mod words;

use divan::Bencher;
use howdah::{Flow, Out, Plan};
use task::ValuesAre;

const LINES: u64 = 1_000;

fn main() {
    divan::main();
}

#[divan::bench]
fn words_with_counts_written(bencher: Bencher<'_, '_>) {
    task::map(bencher, &word_count(), &lines(), ValuesAre::Written);
}

#[divan::bench]
fn words_with_counts_given(bencher: Bencher<'_, '_>) {
    task::map(bencher, &word_count(), &lines(), ValuesAre::Given);
}

#[divan::bench]
fn tuples_with_floats(bencher: Bencher<'_, '_>) {
    let plan = Flow::lines()
        .map_fn(|line, out: &mut Out<'_, (String, u8), Option<f64>>| {
            line.split(' ').for_each(|word| out.emit((word, 1), Some(0.1)));
        })
        .map_only()
        .plan();
    task::map(bencher, &plan, &lines(), ValuesAre::Written);
}

fn word_count() -> Plan {
    Flow::lines()
        .map_fn(|line, out: &mut Out<'_, String, u64>| {
            line.split(' ').for_each(|word| out.emit(word, 1));
        })
        .map_only()
        .plan()
}

/// Lines of ten words.
fn lines() -> Vec<String> {
    let line = |line| (line * 10..line * 10 + 10).map(words::word).collect::<Vec<_>>().join(" ");
    (0..LINES).map(line).collect()
}
