//! A key that can be spelled in many ways.

use std::collections::HashMap;

use howdah::{Flow, Out};

fn main() {
    let _ = Flow::lines()
        .map_fn(|_, out: &mut Out<HashMap<String, u64>, u64>| out.emit(&HashMap::new(), 1))
        .reduce_fn(|_, ones, out: &mut Out<(), u64>| out.emit((), ones.sum::<u64>()));
}
