//! What goes wrong on a real cluster: the output is complete and right, or absent.
//!
//! `scripts/test cluster-full` brings a cluster up, and starts this inside `scripts/hadoop-cluster exec`, one test at a
//! time: they kill daemons, and wait for time-outs. It takes a quarter of an hour.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use howdah_tests::cluster::{Cluster, files, get, program, succeed};
use rustix::process::{Pid, Signal, kill_process};

/// The job, its input on the cluster, and what it gives where nothing goes wrong.
struct Faulty {
    cluster: Cluster,
    input: String,
    right: BTreeMap<String, Vec<u8>>,
    _place: tempfile::TempDir,
}

/// Properties that make attempts quick to fail and to be tried again.
const QUICK: [&str; 6] = [
    // Nobody overtakes an attempt that hangs before its time is out.
    "-D",
    "mapreduce.reduce.speculative=false",
    "-D",
    "mapreduce.task.timeout=20000",
    "-D",
    "mapreduce.map.maxattempts=2",
];

impl Faulty {
    fn new(name: &str) -> Self {
        let cluster = Cluster::folder(name);
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("in");
        fs::create_dir(&folder).unwrap();
        for file in 0..4 {
            let lines =
                (0..2000).map(|line| format!("to be or not {} {}\n", line % 7, line % (file + 11)));
            fs::write(folder.join(format!("{file}.txt")), lines.collect::<String>()).unwrap();
        }
        let out = place.path().join("out");
        succeed(Command::new(program("faulty")).arg("run").arg(&folder).arg("-o").arg(&out));
        let input = format!("{}/in", cluster.put(&[&folder]));
        Faulty { cluster, input, right: files(&out), _place: place }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("faulty"));
        command
            .args(["run", &self.input, "--on", "hadoop", "-o", &self.cluster.path("out")])
            .args(arguments);
        command
    }

    /// A run that succeeds gives what it gives where nothing goes wrong; says what was said.
    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = succeed(&mut self.command(arguments));
        self.is_right();
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn is_right(&self) {
        let there = get(&self.cluster.path("out"));
        assert_eq!(self.right.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
        for (name, bytes) in &self.right {
            assert!(*bytes == there[name], "{name} differs");
        }
        assert_eq!(self.cluster.list(), ["in", "out"]);
    }

    /// A run that fails leaves nothing; says what was said.
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(self.cluster.list(), ["in"]);
        said
    }
}

#[test]
fn a_mapper_that_fails_once_is_tried_again() {
    let said = Faulty::new("once").succeeds(&[&QUICK[..], &["--fault", "fails-once"]].concat());
    assert!(said.contains("map task 0, attempt 0: its program ended with exit code 1"), "{said}");
}

#[test]
fn a_mapper_that_always_fails_fails_the_job() {
    let said = Faulty::new("always").fails(&[&QUICK[..], &["--fault", "fails-always"]].concat());
    assert!(said.contains("map task 0, attempt 0: its program ended with exit code 1"), "{said}");
    assert!(said.contains("as asked"), "the task's own words: {said}");
}

#[test]
fn a_reducer_that_hangs_is_ended_and_tried_again() {
    let said = Faulty::new("hangs").succeeds(&[&QUICK[..], &["--fault", "hangs-once"]].concat());
    assert!(said.contains("reduce task 0, attempt 0: "), "{said}");
    assert!(
        said.to_lowercase().contains("timed out") || said.contains("taskTimedOut: true"),
        "{said}"
    );
}

#[test]
fn a_reducer_that_always_hangs_fails_the_job() {
    let arguments =
        [&QUICK[..], &["-D", "mapreduce.reduce.maxattempts=1", "--fault", "hangs-always"]];
    Faulty::new("hangs-always").fails(&arguments.concat());
}

/// It says nothing for three times as long as a task may be silent, and works.
#[test]
fn a_mapper_that_computes_for_long_is_left_to_work() {
    let said = Faulty::new("computes")
        .succeeds(&[&QUICK[..], &["--fault", "computes", "--slow", "60000"]].concat());
    assert!(!said.contains("failed:"), "{said}");
}

/// A node manager and all its tasks go at once, in the middle of the maps.
#[test]
fn a_node_that_goes_takes_no_output_with_it() {
    let faulty = Faulty::new("node");
    let home = PathBuf::from(env::var_os("HADOOP_HOME").unwrap());
    let mut run = faulty.command(&["--fault", "slow"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stderr.take().unwrap()).lines().map(Result::unwrap);
    let began = lines.find(|line| line.starts_with("map "));
    let killed = kill_busiest_node(&home);
    let said: Vec<_> = began.into_iter().chain(lines).collect();
    let status = run.wait().unwrap();
    let back =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("scripts/hadoop-cluster");
    succeed(Command::new(back).args(["up", "--dir"]).arg(&home));
    assert!(status.success(), "{}", said.join("\n"));
    assert!(killed > 1, "a node manager and its containers");
    faulty.is_right();
}

/// Kills the node manager that has started the most processes, and them: YARN may have given all containers to one
/// node. Says how many processes these were.
fn kill_busiest_node(home: &Path) -> usize {
    let nodes = ["nodemanager1", "nodemanager2"].map(|name| node_and_containers(home, name));
    let doomed = nodes.into_iter().max_by_key(Vec::len).unwrap();
    for &process in &doomed {
        // One that has ended by itself is gone all the same.
        let _ = kill_process(Pid::from_raw(process).unwrap(), Signal::KILL);
    }
    doomed.len()
}

/// The process of a node manager, first, and all that it has started.
fn node_and_containers(home: &Path, name: &str) -> Vec<i32> {
    let text = fs::read_to_string(home.join("pids").join(format!("{name}.pid"))).unwrap();
    let manager: i32 = text.trim().parse().unwrap();
    let mut processes = vec![manager];
    let mut place = 0;
    while let Some(&parent) = processes.get(place) {
        let children = Command::new("pgrep").arg("-P").arg(parent.to_string()).output().unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        processes.extend(children.lines().map(|child| child.parse::<i32>().unwrap()));
        place += 1;
    }
    processes
}

/// Two attempts of one task at a time: one of them counts.
#[test]
fn a_straggler_is_overtaken_and_its_records_come_once() {
    let faulty = Faulty::new("straggler");
    faulty.succeeds(&[
        "-D",
        "mapreduce.map.speculative=true",
        "-D",
        "mapreduce.job.speculative.retry-after-speculate=1000",
        "-D",
        "mapreduce.job.speculative.speculative-cap-total-tasks=1.0",
        "--fault",
        "straggles",
        "--slow",
        "90000",
    ]);
}
