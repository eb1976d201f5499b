//! `howdah parity` with real Hadoop: jobs that are the same there and here, and what is said of one that is not.
//!
//! `scripts/test parity` starts this with the variable that says where Hadoop's jars are.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah-under-test");
const TEXT: &str = "the quick brown fox jumps over the lazy dog\nThe dog sleeps, the fox does not.\n\
    a fox is a fox is a fox\n\nover and over and over again\n";

/// A job of this repository, built when the first test asks for one.
fn job(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let folder = Path::new(HOWDAH).parent().unwrap().to_owned();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "-p", "word-count", "-p", "sessions", "-p", "join"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "the jobs cannot be built");
        folder
    });
    folder.join(name)
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn hadoop() -> OsString {
    let names = ["HOWDAH_HADOOP_CLASSPATH", "HOWDAH_ORACLE_CLASSPATH"];
    names.into_iter().find_map(env::var_os).expect(
        "neither HOWDAH_HADOOP_CLASSPATH nor HOWDAH_ORACLE_CLASSPATH is set: start this by scripts/test parity",
    )
}

/// A folder in which both runs are asked for, and one for what they have on the way.
struct Place {
    folder: tempfile::TempDir,
}

/// What `howdah parity` gave.
struct Seen {
    code: Option<i32>,
    text: String,
    said: String,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("parity").tempdir().unwrap();
        fs::create_dir(folder.path().join("temporary")).unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Place { folder }
    }

    /// A place with a plan file of these steps, and `in.txt`.
    fn with_plan(steps: &Value) -> Self {
        let plan = json!({"schema": "howdah.plan/1", "name": "planned", "steps": steps});
        Place::new(&[("plan.json", &plan.to_string()), ("in.txt", TEXT)])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(HOWDAH);
        command
            .args(["parity", "--oracle"])
            .args(words)
            .current_dir(self.folder.path())
            .env("HOWDAH_HADOOP_CLASSPATH", hadoop())
            .env("TMPDIR", self.path("temporary"))
            // A short life of Java's: its quick compiler is enough.
            .env("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .stdin(Stdio::null());
        command
    }

    /// Runs both ways; nothing of it may be left.
    fn parity(&self, words: &[&str]) -> Seen {
        let output = self.command(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (text, said) = (text(output.stdout), text(output.stderr));
        self.is_clean();
        Seen { code: output.status.code(), text, said }
    }

    fn is_clean(&self) {
        let left = fs::read_dir(self.path("temporary")).unwrap().map(|entry| entry.unwrap().path());
        let left: Vec<_> = left.collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.text, self.said))
    }

    /// The report, which says that both are the same; the names of the files are these.
    fn same(&self, files: &[&str]) -> Value {
        let report = self.json();
        assert_eq!(report["outcome"], "same", "{report:#}");
        assert_eq!(self.code, Some(0));
        assert_eq!(report["schema"], "howdah.parity/1");
        let checked = report["files"].as_array().unwrap();
        let names: Vec<_> = checked.iter().map(|file| file["name"].as_str().unwrap()).collect();
        assert_eq!(names, files);
        assert!(checked.iter().any(|file| file["lines"].as_u64() > Some(0)), "{report:#}");
        report
    }
}

fn compared(report: &Value, step: u64) -> Vec<&str> {
    let rows = report["counters"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["compared"] == true && row["step"] == step);
    rows.map(|row| row["name"].as_str().unwrap()).collect()
}

