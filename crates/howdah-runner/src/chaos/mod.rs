//! Chaos: what may go wrong in a run goes wrong, on purpose, and the result is the same.
//!
//! Attempts are late, or fail at their beginning, amid their records, or when all is done and nothing is committed; what
//! has failed runs again. Tasks begin in another order. Collectors and merges get the least of memory, so that all is
//! spilled and merged in many passes; reads give less than was asked for, and a byte of a spill is not what was written.
//! What befalls whom is decided by a seed, not by time: the same seed brings the same again, as far as threads let it.
//!
//! | file | what |
//! | --- | --- |
//! | this | what befalls whom |
//! | [`sink`] | a sink that fails amid the records |
//! | [`storage`] | reads that go wrong |

mod sink;
mod storage;

use std::fmt;
use std::thread;
use std::time::Duration;

use howdah_plan::{TaskError, TaskKind};

pub(crate) use sink::FailingSink;
pub(crate) use storage::ChaosStorage;

/// What a collector has for its records.
const COLLECTOR_BYTES: usize = 32 << 10;
/// Attempts of a task that fail at most.
const MOST_FAILURES: u32 = 2;

/// What befalls whom, decided by a seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chaos {
    seed: u64,
}

/// An attempt, as far as its fate depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) step: usize,
    pub(crate) kind: TaskKind,
    pub(crate) task: u32,
    pub(crate) number: u32,
}

/// When an attempt fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    Never,
    AtStart,
    /// When it has emitted so many records, if it does.
    Amid(u64),
    AtEnd,
}

/// What befalls an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fate {
    delay: Duration,
    failing: Failing,
}

impl Fate {
    /// That of an attempt in a run without chaos.
    pub(crate) const NONE: Self = Fate { delay: Duration::ZERO, failing: Failing::Never };

    /// Begins the attempt, late perhaps.
    ///
    /// # Errors
    /// If it is to fail at once.
    pub(crate) fn begin(&self) -> Result<(), TaskError> {
        if !self.delay.is_zero() {
            thread::sleep(self.delay);
        }
        self.fail_if(Failing::AtStart)
    }

    /// How many records the attempt may emit, if it is to fail with the next.
    pub(crate) fn records(&self) -> Option<u64> {
        match self.failing {
            Failing::Amid(records) => Some(records),
            _ => None,
        }
    }

    /// Ends the attempt, before it is committed.
    ///
    /// # Errors
    /// If it is to have been for nothing.
    pub(crate) fn end(&self) -> Result<(), TaskError> {
        self.fail_if(Failing::AtEnd)
    }

    fn fail_if(&self, failing: Failing) -> Result<(), TaskError> {
        if self.failing == failing { Err(TaskError::engine(Struck(failing))) } else { Ok(()) }
    }
}

impl Chaos {
    pub(crate) fn new(seed: u64) -> Self {
        Chaos { seed }
    }

    /// What befalls an attempt.
    pub(crate) fn fate(self, attempt: Attempt) -> Fate {
        let Attempt { step, kind, task, number } = attempt;
        let whom = [step as u64, kind as u64, u64::from(task), u64::from(number)];
        let mut chance = self.chance(whom);
        let delay = match chance.below(4) {
            0 => Duration::from_millis(chance.below(20)),
            _ => Duration::ZERO,
        };
        let failing = match chance.below(8) {
            _ if number >= MOST_FAILURES => Failing::Never,
            0 => Failing::AtStart,
            1 | 2 => {
                let most = [1, 10, 1000, 100_000][chance.below(4) as usize];
                Failing::Amid(chance.below(most))
            }
            3 => Failing::AtEnd,
            _ => Failing::Never,
        };
        Fate { delay, failing }
    }

    /// The tasks of a stage, in the order in which they begin.
    pub(crate) fn order(self, tasks: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..tasks).collect();
        let mut chance = self.chance([u64::from(tasks); 4]);
        for at in (1..order.len()).rev() {
            order.swap(at, chance.below(at as u64 + 1) as usize);
        }
        order
    }

    /// What a collector gets of the bytes that it would have.
    pub(crate) fn collector_bytes(budget: usize) -> usize {
        budget.min(COLLECTOR_BYTES)
    }

    /// What a merge may take: no more than it needs for two segments at a time.
    pub(crate) const MERGED_AT_ONCE: usize = 2;

    fn chance(self, whom: [u64; 4]) -> Chance {
        let mut chance = Chance(self.seed);
        for part in whom {
            chance.0 = chance.next() ^ part;
        }
        chance
    }
}

/// Numbers that look like chance (Steele, Lea and Flood's `SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }
}

/// The error of an attempt that chaos has struck. It is none of the task's attempts.
#[derive(Debug)]
pub(crate) struct Struck(Failing);

impl Struck {
    /// Amid its records.
    fn amid(records: u64) -> TaskError {
        TaskError::engine(Struck(Failing::Amid(records)))
    }
}

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Failing::Amid(records) => write!(f, "struck by chaos behind {records} records"),
            Failing::AtEnd => f.write_str("struck by chaos when all was done"),
            Failing::AtStart | Failing::Never => f.write_str("struck by chaos at its start"),
        }
    }
}

impl std::error::Error for Struck {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(seed: u64) -> Vec<String> {
        let attempts =
            (0..400).map(|task| Attempt { step: 0, kind: TaskKind::Map, task, number: 0 });
        attempts.map(|attempt| format!("{:?}", Chaos::new(seed).fate(attempt))).collect()
    }

    #[test]
    fn a_seed_brings_the_same_again_and_another_something_else() {
        assert_eq!(fates(1), fates(1));
        assert_ne!(fates(1), fates(2));
        assert_eq!(Chaos::new(3).order(50), Chaos::new(3).order(50));
        assert_ne!(Chaos::new(3).order(50), Chaos::new(4).order(50));
    }

    #[test]
    fn every_kind_of_fate_comes_and_no_task_fails_for_ever() {
        let all = fates(5).concat();
        for kind in ["AtStart", "Amid", "AtEnd", "Never"] {
            assert!(all.contains(kind), "{kind}");
        }
        let attempt = Attempt { step: 0, kind: TaskKind::Reduce, task: 0, number: MOST_FAILURES };
        assert!((0..1000).all(|seed| Chaos::new(seed).fate(attempt).failing == Failing::Never));
    }

    #[test]
    fn each_task_begins_once() {
        let mut order = Chaos::new(9).order(100);
        order.sort_unstable();
        assert!(order.into_iter().eq(0..100));
    }
}
