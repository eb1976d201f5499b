//! The join as people use it: beside GNU join, beside itself done in another way, and on wrong input.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_join");
const KINDS: [&str; 6] = ["inner", "left", "right", "full", "semi", "anti"];

const USERS: &str = "1\tAda\n2\tBob\n3\tCy\n1\tAdam\n";
/// The number of the user is in the second column.
const ORDERS: &str = "tea\t1\t2.50\njam\t1\t3.20\nsalt\t4\t0.80\nrice\t3\t1.10\n";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Place { folder: tempfile::Builder::new().prefix("join").tempdir().unwrap() }
    }

    /// A place with users on the left and their orders on the right.
    fn with_users_and_orders() -> Self {
        let place = Place::new();
        place.put("users", USERS);
        place.put("orders", ORDERS);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        let content = fs::read_to_string(self.path(name)).unwrap();
        content.replace(self.folder.path().to_str().unwrap(), "DIR")
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(PROGRAM)
            .arg("run")
            .args(words)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.folder.path())
            .output()
            .unwrap()
    }

    /// The lines of a join that succeeds, sorted: the order of the keys depends on the number of reducers.
    fn join(&self, words: &[&str]) -> Vec<String> {
        let output = self.run(&[words, &["--quiet"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
        sorted(&String::from_utf8(output.stdout).unwrap())
    }

    /// The exit code and message of a join that fails, which writes nothing.
    fn failure(&self, words: &[&str]) -> (i32, String) {
        let output = self.run(words);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{words:?}");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// Fails with the first line that differs: these are many.
#[track_caller]
fn same(lines: &[String], expected: &[String]) {
    for (line, expected) in lines.iter().zip(expected) {
        assert_eq!(line, expected);
    }
    assert_eq!(lines.len(), expected.len());
}

/// Rows with keys that many rows share, and some that are in one table only. `width` counts the key, which is in
/// column `key`, from 1. Two seeds give two tables.
fn table(seed: u64, rows: usize, width: usize, key: usize) -> Vec<Vec<String>> {
    let mut state = seed;
    let mut any = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let row = |_| {
        let mut columns: Vec<String> = (1..width)
            .map(|_| format!("{}-{}", ["x", "ä \"b\"", "\\t"][any(3) as usize], any(90)))
            .collect();
        let number = any(40);
        let name = match any(4) {
            0 => format!("{number}"),
            1 => format!("key {number}"),
            2 => format!("é\"{number}\\"),
            _ => format!("only {seed} {number}"),
        };
        columns.insert(key - 1, name);
        columns
    };
    (0..rows).map(row).collect()
}

fn text(table: &[Vec<String>]) -> String {
    table.iter().map(|row| row.join("\t") + "\n").collect()
}

/// GNU join reads files that are sorted by their keys' bytes.
fn sorted_text(table: &[Vec<String>], key: usize) -> String {
    let mut rows = table.to_vec();
    rows.sort_by(|a, b| a[key - 1].cmp(&b[key - 1]));
    text(&rows)
}

#[test]
fn each_kind_writes_its_rows() {
    let place = Place::with_users_and_orders();
    let join = |kind| {
        let files = ["--input", "left=users", "--input", "right=orders", "--right-column", "2"];
        place.join(&[&files[..], &["--kind", kind]].concat())
    };
    let inner = [
        "1\tAda\tjam\t3.20",
        "1\tAda\ttea\t2.50",
        "1\tAdam\tjam\t3.20",
        "1\tAdam\ttea\t2.50",
        "3\tCy\trice\t1.10",
    ];
    assert_eq!(join("inner"), inner);
    assert_eq!(join("semi"), ["1\tAda", "1\tAdam", "3\tCy"]);
    assert_eq!(join("anti"), ["2\tBob"]);
    assert_eq!(join("left"), [&inner[..4], &["2\tBob\t", "3\tCy\trice\t1.10"]].concat());
    assert_eq!(join("right"), [&inner[..], &["4\t\tsalt\t0.80"]].concat());
    let full = [&inner[..4], &["2\tBob\t", "3\tCy\trice\t1.10", "4\t\tsalt\t0.80"]].concat();
    assert_eq!(join("full"), full);
}

#[test]
fn a_missing_row_has_as_many_columns_as_it_is_said_to_have() {
    let place = Place::with_users_and_orders();
    let full = |words: &[&str]| {
        let files = ["--input", "left=users", "--input", "right=orders", "--right-column", "2"];
        let lines = place.join(&[&files[..], &["--kind", "full"], words].concat());
        let alone = |line: &String| line.starts_with(['2', '4']);
        lines.into_iter().filter(alone).collect::<Vec<_>>()
    };
    assert_eq!(full(&[]), ["2\tBob\t", "4\t\tsalt\t0.80"]);
    assert_eq!(full(&["--right-width", "3"]), ["2\tBob\t\t", "4\t\tsalt\t0.80"]);
    assert_eq!(
        full(&["--null", r"\N", "--left-width", "4", "--right-width", "1"]),
        ["2\tBob", "4\t\\N\t\\N\t\\N\tsalt\t0.80"]
    );
}

#[test]
fn an_empty_key_is_a_key_and_a_row_may_be_nothing_else() {
    let place = Place::new();
    place.put("left", "\ta\n\nx\n");
    place.put("right", "\tb\n");
    let files = ["--input", "left=left", "--input", "right=right"];
    assert_eq!(place.join(&files), ["\ta\tb", "\tb"]);
    assert_eq!(place.join(&[&files[..], &["--kind", "anti"]].concat()), ["x"]);
}

/// The lines of GNU join, which is of coreutils.
#[cfg(target_os = "linux")]
fn gnu_join(place: &Place, words: &[&str]) -> Vec<String> {
    let output = Command::new("join")
        .args(["--check-order", "-t", "\t"])
        .args(words)
        .current_dir(place.folder.path())
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    sorted(&String::from_utf8(output.stdout).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn it_gives_the_lines_of_gnu_join() {
    for (seed, left_key, right_key) in [(1, 1, 1), (2, 2, 3), (3, 3, 1)] {
        let place = Place::new();
        let (left, right) = (table(seed, 300, 3, left_key), table(seed + 10, 200, 4, right_key));
        place.put("left", &text(&left));
        place.put("right", &text(&right));
        place.put("left.sorted", &sorted_text(&left, left_key));
        place.put("right.sorted", &sorted_text(&right, right_key));
        let keys: BTreeSet<_> = right.iter().map(|row| row[right_key - 1].clone()).collect();
        let keys: Vec<_> = keys.into_iter().map(|key| vec![key]).collect();
        place.put("right.keys", &text(&keys));

        let (left_key, right_key) = (left_key.to_string(), right_key.to_string());
        let joined = |kind| {
            let files = ["--input", "left=left", "--input", "right=right"];
            let columns = ["--left-column", &left_key, "--right-column", &right_key];
            let missing = ["--null", "NONE", "--left-width", "3", "--right-width", "4"];
            place.join(&[&files[..], &columns, &missing, &["--kind", kind]].concat())
        };
        let gnu = |words: &[&str]| {
            let columns = ["-1", &left_key, "-2", &right_key, "left.sorted", "right.sorted"];
            gnu_join(&place, &[words, &columns].concat())
        };
        let padded = ["-e", "NONE", "-o", "auto"];
        assert!(joined("inner").len() > 150, "keys have many rows");
        same(&joined("inner"), &gnu(&[]));
        same(&joined("left"), &gnu(&[&["-a", "1"], &padded[..]].concat()));
        same(&joined("right"), &gnu(&[&["-a", "2"], &padded[..]].concat()));
        same(&joined("full"), &gnu(&[&["-a", "1", "-a", "2"], &padded[..]].concat()));
        same(&joined("anti"), &gnu(&["-v", "1"]));
        same(&joined("semi"), &gnu_join(&place, &["-1", &left_key, "left.sorted", "right.keys"]));
    }
}

#[test]
fn a_semi_join_keeps_left_rows_whose_key_the_right_file_has() {
    let place = Place::new();
    let (left, right) = (table(7, 300, 2, 1), table(8, 300, 2, 1));
    place.put("left", &text(&left));
    place.put("right", &text(&right));
    let has = |row: &&Vec<String>| right.iter().any(|other| other[0] == row[0]);
    let (semi, anti): (Vec<_>, Vec<_>) = left.iter().partition(has);
    assert!(semi.len() > 50 && anti.len() > 50);
    for (kind, expected) in [("semi", semi), ("anti", anti)] {
        let expected: String = expected.into_iter().map(|row| row.join("\t") + "\n").collect();
        let joined =
            place.join(&["--input", "left=left", "--input", "right=right", "--kind", kind]);
        same(&joined, &sorted(&expected));
    }
}

/// Each kind of a join, done in one way, gives what it gives in another.
fn agree(kinds: &[&str], one: &[&str], other: &[&str]) {
    let place = Place::new();
    place.put("left", &text(&table(21, 400, 3, 2)));
    place.put("right", &text(&table(22, 300, 2, 1)));
    for kind in kinds {
        let what = ["--input", "left=left", "--left-column", "2", "--null", "-", "--kind", kind];
        let expected = place.join(&[&what[..], one].concat());
        assert!(expected.len() > 50, "{kind}");
        same(&place.join(&[&what[..], other].concat()), &expected);
    }
}

#[test]
fn any_number_of_reducers_and_splits_gives_the_same_lines() {
    let right = ["--input", "right=right"];
    for other in [
        &["-r", "3"][..],
        &["-r", "1", "--split-size", "100"],
        &["-r", "3", "--split-size", "333", "--workers", "3"],
    ] {
        agree(&KINDS, &[&right[..], &["-r", "1"]].concat(), &[&right[..], other].concat());
    }
}

#[test]
fn a_broadcast_join_gives_the_lines_of_a_shuffled_one() {
    let kinds = ["inner", "left", "semi", "anti"];
    let broadcast = ["--broadcast", "--right-file", "right"];
    agree(&kinds, &["--input", "right=right"], &broadcast);
    let small_splits = [&broadcast[..], &["--split-size", "200"]].concat();
    agree(&kinds, &["--input", "right=right"], &small_splits);
}

#[test]
fn a_join_in_child_processes_gives_the_same_lines() {
    let right = ["--input", "right=right"];
    agree(&KINDS, &right, &[&right[..], &["--isolate", "-r", "3"]].concat());
}

#[test]
fn a_broadcast_join_in_child_processes_gives_the_same_lines() {
    let broadcast = ["--broadcast", "--right-file", "right"];
    agree(
        &["inner", "left", "semi", "anti"],
        &broadcast,
        &[&broadcast[..], &["--isolate"]].concat(),
    );
}

#[test]
fn rows_without_the_column_are_rejected() {
    let place = Place::with_users_and_orders();
    place.put("orders", "tea\t1\nlost\n");
    let files = ["--input", "left=users", "--input", "right=orders", "--right-column", "2"];
    place.join(&[&files[..], &["-o", "out", "--split-size", "1K"]].concat());
    // Users are the first input, and so the first map task.
    assert_eq!(
        place.read("out/_rejects/part-m-00001"),
        r#"{"schema":"howdah.reject/1","reason":"it has no column 2","record":"lost","file":"file:DIR/orders","offset":6,"step":0,"task":"map 1"}"#
            .to_owned()
            + "\n"
    );
    let (code, message) = place.failure(&[&files[..], &["--max-rejects", "0"]].concat());
    assert_eq!(code, 65, "{message}");
}

#[test]
fn rows_without_the_column_in_a_broadcast_file_are_rejected_once() {
    let place = Place::with_users_and_orders();
    place.put("orders", "tea\t1\nlost\n");
    let files = ["--input", "left=users", "--broadcast", "--right-file", "orders"];
    let words = [&files[..], &["--right-column", "2", "--split-size", "5"]].concat();
    assert_eq!(place.join(&words), ["1\tAda\ttea", "1\tAdam\ttea"]);
    let allowed = place.run(&[&words[..], &["--max-rejects", "1"]].concat());
    assert!(allowed.status.success());
    let (code, message) = place.failure(&[&words[..], &["--max-rejects", "0"]].concat());
    assert_eq!(code, 65, "{message}");
}

#[test]
fn keys_are_counted_by_the_files_that_have_them() {
    let place = Place::with_users_and_orders();
    let said = |words: &[&str]| {
        let output =
            place.run(&[&["--input", "left=users", "--right-column", "2"], words].concat());
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let shuffled = said(&["--input", "right=orders"]);
    for expected in
        ["keys of both files=2", "keys of the left file only=1", "keys of the right file only=1"]
    {
        assert!(shuffled.contains(expected), "{expected} in:\n{shuffled}");
    }
    let broadcast = said(&["--broadcast", "--right-file", "orders"]);
    for expected in ["left rows with a right row=3", "left rows without a right row=1"] {
        assert!(broadcast.contains(expected), "{expected} in:\n{broadcast}");
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let place = Place::with_users_and_orders();
    let broadcast = ["--input", "left=users", "--broadcast", "--right-file", "orders"];
    for kind in ["right", "full"] {
        let (code, message) = place.failure(&[&broadcast[..], &["--kind", kind]].concat());
        assert_eq!(code, 2);
        let expected = format!(
            "error: `--broadcast` cannot be used with `--kind {kind}`: a map task sees some of the left rows only, \
             and cannot know which right rows have none; leave `--broadcast` out, or exchange left and right\n"
        );
        assert!(message.starts_with(&expected), "{message}");
    }
    let (code, message) = place.failure(&["--input", "left=users", "--broadcast"]);
    assert_eq!(code, 2);
    assert!(message.contains("--right-file <PATH>"), "{message}");
    let (code, message) = place.failure(&["--input", "left=users", "--left-column", "0"]);
    assert_eq!(code, 2);
    assert!(message.contains("columns are counted from 1"), "{message}");
    let files = ["--input", "left=users", "--input", "right=orders"];
    for null in ["\t", "a\n", "\r"] {
        let (code, message) = place.failure(&[&files[..], &["--null", null]].concat());
        assert_eq!(code, 2, "{message}");
        assert!(message.contains("`--null` cannot hold a TAB or a line end"), "{message}");
    }
}

#[test]
fn a_right_file_that_cannot_be_read_is_named() {
    let place = Place::with_users_and_orders();
    let (code, message) =
        place.failure(&["--input", "left=users", "--broadcast", "--right-file", "nothing"]);
    assert_eq!(code, 5);
    assert!(
        message.contains("Side file does not exist: ") && message.contains("nothing"),
        "{message}"
    );
}
