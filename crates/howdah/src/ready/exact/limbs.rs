//! A whole number of the least float, as limbs that need not carry at once.
//!
//! This is Kulisch's long accumulator, a fixed-point number as wide as all floats together, in the form that
//! Radford M. Neal calls a small superaccumulator ("Fast exact summation using small and large superaccumulators",
//! 2015, arXiv:1505.05571): limbs of 64 bits, each of which counts for 32, so that a billion numbers can be added
//! before a carry must move on. Unlike his it has only the limbs between its lowest and its highest bit, which for
//! the numbers of most sums are three or four of his 67.

use std::iter;

use super::magnitude::Magnitude;
use super::parts::Parts;

/// The bits that a limb counts for; what is above is carry.
const LIMB_BITS: usize = 32;
/// Those bits.
const LOW: i64 = (1 << LIMB_BITS) - 1;
/// A limb of this size makes all of them carry: one more addition cannot overflow it yet. In tests of this crate
/// the size is small, so that it is reached.
const CARRY_AT: u64 = if cfg!(test) { 1 << 34 } else { 1 << 62 };

/// Adds to a limb what it counts for, and says whether it wants to carry then.
fn add(limb: &mut i64, part: i64) -> bool {
    debug_assert!(limb.unsigned_abs() < CARRY_AT, "a limb did not carry");
    debug_assert!(part.unsigned_abs() >> LIMB_BITS == 0, "a part of a sum is larger than its limb");
    *limb += part;
    limb.unsigned_abs() >= CARRY_AT
}

/// A sum: limb `i` counts for `limb · 2^(32 · (first + i))` of the least float. A limb may be negative.
#[derive(Debug, Clone)]
pub(super) struct Limbs {
    first: usize,
    limbs: Vec<i64>,
}

impl Limbs {
    /// A finite float.
    pub(super) fn of(number: f64) -> Self {
        let mut limbs = Limbs { first: 0, limbs: Vec::new() };
        limbs.add_float(number);
        limbs
    }

    /// A number out of digits in base 2^32, the lowest first, times two to the power of `place`.
    pub(super) fn of_digits(
        negative: bool,
        digits: impl Iterator<Item = u32>,
        place: usize,
    ) -> Self {
        let (first, shift) = (place / LIMB_BITS, place % LIMB_BITS);
        let signed = |bits: u64| {
            let limb = bits.cast_signed() & LOW;
            if negative { -limb } else { limb }
        };
        let (mut limbs, mut above) = (Vec::new(), 0);
        for digit in digits {
            let shifted = u64::from(digit) << shift | above;
            limbs.push(signed(shifted));
            above = shifted >> LIMB_BITS;
        }
        limbs.push(signed(above));
        Limbs { first, limbs }
    }

    /// Adds a finite float. It allocates only where the number reaches beyond the limbs.
    pub(super) fn add_float(&mut self, number: f64) {
        let Parts { negative, significand, place } = Parts::of(number);
        let first = place / LIMB_BITS;
        let mut bits = u128::from(significand) << (place % LIMB_BITS);
        let mut full = false;
        for limb in self.window(first, 3) {
            let part = i64::from(bits as u32);
            full |= add(limb, if negative { -part } else { part });
            bits >>= LIMB_BITS;
        }
        if full {
            self.carry();
        }
    }

    /// Adds another sum.
    pub(super) fn add(&mut self, mut other: Limbs) {
        other.carry();
        let mut full = false;
        for (limb, part) in self.window(other.first, other.limbs.len()).iter_mut().zip(other.limbs)
        {
            full |= add(limb, part);
        }
        if full {
            self.carry();
        }
    }

    /// Limbs from a first one on, which are made if they are not there.
    fn window(&mut self, first: usize, len: usize) -> &mut [i64] {
        if self.limbs.is_empty() {
            self.first = first;
        }
        if first < self.first {
            self.limbs.splice(0..0, iter::repeat_n(0, self.first - first));
            self.first = first;
        }
        let start = first - self.first;
        if self.limbs.len() < start + len {
            self.limbs.resize(start + len, 0);
        }
        &mut self.limbs[start..start + len]
    }

    /// Moves carries on: all limbs but the highest are then from 0 up to 2^32, and the highest, which has the sign
    /// of the whole, is smaller than 2^32 either way.
    fn carry(&mut self) {
        let mut carry = 0;
        let Some((highest, lower)) = self.limbs.split_last_mut() else { return };
        for limb in lower {
            let sum = *limb + carry;
            *limb = sum & LOW;
            carry = sum >> LIMB_BITS;
        }
        *highest += carry;
        while let Some(highest) = self.limbs.last_mut()
            && highest.unsigned_abs() >> LIMB_BITS != 0
        {
            let above = *highest >> LIMB_BITS;
            *highest &= LOW;
            self.limbs.push(above);
        }
    }

    /// The same number with a sign and digits.
    pub(super) fn magnitude(&self) -> Magnitude {
        let mut sum = self.clone();
        sum.carry();
        let negative = sum.limbs.last().is_some_and(|&highest| highest < 0);
        if negative {
            sum.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            sum.carry();
        }
        let digits = sum.limbs.iter().map(|limb| limb.cast_unsigned() as u32).collect();
        Magnitude::new(negative, digits, (sum.first * LIMB_BITS).cast_signed())
    }
}
