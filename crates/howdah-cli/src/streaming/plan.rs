//! Options become a plan, and what the engine is asked to do.
//!
//! Mirrors `StreamJob.setJobConf`: what it checks, in its order, and the properties that it sets.

use std::path::{Path, PathBuf};

use howdah_codec::Codec;
use howdah_plan::names::{CLEAN_ENVIRONMENT, MANIFEST, MAX_EXPANSION, MAX_RECORD, RETRY_DELAY};
use howdah_plan::{Plan, RecordLayout};
use howdah_runner::{InputLimits, Output, RunOptions, guardian};
use howdah_streaming::options::{StreamingOptions, is_file_system};
use howdah_streaming::pipe_form::PipeForm;
use howdah_streaming::properties::Properties;

use super::classes::names::{self, Kind};
use super::configuration::Configuration;
use super::failing::Failing;
use super::formats::{InputFormat, OutputFormat, Pipes, check_longest_line};
use super::log::{JobLog, Level};
use super::own::OwnOptions;
use super::parts::Parts;
use super::refusal::Refusal;
use super::ship::{Shipment, TaskFolder, local_path};
use super::{inputs, system, task_settings};

/// The name that a job has unless it is given another: Hadoop's jar.
const NAME: &str = "hadoop-streaming-3.4.2.jar";

/// A job that is ready to run.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) options: RunOptions,
    /// The output as Hadoop names it.
    pub(super) output_uri: String,
    /// What may have been meant, to be said if the job fails.
    pub(super) hints: Vec<String>,
    /// The files of `-file`, as `-verbose` shows them.
    pub(super) packaged: String,
    /// Holds the tasks' folder for as long as the job runs.
    _folder: Option<TaskFolder>,
}

/// Makes a plan of a command line.
pub(super) fn prepare(
    job: &StreamingOptions,
    own: &OwnOptions,
    log: &JobLog,
) -> Result<Prepared, Refusal> {
    let mut properties = properties_of(job, log)?;
    check_file_system(&properties, log)?;
    let mut shipment = Shipment::of_packaged(job)?;
    let inputs = inputs::paths(job, &properties)?;
    let format = InputFormat::of(job)?;
    properties.set("mapred.input.format.class", format.class());
    let pipes = Pipes::of(job, &mut properties);
    pipes.set_classes(&mut properties);
    properties
        .set("mapreduce.job.working.dir", format!("file:{}", absolute(Path::new(".")).display()));
    properties.set("stream.addenvironment", system::expand(&job.task_environment()));
    let mut parts = Parts::of(job, &pipes, &shipment, &mut properties)?;
    set_reader(job, format, &mut properties, log)?;
    let output = local_path(&expanded(&job.output, &properties))?;
    let output_format = check_classes(job, &mut properties)?;
    Shipment::check(job)?;
    check_unsupported(job, &properties, log)?;
    check_names_of_parts(output_format, parts.reducers, &properties)?;
    let output_uri = format!("file:{}", absolute(&output).display());
    if output.symlink_metadata().is_ok() {
        return Err(Refusal::launching(&format!("Output directory {output_uri} already exists")));
    }
    shipment.gather(job, &properties)?;
    output_format.check_compression(&properties)?;
    check_characters(&properties)?;
    check_longest_line(&properties)?;
    check_reader(format, &properties)?;
    output_format.check_classes(job, &properties)?;
    task_settings::check(&parts, &properties)?;
    task_settings::warn(job, &properties, log);
    if parts.run_a_command() && parts.failing.is_none() {
        let endless = properties.iter().find_map(|(_, value)| properties.expand(value).err());
        parts.failing = endless
            .map(|error| Failing::at_once(format!("java.lang.IllegalStateException: {error}")));
    }

    let mut step = parts.step(format, &properties)?;
    let last_pipe = if parts.reducers > 0 { pipes.reduce_output } else { pipes.map_output };
    if last_pipe == PipeForm::KeyOnly {
        step.output = RecordLayout::Line;
    }
    properties.set("mapreduce.output.fileoutputformat.outputdir", output_uri.clone());
    let mut options = run_options(inputs, own, &properties, format)?;
    check_codec(output_format, &properties, &mut options)?;
    options.output = Output::Folder(output);

    properties.set(inputs::INPUTS, inputs::uris(&options.inputs));
    let temporary = own.temporary.clone().unwrap_or_else(std::env::temp_dir);
    let folder = shipment.unpack(&temporary, log)?;
    if let Some(folder) = &folder {
        options.disk_used = folder.bytes();
        properties.set("howdah.task.folder", folder.path().display().to_string());
    }
    properties.extend(shipment.properties());
    for (name, limit) in [(MAX_RECORD, own.max_record), (MAX_EXPANSION, own.max_expansion)] {
        if let Some(limit) = limit {
            properties.set(name, limit.to_string());
        }
    }
    if own.clean_environment {
        properties.set(CLEAN_ENVIRONMENT, "true");
    }
    if own.manifest {
        properties.set(MANIFEST, "true");
    }
    options.shipped = shipment.sources();
    if let Some(delay) = own.retry_delay {
        properties.set(RETRY_DELAY, delay.as_millis().to_string());
    }
    options.properties =
        properties.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let plan = Plan::new(NAME, vec![step]);
    let (hints, packaged) = (parts.hints, shipment.packaged());
    Ok(Prepared { plan, options, output_uri, hints, packaged, _folder: folder })
}

