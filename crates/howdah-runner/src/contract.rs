//! A step's properties as what they mean: separators, partitioner, order of keys.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use howdah_plan::names::{self, CLEAN_ENVIRONMENT, RETRY_DELAY};
use howdah_plan::{CounterLimits, Part, RecordLayout, Step, TaskKind};
use howdah_streaming::command::split_environment;
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::key_fields::KeyFields;
use howdah_streaming::key_value::KeyValueSplit;
use howdah_streaming::lines::Terminator;
use howdah_streaming::partitioner::{KeyFieldPartitioner, Partitioner};
use howdah_streaming::properties::Properties;
use howdah_streaming::reporter;
use howdah_streaming::serialized::Serialized;

use crate::error::{RunError, RunErrorKind};
use crate::input::{RecordReader, RecordReaderSettings};
use crate::options::InputLimits;
use crate::total_order::TotalOrder;

/// What a step's properties mean, read once.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub(crate) struct Contract {
    pub(crate) reader: RecordReaderSettings,
    /// What a mapper's records are made of.
    pub(crate) input: InputFields,
    /// Which parts of a record are written on a mapper's standard input, and what stands between them.
    pub(crate) map_feed: PipeFeed,
    pub(crate) map_input_separator: Vec<u8>,
    /// Whether a mapper's output lines are keys without values.
    pub(crate) map_output_is_keys: bool,
    /// How a mapper's output lines are cut.
    pub(crate) map_output: KeyValueSplit,
    /// Which parts of a record are written on a reducer's or combiner's standard input, and what stands between them.
    pub(crate) reduce_feed: PipeFeed,
    pub(crate) reduce_input_separator: Vec<u8>,
    /// Whether a combiner's output lines are keys without values.
    pub(crate) combined_are_keys: bool,
    /// How a reducer's or combiner's output lines are cut.
    pub(crate) reduce_output: KeyValueSplit,
    /// Whether the step's output lines are not cut at all.
    pub(crate) output_layout: RecordLayout,
    /// What stands between key and value in a part file.
    pub(crate) part_separator: Vec<u8>,
    /// Whether a part file without records is not made.
    pub(crate) lazy_output: bool,
    /// Where children run, if not in the current folder.
    pub(crate) task_folder: Option<PathBuf>,
    /// Whether children get of our own environment only what any program needs.
    pub(crate) clean_environment: bool,
    /// Variables for children, over those of the properties.
    pub(crate) task_environment: Vec<(String, String)>,
    pub(crate) counter_limits: CounterLimits,
    pub(crate) reporter_prefix: Vec<u8>,
    /// Whether a child that exits with a code other than 0 has failed.
    pub(crate) exit_code_matters: bool,
    /// How many records a mapper must have written, that it may leave input unread; `None` is never.
    pub(crate) may_stop_after: Option<u64>,
    /// How long a child may give no sign of life; `None` is for ever.
    pub(crate) task_timeout: Option<Duration>,
    pub(crate) partitioning: Partitioning,
    pub(crate) order: Arc<KeyComparator>,
    /// How many partitions there are, if the step says so.
    pub(crate) partitions: Option<u32>,
    /// How Hadoop would serialise the keys and values that map tasks emit.
    pub(crate) forms: (Serialized, Serialized),
    pub(crate) map_attempts: u32,
    pub(crate) reduce_attempts: u32,
    /// How long to wait before a task's second attempt.
    pub(crate) retry_delay: Duration,
    /// How many of a hundred tasks may fail, and the job goes on without their output.
    pub(crate) map_failures_percent: u64,
    pub(crate) reduce_failures_percent: u64,
    pub(crate) most_segments: usize,
}

/// What a record of the input is made of.
#[derive(Debug, Clone)]
pub(crate) enum InputFields {
    /// A line, which has no key: no format is named.
    Line,
    /// The line's offset and the line: `TextInputFormat`, `NLineInputFormat`, `CombineTextInputFormat`, and
    /// `AutoInputFormat` for text.
    OffsetAndLine,
    /// What stands before and behind the first separator: `KeyValueTextInputFormat`.
    KeyAndValue(KeyValueSplit),
}

