//! The pulse of a stage: how far its tasks are, whether they are to go on, and which of its children still live.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use howdah_platform::Alarm;
use howdah_platform::marked::{Mark, end_marked};
use howdah_platform::process::{Ending, end_group, has_failed};

use crate::oddities::Oddities;
use crate::offspring::Offspring;
use crate::task::life::Life;

/// How long children may take to end when they are asked.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// How long what a command has left may go on writing for it when the command itself has failed.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Counted by all tasks of a stage, a piece of input at a time; read by whoever shows progress.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    records: AtomicU64,
    bytes: AtomicU64,
    tasks_done: AtomicU32,
    stopped: AtomicBool,
    /// Rings when the tasks are to stop.
    alarm: Alarm,
    offspring: Arc<Offspring>,
    oddities: Oddities,
    /// By the leaders of the process groups that run for the stage.
    children: Mutex<BTreeMap<u32, Watch>>,
}

/// A child, and since when it has been silent.
#[derive(Debug)]
struct Watch {
    life: Arc<Life>,
    /// What all that it starts bears.
    mark: Mark,
    /// Whether its attempt has failed if its exit code is not 0.
    must_succeed: bool,
    /// The signs of life that were seen last, and when that was.
    seen: Option<(u64, Instant)>,
    /// Since when it is asked to end, for its silence.
    asked: Option<Instant>,
    /// Since when it has failed, while what it has left still holds its pipes.
    failed: Option<Instant>,
}

/// The error of a task that was told to stop.
#[derive(Debug)]
pub(crate) struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped, since the run ends")
    }
}

impl std::error::Error for Stopped {}

impl Pulse {
    /// The pulse of a stage of a run with commands.
    pub(crate) fn of(offspring: &Arc<Offspring>) -> Self {
        Pulse { offspring: Arc::clone(offspring), ..Pulse::default() }
    }

    /// What the run's commands have started.
    pub(crate) fn offspring(&self) -> &Offspring {
        &self.offspring
    }

    /// What rings when the tasks are to stop.
    pub(crate) fn alarm(&self) -> &Alarm {
        &self.alarm
    }

    /// Tells of `bytes` more, and asks whether to go on.
    ///
    /// # Errors
    /// An error that holds [`Stopped`].
    pub(crate) fn beat(&self, bytes: u64) -> io::Result<()> {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.is_stopped() { Err(io::Error::other(Stopped)) } else { Ok(()) }
    }

    /// Tells of records that were read.
    pub(crate) fn add_records(&self, records: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
    }

    /// What the tasks met.
    pub(crate) fn oddities(&self) -> &Oddities {
        &self.oddities
    }

    /// Tells of a task that is done.
    pub(crate) fn task_done(&self) {
        self.tasks_done.fetch_add(1, Ordering::Relaxed);
    }

    /// Tasks done, records and bytes so far.
    pub(crate) fn figures(&self) -> (u32, u64, u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (self.tasks_done.load(Ordering::Relaxed), load(&self.records), load(&self.bytes))
    }

    /// Whether the tasks are to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Tells all tasks to stop, and ends their children with all that they have started.
    pub(crate) fn stop(&self, ending: Ending) {
        let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        self.stopped.store(true, Ordering::Relaxed);
        self.alarm.ring();
        children.keys().for_each(|&leader| end_group(leader, ending));
        if !children.is_empty() {
            let marks: Vec<_> = children.values().map(|watch| watch.mark.clone()).collect();
            let groups: Vec<_> = children.keys().copied().collect();
            // Who is asked twice may take it for a second Ctrl-C.
            let told = if ending == Ending::Asked { &groups[..] } else { &[] };
            end_marked(&marks, ending, told);
        }
    }

    /// Notes a child that is to end with the stage; it is ended at once if the stage was stopped meanwhile.
    pub(crate) fn child_began(
        &self,
        leader: u32,
        life: &Arc<Life>,
        mark: &Mark,
        must_succeed: bool,
    ) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.insert(leader, Watch::new(life, mark, must_succeed));
        if self.is_stopped() {
            end_group(leader, Ending::Forced);
        }
    }

    /// Forgets a child that has ended.
    pub(crate) fn child_ended(&self, leader: u32) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.remove(&leader);
    }

    /// Asks the children to end that have been silent for as long as they may be, and forces them after a grace, with all that they have started, and what
    /// children that have failed have left behind to hold their pipes.
    pub(crate) fn end_silent(&self, now: Instant) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        for (&leader, watch) in &mut *children {
            if let Some(ending) = watch.ending(now, || has_failed(leader)) {
                end_group(leader, ending);
                let told = if ending == Ending::Asked { &[leader][..] } else { &[] };
                end_marked(std::slice::from_ref(&watch.mark), ending, told);
            }
        }
    }
}

