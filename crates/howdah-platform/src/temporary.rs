//! Folders for temporary files, which are held as long as their process lives; those of dead ones are swept.
//!
//! A process that is killed cannot remove what it has made. But the system lets go of what it held: a folder with such a
//! name that nobody holds has no owner any more.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use crate::clock::{Clock, SystemClock};
use crate::local::LocalStorage;
use crate::storage::{FileKind, Hold, Storage};

/// How the names of all temporary folders begin.
const PREFIX: &str = "howdah-";
/// How the names of those begin that are left for somebody to look at.
const KEPT_PREFIX: &str = "howdah-kept-";
/// How often a folder is made again that was swept before it was held.
const MOST_TIMES: usize = 16;

/// A name that nobody else on this machine has: the microseconds since 1970, the process and a number, all hexadecimal.
pub fn unique_name(clock: &dyn Clock) -> String {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let since = clock.system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{:x}-{number:x}", since.as_micros(), std::process::id())
}

/// Whether it is such a name.
pub fn is_unique_name(name: &str) -> bool {
    let is_hex = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let parts: Vec<_> = name.split('-').collect();
    parts.len() == 3 && parts[0].len() >= 12 && parts.into_iter().all(is_hex)
}

/// A private folder for temporary files, `howdah-` and a [`unique_name`]; removed with all that is in it when this is
/// dropped, and swept by who makes the next one there if it cannot be.
///
/// ```
/// use howdah_platform::TemporaryFolder;
///
/// # fn main() -> std::io::Result<()> {
/// let folder = TemporaryFolder::new(&std::env::temp_dir())?;
/// let path = folder.path().to_owned();
/// std::fs::write(path.join("some"), "bytes")?;
/// drop(folder);
/// assert!(!path.exists());
/// # Ok(())
/// # }
/// ```
pub struct TemporaryFolder {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    name: String,
    is_kept: bool,
    /// `None` where folders cannot be held: then nobody sweeps, either.
    _held: Option<Hold>,
}

impl TemporaryFolder {
    /// Makes one on the machine's own file systems, and sweeps beside it.
    ///
    /// # Errors
    /// Whatever the system says; `PermissionDenied` in a folder where everybody may rename what is another's.
    pub fn new(within: &Path) -> io::Result<Self> {
        TemporaryFolder::named(Arc::new(LocalStorage), within, unique_name(&SystemClock))
    }

    /// Makes one under a [`unique_name`], and sweeps beside it.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn named(storage: Arc<dyn Storage>, within: &Path, name: String) -> io::Result<Self> {
        sweep(&*storage, within);
        let path = within.join(format!("{PREFIX}{name}"));
        let held = make_held(&*storage, &path, |path| storage.create_private_folder(path))?;
        Ok(TemporaryFolder { storage, path, name, is_kept: false, _held: held })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves it for somebody to look at, under a name that is not swept, `howdah-kept-…`; says where.
    pub fn keep(&mut self) -> &Path {
        self.is_kept = true;
        let kept = self.path.with_file_name(format!("{KEPT_PREFIX}{}", self.name));
        if self.storage.rename_new(&self.path, &kept).is_ok() {
            self.path = kept;
        }
        &self.path
    }
}

impl std::fmt::Debug for TemporaryFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TemporaryFolder").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed now is swept later.
            let _ = self.storage.remove_all(&self.path);
        }
    }
}

/// Makes a folder by `make`, and holds it. `None` where the file system cannot.
///
/// # Errors
/// Those of `make`, and whatever else the system says.
pub fn make_held(
    storage: &dyn Storage,
    folder: &Path,
    make: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<Option<Hold>> {
    for _ in 0..MOST_TIMES {
        make(folder)?;
        // If somebody sweeps it at this moment, this waits until it is gone.
        let hold = match storage.hold(folder) {
            Ok(hold) => hold,
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(None),
            // Another process may well be able to hold it, and would take this one for dead.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(_) => continue,
        };
        match storage.look(folder) {
            Ok(_) => return Ok(Some(hold)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    make(folder).map(|()| None)
}

/// Removes a folder that nobody holds. What cannot be removed stays.
pub fn remove_unheld(storage: &dyn Storage, folder: &Path) {
    let is_folder = storage.look(folder).is_ok_and(|found| found.kind == FileKind::Folder);
    if is_folder && let Ok(Some(_held)) = storage.hold_if_free(folder) {
        let _ = storage.remove_all(folder);
    }
}

/// Removes the temporary folders of dead processes. Nothing else is so much as looked at, however much there is.
fn sweep(storage: &dyn Storage, within: &Path) {
    for name in storage.names(within).unwrap_or_default() {
        let unique = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if unique.is_some_and(is_unique_name) {
            remove_unheld(storage, &within.join(&name));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::StorageLayer;
    use crate::storage::Listed;

    fn names(folder: &Path) -> Vec<String> {
        let names = LocalStorage.names(folder).unwrap();
        let mut names: Vec<_> = names.into_iter().map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_name_comes_once_and_is_known() {
        let (one, other) = (unique_name(&SystemClock), unique_name(&SystemClock));
        assert_ne!(one, other);
        assert!(is_unique_name(&one) && is_unique_name(&other));
        for none in
            ["", "1-2-3", "kept-660e9d72310d1-4aec-62", "660e9d72310d1-4aec", "660E9D72310D1-4-6"]
        {
            assert!(!is_unique_name(none), "{none}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_folders_with_such_names_that_nobody_holds_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let others = ["howdah", "howdah-1-2-3", "howdah-kept-660e9d72310d1-4aec-62", "other"];
        for name in others {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("howdah-660e9d72310d1-4aec-9"), "a file").unwrap();
        fs::create_dir_all(at("howdah-660e9d72310d1-4aec-62/step-1")).unwrap();
        fs::write(at("howdah-660e9d72310d1-4aec-62/step-1/part-00000"), "x").unwrap();
        let living = TemporaryFolder::new(folder.path()).unwrap();
        let mut kept = TemporaryFolder::new(folder.path()).unwrap();
        fs::write(kept.path().join("some"), "x").unwrap();
        let kept = kept.keep().to_owned();
        drop(TemporaryFolder::new(folder.path()).unwrap());
        let mut left: Vec<_> = others.map(str::to_owned).into();
        for path in [&at("howdah-660e9d72310d1-4aec-9"), living.path(), &kept] {
            left.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
        left.sort();
        assert_eq!(names(folder.path()), left);
        assert_eq!(names(&kept), ["some"]);
    }

    /// Counts looks, and lists nothing.
    struct Looking(AtomicU32);

    impl StorageLayer for Looking {
        fn below(&self) -> &dyn Storage {
            &LocalStorage
        }
        fn look(&self, path: &Path) -> io::Result<Listed> {
            self.0.fetch_add(1, Ordering::Relaxed);
            LocalStorage.look(path)
        }
        fn list(&self, _: &Path) -> io::Result<Vec<Listed>> {
            panic!("a sweep needs names and no more")
        }
    }

    #[test]
    fn a_sweep_looks_at_nothing_but_what_has_such_a_name() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..100 {
            fs::write(folder.path().join(format!("howdah-{number}")), "").unwrap();
        }
        let storage = Looking(AtomicU32::new(0));
        sweep(&storage, folder.path());
        assert_eq!(storage.0.load(Ordering::Relaxed), 0);
        fs::create_dir(folder.path().join("howdah-660e9d72310d1-4aec-62")).unwrap();
        sweep(&storage, folder.path());
        assert_eq!(storage.0.load(Ordering::Relaxed), 1);
    }
}
