//! Files of Hadoop's own writer, and what Hadoop's own reader made of them.
//!
//! `vectors.json` was recorded from Hadoop 3.4.2 on JDK 17. Each test replays one family and counts what it has
//! replayed. (`GzipCodec` is refused by that writer without native code: its files were written through a class that
//! hands everything on to it, and the name in the header was put right. There is none of `ZStandardCodec`, which is
//! native code only.)

#![expect(clippy::unwrap_used, reason = "a vector that cannot be read fails its test")]

use std::io::Cursor;

use howdah_sequence_file::{Compression, Error, Header, Reader, Settings, WritableClass, Writer};
use serde_json::{Value, json};

/// Damage that Hadoop does not see: it takes what is before for the whole, or reads on.
const STRICTER: [&str; 5] = [
    "negative key length",
    "block, cut in the mark",
    "block, cut in the keys",
    "block, no escape",
    "block, fewer records than there are",
];
/// What is read here and not, or not wholly, by Hadoop.
const MORE_IS_READ: [&str; 2] = ["two sync marks", "unknown key class"];

fn family(name: &str) -> Vec<Value> {
    let recorded: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    recorded[name].as_array().unwrap().clone()
}

fn of_hex(value: &Value) -> Vec<u8> {
    let pairs = value.as_str().unwrap().as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

/// Keys and values.
type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// The records of a file, and what stopped the reading.
fn read(file: &[u8]) -> (Option<Header>, Records, Option<Error>) {
    let mut records = Vec::new();
    let mut reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (None, records, Some(error)),
    };
    let header = reader.header().clone();
    loop {
        match reader.next_record() {
            Ok(Some(record)) => records.push((record.key.to_vec(), record.value.to_vec())),
            end => return (Some(header), records, end.err()),
        }
    }
}

/// `toString`, where this crate knows it.
fn text(class: &str, bytes: &[u8]) -> Option<String> {
    WritableClass::of_name(class).map(|class| class.read(bytes).unwrap().to_string())
}

fn names(compression: Compression) -> (&'static str, Option<&'static str>) {
    match compression {
        Compression::None => ("NONE", None),
        Compression::Record(codec) => ("RECORD", Some(codec.hadoop_class())),
        Compression::Block(codec) => ("BLOCK", Some(codec.hadoop_class())),
    }
}

#[test]
fn whole_files_are_read_as_hadoop_reads_them() {
    let mut replayed = 0;
    for file in family("files") {
        let name = file["name"].as_str().unwrap();
        if file.get("throws").is_some() || STRICTER.contains(&name) || MORE_IS_READ.contains(&name)
        {
            continue;
        }
        let (header, records, error) = read(&of_hex(&file["file"]));
        assert!(error.is_none(), "{name}: {error:?}");
        let header = header.unwrap();
        assert_eq!(file["key class"], json!(header.key_class), "{name}");
        assert_eq!(file["value class"], json!(header.value_class), "{name}");
        let metadata = header.metadata.iter().map(|(name, value)| (name.clone(), json!(value)));
        assert_eq!(file["metadata"], Value::Object(metadata.collect()), "{name}");
        let (compression, codec) = names(header.compression);
        assert_eq!(file["compression"], json!(compression), "{name}");
        let deflate = "org.apache.hadoop.io.compress.DeflateCodec"; // another name of `DefaultCodec`
        if file["codec"] != json!(deflate) {
            assert_eq!(file["codec"], json!(codec), "{name}");
        }
        let expected = file["records"].as_array().unwrap();
        assert_eq!(records.len(), expected.len(), "{name}");
        for ((key, value), row) in records.iter().zip(expected) {
            assert_eq!(
                (json!(hex(key)), json!(hex(value))),
                (row[0].clone(), row[2].clone()),
                "{name}"
            );
            for (class, bytes, shown) in
                [(&header.key_class, key, &row[1]), (&header.value_class, value, &row[3])]
            {
                if let Some(text) = text(class, bytes) {
                    assert_eq!(json!(text), *shown, "{name}");
                }
            }
        }
        replayed += 1;
    }
    assert_eq!(replayed, 57);
}

