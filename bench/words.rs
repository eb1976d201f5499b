//! Made-up words, the same in each run: a few of them often and many seldom, as in a text.

/// The number at a place of an endless random series, which is that of `SplitMix64`.
pub(crate) fn random(place: u64) -> u64 {
    let mut bits = place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The word at a place of an endless text: 2 to 8 letters.
pub(crate) fn word(place: u64) -> String {
    let chosen = random(place);
    // As many words are of the ranks 32 to 63 as of 64 to 127: what Zipf's law says.
    let rank = (chosen >> 32) & ((1 << (chosen % 17)) - 1);
    let letters = random(!rank);
    let length = 2 + letters % 7;
    (0..length).map(|at| char::from(b'a' + (letters >> (8 * at)) as u8 % 26)).collect()
}
