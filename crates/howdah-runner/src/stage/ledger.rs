//! A step's figures, as its tasks finish: added up at once, since a step may have a hundred thousand of them.

use std::time::{Duration, Instant};

use howdah_plan::event::{GroupSize, PhaseTimes, StepFigures, StepSummary, TaskSummary};
use howdah_plan::{Counters, FrameworkCounter, TaskKind};

/// A task in figures.
pub(crate) struct Figures {
    pub(crate) counters: Counters,
    /// What its combiner counted.
    pub(crate) combined: Counters,
    pub(crate) summary: TaskSummary,
}

/// A step's figures. In which order its tasks finish does not show in them.
#[derive(Default)]
pub(crate) struct Ledger {
    counters: Counters,
    combined: Counters,
    times: PhaseTimes,
    /// From when to when each thread of a stage had tasks.
    spans: Vec<(Instant, Instant)>,
    /// Of each reduce task.
    largest_groups: Vec<(u32, Vec<GroupSize>)>,
}

impl Ledger {
    /// Adds a task that is done.
    pub(super) fn add(&mut self, task: Figures) {
        self.counters.merge(&task.counters);
        self.combined.merge(&task.combined);
        self.times.add(&task.summary.times);
        if task.summary.kind == TaskKind::Reduce {
            self.largest_groups.push((task.summary.task, task.summary.largest_groups));
        }
    }

    /// Adds the time of a thread that ran one task behind the other: a span for each of a hundred thousand tasks
    /// would take megabytes.
    pub(super) fn add_span(&mut self, began: Instant, ended: Instant) {
        self.spans.push((began, ended));
    }

    /// The figures of all tasks together, and the counters without those of combiners: how often these run is open,
    /// and nothing may depend on it.
    pub(crate) fn close(mut self, spilled_bytes: u64) -> (StepSummary, Counters) {
        // A step without map tasks has read nothing; Hadoop prints that as a counter too.
        self.counters.add_framework(FrameworkCounter::MapInputRecords, 0);
        let decisive = self.counters.clone();
        self.counters.merge(&self.combined);
        let (elapsed, serial) = spans(&self.spans);
        self.largest_groups.sort_by_key(|&(partition, _)| partition);
        let figures = StepFigures {
            times: self.times,
            serial,
            spilled_bytes,
            largest_groups: self.largest_groups.into_iter().map(|(_, groups)| groups).collect(),
        };
        (StepSummary { counters: self.counters, elapsed, figures: Some(figures) }, decisive)
    }
}

/// From the first start to the last end of threads, and the part of it in which at most one ran.
fn spans(threads: &[(Instant, Instant)]) -> (Duration, Duration) {
    let mut edges: Vec<(Instant, i32)> =
        threads.iter().flat_map(|&(began, ended)| [(began, 1), (ended, -1)]).collect();
    edges.sort();
    let (mut running, mut alone) = (0, Duration::ZERO);
    for pair in edges.windows(2) {
        running += pair[0].1;
        if running <= 1 {
            alone += pair[1].0 - pair[0].0;
        }
    }
    match (edges.first(), edges.last()) {
        (Some(first), Some(last)) => (last.0 - first.0, alone),
        _ => (Duration::ZERO, Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::spans;
    use std::time::{Duration, Instant};

    #[test]
    fn time_alone_is_time_with_at_most_one_thread() {
        let zero = Instant::now();
        let at = |seconds| zero + Duration::from_secs(seconds);
        let (elapsed, alone) = spans(&[(at(0), at(4)), (at(1), at(3)), (at(6), at(7))]);
        assert_eq!((elapsed.as_secs(), alone.as_secs()), (7, 1 + 1 + 2 + 1));
        assert_eq!(spans(&[]), (Duration::ZERO, Duration::ZERO));
    }
}
