//! Tasks that may fail: `mapreduce.map.failures.maxpercent` and its twin for reduce tasks.
//!
//! Hadoop's local runner does not look at them. Here they do what they do on a cluster: the job goes on while no more
//! than so many of a hundred tasks have failed for good. What such a task would have written is missing, and said to
//! be.

use std::sync::{Mutex, PoisonError};

use howdah_plan::TaskKind;

/// How many tasks are named in a sentence.
const NAMED: usize = 20;

/// The tasks of a stage that have failed for good.
#[derive(Debug)]
pub(crate) struct Losses {
    kind: TaskKind,
    tasks: u64,
    percent: u64,
    lost: Mutex<Vec<u32>>,
}

impl Losses {
    pub(crate) fn new(kind: TaskKind, tasks: usize, percent: u64) -> Self {
        Losses { kind, tasks: tasks as u64, percent, lost: Mutex::default() }
    }

    /// Notes a task whose last attempt has failed; whether the job goes on without it.
    ///
    /// A task of another kind is one that had succeeded, and was run again for what it had made.
    pub(super) fn bear(&self, kind: TaskKind, task: u32) -> bool {
        if kind != self.kind {
            return false;
        }
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.push(task);
        (lost.len() as u64).saturating_mul(100) <= self.percent.saturating_mul(self.tasks)
    }

    /// What is missing in the output; `what` says it of a task. `None` if nothing is.
    pub(crate) fn sentence(&self, what: impl Fn(u32) -> String) -> Option<String> {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if lost.is_empty() {
            return None;
        }
        lost.sort_unstable();
        let (kind, tasks, percent) = (self.kind.name(), self.tasks, self.percent);
        let mut named: Vec<String> = lost.iter().take(NAMED).map(|&task| what(task)).collect();
        if lost.len() > NAMED {
            named.push(format!("and {} more", lost.len() - NAMED));
        }
        Some(format!(
            "the output is not complete: {} of {tasks} {kind} tasks failed, and the job went on without them, as \
             mapreduce.{kind}.failures.maxpercent={percent} allows\n  missing is the output of {}",
            lost.len(),
            named.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_tasks_may_fail_and_no_more() {
        let none = Losses::new(TaskKind::Map, 1000, 0);
        assert!(!none.bear(TaskKind::Map, 7));
        let third = Losses::new(TaskKind::Reduce, 3, 33);
        assert!(!third.bear(TaskKind::Reduce, 0), "a third is more than 33 of a hundred");
        let half = Losses::new(TaskKind::Map, 3, 67);
        assert!(half.bear(TaskKind::Map, 2));
        assert!(half.bear(TaskKind::Map, 0));
        assert!(!half.bear(TaskKind::Map, 1));
        let all = Losses::new(TaskKind::Reduce, 3, 100);
        assert!(!all.bear(TaskKind::Map, 1), "a map task of which reduce tasks have had something");
    }

    #[test]
    fn what_is_missing_is_named_in_order() {
        assert_eq!(Losses::new(TaskKind::Map, 3, 67).sentence(|_| String::new()), None);
        let losses = Losses::new(TaskKind::Map, 100, 90);
        for task in (0..22).rev() {
            losses.bear(TaskKind::Map, task);
        }
        let said = losses.sentence(|task| format!("task {task}")).unwrap();
        assert!(said.contains("22 of 100 map tasks failed"), "{said}");
        assert!(said.contains("the output of task 0, task 1, "), "{said}");
        assert!(said.ends_with("task 19, and 2 more"), "{said}");
    }
}
