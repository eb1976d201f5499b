//! Compressed files that no honest writer leaves: cut, padded, joined, changed, misnamed.
//!
//! A cut or changed file is never a shorter one: howdah fails and names file and offset. So what is promised is said
//! here, and Hadoop's own answer is recorded beside it where that is another.

use std::io::Write;

use howdah_codec::Codec;

use super::{Made, Promise, case};

/// The text of the files: two lines in the first member, one in the second.
const FIRST: &str = "one\ntwo\n";
const SECOND: &str = "three\n";
/// What `cat` as the mapper makes of them.
const FIRST_MAPPED: &str = "one\t\ntwo\t\n";
const BOTH_MAPPED: &str = "one\t\ntwo\t\nthree\t\n";

/// Both texts, as other programs write them: `zstd --check`, `lz4`, and the framing format of snappy's own.
const CHECKED_ZSTD: &str = "28b52ffd04587100006f6e650a74776f0a74687265650aa4588934";
const LZ4_FRAME: &str = "04224d186440a70e0000806f6e650a74776f0a74687265650a00000000432598a3";
const SNAPPY_FRAMES: &str = "ff060000734e6150705901120000265a9b8a6f6e650a74776f0a74687265650a";

/// The cases.
#[must_use]
pub fn cases() -> Vec<Made> {
    let mut cases = Cases(Vec::new());
    for codec in Codec::ALL {
        cases.cut(codec);
        cases.padded(codec);
        cases.joined(codec);
        cases.misnamed(codec);
    }
    cases.gzip();
    cases.deflate();
    cases.bzip2();
    for codec in [Codec::Snappy, Codec::Lz4] {
        cases.framing(codec);
    }
    cases.other_programs();
    cases.0
}

struct Cases(Vec<Made>);

impl Cases {
    fn add(&mut self, codec: Codec, name: &str, why: &str, bytes: &[u8], promise: Promise) {
        let name = format!("{codec}-{name}");
        let file = format!("in{}", codec.extension());
        let case = case(&name, why, &file, bytes, &[], "cat");
        self.0.push(Made { case, promise: Some(promise) });
    }

    fn gives(&mut self, codec: Codec, name: &str, why: &str, bytes: &[u8], mapped: &str) {
        self.add(codec, name, why, bytes, Promise::Gives(mapped.to_owned()));
    }

    /// A file that ends too early: the message says where, and that is its end.
    fn is_cut(&mut self, codec: Codec, name: &str, why: &str, bytes: &[u8]) {
        let at = bytes.len();
        let says = format!("{codec} data end too early, at byte {at} of the compressed file");
        self.fails(codec, name, why, bytes, says);
    }

    /// A file that contradicts itself near a byte.
    fn is_damaged(&mut self, codec: Codec, name: &str, why: &str, bytes: &[u8], near: usize) {
        let says = format!("{codec} data are damaged near byte {near} of the compressed file");
        self.fails(codec, name, why, bytes, says);
    }

    fn fails(&mut self, codec: Codec, name: &str, why: &str, bytes: &[u8], says: String) {
        let place = format!("at `in{}`", codec.extension());
        self.add(codec, name, why, bytes, Promise::Fails(vec![says, place]));
    }

    fn cut(&mut self, codec: Codec) {
        let one = pack(codec, FIRST);
        let is_framed = matches!(codec, Codec::Snappy | Codec::Lz4);
        if is_framed || codec == Codec::Bzip2 {
            self.gives(codec, "of-no-bytes", "a file without bytes is an empty one", b"", "");
        } else {
            self.is_cut(codec, "of-no-bytes", "a file without bytes has no header", b"");
        }
        self.is_cut(codec, "cut-in-the-header", "", &one[..3]);
        self.is_cut(codec, "cut-in-the-middle", "", &one[..one.len() / 2]);
        self.is_cut(codec, "without-its-last-byte", "", &one[..one.len() - 1]);
        let two = [&one[..], &pack(codec, SECOND)].concat();
        self.is_cut(codec, "cut-in-the-second-header", "", &two[..one.len() + 2]);
        self.is_cut(codec, "cut-in-the-second", "", &two[..one.len() + 9]);
        if is_framed {
            let why = "this framing has no end mark: a cut between two blocks cannot be seen";
            self.gives(codec, "cut-between-blocks", why, &one, FIRST_MAPPED);
        }
    }

    fn padded(&mut self, codec: Codec) {
        let one = pack(codec, FIRST);
        let padded = |padding: &[u8]| [&one[..], padding].concat();
        let rubbish = padded(b"some rubbish behind it\n");
        if matches!(codec, Codec::Snappy | Codec::Lz4) {
            let why = "zeros are empty blocks, which Hadoop ends at";
            self.gives(codec, "and-zeros", why, &padded(&[0; 512]), FIRST_MAPPED);
            self.is_cut(codec, "and-a-zero", "", &padded(b"\0"));
            let why =
                "the rubbish is taken for the lengths of a block and a chunk that do not follow";
            self.fails(codec, "and-rubbish", why, &rubbish, codec_says(codec));
            return;
        }
        self.fails(codec, "and-zeros", "", &padded(&[0; 512]), damaged(codec));
        self.fails(codec, "and-a-zero", "", &padded(b"\0"), codec_says(codec));
        self.fails(codec, "and-rubbish", "", &rubbish, damaged(codec));
    }

