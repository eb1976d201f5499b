//! Reading the JSON pairs that pass between steps, and reading and writing them.

#![allow(clippy::unwrap_used)] // as in tests

mod task;
#[path = "../../../bench/words.rs"]
mod words;

use divan::{Bencher, black_box};
use howdah::{Data, Flow, Identity, Input, Pairs};
use serde::{Deserialize, Serialize};
use task::ValuesAre;

const LINES: u64 = 1_000;

fn main() {
    divan::main();
}

#[derive(Serialize, Deserialize)]
struct Visit {
    page: String,
    bytes: u64,
    referrer: Option<String>,
}

#[divan::bench(types = [u64, f64, Vec<String>, Visit])]
fn read<V: Example>(bencher: Bencher<'_, '_>) {
    let lines = V::lines();
    let mut slot = <Pairs<String, V> as Input>::Slot::default();
    task::count(bencher, &lines).bench_local(|| {
        for line in &lines {
            black_box(Pairs::<String, V>::decode(&mut slot, line.as_bytes()).unwrap());
        }
    });
}

#[divan::bench(types = [u64, f64, Vec<String>, Visit])]
fn read_and_write<V: Example>(bencher: Bencher<'_, '_>) {
    let plan = Flow::<Pairs<String, V>>::read().map(Identity).map_only().plan();
    task::map(bencher, &plan, &V::lines(), ValuesAre::Written);
}

/// A type of values, and what they look like.
trait Example: Data {
    /// The JSON of a value for a place among the lines.
    fn json(place: u64) -> String;

    fn lines() -> Vec<String> {
        (0..LINES)
            .map(|place| format!("\"{}\"\t{}", words::word(place), Self::json(place)))
            .collect()
    }
}

impl Example for u64 {
    fn json(place: u64) -> String {
        (words::random(place) % 100_000).to_string()
    }
}

impl Example for f64 {
    fn json(place: u64) -> String {
        format!("0.{:016}", words::random(place) >> 12)
    }
}

impl Example for Vec<String> {
    fn json(place: u64) -> String {
        let words: Vec<String> = (place..place + 10).map(words::word).collect();
        format!("[\"{}\"]", words.join("\",\""))
    }
}

impl Example for Visit {
    fn json(place: u64) -> String {
        let (page, referrer) = (words::word(place), words::word(place + LINES));
        let bytes = u64::json(place);
        format!("{{\"page\":\"/{page}.html\",\"bytes\":{bytes},\"referrer\":\"/{referrer}\"}}")
    }
}
