//! Splits of a bzip2 file: each block belongs to exactly one, wherever the file is cut.

use std::io::{Cursor, Write};

use bzip2::Compression;
use bzip2::write::BzEncoder;
use howdah_codec::Codec;
use howdah_codec::bzip2_blocks::Bzip2Blocks;

use crate::data::{lines, noise, unpack};

/// A stream at a level of our choice; level 1 makes blocks of 100 000 bytes.
fn stream(data: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// The blocks that the split owns, with their offsets.
fn split(file: &[u8], start: u64, end: u64) -> Vec<(u64, Vec<u8>)> {
    let mut reader = Bzip2Blocks::new(Cursor::new(file), start).unwrap();
    let mut blocks = Vec::new();
    let mut block = Vec::new();
    while let Some(offset) = reader.next_piece(&mut block).unwrap() {
        if offset >= end {
            break;
        }
        assert!(offset >= start);
        blocks.push((offset, block.clone()));
    }
    blocks
}

fn text(blocks: &[(u64, Vec<u8>)]) -> Vec<u8> {
    blocks.iter().flat_map(|(_, block)| block.iter().copied()).collect()
}

/// The bits at which the 48 bits of `marker` stand, looked for one bit at a time.
fn markers(file: &[u8], marker: u64) -> Vec<u64> {
    let mut bits = Vec::new();
    let mut window = 0_u64;
    for at in 0..file.len() * 8 {
        window = (window << 1 | u64::from(file[at / 8] >> (7 - at % 8) & 1)) & 0xffff_ffff_ffff;
        if window == marker && at >= 47 {
            bits.push(at as u64 - 47);
        }
    }
    bits
}

const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;

/// Many small streams, an empty one among them: small enough to try every byte.
#[test]
fn every_cut_of_a_small_file() {
    let parts = [&b"one\n"[..], b"", b"two\n", &lines(8), b"x", &noise(90, 2), b"", b"the end\n"];
    let file: Vec<u8> = (1..).zip(parts).flat_map(|(level, part)| stream(part, level)).collect();
    let length = file.len() as u64;
    let whole = split(&file, 0, u64::MAX);
    assert_eq!(text(&whole), parts.concat());
    let offsets: Vec<_> = whole.iter().map(|(offset, _)| *offset).collect();
    let found: Vec<_> = markers(&file, BLOCK).iter().map(|bit| bit / 8).collect();
    assert_eq!(offsets, found);

    for middle in 0..=length + 1 {
        let mut both = split(&file, 0, middle);
        both.extend(split(&file, middle, u64::MAX));
        assert_eq!(both, whole, "cut at {middle}");
    }
    for size in [1, 2, 3, 5, 16, 61] {
        let starts = (0..length).step_by(size);
        let all: Vec<_> = starts.flat_map(|at| split(&file, at, at + size as u64)).collect();
        assert_eq!(all, whole, "splits of {size} bytes");
    }
}

/// Several streams of many blocks that do not compress: cut near each marker, and evenly.
#[test]
fn cuts_of_a_large_file() {
    let parts = [noise(450_000, 11), lines(30_000), noise(120_000, 12), Vec::new(), noise(1, 13)];
    let file: Vec<u8> = parts.iter().flat_map(|part| stream(part, 1)).collect();
    let length = file.len() as u64;
    let whole = split(&file, 0, u64::MAX);
    assert_eq!(text(&whole), parts.concat());
    assert_eq!(text(&whole), unpack(Codec::Bzip2, &file).unwrap());
    assert!(whole.len() > 12, "{} blocks", whole.len());

    for (index, (offset, _)) in whole.iter().enumerate() {
        for start in [offset - 1, *offset, offset + 1] {
            let first = if start <= *offset { index } else { index + 1 };
            let owned = split(&file, start, start + 2);
            let expected = whole[first..].iter().filter(|(at, _)| *at < start + 2).cloned();
            assert_eq!(owned, expected.collect::<Vec<_>>(), "split of two bytes at {start}");
        }
    }
    for count in [1, 2, 3, 7, 20] {
        let cut = |i: u64| length * i / count;
        let all: Vec<_> = (0..count).flat_map(|i| split(&file, cut(i), cut(i + 1))).collect();
        assert_eq!(all, whole, "{count} splits");
    }
}

/// The header of a block has a map of the byte values in it. Data with the right values therefore
/// have both markers in each block, 121 bits behind the true one.
#[test]
fn markers_by_chance_break_nothing() {
    let mut values = Vec::new();
    for (word, bits) in [0x3141_u16, 0x5926, 0x5359, 0x1772, 0x4538, 0x5090].iter().enumerate() {
        values.extend((0..16).filter(|j| bits >> (15 - j) & 1 == 1).map(|j| word as u8 * 16 + j));
    }
    let mut data: Vec<u8> =
        noise(260_000, 21).iter().map(|byte| values[usize::from(*byte) % values.len()]).collect();
    data.dedup(); // Runs would bring other values in, the counts of their lengths.
    let file = [stream(&data, 1), stream(&data[..1000], 9)].concat();
    let whole = split(&file, 0, u64::MAX);
    assert_eq!(text(&whole), [&data[..], &data[..1000]].concat());

    let blocks = markers(&file, BLOCK);
    assert_eq!((whole.len(), blocks.len()), (4, 8), "each block has a chance marker");
    assert_eq!(markers(&file, END).len(), 6);
    for pair in blocks.chunks(2) {
        assert_eq!(pair[1] - pair[0], 121);
        // Starts before, at and between the true marker and the other, and behind both.
        for start in pair[0] / 8 - 1..=pair[1] / 8 + 2 {
            let mut both = split(&file, 0, start);
            both.extend(split(&file, start, u64::MAX));
            assert!(both == whole, "cut at {start}");
        }
    }
}

/// A split that begins inside the header of the file: `BZip2Codec` has a case of its own for it, here
/// it follows from the rule.
#[test]
fn the_first_block_belongs_to_the_split_with_byte_four() {
    let file = stream(b"abc", 9);
    for start in 0..=4 {
        assert_eq!(split(&file, start, 5), [(4, b"abc".to_vec())]);
        assert_eq!(split(&file, start, 4), []);
    }
    assert_eq!(split(&file, 5, u64::MAX), []);
    assert_eq!(split(&file, u64::MAX >> 1, u64::MAX), []);
}

/// Runs make blocks that come to many times what a buffer should hold.
#[test]
fn a_long_block_comes_in_pieces_of_bounded_length() {
    let long = [vec![b'x'; 5_000_000], lines(10), vec![b'y'; 2_000_000]].concat();
    for (first, last) in [(&b"one\n"[..], &b"two\n"[..]), (b"", b"")] {
        let file = [stream(first, 1), stream(&long, 9), stream(last, 1)].concat();
        let mut reader = Bzip2Blocks::new(Cursor::new(&file), 0).unwrap();
        let (mut piece, mut all) = (Vec::new(), Vec::new());
        let mut offsets = Vec::new();
        while let Some(offset) = reader.next_piece(&mut piece).unwrap() {
            assert!(!piece.is_empty() && piece.capacity() <= 2_000_000, "{}", piece.capacity());
            all.extend_from_slice(&piece);
            offsets.push(offset);
        }
        assert!(all == [first, &long, last].concat());
        offsets.dedup();
        assert_eq!(offsets.len(), if first.is_empty() { 1 } else { 3 });
        // A split that begins later owns none of it.
        let behind = offsets[offsets.len() / 2] + 1;
        assert_eq!(text(&split(&file, behind, u64::MAX)), last);
    }
    // Nothing is given of one that is damaged at its end.
    let mut file = stream(&long, 9);
    let at = file.len() - 20;
    file[at] ^= 1;
    let mut reader = Bzip2Blocks::new(Cursor::new(&file), 0).unwrap();
    assert!(reader.next_piece(&mut Vec::new()).is_err());
    // One of exactly what is given at a time.
    for length in [1_999_999, 2_000_000, 2_000_001, 4_000_000] {
        assert_eq!(text(&split(&stream(&vec![b'x'; length], 9), 0, u64::MAX)).len(), length);
    }
}
