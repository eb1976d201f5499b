//! A stage of a step as one line: how far it is, how fast, and when it will be done.
//!
//! What is not known is left out, never guessed: no percentage without a total, no rate without time, no time
//! left before there is something to reckon it from.

use std::time::Duration;

use howdah_plan::TaskKind;
use howdah_plan::event::StageProgress;

use crate::units::{Bytes, Exact, Time, counted};
use howdah_plan::visible::visible_start;

/// The most of a status text that a line shows, in characters.
const STATUS_WIDTH: usize = 60;

/// Before this, rates are too unsteady to say when the stage will be done.
const STEADY_AFTER: Duration = Duration::from_secs(1);

/// One stage while its step runs.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) step: usize,
    pub(crate) kind: TaskKind,
    /// Which round of its loop the step is in, from 1.
    pub(crate) round: Option<u32>,
    pub(crate) progress: StageProgress,
    /// The task that spoke last, and what it said.
    status: Option<(u32, String)>,
    /// Whether anything of it was heard yet.
    pub(crate) begun: bool,
    /// Whether its last line was written.
    pub(crate) ended: bool,
    shown: Shown,
}

/// When something was last shown, by its own time.
#[derive(Debug, Default)]
pub(crate) struct Shown(Duration);

impl Stage {
    /// A stage of which nothing is known but how much there is to do.
    pub(crate) fn new(step: usize, kind: TaskKind, tasks: u32, bytes_total: u64) -> Self {
        let progress = StageProgress { tasks, bytes_total, ..StageProgress::default() };
        let shown = Shown::default();
        Stage { step, kind, round: None, progress, status: None, begun: false, ended: false, shown }
    }

    /// Whether it is being worked on.
    pub(crate) fn is_live(&self) -> bool {
        self.begun && !self.ended
    }

    /// Whether all its tasks are done.
    pub(crate) fn is_complete(&self) -> bool {
        self.progress.tasks > 0 && self.progress.tasks_done >= self.progress.tasks
    }

    /// Takes what a task says of itself.
    pub(crate) fn say(&mut self, task: u32, text: &str) {
        self.begun = true;
        self.status = Some((task, visible_start(text, STATUS_WIDTH)));
    }

    /// Forgets what a task said of itself.
    pub(crate) fn hush(&mut self, task: u32) {
        self.status.take_if(|(speaker, _)| *speaker == task);
    }

    /// Whether it was last shown `interval` of its own time ago; then it counts as shown now.
    pub(crate) fn is_due(&mut self, interval: Duration) -> bool {
        self.shown.is_due(self.progress.elapsed, interval)
    }

    /// The line for a log: in the order in which a person would tell it.
    pub(crate) fn plain_line(&self, steps: usize) -> String {
        let progress = &self.progress;
        let tasks = format!("{} of {}", Exact(progress.tasks_done.into()), tasks(progress.tasks));
        let head = match percent(progress) {
            Some(percent) => format!(" {percent} % ({tasks})"),
            None if progress.tasks > 0 => format!(" ({tasks})"),
            None => String::new(),
        };
        let left = time_left(progress).map(|left| format!("{} left", Time(left)));
        let facts = self.facts().into_iter().chain(left);
        self.line(steps, &head, facts)
    }

    /// The line for a terminal: as the log's, but what matters most stands where a narrow terminal does not cut.
    pub(crate) fn live_line(&self, steps: usize) -> String {
        let progress = &self.progress;
        let head = percent(progress).map(|percent| format!(" {percent} %")).unwrap_or_default();
        let left = time_left(progress).map(|left| format!("{} left", Time(left)));
        let count = (progress.tasks > 0)
            .then(|| format!("{} of {}", Exact(progress.tasks_done.into()), tasks(progress.tasks)));
        self.line(steps, &head, left.into_iter().chain(self.facts()).chain(count))
    }

    /// The line that stays when all is done. Without a last word from the engine, only that is said.
    pub(crate) fn last_line(&self, steps: usize) -> String {
        let progress = &self.progress;
        let head = format!(" done ({})", tasks(progress.tasks));
        let label = step_label(self.step, steps);
        if !self.is_complete() {
            return format!("{label}{}{head}", self.kind.name());
        }
        let mut facts = Vec::new();
        if !progress.tasks_only {
            facts.extend([records(progress), Bytes(progress.bytes).to_string()]);
        }
        facts.extend(self.rate_and_spills());
        facts.push(format!("in {}", Time(progress.elapsed)));
        format!("{label}{}{head}, {}", self.kind.name(), facts.join(", "))
    }

    fn line(&self, steps: usize, head: &str, facts: impl Iterator<Item = String>) -> String {
        let label = step_label(self.step, steps);
        let round = self.round.map(|round| format!("round {round}, ")).unwrap_or_default();
        let head = format!("{label}{round}{}{head}", self.kind.name());
        let line = std::iter::once(head).chain(facts).collect::<Vec<_>>().join(", ");
        match &self.status {
            Some((task, text)) => format!("{line}; task {task}: {text}"),
            None => line,
        }
    }

