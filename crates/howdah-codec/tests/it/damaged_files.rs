//! Files that were cut, padded or changed: always an error or the right bytes, never a panic.

use std::io::{Cursor, ErrorKind, Write};

use howdah_codec::block::{BlockCodec, BlockCoder};
use howdah_codec::bzip2_blocks::Bzip2Blocks;
use howdah_codec::{Codec, CodecError};
use proptest::prelude::*;

use crate::data::{codecs, lines, noise, pack, unpack};

/// Prefixes of a file with one member, stream, frame or block that are whole files.
fn legal_prefixes(codec: Codec) -> &'static [usize] {
    match codec {
        Codec::Bzip2 | Codec::Snappy | Codec::Lz4 => &[0],
        _ => &[],
    }
}

fn read_blocks(file: &[u8], start: u64) -> std::io::Result<Vec<u8>> {
    let mut blocks = Bzip2Blocks::new(Cursor::new(file), start)?;
    let (mut all, mut block) = (Vec::new(), Vec::new());
    while blocks.next_piece(&mut block)?.is_some() {
        all.extend_from_slice(&block);
    }
    Ok(all)
}

#[test]
fn every_cut_is_an_error_that_says_where() {
    for codec in codecs() {
        for data in [&b""[..], b"hello hadoop\n", &lines(30), &noise(300, 1)] {
            let file = pack(codec, data);
            for length in 0..file.len() {
                let result = unpack(codec, &file[..length]);
                if legal_prefixes(codec).contains(&length) {
                    assert_eq!(result.unwrap(), b"", "{codec} {length}");
                    continue;
                }
                let error = result.expect_err(&format!("{codec} cut at {length}"));
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{codec} {length}: {error}");
                let inner = error.get_ref().unwrap().downcast_ref::<CodecError>().unwrap();
                let CodecError::Truncated { codec: name, offset, .. } = inner else {
                    panic!("{codec} {length}: {inner}");
                };
                assert_eq!((*name, *offset), (codec.name(), length as u64));
            }
        }
    }
}

#[test]
fn every_cut_of_a_second_member_is_an_error() {
    for codec in codecs() {
        let one = pack(codec, b"hello hadoop\n");
        let two = one.repeat(2);
        for length in one.len() + 1..two.len() {
            let error = unpack(codec, &two[..length]).expect_err(&format!("{codec} at {length}"));
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{codec} {length}: {error}");
        }
        assert_eq!(unpack(codec, &two[..one.len()]).unwrap(), b"hello hadoop\n");
    }
}

#[test]
fn blocks_of_a_cut_bzip2_file_are_an_error() {
    let file = [pack(Codec::Bzip2, &lines(30)), pack(Codec::Bzip2, b"")].concat();
    let one = file.len() - 14;
    for length in 1..file.len() {
        if length == one {
            continue;
        }
        let error = read_blocks(&file[..length], 0).expect_err(&format!("cut at {length}"));
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{length}: {error}");
        assert!(error.to_string().contains(&format!("at byte {length} ")), "{error}");
    }
    assert_eq!(read_blocks(&file, 0).unwrap(), lines(30));
    assert_eq!(read_blocks(&file[..one], 0).unwrap(), lines(30));
}

#[test]
fn an_encoder_that_was_dropped_leaves_a_file_that_is_refused() {
    for codec in codecs() {
        let mut file = Vec::new();
        let mut encoder = codec.encoder(&mut file).unwrap();
        encoder.write_all(&noise(700_000, 9)).unwrap();
        encoder.flush().unwrap();
        drop(encoder);
        if file.is_empty() || matches!(codec, Codec::Snappy | Codec::Lz4) {
            continue; // Nothing was written yet, or whole blocks.
        }
        assert_eq!(unpack(codec, &file).unwrap_err().kind(), ErrorKind::UnexpectedEof, "{codec}");
    }
}

#[test]
fn what_follows_the_last_member_is_an_error() {
    for codec in [Codec::Gzip, Codec::Deflate, Codec::Bzip2, Codec::Zstd] {
        if !codec.is_available() {
            continue;
        }
        for tail in [&[0_u8; 512][..], b"\0", b"garbage that is long enough to be a header"] {
            let file = [&pack(codec, b"hello hadoop\n"), tail].concat();
            let error = unpack(codec, &file).expect_err(codec.name());
            let kinds = [ErrorKind::InvalidData, ErrorKind::UnexpectedEof];
            assert!(kinds.contains(&error.kind()), "{codec}: {error}");
            if codec == Codec::Bzip2 {
                assert_eq!(read_blocks(&file, 0).unwrap_err().kind(), ErrorKind::InvalidData);
            }
        }
    }
    let padded = [pack(Codec::Gzip, b"x"), vec![0; 512]].concat();
    let message = unpack(Codec::Gzip, &padded).unwrap_err().to_string();
    assert!(message.starts_with("gzip data are damaged near byte 2"), "{message}");
    assert!(message.ends_with("(in member 2 of the file)"), "{message}");
}

