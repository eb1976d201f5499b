//! The command line of one streaming job, and the proof that Hadoop reads it as it was meant.

use std::fmt;
use std::path::{Path, PathBuf};

use howdah_streaming::command::{ComposeError, compose, tokenise};
use howdah_streaming::options::{Invocation as Parsed, StreamingOptions, parse, split_paths};
use howdah_streaming::uri::Uri;

use crate::secrets::hidden;

/// One streaming job, as it is told to Hadoop.
///
/// ```
/// use howdah_hadoop::Invocation;
///
/// let mut job = Invocation::new("word-count");
/// job.set("mapreduce.job.reduces", "2");
/// job.inputs.push("hdfs:///books/*.txt".to_owned());
/// job.output = "hdfs:///counts".to_owned();
/// job.mapper = vec!["./word-count".to_owned(), "map".to_owned()];
/// job.reducer = Some(vec!["./word-count".to_owned(), "reduce".to_owned()]);
/// let argv = job.argv()?;
/// assert_eq!(argv[..2], ["-D", "mapreduce.job.name=word-count"]);
/// assert_eq!(argv[argv.len() - 2..], ["-reducer", "./word-count reduce"]);
/// # Ok::<(), howdah_hadoop::InvocationError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invocation {
    /// Properties, each set once, in the order in which they are told.
    pub properties: Vec<(String, String)>,
    /// Files that each task finds in its folder.
    pub files: Vec<Shipped>,
    /// Archives that each task finds unpacked in its folder.
    pub archives: Vec<Shipped>,
    /// Paths and globs that are read.
    pub inputs: Vec<String>,
    /// The folder that is made.
    pub output: String,
    /// The mapper's words.
    pub mapper: Vec<String>,
    /// The combiner's words.
    pub combiner: Option<Vec<String>>,
    /// The reducer's words; `None` for a job that only maps.
    pub reducer: Option<Vec<String>>,
    /// The class of the input's format, if it is not lines of text.
    pub input_format: Option<String>,
    /// The class of the partitioner, if it is not that by the hash of the key.
    pub partitioner: Option<String>,
}

/// A file on its way to the tasks of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    /// Where it lies: a path of this machine, or a URI.
    pub from: String,
    /// The name by which tasks find it.
    pub name: String,
}

impl Shipped {
    /// A file of this machine.
    ///
    /// # Errors
    /// A path that is no UTF-8, or that cannot be made absolute.
    pub fn local(path: &Path, name: impl Into<String>) -> Result<Self, InvocationError> {
        let not_told = || InvocationError::NotText { path: path.to_owned() };
        let absolute = std::path::absolute(path).map_err(|_| not_told())?;
        let from = absolute.to_str().ok_or_else(not_told)?.to_owned();
        Ok(Shipped { from, name: name.into() })
    }

    /// The entry of `-files` or `-archives`.
    fn entry(&self) -> String {
        format!("{}#{}", self.from, self.name)
    }
}

impl Invocation {
    /// A job with a name, and nothing else yet.
    pub fn new(name: impl Into<String>) -> Self {
        let properties = vec![("mapreduce.job.name".to_owned(), name.into())];
        Invocation { properties, ..Invocation::default() }
    }

