//! A task attempt: linked code or a child process, between a source of records and a sink.
//!
//! | file | what |
//! | --- | --- |
//! | [`linked`] | code of this program, its panics caught |
//! | [`child`] | a command that speaks Hadoop Streaming's contract |
//! | [`combine`] | both, as combiners |
//! | [`reporter`] | counters and status of an attempt |
//! | [`environment`] | what a task is told about itself |

pub(crate) mod child;
pub(crate) mod combine;
pub(crate) mod environment;
pub(crate) mod linked;
pub(crate) mod reporter;

use howdah_plan::{Part, RawMapper, RawReducer, RecordSink, TaskError, TaskInfo, TaskOutput};
use howdah_shuffle::SortedRecords;

use crate::contract::Contract;
use crate::input::RecordReader;
use crate::pulse::Pulse;
use child::Child;
use reporter::AttemptReporter;

/// What every attempt of a step is given.
#[derive(Clone, Copy)]
pub(crate) struct AttemptContext<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) pulse: &'a Pulse,
    pub(crate) info: &'a TaskInfo,
    /// Whether the attempt's records go into a part file, and not into the shuffle.
    pub(crate) writes_part: bool,
}

/// Runs a mapper over a split's records.
pub(crate) fn map(
    part: &Part<dyn RawMapper>,
    context: AttemptContext<'_>,
    input: &mut RecordReader<'_>,
    records: &mut dyn RecordSink,
    reporter: &mut AttemptReporter<'_>,
) -> Result<(), TaskError> {
    match part {
        Part::Linked(make) => {
            let mut out = TaskOutput::new(records, reporter, context.info);
            linked::map(make, input, &mut out)
        }
        Part::Command(command) => Child::mapper(command, context).map(input, records, reporter),
        Part::Identity => {
            while input.advance()? {
                let (key, value) = context.contract.map_output.split(input.record());
                pass_on(key, value, records)?;
            }
            Ok(())
        }
    }
}

/// Runs a reducer over a partition's records.
pub(crate) fn reduce(
    part: &Part<dyn RawReducer>,
    context: AttemptContext<'_>,
    input: &mut (dyn SortedRecords + Send),
    records: &mut dyn RecordSink,
    reporter: &mut AttemptReporter<'_>,
) -> Result<(), TaskError> {
    match part {
        Part::Linked(make) => {
            let mut out = TaskOutput::new(records, reporter, context.info);
            linked::reduce(make, input, &mut out)
        }
        Part::Command(command) => Child::reducer(command, context).reduce(input, records, reporter),
        Part::Identity => {
            while input.advance()? {
                pass_on(input.key(), input.value(), records)?;
            }
            Ok(())
        }
    }
}

/// Hands a record on as it is.
fn pass_on(key: &[u8], value: &[u8], records: &mut dyn RecordSink) -> Result<(), TaskError> {
    records.key().extend_from_slice(key);
    records.value().extend_from_slice(value);
    records.end()
}
