//! The five programs beside the results of mrjob's own, in every way that a run can be cut up.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

/// How far a float may be from Python's, relative to it: Python adds the same numbers in another order.
const TOLERANCE: f64 = 1e-12;

const PROGRAMS: [(&str, &str); 5] = [
    ("word-frequency", env!("CARGO_BIN_EXE_word-frequency")),
    ("most-used-word", env!("CARGO_BIN_EXE_most-used-word")),
    ("next-word", env!("CARGO_BIN_EXE_next-word")),
    ("text-classifier", env!("CARGO_BIN_EXE_text-classifier")),
    ("log-sampler", env!("CARGO_BIN_EXE_log-sampler")),
];

/// A case of `golden/cases.json`.
#[derive(Deserialize)]
struct Case {
    name: String,
    program: String,
    options: Vec<String>,
    inputs: String,
}

/// The folder of this crate, in which inputs are named as in the cases.
fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> Vec<Case> {
    serde_json::from_slice(&fs::read(home().join("golden/cases.json")).unwrap()).unwrap()
}

fn golden(name: &str) -> String {
    fs::read_to_string(home().join("golden").join(name).with_extension("txt")).unwrap()
}

/// A new folder, with a name that a run reads: not one with a dot before it.
fn folder() -> TempDir {
    tempfile::Builder::new().prefix("classics").tempdir().unwrap()
}

fn run(program: &str, words: &[&str]) -> Output {
    let (_, program) = PROGRAMS.iter().find(|(name, _)| *name == program).unwrap();
    Command::new(program).arg("run").args(words).current_dir(home()).output().unwrap()
}

