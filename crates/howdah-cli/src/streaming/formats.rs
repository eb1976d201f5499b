//! The forms of records: input formats, output formats, and what stands in the pipes of commands.

use howdah_plan::exit;
use howdah_runner::Splits;
use howdah_streaming::class_names::ClassNames;
use howdah_streaming::options::StreamingOptions;
use howdah_streaming::pipe_form::PipeForm;
use howdah_streaming::properties::{Properties, PropertyError};
use howdah_streaming::splits::{CombineRule, SplitRule};
use howdah_streaming::writable::{RecordClasses, WritableClass};

use super::classes::names::{self, Kind};
use super::refusal::Refusal;

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const KEY_VALUE_INPUT: &str = "org.apache.hadoop.mapred.KeyValueTextInputFormat";
const SEQUENCE_INPUT: &str = "org.apache.hadoop.mapred.SequenceFileInputFormat";
const LINES_INPUT: &str = "org.apache.hadoop.mapred.lib.NLineInputFormat";
const COMBINED_INPUT: &str = "org.apache.hadoop.mapred.lib.CombineTextInputFormat";
const SEQUENCE_TEXT_INPUT: &str = "org.apache.hadoop.mapred.SequenceFileAsTextInputFormat";
const SEQUENCE_BINARY_INPUT: &str = "org.apache.hadoop.mapred.SequenceFileAsBinaryInputFormat";
const FILTERED_SEQUENCE_INPUT: &str = "org.apache.hadoop.mapred.SequenceFileInputFilter";
const COMBINED_SEQUENCE_INPUT: &str = "org.apache.hadoop.mapred.lib.CombineSequenceFileInputFormat";
const AUTO_INPUT: &str = "org.apache.hadoop.streaming.AutoInputFormat";
/// Bytes between the sync marks of a `SequenceFile`, and so the least of its splits: `SequenceFile.SYNC_INTERVAL`.
const SYNC_INTERVAL: u64 = 100 << 10;
const STREAM_INPUT: &str = "org.apache.hadoop.streaming.StreamInputFormat";
/// The block of a local file.
const LOCAL_BLOCK: i64 = 32 << 20;

/// What Hadoop's `StreamJob` ends with when it meets an `InvalidJobConfException`.
const INVALID_JOB: u8 = 3;

/// How an input becomes records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InputFormat {
    Text,
    KeyValue,
    /// So many lines a task.
    Lines,
    /// Many files a task.
    Combined,
    /// Many `SequenceFile`s a task.
    CombinedSequence,
    /// Text, unless a file begins as a `SequenceFile`.
    Auto,
    /// `SequenceFile`s: keys and values of their own types.
    Sequence,
    /// The same as text.
    SequenceAsText,
    /// The same as bytes.
    SequenceAsBinary,
    /// A sample of the records of `SequenceFile`s.
    FilteredSequence,
    /// What an `-inputreader` makes of it.
    Reader,
}

impl InputFormat {
    /// What `-inputformat` asks for.
    pub(super) fn of(job: &StreamingOptions) -> Result<Self, Refusal> {
        let has_reader = job.input_reader.is_some();
        let name = match job.input_format.as_deref() {
            None if has_reader => return Ok(InputFormat::Reader),
            None => return Ok(InputFormat::Text),
            Some(name) => name,
        };
        if has_reader && [KEY_VALUE_INPUT, SEQUENCE_INPUT].contains(&full_name(name)) {
            return Ok(InputFormat::Reader); // it gives way to the reader
        }
        let Some(known) = names::check(full_name(name), Kind::InputFormat)? else {
            return Err(names::not_found(
                "-inputformat : class not found : ",
                name,
                Kind::InputFormat,
            ));
        };
        match known.name {
            TEXT_INPUT => Ok(InputFormat::Text),
            KEY_VALUE_INPUT => Ok(InputFormat::KeyValue),
            LINES_INPUT => Ok(InputFormat::Lines),
            COMBINED_INPUT => Ok(InputFormat::Combined),
            COMBINED_SEQUENCE_INPUT => Ok(InputFormat::CombinedSequence),
            AUTO_INPUT => Ok(InputFormat::Auto),
            SEQUENCE_INPUT => Ok(InputFormat::Sequence),
            SEQUENCE_TEXT_INPUT => Ok(InputFormat::SequenceAsText),
            SEQUENCE_BINARY_INPUT => Ok(InputFormat::SequenceAsBinary),
            FILTERED_SEQUENCE_INPUT => Ok(InputFormat::FilteredSequence),
            STREAM_INPUT => Ok(InputFormat::Reader),
            _ => Err(names::unanswered("input format", known)),
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            InputFormat::Text => TEXT_INPUT,
            InputFormat::KeyValue => KEY_VALUE_INPUT,
            InputFormat::Lines => LINES_INPUT,
            InputFormat::Combined => COMBINED_INPUT,
            InputFormat::CombinedSequence => COMBINED_SEQUENCE_INPUT,
            InputFormat::Auto => AUTO_INPUT,
            InputFormat::Sequence => SEQUENCE_INPUT,
            InputFormat::SequenceAsText => SEQUENCE_TEXT_INPUT,
            InputFormat::SequenceAsBinary => SEQUENCE_BINARY_INPUT,
            InputFormat::FilteredSequence => FILTERED_SEQUENCE_INPUT,
            InputFormat::Reader => STREAM_INPUT,
        }
    }

