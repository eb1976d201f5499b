//! The forms of records: input formats, output formats, and what stands in the pipes of commands.

use howdah_streaming::options::StreamingOptions;
use howdah_streaming::properties::Properties;

use super::refusal::Refusal;
use super::types::{Types, Writable};

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const KEY_VALUE_INPUT: &str = "org.apache.hadoop.mapred.KeyValueTextInputFormat";
const LINES_INPUT: &str = "org.apache.hadoop.mapred.lib.NLineInputFormat";
pub(super) const TEXT_OUTPUT: &str = "org.apache.hadoop.mapred.TextOutputFormat";

/// How an input becomes records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InputFormat {
    Text,
    KeyValue,
    Lines,
}

impl InputFormat {
    /// What `-inputformat` asks for.
    pub(super) fn of(job: &StreamingOptions) -> Result<Self, Refusal> {
        let Some(name) = job.input_format.as_deref() else { return Ok(InputFormat::Text) };
        match name {
            "TextInputFormat" | TEXT_INPUT => Ok(InputFormat::Text),
            "KeyValueTextInputFormat" | KEY_VALUE_INPUT => Ok(InputFormat::KeyValue),
            LINES_INPUT => Ok(InputFormat::Lines),
            _ if is_known(name) => Err(Refusal::not_yet(&format!("the input format `{name}`"))),
            _ => Err(Refusal::usage(&format!("-inputformat : class not found : {name}"))),
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            InputFormat::Text => TEXT_INPUT,
            InputFormat::KeyValue => KEY_VALUE_INPUT,
            InputFormat::Lines => LINES_INPUT,
        }
    }

    /// The types of its records.
    pub(super) fn types(self) -> Types {
        match self {
            InputFormat::Text | InputFormat::Lines => (Writable::Long, Writable::Text),
            InputFormat::KeyValue => (Writable::Text, Writable::Text),
        }
    }
}

/// Whether Hadoop has a class of that name, or one of the short names, so that "not found" would be wrong.
pub(super) fn is_known(class: &str) -> bool {
    class.starts_with("org.apache.hadoop.")
        || matches!(
            class,
            "SequenceFileInputFormat"
                | "SequenceFileAsTextInputFormat"
                | "AutoInputFormat"
                | "StreamInputFormat"
                | "StreamXmlRecordReader"
                | "StreamBaseRecordReader"
        )
}

/// The form of records in a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pipe {
    Text,
    KeyOnly,
}

/// The forms of what commands write.
pub(super) struct Pipes {
    pub(super) map_output: Pipe,
    pub(super) reduce_output: Pipe,
}

impl Pipes {
    /// What `-io` and the properties ask for.
    pub(super) fn of(job: &StreamingOptions, properties: &mut Properties) -> Result<Self, Refusal> {
        const NAMES: [&str; 4] = [
            "stream.map.input",
            "stream.map.output",
            "stream.reduce.input",
            "stream.reduce.output",
        ];
        if let Some(io) = &job.io {
            properties.extend(NAMES.map(|name| (name, io.clone())));
        }
        let pipe = |name: &str| {
            let id = properties.get_or(name, "text").to_ascii_lowercase();
            match id.as_str() {
                "typedbytes" | "rawbytes" => Err(Refusal::not_yet(&format!("`{name}={id}`"))),
                "keyonlytext" => Ok(Pipe::KeyOnly),
                _ => Ok(Pipe::Text), // as Hadoop takes any other word
            }
        };
        NAMES.iter().try_for_each(|name| pipe(name).map(drop))?;
        let (map_output, reduce_output) = (pipe(NAMES[1])?, pipe(NAMES[3])?);
        Ok(Pipes { map_output, reduce_output })
    }
}
