//! The harness for the tests of jobs: what it runs, what it gives back, and what its check finds.

#![allow(clippy::unwrap_used)] // tests may

mod check;
mod inputs;
mod loops;
mod results;
mod values;

use howdah::test::Test;
use howdah::{Counter, Flow, Out, Plan, Sum, Values};

const SEEN: Counter = Counter::new("Test", "seen");

/// The error of a run, as text.
fn fails(test: Test) -> String {
    test.run().unwrap_err().to_string()
}

/// The error of a check, as text.
fn refused(test: Test) -> String {
    test.check().unwrap_err().to_string()
}

/// Each line's first word as key, the rest as value.
fn cut(line: &str, out: &mut Out<String, String>) {
    let (key, value) = line.split_once(' ').unwrap_or((line, ""));
    out.emit(key, value);
}

/// All values of each key, in the order in which they come.
fn listed(key: &String, values: Values<String>, out: &mut Out<String, Vec<String>>) {
    out.emit(key, values.collect::<Vec<_>>());
}

fn word_count() -> Plan {
    Flow::lines()
        .map_fn(|line, out: &mut Out<String, u64>| {
            out.count(&SEEN, 1);
            line.split(' ').for_each(|word| out.emit(word, 1));
        })
        .fold(Sum)
        .plan()
}
