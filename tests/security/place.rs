//! A folder of a test's own, and programs that run in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The command howdah.
pub(crate) const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah-under-test");
/// A job's program.
pub(crate) const JOB: &str = env!("CARGO_BIN_EXE_faulty");

/// A folder with files, and a folder `temporary`, where temporary files go.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// What a program has said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let place =
            Place { folder: tempfile::Builder::new().prefix("security").tempdir().unwrap() };
        fs::create_dir(place.path("temporary")).unwrap();
        for (name, text) in files {
            fs::write(place.path(name), text).unwrap();
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A program that is about to run here, without Hadoop.
    pub(crate) fn command<W: AsRef<OsStr>>(&self, program: &str, words: &[W]) -> Command {
        let mut command = Command::new(program);
        for name in ["HADOOP_HOME", "HADOOP_PREFIX", "HADOOP_INSTALL", "HADOOP_MAPRED_HOME"] {
            command.env_remove(name);
        }
        command.env_remove("HOWDAH_HADOOP_CLASSPATH").env("TMPDIR", self.path("temporary"));
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run<W: AsRef<OsStr>>(&self, program: &str, words: &[W]) -> Said {
        Said::of(&self.command(program, words).output().unwrap())
    }

    /// The names of all files and folders below a folder, and what stands in each file, links not followed.
    pub(crate) fn everything(&self, name: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        add_everything(&self.path(name), &mut found);
        found
    }
}

fn add_everything(path: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    let kind = path.symlink_metadata().unwrap();
    if kind.is_dir() {
        found.push((path.to_owned(), Vec::new()));
        for entry in fs::read_dir(path).unwrap() {
            add_everything(&entry.unwrap().path(), found);
        }
    } else {
        let bytes = if kind.is_file() { fs::read(path).unwrap() } else { Vec::new() };
        found.push((path.to_owned(), bytes));
    }
}

impl Said {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Said { code: output.status.code(), stdout, stderr }
    }
}
