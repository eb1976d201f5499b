//! SHA-1: not against anyone's will any more, but a hash that every language has.

/// The SHA-1 of `bytes`, as FIPS 180-4 defines it.
///
/// ```
/// assert_eq!(classics::sha1(b"abc")[..4], [0xa9, 0x99, 0x3e, 0x36]);
/// ```
#[must_use]
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let (blocks, rest) = bytes.as_chunks::<64>();
    for block in blocks {
        mix(&mut state, block);
    }

    // The end: a bit that is set, zeros, and the length in bits, in one block or in two.
    let mut end = [0; 128];
    end[..rest.len()].copy_from_slice(rest);
    end[rest.len()] = 0x80;
    let end_bytes = if rest.len() < 56 { 64 } else { 128 };
    let bits = bytes.len() as u64 * 8;
    end[end_bytes - 8..end_bytes].copy_from_slice(&bits.to_be_bytes());
    for block in end[..end_bytes].as_chunks().0 {
        mix(&mut state, block);
    }

    let mut digest = [0; 20];
    for (place, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *place = word.to_be_bytes();
    }
    digest
}

/// Mixes a block into the state.
#[allow(clippy::many_single_char_names)] // as the standard names them
fn mix(state: &mut [u32; 5], block: &[u8; 64]) {
    let mut words = [0_u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for at in 16..80 {
        let word = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
        words[at] = word.rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (round, word) in words.into_iter().enumerate() {
        let (chosen, constant) = match round / 20 {
            0 => ((b & c) | (!b & d), 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let next =
            [chosen, e, constant, word].into_iter().fold(a.rotate_left(5), u32::wrapping_add);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (kept, mixed) in state.iter_mut().zip([a, b, c, d, e]) {
        *kept = kept.wrapping_add(mixed);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn hex(digest: [u8; 20]) -> String {
        digest.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    #[test]
    fn the_examples_of_the_standard_hold() {
        for (text, digest) in [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            ),
        ] {
            assert_eq!(hex(sha1(text.as_bytes())), digest, "{text}");
        }
        assert_eq!(hex(sha1(&vec![b'a'; 1_000_000])), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }

    /// Around the ends of blocks; the digest is what Python's `hashlib` gives for the same.
    #[test]
    fn every_length_of_the_last_block_is_right() {
        let digests: Vec<_> = (0..200).flat_map(|length| sha1(&vec![b'a'; length])).collect();
        assert_eq!(hex(sha1(&digests)), "8a18f04bac7c86cfcffa6a93e5cb21ae0159deac");
    }
}
