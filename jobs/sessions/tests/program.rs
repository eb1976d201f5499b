//! The sessions of a small log, `data/access.log`, in all that a run leaves behind.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sessions");
const LOG: &str = include_str!("../data/access.log");

/// The sessions of the log, in the order of their hosts as JSON and then of time.
const SESSIONS: [&str; 5] = [
    // Half an hour and no more lies between these two visits,
    r#"{"host":"192.0.2.1","start":"2000-10-10T20:55:36Z","seconds":1800,"pages":2,"first":"/","last":"/docs?page=2"}"#,
    // one second more lies before the third.
    r#"{"host":"192.0.2.1","start":"2000-10-10T21:55:37Z","seconds":0,"pages":1,"first":"/download","last":"/download"}"#,
    // Over midnight, and long.
    r#"{"host":"192.0.2.7","start":"2000-10-10T23:50:00Z","seconds":4500,"pages":4,"first":"/music","last":"/music/3"}"#,
    // An hour and no more is not long. The log has these visits in another order.
    r#"{"host":"2001:db8::5","start":"2000-10-11T08:00:00Z","seconds":3600,"pages":3,"first":"/a","last":"/c"}"#,
    // Two zones: the line that is later in the log is that of the earlier visit.
    r#"{"host":"host.example.org","start":"2000-10-10T20:55:39Z","seconds":1,"pages":2,"first":"/","last":"/about"}"#,
];
const LONG_ONE: &str = SESSIONS[2];

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A place with the log as `access.log`.
    fn new() -> Self {
        let place = Place { folder: tempfile::Builder::new().prefix("visits").tempdir().unwrap() };
        fs::write(place.path("access.log"), LOG).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        let content = fs::read_to_string(self.path(name)).unwrap();
        content.replace(self.folder.path().to_str().unwrap(), "DIR")
    }

    /// All lines of a folder's part files, sorted.
    fn lines(&self, folder: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for entry in fs::read_dir(self.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with("part-") {
                let content = fs::read_to_string(path).unwrap();
                lines.extend(content.lines().map(str::to_owned));
            }
        }
        lines.sort_unstable();
        lines
    }

    fn output(&self, words: &[&str]) -> Output {
        Command::new(PROGRAM)
            .args(["run", "access.log"])
            .args(words)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.folder.path())
            .output()
            .unwrap()
    }

    /// Runs the job into the folder `out`; gives what it says.
    fn run(&self, words: &[&str]) -> String {
        let output = self.output(&[&["-o", "out", "--overwrite"], words].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{words:?}: {said}");
        said
    }
}

#[test]
fn a_session_ends_where_the_next_visit_is_too_late_for_it() {
    let place = Place::new();
    place.run(&["-r", "1"]);
    assert_eq!(place.read("out/part-00000").lines().collect::<Vec<_>>(), SESSIONS);
}

#[test]
fn long_sessions_are_written_once_more_to_an_output_of_their_own() {
    let place = Place::new();
    place.run(&["-r", "1"]);
    assert_eq!(place.read("out/long/part-r-00000"), format!("{LONG_ONE}\n"));
    place.run(&["-r", "1", "--long-minutes", "75"]);
    assert!(!place.path("out/long").exists(), "75 minutes are not longer than 75 minutes");
}

#[test]
fn the_longest_pause_and_what_is_long_can_be_chosen() {
    let place = Place::new();
    place.run(&["--gap-minutes", "20", "--long-minutes", "0"]);
    assert_eq!(place.lines("out").len(), 11, "all visits but two are alone");
    assert_eq!(place.lines("out/long"), SESSIONS[4..], "which are a second apart");
    place.run(&["--gap-minutes", "31"]);
    let whole = r#"{"host":"192.0.2.1","start":"2000-10-10T20:55:36Z","seconds":3601,"pages":3,"first":"/","last":"/download"}"#;
    assert_eq!(place.lines("out")[0], whole);
    assert_eq!(place.lines("out/long"), [whole, LONG_ONE]);
}

#[test]
fn lines_that_are_none_of_a_log_are_kept_with_their_place() {
    let place = Place::new();
    place.run(&[]);
    let reject = |reason: &str, record: &str| {
        let offset = LOG.find(record).unwrap();
        let (reason, record) = (reason.replace('"', r#"\""#), record.replace('"', r#"\""#));
        format!(
            r#"{{"schema":"howdah.reject/1","reason":"{reason}","record":"{record}","file":"file:DIR/access.log","offset":{offset},"step":0,"task":"map 0"}}"#
        ) + "\n"
    };
    let rejects = [
        reject("it has no [time]", "this is no line of a log"),
        reject(
            "its time is not like 10/Oct/2000:13:55:36 -0700",
            r#"192.0.2.9 - - [31/Feb/2000:00:00:00 +0000] "GET / HTTP/1.1" 200 1"#,
        ),
        reject(
            "its request has no path",
            r#"192.0.2.9 - - [11/Oct/2000:00:41:00 +0000] "-" 408 -"#,
        ),
        reject(
            "it does not begin with a host",
            r#" - - [11/Oct/2000:01:05:00 +0000] "GET / HTTP/1.1" 200 1"#,
        ),
    ];
    assert_eq!(place.read("out/_rejects/part-m-00000"), rejects.concat());
}

#[test]
fn more_bad_lines_than_allowed_fail_the_run() {
    let place = Place::new();
    for (limit, code) in [("4", 0), ("3", 65), ("0", 65), ("25%", 0), ("24%", 65)] {
        let output = place.output(&["-o", limit, "--max-rejects", limit]);
        assert_eq!(output.status.code(), Some(code), "--max-rejects {limit}");
        assert_eq!(place.path(limit).exists(), code == 0, "--max-rejects {limit}");
    }
}

#[test]
fn sessions_and_pages_are_counted() {
    let said = Place::new().run(&[]);
    for expected in ["sessions=5", "pages=12", "long=1", "Rejected records=4"] {
        assert!(said.contains(&format!("\t\t{expected}\n")), "{expected} in:\n{said}");
    }
}

#[test]
fn any_number_of_tasks_finds_the_same_sessions() {
    let place = Place::new();
    for words in [
        &["-r", "1", "--split-size", "100"][..],
        &["-r", "3", "--split-size", "333", "--workers", "3"],
        &["-r", "7"],
    ] {
        place.run(words);
        assert_eq!(place.lines("out"), SESSIONS, "{words:?}");
        assert_eq!(place.lines("out/long"), [LONG_ONE], "{words:?}");
        assert_eq!(place.lines("out/_rejects").len(), 4, "{words:?}");
    }
}

#[test]
fn child_processes_leave_the_same_files() {
    let place = Place::new();
    let files = ["part-00000", "part-00001", "long/part-r-00001", "_rejects/part-m-00000"];
    let read = || files.map(|file| place.read(&format!("out/{file}")));
    place.run(&[]);
    let expected = read();
    place.run(&["--isolate"]);
    assert_eq!(read(), expected);
}

#[test]
fn long_sessions_need_a_folder() {
    let place = Place::new();
    let output = place.output(&["--quiet"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`long`") && said.contains("`-o`"), "{said}");
}
