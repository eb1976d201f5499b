//! A mapper that asks for owned text.

use howdah::{Mapper, Out, Result, Text};

#[derive(Clone)]
struct Words;

impl Mapper<Text> for Words {
    type Key = String;
    type Value = u64;

    fn map(&mut self, line: String, out: &mut Out<String, u64>) -> Result {
        out.emit(line, 1);
        Ok(())
    }
}

fn main() {}
