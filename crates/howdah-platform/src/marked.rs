//! Processes by a mark in their environment: all that a command has started, wherever it went.
//!
//! Who asks for a session of its own leaves its process group, and who is started twice over (a daemon) leaves its
//! parent. What stays is the environment that a process was started with: `/proc` shows it, and what the process starts
//! has it, too. So commands are started with [`VARIABLE`], and are found again by its value.
//!
//! What is not found: a process that was started without the variable, or that has written over its environment, as
//! some do to show a title. Where there is no `/proc` nothing is found, and process groups are all there is.
//!
//! A number of a process may be used again at any moment, so none is ever signalled by its number: it is held by a file
//! descriptor, looked at once more, and signalled through that. Where that cannot be (before Linux 5.3) it is left alone.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use crate::process::Ending;

/// The variable in the environment of commands: `RUN/ATTEMPT`. A run that is started by a command of another one adds
/// its own behind the other's, with a colon between them: its commands are the other's, too.
pub const VARIABLE: &str = "HOWDAH_RUN";

/// How long processes may take to end when they are asked, before they are forced to.
pub const GRACE: Duration = Duration::from_secs(1);

/// How long those that were forced may take. Only what waits for a device that does not answer takes longer.
const MOST_FORCED: Duration = Duration::from_secs(2);
/// How long to wait between two looks.
const NAP: Duration = Duration::from_millis(2);

/// What tells the processes of a run, or of one attempt of its, from all others.
///
/// ```
/// use howdah_platform::marked::Mark;
///
/// let run = Mark::of_run("5f-3");
/// let attempt = run.of_attempt("attempt_local5_0001_m_000000_0");
/// assert_eq!(attempt.value(Some("4e-1/attempt_x".into())), "4e-1/attempt_x:5f-3/attempt_local5_0001_m_000000_0");
/// assert!(run.is_in(b"A=b\0HOWDAH_RUN=4e-1/attempt_x:5f-3/attempt_local5_0001_m_000000_0\0"));
/// assert!(!run.is_in(b"HOWDAH_RUN=5f-31/attempt_x\0"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    /// The mark of a run, by what tells it from all others. It holds no colon and no slash.
    pub fn of_run(run: &str) -> Self {
        Mark(run.to_owned())
    }

    /// The mark of an attempt of this run. It is one of the run, too.
    #[must_use]
    pub fn of_attempt(&self, attempt: &str) -> Self {
        Mark(format!("{}/{attempt}", self.0))
    }

    /// The mark as text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The variable's value, by what it is in our own environment.
    pub fn value(&self, inherited: Option<OsString>) -> OsString {
        let mut value = inherited.filter(|outer| !outer.is_empty()).unwrap_or_default();
        if !value.is_empty() {
            value.push(":");
        }
        value.push(&self.0);
        value
    }

    /// Whether an environment, as `/proc` shows it, has the mark.
    pub fn is_in(&self, environment: &[u8]) -> bool {
        let mut variables = environment.split(|&byte| byte == 0);
        let value = variables.find_map(|variable| {
            variable.strip_prefix(VARIABLE.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
        });
        value.is_some_and(|value| value.split(|&byte| byte == b':').any(|one| self.is(one)))
    }

    fn is(&self, one: &[u8]) -> bool {
        // A mark that says nothing is that of no run.
        let behind = one.strip_prefix(self.0.as_bytes()).filter(|_| !self.0.is_empty());
        matches!(behind, Some([] | [b'/', ..]))
    }
}

/// A process that was found by its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Its number, which may be another's by now.
    pub number: u32,
    /// What the system calls it: the first bytes of its program's name.
    pub name: String,
}

/// Asks the processes with one of the marks to end, or forces them; those of the groups `told` are left to whoever has
/// told them. Gives those that were found. Never this process, nor one that it comes from.
///
/// Forced, they are gone when this returns, with what they have started meanwhile.
pub fn end_marked(marks: &[Mark], ending: Ending, told: &[u32]) -> Vec<Marked> {
    let found = system::signal(marks, ending, told);
    if ending == Ending::Forced && !found.is_empty() {
        let began = Instant::now();
        while began.elapsed() < MOST_FORCED && !system::signal(marks, ending, told).is_empty() {
            std::thread::sleep(NAP);
        }
    }
    found
}

