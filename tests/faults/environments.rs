//! Odd environments: what a run is started in does not show in its output, and what it cannot do without is named.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use howdah_tests::text::words;

use super::names;
use crate::peak::{MEBIBYTE, promised};

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah-under-test");
/// More than a worker keeps in memory, so that there are spills in a file.
const LARGE_BYTES: usize = 5 << 20;
/// What locales have opinions on, and bytes that are no text.
const SMALL: &[u8] = b"I i INFO info\n\xc4\xb0stanbul \xc4\xb1l\xc4\xb1k\n\xff\xfe a\tB 1.000,5\n";

/// What a job's mapper and reducer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tasks {
    Linked,
    Commands,
}

const BOTH: [Tasks; 2] = [Tasks::Linked, Tasks::Commands];

/// The files of an output by their names.
type Files = BTreeMap<String, Vec<u8>>;

/// A folder with an input, and one for temporary files.
struct Place(tempfile::TempDir);

impl Place {
    fn new(input: &[u8]) -> Self {
        let place = Place(tempfile::Builder::new().prefix("environments").tempdir().unwrap());
        fs::write(place.path("in"), input).unwrap();
        fs::create_dir(place.path("temporary")).unwrap();
        place
    }

    fn small() -> Self {
        Place::new(SMALL)
    }

    fn large() -> Self {
        Place::new(words(LARGE_BYTES, "word", 24).as_bytes())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A run of the command, begun by a shell that does something before: `"$@"` is the run then.
    fn shell(&self, script: &str, words: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "sh", HOWDAH]).args(words);
        command.current_dir(self.0.path()).env("TMPDIR", self.path("temporary"));
        command.stdin(Stdio::null());
        command
    }

    /// A job of Hadoop Streaming's, begun by a shell.
    fn job(&self, script: &str, tasks: Tasks) -> Command {
        self.job_with(script, tasks, 2, &[])
    }

    /// The same with more words: of an option that is given twice, the first one counts.
    fn job_with(&self, script: &str, tasks: Tasks, workers: u64, more: &[&str]) -> Command {
        let workers = workers.to_string();
        let parts = match tasks {
            Tasks::Linked => ["org.apache.hadoop.mapred.lib.TokenCountMapper", LONG_SUM],
            Tasks::Commands => ["cat", "cat"],
        };
        let typed = match tasks {
            Tasks::Linked => ["-D", TEXT_KEYS, "-D", LONG_VALUES].as_slice(),
            Tasks::Commands => &[],
        };
        let words = [
            &["streaming", "--memory", "8M", "--workers", &workers, "--maps", "6"][..],
            &["-D", "mapreduce.job.reduces=3"],
            typed,
            more,
            &["-input", "in", "-output", "out", "-mapper", parts[0], "-reducer", parts[1]],
        ];
        self.shell(script, &words.concat())
    }

    /// What a job writes where nothing is odd.
    fn expected(&self, tasks: Tasks) -> Files {
        let ran = self.job("exec \"$@\"", tasks).output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
        let output = self.output();
        assert_eq!(output.len(), 4);
        self.remove_output();
        output
    }

    fn output(&self) -> Files {
        files(&self.path("out"))
    }

    fn remove_output(&self) {
        fs::remove_dir_all(self.path("out")).unwrap();
    }

    /// Sees to it that a run has written what is expected, and left nothing else.
    fn check(&self, ran: &Output, expected: &Files, what: &str) {
        assert_eq!(ran.status.code(), Some(0), "{what}: {}", said(ran));
        assert!(self.output() == *expected, "{what}: another output");
        self.remove_output();
        self.check_nothing_left(what);
    }

    /// Sees to it that a run has failed with a code and these words, and left nothing.
    fn check_failed(&self, ran: &Output, code: i32, words: &[&str], what: &str) {
        check_said(ran, code, words, what);
        self.check_nothing_left(what);
    }

    fn check_nothing_left(&self, what: &str) {
        assert_eq!(names(&self.path("temporary")), [""; 0], "{what}");
        let left = names(self.0.path());
        assert!(left.iter().all(|name| name != "out" && !name.contains(".howdah-")), "{left:?}");
    }
}

