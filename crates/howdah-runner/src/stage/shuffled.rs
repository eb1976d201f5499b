//! What map tasks have handed on, as reduce tasks see it: a map output that is damaged is made again, once.
//!
//! Mirrors what Hadoop does when reduce tasks cannot fetch a map's output: the map task runs again. Here nobody fetches;
//! it is a disk, or memory, that gives back something else than what was written.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use howdah_plan::{Event, TaskError, TaskKind};
use howdah_shuffle::{Book, Books, MapOutput, Partition};

use super::map::MapStage;
use super::{catching_panics, locked};
use crate::error::{RunError, RunErrorKind, TaskFailure};

/// The output of one map task.
pub(crate) struct Produced {
    pub(super) task: u32,
    /// The attempt that made it.
    pub(super) attempt: u32,
    pub(super) output: Arc<MapOutput>,
    /// What it hands on, all partitions together.
    pub(super) total: Book,
}

/// What all map tasks have handed on.
pub(crate) struct HandedOn {
    /// In the order of their splits in the input.
    pub(super) produced: Vec<Produced>,
    pub(super) books: Books,
}

/// The map outputs of a step.
pub(crate) struct Shuffled<'a> {
    /// What makes one of them again.
    maps: MapStage<'a>,
    books: Books,
    produced: Vec<Produced>,
    outputs: Mutex<Outputs>,
    /// Held while something is made again.
    repeated: Mutex<BTreeSet<(TaskKind, u32)>>,
}

/// The outputs at hand. Whoever reads them keeps those that there were when it began.
type Outputs = Arc<[Arc<MapOutput>]>;

impl<'a> Shuffled<'a> {
    pub(crate) fn new(handed_on: HandedOn, maps: MapStage<'a>) -> Self {
        let HandedOn { produced, books } = handed_on;
        let outputs = produced.iter().map(|produced| Arc::clone(&produced.output)).collect();
        let repeated = Mutex::default();
        Shuffled { maps, books, produced, outputs: Mutex::new(outputs), repeated }
    }

    /// What was handed on of a partition.
    pub(super) fn book(&self, partition: u32) -> Book {
        self.books.of(partition)
    }

    pub(super) fn outputs(&self) -> Outputs {
        Arc::clone(&locked(&self.outputs))
    }

    /// A partition of these outputs.
    pub(super) fn partition<'o>(&self, number: u32, outputs: &'o Outputs) -> Partition<'o> {
        Partition { number, outputs, handed_on: self.books.of(number) }
    }

    /// Has what made a damaged spill run again; whether the reduce attempt that met it is to be repeated.
    ///
    /// # Errors
    /// When it fails this time, or hands on something else.
    pub(super) fn mend(&self, failed: &TaskFailure) -> Result<bool, RunError> {
        let Some(spill) = failed.damaged_spill() else { return Ok(false) };
        let mut repeated = locked(&self.repeated);
        let outputs = self.outputs();
        if let Some(at) = outputs.iter().position(|output| output.has_spill(spill)) {
            let task = self.produced[at].task;
            if !repeated.insert((TaskKind::Map, task)) {
                return Ok(false);
            }
            let mended = self.make_again(at, failed)?;
            let others = outputs.iter().enumerate();
            let mended = others.map(|(other, output)| if other == at { &mended } else { output });
            *locked(&self.outputs) = mended.cloned().collect();
            return Ok(true);
        }
        // It was of a map output that somebody has had made again meanwhile; or of a pass of this task's own merge.
        let is_its_own = !self.produced.iter().any(|produced| produced.output.has_spill(spill));
        Ok(!is_its_own || repeated.insert((TaskKind::Reduce, failed.task)))
    }

    fn make_again(&self, at: usize, failed: &TaskFailure) -> Result<Arc<MapOutput>, RunError> {
        let Produced { task, attempt, total, .. } = self.produced[at];
        let context = &self.maps.context;
        (context.events)(Event::Warning {
            slug: "howdah::damaged-spill".to_owned(),
            message: format!("map task {task} is run again, since {}", failed.error),
        });
        let failure = |failed| {
            let failure = context.failure(TaskKind::Map, task, attempt + 1, failed);
            RunError::from(RunErrorKind::Task(Box::new(failure)))
        };
        let (output, books) =
            catching_panics(|| self.maps.again(task, attempt + 1)).map_err(failure)?;
        let now = books.total();
        if now != total {
            let error = TaskError::engine(NotTheSame { before: total, now });
            return Err(failure(error.into()));
        }
        Ok(Arc::new(output))
    }
}

/// A map task that was run again handed on something else: with what some reduce tasks have had already, that would be
/// the result of no job.
#[derive(Debug)]
pub(crate) struct NotTheSame {
    before: Book,
    now: Book,
}

impl fmt::Display for NotTheSame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotTheSame { before, now } = self;
        write!(
            f,
            "run again for a damaged spill, it handed on {now}, where it had handed on {before}: the mapper or combiner \
             does not give the same for the same input"
        )
    }
}

impl std::error::Error for NotTheSame {}