#[test]
fn a_file_of_another_codec_is_an_error() {
    for codec in codecs() {
        for other in codecs().filter(|other| *other != codec) {
            let file = pack(other, &lines(50));
            let result = unpack(codec, &file);
            assert!(result.is_err(), "{codec} read a file of {other}");
        }
    }
}

#[test]
fn checksums_are_verified() {
    let file = pack(Codec::Gzip, &lines(50));
    for back in 1..=8 {
        let mut file = file.clone();
        let at = file.len() - back;
        file[at] ^= 1;
        assert_eq!(unpack(Codec::Gzip, &file).unwrap_err().kind(), ErrorKind::InvalidData);
    }
    // The checksum of a bzip2 stream, which is not at a byte, in its ten last bytes.
    let file = pack(Codec::Bzip2, &lines(50));
    let mut file_of_bits = file.clone();
    let at = file.len() - 3;
    file_of_bits[at] ^= 0x10;
    assert_eq!(unpack(Codec::Bzip2, &file_of_bits).unwrap_err().kind(), ErrorKind::InvalidData);
    let error = read_blocks(&file_of_bits, 0).unwrap_err();
    assert!(error.to_string().contains("the checksum of a stream does not match"), "{error}");
    // A split that begins inside the stream cannot know it.
    assert_eq!(read_blocks(&file_of_bits, 1).unwrap(), lines(50));
}

#[test]
fn a_damaged_bzip2_block_is_an_error_from_every_start() {
    let mut file = pack(Codec::Bzip2, &noise(2000, 4));
    let at = file.len() / 2;
    file[at] ^= 4;
    for start in 0..=4 {
        let error = read_blocks(&file, start).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{start}: {error}");
        assert!(error.to_string().contains("near byte 4 "), "{error}");
    }
    assert_eq!(read_blocks(&file, 5).unwrap(), b"");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn changed_bytes_never_panic(
        seed in 0_u64..8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        start in 0_u64..60,
    ) {
        for codec in codecs() {
            let mut file = pack(codec, &[lines(20), noise(100, seed)].concat()).repeat(2);
            for (index, byte) in &changes {
                let at = index.index(file.len());
                file[at] = *byte;
            }
            let _ = unpack(codec, &file);
            if codec == Codec::Bzip2 {
                let _ = read_blocks(&file, start);
            }
        }
    }

    #[test]
    fn any_bytes_never_panic(
        tail in prop::collection::vec(any::<u8>(), 0..300),
        head in prop::sample::select(vec![
            &b""[..], b"BZh9\x31\x41\x59\x26\x53\x59", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x78\x9c",
            b"\x28\xb5\x2f\xfd", b"\xff\x06\0\0sNaPpY", b"\x04\x22\x4d\x18\x60\x40\x82",
            b"\0\0\x01\0\0\0\0\x20", b"BZh1\x17\x72\x45\x38\x50\x90",
        ]),
        raw_len in 0_usize..100_000,
    ) {
        let file = [head, &tail].concat();
        let mut coder = BlockCoder::new();
        for codec in codecs() {
            let _ = unpack(codec, &file);
        }
        for codec in BlockCodec::ALL {
            let mut out = Vec::new();
            if coder.decompress(codec, &file, raw_len, &mut out).is_ok() {
                prop_assert_eq!(out.len(), raw_len);
            } else {
                prop_assert!(out.is_empty());
            }
        }
        let _ = read_blocks(&file, 0);
        let _ = read_blocks(&file, 3);
    }

    #[test]
    fn changed_blocks_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut coder = BlockCoder::new();
        let raw = lines(40);
        for codec in BlockCodec::ALL.into_iter().filter(|codec| codec.is_available()) {
            let mut packed = Vec::new();
            coder.compress(codec, &raw, &mut packed).unwrap();
            let length = cut.index(packed.len());
            let mut out = Vec::new();
            let result = coder.decompress(codec, &packed[..length], raw.len(), &mut out);
            prop_assert!(result.is_err(), "{codec} cut at {length}");
            for (index, byte) in &changes {
                let at = index.index(packed.len());
                packed[at] = *byte;
            }
            let _ = coder.decompress(codec, &packed, raw.len(), &mut out);
        }
    }
}
