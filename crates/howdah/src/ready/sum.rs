//! The sum of a key's values.

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::{combiner, reducer};

/// The sum of a key's values: of numbers, or of tuples of numbers, part by part. A sum that its type cannot hold
/// fails the task.
///
/// Sums of integers are exact: the same however the values meet. A sum of floats depends in its last digits on
/// where splits begin and how often a combiner ran; that of [`ExactSum`](crate::ExactSum) does not.
///
/// ```
/// use howdah::{Flow, Out, Sum, test};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, u64>| line.split(' ').for_each(|w| out.emit(w, 1)))
///     .fold(Sum)
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["b a b"]).run().unwrap().text(), "\"a\"\t1\n\"b\"\t2\n");
/// ```
///
/// Several sums of a key at once, here how many lines begin with a word and how many bytes they have:
///
/// ```
/// use howdah::{Flow, Out, Sum, test, write};
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, (u64, u64)>| {
///         let word = line.split_whitespace().next().unwrap_or_default();
///         out.emit(word, (1, line.len() as u64));
///     })
///     .fold(Sum)
///     .write(write::Tsv)
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["a bc", "a", "b"]).run().unwrap().text(), "a\t2\t5\nb\t1\t1\n");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum;

/// What [`Sum`] can add: all integers, `f32`, `f64`, and tuples of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be summed",
    note = "`Sum` adds integers, floats and tuples of such; for a type of your own write a `Fold`"
)]
pub trait Addend: Data + Copy {
    /// The sum, if its type can hold it.
    fn plus(self, other: Self) -> Option<Self>;
}

macro_rules! integers {
    ($($type:ty)*) => { $(
        impl Addend for $type {
            fn plus(self, other: Self) -> Option<Self> {
                self.checked_add(other)
            }
        }
    )* };
}
integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! floats {
    ($($type:ty)*) => { $(
        impl Addend for $type {
            fn plus(self, other: Self) -> Option<Self> {
                Some(self + other).filter(|sum| sum.is_finite())
            }
        }
    )* };
}
floats!(f32 f64);

macro_rules! tuples {
    ($(($($part:ident $place:tt),+))*) => { $(
        impl<$($part: Addend),+> Addend for ($($part,)+) {
            fn plus(self, other: Self) -> Option<Self> {
                Some(($(self.$place.plus(other.$place)?,)+))
            }
        }
    )* };
}
tuples!(
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
);

impl<N: Addend> Fold<N> for Sum {
    type Acc = N;
    type Out = N;
    const LIFT_IS_IDENTITY: bool = true;

    fn lift(&self, number: N) -> Result<N> {
        Ok(number)
    }

    fn merge(&self, sum: &mut N, number: N) -> Result {
        let Some(larger) = sum.plus(number) else {
            let name = std::any::type_name::<N>();
            return Err(Error::new(format_args!(
                "the sum of a key's values is beyond what `{name}` can hold; emit a wider type"
            )));
        };
        *sum = larger;
        Ok(())
    }

    fn finish(&self, sum: N) -> Result<N> {
        Ok(sum)
    }
}

reducer!(Sum for V: Addend);
combiner!(Sum for V: Addend);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overflow_is_an_error() {
        let mut sum = 250_u8;
        Sum.merge(&mut sum, 5).unwrap();
        let error = Sum.merge(&mut sum, 1).unwrap_err().to_string();
        assert_eq!(
            error,
            "the sum of a key's values is beyond what `u8` can hold; emit a wider type"
        );
        let mut sum = f64::MAX;
        assert!(Sum.merge(&mut sum, f64::MAX).is_err());
    }

    #[test]
    fn a_tuple_is_summed_part_by_part() {
        let mut sum = (1_u8, -2_i64, 0.5);
        Sum.merge(&mut sum, (254, 1, 0.25)).unwrap();
        assert_eq!(sum, (255, -1, 0.75));
        let error = Sum.merge(&mut sum, (1, 0, 0.0)).unwrap_err().to_string();
        assert_eq!(
            error,
            "the sum of a key's values is beyond what `(u8, i64, f64)` can hold; emit a wider type"
        );
    }
}
