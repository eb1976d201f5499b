//! Diagnoses of logs that were recorded from a real cluster, and of any other text.

use std::fs;

use howdah_plan::visible::is_obeyed;
use proptest::prelude::*;

use super::*;

/// A recorded log, of which lines were left out that say nothing of a failure.
macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../../tests/logs/", $name, ".log"))
    };
}

fn diagnosis(log: &str) -> Diagnosis {
    Diagnosis::of_log(log.as_bytes()).unwrap()
}

/// The one failure of a log.
fn failure(log: &str) -> Failure {
    let mut diagnosis = diagnosis(log);
    assert_eq!(diagnosis.failures.len(), 1, "{diagnosis}");
    diagnosis.failures.remove(0)
}

#[test]
fn each_recorded_failure_has_its_cause() {
    for (log, slug, exit_code, sentence) in [
        (
            recorded!("command-not-found"),
            "not-found",
            Some(127),
            "the command `nosuchcommand_abc` was not found",
        ),
        (
            recorded!("program-not-found"),
            "not-found",
            None,
            "the program `nosuchcommand_abc` was not found",
        ),
        (recorded!("carriage-return"), "carriage-return", Some(127), "CR LF"),
        (
            recorded!("missing-module"),
            "missing-module",
            Some(1),
            "Python has no module `nosuchmodule_abc`",
        ),
        (
            recorded!("exception"),
            "exception",
            Some(1),
            r"ValueError: bad \x1b[31mline\x1b[0m: 'beta\n'",
        ),
        (recorded!("missing-file"), "missing-file", Some(2), "the file `gone.py` is not where"),
        (recorded!("timed-out"), "timed-out", None, "after 8 seconds"),
        (recorded!("counters"), "too-many-counters", None, "Too many counters: 121 max=120"),
        (recorded!("reducer"), "program-failed", Some(1), "exit code 1: the program itself says"),
        (recorded!("over-memory"), "over-memory", None, "used 1.6 GB of 512 MB"),
    ] {
        let failure = failure(log);
        assert_eq!(failure.cause.slug, slug, "{failure:?}");
        assert!(failure.cause.sentence.contains(sentence), "{failure:?}");
        assert!(failure.cause.hint.is_some(), "{failure:?}");
        assert_eq!(failure.exit_code, exit_code, "{failure:?}");
        assert!(failure.node.is_some() && failure.container.is_some(), "{failure:?}");
        assert!(!failure.stderr.is_empty() || !failure.hadoop.is_empty(), "{failure:?}");
        assert!(failure.attempts[0].ends_with("_000000_0"), "{failure:?}");
        assert_eq!(failure.attempts.len(), failure.times);
    }
}

#[test]
fn a_diagnosis_reads_as_a_whole() {
    assert_eq!(
        diagnosis(recorded!("command-not-found")).to_string(),
        "job_1700000000000_0003\n  \
         cause: the command `nosuchcommand_abc` was not found\n  \
         task: map task 0 failed twice, first as attempt_1700000000000_0003_m_000000_0 on node-1.example:24113\n  \
         input: hdfs://node-1.example:24100/data/in.txt, 17 bytes from byte 0\n  \
         exit code: 127, a program was not found: the command, what it calls, the interpreter of its `#!` line, or a \
         library that it needs\n  \
         the last lines of its standard error (container_1700000000000_0003_01_000002):\n  \
         | /usr/bin/sh: 1: nosuchcommand_abc: not found\n\
         hint: install it where tasks run, or ship it with `-files` and call it `./NAME`"
    );
}

#[test]
fn a_job_that_succeeded_has_nothing_to_tell() {
    let diagnosis = diagnosis(recorded!("succeeded"));
    assert!(diagnosis.is_empty(), "{diagnosis}");
    assert_eq!(diagnosis.to_string(), "nothing that failed was found in these logs");
}

#[test]
fn the_log_of_a_client_is_enough_for_the_exit_code() {
    let log = "\
2026-11-22 14:33:38,900 INFO mapreduce.Job: Running job: job_17_0003
2026-11-22 14:33:40,000 INFO mapreduce.Job: Task Id : attempt_17_0003_m_000001_0, Status : FAILED
Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 132
\tat org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)

