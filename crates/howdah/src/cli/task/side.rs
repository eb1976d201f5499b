//! A task's side outputs: files in its output folder, each named for the task that wrote it.
//!
//! ```text
//! DIR/long/part-m-00003        an output with a name, of map task 3
//! DIR/_rejects/part-r-00001    what reduce task 1 rejected, a line of JSON each
//! ```
//!
//! `DIR` is what `mapreduce.task.output.dir` says: on Hadoop a folder of the attempt, which becomes the job's output if
//! the attempt succeeds. Where only Hadoop can write there, as in HDFS, the files are made here and copied at the end,
//! all at once, by [Hadoop's shell](super::shell).
//!
//! The property `howdah.side.prefix` is put before the name of each file, so that several steps can write to one folder.

use std::error::Error;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use howdah_plan::reject::REJECTS_FOLDER;
use howdah_plan::{Origin, RecordSink, Reject, SideOutputs, TaskError, TaskInfo, names};
use howdah_platform::{LocalStorage, Storage};

use super::form::{Form, SideFile};
use super::location::Location;
use super::shell::{Shell, ShellError, literal};
use super::spool::Spool;
use crate::cli::records::{Records, StreamError};
use crate::cli::reporter::Voice;
use crate::property::lookup;

/// The property that says where a task's output goes.
const FOLDER: &str = "mapreduce.task.output.dir";
/// How many bytes of a rejected record are shown where it is kept nowhere.
const SHOWN_BYTES: usize = 80;

/// The side outputs of one task attempt. Each file is made when its first record comes.
pub(super) struct SideFiles<'i, E> {
    task: &'i TaskInfo,
    folder: Folder,
    open: Vec<(String, Records<Box<dyn SideFile>>)>,
    errors: E,
}

/// Where a task's output goes.
enum Folder {
    Local(PathBuf),
    /// Where only Hadoop can write.
    Remote(Remote),
    /// Nobody said it, as in a shell's pipe.
    Unknown,
}

impl<'i, E: Write> SideFiles<'i, E> {
    /// The side outputs of a task. What it rejects without a folder to keep it in is told on `errors`.
    pub(super) fn new(task: &'i TaskInfo, errors: E) -> Self {
        let folder = match lookup(&task.properties, FOLDER).filter(|folder| !folder.is_empty()) {
            None => Folder::Unknown,
            Some(uri) => match Location::of(uri) {
                location if location.is_local() => Folder::Local(location.path.into()),
                _ => Folder::Remote(Remote::new(uri, task)),
            },
        };
        SideFiles { task, folder, open: Vec::new(), errors }
    }

    /// Writes and closes all files, and copies them to where they belong. A task that has not come so far leaves
    /// nothing where only Hadoop can write.
    pub(super) fn finish<W: Write>(self, voice: &Voice<W>) -> Result<(), TaskError> {
        self.open.into_iter().try_for_each(|(_, records)| records.end_with(SideFile::finish))?;
        match self.folder {
            Folder::Remote(remote) => remote.copy(voice),
            Folder::Local(_) | Folder::Unknown => Ok(()),
        }
    }

    fn file(&mut self, name: &str) -> Result<&mut Records<Box<dyn SideFile>>, TaskError> {
        let open = self.open.iter().position(|(open, _)| open == name);
        let position = if let Some(position) = open {
            position
        } else {
            let records = self.create(name)?;
            self.open.push((name.to_owned(), records));
            self.open.len() - 1
        };
        Ok(&mut self.open[position].1)
    }

    fn create(&mut self, name: &str) -> Result<Records<Box<dyn SideFile>>, TaskError> {
        let folder = match &mut self.folder {
            Folder::Local(folder) => folder.join(name),
            Folder::Remote(remote) => remote.folder()?.join(name),
            Folder::Unknown => return Err(SideError::Homeless(name.to_owned()).into()),
        };
        let prefix = lookup(&self.task.properties, names::SIDE_PREFIX).unwrap_or_default();
        if prefix.contains(['/', '\0']) {
            return Err(SideError::Prefix(prefix.to_owned()).into());
        }
        // Rejects are never compressed: they are for people to look at.
        let form = if name == REJECTS_FOLDER { Form::plain() } else { Form::of(self.task) };
        let file = format!("{prefix}{}{}", names::named_part(self.task), form.ending());
        let path = folder.join(file);
        let broken = broken(name, &path);
        let created = LocalStorage
            .create_folders(&folder)
            .and_then(|()| LocalStorage.create(&path))
            .and_then(|file| form.of_file(file));
        match created {
            Ok(file) => Ok(Records::with_message(file, broken)),
            Err(error) => Err(TaskError::engine(StreamError::new(broken, error))),
        }
    }

