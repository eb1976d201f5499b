//! Giving each key its partition.

#![allow(clippy::unwrap_used)] // as in tests

#[path = "../../../bench/words.rs"]
mod words;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use howdah_streaming::partitioner::{KeyFieldPartitioner, Partitioner};

const KEYS: u64 = 10_000;
const PARTITIONS: u32 = 7;

fn main() {
    divan::main();
}

#[divan::bench]
fn hash_of_the_key(bencher: Bencher<'_, '_>) {
    partition(bencher, &Partitioner::Hash);
}

#[divan::bench]
fn hash_of_the_first_field(bencher: Bencher<'_, '_>) {
    let by_field = KeyFieldPartitioner::from_options("-k1,1", b"\t").unwrap();
    partition(bencher, &Partitioner::KeyFields(by_field));
}

fn partition(bencher: Bencher<'_, '_>, partitioner: &Partitioner) {
    let key = |place| format!("{}\t{}", words::word(place), words::random(place) % 100);
    let keys: Vec<String> = (0..KEYS).map(key).collect();
    bencher
        .counter(ItemsCount::new(keys.len()))
        .counter(BytesCount::new(keys.iter().map(String::len).sum::<usize>()))
        .bench(|| {
            for key in &keys {
                black_box(partitioner.partition(key.as_bytes(), PARTITIONS).unwrap());
            }
        });
}