impl Watch {
    fn new(life: &Arc<Life>, mark: &Mark, must_succeed: bool) -> Self {
        let (life, mark) = (Arc::clone(life), mark.clone());
        Watch { life, mark, must_succeed, seen: None, asked: None, failed: None }
    }

    /// How the child is to be ended now, if it is: one that is silent is asked, and forced after a grace; what one that
    /// has failed left behind is forced.
    fn ending(&mut self, now: Instant, has_failed: impl FnOnce() -> bool) -> Option<Ending> {
        if let Some(asked) = self.asked {
            return (now.saturating_duration_since(asked) >= GRACE).then_some(Ending::Forced);
        }
        if self.is_overdue(now) {
            self.life.time_out();
            self.asked = Some(now);
            return Some(Ending::Asked);
        }
        self.is_hopeless(now, has_failed).then_some(Ending::Forced)
    }

    /// Looks whether the child has failed, and has had the time to be heard to the end.
    fn is_hopeless(&mut self, now: Instant, has_failed: impl FnOnce() -> bool) -> bool {
        if self.failed.is_none() && self.must_succeed && has_failed() {
            self.failed = Some(now);
        }
        self.failed.is_some_and(|since| now.saturating_duration_since(since) >= LAST_WORDS)
    }

    /// Looks whether the child gave a sign of life since the last look; if not, whether it has been too long.
    fn is_overdue(&mut self, now: Instant) -> bool {
        let Some(limit) = self.life.limit() else { return false };
        let signs = self.life.signs();
        match (self.seen, signs) {
            (Some((before, since)), Some(signs)) if before == signs => {
                now.saturating_duration_since(since) >= limit
            }
            _ => {
                // While we keep it waiting, there is nothing to compare the next look with.
                self.seen = signs.map(|signs| (signs, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_counted_from_the_last_sign() {
        let life = Life::new(Some(Duration::from_secs(10)));
        let mut watch = Watch::new(&life, &Mark::default(), true);
        let zero = Instant::now();
        let at = |seconds| zero + Duration::from_secs(seconds);
        assert!(!watch.is_overdue(at(100)), "the first look");
        assert!(!watch.is_overdue(at(109)));
        assert!(watch.is_overdue(at(110)));
        watch.seen = Some((7, at(100)));
        assert!(!watch.is_overdue(at(110)), "there was another sign");
        assert!(!watch.is_overdue(at(119)));
        assert!(watch.is_overdue(at(120)));
    }

    #[test]
    fn who_is_silent_is_asked_to_end_and_forced_after_a_grace() {
        let life = Life::new(Some(Duration::from_secs(10)));
        let mut watch = Watch::new(&life, &Mark::default(), true);
        let zero = Instant::now();
        let mut at = |seconds| watch.ending(zero + Duration::from_secs(seconds), || false);
        assert_eq!([at(0), at(9)], [None, None]);
        assert_eq!([at(10), at(11), at(14)], [Some(Ending::Asked), None, None]);
        assert_eq!([at(15), at(16)], [Some(Ending::Forced); 2]);
        assert!(life.has_timed_out());
    }

    #[test]
    fn without_a_limit_silence_may_last() {
        let mut watch = Watch::new(&Life::new(None), &Mark::default(), true);
        let now = Instant::now();
        assert!(!watch.is_overdue(now));
        assert!(!watch.is_overdue(now + Duration::from_secs(1_000_000)));
    }

    #[test]
    fn what_a_failed_command_has_left_is_heard_for_a_while() {
        let life = Life::new(None);
        let mut watch = Watch::new(&life, &Mark::default(), true);
        let now = Instant::now();
        let later = now + Duration::from_secs(1_000_000);
        assert!(!watch.is_hopeless(now, || false));
        assert!(!watch.is_hopeless(later, || true), "it has failed just now");
        assert!(!watch.is_hopeless(later + LAST_WORDS / 2, || true));
        assert!(watch.is_hopeless(later + LAST_WORDS, || true));
        let mut watch = Watch::new(&life, &Mark::default(), false);
        assert!(!watch.is_hopeless(now, || true) && !watch.is_hopeless(later, || true));
    }
}
