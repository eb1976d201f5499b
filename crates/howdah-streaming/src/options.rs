//! The command line of `hadoop jar hadoop-streaming.jar`.
//!
//! First stands a verb, or nothing for a streaming job; then the generic options, which
//! `GenericOptionsParser` reads up to the first word that is none; then those of `StreamJob`. What can be found
//! wrong without looking at files or classes is found here, with Hadoop's own words and exit code.

use crate::command::join_environment;
use crate::command_line::{self, Accepted, Arity, CommandLine, Complaint};
use std::{error, fmt};

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "there is one invocation in a process")]
pub enum Invocation {
    /// Run a job.
    Job(StreamingOptions),
    /// Print the usage on standard output and exit with 0.
    Help {
        /// With the tips of `-info`.
        long: bool,
    },
    /// Write files as typed bytes to standard output: `dumptb`.
    DumpTypedBytes(TypedBytesOptions),
    /// Write typed bytes from standard input to a sequence file: `loadtb`.
    LoadTypedBytes(TypedBytesOptions),
}

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

/// An option that was given and has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredOption {
    /// The option with its value, such as `-mapper cat`.
    pub option: String,
    /// Why it has none.
    pub reason: &'static str,
}

/// The arguments of `dumptb` and `loadtb`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypedBytesOptions {
    /// The glob to dump, or the path to load to.
    pub path: String,
    /// Properties of generic options, in the order in which they are set.
    pub properties: Vec<(String, String)>,
    /// `-conf`: files of properties.
    pub conf_files: Vec<String>,
}

/// Why a command line cannot be run, as Hadoop says it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageError {
    /// The status to exit with.
    pub exit_code: i32,
    /// The lines that Hadoop prints on standard error.
    pub lines: Vec<String>,
    /// Whether the usage is printed on standard output.
    pub prints_usage: bool,
    /// What to do, in words that are not Hadoop's, where its own leave that open.
    pub hint: Option<&'static str>,
}

const GENERIC: Accepted = &[
    ("fs", Arity::One),
    ("jt", Arity::One),
    ("conf", Arity::One),
    ("D", Arity::One),
    ("libjars", Arity::One),
    ("files", Arity::One),
    ("archives", Arity::One),
    ("tokenCacheFile", Arity::One),
];

const STREAMING: Accepted = &[
    ("input", Arity::Many),
    ("output", Arity::One),
    ("mapper", Arity::One),
    ("combiner", Arity::One),
    ("reducer", Arity::One),
    ("file", Arity::Many),
    ("dfs", Arity::One),
    ("additionalconfspec", Arity::One),
    ("inputformat", Arity::One),
    ("outputformat", Arity::One),
    ("partitioner", Arity::One),
    ("numReduceTasks", Arity::One),
    ("inputreader", Arity::One),
    ("mapdebug", Arity::One),
    ("reducedebug", Arity::One),
    ("jobconf", Arity::One),
    ("cmdenv", Arity::One),
    ("cacheFile", Arity::Many),
    ("cacheArchive", Arity::Many),
    ("io", Arity::One),
    ("background", Arity::None),
    ("verbose", Arity::None),
    ("info", Arity::None),
    ("debug", Arity::None),
    ("help", Arity::None),
    ("lazyOutput", Arity::None),
];

/// The streaming options with one value that may be given more than once with effect.
const REPEATABLE: &[&str] = &["jobconf", "cmdenv", "D", "conf"];

/// What Hadoop warns of when an option is used, in the order of its warnings.
const DEPRECATED: &[(&str, &str)] = &[
    (
        "file",
        "WARN streaming.StreamJob: -file option is deprecated, please use generic option -files instead.",
    ),
    ("dfs", "WARN streaming.StreamJob: -dfs option is deprecated, please use -fs instead."),
    (
        "cacheArchive",
        "WARN streaming.StreamJob: -cacheArchive option is deprecated, please use -archives instead.",
    ),
    (
        "cacheFile",
        "WARN streaming.StreamJob: -cacheFile option is deprecated, please use -files instead.",
    ),
    ("jobconf", "WARN streaming.StreamJob: -jobconf option is deprecated, please use -D instead."),
    (
        "additionalconfspec",
        "WARN streaming.StreamJob: -additionalconfspec option is deprecated, please use -conf instead.",
    ),
];