impl InputFields {
    /// Key and value of the record at hand. `number` is where an offset is written.
    pub(crate) fn of<'r>(
        &self,
        input: &'r RecordReader<'_>,
        number: &'r mut Vec<u8>,
    ) -> (&'r [u8], &'r [u8]) {
        match self {
            InputFields::Line => (&[], input.record()),
            InputFields::OffsetAndLine => {
                number.clear();
                number.extend_from_slice(input.offset().to_string().as_bytes());
                (number, input.record())
            }
            InputFields::KeyAndValue(split) => split.split(input.record()),
        }
    }
}

/// Which partitioner gives keys their partitions.
#[derive(Debug, Clone)]
pub(crate) enum Partitioning {
    /// One that is known from properties alone.
    By(Arc<Partitioner>),
    /// One whose split points are in a file, which is read when they are needed.
    TotalOrder(TotalOrder),
}

/// Which parts of a record a child reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PipeFeed {
    Value,
    Key,
    KeyAndValue,
    /// The key, and the word that Java has for a value that is none.
    KeyAndNull,
}

impl Contract {
    /// Reads the properties of a step.
    pub(crate) fn of(
        step: &Step,
        properties: &Properties,
        limits: InputLimits,
    ) -> Result<Self, RunError> {
        refuse_bytes(step, properties)?;
        let separator = |name: &str| properties.get_or(name, "\t").into_owned().into_bytes();
        let number = |name: &str, default: i64| {
            properties.get_i64(name, default).map_err(|error| unsupported(&error.to_string()))
        };
        // Hadoop reads them when a task begins that has such a command.
        let key_fields = |name: &str, has_command: bool| {
            if has_command {
                number(name, 1).map(|n| usize::try_from(n).unwrap_or(0))
            } else {
                Ok(1)
            }
        };
        let (maps, reduces) = commands_of(step);
        let attempts = |name: &str| number(name, 1).map(|n| u32::try_from(n).unwrap_or(0).max(1));
        let percent = |name: &str| number(name, 0).map(|n| u64::try_from(n).unwrap_or(0));
        Ok(Contract {
            reader: reader(properties, limits)?,
            map_feed: map_feed(properties),
            input: input_fields(properties)?,
            map_input_separator: separator("stream.map.input.field.separator"),
            map_output_is_keys: is_key_only(properties, "stream.map.output"),
            map_output: KeyValueSplit::new(
                separator("stream.map.output.field.separator"),
                key_fields("stream.num.map.output.key.fields", maps)?,
            ),
            reduce_feed: if is_key_only(properties, "stream.reduce.input") {
                PipeFeed::Key
            } else if is_key_only(properties, "stream.map.output") {
                PipeFeed::KeyAndNull
            } else {
                PipeFeed::KeyAndValue
            },
            reduce_input_separator: separator("stream.reduce.input.field.separator"),
            combined_are_keys: is_key_only(properties, "stream.reduce.output"),
            reduce_output: KeyValueSplit::new(
                separator("stream.reduce.output.field.separator"),
                key_fields("stream.num.reduce.output.key.fields", reduces)?,
            ),
            output_layout: step.output,
            part_separator: separator("mapreduce.output.textoutputformat.separator"),
            lazy_output: properties
                .get_raw("mapreduce.output.lazyoutputformat.outputformat")
                .is_some(),
            task_folder: properties
                .get("howdah.task.folder")
                .map(|folder| PathBuf::from(folder.into_owned())),
            clean_environment: properties.get_bool(CLEAN_ENVIRONMENT, false),
            task_environment: split_environment(&properties.get_or("stream.addenvironment", ""))
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            counter_limits: CounterLimits::read(|name, default| properties.get_i64(name, default))
                .map_err(|error| unsupported(&error.to_string()))?,
            reporter_prefix: match properties.get_or("stream.stderr.reporter.prefix", "") {
                prefix if prefix.is_empty() => reporter::PREFIX.to_vec(),
                prefix => prefix.into_owned().into_bytes(),
            },
            exit_code_matters: properties.get_bool("stream.non.zero.exit.is.failure", true),
            may_stop_after: Some(number("stream.minRecWrittenToEnableSkip_", i64::MAX)?)
                .filter(|&least| least < i64::MAX)
                .map(|least| u64::try_from(least).unwrap_or(0)),
            // Hadoop's local runner ends no task; so there is no time-out here unless a job asks for one.
            task_timeout: u64::try_from(number("mapreduce.task.timeout", 0)?)
                .ok()
                .filter(|&milliseconds| milliseconds > 0)
                .map(Duration::from_millis),
            partitioning: partitioning(step, properties)?,
            order: Arc::new(match step.reducer {
                None => KeyComparator::default(),
                Some(_) => order(properties)?,
            }),
            partitions: step.reducers,
            forms: (
                Serialized::of_class(&map_output_class(properties, "key")),
                Serialized::of_class(&map_output_class(properties, "value")),
            ),
            map_attempts: attempts("mapreduce.map.maxattempts")?,
            reduce_attempts: attempts("mapreduce.reduce.maxattempts")?,
            retry_delay: number(RETRY_DELAY, 0)
                .map(|delay| Duration::from_millis(u64::try_from(delay).unwrap_or(0)))?,
            map_failures_percent: percent("mapreduce.map.failures.maxpercent")?,
            reduce_failures_percent: percent("mapreduce.reduce.failures.maxpercent")?,
            most_segments: usize::try_from(number("mapreduce.task.io.sort.factor", 1000)?)
                .unwrap_or(2),
        })
    }

