//! The log of `howdah streaming`: what scripts that follow Hadoop's look for in it.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::process::{Command, Stdio};

/// Runs a map-only job of one task; gives its exit code, and its log without the times.
fn log(mapper: &str, options: &[&str]) -> (Option<i32>, String) {
    let place = tempfile::Builder::new().prefix("log").tempdir().unwrap();
    fs::write(place.path().join("in.txt"), "a\n").unwrap();
    fs::write(place.path().join("mapper.sh"), mapper).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_howdah"))
        .arg("streaming")
        .args(options)
        .args(["-D", "mapreduce.job.maps=1", "-input", "in.txt", "-output", "out"])
        .args(["-mapper", "sh mapper.sh", "-numReduceTasks", "0"])
        .current_dir(place.path())
        .env("TMPDIR", place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let without_time = |line: &str| {
        let entry = line.split_once(" INFO ").map(|(_, entry)| entry.to_owned());
        entry.unwrap_or_else(|| line.to_owned())
    };
    (output.status.code(), said.lines().map(|line| without_time(line) + "\n").collect())
}

/// What the task has said of itself, which is its id.
fn told<'l>(log: &'l str, what: &str) -> &'l str {
    log.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_else(|| panic!("{log}"))
}

#[test]
fn the_job_has_the_name_in_the_log_that_its_tasks_know() {
    let (code, log) = log("echo \"job $mapreduce_job_id\" >&2; cat", &[]);
    assert_eq!(code, Some(0), "{log}");
    let job = told(&log, "job ");
    assert!(job.starts_with("job_local") && job.ends_with("_0001"), "{job}");
    let lines = [
        format!("mapreduce.Job: Running job: {job}\n"),
        format!("mapreduce.Job: Job {job} running in uber mode : false\n"),
        "mapreduce.Job:  map 0% reduce 0%\n".to_owned(),
        "mapreduce.Job:  map 100% reduce 0%\n".to_owned(),
        format!("mapreduce.Job: Job {job} completed successfully\n"),
        "mapreduce.Job: Counters: ".to_owned(),
    ];
    let mut rest = &*log;
    for line in &lines {
        let (_, behind) = rest.split_once(line.as_str()).unwrap_or_else(|| panic!("{line}\n{log}"));
        rest = behind;
    }
}

#[test]
fn attempts_that_fail_have_the_names_that_they_know() {
    let mapper = "echo \"attempt $mapreduce_task_attempt_id\" >&2; exit 3";
    let (code, log) = log(mapper, &["-D", "mapreduce.map.maxattempts=2"]);
    assert_eq!(code, Some(1), "{log}");
    let attempt = told(&log, "attempt ");
    assert!(attempt.ends_with("_m_000000_0"), "{attempt}");
    let failed = format!("mapreduce.Job: Task Id : {attempt}, Status : FAILED\nError: ");
    assert!(log.contains(&failed), "{log}");
    let job = attempt.trim_end_matches("_m_000000_0").replacen("attempt_", "job_", 1);
    let failed = format!("mapreduce.Job: Job {job} failed with state FAILED due to: NA\n");
    assert!(log.contains(&failed), "{log}");
}