#[test]
fn word_count_of_several_splits() {
    let place = Place::new(&[("in/a.txt", &TEXT.repeat(30)), ("in/b.txt", TEXT)]);
    let program = job("word-count");
    let words = ["in", "-r", "3", "--split-size", "1500", "--json"];
    let words: Vec<_> = [program.to_str().unwrap()].into_iter().chain(words).collect();
    let report = place.parity(&words).same(&["part-00000", "part-00001", "part-00002"]);
    // With a combiner, the number of records that reach the reducer is open.
    let names = [
        "Map input records",
        "Map output records",
        "Map output bytes",
        "Reduce input groups",
        "Reduce output records",
    ];
    assert_eq!(compared(&report, 0), names);
    let value = |name: &str| {
        let rows = report["counters"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap()["hadoop"].as_u64().unwrap()
    };
    assert_eq!(value("Map input records"), 31 * 5);
    assert!(value("Shuffled Maps") > 3, "the input was not split: {report:#}");
}

#[test]
fn two_steps_with_an_option_of_the_job() {
    let place = Place::new(&[("in.txt", TEXT)]);
    let program = job("word-count");
    let seen = place.parity(&[
        program.to_str().unwrap(),
        "in.txt",
        "--json",
        "--",
        "--top",
        "3",
        "--ignore-case",
    ]);
    let report = seen.same(&["part-00000"]);
    assert_eq!(report["files"][0]["lines"], 3);
    assert!(compared(&report, 1).contains(&"Reduce output records"));
}

#[test]
fn a_named_output_and_rejected_records() {
    let log = fs::read_to_string(repository().join("jobs/sessions/data/access.log")).unwrap();
    let place = Place::new(&[("access.log", &log)]);
    let program = job("sessions");
    let seen = place.parity(&[program.to_str().unwrap(), "access.log", "-r", "2", "--json"]);
    let files = ["_rejects/part-m-00000", "long/part-r-00001", "part-00000", "part-00001"];
    let report = seen.same(&files);
    assert!(compared(&report, 0).contains(&"sessions"));
    assert!(compared(&report, 0).contains(&"Reduce input records"));
}

#[test]
fn inputs_with_names_and_a_codec() {
    let place = Place::new(&[
        ("users.tsv", "u1\tann\nu2\tbob\nu3\tcid\n"),
        ("visits.tsv", "u1\tx\nu1\ty\nu9\tz\nu2\tw\n"),
    ]);
    let program = job("join");
    let words = [
        "--input",
        "left=users.tsv",
        "--input",
        "right=visits.tsv",
        "--output-codec",
        "gzip",
        "--json",
    ];
    let words: Vec<_> = [program.to_str().unwrap()].into_iter().chain(words).collect();
    place.parity(&words).same(&["part-00000.gz", "part-00001.gz"]);
}

/// Words and how often they occur, then the words of each number.
const MAP: &str = r#"import os, sys
for line in sys.stdin:
    for word in line.split():
        print(f"{word}\t1")
        print("reporter:counter:Words,seen,1", file=sys.stderr)
"#;
const REDUCE: &str = r#"import sys
from itertools import groupby
pairs = (line.rstrip("\n").partition("\t")[::2] for line in sys.stdin)
for word, group in groupby(pairs, key=lambda pair: pair[0]):
    print(f"{word}\t{sum(int(count) for _, count in group)}")
"#;

#[test]
fn a_plan_in_python_and_sh_from_another_folder() {
    let plan = json!({"schema": "howdah.plan/1", "name": "words", "steps": [
        {
            "inputs": [{"mapper": {"type": "command", "argv": ["python3", "map.py"]}}],
            "combiner": {"type": "command", "argv": ["python3", "reduce.py"]},
            "reducer": {"type": "command", "argv": ["python3", "reduce.py"]},
        },
        {
            "inputs": [{"mapper": {"type": "command", "argv": ["awk", "-F", "\t", "{ print $2 \"\\t\" $1 }"]}}],
            "sort_values": true,
            "reducer": {"type": "command", "argv": ["sh", "./number.sh"]},
            "reducers": 1,
            "output": "line",
        },
    ]});
    let place = Place::new(&[
        ("plans/words.json", &plan.to_string()),
        ("plans/map.py", MAP),
        ("plans/reduce.py", REDUCE),
        ("plans/number.sh", "exec cat -n\n"),
        ("in.txt", TEXT),
    ]);
    let report = place.parity(&["plans/words.json", "in.txt", "--json"]).same(&["part-00000"]);
    assert!(compared(&report, 0).contains(&"seen"));
    assert!(compared(&report, 1).contains(&"Reduce input records"));
}

#[test]
fn a_difference_is_shown_and_exits_with_3() {
    let script = "cat > /dev/null; echo first; echo \"$mapreduce_job_id\"; echo reporter:counter:Job,$mapreduce_job_id,1 >&2";
    let place = Place::with_plan(&json!([
        {"inputs": [{"mapper": {"type": "command", "argv": ["sh", "-c", script]}}]},
    ]));
    let seen = place.parity(&["plan.json", "in.txt"]);
    assert_eq!(seen.code, Some(3), "{}{}", seen.text, seen.said);
    let lines: Vec<_> = seen.text.lines().collect();
    assert!(lines[0].starts_with("same       runs  "), "{}", seen.text);
    assert!(lines[1].starts_with("DIFFERENT  part-00000  "), "{}", seen.text);
    assert!(lines[1].ends_with("2 lines here, 2 of Hadoop's; 1 of them differ"), "{}", seen.text);
    assert!(lines[2].starts_with("  line 2       here    job_local"), "{}", seen.text);
    assert!(lines[3].starts_with("               Hadoop  job_local"), "{}", seen.text);
    assert!(lines[4].starts_with("DIFFERENT  counters  "), "{}", seen.text);
    assert!(
        seen.text.ends_with("DIFFERENT: plan.json has 1 file and 2 counters that differ\n"),
        "{}",
        seen.text
    );
}

#[test]
fn the_order_of_values_is_open_unless_it_is_asked_for() {
    // The reducer sees the values of one key, which Hadoop sorts by an algorithm that does not keep their order.
    let lines: Vec<_> = (0..100).map(|number| format!("key\t{number}\n")).collect();
    let plan = json!({"schema": "howdah.plan/1", "name": "order", "steps": [{
        "inputs": [{"mapper": {"type": "identity"}}],
        "reducer": {"type": "identity"},
        "reducers": 1,
    }]});
    let place = Place::new(&[("plan.json", &plan.to_string()), ("in.txt", &lines.concat())]);
    let report = place.parity(&["plan.json", "in.txt", "--json"]).same(&["part-00000"]);
    assert_eq!(report["files"][0]["result"], "reordered");
    let strict = place.parity(&["plan.json", "in.txt", "--strict-order"]);
    assert_eq!(strict.code, Some(3), "{}", strict.text);
    assert!(strict.text.contains("100 lines, the same in another order"), "{}", strict.text);
}

#[test]
fn a_job_that_fails_both_ways_is_the_same() {
    let place = Place::with_plan(&json!([
        {"inputs": [{"mapper": {"type": "command", "argv": ["sh", "-c", "echo it is broken >&2; exit 7"]}}]},
    ]));
    let seen = place.parity(&["plan.json", "in.txt"]);
    assert_eq!(seen.code, Some(1), "{}{}", seen.text, seen.said);
    assert!(
        seen.text.ends_with("the same: plan.json fails with exit code 1 here and by Hadoop\n"),
        "{}",
        seen.text
    );
}

#[test]
fn a_job_that_fails_on_one_side_is_told_with_its_reason() {
    // The file is there for the first run alone.
    let place = Place::with_plan(&json!([]));
    let mark = place.path("mark");
    let script = format!(
        "cat; if [ -e {0} ]; then echo once only >&2; exit 1; fi; touch {0}",
        mark.display()
    );
    let plan = json!({"schema": "howdah.plan/1", "name": "once", "steps": [
        {"inputs": [{"mapper": {"type": "command", "argv": ["sh", "-c", script]}}]},
    ]});
    fs::write(place.path("plan.json"), plan.to_string()).unwrap();
    let seen = place.parity(&["plan.json", "in.txt", "--json"]);
    let report = seen.json();
    assert_eq!((seen.code, &report["outcome"]), (Some(1), &json!("one-failed")), "{report:#}");
    assert_eq!(report["runs"]["here"]["exit_code"], 0);
    assert_eq!(report["runs"]["hadoop"]["exit_code"], 1);
    assert!(report["runs"]["hadoop"]["error"].as_str().unwrap().contains("failed"), "{report:#}");
}

#[test]
fn a_signal_ends_hadoops_run_and_leaves_nothing() {
    // The second run says that it is there, and never ends.
    let place = Place::with_plan(&json!([]));
    let (mark, up) = (place.path("mark"), place.path("up"));
    assert!(Command::new("mkfifo").arg(&up).status().unwrap().success());
    let script = format!(
        "if [ -e {0} ]; then echo up > {1}; exec sleep 1000; fi; touch {0}",
        mark.display(),
        up.display()
    );
    let plan = json!({"schema": "howdah.plan/1", "name": "endless", "steps": [
        {"inputs": [{"mapper": {"type": "command", "argv": ["sh", "-c", script]}}]},
    ]});
    fs::write(place.path("plan.json"), plan.to_string()).unwrap();
    let child = place.command(&["plan.json", "in.txt"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(fs::File::open(&up).unwrap()).read_line(&mut line).unwrap();
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(143), "{said}");
    assert!(said.ends_with("error: ended by a signal; nothing of the runs is left\n"), "{said}");
    place.is_clean();
}
