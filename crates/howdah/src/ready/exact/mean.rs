//! The exact mean of a key's floats.

use std::num::NonZeroU64;

use super::unrounded::Unrounded;
use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::reducer;

/// The arithmetic mean of a key's floats, as if it were calculated with endless digits and rounded once, at its end.
///
/// It has the same bits however the values meet, as [`ExactSum`](crate::ExactSum) has. A sum that no `f64` can hold
/// does it no harm.
///
/// ```
/// use howdah::{ExactMean, Flow, Out, Result, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<(), f64>| -> Result {
///         out.emit((), line.parse::<f64>()?);
///         Ok(())
///     })
///     .fold(ExactMean)
///     .plan();
/// let ran = test::plan(&plan).lines(["0.1", "0.1", "0.1"]).run().unwrap();
/// assert_eq!(ran.text(), "null\t0.1\n"); // `Mean` gives 0.10000000000000002
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ExactMean;

impl<V: Data + Into<f64>> Fold<V> for ExactMean {
    /// The sum, and how many.
    type Acc = (Unrounded, NonZeroU64);
    type Out = f64;

    fn lift(&self, value: V) -> Result<(Unrounded, NonZeroU64)> {
        Ok((Unrounded::new(value.into())?, NonZeroU64::MIN))
    }

    fn merge(
        &self,
        (sum, count): &mut (Unrounded, NonZeroU64),
        other: (Unrounded, NonZeroU64),
    ) -> Result {
        sum.add(other.0);
        *count = count
            .checked_add(other.1.get())
            .ok_or_else(|| Error::new("a key has more values than a u64 can count"))?;
        Ok(())
    }

    fn finish(&self, (sum, count): (Unrounded, NonZeroU64)) -> Result<f64> {
        sum.divided_by(count)
    }
}

reducer!(ExactMean for V: Into<f64>);
