//! A folder with a case's files, and a command line run in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::case::Case;
use super::runner::{Redirected, Runner};
use super::sequence;

/// A case's folder.
pub struct Place {
    folder: PathBuf,
    /// Removes the folder in the end, if it is one of our own.
    _own: Option<tempfile::TempDir>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Seen {
    /// The exit code; none for a run that a signal ended.
    pub exit: Option<i32>,
    /// What was printed, with `HERE` for the folder.
    pub log: String,
    /// The files of the output folder; `SequenceFile`s as [text](sequence).
    pub output: BTreeMap<String, Vec<u8>>,
}

impl Place {
    /// A new folder, for one case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let own = tempfile::Builder::new().prefix("conformance").tempdir().unwrap();
        let place = Place { folder: own.path().to_owned(), _own: Some(own) };
        place.fill(case);
        place
    }

    /// A folder that is emptied for the case.
    #[must_use]
    pub fn emptied(folder: &Path, case: &Case) -> Self {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                fs::remove_dir_all(entry.path()).unwrap();
            } else {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        let place = Place { folder: folder.to_owned(), _own: None };
        place.fill(case);
        place
    }

    /// Makes the case's files, and the apps that its commands name.
    fn fill(&self, case: &Case) {
        for name in &case.folders {
            fs::create_dir_all(self.folder.join(name)).unwrap();
        }
        for (name, content) in &case.files {
            let path = self.folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content.bytes()).unwrap();
            if let Some(mode) = content.mode() {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        if case.run.iter().chain(case.before.iter().flatten()).any(|word| word.contains("apps/")) {
            symlink(super::folder().join("apps"), self.folder.join("apps")).unwrap();
        }
    }

    /// Runs the case's command lines here; `own` are options before the last one's words.
    pub fn run(&self, case: &Case, own: &[String], runner: &mut dyn Runner) -> Seen {
        for line in &case.before {
            self.run_line(line, case, runner);
        }
        let line: Vec<_> = own.iter().chain(&case.run).cloned().collect();
        let (exit, log) = self.run_line(&line, case, runner);
        let log = log.replace(self.folder.to_str().unwrap(), "HERE");
        let mut output = BTreeMap::new();
        collect(&self.folder.join(output_folder(case)), "", &mut output);
        Seen { exit, log, output }
    }

    /// A file's bytes as they are; none if there is no such file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.join(name)).ok()
    }
}

impl Place {
    /// Runs a command line, at whose end may stand `< FILE` and `> FILE`.
    fn run_line(
        &self,
        line: &[String],
        case: &Case,
        runner: &mut dyn Runner,
    ) -> (Option<i32>, String) {
        let mut redirected = Redirected::default();
        let mut words = line;
        while let [rest @ .., sign, file] = words {
            let path = Some(self.folder.join(file));
            match sign.as_str() {
                "<" => redirected.input = path,
                ">" => {
                    fs::create_dir_all(self.folder.join(file).parent().unwrap()).unwrap();
                    redirected.output = path;
                }
                _ => break,
            }
            words = rest;
        }
        runner.run(&self.folder, words, &case.environment, &redirected)
    }
}

/// The word behind `-output`.
fn output_folder(case: &Case) -> &str {
    let at = case.run.iter().position(|word| word == "-output");
    at.and_then(|at| case.run.get(at + 1)).map_or("out", String::as_str)
}

/// The files in a folder and below it, but Hadoop's checksums; none if there is no such folder.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else if Path::new(&name).extension().is_none_or(|extension| extension != "crc") {
            files.insert(name, sequence::shown(fs::read(entry.path()).unwrap()));
        }
    }
}
