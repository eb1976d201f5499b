//! `-files` and its kin: a folder for the tasks.
//!
//! Hadoop's local runner makes links in the client's current folder. Here the user's folder is left alone: when
//! something is shipped, tasks run in a folder of the run that shows the same: all that is in the current folder,
//! and a link to each shipped file. As with Hadoop, a file of the current folder stands before a shipped one of the
//! same name.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use howdah_runner::side_files as archive;
use howdah_runner::side_files::{show, show_all};
use howdah_streaming::options::StreamingOptions;

use super::log::{JobLog, Level};
use super::plan::absolute;
use super::refusal::Refusal;

/// A file or folder to ship, and its name in the tasks' folder.
#[derive(Debug, PartialEq, Eq)]
struct Shipped {
    source: PathBuf,
    link: String,
    /// Whether the link leads to a folder with the archive's content.
    unpacks: bool,
}

/// The folder that tasks run in; removed when it is dropped.
#[derive(Debug)]
pub(super) struct TaskFolder {
    /// What is removed: the folder itself, and beside it what was unpacked.
    base: PathBuf,
    path: PathBuf,
}

impl TaskFolder {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TaskFolder {
    fn drop(&mut self) {
        // Links are removed, not what they lead to. What cannot be removed lies in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.base);
    }
}

/// What a job ships.
#[derive(Debug, Default)]
pub(super) struct Shipment {
    items: Vec<Shipped>,
    /// `-file` paths in canonical form: a command that names one is run by its last name.
    packaged: Vec<PathBuf>,
}

impl Shipment {
    /// Looks at what is to be shipped; Hadoop does so before all else.
    pub(super) fn of_generic(job: &StreamingOptions) -> Result<Self, Refusal> {
        let mut shipment = Shipment::default();
        let files = job.files.iter().map(|spec| (spec, false));
        for (spec, unpacks) in files.chain(job.archives.iter().map(|spec| (spec, true))) {
            let (path, link) = split_link(spec);
            let source = local_path(path)?;
            if !source.exists() {
                return Err(Refusal::uncaught(&format!(
                    "java.io.FileNotFoundException: File {path} does not exist"
                )));
            }
            shipment.add(&source, link, unpacks);
        }
        Ok(shipment)
    }

    /// Adds the files of deprecated options.
    pub(super) fn add_deprecated(&mut self, job: &StreamingOptions) -> Result<(), Refusal> {
        for path in &job.packaged_files {
            let source = local_path(path)?;
            let Ok(canonical) = source.canonicalize() else {
                let uri = absolute(&source).display().to_string();
                return Err(Refusal::usage(&format!("File: file:{uri} does not exist.")));
            };
            self.add(&source, None, false);
            self.packaged.push(canonical);
        }
        let files = job.cache_files.iter().map(|uri| (uri, false));
        for (uri, unpacks) in files.chain(job.cache_archives.iter().map(|uri| (uri, true))) {
            let (path, link) = split_link(uri);
            if link.is_none() || !path.contains(':') {
                return Err(Refusal::usage(
                    "You need to specify the uris as scheme://path#linkname,Please specify a different link \
                     name for all of your caching URIs",
                ));
            }
            self.add(&local_path(path)?, link, unpacks);
        }
        Ok(())
    }

    fn add(&mut self, source: &Path, link: Option<&str>, unpacks: bool) {
        let source = absolute(source);
        let own_name = || source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let link = link.map_or_else(own_name, str::to_owned);
        let unpacks = unpacks && archive::is_archive(&source);
        self.items.push(Shipped { source, link, unpacks });
    }

    /// A command whose program is a `-file` is run by that file's name (`StreamJob.unqualifyIfLocalPath`).
    pub(super) fn unqualified(&self, command: &str) -> String {
        let (program, arguments) = command.split_once(' ').unwrap_or((command, ""));
        let path = Path::new(program);
        match (path.canonicalize(), path.file_name()) {
            (Ok(canonical), Some(name)) if self.packaged.contains(&canonical) => {
                let name = name.to_string_lossy();
                if arguments.is_empty() { name.into_owned() } else { format!("{name} {arguments}") }
            }
            _ => command.to_owned(),
        }
    }

