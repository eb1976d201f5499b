//! The arithmetic mean of a key's values.

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::reducer;

/// The arithmetic mean of a key's values, which can be of any type that is a `f64` without loss.
///
/// It adds floats: its last digits depend on where splits begin and how often a combiner ran. Those of
/// [`ExactMean`](crate::ExactMean) do not.
///
/// ```
/// use howdah::{Flow, Mean, Out, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<(), f64>| -> howdah::Result {
///         out.emit((), line.parse::<f64>()?);
///         Ok(())
///     })
///     .fold(Mean)
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["1", "2", "6"]).run().unwrap().text(), "null\t3.0\n");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean;

impl<V: Data + Into<f64>> Fold<V> for Mean {
    /// The sum, and how many.
    type Acc = (f64, u64);
    type Out = f64;

    fn lift(&self, value: V) -> Result<(f64, u64)> {
        Ok((value.into(), 1))
    }

    fn merge(&self, (sum, count): &mut (f64, u64), other: (f64, u64)) -> Result {
        *sum += other.0;
        *count += other.1;
        if !sum.is_finite() {
            return Err(Error::new("the sum of a key's values is beyond what a f64 can hold"));
        }
        Ok(())
    }

    #[allow(clippy::cast_precision_loss)] // 2^53 values of one key are out of reach
    fn finish(&self, (sum, count): (f64, u64)) -> Result<f64> {
        Ok(sum / count as f64)
    }
}

reducer!(Mean for V: Into<f64>);
