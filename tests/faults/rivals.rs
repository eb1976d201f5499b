//! Runs that want the same output at the same time: one has it, and of the other nothing is in it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::names;

/// How often two runs are let loose together.
const ROUNDS: usize = 20;
/// Reduce tasks of a run: so many parts could be mixed with those of another.
const PARTS: usize = 4;
/// Records of a run.
const KEYS: u32 = 40;

/// Where two runs, `one` and `other`, have one output: each of their records says whose it is.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::Builder::new().prefix("rivals").tempdir().unwrap() };
        fs::write(place.path("in.txt"), "a line\n").unwrap();
        fs::create_dir(place.path("temporary")).unwrap();
        for name in ["one", "other"] {
            let gate = place.path(&format!("{name}.gate"));
            mknodat(CWD, &gate, FileType::Fifo, Mode::RWXU, 0).unwrap();
            let mapper = format!(
                "cat > /dev/null; echo waits >&2; read -r line < '{}'
                for key in $(seq {KEYS}); do printf '%s\\t{name}\\n' $key; done",
                gate.display()
            );
            let plan = serde_json::json!({"schema": "howdah.plan/1", "name": name, "steps": [{
                "inputs": [{"mapper": {"type": "command", "argv": ["sh", "-c", mapper]}}],
                "reducer": {"type": "identity"},
                "reducers": PARTS,
            }]});
            fs::write(place.path(&format!("{name}.json")), plan.to_string()).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a run, and gives it back when its mapper waits.
    fn start(&self, name: &str, options: &[&str]) -> Rival {
        let mut runner = Command::new(env!("CARGO_BIN_EXE_howdah-under-test"))
            .args([
                "submit",
                "--on",
                "local",
                &format!("{name}.json"),
                "in.txt",
                "-o",
                "out",
                "--split-size",
                "1M",
            ])
            .args(options)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("temporary"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(runner.stderr.take().unwrap());
        let mut line = String::new();
        let mut said = String::new();
        while !line.ends_with("waits\n") {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it waited: {said}");
            said.push_str(&line);
        }
        Rival { gate: self.path(&format!("{name}.gate")), runner, log }
    }

    /// Starts both, lets them loose together, and gives what became of them.
    fn race(&self, options: &[&str]) -> [End; 2] {
        let rivals = ["one", "other"].map(|name| self.start(name, options));
        rivals.iter().for_each(Rival::let_loose);
        rivals.map(Rival::end)
    }

    /// Whose the output is: it is there, whole, of one run alone, and nothing lies beside it.
    fn owner(&self) -> String {
        let of_the_test = ["in.txt", "one.gate", "one.json", "other.gate", "other.json"];
        assert_eq!(names(self.folder.path()), [&of_the_test[..], &["out", "temporary"]].concat());
        assert_eq!(names(&self.path("temporary")), [""; 0]);
        let parts: Vec<_> = (0..PARTS).map(|part| format!("part-{part:05}")).collect();
        assert_eq!(names(&self.path("out"))[1..], parts);
        let read = |part: &String| fs::read_to_string(self.path("out").join(part)).unwrap();
        let records: String = parts.iter().map(read).collect();
        let (mut keys, mut owners): (Vec<u32>, Vec<&str>) = records
            .lines()
            .map(|line| line.split_once('\t').unwrap())
            .map(|(key, owner)| (key.parse::<u32>().unwrap(), owner))
            .unzip();
        keys.sort_unstable();
        assert_eq!(keys, (1..=KEYS).collect::<Vec<_>>());
        owners.dedup();
        assert_eq!(owners.len(), 1, "records of both: {records}");
        owners[0].to_owned()
    }
}

/// A run whose mapper waits at its gate.
struct Rival {
    gate: PathBuf,
    runner: Child,
    log: BufReader<ChildStderr>,
}

impl Rival {
    /// Opening the gate waits until the mapper stands at it.
    fn let_loose(&self) {
        fs::write(&self.gate, "go\n").unwrap();
    }

    fn end(mut self) -> End {
        let mut said = String::new();
        self.log.read_to_string(&mut said).unwrap();
        End { code: self.runner.wait().unwrap().code(), said }
    }
}

#[derive(Debug)]
struct End {
    code: Option<i32>,
    said: String,
}

#[test]
fn of_two_runs_of_one_output_the_first_to_end_has_it_and_the_other_says_so() {
    let place = Place::new();
    let (slow, fast) = (place.start("one", &[]), place.start("other", &[]));
    fast.let_loose();
    let end = fast.end();
    assert_eq!(end.code, Some(0), "{}", end.said);
    slow.let_loose();
    let end = slow.end();
    assert_eq!(end.code, Some(5), "{}", end.said);
    assert!(end.said.contains("the output `out` exists"), "{}", end.said);
    assert_eq!(place.owner(), "other");
}

#[test]
fn of_two_runs_that_end_together_one_has_the_output() {
    let place = Place::new();
    for _ in 0..ROUNDS {
        let winner = match place.race(&[]) {
            [End { code: Some(0), .. }, End { code: Some(5), .. }] => "one",
            [End { code: Some(5), .. }, End { code: Some(0), .. }] => "other",
            ends => panic!("{ends:?}"),
        };
        assert_eq!(place.owner(), winner);
        fs::remove_dir_all(place.path("out")).unwrap();
    }
}

/// Each replaces what it finds, so that either may be the last. Who reads meanwhile always finds a whole output: that
/// holds on every file system which can exchange two folders, as those of disks of Linux do.
#[test]
fn of_two_runs_that_replace_one_output_it_is_that_of_one_alone_at_any_moment() {
    let place = Place::new();
    let first = place.start("one", &[]);
    first.let_loose();
    assert_eq!(first.end().code, Some(0));
    let part = place.path("out/part-00000");

    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) {
                let read = fs::read_to_string(&part).expect("the output is there at any moment");
                let owner = if read.contains("\tone\n") { "one" } else { "other" };
                assert!(read.lines().all(|line| line.ends_with(owner)), "records of both: {read}");
                reads += 1;
            }
            reads
        });
        for _ in 0..ROUNDS {
            let ends = place.race(&["--overwrite"]);
            assert!(ends.iter().all(|end| end.code == Some(0)), "{ends:?}");
            place.owner();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0, "nobody looked");
    });
}