    /// The properties that tell tasks what is shipped.
    pub(super) fn local_properties(&self) -> impl Iterator<Item = (&'static str, String)> {
        let shown = |unpacks: bool| {
            let items = self.items.iter().filter(move |item| item.unpacks == unpacks);
            let shown: Vec<_> = items.map(|item| item.source.display().to_string()).collect();
            (!shown.is_empty()).then(|| shown.join(","))
        };
        let files = shown(false).map(|files| ("mapreduce.job.cache.local.files", files));
        let archives = shown(true).map(|archives| ("mapreduce.job.cache.local.archives", archives));
        files.into_iter().chain(archives)
    }

    /// Makes the folder for the tasks; none if nothing is shipped.
    pub(super) fn unpack(
        &self,
        temporary: &Path,
        log: &JobLog,
    ) -> Result<Option<TaskFolder>, Refusal> {
        if self.items.is_empty() {
            return Ok(None);
        }
        let folder =
            make_folder(temporary).map_err(|error| trouble("be made", temporary, &error))?;
        let here =
            std::env::current_dir().map_err(|error| trouble("be made", Path::new("."), &error))?;
        show_all(&here, &folder.path).map_err(|error| trouble("show the folder", &here, &error))?;
        for (number, item) in self.items.iter().enumerate() {
            let link = folder.path.join(&item.link);
            let mut source = item.source.clone();
            if item.unpacks && link.symlink_metadata().is_err() {
                source = folder.base.join(format!("archive-{number}"));
                archive::unpack(&item.source, &source)
                    .map_err(|error| trouble("hold what is in", &item.source, &error))?;
            }
            if let Some(parent) = link.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|error| trouble("hold a link to", &item.source, &error))?;
            }
            match show(&source, &link) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if link.canonicalize().ok() != source.canonicalize().ok() {
                        let message = format!(
                            "cache file (mapreduce.job.cache.files) file:{} conflicts with another file \
                             `{}`, which tasks see instead",
                            item.source.display(),
                            item.link
                        );
                        log.say(Level::Warn, "util.LocalResourceBuilder", &message);
                    }
                }
                Err(error) => return Err(trouble("hold a link to", &item.source, &error)),
            }
        }
        Ok(Some(folder))
    }
}

fn split_link(spec: &str) -> (&str, Option<&str>) {
    match spec.rsplit_once('#') {
        Some((path, link)) => (path, Some(link)),
        None => (spec, None),
    }
}

/// A path without `file:`. Other file systems cannot be read yet.
pub(super) fn local_path(text: &str) -> Result<PathBuf, Refusal> {
    let (scheme, path) = match text.split_once(':') {
        Some((scheme, path)) if !scheme.contains('/') && path.starts_with('/') => (scheme, path),
        _ => return Ok(PathBuf::from(text)),
    };
    if scheme == "file" {
        let path = path.strip_prefix("//").map_or(path, |rest| rest);
        return Ok(PathBuf::from(path));
    }
    Err(Refusal::not_yet(&format!("the file system of `{text}`")))
}

fn trouble(what: &str, path: &Path, error: &io::Error) -> Refusal {
    let line = format!("error: the tasks' folder cannot {what} `{}`: {error}", path.display());
    Refusal::failed(howdah_plan::exit::IO, [line])
}

fn make_folder(temporary: &Path) -> io::Result<TaskFolder> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = format!("howdah-tasks-{:x}-{:x}", since.as_nanos(), std::process::id());
    let base = absolute(&temporary.join(name));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&base)?;
    let path = base.join("work");
    std::fs::create_dir(&path)?;
    Ok(TaskFolder { base, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_name_stands_behind_a_hash() {
        assert_eq!(split_link("a/b.py#m.py"), ("a/b.py", Some("m.py")));
        assert_eq!(split_link("a/b.py"), ("a/b.py", None));
    }

    #[test]
    fn only_local_paths_are_paths() {
        for (text, path) in [
            ("a/b", "a/b"),
            ("a:b", "a:b"),
            ("file:/a", "/a"),
            ("file:///a", "/a"),
            ("/x:/y", "/x:/y"),
        ] {
            assert_eq!(local_path(text).unwrap(), PathBuf::from(path), "{text}");
        }
        assert!(local_path("hdfs://h/a").is_err());
    }
}
