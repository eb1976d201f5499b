//! A folder beside what its manifest says: each file that is missing, too many, or not as it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use howdah_plan::Event;
use howdah_plan::event::HashedFiles;
use howdah_platform::{Clock, FileCursor, FileKind, LocalStorage, Storage};

use super::digest::{self, Digest};
use super::hashing::Hashing;
use super::{FileEntry, MANIFEST_NAME, Manifest, PathText, STANDARD_INPUT, text};
use crate::options::SharedClock;

/// What is to be looked at beside the output, and by how many threads.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// Whether inputs and side files are looked at, too.
    pub inputs: bool,
    /// Files read at once.
    pub workers: usize,
    /// Where the time comes from.
    pub clock: SharedClock,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        VerifyOptions { inputs: false, workers, clock: SharedClock::default() }
    }
}

/// What was looked at, and what is not as it was.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Verification {
    /// Files of the output that the manifest lists.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// Inputs and side files that were to be looked at.
    pub inputs: usize,
    /// Of these, what can be read only once, and is not looked at: the standard input.
    pub once_only: usize,
    /// Files that the manifest does not list, and that are none of a reader's: their names begin with `.`.
    pub hidden: Vec<String>,
    /// What is not as it was written, or read.
    pub differences: Vec<Difference>,
}

/// A file that is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What it is of.
    pub of: Of,
    /// Its path: in the output's folder, or that of an input.
    pub path: String,
    /// What is different.
    pub kind: DifferenceKind,
}

/// What a file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Of {
    /// The output.
    Output,
    /// The job's input.
    Input,
    /// Its side files.
    SideFile,
}

impl Of {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Of::Output => "output",
            Of::Input => "input",
            Of::SideFile => "side file",
        }
    }
}

/// What is different of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// It is not there.
    Missing,
    /// It is there, and the manifest does not know of it.
    Extra,
    /// It has another length, in bytes.
    Length {
        /// By the manifest.
        written: u64,
        /// Now.
        found: u64,
    },
    /// It has the same length and another SHA-256.
    Content {
        /// By the manifest.
        written: String,
        /// Now.
        found: String,
    },
    /// It cannot be read.
    Unreadable {
        /// What the system says.
        reason: String,
    },
}

impl DifferenceKind {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        match self {
            DifferenceKind::Missing => "missing",
            DifferenceKind::Extra => "extra",
            DifferenceKind::Length { .. } => "length",
            DifferenceKind::Content { .. } => "content",
            DifferenceKind::Unreadable { .. } => "unreadable",
        }
    }
}

/// Why a folder cannot be looked at.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no such folder, or it cannot be listed.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It has no manifest.
    NoManifest(PathBuf),
    /// Its manifest cannot be read, or is none.
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Folder { folder, source } => {
                let folder = folder.display();
                write!(
                    f,
                    "the folder `{folder}` cannot be looked at: {source}\n\
                     hint: name the folder that a run with `--manifest` had as its output"
                )
            }
            VerifyError::NoManifest(folder) => write!(
                f,
                "`{}` has no `{MANIFEST_NAME}`, so nothing is known of what was written\n\
                 hint: a run with `--manifest` leaves one in its output",
                folder.display()
            ),
            VerifyError::Manifest { path, reason } => write!(
                f,
                "the manifest `{}` cannot be read: {reason}\n\
                 hint: if it was damaged, so may be what lies beside it: run the job again with `--manifest`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            VerifyError::Folder { source, .. } => Some(source),
            VerifyError::NoManifest(_) | VerifyError::Manifest { .. } => None,
        }
    }
}

