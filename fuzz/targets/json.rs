//! JSON in the place of records: the reader of our own, and `serde_json` behind it, say together what `serde_json` alone
//! says, of each type and whatever was read into the same place before.
#![no_main]

use std::collections::BTreeMap;
use std::fmt::Debug;

use howdah::{Data, Input, JsonLines, Unread};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

#[derive(Debug, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(i8, i64),
    Named { name: String, sides: Option<u8> },
}

#[derive(Debug, Serialize, Deserialize)]
struct Wrapped(u16);

#[derive(Debug, Serialize, Deserialize)]
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

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Number(u32),
    Text(String),
    Pair(i64, f64),
    Record { name: String },
}

/// A type whose own code goes on after an error.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Lenient {
    #[serde(deserialize_with = "or_nothing")]
    name: Option<u8>,
    #[serde(deserialize_with = "or_nothing")]
    pair: Option<(u8, bool)>,
    sides: u8,
}

fn or_nothing<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(T::deserialize(deserializer).ok())
}

/// A type that passes over whatever is there.
#[derive(Debug, Serialize, Deserialize)]
struct Ignored {}

/// What JSON is made of, and some that it is not: each in the place of a byte, from 0x80 on.
const WORDS: &[&[u8]] = &[
    b"[]",
    b"{}",
    b"null",
    b"true",
    b"false",
    b"-0",
    b"01",
    b"1.5",
    b"1e3",
    b"1e999",
    b"12345678",
    b"1234567890123456789",
    b"18446744073709551615",
    b"18446744073709551616",
    b"-9223372036854775808",
    b"-9223372036854775809",
    b"\"\"",
    b"\"a\"",
    b"\"a\":",
    b"\"12\":",
    b"\"a\\nb\"",
    b"\"\\u0061\"",
    b"\"\\ud800\"",
    b"\"\\ud83d\\ude00\"",
    b"\"longer than eight\"",
    b"\xff",
    "\"é漢\"".as_bytes(),
    b"\"Point\"",
    b"{\"Circle\":",
    b"{\"Line\":[",
    b"{\"Named\":{",
    b"\"name\":",
    b"\"sides\":",
    b"\"pair\":[",
    b"{\"name\":1,\"pair\":[2,true],\"sides\":3}",
    b"{\"shapes\":[",
    b"],\"name\":\"n\",\"flag\":true,\"letter\":\"c\",\"wrapped\":",
    b",\"map\":{",
    b",\"unit\":",
    b"[7,[1,[\"news\",\"shop\"]]]",
    // The key by which `serde_json` knows text that is passed on unread.
    b"{\"$serde_json::private::RawValue\":",
    b"[[[[[[[[[[[[[[[[[[[[",
    b"]]]]]]]]]]]]]]]]]]]]",
    b"{1:2}",
    b"{\"a\":1,}",
    b"[,1]",
    b"[1,]",
    b"[1 2]",
    b"[\"a\",]",
    b"\n",
];

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(2, |&byte| byte == b'\n').map(spelled);
    let [one, other] = [lines.next(), lines.next()].map(Option::unwrap_or_default);
    for lines in [[&one[..], &other, &other], [&other, &one, &one]] {
        all_agree(lines);
    }
    for line in [&one, &other] {
        values_agree::<u64>(line);
        values_agree::<i64>(line);
        values_agree::<Vec<String>>(line);
        elements_agree(line);
    }
});

/// A line of bytes and words.
fn spelled(line: &[u8]) -> Vec<u8> {
    let spell = |byte: &u8| match byte.checked_sub(0x80) {
        None => vec![*byte],
        Some(word) => WORDS[usize::from(word) % WORDS.len()].to_vec(),
    };
    line.iter().flat_map(spell).collect()
}

fn all_agree(lines: [&[u8]; 3]) {
    agree::<u64>(lines);
    agree::<(i64,)>(lines);
    agree::<Option<i8>>(lines);
    agree::<u128>(lines);
    agree::<f64>(lines);
    agree::<Vec<f32>>(lines);
    agree::<Option<char>>(lines);
    agree::<String>(lines);
    agree::<Vec<Option<String>>>(lines);
    agree::<Vec<Vec<bool>>>(lines);
    agree::<((), u64)>(lines);
    agree::<Option<(u64, Option<(u64, Unread<Vec<String>>)>)>>(lines);
    agree::<Record>(lines);
    agree::<Option<Shape>>(lines);
    agree::<Vec<Any>>(lines);
    agree::<Lenient>(lines);
    agree::<BTreeMap<String, u64>>(lines);
    agree::<BTreeMap<i64, Option<Ignored>>>(lines);
    agree::<Vec<Ignored>>(lines);
    agree::<Unread<()>>(lines);
    agree::<serde_json::Value>(lines);
}

/// Reads lines one after the other into the same place.
fn agree<T: Data + Debug>(lines: [&[u8]; 3]) {
    let mut place = <JsonLines<T> as Input>::Slot::default();
    for line in lines {
        let expected = serde_json::from_slice::<T>(line).ok();
        let read = JsonLines::<T>::decode(&mut place, line).ok();
        let [read, expected] = [format!("{read:?}"), format!("{:?}", expected.as_ref())];
        assert_eq!(read, expected, "{}", line.escape_ascii());
    }
}

/// A value that is read late.
fn values_agree<T: Data + Debug + PartialEq>(line: &[u8]) {
    let Ok(part) = serde_json::from_slice::<Unread<T>>(line) else { return };
    let expected = serde_json::from_str::<T>(part.json()).ok();
    assert_eq!(part.read().ok(), expected, "{}", part.json());
}

/// The elements of a list that are read late: as the text that they are, and as strings. The list itself was read by
/// either reader.
fn elements_agree(line: &[u8]) {
    let Ok(list) = serde_json::from_slice::<Unread<Vec<Unread<()>>>>(line) else { return };
    let expected: Option<Vec<&RawValue>> = serde_json::from_str(list.json()).ok();
    assert_eq!(list.elements().is_ok(), expected.is_some(), "{}", list.json());
    let expected = expected.unwrap_or_default();
    texts_are(&list, &expected);
    let mut place = <JsonLines<Unread<Vec<Unread<()>>>> as Input>::Slot::default();
    let list = JsonLines::decode(&mut place, line).expect("what serde_json reads");
    texts_are(list, &expected);
    let mut place = <JsonLines<Unread<Vec<String>>> as Input>::Slot::default();
    strings_are(JsonLines::decode(&mut place, line).expect("what serde_json reads"), &expected);
}

fn texts_are(list: &Unread<Vec<Unread<()>>>, expected: &[&RawValue]) {
    let Ok(mut elements) = list.elements() else { return };
    assert_eq!(elements.len(), expected.len(), "{}", list.json());
    for expected in expected {
        let element = elements.next_ref().expect("an element of JSON");
        assert_eq!(element.map(Unread::json), Some(expected.get()), "{}", list.json());
    }
}

/// Up to the first that is none.
fn strings_are(list: &Unread<Vec<String>>, expected: &[&RawValue]) {
    let Ok(mut elements) = list.elements() else { return };
    for expected in expected {
        let expected: Option<String> = serde_json::from_str(expected.get()).ok();
        let lent = elements.next_str().ok().flatten();
        assert_eq!(lent.as_deref(), expected.as_deref(), "{}", list.json());
        let (Some(lent), Some(string)) = (lent, expected) else { return };
        let written = [serde_json::to_string(&lent), serde_json::to_string(&string)];
        let [written, expected] = written.map(|json| json.expect("a string can be written"));
        assert_eq!(written, expected);
    }
    assert!(elements.is_empty());
}
