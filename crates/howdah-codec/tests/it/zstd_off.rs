//! A build without the feature `zstd` says so.

use std::io::ErrorKind;

use howdah_codec::Codec;
use howdah_codec::block::{BlockCodec, BlockCoder};

#[test]
fn the_error_names_the_feature() {
    if Codec::Zstd.is_available() {
        return;
    }
    let mut coder = BlockCoder::new();
    for error in [
        Codec::Zstd.decoder(&b""[..]).err(),
        Codec::Zstd.encoder(Vec::new()).err(),
        coder.compress(BlockCodec::Zstd, b"x", &mut Vec::new()).err(),
        coder.decompress(BlockCodec::Zstd, b"x", 1, &mut Vec::new()).err(),
    ] {
        let error = error.expect("zstd is off");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let message = "zstd is not part of this program: build it with the cargo feature `zstd`";
        assert_eq!(error.to_string(), message);
    }
}