/// The lines of the part files of a run that succeeds, sorted.
fn lines(program: &str, words: &[&str]) -> Vec<String> {
    let folder = folder();
    let out = folder.path().join("out");
    let output = run(program, &[words, &["-q", "-o", out.to_str().unwrap()]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {said}");
    let mut parts: Vec<PathBuf> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    parts.retain(|part| part.file_name().unwrap().to_str().unwrap().starts_with("part-"));
    let text: String = parts.iter().map(|part| fs::read_to_string(part).unwrap()).collect();
    let mut lines: Vec<_> = text.split_terminator('\n').map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Exit code and message of a run that fails.
fn failure(program: &str, words: &[&str]) -> (i32, String) {
    let output = run(program, words);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Lines of JSON as records; no two have the same key.
fn records<'a>(lines: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Value> {
    let mut records = BTreeMap::new();
    for line in lines {
        let (key, value) = line.split_once('\t').unwrap_or((line, "null"));
        let key: Value = serde_json::from_str(key).unwrap();
        let replaced = records.insert(key.to_string(), serde_json::from_str(value).unwrap());
        assert!(replaced.is_none(), "twice: {line}");
    }
    records
}

/// Whether two values are the same, floats up to [`TOLERANCE`].
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= TOLERANCE * b.abs()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => ours == theirs,
    }
}

/// Runs the cases of a program, and compares what they give with mrjob's results.
fn compare(program: &str) {
    let mut cases = cases();
    cases.retain(|case| case.program == program);
    assert!(!cases.is_empty());
    for case in cases {
        let words: Vec<_> = case.options.iter().map(String::as_str).collect();
        let words = [&words[..], &[case.inputs.as_str()]].concat();
        let ways: [&[&str]; 5] = [
            &["-r", "1"],
            &["-r", "2", "--split-size", "300"],
            &["-r", "1", "--isolate", "--split-size", "4K"],
            &["-r", "2", "--isolate"],
            &["-r", "3", "-w", "1", "--memory", "8M"],
        ];
        let expected = lines(program, &[&words[..], ways[0]].concat());
        for way in &ways[1..] {
            assert_eq!(lines(program, &[&words[..], way].concat()), expected, "{way:?}");
        }

        let golden = golden(&case.name);
        if program == "log-sampler" {
            assert_eq!(expected, golden.split_terminator('\n').collect::<Vec<_>>());
            continue;
        }
        let ours = records(expected.iter().map(String::as_str));
        let theirs = records(golden.lines());
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
        for (key, value) in &ours {
            assert!(same(value, &theirs[key]), "{key}: {value} is not {}", theirs[key]);
        }
    }
}

#[test]
fn words_are_as_frequent_as_mrjob_says() {
    compare("word-frequency");
}

#[test]
fn the_most_used_word_is_that_of_mrjob() {
    compare("most-used-word");
}

#[test]
fn next_words_are_those_of_mrjob() {
    compare("next-word");
}

#[test]
fn documents_and_phrases_have_the_scores_that_mrjob_gives_them() {
    compare("text-classifier");
}

#[test]
fn a_sample_of_all_lines_is_that_of_mrjob() {
    compare("log-sampler");
}

#[test]
fn every_recorded_case_belongs_to_a_program() {
    for case in cases() {
        assert!(PROGRAMS.iter().any(|(name, _)| *name == case.program), "{}", case.program);
        assert!(home().join("golden").join(&case.name).with_extension("txt").exists());
    }
}

#[test]
fn a_sample_has_as_many_lines_as_with_mrjob_and_they_are_lines_of_the_log() {
    let log = golden("log-sampler");
    for size in golden("log-sampler-sizes").lines() {
        let (size, count) = size.split_once('\t').unwrap();
        let taken = lines("log-sampler", &["data/access.log", "--sample-size", size]);
        assert_eq!(taken.len(), count.parse::<usize>().unwrap(), "{size}");
        let mut left: Vec<_> = log.lines().collect();
        for line in taken {
            let at = left.iter().position(|other| *other == line);
            left.swap_remove(at.unwrap_or_else(|| panic!("not in the log, or too often: {line}")));
        }
    }
}

#[test]
fn a_sample_depends_on_its_seed_and_on_nothing_else() {
    let sample = |words: &[&str]| {
        let own = ["data/access.log", "--sample-size", "9"];
        lines("log-sampler", &[&own[..], words].concat())
    };
    let first = sample(&[]);
    for words in [
        &["--draw", "0"][..],
        &["--split-size", "200", "-w", "2"],
        &["--isolate", "--split-size", "999"],
        &["-r", "4"],
        &["--expected-length", "20"],
    ] {
        assert_eq!(sample(words), first, "{words:?}");
    }
    assert_ne!(sample(&["--draw", "1"]), first);
    assert!(sample(&["--expected-length", "10000"]).len() < 9);
}

#[test]
fn the_order_of_a_sample_is_that_of_the_lots() {
    let taken = |size: &str| {
        let output = run("log-sampler", &["data/access.log", "-q", "--sample-size", size]);
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(taken("30").starts_with(&taken("10")));
}

#[test]
fn wrong_options_and_wrong_input_are_said() {
    let (code, message) = failure("log-sampler", &["data/access.log"]);
    assert_eq!(code, 2);
    assert!(message.contains("--sample-size <N>"), "{message}");

    let (code, message) = failure("log-sampler", &["data/access.log", "--sample-size", "0"]);
    assert_eq!(code, 2);
    assert!(message.contains("'--sample-size <N>'"), "{message}");

    let words = ["data/text", "-q", "--stop-words", "no/such"];
    let (code, message) = failure("most-used-word", &words);
    assert_eq!(code, 5);
    assert!(
        message.contains("Side file does not exist: ") && message.contains("no/such"),
        "{message}"
    );

    let words = ["data/text/logbook.txt", "-q"];
    let (code, message) = failure("text-classifier", &words);
    assert_eq!(code, 1);
    assert!(message.contains("UTF-8") && message.contains("logbook.txt"), "{message}");
}

#[test]
fn documents_that_are_too_short_fail_as_they_do_with_mrjob() {
    let folder = folder();
    fs::write(folder.path().join("a-cat-not_dog.txt"), "one two").unwrap();
    fs::write(folder.path().join("b.txt"), "one two three").unwrap();
    let words = [folder.path().to_str().unwrap(), "--no-test-set"];
    let (code, message) = failure("text-classifier", &words);
    assert_eq!(code, 1);
    assert!(message.contains("too short for phrases of 4 words"), "{message}");

    let words = [&words[..], &["--max-ngram-size", "2", "--min-df", "1"]].concat();
    assert!(!lines("text-classifier", &words).is_empty());
}

#[test]
fn a_document_is_one_however_its_file_is_cut() {
    let folder = folder();
    fs::write(folder.path().join("a-sea.txt"), "one two\r\none, two").unwrap();
    let words = [folder.path().to_str().unwrap(), "--no-test-set", "--min-df", "1"];
    let whole = lines("text-classifier", &words);
    assert!(whole.iter().any(|line| line.starts_with("[\"doc\"")));
    for way in [&["--split-size", "4"][..], &["--isolate"], &["--isolate", "--split-size", "16"]] {
        assert_eq!(lines("text-classifier", &[&words[..], way].concat()), whole, "{way:?}");
    }
}

#[test]
fn of_documents_with_the_same_id_one_is_kept_and_the_rest_are_counted() {
    let folder = folder();
    for name in ["a-sea.txt", "a-land.txt", "b-sea.txt"] {
        fs::write(folder.path().join(name), "one two three four five six\n").unwrap();
    }
    let words = [folder.path().to_str().unwrap(), "--no-test-set", "--json"];
    let output = run("text-classifier", &words);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let documents = records(text.lines().filter(|line| line.starts_with("[\"doc\"")));
    assert_eq!(documents.keys().collect::<Vec<_>>(), ["[\"doc\",\"a\"]", "[\"doc\",\"b\"]"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("\"left out for an id that another has\":1"), "{said}");
}
