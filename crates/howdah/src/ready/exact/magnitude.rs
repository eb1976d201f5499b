//! A number with a sign and digits: what is rounded, divided and written.

use std::iter;
use std::num::NonZeroU64;

use super::parts::{ABOVE_FLOATS, FLOAT_BITS, float};

/// The bits of a digit.
const DIGIT_BITS: usize = 32;

/// Digit `i` counts for `digit · 2^(32 · i + place)` of the least float. Zero has no digits.
#[derive(Debug, Clone)]
pub(super) struct Magnitude {
    pub(super) negative: bool,
    /// In base 2^32, the lowest first; the highest is not 0.
    digits: Vec<u32>,
    place: isize,
}

impl Magnitude {
    pub(super) fn new(negative: bool, mut digits: Vec<u32>, place: isize) -> Self {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Magnitude { negative, digits, place }
    }

    /// How many bits it has.
    fn bits(&self) -> usize {
        let unused = self.digits.last().map_or(0, |digit| digit.leading_zeros());
        self.digits.len() * DIGIT_BITS - unused as usize
    }

    /// Up to 64 of its bits, without those below `bit`.
    fn above(&self, bit: usize) -> u64 {
        let (digit, shift) = (bit / DIGIT_BITS, bit % DIGIT_BITS);
        let three = self.digits.iter().skip(digit).take(3);
        let bits = three.rev().fold(0_u128, |bits, &digit| bits << DIGIT_BITS | u128::from(digit));
        (bits >> shift) as u64
    }

    /// Whether a bit below `bit` is set.
    fn any_below(&self, bit: usize) -> bool {
        let (digit, shift) = (bit / DIGIT_BITS, bit % DIGIT_BITS);
        let lower = self.digits.iter().take(digit).any(|&digit| digit != 0);
        lower || self.digits.get(digit).is_some_and(|digit| digit & ((1 << shift) - 1) != 0)
    }

    /// The nearest float, of two the even one; none beyond the largest float.
    pub(super) fn nearest(&self) -> Option<f64> {
        if self.digits.is_empty() {
            return Some(0.0);
        }
        // One more than the place of its highest bit, and the place of the lowest bit that its float can have.
        let end = self.place + self.bits().cast_signed();
        if end > ABOVE_FLOATS {
            return None;
        }
        let lowest = (end - FLOAT_BITS).max(0);
        let significand = match usize::try_from(lowest - self.place) {
            Err(_) => self.above(0) << (self.place - lowest),
            Ok(0) => self.above(0),
            Ok(cut) => {
                let kept = self.above(cut);
                let half = self.above(cut - 1) & 1 == 1;
                let up = half && (kept & 1 == 1 || self.any_below(cut - 1));
                kept + u64::from(up)
            }
        };
        float(self.negative, significand, lowest.cast_unsigned())
    }

    /// A number that rounds as the quotient does: its digits, and a lowest bit for all that would follow.
    pub(super) fn divided_by(&self, divisor: NonZeroU64) -> Magnitude {
        // Even the largest divisor leaves 64 of these bits, which is more than a float keeps.
        const MORE: usize = 4;
        let divisor = u128::from(divisor.get());
        let mut digits: Vec<_> =
            iter::repeat_n(0, MORE).chain(self.digits.iter().copied()).collect();
        let mut remainder = 0;
        for digit in digits.iter_mut().rev() {
            let dividend = remainder << DIGIT_BITS | u128::from(*digit);
            *digit = (dividend / divisor) as u32;
            remainder = dividend % divisor;
        }
        if remainder != 0 {
            digits[0] |= 1;
        }
        Magnitude::new(self.negative, digits, self.place - (MORE * DIGIT_BITS).cast_signed())
    }

    /// The same as an odd number of digits in base 2^32 and the place of its lowest bit; zero as no digits.
    pub(super) fn odd(&self) -> (Vec<u32>, isize) {
        let zeros = self.digits.iter().take_while(|&&digit| digit == 0).count();
        let digits = &self.digits[zeros..];
        let shift = digits.first().map_or(0, |digit| digit.trailing_zeros() as usize);
        let above = digits.iter().skip(1).chain([&0]);
        let shifted = digits.iter().zip(above).map(|(&digit, &above)| {
            ((u64::from(above) << DIGIT_BITS | u64::from(digit)) >> shift) as u32
        });
        let mut shifted: Vec<_> = shifted.collect();
        if shifted.last() == Some(&0) {
            shifted.pop();
        }
        (shifted, self.place + (zeros * DIGIT_BITS + shift).cast_signed())
    }
}