    fn facts(&self) -> Vec<String> {
        let progress = &self.progress;
        if progress.tasks_only {
            return Vec::new();
        }
        let mut facts = vec![records(progress), bytes_of_total(progress)];
        facts.extend(self.rate_and_spills());
        facts
    }

    fn rate_and_spills(&self) -> impl Iterator<Item = String> {
        let rate = bytes_a_second(&self.progress).map(|rate| format!("{}/s", Bytes(rate)));
        let spills = (self.progress.spills > 0).then(|| counted(self.progress.spills, "spill"));
        rate.into_iter().chain(spills)
    }
}

impl Shown {
    /// Whether that was an `interval` ago; then it counts as shown now.
    pub(crate) fn is_due(&mut self, elapsed: Duration, interval: Duration) -> bool {
        match elapsed.checked_sub(self.0) {
            Some(since) if since < interval => false,
            since => {
                self.0 = elapsed;
                since.is_some() // otherwise its time began anew
            }
        }
    }

    /// Whether it was shown at all.
    pub(crate) fn is_any(&self) -> bool {
        self.0 > Duration::ZERO
    }
}

/// `step 1 of 2: `, nothing in a job of one step.
pub(crate) fn step_label(step: usize, steps: usize) -> String {
    let number = step.saturating_add(1);
    match steps {
        0 | 1 if step == 0 => String::new(),
        _ if number <= steps => format!("step {number} of {steps}: "),
        _ => format!("step {number}: "),
    }
}

fn tasks(tasks: u32) -> String {
    match tasks {
        0 => "no tasks".to_owned(),
        1 => "1 task".to_owned(),
        _ => format!("{} tasks", Exact(tasks.into())),
    }
}

fn records(progress: &StageProgress) -> String {
    counted(progress.records, "record")
}

/// Bytes, and of how many if that is known.
pub(crate) fn bytes_of_total(progress: &StageProgress) -> String {
    if progress.bytes_total >= progress.bytes && progress.bytes_total > 0 {
        format!("{} of {}", Bytes(progress.bytes), Bytes(progress.bytes_total))
    } else {
        Bytes(progress.bytes).to_string()
    }
}

/// How much is done, by bytes or else by tasks, rounded down: 100 is for what is done.
pub(crate) fn percent(progress: &StageProgress) -> Option<u128> {
    if progress.tasks > 0 && progress.tasks_done >= progress.tasks {
        return Some(100);
    }
    let (done, total) = done_of_total(progress)?;
    Some((u128::from(done) * 100 / u128::from(total)).min(99))
}

/// The bytes that are done and all there are, or else the tasks; `None` if neither total is known.
fn done_of_total(progress: &StageProgress) -> Option<(u64, u64)> {
    if progress.bytes_total > 0 {
        Some((progress.bytes, progress.bytes_total))
    } else if progress.tasks > 0 {
        Some((progress.tasks_done.into(), progress.tasks.into()))
    } else {
        None
    }
}

pub(crate) fn bytes_a_second(progress: &StageProgress) -> Option<u64> {
    let nanos = progress.elapsed.as_nanos();
    if nanos == 0 || progress.bytes == 0 {
        return None;
    }
    Some(u64::try_from(u128::from(progress.bytes) * 1_000_000_000 / nanos).unwrap_or(u64::MAX))
}

