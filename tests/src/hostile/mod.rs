//! Inputs that mean harm, or were harmed on the way: made here, always the same bytes.
//!
//! | module | what |
//! | --- | --- |
//! | [`damaged`] | compressed files that are cut, padded, joined, changed, or bear another codec's name |
//! | [`text`] | text with every kind of line end, marks, NUL and bytes that are no UTF-8, cut anywhere |
//!
//! `scripts/hadoop-oracle make` asks Hadoop of each and writes the cases; the conformance tests replay them here.

pub mod damaged;
pub mod text;

use std::collections::BTreeMap;

use crate::conformance::case::{Case, Content, Expected};

/// A case that Hadoop is to be asked of.
#[derive(Debug)]
pub struct Made {
    /// The files and the command line.
    pub case: Case,
    /// What howdah is to make of it; none if that is whatever Hadoop makes of it.
    pub promise: Option<Promise>,
}

/// What howdah is to make of an input, whatever Hadoop does.
#[derive(Debug)]
pub enum Promise {
    /// An error whose message holds these phrases.
    Fails(Vec<String>),
    /// These lines, in one part.
    Gives(String),
}

impl Made {
    /// The case, with what howdah is to say.
    #[must_use]
    pub fn promised(&self) -> Case {
        let mut case = self.case.clone();
        if let Some(Promise::Fails(says)) = &self.promise {
            case.says.clone_from(says);
        }
        case
    }
}

/// The cases that are made, by the subjects whose files they stand in.
#[must_use]
pub fn subjects() -> Vec<(&'static str, Vec<Made>)> {
    vec![("damaged", damaged::cases()), ("text", text::cases())]
}

/// A job that only maps, by a command, over one file.
fn case(
    name: &str,
    why: &str,
    file: &str,
    bytes: &[u8],
    properties: &[&str],
    mapper: &str,
) -> Case {
    let mut run = Vec::new();
    for property in properties {
        run.extend(["-D", property]);
    }
    run.extend(["-input", file, "-output", "out", "-mapper", mapper, "-reducer", "NONE"]);
    Case {
        name: name.to_owned(),
        why: why.to_owned(),
        folders: Vec::new(),
        files: BTreeMap::from([(file.to_owned(), Content::of(bytes))]),
        environment: BTreeMap::new(),
        before: Vec::new(),
        own: Vec::new(),
        run: run.into_iter().map(str::to_owned).collect(),
        expected: Expected::default(),
        says: Vec::new(),
        hadoop: None,
    }
}
