//! What exact sums and means are held against: plain long addition, and a float that is searched instead of cut.

use std::cmp::Ordering;

/// Wide enough for any float times 2^64, in base 2^64, the lowest digit first, in units of half the least float.
type Wide = [u64; 40];

/// Adds floats by their sign, each as a number as wide as all floats together.
pub(super) struct Reference {
    positive: Wide,
    negative: Wide,
}

impl Reference {
    pub(super) fn of(numbers: &[f64]) -> Self {
        let mut sum = Reference { positive: [0; 40], negative: [0; 40] };
        for &number in numbers {
            let side = if number < 0.0 { &mut sum.negative } else { &mut sum.positive };
            add(side, &doubled(number.abs()));
        }
        sum
    }

    /// The float that is nearest to the sum by `count`.
    pub(super) fn mean(&self, count: u64) -> Option<f64> {
        let (sign, size) = match compare(&self.positive, &self.negative) {
            Ordering::Equal => return Some(0.0),
            Ordering::Greater => (1.0, subtract(&self.positive, &self.negative)),
            Ordering::Less => (-1.0, subtract(&self.negative, &self.positive)),
        };
        // Floats above zero grow with their bits. `below` ends as the last that is not larger than the mean.
        let (mut below, mut beyond) = (0, f64::INFINITY.to_bits());
        while beyond - below > 1 {
            let middle = u64::midpoint(below, beyond);
            let float = times(&doubled(f64::from_bits(middle)), count);
            if compare(&float, &size).is_le() { below = middle } else { beyond = middle }
        }
        // Half the way to the next one, which for the largest float is 2^1024.
        let step = if below < 1 << 52 { 0 } else { (below >> 52) - 1 };
        let mut half = doubled(f64::from_bits(below));
        add(&mut half, &bit(step));
        let up = match compare(&size, &times(&half, count)) {
            Ordering::Less => 0,
            Ordering::Equal => below & 1,
            Ordering::Greater => 1,
        };
        let mean = f64::from_bits(below + up);
        mean.is_finite().then_some(if mean == 0.0 { 0.0 } else { sign * mean })
    }
}

fn bit(place: u64) -> Wide {
    let mut wide = [0; 40];
    wide[(place / 64) as usize] = 1 << (place % 64);
    wide
}

/// A float of at least zero.
fn doubled(number: f64) -> Wide {
    let (exponent, mut fraction) = (number.to_bits() >> 52, number.to_bits() & ((1 << 52) - 1));
    if exponent > 0 {
        fraction |= 1 << 52;
    }
    let place = exponent.max(1);
    let shifted = u128::from(fraction) << (place % 64);
    let mut wide = [0; 40];
    wide[(place / 64) as usize] = shifted as u64;
    wide[(place / 64) as usize + 1] = (shifted >> 64) as u64;
    wide
}

fn add(sum: &mut Wide, other: &Wide) {
    let mut carry = false;
    for (digit, &other) in sum.iter_mut().zip(other) {
        let (first, over) = digit.overflowing_add(other);
        let (second, over_again) = first.overflowing_add(carry.into());
        (*digit, carry) = (second, over | over_again);
    }
    assert!(!carry, "a reference is too narrow");
}

fn subtract(from: &Wide, other: &Wide) -> Wide {
    let (mut difference, mut borrow) = (*from, false);
    for (digit, &other) in difference.iter_mut().zip(other) {
        let (first, under) = digit.overflowing_sub(other);
        let (second, under_again) = first.overflowing_sub(borrow.into());
        (*digit, borrow) = (second, under | under_again);
    }
    difference
}

fn times(number: &Wide, factor: u64) -> Wide {
    let mut carry = 0;
    number.map(|digit| {
        let product = u128::from(digit) * u128::from(factor) + carry;
        carry = product >> 64;
        product as u64
    })
}

fn compare(a: &Wide, b: &Wide) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}
