//! A task's counters and status, as lines that Hadoop Streaming reads from the standard error.
//!
//! Counting is cheap and often: amounts are added up here and written at most once a second.

use std::io::Write;
use std::time::{Duration, Instant};

use howdah_plan::{Counters, Reporter};

/// How often lines are written at most.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often the clock is asked, roughly.
const GLANCE: Duration = Duration::from_millis(50);

/// Counters and status on their way to the standard error.
pub(super) struct StderrReporter<W> {
    output: W,
    counters: Counters,
    status: Option<String>,
    written: Instant,
    pace: Pace,
}

impl<W: Write> StderrReporter<W> {
    pub(super) fn new(output: W) -> Self {
        let now = Instant::now();
        let pace = Pace { glanced: now, stride: 1, left: 1 };
        StderrReporter { output, counters: Counters::default(), status: None, written: now, pace }
    }

    /// Writes what is new, if the last time is long enough ago.
    fn tick(&mut self) {
        let Some(now) = self.pace.glance() else { return };
        if now - self.written >= INTERVAL {
            self.flush();
        }
    }

    /// Writes what is new.
    pub(super) fn flush(&mut self) {
        let mut lines = String::new();
        if let Some(status) = self.status.take() {
            lines.push_str("reporter:status:");
            lines.extend(status.chars().map(|c| if c.is_control() { ' ' } else { c }));
            lines.push('\n');
        }
        for (group, names) in std::mem::take(&mut self.counters).user() {
            for (name, amount) in names {
                lines.push_str("reporter:counter:");
                lines.extend([group, ",", name, ",", itoa::Buffer::new().format(*amount), "\n"]);
            }
        }
        if !lines.is_empty() {
            self.written = self.pace.glanced;
            // A closed standard error is no reason to fail: nobody reads counters then.
            let _ = self.output.write_all(lines.as_bytes()).and_then(|()| self.output.flush());
        }
    }
}

impl<W: Write> Reporter for StderrReporter<W> {
    fn count(&mut self, group: &str, name: &str, amount: i64) {
        self.counters.add(group, name, amount);
        self.tick();
    }

    fn status(&mut self, text: &str) {
        self.status = Some(text.to_owned());
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

    #[test]
    fn amounts_are_added_up_before_they_are_written() {
        let mut lines = Vec::new();
        let mut reporter = StderrReporter::new(&mut lines);
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
        drop(reporter);
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "reporter:status:seco nd\n\
             reporter:counter:Words,a b,-1\nreporter:counter:Words,none,0\nreporter:counter:Words,seen,2000\n\
             reporter:counter:Words,seen,1\n"
        );
    }

    #[test]
    fn counters_are_written_at_most_once_a_second() {
        let mut lines = Vec::new();
        let mut reporter = StderrReporter::new(&mut lines);
        let begin = Instant::now();
        for _ in 0..100_000 {
            reporter.count("g", "n", 1);
        }
        drop(reporter);
        let written = String::from_utf8(lines).unwrap().lines().count() as u64;
        assert!(written <= begin.elapsed().as_secs(), "{written}");
    }
}
