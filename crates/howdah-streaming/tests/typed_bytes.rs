//! Typed bytes beside Hadoop's own classes, and beside themselves.
//!
//! `typed_bytes.json` was recorded by `typed_bytes.java`, which calls `TypedBytesInput` and `TypedBytesWritable` of Hadoop
//! 3.4.2 on JDK 17. Each test replays one family and counts what it has replayed.

#![expect(clippy::unwrap_used, reason = "a vector that cannot be read fails its test")]

use howdah_streaming::hash::text_hash;
use howdah_streaming::typed_bytes::{
    CustomCode, ErrorKind, Framer, Value, double_text, float_text, from_slice, length_of, to_vec,
};
use proptest::prelude::*;
use serde::de::IgnoredAny;

fn rows(family: &str) -> Vec<(Vec<u8>, serde_json::Value)> {
    let recorded: serde_json::Value =
        serde_json::from_str(include_str!("typed_bytes.json")).unwrap();
    let rows = recorded[family].as_array().unwrap().iter();
    rows.map(|row| (bytes_of_hex(row[0].as_str().unwrap()), row.clone())).collect()
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// `java_numbers.txt` has the bits of doubles and floats, and what `toString` of JDK 17 gave of each; most are such whose
/// digits are not the fewest that would do.
#[test]
fn numbers_as_java_shows_them() {
    let mut shown = 0;
    for line in include_str!("java_numbers.txt").lines() {
        let (bits, text) = line.split_once(' ').unwrap();
        let ours = match bits.len() {
            8 => float_text(f32::from_bits(u32::from_str_radix(bits, 16).unwrap())),
            _ => double_text(f64::from_bits(u64::from_str_radix(bits, 16).unwrap())),
        };
        assert_eq!(ours, text, "{bits}");
        shown += 1;
    }
    assert_eq!(shown, 600);
}

#[test]
fn rows_of_hadoop() {
    let (mut values, mut shown, mut ends, mut refused) = (0, 0, 0, 0);
    for (bytes, row) in rows("rows") {
        assert_eq!(i64::from(text_hash(&bytes)), row[3].as_i64().unwrap(), "{row}");
        match (row[1].as_str(), row[1]["throws"].as_str()) {
            (Some(raw), _) => {
                assert!(bytes.starts_with(&bytes_of_hex(raw)), "{row}");
                assert_eq!(length_of(&bytes), Ok(Some(raw.len() / 2)), "{row}");
                let (value, length) = Value::read(&bytes).unwrap();
                assert_eq!(length, raw.len() / 2, "{row}");
                values += 1;
                // Where Java fails, as with keys that it cannot compare, we need not.
                if let Some(text) = row[2].as_str() {
                    assert_eq!(value.to_string(), text, "{row}");
                    shown += 1;
                }
            }
            (None, Some("EOFException")) => {
                assert_eq!(length_of(&bytes), Ok(None), "{row}");
                ends += 1;
            }
            (None, Some(_)) => {
                length_of(&bytes).unwrap_err();
                refused += 1;
            }
            (None, None) => {
                // The end of the stream, or a marker in its place, which is a matter of the stream.
                assert!(matches!(bytes.as_slice(), [] | [255]), "{row}");
            }
        }
    }
    assert_eq!((values, shown, ends, refused), (111, 109, 3, 9));
}

#[test]
fn what_only_hadoop_takes() {
    let mut replayed = 0;
    for (bytes, row) in rows("lax") {
        assert!(row[1].is_string(), "{row}");
        match length_of(&bytes) {
            // The end of the stream is no end of a list.
            Ok(None) => assert_eq!(bytes[0], 9, "{row}"),
            Ok(Some(_)) => panic!("{row}"),
            Err(error) => assert_eq!(error.kind(), &ErrorKind::NegativeLength(-1), "{row}"),
        }
        replayed += 1;
    }
    assert_eq!(replayed, 4);
}

#[test]
fn numbers_with_more_digits_than_the_fewest() {
    let rows = rows("other_digits");
    for (bytes, row) in &rows {
        assert_eq!(Value::read(bytes).unwrap().0.to_string(), row[2].as_str().unwrap(), "{row}");
    }
    assert_eq!(rows.len(), 4);
}

fn any_value() -> impl Strategy<Value = Value> {
    let simple = prop_oneof![
        any::<Vec<u8>>().prop_map(Value::Bytes),
        any::<i8>().prop_map(Value::Byte),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Long),
        any::<u32>().prop_map(|bits| Value::Float(f32::from_bits(bits))),
        any::<u64>().prop_map(|bits| Value::Double(f64::from_bits(bits))),
        any::<String>().prop_map(Value::String),
        (50u8..=200, any::<Vec<u8>>())
            .prop_map(|(code, bytes)| Value::Custom(CustomCode::new(code).unwrap(), bytes)),
    ];
    simple.prop_recursive(6, 40, 6, |value| {
        prop_oneof![
            prop::collection::vec(value.clone(), 0..6).prop_map(Value::Vector),
            prop::collection::vec(value.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec((value.clone(), value), 0..6).prop_map(Value::Map),
        ]
    })
}

/// JSON documents without integers that typed bytes cannot hold.
fn any_document() -> impl Strategy<Value = serde_json::Value> {
    let simple = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter("JSON has no such number", |x| x.is_finite()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    simple.prop_recursive(6, 40, 6, |value| {
        prop_oneof![
            prop::collection::vec(value.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), value, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut bytes).unwrap();
    bytes
}

/// Bytes that look like typed bytes for a while.
fn nearly_typed_bytes() -> impl Strategy<Value = Vec<u8>> {
    let short =
        prop::collection::vec(prop_oneof![0u8..12, Just(50), Just(255), any::<u8>()], 0..40);
    let changed = (any_value(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
        |(value, index, byte)| {
            let mut bytes = written(&value);
            let at = index.index(bytes.len());
            bytes[at] = byte;
            bytes
        },
    );
    prop_oneof![short, changed]
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in any_value(), tail: Vec<u8>) {
        let bytes = written(&value);
        let longer = [&bytes[..], &tail].concat();
        prop_assert_eq!(length_of(&longer), Ok(Some(bytes.len())));
        let (again, length) = Value::read(&longer).unwrap();
        prop_assert_eq!(length, bytes.len());
        // Values with NaN in them are equal to nothing, but their bytes are.
        prop_assert_eq!(written(&again), bytes);
        again.to_string();
    }

    #[test]
    fn a_value_that_is_cut_needs_more(value in any_value()) {
        let bytes = written(&value);
        let mut framer = Framer::default();
        for end in 0..bytes.len() {
            prop_assert_eq!(length_of(&bytes[..end]), Ok(None));
            prop_assert_eq!(framer.advance(&bytes[..end]), Ok(None));
            let error = Value::read(&bytes[..end]).unwrap_err();
            prop_assert_eq!(error.kind(), &ErrorKind::Truncated);
            prop_assert_eq!(error.offset(), Some(end as u64));
        }
        prop_assert_eq!(framer.advance(&bytes), Ok(Some(bytes.len())));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in nearly_typed_bytes()) {
        let value = Value::read(&bytes);
        match length_of(&bytes) {
            Ok(Some(length)) => {
                let (value, read) = value.unwrap();
                prop_assert_eq!(read, length);
                value.to_string();
                prop_assert!(from_slice::<IgnoredAny>(&bytes[..length]).is_ok());
                let _ = from_slice::<serde_json::Value>(&bytes);
            }
            Ok(None) => {
                let error = value.unwrap_err();
                prop_assert_eq!(error.kind(), &ErrorKind::Truncated);
            }
            Err(error) => {
                prop_assert!(error.offset().is_some_and(|at| at < bytes.len() as u64));
                prop_assert_eq!(&value.unwrap_err(), &error);
                prop_assert_eq!(from_slice::<IgnoredAny>(&bytes).unwrap_err(), error);
            }
        }
    }

    #[test]
    fn documents_come_back(document in any_document()) {
        let bytes = to_vec(&document).unwrap();
        prop_assert_eq!(length_of(&bytes), Ok(Some(bytes.len())));
        prop_assert_eq!(from_slice::<serde_json::Value>(&bytes).unwrap(), document);
    }
}
