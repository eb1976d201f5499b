//! A combiner has no key to emit.

use howdah::{Combiner, Result, ValueOut, Values};

#[derive(Clone)]
struct Upper;

impl Combiner<String, u64> for Upper {
    fn combine(
        &mut self,
        key: &String,
        values: Values<u64>,
        out: &mut ValueOut<u64>,
    ) -> Result {
        out.emit(key.to_uppercase(), values.sum::<u64>());
        Ok(())
    }
}

fn main() {}
