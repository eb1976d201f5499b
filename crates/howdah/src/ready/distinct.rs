//! The different values of a key.

use std::collections::BTreeSet;
use std::mem;

use crate::error::Result;
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::{combiner, reducer};

/// Each different value of a key once, the smallest first.
///
/// Values that are equal in their order must be written alike, as those of a [`Key`](crate::Key) are. All different
/// values of a key are in memory at once.
///
/// ```
/// use howdah::{Distinct, Flow, Out, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, String>| {
///         let (host, page) = line.split_once(' ').unwrap_or((line, ""));
///         out.emit(host, page);
///     })
///     .fold(Distinct)
///     .plan();
/// let ran = test::plan(&plan).lines(["a /y", "a /x", "b /x", "a /y"]).run().unwrap();
/// assert_eq!(ran.text(), "\"a\"\t[\"/x\",\"/y\"]\n\"b\"\t[\"/x\"]\n");
/// ```
///
/// As a combiner it gives each value on once. To count the different values, take their number in the reducer:
///
/// ```
/// use howdah::{Distinct, Flow, Fold, Out, Result, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, String>| {
///         let (host, page) = line.split_once(' ').unwrap_or((line, ""));
///         out.emit(host, page);
///     })
///     .combine(Distinct)
///     .reduce_fn(|host, pages, out: &mut Out<String, usize>| -> Result {
///         out.emit(host, Distinct.of(pages)?.len());
///         Ok(())
///     })
///     .plan();
/// let ran = test::plan(&plan).lines(["a /y", "a /x", "b /x", "a /y"]).run().unwrap();
/// assert_eq!(ran.text(), "\"a\"\t2\n\"b\"\t1\n");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Distinct;

impl<V: Data + Ord> Fold<V> for Distinct {
    type Acc = BTreeSet<V>;
    type Out = Vec<V>;
    const GROWS: bool = true;

    fn lift(&self, value: V) -> Result<BTreeSet<V>> {
        Ok(BTreeSet::from([value]))
    }

    fn merge(&self, values: &mut BTreeSet<V>, mut other: BTreeSet<V>) -> Result {
        // The fewer go to the more.
        if other.len() > values.len() {
            mem::swap(values, &mut other);
        }
        values.extend(other);
        Ok(())
    }

    fn finish(&self, values: BTreeSet<V>) -> Result<Vec<V>> {
        Ok(values.into_iter().collect())
    }
}

reducer!(Distinct for V: Ord);
combiner!(each of Distinct for V: Ord);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_matter_which_set_is_larger() {
        let sets = [vec![3, 1], vec![1], vec![9, 2, 3, 7]];
        for (a, b) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
            let mut merged: BTreeSet<u8> = sets[a].iter().copied().collect();
            Distinct.merge(&mut merged, sets[b].iter().copied().collect()).unwrap();
            let mut all = [&sets[a][..], &sets[b][..]].concat();
            all.sort_unstable();
            all.dedup();
            assert_eq!(Distinct.finish(merged).unwrap(), all);
        }
    }
}