    /// Key and value of the record at hand, as far as they are written on a mapper's standard input. `number` is where
    /// an offset is written.
    pub(crate) fn fed<'r>(
        &self,
        input: &'r RecordReader<'_>,
        number: &'r mut Vec<u8>,
    ) -> (&'r [u8], &'r [u8]) {
        match (&self.input, self.map_feed) {
            (InputFields::OffsetAndLine, PipeFeed::Value) => (&[], input.record()),
            (fields, _) => fields.of(input, number),
        }
    }

    /// A record as a line of a mapper's standard input, given to `write` in pieces.
    pub(crate) fn map_line<E>(
        &self,
        key: &[u8],
        value: &[u8],
        write: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        line_of(self.map_feed, &self.map_input_separator, key, value, write)
    }

    /// A record as a line of a reducer's or combiner's standard input, given to `write` in pieces.
    pub(crate) fn reduce_line<E>(
        &self,
        key: &[u8],
        value: &[u8],
        write: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        line_of(self.reduce_feed, &self.reduce_input_separator, key, value, write)
    }

    pub(crate) fn attempts(&self, kind: TaskKind) -> u32 {
        if kind == TaskKind::Map { self.map_attempts } else { self.reduce_attempts }
    }

    /// How many of a hundred tasks may fail.
    pub(crate) fn failures_percent(&self, kind: TaskKind) -> u64 {
        if kind == TaskKind::Map { self.map_failures_percent } else { self.reduce_failures_percent }
    }
}

fn line_of<E>(
    feed: PipeFeed,
    separator: &[u8],
    key: &[u8],
    value: &[u8],
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    if feed != PipeFeed::Value {
        write(key)?;
    }
    if matches!(feed, PipeFeed::KeyAndValue | PipeFeed::KeyAndNull) {
        write(separator)?;
    }
    match feed {
        PipeFeed::Value | PipeFeed::KeyAndValue => write(value)?,
        PipeFeed::KeyAndNull => write(b"(null)")?,
        PipeFeed::Key => {}
    }
    write(b"\n")
}

fn is_key_only(properties: &Properties, pipe: &str) -> bool {
    properties.get_or(pipe, "").eq_ignore_ascii_case("keyonlytext")
}

/// Whether a command maps, and whether one combines or reduces.
fn commands_of(step: &Step) -> (bool, bool) {
    let maps = step.inputs.iter().any(|input| matches!(input.mapper, Part::Command(_)));
    let reduces = [&step.combiner, &step.reducer]
        .into_iter()
        .any(|part| matches!(part, Some(Part::Command(_))));
    (maps, reduces)
}

/// Refuses pipes to commands that are to carry something else than lines.
fn refuse_bytes(step: &Step, properties: &Properties) -> Result<(), RunError> {
    let (maps, reduces) = commands_of(step);
    for (pipe, has_command) in [
        ("stream.map.input", maps),
        ("stream.map.output", maps),
        ("stream.reduce.input", reduces),
        ("stream.reduce.output", reduces),
    ] {
        let id = properties.get_or(pipe, "").to_ascii_lowercase();
        if has_command && matches!(id.as_str(), "typedbytes" | "rawbytes") {
            return Err(unsupported(&format!(
                "`{pipe}` is `{id}`: so far commands read and write lines here"
            )));
        }
    }
    Ok(())
}