/// The time that what is left takes at the speed so far.
pub(crate) fn time_left(progress: &StageProgress) -> Option<Duration> {
    let (done, total) = done_of_total(progress)?;
    if done == 0 || done >= total || progress.elapsed < STEADY_AFTER {
        return None;
    }
    let millis = progress.elapsed.as_millis().saturating_mul((total - done).into());
    u64::try_from(millis / u128::from(done)).ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(progress: StageProgress) -> Stage {
        Stage { progress, ..Stage::new(0, TaskKind::Map, 0, 0) }
    }

    fn midway() -> StageProgress {
        StageProgress {
            tasks_done: 12,
            tasks: 28,
            records: 3_100_000,
            bytes: 120_400_000,
            bytes_total: 280_000_000,
            spills: 3,
            elapsed: Duration::from_millis(1_970),
            tasks_only: false,
        }
    }

    #[test]
    fn midway_all_is_known() {
        insta::assert_snapshot!(stage(midway()).plain_line(2), @"step 1 of 2: map 43 % (12 of 28 tasks), 3.1 M records, 120 MB of 280 MB, 61 MB/s, 3 spills, 2.6 s left");
        insta::assert_snapshot!(stage(midway()).live_line(2), @"step 1 of 2: map 43 %, 2.6 s left, 3.1 M records, 120 MB of 280 MB, 61 MB/s, 3 spills, 12 of 28 tasks");
    }

    #[test]
    fn the_last_line_says_what_it_took() {
        let last = StageProgress { tasks_done: 28, bytes: 280_000_000, ..midway() };
        insta::assert_snapshot!(stage(last).last_line(1), @"map done (28 tasks), 3.1 M records, 280 MB, 142 MB/s, 3 spills, in 2.0 s");
    }

    #[test]
    fn unknown_totals_are_left_out() {
        let unknown = StageProgress { tasks_done: 0, tasks: 0, bytes_total: 0, ..midway() };
        insta::assert_snapshot!(stage(unknown).plain_line(1), @"map, 3.1 M records, 120 MB, 61 MB/s, 3 spills");
        insta::assert_snapshot!(stage(unknown).live_line(1), @"map, 3.1 M records, 120 MB, 61 MB/s, 3 spills");
        insta::assert_snapshot!(stage(unknown).last_line(1), @"map done (no tasks)");
    }

    #[test]
    fn input_of_zero_bytes_counts_tasks() {
        let empty = StageProgress { tasks_done: 1, tasks: 4, ..StageProgress::default() };
        insta::assert_snapshot!(stage(empty).plain_line(1), @"map 25 % (1 of 4 tasks), 0 records, 0 B");
        let done = StageProgress { tasks_done: 4, ..empty };
        insta::assert_snapshot!(stage(done).last_line(1), @"map done (4 tasks), 0 records, 0 B, in 0 s");
    }

    #[test]
    fn of_a_cluster_tasks_are_all_that_is_known() {
        let half = StageProgress {
            tasks_done: 2,
            tasks: 4,
            elapsed: Duration::from_secs(9),
            tasks_only: true,
            ..StageProgress::default()
        };
        insta::assert_snapshot!(stage(half).plain_line(1), @"map 50 % (2 of 4 tasks), 9.0 s left");
        let done = StageProgress { tasks_done: 4, ..half };
        insta::assert_snapshot!(stage(done).last_line(1), @"map done (4 tasks), in 9.0 s");
    }

    #[test]
    fn more_bytes_than_the_total_is_not_more_than_everything() {
        let more = StageProgress { bytes: 300_000_000, ..midway() };
        insta::assert_snapshot!(stage(more).plain_line(1), @"map 99 % (12 of 28 tasks), 3.1 M records, 300 MB, 152 MB/s, 3 spills");
    }

    #[test]
    fn extremes_are_only_figures() {
        let most = StageProgress {
            tasks_done: u32::MAX - 1,
            tasks: u32::MAX,
            records: u64::MAX,
            bytes: 1,
            bytes_total: u64::MAX,
            spills: u64::MAX,
            elapsed: Duration::MAX,
            tasks_only: false,
        };
        insta::assert_snapshot!(stage(most).plain_line(usize::MAX), @"step 1 of 18446744073709551615: map 0 % (4,294,967,294 of 4,294,967,295 tasks), 18 E records, 1 B of 18 EB, 0 B/s, 18 E spills");
        let fast = StageProgress { bytes: u64::MAX, elapsed: Duration::from_nanos(1), ..most };
        insta::assert_snapshot!(stage(fast).live_line(1), @"map 99 %, 18 E records, 18 EB of 18 EB, 18 EB/s, 18 E spills, 4,294,967,294 of 4,294,967,295 tasks");
    }

    #[test]
    fn a_status_is_shown_without_what_a_terminal_would_obey() {
        let mut stage = stage(midway());
        stage.say(3, "\x1b[2Jpage 17\n");
        insta::assert_snapshot!(stage.live_line(1), @r"map 43 %, 2.6 s left, 3.1 M records, 120 MB of 280 MB, 61 MB/s, 3 spills, 12 of 28 tasks; task 3: \x1b[2Jpage 17\n");
        stage.say(3, &"long ".repeat(40));
        insta::assert_snapshot!(stage.live_line(1), @"map 43 %, 2.6 s left, 3.1 M records, 120 MB of 280 MB, 61 MB/s, 3 spills, 12 of 28 tasks; task 3: long long long long long long long long long long long long…");
    }

    #[test]
    fn steps_are_numbered_where_there_are_some() {
        assert_eq!(step_label(0, 0), "");
        assert_eq!(step_label(0, 1), "");
        assert_eq!(step_label(1, 2), "step 2 of 2: ");
        assert_eq!(step_label(2, 2), "step 3: ");
    }

    #[test]
    fn a_stage_is_due_after_its_interval_and_not_when_its_time_begins_anew() {
        let mut stage = stage(StageProgress::default());
        let interval = Duration::from_secs(2);
        let mut due_at = |seconds| {
            stage.progress.elapsed = Duration::from_secs(seconds);
            stage.is_due(interval)
        };
        let due: Vec<bool> = [0, 1, 2, 3, 4, 0, 1, 2].into_iter().map(&mut due_at).collect();
        assert_eq!(due, [false, false, true, false, true, false, false, true]);
    }
}
