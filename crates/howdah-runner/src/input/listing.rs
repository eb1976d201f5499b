//! Inputs as the user wrote them, as files.
//!
//! As Hadoop lists them: a folder stands for the files in it, one level deep; names that begin with `_` or `.` are
//! hidden; a path may be a pattern; one given twice is read twice. A folder's files are in the order of their names,
//! where Hadoop has them as the file system gives them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use howdah_codec::Codec;
use howdah_platform::{FileKind, Storage};
use howdah_streaming::properties::Properties;

use super::glob;
use super::records::{RecordFormat, is_sequence_file};
use crate::error::{RunError, RunErrorKind};

/// The formats that pass over folders in folders without a word: those of `CombineFileInputFormat`.
const COMBINED_INPUTS: [&str; 2] = [
    "org.apache.hadoop.mapred.lib.CombineTextInputFormat",
    "org.apache.hadoop.mapred.lib.CombineSequenceFileInputFormat",
];

/// A file to read.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    pub(crate) path: PathBuf,
    /// Bytes as stored.
    pub(crate) length: u64,
    /// By its name's ending.
    pub(crate) codec: Option<Codec>,
}

impl InputFile {
    /// The path as Hadoop names it to tasks.
    pub(crate) fn uri(&self) -> String {
        file_uri(&self.path)
    }
}

/// A path as a `file:` URI, made absolute.
pub(crate) fn file_uri(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("file:{}", absolute.display())
}

/// Lists inputs and gathers what is wrong with them, so that all of it is said at once.
pub(crate) struct Listing<'a> {
    storage: &'a dyn Storage,
    files: Vec<Arc<InputFile>>,
    complaints: Vec<String>,
    /// Folders in folders.
    not_files: Vec<PathBuf>,
    /// What is missing in the first folder that should be a `MapFile`.
    no_map_file: Option<PathBuf>,
    subfolders: Subfolders,
    format: RecordFormat,
}

/// What becomes of a folder in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subfolders {
    /// The job does not start.
    Refused,
    /// They are passed over (`mapreduce.input.fileinputformat.input.dir.nonrecursive.ignore.subdirs`).
    Ignored,
    /// Their files are read too (`mapreduce.input.fileinputformat.input.dir.recursive`).
    Read,
    /// They are `MapFile`s, whose records lie in a file (`SequenceFileInputFormat.listStatus`).
    MapFiles,
}

impl Subfolders {
    /// What a job's properties ask for.
    pub(crate) fn of(properties: &BTreeMap<String, String>) -> Self {
        let properties: Properties = properties.iter().map(|(n, v)| (n, v.as_str())).collect();
        let asks = |name: &str| {
            properties.get_bool(&format!("mapreduce.input.fileinputformat.input.dir.{name}"), false)
        };
        let format = properties.get_or("mapred.input.format.class", "");
        if asks("recursive") {
            Subfolders::Read
        } else if COMBINED_INPUTS.contains(&&*format) {
            Subfolders::Ignored
        } else if RecordFormat::of_class(&format).is_sequence() {
            Subfolders::MapFiles
        } else if asks("nonrecursive.ignore.subdirs") {
            Subfolders::Ignored
        } else {
            Subfolders::Refused
        }
    }
}

impl<'a> Listing<'a> {
    pub(crate) fn new(storage: &'a dyn Storage, subfolders: Subfolders) -> Self {
        Listing {
            storage,
            files: Vec::new(),
            complaints: Vec::new(),
            not_files: Vec::new(),
            no_map_file: None,
            subfolders,
            format: RecordFormat::Lines,
        }
    }

    /// The same for files that hold records of a format.
    pub(crate) fn of_format(self, format: RecordFormat) -> Self {
        Listing { format, ..self }
    }

    /// Adds an input: a file, a folder or a glob.
    pub(crate) fn add(&mut self, input: &str) {
        let found = match glob::find(self.storage, input) {
            Ok(found) => found,
            Err(complaint) => return self.complaints.push(complaint),
        };
        let visible: Vec<_> = found.paths.iter().filter(|path| !is_hidden(path)).collect();
        if visible.is_empty() && found.is_pattern {
            let pattern = file_uri(Path::new(input));
            self.complaints.push(format!("Input Pattern {pattern} matches 0 files"));
        } else if visible.is_empty() {
            // Hadoop does not see a hidden file either, even when it is named outright.
            self.add_missing(Path::new(input));
        }
        for path in visible {
            self.add_path(path);
        }
    }

    /// Adds a file that is known to be there, hidden or not.
    pub(crate) fn add_file(&mut self, path: &Path, length: u64) {
        let codec = codec_of(self.storage, path, self.format);
        self.files.push(Arc::new(InputFile { path: path.to_owned(), length, codec }));
    }