/// Looks whether a folder is as a run with a manifest has left it.
///
/// `events` is told how far that is, if it takes a while.
///
/// ```no_run
/// use howdah_runner::manifest::{VerifyOptions, verify};
///
/// let found = verify("counts".as_ref(), &VerifyOptions::default(), &|_| {})?;
/// assert!(found.differences.is_empty(), "{:?}", found.differences);
/// # Ok::<(), howdah_runner::manifest::VerifyError>(())
/// ```
///
/// # Errors
/// When the folder or its manifest cannot be read. Of other files that is a difference.
pub fn verify(
    folder: &Path,
    options: &VerifyOptions,
    events: &(dyn Fn(Event) + Sync),
) -> Result<Verification, VerifyError> {
    let storage = &LocalStorage;
    let read = read_manifest(storage, folder)?;
    let mut found = Verification::default();
    if let Some((written, now)) = read.changed {
        let kind = DifferenceKind::Content { written, found: now };
        found.differences.push(Difference { of: Of::Output, path: MANIFEST_NAME.into(), kind });
    }
    let (workers, clock) = (options.workers.max(1), &*options.clock.0);
    let mut look = Look { storage, workers, clock, events, found };
    look.at_output(folder, &read.manifest)?;
    if options.inputs {
        look.at_inputs(&read.manifest);
    }
    Ok(look.found)
}

fn read_manifest(storage: &dyn Storage, folder: &Path) -> Result<text::Read, VerifyError> {
    let of_folder = |source| VerifyError::Folder { folder: folder.to_owned(), source };
    if storage.look(folder).map_err(of_folder)?.kind != FileKind::Folder {
        return Err(of_folder(io::ErrorKind::NotADirectory.into()));
    }
    let path = folder.join(MANIFEST_NAME);
    let damaged = |reason: String| VerifyError::Manifest { path: path.clone(), reason };
    let file = match storage.look(&path) {
        Ok(found) if found.kind != FileKind::File => Err(damaged("it is no file".to_owned())),
        Ok(_) => storage.open(&path).map_err(|error| damaged(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(VerifyError::NoManifest(folder.to_owned()))
        }
        Err(error) => Err(damaged(error.to_string())),
    }?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut FileCursor::new(file, 0), &mut bytes)
        .map_err(|error| damaged(error.to_string()))?;
    text::read(&bytes).map_err(damaged)
}

/// A file that has the length that it should have: its content is still to be looked at.
struct Candidate<'m> {
    of: Of,
    path: PathBuf,
    entry: &'m FileEntry,
}

struct Look<'s> {
    storage: &'s dyn Storage,
    workers: usize,
    clock: &'s dyn Clock,
    events: &'s (dyn Fn(Event) + Sync),
    found: Verification,
}

