//! A task's counters and status, as lines that Hadoop Streaming reads from the standard error.
//!
//! Counting is cheap and often: amounts are added up here and written at most once a second.

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use howdah_plan::{CountedBy, CounterLimits, Counters, Reporter, TaskError};

use super::task::Signs;

/// How often lines are written at most.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often the clock is asked, roughly.
const GLANCE: Duration = Duration::from_millis(50);

/// A task's standard error, which its reporter and its heartbeat share: a line at a time.
pub(super) struct Voice<W> {
    said: Mutex<Said<W>>,
    signs: Arc<Signs>,
}

struct Said<W> {
    output: W,
    /// The last status, as a line's text.
    status: String,
    /// Whether it is still to be written.
    is_new: bool,
    /// What somebody does for the task, which waits for it.
    served: Option<String>,
}

impl<W: Write> Voice<W> {
    pub(super) fn new(output: W, signs: &Arc<Signs>) -> Self {
        let said = Said { output, status: String::new(), is_new: false, served: None };
        Voice { said: Mutex::new(said), signs: Arc::clone(signs) }
    }

    /// Notes a status, for the next time that something is written.
    fn note(&self, status: &str) {
        let mut said = self.lock();
        said.status = in_one_line(status);
        said.is_new = true;
    }

    /// Writes lines, and before them a status that is new. Says whether there was anything to write.
    fn say(&self, lines: &str) -> bool {
        let mut said = self.lock();
        let mut text = String::new();
        if std::mem::take(&mut said.is_new) {
            text = status_line(&said.status);
        }
        text.push_str(lines);
        if !text.is_empty() {
            said.write(&text);
            self.signs.moved();
        }
        !text.is_empty()
    }

    /// Says that the task lives: its last status again, or else `what` it does. It is no sign that the task itself gives.
    pub(super) fn beat(&self, what: impl FnOnce() -> String) {
        let mut said = self.lock();
        said.is_new = false;
        let status = match (&said.served, &*said.status) {
            (Some(served), _) => status_line(served),
            (None, "") => status_line(&in_one_line(&what())),
            (None, status) => status_line(status),
        };
        said.write(&status);
    }

    /// Says what another process does for the task, and that the task waits for it, until that is done.
    pub(super) fn while_served<T>(&self, what: &str, wait: impl FnOnce() -> T) -> T {
        let what = in_one_line(what);
        self.say(&status_line(&what));
        self.lock().served = Some(what);
        let done = wait();
        self.lock().served = None;
        done
    }

    /// Whether the task may go on, by what it counts.
    pub(super) fn check(&self) -> Result<(), TaskError> {
        self.signs.check()
    }