    /// Sets a property; a later value takes the place of an earlier one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.properties.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.properties.push((name, value)),
        }
    }

    /// Takes a property away.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let place = self.properties.iter().position(|(known, _)| known == name)?;
        Some(self.properties.remove(place).1)
    }

    /// A property's value.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The job's name.
    pub fn name(&self) -> &str {
        self.property("mapreduce.job.name").unwrap_or_default()
    }

    /// What stands behind `hadoop jar hadoop-streaming.jar`: generic options first, which Hadoop would refuse behind the
    /// others.
    ///
    /// The words are read again by the rules of Hadoop's own parsers, those of the commands by those of `PipeMapRed`;
    /// what comes out is the very job that went in.
    ///
    /// # Errors
    /// When Hadoop would not read it so: a comma in the name of a file, a word that no command can hold, and the like.
    pub fn argv(&self) -> Result<Vec<String>, InvocationError> {
        let mut argv = Vec::new();
        let mut option = |name: &str, value: String| argv.extend([name.to_owned(), value]);
        for (name, value) in &self.properties {
            check_property(name, value)?;
            option("-D", format!("{name}={value}"));
        }
        for (name, shipped) in [("-files", &self.files), ("-archives", &self.archives)] {
            shipped.iter().try_for_each(check_shipped)?;
            if !shipped.is_empty() {
                let entries: Vec<_> = shipped.iter().map(Shipped::entry).collect();
                option(name, entries.join(","));
            }
        }
        for (name, class) in
            [("-inputformat", &self.input_format), ("-partitioner", &self.partitioner)]
        {
            if let Some(class) = class {
                option(name, class.clone());
            }
        }
        for input in &self.inputs {
            check_input(input)?;
            option("-input", input.clone());
        }
        option("-output", self.output.clone());
        option("-mapper", command("mapper", &self.mapper)?);
        if let Some(combiner) = &self.combiner {
            option("-combiner", command("combiner", combiner)?);
        }
        if let Some(reducer) = &self.reducer {
            option("-reducer", command("reducer", reducer)?);
        }
        self.prove(&argv)?;
        Ok(argv)
    }

    /// Whether Hadoop reads the words as this job.
    fn prove(&self, argv: &[String]) -> Result<(), InvocationError> {
        let read = match parse(argv) {
            Ok(Parsed::Job(read)) => read,
            Ok(_) => return Err(differs("the job", "another command")),
            Err(error) => return Err(differs("the job", error.lines.join(" "))),
        };
        let words = |command: &Option<String>| command.as_deref().map(tokenise);
        let entries = |shipped: &[Shipped]| shipped.iter().map(Shipped::entry).collect::<Vec<_>>();
        let StreamingOptions { properties, files, archives, inputs, output, .. } = &read;
        same("-D", &self.properties, properties)?;
        same("-files", &entries(&self.files), files)?;
        same("-archives", &entries(&self.archives), archives)?;
        same("-input", &self.inputs, inputs)?;
        same("-output", &self.output, output)?;
        same("-inputformat", &self.input_format, &read.input_format)?;
        same("-partitioner", &self.partitioner, &read.partitioner)?;
        same("-mapper", &Some(self.mapper.clone()), &words(&read.mapper))?;
        same("-combiner", &self.combiner, &words(&read.combiner))?;
        same("-reducer", &self.reducer, &words(&read.reducer))
    }
}

fn same<T: PartialEq + fmt::Debug>(
    what: &'static str,
    meant: &T,
    read: &T,
) -> Result<(), InvocationError> {
    if meant == read { Ok(()) } else { Err(differs(what, format!("{read:?}"))) }
}

fn differs(what: &'static str, read: impl Into<String>) -> InvocationError {
    InvocationError::Differs { what, read: read.into() }
}

/// A command's words as the text of one option.
fn command(part: &'static str, words: &[String]) -> Result<String, InvocationError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    compose(&words).map_err(|source| InvocationError::Command { part, source })
}

/// Whether a property arrives in tasks as it is: it goes there in a file of XML.
fn check_property(name: &str, value: &str) -> Result<(), InvocationError> {
    let refused = |why| {
        Err(InvocationError::Property { name: name.to_owned(), why, value: value.to_owned() })
    };
    if name.is_empty() || name.contains(['=', '\n']) || name.trim() != name {
        return refused("its name cannot be told to Hadoop");
    }
    // Of the control characters XML has these three, and of these a parser keeps none as it is but the TAB.
    let is_lost = |c: char| (c.is_control() && c != '\t') || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if value.contains(is_lost) {
        return refused("its value has a character that Hadoop's files of XML cannot hold");
    }
    Ok(())
}

/// Whether Hadoop finds a file that is shipped, and tasks find it by its name.
fn check_shipped(file: &Shipped) -> Result<(), InvocationError> {
    let refused = |why| Err(InvocationError::Shipped { file: file.clone(), why });
    if file.name.is_empty() || file.name.contains('/') || file.name.starts_with('.') {
        return refused(
            "its name for tasks must be one without `/` and without `.` as its first letter",
        );
    }
    if let Some(found) = [&file.from, &file.name].iter().find_map(|text| forbidden(text)) {
        return refused(found);
    }
    match Uri::parse(&file.entry()) {
        Ok(uri) if uri.fragment() == Some(file.name.as_str()) => Ok(()),
        _ => refused("Hadoop does not read it as a URI"),
    }
}

/// What Hadoop stumbles over in an entry of `-files`.
fn forbidden(text: &str) -> Option<&'static str> {
    if text.contains(',') {
        Some("it contains a comma, at which Hadoop parts the list of files")
    } else if text.contains('#') {
        Some("it contains a `#`, behind which Hadoop looks for the name")
    } else if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Some("it contains a blank, with which Hadoop finds no file")
    } else if text.contains('%') {
        Some("it contains a `%`, which Hadoop takes for the beginning of an escape")
    } else {
        None
    }
}

/// Whether an input is one path.
fn check_input(input: &str) -> Result<(), InvocationError> {
    if input.trim() == input && split_paths(input).len() == 1 && !input.starts_with('-') {
        return Ok(());
    }
    Err(InvocationError::Input { path: input.to_owned() })
}

