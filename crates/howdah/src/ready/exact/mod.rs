//! Sums and means of floats that are exact until their end.
//!
//! | file | what |
//! | --- | --- |
//! | `sum`, `mean` | the folds |
//! | `unrounded` | what they accumulate: a sum that was not rounded yet |
//! | `limbs` | its digits, with room for carries |
//! | `parts` | a float taken apart, and put together |
//! | `magnitude` | its digits without carries; rounding and division |
//! | `text` | how it is written and read |

mod limbs;
mod magnitude;
mod mean;
mod parts;
mod sum;
mod text;
mod unrounded;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub use mean::ExactMean;
pub use sum::ExactSum;
pub use unrounded::Unrounded;