/// A path with `${name}` replaced, since Hadoop keeps paths as properties.
pub(super) fn expanded(path: &str, properties: &Properties) -> String {
    let path = system::expand(path);
    match properties.expand(&path) {
        Ok(expanded) => expanded.into_owned(),
        Err(_) => path,
    }
}

/// A path made absolute, without a look at the disk.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The properties of a job's command line.
fn properties_of(job: &StreamingOptions, log: &JobLog) -> Result<Properties, Refusal> {
    let mut properties = properties_set(&job.conf_files, &job.properties, log)?;
    for (name, script) in [
        ("mapreduce.map.debug.script", &job.map_debug),
        ("mapreduce.reduce.debug.script", &job.reduce_debug),
    ] {
        if let Some(script) = script {
            properties.set(name, script.clone());
        }
    }
    Ok(properties)
}

/// The properties of `-conf` files, and of `-D` and its kin above them.
pub(super) fn properties_set(
    conf_files: &[String],
    set: &[(String, String)],
    log: &JobLog,
) -> Result<Properties, Refusal> {
    let mut configuration = Configuration::default();
    for file in conf_files {
        let is_there = configuration.add(&local_path(file)?).map_err(|error| {
            Refusal::new([
                format!("ERROR conf.Configuration: error parsing conf {file}"),
                format!("Exception in thread \"main\" java.lang.RuntimeException: {error}"),
            ])
        })?;
        if !is_there {
            let message = format!("there is no configuration `{file}`, and Hadoop goes on without");
            log.say(Level::Warn, "howdah", &message);
        }
    }
    let mut properties = Properties::new();
    let set = configuration.into_properties().into_iter().chain(set.iter().cloned());
    properties.extend(set.map(|(name, value)| (name, system::expand(&value))));
    Ok(properties)
}

/// The file system and the framework: whatever they name, the job runs here and its paths are of this machine. What
/// Hadoop does not know is refused as Hadoop does.
fn check_file_system(properties: &Properties, log: &JobLog) -> Result<(), Refusal> {
    let uri = properties.get_or("fs.defaultFS", "file:///");
    let scheme = match uri.split_once(':') {
        Some((scheme, path)) if path.starts_with('/') => scheme,
        _ if *uri == *"local" => "file",
        _ => "hdfs", // host:port
    };
    if !is_file_system(scheme) {
        return Err(Refusal::uncaught(&format!(
            "java.lang.RuntimeException: org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme \
             \"{scheme}\""
        )));
    }
    if scheme != "file" {
        let message =
            format!("the file system `{uri}` has no effect: paths are those of this machine");
        log.say(Level::Warn, "howdah", &message);
    }
    let framework = properties.get_or("mapreduce.framework.name", "local");
    let cluster = properties.get_or("yarn.resourcemanager.address", "local");
    match &*framework {
        "local" if *cluster == *"local" => {}
        "local" | "yarn" => {
            let message = "the cluster that is named has no effect: the job runs on this machine";
            log.say(Level::Warn, "howdah", message);
        }
        _ => {
            return Err(Refusal::uncaught(
                "java.io.IOException: Cannot initialize Cluster. Please check your configuration for \
                 mapreduce.framework.name and the correspond server addresses.",
            )
            .with_hint(&format!("the framework is `{framework}`; Hadoop knows `local` and `yarn`")));
        }
    }
    Ok(())
}

