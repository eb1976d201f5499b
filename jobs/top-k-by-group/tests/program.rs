//! The ranking as people use it: beside a plain sort of everything, in a pipe, and on bad lines.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_top-k-by-group");

const SCORES: &str = "\
fruit\tapple\t4.5
fruit\tpear\t-2
fruit\tplum\t4.5
fruit\tfig\t12
stone\topal\t1e3
";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn with(scores: &str) -> Self {
        let place = Place { folder: tempfile::Builder::new().prefix("top").tempdir().unwrap() };
        fs::write(place.path("scores"), scores).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        let content = fs::read_to_string(self.path(name)).unwrap();
        content.replace(self.folder.path().to_str().unwrap(), "DIR")
    }

    fn program(&self, words: &[&str], input: &str) -> Output {
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
        let input = input.to_owned();
        let feeder = std::thread::spawn(move || {
            // A program that does not read its input to the end is judged by its exit code.
            let _ = stdin.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        output
    }

    /// Standard output of a program that succeeds.
    fn stdout(&self, words: &[&str], input: &str) -> String {
        let output = self.program(words, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The output of a run over the scores.
    fn run(&self, words: &[&str]) -> String {
        self.stdout(&[&["run", "scores", "--quiet"], words].concat(), "")
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Scores of many groups, some of which have many items; many scores are equal.
fn many_scores() -> String {
    let mut state = 1_u64;
    let mut any = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut line = |number| {
        let group = if any(2) == 0 { "hot".to_owned() } else { format!("g\"{}", any(30)) };
        let quarters = i32::try_from(any(400)).unwrap() - 200;
        format!("{group}\titem {number:04}\t{}\n", f64::from(quarters) / 4.0)
    };
    (0..3000).map(&mut line).collect()
}

/// The first items of each group by a sort of everything; groups are in the order of their names.
fn expected(scores: &str, items: usize) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<(f64, &str)>> = BTreeMap::new();
    for line in scores.lines() {
        let columns: Vec<_> = line.split('\t').collect();
        groups.entry(columns[0]).or_default().push((columns[2].parse().unwrap(), columns[1]));
    }
    let mut lines = Vec::new();
    for (group, mut all) in groups {
        all.sort_by(|(score, item), (other_score, other)| {
            other_score.total_cmp(score).then(item.cmp(other))
        });
        for (rank, (score, item)) in (1..=items).zip(all) {
            lines.push(format!("{group}\t{rank}\t{item}\t{score:?}"));
        }
    }
    lines.sort_unstable();
    lines
}

#[test]
fn the_highest_scores_of_each_group_come_with_their_ranks() {
    let place = Place::with(SCORES);
    assert_eq!(
        place.run(&["-k", "3", "-r", "1"]),
        "fruit\t1\tfig\t12.0\nfruit\t2\tapple\t4.5\nfruit\t3\tplum\t4.5\nstone\t1\topal\t1000.0\n"
    );
    assert_eq!(
        place.run(&["--top", "1", "-r", "1"]),
        "fruit\t1\tfig\t12.0\nstone\t1\topal\t1000.0\n"
    );
}

#[test]
fn there_are_ten_of_a_group_if_nothing_else_is_said() {
    let scores: String = (0..20).map(|n| format!("g\titem\t{n}\n")).collect::<Vec<_>>().concat();
    let output = Place::with(&scores).run(&[]);
    assert_eq!(output.lines().count(), 10);
    assert!(output.starts_with("g\t1\titem\t19.0\n") && output.ends_with("g\t10\titem\t10.0\n"));
}

#[test]
fn any_way_to_run_it_gives_what_a_sort_of_everything_gives() {
    let scores = many_scores();
    let place = Place::with(&scores);
    for (items, words) in [
        (1, &["-k", "1"][..]),
        (7, &["-k", "7", "-r", "1"]),
        (7, &["-k", "7", "-r", "3", "--split-size", "1K", "--workers", "3"]),
        (7, &["-k", "7", "--isolate", "--split-size", "20K"]),
        (5000, &["-k", "5000", "-r", "3"]),
    ] {
        assert_eq!(sorted(&place.run(words)), expected(&scores, items), "{words:?}");
    }
}

#[test]
fn the_pipe_of_every_tutorial_gives_the_same() {
    let scores = many_scores();
    let place = Place::with(&scores);
    let mapped = place.stdout(&["map"], &scores);
    let shuffled = sorted(&mapped).join("\n") + "\n";
    let reduced = place.stdout(&["reduce", "-k", "4"], &shuffled);
    assert_eq!(sorted(&reduced), expected(&scores, 4));
}

#[test]
fn items_after_the_last_one_asked_for_are_not_even_read() {
    let place = Place::with("");
    let first = place.stdout(&["map"], "g\ta\t2\ng\tb\t1\n");
    let shuffled = format!("{first}\"g\"\tno item at all\n");
    assert_eq!(place.stdout(&["reduce", "-k", "2"], &shuffled), "g\t1\ta\t2.0\ng\t2\tb\t1.0\n");
    let output = place.program(&["reduce", "-k", "3"], &shuffled);
    assert_eq!(output.status.code(), Some(1), "a third one would be read");
}

#[test]
fn bad_lines_are_rejected_and_kept_with_their_place() {
    let place = Place::with("g\ta\t1\ng\tb\ng\tc\tmany\ng\td\tNaN\ng\te\t2\n");
    assert_eq!(place.run(&["-o", "out", "-r", "1"]), "");
    assert_eq!(place.read("out/part-00000"), "g\t1\te\t2.0\ng\t2\ta\t1.0\n");
    let reject = |reason: &str, record: &str, offset: u32| {
        format!(
            r#"{{"schema":"howdah.reject/1","reason":"{reason}","record":"{record}","file":"file:DIR/scores","offset":{offset},"step":0,"task":"map 0"}}"#
        ) + "\n"
    };
    let rejects = [
        reject("it does not have three columns", r"g\tb", 6),
        reject("its score is not a number", r"g\tc\tmany", 10),
        reject("its score is not finite", r"g\td\tNaN", 19),
    ];
    assert_eq!(place.read("out/_rejects/part-m-00000"), rejects.concat());
}

#[test]
fn more_bad_lines_than_allowed_fail_the_run() {
    let place = Place::with("g\ta\t1\ng\tb\ng\tc\tmany\n");
    for (limit, code) in [("2", 0), ("1", 65), ("0", 65)] {
        let output = place.program(&["run", "scores", "-o", limit, "--max-rejects", limit], "");
        assert_eq!(output.status.code(), Some(code), "--max-rejects {limit}");
        assert_eq!(place.path(limit).exists(), code == 0, "--max-rejects {limit}");
    }
}

#[test]
fn no_items_at_all_is_no_ranking() {
    let output = Place::with(SCORES).program(&["run", "scores", "-k", "0"], "");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("'--top <K>'"), "{said}");
}
