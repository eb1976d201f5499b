//! Whatever is written is read back, however the writes and reads are cut.

use std::io::{Read, Write};

use howdah_codec::Codec;
use howdah_codec::block::{BlockCodec, BlockCoder};
use proptest::prelude::*;

use crate::data::{codecs, lines, noise, pack, unpack};

/// Bytes that compress well, badly and not at all.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2000),
        prop::collection::vec(0_u8..4, 0..5000),
        (any::<u8>(), 0_usize..300_000).prop_map(|(byte, count)| vec![byte; count]),
        (0_usize..3000, 1_usize..200).prop_map(|(seed, n)| noise(seed, 1).repeat(n % 60 + 1)),
        (0_usize..4000).prop_map(lines),
    ]
}

fn write_in_pieces(codec: Codec, data: &[u8], sizes: &[usize], flush: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = codec.encoder(&mut file).unwrap();
    let mut rest = data;
    for size in sizes.iter().copied().cycle() {
        let (now, later) = rest.split_at(size.min(rest.len()));
        encoder.write_all(now).unwrap();
        if flush {
            encoder.flush().unwrap();
        }
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    encoder.finish().unwrap();
    file
}

/// A file that gives as many bytes as it likes.
struct Uneven<'a>(&'a [u8], usize);

impl Read for Uneven<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 * 5 % 37 + 1;
        let count = self.1.min(out.len());
        self.0.read(&mut out[..count])
    }
}

fn read_in_pieces(codec: Codec, file: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut decoder = codec.decoder(Uneven(file, sizes[0])).unwrap();
    let mut data = Vec::new();
    for size in sizes.iter().copied().cycle() {
        let mut piece = vec![0; size];
        let count = decoder.read(&mut piece).unwrap();
        if count == 0 {
            break;
        }
        data.extend_from_slice(&piece[..count]);
    }
    assert_eq!(decoder.read(&mut [0; 10]).unwrap(), 0, "the end stays the end");
    data
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn files(
        data in bytes(),
        writes in prop::collection::vec(1_usize..100_000, 1..5),
        reads in prop::collection::vec(1_usize..50_000, 1..5),
        flush in any::<bool>(),
    ) {
        for codec in codecs() {
            let file = write_in_pieces(codec, &data, &writes, flush);
            prop_assert!(read_in_pieces(codec, &file, &reads) == data, "{}", codec);
        }
    }

    #[test]
    fn blocks(all in prop::collection::vec(bytes(), 1..4)) {
        let mut coder = BlockCoder::new();
        for codec in BlockCodec::ALL.into_iter().filter(|codec| codec.is_available()) {
            let (mut packed, mut ends) = (Vec::new(), vec![0]);
            for raw in &all {
                coder.compress(codec, raw, &mut packed).unwrap();
                ends.push(packed.len());
            }
            let mut out = Vec::new();
            for (raw, range) in all.iter().zip(ends.windows(2)) {
                coder.decompress(codec, &packed[range[0]..range[1]], raw.len(), &mut out).unwrap();
            }
            prop_assert!(out == all.concat(), "{}", codec);
        }
    }
}

#[test]
fn byte_by_byte() {
    let data = lines(40);
    for codec in codecs() {
        let file = write_in_pieces(codec, &data, &[1], false);
        assert_eq!(file, pack(codec, &data), "{codec}: the writes do not show");
        assert_eq!(read_in_pieces(codec, &file, &[1]), data, "{codec}");
    }
}

#[test]
fn several_members_are_one_file() {
    for codec in codecs() {
        let parts = [&b"one\n"[..], b"", b"two\n", b""].map(|part| pack(codec, part));
        assert_eq!(unpack(codec, &parts.concat()).unwrap(), b"one\ntwo\n", "{codec}");
        let many = pack(codec, b"x").repeat(200);
        assert_eq!(unpack(codec, &many).unwrap(), [b'x'; 200], "{codec}");
    }
}

#[test]
fn errors_of_the_file_below_are_passed_on() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is on fire"))
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for codec in codecs() {
        let read = codec.decoder(Broken).and_then(|mut decoder| decoder.read(&mut [0; 9]));
        assert_eq!(read.unwrap_err().to_string(), "the disk is on fire", "{codec}");
        // Behind a good beginning, too.
        let start = &b"\x04\x22\x4d\x18\x60\x40\x82"[..];
        let read = codec.decoder(start.chain(Broken)).and_then(|mut d| d.read(&mut [0; 9]));
        if codec == Codec::Lz4 {
            assert_eq!(read.unwrap_err().to_string(), "the disk is on fire", "{codec}");
        }

        let mut encoder = codec.encoder(Broken).unwrap();
        let written = encoder.write_all(&noise(2_000_000, 5)).and_then(|()| encoder.finish());
        assert_eq!(written.unwrap_err().to_string(), "the disk is full", "{codec}");
    }
}
