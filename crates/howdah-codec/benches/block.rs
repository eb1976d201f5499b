//! Packing and unpacking a block of a spill by each block codec.

#![allow(clippy::unwrap_used)] // as in tests

use divan::Bencher;
use divan::counter::BytesCount;
use howdah_codec::block::{BlockCodec, BlockCoder};

const BLOCK_BYTES: usize = 1 << 16;

fn main() {
    divan::main();
}

#[divan::bench(args = codecs())]
fn pack(bencher: Bencher<'_, '_>, codec: BlockCodec) {
    let raw = block();
    let mut blocks = BlockCoder::new();
    let mut packed = Vec::new();
    bencher.counter(BytesCount::of_slice(&raw)).bench_local(|| {
        packed.clear();
        blocks.compress(codec, &raw, &mut packed).unwrap();
    });
}

#[divan::bench(args = codecs())]
fn unpack(bencher: Bencher<'_, '_>, codec: BlockCodec) {
    let raw = block();
    let mut blocks = BlockCoder::new();
    let (mut packed, mut unpacked) = (Vec::new(), Vec::new());
    blocks.compress(codec, &raw, &mut packed).unwrap();
    bencher.counter(BytesCount::of_slice(&raw)).bench_local(|| {
        unpacked.clear();
        blocks.decompress(codec, &packed, raw.len(), &mut unpacked).unwrap();
    });
    assert_eq!(unpacked, raw);
}

fn codecs() -> impl Iterator<Item = BlockCodec> {
    BlockCodec::ALL.into_iter().filter(|codec| codec.is_available())
}

/// Sorted records, as a spill has them: what follows the other has much in common with it.
fn block() -> Vec<u8> {
    let mut keys: Vec<u64> = (0..).map(random).map(|bits| bits % 1_000_000).take(5_000).collect();
    keys.sort_unstable();
    let records = keys.iter().map(|key| format!("\"user-{key:06}\"\t[{},1]\n", random(*key) % 100));
    let mut block = records.collect::<String>().into_bytes();
    block.truncate(BLOCK_BYTES);
    assert_eq!(block.len(), BLOCK_BYTES);
    block
}

/// The number at a place of an endless random series, which is that of `SplitMix64`.
fn random(place: u64) -> u64 {
    let mut bits = place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
