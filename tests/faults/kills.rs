//! Kills: a runner, its children or all of them die at any moment, and what they leave harms nobody.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use howdah_tests::text::words;
use rustix::process::{Pid, Signal, kill_process};

use super::names;

/// How often a run is killed; `HOWDAH_KILLS` asks for more.
const KILLS: u32 = 12;
/// More than a worker keeps in memory, so that there are spills in a file.
const TEXT_BYTES: usize = 5 << 20;

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Runner,
    Children,
    All,
}

/// What a job's mapper and reducer are.
#[derive(Debug, Clone, Copy)]
enum Tasks {
    Linked,
    Commands,
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("kills").tempdir().unwrap();
        fs::write(folder.path().join("in.txt"), words(TEXT_BYTES, "word", 24)).unwrap();
        fs::create_dir(folder.path().join("temporary")).unwrap();
        Place(folder)
    }

    fn start(&self, tasks: Tasks) -> Child {
        let mut run = Command::new(env!("CARGO_BIN_EXE_howdah-under-test"));
        run.args(["streaming", "--memory", "8M", "--workers", "2", "--maps", "4"]);
        run.args(["-D", "mapreduce.job.reduces=2"]);
        match tasks {
            Tasks::Linked => run
                .args(["-D", "mapreduce.job.output.key.class=org.apache.hadoop.io.Text"])
                .args(["-D", "mapreduce.job.output.value.class=org.apache.hadoop.io.LongWritable"])
                .args(["-mapper", "org.apache.hadoop.mapred.lib.TokenCountMapper"])
                .args(["-reducer", "org.apache.hadoop.mapred.lib.LongSumReducer"]),
            Tasks::Commands => run.args(["-mapper", "tr ' ' '\\n'", "-reducer", "uniq -c"]),
        };
        run.args(["-input", "in.txt", "-output", "out"])
            .current_dir(self.0.path())
            .env("TMPDIR", self.0.path().join("temporary"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn run(&self, tasks: Tasks) -> ExitStatus {
        self.start(tasks).wait().unwrap()
    }

    /// The output's files; none if there is no output.
    fn output(&self) -> Option<BTreeMap<String, Vec<u8>>> {
        let entries = fs::read_dir(self.0.path().join("out")).ok()?;
        let file = |entry: std::io::Result<fs::DirEntry>| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
        };
        Some(entries.map(file).collect())
    }

    fn remove_output(&self) {
        let _ = fs::remove_dir_all(self.0.path().join("out"));
    }

    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.0.path().join(folder))
    }

    /// Waits until no process works below the folder any more.
    fn wait_for_all(&self) {
        let most = Instant::now() + Duration::from_secs(60);
        while processes().any(|process| works_below(process, self.0.path())) {
            assert!(Instant::now() < most, "a task has outlived its runner by a minute");
            thread::yield_now();
        }
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn works_below(process: i32, folder: &Path) -> bool {
    fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|path| path.starts_with(folder))
}

/// The processes that another one has started.
fn children_of(parent: u32) -> Vec<i32> {
    let is_child = |process: &i32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // `NUMBER (NAME) STATE PARENT …`, and a name may hold anything.
        let behind = stat.rsplit_once(") ").map_or("", |(_, behind)| behind);
        behind.split(' ').nth(1).is_some_and(|number| number == parent.to_string())
    };
    processes().filter(is_child).collect()
}

fn kill(process: i32) {
    // It may be gone by now.
    let _ = Pid::from_raw(process).map(|process| kill_process(process, Signal::KILL));
}

#[test]
fn a_run_that_is_killed_leaves_its_output_whole_or_absent_and_the_next_one_sweeps() {
    let kills = std::env::var("HOWDAH_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    for tasks in [Tasks::Linked, Tasks::Commands] {
        let place = Place::new();
        let began = Instant::now();
        assert!(place.run(tasks).success());
        let takes = began.elapsed();
        let expected = place.output();
        assert_eq!(expected.as_ref().unwrap().len(), 3);
        let mut absent = 0;
        for kill_number in 0..kills {
            place.remove_output();
            let victim = match (tasks, kill_number % 3) {
                (Tasks::Linked, _) | (_, 0) => Victim::Runner,
                (_, 1) => Victim::Children,
                (_, _) => Victim::All,
            };
            let mut runner = place.start(tasks);
            // Any moment will do; these lie all over the run.
            let part = f64::from(kill_number) * 0.618_034 % 1.0;
            thread::sleep(takes.mul_f64(part));
            let children = children_of(runner.id());
            if victim != Victim::Children {
                kill(i32::try_from(runner.id()).unwrap());
            }
            if victim != Victim::Runner {
                children.into_iter().for_each(kill);
            }
            let status = runner.wait().unwrap();
            place.wait_for_all();
            let what = format!("{tasks:?}, {victim:?}, after {part:.3} of {takes:?}: {status}");
            let output = place.output();
            assert!(output.is_none() || output == expected, "{what}");
            if victim == Victim::Children {
                assert_eq!(output.is_some(), status.success(), "{what}");
            }
            absent += u32::from(output.is_none());
            place.remove_output();
            assert!(place.run(tasks).success(), "{what}");
            assert!(place.output() == expected, "{what}");
            assert_eq!(place.names("."), ["in.txt", "out", "temporary"], "{what}");
            assert_eq!(place.names("temporary"), [""; 0], "{what}");
        }
        assert!(absent >= kills / 3, "{absent} of {kills} kills met a run at work");
    }
}

