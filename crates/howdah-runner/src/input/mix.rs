//! A stated mix of numbers: the same bits in every version of howdah, on every machine.
//!
//! It is the step of `SplitMix64` (Steele, Lea and Flood, 2014): add a constant, then stir by shifts and products.

/// 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a number into a state: each bit of either changes about half of the result's bits.
#[inline]
pub(super) fn mix(state: u64, number: u64) -> u64 {
    stir((state ^ number).wrapping_add(GAMMA))
}

/// The mixed bits as a number from 0 to 1, without 1.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds exactly")]
pub(super) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

fn stir(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // Its published sequence from the seed 1234567.
        let numbers = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        let states = (0..5).map(|n| GAMMA.wrapping_mul(n).wrapping_add(1_234_567));
        assert_eq!(states.map(|state| mix(state, 0)).collect::<Vec<_>>(), numbers);
    }

    #[test]
    fn a_unit_is_never_1() {
        assert!(unit(u64::MAX) < 1.0);
        assert_eq!((unit(0), unit(1 << 63)), (0.0, 0.5));
    }
}
