//! A type of one's own, emitted by value.

use howdah::{Flow, Out};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Node {
    id: u64,
}

fn main() {
    let _ = Flow::lines().map_fn(|_, out: &mut Out<String, Node>| out.emit("a", Node { id: 1 }));
}