/// A zip of one stored file.
fn zip(name: &str, content: &str, crc: u32) -> Vec<u8> {
    let bytes = u32::try_from(content.len()).unwrap().to_le_bytes();
    let common = [
        b"\x14\0\0\0\0\0\0\0\x21\x50",
        &crc.to_le_bytes()[..],
        &bytes,
        &bytes,
        &u16::try_from(name.len()).unwrap().to_le_bytes(),
        b"\0\0",
    ]
    .concat();
    let local = [b"PK\x03\x04", &common[..], name.as_bytes(), content.as_bytes()].concat();
    let record = [b"PK\x01\x02\x14\x03", &common[..], &[0; 14], name.as_bytes()].concat();
    let extent = [&record, &local].map(|part| u32::try_from(part.len()).unwrap().to_le_bytes());
    [local, record, b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec(), extent.concat(), vec![0; 2]]
        .concat()
}

/// A run that ships files, whose mapper waits for a word.
struct Shipping {
    runner: Child,
    /// Held so that what the run says later does not meet a closed pipe.
    _log: Box<dyn BufRead>,
}

impl Shipping {
    /// Starts one; its mapper is at work when this returns.
    fn start(place: &Path, output: &str) -> Self {
        let mut runner = Command::new(env!("CARGO_BIN_EXE_howdah-under-test"))
            .args(["streaming", "--tmp", "temporary", "-files", "shipped.txt#words"])
            .args(["-archives", "model.zip#model", "-input", "in.txt", "-output", output])
            .args(["-mapper", "sh map.sh", "-numReduceTasks", "0"])
            .current_dir(place)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(runner.stderr.take().unwrap());
        let mut line = String::new();
        while line.trim_end() != "at work" {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before its mapper began");
        }
        Shipping { runner, _log: Box::new(log) }
    }
}

#[test]
fn shipped_files_of_a_killed_run_are_swept_and_those_of_a_living_one_are_not() {
    const TEXT_CRC: u32 = 0x3b8b_a7c7;
    let place = Place(tempfile::Builder::new().prefix("kills").tempdir().unwrap());
    let path = |name: &str| place.0.path().join(name);
    fs::create_dir(path("temporary")).unwrap();
    fs::write(path("in.txt"), "a\n").unwrap();
    fs::write(path("shipped.txt"), "words\n").unwrap();
    fs::write(path("model.zip"), zip("x", "text", TEXT_CRC)).unwrap();
    fs::write(path("map.sh"), "echo at work >&2; read line < go; cat words model/x; cat >&2")
        .unwrap();
    assert!(Command::new("mkfifo").arg(path("go")).status().unwrap().success());

    let mut killed = Shipping::start(place.0.path(), "killed");
    let children = children_of(killed.runner.id());
    kill(i32::try_from(killed.runner.id()).unwrap());
    children.into_iter().for_each(kill);
    killed.runner.wait().unwrap();
    place.wait_for_all();
    let left = place.names("temporary");
    assert_eq!(left.len(), 2, "the run's folder, and that of what it ships: {left:?}");

    let mut living = Shipping::start(place.0.path(), "living");
    let of_living = place.names("temporary");
    assert_eq!(of_living.len(), 2, "{of_living:?}");
    assert!(of_living.iter().all(|name| !left.contains(name)), "{left:?} {of_living:?}");
    let next = Command::new(env!("CARGO_BIN_EXE_howdah-under-test"))
        .args(["streaming", "--tmp", "temporary", "-files", "shipped.txt#words"])
        .args(["-input", "in.txt", "-output", "next", "-mapper", "cat"])
        .current_dir(place.0.path())
        .stderr(Stdio::null())
        .status();
    assert!(next.unwrap().success());
    assert_eq!(place.names("temporary"), of_living);
    // Opens as soon as the mapper, which alone reads there, has.
    fs::write(path("go"), "go\n").unwrap();
    assert!(living.runner.wait().unwrap().success());
    assert_eq!(fs::read_to_string(path("living/part-00000")).unwrap(), "words\t\ntext\t\n");
    assert_eq!(place.names("temporary"), [""; 0]);
}
