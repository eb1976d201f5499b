//! JSON that means harm: nested, out of range, cut, and no JSON at all.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::place::{Place, Said};

/// A job's program that reads JSON.
const READER: &str = env!("CARGO_BIN_EXE_json-reader");
/// More than any stack holds, if each takes a frame.
const DEEP: usize = 200_000;
/// How many arrays and objects may lie within each other.
const MOST_DEPTH: usize = 127;

/// Runs a line between two good ones, by the engine and as a task of Hadoop's: both are to end in the same way.
fn run(shape: &str, good: &str, line: &[u8]) -> [Said; 2] {
    let place = Place::new(&[]);
    let text = [good.as_bytes(), b"\n", line, b"\n", good.as_bytes(), b"\n"].concat();
    fs::write(place.path("in"), &text).unwrap();
    let engine = place.run(READER, &["run", "--shape", shape, "in", "-r", "1"]);
    let mut task = place.command(READER, &["map", "--shape", shape]);
    task.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut task = task.spawn().unwrap();
    let mut stdin = task.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&text); // a task that fails need not have read all
    });
    let task = Said::of(&task.wait_with_output().unwrap());
    writer.join().unwrap();
    [engine, task]
}

#[track_caller]
fn is_refused(shape: &str, good: &str, line: &[u8], why: &str) {
    let shown = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
    for said in run(shape, good, line) {
        assert_eq!(said.code, Some(1), "{shown}: {}", said.stderr);
        assert!(said.stderr.contains(why), "{shown}: {}", said.stderr);
        let offset = good.len() + 1;
        let places = [format!("byte offset {offset}"), format!("begins at byte {offset}\n")];
        assert!(places.iter().any(|place| said.stderr.contains(place)), "{shown}: {}", said.stderr);
        assert!(said.stderr.len() < 4000, "{shown}: {} bytes of error", said.stderr.len());
    }
}

#[track_caller]
fn is_read(shape: &str, good: &str, line: &[u8]) {
    for said in run(shape, good, line) {
        assert_eq!(said.code, Some(0), "{}", said.stderr);
    }
}

const RECORD: &str = r#"{"id":1,"name":"x","ratio":0.5}"#;

#[test]
fn json_that_is_too_deep_is_an_error_and_not_the_end_of_the_stack() {
    let why = "recursion limit exceeded";
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    for shape in ["tree", "any"] {
        is_read(shape, "[]", nested(MOST_DEPTH).as_bytes());
        for line in [nested(MOST_DEPTH + 1), nested(DEEP), "[".repeat(DEEP)] {
            is_refused(shape, "[]", line.as_bytes(), why);
        }
    }
    is_refused("any", "[]", r#"{"a":"#.repeat(DEEP).as_bytes(), why);
    is_refused("any", "[]", r#"[{"a":"#.repeat(DEEP).as_bytes(), why);
    is_refused("record", RECORD, "[".repeat(DEEP).as_bytes(), "this record is not a");
}

#[test]
fn what_a_record_does_not_ask_for_is_passed_over_however_deep() {
    let deep = ["[".repeat(DEEP), "]".repeat(DEEP)].concat();
    let line = |more: &str| format!(r#"{{"id":1,"name":"x","ratio":0.5,"more":{more}}}"#);
    is_read("record", RECORD, line(&deep).as_bytes());
    is_refused("record", RECORD, line(&"[".repeat(DEEP)).as_bytes(), "this record is not a");
}

#[test]
fn numbers_out_of_range_and_what_is_no_number_are_errors() {
    let long = "9".repeat(1_000_000);
    for id in [
        "4294967296",
        "-1",
        "1.5",
        "1e3",
        "01",
        "+1",
        "0x10",
        "1_000",
        "NaN",
        "1e999999999",
        "\"1\"",
        "true",
        "null",
        "[1]",
        &long,
    ] {
        let line = format!(r#"{{"id":{id},"name":"x","ratio":0.5}}"#);
        is_refused("record", RECORD, line.as_bytes(), "this record is not a");
    }
    for ratio in
        ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", ".5", "5.", "1e", &format!("{long}e9")]
    {
        let line = format!(r#"{{"id":1,"name":"x","ratio":{ratio}}}"#);
        is_refused("record", RECORD, line.as_bytes(), "this record is not a");
    }
    for ratio in ["1e-400", "-0.0", &format!("0.{long}"), "1.7976931348623157e308", "5e-324"] {
        is_read("record", RECORD, format!(r#"{{"id":1,"name":"x","ratio":{ratio}}}"#).as_bytes());
    }
    for value in ["18446744073709551616", "-1", "1.0", "", "1 1"] {
        is_refused(
            "pair",
            "\"a\"\t1",
            format!("\"a\"\t{value}").as_bytes(),
            "this value is not a u64",
        );
    }
}

#[test]
fn strings_that_are_none_are_errors_and_long_ones_are_read() {
    let line = |name: &[u8]| [br#"{"id":1,"name":"#, name, br#","ratio":0.5}"#].concat();
    for name in [
        &b"\"no end"[..],
        br#""\ud800""#,
        br#""\udc00\ud800""#,
        br#""\u12""#,
        br#""\x41""#,
        b"\"\x01\"",
        b"\"\xff\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xc0\x80\"",
        b"'x'",
        b"\"a\"b\"",
    ] {
        is_refused("record", RECORD, &line(name), "this record is not a");
    }
    is_read("record", RECORD, &line(format!("\"{}\"", "x".repeat(5_000_000)).as_bytes()));
    is_read("record", RECORD, &line(format!("\"{}\"", "\\u0041".repeat(500_000)).as_bytes()));
}

#[test]
fn what_is_no_record_is_an_error() {
    let long_name = format!(r#"{{"{}":1}}"#, "x".repeat(1_000_000));
    for line in [
        "",
        " ",
        "null",
        "{}",
        "[]",
        "{",
        r#"{"id":1"#,
        "\u{feff}{}",
        "// {}",
        r#"{"id":1,}"#,
        &long_name,
        r#"{"id":1,"id":2,"name":"x","ratio":0.5}"#,
        r#"{"id":1,"name":"x","ratio":0.5}{}"#,
        r#"{"id":1,"name":"x","ratio":0.5} x"#,
    ] {
        is_refused("record", RECORD, line.as_bytes(), "this record is not a");
    }
}