impl Look<'_> {
    fn at_output(&mut self, folder: &Path, manifest: &Manifest) -> Result<(), VerifyError> {
        // Folders such as `.snapshot` are somebody else's.
        let is_hidden_folder = |path: &Path| is_hidden(path) && folder.join(path).is_dir();
        let there = super::files_in(self.storage, folder, &is_hidden_folder)
            .map_err(|source| VerifyError::Folder { folder: folder.to_owned(), source })?;
        let there: BTreeMap<PathText, _> =
            there.into_iter().map(|(path, entry)| (PathText::of(&path), (path, entry))).collect();
        self.found.files = manifest.files.len();
        self.found.bytes = manifest.files.iter().map(|entry| entry.length).sum();
        let mut candidates = Vec::new();
        for entry in &manifest.files {
            match there.get(&entry.path) {
                Some((path, listed)) if listed.kind == FileKind::File => {
                    let path = folder.join(path);
                    self.compare_length(Of::Output, path, listed.length, entry, &mut candidates);
                }
                _ => self.differs(Of::Output, entry, DifferenceKind::Missing),
            }
        }
        self.compare_contents(HashedFiles::Output, &candidates);
        let listed: BTreeSet<_> = manifest.files.iter().map(|entry| &entry.path).collect();
        for (name, (path, _)) in &there {
            if !listed.contains(name) && path != Path::new(MANIFEST_NAME) {
                self.not_listed(path, &listed);
            }
        }
        Ok(())
    }

    /// Takes note of a file that the manifest does not know of.
    fn not_listed(&mut self, path: &Path, listed: &BTreeSet<&PathText>) {
        let shown = path.display().to_string();
        match checksummed(path) {
            // What Hadoop's own file system leaves beside each file that it copies.
            Some(file) if listed.contains(&PathText::of(&file)) => {}
            Some(file) if file == Path::new(MANIFEST_NAME) => {}
            _ if is_hidden(path) => self.found.hidden.push(shown),
            _ => self.found.differences.push(Difference {
                of: Of::Output,
                path: shown,
                kind: DifferenceKind::Extra,
            }),
        }
    }

    fn at_inputs(&mut self, manifest: &Manifest) {
        let folder = manifest.folder.path();
        let inputs = manifest.inputs.iter().flat_map(|input| &input.files);
        let inputs = inputs.map(|entry| (Of::Input, entry));
        let side_files = manifest.side_files.iter().map(|entry| (Of::SideFile, entry));
        let mut candidates = Vec::new();
        let mut seen = BTreeSet::new();
        for (of, entry) in inputs.chain(side_files) {
            // An input may have been read twice.
            if !seen.insert(&entry.path) {
                continue;
            }
            self.found.inputs += 1;
            if entry.path == PathText::Text(STANDARD_INPUT.to_owned()) {
                self.found.once_only += 1;
                continue;
            }
            let path = folder.join(entry.path.path());
            match self.storage.look(&path) {
                Ok(found) if found.kind == FileKind::File => {
                    self.compare_length(of, path, found.length, entry, &mut candidates);
                }
                Err(error) if !is_absent(&error) => self.unreadable(of, entry, &error),
                _ => self.differs(of, entry, DifferenceKind::Missing),
            }
        }
        self.compare_contents(HashedFiles::Inputs, &candidates);
    }

    fn compare_length<'m>(
        &mut self,
        of: Of,
        path: PathBuf,
        found: u64,
        entry: &'m FileEntry,
        candidates: &mut Vec<Candidate<'m>>,
    ) {
        if found == entry.length {
            candidates.push(Candidate { of, path, entry });
        } else {
            let kind = DifferenceKind::Length { written: entry.length, found };
            self.differs(of, entry, kind);
        }
    }

    fn compare_contents(&mut self, files: HashedFiles, candidates: &[Candidate<'_>]) {
        let paths: Vec<_> = candidates.iter().map(|candidate| candidate.path.clone()).collect();
        let bytes = candidates.iter().map(|candidate| candidate.entry.length).sum();
        let hashing = Hashing::begin(files, bytes, self.clock, self.events);
        let digests = digest::of_files(self.storage, &paths, self.workers, &|bytes| {
            hashing.add(bytes);
            Ok(())
        });
        hashing.end();
        for (&Candidate { of, entry, .. }, digest) in candidates.iter().zip(digests) {
            match digest {
                Ok(Digest { length, sha256 }) if sha256 != entry.sha256 => {
                    let written = entry.sha256.clone();
                    let kind = if length == entry.length {
                        DifferenceKind::Content { written, found: sha256 }
                    } else {
                        DifferenceKind::Length { written: entry.length, found: length }
                    };
                    self.differs(of, entry, kind);
                }
                Ok(_) => {}
                Err(error) => self.unreadable(of, entry, &error),
            }
        }
    }

    fn unreadable(&mut self, of: Of, entry: &FileEntry, error: &io::Error) {
        self.differs(of, entry, DifferenceKind::Unreadable { reason: error.to_string() });
    }

    fn differs(&mut self, of: Of, entry: &FileEntry, kind: DifferenceKind) {
        let path = entry.path.path().display().to_string();
        self.found.differences.push(Difference { of, path, kind });
    }
}

/// Whether it is a file that no reader of Hadoop's or ours sees, and that no run of ours writes.
fn is_hidden(path: &Path) -> bool {
    let begins = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    path.file_name().is_some_and(begins)
}

/// The file that this is Hadoop's checksum of, by its name: `.NAME.crc` beside `NAME`.
fn checksummed(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_prefix('.')?.strip_suffix(".crc")?;
    Some(path.with_file_name(name))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