    /// The files, or all that is wrong. A folder in a folder is named only if nothing else is wrong, and only the
    /// first.
    pub(crate) fn finish(mut self) -> Result<Vec<Arc<InputFile>>, RunError> {
        if self.complaints.is_empty()
            && let Some(missing) = self.no_map_file
        {
            return Err(RunErrorKind::NoMapFile(missing).into());
        }
        let not_a_file =
            self.not_files.first().map(|path| format!("Not a file: {}", file_uri(path)));
        let complaints =
            if self.complaints.is_empty() { Vec::from_iter(not_a_file) } else { self.complaints };
        if complaints.is_empty() {
            self.files.shrink_to_fit(); // they stay until the run ends
            Ok(self.files)
        } else {
            Err(RunErrorKind::Input(complaints).into())
        }
    }

    fn add_path(&mut self, path: &Path) {
        match self.storage.look(path) {
            Ok(found) if found.kind == FileKind::Folder => self.add_folder(path),
            Ok(found) => self.add_file(path, found.length),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.add_missing(path),
            Err(error) => self.complain(path, &error),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        let entries = match self.storage.list(folder) {
            Ok(entries) => entries,
            Err(error) => return self.complain(folder, &error),
        };
        for entry in entries {
            let path = folder.join(&entry.name);
            if is_hidden(&path) {
                continue;
            }
            match (entry.kind, self.subfolders) {
                (FileKind::Folder, Subfolders::Refused) => {
                    self.not_files.push(path);
                }
                (FileKind::Folder, Subfolders::Ignored) => {}
                (FileKind::Folder, Subfolders::MapFiles) => self.add_map_file(&path),
                (FileKind::Folder, Subfolders::Read) => self.add_folder(&path),
                _ => self.add_file(&path, entry.length),
            }
        }
    }

    /// Adds the file with the records of a `MapFile`.
    fn add_map_file(&mut self, folder: &Path) {
        let data = folder.join("data");
        match self.storage.look(&data) {
            Ok(found) if found.kind == FileKind::Folder => self.not_files.push(data),
            Ok(found) => self.add_file(&data, found.length),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.no_map_file.get_or_insert(data);
            }
            Err(error) => self.complain(&data, &error),
        }
    }

    /// Takes note of a file that is not there, or that cannot be looked at.
    fn add_missing(&mut self, path: &Path) {
        match self.storage.look(path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.complain(path, &error);
            }
            _ => self.complaints.push(format!("Input path does not exist: {}", file_uri(path))),
        }
    }

    fn complain(&mut self, path: &Path, error: &io::Error) {
        self.complaints.push(format!("the input `{}` cannot be read: {error}", path.display()));
    }
}

/// What a file is compressed by, as its name's ending says. A `SequenceFile` is compressed within, whatever its name.
pub(crate) fn codec_of(storage: &dyn Storage, path: &Path, format: RecordFormat) -> Option<Codec> {
    let codec = Codec::of_path(path)?;
    let is_sequence_file = match format {
        RecordFormat::Lines => false,
        // One that cannot be read is told of when it is.
        RecordFormat::Auto => {
            storage.open(path).is_ok_and(|file| is_sequence_file(&file).unwrap_or(false))
        }
        _ => true,
    };
    (!is_sequence_file).then_some(codec)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| matches!(name.as_encoded_bytes()[0], b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use howdah_platform::LocalStorage;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::Builder::new().prefix("visible").tempdir().unwrap();
        for name in ["b.txt", "a.txt", "c.log", "_SUCCESS", ".a.crc", "sub/d.txt", "sub/e.gz"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x\n").unwrap();
        }
        folder
    }

    fn listed(folder: &tempfile::TempDir, inputs: &[&str]) -> Result<Vec<String>, String> {
        let mut listing = Listing::new(&LocalStorage, Subfolders::Refused);
        for input in inputs {
            listing.add(&format!("{}/{input}", folder.path().display()));
        }
        let name = |file: &Arc<InputFile>| {
            file.path.strip_prefix(folder.path()).unwrap().display().to_string()
        };
        match listing.finish() {
            Ok(files) => Ok(files.iter().map(name).collect()),
            Err(error) => Err(error.to_string().replace(&folder.path().display().to_string(), "")),
        }
    }

    #[test]
    fn a_folder_is_its_files_without_the_hidden_ones() {
        assert_eq!(listed(&folder(), &["sub"]).unwrap(), ["sub/d.txt", "sub/e.gz"]);
        assert_eq!(listed(&folder(), &[""]).unwrap_err(), "Not a file: file:/sub");
    }

    #[test]
    fn globs_know_sets_braces_and_many_levels() {
        let names = |input: &str| listed(&folder(), &[input]).unwrap().join(" ");
        assert_eq!(names("*.txt"), "a.txt b.txt");
        assert_eq!(names("[^a].txt"), "b.txt");
        assert_eq!(names("\\a.*"), "a.txt");
        assert_eq!(names("{a.txt,sub/d.txt}"), "a.txt sub/d.txt");
        assert_eq!(names("s?b/*.{gz,bz2}"), "sub/e.gz");
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let complaints = listed(&folder(), &["no.txt", "z*", "_SUCCESS"]).unwrap_err();
        assert_eq!(
            complaints,
            "Input path does not exist: file:/no.txt\n\
             Input Pattern file:/z* matches 0 files\n\
             Input path does not exist: file:/_SUCCESS"
        );
    }
}
