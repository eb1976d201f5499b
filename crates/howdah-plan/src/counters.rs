//! Counters, grouped, named and ordered as Hadoop prints them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::task::{OWN_COUNTERS, REJECTED};

/// The counters of a task, a step or a job.
///
/// ```
/// use howdah_plan::{Counters, FrameworkCounter};
///
/// let mut counters = Counters::default();
/// counters.add("Words", "seen", 3);
/// counters.add_framework(FrameworkCounter::MapInputRecords, 2);
/// assert_eq!(
///     counters.to_string(),
///     "Counters: 2\n\tMap-Reduce Framework\n\t\tMap input records=2\n\tWords\n\t\tseen=3",
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    framework: BTreeMap<FrameworkCounter, i64>,
    user: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Counters {
    /// Adds to a job's own counter.
    pub fn add(&mut self, group: &str, name: &str, amount: i64) {
        // Looked up before anything is made: counting in a loop allocates only once a name.
        if let Some(value) = self.user.get_mut(group).and_then(|names| names.get_mut(name)) {
            *value = value.wrapping_add(amount);
        } else {
            self.user.entry(group.to_owned()).or_default().insert(name.to_owned(), amount);
        }
    }

    /// Adds to one of the framework's counters.
    pub fn add_framework(&mut self, counter: FrameworkCounter, amount: u64) {
        let value = self.framework.entry(counter).or_default();
        *value = value.wrapping_add_unsigned(amount);
    }

    /// A job's own counter; 0 if it was never touched.
    pub fn get(&self, group: &str, name: &str) -> i64 {
        self.user.get(group).and_then(|names| names.get(name)).copied().unwrap_or(0)
    }

    /// One of the framework's counters; 0 if it was never touched.
    pub fn framework(&self, counter: FrameworkCounter) -> i64 {
        self.framework.get(&counter).copied().unwrap_or(0)
    }

    /// How many records the job did not take.
    pub fn rejected(&self) -> u64 {
        u64::try_from(self.get(OWN_COUNTERS, REJECTED)).unwrap_or(0)
    }

    /// Takes over those of a further round of the same step: what the framework counted is added, and the job's own
    /// counters are the last round's, since what they say of a round may be no sum.
    ///
    /// ```
    /// use howdah_plan::{Counters, FrameworkCounter};
    ///
    /// let mut counters = Counters::default();
    /// for change in [7, 2] {
    ///     let mut round = Counters::default();
    ///     round.add("Ranks", "change", change);
    ///     round.add_framework(FrameworkCounter::MapInputRecords, 10);
    ///     counters.take_round(&round);
    /// }
    /// assert_eq!(counters.get("Ranks", "change"), 2);
    /// assert_eq!(counters.framework(FrameworkCounter::MapInputRecords), 20);
    /// ```
    pub fn take_round(&mut self, round: &Counters) {
        self.user.clear();
        self.merge(round);
    }

    /// Adds all of another's.
    pub fn merge(&mut self, other: &Counters) {
        for (&counter, &amount) in &other.framework {
            let value = self.framework.entry(counter).or_default();
            *value = value.wrapping_add(amount);
        }
        for (group, names) in &other.user {
            for (name, &amount) in names {
                self.add(group, name, amount);
            }
        }
    }

    /// The job's own counters only.
    pub fn user(&self) -> &BTreeMap<String, BTreeMap<String, i64>> {
        &self.user
    }

    /// How many counters of the job's own there are.
    pub fn user_len(&self) -> usize {
        self.user.values().map(BTreeMap::len).sum()
    }

    /// Drops the framework's counters, as for a task whose output is discarded.
    #[must_use]
    pub fn without_framework(mut self) -> Self {
        self.framework.clear();
        self
    }

    /// Groups and their counters in Hadoop's order: the framework's first, in the order of its own list, then
    /// the others by name.
    pub fn groups(&self) -> Vec<(&str, Vec<(&str, i64)>)> {
        let mut groups = Vec::with_capacity(1 + self.user.len());
        if !self.framework.is_empty() {
            let named = self.framework.iter().map(|(counter, &value)| (counter.name(), value));
            groups.push((FrameworkCounter::GROUP, named.collect()));
        }
        for (group, names) in &self.user {
            let named = names.iter().map(|(name, &value)| (name.as_str(), value));
            groups.push((group, named.collect()));
        }
        groups
    }
}