const FAILED: &str = "Streaming Command Failed!";
const TRY_HELP: &str = "Try -help for more information";
const EMPTY_PATH: &str =
    "java.lang.IllegalArgumentException: Can not create a Path from an empty string";

/// Reads the arguments behind `hadoop jar hadoop-streaming.jar`, as `HadoopStreaming.main` does.
///
/// ```
/// use howdah_streaming::options::{Invocation, parse};
///
/// let arguments = ["-D", "mapreduce.job.reduces=2", "-input", "a,b", "c", "-output", "out", "-mapper", "cat"];
/// let Invocation::Job(job) = parse(&arguments.map(String::from))? else { panic!("not a job") };
/// assert_eq!(job.inputs, ["a", "b", "c"]);
/// assert_eq!(job.mapper.as_deref(), Some("cat"));
/// assert_eq!(job.properties, [("mapreduce.job.reduces".into(), "2".into())]);
/// # Ok::<(), howdah_streaming::options::UsageError>(())
/// ```
///
/// # Errors
/// What Hadoop refuses before it looks at files and classes.
pub fn parse(args: &[String]) -> Result<Invocation, UsageError> {
    let Some((verb, behind)) = args.split_first() else {
        return Err(UsageError::new(["No Arguments Given!"]).with_usage());
    };
    match verb.to_ascii_lowercase().as_str() {
        "dumptb" => parse_typed_bytes(behind).map(Invocation::DumpTypedBytes),
        "loadtb" => parse_typed_bytes(behind).map(Invocation::LoadTypedBytes),
        "streamjob" => parse_job(behind),
        _ => parse_job(args),
    }
}

fn parse_typed_bytes(args: &[String]) -> Result<TypedBytesOptions, UsageError> {
    let generic = Generic::parse(args)?;
    let Some(path) = generic.rest.first() else {
        let lines =
            generic.warnings.iter().map(String::as_str).chain(["Too few arguments!", FAILED]);
        return Err(UsageError::new(lines).with_usage());
    };
    if path.is_empty() {
        return Err(UsageError::uncaught(EMPTY_PATH));
    }
    Ok(TypedBytesOptions {
        path: path.clone(),
        properties: generic.properties,
        conf_files: generic.conf_files,
    })
}

fn parse_job(args: &[String]) -> Result<Invocation, UsageError> {
    let mut generic = Generic::parse(args)?;
    let line =
        command_line::parse(STREAMING, &generic.rest).map_err(|complaint| refuse(&complaint))?;
    if !line.rest.is_empty() {
        let (count, words) = (line.rest.len(), line.rest.join(", "));
        return Err(UsageError::failed(&format!(
            "Found {count} unexpected arguments on the command line [{words}]"
        )));
    }
    if line.has("help") || line.has("info") {
        return Ok(Invocation::Help { long: line.has("info") });
    }
    let deprecated = DEPRECATED.iter().filter(|(option, _)| line.has(option));
    generic.warnings.extend(deprecated.map(|&(_, warning)| warning.to_owned()));
    let warnings = generic.warnings.clone();
    let job = job_of(generic, &line).map_err(|error| error.behind(&warnings))?;
    Ok(Invocation::Job(job))
}