2026-11-22 14:33:45,000 INFO mapreduce.Job: Task Id : attempt_17_0003_m_000000_0, Status : FAILED
Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 132
2026-11-22 14:33:46,000 INFO mapreduce.Job: Task Id : attempt_17_0003_m_000002_0, Status : FAILED
AttemptID:attempt_17_0003_m_000002_0 Timed out after 600 secs
2026-11-22 14:33:53,670 INFO mapreduce.Job: Job job_17_0003 failed with state FAILED due to: Task failed task_17_0003_m_000001
Job failed as tasks failed. failedMaps:1 failedReduces:0 killedMaps:0 killedReduces: 0
";
    let diagnosis = diagnosis(log);
    assert_eq!(diagnosis.job.as_deref(), Some("job_17_0003"));
    let slugs: Vec<_> = diagnosis.failures.iter().map(|failure| failure.cause.slug).collect();
    assert_eq!(slugs, ["illegal-instruction", "timed-out"]);
    let shown = diagnosis.to_string();
    assert!(
        shown.starts_with("job_17_0003 failed: Task failed task_17_0003_m_000001\n"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "task: map task 1 and another failed, twice in all, first as attempt_17_0003_m_000001_0"
        ),
        "{shown}"
    );
    assert!(
        shown.contains("\n  also: map task 2 failed once: the task timed out: Hadoop ended it after 600 seconds"),
        "{shown}"
    );
}

#[test]
fn tasks_in_the_clients_own_process_are_heard() {
    let log = "\
2026-11-22 14:33:38,900 INFO mapreduce.Job: Running job: job_local17_0001
sh: 1: frobnicate: not found
2026-11-22 14:33:40,000 WARN mapred.LocalJobRunner: job_local17_0001
java.lang.Exception: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 127
\tat org.apache.hadoop.mapred.LocalJobRunner$Job.runTasks(LocalJobRunner.java:492)
2026-11-22 14:33:53,670 INFO mapreduce.Job: Job job_local17_0001 failed with state FAILED due to: NA
";
    let failure = failure(log);
    assert_eq!(failure.cause.sentence, "the command `frobnicate` was not found");
    assert_eq!(failure.exit_code, Some(127));
}

#[test]
fn a_job_that_was_not_taken_says_so() {
    let log = "2026-11-22 14:33:38,900 ERROR streaming.StreamJob: Error Launching job : Input path does not exist: hdfs://h/x\n";
    let failure = failure(log);
    assert_eq!(
        failure.cause.sentence,
        "Hadoop did not take the job: Input path does not exist: hdfs://h/x"
    );
}

#[test]
fn a_task_of_howdahs_tells_its_record() {
    let said = "thread 'main' panicked at src/main.rs:9:17:\nno date\n\
                error[howdah::panic]: the job's code panicked: no date\n  \
                where: the map task of step 1 (`--step 0`), in line 3 of its input, which begins at byte 17\n  \
                line: 10.0.0.1 - -\n  file: hdfs://h/access.log\nhint: RUST_BACKTRACE=1 shows from where";
    // The words of a real task, in the place of those of a real shell.
    let log = recorded!("command-not-found")
        .replace("/usr/bin/sh: 1: nosuchcommand_abc: not found", said);
    let failure = failure(&log);
    assert_eq!((failure.cause.slug, failure.times), ("panic", 2));
    assert_eq!(failure.cause.sentence, "the job's code panicked: no date");
    assert_eq!(failure.stderr, ["thread 'main' panicked at src/main.rs:9:17:", "no date"]);
    let shown = diagnosis(&log).to_string();
    assert!(shown.contains("\n  line: 10.0.0.1 - -\n  file: hdfs://h/access.log\n"), "{shown}");
}

