//! The first values of a key in an order.

use std::cmp::Ordering;

use crate::error::Result;
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::{combiner, reducer};

macro_rules! ranked {
    ($(#[$doc:meta])* $name:ident by $order:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name {
            n: usize,
        }

        impl $name {
            /// Keeps `n` values of each key; for `n = 0` the list is empty.
            pub const fn new(n: usize) -> Self {
                $name { n }
            }
        }

        impl<V: Data + Ord> Fold<V> for $name {
            type Acc = Vec<V>;
            type Out = Vec<V>;

            fn lift(&self, value: V) -> Result<Vec<V>> {
                Ok(if self.n == 0 { Vec::new() } else { vec![value] })
            }

            fn merge(&self, first: &mut Vec<V>, others: Vec<V>) -> Result {
                merge(first, others, self.n, $order);
                Ok(())
            }

            fn finish(&self, first: Vec<V>) -> Result<Vec<V>> {
                Ok(first)
            }
        }

        reducer!($name for V: Ord);
        combiner!(each of $name for V: Ord);
    };
}

ranked! {
    /// The `n` largest values of each key, the largest first. A value that comes twice counts twice.
    ///
    /// [`Flow::top`](crate::Flow::top) is another thing: it ranks whole records, over all keys of a job.
    ///
    /// ```
    /// use howdah::{Flow, Out, TopK, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
    ///     .fold(TopK::new(2))
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["a", "c", "bb", "b"]).run().unwrap();
    /// assert_eq!(ran.text(), "1\t[\"c\",\"b\"]\n2\t[\"bb\"]\n");
    /// ```
    TopK by |a, b| b.cmp(a)
}

ranked! {
    /// The `n` smallest values of each key, the smallest first. A value that comes twice counts twice.
    ///
    /// ```
    /// use howdah::{BottomK, Flow, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
    ///     .fold(BottomK::new(2))
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["a", "c", "bb", "b"]).run().unwrap();
    /// assert_eq!(ran.text(), "1\t[\"a\",\"b\"]\n2\t[\"bb\"]\n");
    /// ```
    BottomK by V::cmp
}

/// Keeps the first `n` of two sorted lists.
fn merge<V>(first: &mut Vec<V>, others: Vec<V>, n: usize, order: fn(&V, &V) -> Ordering) {
    if others.len() > 1 {
        // Two runs that are sorted cost the sort no more than their length.
        first.extend(others);
        first.sort_by(order);
    } else {
        for value in others {
            let place = first.partition_point(|kept| order(kept, &value).is_le());
            if place < n {
                first.insert(place, value);
            }
        }
    }
    first.truncate(n);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Merges the lists of equal parts of `values`.
    fn top(n: usize, values: &[u8], part: usize) -> Vec<u8> {
        let top = TopK::new(n);
        let lists = values.chunks(part).map(|part| {
            let mut list = top.lift(part[0]).unwrap();
            for &value in &part[1..] {
                top.merge(&mut list, top.lift(value).unwrap()).unwrap();
            }
            list
        });
        let all = lists.reduce(|mut list, other| {
            top.merge(&mut list, other).unwrap();
            list
        });
        top.finish(all.unwrap()).unwrap()
    }

    #[test]
    fn the_grouping_does_not_matter() {
        let values = [5, 200, 5, 7, 0, 200, 31, 9, 8, 7, 7, 1];
        let mut sorted = values;
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        for n in 0..=13 {
            for part in 1..=12 {
                assert_eq!(top(n, &values, part), sorted[..n.min(12)], "{n} of parts of {part}");
            }
        }
    }
}
