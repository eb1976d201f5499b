//! Text that trips readers of lines, cut at any byte.

use std::fmt::Write;
use std::io::Write as _;

use howdah_codec::Codec;

use super::{Made, case};

/// Every line end, and next to each other.
const LINE_ENDS: &[u8] = b"a\r\nb\rc\n\r\n\n\r\r\r\n\nd\r";
/// Its lines are the records, each with a TAB behind it.
const MAPPER: &str = "cat";

/// The cases.
#[must_use]
pub fn cases() -> Vec<Made> {
    let mut cases = Vec::new();
    let mut add = |name: &str, why: &str, file: &str, bytes: &[u8], properties: &[&str]| {
        let case = case(name, why, file, bytes, properties, MAPPER);
        cases.push(Made { case, promise: None });
    };
    for block in 1..=7 {
        let size = format!("fs.local.block.size={block}");
        add(&format!("line-ends-in-splits-of-{block}"), "", "in.txt", LINE_ENDS, &[&size]);
    }
    for buffer in 1..=3 {
        let (size, why) =
            (format!("io.file.buffer.size={buffer}"), "Hadoop reads so many bytes at a time");
        add(&format!("line-ends-in-pieces-of-{buffer}"), why, "in.txt", LINE_ENDS, &[&size]);
        let split = ["fs.local.block.size=4", &size];
        add(
            &format!("line-ends-in-splits-and-pieces-of-{buffer}"),
            why,
            "in.txt",
            LINE_ENDS,
            &split,
        );
    }
    for (codec, name) in [(Codec::Gzip, "in.gz"), (Codec::Bzip2, "in.bz2")] {
        let mut packed = Vec::new();
        let mut encoder = codec.encoder(&mut packed).unwrap();
        encoder.write_all(&[b"\xef\xbb\xbf", LINE_ENDS].concat()).unwrap();
        encoder.finish().unwrap();
        add(&format!("line-ends-and-mark-in-{codec}"), "", name, &packed, &[]);
    }
    let mark = [b"\xef\xbb\xbf", LINE_ENDS].concat();
    for block in 1..=5 {
        let size = format!("fs.local.block.size={block}");
        let why = "a byte order mark that splits run through";
        add(&format!("mark-in-splits-of-{block}"), why, "in.txt", &mark, &[&size]);
    }
    add("mark-in-pieces-of-1", "", "in.txt", &mark, &["io.file.buffer.size=1"]);
    let limit = "mapreduce.input.linerecordreader.line.maxlength=4";
    let why = "a mark does not count for the length of the first line, and a line end does";
    add("mark-and-longest", why, "in.txt", b"\xef\xbb\xbfab\nabc\nabcd\n", &[limit]);
    add("marks-of-utf-16", "", "in.txt", b"\xff\xfea\0\n\0b\0\r\0\n\0", &[]);
    add("big-endian-utf-16", "", "in.txt", b"\xfe\xff\0a\0\n\0b\0\r\0\n", &[]);
    add("nul-alone", "", "in.txt", b"\0", &[]);
    add("nul-and-line-ends", "", "in.txt", b"\0\n\0\0\r\0\r\n", &["fs.local.block.size=3"]);
    add("line-feed-alone", "", "in.txt", b"\n", &[]);
    add("carriage-return-alone", "", "in.txt", b"\r", &[]);
    add("line-feeds-in-splits", "", "in.txt", b"\n\n\n\n\n\n\n", &["fs.local.block.size=2"]);
    add("carriage-returns-in-splits", "", "in.txt", b"\r\r\r\r\r\r\r", &["fs.local.block.size=2"]);
    add("pairs-in-splits", "", "in.txt", b"\r\n\r\n\r\n\r\n", &["fs.local.block.size=3"]);
    add("no-line-end-in-splits", "", "in.txt", b"abcdefghij", &["fs.local.block.size=3"]);
    let not_utf8 = b"\xc3\n\x80\xbf\n\xf0\x9f\x98\n\xed\xa0\x80\n\xf5\xff\n\xc0\x80";
    add("no-utf-8", "sequences that are cut, stray, overlong, surrogate", "in.txt", not_utf8, &[]);
    add("no-utf-8-in-splits", "", "in.txt", not_utf8, &["fs.local.block.size=5"]);
    add(
        "end-of-file-of-dos",
        "a control-Z is a byte like others",
        "in.txt",
        b"a\n\x1ab\n\x1a",
        &[],
    );
    let mut numbers = String::new();
    for number in 0..40 {
        write!(numbers, "{number:>width$}\r\n", width = number * 7).unwrap();
    }
    add(
        "longer-and-longer",
        "lines over several splits",
        "in.txt",
        numbers.as_bytes(),
        &["fs.local.block.size=997"],
    );
    cases
}
