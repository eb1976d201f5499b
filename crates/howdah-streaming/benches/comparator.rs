//! Comparing two keys.

#![allow(clippy::unwrap_used)] // as in tests

#[path = "../../../bench/words.rs"]
mod words;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::key_fields::KeyFields;

const KEYS: u64 = 10_000;

fn main() {
    divan::main();
}

#[divan::bench]
fn by_bytes(bencher: Bencher<'_, '_>) {
    compare(bencher, &KeyComparator::Bytes);
}

#[divan::bench]
fn by_the_second_fields_number(bencher: Bencher<'_, '_>) {
    compare(bencher, &by_fields("-k2,2nr"));
}

#[divan::bench]
fn by_both_fields(bencher: Bencher<'_, '_>) {
    compare(bencher, &by_fields("-k1,1 -k2,2nr"));
}

fn by_fields(options: &str) -> KeyComparator {
    KeyComparator::KeyFields(KeyFields::parse(options, b"\t").unwrap())
}

/// Compares each key with the next.
fn compare(bencher: Bencher<'_, '_>, order: &KeyComparator) {
    let key = |place| format!("{}\t{}", words::word(place), words::random(place) % 10_000);
    let keys: Vec<String> = (0..=KEYS).map(key).collect();
    bencher.counter(ItemsCount::new(KEYS)).bench(|| {
        for pair in keys.windows(2) {
            black_box(order.compare(pair[0].as_bytes(), pair[1].as_bytes()));
        }
    });
}
