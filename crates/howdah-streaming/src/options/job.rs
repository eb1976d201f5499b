//! The options of `StreamJob`, and the job that they make on top of the generic ones.

use super::accepted::{DEPRECATED, STREAMING};
use super::error::{FAILED, refuse};
use super::generic::Generic;
use super::hint::hint_on_stray;
use super::ignored::without_effect;
use super::paths::{java_split, split_paths};
use super::{IgnoredOption, Invocation, Look, UsageError};
use crate::command::join_environment;
use crate::command_line::{self, CommandLine};

/// The options of a streaming job. A single-valued option that is given twice has its first value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct StreamingOptions {
    /// `-input`: paths and globs, parted at commas; at least one.
    pub inputs: Vec<String>,
    /// `-output`: the directory that the job makes.
    pub output: String,
    /// `-mapper`: a command or the name of a Java class.
    pub mapper: Option<String>,
    /// `-combiner`: a command or the name of a Java class.
    pub combiner: Option<String>,
    /// `-reducer`: a command, the name of a Java class, `NONE` or `aggregate`.
    pub reducer: Option<String>,
    /// `-files`: `PATH[#LINK]` to ship, parted at commas; only the first `-files` counts.
    pub files: Vec<String>,
    /// `-archives`: `PATH[#LINK]` to ship and unpack, parted at commas; only the first `-archives` counts.
    pub archives: Vec<String>,
    /// `-libjars`: jars for the class path, parted at commas.
    pub jars: Vec<String>,
    /// `-file`: files to ship, the deprecated way.
    pub packaged_files: Vec<String>,
    /// `-cacheFile`: URIs of files to ship, the deprecated way.
    pub cache_files: Vec<String>,
    /// `-cacheArchive`: URIs of archives to ship and unpack, the deprecated way.
    pub cache_archives: Vec<String>,
    /// Properties in the order in which they are set: those of `-fs` and `-jt`, then each `-D`, then `-dfs`, then each
    /// `-jobconf`. They stand above those of [`StreamingOptions::conf_files`].
    pub properties: Vec<(String, String)>,
    /// `-conf` and then `-additionalconfspec`: files of properties, a later one above an earlier one.
    pub conf_files: Vec<String>,
    /// `-cmdenv`: `NAME=VALUE` as given; see [`StreamingOptions::task_environment`].
    pub cmdenv: Vec<String>,
    /// `-inputformat`: a short name or a class.
    pub input_format: Option<String>,
    /// `-outputformat`: a class.
    pub output_format: Option<String>,
    /// `-inputreader`.
    pub input_reader: Option<InputReader>,
    /// `-partitioner`: a class.
    pub partitioner: Option<String>,
    /// `-numReduceTasks` as given; see [`StreamingOptions::reduce_task_count`].
    pub reduce_tasks: Option<String>,
    /// `-io`: the form of records in all four pipes.
    pub io: Option<String>,
    /// `-lazyOutput`: make a part file with its first record only.
    pub lazy_output: bool,
    /// `-background`: do not wait for the job.
    pub background: bool,
    /// `-verbose`: print properties and decisions.
    pub verbose: bool,
    /// `-debug`: keep the job's jar.
    pub debug: bool,
    /// `-mapdebug`: a script, which Hadoop has not run since version 2.
    pub map_debug: Option<String>,
    /// `-reducedebug`: a script, which Hadoop has not run since version 2.
    pub reduce_debug: Option<String>,
    /// What was given and has no effect.
    pub ignored: Vec<IgnoredOption>,
    /// Hadoop's warnings about deprecated options, to be printed on standard error.
    pub warnings: Vec<String>,
}

/// The value of `-inputreader`: `CLASS[,NAME=VALUE]…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputReader {
    /// The class of the record reader.
    pub class: String,
    /// Its settings as the properties that they become, `stream.recordreader.NAME`.
    pub properties: Vec<(String, String)>,
}

impl StreamingOptions {
    /// The value of `-numReduceTasks` as a number.
    ///
    /// A negative number is passed on: Hadoop starts the job and fails in it.
    ///
    /// # Errors
    /// No number of 32 bits. Hadoop says only that the command failed.
    pub fn reduce_task_count(&self) -> Result<Option<i32>, UsageError> {
        let parsed = self.reduce_tasks.as_deref().map(str::parse).transpose();
        parsed.map_err(|_| {
            UsageError::new([FAILED]).with_hint("-numReduceTasks needs a whole number, such as 4")
        })
    }

    /// The value of `stream.addenvironment`: Hadoop's own entry and those of `-cmdenv`, joined with spaces.
    /// [`split_environment`](crate::command::split_environment) reads it.
    ///
    /// ```
    /// use howdah_streaming::options::StreamingOptions;
    ///
    /// assert_eq!(StreamingOptions::default().task_environment(), "HADOOP_ROOT_LOGGER=");
    /// ```
    pub fn task_environment(&self) -> String {
        let own = "HADOOP_ROOT_LOGGER=";
        let entries: Vec<&str> =
            std::iter::once(own).chain(self.cmdenv.iter().map(String::as_str)).collect();
        join_environment(&entries)
    }
}

