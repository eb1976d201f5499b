//! The cluster's file system, by Hadoop's own shell: whatever Hadoop can read and write, with its users' rights.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::client::{Answer, Client, Finished, Heard};
use crate::error::{HadoopError, HadoopErrorKind};
use crate::installation::Hadoop;

/// The cluster's file system. Each call is a program of Hadoop's, which takes about two seconds to start.
pub(crate) struct FileSystem<'a> {
    pub(crate) hadoop: &'a Hadoop,
    pub(crate) client: &'a Client,
    /// Properties that say where it is, as `fs.defaultFS`.
    pub(crate) properties: Vec<(String, String)>,
}

/// What there is of some paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Paths and globs that lead to nothing, as they were asked for.
    pub(crate) missing: Vec<String>,
    /// What the others lead to, in the order in which they were asked for. Hadoop may write their paths otherwise.
    pub(crate) found: Vec<Found>,
}

/// A file or folder, with all that is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) folders: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl Looked {
    /// Reads what `hadoop fs -count` prints; `None` if it could not look.
    fn read(stdout: &str, stderr: &str) -> Option<Self> {
        let mut looked = Looked::default();
        for line in stderr.lines().filter(|line| line.starts_with("count: ")) {
            let path =
                line.strip_prefix("count: `")?.strip_suffix("': No such file or directory")?;
            looked.missing.push(path.to_owned());
        }
        for line in stdout.lines() {
            let mut numbers = line.split_ascii_whitespace().map(str::parse);
            let mut next = || numbers.next()?.ok();
            looked.found.push(Found { folders: next()?, files: next()?, bytes: next()? });
        }
        Some(looked)
    }

    /// Whether a path that was asked for is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        !self.missing.iter().any(|missing| missing == path)
    }
}

