//! Sorted records as groups: the loop that feeds them to a reducer or combiner.
//!
//! It is the same for records that an engine merges and for lines on a task's standard input, so it stands here.

use crate::error::TaskError;
use crate::task::{RawReducer, RawValues, TaskOutput};

/// Records in the order of their keys, each lent until the next.
pub trait SortedRecords {
    /// Moves to the next record; `false` after the last.
    ///
    /// # Errors
    /// When it cannot be read.
    fn advance(&mut self) -> Result<bool, TaskError>;
    /// The key of the record at hand.
    fn key(&self) -> &[u8];
    /// The value of the record at hand.
    fn value(&self) -> &[u8];
    /// Whether the record at hand has another key than the one before it.
    fn starts_group(&self) -> bool;
    /// Whether the values of each key are sorted by their bytes; `false` says nothing.
    fn sorts_values(&self) -> bool {
        false
    }
}

/// The group that a reducer was given last, for whoever is told of its failure. It outlives a panic of the reducer's.
#[derive(Debug, Default)]
pub struct GroupAtHand {
    key: Vec<u8>,
    is_open: bool,
    state: State,
}

impl GroupAtHand {
    /// The group's key; `None` before the first group and after the last.
    pub fn key(&self) -> Option<&[u8]> {
        self.is_open.then_some(&self.key)
    }

    /// Whether all of the group was read: the record at hand, if there is one, is the next group's.
    pub fn is_passed(&self) -> bool {
        matches!(self.state, State::Beyond | State::Ended)
    }
}

/// Feeds every group of `records` to `reducer`, between its start and its finish.
///
/// # Errors
/// The reducer's, and those of reading the records.
pub fn reduce_groups(
    reducer: &mut dyn RawReducer,
    records: &mut dyn SortedRecords,
    out: &mut TaskOutput<'_>,
) -> Result<(), TaskError> {
    reduce_groups_at(reducer, records, &mut GroupAtHand::default(), out)
}

/// The same, and notes which group is at hand.
///
/// # Errors
/// The reducer's, and those of reading the records.
pub fn reduce_groups_at(
    reducer: &mut dyn RawReducer,
    records: &mut dyn SortedRecords,
    at_hand: &mut GroupAtHand,
    out: &mut TaskOutput<'_>,
) -> Result<(), TaskError> {
    reducer.start(out)?;
    out.check()?;
    let mut more = records.advance()?;
    while more {
        // The record that begins a group lends its key only until its values are read on.
        at_hand.key.clear();
        at_hand.key.extend_from_slice(records.key());
        at_hand.is_open = true;
        at_hand.state = State::AtFirst;
        let mut values = GroupValues { records, state: &mut at_hand.state };
        reducer.group(&at_hand.key, &mut values, out)?;
        out.check()?;
        more = values.pass_over()?;
    }
    at_hand.is_open = false;
    reducer.finish(out)?;
    out.check()
}

/// The values of the group at hand.
struct GroupValues<'a> {
    records: &'a mut dyn SortedRecords,
    /// It stands where a panic of the reducer's leaves it.
    state: &'a mut State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The group's first record is at hand and was not given yet.
    #[default]
    AtFirst,
    /// Some record of the group was given last.
    Within,
    /// The next group's first record is at hand.
    Beyond,
    /// There are no records left.
    Ended,
}

impl GroupValues<'_> {
    fn step(&mut self) -> Result<(), TaskError> {
        *self.state = match *self.state {
            State::AtFirst => State::Within,
            State::Within if !self.records.advance()? => State::Ended,
            State::Within if self.records.starts_group() => State::Beyond,
            state => state,
        };
        Ok(())
    }

    /// Leaves the values that nobody asked for; says whether there is another group.
    fn pass_over(mut self) -> Result<bool, TaskError> {
        while matches!(*self.state, State::AtFirst | State::Within) {
            self.step()?;
        }
        Ok(*self.state == State::Beyond)
    }
}

impl RawValues for GroupValues<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, TaskError> {
        self.step()?;
        Ok((*self.state == State::Within).then(|| self.records.value()))
    }
    fn are_sorted(&self) -> bool {
        self.records.sorts_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{RecordSink, Reporter, TaskInfo, TaskKind};

    struct Listed(Vec<(&'static str, &'static str)>, usize);
    impl SortedRecords for Listed {
        fn advance(&mut self) -> Result<bool, TaskError> {
            self.1 += 1;
            Ok(self.1 <= self.0.len())
        }
        fn key(&self) -> &[u8] {
            self.0[self.1 - 1].0.as_bytes()
        }
        fn value(&self) -> &[u8] {
            self.0[self.1 - 1].1.as_bytes()
        }
        fn starts_group(&self) -> bool {
            self.1 == 1 || self.0[self.1 - 2].0 != self.0[self.1 - 1].0
        }
    }

    struct Nowhere;
    impl Reporter for Nowhere {
        fn count(&mut self, _: &str, _: &str, _: i64) {}
        fn status(&mut self, _: &str) {}
    }
    impl RecordSink for Nowhere {
        fn key(&mut self) -> &mut Vec<u8> {
            unreachable!("this test emits nothing")
        }
        fn value(&mut self) -> &mut Vec<u8> {
            unreachable!("this test emits nothing")
        }
        fn end(&mut self) -> Result<(), TaskError> {
            Ok(())
        }
        fn abandon(&mut self) {}
    }

    /// Takes `take` values of each group and notes them.
    struct Notes(usize, Vec<String>);
    impl RawReducer for Notes {
        fn group(
            &mut self,
            key: &[u8],
            values: &mut dyn RawValues,
            _: &mut TaskOutput<'_>,
        ) -> Result<(), TaskError> {
            let mut note = String::from_utf8_lossy(key).into_owned();
            for _ in 0..self.0 {
                match values.next()? {
                    Some(value) => note.push_str(&String::from_utf8_lossy(value)),
                    None => note.push('.'),
                }
            }
            self.1.push(note);
            Ok(())
        }
    }

    fn noted(take: usize, records: Vec<(&'static str, &'static str)>) -> Vec<String> {
        let mut notes = Notes(take, Vec::new());
        let info = TaskInfo::new(0, TaskKind::Reduce, 0);
        let (mut records_out, mut reporter) = (Nowhere, Nowhere);
        let mut out = TaskOutput::new(&mut records_out, &mut reporter, &info);
        reduce_groups(&mut notes, &mut Listed(records, 0), &mut out).unwrap();
        notes.1
    }

    #[test]
    fn each_key_is_one_group_however_many_values_are_read() {
        let records = vec![("a", "1"), ("a", "2"), ("a", "3"), ("b", "4"), ("c", "5"), ("c", "6")];
        assert_eq!(noted(0, records.clone()), ["a", "b", "c"]);
        assert_eq!(noted(1, records.clone()), ["a1", "b4", "c5"]);
        assert_eq!(noted(4, records), ["a123.", "b4...", "c56.."]);
        assert_eq!(noted(1, vec![]), [""; 0]);
    }
}