impl fmt::Display for Counters {
    /// `Counters: N`, then a line a group behind one TAB and a line a counter behind two, as
    /// `org.apache.hadoop.mapreduce.Counters` prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.groups();
        write!(f, "Counters: {}", groups.iter().map(|(_, named)| named.len()).sum::<usize>())?;
        for (group, named) in groups {
            write!(f, "\n\t{group}")?;
            for (name, value) in named {
                write!(f, "\n\t\t{name}={value}")?;
            }
        }
        Ok(())
    }
}

/// Hadoop's `TaskCounter`, in its order; only those that a local run can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)] // each is documented by `name`, Hadoop's own words
pub enum FrameworkCounter {
    MapInputRecords,
    MapOutputRecords,
    MapSkippedRecords,
    MapOutputBytes,
    MapOutputMaterializedBytes,
    InputSplitBytes,
    CombineInputRecords,
    CombineOutputRecords,
    ReduceInputGroups,
    ReduceShuffleBytes,
    ReduceInputRecords,
    ReduceOutputRecords,
    ReduceSkippedGroups,
    ReduceSkippedRecords,
    SpilledRecords,
    ShuffledMaps,
    FailedShuffles,
    MergedMapOutputs,
}

impl FrameworkCounter {
    /// The group's name.
    pub const GROUP: &'static str = "Map-Reduce Framework";

    const ALL: [Self; 18] = [
        Self::MapInputRecords,
        Self::MapOutputRecords,
        Self::MapSkippedRecords,
        Self::MapOutputBytes,
        Self::MapOutputMaterializedBytes,
        Self::InputSplitBytes,
        Self::CombineInputRecords,
        Self::CombineOutputRecords,
        Self::ReduceInputGroups,
        Self::ReduceShuffleBytes,
        Self::ReduceInputRecords,
        Self::ReduceOutputRecords,
        Self::ReduceSkippedGroups,
        Self::ReduceSkippedRecords,
        Self::SpilledRecords,
        Self::ShuffledMaps,
        Self::FailedShuffles,
        Self::MergedMapOutputs,
    ];

    /// The counter with this [name](Self::name); blanks at its end do not matter.
    ///
    /// ```
    /// use howdah_plan::FrameworkCounter;
    ///
    /// assert_eq!(FrameworkCounter::from_name("Shuffled Maps"), Some(FrameworkCounter::ShuffledMaps));
    /// assert_eq!(FrameworkCounter::from_name("CPU time spent (ms)"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.name().trim_end() == name.trim_end())
    }

    /// The counter's name as Hadoop prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MapInputRecords => "Map input records",
            Self::MapOutputRecords => "Map output records",
            Self::MapSkippedRecords => "Map skipped records",
            Self::MapOutputBytes => "Map output bytes",
            Self::MapOutputMaterializedBytes => "Map output materialized bytes",
            Self::InputSplitBytes => "Input split bytes",
            Self::CombineInputRecords => "Combine input records",
            Self::CombineOutputRecords => "Combine output records",
            Self::ReduceInputGroups => "Reduce input groups",
            Self::ReduceShuffleBytes => "Reduce shuffle bytes",
            Self::ReduceInputRecords => "Reduce input records",
            Self::ReduceOutputRecords => "Reduce output records",
            Self::ReduceSkippedGroups => "Reduce skipped groups",
            Self::ReduceSkippedRecords => "Reduce skipped records",
            Self::SpilledRecords => "Spilled Records",
            Self::ShuffledMaps => "Shuffled Maps ", // the blank is Hadoop's
            Self::FailedShuffles => "Failed Shuffles",
            Self::MergedMapOutputs => "Merged Map outputs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counter_is_found_by_its_name() {
        for counter in FrameworkCounter::ALL {
            assert_eq!(FrameworkCounter::from_name(counter.name()), Some(counter));
        }
        // A counter that is new here and not among all of them would be missed.
        assert_eq!(FrameworkCounter::ALL.len(), FrameworkCounter::MergedMapOutputs as usize + 1);
    }

    #[test]
    fn merging_adds_name_by_name() {
        let mut left = Counters::default();
        left.add("g", "a", 1);
        let mut right = Counters::default();
        right.add("g", "a", 2);
        right.add("g", "b", -5);
        right.add_framework(FrameworkCounter::SpilledRecords, 7);
        left.merge(&right);
        assert_eq!((left.get("g", "a"), left.get("g", "b")), (3, -5));
        assert_eq!(left.framework(FrameworkCounter::SpilledRecords), 7);
        assert_eq!(left.get("g", "never"), 0);
    }
}
