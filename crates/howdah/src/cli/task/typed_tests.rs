//! Tasks under `-io typedbytes`.

use std::fs;
use std::io;
use std::sync::Arc;

use howdah_plan::{Plan, TaskInfo, TaskKind};
use howdah_streaming::typed_bytes::Value;

use super::tests::{TestFolder, parting, plan};
use super::{Task, execute};
use crate::cli::failure::{Failure, Place, Unit};
use crate::{Flow, Identity, JsonLines, Out, Pairs, Sum, Text, write};

/// What Hadoop tells a task under `-io typedbytes`.
const TYPED: [(&str, &str); 4] = [
    ("stream_map_input", "typedbytes"),
    ("stream_map_output", "typedbytes"),
    ("stream_reduce_input", "typedbytes"),
    ("stream_reduce_output", "typedbytes"),
];

/// The facts of a task of step `step` under `-io typedbytes`, with more properties.
fn info(kind: TaskKind, step: usize, more: &[(&str, &str)]) -> TaskInfo {
    let mut info = TaskInfo::new(step, kind, 0);
    let properties = TYPED.iter().chain(more);
    let properties = properties.map(|(name, value)| ((*name).into(), (*value).into()));
    info.properties = Arc::new(properties.collect());
    info
}

/// What a task writes, and what it says on its standard error of what it rejects.
fn run(plan: &Plan, info: &TaskInfo, input: &[u8]) -> Result<(Vec<Value>, String), Failure> {
    let (mut output, mut rejected) = (Vec::new(), Vec::new());
    let task = Task::of(plan, info).unwrap();
    execute(task, info, input, &mut output, io::sink(), &mut rejected)?;
    Ok((values(&output), String::from_utf8(rejected).unwrap()))
}

/// What a task without more properties writes.
fn written(plan: &Plan, kind: TaskKind, step: usize, input: &[Value]) -> Vec<Value> {
    run(plan, &info(kind, step, &[]), &bytes(input)).unwrap().0
}

fn bytes(values: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        value.write(&mut bytes).unwrap();
    }
    bytes
}

fn values(mut bytes: &[u8]) -> Vec<Value> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let (value, length) = Value::read(bytes).unwrap();
        values.push(value);
        bytes = &bytes[length..];
    }
    values
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn each_role_speaks_typed_bytes_where_hadoop_says_so() {
    let (a, b, one, two) = (string("a"), string("b"), Value::Int(1), Value::Int(2));
    // An offset and a line, as Hadoop gives them to a mapper of text.
    let mapped = written(&plan(), TaskKind::Map, 0, &[Value::Long(0), string("b a b")]);
    assert_eq!(mapped, [&b, &one, &a, &one, &b, &one].map(Clone::clone));
    let sorted = [&a, &one, &b, &one, &b, &one].map(Clone::clone);
    let combined = written(&plan(), TaskKind::Combine, 0, &sorted);
    assert_eq!(combined, [&a, &one, &b, &two].map(Clone::clone));
    let reduced = written(&plan(), TaskKind::Reduce, 0, &combined);
    assert_eq!(reduced, combined);
    let swapped = written(&plan(), TaskKind::Map, 1, &reduced);
    assert_eq!(swapped, [one, a, two, b]);
}

#[test]
fn each_input_and_output_has_its_own_form() {
    let lines = Flow::<Text>::input("lines")
        .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1));
    let plan = Flow::<Pairs<Vec<String>, u64>>::input("pairs")
        .map_fn(|(words, n), out: &mut Out<'_, String, u64>| out.emit(words.join("-"), *n))
        .and(lines)
        .fold(Sum)
        .write(write::TextPairs)
        .plan();
    let input = bytes(&[Value::List(vec![string("a"), string("b")]), Value::Int(7)]);
    let map = |name: &str| {
        let class = ("mapred_input_format_class", "x.SequenceFileInputFormat");
        let info = info(TaskKind::Map, 0, &[("howdah_input_name", name), class]);
        run(&plan, &info, &input).unwrap().0
    };
    assert_eq!(map("pairs"), [string("a-b"), Value::Int(7)]);
    // To a mapper of lines a pair is what Hadoop would write of it.
    assert_eq!(map("lines"), [string("[a, b]\t7"), Value::Int(1)]);
    let reduced = written(&plan, TaskKind::Reduce, 0, &[string("k"), Value::Int(7)]);
    assert_eq!(reduced, [string("k"), string("7")]);
}

