//! The exact sum of a key's floats.

use super::unrounded::Unrounded;
use crate::error::Result;
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::reducer;

/// The sum of a key's floats, as if it were calculated with endless digits and rounded once, at its end, to the
/// nearest `f64`; of two that are equally near, to the even one.
///
/// So the sum has the same bits however the values meet: in any order, over any splits, with combiners or without.
/// [`Sum`](crate::Sum) rounds each step, and is not. Values can be of any type that is a `f64` without loss; for
/// integers [`Sum`](crate::Sum) is exact, too, and faster.
///
/// What travels is an [`Unrounded`] sum. A sum of zero is `0.0`, never `-0.0`. NaN and infinities fail the task, and
/// so does a sum that is beyond what a `f64` can hold; sums on the way to it may be.
///
/// ```
/// use howdah::{ExactSum, Flow, Out, Result, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<(), f64>| -> Result {
///         out.emit((), line.parse::<f64>()?);
///         Ok(())
///     })
///     .fold(ExactSum)
///     .plan();
/// let tenths = test::plan(&plan).lines(["0.1"; 10]).run().unwrap();
/// assert_eq!(tenths.text(), "null\t1.0\n"); // step by step it would be 0.9999999999999999
///
/// let cancelled = test::plan(&plan).lines(["1e300", "1", "-1e300"]).run().unwrap();
/// assert_eq!(cancelled.text(), "null\t1.0\n");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ExactSum;

impl ExactSum {
    /// The sum of numbers, for use within a reducer; `0.0` of none.
    ///
    /// ```
    /// use howdah::{ExactSum, Flow, Out, Result, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<(), f32>| -> Result {
    ///         out.emit((), line.parse::<f32>()?);
    ///         Ok(())
    ///     })
    ///     .reduce_fn(|_, numbers, out: &mut Out<String, f64>| -> Result {
    ///         let squares = numbers.map(|x| f64::from(x) * f64::from(x));
    ///         out.emit("length", ExactSum::total(squares)?.sqrt());
    ///         Ok(())
    ///     })
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["3", "4"]).run().unwrap().text(), "\"length\"\t5.0\n");
    /// ```
    ///
    /// # Errors
    /// When a number is NaN or an infinity, and when a `f64` cannot hold the sum.
    pub fn total<N: Into<f64>>(numbers: impl IntoIterator<Item = N>) -> Result<f64> {
        let mut sum = Unrounded::default();
        for number in numbers {
            sum.add(Unrounded::new(number.into())?);
        }
        sum.rounded()
    }
}

impl<V: Data + Into<f64>> Fold<V> for ExactSum {
    type Acc = Unrounded;
    type Out = f64;

    fn lift(&self, value: V) -> Result<Unrounded> {
        Unrounded::new(value.into())
    }

    fn merge(&self, sum: &mut Unrounded, other: Unrounded) -> Result {
        sum.add(other);
        Ok(())
    }

    fn finish(&self, sum: Unrounded) -> Result<f64> {
        sum.rounded()
    }
}

reducer!(ExactSum for V: Into<f64>);