    /// Tells of a rejected record that is kept nowhere.
    fn tell(&mut self, reason: &str, record: &[u8]) {
        let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let shown = &record[..record.len().min(SHOWN_BYTES)];
        let dots = if shown.len() < record.len() { "…" } else { "" };
        let line = format!("rejected: {reason}: {}{dots}\n", shown.escape_ascii());
        // A closed standard error is no reason to fail: nobody reads of rejects then, and they are still counted.
        let _ = self.errors.write_all(line.as_bytes()).and_then(|()| self.errors.flush());
    }
}

impl<E: Write> SideOutputs for SideFiles<'_, E> {
    fn output(&mut self, name: &str) -> Result<&mut dyn RecordSink, TaskError> {
        Ok(self.file(name)?)
    }

    fn reject(
        &mut self,
        reason: &str,
        record: &[u8],
        origin: Option<&Origin>,
    ) -> Result<(), TaskError> {
        if matches!(self.folder, Folder::Unknown) {
            self.tell(reason, record);
            return Ok(());
        }
        let reject = Reject::new(self.task, reason, record, origin);
        let lines = self.file(REJECTS_FOLDER)?;
        match serde_json::to_writer(lines.key(), &reject) {
            Ok(()) => lines.end(),
            Err(error) => {
                lines.abandon();
                Err(TaskError::engine(error))
            }
        }
    }
}

fn broken(name: &str, path: &Path) -> String {
    format!("the output `{name}` cannot be written to {}", path.display())
}

/// A folder where only Hadoop can write, and what is to be copied there.
struct Remote {
    uri: String,
    target: Target,
    shell: Shell,
    /// Made when the first file is.
    spool: Option<Spool>,
}

impl Remote {
    fn new(uri: &str, task: &TaskInfo) -> Self {
        let shell = Shell::new(task.properties.clone());
        Remote { uri: uri.to_owned(), target: Target::of(uri), shell, spool: None }
    }

    /// The folder on this machine that stands for it.
    fn folder(&mut self) -> Result<PathBuf, TaskError> {
        let spool = match self.spool.take() {
            Some(spool) => spool,
            None => Spool::new()?,
        };
        let folder = self.target.within(spool.path());
        self.spool = Some(spool);
        Ok(folder)
    }

    /// Copies all files, if there are any.
    fn copy<W: Write>(self, voice: &Voice<W>) -> Result<(), TaskError> {
        let Some(spool) = &self.spool else { return Ok(()) };
        let what = format!("copying side outputs to {}", self.uri);
        let copied = voice.while_served(&what, || self.put(spool.path()));
        copied.map_err(TaskError::engine)
    }

    fn put(&self, spool: &Path) -> Result<(), ShellError> {
        let names = LocalStorage.list(spool).unwrap_or_default();
        // With `./` before it no name is an option.
        let sources = names.iter().map(|entry| format!("./{}", entry.name.display()));
        let sources: Vec<_> = sources.collect();
        let above = literal(&self.target.above);
        let mut words = vec!["-put", "-f"];
        words.extend(sources.iter().map(String::as_str));
        words.push(&above);
        let undone = format!("the side outputs cannot be copied to {}", self.uri);
        match self.shell.run(spool, &words, &undone) {
            Err(error) if error.is_missing_path() => {
                self.shell.run(spool, &["-mkdir", "-p", &above], &undone)?;
                self.shell.run(spool, &words, &undone)
            }
            done => done,
        }
    }
}

/// A folder in two parts: what is copied holds its last names, and goes to the folder above them.
///
/// The folder of an attempt is made with its part file, which a map task before a reducer has not: then there are
/// neither `_temporary/attempt_…` nor, perhaps, `_temporary`. With both of them in what is copied there is no need to ask,
/// and one start of the shell does.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    /// With a slash at its end.
    above: String,
    /// The last names, two at most.
    names: Vec<String>,
}

