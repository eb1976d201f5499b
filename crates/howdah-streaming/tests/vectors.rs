//! What Hadoop's own classes answered.
//!
//! `vectors.json` was recorded by calling the real classes of Hadoop 3.4.2 on JDK 17: `Text`, `BytesWritable`,
//! `KeyFieldBasedPartitioner`, `KeyFieldBasedComparator`, `WritableUtils`, `LineRecordReader` and
//! `mapred.FileInputFormat`. Each test replays one family and counts what it has replayed.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be read fails its test")]

use howdah_streaming::hash::{java_string_hash, partition_of, text_hash};
use howdah_streaming::key_fields::KeyFields;
use howdah_streaming::lines::{Terminator, records_of_split};
use howdah_streaming::partitioner::{KeyFieldPartitioner, Partitioner};
use howdah_streaming::splits::SplitRule;
use howdah_streaming::vint::{read_vint, vint_len, write_vint};
use serde_json::{Value, json};

/// One family of recorded answers.
fn family(name: &str) -> Value {
    let recorded: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    recorded[name].clone()
}

fn rows(family: &Value) -> &[Value] {
    array(&family["rows"])
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number<N: TryFrom<i64, Error: std::fmt::Debug>>(value: &Value) -> N {
    N::try_from(value.as_i64().unwrap()).unwrap()
}

fn bytes_of_hex(value: &Value) -> Vec<u8> {
    let pairs = text(value).as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn text_hash_partition() {
    let family = family("text_hash_partition");
    let mut replayed = 0;
    for row in rows(&family) {
        let key = bytes_of_hex(&row[0]);
        assert_eq!(text_hash(&key), number::<i32>(&row[1]), "{row}");
        assert_eq!(java_string_hash(&key), number::<i32>(&row[2]), "{row}");
        for (partitions, expected) in array(&family["partitions"]).iter().zip(array(&row[3])) {
            assert_eq!(
                partition_of(text_hash(&key), number(partitions)),
                number::<u32>(expected),
                "{row}"
            );
            assert_eq!(
                Partitioner::Hash.partition(&key, number(partitions)),
                Ok(number(expected)),
                "{row}"
            );
        }
        replayed += 1;
    }
    assert_eq!(replayed, 65);
}

#[test]
fn key_field_partition() {
    let family = family("key_field_partition");
    let mut replayed = 0;
    for row in rows(&family) {
        let separator = text(&row[1]).as_bytes();
        let partitioner = match row[2].as_i64() {
            Some(fields) => KeyFieldPartitioner::first_fields(fields, separator),
            None => {
                KeyFieldPartitioner::from_options(row[0].as_str().unwrap_or(""), separator).unwrap()
            }
        };
        for (key, answers) in array(&family["keys"]).iter().zip(array(&row[4])) {
            for (partitions, expected) in array(&row[3]).iter().zip(array(answers)) {
                let partition = partitioner.partition(text(key).as_bytes(), number(partitions));
                assert_eq!(partition, number::<u32>(expected), "{row} {key}");
            }
            replayed += 1;
        }
    }
    assert_eq!(replayed, 765);
}

#[test]
fn key_field_compare() {
    let family = family("key_field_compare");
    let keys = array(&family["keys"]);
    let (mut replayed, mut settled) = (0, Vec::new());
    for row in rows(&family) {
        let fields = KeyFields::parse(row[0].as_str().unwrap_or(""), b"\t").unwrap();
        for pair in array(&row[1]) {
            let (a, b) =
                (text(&keys[number::<usize>(&pair[0])]), text(&keys[number::<usize>(&pair[1])]));
            for (a, b, expected) in [(a, b, &pair[2]), (b, a, &pair[3])] {
                let answer = fields.compare_as_hadoop(a.as_bytes(), b.as_bytes());
                assert_eq!(answer as i64, expected.as_i64().unwrap(), "{} {a:?} {b:?}", row[0]);
                if fields.compare(a.as_bytes(), b.as_bytes()) != answer {
                    settled.push((text(&row[0]).to_owned(), a.to_owned(), b.to_owned()));
                }
            }
            replayed += 1;
        }
    }
    assert_eq!(replayed, 2093);
    assert_settled_only_contradictions(&settled, &family);
}

/// Where the total order differs from the recorded answers, these contradict each other: both keys lack a field, or
/// the numbers are spellings of zero one of which has a minus sign.
fn assert_settled_only_contradictions(settled: &[(String, String, String)], family: &Value) {
    let keys = array(&family["keys"]);
    for (options, a, b) in settled {
        let fields = KeyFields::parse(options, b"\t").unwrap();
        let answer = |x: &str, y: &str| fields.compare_as_hadoop(x.as_bytes(), y.as_bytes());
        let asymmetric = answer(a, b) != answer(b, a).reverse();
        let intransitive = keys.iter().map(text).any(|c| {
            let (ab, bc, ac) = (answer(a, b), answer(b, c), answer(a, c));
            (ab.is_eq() && bc != ac)
                || (bc.is_eq() && ab != ac)
                || (ac.is_eq() && ab != answer(c, b))
        });
        assert!(asymmetric || intransitive, "{options} {a:?} {b:?} could be as in Hadoop");
    }
}

#[test]
fn vint() {
    let family = family("vint");
    let mut replayed = 0;
    for row in rows(&family) {
        let (value, bytes) = (row[0].as_i64().unwrap(), bytes_of_hex(&row[1]));
        let mut written = Vec::new();
        write_vint(value, &mut written);
        assert_eq!(written, bytes, "{row}");
        assert_eq!(vint_len(value), bytes.len(), "{row}");
        assert_eq!(read_vint(&bytes), Some((value, bytes.len())), "{row}");
        replayed += 1;
    }
    assert_eq!(replayed, 14);
}

#[test]
fn line_splits() {
    let family = family("line_splits");
    let mut replayed = 0;
    for row in rows(&family) {
        let terminator = match row[1].as_str() {
            Some(delimiter) => Terminator::Custom(delimiter.into()),
            None => Terminator::Line,
        };
        for split in array(&row[2]) {
            let records = records_of_split(
                text(&row[0]).as_bytes(),
                number(&split[0]),
                number(&split[1]),
                &terminator,
            );
            let records =
                records.iter().map(|(offset, line)| json!([offset, str::from_utf8(line).unwrap()]));
            assert_eq!(Value::Array(records.collect()), split[2], "{row} {split}");
        }
        replayed += 1;
    }
    assert_eq!(replayed, 120);
}

#[test]
fn file_splits() {
    let family = family("file_splits");
    let mut replayed = 0;
    for row in rows(&family) {
        let rule = SplitRule { maps: number(&row[2]), block: number(&row[1]), minimum: 1 };
        let splits = rule.split_file(number(&row[0]), number(&row[0]), true);
        let splits = splits.iter().map(|split| json!([split.start, split.length]));
        assert_eq!(Value::Array(splits.collect()), row[3], "{row}");
        replayed += 1;
    }
    assert_eq!(replayed, 13);
}
