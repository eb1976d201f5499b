//! Compressed files and blocks of any bytes: an error or the content, never a panic.
#![no_main]

use std::io::{Cursor, Read};

use howdah_codec::Codec;
use howdah_codec::block::{BlockCodec, BlockCoder};
use howdah_codec::bzip2_blocks::Bzip2Blocks;
use libfuzzer_sys::fuzz_target;

const NAMES: &[&str] = &["a.gz", "a.deflate", "a.bz2", "a.snappy", "a.lz4"];
const BLOCKS: &[BlockCodec] =
    &[BlockCodec::None, BlockCodec::Lz4, BlockCodec::Snappy, BlockCodec::Gzip, BlockCodec::Bzip2];
/// Enough to see; a small file may unpack to very much.
const MOST: usize = 1 << 20;
/// What a block is said to hold.
const BLOCK_BYTES: usize = 100;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let name = NAMES[usize::from(choice) % NAMES.len()];
    let codec = Codec::of_path(name.as_ref()).expect("a known extension");
    if let Ok(decoder) = codec.decoder(bytes) {
        let _ = decoder.take(MOST as u64).read_to_end(&mut Vec::new());
    }
    if codec.is_splittable() {
        read_split(bytes, choice.into());
    }
    let block = BLOCKS[usize::from(choice) % BLOCKS.len()];
    let mut content = Vec::new();
    if BlockCoder::new().decompress(block, bytes, BLOCK_BYTES, &mut content).is_ok() {
        assert_eq!(content.len(), BLOCK_BYTES);
    }
});

fn read_split(bytes: &[u8], start: u64) {
    let Ok(mut blocks) = Bzip2Blocks::new(Cursor::new(bytes), start) else { return };
    let (mut piece, mut total) = (Vec::new(), 0);
    while total < MOST && matches!(blocks.next_piece(&mut piece), Ok(Some(_))) {
        total += piece.len();
    }
}