    /// The types of its records; `None` where each file has its own.
    pub(super) fn classes(self) -> Option<RecordClasses> {
        match self {
            InputFormat::Text | InputFormat::Lines | InputFormat::Combined => {
                Some(RecordClasses { key: WritableClass::Long, value: WritableClass::Text })
            }
            InputFormat::KeyValue | InputFormat::SequenceAsText | InputFormat::Reader => {
                Some(RecordClasses::TEXT)
            }
            InputFormat::SequenceAsBinary => Some(RecordClasses::of(WritableClass::Bytes)),
            InputFormat::Auto
            | InputFormat::Sequence
            | InputFormat::CombinedSequence
            | InputFormat::FilteredSequence => None,
        }
    }

    /// The fewest bytes of a split, whatever the job says.
    fn least_split(self) -> u64 {
        match self {
            InputFormat::Sequence
            | InputFormat::SequenceAsText
            | InputFormat::SequenceAsBinary
            | InputFormat::FilteredSequence => SYNC_INTERVAL,
            _ => 1,
        }
    }

    /// How it cuts its files; `maps` is how many tasks are asked for here.
    pub(super) fn splits(
        self,
        maps: Option<u64>,
        properties: &Properties,
    ) -> Result<Splits, Refusal> {
        let number = |name: &str, default: i64| {
            let number = properties.get_i64(name, default).map_err(|error| not_a_number(&error))?;
            Ok::<_, Refusal>(u64::try_from(number).unwrap_or(0))
        };
        let least = "mapreduce.input.fileinputformat.split.minsize";
        match self {
            // Hadoop counts until it has so many lines, and so never stops for 0.
            InputFormat::Lines => match number("mapreduce.input.lineinputformat.linespermap", 1)? {
                0 => Ok(Splits::Lines(u64::MAX)),
                lines => Ok(Splits::Lines(lines)),
            },
            InputFormat::Combined | InputFormat::CombinedSequence => combined(
                number("mapreduce.input.fileinputformat.split.maxsize", 0)?,
                number(&format!("{least}.per.node"), 0)?,
                number(&format!("{least}.per.rack"), 0)?,
            ),
            _ => Ok(Splits::Rule(SplitRule {
                maps: maps.map_or_else(|| number("howdah.maps", 1), Ok)?,
                block: number("fs.local.block.size", LOCAL_BLOCK)?.max(1),
                minimum: number(least, 1)?.max(self.least_split()),
            })),
        }
    }
}

/// What parts are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputFormat {
    Text,
    /// As [`Text`](Self::Text), but each part is made with its first record.
    MultipleText,
    Sequence,
    MultipleSequence,
    /// `SequenceFile`s of what the job gives as bytes.
    Binary,
    /// Folders with a `SequenceFile` and its index.
    MapFile,
}

impl OutputFormat {
    const ALL: [Self; 6] = [
        Self::Text,
        Self::MultipleText,
        Self::Sequence,
        Self::MultipleSequence,
        Self::Binary,
        Self::MapFile,
    ];

