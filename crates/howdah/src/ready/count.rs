//! How many values a key has.

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::reducer;

/// How many values a key has.
///
/// ```
/// use howdah::{Count, Flow, Out, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
///     .fold(Count)
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["b", "a", "cc"]).run().unwrap().text(), "1\t2\n2\t1\n");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Count;

impl<V: Data> Fold<V> for Count {
    type Acc = u64;
    type Out = u64;

    fn lift(&self, _: V) -> Result<u64> {
        Ok(1)
    }

    fn merge(&self, count: &mut u64, other: u64) -> Result {
        *count = count
            .checked_add(other)
            .ok_or_else(|| Error::new("a key has more values than a u64 can count"))?;
        Ok(())
    }

    fn finish(&self, count: u64) -> Result<u64> {
        Ok(count)
    }
}

reducer!(Count for V: Data);
