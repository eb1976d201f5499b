//! Where an archive is unpacked: a folder beside the target, which takes the target's name when all is there.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The folder; removed with all that is in it, unless it became the target.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Makes the folder, and those above it.
    ///
    /// # Errors
    /// When something is in the target already, or whatever the system says.
    pub(super) fn beside(target: &Path) -> io::Result<Self> {
        match fs::read_dir(target).map(|mut entries| entries.next().is_some()) {
            Ok(true) => {
                let message = format!("`{}` is not empty", target.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(".unpacking");
        let path = target.with_file_name(name);
        fs::create_dir(&path)?;
        Ok(Staging { path })
    }

    /// Makes a folder, if it is not there.
    pub(super) fn folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(self.path.join(path))
    }

    /// Makes a file, and the folders that it lies in. Of its mode only the right to execute is kept.
    pub(super) fn file(&self, path: &Path, mode: u32) -> io::Result<File> {
        let path = self.with_folders(path)?;
        let mut options = fs::OpenOptions::new();
        // A file that is there is never written to, nor what a link leads to.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(
            &mut options,
            if mode & 0o111 == 0 { 0o644 } else { 0o755 },
        );
        #[cfg(not(unix))]
        let _ = mode;
        options.open(path)
    }

    /// Makes a symbolic link.
    pub(super) fn symbolic_link(&self, path: &Path, target: &Path) -> io::Result<()> {
        let path = self.with_folders(path)?;
        #[cfg(unix)]
        return std::os::unix::fs::symlink(target, path);
        #[cfg(not(unix))]
        Err(super::broken(format!(
            "it holds the link `{}` to `{}`, and this system has none",
            path.display(),
            target.display()
        )))
    }

    /// Gives a file another name.
    pub(super) fn hard_link(&self, path: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(self.path.join(to), self.with_folders(path)?)
    }

    fn with_folders(&self, path: &Path) -> io::Result<PathBuf> {
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        Ok(self.path.join(path))
    }

    /// Gives the folder the target's name: all of the archive is there at once.
    pub(super) fn become_folder(self, target: &Path) -> io::Result<()> {
        #[cfg(not(unix))] // where an empty folder is in the way
        let _ = fs::remove_dir(target);
        fs::rename(&self.path, target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Links are removed, not what they lead to. It is gone if it became the target.
        let _ = fs::remove_dir_all(&self.path);
    }
}
