//! Options become a plan, and what the engine is asked to do.
//!
//! Mirrors `StreamJob.setJobConf`: what it checks, in its order, and the properties that it sets.

use std::path::{Path, PathBuf};

use howdah_codec::Codec;
use howdah_plan::{Plan, RecordLayout};
use howdah_runner::{Output, RunOptions};
use howdah_streaming::options::StreamingOptions;
use howdah_streaming::properties::Properties;

use super::formats::{InputFormat, Pipe, Pipes, TEXT_OUTPUT, check_longest_line, is_known};
use super::log::{JobLog, Level};
use super::own::OwnOptions;
use super::parts::Parts;
use super::refusal::Refusal;
use super::ship::{Shipment, TaskFolder, local_path};
use super::{configuration, inputs};

/// The name that a job has unless it is given another: Hadoop's jar.
const NAME: &str = "hadoop-streaming-3.4.2.jar";

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
    let mut shipment = Shipment::of_generic(job)?;
    shipment.add_deprecated(job)?;
    let mut properties = properties_of(job)?;
    let format = InputFormat::of(job)?;
    properties.set("mapred.input.format.class", format.class());
    let pipes = Pipes::of(job, &mut properties)?;
    properties.set("stream.addenvironment", job.task_environment());
    let parts = Parts::of(job, &pipes, &shipment, &mut properties)?;
    check_classes(job, &mut properties)?;
    check_unsupported(job, &parts, &properties, log)?;
    check_characters(&properties)?;
    check_longest_line(&properties)?;
    parts.check_types(format, &properties)?;

    let mut step = parts.step(&properties)?;
    let last_pipe = if parts.reducers > 0 { pipes.reduce_output } else { pipes.map_output };
    if last_pipe == Pipe::KeyOnly {
        step.output = RecordLayout::Line;
    }
    let output = local_path(&job.output)?;
    let output_uri = format!("file:{}", absolute(&output).display());
    properties.set("mapreduce.output.fileoutputformat.outputdir", output_uri.clone());
    let mut options = run_options(job, own, &properties, format)?;
    options.output = Output::Folder(output);

    properties.set(inputs::INPUTS, inputs::uris(&options.inputs));
    let temporary = own.temporary.clone().unwrap_or_else(std::env::temp_dir);
    let folder = shipment.unpack(&temporary, log)?;
    if let Some(folder) = &folder {
        properties.set("howdah.task.folder", folder.path().display().to_string());
    }
    properties.extend(shipment.local_properties());
    options.properties =
        properties.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let plan = Plan::new(NAME, vec![step]);
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
    parts: &Parts,
    properties: &Properties,
    log: &JobLog,
) -> Result<(), Refusal> {
    if job.debug {
        log.say(Level::Warn, "howdah", "-debug has no effect: there is no jar to keep");
    }
    if !job.jars.is_empty() {
        log.say(Level::Warn, "howdah", "-libjars has no effect: no Java runs here");
    }
    let grouping = "mapreduce.job.output.group.comparator.class";
    if !properties.get_or(grouping, "").is_empty() {
        if parts.sees_groups() {
            return Err(Refusal::not_yet(&format!("the property `{grouping}` for a Java class")));
        }
        let message = format!(
            "{grouping} has no effect: a command sees no groups, and `Reduce input groups` counts keys"
        );
        log.say(Level::Warn, "howdah", &message);
    }
    if !matches!(&*properties.get_or("stream.joindelay.milli", "0"), "" | "0") {
        let message = "stream.joindelay.milli has no effect: what a command writes is read to its end, \
                       so that none of it is lost";
        log.say(Level::Warn, "howdah", message);
    }
    for name in [
        "stream.io.identifier.resolver.class",
        "mapreduce.job.combiner.group.comparator.class",
        "mapreduce.input.pathFilter.class",
    ] {
        if !properties.get_or(name, "").is_empty() {
            return Err(Refusal::not_yet(&format!("the property `{name}`")));
        }
    }
    Ok(())
}

/// `-inputreader`, `-outputformat` and `-partitioner`, in the order in which Hadoop looks for their classes.
fn check_classes(job: &StreamingOptions, properties: &mut Properties) -> Result<(), Refusal> {
    if let Some(reader) = &job.input_reader {
        let class = &reader.class;
        if !is_known(class) {
            return Err(Refusal::usage(&format!("-inputreader: class not found: {class}")));
        }
        return Err(Refusal::not_yet(&format!("the input reader `{class}`")));
    }
    match job.output_format.as_deref() {
        None | Some(TEXT_OUTPUT) => {}
        Some(name) if is_known(name) => {
            return Err(Refusal::not_yet(&format!("the output format `{name}`")));
        }
        Some(name) => {
            return Err(Refusal::usage(&format!("-outputformat : class not found : {name}")));
        }
    }
    if job.lazy_output {
        properties.set("mapreduce.output.lazyoutputformat.outputformat", TEXT_OUTPUT);
        let lazy = "org.apache.hadoop.mapred.lib.LazyOutputFormat";
        properties.set("mapred.output.format.class", lazy);
    } else {
        properties.set("mapred.output.format.class", TEXT_OUTPUT);
    }
    if let Some(name) = &job.partitioner {
        if !is_known(name) {
            return Err(Refusal::usage(&format!("-partitioner : class not found : {name}")));
        }
        properties.set("mapreduce.job.partitioner.class", name.clone());
        properties.set("mapred.partitioner.class", name.clone());
    }
    Ok(())
}

/// Hadoop writes properties into an XML file, and dies of a character that XML does not know.
fn check_characters(properties: &Properties) -> Result<(), Refusal> {
    let is_illegal = |character: &char| match character {
        '\t' | '\n' | '\r' => false,
        '\0'..' ' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    };
    for (name, value) in properties.iter() {
        if let Some(character) = name.chars().chain(value.chars()).find(is_illegal) {
            return Err(Refusal::new([format!(
                "error: the property `{}` holds the character U+{:04X}, which Hadoop cannot write to the job's file: \
                 Illegal character entity\n\nhint: choose another separator",
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
    properties: &Properties,
    format: InputFormat,
) -> Result<RunOptions, Refusal> {
    let mut options = RunOptions::default();
    options.inputs = inputs::paths(job, properties)?;
    options.workers = own.workers;
    options.memory = own.memory;
    options.temporary.clone_from(&own.temporary);
    options.splits = format.splits(own.maps, properties)?;
    if properties.get_bool("mapreduce.output.fileoutputformat.compress", false) {
        options.output_codec = Some(codec(properties)?);
    }
    options.success_marker =
        properties.get_bool("mapreduce.fileoutputcommitter.marksuccessfuljobs", true);
    Ok(options)
}

/// The codec of part files.
fn codec(properties: &Properties) -> Result<String, Refusal> {
    let name = "mapreduce.output.fileoutputformat.compress.codec";
    let class = properties.get_or(name, Codec::Deflate.hadoop_class()).into_owned();
    if Codec::from_name(&class).is_some() {
        return Ok(class);
    }
    let lines = [
        format!(
            "WARN mapred.LocalJobRunner: java.lang.IllegalArgumentException: Compression codec {class} was not found."
        ),
        "ERROR streaming.StreamJob: Job not successful!".to_owned(),
    ];
    Err(Refusal::failed(1, lines))
}
