//! A job's program as a process: what only the real standard streams and exit codes can show.
//!
//! This test is its own job: called with `PROGRAM` in its environment it is that job's program.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test, though it has no harness

use std::env;
use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use howdah::{Counter, Flow, Job, Out, Plan, Sum, clap};

const PROGRAM: &str = "HOWDAH_TEST_PROGRAM";
const LINES: Counter = Counter::new("Test", "lines");
const ASIDE: howdah::Output<String, u64> = howdah::Output::new("aside");

/// Counts words, and talks too much
#[derive(clap::Args, Clone)]
#[command(version = "2.5")]
struct Chatty {
    /// Count `The` as `the`
    #[arg(long)]
    ignore_case: bool,
}

impl Job for Chatty {
    fn plan(&self) -> Plan {
        let ignore_case = self.ignore_case;
        Flow::lines()
            .map_fn(move |line, out: &mut Out<'_, String, u64>| {
                println!("stray: {line}");
                out.count(&LINES, 1);
                assert!(line != "panic", "as asked");
                if line == "file" {
                    out.emit(out.input_file().unwrap_or("none"), 1);
                }
                if line == "property" {
                    out.emit(out.property("a.b-c").unwrap_or("none"), 1);
                }
                if line == "aside" {
                    out.emit_to(&ASIDE, line, 1);
                }
                if line == "compute" {
                    compute(Duration::from_millis(1500));
                }
                if line == "hang" {
                    let (_sender, receiver) = mpsc::channel::<()>();
                    let _ = receiver.recv();
                }
                for word in line.split(' ') {
                    if ignore_case {
                        out.emit(word.to_lowercase(), 1);
                    } else {
                        out.emit(word, 1);
                    }
                }
            })
            .fold(Sum)
            .plan()
    }
}

/// Is busy, and silent.
fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        black_box((0..1000_u64).sum::<u64>());
    }
}

