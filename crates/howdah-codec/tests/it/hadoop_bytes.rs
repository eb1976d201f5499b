//! Byte for byte against what the classes of Apache Hadoop 3.4.2 wrote (`hadoop-3.4.2.txt`).

use howdah_codec::Codec;

use crate::data::{pack, unpack};

struct Case {
    codec: Codec,
    input: Vec<u8>,
    file_bytes: usize,
    /// The whole file, or its beginning.
    bytes: Vec<u8>,
    name: String,
}

fn cases() -> Vec<Case> {
    let text = include_str!("hadoop-3.4.2.txt");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<_> = line.split(' ').collect();
            let input = match fields[1] {
                "empty" => Vec::new(),
                "hello" => b"hello hadoop\n".to_vec(),
                "letters" => b"abcdefghij".repeat(60_000),
                other => panic!("an unknown input: {other}"),
            };
            let hex = fields[3].trim_end_matches("...").as_bytes();
            let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
            Case {
                codec: Codec::from_name(fields[0]).unwrap(),
                input,
                file_bytes: fields[2].parse().unwrap(),
                bytes: hex.chunks(2).map(|two| digit(two[0]) << 4 | digit(two[1])).collect(),
                name: format!("{} {}", fields[0], fields[1]),
            }
        })
        .collect()
}

#[test]
fn hadoops_files_are_read() {
    for case in cases() {
        if case.bytes.len() == case.file_bytes {
            assert_eq!(unpack(case.codec, &case.bytes).unwrap(), case.input, "{}", case.name);
        }
    }
}

/// How far our files are Hadoop's. A short input leaves a compressor no choice; on 600 000 letters
/// zlib-rs, libbz2 and `lz4_flex` choose other matches than the JDK's zlib, Hadoop's bzip2 in Java
/// and lz4-java. The envelope is the same in any case.
#[test]
fn the_same_files_are_written() {
    let cases = cases();
    assert_eq!(cases.len(), 15);
    for case in cases {
        let file = pack(case.codec, &case.input);
        assert_eq!(unpack(case.codec, &file).unwrap(), case.input, "{}", case.name);
        let same_bytes = match case.codec {
            Codec::Snappy => file.len(), // Only the beginning of the long file is on record.
            _ if case.input.len() > 13 => match case.codec {
                Codec::Gzip => 10,
                Codec::Deflate => 2,
                _ => 4,
            },
            _ => file.len(),
        };
        if same_bytes == file.len() {
            assert_eq!(file.len(), case.file_bytes, "{}", case.name);
        }
        let same_bytes = same_bytes.min(case.bytes.len());
        assert_eq!(file[..same_bytes], case.bytes[..same_bytes], "{}", case.name);
    }
}

/// The long input in Hadoop's framing: one block of 600 000 bytes, three chunks, an empty block.
/// The lengths in Hadoop's file follow from its first chunk, which is on record, and its size.
#[test]
fn a_long_write_is_framed_as_in_hadoop() {
    for case in cases().into_iter().filter(|case| case.input.len() > 13) {
        let (max, slack) = match case.codec {
            Codec::Snappy => (218_422, 0),
            Codec::Lz4 => (261_100, 1), // `lz4_flex` needs a byte more for each chunk.
            _ => continue,
        };
        let file = pack(case.codec, &case.input);
        assert_eq!(file.len(), case.file_bytes + 3 * slack, "{}", case.name);
        let length = |bytes: &[u8]| u32::from_be_bytes(*bytes.first_chunk().unwrap()) as usize;
        assert_eq!(length(&file[4..]), length(&case.bytes[4..]) + slack, "{}", case.name);
        assert_eq!(case.input.len().div_ceil(max), 3);
        assert!(file.ends_with(&[0; 4]), "{}", case.name);
    }
}
