use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::*;
use crate::Unread;
use crate::protocol::json::{Role, write};

type Arrived = (u64, Option<(u64, Unread<Vec<String>>)>);

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i8, i64),
    Named { name: String, sides: Option<u8> },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    shapes: Vec<Shape>,
    name: String,
    flag: bool,
    letter: char,
    #[serde(default)]
    unit: (),
    wrapped: Wrapped,
    map: BTreeMap<i32, Vec<bool>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Wrapped(u16);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "compared by their `Debug`")]
enum Any {
    Number(u32),
    Text(String),
    Pair(i64, f64),
    Record { name: String },
}

/// A type whose own code goes on after an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lenient {
    #[serde(deserialize_with = "or_nothing")]
    name: Option<u8>,
    sides: u8,
}

#[expect(clippy::unnecessary_wraps, reason = "serde asks for it")]
fn or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    Ok(u8::deserialize(deserializer).ok())
}

/// Whether `T` is read, or refused, as `serde_json` does it.
fn agrees<T: DeserializeOwned + Debug + Default>(json: &[u8]) {
    let expected: Option<T> = serde_json::from_slice(json).ok();
    let expected = format!("{:?}", expected.as_ref());
    if let Some(read) = read::<T>(json) {
        assert_eq!(format!("{:?}", Some(read)), expected, "{}", json.escape_ascii());
    }
    let mut place = T::default();
    for _ in 0..2 {
        if read_in_place(json, &mut place) {
            assert_eq!(format!("{:?}", Some(&place)), expected, "{}", json.escape_ascii());
        }
    }
}

fn all_agree(json: &[u8]) {
    agrees::<u64>(json);
    agrees::<(i64,)>(json);
    agrees::<Option<i8>>(json);
    agrees::<f64>(json);
    agrees::<Vec<f32>>(json);
    agrees::<u128>(json);
    agrees::<Option<char>>(json);
    agrees::<String>(json);
    agrees::<Vec<Option<String>>>(json);
    agrees::<Vec<Vec<bool>>>(json);
    agrees::<((), u64)>(json);
    agrees::<Option<Arrived>>(json);
    agrees::<Option<Record>>(json);
    agrees::<Option<Shape>>(json);
    agrees::<Vec<Any>>(json);
    agrees::<Lenient>(json);
    agrees::<BTreeMap<String, u64>>(json);
    agrees::<BTreeMap<i64, Option<IgnoredAnything>>>(json);
    agrees::<Option<IgnoredAnything>>(json);
    agrees::<Option<Box<RawValue>>>(json);
    agrees::<serde_json::Value>(json);
    elements_agree(json);
}

fn elements_agree(json: &[u8]) {
    let Ok(json) = str::from_utf8(json) else { return };
    if List::of(json).is_some() {
        let expected: Vec<&RawValue> = serde_json::from_str(json).unwrap();
        let expected: Vec<&str> = expected.into_iter().map(RawValue::get).collect();
        elements_are::<Box<RawValue>>(json, &expected);
        elements_are::<serde_json::Value>(json, &expected);
        elements_are::<String>(json, &expected);
        elements_are::<Option<u8>>(json, &expected);
        elements_are::<i128>(json, &expected);
        plain_ones_are(json, &expected);
    }
}

/// A plain string is given as it stands; every other element is left for [`List::next_into`].
fn plain_ones_are(json: &str, expected: &[&str]) {
    let mut list = List::of(json).unwrap();
    let mut place: Option<IgnoredAny> = None;
    for element in expected {
        match list.next_plain() {
            Some(plain) => assert_eq!(serde_json::to_string(plain).unwrap(), *element),
            None => assert!(list.next_into(&mut place).is_some(), "{json}"),
        }
    }
    assert_eq!((list.len(), list.next_plain()), (0, None));
}

/// Each element is read as `serde_json` reads it, or given back.
fn elements_are<T: DeserializeOwned + Debug>(json: &str, expected: &[&str]) {
    let mut list = List::of(json).unwrap();
    let mut place: Option<T> = None;
    for (at, element) in expected.iter().enumerate() {
        assert_eq!(list.len(), expected.len() - at);
        match list.next_into(&mut place).unwrap() {
            Ok(()) => {
                let read: T = serde_json::from_str(element).unwrap();
                assert_eq!(format!("{:?}", place.as_ref().unwrap()), format!("{read:?}"));
            }
            Err(left) => assert_eq!(left, *element, "{json}"),
        }
    }
    assert!(list.next_into(&mut place).is_none());
}

