//! The command line of `hadoop jar hadoop-streaming.jar`.
//!
//! First stands a verb, or nothing for a streaming job; then the generic options, which
//! `GenericOptionsParser` reads up to the first word that is none; then those of `StreamJob`. What can be found
//! wrong without looking at files or classes is found here, with Hadoop's own words and exit code.

use crate::command::join_environment;
use crate::command_line::{self, Accepted, Arity, CommandLine, Complaint};
use crate::uri::Uri;
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

/// How a command line looks at a file that it names: `Err` with the file's whole URI, such as `file:/data/x`, if there is
/// none.
pub type Look<'a> = &'a dyn Fn(&str) -> Result<(), String>;

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
    /// Whether that is the one with the tips of `-info`.
    pub prints_tips: bool,
    /// What to do, in words that are not Hadoop's, where its own leave that open.
    pub hint: Option<String>,
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
    parse_looking(args, &|_| Ok(()))
}

/// The same with a look at the files that are to be shipped, since Hadoop misses one of `-libjars`, `-files` or
/// `-archives` before it reads the streaming options, and one of `-file` before it misses `-input`.
///
/// ```
/// use howdah_streaming::options::parse_looking;
///
/// let nothing_is_there = |path: &str| Err(format!("file:/here/{path}"));
/// let error = parse_looking(&["-files", "m.py", "-help"].map(String::from), &nothing_is_there).unwrap_err();
/// assert!(error.lines[0].ends_with("java.io.FileNotFoundException: File m.py does not exist"));
/// ```
///
/// # Errors
/// What Hadoop refuses before it looks at inputs and classes.
pub fn parse_looking(args: &[String], look: Look<'_>) -> Result<Invocation, UsageError> {
    let Some((verb, behind)) = args.split_first() else {
        return Err(UsageError::new(["No Arguments Given!"]).with_usage());
    };
    match verb.to_ascii_lowercase().as_str() {
        "dumptb" => parse_typed_bytes(behind, look).map(Invocation::DumpTypedBytes),
        "loadtb" => parse_typed_bytes(behind, look).map(Invocation::LoadTypedBytes),
        "streamjob" => parse_job(behind, look),
        _ => parse_job(args, look),
    }
}

