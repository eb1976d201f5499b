//! Code of this program as a task: a call a record, and its panics caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

use howdah_plan::{
    GroupAtHand, Make, RawMapper, RawReducer, SortedRecords, TaskError, TaskOutput,
    reduce_groups_at,
};
use howdah_streaming::writable::RecordClasses;

use crate::contract::InputFields;
use crate::input::RecordReader;

/// Runs a mapper over a split's records.
pub(crate) fn map(
    make: &Make<dyn RawMapper>,
    fields: &InputFields,
    input: &mut RecordReader<'_>,
    out: &mut TaskOutput<'_>,
) -> Result<(), TaskError> {
    catching_panics(|| {
        let mut mapper = make();
        out.records.classes(mapper.classes(input.classes(fields)));
        mapper.start(out)?;
        out.check()?;
        if matches!(fields, InputFields::Line) {
            while input.advance()? {
                mapper.map(input.record(), out)?;
                out.settle(|| input.record_origin())?;
            }
        } else {
            let mut number = Vec::new();
            while input.advance()? {
                let (key, value) = input.key_value(fields, &mut number);
                mapper.map_pair(key, value, out)?;
                out.settle(|| input.record_origin())?;
            }
        }
        mapper.finish(out)?;
        out.check()
    })
}

/// Runs a reducer over a partition's groups, and notes which is at hand.
pub(crate) fn reduce(
    make: &Make<dyn RawReducer>,
    classes: RecordClasses,
    input: &mut dyn SortedRecords,
    at_hand: &mut GroupAtHand,
    out: &mut TaskOutput<'_>,
) -> Result<(), TaskError> {
    catching_panics(|| {
        let mut reducer = make();
        out.records.classes(reducer.classes(classes));
        reduce_groups_at(&mut *reducer, input, at_hand, out)
    })
}

/// A panic of the job's code is the failure of one attempt, not of the run. What the code held is dropped with the
/// attempt, so nothing that a panic left half done is looked at again.
pub(crate) fn catching_panics<T, E: From<TaskError>>(
    task: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(task))
        .unwrap_or_else(|panic| Err(TaskError::panic(&*panic).into()))
}
