//! What cannot be added.

use howdah::{Flow, Out, Sum};

fn main() {
    let _ = Flow::lines().map_fn(|line, out: &mut Out<String, String>| out.emit(line, line)).fold(Sum);
}
