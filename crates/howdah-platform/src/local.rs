//! The machine's own file systems.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::storage::{FileKind, Hold, Listed, ReadFile, ScratchFile, Storage, WriteFile};

/// The machine's own file systems.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalStorage;

impl Storage for LocalStorage {
    fn look(&self, path: &Path) -> io::Result<Listed> {
        let metadata = fs::metadata(path)?;
        let name = path.file_name().map(Into::into).unwrap_or_default();
        Ok(listed(name, &metadata))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match fs::metadata(entry.path()) {
                Ok(metadata) => entries.push(listed(entry.file_name(), &metadata)),
                // A link to nothing, or a file that is gone by now: Hadoop does not see it either.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort_by(|a, b| a.name.as_encoded_bytes().cmp(b.name.as_encoded_bytes()));
        Ok(entries)
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        Ok(Arc::new(LocalFile(File::open(path)?)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(LocalFile(file)))
    }

    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        Ok(Arc::new(LocalFile(nameless(folder)?)))
    }

    fn create_folders(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn create_private_folder(&self, path: &Path) -> io::Result<()> {
        #[cfg(unix)]
        check_place(path)?;
        #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        rename_new(from, to)
    }

    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            use rustix::io::Errno;
            match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
                result => return result.map_err(io::Error::from),
            }
        }
        let _ = (one, other);
        Err(io::ErrorKind::Unsupported.into())
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        let removed = match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn hold(&self, folder: &Path) -> io::Result<Hold> {
        locked(folder, true)?.ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }

    fn hold_if_free(&self, folder: &Path) -> io::Result<Option<Hold>> {
        locked(folder, false)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        if !cfg!(unix) {
            return Ok(());
        }
        match File::open(path)?.sync_all() {
            // Some file systems, mostly of networks, have no such call: names are as durable there as they get.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    #[cfg(unix)]
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let found = rustix::fs::statvfs(folder)?;
        // Not `f_bfree`, of which a part is for the system's own user alone.
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }
}

fn listed(name: OsString, metadata: &fs::Metadata) -> Listed {
    let kind = if metadata.is_file() {
        FileKind::File
    } else if metadata.is_dir() {
        FileKind::Folder
    } else {
        FileKind::Other
    };
    let length = if kind == FileKind::File { metadata.len() } else { 0 };
    Listed { name, kind, length, modified: metadata.modified().ok() }
}

/// A lock on a folder, which is that of the open file: children do not have it, and it ends with the process.
#[cfg(unix)]
fn locked(folder: &Path, waits: bool) -> io::Result<Option<Hold>> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    let file = File::open(folder)?;
    let operation = if waits {
        FlockOperation::LockExclusive
    } else {
        FlockOperation::NonBlockingLockExclusive
    };
    match rustix::io::retry_on_intr(|| flock(&file, operation)) {
        Ok(()) => Ok(Some(Hold::of(file))),
        Err(Errno::WOULDBLOCK) if !waits => Ok(None),
        // What file systems without such locks say; the third is NFS, which locks no folder.
        Err(Errno::NOSYS | Errno::OPNOTSUPP | Errno::BADF | Errno::NOLCK | Errno::INVAL) => {
            Err(io::ErrorKind::Unsupported.into())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn locked(_: &Path, _: bool) -> io::Result<Option<Hold>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Refuses a place for private files in which everybody may rename and remove what is another's: a folder that all can
/// write, without the sticky bit. Somebody could put a folder of theirs in the place of ours.
#[cfg(unix)]
fn check_place(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    const STICKY: u32 = 0o1000;
    const WRITTEN_BY_ALL: u32 = 0o0002;
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let found = fs::metadata(parent).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_place(parent, &error),
        _ => error,
    })?;
    let mode = found.permissions().mode();
    if mode & (STICKY | WRITTEN_BY_ALL) != WRITTEN_BY_ALL {
        return Ok(());
    }
    let parent = parent.display();
    let message = format!(
        "everybody may write in `{parent}`, and without the sticky bit also rename what is there, so nothing in it is safe\n\
         hint: `chmod +t {parent}` sets it; or name another folder, by `--tmp` or TMPDIR"
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

/// Says of a place for private files that it is not there, and what to do.
#[cfg(unix)]
fn no_place(place: &Path, error: &io::Error) -> io::Error {
    let place = place.display();
    let message = format!(
        "there is no folder `{place}`: {error}\nhint: make it; or name another folder, by `--tmp` or TMPDIR"
    );
    io::Error::new(error.kind(), message)
}

/// A file without a name: made under one that only this process uses, and unlinked at once.
fn nameless(folder: &Path) -> io::Result<File> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let name = format!(
        ".howdah-scratch-{}-{}",
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    );
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    #[cfg(unix)]
    fs::remove_file(&path)?;
    Ok(file)
}

/// One rename that never replaces: `renameat2` with `RENAME_NOREPLACE`, and where a file system lacks it, a
/// look and a plain rename.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            other => return other.map_err(io::Error::from),
        }
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists));
    }
    fs::rename(from, to)
}