    /// Whether the task waits for somebody who works for it.
    pub(super) fn is_served(&self) -> bool {
        self.lock().served.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Said<W>> {
        // Whoever panicked here has written a whole line or none that matters any more.
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> Said<W> {
    fn write(&mut self, lines: &str) {
        // A closed standard error is no reason to fail: nobody reads counters then.
        let _ = self.output.write_all(lines.as_bytes()).and_then(|()| self.output.flush());
    }
}

fn in_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn status_line(text: &str) -> String {
    format!("reporter:status:{text}\n")
}

/// Counters and status on their way to the standard error.
pub(super) struct StderrReporter<'v, W> {
    voice: &'v Voice<W>,
    counters: Counters,
    /// What the names of groups end with.
    suffix: &'static str,
    /// How many counters there may be, and those that there are.
    limits: CounterLimits,
    counted_by: CountedBy,
    known: Counters,
    written: Instant,
    pace: Pace,
}

impl<'v, W: Write> StderrReporter<'v, W> {
    /// A reporter whose groups of counters have names that end so.
    pub(super) fn new(
        voice: &'v Voice<W>,
        suffix: &'static str,
        limits: CounterLimits,
        counted_by: CountedBy,
    ) -> Self {
        let now = Instant::now();
        let (counters, known) = Default::default();
        let pace = Pace { glanced: now, stride: 1, left: 1 };
        StderrReporter { voice, counters, suffix, limits, counted_by, known, written: now, pace }
    }

    /// Writes what is new, if the last time is long enough ago.
    fn tick(&mut self) {
        let Some(now) = self.pace.glance() else { return };
        if now - self.written >= INTERVAL {
            self.flush();
        }
    }

    /// Writes what is new, unless Hadoop would end the task for it: then the task is to fail by itself, since it can
    /// say where and what to do.
    pub(super) fn flush(&mut self) {
        let mut lines = String::new();
        for (group, names) in std::mem::take(&mut self.counters).user() {
            let group = format!("{group}{}", self.suffix);
            for (name, amount) in names {
                self.limits.add(&mut self.known, &group, name, 0);
                lines.extend(["reporter:counter:", &group, ",", name, ","]);
                lines.extend([itoa::Buffer::new().format(*amount), "\n"]);
            }
        }
        if let Err(exceeded) = self.limits.check(&self.known, self.counted_by) {
            self.voice.signs.refuse(exceeded);
            return;
        }
        if self.voice.say(&lines) {
            self.written = self.pace.glanced;
        }
    }
}

impl<W: Write> Reporter for StderrReporter<'_, W> {
    fn count(&mut self, group: &str, name: &str, amount: i64) {
        self.counters.add(group, name, amount);
        self.tick();
    }

    fn status(&mut self, text: &str) {
        self.voice.note(text);
        // A status is rare, and may be a sign of life: it does not wait for the counters' pace.
        self.pace.left = 1;
        self.tick();
    }
}

/// Asks the clock now and then: each time for slow records, rarely for fast ones.
struct Pace {
    glanced: Instant,
    stride: u32,
    left: u32,
}

impl Pace {
    /// The time, if it is time to look.
    #[inline]
    fn glance(&mut self) -> Option<Instant> {
        self.left -= 1;
        if self.left > 0 {
            return None;
        }
        let now = Instant::now();
        let passed = now - self.glanced;
        self.stride = if passed > GLANCE {
            (self.stride / 2).max(1)
        } else {
            self.stride.saturating_mul(2).min(1 << 16)
        };
        // After a long pause the records themselves became slow.
        if passed > INTERVAL {
            self.stride = 1;
        }
        self.left = self.stride;
        self.glanced = now;
        Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unlimited<W: Write>(voice: &Voice<W>) -> StderrReporter<'_, W> {
        StderrReporter::new(voice, "", CounterLimits::NONE, CountedBy::ReduceTask)
    }

    /// What is written while a reporter lives.
    fn written(report: impl FnOnce(&mut StderrReporter<'_, &mut Vec<u8>>)) -> String {
        let mut lines = Vec::new();
        let voice = Voice::new(&mut lines, &Arc::default());
        report(&mut unlimited(&voice));
        drop(voice);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn amounts_are_added_up_before_they_are_written() {
        let lines = written(|reporter| {
            reporter.status("first");
            reporter.status("seco\nnd");
            for _ in 0..1000 {
                reporter.count("Words", "seen", 2);
            }
            reporter.count("Words", "a b", -1);
            reporter.count("Words", "none", 0);
            reporter.flush();
            reporter.flush();
            reporter.count("Words", "seen", 1);
            reporter.flush();
        });
        assert_eq!(
            lines,
            "reporter:status:seco nd\n\
             reporter:counter:Words,a b,-1\nreporter:counter:Words,none,0\nreporter:counter:Words,seen,2000\n\
             reporter:counter:Words,seen,1\n"
        );
    }

    #[test]
    fn counters_are_written_at_most_once_a_second() {
        let begin = Instant::now();
        let lines = written(|reporter| {
            for _ in 0..100_000 {
                reporter.count("g", "n", 1);
            }
        });
        let written = lines.lines().count() as u64;
        assert!(written <= begin.elapsed().as_secs(), "{written}");
    }

    #[test]
    fn a_beat_says_the_last_status_or_what_the_task_does() {
        let lines = written(|reporter| {
            let voice = reporter.voice;
            voice.beat(|| "working on\tline 3".to_owned());
            reporter.status("half of it");
            voice.beat(|| "working on line 4".to_owned());
            reporter.flush();
            voice.while_served("copying", || voice.beat(|| "working on line 5".to_owned()));
            voice.beat(|| "working on line 6".to_owned());
        });
        assert_eq!(
            lines,
            "reporter:status:working on line 3\nreporter:status:half of it\n\
             reporter:status:copying\nreporter:status:copying\nreporter:status:half of it\n"
        );
    }

    #[test]
    fn only_what_the_task_says_is_a_sign_of_its_life() {
        let signs = Arc::default();
        let voice = Voice::new(std::io::sink(), &signs);
        let mut reporter = unlimited(&voice);
        voice.beat(String::new);
        reporter.flush();
        let silent = format!("{signs:?}");
        reporter.count("g", "n", 1);
        reporter.flush();
        assert_ne!(format!("{signs:?}"), silent);
        assert_eq!(silent, format!("{:?}", Signs::default()));
    }
}
