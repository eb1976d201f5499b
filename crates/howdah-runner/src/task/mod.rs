//! A task attempt: linked code or a child process, between a source of records and a sink.
//!
//! | file | what |
//! | --- | --- |
//! | [`linked`] | code of this program, its panics caught |
//! | [`child`] | a command that speaks Hadoop Streaming's contract |
//! | [`pipe`] | the forms of records in its pipes |
//! | [`program`] | which file a command's first word is |
//! | [`sorted`] | keys with sorted values, for linked code |
//! | [`combine`] | both, as combiners |
//! | [`checked`] | whether records are of the types that the job declares |
//! | [`kept_keys`] | whether a combiner keeps its keys |
//! | [`reporter`] | counters and status of an attempt |
//! | [`life`] | signs of life of a child |
//! | [`gathering`] | reading from a child in larger pieces than it writes |
//! | [`inherited`] | what a child has of our own environment |
//! | [`environment`] | what a task is told about itself |

mod checked;
pub(crate) mod child;
pub(crate) mod combine;
pub(crate) mod environment;
mod gathering;
mod inherited;
mod kept_keys;
pub(crate) mod life;
pub(crate) mod linked;
pub(crate) mod pipe;
mod program;
pub(crate) mod reporter;
pub(crate) mod sorted;

use howdah_plan::{
    GroupAtHand, Part, RawMapper, RawReducer, RecordSink, SideOutputs, SortedRecords, StepInput,
    TaskError, TaskInfo, TaskOutput,
};

use crate::contract::{Contract, InputFields};
use crate::input::{RecordFormat, RecordReader};
use crate::pulse::Pulse;
use checked::CheckedSink;
use child::Child;
use reporter::AttemptReporter;
use sorted::{JoinedSink, SplitRecords};

/// What every attempt of a step is given.
#[derive(Clone, Copy)]
pub(crate) struct AttemptContext<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) pulse: &'a Pulse,
    pub(crate) info: &'a TaskInfo,
    /// Whether the attempt's records go into a part file, and not into the shuffle.
    pub(crate) writes_part: bool,
    /// Whether the step sorts the values of a key.
    pub(crate) sorts_values: bool,
}

/// Runs an input's mapper over a split's records, through the input's filter if it has one.
pub(crate) fn map(
    step: &StepInput,
    context: AttemptContext<'_>,
    input: &mut RecordReader<'_>,
    records: &mut dyn RecordSink,
    reporter: &mut AttemptReporter<'_>,
    side: &mut dyn SideOutputs,
) -> Result<(), TaskError> {
    let Some(filter) = &step.filter else {
        return map_records(&step.mapper, context, input, records, reporter, side);
    };
    let filter = Child::filter(filter, context);
    let mut of_filter = reporter.another();
    let passed = filter.pass(input, &mut of_filter, |filtered| {
        map_records(&step.mapper, context, filtered, records, reporter, side)
    });
    reporter.counters.merge(&of_filter.counters);
    passed
}

fn map_records(
    part: &Part<dyn RawMapper>,
    context: AttemptContext<'_>,
    input: &mut RecordReader<'_>,
    records: &mut dyn RecordSink,
    reporter: &mut AttemptReporter<'_>,
    side: &mut dyn SideOutputs,
) -> Result<(), TaskError> {
    let contract = context.contract;
    let mut checked;
    let is_command = matches!(part, Part::Command(_));
    // Of lines and of commands it is known before the job begins which types they give.
    let records: &mut dyn RecordSink =
        if context.writes_part || is_command || contract.reader.format == RecordFormat::Lines {
            records
        } else {
            checked = CheckedSink::new(records, &contract.declared);
            &mut checked
        };
    match part {
        Part::Linked(make) if context.sorts_values && !context.writes_part => {
            let mut joined = JoinedSink::new(records);
            let mut out = TaskOutput::new(&mut joined, reporter, context.info).with_side(side);
            linked::map(make, &context.contract.input, input, &mut out)
        }
        Part::Linked(make) => {
            let mut out = TaskOutput::new(records, reporter, context.info).with_side(side);
            linked::map(make, &context.contract.input, input, &mut out)
        }
        Part::Command(command) => Child::mapper(command, context).map(input, records, reporter),
        Part::Identity => {
            let mut number = Vec::new();
            records.classes(input.classes(&context.contract.input));
            while input.advance()? {
                let (key, value) = match &context.contract.input {
                    InputFields::Line => context.contract.map_output.split(input.record()),
                    fields => input.key_value(fields, &mut number),
                };
                records.record(key, value)?;
            }
            Ok(())
        }
    }
}

/// Runs a reducer over a partition's records. Of code of this program it is noted which group is at hand; a command reads
/// ahead.
pub(crate) fn reduce(
    part: &Part<dyn RawReducer>,
    context: AttemptContext<'_>,
    input: &mut (dyn SortedRecords + Send),
    at_hand: &mut GroupAtHand,
    records: &mut dyn RecordSink,
    reporter: &mut AttemptReporter<'_>,
    side: &mut dyn SideOutputs,
) -> Result<(), TaskError> {
    match part {
        Part::Linked(make) => {
            let mut out = TaskOutput::new(records, reporter, context.info).with_side(side);
            if context.sorts_values {
                let by_bytes = context.contract.order.is_bytes();
                let mut records = SplitRecords::new(input, by_bytes);
                linked::reduce(make, context.contract.shuffled, &mut records, at_hand, &mut out)
            } else {
                linked::reduce(make, context.contract.shuffled, input, at_hand, &mut out)
            }
        }
        Part::Command(command) => Child::reducer(command, context).reduce(input, records, reporter),
        Part::Identity => {
            records.classes(context.contract.shuffled);
            while input.advance()? {
                records.record(input.key(), input.value())?;
            }
            Ok(())
        }
    }
}
