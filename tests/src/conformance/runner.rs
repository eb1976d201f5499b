//! Who runs a command line: howdah, or Hadoop.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a command line's standard input comes from, and where its standard output goes: nothing, and among what was
/// printed, unless told.
#[derive(Debug, Default, Clone)]
pub struct Redirected {
    pub input: Option<PathBuf>,
    pub output: Option<PathBuf>,
}

/// Runs the words behind `howdah streaming`, or behind `hadoop jar hadoop-streaming.jar`.
pub trait Runner {
    /// Runs a command line in a folder; gives the exit code and what was printed.
    fn run(
        &mut self,
        folder: &Path,
        line: &[String],
        environment: &BTreeMap<String, String>,
        redirected: &Redirected,
    ) -> (Option<i32>, String);
}

/// The command `howdah`.
pub struct Howdah {
    /// Its program.
    pub program: PathBuf,
}

impl Runner for Howdah {
    fn run(
        &mut self,
        folder: &Path,
        line: &[String],
        environment: &BTreeMap<String, String>,
        redirected: &Redirected,
    ) -> (Option<i32>, String) {
        let output = Command::new(&self.program)
            .arg("streaming")
            .args(line)
            .envs(environment)
            .current_dir(folder)
            .stdin(
                redirected
                    .input
                    .as_ref()
                    .map_or(Stdio::null(), |path| File::open(path).unwrap().into()),
            )
            .output()
            .unwrap();
        if let Some(path) = &redirected.output {
            fs::write(path, &output.stdout).unwrap();
            return (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let printed = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        (output.status.code(), printed.join("\n"))
    }
}
