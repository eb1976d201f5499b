//! The command line of `hadoop jar hadoop-streaming.jar`.
//!
//! First stands a verb, or nothing for a streaming job; then the generic options, which
//! `GenericOptionsParser` reads up to the first word that is none; then those of `StreamJob`. What can be found
//! wrong without looking at files or classes is found here, with Hadoop's own words and exit code.
//!
//! | file | what |
//! | --- | --- |
//! | this | the verbs, and what each asks for |
//! | `accepted` | which options there are |
//! | `generic` | the options of `GenericOptionsParser` |
//! | `job` | those of `StreamJob`, and the job that they make |
//! | `paths` | values that are lists of paths |
//! | `ignored` | what was given and has no effect |
//! | `error` | what Hadoop says of a mistake |
//! | `hint` | what may have been meant |

mod accepted;
mod error;
mod generic;
mod hint;
mod ignored;
mod job;
mod paths;

pub use error::UsageError;
pub use ignored::IgnoredOption;
pub use job::{InputReader, StreamingOptions};
pub use paths::{is_file_system, split_paths};

use error::{EMPTY_PATH, FAILED};
use generic::Generic;

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
        "streamjob" => job::parse(behind, look),
        _ => job::parse(args, look),
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

#[cfg(test)]
mod tests;
