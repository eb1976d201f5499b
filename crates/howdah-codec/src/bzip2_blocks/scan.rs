//! Bits of a bzip2 file: finding markers at any bit, and moving a block to a byte boundary.

use std::ops::Range;

/// The marker at the beginning of a block, the digits of pi.
pub(super) const BLOCK: u64 = 0x3141_5926_5359;
/// The marker at the end of a stream, the digits of its square root.
pub(super) const END: u64 = 0x1772_4538_5090;
/// The length of a marker.
pub(super) const MARKER_BITS: u64 = 48;

/// What a marker begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A block.
    Block,
    /// The end of a stream.
    End,
}

/// A marker and the bit at which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) bit: u64,
    pub(super) kind: Kind,
}

/// For each byte, the shifts (as bits 0 to 7) at which it can be the second byte that a marker
/// touches. That byte lies in the marker as a whole, whatever the shift.
const SECOND_BYTE: [u8; 256] = {
    let mut table = [0; 256];
    let mut shift = 0;
    while shift < 8 {
        table[(BLOCK >> (32 + shift)) as usize & 0xff] |= 1 << shift;
        table[(END >> (32 + shift)) as usize & 0xff] |= 1 << shift;
        shift += 1;
    }
    table
};

/// The first marker in `bytes` that begins at bit `from` or later and is there as a whole.
pub(super) fn find(bytes: &[u8], from: u64) -> Option<Mark> {
    let first = usize::try_from(from / 8).ok()?;
    for (index, &byte) in bytes.iter().enumerate().skip(first + 1) {
        let mut shifts = SECOND_BYTE[usize::from(byte)];
        while shifts != 0 {
            let bit = (index as u64 - 1) * 8 + u64::from(shifts.trailing_zeros());
            shifts &= shifts - 1;
            let kind = match bits_at(bytes, bit, MARKER_BITS) {
                Some(BLOCK) => Kind::Block,
                Some(END) => Kind::End,
                _ => continue,
            };
            if bit >= from {
                return Some(Mark { bit, kind });
            }
        }
    }
    None
}

/// The `count` bits (at most 56) of `bytes` from bit `bit` on.
pub(super) fn bits_at(bytes: &[u8], bit: u64, count: u64) -> Option<u64> {
    let first = usize::try_from(bit / 8).ok()?;
    let shift = bit % 8;
    let bytes = bytes.get(first..)?;
    if let Some(eight) = bytes.first_chunk::<8>() {
        return Some((u64::from_be_bytes(*eight) << shift) >> (64 - count));
    }
    if (bytes.len() as u64) * 8 < shift + count {
        return None;
    }
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    Some((u64::from_be_bytes(eight) << shift) >> (64 - count))
}

/// Appends the bits `block` of `bytes`, an end marker and the checksum, padded to a byte.
pub(super) fn append_stream(out: &mut Vec<u8>, bytes: &[u8], block: Range<u64>, checksum: u64) {
    let (first, shift) = ((block.start / 8) as usize, block.start % 8);
    let (whole, rest) = (((block.end - block.start) / 8) as usize, (block.end - block.start) % 8);
    if shift == 0 {
        out.extend_from_slice(&bytes[first..first + whole]);
    } else {
        let pairs = bytes[first..=first + whole].windows(2);
        out.extend(pairs.map(|two| two[0] << shift | two[1] >> (8 - shift)));
    }
    // What remains, at most 7 + 48 + 32 bits, from the high bit down.
    let tail = if rest == 0 { 0 } else { bits_at(bytes, block.end - rest, rest).unwrap_or(0) };
    let tail = (u128::from(tail) << MARKER_BITS | u128::from(END)) << 32 | u128::from(checksum);
    let bits = rest + MARKER_BITS + 32;
    let tail = (tail << (128 - bits)).to_be_bytes();
    out.extend_from_slice(&tail[..bits.div_ceil(8) as usize]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `marker` at bit `bit` in a field of ones.
    fn field(bit: usize, marker: u64) -> Vec<u8> {
        let mut bytes = vec![0xff_u8; 32];
        for i in 0..48 {
            let at = bit + i;
            if marker >> (47 - i) & 1 == 0 {
                bytes[at / 8] &= !(0x80 >> (at % 8));
            }
        }
        bytes
    }

    #[test]
    fn finds_a_marker_at_every_bit() {
        for bit in 0..=(32 * 8 - 48) {
            for (marker, kind) in [(BLOCK, Kind::Block), (END, Kind::End)] {
                let (bytes, bit) = (field(bit, marker), bit as u64);
                for from in 0..=bit {
                    assert_eq!(find(&bytes, from), Some(Mark { bit, kind }));
                }
                assert_eq!(find(&bytes, bit + 1), None);
                let cut = &bytes[..(bit as usize + 47) / 8];
                assert_eq!(find(cut, 0), None, "a marker that is cut is not found");
            }
        }
        assert_eq!(find(&[], 0), None);
        assert_eq!(find(&[1], 900), None);
    }

    #[test]
    fn moves_bits_to_a_byte() {
        let bytes = field(3, BLOCK);
        for rest in 0..8 {
            let mut out = Vec::new();
            append_stream(&mut out, &bytes, 3..3 + 48 + rest, 0x0102_0304);
            assert_eq!(bits_at(&out, 0, 48), Some(BLOCK));
            assert_eq!(bits_at(&out, 48 + rest, 48), Some(END));
            assert_eq!(bits_at(&out, 96 + rest, 32), Some(0x0102_0304));
            assert_eq!(out.len() as u64, (128 + rest).div_ceil(8));
        }
    }
}
