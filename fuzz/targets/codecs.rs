//! Compressed files of any bytes: an error or the content, never a panic.
#![no_main]

use std::io::Read;

use howdah_codec::Codec;
use libfuzzer_sys::fuzz_target;

const NAMES: &[&str] = &["a.gz", "a.deflate", "a.bz2", "a.snappy", "a.lz4"];
/// Enough to see; a small file may unpack to very much.
const MOST: u64 = 1 << 20;

fuzz_target!(|input: (u8, &[u8])| {
    let name = NAMES[usize::from(input.0) % NAMES.len()];
    let codec = Codec::of_path(name.as_ref()).expect("a known extension");
    if let Ok(decoder) = codec.decoder(input.1) {
        let _ = decoder.take(MOST).read_to_end(&mut Vec::new());
    }
});
