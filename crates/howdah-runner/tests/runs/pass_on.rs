//! The machine's own file systems, but for what a test wants otherwise.

use std::io;
use std::path::Path;
use std::sync::Arc;

use howdah_platform::{Hold, Listed, LocalStorage, ReadFile, ScratchFile, Storage, WriteFile};

/// The calls that a test may answer itself; each is passed on unless it does.
pub(super) trait Hooks: Send + Sync {
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        LocalStorage.scratch(folder)
    }
}

/// A storage with hooks.
pub(super) struct PassOn<H>(pub(super) H);

impl<H: Hooks> Storage for PassOn<H> {
    fn look(&self, path: &Path) -> io::Result<Listed> {
        LocalStorage.look(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        LocalStorage.list(folder)
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        LocalStorage.open(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        LocalStorage.create(path)
    }
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        self.0.scratch(folder)
    }
    fn create_folders(&self, path: &Path) -> io::Result<()> {
        LocalStorage.create_folders(path)
    }
    fn create_private_folder(&self, path: &Path) -> io::Result<()> {
        LocalStorage.create_private_folder(path)
    }
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        LocalStorage.create_folder(path)
    }
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        LocalStorage.rename_new(from, to)
    }
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        LocalStorage.exchange(one, other)
    }
    fn hold(&self, folder: &Path) -> io::Result<Hold> {
        LocalStorage.hold(folder)
    }
    fn hold_if_free(&self, folder: &Path) -> io::Result<Option<Hold>> {
        LocalStorage.hold_if_free(folder)
    }
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        LocalStorage.remove_all(path)
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        LocalStorage.sync(path)
    }
}
