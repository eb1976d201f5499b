//! Data and short cuts that the tests share.

use std::io::{self, Read, Write};

use howdah_codec::Codec;

/// The codecs that this build has.
pub(crate) fn codecs() -> impl Iterator<Item = Codec> {
    Codec::ALL.into_iter().filter(|codec| codec.is_available())
}

/// The file that one write gives.
pub(crate) fn pack(codec: Codec, data: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = codec.encoder(&mut file).unwrap();
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap();
    file
}

/// What a file holds.
pub(crate) fn unpack(codec: Codec, file: &[u8]) -> io::Result<Vec<u8>> {
    let mut data = Vec::new();
    codec.decoder(file)?.read_to_end(&mut data)?;
    Ok(data)
}

/// Bytes that do not compress, the same in each run.
pub(crate) fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Lines as a job writes them.
pub(crate) fn lines(count: usize) -> Vec<u8> {
    (0..count).flat_map(|i| format!("\"word{}\"\t{}\n", i % 997, i * i).into_bytes()).collect()
}
