//! A sum of floats that was not rounded yet.

use std::fmt;
use std::num::NonZeroU64;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use super::limbs::Limbs;
use super::magnitude::Magnitude;
use super::parts::Parts;
use super::text;
use crate::error::{Error, Result};

/// A sum of floats with all of its digits: what [`ExactSum`](crate::ExactSum) accumulates, and a part of the
/// accumulators of folds of your own.
///
/// It is a Kulisch accumulator, a fixed-point number with room for all floats, in limbs of 32 bits with room for
/// carries, as in Radford M. Neal, "Fast exact summation using small and large superaccumulators" (2015,
/// [arXiv:1505.05571](https://arxiv.org/abs/1505.05571)); one number alone is kept as it is. It is written as a
/// string, an odd number in hexadecimal digits and a power of two: `0x3p-1` is 1.5. Equal sums are written alike.
///
/// ```
/// use howdah::{Flow, Fold, Out, Result, Unrounded, test};
///
/// /// The mean of some values under the weights that came with them.
/// #[derive(Clone)]
/// struct Weighted;
///
/// impl Fold<(f64, u32)> for Weighted {
///     type Acc = (Unrounded, u64);
///     type Out = f64;
///
///     fn lift(&self, (value, weight): (f64, u32)) -> Result<(Unrounded, u64)> {
///         Ok((Unrounded::new(value * f64::from(weight))?, weight.into()))
///     }
///     fn merge(&self, (sum, weight): &mut (Unrounded, u64), other: (Unrounded, u64)) -> Result {
///         sum.add(other.0);
///         *weight += other.1;
///         Ok(())
///     }
///     fn finish(&self, (sum, weight): (Unrounded, u64)) -> Result<f64> {
///         Ok(sum.rounded()? / weight as f64)
///     }
/// }
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<(), (f64, u32)>| out.emit((), (0.5, line.len() as u32)))
///     .fold(Weighted)
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["a", "bc"]).run().unwrap().text(), "null\t0.5\n");
/// ```
#[derive(Clone)]
pub struct Unrounded(Form);

#[derive(Clone)]
pub(super) enum Form {
    /// One finite number, and not `-0.0`.
    One(f64),
    Many(Limbs),
}

impl Unrounded {
    /// A number as a sum.
    ///
    /// # Errors
    /// When it is NaN or an infinity.
    pub fn new(number: f64) -> Result<Self> {
        if number.is_finite() {
            // Adding zero makes 0.0 of -0.0.
            return Ok(Unrounded(Form::One(number + 0.0)));
        }
        let name = if number.is_nan() { "NaN" } else { "an infinity" };
        Err(Error::new(format_args!("{name} has no exact sum with other numbers: leave it out")))
    }

    /// Adds another sum, without loss.
    pub fn add(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Form::Many(sum), Form::One(number)) => sum.add_float(number),
            (Form::Many(sum), Form::Many(other)) => sum.add(other),
            (Form::One(0.0), other) => self.0 = other,
            (Form::One(_), Form::One(0.0)) => {}
            (Form::One(number), Form::One(other)) => {
                let mut sum = Limbs::of(*number);
                sum.add_float(other);
                self.0 = Form::Many(sum);
            }
            (Form::One(number), Form::Many(mut sum)) => {
                sum.add_float(*number);
                self.0 = Form::Many(sum);
            }
        }
    }

    /// The nearest `f64`; of two that are equally near, the even one.
    ///
    /// # Errors
    /// When it is beyond the largest `f64`.
    pub fn rounded(&self) -> Result<f64> {
        match &self.0 {
            Form::One(number) => Ok(*number),
            Form::Many(sum) => held(sum.magnitude().nearest()),
        }
    }

    /// The nearest `f64` of a part of it.
    pub(super) fn divided_by(&self, divisor: NonZeroU64) -> Result<f64> {
        held(self.magnitude().divided_by(divisor).nearest())
    }

    fn magnitude(&self) -> Magnitude {
        match &self.0 {
            Form::One(number) => Limbs::of(*number).magnitude(),
            Form::Many(sum) => sum.magnitude(),
        }
    }

    /// Passes its text on.
    fn text<T>(&self, take: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Form::One(number) => {
                let Parts { negative, significand, place } = Parts::of(*number);
                let zeros = (significand.trailing_zeros() % u64::BITS) as usize;
                let odd = significand >> zeros;
                let digits = [odd as u32, (odd >> 32) as u32];
                let used = digits.iter().rposition(|&digit| digit != 0).map_or(0, |last| last + 1);
                let place = (place + zeros).cast_signed();
                take(text::write(&mut [0; text::SHORT], negative, &digits[..used], place))
            }
            Form::Many(sum) => {
                let magnitude = sum.magnitude();
                let (digits, place) = magnitude.odd();
                let mut room = vec![0; text::length(digits.len())];
                take(text::write(&mut room, magnitude.negative, &digits, place))
            }
        }
    }
}

/// A rounded number, if there is one.
fn held(rounded: Option<f64>) -> Result<f64> {
    rounded.ok_or_else(|| {
        Error::new(
            "the sum of a key's values is beyond what a f64 can hold; emit them in a larger unit",
        )
    })
}

/// Zero.
impl Default for Unrounded {
    fn default() -> Self {
        Unrounded(Form::One(0.0))
    }
}

impl fmt::Debug for Unrounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text(|text| write!(f, "Unrounded({text})"))
    }
}

impl Serialize for Unrounded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Unrounded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Unrounded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an odd number and a power of two, as in `0x3p-1`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Unrounded, E> {
        text::read(text)
            .map(Unrounded)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