/// The job that the streaming options ask for, on top of the generic ones.
fn job_of(generic: Generic, line: &CommandLine) -> Result<StreamingOptions, UsageError> {
    let mut properties = generic.properties;
    properties.extend(line.value("dfs").map(|uri| ("fs.default.name".to_owned(), uri)));
    for setting in line.values("jobconf") {
        properties.push(job_property(setting)?);
    }
    let inputs: Vec<&String> = line.values("input").collect();
    if inputs.is_empty() {
        return Err(UsageError::failed("Required argument: -input <name>"));
    }
    let output =
        line.value("output").ok_or_else(|| UsageError::failed("Required argument: -output "))?;
    let inputs: Vec<String> = inputs.into_iter().flat_map(|value| split_paths(value)).collect();
    if output.is_empty() || inputs.iter().any(String::is_empty) {
        return Err(UsageError::new([FAILED])
            .with_hint("a path in -input or -output is empty; remove it or fill it in"));
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

/// The streaming options that were given and have no effect.
fn without_effect(line: &CommandLine) -> Vec<IgnoredOption> {
    let scripts = ["mapdebug", "reducedebug"].into_iter().flat_map(|name| {
        line.values(name).take(1).map(move |value| IgnoredOption {
            option: format!("-{name} {value}"),
            reason: "Hadoop has run no debug scripts since version 2",
        })
    });
    scripts.chain(repeated(line, STREAMING)).collect()
}

/// The second and later values of options that have one.
fn repeated(line: &CommandLine, accepted: Accepted) -> impl Iterator<Item = IgnoredOption> {
    let single =
        accepted.iter().filter(|(name, arity)| *arity == Arity::One && !REPEATABLE.contains(name));
    single.flat_map(|&(name, _)| {
        line.values(name).skip(1).map(move |value| IgnoredOption {
            option: format!("-{name} {value}"),
            reason: "the option is given more than once, and the first one counts",
        })
    })
}

/// What the streaming parser's complaint leads to: the usage, and exit status 1.
fn refuse(complaint: &Complaint) -> UsageError {
    let message = format!("ERROR streaming.StreamJob: {}", complaint.message());
    let error = UsageError::new([message.as_str(), "", TRY_HELP, FAILED]).with_usage();
    let is_generic = |option: &str| {
        let name = option.trim_start_matches('-');
        name.starts_with('D') || GENERIC.iter().any(|(generic, _)| *generic == name)
    };
    match complaint {
        Complaint::Unrecognized(option) if is_generic(option) => error
            .with_hint("generic options such as -D, -files and -conf must stand before all others"),
        _ => error,
    }
}

/// The generic options, and the words behind them.
#[derive(Debug, Default)]
struct Generic {
    properties: Vec<(String, String)>,
    conf_files: Vec<String>,
    files: Vec<String>,
    archives: Vec<String>,
    jars: Vec<String>,
    ignored: Vec<IgnoredOption>,
    warnings: Vec<String>,
    rest: Vec<String>,
}

impl Generic {
    /// Reads them. When one lacks its value Hadoop warns, forgets all arguments and goes on.
    fn parse(args: &[String]) -> Result<Self, UsageError> {
        match command_line::parse_leading(GENERIC, args) {
            Ok(line) => Self::of(line),
            Err(complaint) => {
                let warning = format!(
                    "WARN util.GenericOptionsParser: options parsing failed: {}",
                    complaint.message()
                );
                Ok(Self { warnings: vec![warning], ..Self::default() })
            }
        }
    }

    fn of(line: CommandLine) -> Result<Self, UsageError> {
        let mut ignored: Vec<IgnoredOption> = repeated(&line, GENERIC).collect();
        ignored.extend(line.value("tokenCacheFile").map(|file| IgnoredOption {
            option: format!("-tokenCacheFile {file}"),
            reason: "credentials are not needed to run a job here",
        }));
        ignored.extend(line.values("D").filter(|setting| !setting.contains('=')).map(|setting| {
            IgnoredOption { option: format!("-D {setting}"), reason: "a property needs NAME=VALUE" }
        }));
        let paths = |name| line.value(name).map_or(Ok(Vec::new()), |value| shipped_paths(&value));
        Ok(Self {
            properties: generic_properties(&line),
            conf_files: line.values("conf").cloned().collect(),
            jars: paths("libjars")?,
            files: paths("files")?,
            archives: paths("archives")?,
            ignored,
            warnings: Vec::new(),
            rest: line.rest,
        })
    }
}

fn generic_properties(line: &CommandLine) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    if let Some(uri) = line.value("fs") {
        properties.push(("fs.defaultFS".to_owned(), uri));
    }
    if let Some(tracker) = line.value("jt") {
        if tracker.eq_ignore_ascii_case("local") {
            properties.push(("mapreduce.framework.name".to_owned(), tracker.clone()));
        }
        properties.push(("yarn.resourcemanager.address".to_owned(), tracker));
    }
    let settings = line.values("D").filter_map(|setting| setting.split_once('='));
    properties.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    properties
}

/// The paths of `-files`, `-archives` or `-libjars`.
fn shipped_paths(value: &str) -> Result<Vec<String>, UsageError> {
    let paths = java_split(value);
    if paths.iter().any(|path| path.is_empty()) {
        return Err(UsageError::uncaught(
            "java.lang.IllegalArgumentException: File name can't be empty string",
        ));
    }
    Ok(paths.into_iter().map(str::to_owned).collect())
}

/// Splits at commas as Java's `String.split` does: empty pieces at the end are dropped, but the empty text is one piece.
fn java_split(value: &str) -> Vec<&str> {
    if value.is_empty() {
        return vec![value];
    }
    let kept = value.trim_end_matches(',');
    if kept.is_empty() { Vec::new() } else { kept.split(',').collect() }
}

/// Splits the value of an `-input` at commas that are not inside `{}`, as `FileInputFormat.getPathStrings` does.
///
/// ```
/// use howdah_streaming::options::split_paths;
///
/// assert_eq!(split_paths("a,b/{c,d},e"), ["a", "b/{c,d}", "e"]);
/// ```
pub fn split_paths(value: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let (mut open, mut inside, mut start) = (0i64, false, 0);
    for (index, character) in value.char_indices() {
        match character {
            '{' => {
                open += 1;
                inside = true;
            }
            '}' => {
                open -= 1;
                inside &= open != 0;
            }
            ',' if !inside => {
                paths.push(value[start..index].to_owned());
                start = index + 1;
            }
            _ => {}
        }
    }
    paths.push(value[start..].to_owned());
    paths
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

impl UsageError {
    /// An error that prints `lines` and exits with 1.
    fn new<'l>(lines: impl IntoIterator<Item = &'l str>) -> Self {
        let lines = lines.into_iter().map(str::to_owned).collect();
        Self { exit_code: 1, lines, prints_usage: false, hint: None }
    }

    /// What `StreamJob.fail` prints.
    fn failed(message: &str) -> Self {
        Self::new([message, TRY_HELP, FAILED])
    }

    /// An exception that nothing in Hadoop catches.
    fn uncaught(exception: &str) -> Self {
        Self::new([format!("Exception in thread \"main\" {exception}").as_str()])
    }

    fn with_usage(self) -> Self {
        Self { prints_usage: true, ..self }
    }

    fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// The error with warnings printed first.
    fn behind(mut self, warnings: &[String]) -> Self {
        self.lines.splice(..0, warnings.iter().cloned());
        self
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))?;
        match self.hint {
            Some(hint) => write!(f, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse_line(line: &str) -> Result<Invocation, UsageError> {
        let words: Vec<String> =
            line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        parse(&words)
    }

    fn job(line: &str) -> StreamingOptions {
        match parse_line(line) {
            Ok(Invocation::Job(job)) => job,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn failure(line: &str) -> UsageError {
        parse_line(line).unwrap_err()
    }

    #[test]
    fn generic_options_come_first_and_later_properties_stay_behind_earlier_ones() {
        let job = job(
            "-Da=1 -D b=2=3 -D c -files x,y#z -files w -conf f.xml -jt local -input i -output o -jobconf a=4 -dfs h -additionalconfspec g.xml",
        );
        let properties: Vec<_> =
            job.properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            properties,
            [
                "mapreduce.framework.name=local",
                "yarn.resourcemanager.address=local",
                "a=1",
                "b=2=3",
                "fs.default.name=h",
                "a=4"
            ]
        );
        assert_eq!(job.files, ["x", "y#z"]);
        assert_eq!(job.conf_files, ["f.xml", "g.xml"]);
        let ignored: Vec<_> = job.ignored.iter().map(|ignored| ignored.option.as_str()).collect();
        assert_eq!(ignored, ["-files w", "-D c"]);
        assert_eq!(job.warnings.len(), 3);
    }

    #[test]
    fn inputs_are_repeated_listed_or_joined() {
        let job = job("--input a b -input c,{d,e} -output o -mapper cat -mapper rev -input \"f\"");
        assert_eq!(job.inputs, ["a", "b", "c", "{d,e}", "f"]);
        assert_eq!(job.mapper.as_deref(), Some("cat"));
        assert_eq!(job.ignored[0].option, "-mapper rev");
    }

    #[test]
    fn every_streaming_option_has_its_field() {
        let job = job(
            "StreamJob -input i -output o -mapper m -combiner c -reducer NONE -file a b -cacheFile u -cacheArchive v -inputformat f \
             -outputformat g -inputreader R,begin=<a>,end -partitioner p -numReduceTasks 2 -io typedbytes -cmdenv A=1 -cmdenv B=2 \
             -lazyOutput -background -verbose -debug -mapdebug s -reducedebug t",
        );
        assert_eq!((job.combiner.as_deref(), job.reducer.as_deref()), (Some("c"), Some("NONE")));
        assert_eq!(
            (job.packaged_files.len(), job.cache_files.len(), job.cache_archives.len()),
            (2, 1, 1)
        );
        assert_eq!(
            (job.input_format.as_deref(), job.output_format.as_deref()),
            (Some("f"), Some("g"))
        );
        let reader = job.input_reader.as_ref().unwrap();
        assert_eq!(reader.class, "R");
        assert_eq!(
            reader.properties,
            [
                ("stream.recordreader.begin".into(), "<a>".into()),
                ("stream.recordreader.end".into(), String::new())
            ]
        );
        assert_eq!(
            (job.partitioner.as_deref(), job.io.as_deref()),
            (Some("p"), Some("typedbytes"))
        );
        assert_eq!(job.reduce_task_count(), Ok(Some(2)));
        assert_eq!(job.task_environment(), "HADOOP_ROOT_LOGGER= A=1 B=2");
        assert!(job.lazy_output && job.background && job.verbose && job.debug);
        assert_eq!((job.map_debug.as_deref(), job.reduce_debug.as_deref()), (Some("s"), Some("t")));
        assert_eq!(job.ignored.len(), 2);
    }

    #[test]
    fn verbs_are_read_in_any_case() {
        assert!(
            matches!(parse_line("DumpTB g*"), Ok(Invocation::DumpTypedBytes(options)) if options.path == "g*")
        );
        assert!(
            matches!(parse_line("loadtb -D a=b p"), Ok(Invocation::LoadTypedBytes(options)) if options.properties.len() == 1)
        );
        assert_eq!(parse_line("-help"), Ok(Invocation::Help { long: false }));
        assert_eq!(parse_line("streamjob -D a=b -info -help"), Ok(Invocation::Help { long: true }));
    }

    /// Recorded from Hadoop 3.4.2, or read in its source.
    #[test]
    fn mistakes_are_answered_as_hadoop_answers_them() {
        let unrecognized = "ERROR streaming.StreamJob: Unrecognized option:";
        let cases: &[(&str, &str, bool)] = &[
            ("", "No Arguments Given!", true),
            (
                "-output o -mapper cat",
                "Required argument: -input <name>|Try -help for more information|Streaming Command Failed!",
                false,
            ),
            (
                "-input i",
                "Required argument: -output |Try -help for more information|Streaming Command Failed!",
                false,
            ),
            (
                "-input i -output o -foo 1",
                &format!("{unrecognized} -foo||{TRY_HELP}|{FAILED}"),
                true,
            ),
            ("-input i -map cat -output o", "", false),
            ("-output o -map cat", &format!("{unrecognized} -map||{TRY_HELP}|{FAILED}"), true),
            ("-reducer NONE -D a=b", &format!("{unrecognized} -D||{TRY_HELP}|{FAILED}"), true),
            (
                "-input i -mapper -output o",
                &format!(
                    "ERROR streaming.StreamJob: Missing argument for option: mapper||{TRY_HELP}|{FAILED}"
                ),
                true,
            ),
            (
                "-output o dummy",
                &format!(
                    "Found 1 unexpected arguments on the command line [dummy]|{TRY_HELP}|{FAILED}"
                ),
                false,
            ),
            (
                "-output o x y -help",
                &format!(
                    "Found 2 unexpected arguments on the command line [x, y]|{TRY_HELP}|{FAILED}"
                ),
                false,
            ),
            (
                "-D",
                &format!(
                    "WARN util.GenericOptionsParser: options parsing failed: Missing argument for option: D|Required argument: -input <name>|{TRY_HELP}|{FAILED}"
                ),
                false,
            ),
            (
                "-files a,,b -input i -output o",
                "Exception in thread \"main\" java.lang.IllegalArgumentException: File name can't be empty string",
                false,
            ),
            (
                "-jobconf a",
                "WARN streaming.StreamJob: -jobconf option is deprecated, please use -D instead.|Exception in thread \"main\" java.lang.ArrayIndexOutOfBoundsException: Index 1 out of bounds for length 1",
                false,
            ),
            ("-input a, -output o", FAILED, false),
            ("dumptb", &format!("Too few arguments!|{FAILED}"), true),
        ];
        for (line, lines, prints_usage) in cases {
            if lines.is_empty() {
                assert_eq!(job(line).inputs, ["i", "-map", "cat"]);
                continue;
            }
            let error = failure(line);
            assert_eq!(error.lines.join("|"), *lines, "{line}");
            assert_eq!((error.exit_code, error.prints_usage), (1, *prints_usage), "{line}");
        }
    }

    #[test]
    fn hints_say_what_hadoop_leaves_open() {
        let error = failure("-output o -Da=b");
        assert_eq!(
            error.to_string(),
            "ERROR streaming.StreamJob: Unrecognized option: -Da=b\n\nTry -help for more information\nStreaming Command Failed!\n\n\
             hint: generic options such as -D, -files and -conf must stand before all others"
        );
        let error = job("-input i -output o -numReduceTasks two").reduce_task_count().unwrap_err();
        assert_eq!(
            error.to_string(),
            "Streaming Command Failed!\n\nhint: -numReduceTasks needs a whole number, such as 4"
        );
    }

    fn any_word() -> impl Strategy<Value = String> {
        let names: Vec<&str> = GENERIC.iter().chain(STREAMING).map(|&(name, _)| name).collect();
        prop_oneof![
            prop::sample::select(names).prop_map(|name| format!("-{name}")),
            "-{0,2}[a-zD]{0,3}=?[a,{}\"]{0,3}",
            ".{0,4}",
        ]
    }

    proptest! {
        #[test]
        fn any_arguments_are_read_or_refused(args in prop::collection::vec(any_word(), 0..12)) {
            match parse(&args) {
                Ok(Invocation::Job(job)) => {
                    prop_assert!(!job.inputs.is_empty() && !job.output.is_empty());
                    let _ = job.reduce_task_count();
                }
                Ok(_) => {}
                Err(error) => prop_assert!(error.exit_code != 0 && !error.lines.is_empty()),
            }
        }

        #[test]
        fn split_paths_lose_nothing(value in "[a,{}]{0,12}") {
            prop_assert_eq!(split_paths(&value).join(","), value);
        }
    }
}
