//! What one attempt writes: its part, outputs with names, rejected records.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use howdah_codec::Codec;
use howdah_plan::reject::REJECTS_FOLDER;
use howdah_plan::{Origin, RecordSink, Reject, SideOutputs, TaskError, TaskInfo, TaskKind, names};
use howdah_platform::{FileKind, Storage};

use super::map_file::{DATA, INDEX, MapFileWriter};
use super::part::{PartFile, PartFormat, PartWriter, TaskPart, output_error};
use super::sequence::{SequenceWriter, WrittenAs};

/// Lines of a named output are handed on once there are this many bytes: there may be many of them.
const SIDE_BYTES: usize = 1 << 15;

/// How attempts write, the same for all of a step.
#[derive(Debug, Clone)]
pub(crate) struct WriteSettings {
    pub(crate) format: PartFormat,
    /// What the lines of parts are compressed by.
    pub(crate) codec: Option<Codec>,
    /// What stands between key and value.
    pub(crate) separator: Vec<u8>,
    /// Whether the files must outlive a power cut.
    pub(crate) durable: bool,
    /// Whether somebody may look at what an attempt that fails has written.
    pub(crate) keeps_failed: bool,
    /// Whether outputs with names have a place to go to.
    pub(crate) takes_named: bool,
    /// Whose the files are that tasks have left so far.
    pub(crate) owners: Owners,
}

/// The tasks whose files lie in a step's output. Where several write a file of one name, the last one's stays, as on
/// Hadoop; here that is the task with the highest number, whichever ends first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(Arc<Mutex<BTreeMap<PathBuf, Owned>>>);

/// A file that a task has left.
#[derive(Debug)]
struct Owned {
    rank: Rank,
    /// The records in it, if our own sinks have written it.
    records: Option<u64>,
}

/// A task's place among all of a step: reduce tasks come behind map tasks.
type Rank = (bool, u32);

impl Owners {
    /// Moves a file of a task to where it stays, unless a later task has left one there.
    fn place(
        &self,
        storage: &dyn Storage,
        source: &Path,
        target: &Path,
        file: Owned,
    ) -> io::Result<()> {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match owners.get(target) {
            Some(owner) if owner.rank > file.rank => return Ok(()),
            Some(_) => storage.remove_all(target)?,
            None => {}
        }
        storage.rename_new(source, target)?;
        owners.insert(target.to_owned(), file);
        Ok(())
    }

    /// The records in a file, if they are known.
    pub(super) fn records(&self, file: &Path) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(file)?.records
    }

    /// Takes over what others know of a file that has got another name.
    pub(super) fn take(&self, others: &Owners, from: &Path, to: PathBuf) {
        let known = others.0.lock().unwrap_or_else(PoisonError::into_inner).remove(from);
        let Some(file) = known else { return };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(to, file);
    }
}

/// The folder of one attempt, made when it is first needed. Its files become the task's by
/// [`commit`](Self::commit), as Hadoop's `FileOutputCommitter` does it.
pub(crate) struct AttemptFiles<'s> {
    storage: &'s dyn Storage,
    /// Where the files go when the attempt has succeeded.
    staging: &'s Path,
    folder: PathBuf,
    settings: &'s WriteSettings,
    info: &'s TaskInfo,
    /// The writers of named outputs, and of rejects, by their folders.
    side: BTreeMap<String, SideWriter>,
}

/// A task's part while its attempt runs. One that fails, or panics, leaves the records in it that it has written.
pub(crate) struct AttemptPart {
    /// There until the attempt has succeeded or failed.
    part: Option<TaskPart>,
    keeps_failed: bool,
}

impl AttemptPart {
    /// Where records go.
    pub(crate) fn sink(&mut self) -> &mut dyn RecordSink {
        match &mut self.part {
            Some(part) => part.sink(),
            None => unreachable!("it is taken only by who has it whole"),
        }
    }

    /// Records written so far.
    pub(crate) fn records(&self) -> u64 {
        self.part.as_ref().map_or(0, TaskPart::records)
    }
}

impl Drop for AttemptPart {
    fn drop(&mut self) {
        if let Some(part) = self.part.take().filter(|_| self.keeps_failed) {
            part.leave();
        }
    }
}

/// The writer of a file beside the part.
struct SideWriter {
    path: PathBuf,
    writer: PartWriter,
}

impl<'s> AttemptFiles<'s> {
    pub(crate) fn new(
        storage: &'s dyn Storage,
        staging: &'s Path,
        folder: PathBuf,
        settings: &'s WriteSettings,
        info: &'s TaskInfo,
    ) -> Self {
        AttemptFiles { storage, staging, folder, settings, info, side: BTreeMap::new() }
    }