#[test]
fn a_folder_of_logs_is_read_as_a_node_manager_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("application_17_0003");
    for (container, stderr) in [
        ("container_17_0003_01_000002", "ValueError: no\n"),
        ("container_17_0003_01_000001", "log4j:WARN x\n"),
    ] {
        fs::create_dir_all(top.join(container)).unwrap();
        fs::write(top.join(container).join("stderr"), stderr).unwrap();
        fs::write(top.join(container).join("stdout"), "MemoryError\n").unwrap();
    }
    let master = "2026-11-22 10:00:00,000 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created MRAppMaster\n";
    fs::write(top.join("container_17_0003_01_000001/syslog"), master).unwrap();
    let syslog = "\
2026-11-22 10:00:00,000 INFO [main] org.apache.hadoop.mapred.MapTask: Processing split: hdfs://h/in:5+7
2026-11-22 10:00:00,000 WARN [main] org.apache.hadoop.mapred.YarnChild: Exception running child : java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 1
\tat x
";
    fs::write(top.join("container_17_0003_01_000002/syslog"), syslog).unwrap();
    let diagnosis = LogPlace::of(&top).unwrap().diagnose(&crate::Search::default()).unwrap();
    assert_eq!(diagnosis.job.as_deref(), Some("job_17_0003"));
    let failure = &diagnosis.failures[0];
    assert_eq!((failure.cause.slug, failure.exit_code), ("exception", Some(1)));
    assert_eq!(failure.container.as_deref(), Some("container_17_0003_01_000002"));
    assert_eq!(failure.input.as_deref(), Some("hdfs://h/in:5+7"));
    assert!(diagnosis.to_string().contains("hdfs://h/in, 7 bytes from byte 5"), "{diagnosis}");
}

#[test]
fn a_standard_error_alone_is_understood() {
    let failure = failure("reading\nTraceback (most recent call last):\nKeyError: 'x'\n");
    assert_eq!(failure.cause.sentence, "the program's code raised `KeyError: 'x'`");
}

/// What a client says of the attempts of `recorded!("exception")`.
const CLIENT_OF_EXCEPTION: &str = "\
2026-11-22 14:35:05,000 INFO mapreduce.Job: Task Id : attempt_1700000000000_0005_m_000000_0, Status : FAILED
Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 1
2026-11-22 14:35:15,000 INFO mapreduce.Job: Task Id : attempt_1700000000000_0005_m_000000_1, Status : FAILED
Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 1
";

