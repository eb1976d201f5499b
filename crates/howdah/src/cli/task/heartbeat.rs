//! A task's heartbeat: a line for Hadoop while the task's code computes and says nothing.
//!
//! Hadoop ends a task that reads nothing, writes nothing and says nothing for `mapreduce.task.timeout`, by default 600
//! seconds. That ends tasks that hang, but also those whose code computes for long within one record. So a thread looks
//! at the task ten times within that time, and at least once a minute. If the task was silent since the last look but
//! has used processor time, or has come to another record, it works: then it says so in a line of status. If it has
//! used none, it waits for something, and the time-out decides.
//!
//! What loops for ever uses processor time, too. So that Hadoop ends it all the same, the heart beats for four hours
//! within one record at most, or as many milliseconds as the property `howdah.task.heartbeat.limit` says; 0 is never.

use std::fmt;
use std::io::Write;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use howdah_plan::TaskInfo;
use howdah_plan::names::HEARTBEAT_LIMIT;
use howdah_platform::{thread_cpu_time, tree_cpu_time};

use super::signs::{Reached, Signs};
use crate::cli::reporter::Voice;
use crate::property::lookup;

/// How long Hadoop bears silence, in milliseconds; 0 is for ever.
const TIME_OUT: &str = "mapreduce.task.timeout";
const DEFAULT_TIME_OUT: Duration = Duration::from_secs(600);
const DEFAULT_LIMIT: Duration = Duration::from_secs(4 * 60 * 60);
/// How often the task is looked at within the time-out.
const LOOKS: u32 = 10;
const SHORTEST_PERIOD: Duration = Duration::from_millis(10);
const LONGEST_PERIOD: Duration = Duration::from_secs(60);
/// Who uses less than this part of the time on a processor is not at work.
const LEAST_PART: u32 = 100;

/// When a heart beats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// The time between two looks at the task.
    period: Duration,
    /// For how long within one record.
    limit: Duration,
}

impl Pace {
    /// The pace of a task, or none if it needs no heartbeat; or what to say if its properties are wrong.
    pub(super) fn of(info: &TaskInfo) -> Result<Option<Self>, String> {
        let time_out = lookup(&info.properties, TIME_OUT).and_then(milliseconds);
        let time_out = time_out.unwrap_or(DEFAULT_TIME_OUT);
        let limit = match lookup(&info.properties, HEARTBEAT_LIMIT) {
            None => DEFAULT_LIMIT,
            Some(text) => milliseconds(text).ok_or_else(|| {
                format!("`{HEARTBEAT_LIMIT}` is `{text}`, which is no number of milliseconds")
            })?,
        };
        let period = (time_out / LOOKS).clamp(SHORTEST_PERIOD, LONGEST_PERIOD);
        let is_needed = !time_out.is_zero() && !limit.is_zero();
        Ok(is_needed.then_some(Pace { period, limit }))
    }
}

fn milliseconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_millis)
}

/// Starts the heart. It beats until what this returns is dropped.
///
/// `unit` is what a record of the task's input is called.
pub(super) fn start<'scope, W: Write + Send>(
    scope: &'scope Scope<'scope, '_>,
    pace: Pace,
    signs: &Arc<Signs>,
    voice: &'scope Voice<W>,
    unit: &'static str,
) -> Sender<()> {
    let (stop, stopped) = mpsc::channel();
    let signs = Arc::clone(signs);
    let beat = move || {
        // Most tasks end before the first look. All that a task has used until then counts as used since its start.
        let mut watch = Watch::new(pace.limit, Seen::now(&signs, voice, Duration::ZERO));
        while stopped.recv_timeout(pace.period) == Err(RecvTimeoutError::Timeout) {
            let used = tree_cpu_time().saturating_sub(thread_cpu_time());
            let seen = Seen::now(&signs, voice, used);
            if let Some(lasted) = watch.look(seen) {
                voice.beat(|| format!("working {} for {}", seen.place(unit), Shown(lasted)));
            }
        }
    };
    // Without a thread left for it, the task runs without a heartbeat.
    let _ = thread::Builder::new().name("heartbeat".to_owned()).spawn_scoped(scope, beat);
    stop
}

/// What is seen of a task at a time.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Instant,
    transfers: u64,
    reached: Reached,
    /// Processor time of the task, without that of the thread that looks.
    used: Duration,
    /// Whether the task waits for somebody who works for it.
    is_served: bool,
}

impl Seen {
    fn now<W: Write>(signs: &Signs, voice: &Voice<W>, used: Duration) -> Self {
        Seen {
            at: Instant::now(),
            transfers: signs.transfers(),
            reached: signs.reached(),
            used,
            is_served: voice.is_served(),
        }
    }

    fn place(&self, unit: &str) -> String {
        match self.reached {
            Reached::Start => format!("before the first {unit}"),
            Reached::Record(number) => format!("on {unit} {number}"),
            Reached::End => format!("behind the last {unit}"),
        }
    }
}

/// Judges by one look after another whether a task works in silence.
#[derive(Debug)]
struct Watch {
    limit: Duration,
    last: Seen,
    /// When it was last seen to have got further.
    since: Instant,
}

impl Watch {
    fn new(limit: Duration, first: Seen) -> Self {
        Watch { limit, last: first, since: first.at }
    }

