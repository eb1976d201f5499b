//! A step's properties as what they mean: separators, partitioner, order of keys.

use std::sync::Arc;

use howdah_plan::{RecordLayout, Step, TaskKind};
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::key_fields::KeyFields;
use howdah_streaming::key_value::KeyValueSplit;
use howdah_streaming::lines::Terminator;
use howdah_streaming::partitioner::{KeyFieldPartitioner, Partitioner};
use howdah_streaming::properties::Properties;
use howdah_streaming::reporter;

use crate::error::{RunError, RunErrorKind};
use crate::input::RecordReaderSettings;

/// What a step's properties mean, read once.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    pub(crate) reader: RecordReaderSettings,
    /// How a mapper's output lines are cut.
    pub(crate) map_output: KeyValueSplit,
    /// What stands between key and value on a reducer's or combiner's input.
    pub(crate) reduce_input_separator: Vec<u8>,
    /// How a reducer's or combiner's output lines are cut.
    pub(crate) reduce_output: KeyValueSplit,
    /// Whether the step's output lines are not cut at all.
    pub(crate) output_layout: RecordLayout,
    /// What stands between key and value in a part file.
    pub(crate) part_separator: Vec<u8>,
    pub(crate) reporter_prefix: Vec<u8>,
    /// Whether a child that exits with a code other than 0 has failed.
    pub(crate) exit_code_matters: bool,
    /// Whether a mapper may leave input unread.
    pub(crate) mapper_may_stop_early: bool,
    pub(crate) partitioner: Arc<Partitioner>,
    pub(crate) order: Arc<KeyComparator>,
    pub(crate) map_attempts: u32,
    pub(crate) reduce_attempts: u32,
    pub(crate) most_segments: usize,
}

impl Contract {
    /// Reads the properties of a step.
    pub(crate) fn of(step: &Step, properties: &Properties) -> Result<Self, RunError> {
        let separator = |name: &str| properties.get_or(name, "\t").into_owned().into_bytes();
        let number = |name: &str, default: i64| {
            properties.get_i64(name, default).map_err(|error| unsupported(&error.to_string()))
        };
        let key_fields = |name: &str| number(name, 1).map(|n| usize::try_from(n).unwrap_or(0));
        let attempts = |name: &str| number(name, 1).map(|n| u32::try_from(n).unwrap_or(0).max(1));
        let terminator = match properties.get_or("textinputformat.record.delimiter", "") {
            delimiter if delimiter.is_empty() => Terminator::Line,
            delimiter => Terminator::Custom(delimiter.into_owned().into_bytes()),
        };
        let most_record_bytes = number("howdah.record.bytes.max", 64 << 20)?;
        Ok(Contract {
            reader: RecordReaderSettings {
                terminator,
                most_record_bytes: usize::try_from(most_record_bytes).unwrap_or(64 << 20),
                ..RecordReaderSettings::default()
            },
            map_output: KeyValueSplit::new(
                separator("stream.map.output.field.separator"),
                key_fields("stream.num.map.output.key.fields")?,
            ),
            reduce_input_separator: separator("stream.reduce.input.field.separator"),
            reduce_output: KeyValueSplit::new(
                separator("stream.reduce.output.field.separator"),
                key_fields("stream.num.reduce.output.key.fields")?,
            ),
            output_layout: step.output,
            part_separator: separator("mapreduce.output.textoutputformat.separator"),
            reporter_prefix: properties
                .get("stream.stderr.reporter.prefix")
                .map_or(reporter::PREFIX.to_vec(), |prefix| prefix.into_owned().into_bytes()),
            exit_code_matters: properties.get_bool("stream.non.zero.exit.is.failure", true),
            mapper_may_stop_early: number("stream.minRecWrittenToEnableSkip_", i64::MAX)? <= 0,
            partitioner: Arc::new(partitioner(properties)?),
            order: Arc::new(order(properties)?),
            map_attempts: attempts("mapreduce.map.maxattempts")?,
            reduce_attempts: attempts("mapreduce.reduce.maxattempts")?,
            most_segments: usize::try_from(number("mapreduce.task.io.sort.factor", 1000)?)
                .unwrap_or(2),
        })
    }

    pub(crate) fn attempts(&self, kind: TaskKind) -> u32 {
        if kind == TaskKind::Map { self.map_attempts } else { self.reduce_attempts }
    }
}

/// The last part of a Java class's name.
fn simple_name(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

fn partitioner(properties: &Properties) -> Result<Partitioner, RunError> {
    let class = properties.get_or("mapreduce.job.partitioner.class", "HashPartitioner");
    let separator = properties.get_or("mapreduce.map.output.key.field.separator", "\t");
    let number = |name: &str, default| {
        properties.get_i64(name, default).map_err(|error| unsupported(&error.to_string()))
    };
    Ok(match simple_name(&class) {
        "HashPartitioner" => Partitioner::Hash,
        "KeyFieldBasedPartitioner" => {
            let fields = number("num.key.fields.for.partition", 0)?;
            let options = properties.get_or("mapreduce.partition.keypartitioner.options", "");
            let by_fields = if fields > 0 {
                KeyFieldPartitioner::first_fields(fields, separator.as_bytes())
            } else {
                KeyFieldPartitioner::from_options(&options, separator.as_bytes())
                    .map_err(|error| unsupported(&error.to_string()))?
            };
            Partitioner::KeyFields(by_fields)
        }
        "BinaryPartitioner" => Partitioner::Binary {
            left: number("mapreduce.partition.binarypartitioner.left.offset", 0)?,
            right: number("mapreduce.partition.binarypartitioner.right.offset", -1)?,
        },
        _ => {
            return Err(unsupported(&format!(
                "the partitioner `{class}` is not one that howdah has: use HashPartitioner, \
                 KeyFieldBasedPartitioner or BinaryPartitioner"
            )));
        }
    })
}

fn order(properties: &Properties) -> Result<KeyComparator, RunError> {
    let class = properties.get_or("mapreduce.job.output.key.comparator.class", "Text$Comparator");
    match simple_name(&class) {
        "Text$Comparator" => Ok(KeyComparator::Bytes),
        "KeyFieldBasedComparator" => {
            let options = properties.get_or("mapreduce.partition.keycomparator.options", "");
            let separator = properties.get_or("mapreduce.map.output.key.field.separator", "\t");
            let fields = KeyFields::parse(&options, separator.as_bytes())
                .map_err(|error| unsupported(&error.to_string()))?;
            Ok(KeyComparator::KeyFields(fields))
        }
        _ => Err(unsupported(&format!(
            "the comparator `{class}` is not one that howdah has: use KeyFieldBasedComparator, or none for the \
             order of bytes"
        ))),
    }
}

fn unsupported(sentence: &str) -> RunError {
    RunErrorKind::Unsupported(sentence.to_owned()).into()
}
