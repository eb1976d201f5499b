//! The records with the largest values.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::key::{Data, Key};
use crate::mapper::Mapper;
use crate::order::{Desc, Ordinal};
use crate::out::Out;
use crate::protocol::Pairs;
use crate::reducer::Reducer;
use crate::values::Values;

impl<K: Key + Ord + Clone + Sync, N: Data + Ordinal + Sync> Flow<Pairs<K, N>> {
    /// A step that passes on the `n` records with the largest values, the largest first; of equal values, the
    /// records with the smallest keys.
    ///
    /// Each map task keeps `n` records in memory, and so does the one reduce task.
    ///
    /// ```
    /// use howdah::{Flow, Out, Sum, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| line.split(' ').for_each(|w| out.emit(w, 1)))
    ///     .fold(Sum)
    ///     .top(2)
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["a c b", "c b c", "d"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"c\"\t3\n\"b\"\t2\n");
    /// ```
    pub fn top(self, n: usize) -> Flow<Pairs<K, N>> {
        let top = Top { n, best: BinaryHeap::new() };
        self.map(top.clone()).reducers(1).reduce(top)
    }
}

/// The best records so far, the worst of them on top.
#[derive(Clone)]
struct Top<K> {
    /// How many are wanted.
    n: usize,
    best: BinaryHeap<(Reverse<u64>, K)>,
}

impl<K: Ord> Top<K> {
    /// Takes a record if it is among the best.
    fn offer(&mut self, place: u64, key: &K)
    where
        K: Clone,
    {
        if self.best.len() == self.n {
            let Some((worst, worst_key)) = self.best.peek() else { return };
            if (worst, worst_key) <= (&Reverse(place), key) {
                return;
            }
            self.best.pop();
        }
        self.best.push((Reverse(place), key.clone()));
    }

    /// Takes all out, the best first.
    fn drain(&mut self) -> Vec<(Reverse<u64>, K)> {
        std::mem::take(&mut self.best).into_sorted_vec()
    }
}

impl<K, N> Mapper<Pairs<K, N>> for Top<K>
where
    K: Key + Ord + Clone + Sync,
    N: Data + Ordinal + Sync,
{
    type Key = Desc<N>;
    type Value = K;

    fn map(&mut self, (key, number): (&K, &N), _: &mut Out<'_, Desc<N>, K>) -> Result {
        let place = number
            .place()
            .ok_or_else(|| Error::new("NaN and infinities have no place in an order"))?;
        self.offer(place, key);
        Ok(())
    }

    fn finish(&mut self, out: &mut Out<'_, Desc<N>, K>) -> Result {
        for (Reverse(place), key) in self.drain() {
            out.emit(Desc(N::at(place)), &key);
        }
        Ok(())
    }
}

impl<K, N> Reducer<Desc<N>, K> for Top<K>
where
    K: Key + Ord + Clone + Sync,
    N: Data + Ordinal + Sync,
{
    type Key = K;
    type Value = N;

    fn reduce(
        &mut self,
        number: &Desc<N>,
        mut keys: Values<'_, K>,
        out: &mut Out<'_, K, N>,
    ) -> Result {
        while let Some(key) = keys.next_ref() {
            self.offer(0, key);
        }
        for (_, key) in self.drain() {
            self.n -= 1;
            out.emit(&key, &number.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Flow, Identity, Out, Pairs, test};

    fn top(n: usize, records: &[(&str, f64)]) -> Vec<(String, f64)> {
        let lines = records.iter().map(|(key, x)| format!("{key:?}\t{x:?}"));
        let plan = Flow::<Pairs<String, f64>>::read().map(Identity).map_only().top(n).plan();
        test::plan(&plan).lines(lines).run().unwrap().records().unwrap()
    }

    #[test]
    fn ties_go_to_the_smallest_keys_by_their_bytes() {
        // As JSON, `a!` sorts before `a`.
        let records = [("b", 2.0), ("a!", 2.0), ("c", -1.5), ("a", 2.0), ("z", 10.0)];
        let own = |records: &[(&str, f64)]| -> Vec<_> {
            records.iter().map(|&(key, x)| (key.to_owned(), x)).collect()
        };
        let all = [("z", 10.0), ("a", 2.0), ("a!", 2.0), ("b", 2.0), ("c", -1.5)];
        for n in 0..=6 {
            assert_eq!(top(n, &records), own(&all[..n.min(5)]), "{n}");
        }
    }

    #[test]
    fn a_record_that_comes_twice_counts_twice() {
        assert_eq!(top(3, &[("a", 1.0), ("a", 1.0), ("b", 0.0)]).len(), 3);
    }

    #[test]
    fn a_literal_closure_can_feed_it() {
        let plan = Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, line.len() as u64))
            .map_only()
            .top(1)
            .plan();
        assert_eq!(plan.steps[1].reducers, Some(1));
        assert_eq!(test::plan(&plan).lines(["a", "aa"]).run().unwrap().text(), "\"aa\"\t2\n");
    }
}
