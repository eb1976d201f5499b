//! A step's properties as what they mean: separators, partitioner, order of keys.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use howdah_codec::Codec;
use howdah_plan::names::{self, CLEAN_ENVIRONMENT, RETRY_DELAY};
use howdah_plan::{CounterLimits, Part, RecordLayout, Step, TaskKind};
use howdah_sequence_file::Compression;
use howdah_streaming::class_names::ClassNames;
use howdah_streaming::command::split_environment;
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::key_fields::KeyFields;
use howdah_streaming::key_value::KeyValueSplit;
use howdah_streaming::lines::Terminator;
use howdah_streaming::partitioner::{KeyFieldPartitioner, Partitioner};
use howdah_streaming::pipe_form::PipeForm;
use howdah_streaming::properties::Properties;
use howdah_streaming::reporter;
use howdah_streaming::writable::{RecordClasses, WritableClass};

use crate::error::{RunError, RunErrorKind};
use crate::input::{KeyFilterSettings, RecordFormat, RecordReaderSettings, XmlSettings};
use crate::options::InputLimits;
use crate::output::{MapIndex, PartFormat, SequenceFormat};
use crate::task::pipe::{Cut, Feed};
use crate::total_order::TotalOrder;

/// What a step's properties mean, read once.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    pub(crate) reader: RecordReaderSettings,
    /// What a mapper's records are made of.
    pub(crate) input: InputFields,
    /// How records are written on a mapper's standard input.
    pub(crate) map_feed: Feed,
    /// How a mapper's output becomes records.
    pub(crate) map_cut: Cut,
    /// How a line is cut that nobody maps.
    pub(crate) map_output: KeyValueSplit,
    /// How records are written on a reducer's or combiner's standard input.
    pub(crate) reduce_feed: Feed,
    /// How a reducer's or combiner's output becomes records.
    pub(crate) reduce_cut: Cut,
    /// The types of the keys and values that map tasks emit.
    pub(crate) shuffled: RecordClasses,
    /// The same as Java names them: a job may declare a class that only Java has.
    pub(crate) declared: ClassNames,
    /// Whether the step's output lines are not cut at all.
    pub(crate) output_layout: RecordLayout,
    /// What a part file is written as.
    pub(crate) part_format: PartFormat,
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
    /// `AutoInputFormat` for text. Records that are no lines have keys of their own.
    OffsetAndLine,
    /// What stands before and behind the first separator: `KeyValueTextInputFormat`, and `StreamInputFormat` without a
    /// reader.
    KeyAndValue(KeyValueSplit),
}

impl InputFields {
    /// The types of key and value.
    pub(crate) fn classes(&self) -> RecordClasses {
        match self {
            InputFields::Line | InputFields::KeyAndValue(_) => RecordClasses::TEXT,
            InputFields::OffsetAndLine => {
                RecordClasses { key: WritableClass::Long, value: WritableClass::Text }
            }
        }
    }

