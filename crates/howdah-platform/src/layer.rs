//! A storage upon another one.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::storage::{Hold, Listed, ReadFile, ScratchFile, Storage, WriteFile};

/// A [`Storage`] upon another: what it does not do itself, the one below does. Implement this, and not [`Storage`], for
/// one that counts, limits or spoils some of the calls.
///
/// ```
/// use std::io;
/// use std::path::Path;
///
/// use howdah_platform::{LocalStorage, Storage, StorageLayer};
///
/// /// The machine's file systems, on which nothing is ever removed.
/// struct Keeping;
///
/// impl StorageLayer for Keeping {
///     fn below(&self) -> &dyn Storage {
///         &LocalStorage
///     }
///     fn remove_all(&self, _: &Path) -> io::Result<()> {
///         Ok(())
///     }
/// }
///
/// let storage: &dyn Storage = &Keeping;
/// storage.remove_all(Path::new("/")).unwrap();
/// assert!(storage.look(Path::new("/")).is_ok());
/// ```
#[expect(clippy::missing_errors_doc, reason = "they are those of `Storage`")]
pub trait StorageLayer: Send + Sync {
    /// The storage below.
    fn below(&self) -> &dyn Storage;
    /// [`Storage::look`].
    fn look(&self, path: &Path) -> io::Result<Listed> {
        self.below().look(path)
    }
    /// [`Storage::list`].
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        self.below().list(folder)
    }
    /// [`Storage::names`].
    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        self.below().names(folder)
    }
    /// [`Storage::free_bytes`].
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        self.below().free_bytes(folder)
    }
    /// [`Storage::open`].
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        self.below().open(path)
    }
    /// [`Storage::create`].
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        self.below().create(path)
    }
    /// [`Storage::scratch`].
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        self.below().scratch(folder)
    }
    /// [`Storage::create_folders`].
    fn create_folders(&self, path: &Path) -> io::Result<()> {
        self.below().create_folders(path)
    }
    /// [`Storage::create_private_folder`].
    fn create_private_folder(&self, path: &Path) -> io::Result<()> {
        self.below().create_private_folder(path)
    }
    /// [`Storage::create_folder`].
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.below().create_folder(path)
    }
    /// [`Storage::rename_new`].
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.below().rename_new(from, to)
    }
    /// [`Storage::exchange`].
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        self.below().exchange(one, other)
    }
    /// [`Storage::remove_all`].
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        self.below().remove_all(path)
    }
    /// [`Storage::hold`].
    fn hold(&self, folder: &Path) -> io::Result<Hold> {
        self.below().hold(folder)
    }
    /// [`Storage::hold_if_free`].
    fn hold_if_free(&self, folder: &Path) -> io::Result<Option<Hold>> {
        self.below().hold_if_free(folder)
    }
    /// [`Storage::sync`].
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.below().sync(path)
    }
}

impl<L: StorageLayer> Storage for L {
    fn look(&self, path: &Path) -> io::Result<Listed> {
        StorageLayer::look(self, path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        StorageLayer::list(self, folder)
    }
    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        StorageLayer::names(self, folder)
    }
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        StorageLayer::free_bytes(self, folder)
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        StorageLayer::open(self, path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        StorageLayer::create(self, path)
    }
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        StorageLayer::scratch(self, folder)
    }
    fn create_folders(&self, path: &Path) -> io::Result<()> {
        StorageLayer::create_folders(self, path)
    }
    fn create_private_folder(&self, path: &Path) -> io::Result<()> {
        StorageLayer::create_private_folder(self, path)
    }
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        StorageLayer::create_folder(self, path)
    }
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        StorageLayer::rename_new(self, from, to)
    }
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        StorageLayer::exchange(self, one, other)
    }
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        StorageLayer::remove_all(self, path)
    }
    fn hold(&self, folder: &Path) -> io::Result<Hold> {
        StorageLayer::hold(self, folder)
    }
    fn hold_if_free(&self, folder: &Path) -> io::Result<Option<Hold>> {
        StorageLayer::hold_if_free(self, folder)
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        StorageLayer::sync(self, path)
    }
}