    /// What `-outputformat` asks for.
    pub(super) fn of(job: &StreamingOptions) -> Result<Self, Refusal> {
        let Some(name) = job.output_format.as_deref() else { return Ok(OutputFormat::Text) };
        let Some(known) = names::check(name, Kind::OutputFormat)? else {
            return Err(names::not_found(
                "-outputformat : class not found : ",
                name,
                Kind::OutputFormat,
            ));
        };
        Self::ALL
            .into_iter()
            .find(|format| format.class() == known.name)
            .ok_or_else(|| names::unanswered("output format", known))
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            OutputFormat::Text => "org.apache.hadoop.mapred.TextOutputFormat",
            OutputFormat::MultipleText => "org.apache.hadoop.mapred.lib.MultipleTextOutputFormat",
            OutputFormat::Sequence => "org.apache.hadoop.mapred.SequenceFileOutputFormat",
            OutputFormat::MultipleSequence => {
                "org.apache.hadoop.mapred.lib.MultipleSequenceFileOutputFormat"
            }
            OutputFormat::Binary => "org.apache.hadoop.mapred.SequenceFileAsBinaryOutputFormat",
            OutputFormat::MapFile => "org.apache.hadoop.mapred.MapFileOutputFormat",
        }
    }

    /// Whether parts are `SequenceFile`s.
    pub(super) fn is_sequence(self) -> bool {
        !matches!(self, OutputFormat::Text | OutputFormat::MultipleText)
    }

    /// Whether Java code could give parts other names.
    pub(super) fn is_multiple(self) -> bool {
        matches!(self, OutputFormat::MultipleText | OutputFormat::MultipleSequence)
    }

    /// Fails as Hadoop's tasks would that make a file of a class which cannot be that of its keys or values. Which of other
    /// classes are there is known to Java alone; with `-libjars` it may be any.
    pub(super) fn check_classes(
        self,
        job: &StreamingOptions,
        properties: &Properties,
    ) -> Result<(), Refusal> {
        if self == OutputFormat::MapFile {
            let key = ClassNames::of_output(properties).key;
            if names::has_no_order(&key) {
                let cast = format!("java.lang.ClassCastException: class {key}");
                let hint = "a MapFile needs keys that have an order";
                return Err(Refusal::in_task(&cast).with_hint(hint));
            }
        }
        if self != OutputFormat::Binary {
            return Ok(());
        }
        let ClassNames { key, value } = ClassNames::of_binary_output(properties);
        for (what, class) in [("key", key), ("value", value)] {
            if what == "key" && names::has_no_order(&class) {
                return Err(Refusal::in_task(&format!(
                    "java.lang.RuntimeException: class {class} not org.apache.hadoop.io.WritableComparable"
                )));
            }
            let is_known = WritableClass::of_name(&class).is_some() || names::has_no_order(&class);
            if is_known || !job.jars.is_empty() {
                continue;
            }
            let refusal = if class.starts_with("org.apache.hadoop.") {
                let line =
                    format!("error: howdah does not know the class `{class}` of the {what}s");
                Refusal::failed(exit::JOB_FAILED, [line])
            } else {
                Refusal::in_task(&format!(
                    "java.lang.RuntimeException: java.lang.ClassNotFoundException: Class {class} not found"
                ))
            };
            let hint = "with -libjars it may be any class: only its name is written";
            return Err(refusal.with_hint(hint));
        }
        Ok(())
    }

    /// Fails as Hadoop does before it has looked at any input (`OutputFormat.checkOutputSpecs`).
    pub(super) fn check_compression(self, properties: &Properties) -> Result<(), Refusal> {
        let compresses = properties.get_bool("mapreduce.output.fileoutputformat.compress", false);
        let kind = properties.get_or("mapreduce.output.fileoutputformat.compress.type", "RECORD");
        if self != OutputFormat::Binary || !compresses || kind != "RECORD" {
            return Ok(());
        }
        let line = "ERROR streaming.StreamJob: Error launching job , Invalid job conf : \
                    SequenceFileAsBinaryOutputFormat doesn't support Record Compression";
        Err(Refusal::failed(INVALID_JOB, [line.to_owned()]).with_hint(
            "records are compressed in blocks: -D mapreduce.output.fileoutputformat.compress.type=BLOCK",
        ))
    }

    /// Sets the properties by which tasks know the format.
    pub(super) fn set_class(self, is_lazy: bool, properties: &mut Properties) {
        const OF_LAZY: &str = "mapreduce.output.lazyoutputformat.outputformat";
        const LAZY: &str = "org.apache.hadoop.mapred.lib.LazyOutputFormat";
        let mut class = self.class();
        if is_lazy {
            properties.set(OF_LAZY, class);
            class = LAZY;
        }
        properties.set("mapred.output.format.class", class);
    }
}

