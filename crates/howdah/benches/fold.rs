//! Adding values up in the table before the sort, once the slots of their keys are found.

#![allow(clippy::unwrap_used)] // as in tests

#[path = "../../../bench/words.rs"]
mod words;

use std::collections::HashMap;

use divan::Bencher;
use divan::counter::ItemsCount;
use howdah::{Flow, Out, Sum};
use howdah_plan::RawFold;

const VALUES: u64 = 1 << 14;
/// Values that are taken before their slots are told.
const WAITING: usize = 32;

fn main() {
    divan::main();
}

#[divan::bench]
fn sum_of_values_written(bencher: Bencher<'_, '_>) {
    sum(bencher, |table, value| table.read(value.json.as_bytes()).unwrap());
}

#[divan::bench]
fn sum_of_values_given(bencher: Bencher<'_, '_>) {
    sum(bencher, |table, value| assert!(table.give(&mut Some(value.number))));
}

struct Value {
    number: u64,
    json: String,
}

fn sum(bencher: Bencher<'_, '_>, take: fn(&mut dyn RawFold, &Value)) {
    let plan = Flow::lines().map_fn(|_, _: &mut Out<'_, String, u64>| ()).fold(Sum).plan();
    let mut table = plan.steps[0].fold.as_ref().unwrap()();
    let (values, slots) = (values(), slots());
    bencher.counter(ItemsCount::new(VALUES)).bench_local(|| {
        table.clear();
        for (values, slots) in values.chunks(WAITING).zip(slots.chunks(WAITING)) {
            for value in values {
                take(&mut *table, value);
            }
            table.merge(slots).unwrap();
        }
    });
}

fn values() -> Vec<Value> {
    let numbers = (0..VALUES).map(|place| words::random(place) % 1000);
    numbers.map(|number| Value { number, json: number.to_string() }).collect()
}

/// The slots of a text's words: new ones come in order.
fn slots() -> Vec<u32> {
    let mut slots = HashMap::new();
    let mut slot_of = |word| {
        let next = slots.len() as u32;
        *slots.entry(word).or_insert(next)
    };
    (0..VALUES).map(|place| slot_of(words::word(place))).collect()
}
