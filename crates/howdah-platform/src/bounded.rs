//! A storage that says what there was no room for, and that can be given a limit.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::layer::StorageLayer;
use crate::storage::{FileKind, ReadFile, ScratchFile, Storage, WriteFile};

/// Why something could not be written: the disk is full, or what the storage may keep is used up.
///
/// It stands within an [`io::Error`] of the kind `StorageFull` or `QuotaExceeded`.
#[derive(Debug)]
#[non_exhaustive]
pub struct NoRoom {
    /// What was to be written, or the folder of a file without a name.
    pub path: PathBuf,
    /// The bytes that were to be written; 0 for a new name.
    pub needed: u64,
    /// Why they were not.
    pub why: NoRoomReason,
}

/// Why there is no room.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoRoomReason {
    /// The disk is full, or its user's share of it.
    Disk {
        /// The bytes that are free there, as far as the system says.
        free: Option<u64>,
        /// What the system said.
        source: io::Error,
    },
    /// A [`BoundedStorage`] keeps no more.
    Limit {
        /// The bytes that it keeps.
        used: u64,
        /// The most that it may keep.
        limit: u64,
    },
}

impl NoRoom {
    /// What an error holds.
    pub fn of(error: &io::Error) -> Option<&NoRoom> {
        error.get_ref()?.downcast_ref()
    }

    /// Whether it was a limit rather than the disk.
    pub fn is_limit(&self) -> bool {
        matches!(self.why, NoRoomReason::Limit { .. })
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.needed {
            0 => write!(f, "no room for `{path}`: ")?,
            needed => write!(f, "no room for {needed} bytes more in `{path}`: ")?,
        }
        match &self.why {
            NoRoomReason::Disk { free: Some(free), source } => {
                write!(f, "{free} bytes are free there ({source})")
            }
            NoRoomReason::Disk { free: None, source } => write!(f, "{source}"),
            NoRoomReason::Limit { used, limit } => {
                write!(f, "of the {limit} bytes that a run may keep on disk {used} are in use")
            }
        }
    }
}

impl std::error::Error for NoRoom {}

/// A storage that tells with each error of a full disk what was to be written where, and what is free; and that keeps no
/// more than so many bytes, if it has a limit.
///
/// What counts to the limit are files that were made or renamed through it, for as long as there is a name or an open
/// file, and files without names. What others write counts from the moment that it gets a name by a rename.
pub struct BoundedStorage {
    inner: Arc<dyn Storage>,
    /// What is counted; nothing without a limit.
    books: Option<Arc<Books>>,
}

impl BoundedStorage {
    /// A bounded view of a storage; without a limit it only explains.
    pub fn new(inner: Arc<dyn Storage>, limit: Option<u64>) -> Self {
        let books = limit.map(|limit| Arc::new(Books { limit, ..Books::default() }));
        BoundedStorage { inner, books }
    }

    /// Counts bytes that others have written at a path, or below it, for as long as there is such a path.
    ///
    /// # Errors
    /// [`NoRoom`] when there are more of them now than may be.
    pub fn add(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let Some(books) = &self.books else { return Ok(()) };
        let taken = Taken::nothing(books);
        let has_room = taken.take(bytes, path);
        if has_room.is_err() {
            // They are there all the same.
            taken.force(bytes);
        }
        books.files().insert(path.to_owned(), taken);
        has_room
    }

    fn explained(&self, path: &Path, error: io::Error) -> io::Error {
        explain(&*self.inner, path, 0, error)
    }
}

impl fmt::Debug for BoundedStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.books.as_ref().map(|books| books.limit);
        f.debug_struct("BoundedStorage").field("limit", &limit).finish_non_exhaustive()
    }
}

/// Says more of an error that tells of a full disk: what was to be written, how much of it, and what is free there. Other
/// errors stay what they are.
pub fn explain(storage: &dyn Storage, path: &Path, needed: u64, source: io::Error) -> io::Error {
    let kind = source.kind();
    if !is_full(&source) || NoRoom::of(&source).is_some() {
        return source;
    }
    // The path itself may not be there.
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let free = storage.free_bytes(folder.unwrap_or(Path::new("."))).ok();
    let why = NoRoomReason::Disk { free, source };
    io::Error::new(kind, NoRoom { path: path.to_owned(), needed, why })
}

/// Whether there was no room: the disk is full, or its user's share of it, or a limit is reached.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// What is kept, and how much it may be.
#[derive(Default)]
struct Books {
    limit: u64,
    used: AtomicU64,
    /// Files with names. Paths are compared name by name, so what is in a folder stands right behind it.
    files: Mutex<BTreeMap<PathBuf, Arc<Taken>>>,
}

impl Books {
    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<Taken>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is at a path and below it out of the books.
    fn take_out(&self, path: &Path) -> Vec<(PathBuf, Arc<Taken>)> {
        let mut files = self.files();
        let below = files.range(path.to_owned()..).take_while(|(file, _)| file.starts_with(path));
        let below: Vec<_> = below.map(|(file, _)| file.clone()).collect();
        below.into_iter().filter_map(|file| files.remove_entry(&file)).collect()
    }

