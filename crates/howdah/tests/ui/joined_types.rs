//! Two mappers of one step that emit different types.

use howdah::{Flow, Identity, Out, Text};

fn main() {
    let users = Flow::<Text>::input("users").map_fn(|line, out: &mut Out<String, String>| out.emit(line, line));
    let visits = Flow::<Text>::input("visits").map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1));
    let _ = users.and(visits).reduce(Identity);
}
