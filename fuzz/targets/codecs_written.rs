//! Compressed files and blocks as they are written, in writes of any length: what is read is what was written, and of
//! a file that was cut short nothing else.
#![no_main]

use std::io::{Cursor, Read, Write};

use arbitrary::Arbitrary;
use howdah_codec::Codec;
use howdah_codec::block::{BlockCodec, BlockCoder};
use howdah_codec::bzip2_blocks::Bzip2Blocks;
use libfuzzer_sys::fuzz_target;

/// Those in Rust: of C there is no coverage to go by.
const CODECS: &[Codec] = &[Codec::Gzip, Codec::Deflate, Codec::Bzip2, Codec::Snappy, Codec::Lz4];
const BLOCKS: &[BlockCodec] =
    &[BlockCodec::None, BlockCodec::Lz4, BlockCodec::Snappy, BlockCodec::Gzip, BlockCodec::Bzip2];

#[derive(Arbitrary, Debug)]
struct Input<'b> {
    choice: u8,
    /// Where the file is cut or split.
    place: u16,
    /// Pieces, and how often each is repeated: so a write may be longer than a buffer of 256 KiB.
    writes: Vec<(&'b [u8], u16)>,
}

fuzz_target!(|input: Input<'_>| {
    let codec = CODECS[usize::from(input.choice) % CODECS.len()];
    let block = BLOCKS[usize::from(input.choice) % BLOCKS.len()];
    // What repeats itself for long takes bzip2 so long that little would be tried.
    let has_bzip2 = codec == Codec::Bzip2 || block == BlockCodec::Bzip2;
    let most = if has_bzip2 { 3_000 } else { 300_000 };
    let pieces = input.writes.iter().take(8);
    let writes: Vec<_> = pieces.map(|&(piece, times)| repeated(piece, times, most)).collect();
    let plain = writes.concat();
    let mut file = Vec::new();
    let mut encoder = codec.encoder(&mut file).expect("a codec that is there");
    for write in &writes {
        encoder.write_all(write).expect("memory takes all");
    }
    encoder.finish().expect("memory takes all");

    let (read, error) = read(codec, &file);
    assert!(error.is_none(), "{codec}: {error:?}");
    assert!(read == plain, "{codec} gives other bytes");

    let place = usize::from(input.place) % (file.len() + 1);
    let (read, error) = self::read(codec, &file[..place]);
    assert!(plain.starts_with(&read), "{codec} makes up bytes");
    if place < file.len() && matches!(codec, Codec::Gzip | Codec::Deflate) {
        assert!(error.is_some(), "{codec} does not see the cut");
    }
    if codec.is_splittable() {
        let place = place as u64;
        assert!([split(&file, 0, place), split(&file, place, u64::MAX)].concat() == plain);
    }

    let (mut coder, mut packed, mut unpacked) = (BlockCoder::new(), Vec::new(), Vec::new());
    coder.compress(block, &plain, &mut packed).expect("any bytes can be packed");
    coder.decompress(block, &packed, plain.len(), &mut unpacked).expect("what was packed unpacks");
    assert!(unpacked == plain, "{block} gives other bytes");
});

fn repeated(piece: &[u8], times: u16, most: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take((piece.len() * usize::from(times)).min(most)).collect()
}

fn read(codec: Codec, file: &[u8]) -> (Vec<u8>, Option<std::io::Error>) {
    let mut read = Vec::new();
    let result = codec.decoder(file).and_then(|mut decoder| decoder.read_to_end(&mut read));
    (read, result.err())
}

/// The blocks that begin from byte `start` to `end`.
fn split(file: &[u8], start: u64, end: u64) -> Vec<u8> {
    let mut blocks = Bzip2Blocks::new(Cursor::new(file), start).expect("memory can be sought in");
    let (mut all, mut piece) = (Vec::new(), Vec::new());
    while let Some(offset) = blocks.next_piece(&mut piece).expect("the file is whole") {
        if offset >= end {
            break;
        }
        all.extend_from_slice(&piece);
    }
    all
}
