//! Values that have no order as bytes.

use howdah::{First, Flow, Out};

fn main() {
    let _ = Flow::lines()
        .map_fn(|line, out: &mut Out<String, f64>| out.emit(line, 0.5))
        .sort_values()
        .reduce(First);
}
