//! Ranks as whole numbers: multiples of 2⁻⁶⁰, about 8.7 · 10⁻¹⁹.
//!
//! Sums of floats depend on the order in which their parts arrive, and that depends on splits and combiners. Sums of
//! whole numbers do not. All ranks together are 1, so that every sum of them, and twice that, fits an `i64`: it can
//! be a counter.

#![expect(
    clippy::cast_precision_loss,
    reason = "53 bits of a rank are all that a float is to have"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ranks are from 0 to 1"
)]

/// The rank 1.
pub(crate) const ONE: u64 = 1 << 60;

/// The nearest rank to a number from 0 to 1.
pub(crate) fn from_f64(number: f64) -> u64 {
    (number * ONE as f64).round() as u64
}

/// A rank as a number.
pub(crate) fn to_f64(units: u64) -> f64 {
    units as f64 / ONE as f64
}

/// Each of `count` equal parts of a number from 0 to 1, as the nearest rank.
pub(crate) fn each(number: f64, count: u64) -> u64 {
    from_f64(number / count as f64)
}

/// One of `parts` equal shares of a rank, to the nearest unit.
pub(crate) fn share(units: u64, parts: usize) -> u64 {
    let parts = parts as u64;
    (units + parts / 2) / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_the_nearest_unit() {
        assert_eq!([share(10, 3), share(11, 3), share(12, 5), share(13, 5)], [3, 4, 2, 3]);
    }

    #[test]
    fn numbers_come_back_to_within_a_unit() {
        for number in [0.0, 1.0, 0.15, 1.0 / 3.0, 1e-12] {
            assert!((to_f64(from_f64(number)) - number).abs() <= 1.0 / ONE as f64);
        }
    }
}
