//! The first values of a key.

use crate::error::Result;
use crate::key::Data;
use crate::out::Out;
use crate::reducer::Reducer;
use crate::values::Values;

/// The first value of each key; the others are passed over unread.
///
/// Which value is first is only certain in a step that sorts the values of a key. Where any value will do, such as
/// among records that came twice, this is the reducer that reads least. The smallest value is [`Min`](crate::Min).
///
/// ```
/// use howdah::{First, Flow, Out, test};
///
/// // Each line once.
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, ()>| out.emit(line, ()))
///     .reduce(First)
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["b", "a", "b"]).run().unwrap().text(), "\"a\"\tnull\n\"b\"\tnull\n");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct First;

impl<K: Data, V: Data> Reducer<K, V> for First {
    type Key = K;
    type Value = V;

    fn reduce(&mut self, key: &K, values: Values<'_, V>, out: &mut Out<'_, K, V>) -> Result {
        FirstN::new(1).reduce(key, values, out)
    }
}

/// The first `n` values of each key, each as a record; the others are passed over unread.
///
/// Which values are first is only certain in a step that sorts the values of a key, as with [`First`]. The `n`
/// smallest values are [`BottomK`](crate::BottomK).
///
/// ```
/// use howdah::{FirstN, Flow, Out, test};
///
/// // At most two lines of each length, as a sample.
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
///     .reduce(FirstN::new(2))
///     .plan();
/// let ran = test::plan(&plan).lines(["a", "bb", "c", "d"]).run().unwrap();
/// assert_eq!(ran.records::<usize, String>().unwrap().len(), 3);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FirstN {
    n: usize,
}

impl FirstN {
    /// Passes on `n` values of each key; for `n = 0` nothing.
    pub const fn new(n: usize) -> Self {
        FirstN { n }
    }
}

impl<K: Data, V: Data> Reducer<K, V> for FirstN {
    type Key = K;
    type Value = V;

    fn reduce(&mut self, key: &K, mut values: Values<'_, V>, out: &mut Out<'_, K, V>) -> Result {
        for _ in 0..self.n {
            let Some(value) = values.next_ref() else { break };
            out.emit(key, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Encodes, FirstN, Flow, Out, test};
    use serde::{Serialize, Serializer};

    /// A digit as a number, all else as a string, which no reader of numbers takes.
    struct Claim<'a>(&'a str);

    impl Serialize for Claim<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0.parse::<u8>() {
                Ok(number) => number.serialize(serializer),
                Err(_) => self.0.serialize(serializer),
            }
        }
    }
    impl Encodes<u8> for Claim<'_> {}

    fn first(n: usize, lines: &[&str]) -> Result<String, String> {
        let plan = Flow::lines()
            .map_fn(|line, out: &mut Out<(), u8>| out.emit((), Claim(line)))
            .reduce(FirstN::new(n))
            .plan();
        let ran = test::plan(&plan).lines(lines).run();
        ran.map(|ran| ran.text()).map_err(|error| error.to_string())
    }

    #[test]
    fn at_most_n_values_pass() {
        assert_eq!(first(0, &["1", "2"]).unwrap(), "");
        assert_eq!(first(1, &["1", "2"]).unwrap(), "null\t1\n");
        assert_eq!(first(9, &["1", "2"]).unwrap(), "null\t1\nnull\t2\n");
    }

    #[test]
    fn the_rest_is_not_read() {
        assert_eq!(first(2, &["1", "2", "no number"]).unwrap(), "null\t1\nnull\t2\n");
        assert!(first(3, &["1", "2", "no number"]).is_err());
    }
}
