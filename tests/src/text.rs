//! Text for tests: the same at each run.

use std::fmt::Write as _;

/// At least so many bytes of words that begin with `prefix`, of which few are frequent and most are rare: numbers of
/// `rare_bits` bits.
#[must_use]
pub fn words(bytes: usize, prefix: &str, rare_bits: u32) -> String {
    let mut text = String::with_capacity(bytes + 300);
    let mut state = 1u64;
    while text.len() < bytes {
        for _ in 0..9 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let (rank, rare) = (state >> 59, state >> (64 - rare_bits));
            let word = if rank < 20 { rank } else { rare };
            // Writing to a string cannot fail.
            let _ = write!(text, "{prefix}{word} ");
        }
        text.push('\n');
    }
    text
}