impl Target {
    fn of(uri: &str) -> Self {
        // The shell reads the names of what it copies as URIs, where other characters have meanings.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let mut above = uri.trim_end_matches('/');
        let mut names = Vec::new();
        while names.len() < 2 {
            let Some((rest, name)) = above.rsplit_once('/') else { break };
            let is_name = !matches!(name, "" | "." | "..") && name.chars().all(is_plain);
            // What follows `//` is a host, and what has nothing before it but the root is best left whole.
            if !is_name || rest.is_empty() || rest.ends_with(['/', ':']) {
                break;
            }
            names.insert(0, name.to_owned());
            above = rest;
        }
        Target { above: format!("{above}/"), names }
    }

    /// Its place in a folder that is copied.
    fn within(&self, spool: &Path) -> PathBuf {
        self.names.iter().fold(spool.to_owned(), |folder, name| folder.join(name))
    }
}

/// Why side outputs cannot be written.
#[derive(Debug)]
pub(in crate::cli) enum SideError {
    /// There is no place for this output.
    Homeless(String),
    /// Files cannot have names that begin so.
    Prefix(String),
}

impl SideError {
    /// What to do about it.
    pub(in crate::cli) fn hint(&self) -> Option<&'static str> {
        match self {
            SideError::Homeless(_) => Some(
                "`mapreduce_task_output_dir=DIR` before the command makes it a file in the folder DIR/NAME",
            ),
            SideError::Prefix(_) => None,
        }
    }
}

impl fmt::Display for SideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SideError::Homeless(output) => write!(
                f,
                "the output `{output}` has no place here: nobody says where this task's output goes, as Hadoop and \
                 `run` do"
            ),
            SideError::Prefix(prefix) => {
                write!(f, "`{}` is `{prefix}`, and no file has such a name", names::SIDE_PREFIX)
            }
        }
    }
}

impl Error for SideError {}