/// What howdah does not have: said, never ignored.
fn check_unsupported(
    job: &StreamingOptions,
    properties: &Properties,
    log: &JobLog,
) -> Result<(), Refusal> {
    if job.debug {
        log.say(Level::Warn, "howdah", "-debug has no effect: there is no jar to keep");
    }
    if !job.jars.is_empty() {
        log.say(Level::Warn, "howdah", "-libjars has no effect: no Java runs here");
    }
    if !matches!(&*properties.get_or("stream.joindelay.milli", "0"), "" | "0") {
        let message = "stream.joindelay.milli has no effect: what a command writes is read to its end, \
                       so that none of it is lost";
        log.say(Level::Warn, "howdah", message);
    }
    let filter = "mapreduce.input.pathFilter.class";
    if !properties.get_or(filter, "").is_empty() {
        return Err(Refusal::not_yet(&format!("the property `{filter}`")));
    }
    check_resolver(properties)?;
    let committer = "org.apache.hadoop.mapred.FileOutputCommitter";
    let named = properties.get_or("mapred.output.committer.class", committer);
    if named != committer {
        return Err(Refusal::not_yet(&format!("the output committer `{named}`")));
    }
    Ok(())
}

/// What `-io` and the properties of pipes are read by.
fn check_resolver(properties: &Properties) -> Result<(), Refusal> {
    const NAME: &str = "stream.io.identifier.resolver.class";
    const RESOLVER: &str = "org.apache.hadoop.streaming.io.IdentifierResolver";
    let class = properties.get_or(NAME, RESOLVER);
    if *class == *RESOLVER {
        return Ok(());
    }
    let line = format!("error: `{NAME}` is `{class}`, a Java class, and no Java runs here");
    Err(Refusal::failed(howdah_plan::exit::JOB_FAILED, [line]).with_hint(
        "leave it out: -io text, keyonlytext, rawbytes and typedbytes are what Hadoop's own resolver knows; or run the \
         job on Hadoop",
    ))
}

/// The properties of `-inputreader`.
fn set_reader(
    job: &StreamingOptions,
    format: InputFormat,
    properties: &mut Properties,
    log: &JobLog,
) -> Result<(), Refusal> {
    let Some(reader) = &job.input_reader else { return Ok(()) };
    let Some(known) = names::check(&reader.class, Kind::RecordReader)? else {
        let complaint = "-inputreader: class not found: ";
        return Err(names::not_found(complaint, &reader.class, Kind::RecordReader));
    };
    properties.set(READER, known.name);
    properties.extend(reader.properties.iter().map(|(name, value)| (name, system::expand(value))));
    if format != InputFormat::Reader {
        let class = format.class().rsplit('.').next().unwrap_or_default();
        let message = format!("-inputreader has no effect: {class} has a reader of its own");
        log.say(Level::Warn, "howdah", &message);
    }
    Ok(())
}

/// The property that names the class of `-inputreader`.
const READER: &str = "stream.recordreader.class";

/// Fails as Hadoop's tasks would that cannot make a reader: a class must be made for it (`StreamInputFormat`).
fn check_reader(format: InputFormat, properties: &Properties) -> Result<(), Refusal> {
    let class = properties.get_or(READER, "");
    // Whatever is called so is that of lines with keys, and one that Hadoop does not have is the task's to tell.
    if format != InputFormat::Reader || class.contains("LineRecordReader") {
        return Ok(());
    }
    let Some(known) = names::find(&class).filter(|known| known.name == class) else {
        return Ok(());
    };
    let exception = match known.name {
        "org.apache.hadoop.streaming.StreamXmlRecordReader" => return Ok(()),
        "org.apache.hadoop.streaming.StreamBaseRecordReader" => {
            "java.lang.RuntimeException: java.lang.InstantiationException".to_owned()
        }
        name => format!(
            "java.lang.RuntimeException: java.lang.NoSuchMethodException: {name}.<init>(\
             org.apache.hadoop.fs.FSDataInputStream,org.apache.hadoop.mapred.FileSplit,\
             org.apache.hadoop.mapred.Reporter,org.apache.hadoop.mapred.JobConf,org.apache.hadoop.fs.FileSystem)"
        ),
    };
    Err(Refusal::in_task(&exception).with_hint(
        "-inputreader needs org.apache.hadoop.streaming.StreamXmlRecordReader; other formats have readers of their own",
    ))
}