#[test]
fn containers_stand_for_attempts_of_which_nobody_says_where_they_ran() {
    let unplaced: String = recorded!("exception")
        .lines()
        .filter(|line| !line.contains("using containerId"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let failure = failure(&format!("{CLIENT_OF_EXCEPTION}{unplaced}"));
    assert_eq!((failure.cause.slug, failure.times), ("exception", 2));
    assert!(failure.stderr.iter().any(|line| line.starts_with("ValueError: ")), "{failure:?}");
    assert_eq!(failure.container.as_deref(), Some("container_1700000000000_0005_01_000002"));
}

#[test]
fn counters_of_a_failed_job_are_no_words_of_a_task() {
    let log = "\
2026-11-22 14:33:38,900 INFO mapreduce.Job: Running job: job_local17_0001
sh: 1: frobnicate: not found
2026-11-22 14:33:40,000 WARN mapred.LocalJobRunner: job_local17_0001
java.lang.Exception: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 127
2026-11-22 14:33:53,670 INFO mapreduce.Job: Job job_local17_0001 failed with state FAILED due to: NA
2026-11-22 14:33:53,680 INFO mapreduce.Job: Counters: 50
\tMap-Reduce Framework
";
    let failure = failure(&[log, &"\t\tof a task=1\n".repeat(50)].concat());
    assert_eq!(failure.cause.sentence, "the command `frobnicate` was not found");
    assert_eq!(failure.stderr[0], "sh: 1: frobnicate: not found");
}

#[test]
fn the_exception_that_hadoop_throws_is_no_words_of_a_task() {
    let log = "\
2026-11-22 14:33:38,900 INFO mapreduce.Job: Running job: job_local17_0001
out of ink
2026-11-22 14:33:39,900 INFO streaming.PipeMapRed: PipeMapRed failed!
java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 7
\tat org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)
2026-11-22 14:33:40,000 WARN mapred.LocalJobRunner: job_local17_0001
java.lang.Exception: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 7
Caused by: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 7
2026-11-22 14:33:53,670 INFO mapreduce.Job: Job job_local17_0001 failed with state FAILED due to: NA
Streaming Command Failed!
";
    let failure = failure(log);
    assert_eq!(failure.cause.sentence, "exit code 7: the program itself says that it failed");
    assert_eq!(failure.stderr, ["out of ink"]);
}

#[test]
fn a_task_that_succeeds_beside_one_that_fails_does_not_take_its_words() {
    // Both in the container of the one who leads the job.
    let master = "2026-11-22 10:00:00,000 INFO [x] org.apache.hadoop.mapreduce.v2.app.job.impl.TaskAttemptImpl: ";
    let done = "2026-11-22 10:00:01,000 INFO [uber] org.apache.hadoop.mapred.Task: Task:attempt_1_0001_m_000000_0 is done. \
                And is in the process of committing";
    let failed = "2026-11-22 10:00:02,000 WARN [uber] org.apache.hadoop.mapred.YarnChild: Exception running child : \
                  java.io.IOException: no room for what it wrote";
    let uber = format!(
        "Container: container_1_0001_01_000001 on h_1\nLogType:stderr\nLogContents:\nKeyError: 'x'\n\
         End of LogType:stderr\n\
         Container: container_1_0001_01_000001 on h_1\nLogType:syslog\nLogContents:\n\
         {master}TaskAttempt: [attempt_1_0001_m_000001_0] using containerId: [container_1_0001_01_000001 on NM: [h:1]\n\
         {done}\n\
         {master}attempt_1_0001_m_000001_0 TaskAttempt Transitioned from RUNNING to FAILED\n\
         End of LogType:syslog\n"
    );
    assert_eq!(failure(&uber).cause.sentence, "the program's code raised `KeyError: 'x'`");
    // What it had written could not be committed.
    let syslog = |lines: &str| {
        format!(
            "Container: container_1_0001_01_000002 on h_1\nLogType:syslog\nLogContents:\n{lines}\n\
             End of LogType:syslog\nContainer: container_1_0001_01_000003 on h_1\n"
        )
    };
    let sentence = failure(&syslog(&format!("{done}\n{failed}"))).cause.sentence;
    assert_eq!(sentence, "java.io.IOException: no room for what it wrote");
    assert!(diagnosis(&syslog(&format!("{failed}\n{done}"))).is_empty());
}

#[test]
fn logs_of_older_releases_are_understood() {
    let log = recorded!("exception");
    let blank = log.replace("LogType:", "LogType: ").replace("LogContents:", "Log Contents:");
    let header_of_each = "LogAggregationType: AGGREGATED\n";
    // Of releases before 2.6: no lines at the ends; of those after: one header for all files of a container.
    let mut older = String::new();
    let mut old = String::new();
    let mut container = "";
    for line in blank.lines() {
        let is_known = line == container;
        if line.starts_with("Container: ") {
            container = line;
        }
        if is_known || header_of_each.starts_with(line) && !line.is_empty() {
            continue;
        }
        let line = format!("{line}\n");
        if !line.starts_with("End of LogType") {
            older += &line;
        }
        old += &line.replace("LogType: ", "LogType:");
    }
    for log in [blank, old, older] {
        let failure = failure(&log);
        assert_eq!((failure.cause.slug, failure.times), ("exception", 2));
        assert!(failure.stderr.iter().any(|line| line.starts_with("ValueError: ")), "{failure:?}");
    }
}

#[test]
fn a_program_may_say_warning() {
    let said = "WARNING: 3 records were odd\nINFO: giving up";
    let log = recorded!("command-not-found")
        .replace("/usr/bin/sh: 1: nosuchcommand_abc: not found", said);
    assert_eq!(failure(&log).stderr, ["WARNING: 3 records were odd", "INFO: giving up"]);
}

#[test]
fn what_is_kept_of_many_containers_has_a_bound() {
    let line = format!("{}\n", "x".repeat(10_000));
    let mut gathered = Gathered::default();
    for number in 0..700 {
        gathered.line(format!("Container: container_1_0001_01_{number:06} on h_1").as_bytes());
        gathered.line(b"LogType:stderr");
        gathered.line(b"LogContents:");
        (0..50).for_each(|_| gathered.line(line.as_bytes()));
        gathered.line(b"ValueError: no");
        gathered.line(b"End of LogType:stderr");
    }
    let kept = |number: usize| &gathered.containers[&format!("container_1_0001_01_{number:06}")];
    assert_eq!(kept(0).stderr.len(), 40);
    assert_eq!(kept(698).stderr.len(), 12);
    let bytes: usize =
        gathered.containers.values().flat_map(|container| &container.stderr).map(String::len).sum();
    assert!(bytes < 20 << 20, "{bytes}");
    assert_eq!(kept(698).stderr.back().map(String::as_str), Some("ValueError: no"));
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_named_is_read_even_if_it_is_a_pipe() {
    use std::io::Write as _;
    let (read, mut write) = std::io::pipe().unwrap();
    write.write_all(b"KeyError: 'x'\n").unwrap();
    drop(write);
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&read));
    let place = LogPlace::Path(path.into());
    let diagnosis = place.diagnose(&crate::Search::default()).unwrap();
    assert_eq!(diagnosis.failures[0].cause.slug, "exception");
}

