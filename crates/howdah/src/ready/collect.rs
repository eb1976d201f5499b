//! All values of a key in one list.

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::reducer;

/// All values of a key in one list, the smallest first. A key with more values than the limit fails the task: a list
/// is whole, or there is none.
///
/// The limit is there because a list is in memory as a whole. A reducer that gets [`Values`](crate::Values) keeps
/// one value at a time, and needs none.
///
/// ```
/// use howdah::{CollectUpTo, Flow, Out, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
///     .fold(CollectUpTo::new(3))
///     .plan();
/// let ran = test::plan(&plan).lines(["b", "cc", "a", "b"]).run().unwrap();
/// assert_eq!(ran.text(), "1\t[\"a\",\"b\",\"b\"]\n2\t[\"cc\"]\n");
///
/// let error = test::plan(&plan).lines(["b", "c", "a", "b"]).run().unwrap_err();
/// assert!(error.to_string().starts_with("a key has more than 3 values"), "{error}");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CollectUpTo {
    limit: usize,
}

impl CollectUpTo {
    /// Takes keys with at most `limit` values.
    pub const fn new(limit: usize) -> Self {
        CollectUpTo { limit }
    }

    fn check(self, values: usize) -> Result {
        if values <= self.limit {
            return Ok(());
        }
        Err(Error::new(format_args!(
            "a key has more than {} values, the limit of its list: raise the limit, or reduce the \
             values one by one",
            self.limit
        )))
    }
}

impl<V: Data + Ord> Fold<V> for CollectUpTo {
    /// The values as they met; only the result is sorted, once.
    type Acc = Vec<V>;
    type Out = Vec<V>;
    const GROWS: bool = true;

    fn lift(&self, value: V) -> Result<Vec<V>> {
        self.check(1)?;
        Ok(vec![value])
    }

    fn merge(&self, values: &mut Vec<V>, others: Vec<V>) -> Result {
        self.check(values.len() + others.len())?;
        values.extend(others);
        Ok(())
    }

    fn finish(&self, mut values: Vec<V>) -> Result<Vec<V>> {
        values.sort_unstable();
        Ok(values)
    }
}

reducer!(CollectUpTo for V: Ord);

#[cfg(test)]
mod tests {
    use crate::{CollectUpTo, Flow, Out, test};

    fn collect(limit: usize, lines: &[&str]) -> Result<String, String> {
        let plan = Flow::lines()
            .map_fn(|line, out: &mut Out<(), String>| out.emit((), line))
            .reduce(CollectUpTo::new(limit))
            .plan();
        let ran = test::plan(&plan).lines(lines).run();
        ran.map(|ran| ran.text()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_is_whole_or_the_task_fails() {
        assert_eq!(collect(2, &["b", "a"]).unwrap(), "null\t[\"a\",\"b\"]\n");
        let error = collect(1, &["b", "a"]).unwrap_err();
        assert!(error.starts_with("a key has more than 1 values"), "{error}");
        let error = collect(0, &["b"]).unwrap_err();
        assert!(error.starts_with("a key has more than 0 values"), "{error}");
    }
}
