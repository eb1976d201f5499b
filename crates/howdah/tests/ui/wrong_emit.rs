//! An emitted type that is not the declared one.

use howdah::{Flow, Out};

fn main() {
    let _ = Flow::lines().map_fn(|line, out: &mut Out<u64, u64>| out.emit(line, 1));
}
