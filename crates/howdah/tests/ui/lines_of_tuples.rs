//! A protocol that cannot write the records.

use howdah::{Flow, Out, write};

fn main() {
    let _ = Flow::lines()
        .map_fn(|line, out: &mut Out<(), (String, u64)>| out.emit((), (line, 1)))
        .map_only()
        .write(write::Lines);
}
