//! A job's program on the cluster and here, and the comparison of what they gave.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use howdah_tests::cluster::{Cluster, fetch, files, get, program, succeed};

/// A file of a job that the repository has.
pub(crate) fn job_data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("jobs").join(path)
}

/// A job's program, and its input on both sides.
pub(crate) struct Both {
    program: PathBuf,
    /// The words that name the input.
    here: Vec<String>,
    there: Vec<String>,
    place: tempfile::TempDir,
}

/// What both sides gave: part files by their names, and the summary as JSON.
pub(crate) struct Ran {
    pub(crate) here: BTreeMap<String, Vec<u8>>,
    pub(crate) there: BTreeMap<String, Vec<u8>>,
    summaries: (Value, Value),
}

impl Both {
    pub(crate) fn new(job: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        Both { program: program(job), here: Vec::new(), there: Vec::new(), place }
    }

    /// An input that is on the cluster already.
    pub(crate) fn input(mut self, path: String) -> Self {
        self.there.push(path);
        self
    }

    /// Has the cluster's input here, too.
    pub(crate) fn fetched(mut self) -> Self {
        let folder = self.place.path().join("in");
        fs::create_dir(&folder).unwrap();
        self.there.iter().for_each(|glob| fetch(glob, &folder));
        self.here.push(folder.to_str().unwrap().to_owned());
        self
    }

    /// A file or folder of a job's data.
    pub(crate) fn file(mut self, cluster: &Cluster, path: &str) -> Self {
        let path = job_data(path);
        let folder = cluster.put(&[&path]);
        self.there.push(format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap()));
        self.here.push(path.to_str().unwrap().to_owned());
        self
    }

    /// A file for an input with a name.
    pub(crate) fn local(mut self, cluster: &Cluster, name: &str, path: &Path) -> Self {
        let folder = cluster.put(&[path]);
        let file = path.file_name().unwrap().to_str().unwrap();
        self.there.extend(["--input".to_owned(), format!("{name}={folder}/{file}")]);
        self.here.extend(["--input".to_owned(), format!("{name}={}", path.display())]);
        self
    }

    /// Runs the job on both sides.
    pub(crate) fn run(&self, cluster: &Cluster, arguments: &[&str]) -> Ran {
        let here = self.place.path().join("out");
        let mut local = Command::new(&self.program);
        local.arg("run").args(&self.here).arg("-o").arg(&here).args(arguments).arg("--json");
        let local = succeed(&mut local);
        let there = cluster.path("out");
        let remote = succeed(self.on_cluster(&there, arguments).arg("--json"));
        let summary = |stderr: &[u8]| serde_json::from_slice(stderr).unwrap();
        Ran {
            here: files(&here),
            there: get(&there),
            summaries: (summary(&local.stderr), summary(&remote.stderr)),
        }
    }

    /// Runs the job on the cluster, where it must fail; gives its exit code and what it said.
    pub(crate) fn fail_there(&self, cluster: &Cluster, arguments: &[&str]) -> (i32, String) {
        let output = self.on_cluster(&cluster.path("out"), arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Starts the job on the cluster, and sends SIGINT once the cluster has it; gives the exit code, the job's name and
    /// what was said.
    pub(crate) fn interrupt_there(&self, cluster: &Cluster) -> (i32, String, String) {
        let mut command = self.on_cluster(&cluster.path("out"), &[]);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let submitted = lines.find(|line| line.starts_with("job_")).expect("the job's name");
        let job = submitted.split(',').next().unwrap().to_owned();
        let process = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        kill_process(process, Signal::INT).unwrap();
        let said: Vec<_> = lines.collect();
        (child.wait().unwrap().code().unwrap(), job, said.join("\n"))
    }

    fn on_cluster(&self, output: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["run", "--on", "hadoop"])
            .args(&self.there)
            .args(["-o", output])
            .args(arguments);
        command
    }
}

impl Ran {
    pub(crate) fn same_files(&self) {
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&self.here), names(&self.there), "here and on the cluster");
        for (name, bytes) in &self.here {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(bytes), text(&self.there[name]), "{name}");
        }
        assert!(self.here.values().any(|bytes| !bytes.is_empty()), "there is nothing to compare");
    }

    /// The job's own counters, and those of Hadoop's that say what was done rather than how it was divided.
    pub(crate) fn same_counters(&self) {
        const ALWAYS: [&str; 5] = [
            "MapInputRecords",
            "MapOutputRecords",
            "MapOutputBytes",
            "ReduceInputGroups",
            "ReduceOutputRecords",
        ];
        let (here, there) = &self.summaries;
        let steps = |summary: &Value| summary["steps"].as_array().unwrap().clone();
        let (here, there) = (steps(here), steps(there));
        assert_eq!(here.len(), there.len(), "steps");
        for (number, (here, there)) in here.iter().zip(&there).enumerate() {
            let (here, there) = (&here["counters"], &there["counters"]);
            assert_eq!(here["user"], there["user"], "step {number}");
            let combines = here["framework"]["CombineInputRecords"].as_i64().unwrap_or(0) > 0;
            let more = if combines { None } else { Some("ReduceInputRecords") };
            for name in ALWAYS.into_iter().chain(more) {
                let value = |counters: &Value| counters["framework"][name].as_i64().unwrap_or(0);
                assert_eq!(value(here), value(there), "step {number}: {name}");
            }
        }
    }
}
