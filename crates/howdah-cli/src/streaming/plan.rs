//! Options become a plan, and what the engine is asked to do.
//!
//! Mirrors `StreamJob.setJobConf`: what it checks, in its order, and the properties that it sets.

use std::path::{Path, PathBuf};

use howdah_codec::Codec;
use howdah_plan::{CommandLine, Part, Plan, RawReducer, RecordLayout, Step};
use howdah_runner::{Output, RunOptions, Splits};
use howdah_streaming::command::tokenise;
use howdah_streaming::options::StreamingOptions;
use howdah_streaming::properties::Properties;
use howdah_streaming::splits::SplitRule;

use super::classes::{MapperClass, ReducerClass, looks_like_a_class};
use super::configuration;
use super::log::{JobLog, Level};
use super::own::OwnOptions;
use super::refusal::Refusal;
use super::ship::{Shipment, TaskFolder, local_path};
use super::types::{Types, Writable, mismatch};

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const KEY_VALUE_INPUT: &str = "org.apache.hadoop.mapred.KeyValueTextInputFormat";
const LINES_INPUT: &str = "org.apache.hadoop.mapred.lib.NLineInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.mapred.TextOutputFormat";
/// The block of a local file.
const LOCAL_BLOCK: i64 = 32 << 20;

/// A job that is ready to run.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) options: RunOptions,
    /// The output as Hadoop names it.
    pub(super) output_uri: String,
    /// Holds the tasks' folder for as long as the job runs.
    _folder: Option<TaskFolder>,
}

/// Makes a plan of a command line.
pub(super) fn prepare(
    job: &StreamingOptions,
    own: &OwnOptions,
    log: &JobLog,
) -> Result<Prepared, Refusal> {
    let mut shipment = Shipment::of_files(job)?;
    shipment.add_packaged(job)?;
    let mut properties = properties_of(job)?;
    let refused = check_unsupported(job, &mut properties, log);
    let format = input_format(job)?;
    refused?;
    properties.set("mapred.input.format.class", format.class());
    let pipes = Pipes::of(job, &mut properties)?;
    properties.set("stream.addenvironment", job.task_environment());

    let reducers = reducers(job, &mut properties)?;
    let mapper = Mapper::of(job, &shipment, &mut properties)?;
    let combiner = Reducer::of(job.combiner.as_deref(), &shipment)?;
    let reducer = Reducer::of(job.reducer.as_deref().filter(|_| reducers > 0), &shipment)?;
    set_streamprocessors(&mapper, &combiner, &reducer, &mut properties);
    set_types(&mapper, &reducer, reducers, &pipes, &mut properties);
    check_reader_and_classes(job, &mut properties)?;
    check_types(&mapper, &reducer, reducers, &format, &properties)?;
    check_characters(&properties)?;

    let mut step = Step::map_only(mapper.part());
    if reducers > 0 {
        step.combiner = combiner.as_ref().map(Reducer::part);
        step.reducer = Some(reducer.as_ref().map_or(Part::Identity, Reducer::part));
        step.reducers = Some(reducers);
    }
    let last_pipe = if reducers > 0 { pipes.reduce_output } else { pipes.map_output };
    if last_pipe == Pipe::KeyOnly {
        step.output = RecordLayout::Line;
    }
    let temporary = own.temporary.clone().unwrap_or_else(std::env::temp_dir);
    let folder = shipment.unpack(&temporary, log)?;
    if let Some(folder) = &folder {
        properties.set("howdah.task.folder", folder.path().display().to_string());
    }
    if let Some(files) = shipment.local_files() {
        properties.set("mapreduce.job.cache.local.files", files);
    }
    let output = local_path(&job.output)?;
    let output_uri = format!("file:{}", absolute(&output).display());
    properties.set("mapreduce.output.fileoutputformat.outputdir", output_uri.clone());
    let options = run_options(job, own, properties, &format, output)?;
    let plan = Plan::new("hadoop-streaming-3.4.2.jar", vec![step]);
    Ok(Prepared { plan, options, output_uri, _folder: folder })
}

