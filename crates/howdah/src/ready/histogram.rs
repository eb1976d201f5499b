//! Counts of values between edges.

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::reducer;

/// How many of a key's values lie between given edges.
///
/// The counts are one more than the edges: first of the values below the first edge, then of those from each edge
/// on up to below the next, last of those from the last edge on. A value that is no place in an order, such as NaN,
/// fails the task.
///
/// ```
/// use howdah::{Flow, Histogram, Out, Result, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<(), f64>| -> Result {
///         out.emit((), line.parse::<f64>()?);
///         Ok(())
///     })
///     .fold(Histogram::new([10.0, 100.0]))
///     .plan();
/// let ran = test::plan(&plan).lines(["1", "9.99", "10", "250"]).run().unwrap();
/// assert_eq!(ran.text(), "null\t[2,1,1]\n");
/// ```
#[derive(Debug, Clone)]
pub struct Histogram<V> {
    edges: Vec<V>,
}

impl<V: PartialOrd> Histogram<V> {
    /// A histogram with edges that are known when the job is written.
    ///
    /// # Panics
    /// When an edge is not larger than the one before it, or is NaN.
    pub fn new(edges: impl Into<Vec<V>>) -> Self {
        match Self::try_new(edges) {
            Ok(histogram) => histogram,
            Err(error) => panic!("{error}"),
        }
    }

    /// A histogram with edges that are only known when the job runs.
    ///
    /// # Errors
    /// When [`new`](Self::new) would panic.
    ///
    /// ```
    /// use howdah::Histogram;
    ///
    /// let edges: Vec<u32> = "10,100".split(',').map(str::parse).collect::<Result<_, _>>().unwrap();
    /// assert!(Histogram::try_new(edges).is_ok());
    /// let error = Histogram::try_new([100, 10]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "edge 2 of a histogram is not larger than edge 1: edges must rise"
    /// );
    /// ```
    pub fn try_new(edges: impl Into<Vec<V>>) -> Result<Self> {
        let edges = edges.into();
        if let Some(i) = edges.iter().position(unordered) {
            return Err(Error::new(format_args!(
                "edge {} of a histogram has no place in an order: it must not be NaN",
                i + 1
            )));
        }
        let rises = |pair: &[V]| pair[0] < pair[1];
        if let Some(i) = edges.windows(2).position(|pair| !rises(pair)) {
            return Err(Error::new(format_args!(
                "edge {} of a histogram is not larger than edge {}: edges must rise",
                i + 2,
                i + 1
            )));
        }
        Ok(Histogram { edges })
    }
}

/// Whether a value has no place in the order of its type, as NaN has none.
fn unordered<V: PartialOrd>(value: &V) -> bool {
    value.partial_cmp(value).is_none()
}

impl<V: Data + PartialOrd + Clone + Sync> Fold<V> for Histogram<V> {
    /// The bins that are not empty, in their order, with their counts.
    type Acc = Vec<(usize, u64)>;
    type Out = Vec<u64>;

    fn lift(&self, value: V) -> Result<Vec<(usize, u64)>> {
        if unordered(&value) {
            return Err(Error::new(
                "a value has no place between the edges of a histogram: leave NaN out",
            ));
        }
        Ok(vec![(self.edges.partition_point(|edge| *edge <= value), 1)])
    }

    fn merge(&self, bins: &mut Vec<(usize, u64)>, others: Vec<(usize, u64)>) -> Result {
        for (bin, count) in others {
            match bins.binary_search_by_key(&bin, |&(bin, _)| bin) {
                Ok(place) => {
                    let sum = &mut bins[place].1;
                    *sum = sum
                        .checked_add(count)
                        .ok_or_else(|| Error::new("a key has more values than a u64 can count"))?;
                }
                Err(place) => bins.insert(place, (bin, count)),
            }
        }
        Ok(())
    }

    fn finish(&self, bins: Vec<(usize, u64)>) -> Result<Vec<u64>> {
        let mut counts = vec![0; self.edges.len() + 1];
        for (bin, count) in bins {
            let Some(place) = counts.get_mut(bin) else {
                return Err(Error::new(format_args!(
                    "a count of bin {bin} came to a histogram of {} bins: all tasks of a job must \
                     have the same edges",
                    self.edges.len() + 1
                )));
            };
            *place = count;
        }
        Ok(counts)
    }
}

reducer!(Histogram<V> for V: PartialOrd + Clone + Sync);

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<V: Data + PartialOrd + Clone + Sync>(edges: &[V], values: &[V]) -> Vec<u64> {
        let histogram = Histogram::new(edges);
        let mut bins = Vec::new();
        for value in values {
            histogram.merge(&mut bins, histogram.lift(value.clone()).unwrap()).unwrap();
        }
        histogram.finish(bins).unwrap()
    }

    #[test]
    fn an_edge_belongs_to_the_bin_above_it() {
        assert_eq!(counts(&[0.0, 1.0], &[1.0, -0.0, -1e-9, 0.5, 1e9]), [1, 2, 2]);
        assert_eq!(counts(&[10, 20], &[9, 10, 19, 20]), [1, 2, 1]);
        let words = ["a", "m", "z"].map(str::to_owned);
        assert_eq!(counts(&words[1..2], &words), [1, 2]);
    }

    #[test]
    fn without_edges_there_is_one_bin() {
        assert_eq!(counts(&[], &[3.0, f64::INFINITY]), [2]);
    }

    #[test]
    fn nan_is_refused_as_an_edge_and_as_a_value() {
        for edges in [vec![f64::NAN], vec![0.0, f64::NAN], vec![f64::NAN, 1.0]] {
            let error = Histogram::try_new(edges).unwrap_err().to_string();
            assert!(error.ends_with("it must not be NaN"), "{error}");
        }
        assert!(Histogram::new([1.0]).lift(f64::NAN).is_err());
        assert!(Histogram::<f64>::new([]).lift(f64::NAN).is_err());
    }

    #[test]
    #[should_panic(expected = "edges must rise")]
    fn equal_edges_are_refused() {
        let _ = Histogram::new([0.0, -0.0]);
    }

    #[test]
    fn counts_of_other_edges_are_refused() {
        let bins = Histogram::new([1, 2, 3]).lift(9).unwrap();
        let error = Histogram::new([1]).finish(bins).unwrap_err().to_string();
        assert!(error.starts_with("a count of bin 3 came to a histogram of 2 bins"), "{error}");
    }
}