/// `-outputformat` and `-partitioner`, in the order in which Hadoop looks for their classes.
fn check_classes(
    job: &StreamingOptions,
    properties: &mut Properties,
) -> Result<OutputFormat, Refusal> {
    let output_format = OutputFormat::of(job)?;
    output_format.set_class(job.lazy_output, properties);
    if let Some(name) = &job.partitioner {
        let known = names::check(name, Kind::Partitioner)?;
        let known = known.ok_or_else(|| {
            names::not_found("-partitioner : class not found : ", name, Kind::Partitioner)
        })?;
        properties.set("mapred.partitioner.class", known.name);
    }
    Ok(output_format)
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
    inputs: Vec<String>,
    own: &OwnOptions,
    properties: &Properties,
    format: InputFormat,
) -> Result<RunOptions, Refusal> {
    let mut options = RunOptions::default();
    options.inputs = inputs;
    options.workers = own.workers;
    options.memory = own.memory;
    options.disk_limit = own.disk_limit;
    options.temporary.clone_from(&own.temporary);
    options.chaos = own.chaos;
    options.guardian = guardian::own_program();
    options.input_limits = InputLimits::HADOOP; // those of ours are asked for
    options.splits = format.splits(own.maps, properties)?;
    options.success_marker =
        properties.get_bool("mapreduce.fileoutputcommitter.marksuccessfuljobs", true);
    Ok(options)
}

/// Refuses names of parts that follow from those of the inputs (`MultipleOutputFormat.getInputFileBasedOutputFileName`).
fn check_names_of_parts(
    format: OutputFormat,
    reducers: u32,
    properties: &Properties,
) -> Result<(), Refusal> {
    const LEGS: &str = "mapred.outputformat.numOfTrailingLegs";
    let asks = !matches!(&*properties.get_or(LEGS, "0"), "" | "0");
    if asks && format.is_multiple() && reducers == 0 {
        return Err(Refusal::not_yet(&format!("the property `{LEGS}`")));
    }
    Ok(())
}

/// Sets what compresses lines; a `SequenceFile` compresses its records itself.
fn check_codec(
    format: OutputFormat,
    properties: &Properties,
    options: &mut RunOptions,
) -> Result<(), Refusal> {
    if !properties.get_bool("mapreduce.output.fileoutputformat.compress", false) {
        return Ok(());
    }
    if !format.is_sequence() {
        options.output_codec = Some(codec(properties)?);
        return Ok(());
    }
    let name = "mapreduce.output.fileoutputformat.compress.type";
    let kind = properties.get_or(name, "RECORD");
    if !matches!(&*kind, "NONE" | "RECORD" | "BLOCK") {
        return Err(Refusal::in_task(&format!(
            "java.lang.IllegalArgumentException: No enum constant \
             org.apache.hadoop.io.SequenceFile.CompressionType.{kind}"
        )));
    }
    codec(properties).map(drop)
}

/// Whether there is a codec of this class. Other names that howdah knows are none to Hadoop.
pub(super) fn is_codec(class: &str) -> bool {
    class.contains('.') && Codec::from_name(class).is_some()
}

/// The codec of part files.
fn codec(properties: &Properties) -> Result<String, Refusal> {
    let name = "mapreduce.output.fileoutputformat.compress.codec";
    let class = properties.get_or(name, Codec::Deflate.hadoop_class()).into_owned();
    if is_codec(&class) {
        return Ok(class);
    }
    Err(Refusal::in_task(&format!(
        "java.lang.IllegalArgumentException: Compression codec {class} was not found."
    )))
}
