//! The cluster's file system, by Hadoop's own shell: whatever Hadoop can read and write, with its users' rights.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::client::{Broken, Client, Finished};
use crate::error::{HadoopError, HadoopErrorKind};
use crate::installation::Hadoop;

/// The cluster's file system. Each call is a program of Hadoop's, which takes about two seconds to start.
pub(crate) struct FileSystem<'a> {
    pub(crate) hadoop: &'a Hadoop,
    pub(crate) client: &'a Client,
    /// The run's; some of them say where it is, as `fs.defaultFS`.
    pub(crate) properties: &'a BTreeMap<String, String>,
}

/// What there is of some paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Paths and globs that lead to nothing, as they were asked for.
    pub(crate) missing: Vec<String>,
    /// What the others lead to, in the order in which they were asked for. Hadoop may write their paths otherwise.
    pub(crate) found: Vec<Counted>,
}

/// A file or folder, with all that is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counted {
    /// How many folders, itself with them.
    pub folders: u64,
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Its path, as Hadoop writes it.
    pub path: String,
}

impl Counted {
    /// Reads what `hadoop fs -count` prints, in its order; `None` if that is something else.
    ///
    /// ```
    /// use howdah_hadoop::Counted;
    ///
    /// let printed = "           1            2           1234 hdfs://h/in\n           0            1             10 a file\n";
    /// let counted = Counted::read(printed).unwrap();
    /// assert_eq!((counted[0].files, counted[0].bytes), (2, 1234));
    /// assert_eq!(counted[1].path, "a file");
    /// assert!(Counted::read("no numbers\n").is_none());
    /// ```
    pub fn read(printed: &str) -> Option<Vec<Self>> {
        let line = |line: &str| {
            let mut rest = line;
            let mut number = || {
                let (word, behind) = rest.trim_start().split_once(' ')?;
                rest = behind;
                word.parse().ok()
            };
            let (folders, files, bytes) = (number()?, number()?, number()?);
            Some(Counted { folders, files, bytes, path: rest.to_owned() })
        };
        printed.lines().map(line).collect()
    }
}

impl Looked {
    /// Reads what `hadoop fs -count` prints; `None` if it could not look.
    fn read(stdout: &str, stderr: &str) -> Option<Self> {
        let mut looked = Looked { found: Counted::read(stdout)?, ..Looked::default() };
        for line in stderr.lines().filter(|line| line.starts_with("count: ")) {
            let path =
                line.strip_prefix("count: `")?.strip_suffix("': No such file or directory")?;
            looked.missing.push(path.to_owned());
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
        let finished = self.client.output(&mut self.shell("-count", paths));
        let finished = finished.map_err(HadoopError::broken(&doing))?;
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
        let finished = self.succeed(&doing, &mut self.shell("-find", &words))?;
        Ok(String::from_utf8_lossy(&finished.stdout).lines().map(str::to_owned).collect())
    }

    /// Moves files, or what a glob matches, or gives one a new name.
    pub(crate) fn rename(&self, from: &[String], to: &str) -> Result<(), HadoopError> {
        let doing = format!("moving {} to `{to}`", listed(from));
        let words: Vec<_> = from.iter().cloned().chain([to.to_owned()]).collect();
        let mut command = self.shell("-mv", &words);
        // A signal waits: what is half moved is neither here nor there.
        let finished = self.client.output_holding_signals(&mut command);
        succeeded(&doing, finished).map(|_| ())
    }

    /// Makes folders, with those that they lie in.
    pub(crate) fn make_folders(&self, paths: &[String]) -> Result<(), HadoopError> {
        let words: Vec<_> = ["-p".to_owned()].into_iter().chain(paths.iter().cloned()).collect();
        let doing = format!("making {}", listed(paths));
        self.succeed(&doing, &mut self.shell("-mkdir", &words)).map(|_| ())
    }

    /// Removes files and folders with all that is in them; what is not there is no error.
    pub(crate) fn remove(&self, paths: &[String]) -> Result<(), HadoopError> {
        let options = ["-r", "-f", "-skipTrash"].map(str::to_owned);
        let words: Vec<_> = options.into_iter().chain(paths.iter().cloned()).collect();
        let doing = format!("removing {}", listed(paths));
        self.succeed(&doing, &mut self.shell("-rm", &words)).map(|_| ())
    }

    /// Copies a file of this machine to the cluster.
    pub(crate) fn put(&self, file: &Path, to: &str) -> Result<(), HadoopError> {
        let mut command = self.shell("-put", &["-f".to_owned()]);
        command.arg(file).arg(to);
        let doing = format!("copying `{}` to `{to}`", file.display());
        self.succeed(&doing, &mut command).map(|_| ())
    }

    /// The files that paths and globs lead to, those in a folder one by one, in the order of their names.
    pub(crate) fn list(&self, paths: &[String]) -> Result<Vec<String>, HadoopError> {
        let words: Vec<_> = ["-C".to_owned()].into_iter().chain(paths.iter().cloned()).collect();
        let doing = format!("listing {}", listed(paths));
        let finished = self.succeed(&doing, &mut self.shell("-ls", &words))?;
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
        out: Box<dyn Write + Send>,
    ) -> Result<(), HadoopError> {
        let doing = format!("reading {}", listed(paths));
        let finished = self.client.output_to(&mut self.shell("-cat", paths), out);
        let finished = finished.map_err(HadoopError::broken(&doing))?;
        // A run without any task has no parts.
        let has_none = finished.stderr.trim_end().ends_with("': No such file or directory");
        if has_none { Ok(()) } else { succeeded(&doing, Ok(finished)).map(|_| ()) }
    }

    fn shell(&self, verb: &str, words: &[String]) -> Command {
        let mut command = self.hadoop.file_system(self.properties);
        command.arg(verb).args(words).stdin(Stdio::null());
        command
    }

    fn succeed(&self, doing: &str, command: &mut Command) -> Result<Finished, HadoopError> {
        succeeded(doing, self.client.output(command))
    }
}

/// What a child has left that had to succeed.
fn succeeded(doing: &str, ended: Result<Finished, Broken>) -> Result<Finished, HadoopError> {
    let finished = ended.map_err(HadoopError::broken(doing))?;
    if finished.status.success() { Ok(finished) } else { Err(failed(doing, finished)) }
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
        let folder = Counted { folders: 1, files: 2, bytes: 1234, path: "hdfs://h/in".to_owned() };
        let file = Counted { folders: 0, files: 1, bytes: 10, path: "a file".to_owned() };
        assert_eq!(looked.found, [folder, file]);
        assert!(looked.has("a file") && !looked.has("out"));
    }

    #[test]
    fn what_is_there_is_read_with_its_bytes() {
        let text = "           1            2           1234 hdfs://h/in\n           0            1             10 a file\n";
        let read = |text: &str| {
            let counted = Counted::read(text)?;
            Some(counted.into_iter().map(|found| (found.path, found.bytes)).collect::<Vec<_>>())
        };
        let expected = [("hdfs://h/in".to_owned(), 1234), ("a file".to_owned(), 10)];
        assert_eq!(read(text), Some(expected.to_vec()));
        assert_eq!(read(""), Some(Vec::new()));
        assert_eq!(read("no numbers\n"), None);
    }

    #[test]
    fn what_could_not_be_looked_at_is_not_taken_for_missing() {
        assert_eq!(Looked::read("", "count: Permission denied: user=x\n"), None);
        assert_eq!(Looked::read("no numbers\n", ""), None);
    }
}
