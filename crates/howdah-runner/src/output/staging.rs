//! Attempts, parts, and the commit.
//!
//! ```text
//! DIR/.NAME.howdah-RUN/                  made first, beside the output
//!     _temporary/map-3-0/part-00003      what an attempt writes, in a folder of its own
//!     part-00003                         … renamed when the attempt succeeds
//!     late/part-m-00003                  so is what it writes to an output with a name
//!     _SUCCESS                           … and at the end all of it becomes DIR/NAME by one rename
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use howdah_plan::TaskKind;
use howdah_plan::reject::REJECTS_FOLDER;
use howdah_platform::temporary::make_held;
use howdah_platform::{FileKind, Hold, Listed, Storage};

use super::attempt::Owners;
use super::held::{MARK, sweep_beside};
use super::naming::Named;
use crate::error::{RunError, RunErrorKind};

/// Where attempts write.
const ATTEMPTS: &str = "_temporary";
/// Bytes copied at a time.
const COPY_BYTES: usize = 1 << 18;

/// A folder of parts that is not published yet; dropped unpublished, it is removed.
pub(crate) struct Staging {
    storage: Arc<dyn Storage>,
    folder: PathBuf,
    /// Where it is published, if it is to be.
    target: Option<PathBuf>,
    keep: bool,
    /// Whose the files in it are.
    owners: Owners,
    /// Held for as long as it is not published.
    _held: Option<Hold>,
}

impl Staging {
    /// A staging folder beside an output that does not exist yet.
    pub(crate) fn beside(
        storage: Arc<dyn Storage>,
        output: &Path,
        run: &str,
    ) -> Result<Self, RunError> {
        let name = output.file_name().ok_or_else(|| unnamed(output))?;
        let parent = parent_of(output);
        storage.create_folders(parent).map_err(RunError::storage("making the folder", parent))?;
        let mut staged = std::ffi::OsString::from(".");
        staged.push(name);
        staged.push(format!("{MARK}{run}"));
        let folder = parent.join(staged);
        let held = make_held(&*storage, &folder, |folder| storage.create_folder(folder))
            .map_err(RunError::storage("making the folder", &folder))?;
        let target = Some(output.to_owned());
        let owners = Owners::default();
        Staging { storage, folder, target, keep: false, owners, _held: held }.with_attempts()
    }

    /// A folder of parts that stays where it is.
    pub(crate) fn within(storage: Arc<dyn Storage>, folder: PathBuf) -> Result<Self, RunError> {
        storage
            .create_private_folder(&folder)
            .map_err(RunError::storage("making the folder", &folder))?;
        let owners = Owners::default();
        Staging { storage, folder, target: None, keep: false, owners, _held: None }.with_attempts()
    }

    fn with_attempts(self) -> Result<Self, RunError> {
        let attempts = self.folder.join(ATTEMPTS);
        self.storage
            .create_folder(&attempts)
            .map_err(RunError::storage("making the folder", &attempts))?;
        Ok(self)
    }

    /// The folder, for as long as it is not published.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whose the files in it are, for attempts to add theirs.
    pub(crate) fn owners(&self) -> Owners {
        self.owners.clone()
    }

    /// The records in one of its files, if they are known.
    pub(crate) fn records(&self, file: &Path) -> Option<u64> {
        self.owners.records(&self.folder.join(file))
    }

    /// Where an attempt writes.
    pub(crate) fn attempt_path(&self, kind: TaskKind, task: u32, attempt: u32) -> PathBuf {
        self.folder.join(ATTEMPTS).join(format!("{}-{task}-{attempt}", kind.name()))
    }

    /// Takes over the folders in which another staging folder, whose parts are not published, has outputs with names
    /// and rejects; `prefix` tells its files from others.
    pub(crate) fn take_named_outputs(&self, other: &Staging, prefix: &str) -> Result<(), RunError> {
        for entry in other.named_outputs()? {
            let (from, to) = (other.folder.join(&entry), self.folder.join(&entry));
            let failed = |error| RunError::storage("moving outputs with names to", &to)(error);
            self.storage.create_folders(&to).map_err(failed)?;
            for file in self.storage.list(&from).map_err(failed)? {
                let mut name = std::ffi::OsString::from(prefix);
                name.push(&file.name);
                let (from, to) = (from.join(&file.name), to.join(name));
                self.move_file(&from, &to).map_err(failed)?;
                self.owners.take(&other.owners, &from, to);
            }
        }
        Ok(())
    }

