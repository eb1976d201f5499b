//! Signals: a run that is told to end stops its children, leaves nothing behind, and says so in its exit code.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, test_kill_process_group};

/// A run whose one mapper says its process number on the standard error and then never ends.
struct EndlessRun {
    folder: tempfile::TempDir,
    runner: Child,
    mapper: Pid,
    /// Held so that what the run says later does not meet a closed pipe.
    log: Box<dyn BufRead>,
}

impl EndlessRun {
    fn start(before: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("signals").tempdir().unwrap();
        fs::write(folder.path().join("in.txt"), "a line\n").unwrap();
        let script = format!("{before} echo mapper $$ >&2; exec sleep 1000");
        fs::write(folder.path().join("endless.sh"), script).unwrap();
        fs::create_dir(folder.path().join("temporary")).unwrap();
        let mut runner = Command::new(env!("CARGO_BIN_EXE_howdah-under-test"))
            .args(["streaming", "-input", "in.txt", "-output", "out", "-reducer", "NONE"])
            .args(["-mapper", "sh endless.sh"])
            .current_dir(folder.path())
            .env("TMPDIR", folder.path().join("temporary"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = Box::new(BufReader::new(runner.stderr.take().unwrap()));
        let number = said(&mut log, "mapper ").parse().unwrap();
        EndlessRun { folder, runner, mapper: Pid::from_raw(number).unwrap(), log }
    }

    fn signal(&self, signal: Signal) {
        let runner = Pid::from_raw(i32::try_from(self.runner.id()).unwrap()).unwrap();
        kill_process(runner, signal).unwrap();
    }

    /// Waits until the mapper has been asked to end, if it says so.
    fn wait_until_asked(&mut self) {
        said(&mut self.log, "asked");
    }

    fn goes_on(&mut self) -> bool {
        self.runner.try_wait().unwrap().is_none()
    }

    /// Waits for the end; gives the exit code, and sees to it that nothing is left.
    fn end(mut self) -> Option<i32> {
        let code = self.runner.wait().unwrap().code();
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(self.folder.path()), ["endless.sh", "in.txt", "temporary"]);
        assert_eq!(names(&self.folder.path().join("temporary")), [""; 0]);
        // The mapper leads a group of its own, in which it is alone.
        assert!(test_kill_process_group(self.mapper).is_err(), "the mapper is still there");
        code
    }
}

/// Waits for a line that begins so, and gives what else is in it.
fn said(log: &mut impl BufRead, beginning: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(
            log.read_line(&mut line).unwrap(),
            0,
            "the run ended before it said {beginning:?}"
        );
        if let Some(rest) = line.trim_end().strip_prefix(beginning) {
            return rest.to_owned();
        }
    }
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let run = EndlessRun::start("");
    run.signal(Signal::INT);
    assert_eq!(run.end(), Some(130));
}

#[test]
fn a_terminated_run_leaves_nothing() {
    let run = EndlessRun::start("");
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(143));
}

#[test]
fn a_mapper_that_does_not_listen_is_ended_after_a_grace() {
    let run = EndlessRun::start("trap '' TERM;");
    run.signal(Signal::INT);
    assert_eq!(run.end(), Some(130));
}

/// The mappers of both say that they were asked to end, and go on. Who is interrupted again must not have to wait
/// for the end of its grace: so it ends before the other one, whose grace began earlier.
#[test]
fn a_second_interruption_ends_a_run_at_once() {
    let stubborn = "trap 'echo asked >&2' TERM
        mkfifo never.$$; exec 9<>never.$$; rm never.$$
        echo mapper $$ >&2
        while :; do read -r line <&9; done;";
    let mut patient = EndlessRun::start(stubborn);
    let mut hasty = EndlessRun::start(stubborn);
    patient.signal(Signal::INT);
    patient.wait_until_asked();
    hasty.signal(Signal::INT);
    hasty.wait_until_asked();
    hasty.signal(Signal::INT);
    assert_eq!(hasty.end(), Some(130));
    assert!(patient.goes_on(), "the second interruption came to nothing");
    assert_eq!(patient.end(), Some(130));
}
