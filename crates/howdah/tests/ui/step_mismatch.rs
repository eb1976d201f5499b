//! A step that reads other records than the one before gives.

use howdah::{Flow, Mapper, Out, Pairs, Sum};

#[derive(Clone)]
struct TopN;

impl Mapper<Pairs<u64, String>> for TopN {
    type Key = u64;
    type Value = String;

    fn map(&mut self, (n, word): (&u64, &String), out: &mut Out<u64, String>) -> howdah::Result {
        out.emit(n, word);
        Ok(())
    }
}

fn main() {
    let _ = Flow::lines()
        .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1))
        .fold(Sum)
        .map(TopN);
}