    /// Whether there are outputs beside the parts, rejects among them.
    pub(crate) fn has_named_outputs(&self) -> Result<bool, RunError> {
        self.named_outputs().map(|names| !names.is_empty())
    }

    /// The names of the outputs beside the parts, rejects among them.
    fn named_outputs(&self) -> Result<Vec<std::ffi::OsString>, RunError> {
        let failed = RunError::storage("listing the folder", &self.folder);
        let entries = self.storage.list(&self.folder).map_err(failed)?;
        let is_named = |entry: &Listed| entry.kind == FileKind::Folder && entry.name != ATTEMPTS;
        Ok(entries.into_iter().filter(is_named).map(|entry| entry.name).collect())
    }

    /// Moves a file, which may be to another file system.
    fn move_file(&self, from: &Path, to: &Path) -> io::Result<()> {
        match self.storage.rename_new(from, to) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                copy(&*self.storage, from, to)
            }
            other => other,
        }
    }

    /// Publishes the rejected records alone, as a folder of their own. If there are none there is no such folder:
    /// with `overwrite`, not even that of an earlier run.
    pub(crate) fn publish_rejects(
        &self,
        target: &Path,
        overwrite: bool,
        run: &str,
    ) -> Result<(), RunError> {
        let rejects = self.folder.join(REJECTS_FOLDER);
        if self.storage.look(&rejects).is_err() {
            return if overwrite {
                let failed = RunError::storage("removing the rejected records of", target);
                self.storage.remove_all(target).map_err(failed)
            } else {
                Ok(())
            };
        }
        let staged = Staging::beside(Arc::clone(&self.storage), target, run)?;
        let failed = |error| RunError::storage("moving the rejected records to", target)(error);
        for file in self.storage.list(&rejects).map_err(failed)? {
            let (from, to) = (rejects.join(&file.name), staged.folder.join(&file.name));
            self.move_file(&from, &to).map_err(failed)?;
        }
        self.storage.remove_all(&rejects).map_err(failed)?;
        staged.publish(overwrite, true)
    }

    /// Moves a folder that is not to be published to where somebody may look at it, and where it stays. To another file
    /// system only so much is copied.
    pub(crate) fn keep_in(&mut self, folder: PathBuf, copied: Copied) -> io::Result<()> {
        if self.target.take().is_some() {
            match self.storage.rename_new(&self.folder, &folder) {
                Ok(()) => self.folder = folder,
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                    self.copy_to(&folder, copied)?;
                    let old = std::mem::replace(&mut self.folder, folder);
                    self.storage.remove_all(&old)?;
                }
                Err(error) => return Err(error),
            }
        }
        self.keep = true;
        Ok(())
    }

    fn copy_to(&self, folder: &Path, copied: Copied) -> io::Result<()> {
        let (from, to) = (self.folder.join(ATTEMPTS), folder.join(ATTEMPTS));
        match copied {
            Copied::Nothing => {}
            Copied::All => copy_all(&*self.storage, &self.folder, folder)?,
            Copied::AttemptsOf(kind, task) => {
                let prefix = format!("{}-{task}-", kind.name());
                for name in self.storage.names(&from)? {
                    if name.as_encoded_bytes().starts_with(prefix.as_bytes()) {
                        copy_all(&*self.storage, &from.join(&name), &to.join(&name))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Publishes a folder that was to stay where it is, which may be on another file system: its parts are copied
    /// there first.
    pub(crate) fn publish_as(
        &self,
        target: &Path,
        overwrite: bool,
        run: &str,
    ) -> Result<(), RunError> {
        sweep_beside(&*self.storage, target);
        let staged = Staging::beside(Arc::clone(&self.storage), target, run)?;
        let failed = |error| RunError::storage("copying a step's output to", target)(error);
        for entry in self.storage.list(&self.folder).map_err(failed)? {
            if entry.kind == FileKind::File {
                let from = self.folder.join(&entry.name);
                copy(&*self.storage, &from, &staged.folder.join(&entry.name)).map_err(failed)?;
            }
        }
        staged.publish(overwrite, true)
    }

    /// Publishes the folder: all parts at once, or nothing; with `marker` it holds `_SUCCESS`. With `overwrite` an
    /// output that exists gives way.
    pub(crate) fn publish(self, overwrite: bool, marker: bool) -> Result<(), RunError> {
        self.complete(marker)?;
        self.publish_complete(overwrite)
    }

    /// Takes out of the folder what is none of the output's; with `marker` it holds `_SUCCESS` from now on.
    pub(crate) fn complete(&self, marker: bool) -> Result<(), RunError> {
        let attempts = self.folder.join(ATTEMPTS);
        self.storage
            .remove_all(&attempts)
            .map_err(RunError::storage("removing the folder", &attempts))?;
        if marker { self.write("_SUCCESS", b"") } else { Ok(()) }
    }

    /// Writes a file into the folder, and puts it on the disk.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.folder.join(name);
        let written = self.storage.create(&path).and_then(|mut file| {
            if !bytes.is_empty() {
                file.write_all(bytes)?;
            }
            file.sync()
        });
        written.map_err(RunError::storage("writing the file", &path))
    }

    /// Publishes a folder that is [complete](Self::complete).
    pub(crate) fn publish_complete(mut self, overwrite: bool) -> Result<(), RunError> {
        let Some(target) = self.target.take() else { return Ok(()) };
        let storage = Arc::clone(&self.storage);
        self.sync()?;
        let named =
            Named::name(&*storage, &self.folder, &target, overwrite).map_err(
                |error| match error.kind() {
                    io::ErrorKind::AlreadyExists => {
                        RunErrorKind::OutputExists(target.clone()).into()
                    }
                    _ => RunError::storage("publishing the output as", &target)(error),
                },
            )?;
        let parent = parent_of(&target);
        if let Err(error) = storage.sync(parent) {
            // The name may not outlast a power cut. So nobody is to find it there now.
            self.keep = named.take_back().is_err();
            return Err(RunError::storage("syncing the folder", parent)(error));
        }
        named.settle();
        self.keep = true;
        Ok(())
    }

    /// Puts all files and names on the disk. Most files are there already, from their attempts; those of a loop's
    /// rounds, of earlier steps and of children are not.
    fn sync(&self) -> Result<(), RunError> {
        let inner = self.named_outputs()?.into_iter().map(|name| self.folder.join(name));
        for folder in inner.chain([self.folder.clone()]) {
            let failed = |error| RunError::storage("syncing the folder", &folder)(error);
            for entry in self.storage.list(&folder).map_err(failed)? {
                if entry.kind == FileKind::File {
                    self.storage.sync(&folder.join(&entry.name)).map_err(failed)?;
                }
            }
            self.storage.sync(&folder).map_err(failed)?;
        }
        Ok(())
    }
}

/// What of a folder is worth a copy.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Copied {
    Nothing,
    /// What the attempts of one task have written.
    AttemptsOf(TaskKind, u32),
    All,
}

impl std::fmt::Debug for Staging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staging").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.keep {
            // The run has failed or its parts were used up: what cannot be removed is swept later.
            let _ = self.storage.remove_all(&self.folder);
        }
    }
}

fn copy_all(storage: &dyn Storage, from: &Path, to: &Path) -> io::Result<()> {
    storage.create_folders(to)?;
    for entry in storage.list(from)? {
        let (from, to) = (from.join(&entry.name), to.join(&entry.name));
        match entry.kind {
            FileKind::Folder => copy_all(storage, &from, &to)?,
            _ => copy(storage, &from, &to)?,
        }
    }
    Ok(())
}

fn copy(storage: &dyn Storage, from: &Path, to: &Path) -> io::Result<()> {
    let source = storage.open(from)?;
    let mut target = storage.create(to)?;
    let mut piece = vec![0; COPY_BYTES];
    let mut offset = 0;
    loop {
        let count = source.read_some_at(&mut piece, offset)?;
        if count == 0 {
            return target.sync();
        }
        target.write_all(&piece[..count])?;
        offset += count as u64;
    }
}

pub(super) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn unnamed(output: &Path) -> RunError {
    let sentence = format!("the output `{}` is not the name of a new folder", output.display());
    RunErrorKind::Unsupported(sentence).into()
}
