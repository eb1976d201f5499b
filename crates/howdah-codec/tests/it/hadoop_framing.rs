//! Hadoop's block framing: where `BlockCompressorStream` cuts, and what a reader accepts.

use std::io::{ErrorKind, Write};

use howdah_codec::Codec;

use crate::data::{noise, pack, unpack};

const FRAMED: [(Codec, usize); 2] = [(Codec::Snappy, 218_422), (Codec::Lz4, 261_100)];

/// The raw length of each block and the packed lengths of its chunks; the raw length of a chunk is
/// left to the decoder.
fn blocks(codec: Codec, mut file: &[u8]) -> Vec<(usize, usize)> {
    let max = FRAMED.iter().find(|(c, _)| *c == codec).unwrap().1;
    let mut blocks = Vec::new();
    let length = |file: &mut &[u8]| {
        let (four, rest) = file.split_first_chunk::<4>().unwrap();
        *file = rest;
        u32::from_be_bytes(*four) as usize
    };
    while !file.is_empty() {
        let raw = length(&mut file);
        let chunks = raw.div_ceil(max);
        for _ in 0..chunks {
            let packed = length(&mut file);
            file = &file[packed..];
        }
        blocks.push((raw, chunks));
    }
    blocks
}

fn written(codec: Codec, writes: &[usize]) -> Vec<(usize, usize)> {
    let data = noise(writes.iter().sum(), 7);
    let mut file = Vec::new();
    let mut encoder = codec.encoder(&mut file).unwrap();
    let mut rest = data.as_slice();
    for &count in writes {
        let (now, later) = rest.split_at(count);
        assert_eq!(encoder.write(now).unwrap(), count);
        rest = later;
    }
    encoder.finish().unwrap();
    assert_eq!(unpack(codec, &file).unwrap(), data);
    blocks(codec, &file)
}

#[test]
fn blocks_follow_the_writes() {
    for (codec, max) in FRAMED {
        // Writes gather up to the limit, and the one that would pass it begins a new block.
        assert_eq!(written(codec, &[]), [(0, 0)]);
        assert_eq!(written(codec, &[0, 1, 0, 2]), [(3, 1)]);
        assert_eq!(written(codec, &[max]), [(max, 1)]);
        assert_eq!(written(codec, &[max - 1, 1]), [(max, 1)]);
        assert_eq!(written(codec, &[max - 1, 2]), [(max - 1, 1), (2, 1)]);
        assert_eq!(written(codec, &[1, max]), [(1, 1), (max, 1)]);
        // A write above the limit is one block of several chunks, and it is never added to.
        assert_eq!(written(codec, &[max + 1]), [(max + 1, 2), (0, 0)]);
        let long = 3 * max + 5;
        assert_eq!(written(codec, &[9, long, 9]), [(9, 1), (long, 4), (9, 1)]);
    }
}

#[test]
fn joined_files_and_empty_blocks_are_read_whole() {
    for (codec, _) in FRAMED {
        let parts = [&pack(codec, b"one")[..], &pack(codec, b""), &pack(codec, b"two"), &[0; 8]];
        assert_eq!(unpack(codec, &parts.concat()).unwrap(), b"onetwo");
        assert_eq!(unpack(codec, b"").unwrap(), b"");
    }
}

#[test]
fn an_empty_chunk_is_passed_over() {
    let file = b"\0\0\0\x0d\0\0\0\0\0\0\0\x0f\x0d\x30hello hadoop\n";
    assert_eq!(unpack(Codec::Snappy, file).unwrap(), b"hello hadoop\n");
}

#[test]
fn lengths_that_cannot_be_are_refused_before_memory_is_set_aside() {
    for (codec, _) in FRAMED {
        for (file, kind, reason) in [
            (&b"\xff\xff\xff\xff"[..], ErrorKind::InvalidData, "the length of a block is negative"),
            (b"\0\0\0\x01\x80\0\0\0", ErrorKind::InvalidData, "the length of a chunk is negative"),
            (b"\0\0\0\x01\0\0\xff\xffabc", ErrorKind::InvalidData, "a chunk of 65535 bytes is too"),
            (b"\x7f\xff\xff\xff\x7f\xff\xff\xffabc", ErrorKind::UnexpectedEof, "rest of a chunk"),
            (b"\x7f\xff\xff\xff", ErrorKind::UnexpectedEof, "the block has more data"),
        ] {
            let error = unpack(codec, file).unwrap_err();
            assert_eq!(error.kind(), kind, "{codec}: {error}");
            assert!(error.to_string().contains(reason), "{codec}: {error}");
        }
    }
    // A snappy chunk that claims 2 GiB, in a block that would have room for them.
    let file = b"\x7f\xff\xff\xff\0\0\0\x06\xff\xff\xff\xff\x07a";
    let error = unpack(Codec::Snappy, file).unwrap_err();
    assert!(error.to_string().contains("more than it can hold"), "{error}");
}

#[test]
fn the_snappy_framing_format_is_read() {
    let data = noise(100_000, 3);
    let mut file = Vec::new();
    let mut writer = snap::write::FrameEncoder::new(&mut file);
    writer.write_all(&data).unwrap();
    writer.flush().unwrap();
    drop(writer);
    assert_eq!(unpack(Codec::Snappy, &file).unwrap(), data);

    let error = unpack(Codec::Snappy, &file[..file.len() - 1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    file[70_000] ^= 1;
    let error = unpack(Codec::Snappy, &file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

#[test]
fn the_lz4_frame_format_is_read() {
    let data = crate::data::lines(20_000);
    let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
    writer.write_all(&data).unwrap();
    let file = writer.finish().unwrap();
    assert_eq!(unpack(Codec::Lz4, &file).unwrap(), data);
    assert_eq!(unpack(Codec::Lz4, &file.repeat(2)).unwrap(), data.repeat(2));
}