#[test]
fn damage_that_hadoop_sees_is_seen() {
    let mut replayed = 0;
    for file in family("files") {
        let name = file["name"].as_str().unwrap();
        if file.get("throws").is_none() && !STRICTER.contains(&name) || MORE_IS_READ.contains(&name)
        {
            continue;
        }
        let (_, records, error) = read(&of_hex(&file["file"]));
        assert!(error.is_some(), "{name} is read");
        let expected = file["records"].as_array().unwrap();
        assert!(records.len() <= expected.len(), "{name}");
        for ((key, _), row) in records.iter().zip(expected) {
            assert_eq!(json!(hex(key)), row[0], "{name}");
        }
        replayed += 1;
    }
    assert_eq!(replayed, 27);
}

#[test]
fn more_is_read_than_by_hadoop() {
    let files = family("files");
    let counts = MORE_IS_READ.map(|name| {
        let file = files.iter().find(|file| file["name"] == json!(name)).unwrap();
        let (_, records, error) = read(&of_hex(&file["file"]));
        assert!(error.is_none(), "{name}: {error:?}");
        records.len()
    });
    assert_eq!(counts, [2, 2]);
}

#[test]
fn errors_say_what_and_where() {
    let message = |name: &str| {
        let files = family("files");
        let file = files.iter().find(|file| file["name"] == json!(name)).unwrap();
        let (_, _, error) = read(&of_hex(&file["file"]));
        error.unwrap().to_string()
    };
    for (name, expected) in [
        ("nothing", "it is not a SequenceFile: it does not begin with `SEQ`"),
        (
            "version 7",
            "it is a SequenceFile of version 7, and only the versions 4 to 6 can be read; write it anew with Hadoop 3",
        ),
        ("cut in the header", "the file ends inside the header's sync mark, at byte 77"),
        ("cut in a key", "the file ends inside a record, at byte 88"),
        (
            "key longer than its record",
            "the length of a key cannot be 99, at byte 82: the file is damaged there or before",
        ),
        (
            "negative record length",
            "the length of a record cannot be -16777202, at byte 78: the file is damaged there or before",
        ),
        (
            "a wrong sync mark",
            "the sync mark at byte 78 is not the one in the header: the file is damaged there or before",
        ),
        (
            "unknown codec",
            "the file is compressed with `org.example.NoCodec`, which is none of Hadoop's codecs (byte 58)",
        ),
        (
            "block without codec",
            "the header asks for compressed blocks without compression (byte 57): it is damaged",
        ),
        (
            "block, fewer records than there are",
            "the lengths of the keys in the block at byte 142 are not those of the keys in it: the file is damaged there",
        ),
    ] {
        assert_eq!(message(name), expected, "{name}");
    }
}

#[test]
fn splits_are_hadoops() {
    let files = family("files");
    let mut replayed = 0;
    for family in family("splits") {
        let file = files.iter().find(|file| file["name"] == family["file"]).unwrap();
        let bytes = of_hex(&file["file"]);
        for (size, expected) in family["splits"].as_object().unwrap() {
            let size: u64 = size.parse().unwrap();
            let count = |start: u64| {
                let mut reader = Reader::split(Cursor::new(&bytes), start, start + size).unwrap();
                let mut records = 0;
                while reader.next_record().unwrap().is_some() {
                    records += 1;
                }
                records
            };
            let counts: Vec<u64> =
                (0..bytes.len() as u64).step_by(size as usize).map(count).collect();
            assert_eq!(json!(counts), *expected, "{} in splits of {size}", family["file"]);
            replayed += counts.len();
        }
    }
    assert_eq!(replayed, 289);
}

/// With the same sync mark the same records make the same file, where no compressor has a choice.
#[test]
fn files_are_written_as_hadoop_writes_them() {
    let files = family("files");
    for (name, sync_interval, block_bytes) in [
        ("text", 1 << 20, 0),
        ("sync marks", 40, 0),
        ("metadata", 40, 0),
        ("split points", 1 << 20, 0),
        ("record, snappy", 60, 0),
        ("block, snappy", 60, 30),
        ("no records", 40, 0),
        ("no records, block", 40, 30),
    ] {
        let file = files.iter().find(|file| file["name"] == json!(name)).unwrap();
        let (header, records, _) = read(&of_hex(&file["file"]));
        let header = header.unwrap();
        let mut settings = Settings::new(header.key_class, header.value_class);
        settings.compression = header.compression;
        settings.metadata = header.metadata;
        settings.sync = header.sync;
        settings.sync_interval = sync_interval;
        settings.block_bytes = block_bytes;
        let mut writer = Writer::new(Vec::new(), settings).unwrap();
        for (key, value) in &records {
            writer.append(key, value).unwrap();
        }
        assert_eq!(json!(hex(&writer.finish().unwrap())), file["file"], "{name}");
    }
}
