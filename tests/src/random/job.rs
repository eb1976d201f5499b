//! A job as parts that can be taken away.

use std::collections::BTreeMap;

use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::key_fields::KeyFields;

use crate::conformance::case::{Case, Content, Expected};

const COMPARATOR: &str = "mapreduce.job.output.key.comparator.class";

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// A job on the files.
    Run,
    /// `dumptb` of what matches.
    Dump {
        /// A path or a pattern.
        pattern: String,
        /// Whether a file is no longer as it was written.
        is_damaged: bool,
    },
    /// `loadtb` of the first file into a path.
    Load {
        /// The path.
        path: String,
    },
}

/// A job on files, or a verb on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What it asks for.
    pub verb: Verb,
    /// Names below `in/`, and what the files hold, in pieces that are joined.
    pub files: Vec<(String, Vec<Vec<u8>>)>,
    /// Properties.
    pub settings: Vec<(String, String)>,
    /// Streaming options with their values, but for input and output.
    pub options: Vec<Vec<String>>,
}

impl Job {
    /// The job as a recorded case, without what it comes to.
    #[must_use]
    pub fn case(&self, name: &str) -> Case {
        let files = self.files.iter().map(|(name, pieces)| {
            let bytes = pieces.concat();
            (format!("in/{name}"), Content::of(&bytes))
        });
        let settings = self
            .settings
            .iter()
            .flat_map(|(name, value)| ["-D".to_owned(), format!("{name}={value}")]);
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let (verb, ends) = match &self.verb {
            Verb::Run => (None, self.inputs_and_output()),
            Verb::Dump { pattern, .. } => (Some("dumptb"), words(&[pattern, ">", "out/dump"])),
            Verb::Load { path } => {
                let stream = self.files.first().map_or("", |(name, _)| name);
                (Some("loadtb"), words(&[path, "<", &format!("in/{stream}")]))
            }
        };
        Case {
            name: name.to_owned(),
            why: String::new(),
            folders: vec!["in".to_owned()],
            files: files.collect(),
            environment: BTreeMap::new(),
            before: Vec::new(),
            own: Vec::new(),
            run: verb
                .map(str::to_owned)
                .into_iter()
                .chain(settings)
                .chain(ends)
                .chain(self.options.iter().flatten().cloned())
                .collect(),
            expected: Expected::default(),
            says: Vec::new(),
            hadoop: None,
        }
    }

    /// What is read and written: the folder, or each file, where it matters in which order they come. Hadoop takes those of
    /// a folder as its disk lists them.
    fn inputs_and_output(&self) -> Vec<String> {
        let combines = self.option("-inputformat").is_some_and(|class| class.contains(".Combine"));
        let inputs: Vec<_> = if combines {
            self.files.iter().map(|(name, _)| format!("in/{name}")).collect()
        } else {
            vec!["in".to_owned()]
        };
        let inputs = inputs.into_iter().flat_map(|input| ["-input".to_owned(), input]);
        inputs.chain(["-output".to_owned(), "out".to_owned()]).collect()
    }

    /// A property's value; empty if it is not set.
    #[must_use]
    pub fn setting(&self, name: &str) -> &str {
        let found = self.settings.iter().rev().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }

