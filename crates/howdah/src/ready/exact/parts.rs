//! A float as two integers.
//!
//! All finite floats are whole multiples of the least one, which is 2^-1074. A place is counted in bits from there.

/// The place of a unit is the exponent of its power of two, and this.
pub(super) const ONE: isize = 1074;
/// The place above the largest float.
pub(super) const ABOVE_FLOATS: isize = 1024 + ONE;
/// The bits of a float's significand.
pub(super) const FLOAT_BITS: isize = 53;

/// The bits that a float's significand is written with; its first bit is left out.
const FRACTION_BITS: u32 = 52;

/// A finite float: `significand` times two to the power of `place`, in units of the least float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) negative: bool,
    pub(super) significand: u64,
    pub(super) place: usize,
}

impl Parts {
    /// The parts of a finite float.
    pub(super) fn of(number: f64) -> Self {
        let bits = number.to_bits();
        let fraction = bits & ((1 << FRACTION_BITS) - 1);
        let exponent = (bits >> FRACTION_BITS) as usize & 0x7ff;
        let negative = number.is_sign_negative();
        match exponent.checked_sub(1) {
            None => Parts { negative, significand: fraction, place: 0 },
            Some(place) => Parts { negative, significand: fraction | 1 << FRACTION_BITS, place },
        }
    }
}

/// The float of a significand at a place, if it is not beyond the largest.
///
/// The significand has at most 53 bits, or is 2^53; and all 53 unless the place is 0.
pub(super) fn float(negative: bool, significand: u64, place: usize) -> Option<f64> {
    // The first bit of a significand, which is left out, is what makes exponent 1 of place 0. A significand of
    // place 0 that does not have it is written with exponent 0. One that was rounded up to 2^53 carries into the
    // exponent. All of that is one addition.
    let bits = ((place as u64) << FRACTION_BITS) + significand;
    if bits >= f64::INFINITY.to_bits() {
        return None;
    }
    Some(if negative && bits != 0 { -f64::from_bits(bits) } else { f64::from_bits(bits) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_its_parts() {
        let floats = [0.0, 5e-324, f64::MIN_POSITIVE, 0.1, -1.0, 3.0, f64::MAX, f64::MIN];
        for number in floats {
            let Parts { negative, significand, place } = Parts::of(number);
            assert_eq!(float(negative, significand, place), Some(number));
        }
        let one = Parts::of(1.0);
        assert_eq!(one.significand.ilog2() as usize + one.place, ONE.cast_unsigned());
        let most = Parts::of(f64::MAX);
        assert_eq!(
            most.significand.ilog2() as usize + most.place + 1,
            ABOVE_FLOATS.cast_unsigned()
        );
    }
}