const LONG_SUM: &str = "org.apache.hadoop.mapred.lib.LongSumReducer";
const TEXT_KEYS: &str = "mapreduce.job.output.key.class=org.apache.hadoop.io.Text";
const LONG_VALUES: &str = "mapreduce.job.output.value.class=org.apache.hadoop.io.LongWritable";
/// A plan whose parts go to the standard output.
const PLAN: &str = r#"{"schema": "howdah.plan/1", "name": "pass", "steps": [
    {"inputs": [{"mapper": {"type": "identity"}}], "reducer": {"type": "identity"}}]}"#;

fn said(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

fn check_said(ran: &Output, code: i32, words: &[&str], what: &str) {
    let said = said(ran);
    assert_eq!(ran.status.code(), Some(code), "{what}: {:?}: {said}", ran.status);
    for word in words {
        assert!(said.contains(word), "{what}: no `{word}` in: {said}");
    }
}

fn files(folder: &Path) -> Files {
    let file = |name: String| (name.clone(), fs::read(folder.join(name)).unwrap());
    names(folder).into_iter().map(file).collect()
}

/// Runs a shell that a test has prepared where it may mount file systems, seen by nobody else: as root, or where users may
/// have namespaces of their own.
#[allow(clippy::print_stderr, reason = "a test that looks at less says why")]
fn where_one_may_mount(shell: &Command) -> Option<Output> {
    let in_namespace = |words: &[&OsStr]| {
        let mut command = Command::new("unshare");
        command.arg("-rm").arg(shell.get_program()).args(words).stdin(Stdio::null());
        command.current_dir(shell.get_current_dir().unwrap());
        command.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.output()
    };
    let probed = in_namespace(&["-c", "mount -t tmpfs tmpfs temporary"].map(OsStr::new));
    let refused = match probed {
        Ok(probed) if probed.status.success() => {
            return Some(in_namespace(&shell.get_args().collect::<Vec<_>>()).unwrap());
        }
        Ok(probed) => said(&probed),
        Err(error) => error.to_string(),
    };
    eprintln!("this test cannot mount a file system here, and looks at less: {refused}");
    None
}

#[test]
fn neither_locale_nor_time_zone_nor_home_show_in_the_output() {
    let place = Place::small();
    for tasks in BOTH {
        let expected = place.expected(tasks);
        for (name, value) in [
            ("LC_ALL", &b"C"[..]),
            ("LC_ALL", b"POSIX"),
            ("LC_ALL", b"tr_TR.UTF-8"),
            ("LC_ALL", b"no such locale"),
            ("LANG", b"\xff\xfe"),
            ("TZ", b"Pacific/Kiritimati"),
            ("TZ", b":no/such/zone"),
            ("TZ", b"\xff+99:99"),
            ("HOME", b"/no/such/folder"),
        ] {
            let mut job = place.job("exec \"$@\"", tasks);
            let ran = job.env(name, OsStr::from_bytes(value)).output().unwrap();
            place.check(&ran, &expected, &format!("{tasks:?}, {name}={}", value.escape_ascii()));
        }
        let mut job = place.job("exec \"$@\"", tasks);
        let path = std::env::var_os("PATH").unwrap();
        job.env_clear().env("TMPDIR", place.path("temporary")).env("PATH", path);
        place.check(&job.output().unwrap(), &expected, &format!("{tasks:?}, no environment"));
    }
}

#[test]
fn the_umask_is_for_the_output_alone() {
    // Looked at from a reducer, when there are spills: what has no name by the files that the run has open.
    const LOOK: &str = "cat\nfor file in /proc/$PPID/fd/*; do stat -L -c 'open %a %h %F' $file; done >&2\n\
                        find \"$TMPDIR\" -mindepth 1 -printf 'named %m %y\\n' >&2\n";
    let place = Place::large();
    fs::write(place.path("look.sh"), LOOK).unwrap();
    let expected = place.expected(Tasks::Commands);
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    for (umask, of_folder, of_file) in
        [("000", 0o777, 0o666), ("022", 0o755, 0o644), ("077", 0o700, 0o600)]
    {
        let script = format!("umask {umask}; exec \"$@\"");
        let looking = ["-reducer", "sh look.sh"];
        let ran = place.job_with(&script, Tasks::Commands, 2, &looking).output().unwrap();
        let said = said(&ran);
        let lines = |prefix| said.lines().filter_map(move |line: &str| line.strip_prefix(prefix));
        let nameless: Vec<_> =
            lines("open ").filter_map(|line| line.strip_suffix(" 0 regular file")).collect();
        assert!(!nameless.is_empty(), "{umask}: no spill in a file: {said}");
        assert!(nameless.iter().all(|&mode| mode == "600"), "{umask}: {nameless:?}");
        let named: Vec<_> = lines("named ").collect();
        assert!(named.contains(&"700 d"), "{umask}: {named:?}");
        assert!(named.iter().all(|&named| named == "700 d"), "{umask}: {named:?}");
        assert_eq!((mode("out"), mode("out/part-00001")), (of_folder, of_file), "{umask}");
        assert_eq!(mode("out/_SUCCESS"), of_file, "{umask}");
        place.check(&ran, &expected, umask);
    }
}

#[test]
fn the_working_folder_may_be_read_only() {
    let place = Place::small();
    let elsewhere = Place::small();
    let output = elsewhere.path("out").into_os_string().into_string().unwrap();
    for tasks in BOTH {
        let expected = place.expected(tasks);
        let job = |script: &str, output: &str| {
            let mut job = place.job_with(script, tasks, 2, &["-output", output]);
            job.env("TMPDIR", elsewhere.path("temporary"));
            job
        };
        let read_only = "mount --bind . . && mount -o remount,bind,ro . && cd \"$PWD\" && ! touch x && \
                         exec \"$@\"";
        let Some(ran) = where_one_may_mount(&job(read_only, &output)) else {
            // Modes hold for all but root.
            let allow = |mode| fs::set_permissions(place.0.path(), PermissionsExt::from_mode(mode));
            allow(0o555).unwrap();
            let ran = job("exec \"$@\"", &output).output().unwrap();
            allow(0o755).unwrap();
            elsewhere.check(&ran, &expected, "a folder that may not be written");
            continue;
        };
        assert!(said(&ran).contains("Read-only file system"), "{}", said(&ran));
        elsewhere.check(&ran, &expected, "a read-only file system");
        let ran = where_one_may_mount(&job(read_only, "out")).unwrap();
        place.check_failed(&ran, 5, &["making the folder `", "Read-only file system"], "within it");
    }
}

#[test]
fn a_temporary_folder_that_is_not_there_is_named() {
    let place = Place::small();
    fs::write(place.path("plan.json"), PLAN).unwrap();
    let none = place.path("none");
    let words = ["submit", "--on", "local", "plan.json", "in", "-o", "out"];
    let submitted = || place.shell("exec \"$@\"", &words);
    let jobs = BOTH.map(|tasks| place.job("exec \"$@\"", tasks));
    for mut command in jobs.into_iter().chain([submitted()]) {
        let ran = command.env("TMPDIR", &none).output().unwrap();
        let named = format!("there is no folder `{}`", none.display());
        place.check_failed(&ran, 5, &[&named, "hint: make it", "`--tmp`"], "TMPDIR");
    }
    let ran = submitted().args(["--tmp", "none"]).output().unwrap();
    place.check_failed(&ran, 5, &["there is no folder `none`", "hint: make it"], "--tmp");
}

#[test]
fn a_full_temporary_folder_fails_the_run_and_nothing_is_left() {
    let place = Place::large();
    for tasks in BOTH {
        let expected = place.expected(tasks);
        let script = "mount -t tmpfs -o size=48k tmpfs temporary && \"$@\"; code=$?\n\
                      ls -A temporary | sed 's/^/left: /' >&2; exit $code";
        if let Some(ran) = where_one_may_mount(&place.job(script, tasks)) {
            let words = ["No space left on device", "hint: free some space", "`--tmp`"];
            place.check_failed(&ran, 74, &words, "a full file system");
            assert!(!said(&ran).contains("left: "), "{}", said(&ran));
        }
        // A process that may write no such file meets the same, wherever it may not mount.
        let ran = place.job("ulimit -f 48; exec \"$@\"", tasks).output().unwrap();
        place.check_failed(&ran, 74, &["File too large"], "files of a limited size");
        let ran = place.job("exec \"$@\"", tasks).output().unwrap();
        place.check(&ran, &expected, "with room again");
    }
}

#[test]
fn sixty_four_open_files_are_enough() {
    let place = Place::large();
    fs::rename(place.path("in"), place.path("large")).unwrap();
    fs::create_dir(place.path("in")).unwrap();
    fs::rename(place.path("large"), place.path("in/large")).unwrap();
    for number in 0..200 {
        fs::write(place.path(&format!("in/{number}")), format!("few words {number}\n")).unwrap();
    }
    for tasks in BOTH {
        let job = |script| place.job_with(script, tasks, 4, &["-numReduceTasks", "100"]);
        let ran = job("exec \"$@\"").output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
        let expected = place.output();
        assert_eq!(expected.len(), 101);
        place.remove_output();
        let ran = job("ulimit -n 64; exec \"$@\"").output().unwrap();
        place.check(&ran, &expected, &format!("{tasks:?}, 64 files"));
    }
}

#[test]
fn too_few_open_files_are_an_error_that_says_what_to_do() {
    /// With fewer the process has not what it needs to wait for signals, and makes nothing.
    const FOR_SIGNALS: u64 = 9;
    let place = Place::large();
    for tasks in BOTH {
        let expected = place.expected(tasks);
        // With fewer than four no program begins.
        for files in [4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 64] {
            let what = format!("{tasks:?}, {files} files");
            let script = format!("ulimit -n {files}; exec \"$@\"");
            let ran = place.job_with(&script, tasks, 4, &[]).output().unwrap();
            if files > 50 || ran.status.success() {
                place.check(&ran, &expected, &what);
            } else {
                let code = ran.status.code().unwrap();
                // A command that cannot be started is a job that fails, as on Hadoop.
                assert!(code == 74 || code == 1 && tasks == Tasks::Commands, "{what}: {code}");
                let words = ["Too many open files", "hint: raise", "`ulimit -n`"];
                check_said(&ran, code, &words, &what);
                assert!(!place.path("out").exists(), "{what}");
                if files >= FOR_SIGNALS {
                    // Not even what is to be removed can be opened: that is for the next run.
                    let ran = place.job("exec \"$@\"", tasks).output().unwrap();
                    place.check(&ran, &expected, &format!("behind {what}"));
                }
            }
            assert!(files > FOR_SIGNALS || !ran.status.success(), "{what} cannot be enough");
        }
    }
}

#[test]
fn too_few_open_files_for_a_cluster_are_an_error_too() {
    let place = Place::small();
    fs::create_dir_all(place.path("hadoop/bin")).unwrap();
    // It is asked for nothing: who cannot wait for it does not start it.
    for file in ["hadoop/bin/hadoop", "streaming.jar"] {
        fs::write(place.path(file), "").unwrap();
    }
    fs::write(place.path("plan.json"), PLAN).unwrap();
    for files in [6, 7, 8] {
        let words = ["submit", "plan.json", "plan.json", "-o", "out", "--streaming-jar"];
        let script = format!("ulimit -n {files}; exec \"$@\" streaming.jar");
        let mut command = place.shell(&script, &words);
        let ran = command.env("HADOOP_HOME", place.path("hadoop")).output().unwrap();
        check_said(&ran, 74, &["Too many open files"], &format!("{files} files"));
    }
}

#[test]
fn closed_streams_do_no_harm() {
    let place = Place::small();
    for tasks in BOTH {
        let expected = place.expected(tasks);
        for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let ran = place.job(&format!("exec \"$@\" {closed}"), tasks).output().unwrap();
            place.check(&ran, &expected, &format!("{tasks:?}, {closed}"));
        }
        let ran = place.job("\"$@\" 2>/dev/full >&2", tasks).output().unwrap();
        place.check(&ran, &expected, "a log that takes nothing");
        let mut job = place.job("exec \"$@\"", tasks);
        let mut running = job.stderr(Stdio::piped()).spawn().unwrap();
        drop(running.stderr.take());
        place.check(&running.wait_with_output().unwrap(), &expected, "a log that nobody reads");
    }
}

