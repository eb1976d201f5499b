//! The engine's events as Hadoop's log: on the standard error, in the form that people and scripts know.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use howdah_plan::event::StageProgress;
use howdah_plan::{Counters, Event, FrameworkCounter, TaskKind, names};

use crate::terminal;

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Info,
    Warn,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Info => "INFO",
            Level::Warn => "WARN",
        }
    }
}

/// Writes the log of one job.
#[derive(Default)]
pub(super) struct JobLog {
    progress: Mutex<Progress>,
    statuses: Mutex<Statuses>,
}

/// What tasks have said that they are doing, and what of it was not shown yet: a task may say it for each record.
#[derive(Default)]
struct Statuses {
    unsaid: BTreeMap<(TaskKind, u32), String>,
    said: Option<Instant>,
}

/// How long a status may wait to be shown: as often as Hadoop's tasks tell theirs.
const STATUS_EVERY: Duration = Duration::from_secs(3);

/// What was said last of how far the job is.
#[derive(Default)]
struct Progress {
    /// Which job it is, from when it runs.
    job: Option<String>,
    maps: u32,
    reducers: u32,
    map_percent: u64,
    reduce_percent: u64,
    said: Option<(u64, u64)>,
    /// When it was said last how far files are hashed, since that began.
    said_hashing: Duration,
}

impl Progress {
    /// Whether it is time to say how far files are hashed. Their last word says nothing: the job goes on.
    fn is_hashing_due(&mut self, elapsed: Duration, ended: bool) -> bool {
        let is_due = elapsed.saturating_sub(self.said_hashing) >= STATUS_EVERY;
        if ended {
            self.said_hashing = Duration::ZERO;
        } else if is_due {
            self.said_hashing = elapsed;
        }
        is_due && !ended
    }
}

/// What tells of a job's course.
const JOB: &str = "mapreduce.Job";

impl JobLog {
    /// A line with its level and its logger.
    pub(super) fn say(&self, level: Level, logger: &str, message: &str) {
        self.line(&format!("{} {logger}: {message}", level.name()));
    }

    /// A line; one that begins with a level gets the time before it.
    #[allow(clippy::unused_self, reason = "a log's lines all pass through the log")]
    pub(super) fn line(&self, line: &str) {
        if ["INFO ", "WARN ", "ERROR "].iter().any(|level| line.starts_with(level)) {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            terminal::repeat(&format!("{} {line}", timestamp(since.as_millis())));
        } else {
            terminal::repeat(line);
        }
    }

    /// What an event of the engine says.
    pub(super) fn event(&self, event: &Event) {
        match event {
            Event::StepStarted { job, maps, reducers, input_bytes, .. } => {
                let mut progress = self.progress();
                (progress.maps, progress.reducers) = (*maps, *reducers);
                let message = format!("number of splits:{maps} ({input_bytes} bytes of input)");
                self.say(Level::Info, "mapreduce.JobSubmitter", &message);
                if let Some(job) = job {
                    self.say(Level::Info, JOB, &format!("Running job: {job}"));
                    self.say(Level::Info, JOB, &format!("Job {job} running in uber mode : false"));
                }
                progress.job.clone_from(job);
                self.tell_progress(&mut progress);
            }
            Event::Progress { stage, progress: figures, .. } => {
                let percent = percent(figures);
                let mut progress = self.progress();
                if *stage == TaskKind::Map {
                    progress.map_percent = percent;
                } else {
                    progress.reduce_percent = percent;
                }
                self.tell_progress(&mut progress);
                self.tell_statuses();
            }
            Event::Status { kind, task, text, .. } => {
                self.statuses().unsaid.insert((*kind, *task), text.clone());
            }
            Event::TaskFinished { task, .. } => {
                // A combiner is part of its map task.
                for kind in [task.kind, TaskKind::Combine] {
                    let unsaid = self.statuses().unsaid.remove(&(kind, task.task));
                    if let Some(text) = unsaid {
                        self.tell_status(kind, &text);
                    }
                }
            }
            Event::AttemptFailed { kind, task, attempt, message, .. } => {
                let job = self.progress().job.clone().unwrap_or_default();
                let id = names::attempt_id(&job, *kind, *task, *attempt);
                let message = format!("Task Id : {id}, Status : FAILED\nError: {message}");
                self.say(Level::Info, JOB, &message);
            }
            Event::Hashing { files, bytes, bytes_total, elapsed, ended }
                if self.progress().is_hashing_due(*elapsed, *ended) =>
            {
                let percent = bytes.saturating_mul(100) / (*bytes_total).max(1);
                let message = format!("hashing {} {percent}%", files.name());
                self.say(Level::Info, "howdah", &message);
            }
            Event::TaskLog { line, .. } => terminal::repeat(line),
            Event::Warning { slug, message } => {
                let logger = match slug.as_str() {
                    "howdah::reporter-line"
                    | "howdah::truncated-variable"
                    | "howdah::exit-code-ignored" => "streaming.PipeMapRed",
                    _ => "howdah",
                };
                self.say(Level::Warn, logger, message);
            }
            _ => {}
        }
    }