    /// Puts it back under another path.
    fn put_in(&self, files: Vec<(PathBuf, Arc<Taken>)>, from: &Path, to: &Path) {
        let moved = files.into_iter().map(|(file, taken)| match file.strip_prefix(from) {
            Ok(rest) if !rest.as_os_str().is_empty() => (to.join(rest), taken),
            _ => (to.to_owned(), taken),
        });
        self.files().extend(moved);
    }
}

/// The bytes of one file. As the file itself they are there until it has neither a name nor anybody who has it open.
struct Taken {
    books: Arc<Books>,
    bytes: AtomicU64,
}

impl Taken {
    fn nothing(books: &Arc<Books>) -> Arc<Self> {
        Arc::new(Taken { books: Arc::clone(books), bytes: AtomicU64::new(0) })
    }

    fn take(&self, more: u64, path: &Path) -> io::Result<()> {
        let limit = self.books.limit;
        let sum = |used: u64| used.checked_add(more).filter(|&sum| sum <= limit);
        match self.books.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum) {
            Ok(_) => {
                self.bytes.fetch_add(more, Ordering::Relaxed);
                Ok(())
            }
            Err(used) => {
                let why = NoRoomReason::Limit { used, limit };
                let no_room = NoRoom { path: path.to_owned(), needed: more, why };
                Err(io::Error::new(io::ErrorKind::StorageFull, no_room))
            }
        }
    }

    fn force(&self, more: u64) {
        self.books.used.fetch_add(more, Ordering::Relaxed);
        self.bytes.fetch_add(more, Ordering::Relaxed);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.books.used.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

/// A file that is counted while it is written.
struct Counted<F> {
    file: F,
    path: PathBuf,
    storage: Arc<dyn Storage>,
    taken: Option<Arc<Taken>>,
    /// How far it was written.
    end: Mutex<u64>,
}

impl<F> Counted<F> {
    fn new(file: F, path: &Path, storage: &BoundedStorage) -> Self {
        let taken = storage.books.as_ref().map(Taken::nothing);
        let (path, storage) = (path.to_owned(), Arc::clone(&storage.inner));
        Counted { file, path, storage, taken, end: Mutex::new(0) }
    }

    /// Takes room for what goes beyond the end.
    fn grow_to(&self, end: u64) -> io::Result<()> {
        let Some(taken) = &self.taken else { return Ok(()) };
        let mut known = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        if end > *known {
            taken.take(end - *known, &self.path)?;
            *known = end;
        }
        Ok(())
    }

    fn explained(&self, needed: usize, error: io::Error) -> io::Error {
        explain(&*self.storage, &self.path, needed as u64, error)
    }
}

impl WriteFile for Counted<Box<dyn WriteFile>> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = *self.end.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.grow_to(end + bytes.len() as u64)?;
        self.file.write_all(bytes).map_err(|error| self.explained(bytes.len(), error))
    }
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync().map_err(|error| self.explained(0, error))
    }
}

impl<F: Deref<Target: ReadFile> + Send + Sync> ReadFile for Counted<F> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }
}

impl ScratchFile for Counted<Arc<dyn ScratchFile>> {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.grow_to(offset + bytes.len() as u64)?;
        self.file.write_all_at(bytes, offset).map_err(|error| self.explained(bytes.len(), error))
    }
}

