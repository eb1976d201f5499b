//! The program as people use it: in a pipe, on files of every kind, on wrong input.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_word-count");

/// Text with words of many kinds: repeated, rare, in other scripts, not UTF-8, with what looks like an escape.
fn text() -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0..3000u32 {
        let line = format!("the word{} naïve {} 日本 The\tthe", n % 211, n * n % 1999);
        text.extend_from_slice(line.as_bytes());
        text.extend_from_slice(if n % 7 == 0 { b"\r\n" } else { b"\n" });
        if n % 100 == 0 {
            text.extend_from_slice(b"caf\xe9 \\xe9 caf\\xe9 \"quoted\"\n");
        }
    }
    text
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Place { folder: tempfile::Builder::new().prefix("words").tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs the program here, with a temporary folder of this place.
    fn word_count(&self, words: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(PROGRAM)
            .args(words)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || {
            // A program that does not read its input to the end is judged by its exit code.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        output
    }

    /// Standard output of a run that succeeds.
    fn stdout(&self, words: &[&str], input: &[u8]) -> String {
        let output = self.word_count(words, input);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Exit code and message of a run that fails, which leaves nothing behind and writes nothing.
    fn failure(&self, words: &[&str]) -> (i32, String) {
        let before = names(self.folder.path());
        let output = self.word_count(words, b"");
        assert_eq!(names(self.folder.path()), before, "{words:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        let message = message.replace(self.folder.path().to_str().unwrap(), "DIR");
        (output.status.code().unwrap(), message)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn parts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    names(folder)
        .into_iter()
        .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
        .collect()
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn compressed(codec: howdah_codec::Codec, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = codec.encoder(&mut bytes).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap();
    bytes
}

#[test]
fn counts_are_words_in_json_with_their_number() {
    let place = Place::new();
    let counted = place.stdout(
        &["run", "-", "-q", "-r", "1", "--tokens", "whitespace"],
        b"b a \"a\" a\n\xff \\xff\n",
    );
    assert_eq!(
        counted,
        "\"\\\"a\\\"\"\t1\n\"\\\\x5cxff\"\t1\n\"\\\\xff\"\t1\n\"a\"\t2\n\"b\"\t1\n"
    );
}

#[test]
fn the_pipe_the_run_its_children_and_every_codec_agree() {
    let place = Place::new();
    let text = text();
    place.put("text", &text);
    for tokens in ["unicode", "whitespace"] {
        let expected = place.stdout(&["run", "text", "-q", "--tokens", tokens], b"");
        assert!(expected.lines().count() > 1000);
        let isolated = place.stdout(&["run", "text", "-q", "--isolate", "--tokens", tokens], b"");
        assert_eq!(isolated, expected);
        for codec in howdah_codec::Codec::ALL {
            let name = format!("text{}", codec.extension());
            place.put(&name, &compressed(codec, &text));
            let read = place.stdout(&["run", &name, "-q", "--tokens", tokens], b"");
            assert_eq!(read, expected, "{name}");
        }

        let mapped = place.stdout(&["map", "--tokens", tokens], &text);
        let sorted = sorted_lines(&mapped).join("\n") + "\n";
        let combined = place.stdout(&["combine", "--tokens", tokens], sorted.as_bytes());
        for lines in [&sorted, &combined] {
            let reduced = place.stdout(&["reduce", "--tokens", tokens], lines.as_bytes());
            assert_eq!(sorted_lines(&reduced), sorted_lines(&expected));
        }
    }
}

#[test]
fn part_files_are_the_same_for_any_workers_memory_splits_and_spill_codec() {
    let place = Place::new();
    place.put("text", &text());
    let mut expected = None;
    for (workers, memory, split, codec) in [
        ("1", "1G", "1G", "lz4"),
        ("2", "8M", "10K", "none"),
        ("7", "8M", "1234", "snappy"),
        ("2", "64M", "50K", "zstd"),
        ("1", "8M", "20K", "gzip"),
        ("2", "8M", "64K", "bzip2"),
    ] {
        let out = format!("out-{workers}-{memory}-{split}");
        let words = ["run", "text", "-q", "-o", &out, "-r", "3", "-w", workers, "--memory", memory];
        let words = [&words[..], &["--split-size", split, "--spill-codec", codec]].concat();
        assert_eq!(place.stdout(&words, b""), "");
        let parts = parts(&place.path(&out));
        assert_eq!(parts.len(), 4, "three parts and _SUCCESS");
        assert_eq!(expected.get_or_insert_with(|| parts.clone()), &parts, "{out}");
    }
}

#[test]
fn part_files_can_be_compressed_and_read_again() {
    let place = Place::new();
    place.put("text", b"a b a\n");
    place.stdout(&["run", "text", "-q", "-o", "out", "--output-codec", "gzip"], b"");
    assert_eq!(names(&place.path("out")), ["_SUCCESS", "part-00000.gz", "part-00001.gz"]);
    let again = place.stdout(&["run", "out", "-q", "--tokens", "whitespace", "-r", "1"], b"");
    assert_eq!(again, "\"1\"\t1\n\"2\"\t1\n\"\\\"a\\\"\"\t1\n\"\\\"b\\\"\"\t1\n");
}

#[test]
fn the_most_frequent_words_come_first_and_ties_in_order() {
    let place = Place::new();
    let text = b"c b a b d c\n";
    let top = |words: &[&str]| place.stdout(&[&["run", "-", "-q"], words].concat(), text);
    assert_eq!(top(&["--top", "3"]), "\"b\"\t2\n\"c\"\t2\n\"a\"\t1\n");
    assert_eq!(top(&["--top", "3", "--min-count", "2"]), "\"b\"\t2\n\"c\"\t2\n");
    assert_eq!(top(&["--top", "1", "--isolate"]), "\"b\"\t2\n");
    assert_eq!(
        place.stdout(&["run", "-", "-q", "--ignore-case", "--top", "9"], b"A a B\n"),
        "\"a\"\t2\n\"b\"\t1\n"
    );
}

#[test]
fn combiners_can_be_left_out() {
    let place = Place::new();
    let combined = place.word_count(&["run", "-", "-r", "1"], b"a b a\n");
    let sorted = place.word_count(&["run", "-", "-r", "1", "--no-combiner"], b"a b a\n");
    assert_eq!(combined.stdout, sorted.stdout);
    let said = |output: Output| String::from_utf8(output.stderr).unwrap();
    assert!(said(combined).contains("Reduce input records=2\n"));
    let sorted = said(sorted);
    assert!(sorted.contains("Combine input records=0\n"), "{sorted}");
    assert!(sorted.contains("Reduce input records=3\n"), "{sorted}");
}

#[test]
fn what_a_run_says_goes_to_the_standard_error() {
    let place = Place::new();
    let output = place.word_count(&["run", "-"], b"a b\xff\n");
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    for expected in ["Map input records=1", "Map output records=2", "Where the time went"] {
        assert!(said.contains(expected), "{expected} in:\n{said}");
    }
    let json = place.word_count(&["run", "-", "--json"], b"a b\xff\n");
    let said = String::from_utf8(json.stderr).unwrap();
    assert!(said.starts_with('{') && said.contains("\"schema\":\"howdah.summary/1\""), "{said}");
}

#[test]
fn wrong_input_is_said_with_its_exit_code() {
    let place = Place::new();
    place.put("text", b"a\n");
    fs::create_dir(place.path("exists")).unwrap();
    let gzip = compressed(howdah_codec::Codec::Gzip, &text());
    place.put("cut.gz", &gzip[..gzip.len() / 2]);

    let (code, message) = place.failure(&["run", "nothing"]);
    assert_eq!(
        (code, message.as_str()),
        (5, "error: Input path does not exist: file:DIR/nothing\n")
    );

    let (code, message) = place.failure(&["run", "text", "-o", "exists"]);
    assert_eq!(code, 5);
    assert!(message.starts_with("error: the output `exists` exists\n"), "{message}");

    let (code, message) = place.failure(&["run", "cut.gz", "-q"]);
    assert_eq!(code, 1);
    assert!(message.contains("gzip") && message.contains("`cut.gz`"), "{message}");
    assert!(message.contains("hint: fetch the file again"), "{message}");

    let (code, message) = place.failure(&["run", "text", "--wokers", "2"]);
    assert_eq!(code, 2);
    assert!(message.contains("--workers"), "{message}");

    let (code, message) = place.failure(&["run", "text", "--memory", "1M"]);
    assert_eq!(code, 2);
    assert!(message.contains("8M"), "{message}");
}

#[test]
fn a_line_that_does_not_decode_is_shown_with_its_place() {
    let place = Place::new();
    let output = place.word_count(&["reduce"], b"\"a\"\t1\n\"b\"\tone\n");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("one"), "{said}");
    assert!(said.contains("line 2") || said.contains("byte offset 6"), "{said}");
}

/// A run that waits for its standard input, which nobody ends.
#[cfg(unix)]
#[test]
fn a_run_that_waits_for_input_can_be_interrupted() {
    let place = Place::new();
    let mut child = Command::new(PROGRAM)
        .args(["run", "-", "-o", "out"])
        .current_dir(place.folder.path())
        .env("TMPDIR", place.folder.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once the copy of the input is begun, signals are the run's own.
    let began = |name: &String| place.path(name).join("stdin").exists();
    while !names(place.folder.path()).iter().any(began) {
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(names(place.folder.path()), [""; 0]);
}
