//! Who runs a command line: howdah, or Hadoop.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs the words behind `howdah streaming`, or behind `hadoop jar hadoop-streaming.jar`.
pub trait Runner {
    /// Runs a command line in a folder; gives the exit code and what was printed.
    fn run(
        &mut self,
        folder: &Path,
        line: &[String],
        environment: &BTreeMap<String, String>,
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
    ) -> (Option<i32>, String) {
        let output = Command::new(&self.program)
            .arg("streaming")
            .args(line)
            .envs(environment)
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        (output.status.code(), printed.join("\n"))
    }
}
