//! A counter that Hadoop could not read.

use howdah::Counter;

const EMPTY: Counter = Counter::new("Lines", "empty, or blank");

fn main() {
    println!("{}", EMPTY.name());
}
