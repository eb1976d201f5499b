//! Wall time and processor time.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Where the time comes from, so that tests can give their own.
pub trait Clock: Send + Sync {
    /// A time that never goes back.
    fn now(&self) -> Instant;
    /// The time of day.
    fn system_time(&self) -> SystemTime;
    /// Waits for as long as `span`, or until the alarm rings; at once if it has.
    fn wait(&self, span: Duration, alarm: &Alarm) {
        alarm.wait(span);
    }
}

/// What ends the waits of many threads, once and for all.
///
/// ```
/// use std::time::Duration;
/// use howdah_platform::{Alarm, Clock, SystemClock};
///
/// let alarm = Alarm::default();
/// std::thread::scope(|scope| {
///     scope.spawn(|| SystemClock.wait(Duration::from_secs(3600), &alarm));
///     alarm.ring();
/// });
/// assert!(alarm.has_rung());
/// ```
#[derive(Debug, Default)]
pub struct Alarm {
    rung: Mutex<bool>,
    waiting: Condvar,
}

impl Alarm {
    /// Ends all waits, those that begin later too.
    pub fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.waiting.notify_all();
    }

    /// Whether it rings.
    pub fn has_rung(&self) -> bool {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, span: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        // Whether it was the alarm or the time makes no difference here.
        let _ = self.waiting.wait_timeout_while(rung, span, |rung| !*rung);
    }
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
    fn system_time(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// The processor time that the calling thread has used.
pub fn thread_cpu_time() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(
            u64::try_from(time.tv_sec).unwrap_or(0),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    }
    #[cfg(not(target_os = "linux"))]
    {
        Duration::ZERO // not known here: reports show no processor time
    }
}

/// The processor time that this process has used, all its threads and all that it started: children that have ended,
/// and, where the system tells of them, those that still run, with their own children.
///
/// A process that was started and then left alone by its parent drops out of it, so the time may go back. Where the
/// system keeps no such time it is zero.
///
/// ```
/// let before = howdah_platform::tree_cpu_time();
/// let sum: u64 = std::hint::black_box(0..1_000_000).sum();
/// # let _ = std::hint::black_box(sum);
/// assert!(howdah_platform::tree_cpu_time() >= before);
/// ```
pub fn tree_cpu_time() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let own = Duration::new(
            u64::try_from(own.tv_sec).unwrap_or(0),
            u32::try_from(own.tv_nsec).unwrap_or(0),
        );
        own + linux::time_of_children()
    }
    #[cfg(not(target_os = "linux"))]
    {
        Duration::ZERO // not known here
    }
}

/// What `/proc` tells of processes.
#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::time::Duration;

    /// `USER_HZ`: in how many parts `/proc` divides a second, on all machines that Rust has a tier for.
    const TICKS_PER_SECOND: u64 = 100;

    /// What `/proc/PID/stat` says, in ticks.
    #[derive(Debug, PartialEq, Eq)]
    struct Ticks {
        own: u64,
        ended_children: u64,
    }

    /// The time of this process's children.
    pub(super) fn time_of_children() -> Duration {
        let ended = ticks("self").map_or(0, |ticks| ticks.ended_children);
        let running: u64 = children("self").iter().map(|child| ticks_of_tree(child, 0)).sum();
        Duration::from_millis((ended + running) * 1000 / TICKS_PER_SECOND)
    }

    /// The time of a process and of all below it. Processes come and go meanwhile; those that are gone count nothing.
    fn ticks_of_tree(pid: &str, depth: u32) -> u64 {
        let own = ticks(pid).map_or(0, |ticks| ticks.own + ticks.ended_children);
        // Numbers are used again: a child that seems to be its own ancestor must not keep us.
        if depth > 64 {
            return own;
        }
        let below: u64 = children(pid).iter().map(|child| ticks_of_tree(child, depth + 1)).sum();
        own + below
    }

    /// A process's children that still run. Each thread has its own.
    fn children(pid: &str) -> Vec<String> {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let listed =
            threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        listed
            .flat_map(|pids| pids.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    fn ticks(pid: &str) -> Option<Ticks> {
        parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// `PID (NAME) STATE …`: the name may hold blanks and brackets, so the fields are counted from its end.
    fn parse(stat: &str) -> Option<Ticks> {
        let (_, fields) = stat.rsplit_once(')')?;
        let times: Option<Vec<u64>> =
            fields.split_whitespace().skip(11).take(4).map(|field| field.parse().ok()).collect();
        match times?[..] {
            [user, system, ended_user, ended_system] => {
                Some(Ticks { own: user + system, ended_children: ended_user + ended_system })
            }
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn times_stand_behind_the_name_whatever_that_is() {
            let stat = "7 (a) R (b c) S 1 7 7 0 -1 4194560 1 2 3 4 11 22 33 44 20 0 1 0 5";
            assert_eq!(parse(stat), Some(Ticks { own: 33, ended_children: 77 }));
            assert_eq!(parse("7 (a) S 1 2"), None);
            assert_eq!(parse(""), None);
            assert!(ticks("self").is_some());
            assert_eq!(ticks("no-such"), None);
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_time_of_a_child_is_known_while_it_runs_and_when_it_has_ended() {
        // It works until it has something to say, and then waits for its input's end; its parent only waits.
        let work =
            "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done; read x'; true";
        let before = tree_cpu_time();
        let mut child = Command::new("sh")
            .args(["-c", work])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0; 5]).unwrap();
        let running = tree_cpu_time().saturating_sub(before);
        assert!(running >= Duration::from_millis(50), "{running:?}");
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(child.wait().unwrap().success());
        let ended = tree_cpu_time().saturating_sub(before);
        assert!(ended >= Duration::from_millis(50), "{ended:?}");
    }
}