/// Asks the processes with the mark to end, and forces those that have not after the [`GRACE`]. Gives those that were
/// found at first.
pub fn end_after_grace(mark: &Mark) -> Vec<Marked> {
    let marks = std::slice::from_ref(mark);
    let found = end_marked(marks, Ending::Asked, &[]);
    if !found.is_empty() {
        let began = Instant::now();
        while began.elapsed() < GRACE && system::is_any(marks) {
            std::thread::sleep(NAP);
        }
        end_marked(marks, Ending::Forced, &[]);
    }
    found
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;

    use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    use super::{Mark, Marked};
    use crate::process::Ending;

    /// Signals the processes with one of the marks, once; gives those.
    pub(super) fn signal(marks: &[Mark], ending: Ending, told: &[u32]) -> Vec<Marked> {
        let signal = match ending {
            Ending::Asked => Signal::TERM,
            Ending::Forced => Signal::KILL,
        };
        let mut spared = None;
        let signalled = with_a_mark(marks).filter_map(|number| {
            let spared = spared.get_or_insert_with(own_line);
            let held = pidfd_open(rustix::process::Pid::from_raw(number)?, PidfdFlags::empty());
            // Whoever has the number now is the one that is held; whether it is the one that was meant is seen now.
            let held = held.ok().filter(|_| has_mark(number, marks))?;
            let stat = Stat::of(number)?;
            let is_told = told.iter().any(|&group| i64::from(group) == i64::from(stat.group));
            if is_told || spared.contains(&number) {
                return None;
            }
            pidfd_send_signal(held, signal).ok()?;
            Some(Marked { number: number.cast_unsigned(), name: stat.name })
        });
        signalled.collect()
    }

    /// Whether there is any process with one of the marks.
    pub(super) fn is_any(marks: &[Mark]) -> bool {
        with_a_mark(marks).next().is_some()
    }

    fn with_a_mark(marks: &[Mark]) -> impl Iterator<Item = i32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        numbers.filter(|&number| has_mark(number, marks))
    }

    /// Other users' processes do not show theirs, and one that has ended has none.
    fn has_mark(number: i32, marks: &[Mark]) -> bool {
        let environment = fs::read(format!("/proc/{number}/environ"));
        environment.is_ok_and(|environment| marks.iter().any(|mark| mark.is_in(&environment)))
    }

    /// This process and those that it comes from.
    fn own_line() -> Vec<i32> {
        let mut line = vec![std::process::id().cast_signed()];
        while let Some(stat) = line.last().and_then(|&number| Stat::of(number)) {
            // Numbers are used again: a process that seems to be its own ancestor must not keep us.
            if stat.parent == 0 || line.contains(&stat.parent) {
                break;
            }
            line.push(stat.parent);
        }
        line
    }

    /// What `/proc/PID/stat` tells first.
    #[derive(Debug, PartialEq, Eq)]
    struct Stat {
        name: String,
        parent: i32,
        group: i32,
    }

    impl Stat {
        fn of(number: i32) -> Option<Self> {
            Stat::parse(&fs::read(format!("/proc/{number}/stat")).ok()?)
        }

        /// `PID (NAME) STATE PARENT GROUP …`: the name may hold anything, so the fields are counted from its end.
        fn parse(stat: &[u8]) -> Option<Self> {
            let stat = String::from_utf8_lossy(stat);
            let (before, behind) = stat.rsplit_once(") ")?;
            let (_, name) = before.split_once(" (")?;
            let mut fields = behind.split(' ').skip(1).map(str::parse);
            let (parent, group) = (fields.next()?.ok()?, fields.next()?.ok()?);
            Some(Stat { name: name.to_owned(), parent, group })
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn parent_and_group_stand_behind_the_name_whatever_that_is() {
            let stat = Stat { name: "a) R (b".into(), parent: 5, group: 6 };
            assert_eq!(Stat::parse(b"7 (a) R (b) S 5 6 7 0 -1"), Some(stat));
            assert_eq!(Stat::parse(b"7 (a) S"), None);
        }

        #[test]
        fn this_process_and_those_it_comes_from_are_known() {
            let line = own_line();
            let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
            assert_eq!(line.get(1).copied(), parent);
        }
    }
}