impl StorageLayer for BoundedStorage {
    fn below(&self) -> &dyn Storage {
        &*self.inner
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        let file = self.inner.create(path).map_err(|error| self.explained(path, error))?;
        let file = Counted::new(file, path, self);
        if let (Some(books), Some(taken)) = (&self.books, &file.taken) {
            books.files().insert(path.to_owned(), Arc::clone(taken));
        }
        Ok(Box::new(file))
    }
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        // Its name is gone at once, and its folder is what there is to say.
        let file = self.inner.scratch(folder).map_err(|error| self.explained(folder, error))?;
        Ok(Arc::new(Counted::new(file, folder, self)))
    }
    fn create_folders(&self, path: &Path) -> io::Result<()> {
        self.inner.create_folders(path).map_err(|error| self.explained(path, error))
    }
    fn create_private_folder(&self, path: &Path) -> io::Result<()> {
        self.inner.create_private_folder(path).map_err(|error| self.explained(path, error))
    }
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.inner.create_folder(path).map_err(|error| self.explained(path, error))
    }
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename_new(from, to).map_err(|error| self.explained(to, error))?;
        let Some(books) = &self.books else { return Ok(()) };
        let files = books.take_out(from);
        let is_known = !files.is_empty();
        books.put_in(files, from, to);
        if is_known {
            return Ok(());
        }
        match self.inner.look(to) {
            Ok(found) if found.kind == FileKind::File => self.add(to, found.length),
            // A folder that is not in the books may be an earlier output, which is on its way out.
            _ => Ok(()),
        }
    }
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        self.inner.exchange(one, other).map_err(|error| self.explained(other, error))?;
        if let Some(books) = &self.books {
            let (of_one, of_other) = (books.take_out(one), books.take_out(other));
            books.put_in(of_one, one, other);
            books.put_in(of_other, other, one);
        }
        Ok(())
    }
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        self.inner.remove_all(path)?;
        if let Some(books) = &self.books {
            drop(books.take_out(path));
        }
        Ok(())
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.inner.sync(path).map_err(|error| self.explained(path, error))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Arc, BoundedStorage, NoRoom, Path, Storage, io};
    use crate::local::LocalStorage;

    fn bounded(limit: u64) -> (tempfile::TempDir, BoundedStorage) {
        let storage = BoundedStorage::new(Arc::new(LocalStorage), Some(limit));
        (tempfile::tempdir().unwrap(), storage)
    }

    /// How many bytes are left.
    fn room(storage: &BoundedStorage, folder: &Path) -> u64 {
        let limit = storage.books.as_ref().unwrap().limit;
        let fits = |bytes: u64| {
            let file = storage.scratch(folder).unwrap();
            file.write_all_at(&vec![0; usize::try_from(bytes).unwrap()], 0).is_ok()
        };
        (0..=limit).rev().find(|&bytes| fits(bytes)).unwrap()
    }

    #[test]
    fn files_count_for_as_long_as_they_are_there() {
        let (folder, storage) = bounded(10);
        let at = |name: &str| folder.path().join(name);
        let room = || room(&storage, folder.path());
        storage.create_folder(&at("a")).unwrap();
        storage.create_folder(&at("a.b")).unwrap();
        storage.create(&at("a/x")).unwrap().write_all(b"123").unwrap();
        storage.create(&at("a.b/x")).unwrap().write_all(b"12").unwrap();
        assert_eq!(room(), 5);
        storage.rename_new(&at("a/x"), &at("a/y")).unwrap();
        storage.rename_new(&at("a"), &at("c")).unwrap();
        assert_eq!(room(), 5);
        storage.remove_all(&at("a")).unwrap();
        assert_eq!(room(), 5);
        storage.remove_all(&at("c/y")).unwrap();
        assert_eq!(room(), 8);
        let mut open = storage.create(&at("z")).unwrap();
        open.write_all(b"1234").unwrap();
        storage.remove_all(&at("z")).unwrap();
        assert_eq!(room(), 4, "it is open");
        drop(open);
        assert_eq!(room(), 8);
        storage.remove_all(folder.path()).unwrap();
        fs::create_dir(folder.path()).unwrap();
        assert_eq!(room(), 10);
    }

    #[test]
    fn a_scratch_file_counts_as_far_as_it_was_written() {
        let (folder, storage) = bounded(10);
        let file = storage.scratch(folder.path()).unwrap();
        file.write_all_at(b"12345", 0).unwrap();
        file.write_all_at(b"12345", 2).unwrap();
        assert_eq!(room(&storage, folder.path()), 3);
        drop(file);
        assert_eq!(room(&storage, folder.path()), 10);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_exchange_leaves_the_new_output_in_the_books_and_not_the_old_one() {
        let (folder, storage) = bounded(10);
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("out")).unwrap();
        fs::write(at("out/part-00000"), "a lot that was there before").unwrap();
        storage.create_folder(&at("staged")).unwrap();
        storage.create(&at("staged/part-00000")).unwrap().write_all(b"123").unwrap();
        storage.exchange(&at("staged"), &at("out")).unwrap();
        assert_eq!(room(&storage, folder.path()), 7);
        storage.remove_all(&at("staged")).unwrap();
        assert_eq!(room(&storage, folder.path()), 7);
        storage.remove_all(&at("out")).unwrap();
        assert_eq!(room(&storage, folder.path()), 10);
    }

    #[test]
    fn what_others_have_written_counts_when_it_gets_its_place() {
        let (folder, storage) = bounded(10);
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("by-a-command")).unwrap();
        fs::write(at("by-a-command/x"), "12345").unwrap();
        fs::write(at("by-a-command/y"), "123456").unwrap();
        storage.rename_new(&at("by-a-command/x"), &at("x")).unwrap();
        assert_eq!(room(&storage, folder.path()), 5);
        let error = storage.rename_new(&at("by-a-command/y"), &at("y")).unwrap_err();
        assert!(NoRoom::of(&error).unwrap().is_limit());
        storage.remove_all(&at("y")).unwrap();
        assert_eq!(room(&storage, folder.path()), 5);
    }

    #[test]
    fn a_limit_is_told_with_what_was_to_be_written() {
        let (folder, storage) = bounded(10);
        let path = folder.path().join("part-00000");
        let mut file = storage.create(&path).unwrap();
        file.write_all(b"1234567").unwrap();
        let error = file.write_all(b"12345").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let expected = format!(
            "no room for 5 bytes more in `{}`: of the 10 bytes that a run may keep on disk 7 are in use",
            path.display()
        );
        assert_eq!(error.to_string(), expected);
    }
}