fn main() -> ExitCode {
    if env::var_os(PROGRAM).is_some() {
        return howdah::cli::main::<Chatty>();
    }
    let tests: &[(&str, fn())] = &[
        ("a_stray_print_is_no_record", a_stray_print_is_no_record),
        ("a_task_learns_its_file_and_properties", a_task_learns_its_file_and_properties),
        ("a_bad_record_fails_the_task", a_bad_record_fails_the_task),
        ("a_panic_fails_the_task", a_panic_fails_the_task),
        ("a_reader_that_goes_away_fails_the_task", a_reader_that_goes_away_fails_the_task),
        ("unsorted_input_of_a_reducer_is_told", unsorted_input_of_a_reducer_is_told),
        ("help_is_for_the_job", help_is_for_the_job),
        ("wrong_options_exit_with_2", wrong_options_exit_with_2),
        #[cfg(feature = "runner")]
        ("a_run_is_the_same_in_process_and_isolated", a_run_is_the_same_in_process_and_isolated),
        #[cfg(feature = "runner")]
        ("a_run_that_fails_says_why", a_run_that_fails_says_why),
        #[cfg(all(feature = "runner", target_os = "linux"))]
        ("who_computes_outlives_the_time_out", who_computes_outlives_the_time_out),
        #[cfg(unix)]
        ("outputs_reach_a_remote_folder", outputs_reach_a_remote_folder),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(args).env(PROGRAM, "1").env_remove("RUST_BACKTRACE");
    command
}

fn run(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A task that fails early leaves the rest unread.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn a_stray_print_is_no_record() {
    let ran = run(&mut program(&["map", "--ignore-case"]), b"A b\nB");
    assert_eq!(ran.status.code(), Some(0));
    assert_eq!(text(&ran.stdout), "\"a\"\t1\n\"b\"\t1\n\"b\"\t1\n");
    let errors = text(&ran.stderr);
    assert!(errors.contains("stray: A b\n") && errors.contains("stray: B\n"), "{errors}");
    let counted: i64 = errors
        .lines()
        .filter_map(|line| line.strip_prefix("reporter:counter:Test,lines,"))
        .map(|amount| amount.parse::<i64>().unwrap())
        .sum();
    assert_eq!(counted, 2);
}

fn a_task_learns_its_file_and_properties() {
    let mut task = program(&["map", "--step", "0"]);
    task.env("mapreduce_map_input_file", "file:/data/a.txt").env("a_b_c", "of the job");
    let ran = run(&mut task, b"file\nproperty\n");
    assert_eq!(
        text(&ran.stdout),
        "\"file:/data/a.txt\"\t1\n\"file\"\t1\n\"of the job\"\t1\n\"property\"\t1\n"
    );
}

fn a_bad_record_fails_the_task() {
    let ran = run(&mut program(&["reduce"]), b"\"a\"\t1\n\"a\"\tone\n");
    assert_eq!(ran.status.code(), Some(1));
    assert_eq!(
        text(&ran.stderr),
        "error[howdah::undecodable-record]: this value is not a u64: expected value, at its byte 1\n  \
         it begins: one\n  \
         where: the reduce task of step 1 (`--step 0`), in line 2 of its input, which begins at byte 6\n  \
         line: \\\"a\\\"\\tone\n  \
         key: \\\"a\\\"\n\
         hint: these lines must be what the step before wrote; is the number of `--step` right, and is nothing \
         else mixed in?\n"
    );
}

fn a_panic_fails_the_task() {
    let ran = run(&mut program(&["map"]), b"good\npanic\n");
    assert_eq!(ran.status.code(), Some(1));
    let errors = text(&ran.stderr);
    assert!(
        errors.contains("error[howdah::panic]: the job's code panicked: as asked\n"),
        "{errors}"
    );
    assert!(errors.contains("in line 2 of its input, which begins at byte 5\n"), "{errors}");
}

#[cfg(unix)]
fn a_reader_that_goes_away_fails_the_task() {
    let mut task = program(&["map"]);
    let mut child =
        task.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let _ = child.stdin.take().unwrap().write_all(b"a\n");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(141));
    let errors = text(&ended.stderr);
    assert!(!errors.contains("error"), "a reader that has had enough is no error: {errors}");
}

#[cfg(not(unix))]
fn a_reader_that_goes_away_fails_the_task() {}

fn unsorted_input_of_a_reducer_is_told() {
    let unsorted = b"\"b\"\t1\n\"a\"\t1\n\"b\"\t1\n\"a\"\t1\n";
    let ran = run(&mut program(&["reduce"]), unsorted);
    assert!(ran.status.success());
    let warnings = text(&ran.stderr).matches("warning: line 2 is out of order").count();
    assert_eq!((warnings, text(&ran.stderr).matches("warning:").count()), (1, 1));
    let mut ordered = program(&["reduce"]);
    ordered.env("mapreduce_job_output_key_comparator_class", "KeyFieldBasedComparator");
    assert!(!text(&run(&mut ordered, unsorted).stderr).contains("warning:"));
    let sorted = b"\"a\"\t1\n\"a\"\t1\n\"b\"\t1\n";
    assert!(!text(&run(&mut program(&["reduce"]), sorted).stderr).contains("warning:"));
}

fn help_is_for_the_job() {
    let help = |args: &[&str]| {
        let ran = run(&mut program(args), b"");
        assert_eq!(ran.status.code(), Some(0));
        text(&ran.stdout).to_owned()
    };
    let program = help(&["--help"]);
    assert!(program.starts_with("Counts words, and talks too much\n"), "{program}");
    assert!(program.contains("Exit codes: 0 done"), "{program}");
    let version = help(&["--version"]);
    let expected = concat!(" 2.5 (howdah ", env!("CARGO_PKG_VERSION"), ")\n");
    assert!(version.ends_with(expected), "{version}");
    let task = help(&["map", "--help"]);
    assert!(task.starts_with("Map records, as the -mapper of Hadoop Streaming\n"), "{task}");
    assert!(
        task.contains("Options of the job:\n      --ignore-case  Count `The` as `the`\n"),
        "{task}"
    );
    assert!(task.contains("Examples:\n"), "{task}");
    let steps = help(&["steps", "--json"]);
    assert!(steps.contains("\"schema\": \"howdah.plan/1\""), "{steps}");
}

fn wrong_options_exit_with_2() {
    for args in
        [&["map", "--no-such"][..], &["map", "extra"], &["map", "--step", "1"], &["no-such"]]
    {
        let ran = run(&mut program(args), b"");
        assert_eq!(ran.status.code(), Some(2), "{args:?}");
        assert!(ran.stdout.is_empty() && ran.stderr.starts_with(b"error"), "{args:?}");
    }
    #[cfg(feature = "runner")]
    {
        let errors = run(&mut program(&["Cargo.toml"]), b"").stderr;
        let hint = "run Cargo.toml` runs the job on it\n";
        assert!(text(&errors).ends_with(hint), "{}", text(&errors));
    }
}

#[cfg(feature = "runner")]
fn a_run_is_the_same_in_process_and_isolated() {
    let text_of = |args: &[&str]| {
        let ran = run(program(&["run", "-", "--json", "--ignore-case"]).args(args), b"B a\na c\nb");
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        let json: serde_json::Value =
            text(&ran.stderr).lines().find_map(|line| serde_json::from_str(line).ok()).unwrap();
        let mut counts: Vec<_> = text(&ran.stdout).lines().map(str::to_owned).collect();
        counts.sort();
        (counts, json["steps"][0]["counters"]["user"].clone())
    };
    let in_process = text_of(&[]);
    assert_eq!(in_process.0, ["\"a\"\t2", "\"b\"\t2", "\"c\"\t1"]);
    assert_eq!(text_of(&["--isolate"]), in_process);
    // Hadoop cuts there what a combiner and a reducer write.
    let other = "stream.reduce.output.field.separator=|";
    assert_eq!(text_of(&["--isolate", "-D", other]), in_process);
    let between = ["-D", "stream.map.output.field.separator=|"];
    let between = [&["--isolate"][..], &between, &["-D", "stream.reduce.input.field.separator=::"]];
    assert_eq!(text_of(&between.concat()), in_process);
}

#[cfg(feature = "runner")]
fn a_run_that_fails_says_why() {
    for isolate in [&[][..], &["--isolate"]] {
        let ran = run(program(&["run", "-", "-q"]).args(isolate), b"good\nb\xffd\n");
        assert_eq!(ran.status.code(), Some(1));
        assert!(ran.stdout.is_empty());
        let errors = text(&ran.stderr);
        assert!(errors.contains("byte 0xff at 1 is not UTF-8"), "{errors}");
    }
    for (input, hint) in [
        ("/no/such/file", None),
        (
            "/no/such/.file",
            Some("hint: as on Hadoop, names that begin with `_` or `.` are not read"),
        ),
        (
            ".",
            Some("hint: this folder lies in an input folder, as a job's outputs with names do; "),
        ),
    ] {
        let ran = run(&mut program(&["run", input]), b"");
        assert_eq!(ran.status.code(), Some(5), "{input}");
        let said = text(&ran.stderr).lines().find(|line| line.starts_with("hint: "));
        assert_eq!(said.is_some(), hint.is_some(), "{input}: {said:?}");
        assert!(said.unwrap_or_default().starts_with(hint.unwrap_or_default()), "{said:?}");
    }
}

#[cfg(all(feature = "runner", target_os = "linux"))]
fn who_computes_outlives_the_time_out() {
    let ran = |input: &[u8], more: &[&str]| {
        let job = ["run", "-", "-q", "--isolate", "-D", "mapreduce.task.timeout=600"];
        run(program(&job).args(more), input)
    };
    let computed = ran(b"compute", &[]);
    assert_eq!(computed.status.code(), Some(0), "{}", text(&computed.stderr));
    assert_eq!(text(&computed.stdout), "\"compute\"\t1\n");
    let times_out = [
        ran(b"hang", &[]),
        ran(b"compute", &["-D", "howdah.task.heartbeat.limit=0"]),
        ran(b"compute", &["-D", "howdah.task.heartbeat.limit=100"]),
    ];
    for ended in times_out {
        assert_eq!(ended.status.code(), Some(1));
        let errors = text(&ended.stderr);
        assert!(errors.contains("mapreduce.task.timeout"), "{errors}");
    }
}

#[cfg(unix)]
fn outputs_reach_a_remote_folder() {
    use std::fs;
    let folder = env::temp_dir().join(format!("howdah-process-test-{}", std::process::id()));
    let home = folder.join("java");
    fs::create_dir_all(home.join("bin")).unwrap();
    let java = "#!/bin/sh\necho \"$*\" > ../call\ncp -r out ..\n";
    let write = "printf %s \"$1\" > \"$0\" && chmod 700 \"$0\"";
    let mut child = Command::new("sh");
    child.args(["-c", write]).arg(home.join("bin/java")).arg(java);
    assert!(child.status().unwrap().success());
    let map = |input: &[u8]| {
        let mut task = program(&["map"]);
        task.current_dir(&folder).env("JAVA_HOME", &home).env("CLASSPATH", "classes");
        task.env("mapreduce_task_output_dir", "hdfs://host/jobs/out/attempt");
        run(&mut task, input)
    };
    assert_eq!(map(b"aside\npanic\n").status.code(), Some(1));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "a task that failed left something");

    let ran = map(b"aside\n");
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert_eq!(text(&ran.stdout), "\"aside\"\t1\n");
    let call = fs::read_to_string(folder.join("call")).unwrap();
    let words = " org.apache.hadoop.fs.FsShell -put -f ./out hdfs://host/jobs/\n";
    assert!(call.ends_with(words), "{call}");
    let part = fs::read_to_string(folder.join("out/attempt/aside/part-m-00000")).unwrap();
    assert_eq!(part, "\"aside\"\t1\n");
    assert!(
        !fs::read_dir(&folder)
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with("_howdah") })
    );
    fs::remove_dir_all(&folder).unwrap();
}