    /// An option's first value.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        let found = self.options.iter().find(|words| words[0] == name)?;
        found.get(1).map(String::as_str)
    }

    /// Whether there are reduce tasks.
    #[must_use]
    pub fn reduces(&self) -> bool {
        self.option("-numReduceTasks") != Some("0") && self.option("-reducer") != Some("NONE")
    }

    /// Whether keys are paths of files, which are others on each side, and with them the tasks that they come to.
    #[must_use]
    pub fn has_paths_as_keys(&self) -> bool {
        self.option("-mapper").is_some_and(|class| class.ends_with(".ValueAggregatorMapper"))
    }

    /// Whether the combiner is a class that passes on what it is given.
    #[must_use]
    pub fn combines_by_identity(&self) -> bool {
        self.option("-combiner").is_some_and(|class| class.ends_with(".IdentityReducer"))
    }

    /// Whether a line of the output begins with its key and a TAB, so that its place can be judged.
    #[must_use]
    pub fn lines_show_keys(&self) -> bool {
        let plain = |name: &str| self.setting(name).is_empty();
        let passes = matches!(
            self.option("-reducer"),
            None | Some("cat" | "org.apache.hadoop.mapred.lib.IdentityReducer")
        );
        let separator = self.setting("stream.map.output.field.separator");
        let key_has_no_tab = match (self.option("-mapper"), separator) {
            (Some("cat"), "") => plain("stream.num.map.output.key.fields"),
            (Some("cat"), _) => !self
                .files
                .iter()
                .any(|(_, pieces)| pieces.iter().any(|piece| piece.contains(&b'\t'))),
            _ => false,
        };
        passes
            && key_has_no_tab
            && self.option("-io").is_none()
            && self.option("-inputformat").is_none()
            && self.option("-inputreader").is_none()
            && self.option("-outputformat").is_none()
            && [
                "stream.map.input.field.separator",
                "stream.reduce.input.field.separator",
                "stream.reduce.output.field.separator",
                "stream.num.reduce.output.key.fields",
                "mapreduce.output.textoutputformat.separator",
                "stream.map.output",
                "stream.reduce.input",
                "stream.reduce.output",
            ]
            .into_iter()
            .all(plain)
    }

    /// Whether what stands before the first TAB of the lines of a part comes in one order only: keys do, by their bytes or
    /// as numbers, and values are passed on behind them.
    #[must_use]
    pub fn lines_come_in_the_order_of_keys(&self) -> bool {
        let form = |pipe: &str| match self.setting(pipe) {
            "" => self.option("-io").unwrap_or("text"),
            form => form,
        };
        let mapper = self.option("-mapper").unwrap_or_default();
        // Raw bytes hold lengths, which as text would end lines; as raw bytes again they are shown as digits.
        let is_shown =
            form("stream.map.input") != "rawbytes" || form("stream.map.output") == "rawbytes";
        let is_typed =
            mapper.contains("pairs.py") && form("stream.map.output") != "text" && is_shown;
        let is_class = !mapper.ends_with("FieldSelectionMapReduce")
            && !self.setting("mapreduce.map.output.key.class").is_empty();
        let passes = match self.option("-reducer") {
            None => true,
            Some("cat") => {
                let read = form("stream.reduce.input");
                // Typed bytes in lines may end them anywhere.
                read == form("stream.reduce.output")
                    && (!is_typed || read == form("stream.map.output"))
            }
            Some(class) => class.ends_with(".IdentityReducer"),
        };
        let ends_in = |option: &str, name: &str| {
            self.option(option).is_some_and(|class| class.ends_with(name))
        };
        // Of records that hold ends of lines those that a `SequenceFile` shows whole.
        let hold_lines = self.option("-inputreader").is_some()
            || self.option("-inputformat").is_some_and(|class| class.contains("SequenceFile"))
            || ends_in("-inputformat", "AutoInputFormat");
        let are_shown_whole = ["SequenceFileOutputFormat", "SequenceFileAsBinaryOutputFormat"]
            .iter()
            .any(|format| ends_in("-outputformat", format))
            && (self.option("-reducer") != Some("cat") || form("stream.reduce.input") != "text");
        // No other order makes a MapFile.
        if ends_in("-outputformat", "MapFileOutputFormat") {
            return true;
        }
        (is_typed || is_class)
            && passes
            && (!hold_lines || are_shown_whole)
            && self.setting(COMPARATOR).is_empty()
            && self.setting("textinputformat.record.delimiter").is_empty()
    }

    /// The order of the job's keys.
    #[must_use]
    pub fn comparator(&self) -> KeyComparator {
        if self.setting(COMPARATOR).is_empty() {
            return KeyComparator::Bytes;
        }
        let separator = match self.setting("mapreduce.map.output.key.field.separator") {
            "" => "\t",
            other => other,
        };
        let options = self.setting("mapreduce.partition.keycomparator.options");
        KeyFields::parse(options, separator.as_bytes())
            .map_or(KeyComparator::Bytes, KeyComparator::KeyFields)
    }
}