    /// Key and value of a line that begins at an offset. What is made for it is written to `made`.
    #[inline]
    pub(crate) fn of<'r>(
        &self,
        line: &'r [u8],
        offset: u64,
        made: &'r mut Vec<u8>,
    ) -> (&'r [u8], &'r [u8]) {
        match self {
            InputFields::Line => (&[], line),
            InputFields::OffsetAndLine => {
                made.clear();
                made.extend_from_slice(&offset.to_be_bytes());
                (made, line)
            }
            InputFields::KeyAndValue(split) => split.split(line),
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

impl Contract {
    /// Reads the properties of a step.
    pub(crate) fn of(
        step: &Step,
        properties: &Properties,
        limits: InputLimits,
    ) -> Result<Self, RunError> {
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
        let map_output = KeyValueSplit::new(
            separator("stream.map.output.field.separator"),
            key_fields("stream.num.map.output.key.fields", maps)?,
        );
        let reduce_output = KeyValueSplit::new(
            separator("stream.reduce.output.field.separator"),
            key_fields("stream.num.reduce.output.key.fields", reduces)?,
        );
        let shuffled = shuffled(properties);
        if properties.get_raw(INPUT_FORMAT).is_none() {
            refuse_bytes(step, properties)?;
        }
        Ok(Contract {
            reader: reader(properties, limits)?,
            input: input_fields(properties)?,
            map_feed: Feed {
                form: pipe_form(properties, "stream.map.input"),
                leaves_out_key: leaves_out_key(properties),
                separator: separator("stream.map.input.field.separator"),
            },
            map_cut: Cut::of(pipe_form(properties, "stream.map.output"), &map_output),
            map_output,
            reduce_feed: Feed {
                form: pipe_form(properties, "stream.reduce.input"),
                leaves_out_key: false,
                separator: separator("stream.reduce.input.field.separator"),
            },
            reduce_cut: Cut::of(pipe_form(properties, "stream.reduce.output"), &reduce_output),
            shuffled,
            declared: ClassNames::of_map_output(properties),
            output_layout: step.output,
            part_format: part_format(properties)?,
            part_separator: separator("mapreduce.output.textoutputformat.separator"),
            lazy_output: makes_parts_late(properties),
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
            partitioning: partitioning(step, properties, shuffled.key)?,
            order: Arc::new(match step.reducer {
                None => KeyComparator::default(),
                Some(_) => order(properties, shuffled.key)?,
            }),
            partitions: step.reducers,
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

    pub(crate) fn attempts(&self, kind: TaskKind) -> u32 {
        if kind == TaskKind::Map { self.map_attempts } else { self.reduce_attempts }
    }

    /// How many of a hundred tasks may fail.
    pub(crate) fn failures_percent(&self, kind: TaskKind) -> u64 {
        if kind == TaskKind::Map { self.map_failures_percent } else { self.reduce_failures_percent }
    }
}

/// Whether a command maps, and whether one combines or reduces.
fn commands_of(step: &Step) -> (bool, bool) {
    let maps = step.inputs.iter().any(|input| matches!(input.mapper, Part::Command(_)));
    let reduces = [&step.combiner, &step.reducer]
        .into_iter()
        .any(|part| matches!(part, Some(Part::Command(_))));
    (maps, reduces)
}

/// The form that a property such as `stream.map.input` names.
fn pipe_form(properties: &Properties, pipe: &str) -> PipeForm {
    PipeForm::of_id(&properties.get_or(pipe, ""))
}

/// Refuses pipes to commands that are to carry something else than lines, where linked code is at the other end, which
/// writes lines.
fn refuse_bytes(step: &Step, properties: &Properties) -> Result<(), RunError> {
    let (maps, reduces) = commands_of(step);
    for (pipe, has_command) in [
        ("stream.map.input", maps),
        ("stream.map.output", maps),
        ("stream.reduce.input", reduces),
        ("stream.reduce.output", reduces),
    ] {
        let form = pipe_form(properties, pipe);
        if has_command && matches!(form, PipeForm::RawBytes | PipeForm::TypedBytes) {
            return Err(unsupported(&format!(
                "`{pipe}` is `{}`: the commands of a job read and write lines; `howdah streaming` knows other forms",
                properties.get_or(pipe, "")
            )));
        }
    }
    Ok(())
}

/// The property that names the input format.
pub(crate) const INPUT_FORMAT: &str = "mapred.input.format.class";
/// The format that Hadoop drops keys of, and the only one.
const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";

/// How a job's files are read.
pub(crate) fn reader(
    properties: &Properties,
    limits: InputLimits,
) -> Result<RecordReaderSettings, RunError> {
    const LIMIT: &str = "mapreduce.input.linerecordreader.line.maxlength";
    let number = |name: &str, default: i64| {
        properties.get_i64(name, default).map_err(|error| unsupported(&error.to_string()))
    };
    let class = properties.get_or(INPUT_FORMAT, "");
    // `KeyValueTextInputFormat` and `NLineInputFormat` do not look at it.
    let heeds_delimiter = !matches!(
        simple_name(&class),
        "KeyValueTextInputFormat" | "NLineInputFormat" | "StreamInputFormat"
    );
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
        format: RecordFormat::of_class(&class),
        key_filter: (simple_name(&class) == "SequenceFileInputFilter")
            .then(|| KeyFilterSettings::of(properties)),
        xml: xml(properties),
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
    let class = properties.get_or(INPUT_FORMAT, "");
    Ok(match simple_name(&class) {
        "" => InputFields::Line,
        "TextInputFormat"
        | "NLineInputFormat"
        | "CombineTextInputFormat"
        | "AutoInputFormat"
        | "SequenceFileInputFormat"
        | "SequenceFileInputFilter"
        | "CombineSequenceFileInputFormat"
        | "SequenceFileAsTextInputFormat"
        | "SequenceFileAsBinaryInputFormat" => InputFields::OffsetAndLine,
        "KeyValueTextInputFormat" | "StreamInputFormat" => {
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

/// What tells records, where they are not those of a format of its own (`StreamInputFormat`).
fn xml(properties: &Properties) -> Option<XmlSettings> {
    let class = properties.get_or(INPUT_FORMAT, "");
    if simple_name(&class) == "StreamInputFormat" { XmlSettings::of(properties) } else { None }
}

/// Whether a mapper's lines are without their keys (`PipeMapper.configure`).
fn leaves_out_key(properties: &Properties) -> bool {
    let class = properties.get_or(INPUT_FORMAT, TEXT_INPUT);
    properties.get_bool("stream.map.input.ignoreKey", class == TEXT_INPUT)
}

/// The types of the records that map tasks emit: without an input format text, whatever is set, since that is what linked
/// code emits. A class that only Java knows is none that a task here could emit.
fn shuffled(properties: &Properties) -> RecordClasses {
    if properties.get_raw(INPUT_FORMAT).is_none() {
        return RecordClasses::TEXT;
    }
    let ClassNames { key, value } = ClassNames::of_map_output(properties);
    let class = |name: &str| WritableClass::of_name(name).unwrap_or_default();
    RecordClasses { key: class(&key), value: class(&value) }
}

/// The property that names the format of a part that is made with its first record.
const LAZY_FORMAT: &str = "mapreduce.output.lazyoutputformat.outputformat";

/// The property that names the output format.
const OUTPUT_FORMAT: &str = "mapred.output.format.class";

/// The output format that a streaming job names; linked code writes lines.
fn output_format(properties: &Properties) -> Cow<'_, str> {
    if properties.get_raw(INPUT_FORMAT).is_none() {
        return Cow::Borrowed("");
    }
    let of_lazy = properties.get(LAZY_FORMAT);
    of_lazy.unwrap_or_else(|| properties.get_or(OUTPUT_FORMAT, ""))
}

/// Whether a part is made with its first record alone: by `LazyOutputFormat`, and by those of `MultipleOutputFormat`.
fn makes_parts_late(properties: &Properties) -> bool {
    properties.get_raw(LAZY_FORMAT).is_some()
        || simple_name(&output_format(properties)).starts_with("Multiple")
}

/// What a step's parts are written as (`SequenceFileOutputFormat.getRecordWriter` and its like).
fn part_format(properties: &Properties) -> Result<PartFormat, RunError> {
    let declared = ClassNames::of_output(properties);
    Ok(match simple_name(&output_format(properties)) {
        "SequenceFileOutputFormat" | "MultipleSequenceFileOutputFormat" => {
            PartFormat::Sequence(sequence_format(properties, declared)?)
        }
        "SequenceFileAsBinaryOutputFormat" => {
            let classes = ClassNames::of_binary_output(properties);
            PartFormat::Binary(sequence_format(properties, classes)?)
        }
        "MapFileOutputFormat" => {
            let index = map_index(properties)?;
            PartFormat::MapFile(sequence_format(properties, declared)?, index)
        }
        _ => PartFormat::Lines,
    })
}

/// Which keys the index of a `MapFile` has.
fn map_index(properties: &Properties) -> Result<MapIndex, RunError> {
    let name = "io.map.index.interval";
    let number = properties.get_i64(name, 128).map_err(|error| unsupported(&error.to_string()))?;
    let interval = i32::try_from(number).map_err(|_| {
        unsupported(&format!(
            "java.lang.NumberFormatException: For input string: \"{number}\" (`{name}`)"
        ))
    })?;
    Ok(MapIndex { interval: interval.into() })
}

/// How a `SequenceFile` of these classes is written.
fn sequence_format(
    properties: &Properties,
    classes: ClassNames,
) -> Result<SequenceFormat, RunError> {
    let is_compressed = properties.get_bool("mapreduce.output.fileoutputformat.compress", false);
    let compression = if is_compressed {
        let name = "mapreduce.output.fileoutputformat.compress.codec";
        let codec = properties.get_or(name, Codec::Deflate.hadoop_class());
        let codec = Codec::from_name(&codec)
            .ok_or_else(|| unsupported(&format!("`{name}` is `{codec}`, which is no codec")))?;
        compression(properties, "mapreduce.output.fileoutputformat.compress.type", codec)?
    } else {
        Compression::None
    };
    Ok(SequenceFormat { classes, compression, block_bytes: block_bytes(properties)? })
}

/// How a `SequenceFile` is compressed, by a property that is `NONE`, `RECORD` or `BLOCK`.
pub(crate) fn compression(
    properties: &Properties,
    name: &str,
    codec: Codec,
) -> Result<Compression, RunError> {
    match &*properties.get_or(name, "RECORD") {
        "NONE" => Ok(Compression::None),
        "RECORD" => Ok(Compression::Record(codec)),
        "BLOCK" => Ok(Compression::Block(codec)),
        other => Err(unsupported(&format!("`{name}` is `{other}`: use NONE, RECORD or BLOCK"))),
    }
}

/// How many bytes a block of a `SequenceFile` has (`SequenceFile.BlockCompressWriter`).
pub(crate) fn block_bytes(properties: &Properties) -> Result<usize, RunError> {
    let bytes = properties.get_i64("io.seqfile.compress.blocksize", 1_000_000);
    let bytes = bytes.map_err(|error| unsupported(&error.to_string()))?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

/// The last part of a Java class's name.
fn simple_name(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

fn partitioning(
    step: &Step,
    properties: &Properties,
    key: WritableClass,
) -> Result<Partitioning, RunError> {
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
        "HashPartitioner" => Partitioner::hash_of(key),
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
            Partitioner::key_fields(key, by_fields)
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

fn order(properties: &Properties, key: WritableClass) -> Result<KeyComparator, RunError> {
    let class = properties.get_or("mapreduce.job.output.key.comparator.class", "");
    match simple_name(&class) {
        "KeyFieldBasedComparator" => {
            let options = properties.get_or("mapreduce.partition.keycomparator.options", "");
            let separator = properties.get_or("mapreduce.map.output.key.field.separator", "\t");
            let fields = KeyFields::parse(&options, separator.as_bytes())
                .map_err(|error| unsupported(&error.to_string()))?;
            Ok(KeyComparator::key_fields(key, fields))
        }
        "" => Ok(KeyComparator::of_class(key)),
        _ => KeyComparator::of_name(&class, key).ok_or_else(|| {
            unsupported(&format!(
                "the comparator `{class}` is not one that howdah has for keys of {key}: use KeyFieldBasedComparator, \
                 or none for the keys' own order"
            ))
        }),
    }
}

fn unsupported(sentence: &str) -> RunError {
    RunErrorKind::Unsupported(sentence.to_owned()).into()
}