    /// Makes the task's part.
    pub(crate) fn part(&self) -> Result<AttemptPart, TaskError> {
        self.storage.create_folders(&self.folder).map_err(output_error)?;
        let name = self.part_name();
        let path = self.folder.join(&name);
        let create = |path: &Path| self.storage.create(path).map_err(output_error);
        let sequence = |format, written_as| {
            let writer = SequenceWriter::new(create(&path)?, format, written_as, &name);
            Ok::<_, TaskError>(TaskPart::Sequence(Box::new(writer)))
        };
        let part = match &self.settings.format {
            PartFormat::Lines => {
                let file =
                    PartFile::new(create(&path)?, self.settings.codec).map_err(output_error)?;
                TaskPart::Lines(PartWriter::new(file, self.settings.separator.clone()))
            }
            PartFormat::Sequence(format) => sequence(format, WrittenAs::Typed)?,
            PartFormat::Binary(format) => sequence(format, WrittenAs::Binary)?,
            PartFormat::MapFile(format, index) => {
                self.storage.create_folders(&path).map_err(output_error)?;
                let files = [create(&path.join(DATA))?, create(&path.join(INDEX))?];
                let writer = MapFileWriter::new(files, format, *index, &name)?;
                TaskPart::MapFile(Box::new(writer))
            }
        };
        Ok(AttemptPart { part: Some(part), keeps_failed: self.settings.keeps_failed })
    }

    /// Ends all files and makes them the task's, the part only if it is wanted; gives the time that it took.
    pub(crate) fn commit(
        mut self,
        part: Option<AttemptPart>,
        wants_empty: bool,
    ) -> Result<Duration, TaskError> {
        let mut time = Duration::ZERO;
        let mut records = BTreeMap::new();
        if let Some(part) = part.and_then(|mut part| part.part.take()) {
            let path = self.folder.join(self.part_name());
            let is_unwanted = part.records() == 0 && !wants_empty;
            records.extend(part.files(&path));
            time += part.finish(self.settings.durable)?;
            if is_unwanted {
                self.storage.remove_all(&path).map_err(output_error)?;
            }
        }
        for SideWriter { path, writer } in std::mem::take(&mut self.side).into_values() {
            records.insert(path, writer.records());
            time += writer.finish(self.settings.durable)?;
        }
        self.promote(&records).map_err(output_error)?;
        Ok(time)
    }

    fn promote(&self, records: &BTreeMap<PathBuf, u64>) -> io::Result<()> {
        match self.storage.look(&self.folder) {
            // Nothing was written, neither by us nor by a child.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                let rank = (self.info.kind != TaskKind::Map, self.info.task);
                move_all(self.storage, &self.folder, self.staging, &|source, target| {
                    let file = Owned { rank, records: records.get(source).copied() };
                    self.settings.owners.place(self.storage, source, target, file)
                })
            }
        }
    }

    fn part_name(&self) -> String {
        format!("part-{:05}{}", self.info.task, self.extension())
    }

    fn extension(&self) -> &'static str {
        self.settings.codec.map_or("", Codec::extension)
    }

    /// The writer of a folder, opened when it is first asked for.
    fn writer(
        &mut self,
        name: &str,
        codec: Option<Codec>,
        separator: &[u8],
    ) -> Result<&mut PartWriter, TaskError> {
        if !self.side.contains_key(name) {
            let folder = self.folder.join(name);
            let extension = codec.map_or("", Codec::extension);
            let path = folder.join(names::named_part(self.info) + extension);
            let file = self
                .storage
                .create_folders(&folder)
                .and_then(|()| self.storage.create(&path))
                .and_then(|file| PartFile::new(file, codec))
                .map_err(output_error)?;
            let writer = PartWriter::with_buffer(file, separator.to_vec(), SIDE_BYTES);
            self.side.insert(name.to_owned(), SideWriter { path, writer });
        }
        let side = self.side.get_mut(name).map(|side| &mut side.writer);
        side.ok_or_else(|| TaskError::engine("a named output was lost"))
    }
}

/// What has not become the task's is that of an attempt that has failed.
impl Drop for AttemptFiles<'_> {
    fn drop(&mut self) {
        if self.settings.keeps_failed {
            let side = std::mem::take(&mut self.side).into_values();
            side.for_each(|SideWriter { writer, .. }| writer.leave());
        }
    }
}

impl SideOutputs for AttemptFiles<'_> {
    fn output(&mut self, name: &str) -> Result<&mut dyn RecordSink, TaskError> {
        if !self.settings.takes_named {
            return Err(TaskError::job(format!(
                "records of the output `{name}` have no place to go to: name a folder with `-o`"
            )));
        }
        let settings = self.settings;
        self.writer(name, settings.codec, &settings.separator).map(|writer| writer as _)
    }

    fn reject(
        &mut self,
        reason: &str,
        record: &[u8],
        origin: Option<&Origin>,
    ) -> Result<(), TaskError> {
        let reject = Reject::new(self.info, reason, record, origin);
        let line = serde_json::to_vec(&reject).map_err(TaskError::engine)?;
        // Never compressed: rejects are for people to look at.
        let writer = self.writer(REJECTS_FOLDER, None, b"")?;
        writer.key().extend_from_slice(&line);
        writer.end()
    }
}

/// Gives all files of a folder to `place`, each with where it belongs in another, folder by folder.
fn move_all(
    storage: &dyn Storage,
    from: &Path,
    to: &Path,
    place: &dyn Fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    for entry in storage.list(from)? {
        let (source, target) = (from.join(&entry.name), to.join(&entry.name));
        if entry.kind == FileKind::Folder {
            storage.create_folders(&target)?;
            move_all(storage, &source, &target, place)?;
        } else {
            place(&source, &target)?;
        }
    }
    Ok(())
}
