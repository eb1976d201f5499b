//! What of a run's events is kept for its end.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use howdah_plan::event::StepSummary;
use howdah_plan::{Counters, TaskKind};
use serde::Serialize;

/// The most warnings, and the most failed attempts, that are kept one by one.
const MOST_KEPT: usize = 1_000;

/// The steps that finished, and what went wrong on the way.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    finished: BTreeMap<usize, StepSummary>,
    running: BTreeSet<usize>,
    pub(crate) warnings: Kept<Warning>,
    pub(crate) failed_attempts: Kept<FailedAttempt>,
}

impl Ledger {
    /// Takes note of a step that begins: it forgets what the step was, unless this is a further round of it.
    pub(crate) fn begin(&mut self, step: usize, round: Option<u32>) {
        self.running.insert(step);
        if round.is_none() {
            self.finished.remove(&step);
        }
    }

    /// Whether a step has finished, or its last round.
    pub(crate) fn has_finished(&self, step: usize) -> bool {
        self.finished.contains_key(&step) && !self.running.contains(&step)
    }

    /// Keeps a finished step; further rounds are added to the first.
    pub(crate) fn finish(&mut self, step: usize, summary: &StepSummary) {
        self.running.remove(&step);
        match self.finished.entry(step) {
            Entry::Occupied(mut before) => before.get_mut().add(summary),
            Entry::Vacant(place) => {
                place.insert(summary.clone());
            }
        }
    }

    /// The steps in order, with the counters given for them or else their own.
    pub(crate) fn steps<'a>(&'a self, counters: &'a [Counters]) -> Vec<StepRecord<'a>> {
        let numbers: BTreeSet<usize> =
            (0..counters.len()).chain(self.finished.keys().copied()).collect();
        let records = numbers.into_iter().filter_map(|step| {
            let summary = self.finished.get(&step);
            let counters = counters.get(step).or(summary.map(|summary| &summary.counters))?;
            Some(StepRecord { step, counters, summary })
        });
        records.collect()
    }
}

/// A step at the end of its job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepRecord<'a> {
    pub(crate) step: usize,
    pub(crate) counters: &'a Counters,
    /// Its figures, if its engine told them.
    pub(crate) summary: Option<&'a StepSummary>,
}

/// The first of some things, and how many more there were.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    pub(crate) first: Vec<T>,
    pub(crate) left_out: u64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept { first: Vec::new(), left_out: 0 }
    }
}

impl<T> Kept<T> {
    pub(crate) fn push(&mut self, thing: T) {
        if self.first.len() < MOST_KEPT {
            self.first.push(thing);
        } else {
            self.left_out += 1;
        }
    }

    /// How many there were in all.
    pub(crate) fn count(&self) -> u64 {
        self.first.len() as u64 + self.left_out
    }
}

/// A warning.
#[derive(Debug, Serialize)]
pub(crate) struct Warning {
    pub(crate) slug: String,
    pub(crate) message: String,
}

/// A failed attempt.
#[derive(Debug, Serialize)]
pub(crate) struct FailedAttempt {
    pub(crate) step: usize,
    pub(crate) kind: TaskKind,
    pub(crate) task: u32,
    pub(crate) attempt: u32,
    pub(crate) slug: String,
    pub(crate) message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_and_the_rest_counted() {
        let mut kept = Kept::default();
        for thing in 0..MOST_KEPT + 5 {
            kept.push(thing);
        }
        assert_eq!((kept.first.len(), kept.left_out, kept.count()), (MOST_KEPT, 5, 1_005));
        assert_eq!(kept.first.last(), Some(&(MOST_KEPT - 1)));
    }

    #[test]
    fn counters_given_at_the_end_win() {
        let with = |value| {
            let mut counters = Counters::default();
            counters.add("g", "n", value);
            counters
        };
        let mut ledger = Ledger::default();
        for step in [0, 2] {
            let summary = StepSummary { counters: with(1), ..crate::summary::testing::nothing() };
            ledger.finish(step, &summary);
        }
        let given = [with(10), with(11)];
        let steps: Vec<_> = ledger
            .steps(&given)
            .iter()
            .map(|record| (record.step, record.counters.get("g", "n"), record.summary.is_some()))
            .collect();
        assert_eq!(steps, [(0, 10, true), (1, 11, false), (2, 1, true)]);
    }
}
