//! A storage that fails: a full disk, a file that cannot be read, a write that is refused.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use howdah_platform::{
    Listed, LocalStorage, ReadFile, ScratchFile, Storage, StorageLayer, WriteFile,
};
use howdah_runner::SharedStorage;

use super::{Place, different_lines, failure, quiet, text, word_count};

/// The machine's file systems with `free` bytes left, one file that cannot be read, and a folder on another disk than all
/// others.
pub(super) struct Failing {
    free: Arc<AtomicU64>,
    unreadable: &'static str,
    apart: Option<PathBuf>,
    /// The folders that were listed with a look at each entry.
    listed: Mutex<Vec<PathBuf>>,
}

impl Failing {
    fn new(free: u64, unreadable: &'static str) -> Self {
        let free = Arc::new(free.into());
        Failing { free, unreadable, apart: None, listed: Mutex::default() }
    }

    fn shared(free: u64, unreadable: &'static str) -> SharedStorage {
        SharedStorage(Arc::new(Failing::new(free, unreadable)))
    }

    /// A disk at `apart`, and another one around it.
    pub(super) fn between(apart: &Path) -> Arc<dyn Storage> {
        Arc::new(Failing { apart: Some(apart.to_owned()), ..Failing::new(u64::MAX, "nothing") })
    }

    fn is_apart(&self, path: &Path) -> bool {
        self.apart.as_ref().is_some_and(|apart| path.starts_with(apart))
    }
}

fn take(free: &AtomicU64, bytes: usize) -> io::Result<()> {
    let enough = |free: u64| free.checked_sub(bytes as u64);
    match free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough) {
        Ok(_) => Ok(()),
        Err(_) => Err(io::ErrorKind::StorageFull.into()),
    }
}

struct Limited(Box<dyn WriteFile>, Arc<AtomicU64>);

impl WriteFile for Limited {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        take(&self.1, bytes.len())?;
        self.0.write_all(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }
}

struct LimitedScratch(Arc<dyn ScratchFile>, Arc<AtomicU64>);

impl ReadFile for LimitedScratch {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
}

impl ScratchFile for LimitedScratch {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        take(&self.1, bytes.len())?;
        self.0.write_all_at(bytes, offset)
    }
}

impl StorageLayer for Failing {
    fn below(&self) -> &dyn Storage {
        &LocalStorage
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        self.listed.lock().unwrap().push(folder.to_owned());
        LocalStorage.list(folder)
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        if path.ends_with(self.unreadable) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        LocalStorage.open(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        Ok(Box::new(Limited(LocalStorage.create(path)?, Arc::clone(&self.free))))
    }
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        Ok(Arc::new(LimitedScratch(LocalStorage.scratch(folder)?, Arc::clone(&self.free))))
    }
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.is_apart(from) != self.is_apart(to) {
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        LocalStorage.rename_new(from, to)
    }
    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free.load(Ordering::Relaxed))
    }
}

#[test]
fn a_disk_that_is_full_for_a_part_is_said_so() {
    let place = Place::new(&[("in", &text(100))]);
    let mut options = place.options(&["in"], "out");
    options.storage = Failing::shared(500, "nothing");
    options.reducers = Some(1);
    let (message, code) = failure(&place, &word_count(), &options);
    let said = "writing a part file failed: no room for 1951 bytes more in `DIR/.out.howdah-";
    assert!(message.contains(said), "{message}");
    let free = "/_temporary/reduce-0-0/part-00000`: 500 bytes are free there (no storage space)";
    assert!(message.contains(free), "{message}");
    assert!(message.contains("hint: free some space"), "{message}");
    assert_eq!(code, 74);
}

#[test]
fn a_disk_that_is_full_for_a_spill_is_said_so() {
    let place = Place::new(&[("in", &different_lines(150_000))]);
    for combiner in [None, word_count().steps[0].combiner.clone()] {
        let mut plan = word_count();
        plan.steps[0].combiner = combiner;
        let mut options = place.options(&["in"], "out");
        options.memory = Some(8 << 20);
        options.spill_codec = Some("none".into());
        options.storage = Failing::shared(1 << 20, "nothing");
        let (message, code) = failure(&place, &plan, &options);
        let said = "failed: writing a spill failed: no room for ";
        assert!(message.contains(said), "{message}");
        assert!(message.contains(" bytes more in `DIR/howdah-"), "{message}");
        assert!(message.contains(" bytes are free there (no storage space)"), "{message}");
        let hint = "hint: free some space there, or go to another disk, with `--tmp` for temporary files; the output is as it was";
        assert!(message.contains(hint), "{message}");
        assert_eq!(code, 74);
    }
}

/// There may be a million files of others in them.
#[test]
fn of_what_lies_beside_a_runs_folders_only_the_names_are_listed() {
    let place = Place::new(&[("in", &text(5))]);
    let storage = Arc::new(Failing::new(u64::MAX, "nothing"));
    let mut options = place.options(&["in"], "out");
    options.storage = SharedStorage(Arc::clone(&storage) as _);
    quiet(&word_count(), &options).unwrap();
    let listed = storage.listed.lock().unwrap();
    assert!(!listed.is_empty());
    let own = |folder: &&PathBuf| **folder != place.path("");
    assert_eq!(listed.iter().filter(own).count(), listed.len(), "{listed:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let place = Place::new(&[("in", "a\n"), ("secret", "b\n")]);
    let mut options = place.options(&["in", "secret"], "out");
    options.storage = Failing::shared(u64::MAX, "secret");
    let (message, code) = failure(&place, &word_count(), &options);
    assert!(message.contains("permission denied"), "{message}");
    assert!(message.contains("`DIR/secret`"), "{message}");
    assert_eq!(code, 1);
}