    /// For how long the task has worked at the same, if that is to be said now.
    fn look(&mut self, now: Seen) -> Option<Duration> {
        let last = mem::replace(&mut self.last, now);
        let was_heard = now.transfers != last.transfers;
        let got_further = now.reached != last.reached;
        if was_heard || got_further {
            self.since = now.at;
        }
        let used = now.used.saturating_sub(last.used);
        let is_busy = used >= (now.at - last.at) / LEAST_PART;
        let works = got_further || now.is_served || is_busy;
        let lasted = now.at - self.since;
        (!was_heard && works && lasted <= self.limit).then_some(lasted)
    }
}

/// A time as people say it, to two figures or so.
struct Shown(Duration);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds / 3600, seconds / 60) {
            (0, 0) => write!(f, "{seconds} s"),
            (0, minutes) => write!(f, "{minutes} min"),
            (hours, minutes) => write!(f, "{hours} h {} min", minutes % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use howdah_plan::TaskKind;

    use super::*;

    const PERIOD: Duration = Duration::from_secs(60);

    /// A task that is looked at once a minute.
    struct Looked {
        watch: Watch,
        now: Seen,
    }

    impl Looked {
        fn new(limit: Duration) -> Self {
            let now = Seen {
                at: Instant::now(),
                transfers: 7,
                reached: Reached::Record(3),
                used: Duration::from_secs(5),
                is_served: false,
            };
            Looked { watch: Watch::new(limit, now), now }
        }

        /// The next look, after something was done; the seconds that are told in a beat.
        fn after(&mut self, done: impl FnOnce(&mut Seen)) -> Option<u64> {
            self.now.at += PERIOD;
            done(&mut self.now);
            self.watch.look(self.now).map(|lasted| lasted.as_secs())
        }
    }

    fn compute(seen: &mut Seen) {
        seen.used += PERIOD / 50;
    }

    fn wait(seen: &mut Seen) {
        seen.used += PERIOD / 200;
    }

    #[test]
    fn who_computes_in_silence_beats_and_who_waits_does_not() {
        let mut task = Looked::new(DEFAULT_LIMIT);
        assert_eq!(task.after(compute), Some(60));
        assert_eq!(task.after(compute), Some(120));
        assert_eq!(task.after(wait), None);
        assert_eq!(task.after(wait), None);
        assert_eq!(task.after(compute), Some(300));
    }

    #[test]
    fn who_is_heard_need_not_beat() {
        let mut task = Looked::new(DEFAULT_LIMIT);
        let reads = |seen: &mut Seen| {
            compute(seen);
            seen.transfers += 1;
        };
        assert_eq!(task.after(reads), None);
        assert_eq!(task.after(reads), None);
        assert_eq!(task.after(compute), Some(60));
    }

    #[test]
    fn who_gets_further_or_is_served_beats_without_computing() {
        let mut task = Looked::new(DEFAULT_LIMIT);
        // Its buffer holds many records, each of which asks a slow service: Hadoop sees nothing of that.
        assert_eq!(task.after(|seen| seen.reached = Reached::Record(4)), Some(0));
        assert_eq!(task.after(|_| ()), None);
        assert_eq!(task.after(|seen| seen.is_served = true), Some(120));
        assert_eq!(task.after(|seen| seen.is_served = false), None);
    }

    #[test]
    fn a_record_has_a_limit() {
        let mut task = Looked::new(PERIOD * 2);
        assert_eq!(task.after(compute), Some(60));
        assert_eq!(task.after(compute), Some(120));
        assert_eq!(task.after(compute), None);
        assert_eq!(task.after(|seen| seen.is_served = true), None);
        assert_eq!(task.after(|seen| seen.reached = Reached::End), Some(0));
    }

    #[test]
    fn time_that_goes_back_is_no_work() {
        let mut task = Looked::new(DEFAULT_LIMIT);
        assert_eq!(task.after(|seen| seen.used = Duration::ZERO), None);
        assert_eq!(task.after(compute), Some(120));
    }

    #[test]
    fn properties_say_how_often_and_for_how_long() {
        let pace = |properties: &[(&str, &str)]| {
            let pairs = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            let mut info = TaskInfo::new(0, TaskKind::Map, 0);
            info.properties = Arc::new(pairs.collect());
            Pace::of(&info)
        };
        let found = |properties: &[(&str, &str)]| {
            let found = pace(properties).unwrap();
            found.map(|Pace { period, limit }| (period.as_millis(), limit.as_secs()))
        };
        assert_eq!(found(&[]), Some((60_000, 14_400)));
        assert_eq!(found(&[("mapreduce_task_timeout", "9000")]), Some((900, 14_400)));
        assert_eq!(found(&[("mapreduce.task.timeout", "86400000")]), Some((60_000, 14_400)));
        assert_eq!(found(&[("mapreduce.task.timeout", "1")]), Some((10, 14_400)));
        assert_eq!(found(&[("mapreduce.task.timeout", "0")]), None);
        assert_eq!(found(&[("howdah_task_heartbeat_limit", "3000")]), Some((60_000, 3)));
        assert_eq!(found(&[("howdah_task_heartbeat_limit", "0")]), None);
        assert_eq!(
            pace(&[("howdah_task_heartbeat_limit", "4h")]).unwrap_err(),
            "`howdah.task.heartbeat.limit` is `4h`, which is no number of milliseconds"
        );
    }

    #[test]
    fn times_are_told_as_people_do() {
        let told = |seconds| Shown(Duration::from_secs(seconds)).to_string();
        assert_eq!([told(0), told(59), told(60), told(3599)], ["0 s", "59 s", "1 min", "59 min"]);
        assert_eq!([told(3600), told(7384)], ["1 h 0 min", "2 h 3 min"]);
    }
}
