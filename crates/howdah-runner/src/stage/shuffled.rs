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

/// What all map tasks have handed on.
pub(crate) struct HandedOn {
    /// In the order of their splits in the input.
    pub(super) outputs: Vec<MapOutput>,
    pub(super) books: Books,
}

/// The map outputs of a step.
pub(crate) struct Shuffled<'a> {
    /// What makes one of them again.
    maps: MapStage<'a>,
    books: Books,
    outputs: Mutex<Outputs>,
    repeated: Mutex<Repeated>,
}

/// The outputs at hand. Whoever reads them keeps those that there were when it began.
type Outputs = Arc<Vec<MapOutput>>;

/// What was run again. Held while something is.
#[derive(Default)]
struct Repeated {
    tasks: BTreeSet<(TaskKind, u32)>,
    /// The map outputs that have made place for others.
    replaced: Vec<MapOutput>,
}

impl<'a> Shuffled<'a> {
    pub(crate) fn new(handed_on: HandedOn, maps: MapStage<'a>) -> Self {
        let HandedOn { outputs, books } = handed_on;
        let outputs = Mutex::new(Arc::new(outputs));
        Shuffled { maps, books, outputs, repeated: Mutex::default() }
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
            if !repeated.tasks.insert((TaskKind::Map, outputs[at].maker().0)) {
                return Ok(false);
            }
            let mended = self.make_again(&outputs[at], failed)?;
            let others = outputs.iter().enumerate();
            let mended = others.map(|(other, output)| if other == at { &mended } else { output });
            *locked(&self.outputs) = Arc::new(mended.cloned().collect());
            repeated.replaced.push(outputs[at].clone());
            return Ok(true);
        }
        // It was of a map output that somebody has had made again meanwhile; or of a pass of this task's own merge.
        let was_replaced = repeated.replaced.iter().any(|output| output.has_spill(spill));
        Ok(was_replaced || repeated.tasks.insert((TaskKind::Reduce, failed.task)))
    }

    fn make_again(&self, damaged: &MapOutput, failed: &TaskFailure) -> Result<MapOutput, RunError> {
        let (task, attempt) = damaged.maker();
        let context = &self.maps.context;
        (context.events)(Event::Warning {
            slug: "howdah::damaged-spill".to_owned(),
            message: format!("map task {task} is run again, since {}", failed.error),
        });
        let failure = |failed| {
            let failure = context.failure(TaskKind::Map, task, attempt + 1, failed);
            RunError::from(RunErrorKind::Task(Box::new(failure)))
        };
        let output = catching_panics(|| self.maps.again(task, attempt + 1)).map_err(failure)?;
        let (before, now) = (damaged.total(), output.total());
        if now != before {
            let error = TaskError::engine(NotTheSame { before, now });
            return Err(failure(error.into()));
        }
        Ok(output)
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
