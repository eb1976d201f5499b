//! A storage that fails: a full disk, a file that cannot be read, a write that is refused.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use howdah_platform::{Hold, Listed, LocalStorage, ReadFile, ScratchFile, Storage, WriteFile};
use howdah_runner::SharedStorage;

use super::{Place, different_lines, failure, text, word_count};

/// The machine's file systems with `free` bytes left, and one file that cannot be read.
struct Failing {
    free: Arc<AtomicU64>,
    unreadable: &'static str,
}

impl Failing {
    fn shared(free: u64, unreadable: &'static str) -> SharedStorage {
        SharedStorage(Arc::new(Failing { free: Arc::new(free.into()), unreadable }))
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

impl Storage for Failing {
    fn look(&self, path: &Path) -> io::Result<Listed> {
        LocalStorage.look(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
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

#[test]
fn a_disk_that_is_full_for_a_part_is_said_so() {
    let place = Place::new(&[("in", &text(100))]);
    let mut options = place.options(&["in"], "out");
    options.storage = Failing::shared(500, "nothing");
    let (message, code) = failure(&place, &word_count(), &options);
    assert!(message.contains("writing a part file failed"), "{message}");
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
        assert!(message.contains("failed: writing a spill failed"), "{message}");
        assert!(message.contains("hint: free some space"), "{message}");
        assert_eq!(code, 74);
    }
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