    fn joined(&mut self, codec: Codec) {
        let [one, two, none] = [FIRST, SECOND, ""].map(|text| pack(codec, text));
        self.gives(codec, "joined", "", &[&one[..], &two].concat(), BOTH_MAPPED);
        let with_none = [&none[..], &one, &none, &none, &two, &none].concat();
        let why = "members, streams, frames or blocks of nothing";
        self.gives(codec, "joined-with-nothing", why, &with_none, BOTH_MAPPED);
        self.gives(codec, "of-nothing", "", &none, "");
    }

    fn misnamed(&mut self, codec: Codec) {
        let text = b"plain text under its name\n";
        self.fails(codec, "of-plain-text", "", text, codec_says(codec));
        for other in Codec::ALL {
            let is_next = Codec::ALL.iter().position(|it| *it == codec).map(|at| (at + 1) % 6)
                == Codec::ALL.iter().position(|it| *it == other);
            if other != codec && (is_next || other == Codec::Gzip) {
                let file = pack(other, &FIRST.repeat(3));
                self.fails(codec, &format!("that-is-{other}"), "", &file, codec_says(codec));
            }
        }
    }

    fn gzip(&mut self) {
        let gzip = Codec::Gzip;
        let one = pack(gzip, FIRST);
        let end = one.len();
        let changed = |at: usize, bits: u8| changed(&one, at, bits);
        self.is_damaged(gzip, "with-a-wrong-checksum", "", &changed(end - 8, 1), end - 4);
        self.is_damaged(gzip, "with-a-wrong-length", "", &changed(end - 1, 1), end);
        self.is_cut(gzip, "without-its-trailer", "", &one[..end - 8]);
        self.fails(gzip, "with-a-changed-bit", "", &changed(12, 4), damaged(gzip));
        self.fails(gzip, "of-another-method", "", &changed(2, 1), damaged(gzip));
        self.fails(gzip, "with-reserved-flags", "", &changed(3, 0x80), damaged(gzip));

        // RFC 1952: extra field, name, comment and the header's own checksum, its lower half.
        let mut full = b"\x1f\x8b\x08\x1e\0\0\0\0\0\x03\x02\0xxname\0comment\0".to_vec();
        let mut crc = crc32(&full);
        full.extend_from_slice(&crc.to_le_bytes()[..2]);
        full.extend_from_slice(&one[10..]);
        self.gives(gzip, "with-all-of-a-header", "", &full, FIRST_MAPPED);
        crc ^= 1;
        let at = full.len() - (one.len() - 10) - 2;
        full[at] = crc.to_le_bytes()[0];
        self.fails(gzip, "with-a-wrong-header-checksum", "", &full, damaged(gzip));

        let case = case(
            "gzip-under-no-name",
            "what has no ending of a codec is text",
            "in.txt",
            &one,
            &[],
            "cat",
        );
        self.0.push(Made { case, promise: None });
    }

    fn deflate(&mut self) {
        let deflate = Codec::Deflate;
        let one = pack(deflate, FIRST);
        let end = one.len();
        self.is_damaged(deflate, "with-a-wrong-checksum", "", &changed(&one, end - 1, 1), end);
        self.is_cut(deflate, "without-its-checksum", "", &one[..end - 4]);
        let name = "with-a-wrong-header";
        self.fails(deflate, name, "", &changed(&one, 1, 1), damaged(deflate));
        let dictionary = [&b"\x78\xbb\0\0\0\x01"[..], &one[2..]].concat();
        self.fails(deflate, "with-a-dictionary", "", &dictionary, damaged(deflate));
    }

    fn bzip2(&mut self) {
        let bzip2 = Codec::Bzip2;
        let one = pack(bzip2, FIRST);
        let both = [&one[..], &pack(bzip2, SECOND)].concat();
        let changed = |at: usize, bits: u8| changed(&one, at, bits);
        self.is_damaged(bzip2, "with-a-wrong-block-checksum", "", &changed(11, 1), 4);
        let at = one.len() - 3;
        self.fails(bzip2, "with-a-wrong-stream-checksum", "", &changed(at, 0x10), damaged(bzip2));
        self.fails(bzip2, "with-a-changed-bit", "", &changed(20, 4), codec_says(bzip2));
        self.is_damaged(bzip2, "of-no-level", "BZh0", &changed(3, 9), 0);
        self.is_damaged(bzip2, "of-another-kind", "BZ0", &changed(2, b'h' ^ b'0'), 0);

        // The same in two splits: the second begins within the first stream, whose block is the first split's.
        let block = format!("fs.local.block.size={}", one.len() / 2 + 4);
        let mut in_splits = |name: &str, why: &str, bytes: &[u8], says: String| {
            let case = case(name, why, "in.bz2", bytes, &[&block], "cat");
            let place = "at `in.bz2`".to_owned();
            self.0.push(Made { case, promise: Some(Promise::Fails(vec![says, place])) });
        };
        let cut = &both[..both.len() - 4];
        let says = format!("end too early, at byte {} of the compressed file", cut.len());
        in_splits("bzip2-in-splits-cut", "", cut, says);
        let mut damaged_second = both.clone();
        damaged_second[one.len() + 11] ^= 1;
        let says = format!("damaged near byte {} of the compressed file", one.len() + 4);
        in_splits("bzip2-in-splits-with-a-wrong-block-checksum", "", &damaged_second, says);
        let rubbish = [&both[..], b"some rubbish behind it, which is long enough"].concat();
        in_splits("bzip2-in-splits-and-rubbish", "", &rubbish, damaged(bzip2));
    }