/// A path made absolute, without a look at the disk.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The properties of `-conf` files, and of `-D` and its kin above them.
fn properties_of(job: &StreamingOptions) -> Result<Properties, Refusal> {
    let mut properties = Properties::new();
    for file in &job.conf_files {
        let read = configuration::read(&local_path(file)?)
            .map_err(|error| Refusal::new([format!("error: {error}")]))?;
        properties.extend(read);
    }
    properties.extend(job.properties.iter().map(|(name, value)| (name, value.clone())));
    Ok(properties)
}

/// What howdah does not have: said, never ignored.
fn check_unsupported(
    job: &StreamingOptions,
    properties: &mut Properties,
    log: &JobLog,
) -> Result<(), Refusal> {
    if job.background {
        log.say(Level::Warn, "howdah", "-background has no effect: the job is run to its end");
    }
    if !job.jars.is_empty() {
        log.say(Level::Warn, "howdah", "-libjars has no effect: no Java runs here");
    }
    if job.lazy_output {
        properties.set("mapreduce.output.lazyoutputformat.outputformat", TEXT_OUTPUT);
    }
    if properties.get_raw("stream.io.identifier.resolver.class").is_some() {
        return Err(Refusal::not_yet("`stream.io.identifier.resolver.class`"));
    }
    if properties.get_raw("mapreduce.job.output.group.comparator.class").is_some() {
        return Err(Refusal::not_yet("`mapreduce.job.output.group.comparator.class`"));
    }
    if job.reducer.as_deref().is_some_and(|reducer| reducer.eq_ignore_ascii_case("aggregate")) {
        return Err(Refusal::not_yet("`-reducer aggregate`"));
    }
    Ok(())
}

/// How an input becomes records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputFormat {
    Text,
    KeyValue,
    Lines,
}

impl InputFormat {
    fn class(self) -> &'static str {
        match self {
            InputFormat::Text => TEXT_INPUT,
            InputFormat::KeyValue => KEY_VALUE_INPUT,
            InputFormat::Lines => LINES_INPUT,
        }
    }

    /// The types of its records.
    fn types(self) -> Types {
        match self {
            InputFormat::Text | InputFormat::Lines => (Writable::Long, Writable::Text),
            InputFormat::KeyValue => (Writable::Text, Writable::Text),
        }
    }
}

fn input_format(job: &StreamingOptions) -> Result<InputFormat, Refusal> {
    let Some(name) = job.input_format.as_deref() else { return Ok(InputFormat::Text) };
    match name {
        "TextInputFormat" | TEXT_INPUT => Ok(InputFormat::Text),
        "KeyValueTextInputFormat" | KEY_VALUE_INPUT => Ok(InputFormat::KeyValue),
        LINES_INPUT => Ok(InputFormat::Lines),
        _ if is_known(name) => Err(Refusal::not_yet(&format!("the input format `{name}`"))),
        _ => Err(Refusal::usage(&format!("-inputformat : class not found : {name}"))),
    }
}