impl FileSystem<'_> {
    /// Looks at paths and globs, all at once.
    pub(crate) fn look(&self, paths: &[String]) -> Result<Looked, HadoopError> {
        let doing = format!("looking at {}", listed(paths));
        let finished = self.run(&doing, self.shell("-count", paths).stdin(Stdio::null()))?;
        let stdout = String::from_utf8_lossy(&finished.stdout);
        match Looked::read(&stdout, &finished.stderr) {
            Some(looked) if finished.status.success() || !looked.missing.is_empty() => Ok(looked),
            _ => Err(failed(&doing, finished)),
        }
    }

    /// The files below a folder whose names match a glob.
    pub(crate) fn find(&self, folder: &str, name: &str) -> Result<Vec<String>, HadoopError> {
        let words = [folder, "-name", name].map(str::to_owned);
        let doing = format!("looking for files in `{folder}`");
        let finished = self.succeed(&doing, self.shell("-find", &words).stdin(Stdio::null()))?;
        Ok(String::from_utf8_lossy(&finished.stdout).lines().map(str::to_owned).collect())
    }

    /// Moves files, or what a glob matches, or gives one a new name.
    pub(crate) fn rename(&self, from: &[String], to: &str) -> Result<(), HadoopError> {
        let doing = format!("moving {} to `{to}`", listed(from));
        let words: Vec<_> = from.iter().cloned().chain([to.to_owned()]).collect();
        let mut command = self.shell("-mv", &words);
        // A signal waits: what is half moved is neither here nor there.
        let finished = self.client.output_holding_signals(command.stdin(Stdio::null()));
        let finished = finished.map_err(HadoopError::broken(&doing))?;
        if finished.status.success() { Ok(()) } else { Err(failed(&doing, finished)) }
    }

    /// Makes folders, with those that they lie in.
    pub(crate) fn make_folders(&self, paths: &[String]) -> Result<(), HadoopError> {
        let words: Vec<_> = ["-p".to_owned()].into_iter().chain(paths.iter().cloned()).collect();
        let doing = format!("making {}", listed(paths));
        self.succeed(&doing, self.shell("-mkdir", &words).stdin(Stdio::null())).map(|_| ())
    }

    /// Removes files and folders with all that is in them; what is not there is no error.
    pub(crate) fn remove(&self, paths: &[String]) -> Result<(), HadoopError> {
        let options = ["-r", "-f", "-skipTrash"].map(str::to_owned);
        let words: Vec<_> = options.into_iter().chain(paths.iter().cloned()).collect();
        let doing = format!("removing {}", listed(paths));
        self.succeed(&doing, self.shell("-rm", &words).stdin(Stdio::null())).map(|_| ())
    }

    /// Copies a file of this machine to the cluster.
    pub(crate) fn put(&self, file: &Path, to: &str) -> Result<(), HadoopError> {
        let mut command = self.shell("-put", &["-f".to_owned()]);
        command.arg(file).arg(to);
        let doing = format!("copying `{}` to `{to}`", file.display());
        self.succeed(&doing, command.stdin(Stdio::null())).map(|_| ())
    }

    /// The files that paths and globs lead to, those in a folder one by one, in the order of their names.
    pub(crate) fn list(&self, paths: &[String]) -> Result<Vec<String>, HadoopError> {
        let words: Vec<_> = ["-C".to_owned()].into_iter().chain(paths.iter().cloned()).collect();
        let doing = format!("listing {}", listed(paths));
        let finished = self.succeed(&doing, self.shell("-ls", &words).stdin(Stdio::null()))?;
        let text = String::from_utf8_lossy(&finished.stdout);
        let is_seen = |path: &&str| {
            let name = path.rsplit('/').next().unwrap_or_default();
            !name.is_empty() && !name.starts_with(['_', '.'])
        };
        Ok(text.lines().filter(is_seen).map(str::to_owned).collect())
    }

    /// Copies the files that globs lead to, one behind the other, to `out`.
    pub(crate) fn cat(
        &self,
        paths: &[String],
        out: &mut (dyn Write + Send),
    ) -> Result<(), HadoopError> {
        let doing = format!("reading {}", listed(paths));
        let mut stderr = String::new();
        let mut command = self.shell("-cat", paths);
        let status = self.client.follow(command.stdin(Stdio::null()), out, |heard| match heard {
            Heard::Line(line) => {
                stderr.extend([line, "\n"]);
                Answer::GoOn
            }
            Heard::Signal(_) => Answer::End,
        });
        let status = status.map_err(HadoopError::broken(&doing))?;
        // A run without any task has no parts.
        if status.success() || stderr.trim_end().ends_with("': No such file or directory") {
            return Ok(());
        }
        Err(failed(&doing, Finished { status, stdout: Vec::new(), stderr }))
    }

    fn shell(&self, verb: &str, words: &[String]) -> Command {
        let mut command = self.hadoop.file_system();
        for (name, value) in &self.properties {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        command.arg(verb).args(words);
        command
    }

    fn run(&self, doing: &str, command: &mut Command) -> Result<Finished, HadoopError> {
        self.client.output(command).map_err(HadoopError::broken(doing))
    }

    fn succeed(&self, doing: &str, command: &mut Command) -> Result<Finished, HadoopError> {
        let finished = self.run(doing, command)?;
        if finished.status.success() { Ok(finished) } else { Err(failed(doing, finished)) }
    }
}

fn failed(doing: &str, finished: Finished) -> HadoopError {
    let Finished { status, stderr, .. } = finished;
    HadoopErrorKind::Command { doing: doing.to_owned(), status, stderr }.into()
}

fn listed(paths: &[String]) -> String {
    match paths {
        [one] => format!("`{one}`"),
        [first, .., last] => format!("`{first}` … `{last}`"),
        [] => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_and_what_is_not_is_read() {
        let stdout = "           1            2           1234 hdfs://h/in\n           0            1             10 a file\n";
        let stderr =
            "2026-11-22 WARN util.NativeCodeLoader: x\ncount: `out': No such file or directory\n";
        let looked = Looked::read(stdout, stderr).unwrap();
        assert_eq!(looked.missing, ["out"]);
        let folder = Found { folders: 1, files: 2, bytes: 1234 };
        let file = Found { folders: 0, files: 1, bytes: 10 };
        assert_eq!(looked.found, [folder, file]);
        assert!(looked.has("a file") && !looked.has("out"));
    }

    #[test]
    fn what_could_not_be_looked_at_is_not_taken_for_missing() {
        assert_eq!(Looked::read("", "count: Permission denied: user=x\n"), None);
        assert_eq!(Looked::read("no numbers\n", ""), None);
    }
}