impl InputReader {
    /// Reads `CLASS[,NAME=VALUE]…`; a setting without `=` has an empty value.
    fn parse(spec: &str) -> Self {
        let mut pieces = java_split(spec).into_iter();
        let class = pieces.next().unwrap_or_default().to_owned();
        let property = |piece: &str| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (format!("stream.recordreader.{name}"), value.to_owned())
        };
        Self { class, properties: pieces.map(property).collect() }
    }
}

/// Reads the words behind `streamjob`, or all where there is no verb.
pub(super) fn parse(args: &[String], look: Look<'_>) -> Result<Invocation, UsageError> {
    let mut generic = Generic::parse(args, look)?;
    let line = command_line::parse(STREAMING, &generic.rest)
        .map_err(|complaint| refuse(&complaint, &generic.rest))?;
    if !line.rest.is_empty() {
        let (count, words) = (line.rest.len(), line.rest.join(", "));
        let error = UsageError::failed(&format!(
            "Found {count} unexpected arguments on the command line [{words}]"
        ));
        return Err(match hint_on_stray(&line.rest[0], args) {
            Some(hint) => error.with_hint(hint),
            None => error,
        });
    }
    if line.has("help") || line.has("info") {
        return Ok(Invocation::Help { long: line.has("info") });
    }
    let deprecated = DEPRECATED.iter().filter(|(option, _)| line.has(option));
    generic.warnings.extend(deprecated.map(|&(_, warning)| warning.to_owned()));
    let warnings = generic.warnings.clone();
    let job = job_of(generic, &line, look).map_err(|error| error.behind(&warnings))?;
    Ok(Invocation::Job(job))
}

/// The job that the streaming options ask for, on top of the generic ones.
fn job_of(
    generic: Generic,
    line: &CommandLine,
    look: Look<'_>,
) -> Result<StreamingOptions, UsageError> {
    for path in line.values("file") {
        if path.is_empty() {
            return Err(UsageError::new([FAILED]).with_hint("-file names no file"));
        }
        look(path).map_err(|uri| UsageError::failed(&format!("File: {uri} does not exist.")))?;
    }
    let mut properties = generic.properties;
    properties.extend(line.value("dfs").map(|uri| ("fs.default.name".to_owned(), uri)));
    for setting in line.values("jobconf") {
        properties.push(job_property(setting)?);
    }
    let inputs: Vec<String> = line.values("input").flat_map(|value| split_paths(value)).collect();
    if inputs.is_empty() {
        return Err(UsageError::failed("Required argument: -input <name>"));
    }
    let output =
        line.value("output").ok_or_else(|| UsageError::failed("Required argument: -output "))?;
    if line.value("dfs").is_some_and(|uri| uri.is_empty()) {
        return Err(UsageError::new([FAILED]).with_hint("-dfs names no file system"));
    }
    let all = |name| line.values(name).cloned().collect::<Vec<String>>();
    Ok(StreamingOptions {
        inputs,
        output,
        mapper: line.value("mapper"),
        combiner: line.value("combiner"),
        reducer: line.value("reducer"),
        files: generic.files,
        archives: generic.archives,
        jars: generic.jars,
        packaged_files: all("file"),
        cache_files: all("cacheFile"),
        cache_archives: all("cacheArchive"),
        properties,
        conf_files: generic
            .conf_files
            .into_iter()
            .chain(line.value("additionalconfspec"))
            .collect(),
        cmdenv: all("cmdenv"),
        input_format: line.value("inputformat"),
        output_format: line.value("outputformat"),
        input_reader: line.value("inputreader").map(|spec| InputReader::parse(&spec)),
        partitioner: line.value("partitioner"),
        reduce_tasks: line.value("numReduceTasks"),
        io: line.value("io"),
        lazy_output: line.has("lazyOutput"),
        background: line.has("background"),
        verbose: line.has("verbose"),
        debug: line.has("debug"),
        map_debug: line.value("mapdebug"),
        reduce_debug: line.value("reducedebug"),
        ignored: generic.ignored.into_iter().chain(without_effect(line)).collect(),
        warnings: generic.warnings,
    })
}

/// The property that a `-jobconf` sets.
fn job_property(setting: &str) -> Result<(String, String), UsageError> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    setting.split_once('=').map(owned).ok_or_else(|| {
        UsageError::uncaught(
            "java.lang.ArrayIndexOutOfBoundsException: Index 1 out of bounds for length 1",
        )
        .with_hint("-jobconf needs NAME=VALUE")
    })
}
