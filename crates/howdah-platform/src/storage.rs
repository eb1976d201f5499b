//! Files and folders, as engines see them.
//!
//! All access goes through [`Storage`] at the granularity of blocks, so that another place for files, or one
//! that fails on purpose, takes the machine's own without a change elsewhere.

use std::ffi::OsString;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file, or a link to one.
    File,
    /// A folder, or a link to one.
    Folder,
    /// A pipe, a socket, a device.
    Other,
}

/// One entry of a folder, or what a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name within its folder.
    pub name: OsString,
    /// What it is, links followed.
    pub kind: FileKind,
    /// Its length in bytes; 0 for what is no file.
    pub length: u64,
    /// When it was last written to, where the file system knows.
    pub modified: Option<SystemTime>,
}

/// A file open for reading, from any place and by any thread.
pub trait ReadFile: Send + Sync {
    /// Reads at an offset; 0 at the end.
    ///
    /// # Errors
    /// Whatever the system says, `Interrupted` among it.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// The same, once more if it was interrupted: what callers want.
    ///
    /// # Errors
    /// Whatever else the system says.
    fn read_some_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match self.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
    /// The file's length in bytes.
    ///
    /// # Errors
    /// Whatever the system says.
    fn length(&self) -> io::Result<u64>;
}

/// A file open for writing, from its beginning.
pub trait WriteFile: Send {
    /// Appends all of it, and goes on where it was interrupted.
    ///
    /// # Errors
    /// Whatever the system says, as on a full disk; a part of it may be written then.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Waits until all that was written is on the disk.
    ///
    /// # Errors
    /// Whatever the system says.
    fn sync(&mut self) -> io::Result<()>;
}

/// A file without a name, written and read by this process alone; it vanishes with its last handle.
pub trait ScratchFile: ReadFile {
    /// Writes all of it at an offset, and goes on where it was interrupted.
    ///
    /// # Errors
    /// Whatever the system says, as on a full disk.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
}

/// A folder that is held; dropped, it is let go. The system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub struct Hold {
    /// Open, and locked.
    _folder: std::fs::File,
}

impl Hold {
    /// What a locked file holds.
    pub(crate) fn of(folder: std::fs::File) -> Self {
        Hold { _folder: folder }
    }
}

/// A place for files and folders.
pub trait Storage: Send + Sync {
    /// What a path leads to, links followed.
    ///
    /// # Errors
    /// Whatever the system says, `NotFound` among it.
    fn look(&self, path: &Path) -> io::Result<Listed>;
    /// A folder's entries by name, in the order of their names' bytes.
    ///
    /// # Errors
    /// Whatever the system says.
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>>;
    /// The names of a folder's entries, in any order, links to nothing among them. Nothing is looked at, so that it takes
    /// no time to speak of in a folder of many.
    ///
    /// # Errors
    /// Whatever the system says.
    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>>;
    /// Opens a file to read.
    ///
    /// # Errors
    /// Whatever the system says.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>>;
    /// Makes a new file; never opens one that exists.
    ///
    /// # Errors
    /// Whatever the system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>>;
    /// Makes a file without a name in a folder.
    ///
    /// # Errors
    /// Whatever the system says.
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>>;
    /// Makes a folder that others can read, and the folders above it.
    ///
    /// # Errors
    /// Whatever the system says.
    fn create_folders(&self, path: &Path) -> io::Result<()>;
    /// Makes a new folder that only this user can enter, and only this user can put another in the place of.
    ///
    /// # Errors
    /// Whatever the system says, `AlreadyExists` among it; `PermissionDenied` in a folder where everybody may rename what is
    /// another's.
    fn create_private_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a new folder that others can read.
    ///
    /// # Errors
    /// Whatever the system says, `AlreadyExists` among it.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Gives a file or folder a new name that nobody has; never replaces anything.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken, else whatever the system says.
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Exchanges the names of two folders or files, in one step.
    ///
    /// # Errors
    /// `NotFound` when one of them is not there, `Unsupported` where a file system cannot, else whatever the system
    /// says.
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()>;
    /// Removes a folder and all in it, or a file. What is gone already is no error.
    ///
    /// # Errors
    /// Whatever the system says.
    fn remove_all(&self, path: &Path) -> io::Result<()>;
    /// Holds a folder; waits while somebody else holds it.
    ///
    /// # Errors
    /// `Unsupported` where folders cannot be held, else whatever the system says.
    fn hold(&self, folder: &Path) -> io::Result<Hold>;
    /// Holds a folder that nobody holds; `None` if somebody does.
    ///
    /// # Errors
    /// Those of [`hold`](Self::hold).
    fn hold_if_free(&self, folder: &Path) -> io::Result<Option<Hold>>;
    /// Waits until a file's bytes, or a folder's names, are on the disk.
    ///
    /// # Errors
    /// Whatever the system says.
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// How many bytes more this user may write in a folder.
    ///
    /// # Errors
    /// `Unsupported` where nobody knows, else whatever the system says.
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
}

/// Reads a [`ReadFile`] from front to back, as `std::io` likes it.
#[derive(Clone)]
pub struct FileCursor {
    file: Arc<dyn ReadFile>,
    offset: u64,
}

impl FileCursor {
    /// A cursor at an offset.
    pub fn new(file: Arc<dyn ReadFile>, offset: u64) -> Self {
        FileCursor { file, offset }
    }
}

impl std::fmt::Debug for FileCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileCursor").field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl Read for FileCursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_some_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

impl Seek for FileCursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.offset.checked_add_signed(by),
            SeekFrom::End(by) => self.file.length()?.checked_add_signed(by),
        };
        self.offset = target.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "a seek to before the file's beginning")
        })?;
        Ok(self.offset)
    }
}
