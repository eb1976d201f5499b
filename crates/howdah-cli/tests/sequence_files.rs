//! `howdah streaming` with `SequenceFile`s: what it writes is the same each time, and whole or not there.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah");
const SEQUENCE_OUTPUT: &str = "org.apache.hadoop.mapred.SequenceFileOutputFormat";

/// Runs `howdah streaming` in a folder.
fn streaming(folder: &Path, words: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(HOWDAH)
        .arg("streaming")
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input); // it need not read it all
    child.wait_with_output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A pair of typed bytes: two strings.
fn pair(key: &str, value: &str) -> Vec<u8> {
    let string =
        |text: &str| [&[7], &(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
    [string(key), string(value)].concat()
}

#[test]
fn the_same_job_writes_the_same_bytes_for_any_number_of_workers() {
    let place = tempfile::Builder::new().prefix("sequence").tempdir().unwrap();
    // More than what decides on a sync mark, so that marks lie within the parts.
    let line = |n: u32| format!("{}\t{n} and so on to fill it up", n % 97);
    let lines = (0..9000).map(line).collect::<Vec<_>>().join("\n");
    fs::write(place.path().join("in.txt"), lines).unwrap();
    for compression in ["NONE", "RECORD", "BLOCK"] {
        let run = |out: &str, workers: &str| {
            let kind = format!("mapreduce.output.fileoutputformat.compress.type={compression}");
            let words = [
                &["--workers", workers, "--maps", "4"][..],
                &["-D", "mapreduce.output.fileoutputformat.compress=true", "-D", &kind],
                &["-input", "in.txt", "-output", out, "-mapper", "cat", "-reducer", "cat"],
                &["-numReduceTasks", "2", "-outputformat", SEQUENCE_OUTPUT],
            ];
            let ran = streaming(place.path(), &words.concat(), b"");
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            let part = |name| fs::read(place.path().join(out).join(name)).unwrap();
            [part("part-00000"), part("part-00001")]
        };
        let once = run(&format!("one-{compression}"), "1");
        assert!(once == run(&format!("three-{compression}"), "3"), "{compression}");
        assert_ne!(once[0], once[1]);
    }
}

#[test]
fn what_loadtb_writes_is_whole_or_not_there() {
    let place = tempfile::Builder::new().prefix("sequence").tempdir().unwrap();
    let pairs = [pair("a", "1"), pair("b", "2")].concat();
    let cut = streaming(place.path(), &["loadtb", "x"], &pairs[..pairs.len() - 1]);
    assert_eq!(cut.status.code(), Some(1));
    let said = String::from_utf8_lossy(&cut.stderr).into_owned();
    assert!(said.contains("the standard input: ") && said.contains("byte 23"), "{said}");
    assert_eq!(names(place.path()), [""; 0]);

    assert!(streaming(place.path(), &["loadtb", "x"], &pairs).status.success());
    assert!(streaming(place.path(), &["loadtb", "deep/x"], &pairs).status.success());
    let file = fs::read(place.path().join("x")).unwrap();
    assert_eq!(fs::read(place.path().join("deep/x")).unwrap(), file);
    assert_eq!(names(place.path()), ["deep", "x"]);

    let again = streaming(place.path(), &["loadtb", "x"], &pair("c", "3"));
    assert_eq!(again.status.code(), Some(255));
    assert_eq!(fs::read(place.path().join("x")).unwrap(), file);
    let dumped = streaming(place.path(), &["dumptb", "x"], b"");
    assert_eq!(dumped.stdout, pairs);
}

#[test]
fn a_reader_of_dumptb_that_has_seen_enough_goes_away() {
    let place = tempfile::Builder::new().prefix("sequence").tempdir().unwrap();
    fs::write(place.path().join("in.txt"), "a line\n".repeat(100_000)).unwrap();
    let errors = File::create(place.path().join("errors")).unwrap();
    let mut child = Command::new(HOWDAH)
        .args(["streaming", "dumptb", "in.txt"])
        .current_dir(place.path())
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 9]).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(141));
    assert_eq!(fs::read_to_string(place.path().join("errors")).unwrap(), "");
}