    /// The block framing that snappy and lz4 share: a block's length, then its chunks.
    fn framing(&mut self, codec: Codec) {
        let [one, two] = [FIRST, SECOND].map(|text| pack(codec, text));
        let with_length = |length: u32| [&length.to_be_bytes()[..], &one[4..]].concat();
        let short = with_length(FIRST.len() as u32 - 3);
        self.fails(codec, "with-a-block-too-short", "the chunk holds more", &short, damaged(codec));
        let long = with_length(FIRST.len() as u32 + 3);
        self.is_cut(
            codec,
            "with-a-block-too-long",
            "the chunk holds less, and no other follows",
            &long,
        );
        let huge = with_length(0x0800_0000);
        self.is_cut(codec, "with-a-huge-block", "134 MB that do not follow", &huge);
        self.is_damaged(codec, "with-a-negative-block", "", &with_length(u32::MAX), 0);
        let chunk = |length: u32| [&one[..4], &length.to_be_bytes(), &one[8..]].concat();
        self.is_damaged(codec, "with-a-huge-chunk", "", &chunk(0x0800_0000), 4);
        self.is_damaged(codec, "with-a-negative-chunk", "", &chunk(u32::MAX), 4);
        let shorter = u32::try_from(one.len() - 8 - 2).unwrap();
        self.fails(codec, "with-a-chunk-too-short", "", &chunk(shorter), damaged(codec));
        let why = "Hadoop ends at an empty block";
        let empty_between = [&one[..], &[0; 4], &two].concat();
        self.gives(codec, "with-an-empty-block", why, &empty_between, BOTH_MAPPED);
        let empty_chunk = [&one[..4], &[0; 4], &one[4..], &two].concat();
        self.gives(codec, "with-an-empty-chunk", "", &empty_chunk, BOTH_MAPPED);
        let mut changed = one.clone();
        let at = changed.iter().position(|&byte| byte == b'w').unwrap();
        changed[at] = b'W';
        let why = "this framing has no checksum: what is changed within a text cannot be seen";
        self.gives(codec, "with-a-changed-letter", why, &changed, "one\t\ntWo\t\n");
    }

    fn other_programs(&mut self) {
        let zstd = bytes(CHECKED_ZSTD);
        let end = zstd.len();
        self.gives(Codec::Zstd, "with-a-checksum", "", &zstd, BOTH_MAPPED);
        let wrong = changed(&zstd, end - 1, 1);
        self.fails(Codec::Zstd, "with-a-wrong-checksum", "", &wrong, damaged(Codec::Zstd));
        self.is_cut(Codec::Zstd, "without-its-checksum", "", &zstd[..end - 4]);

        let why = "the frame format, as the command `lz4` writes it";
        let lz4 = bytes(LZ4_FRAME);
        let end = lz4.len();
        self.gives(Codec::Lz4, "in-a-frame", why, &lz4, BOTH_MAPPED);
        let wrong = changed(&lz4, end - 1, 1);
        self.fails(Codec::Lz4, "in-a-frame-with-a-wrong-checksum", "", &wrong, damaged(Codec::Lz4));
        self.is_cut(Codec::Lz4, "in-a-frame-that-is-cut", "", &lz4[..end - 4]);

        let why = "the framing format of snappy's own";
        let snappy = bytes(SNAPPY_FRAMES);
        self.gives(Codec::Snappy, "in-frames", why, &snappy, BOTH_MAPPED);
        let wrong = changed(&snappy, 14, 1);
        let name = "in-frames-with-a-wrong-checksum";
        self.fails(Codec::Snappy, name, "", &wrong, damaged(Codec::Snappy));
        let cut = &snappy[..snappy.len() - 4];
        self.is_cut(Codec::Snappy, "in-frames-that-are-cut", "", cut);
    }
}

/// What every message of damage begins with.
fn damaged(codec: Codec) -> String {
    format!("{codec} data are damaged near byte ")
}

/// What every message of the codec's begins with: some inputs are as well cut as damaged.
fn codec_says(codec: Codec) -> String {
    format!("{codec} data ")
}

fn pack(codec: Codec, text: &str) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = codec.encoder(&mut file).unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap();
    file
}

fn changed(file: &[u8], at: usize, bits: u8) -> Vec<u8> {
    let mut changed = file.to_vec();
    changed[at] ^= bits;
    changed
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The CRC-32 of gzip, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
