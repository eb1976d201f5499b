//! What a run leaves in its output about itself: what it read, what was run, and what it wrote, each with its SHA-256.
//!
//! | file | what |
//! | --- | --- |
//! | this | the document |
//! | `text` | its text, with a SHA-256 of its own |
//! | `digest` | lengths and SHA-256s of files |
//! | `hashing` | how far that is, told to who waits for it |
//! | `verify` | a folder beside what its manifest says |
//!
//! A manifest lies in the staging folder before that gets the output's name, so it is there if and only if the output
//! is. It says nothing of when and with how many workers a run was: the same job on the same input gives the same.

pub(crate) mod digest;
pub(crate) mod hashing;
mod text;
mod verify;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use howdah_platform::{FileKind, Listed, Storage};
use serde::{Deserialize, Serialize};

pub use verify::{
    Difference, DifferenceKind, Of, Verification, VerifyError, VerifyOptions, verify,
};

/// The name and major version of a manifest's form.
pub const MANIFEST_SCHEMA: &str = "howdah.manifest/1";
/// A manifest's name in its folder. It begins with `_`, so neither Hadoop nor howdah takes it for records.
pub const MANIFEST_NAME: &str = "_MANIFEST.json";
/// The path by which the standard input is given.
pub(crate) const STANDARD_INPUT: &str = "-";

/// What a run read, did and wrote.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) schema: String,
    /// The version of howdah.
    pub(crate) howdah: String,
    /// The program that ran: a job's own, or the command `howdah`.
    pub(crate) program: FileEntry,
    /// The job's own options.
    pub(crate) arguments: Vec<String>,
    /// The job, as `howdah.plan/1`.
    pub(crate) plan: serde_json::Value,
    pub(crate) options: Options,
    /// The folder that relative paths are from.
    pub(crate) folder: PathText,
    pub(crate) inputs: Vec<Input>,
    pub(crate) side_files: Vec<FileEntry>,
    /// The job's own counters by step and group, without those of combiners, which run as often as memory has it.
    pub(crate) counters: BTreeMap<usize, BTreeMap<String, BTreeMap<String, i64>>>,
    /// All that is in the output but the manifest.
    pub(crate) files: Vec<FileEntry>,
}

/// What a run was asked to do, as far as it shows in the output.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Options {
    /// The first and the last step.
    pub(crate) steps: (usize, usize),
    pub(crate) reducers: Option<u32>,
    pub(crate) splits: String,
    pub(crate) sample: Option<Sampled>,
    pub(crate) limit: Option<u64>,
    pub(crate) rejects_undecodable: bool,
    pub(crate) output_codec: Option<String>,
    pub(crate) properties: BTreeMap<String, String>,
}

/// A part of the input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sampled {
    pub(crate) fraction: f64,
    pub(crate) seed: u64,
}

/// One of the job's inputs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) files: Vec<FileEntry>,
}

/// A file, and what tells its content from any other.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    pub(crate) path: PathText,
    pub(crate) length: u64,
    pub(crate) sha256: String,
    /// The records in it, if a task of ours has written it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) records: Option<u64>,
}

impl FileEntry {
    pub(crate) fn new(path: &Path, digest: digest::Digest, records: Option<u64>) -> Self {
        let digest::Digest { length, sha256 } = digest;
        FileEntry { path: PathText::of(path), length, sha256, records }
    }
}

/// A path as JSON has it: text, or its bytes where they are none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum PathText {
    Text(String),
    Bytes {
        /// In hexadecimal digits.
        bytes: String,
    },
}

impl PathText {
    pub(crate) fn of(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => PathText::Text(text.to_owned()),
            None => {
                PathText::Bytes { bytes: digest::hexadecimal(path.as_os_str().as_encoded_bytes()) }
            }
        }
    }

    /// The path, as far as this system can have it.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            PathText::Text(text) => PathBuf::from(text),
            PathText::Bytes { bytes } => path_of(&bytes_of(bytes)),
        }
    }
}

/// The bytes that digits stand for.
fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).filter_map(|pair| str::from_utf8(pair).ok());
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// All files of a folder and of those in it, by their paths from there, in the order of names; without what is left out,
/// and all that is in it.
pub(crate) fn files_in(
    storage: &dyn Storage,
    folder: &Path,
    is_left_out: &dyn Fn(&Path) -> bool,
) -> io::Result<Vec<(PathBuf, Listed)>> {
    let mut found = Vec::new();
    let mut left = vec![PathBuf::new()];
    while let Some(at) = left.pop() {
        for entry in storage.list(&folder.join(&at))? {
            let path = at.join(&entry.name);
            match entry.kind {
                _ if is_left_out(&path) => {}
                FileKind::Folder => left.push(path),
                FileKind::File | FileKind::Other => found.push((path, entry)),
            }
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}
