//! Side files: what each task can open, here and on Hadoop.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use howdah_plan::TaskInfo;
use howdah_plan::names::SIDE_FILE;

use crate::property::lookup;

/// A file beside the input that each task of a step can open, or an archive that is unpacked for it.
///
/// Its tasks find it here where it lies, and on Hadoop as a link in their folder, where `-files` puts it:
/// [`Out::side_file`](crate::Out::side_file) knows which. As an option of a job it is a path, perhaps with the name
/// that it is to have behind a `#`.
///
/// ```
/// use std::collections::HashSet;
///
/// use howdah::{Flow, Job, Mapper, Out, Plan, Result, SideFile, Sum, Text, clap};
///
/// /// Counts words, but for some.
/// #[derive(clap::Args, Clone)]
/// struct Words {
///     /// Words not to count, one a line
///     #[arg(long, value_name = "FILE")]
///     stop_words: SideFile,
/// }
///
/// impl Job for Words {
///     fn plan(&self) -> Plan {
///         let mapper = Counting { file: self.stop_words.clone(), stop_words: HashSet::new() };
///         Flow::lines().map(mapper).side_file(&self.stop_words).fold(Sum).plan()
///     }
/// }
///
/// #[derive(Clone)]
/// struct Counting {
///     file: SideFile,
///     stop_words: HashSet<String>,
/// }
///
/// impl Mapper<Text> for Counting {
///     type Key = String;
///     type Value = u64;
///
///     fn start(&mut self, out: &mut Out<String, u64>) -> Result {
///         let text = out.read_side_file(&self.file)?;
///         self.stop_words.extend(text.lines().map(str::to_owned));
///         Ok(())
///     }
///
///     fn map(&mut self, line: &str, out: &mut Out<String, u64>) -> Result {
///         for word in line.split_whitespace().filter(|word| !self.stop_words.contains(*word)) {
///             out.emit(word, 1);
///         }
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SideFile {
    path: PathBuf,
    name: String,
    is_archive: bool,
}

impl SideFile {
    /// A file by its path; tasks find it under its own name.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        SideFile { path, name, is_archive: false }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        SideFile { name: name.into(), ..self }
    }

    /// The same as an archive (`.zip`, `.tar`, `.tar.gz`, `.tgz`): tasks find the folder that it is unpacked to.
    #[must_use]
    pub fn archive(self) -> Self {
        SideFile { is_archive: true, ..self }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name under which tasks find it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where a task finds it.
    pub(crate) fn find(&self, task: &TaskInfo) -> PathBuf {
        match lookup(&task.properties, &format!("{SIDE_FILE}{}", self.name)) {
            Some(path) => PathBuf::from(path),
            // Hadoop unpacks archives into a folder of this name.
            None if self.is_archive => PathBuf::from(&self.name),
            // … and makes a link of this name to a file, where its path may mean nothing.
            None if !self.path.exists() && Path::new(&self.name).exists() => {
                PathBuf::from(&self.name)
            }
            None => self.path.clone(),
        }
    }

    pub(crate) fn to_plan(&self) -> howdah_plan::SideFile {
        let SideFile { path, name, is_archive } = self.clone();
        howdah_plan::SideFile { path, name, is_archive }
    }
}

impl FromStr for SideFile {
    type Err = Infallible;

    /// `PATH` or `PATH#NAME`.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.rsplit_once('#') {
            Some((path, name)) if !name.is_empty() && !name.contains('/') => {
                SideFile::new(path).named(name)
            }
            _ => SideFile::new(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use howdah_plan::TaskKind;

    use super::*;

    #[test]
    fn a_name_may_be_given_behind_the_path() {
        let Ok(plain) = "data/stop words.txt".parse::<SideFile>();
        assert_eq!(
            (plain.path(), plain.name()),
            (Path::new("data/stop words.txt"), "stop words.txt")
        );
        let Ok(named) = "data/a.txt#stop".parse::<SideFile>();
        assert_eq!((named.path(), named.name()), (Path::new("data/a.txt"), "stop"));
        let Ok(path) = "data#1/a.txt".parse::<SideFile>();
        assert_eq!(path.path(), Path::new("data#1/a.txt"));
    }

    #[test]
    fn a_task_is_told_where_it_is_or_looks_where_it_was_said_to_be() {
        let file = SideFile::new("data/a.txt");
        let mut task = TaskInfo::new(0, TaskKind::Map, 0);
        assert_eq!(file.find(&task), Path::new("data/a.txt"));
        let linked = SideFile::new("elsewhere/Cargo.toml");
        assert_eq!(linked.find(&task), Path::new("Cargo.toml"), "tests run beside it");
        assert_eq!(SideFile::new("data/a.zip").archive().find(&task), Path::new("a.zip"));
        for name in ["howdah.file.a.txt", "howdah_file_a_txt"] {
            let pairs = [(name.to_owned(), "/run/a.txt".to_owned())];
            task.properties = Arc::new(pairs.into());
            assert_eq!(file.find(&task), Path::new("/run/a.txt"));
        }
    }
}