impl From<SideError> for TaskError {
    fn from(error: SideError) -> Self {
        TaskError::engine(error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::{fs, io};

    use howdah_plan::TaskErrorKind;

    use howdah_plan::TaskKind;

    use super::*;
    use crate::cli::task::tests::TestFolder;

    fn task(kind: TaskKind, number: u32, folder: Option<&str>) -> TaskInfo {
        let mut task = TaskInfo::new(0, kind, number);
        let folder = folder.map(|folder| (FOLDER.to_owned(), folder.to_owned()));
        task.properties = Arc::new(folder.into_iter().collect());
        task
    }

    /// Closes all files; what is said of it.
    fn finish<E: Write>(side: SideFiles<'_, E>) -> Result<String, TaskError> {
        let mut said = Vec::new();
        let voice = Voice::new(&mut said, &Arc::default());
        side.finish(&voice)?;
        drop(voice);
        Ok(String::from_utf8(said).unwrap())
    }

    fn emit(side: &mut dyn SideOutputs, name: &str, key: &str) -> Result<(), TaskError> {
        let records = side.output(name)?;
        records.key().extend_from_slice(key.as_bytes());
        records.value().push(b'1');
        records.end()
    }

    #[test]
    fn each_output_is_a_file_that_begins_with_its_first_record() {
        let folder = TestFolder::new();
        let uri = format!("file:{}/new", folder.path().display());
        let task = task(TaskKind::Map, 3, Some(&uri));
        let mut side = SideFiles::new(&task, io::sink());
        assert!(!folder.path().join("new").exists());
        for (name, key) in [("long", "a"), ("short", "b"), ("long", "c")] {
            emit(&mut side, name, key).unwrap();
        }
        assert_eq!(finish(side).unwrap(), "");
        let text = |name: &str| fs::read_to_string(folder.path().join("new").join(name)).unwrap();
        assert_eq!(text("long/part-m-00003"), "a\t1\nc\t1\n");
        assert_eq!(text("short/part-m-00003"), "b\t1\n");
    }

    #[test]
    fn rejects_are_lines_of_json_with_their_place() {
        let folder = TestFolder::new();
        let task = task(TaskKind::Reduce, 1, folder.path().to_str());
        let mut told = Vec::new();
        let mut side = SideFiles::new(&task, &mut told);
        let origin = Origin { file: "file:/a".to_owned(), offset: 7 };
        side.reject("no date", b"x\xff", Some(&origin)).unwrap();
        side.reject("no\nend", b"", None).unwrap();
        assert_eq!(finish(side).unwrap(), "");
        assert_eq!(
            fs::read_to_string(folder.path().join("_rejects/part-r-00001")).unwrap(),
            "{\"schema\":\"howdah.reject/1\",\"reason\":\"no date\",\"record\":\"x\\\\xff\",\"file\":\"file:/a\",\
             \"offset\":7,\"step\":0,\"task\":\"reduce 1\"}\n\
             {\"schema\":\"howdah.reject/1\",\"reason\":\"no\\nend\",\"record\":\"\",\"file\":null,\"offset\":null,\
             \"step\":0,\"task\":\"reduce 1\"}\n"
        );
        assert!(told.is_empty());
    }

    #[test]
    fn a_reject_without_a_folder_is_told_in_a_line() {
        for folder in [None, Some("")] {
            let task = task(TaskKind::Map, 0, folder);
            let mut told = Vec::new();
            let mut side = SideFiles::new(&task, &mut told);
            side.reject("no\ndate", b"a\tb\n\xff", None).unwrap();
            side.reject("long", &[b'x'; 100], None).unwrap();
            assert_eq!(finish(side).unwrap(), "");
            let expected = format!(
                "rejected: no date: a\\tb\\n\\xff\nrejected: long: {}…\n",
                "x".repeat(SHOWN_BYTES)
            );
            assert_eq!(String::from_utf8(told).unwrap(), expected, "{folder:?}");
        }
    }

    #[test]
    fn an_output_without_a_place_is_named() {
        let task = task(TaskKind::Map, 0, None);
        let error = emit(&mut SideFiles::new(&task, io::sink()), "long", "a").unwrap_err();
        let TaskErrorKind::Engine(source) = error.kind() else { panic!("{error}") };
        let hint = source.downcast_ref::<SideError>().unwrap().hint().unwrap();
        assert_eq!(
            error.to_string(),
            "the output `long` has no place here: nobody says where this task's output goes, as Hadoop and `run` do"
        );
        assert!(hint.contains("mapreduce_task_output_dir=DIR"), "{hint}");
    }

    #[test]
    fn a_prefix_is_a_part_of_each_files_name() {
        let folder = TestFolder::new();
        let mut task = task(TaskKind::Map, 3, folder.path().to_str());
        let mut prefixed = |prefix: &str| {
            let properties = Arc::make_mut(&mut task.properties);
            properties.insert("howdah_side_prefix".to_owned(), prefix.to_owned());
            let mut side = SideFiles::new(&task, io::sink());
            emit(&mut side, "long", "a")?;
            side.reject("no", b"x", None)?;
            finish(side)
        };
        prefixed("step-0001-").unwrap();
        assert!(folder.path().join("long/step-0001-part-m-00003").exists());
        assert!(folder.path().join("_rejects/step-0001-part-m-00003").exists());
        assert_eq!(
            prefixed("../").unwrap_err().to_string(),
            "`howdah.side.prefix` is `../`, and no file has such a name"
        );
    }

    #[test]
    fn a_remote_folder_is_copied_with_its_last_names() {
        let target = |uri| {
            let Target { above, names } = Target::of(uri);
            format!("{above} {}", names.join(" "))
        };
        for (uri, expected) in [
            (
                "hdfs://h:8020/out/_temporary/1/_temporary/attempt_1_m_0_0",
                "hdfs://h:8020/out/_temporary/1/ _temporary attempt_1_m_0_0",
            ),
            ("s3a://bucket/a/", "s3a://bucket/ a"),
            ("s3a://bucket", "s3a://bucket/ "),
            ("hdfs:///a", "hdfs:///a/ "),
            ("hdfs:/a/b", "hdfs:/a/ b"),
            ("hdfs://h/a b/c", "hdfs://h/a b/ c"),
            ("hdfs://h/c/a%b", "hdfs://h/c/a%b/ "),
        ] {
            assert_eq!(target(uri), expected, "{uri}");
        }
    }

    /// A task on Hadoop, whose Java is these commands of a shell.
    #[cfg(unix)]
    fn task_on_hadoop(home: &Path, java: &str) -> TaskInfo {
        crate::cli::task::shell::tests::stand_in(home, java);
        let uri = "hdfs://h/out/_temporary/1/_temporary/attempt_1";
        let mut task = task(TaskKind::Map, 3, Some(uri));
        let properties = Arc::make_mut(&mut task.properties);
        properties.insert("CLASSPATH".to_owned(), "x".to_owned());
        properties.insert("JAVA_HOME".to_owned(), home.to_str().unwrap().to_owned());
        task
    }

    #[cfg(unix)]
    #[test]
    fn what_only_hadoop_can_write_is_copied_at_the_end_and_at_once() {
        let home = TestFolder::new();
        let java = "cd $(dirname $0)/..; echo $* >> calls; cd $OLDPWD; cp -r _temporary $(dirname $0)/..; pwd >&2";
        let task = task_on_hadoop(home.path(), java);
        let mut side = SideFiles::new(&task, io::sink());
        for (name, key) in [("long", "a"), ("-x", "b"), ("long", "c")] {
            emit(&mut side, name, key).unwrap();
        }
        side.reject("no", b"x", None).unwrap();
        let Folder::Remote(Remote { spool: Some(spool), .. }) = &side.folder else { panic!() };
        let spool = spool.path().to_owned();
        assert!(spool.exists() && !home.path().join("calls").exists());
        assert_eq!(
            finish(side).unwrap(),
            "reporter:status:copying side outputs to hdfs://h/out/_temporary/1/_temporary/attempt_1\n"
        );
        assert!(!spool.exists());
        let text = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        let calls = text("calls");
        assert!(calls.ends_with(" -put -f ./_temporary hdfs://h/out/_temporary/1/\n"), "{calls}");
        assert_eq!(calls.lines().count(), 1);
        assert_eq!(text("_temporary/attempt_1/long/part-m-00003"), "a\t1\nc\t1\n");
        assert_eq!(text("_temporary/attempt_1/-x/part-m-00003"), "b\t1\n");
        assert!(text("_temporary/attempt_1/_rejects/part-m-00003").contains("\"reason\":\"no\""));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_missing_is_made() {
        let home = TestFolder::new();
        let java = "cd $(dirname $0); echo $* >> calls; case \"$*\" in *-put*) test -e made || \
                    { echo 'put: No such file or directory' >&2; exit 1; };; *) touch made;; esac";
        let task = task_on_hadoop(home.path(), java);
        let mut side = SideFiles::new(&task, io::sink());
        emit(&mut side, "long", "a").unwrap();
        finish(side).unwrap();
        let calls = fs::read_to_string(home.path().join("bin/calls")).unwrap();
        let verbs: Vec<_> = calls.lines().filter_map(|call| call.split(' ').nth(4)).collect();
        assert_eq!(verbs, ["-put", "-mkdir", "-put"], "{calls}");
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_that_fails_fails_the_task_with_what_hadoop_said() {
        let home = TestFolder::new();
        let task = task_on_hadoop(home.path(), "echo 'put: Permission denied' >&2; exit 1");
        let mut side = SideFiles::new(&task, io::sink());
        emit(&mut side, "long", "a").unwrap();
        let error = finish(side).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the side outputs cannot be copied to {}: `{}/bin/java org.apache.hadoop.fs.FsShell -put` failed \
                 with code 1\n  | put: Permission denied",
                lookup(&task.properties, FOLDER).unwrap(),
                home.path().display()
            )
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_task_that_fails_or_has_nothing_copies_nothing() {
        let home = TestFolder::new();
        let task = task_on_hadoop(home.path(), "touch $(dirname $0)/called");
        assert_eq!(finish(SideFiles::new(&task, io::sink())).unwrap(), "");
        let mut failed = SideFiles::new(&task, io::sink());
        emit(&mut failed, "long", "a").unwrap();
        let Folder::Remote(Remote { spool: Some(spool), .. }) = &failed.folder else { panic!() };
        let spool = spool.path().to_owned();
        drop(failed);
        assert!(!spool.exists() && !home.path().join("bin/called").exists());
    }

    #[test]
    fn a_file_that_is_there_is_never_written_over() {
        let folder = TestFolder::new();
        fs::create_dir(folder.path().join("long")).unwrap();
        fs::write(folder.path().join("long/part-m-00000"), "mine").unwrap();
        let task = task(TaskKind::Map, 0, folder.path().to_str());
        let error = emit(&mut SideFiles::new(&task, io::sink()), "long", "a").unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("the output `long` cannot be written to "), "{error}");
        assert!(error.contains("part-m-00000: "), "{error}");
        assert_eq!(fs::read(folder.path().join("long/part-m-00000")).unwrap(), b"mine");
    }
}
