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
    /// Paths and globs that lead to nothing.
    pub(crate) missing: Vec<String>,
    /// What is there: for each path its bytes, with all that is below it.
    pub(crate) found: Vec<(String, u64)>,
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
            let mut rest = line;
            let mut numbers = [0; 3];
            for number in &mut numbers {
                let (word, behind) = rest.trim_start().split_once(' ')?;
                (*number, rest) = (word.parse().ok()?, behind);
            }
            looked.found.push((rest.to_owned(), numbers[2]));
        }
        Some(looked)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.found.iter().any(|(found, _)| found == path)
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
        self.succeed(&doing, self.shell("-mv", &words).stdin(Stdio::null())).map(|_| ())
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

    /// Copies the standard input to a file.
    pub(crate) fn put_stdin(&self, to: &str) -> Result<(), HadoopError> {
        let words = ["-".to_owned(), to.to_owned()];
        let doing = format!("copying the standard input to `{to}`");
        self.succeed(&doing, self.shell("-put", &words).stdin(Stdio::inherit())).map(|_| ())
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

    /// Copies files, one behind the other, to `out`.
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
        if status.success() {
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
        assert_eq!(looked.found, [("hdfs://h/in".to_owned(), 1234), ("a file".to_owned(), 10)]);
        assert!(looked.has("a file") && !looked.has("out"));
    }

    #[test]
    fn what_could_not_be_looked_at_is_not_taken_for_missing() {
        assert_eq!(Looked::read("", "count: Permission denied: user=x\n"), None);
        assert_eq!(Looked::read("no numbers\n", ""), None);
    }
}