/// Why a job cannot be told to Hadoop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvocationError {
    /// A part's words cannot be written as one command.
    #[error("the {part} cannot be told to Hadoop Streaming, which has no shell: {source}")]
    Command {
        /// `mapper`, `combiner` or `reducer`.
        part: &'static str,
        /// The word at fault.
        source: ComposeError,
    },
    /// A property would not arrive.
    #[error("the property `{name}` cannot be set to `{}`: {why}", hidden(.name, .value).escape_debug())]
    Property {
        /// Its name.
        name: String,
        /// What it was to be.
        value: String,
        /// The reason.
        why: &'static str,
    },
    /// A file cannot be shipped.
    #[error("the file `{}` cannot be shipped as `{}`: {why}\nhint: give it another name, or a link to it", .file.from, .file.name)]
    Shipped {
        /// The file.
        file: Shipped,
        /// The reason.
        why: &'static str,
    },
    /// A path is no text.
    #[error("the path `{}` is not UTF-8, and Hadoop could not be told it", .path.display())]
    NotText {
        /// The path.
        path: PathBuf,
    },
    /// An input that Hadoop takes for several, or for an option.
    #[error(
        "Hadoop does not read the input `{path}` as one path\nhint: give each path by itself; commas part paths, and blanks at their ends are lost"
    )]
    Input {
        /// As it was given.
        path: String,
    },
    /// Hadoop would read something else than what was meant.
    #[error("Hadoop would not read `{what}` as it is meant, but as {read}")]
    Differs {
        /// The option.
        what: &'static str,
        /// What it would read.
        read: String,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn job() -> Invocation {
        let mut job = Invocation::new("count words");
        job.set("mapreduce.job.reduces", "2");
        job.files.push(Shipped { from: "/bin/wc".to_owned(), name: "word-count".to_owned() });
        job.inputs = words("in/a hdfs://h/{x,y}/*");
        job.output = "out".to_owned();
        job.mapper = words("./word-count map --step 0");
        job.reducer = Some(words("./word-count reduce --step 0"));
        job
    }

    #[test]
    fn generic_options_come_first() {
        assert_eq!(
            job().argv().unwrap(),
            [
                "-D",
                "mapreduce.job.name=count words",
                "-D",
                "mapreduce.job.reduces=2",
                "-files",
                "/bin/wc#word-count",
                "-input",
                "in/a",
                "-input",
                "hdfs://h/{x,y}/*",
                "-output",
                "out",
                "-mapper",
                "./word-count map --step 0",
                "-reducer",
                "./word-count reduce --step 0",
            ]
        );
    }

    #[test]
    fn a_property_is_set_once() {
        let mut job = job();
        job.set("mapreduce.job.reduces", "3");
        assert_eq!(job.property("mapreduce.job.reduces"), Some("3"));
        assert_eq!(job.properties.len(), 2);
    }

    /// What a change of the job is refused with.
    fn refused(change: impl FnOnce(&mut Invocation)) -> String {
        let mut job = job();
        change(&mut job);
        job.argv().unwrap_err().to_string()
    }

    #[test]
    fn what_hadoop_would_read_otherwise_is_refused() {
        let ship = |name: &str| Shipped { from: format!("/data/{name}"), name: name.to_owned() };
        for (name, why) in [("a,b", "comma"), ("a b", "blank"), ("a#b", "`#`"), ("50%", "`%`")] {
            let message = refused(|job| job.files.push(ship(name)));
            assert!(message.contains(why), "{name}: {message}");
            assert!(message.contains("hint: give it another name"), "{message}");
        }
        assert!(refused(|job| job.inputs.push("a,b".to_owned())).contains("as one path"));
        assert!(refused(|job| job.inputs.push(" a".to_owned())).contains("as one path"));
        assert!(refused(|job| job.set("a", "x\u{1}y")).contains("XML"));
        assert!(refused(|job| job.set("a=b", "x")).contains("name"));
        let message = refused(|job| job.mapper.push("both ' and \"".to_owned()));
        assert!(message.starts_with("the mapper cannot be told"), "{message}");
    }

    proptest! {
        #[test]
        fn what_is_not_refused_is_read_as_it_was_meant(
            word in "\\PC{1,12}",
            value in "\\PC{0,12}",
            input in "[a-z{},* \"'-]{1,8}",
            name in "\\PC{1,8}",
        ) {
            let mut job = job();
            job.mapper.push(word);
            job.set("some.name", value);
            job.inputs.push(input);
            job.files.push(Shipped { from: "/x/y".to_owned(), name });
            if let Ok(argv) = job.argv() {
                prop_assert!(matches!(parse(&argv), Ok(Parsed::Job(_))));
            }
        }
    }
}
