//! The first records of each input, for a run on a part of its data.
//!
//! Which record is the thousandth is known once those before it are read. So before the map stage somebody walks the
//! splits in the order of the input, and counts until there are enough; what lies behind is not read at all. What cannot
//! be read fails the run as it would fail the map task.

use howdah_plan::{TaskError, TaskKind};
use howdah_platform::Storage;

use super::lines::LineError;
use super::records::{RecordReader, RecordReaderSettings};
use super::splits::{InputSplit, StepFiles, in_task_order};
use crate::error::{RecordPlace, RunError, RunErrorKind, TaskFailure};
use crate::pulse::Pulse;

/// Which step reads, and how many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepNumber {
    pub(crate) number: usize,
    pub(crate) of: usize,
}

/// Leaves of a step's splits those that hold the first records of inputs with a limit, and tells the last one of each
/// how many it gives. `pulse` can stop it.
pub(crate) fn keep_first(
    storage: &dyn Storage,
    inputs: &[StepFiles],
    splits: Vec<InputSplit>,
    settings: &RecordReaderSettings,
    pulse: &Pulse,
    step: StepNumber,
) -> Result<Vec<InputSplit>, RunError> {
    let mut missing: Vec<Option<u64>> = inputs.iter().map(|input| input.limit).collect();
    let mut in_order: Vec<_> = (0..).zip(splits).collect();
    in_order.sort_by_key(|(_, split)| split.ordinal);
    let mut kept = Vec::new();
    for (task, mut split) in in_order {
        if let Some(missing) = &mut missing[split.input()] {
            if *missing == 0 {
                continue;
            }
            split.special_mut().most_records = Some(*missing);
            *missing -= count(storage, &split, settings, pulse)
                .map_err(|(place, error)| unreadable(step, task, place, error))?;
        }
        kept.push(split);
    }
    Ok(in_task_order(kept))
}

/// The records that a split gives.
fn count(
    storage: &dyn Storage,
    split: &InputSplit,
    settings: &RecordReaderSettings,
    pulse: &Pulse,
) -> Result<u64, (RecordPlace, LineError)> {
    let mut reader = RecordReader::open(storage, split, settings, pulse)
        .map_err(|error| (split.place(), LineError::Read(error)))?;
    while reader.advance().map_err(|error| (reader.place(), error))? {}
    Ok(reader.records())
}

/// The failure of the task that would have read a split, had there been no limit.
fn unreadable(step: StepNumber, task: u32, place: RecordPlace, error: LineError) -> RunError {
    let failure = TaskFailure {
        step: step.number,
        steps: step.of,
        kind: TaskKind::Map,
        task,
        attempt: 0,
        place: Some(place),
        given_from: None,
        at_hand: None,
        error: TaskError::from(error),
        stderr_tail: Vec::new(),
    };
    RunErrorKind::Task(Box::new(failure)).into()
}
