//! A case as it stands in a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A command line, the files that it finds, and what Hadoop did.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub name: String,
    /// What is to be learnt from it.
    #[serde(default)]
    pub why: String,
    /// Folders that are there before.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Files that are there before.
    #[serde(default)]
    pub files: BTreeMap<String, Content>,
    /// Variables that are set.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Command lines that are run in the same folder before; `< FILE` and `> FILE` may stand at the end of each.
    #[serde(default)]
    pub before: Vec<Vec<String>>,
    /// Options of our own, which Hadoop does not know.
    #[serde(default)]
    pub own: Vec<String>,
    /// The words behind `howdah streaming`.
    pub run: Vec<String>,
    #[serde(flatten)]
    pub expected: Expected,
    /// What howdah says beside: warnings and hints, for which Hadoop has no words.
    #[serde(default)]
    pub says: Vec<String>,
    /// What Hadoop did, where we differ from it on purpose.
    pub hadoop: Option<Expected>,
}

/// What a run comes to.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Expected {
    /// The exit code.
    pub exit: i32,
    /// How the output is compared.
    #[serde(default)]
    pub compare: Compare,
    /// The files in the output folder; none for a job that failed. `SequenceFile`s stand as [text](super::sequence).
    #[serde(default)]
    pub output: BTreeMap<String, Content>,
    /// Counters by group and name. Others may be there.
    #[serde(default)]
    pub counters: BTreeMap<String, BTreeMap<String, i64>>,
    /// Names of counters that are in no group.
    #[serde(default, rename = "no counters")]
    pub no_counters: Vec<String>,
    /// What stands on the standard output or the standard error; `HERE` is the case's folder.
    #[serde(default)]
    pub stderr: Vec<String>,
    /// What must not stand there.
    #[serde(default, rename = "no stderr")]
    pub no_stderr: Vec<String>,
    /// Names that no field has.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// A file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    Text(String),
    Hex {
        hex: String,
    },
    Repeated {
        repeat: String,
        times: usize,
    },
    /// With permissions, in octal.
    Script {
        text: String,
        mode: String,
    },
}

/// How outputs are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// Byte by byte.
    #[default]
    Exact,
    /// Lines of equal keys may come in any order, since Hadoop leaves that open.
    Groups,
    /// The names of the files only.
    Names,
}

/// The cases of a file.
#[must_use]
pub fn read(path: &Path) -> Vec<Case> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases: Vec<Case> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for case in &cases {
        let all = [Some(&case.expected), case.hadoop.as_ref()];
        let unknown: Vec<_> =
            all.into_iter().flatten().flat_map(|expected| expected.unknown.keys()).collect();
        assert!(unknown.is_empty(), "{}: {}: no field is {unknown:?}", path.display(), case.name);
    }
    cases
}

impl Content {
    /// Bytes as text if they are that.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Content::Text(text.to_owned());
        }
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        Content::Hex { hex: digits.collect() }
    }

    /// What the file holds.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Content::Text(text) | Content::Script { text, .. } => text.clone().into_bytes(),
            Content::Repeated { repeat, times } => repeat.repeat(*times).into_bytes(),
            Content::Hex { hex } => {
                let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                (0..hex.len()).step_by(2).map(digit).collect()
            }
        }
    }

    /// The permissions that the file is given.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        match self {
            Content::Script { mode, .. } => Some(u32::from_str_radix(mode, 8).unwrap()),
            _ => None,
        }
    }
}
