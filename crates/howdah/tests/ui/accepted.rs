//! What must go on compiling: a literal takes the declared type, in every place.

use std::borrow::Cow;

use howdah::{Asc, Combiner, Desc, Flow, Identity, Mapper, Out, Pairs, Reducer, Result, Sum, Text};
use howdah::{ValueOut, Values};

#[derive(Clone)]
struct Words;

impl Mapper<Text> for Words {
    type Key = (String, u8);
    type Value = Vec<Option<i64>>;

    fn map(&mut self, line: &str, out: &mut Out<Self::Key, Self::Value>) -> Result {
        out.emit((line, 1), vec![Some(-1)]);
        out.emit((Cow::Borrowed(line), 1), &[None, Some(2)][..]);
        out.emit(&(line.to_owned(), 1), &vec![]);
        Ok(())
    }
}

#[derive(Clone)]
struct Twice;

impl<V: howdah::Data> Combiner<(String, u8), V> for Twice {
    fn combine(&mut self, _: &(String, u8), values: Values<V>, out: &mut ValueOut<V>) -> Result {
        values.for_each(|value| out.emit(&value));
        Ok(())
    }
}

#[derive(Clone)]
struct Lengths;

impl Reducer<(String, u8), Vec<Option<i64>>> for Lengths {
    type Key = Desc<usize>;
    type Value = Asc<f64>;

    fn reduce(
        &mut self,
        _: &(String, u8),
        mut values: Values<Vec<Option<i64>>>,
        out: &mut Out<Desc<usize>, Asc<f64>>,
    ) -> Result {
        while let Some(value) = values.next_ref() {
            out.emit(Desc(value.len()), Asc(0.5));
        }
        Ok(())
    }
}

fn main() {
    let mut seen = 0;
    let _ = Flow::lines()
        .map(Words)
        .combine(Twice)
        .reduce(Lengths)
        .map_fn(|(length, _), out: &mut Out<(), u64>| out.emit((), length.0 as u64))
        .combine(Sum)
        .reduce(Identity)
        .map_fn(move |_, out: &mut Out<u64, u64>| {
            seen += 1;
            out.emit(seen, 1);
        })
        .fold(Sum)
        .plan();
    let _ = Flow::<Pairs<String, u64>>::read().map(Identity).map_only().plan();
}