fn parse_typed_bytes(args: &[String], look: Look<'_>) -> Result<TypedBytesOptions, UsageError> {
    let generic = Generic::parse(args, look)?;
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

fn parse_job(args: &[String], look: Look<'_>) -> Result<Invocation, UsageError> {
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
fn refuse(complaint: &Complaint, words: &[String]) -> UsageError {
    let message = format!("ERROR streaming.StreamJob: {}", complaint.message());
    let error = UsageError::new([message.as_str(), "", TRY_HELP, FAILED]);
    let is_long = words.first().is_some_and(|word| word == "-info");
    let error = UsageError { prints_usage: true, prints_tips: is_long, ..error };
    let hint = match complaint {
        Complaint::Unrecognized(option) => hint_on_option(option),
        Complaint::MissingArgument(name) => Some(format!(
            "-{name} needs a value behind it; what follows is another option or nothing"
        )),
    };
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// What somebody who wrote an unknown option may have meant.
fn hint_on_option(option: &str) -> Option<String> {
    let name = option.trim_start_matches('-');
    let (before_equals, has_value) =
        name.split_once('=').map_or((name, false), |(before, _)| (before, true));
    let named = |accepted: Accepted, name: &str| {
        let is_it = |(option, _): &&(&str, Arity)| option.eq_ignore_ascii_case(name);
        accepted.iter().find(is_it).map(|&(option, _)| option)
    };
    if name.starts_with('D') || GENERIC.iter().any(|(generic, _)| *generic == before_equals) {
        return Some(
            "generic options such as -D, -files and -conf must stand before all others".to_owned(),
        );
    }
    match named(STREAMING, before_equals) {
        Some(right) if has_value => Some(format!("write the value behind a blank: -{right} VALUE")),
        Some(right) => Some(format!("the option is -{right}")),
        None if matches!(name, "h" | "?" | "usage") => Some("-help shows the usage".to_owned()),
        None => {
            let longer = STREAMING.iter().filter(|(right, _)| right.starts_with(name));
            let longer: Vec<String> = longer.map(|(right, _)| format!("-{right}")).collect();
            let is_short = !name.is_empty() && !longer.is_empty();
            is_short.then(|| format!("options cannot be shortened: {}", longer.join(" or ")))
        }
    }
}

/// The commonest cause of a word that belongs to no option.
fn hint_on_stray(word: &str, args: &[String]) -> Option<String> {
    if word.contains('\r') {
        return Some("a line of the script ends in CR LF: save it with Unix line ends".to_owned());
    }
    if !word.is_empty() && word.chars().all(char::is_whitespace) {
        return Some(
            "a line of the command ends in a backslash and a blank, so that the command ends there, too: \
             remove the blank"
                .to_owned(),
        );
    }
    if word.starts_with(['\u{2013}', '\u{2014}', '\u{2212}']) {
        return Some(format!("`{word}` begins with a dash: options begin with a hyphen, `-`"));
    }
    let at = args.iter().position(|arg| arg == word)?;
    let before = args[..at].iter().rposition(|arg| arg.starts_with('-') && arg.len() > 1)?;
    let name = args[before].trim_start_matches('-');
    match name {
        "mapper" | "combiner" | "reducer" => {
            let words = args[before + 1..=at].join(" ");
            Some(format!(
                "a command of several words is one argument; put quotes around it: -{name} '{words}'"
            ))
        }
        _ if name.starts_with('D') || name == "jobconf" => {
            Some("a property is one argument without blanks around `=`: -D NAME=VALUE".to_owned())
        }
        "files" | "archives" | "libjars" => {
            Some(format!("several paths are one argument, with commas: -{name} A,B"))
        }
        "cmdenv" => Some("each variable needs a -cmdenv of its own".to_owned()),
        _ => None,
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
    fn parse(args: &[String], look: Look<'_>) -> Result<Self, UsageError> {
        match command_line::parse_leading(GENERIC, args) {
            Ok(line) => Self::of(line, look),
            Err(complaint) => {
                let warning = format!(
                    "WARN util.GenericOptionsParser: options parsing failed: {}",
                    complaint.message()
                );
                Ok(Self { warnings: vec![warning], ..Self::default() })
            }
        }
    }

    fn of(line: CommandLine, look: Look<'_>) -> Result<Self, UsageError> {
        if line.values("conf").any(String::is_empty) {
            return Err(UsageError::uncaught(EMPTY_PATH).with_hint("-conf names no file"));
        }
        if line.value("fs").is_some_and(|uri| uri.is_empty()) {
            let exception =
                "java.lang.IllegalArgumentException: Expected authority at index 7: hdfs://";
            return Err(UsageError::uncaught(exception).with_hint("-fs names no file system"));
        }
        let mut ignored: Vec<IgnoredOption> = repeated(&line, GENERIC).collect();
        ignored.extend(line.value("tokenCacheFile").map(|file| IgnoredOption {
            option: format!("-tokenCacheFile {file}"),
            reason: "credentials are not needed to run a job here",
        }));
        ignored.extend(line.values("D").filter(|setting| !setting.contains('=')).map(|setting| {
            IgnoredOption { option: format!("-D {setting}"), reason: "a property needs NAME=VALUE" }
        }));
        let paths = |name| {
            let with_globs = name == "libjars";
            let value = line.value(name);
            value.map_or(Ok(Vec::new()), |value| shipped_paths(&value, with_globs, look))
        };
        let (jars, files, archives) = (paths("libjars")?, paths("files")?, paths("archives")?);
        if let Some(Err(uri)) = line.value("tokenCacheFile").map(|file| look(&file)) {
            return Err(UsageError::missing(&uri));
        }
        Ok(Self {
            properties: generic_properties(&line),
            conf_files: line.values("conf").cloned().collect(),
            jars,
            files,
            archives,
            ignored,
            warnings: Vec::new(),
            rest: line.rest,
        })
    }
}

fn generic_properties(line: &CommandLine) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    if let Some(uri) = line.value("fs") {
        let uri = if uri == "local" { "file:///".to_owned() } else { uri };
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

/// The paths of `-files`, `-archives` or `-libjars`, all of which must be there (`GenericOptionsParser.validateFiles`).
/// With globs, a path may end in `*` for all jars of a folder.
fn shipped_paths(value: &str, with_globs: bool, look: Look<'_>) -> Result<Vec<String>, UsageError> {
    let illegal =
        |what: &str| UsageError::uncaught(&format!("java.lang.IllegalArgumentException: {what}"));
    let paths = java_split(value);
    if paths.is_empty() {
        return Err(illegal("File name can't be empty string"));
    }
    for path in &paths {
        if path.is_empty() {
            return Err(illegal("File name can't be empty string"));
        }
        let uri = Uri::parse(path).map_err(|error| {
            illegal(&format!("java.net.URISyntaxException: {error}"))
                .with_hint("the entries are URIs, parted at commas without blanks; rename the file or write %20 for a blank")
        })?;
        match uri.scheme() {
            None => {
                let folder = uri.path().strip_suffix('*').filter(|_| with_globs);
                let file = folder.unwrap_or(uri.path());
                look(file).map_err(|_| UsageError::missing(file))?;
            }
            Some("file") => look(uri.path()).map_err(|uri| UsageError::missing(&uri))?,
            Some(scheme) if is_file_system(scheme) => {}
            Some(scheme) => {
                return Err(UsageError::uncaught(&format!(
                    "org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme \"{scheme}\""
                ))
                .with_hint("a name with a colon is a URI to Hadoop; rename the file"));
            }
        }
    }
    Ok(paths.into_iter().map(str::to_owned).collect())
}

/// Whether Hadoop, with what is commonly installed beside it, knows a file system by the scheme of a URI.
///
/// ```
/// use howdah_streaming::options::is_file_system;
///
/// assert!(is_file_system("hdfs") && !is_file_system("foo"));
/// ```
pub fn is_file_system(scheme: &str) -> bool {
    matches!(
        scheme,
        "file"
            | "hdfs"
            | "webhdfs"
            | "swebhdfs"
            | "viewfs"
            | "har"
            | "ftp"
            | "sftp"
            | "http"
            | "https"
            | "s3a"
            | "s3"
            | "s3n"
            | "gs"
            | "abfs"
            | "abfss"
            | "wasb"
            | "wasbs"
            | "adl"
            | "oss"
            | "cosn"
            | "obs"
            | "o3fs"
            | "ofs"
    )
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
        Self { exit_code: 1, lines, prints_usage: false, prints_tips: false, hint: None }
    }

    /// A file that is to be shipped and is not there.
    fn missing(file: &str) -> Self {
        Self::uncaught(&format!("java.io.FileNotFoundException: File {file} does not exist"))
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

    fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
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
        match &self.hint {
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

    #[test]
    fn hints_say_what_may_have_been_meant() {
        for (words, hint) in [
            (&["-input=a"][..], "write the value behind a blank: -input VALUE"),
            (&["-Mapper", "cat"], "the option is -mapper"),
            (&["-outp", "o"], "options cannot be shortened: -output or -outputformat"),
            (&["-h"], "-help shows the usage"),
            (
                &["-mapper", "-verbose"],
                "-mapper needs a value behind it; what follows is another option or nothing",
            ),
            (
                &["-input", "i", "-mapper", "python3", "m.py", "x"],
                "a command of several words is one argument; put quotes around it: -mapper 'python3 m.py'",
            ),
            (
                &["-D", "a=", "b"],
                "a property is one argument without blanks around `=`: -D NAME=VALUE",
            ),
            (&["-files", "a", "b"], "several paths are one argument, with commas: -files A,B"),
            (&["-cmdenv", "A=1", "B=2"], "each variable needs a -cmdenv of its own"),
            (
                &["-verbose", "\r"],
                "a line of the script ends in CR LF: save it with Unix line ends",
            ),
            (
                &["\u{2013}input"],
                "`\u{2013}input` begins with a dash: options begin with a hyphen, `-`",
            ),
        ] {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            let error = parse(&words).unwrap_err();
            assert_eq!(error.hint.as_deref(), Some(hint), "{words:?}");
        }
        assert_eq!(failure("-nonsense").hint, None);
    }

    #[test]
    fn files_are_looked_at_in_hadoops_order() {
        let only = |there: &'static str| {
            move |path: &str| if path == there { Ok(()) } else { Err(format!("file:/here/{path}")) }
        };
        let missing = |line: &str, there| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            parse_looking(&words, &only(there)).unwrap_err().lines.join("|")
        };
        let exception = "Exception in thread \"main\" java.io.FileNotFoundException: File";
        for (line, there, lines) in [
            ("-files f -libjars j.jar -foo", "f", format!("{exception} j.jar does not exist")),
            ("-archives a -files f", "j", format!("{exception} f does not exist")),
            ("-files file:/x#y -help", "", format!("{exception} file:/here//x does not exist")),
            ("-tokenCacheFile t", "", format!("{exception} file:/here/t does not exist")),
            ("-libjars d/* -foo", "d", format!("{exception} d/ does not exist")),
            (
                "-output o -file f",
                "",
                format!(
                    "WARN streaming.StreamJob: -file option is deprecated, please use generic option -files instead.|\
                     File: file:/here/f does not exist.|{TRY_HELP}|{FAILED}"
                ),
            ),
        ] {
            assert_eq!(missing(line, there), lines, "{line}");
        }
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
                    prop_assert!(!job.inputs.is_empty());
                    let _ = job.reduce_task_count();
                }
                Ok(_) => {}
                Err(error) => prop_assert!(error.exit_code != 0 && !error.lines.is_empty()),
            }
        }

        #[test]
        fn a_well_formed_line_says_what_is_meant(
            properties in prop::collection::vec(("[a-z.]{1,4}", "[a-z= -]{0,4}", any::<bool>()), 0..4),
            inputs in prop::collection::vec(("[a-z/*]{1,4}", any::<bool>()), 1..4),
            (mapper, output) in ("[a-z][a-z '|]{0,8}", "[a-z/]{1,6}"),
            (verbose, hyphens, reduce_tasks) in (any::<bool>(), "--?", prop::option::of(0i32..9)),
        ) {
            let mut words = Vec::new();
            for (name, value, joined) in &properties {
                let setting = format!("{name}={value}");
                words.extend(if *joined { vec![format!("-D{setting}")] } else { vec!["-D".to_owned(), setting] });
            }
            let mut option = |name: &str, value: &str| {
                words.extend([format!("{hyphens}{name}"), value.to_owned()]);
            };
            option("mapper", &mapper);
            option("output", &output);
            if let Some(count) = reduce_tasks {
                option("numReduceTasks", &count.to_string());
            }
            for (at, (input, in_a_row)) in inputs.iter().enumerate() {
                if at == 0 || !in_a_row {
                    words.push("-input".to_owned());
                }
                words.push(input.clone());
            }
            words.extend(verbose.then(|| format!("{hyphens}verbose")));
            let Ok(Invocation::Job(job)) = parse(&words) else { panic!("{words:?}") };
            let set: Vec<_> = properties.into_iter().map(|(name, value, _)| (name, value)).collect();
            prop_assert_eq!(job.properties.clone(), set);
            prop_assert_eq!(&job.inputs, &inputs.into_iter().map(|(input, _)| input).collect::<Vec<_>>());
            prop_assert_eq!((job.mapper.as_deref(), &job.output), (Some(mapper.as_str()), &output));
            prop_assert_eq!(job.verbose, verbose);
            prop_assert_eq!(job.reduce_task_count(), Ok(reduce_tasks));
        }

        #[test]
        fn split_paths_lose_nothing(value in "[a,{}]{0,12}") {
            prop_assert_eq!(split_paths(&value).join(","), value);
        }
    }
}