#[test]
fn a_standard_output_that_takes_nothing_is_told() {
    let place = Place::new(words(1 << 18, "word", 24).as_bytes());
    fs::write(place.path("plan.json"), PLAN).unwrap();
    let words = ["submit", "--on", "local", "plan.json", "in"];
    let ran = place.shell("exec \"$@\" >/dev/full", &words).output().unwrap();
    let told = ["its output cannot be written", "No space left on device"];
    place.check_failed(&ran, 74, &told, "/dev/full");
    let mut gone = place.shell("exec \"$@\"", &words);
    let mut gone = gone.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(gone.stdout.take());
    let ran = gone.wait_with_output().unwrap();
    place.check_failed(&ran, 141, &[], "a reader that went away");
    assert!(!said(&ran).contains("error"), "{}", said(&ran));
}

#[test]
fn help_that_nobody_reads_is_no_failure_of_the_disk() {
    let place = Place::new(b"");
    let asked: [&[&str]; 5] = [
        &["submit", "--help"],
        &["verify", "--help"],
        &["streaming", "-help"],
        &["--help"],
        &["--version"],
    ];
    for words in asked {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut gone = place.shell("exec \"$@\"", words);
        let ran = gone.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(gone);
        let ran = ran.wait_with_output().unwrap();
        assert_eq!((ran.status.code(), &*said(&ran)), (Some(141), ""), "{words:?}");
        let full = place.shell("exec \"$@\" >/dev/full", words).output().unwrap();
        assert_eq!(full.status.code(), Some(74), "{words:?}");
    }
}

