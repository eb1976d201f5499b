//! Where a job's logs are: with YARN, in a folder, in a file.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use super::Diagnosis;
use super::gathered::{Gathered, Section};
use crate::client::{Client, logs};
use crate::installation::{NotFound, Search};
use crate::lines::Lines;

/// How deep folders of logs are looked through: `userlogs/application_…/container_…/stderr` is three below the first.
const DEPTH: usize = 6;

/// Where a job's logs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPlace {
    /// With YARN: the application's identifier.
    Application(String),
    /// A file or a folder.
    Path(PathBuf),
}

impl LogPlace {
    /// What a word names: a file or folder that exists, or else an application, a job, a task, an attempt or a container
    /// by its identifier. `None` if it is neither.
    ///
    /// ```
    /// use howdah_hadoop::diagnose::LogPlace;
    ///
    /// let place = LogPlace::of("attempt_1700000000000_0012_m_000003_1".as_ref());
    /// assert_eq!(place, Some(LogPlace::Application("application_1700000000000_0012".to_owned())));
    /// assert_eq!(LogPlace::of("no-such-file".as_ref()), None);
    /// ```
    pub fn of(word: &Path) -> Option<Self> {
        if word.exists() {
            return Some(LogPlace::Path(word.to_owned()));
        }
        application_of(word.to_str()?).map(LogPlace::Application)
    }

    /// Reads the logs, and tells why the job failed.
    ///
    /// # Errors
    /// When they cannot be read: a file by the system's reason, an application's where there is no Hadoop, or where YARN
    /// does not give them.
    pub fn diagnose(&self, search: &Search) -> Result<Diagnosis, LogError> {
        let mut gathered = Gathered::default();
        match self {
            LogPlace::Application(application) => {
                let hadoop = search.find().map_err(LogError::NotFound)?;
                let client = Client::new(true).map_err(LogError::Client)?;
                gathered = logs::Asker::new(&client, &hadoop, application).gather(&gathered)?;
                let job = application.replacen("application_", "job_", 1);
                gathered.job.get_or_insert(job);
            }
            LogPlace::Path(path) => {
                let named =
                    path.file_name().and_then(|name| name.to_str()).and_then(application_of);
                gathered.job = named.map(|id| id.replacen("application_", "job_", 1));
                read_path(path, &mut gathered, DEPTH)?;
            }
        }
        Ok(Diagnosis::of(&gathered))
    }
}

/// The application that an identifier of Hadoop's is of.
fn application_of(id: &str) -> Option<String> {
    let (kind, rest) = id.split_once('_')?;
    if !["application", "job", "task", "attempt", "container"].contains(&kind) {
        return None;
    }
    // A container's has perhaps the resource manager's epoch: `container_e17_1700000000000_0001_01_000002`.
    let epoch =
        rest.split('_').next().filter(|piece| kind == "container" && piece.starts_with('e'));
    let rest = epoch.map_or(rest, |epoch| rest[epoch.len()..].trim_start_matches('_'));
    let mut numbers = rest.split('_').take(2);
    let (cluster, number) = (numbers.next()?, numbers.next()?);
    let are_numbers = [cluster, number]
        .iter()
        .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    are_numbers.then(|| format!("application_{cluster}_{number}"))
}

/// Reads a log.
pub(super) fn read(mut log: impl BufRead, gathered: &mut Gathered) -> io::Result<()> {
    let mut lines = Lines::new(gathered);
    io::copy(&mut log, &mut lines)?;
    lines.flush()
}

/// Reads a file, or what lies in a folder.
fn read_path(path: &Path, gathered: &mut Gathered, depth: usize) -> Result<(), LogError> {
    let unread = |source| LogError::Read { path: path.to_owned(), source };
    if path.is_dir() {
        if depth == 0 {
            return Ok(());
        }
        let entries = fs::read_dir(path).map_err(unread)?;
        let mut paths: Vec<_> =
            entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>().map_err(unread)?;
        // A pipe among them would never end.
        paths.retain(|path| path.is_dir() || path.is_file());
        paths.sort();
        return paths.iter().try_for_each(|path| read_path(path, gathered, depth - 1));
    }
    let text = |path: Option<&Path>| path?.file_name()?.to_str().map(str::to_owned);
    let name = text(Some(path)).unwrap_or_default();
    let folder = text(path.parent()).unwrap_or_default();
    let section = match name.as_str() {
        "stderr" => Section::Stderr,
        "syslog" => Section::Syslog,
        _ if folder.starts_with("container_") => Section::Other,
        _ => Section::Client,
    };
    gathered.begin_file(if section == Section::Client { "" } else { &folder }, section);
    let file = File::open(path).map_err(unread)?;
    read(BufReader::new(file), gathered).map_err(unread)
}

/// Why logs could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogError {
    /// There is no Hadoop here.
    NotFound(NotFound),
    /// A file cannot be read.
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// This Hadoop has no `yarn`.
    NoYarn,
    /// What starts Hadoop's programs cannot be made.
    Client(io::Error),
    /// A program of Hadoop's could not be run.
    Io(io::Error),
    /// A signal asked for the end; its number.
    Signal(i32),
    /// YARN does not give them.
    NotGiven {
        /// The application.
        application: String,
        /// What it says.
        said: Vec<String>,
    },
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::NotFound(error) => error.fmt(f),
            LogError::Read { path, source } => write!(f, "`{}` cannot be read: {source}", path.display()),
            LogError::NoYarn => f.write_str(
                "this Hadoop has no `yarn` beside its `hadoop`\nhint: fetch the logs where there is one: `yarn logs \
                 -applicationId APPLICATION > FILE`, and name the file",
            ),
            LogError::Client(error) | LogError::Io(error) => write!(f, "`yarn logs` cannot be run: {error}"),
            LogError::Signal(number) => write!(f, "ended by signal {number}"),
            LogError::NotGiven { application, said } => {
                write!(f, "YARN does not give the logs of {application}")?;
                said.iter().try_for_each(|line| write!(f, "\n  | {line}"))?;
                f.write_str(
                    "\nhint: they are gathered when the application has ended, if `yarn.log-aggregation-enable` is true; \
                     else name a node manager's folder of them, `userlogs/APPLICATION`",
                )
            }
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LogError::NotFound(error) => Some(error),
            LogError::Read { source, .. } | LogError::Client(source) | LogError::Io(source) => {
                Some(source)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_named_by_whatever_is_its() {
        for id in [
            "application_17_0012",
            "job_17_0012",
            "task_17_0012_m_000003",
            "attempt_17_0012_m_000003_1",
            "container_17_0012_01_000002",
            "container_e05_17_0012_01_000002",
        ] {
            assert_eq!(application_of(id).as_deref(), Some("application_17_0012"), "{id}");
        }
        for id in
            ["", "job", "job_", "job_local17_0001", "job_17", "words_17_0012", "job_17_x", "é_1_2"]
        {
            assert_eq!(application_of(id), None, "{id}");
        }
    }
}