struct LocalFile(File);

impl ReadFile for LocalFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        read_at(&self.0, buffer, offset)
    }
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

impl WriteFile for LocalFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

impl ScratchFile for LocalFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        write_all_at(&self.0, bytes, offset)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[count..];
        offset += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_never_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir(&from).unwrap();
        fs::create_dir(&to).unwrap();
        let error = LocalStorage.rename_new(&from, &to).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        fs::remove_dir(&to).unwrap();
        LocalStorage.rename_new(&from, &to).unwrap();
        assert!(to.is_dir() && !from.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_are_exchanged_in_one_step() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::create_dir(&one).unwrap();
        let error = LocalStorage.exchange(&one, &other).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        fs::write(&other, "a file").unwrap();
        LocalStorage.exchange(&one, &other).unwrap();
        assert!(one.is_file() && other.is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_held_once() {
        let folder = tempfile::tempdir().unwrap();
        let held = LocalStorage.hold(folder.path()).unwrap();
        assert!(LocalStorage.hold_if_free(folder.path()).unwrap().is_none());
        drop(held);
        assert!(LocalStorage.hold_if_free(folder.path()).unwrap().is_some());
    }

    #[test]
    fn a_scratch_file_has_no_name_and_gives_back_what_it_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let file = LocalStorage.scratch(folder.path()).unwrap();
        file.write_all_at(b"spilled", 3).unwrap();
        let mut back = [0; 7];
        assert_eq!(file.read_at(&mut back, 3).unwrap(), 7);
        assert_eq!(&back, b"spilled");
        #[cfg(unix)]
        assert_eq!(LocalStorage.list(folder.path()).unwrap(), []);
    }

    #[cfg(unix)]
    #[test]
    fn private_folders_and_scratch_files_are_for_their_user_alone() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("private");
        LocalStorage.create_private_folder(&private).unwrap();
        assert_eq!(mode(&private), 0o700);
        let scratch = nameless(folder.path()).unwrap();
        assert_eq!(scratch.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_new_file_or_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("others")).unwrap();
        std::os::unix::fs::symlink(path("others"), path("folder")).unwrap();
        std::os::unix::fs::symlink(path("others/none"), path("file")).unwrap();
        let refused = |done: io::Result<()>| done.unwrap_err().kind();
        let exists = io::ErrorKind::AlreadyExists;
        assert_eq!(refused(LocalStorage.create_private_folder(&path("folder"))), exists);
        assert_eq!(refused(LocalStorage.create_folder(&path("folder"))), exists);
        assert_eq!(refused(LocalStorage.create(&path("file")).map(drop)), exists);
        assert_eq!(fs::read_dir(path("others")).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_place_that_everybody_may_write_needs_the_sticky_bit() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for (mode, is_safe) in [(0o777, false), (0o733, false), (0o1777, true), (0o775, true)] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            let made = LocalStorage.create_private_folder(&folder.path().join("x"));
            assert_eq!(made.is_ok(), is_safe, "{mode:o}");
            match made {
                Ok(()) => fs::remove_dir(folder.path().join("x")).unwrap(),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
                    assert!(error.to_string().contains("hint: `chmod +t "), "{error}");
                }
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_system_that_cannot_syncs_is_no_error() {
        let error = File::open("/proc").unwrap().sync_all().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        LocalStorage.sync(Path::new("/proc")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn names_are_listed_without_a_look() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
        assert_eq!(LocalStorage.names(folder.path()).unwrap(), ["link"]);
        assert_eq!(LocalStorage.list(folder.path()).unwrap(), []);
    }

    #[cfg(unix)]
    #[test]
    fn a_disk_says_what_is_free() {
        let folder = tempfile::tempdir().unwrap();
        assert!(LocalStorage.free_bytes(folder.path()).unwrap() > 0);
        assert!(LocalStorage.free_bytes(&folder.path().join("none")).is_err());
    }

    #[test]
    fn an_existing_file_is_never_opened_to_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part-00000");
        LocalStorage.create(&path).unwrap().write_all(b"x").unwrap();
        let error = LocalStorage.create(&path).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }
}
