//! The one step in which an output gets its name.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use howdah_platform::Storage;

use super::held::REPLACED;

/// A folder that has just got the output's name; it may still be taken back.
pub(super) struct Named<'s> {
    storage: &'s dyn Storage,
    /// Its name before.
    staged: &'s Path,
    target: &'s Path,
    replaced: Replaced,
}

/// Where an output lies that had the name before.
enum Replaced {
    /// There was none.
    Nothing,
    /// Under the folder's own name of before: they were exchanged, and the output was never missing.
    Exchanged,
    /// Under a name of its own, on a file system that cannot exchange.
    Aside(PathBuf),
}

impl<'s> Named<'s> {
    /// Gives a folder the output's name. An output that exists gives way if `overwrite` says so, else it is an error.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken, else whatever the system says; then all is as it was.
    pub(super) fn name(
        storage: &'s dyn Storage,
        staged: &'s Path,
        target: &'s Path,
        overwrite: bool,
    ) -> io::Result<Self> {
        let replaced =
            if overwrite { replace(storage, staged, target)? } else { Replaced::Nothing };
        if !matches!(replaced, Replaced::Exchanged)
            && let Err(error) = storage.rename_new(staged, target)
        {
            if let Replaced::Aside(aside) = replaced {
                // What was there comes back; nothing else has the name, or the rename above had told so.
                let _ = storage.rename_new(&aside, target);
            }
            return Err(error);
        }
        Ok(Named { storage, staged, target, replaced })
    }

    /// Takes the name back, as if it had never been given.
    ///
    /// # Errors
    /// When it cannot be taken back: then the output stays, and it is whole.
    pub(super) fn take_back(self) -> io::Result<()> {
        match self.replaced {
            Replaced::Exchanged => self.storage.exchange(self.staged, self.target),
            Replaced::Nothing => self.storage.rename_new(self.target, self.staged),
            Replaced::Aside(aside) => {
                self.storage.rename_new(self.target, self.staged)?;
                self.storage.rename_new(&aside, self.target)
            }
        }
    }

    /// Lets it be, and removes what it has replaced. What cannot be removed is no harm: it bears the run's name.
    pub(super) fn settle(self) {
        let _ = match self.replaced {
            Replaced::Exchanged => self.storage.remove_all(self.staged),
            Replaced::Aside(aside) => self.storage.remove_all(&aside),
            Replaced::Nothing => Ok(()),
        };
    }
}

/// Lets an output that exists give way.
fn replace(storage: &dyn Storage, staged: &Path, target: &Path) -> io::Result<Replaced> {
    match storage.exchange(staged, target) {
        Ok(()) => return Ok(Replaced::Exchanged),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Replaced::Nothing),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
        Err(error) => return Err(error),
    }
    let mut aside = OsString::from(staged);
    aside.push(REPLACED);
    let aside = PathBuf::from(aside);
    match storage.rename_new(target, &aside) {
        Ok(()) => Ok(Replaced::Aside(aside)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Replaced::Nothing),
        Err(error) => Err(error),
    }
}
