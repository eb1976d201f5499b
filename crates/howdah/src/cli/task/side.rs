//! A task's side outputs: files in its output folder, each named for the task that wrote it.
//!
//! ```text
//! DIR/long/part-m-00003        an output with a name, of map task 3
//! DIR/_rejects/part-r-00001    what reduce task 1 rejected, a line of JSON each
//! ```
//!
//! `DIR` is what `mapreduce.task.output.dir` says: on Hadoop a folder of the attempt, which becomes the job's output if
//! the attempt succeeds.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use howdah_plan::reject::REJECTS_FOLDER;
use howdah_plan::{Origin, RecordSink, Reject, SideOutputs, TaskError, TaskInfo, names};
use howdah_platform::{LocalStorage, Storage, WriteFile};

use super::location::Location;
use crate::cli::records::{Records, StreamError};
use crate::property::lookup;

/// The property that says where a task's output goes.
const FOLDER: &str = "mapreduce.task.output.dir";
/// How many bytes of a rejected record are shown where it is kept nowhere.
const SHOWN_BYTES: usize = 80;

/// The side outputs of one task attempt. Each file is made when its first record comes.
pub(super) struct SideFiles<'i, E> {
    task: &'i TaskInfo,
    folder: Folder,
    open: Vec<(String, Records<SideFile>)>,
    errors: E,
}

/// Where a task's output goes.
enum Folder {
    Local(PathBuf),
    /// Where only Hadoop can write.
    Remote(String),
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
                _ => Folder::Remote(uri.to_owned()),
            },
        };
        SideFiles { task, folder, open: Vec::new(), errors }
    }

    /// Writes and closes all files.
    pub(super) fn finish(self) -> Result<(), TaskError> {
        self.open.into_iter().try_for_each(|(_, mut records)| records.flush())
    }

    fn file(&mut self, name: &str) -> Result<&mut Records<SideFile>, TaskError> {
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

    fn create(&self, name: &str) -> Result<Records<SideFile>, TaskError> {
        let homeless = |why| TaskError::engine(SideError { output: name.to_owned(), why });
        let folder = match &self.folder {
            Folder::Local(folder) => folder.join(name),
            Folder::Remote(uri) => return Err(homeless(Homeless::Remote(uri.clone()))),
            Folder::Unknown => return Err(homeless(Homeless::Unknown)),
        };
        let path = folder.join(names::named_part(self.task));
        let broken = broken(name, &path);
        let created =
            LocalStorage.create_folders(&folder).and_then(|()| LocalStorage.create(&path));
        match created {
            Ok(file) => Ok(Records::with_message(SideFile(file), broken)),
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
        if !matches!(self.folder, Folder::Local(_)) {
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

/// A file as a stream.
struct SideFile(Box<dyn WriteFile>);

impl Write for SideFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why an output with a name cannot be written: there is no place for it.
#[derive(Debug)]
pub(in crate::cli) struct SideError {
    output: String,
    why: Homeless,
}

#[derive(Debug)]
enum Homeless {
    Remote(String),
    Unknown,
}

impl SideError {
    /// What to do about it.
    pub(in crate::cli) fn hint(&self) -> &'static str {
        match self.why {
            Homeless::Unknown => {
                "`mapreduce_task_output_dir=DIR` before the command makes it a file in the folder DIR/NAME"
            }
            Homeless::Remote(_) => {
                "run the job here with `run`, or give these records a step of their own"
            }
        }
    }
}

impl fmt::Display for SideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the output `{}` has no place here: ", self.output)?;
        match &self.why {
            Homeless::Unknown => {
                f.write_str("nobody says where this task's output goes, as Hadoop and `run` do")
            }
            Homeless::Remote(uri) => write!(
                f,
                "this task's output goes to {uri}, and so far only paths and `file:` URIs work"
            ),
        }
    }
}

impl Error for SideError {}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

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
        side.finish().unwrap();
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
        side.finish().unwrap();
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
        for folder in [None, Some(""), Some("hdfs://host/out/_temporary")] {
            let task = task(TaskKind::Map, 0, folder);
            let mut told = Vec::new();
            let mut side = SideFiles::new(&task, &mut told);
            side.reject("no\ndate", b"a\tb\n\xff", None).unwrap();
            side.reject("long", &[b'x'; 100], None).unwrap();
            side.finish().unwrap();
            let expected = format!(
                "rejected: no date: a\\tb\\n\\xff\nrejected: long: {}…\n",
                "x".repeat(SHOWN_BYTES)
            );
            assert_eq!(String::from_utf8(told).unwrap(), expected, "{folder:?}");
        }
    }

    #[test]
    fn an_output_without_a_place_is_named() {
        let says = |folder| {
            let task = task(TaskKind::Map, 0, folder);
            let error = emit(&mut SideFiles::new(&task, io::sink()), "long", "a").unwrap_err();
            let TaskErrorKind::Engine(source) = error.kind() else { panic!("{error}") };
            (error.to_string(), source.downcast_ref::<SideError>().unwrap().hint())
        };
        let (error, hint) = says(None);
        assert_eq!(
            error,
            "the output `long` has no place here: nobody says where this task's output goes, as Hadoop and `run` do"
        );
        assert!(hint.contains("mapreduce_task_output_dir=DIR"), "{hint}");
        let (error, _) = says(Some("hdfs://host/out"));
        assert_eq!(
            error,
            "the output `long` has no place here: this task's output goes to hdfs://host/out, and so far only paths \
             and `file:` URIs work"
        );
        assert!(says(Some("file://host/out")).0.contains("file://host/out"));
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