/// Here processes do not show their environment: those that have left their group live on.
#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Mark, Marked};
    use crate::process::Ending;

    pub(super) fn signal(_: &[Mark], _: Ending, _: &[u32]) -> Vec<Marked> {
        Vec::new()
    }

    pub(super) fn is_any(_: &[Mark]) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_that_of_its_run_and_attempt_alone() {
        let run = Mark::of_run("a-1");
        let (first, tenth) = (run.of_attempt("x_1"), run.of_attempt("x_10"));
        let environment = |value: &str| [b"PATH=/bin\0HOWDAH_RUN=", value.as_bytes()].concat();
        for (value, of_run, of_first, of_tenth) in [
            ("a-1/x_1", true, true, false),
            ("a-1/x_10", true, false, true),
            ("b-2/y:a-1/x_1:c-3/z", true, true, false),
            ("a-1", true, false, false),
            ("a-10/x_1", false, false, false),
            ("ba-1/x_1", false, false, false),
            ("", false, false, false),
        ] {
            let environment = environment(value);
            let has = [&run, &first, &tenth].map(|mark| mark.is_in(&environment));
            assert_eq!(has, [of_run, of_first, of_tenth], "{value}");
            assert!(!Mark::default().is_in(&environment), "{value}");
        }
        assert!(!run.is_in(b"XHOWDAH_RUN=a-1\0HOWDAH_RUNS=a-1\0PS1=HOWDAH_RUN=a-1\0"));
        assert_eq!(run.value(None), "a-1");
        assert_eq!(run.value(Some("".into())), "a-1");
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod process_tests {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A run's mark that no other test has.
    fn run(test: &str) -> Mark {
        Mark::of_run(&format!("{test}-{}", std::process::id()))
    }

    /// A process in a group of its own. It ends with the test, whatever that comes to.
    struct Started(Child);

    impl Started {
        fn signal_that_ended(mut self) -> Option<i32> {
            self.0.wait().unwrap().signal()
        }
    }

    impl Drop for Started {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// A process, once it runs what it was started for.
    fn start(mark: &Mark, script: &str) -> Started {
        let child = Command::new("sh")
            .args(["-c", &format!("{script} exec sleep 1000")])
            .env(VARIABLE, mark.value(None))
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let name = format!("/proc/{}/comm", child.id());
        while std::fs::read_to_string(&name).unwrap() != "sleep\n" {
            std::thread::yield_now();
        }
        Started(child)
    }

    #[test]
    fn only_what_has_the_mark_is_ended() {
        let run = run("only");
        let (one, other) = (run.of_attempt("1"), run.of_attempt("2"));
        let mut other_child = start(&other, "");
        let child = start(&one, "");
        let number = child.0.id();
        let found = end_marked(&[one], Ending::Asked, &[]);
        assert_eq!(found, [Marked { number, name: "sleep".into() }]);
        assert_eq!(child.signal_that_ended(), Some(15));
        assert_eq!(other_child.0.try_wait().unwrap(), None);
        assert_eq!(end_marked(&[run], Ending::Forced, &[]).len(), 1);
        assert_eq!(other_child.signal_that_ended(), Some(9));
    }

    #[test]
    fn who_was_told_is_not_told_again() {
        let run = run("told");
        let child = start(&run, "");
        let marks = [run];
        assert_eq!(end_marked(&marks, Ending::Asked, &[child.0.id()]), []);
        assert_eq!(end_marked(&marks, Ending::Forced, &[]).len(), 1);
        assert_eq!(child.signal_that_ended(), Some(9));
    }

    #[test]
    fn who_does_not_listen_is_forced_after_the_grace() {
        let run = run("grace");
        let deaf = start(&run, "trap '' TERM;");
        let listening = start(&run, "");
        assert_eq!(end_after_grace(&run).len(), 2);
        assert_eq!(deaf.signal_that_ended(), Some(9));
        assert_eq!(listening.signal_that_ended(), Some(15));
        assert_eq!(end_after_grace(&run), []);
    }
}