/// Whether Hadoop has a class of that name, or one of the short names, so that "not found" would be wrong.
fn is_known(class: &str) -> bool {
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
enum Pipe {
    Text,
    KeyOnly,
}

/// The forms of records in the pipes that are not text by necessity.
struct Pipes {
    map_output: Pipe,
    reduce_output: Pipe,
}

impl Pipes {
    fn of(job: &StreamingOptions, properties: &mut Properties) -> Result<Self, Refusal> {
        const NAMES: [&str; 4] =
            ["stream.map.input", "stream.map.output", "stream.reduce.input", "stream.reduce.output"];
        if let Some(io) = &job.io {
            NAMES.iter().for_each(|name| properties.set(name, io.clone()));
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
        Ok(Pipes {
            map_output: pipe("stream.map.output")?,
            reduce_output: pipe("stream.reduce.output")?,
        })
    }
}

/// The number of reduce tasks, which is also set as a property.
fn reducers(job: &StreamingOptions, properties: &mut Properties) -> Result<u32, Refusal> {
    if let Some(count) = job.reduce_task_count()? {
        properties.set("mapreduce.job.reduces", count.to_string());
    }
    if job.reducer.as_deref() == Some("NONE") {
        properties.set("mapreduce.job.reduces", "0");
    }
    let count = properties
        .get_i64("mapreduce.job.reduces", 1)
        .map_err(|error| Refusal::new([format!("error: {error}")]))?;
    u32::try_from(count).map_err(|_| {
        Refusal::failed(
            1,
            [
                format!("WARN mapred.LocalJobRunner: java.lang.NegativeArraySizeException: {count}"),
                "ERROR streaming.StreamJob: Job not successful!".to_owned(),
            ],
        )
    })
}

/// Who maps.
enum Mapper {
    Command { text: String, words: Vec<String> },
    Class { class: MapperClass, name: String },
}

impl Mapper {
    fn of(
        job: &StreamingOptions,
        shipment: &Shipment,
        properties: &mut Properties,
    ) -> Result<Self, Refusal> {
        let identity = "org.apache.hadoop.mapred.lib.IdentityMapper";
        let text = job.mapper.as_deref().unwrap_or(identity);
        let mapper = if let Some(class) = MapperClass::of_name(text) {
            Mapper::Class { class, name: text.to_owned() }
        } else {
            let (text, words) = command("mapper", text, shipment)?;
            Mapper::Command { text, words }
        };
        properties.set(
            "mapred.mapper.class",
            match &mapper {
                Mapper::Command { .. } => "org.apache.hadoop.streaming.PipeMapper",
                Mapper::Class { name, .. } => name,
            },
        );
        Ok(mapper)
    }

    fn part(&self) -> Part<dyn howdah_plan::RawMapper> {
        match self {
            Mapper::Command { words, .. } => Part::Command(CommandLine::new(words)),
            Mapper::Class { class, .. } => class.part(),
        }
    }

    fn is_command(&self) -> bool {
        matches!(self, Mapper::Command { .. })
    }
}

/// Who combines or reduces.
enum Reducer {
    Command { text: String, words: Vec<String> },
    Class(ReducerClass),
}

impl Reducer {
    fn of(text: Option<&str>, shipment: &Shipment) -> Result<Option<Self>, Refusal> {
        let Some(text) = text else { return Ok(None) };
        if let Some(class) = ReducerClass::of_name(text) {
            return Ok(Some(Reducer::Class(class)));
        }
        let (text, words) = command("reducer", text, shipment)?;
        Ok(Some(Reducer::Command { text, words }))
    }

    fn part(&self) -> Part<dyn RawReducer> {
        match self {
            Reducer::Command { words, .. } => Part::Command(CommandLine::new(words)),
            Reducer::Class(class) => class.part(),
        }
    }
}

/// A command and its words.
fn command(
    option: &str,
    text: &str,
    shipment: &Shipment,
) -> Result<(String, Vec<String>), Refusal> {
    if looks_like_a_class(text) {
        return Err(Refusal::failed(
            1,
            [format!(
                "error: the {option} `{text}` is the name of a Java class that howdah does not answer for, and \
                 there is no such file\n\nhint: run the job on Hadoop, or name a command"
            )],
        ));
    }
    let text = shipment.unqualified(text);
    let words = tokenise(&text);
    if words.is_empty() {
        return Err(Refusal::failed(1, [format!("error: the command of -{option} is empty")]));
    }
    Ok((text, words))
}

fn set_streamprocessors(
    mapper: &Mapper,
    combiner: &Option<Reducer>,
    reducer: &Option<Reducer>,
    properties: &mut Properties,
) {
    if let Mapper::Command { text, .. } = mapper {
        properties.set("stream.map.streamprocessor", url_encoded(text));
        properties
            .set("mapred.map.runner.class", "org.apache.hadoop.streaming.PipeMapRunner");
    }
    if let Some(Reducer::Command { text, .. }) = combiner {
        properties.set("stream.combine.streamprocessor", url_encoded(text));
        properties.set("mapred.combiner.class", "org.apache.hadoop.streaming.PipeCombiner");
    }
    if let Some(Reducer::Command { text, .. }) = reducer {
        properties.set("stream.reduce.streamprocessor", url_encoded(text));
        properties.set("mapred.reducer.class", "org.apache.hadoop.streaming.PipeReducer");
    }
}

/// The classes of keys and values that commands imply.
fn set_types(
    mapper: &Mapper,
    reducer: &Option<Reducer>,
    reducers: u32,
    pipes: &Pipes,
    properties: &mut Properties,
) {
    let mut set = |what: &str, pipe: Pipe| {
        let value = if pipe == Pipe::KeyOnly { Writable::Null } else { Writable::Text };
        properties.set(&format!("mapreduce.{what}.output.key.class"), Writable::Text.to_string());
        properties.set(&format!("mapreduce.{what}.output.value.class"), value.to_string());
    };
    if mapper.is_command() {
        set("map", pipes.map_output);
        if reducers == 0 {
            set("job", pipes.map_output);
        }
    }
    if matches!(reducer, Some(Reducer::Command { .. })) {
        set("job", pipes.reduce_output);
    }
}

/// `-inputreader`, `-outputformat` and `-partitioner`, in the order in which Hadoop looks for their classes.
fn check_reader_and_classes(
    job: &StreamingOptions,
    properties: &mut Properties,
) -> Result<(), Refusal> {
    if let Some(reader) = &job.input_reader {
        if !is_known(&reader.class) {
            return Err(Refusal::usage(&format!("-inputreader: class not found: {}", reader.class)));
        }
        return Err(Refusal::not_yet(&format!("the input reader `{}`", reader.class)));
    }
    match job.output_format.as_deref() {
        None | Some("TextOutputFormat" | TEXT_OUTPUT) => {}
        Some(name) if is_known(name) => {
            return Err(Refusal::not_yet(&format!("the output format `{name}`")));
        }
        Some(name) => {
            return Err(Refusal::usage(&format!("-outputformat : class not found : {name}")));
        }
    }
    properties.set("mapred.output.format.class", TEXT_OUTPUT);
    if let Some(name) = &job.partitioner {
        if !is_known(name) {
            return Err(Refusal::usage(&format!("-partitioner : class not found : {name}")));
        }
        properties.set("mapreduce.job.partitioner.class", name.clone());
        properties.set("mapred.partitioner.class", name.clone());
    }
    Ok(())
}

/// Fails as Hadoop's map tasks would, if the mapper emits what the job does not declare.
fn check_types(
    mapper: &Mapper,
    reducer: &Option<Reducer>,
    reducers: u32,
    format: &InputFormat,
    properties: &Properties,
) -> Result<(), Refusal> {
    if reducers == 0 {
        return Ok(());
    }
    let declared = |what: &str, default: Writable| {
        let of = |of: &str| properties.get(&format!("mapreduce.{of}.output.{what}.class"));
        of("map").or_else(|| of("job")).map_or(default, |class| Writable::of_class(&class))
    };
    let expected = (declared("key", Writable::Long), declared("value", Writable::Text));
    let emitted = match mapper {
        Mapper::Command { .. } => expected.clone(),
        Mapper::Class { class, .. } => class.emits(format.types()),
    };
    let fails = |exception: &str| {
        Refusal::failed(
            1,
            [
                format!("WARN mapred.LocalJobRunner: java.lang.Exception: {exception}"),
                "ERROR streaming.StreamJob: Job not successful!".to_owned(),
            ],
        )
    };
    if let Some(mismatch) = mismatch(&expected, &emitted) {
        return Err(fails(&format!("java.io.IOException: {mismatch}")));
    }
    let taken = match reducer {
        Some(Reducer::Class(class)) => class.takes(),
        _ => None,
    };
    match taken {
        Some(taken) if taken != emitted.1 => Err(fails(&format!(
            "java.lang.ClassCastException: class {} cannot be cast to class {taken}",
            emitted.1
        ))),
        _ => Ok(()),
    }
}

/// Hadoop writes properties into an XML file, and dies of a character that XML does not know.
fn check_characters(properties: &Properties) -> Result<(), Refusal> {
    let illegal = |text: &str| {
        text.chars().find(|c| *c < ' ' && !matches!(c, '\t' | '\n' | '\r') || *c >= '\u{fffe}' && *c <= '\u{ffff}')
    };
    for (name, value) in properties.iter() {
        if let Some(character) = illegal(name).or_else(|| illegal(value)) {
            return Err(Refusal::new([format!(
                "error: the property `{}` holds the character U+{:04X}: Illegal character entity, which Hadoop cannot \
                 write to the job's file\n\nhint: choose another separator",
                name.escape_debug(),
                u32::from(character)
            )]));
        }
    }
    Ok(())
}

fn run_options(
    job: &StreamingOptions,
    own: &OwnOptions,
    mut properties: Properties,
    format: &InputFormat,
    output: PathBuf,
) -> Result<RunOptions, Refusal> {
    let number = |name: &str, default: i64| {
        properties
            .get_i64(name, default)
            .map(|number| u64::try_from(number).unwrap_or(0))
            .map_err(|error| Refusal::new([format!("error: {error}")]))
    };
    let mut options = RunOptions::default();
    let maps = own.maps.map_or_else(|| number("howdah.maps", 1), Ok)?;
    options.splits = if *format == InputFormat::Lines {
        Splits::Lines(number("mapreduce.input.lineinputformat.linespermap", 1)?.max(1))
    } else {
        Splits::Rule(SplitRule {
            maps,
            block: number("fs.local.block.size", LOCAL_BLOCK)?.max(1),
            minimum: number("mapreduce.input.fileinputformat.split.minsize", 1)?,
        })
    };
    if properties.get_bool("mapreduce.output.fileoutputformat.compress", false) {
        let class = properties
            .get_or("mapreduce.output.fileoutputformat.compress.codec", Codec::Deflate.hadoop_class())
            .into_owned();
        if Codec::from_name(&class).is_none() {
            return Err(Refusal::failed(
                1,
                [
                    format!("error: Compression codec {class} was not found."),
                    "ERROR streaming.StreamJob: Job not successful!".to_owned(),
                ],
            ));
        }
        options.output_codec = Some(class);
    }
    for input in &job.inputs {
        let path = local_path(input)?;
        let text = path.to_string_lossy().into_owned();
        // A lone hyphen is the standard input elsewhere, and a file's name to Hadoop.
        options.inputs.push(if text == "-" { "./-".to_owned() } else { text });
    }
    let uris: Vec<_> = options
        .inputs
        .iter()
        .map(|input| format!("file:{}", absolute(Path::new(input)).display()))
        .collect();
    properties.set("mapreduce.input.fileinputformat.inputdir", uris.join(","));
    options.output = Output::Folder(output);
    options.workers = own.workers;
    options.memory = own.memory;
    options.temporary.clone_from(&own.temporary);
    options.success_marker =
        properties.get_bool("mapreduce.fileoutputcommitter.marksuccessfuljobs", true);
    options.properties =
        properties.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(options)
}

/// A command as `java.net.URLEncoder` writes it.
fn url_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'.' | b'-' | b'*' | b'_' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_url_encoded() {
        assert_eq!(url_encoded("sh -c 'é*'"), "sh+-c+%27%C3%A9*%27");
    }
}
