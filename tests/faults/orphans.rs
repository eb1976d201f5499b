//! Orphans: whatever commands start, and wherever it goes, it ends with their run.
//!
//! All that a test starts works in the test's own folder, which tells it from everything else on the machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgid, kill_process};

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah-under-test");

/// Says that it is there by a file, and then neither reads, nor writes, nor heeds SIGTERM.
const STAY: &str = "trap '' TERM; echo $$ >$1.new; mv $1.new $1; exec sleep 1000\n";
/// The same as a daemon: in a session of its own, its parent gone, without the pipes of who started it.
const DAEMONISE: &str = "setsid sh -c 'sh stay.sh daemon </dev/null >/dev/null 2>&1 &'\n";
/// Waits until somebody is there.
const AWAIT: &str = "until [ -e $1 ]; do sleep 0.01; done\n";

/// A folder for a job and all that it starts.
struct Place(tempfile::TempDir);

impl Place {
    /// A place with a mapper, `mapper.sh`.
    fn new(mapper: &str) -> Self {
        let place = Place(tempfile::Builder::new().prefix("orphans").tempdir().unwrap());
        for (name, text) in [
            ("in.txt", "a line\n"),
            ("stay.sh", STAY),
            ("daemonise.sh", DAEMONISE),
            ("await.sh", AWAIT),
            ("mapper.sh", mapper),
        ] {
            fs::write(place.path(name), text).unwrap();
        }
        fs::create_dir(place.path("temporary")).unwrap();
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.0.path()).env("TMPDIR", self.path("temporary"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The job of one mapper.
    fn streaming(&self, properties: &[&str]) -> Command {
        let mut words = vec!["streaming", "--workers", "1"];
        words.extend(properties.iter().flat_map(|&property| ["-D", property]));
        words.extend(["-input", "in.txt", "-output", "out", "-reducer", "NONE"]);
        words.extend(["-mapper", "sh mapper.sh"]);
        self.command(HOWDAH, &words)
    }

    fn start(&self) -> Runner {
        Runner(self.streaming(&[]).spawn().unwrap())
    }

    /// Runs the job to its end; gives what it said.
    fn run(&self, properties: &[&str]) -> Output {
        let mut command = self.streaming(properties);
        let mut log = tempfile::tempfile().unwrap();
        // Not a pipe: what is left behind could hold it.
        let status = command.stderr(log.try_clone().unwrap()).status().unwrap();
        let mut stderr = Vec::new();
        std::io::Seek::rewind(&mut log).unwrap();
        std::io::Read::read_to_end(&mut log, &mut stderr).unwrap();
        Output { status, stdout: Vec::new(), stderr }
    }

    fn part(&self) -> String {
        fs::read_to_string(self.path("out/part-00000")).unwrap()
    }

    /// Waits until somebody has said to be there.
    fn wait_for(&self, names: &[&str]) {
        wait_until("somebody does not come", || names.iter().all(|name| self.path(name).exists()));
    }

    /// The number of who has said to be there.
    fn number(&self, name: &str) -> i32 {
        fs::read_to_string(self.path(name)).unwrap().trim().parse().unwrap()
    }

    /// Who works in the folder. A process that has ended works nowhere, even if nobody has waited for it.
    fn workers(&self) -> Vec<i32> {
        processes().filter(|&process| works_below(process, self.0.path())).collect()
    }

    fn wait_for_nobody(&self) {
        wait_until("somebody goes on", || self.workers().is_empty());
    }
}

/// What a test that has failed leaves is ended all the same.
impl Drop for Place {
    fn drop(&mut self) {
        self.workers().into_iter().for_each(|process| kill(process, Signal::KILL));
    }
}

struct Runner(Child);

impl Runner {
    fn number(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    /// Its guardian, once it is one.
    fn guardian(&self) -> i32 {
        let is_guardian = |process: &i32| {
            parent_of(*process) == Some(self.number())
                && read(*process, "cmdline").split('\0').any(|word| word == "--howdah-guardian")
        };
        let mut guardian = None;
        wait_until("there is no guardian", || {
            guardian = processes().find(is_guardian);
            guardian.is_some()
        });
        guardian.unwrap()
    }

    fn kill(mut self) {
        kill(self.number(), Signal::KILL);
        self.0.wait().unwrap();
    }

    fn end(mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let most = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < most, "{what}, and a minute has passed");
        thread::sleep(Duration::from_millis(2));
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn read(process: i32, name: &str) -> String {
    fs::read_to_string(format!("/proc/{process}/{name}")).unwrap_or_default()
}

fn works_below(process: i32, folder: &Path) -> bool {
    fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|path| path.starts_with(folder))
}

fn lives(process: i32) -> bool {
    fs::read_link(format!("/proc/{process}/cwd")).is_ok()
}

/// The links of a process's open files, by their numbers.
fn open_files(process: i32) -> BTreeMap<String, String> {
    let files = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        // One that is closed meanwhile has none.
        let link = fs::read_link(&path).map(|link| link.to_string_lossy().into_owned());
        (path.file_name().unwrap().to_string_lossy().into_owned(), link.unwrap_or_default())
    };
    files.map(file).collect()
}

fn parent_of(process: i32) -> Option<i32> {
    // `NUMBER (NAME) STATE PARENT …`, and a name may hold anything.
    let stat = read(process, "stat");
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn kill(process: i32, signal: Signal) {
    // It may be gone by now.
    let _ = Pid::from_raw(process).map(|process| kill_process(process, signal));
}

/// A mapper that stays, with a child that stays and a daemon.
const STAYS: &str = "sh daemonise.sh; sh stay.sh beside & exec sh stay.sh mapper\n";

#[test]
fn a_killed_runner_leaves_nobody() {
    let place = Place::new(STAYS);
    let runner = place.start();
    place.wait_for(&["mapper", "beside", "daemon"]);
    // The shell that made the daemon may still be about to go.
    wait_until("there are others than the runner and three", || place.workers().len() == 4);
    let guardian = runner.guardian();
    runner.kill();
    place.wait_for_nobody();
    wait_until("the guardian goes on", || !lives(guardian));
}

#[test]
fn a_guardian_heeds_no_signal_but_one() {
    let place = Place::new(STAYS);
    let runner = place.start();
    place.wait_for(&["mapper", "beside", "daemon"]);
    let guardian = runner.guardian();
    // SIGHUP, SIGINT and SIGTERM, as bits.
    let handled = |status: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        u64::from_str_radix(line.unwrap_or("0").trim(), 16).unwrap() & 0x4003 == 0x4003
    };
    wait_until("it would die of a signal", || handled(&read(guardian, "status")));
    for signal in [Signal::HUP, Signal::INT, Signal::TERM] {
        kill(guardian, signal);
    }
    runner.kill();
    place.wait_for_nobody();
}

#[test]
fn a_guardian_is_out_of_the_way_and_goes_with_its_run() {
    let place = Place::new("sh stay.sh beside & sh await.sh leave; kill -9 $!; cat\n");
    let runner = place.start();
    place.wait_for(&["beside"]);
    let guardian = runner.guardian();
    let number = Pid::from_raw(guardian).unwrap();
    assert_eq!(getpgid(Some(number)).unwrap(), number, "it leads a group of its own");
    assert_eq!(fs::read_link(format!("/proc/{guardian}/cwd")).unwrap(), Path::new("/"));
    let held = open_files(guardian);
    assert_eq!([&held["1"], &held["2"]], ["/dev/null", "/dev/null"]);
    // What this test has from whoever started it, all that it starts may have.
    let of_others: Vec<_> = open_files(runner.number()).into_values().collect();
    let of_test: Vec<_> = open_files(std::process::id().cast_signed()).into_values().collect();
    let is_own = |link: &String| link.starts_with("pipe:") && !of_test.contains(link);
    let pipes: Vec<_> = held.iter().filter(|(_, link)| is_own(link)).collect();
    assert_eq!(pipes, [(&"0".to_owned(), &held["0"])], "of all pipes it holds one");
    assert!(of_others.contains(&held["0"]), "and its runner the other end");
    assert!(!open_files(place.number("beside")).into_values().any(|link| link == held["0"]));
    fs::write(place.path("leave"), "").unwrap();
    assert_eq!(runner.end(), Some(0));
    assert!(!Path::new(&format!("/proc/{guardian}")).exists(), "it is gone, and waited for");
    assert_eq!(place.part(), "a line\t\n");
}

#[test]
fn a_run_without_commands_has_no_guardian() {
    let place = Place::new("");
    let class = "org.apache.hadoop.mapred.lib.IdentityMapper";
    // It reads what is written when it was looked at.
    assert!(Command::new("mkfifo").arg(place.path("in.fifo")).status().unwrap().success());
    let words = ["streaming", "-input", "in.fifo", "-output", "out", "-reducer", "NONE"];
    let words = [&words[..], &["-mapper", class]].concat();
    let mut runner = Runner(place.command(HOWDAH, &words).spawn().unwrap());
    let pipe = fs::OpenOptions::new().write(true).open(place.path("in.fifo")).unwrap();
    let children: Vec<_> =
        processes().filter(|&process| parent_of(process) == Some(runner.number())).collect();
    drop(pipe);
    runner.0.wait().unwrap();
    assert_eq!(children, [0; 0]);
}

#[test]
fn what_a_failed_mapper_has_left_is_ended_before_the_next_attempt() {
    let place = Place::new(
        "cat >/dev/null\n\
         case $mapreduce_task_attempt_id in *_0) sh daemonise.sh; sh await.sh daemon; exit 3;; esac\n\
         readlink /proc/$(cat daemon)/cwd >/dev/null && echo alive || echo gone\n",
    );
    let said = place.run(&["mapreduce.map.maxattempts=2"]);
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert_eq!(place.part(), "gone\t\n");
}

#[test]
fn a_silent_mapper_is_ended_with_the_daemon_that_holds_its_pipes() {
    let place = Place::new(
        "setsid sh -c 'sh stay.sh daemon &'; sh await.sh daemon; exec sh stay.sh mapper\n",
    );
    let said = place.run(&["mapreduce.task.timeout=300"]);
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    assert_eq!(place.workers(), [0; 0]);
    assert!(place.path("daemon").exists() && !place.path("out").exists());
}

#[test]
fn a_daemon_that_a_successful_run_leaves_is_ended_and_told() {
    let place = Place::new("sh daemonise.sh; sh await.sh daemon; cat\n");
    let said = place.run(&[]);
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert_eq!(place.part(), "a line\t\n");
    assert_eq!(place.workers(), [0; 0]);
    let told = String::from_utf8(said.stderr).unwrap();
    let daemon = place.number("daemon");
    let sentence = "WARN howdah: one process that the commands had started was still there when all tasks had \
                    succeeded, and was ended: `sleep`";
    assert!(told.contains(&format!("{sentence} ({daemon});")), "{told}");
}

#[test]
fn what_gives_the_mark_away_is_left_alone() {
    let place = Place::new("env -u HOWDAH_RUN sh daemonise.sh; sh await.sh daemon; cat\n");
    let said = place.run(&[]);
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    assert_eq!(place.workers(), [place.number("daemon")]);
}

#[test]
fn an_interrupted_run_ends_the_daemon_that_holds_its_pipes() {
    // The mapper itself ends as if all were well.
    let place = Place::new(
        "setsid sh -c 'echo $$ >daemon; exec sleep 1000' & sh await.sh daemon\n\
         trap 'exit 0' TERM; touch mapper; sh await.sh never\n",
    );
    let runner = place.start();
    place.wait_for(&["mapper"]);
    kill(runner.number(), Signal::INT);
    assert_eq!(runner.end(), Some(130));
    assert_eq!(place.workers(), [0; 0]);
}

#[test]
fn no_zombie_is_left_by_attempts_that_fail() {
    let place = Place::new(
        "case $mapreduce_task_attempt_id in\n\
         *_0) exit 3;;\n\
         *_1) kill -9 $$;;\n\
         *_2) sh daemonise.sh; sh await.sh daemon; exit 3;;\n\
         *_3) exec sh stay.sh silent;;\n\
         esac\n\
         cat >/dev/null\n\
         sed -n \"s/^\\([0-9]*\\) (.*) Z $PPID .*/zombie \\1/p\" /proc/[0-9]*/stat 2>/dev/null\n\
         echo looked for those of $PPID\n",
    );
    let runner = place
        .streaming(&["mapreduce.map.maxattempts=5", "mapreduce.task.timeout=300"])
        .spawn()
        .unwrap();
    let runner = Runner(runner);
    let number = runner.number();
    assert_eq!(runner.end(), Some(0));
    assert_eq!(place.part(), format!("looked for those of {number}\t\n"));
    assert_eq!(place.workers(), [0; 0]);
}

#[test]
fn a_neighbour_is_left_alone() {
    let (one, other) = (Place::new(STAYS), Place::new("sh daemonise.sh; sh await.sh leave; cat\n"));
    let (killed, runner) = (one.start(), other.start());
    one.wait_for(&["mapper", "beside", "daemon"]);
    other.wait_for(&["daemon"]);
    let (daemon, guardian) = (other.number("daemon"), killed.guardian());
    killed.kill();
    one.wait_for_nobody();
    wait_until("the guardian goes on", || !lives(guardian));
    assert!(other.workers().contains(&daemon));
    fs::write(other.path("leave"), "").unwrap();
    assert_eq!(runner.end(), Some(0));
    assert_eq!(other.part(), "a line\t\n");
}

#[test]
fn a_run_within_a_run_goes_with_it() {
    let place = Place::new(&format!(
        "exec {HOWDAH} streaming -input in.txt -output inner -reducer NONE -mapper 'sh inner.sh'\n"
    ));
    fs::write(place.path("inner.sh"), STAYS).unwrap();
    let runner = place.start();
    place.wait_for(&["mapper", "beside", "daemon"]);
    let marks = read(place.number("daemon"), "environ");
    let marks = marks.split('\0').find_map(|variable| variable.strip_prefix("HOWDAH_RUN="));
    assert_eq!(marks.unwrap().split(':').count(), 2, "{marks:?}");
    runner.kill();
    place.wait_for_nobody();
}

#[test]
fn commands_bear_the_mark_of_their_run_whatever_else_they_have() {
    let place = Place::new("cat >/dev/null; echo $HOWDAH_RUN $mapreduce_task_attempt_id\n");
    let words = ["streaming", "--clean-env", "-D", "HOWDAH_RUN=mine", "-cmdenv", "HOWDAH_RUN=mine"];
    let words = [&words[..], &["-input", "in.txt", "-output", "out", "-reducer", "NONE"]].concat();
    let words = [&words[..], &["-mapper", "sh mapper.sh"]].concat();
    let status = place.command(HOWDAH, &words).env("HOWDAH_RUN", "outer-1/attempt_x").status();
    assert!(status.unwrap().success());
    let part = place.part();
    let (marks, attempt) = part.trim_end().split_once(' ').unwrap();
    let own = marks.strip_prefix("outer-1/attempt_x:").unwrap();
    let (run, of_run) = own.split_once('/').unwrap();
    assert_eq!(of_run, attempt);
    assert!(run.len() > 10 && !run.contains(':'), "{run}");
}

#[test]
fn an_isolated_task_of_a_killed_run_is_ended() {
    let place = Place::new("");
    let words = ["run", "in.txt", "-o", "out", "-r", "1", "--isolate", "--fault", "hangs-always"];
    let runner = Runner(place.command(env!("CARGO_BIN_EXE_faulty"), &words).spawn().unwrap());
    wait_until("there is no reduce task", || {
        let is_reducer = |&process: &i32| read(process, "cmdline").contains("\0reduce\0");
        place.workers().iter().any(is_reducer)
    });
    assert!(place.workers().len() >= 2);
    runner.kill();
    place.wait_for_nobody();
}