#[test]
fn the_folder_of_an_attempt_is_no_part_of_its_cause() {
    let line = "python3: can't open file '/grid/1/container_17_0003_01_000002/./x.py': [Errno 2]";
    assert_eq!(without_folder(line), "python3: can't open file 'x.py': [Errno 2]");
    for line in ["", "/container_", "‘/container_1/x’", "a /container_1"] {
        without_folder(line);
    }
}

#[test]
fn its_json_holds_all_of_it() {
    let diagnosis = diagnosis(recorded!("exception"));
    let json = serde_json::to_value(&diagnosis).unwrap();
    assert_eq!(json["schema"], "howdah.diagnosis/1");
    let failure = &json["failures"][0];
    assert_eq!(failure["slug"], "exception");
    assert_eq!((&failure["times"], &failure["exit_code"]), (&2.into(), &1.into()));
    assert!(failure["stderr"].as_array().unwrap().len() > 2);
}

/// Pieces that logs are made of.
const PIECES: [&str; 26] = [
    "Container: container_1_0001_01_000002 on h_1\n",
    "Container: container_",
    "LogType:stderr\n",
    "LogType:syslog\n",
    "LogType:",
    "LogContents:\n",
    "End of LogType:stderr\n",
    "2026-11-22 10:00:00,000 INFO ",
    "2026-11-22 10:00:00,000 ERROR ",
    "mapreduce.Job: Task Id : attempt_1_0001_m_000000_0, Status : FAILED\n",
    "mapreduce.Job: Job job_1 failed with state FAILED due to: ",
    "x.v2.app.X: Diagnostics report from attempt_1_0001_m_000000_0: ",
    "x.v2.app.X: TaskAttempt: [attempt_1_0001_m_000000_0] using containerId: [container_1_0001_01_000002 on NM: [h:1]\n",
    "x.v2.app.X: attempt_1_0001_m_000000_0 TaskAttempt Transitioned from RUNNING to FAILED\n",
    "PipeMapRed.waitOutputThreads(): subprocess failed with code ",
    "YarnChild: Exception running child : ",
    "MapTask: Processing split: ",
    "error[howdah::panic]: ",
    "  line: ",
    "hint: ",
    "is running beyond the 'PHYSICAL' memory limit. Current usage: ",
    "task timeout set: ",
    "s, taskTimedOut: true",
    "Cannot run program \"",
    "\x1b[2J\u{9b}31m\u{202e}\r",
    "\n",
];

proptest! {
    #[test]
    fn any_log_is_read_and_nothing_in_it_is_obeyed(pieces in prop::collection::vec(
        prop_oneof![
            3 => prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..40),
        ],
        0..40,
    )) {
        let log = pieces.concat();
        let diagnosis = Diagnosis::of_log(&log[..]).unwrap();
        let shown = diagnosis.to_string();
        prop_assert!(!shown.contains(|c| is_obeyed(c) && c != '\n'), "{shown:?}");
        let json = serde_json::to_string(&diagnosis).unwrap();
        prop_assert!(!json.contains(is_obeyed), "{json:?}");
    }

    #[test]
    fn a_recorded_log_that_is_cut_anywhere_is_read(cut in 0..9000usize) {
        let log = recorded!("exception").as_bytes();
        let diagnosis = Diagnosis::of_log(&log[..cut.min(log.len())]).unwrap();
        prop_assert!(!diagnosis.to_string().contains(|c| is_obeyed(c) && c != '\n'));
    }
}
