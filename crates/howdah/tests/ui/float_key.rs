//! A key whose equal values can have different bytes.

use howdah::{Flow, Out, Sum};

fn main() {
    let _ = Flow::lines()
        .map_fn(|_, out: &mut Out<(String, f64), u64>| out.emit(("a", 0.5), 1))
        .fold(Sum);
}