#[derive(Debug, Deserialize)]
struct IgnoredAnything {}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Point),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Shape::Circle),
        any::<(i8, i64)>().prop_map(|(a, b)| Shape::Line(a, b)),
        any::<(String, Option<u8>)>().prop_map(|(name, sides)| Shape::Named { name, sides }),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let map = proptest::collection::btree_map(any::<i32>(), vec(any::<bool>(), 0..3), 0..3);
    (vec(shape(), 0..4), any::<(String, bool, char, u16)>(), map).prop_map(
        |(shapes, (name, flag, letter, n), map)| Record {
            shapes,
            name,
            flag,
            letter,
            unit: (),
            wrapped: Wrapped(n),
            map,
        },
    )
}

fn written<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, value, Role::Value).unwrap();
    out
}

/// What JSON is made of, and some that it is not.
const PIECES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "[]",
    "{}",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-",
    "01",
    "12",
    "-7",
    "1.5",
    "1e3",
    "1e999",
    ".",
    "12345678",
    "1234567890123456789",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "\"",
    "\"\"",
    "\"a\"",
    "\"é漢\"",
    "\"12\"",
    "\"a\\nb\"",
    "\"\\u0061\"",
    "\"\\ud800\"",
    "\"longer than eight\"",
    "\\",
    "\"name\"",
    "\"sides\"",
    "\"Point\"",
    "\"Circle\"",
    "\"Named\"",
    " ",
    "\t",
    "\r",
    "\u{1}",
];

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    vec(proptest::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat().into_bytes())
}

fn json() -> impl Strategy<Value = Vec<u8>> {
    let list = |json: &Vec<Vec<u8>>| [b"[", &json.join(&b',')[..], b"]"].concat();
    prop_oneof![
        pieces(),
        record().prop_map(|record| written(&record)),
        shape().prop_map(|shape| written(&shape)),
        vec(proptest::sample::select(PIECES).prop_map(Into::into), 0..5)
            .prop_map(move |json| list(&json)),
        any::<(u64, Option<(u64, Vec<String>)>)>().prop_map(|value| written(&value)),
        any::<BTreeMap<String, u64>>().prop_map(|map| written(&map)),
    ]
}

proptest! {
    #[test]
    fn it_reads_what_serde_json_reads(json in json()) {
        all_agree(&json);
    }

    #[test]
    fn what_is_wrong_is_left_to_serde_json(
        mut json in json(),
        (at, len, byte) in any::<(proptest::sample::Index, u8, u8)>(),
        piece in pieces(),
    ) {
        let start = at.index(json.len() + 1);
        let end = (start + usize::from(len % 4)).min(json.len());
        let new = if len.is_multiple_of(2) { vec![byte] } else { piece };
        json.splice(start..end, new);
        all_agree(&json);
    }

    #[test]
    fn it_does_not_give_up_what_howdah_writes(
        record in record(),
        node in any::<(u64, Option<(u64, Vec<String>)>)>(),
        number in any::<i64>().prop_filter("the least is rare", |&n| n > i64::MIN),
    ) {
        prop_assert!(read::<Record>(&written(&record)).is_some());
        prop_assert_eq!(read(&written(&node)), Some(node.clone()));
        prop_assert!(read::<Arrived>(&written(&node)).is_some());
        let links = node.1.map(|(_, links)| links).unwrap_or_default();
        let json = serde_json::to_string(&links).unwrap();
        let (mut list, mut place) = (List::of(&json).unwrap(), None::<String>);
        for link in &links {
            prop_assert_eq!(list.next_into(&mut place), Some(Ok(())));
            prop_assert_eq!(place.as_ref(), Some(link));
        }
        let unread: Unread<Vec<String>> = read(json.as_bytes()).unwrap();
        let mut elements = unread.elements().unwrap();
        for (at, link) in links.iter().enumerate() {
            prop_assert_eq!(elements.len(), links.len() - at);
            let lent = elements.next_str().unwrap().unwrap();
            prop_assert_eq!(&*lent, link.as_str());
            prop_assert_eq!(written(&lent), written(link));
        }
        prop_assert!(elements.next_str().unwrap().is_none());
        prop_assert_eq!(read(&written(&number)), Some(number));
    }

    #[test]
    fn eight_digits_are_a_number(word in any::<[u8; 8]>(), number in 0_u64..100_000_000) {
        let all_digits = word.iter().all(u8::is_ascii_digit);
        prop_assert_eq!(eight_digits(u64::from_le_bytes(word)).is_some(), all_digits);
        let text = format!("{number:08}").into_bytes().try_into().unwrap();
        prop_assert_eq!(eight_digits(u64::from_le_bytes(text)), Some(number));
    }
}

#[test]
fn what_lies_too_deep_is_left_to_serde_json() {
    for depth in [99, 100, 101, 126, 127, 128, 200] {
        let json = ["[".repeat(depth), "]".repeat(depth)].concat();
        all_agree(json.as_bytes());
        assert_eq!(read::<IgnoredAny>(json.as_bytes()).is_some(), depth <= 100);
    }
}