/// The class that a short name of `StreamJob` stands for.
fn full_name(name: &str) -> &str {
    match name {
        "TextInputFormat" => TEXT_INPUT,
        "KeyValueTextInputFormat" => KEY_VALUE_INPUT,
        "SequenceFileInputFormat" => SEQUENCE_INPUT,
        "SequenceFileAsTextInputFormat" => SEQUENCE_TEXT_INPUT,
        other => other,
    }
}

/// Splits of many files, if the sizes asked for go together (`CombineFileInputFormat.getSplits`).
fn combined(largest: u64, node: u64, rack: u64) -> Result<Splits, Refusal> {
    let refused = |what: &str| Err(Refusal::launching(&format!("Minimum split size {what}")));
    if largest > 0 && node > largest {
        return refused(&format!(
            "pernode {node} cannot be larger than maximum split size {largest}"
        ));
    }
    if largest > 0 && rack > largest {
        return refused(&format!(
            "per rack {rack} cannot be larger than maximum split size {largest}"
        ));
    }
    if rack > 0 && node > rack {
        return refused(&format!(
            "per node {node} cannot be larger than minimum split size per rack {rack}"
        ));
    }
    Ok(Splits::Combined(CombineRule { largest, least_on_node: node }))
}

/// Fails as Hadoop's tasks would if the longest line is not a Java `int`.
pub(super) fn check_longest_line(properties: &Properties) -> Result<(), Refusal> {
    let name = "mapreduce.input.linerecordreader.line.maxlength";
    let limit = properties.get_i64(name, 0).ok().and_then(|limit| i32::try_from(limit).ok());
    if limit.is_some() {
        return Ok(());
    }
    Err(Refusal::in_task(&format!(
        "java.lang.NumberFormatException: For input string: \"{}\" (`{name}`)",
        properties.get_or(name, "")
    )))
}

fn not_a_number(error: &PropertyError) -> Refusal {
    Refusal::failed(exit::JOB_FAILED, [format!("error: {error}")])
}

/// The forms of what commands read and write.
pub(super) struct Pipes {
    pub(super) map_input: PipeForm,
    pub(super) map_output: PipeForm,
    pub(super) reduce_input: PipeForm,
    pub(super) reduce_output: PipeForm,
}

impl Pipes {
    /// What `-io` and the properties ask for.
    pub(super) fn of(job: &StreamingOptions, properties: &mut Properties) -> Self {
        const NAMES: [&str; 4] = [
            "stream.map.input",
            "stream.map.output",
            "stream.reduce.input",
            "stream.reduce.output",
        ];
        if let Some(io) = &job.io {
            properties.extend(NAMES.map(|name| (name, io.clone())));
        }
        let pipe = |name: &str| PipeForm::of_id(&properties.get_or(name, ""));
        let [map_input, map_output, reduce_input, reduce_output] = NAMES.map(pipe);
        Pipes { map_input, map_output, reduce_input, reduce_output }
    }

    /// Sets the properties by which tasks know what writes and reads the pipes.
    pub(super) fn set_classes(&self, properties: &mut Properties) {
        for (name, pipe, class) in [
            ("stream.map.input.writer.class", self.map_input, "InputWriter"),
            ("stream.map.output.reader.class", self.map_output, "OutputReader"),
            ("stream.reduce.input.writer.class", self.reduce_input, "InputWriter"),
            ("stream.reduce.output.reader.class", self.reduce_output, "OutputReader"),
        ] {
            let form = pipe.prefix();
            properties.set(name, format!("org.apache.hadoop.streaming.io.{form}{class}"));
        }
    }
}