#[test]
fn without_a_word_on_memory_a_run_takes_a_quarter_of_its_control_groups() {
    const TEXT_BYTES: usize = 20 << 20;
    const LIMIT: u64 = 40 * MEBIBYTE;
    let place = Place::new(words(TEXT_BYTES, "word", 24).as_bytes());
    // The files of both versions, as those of this machine are said to be.
    fs::create_dir_all(place.path("groups/memory")).unwrap();
    for file in ["memory.max", "memory/memory.limit_in_bytes"] {
        fs::write(place.path("groups").join(file), format!("{LIMIT}\n")).unwrap();
    }
    // `howdah streaming --memory 8M` is what the first four words say.
    let script = format!(
        "mount --bind groups /sys/fs/cgroup; shift 4; exec python3 -c 'import resource, subprocess, sys\n\
         subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)\n\
         print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' {HOWDAH} streaming \"$@\""
    );
    let Some(ran) = where_one_may_mount(&place.job(&script, Tasks::Linked)) else {
        // What the groups' files say is then tried in `crates/howdah-platform/src/memory.rs` alone.
        return;
    };
    assert!(ran.status.success(), "{}", said(&ran));
    let peak = String::from_utf8_lossy(&ran.stdout).trim().parse::<u64>().unwrap() * 1024;
    let promised = promised(LIMIT / 4 / MEBIBYTE, 2);
    assert!(peak <= promised, "{peak} bytes, {promised} promised");
}
