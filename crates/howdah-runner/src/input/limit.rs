//! The first records of each input, for a run on a part of its data.
//!
//! Which record is the thousandth is known once those before it are read. So before the map stage somebody walks the
//! splits in the order of the input, and counts until there are enough; what lies behind is not read at all.

use howdah_platform::Storage;

use super::lines::LineError;
use super::records::{RecordReader, RecordReaderSettings};
use super::splits::{InputSplit, StepFiles, in_task_order};
use crate::error::{RunError, RunErrorKind};
use crate::pulse::Pulse;

/// Leaves of a step's splits those that hold the first records of inputs with a limit, and tells the last one of each
/// how many it gives. `pulse` can stop it.
pub(crate) fn keep_first(
    storage: &dyn Storage,
    inputs: &[StepFiles],
    splits: Vec<InputSplit>,
    settings: &RecordReaderSettings,
    pulse: &Pulse,
) -> Result<Vec<InputSplit>, RunError> {
    let mut missing: Vec<Option<u64>> = inputs.iter().map(|input| input.limit).collect();
    let mut in_order = splits;
    in_order.sort_by_key(|split| split.ordinal);
    let mut kept = Vec::new();
    for mut split in in_order {
        if let Some(missing) = &mut missing[split.input()] {
            if *missing == 0 {
                continue;
            }
            split.special_mut().most_records = Some(*missing);
            *missing -= count(storage, &split, settings, pulse)?;
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
) -> Result<u64, RunError> {
    let mut reader = RecordReader::open(storage, split, settings, pulse)
        .map_err(|error| unreadable(split, &LineError::Read(error)))?;
    while reader.advance().map_err(|error| unreadable(split, &error))? {}
    Ok(reader.records())
}

fn unreadable(split: &InputSplit, error: &LineError) -> RunError {
    let sentence = format!("the input `{}` cannot be read: {error}", split.file.path.display());
    RunErrorKind::Input(vec![sentence]).into()
}