#[test]
fn a_value_alone_keeps_its_types() {
    let plan = Flow::<JsonLines<Vec<String>>>::read()
        .map_fn(|words, out: &mut Out<'_, (), Vec<String>>| out.emit((), words))
        .map_only()
        .write(write::JsonValues)
        .plan();
    let words = Value::Vector(vec![string("a"), string("b c")]);
    let output = written(&plan, TaskKind::Map, 0, &[Value::Long(0), words.clone()]);
    assert_eq!(output, [words, string("")]);
}

#[test]
fn two_mappers_of_one_input_read_the_more_exact_form() {
    let pairs = || {
        Flow::<Pairs<String, u64>>::read()
            .map_fn(|(key, n), out: &mut Out<'_, String, u64>| out.emit(key, *n))
    };
    let lines = || Flow::lines().map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 0));
    let pair = [string("a"), Value::Int(7)];
    let line = [string("\"a\"\t7"), Value::Int(0)];
    let plan = lines().and(pairs()).map_only().plan();
    let expected = [line.clone(), pair.clone()].concat();
    assert_eq!(written(&plan, TaskKind::Map, 0, &pair), expected);
    let plan = pairs().and(lines()).map_only().plan();
    assert_eq!(written(&plan, TaskKind::Map, 0, &pair), [pair.clone(), line].concat());
}

#[test]
fn records_that_pass_unchanged_keep_their_types() {
    let plan = Flow::<Pairs<String, u64>>::read()
        .map(Identity)
        .map_only()
        .shuffle()
        .reduce(Identity)
        .plan();
    let values = [string("a\tb"), Value::Int(1), string(""), Value::Double(0.5)];
    assert_eq!(written(&plan, TaskKind::Map, 1, &values), values);
}

#[test]
fn a_failure_tells_its_pair() {
    let reduce = |input: &[u8]| run(&plan(), &info(TaskKind::Reduce, 0, &[]), input).unwrap_err();
    let input = bytes(&[string("a"), Value::Int(1), string("a"), Value::Double(0.5)]);
    let failure = reduce(&input);
    assert_eq!(failure.place, Place::at(Unit::Pair, 2, 11, b"\"a\"\t0.5"));
    assert_eq!(failure.error.slug(), "howdah::undecodable-record");
    let failure = reduce(&[&input[..11], b"\"a\"\t1\n"].concat());
    assert_eq!(failure.place, Place::Behind(Unit::Pair, 1));
}

#[test]
fn a_pair_that_json_cannot_say_can_be_rejected() {
    let plan = Flow::<Pairs<String, f64>>::read()
        .map_fn(|(key, value), out: &mut Out<'_, String, f64>| out.emit(key, *value))
        .map_only()
        .plan();
    let pair = |number| [string("a"), Value::Double(number)];
    let input = bytes(&[pair(1.5), pair(f64::NAN), pair(2.5)].concat());
    let failure = run(&plan, &info(TaskKind::Map, 0, &[]), &input).unwrap_err();
    assert_eq!(failure.place, Place::at(Unit::Pair, 2, 15, b"\"a\"\t"));
    let rejects = info(TaskKind::Map, 0, &[("howdah_rejects_undecodable", "true")]);
    let (kept, rejected) = run(&plan, &rejects, &input).unwrap();
    assert_eq!(kept, [pair(1.5), pair(2.5)].concat());
    let told = "rejected: this value is not a value that JSON has a form for: it holds NaN, ";
    assert!(rejected.starts_with(told), "{rejected}");
    assert!(rejected.contains(": \\x07\\x00\\x00\\x00\\x01a\\x06\\x7f\\xf8"), "{rejected}");
}

#[test]
fn what_leaves_a_task_by_the_side_is_lines() {
    let folder = TestFolder::new();
    let uri = format!("file:{}", folder.path().display());
    let places = [("mapreduce_task_output_dir", &*uri), ("mapreduce_map_input_start", "0")];
    let mut info = info(TaskKind::Map, 0, &places);
    info.input_file = Some("file:/a".to_owned());
    let line = |offset, text: &[u8]| [Value::Long(offset), Value::Bytes(text.to_vec())];
    let input = bytes(&[line(0, b"abcd"), line(5, b"\xff")].concat());
    let (main, _) = run(&parting(), &info, &input).unwrap();
    assert_eq!(main, []);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("long/part-m-00000"), "\"abcd\"\t4\n");
    let reject: serde_json::Value = serde_json::from_str(&read("_rejects/part-m-00000")).unwrap();
    assert_eq!(reject["record"], "\\xff");
    // Where a pair begins in the pipe is not where its line begins in the file.
    assert_eq!((&reject["file"], &reject["offset"]), (&().into(), &().into()));
}

#[test]
fn a_task_that_needs_lines_says_so_before_it_begins() {
    let plan = Flow::lines()
        .filter_command("grep -v ^#")
        .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1))
        .map_only()
        .plan();
    let error = Task::of(&plan, &info(TaskKind::Map, 0, &[])).err().unwrap();
    assert!(error.contains("the filter of step 1 (`--step 0`) takes lines: `grep"), "{error}");
}