/// The format that Hadoop drops keys of, and the only one.
const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";

/// How a job's files are read.
fn reader(properties: &Properties, limits: InputLimits) -> Result<RecordReaderSettings, RunError> {
    const LIMIT: &str = "mapreduce.input.linerecordreader.line.maxlength";
    let number = |name: &str, default: i64| {
        properties.get_i64(name, default).map_err(|error| unsupported(&error.to_string()))
    };
    let class = properties.get_or("mapred.input.format.class", "");
    // `KeyValueTextInputFormat` and `NLineInputFormat` do not look at it.
    let heeds_delimiter =
        !matches!(simple_name(&class), "KeyValueTextInputFormat" | "NLineInputFormat");
    let terminator = match properties.get_or("textinputformat.record.delimiter", "") {
        delimiter if delimiter.is_empty() || !heeds_delimiter => Terminator::Line,
        delimiter => Terminator::Custom(delimiter.into_owned().into_bytes()),
    };
    let left_out_from = match properties.get_raw(LIMIT) {
        Some(text) if !text.is_empty() => Some(u64::try_from(number(LIMIT, 0)?).unwrap_or(0)),
        _ => None,
    };
    let most_record_bytes = match size(properties, names::MAX_RECORD, limits.max_record)? {
        0 => {
            return Err(unsupported(&format!(
                "`{}` is 0: no record is so short",
                names::MAX_RECORD
            )));
        }
        bytes => usize::try_from(bytes).unwrap_or(usize::MAX),
    };
    Ok(RecordReaderSettings {
        terminator,
        most_record_bytes,
        rejects_long: properties.get_bool(names::REJECT_UNDECODABLE, false),
        most_expansion: size(properties, names::MAX_EXPANSION, limits.max_expansion)?,
        left_out_from,
        refuses_sequence_files: simple_name(&class) == "AutoInputFormat",
        ..RecordReaderSettings::default()
    })
}

