//! Inputs as the user wrote them, as files.
//!
//! As Hadoop lists them: a folder stands for the files in it, one level deep; names that begin with `_` or `.` are
//! hidden; a glob may hold `*`, `?`, `[…]` and `{a,b}`; a path given twice is read twice.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use glob::Pattern;
use howdah_codec::Codec;
use howdah_platform::{FileKind, Storage};
use howdah_streaming::properties::Properties;

use crate::error::{RunError, RunErrorKind};

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
    subfolders: Subfolders,
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
}

impl Subfolders {
    /// What a job's properties ask for.
    pub(crate) fn of(properties: &BTreeMap<String, String>) -> Self {
        let properties: Properties = properties.iter().map(|(n, v)| (n, v.as_str())).collect();
        let asks = |name: &str| {
            properties.get_bool(&format!("mapreduce.input.fileinputformat.input.dir.{name}"), false)
        };
        if asks("recursive") {
            Subfolders::Read
        } else if asks("nonrecursive.ignore.subdirs") {
            Subfolders::Ignored
        } else {
            Subfolders::Refused
        }
    }
}

impl<'a> Listing<'a> {
    pub(crate) fn new(storage: &'a dyn Storage, subfolders: Subfolders) -> Self {
        Listing { storage, files: Vec::new(), complaints: Vec::new(), subfolders }
    }

    /// Adds an input: a file, a folder or a glob.
    pub(crate) fn add(&mut self, input: &str) {
        let alternatives = expand_braces(input);
        if alternatives.len() == 1 && !has_wildcards(input) {
            return self.add_path(Path::new(input));
        }
        let mut matched = Vec::new();
        for pattern in &alternatives {
            match self.matches(pattern) {
                Ok(paths) => matched.extend(paths),
                Err(complaint) => self.complaints.push(complaint),
            }
        }
        if matched.is_empty() {
            let pattern = file_uri(Path::new(input));
            self.complaints.push(format!("Input Pattern {pattern} matches 0 files"));
        }
        matched.sort();
        for path in matched {
            self.add_path(&path);
        }
    }

    /// Adds a file that is known to be there, hidden or not.
    pub(crate) fn add_file(&mut self, path: &Path, length: u64) {
        let codec = Codec::of_path(path);
        self.files.push(Arc::new(InputFile { path: path.to_owned(), length, codec }));
    }

    /// The files, or all that is wrong.
    pub(crate) fn finish(self) -> Result<Vec<Arc<InputFile>>, RunError> {
        if self.complaints.is_empty() {
            Ok(self.files)
        } else {
            Err(RunErrorKind::Input(self.complaints).into())
        }
    }

    fn add_path(&mut self, path: &Path) {
        if is_hidden(path) {
            // Hadoop does not see it either, even when it is named outright.
            return self.complain_missing(path);
        }
        match self.storage.look(path) {
            Ok(found) if found.kind == FileKind::Folder => self.add_folder(path),
            Ok(found) => self.add_file(path, found.length),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.complain_missing(path),
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
                    self.complaints.push(format!("Not a file: {}", file_uri(&path)));
                }
                (FileKind::Folder, Subfolders::Ignored) => {}
                (FileKind::Folder, Subfolders::Read) => self.add_folder(&path),
                _ => self.add_file(&path, entry.length),
            }
        }
    }

    fn complain_missing(&mut self, path: &Path) {
        self.complaints.push(format!("Input path does not exist: {}", file_uri(path)));
    }

    fn complain(&mut self, path: &Path, error: &io::Error) {
        self.complaints.push(format!("the input `{}` cannot be read: {error}", path.display()));
    }

    /// The paths that a pattern without braces matches.
    fn matches(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let mut found = vec![PathBuf::new()];
        for component in Path::new(pattern).components() {
            let Component::Normal(name) = component else {
                for path in &mut found {
                    path.push(component);
                }
                continue;
            };
            let name = name.to_string_lossy();
            if has_wildcards(&name) {
                let pattern = component_pattern(&name)?;
                found = found.iter().flat_map(|path| self.entries(path, &pattern)).collect();
            } else {
                for path in &mut found {
                    path.push(&*name);
                }
                found.retain(|path| self.storage.look(path).is_ok());
            }
        }
        Ok(found)
    }

    fn entries(&self, folder: &Path, pattern: &Pattern) -> Vec<PathBuf> {
        let folder_or_here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = self.storage.list(folder_or_here).unwrap_or_default();
        let matching =
            entries.into_iter().filter(|entry| pattern.matches(&entry.name.to_string_lossy()));
        matching.map(|entry| folder.join(entry.name)).filter(|path| !is_hidden(path)).collect()
    }
}

/// A pattern for one name of a path, as Hadoop writes it: a set is negated with `^`, and a backslash takes the next
/// character as it is.
fn component_pattern(name: &str) -> Result<Pattern, String> {
    let mut pattern = String::with_capacity(name.len());
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => pattern.extend(characters.next().map(|c| Pattern::escape(&c.to_string()))),
            '^' if pattern.ends_with('[') => pattern.push('!'),
            other => pattern.push(other),
        }
    }
    Pattern::new(&pattern).map_err(|error| format!("`{name}` is not a pattern: {error}"))
}

fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?', '[', '{', '\\'])
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| matches!(name.as_encoded_bytes()[0], b'_' | b'.'))
}

/// Writes out `{a,b}`, from the outside in; unbalanced braces stand for themselves.
fn expand_braces(pattern: &str) -> Vec<String> {
    let Some((open, close, commas)) = first_braces(pattern) else {
        return vec![pattern.to_owned()];
    };
    let ends = commas.iter().copied().chain([close]);
    let mut start = open + 1;
    let mut expanded = Vec::new();
    for end in ends {
        let one = format!("{}{}{}", &pattern[..open], &pattern[start..end], &pattern[close + 1..]);
        expanded.extend(expand_braces(&one));
        start = end + 1;
    }
    expanded
}

/// The first balanced pair of braces, with the commas at its own level.
fn first_braces(pattern: &str) -> Option<(usize, usize, Vec<usize>)> {
    let open = pattern.find('{')?;
    let mut depth = 0;
    let mut commas = Vec::new();
    for (at, byte) in pattern.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => commas.push(at),
            b'}' if depth == 1 => return Some((open, at, commas)),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
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

    #[test]
    fn braces_nest_and_unbalanced_ones_stay() {
        assert_eq!(expand_braces("a{b,c{d,e}}f"), ["abf", "acdf", "acef"]);
        assert_eq!(expand_braces("a{b"), ["a{b"]);
    }
}
