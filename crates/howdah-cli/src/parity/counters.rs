//! Two runs' counters side by side.

use std::collections::BTreeSet;

use howdah_plan::{Counters, FrameworkCounter};
use serde::Serialize;

/// The framework's counters that say what a job did, not how its engine went about it.
const OF_THE_JOB: [FrameworkCounter; 5] = [
    FrameworkCounter::MapInputRecords,
    FrameworkCounter::MapOutputRecords,
    FrameworkCounter::MapOutputBytes,
    FrameworkCounter::ReduceInputGroups,
    FrameworkCounter::ReduceOutputRecords,
];

/// A counter of a step on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// The step, from 0.
    pub(super) step: usize,
    pub(super) group: String,
    pub(super) name: String,
    /// `None` if that side does not count it.
    pub(super) here: Option<i64>,
    pub(super) hadoop: Option<i64>,
    /// Whether both must be the same.
    pub(super) compared: bool,
}

impl Row {
    /// Whether it is a difference that counts. One that a side does not have is 0 there.
    pub(super) fn differs(&self) -> bool {
        self.compared && self.here.unwrap_or(0) != self.hadoop.unwrap_or(0)
    }
}

/// All counters of both sides, step by step.
pub(super) fn rows(here: &[Counters], hadoop: &[Counters]) -> Vec<Row> {
    let none = Counters::default();
    let steps = here.len().max(hadoop.len());
    let both = (0..steps)
        .map(|step| (step, here.get(step).unwrap_or(&none), hadoop.get(step).unwrap_or(&none)));
    both.flat_map(|(step, here, hadoop)| of_step(step, here, hadoop)).collect()
}

/// Whether a step's records went through a combiner, which runs as often as an engine likes.
pub(super) fn combines(counters: &Counters) -> bool {
    counters.framework(FrameworkCounter::CombineInputRecords) > 0
}

/// Whether a step has groups to reduce, whose values come in an order that Hadoop leaves open.
pub(super) fn reduces(counters: &Counters) -> bool {
    counters.framework(FrameworkCounter::ReduceInputGroups) > 0
}

/// Groups of counters, as [`Counters::groups`] gives them.
type Groups<'c> = Vec<(&'c str, Vec<(&'c str, i64)>)>;

fn of_step(step: usize, here: &Counters, hadoop: &Counters) -> Vec<Row> {
    let combined = combines(here) || combines(hadoop);
    let is_compared = |group: &str, name: &str| {
        let Some(counter) =
            FrameworkCounter::from_name(name).filter(|_| group == FrameworkCounter::GROUP)
        else {
            return group != FrameworkCounter::GROUP;
        };
        OF_THE_JOB.contains(&counter)
            || counter == FrameworkCounter::ReduceInputRecords && !combined
    };
    let (here, hadoop) = (here.groups(), hadoop.groups());
    let value = |side: &Groups<'_>, group: &str, name: &str| {
        let (_, counters) = side.iter().find(|(known, _)| *known == group)?;
        counters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    };
    // In Hadoop's order of the framework's counters, which that of their names is not.
    let mut named: Vec<(&str, &str)> = Vec::new();
    for (group, counters) in here.iter().chain(&hadoop) {
        named.extend(counters.iter().map(|(name, _)| (*group, *name)));
    }
    let mut known = BTreeSet::new();
    named.retain(|counter| known.insert(*counter));
    let rows = named.into_iter().map(|(group, name)| Row {
        step,
        group: group.to_owned(),
        name: name.trim_end().to_owned(),
        here: value(&here, group, name),
        hadoop: value(&hadoop, group, name),
        compared: is_compared(group, name),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(framework: &[(FrameworkCounter, u64)], user: &[(&str, i64)]) -> Counters {
        let mut counters = Counters::default();
        for &(counter, value) in framework {
            counters.add_framework(counter, value);
        }
        for (name, value) in user {
            counters.add("Words", name, *value);
        }
        counters
    }

    fn differing(rows: &[Row]) -> Vec<(&str, Option<i64>, Option<i64>)> {
        let differing = rows.iter().filter(|row| row.differs());
        differing.map(|row| (row.name.as_str(), row.here, row.hadoop)).collect()
    }

    #[test]
    fn what_a_job_did_must_be_the_same() {
        use FrameworkCounter::{MapOutputBytes, ReduceInputRecords, SpilledRecords};
        let here =
            counters(&[(MapOutputBytes, 10), (SpilledRecords, 0), (ReduceInputRecords, 3)], &[]);
        let hadoop =
            counters(&[(MapOutputBytes, 11), (SpilledRecords, 9), (ReduceInputRecords, 4)], &[]);
        let rows = rows(&[here], &[hadoop]);
        assert_eq!(
            differing(&rows),
            [("Map output bytes", Some(10), Some(11)), ("Reduce input records", Some(3), Some(4))]
        );
        assert!(rows.iter().any(|row| row.name == "Spilled Records" && !row.compared));
    }

    #[test]
    fn behind_a_combiner_the_number_of_records_is_open() {
        use FrameworkCounter::{CombineInputRecords, ReduceInputRecords};
        let here = counters(&[(CombineInputRecords, 5), (ReduceInputRecords, 3)], &[("x", 1)]);
        let hadoop = counters(&[(CombineInputRecords, 9), (ReduceInputRecords, 4)], &[("x", 1)]);
        assert_eq!(differing(&rows(&[here], &[hadoop])), []);
    }

    #[test]
    fn the_jobs_own_are_all_compared_and_one_that_is_missing_is_0() {
        let first = counters(&[], &[("seen", 3), ("bad", 1)]);
        let second = counters(&[], &[("seen", 3), ("none", 0)]);
        let rows = rows(&[first.clone(), first], &[second]);
        let shown: Vec<_> = rows.iter().filter(|row| row.differs()).collect();
        assert_eq!(shown.iter().map(|row| row.step).collect::<Vec<_>>(), [0, 1, 1]);
        assert_eq!(
            differing(&rows),
            [("bad", Some(1), None), ("bad", Some(1), None), ("seen", Some(3), None)]
        );
    }
}