/// A property of ours that is a number, perhaps with K, M or G behind it as powers of 1024.
fn size(properties: &Properties, name: &str, default: u64) -> Result<u64, RunError> {
    let text = properties.get_or(name, "");
    if text.is_empty() {
        return Ok(default);
    }
    let (digits, shift) = match text.as_bytes()[text.len() - 1].to_ascii_uppercase() {
        b'K' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        _ => (&*text, 0),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    number.ok_or_else(|| unsupported(&format!("`{name}` is `{text}`: give a number, as 64M")))
}

fn input_fields(properties: &Properties) -> Result<InputFields, RunError> {
    let class = properties.get_or("mapred.input.format.class", "");
    Ok(match simple_name(&class) {
        "" => InputFields::Line,
        "TextInputFormat" | "NLineInputFormat" | "CombineTextInputFormat" | "AutoInputFormat" => {
            InputFields::OffsetAndLine
        }
        "KeyValueTextInputFormat" => {
            let name = "mapreduce.input.keyvaluelinerecordreader.key.value.separator";
            let separator = properties.get_or(name, "\t");
            // `KeyValueLineRecordReader` casts the first character to a byte.
            let unit = separator.encode_utf16().next().unwrap_or(u16::from(b'\t'));
            InputFields::KeyAndValue(KeyValueSplit::new(vec![unit.to_le_bytes()[0]], 1))
        }
        _ => {
            return Err(unsupported(&format!(
                "the input format `{class}` is not one that howdah has: use TextInputFormat, \
                 KeyValueTextInputFormat, NLineInputFormat, CombineTextInputFormat or AutoInputFormat"
            )));
        }
    })
}

/// What a mapper reads (`PipeMapper.configure`).
fn map_feed(properties: &Properties) -> PipeFeed {
    let class = properties.get_or("mapred.input.format.class", TEXT_INPUT);
    if is_key_only(properties, "stream.map.input") {
        PipeFeed::Key
    } else if properties.get_bool("stream.map.input.ignoreKey", class == TEXT_INPUT) {
        PipeFeed::Value
    } else {
        PipeFeed::KeyAndValue
    }
}

/// The class of the keys or values that map tasks emit; none if the job does not say. With an input format, keys are
/// those of a text file then, as with `JobConf`.
fn map_output_class(properties: &Properties, of: &str) -> String {
    let has_format = properties.get_raw("mapred.input.format.class").is_some();
    let default = if has_format && of == "key" { "org.apache.hadoop.io.LongWritable" } else { "" };
    let of_job =
        properties.get_or(&format!("mapreduce.job.output.{of}.class"), default).into_owned();
    properties.get_or(&format!("mapreduce.map.output.{of}.class"), &of_job).into_owned()
}

/// Whether map tasks emit numbers as keys.
fn keys_are_numbers(properties: &Properties) -> bool {
    let class = map_output_class(properties, "key");
    matches!(simple_name(&class), "LongWritable" | "IntWritable")
}

/// The last part of a Java class's name.
fn simple_name(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

fn partitioning(step: &Step, properties: &Properties) -> Result<Partitioning, RunError> {
    // Hadoop makes a partitioner where there are partitions.
    if step.reducer.is_none() || step.reducers == Some(1) {
        return Ok(Partitioning::By(Arc::default()));
    }
    let class = properties.get_or("mapreduce.job.partitioner.class", "HashPartitioner");
    let class = properties.get_or("mapred.partitioner.class", &class);
    let separator = properties.get_or("mapreduce.map.output.key.field.separator", "\t");
    let number = |name: &str, default| {
        properties.get_i64(name, default).map_err(|error| unsupported(&error.to_string()))
    };
    let partitioner = match simple_name(&class) {
        "HashPartitioner" if keys_are_numbers(properties) => Partitioner::Number,
        "HashPartitioner" => Partitioner::Hash,
        "KeyFieldBasedPartitioner" => {
            const FIRST_FIELDS: &str = "num.key.fields.for.partition";
            let options = properties.get_or("mapreduce.partition.keypartitioner.options", "");
            let by_fields = if properties.get_or(FIRST_FIELDS, "").is_empty() {
                KeyFieldPartitioner::from_options(&options, separator.as_bytes())
                    .map_err(|error| unsupported(&error.to_string()))?
            } else {
                // Where it is set the options do not count, not even if it is 0.
                KeyFieldPartitioner::first_fields(number(FIRST_FIELDS, 0)?, separator.as_bytes())
            };
            Partitioner::KeyFields(by_fields)
        }
        "BinaryPartitioner" => Partitioner::Binary {
            left: number("mapreduce.partition.binarypartitioner.left.offset", 0)?,
            right: number("mapreduce.partition.binarypartitioner.right.offset", -1)?,
        },
        "TotalOrderPartitioner" => {
            let order = TotalOrder::of(properties);
            return order
                .map(Partitioning::TotalOrder)
                .map_err(|error| unsupported(&error.to_string()));
        }
        _ => {
            return Err(unsupported(&format!(
                "the partitioner `{class}` is not one that howdah has: use HashPartitioner, \
                 KeyFieldBasedPartitioner, BinaryPartitioner or TotalOrderPartitioner"
            )));
        }
    };
    Ok(Partitioning::By(Arc::new(partitioner)))
}

fn order(properties: &Properties) -> Result<KeyComparator, RunError> {
    let class = properties.get_or("mapreduce.job.output.key.comparator.class", "Text$Comparator");
    match simple_name(&class) {
        "Text$Comparator" | "LongWritable$Comparator" | "IntWritable$Comparator"
            if keys_are_numbers(properties) =>
        {
            by_number("-n")
        }
        "LongWritable$DecreasingComparator" if keys_are_numbers(properties) => by_number("-nr"),
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

/// The order of numbers that are written in decimals.
fn by_number(options: &str) -> Result<KeyComparator, RunError> {
    let numbers = KeyFields::parse(options, b"\t");
    Ok(KeyComparator::KeyFields(numbers.map_err(|error| unsupported(&error.to_string()))?))
}

fn unsupported(sentence: &str) -> RunError {
    RunErrorKind::Unsupported(sentence.to_owned()).into()
}