    /// The end of a job that has succeeded.
    pub(super) fn succeeded(&self, counters: &Counters) {
        let mut progress = self.progress();
        progress.map_percent = 100;
        progress.reduce_percent = if progress.reducers > 0 { 100 } else { 0 };
        self.tell_progress(&mut progress);
        if let Some(job) = &progress.job {
            self.say(Level::Info, JOB, &format!("Job {job} completed successfully"));
        }
        let counters = as_printed(counters, progress.maps, progress.reducers);
        self.say(Level::Info, JOB, &counters.to_string());
    }

    /// The end of a job that has failed, if it has begun.
    pub(super) fn failed(&self) {
        if let Some(job) = &self.progress().job {
            let message = format!("Job {job} failed with state FAILED due to: NA");
            self.say(Level::Info, JOB, &message);
        }
    }

    fn tell_progress(&self, progress: &mut Progress) {
        let now = (progress.map_percent, progress.reduce_percent);
        if progress.said.replace(now) != Some(now) {
            let message = format!(" map {}% reduce {}%", now.0, now.1);
            self.say(Level::Info, JOB, &message);
        }
    }

    /// Tells statuses that have waited long enough.
    fn tell_statuses(&self) {
        let mut statuses = self.statuses();
        let since = *statuses.said.get_or_insert_with(Instant::now);
        if since.elapsed() >= STATUS_EVERY {
            statuses.said = Some(Instant::now());
            for ((kind, _), text) in std::mem::take(&mut statuses.unsaid) {
                self.tell_status(kind, &text);
            }
        }
    }

    /// A status as Hadoop's local runner shows it.
    fn tell_status(&self, kind: TaskKind, text: &str) {
        let phase = if kind == TaskKind::Reduce { " > reduce" } else { "" };
        self.say(Level::Info, "mapred.LocalJobRunner", &format!("{text}{phase}"));
    }

    fn statuses(&self) -> MutexGuard<'_, Statuses> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a stage is: by bytes, and 100 only when all its tasks are done.
fn percent(figures: &StageProgress) -> u64 {
    if figures.tasks_done == figures.tasks {
        return 100;
    }
    (figures.bytes.saturating_mul(100) / figures.bytes_total.max(1)).min(99)
}

/// The counters with those that Hadoop prints and that follow from the number of tasks.
fn as_printed(counters: &Counters, maps: u32, reducers: u32) -> Counters {
    let mut printed = counters.clone();
    let fetched = u64::from(maps) * u64::from(reducers);
    printed.add_framework(FrameworkCounter::MapOutputRecords, 0);
    printed.add_framework(FrameworkCounter::SpilledRecords, 0);
    if reducers > 0 {
        printed.add_framework(FrameworkCounter::ShuffledMaps, fetched);
    }
    printed.add_framework(FrameworkCounter::FailedShuffles, 0);
    printed.add_framework(FrameworkCounter::MergedMapOutputs, fetched);
    printed
}

/// `2024-02-29 23:59:59,999`, in UTC.
fn timestamp(milliseconds: u128) -> String {
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 1 March of year 0, so that a leap day is the last of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u128::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02},{milliseconds:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashing_is_told_now_and_then() {
        let mut progress = Progress::default();
        let told = [
            (1, false),
            (3, false),
            (4, false),
            (5, false),
            (6, false),
            (9, true),
            (2, false),
            (3, false),
        ]
        .map(|(second, ended)| progress.is_hashing_due(Duration::from_secs(second), ended));
        assert_eq!(told, [false, true, false, false, true, false, false, true]);
    }

    #[test]
    fn timestamps_know_leap_years() {
        assert_eq!(timestamp(0), "1970-01-01 00:00:00,000");
        assert_eq!(timestamp(951_782_399_999), "2000-02-28 23:59:59,999");
        assert_eq!(timestamp(951_868_799_000), "2000-02-29 23:59:59,000");
        assert_eq!(timestamp(1_709_251_200_007), "2024-03-01 00:00:00,007");
        assert_eq!(timestamp(4_107_542_400_000), "2100-03-01 00:00:00,000");
    }

    #[test]
    fn a_stage_is_done_when_its_tasks_are() {
        let figures = StageProgress {
            tasks_done: 1,
            tasks: 2,
            bytes: 10,
            bytes_total: 10,
            ..StageProgress::default()
        };
        assert_eq!(percent(&figures), 99);
        assert_eq!(percent(&StageProgress { tasks_done: 2, ..figures }), 100);
        assert_eq!(percent(&StageProgress { bytes: 0, bytes_total: 0, ..figures }), 0);
    }
}
