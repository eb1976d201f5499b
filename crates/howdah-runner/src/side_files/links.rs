//! Files and folders under another name: links, or copies where a file system has no links.

use std::fs;
use std::io;
use std::path::Path;

/// Shows a file or folder under another name: as a link, or as a copy where there are no links.
///
/// # Errors
/// `AlreadyExists` when the name is taken, else whatever the system says.
pub fn show(target: &Path, name: &Path) -> io::Result<()> {
    match symlink(target, name) {
        Err(error) if are_unknown(&error) => copy(target, name),
        other => other,
    }
}

/// Shows all that is in a folder in another one, under the same names. Names that are taken there stay what they are.
///
/// # Errors
/// When the folder cannot be listed. An entry that cannot be shown is passed over: it may have come and gone.
pub fn show_all(shown: &Path, folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(shown)?.flatten() {
        let (target, name) = (entry.path(), folder.join(entry.file_name()));
        // A whole folder is never copied: nobody has asked for it by its name.
        let _ = if target.is_dir() { symlink(&target, &name) } else { show(&target, &name) };
    }
    Ok(())
}

/// The bytes of all files in a folder and below it, links not followed.
///
/// # Errors
/// Whatever the system says.
pub fn bytes_below(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        if found.is_dir() {
            bytes += bytes_below(&entry.path())?;
        } else if found.is_file() {
            bytes += found.len();
        }
    }
    Ok(bytes)
}

/// Whether a file system said that it has no links.
fn are_unknown(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied)
}

#[cfg(unix)]
fn symlink(target: &Path, name: &Path) -> io::Result<()> {
    // A path that is relative would begin where the link lies.
    std::os::unix::fs::symlink(std::path::absolute(target)?, name)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Copies a file, or a folder with all that is in it, to a new name.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::Builder::new().prefix("links").tempdir().unwrap();
        fs::create_dir_all(folder.path().join("from/d/e")).unwrap();
        fs::create_dir(folder.path().join("to")).unwrap();
        fs::write(folder.path().join("from/f"), "f").unwrap();
        fs::write(folder.path().join("from/d/e/g"), "g").unwrap();
        folder
    }

    #[test]
    fn a_link_and_a_copy_show_the_same_and_replace_nothing() {
        let folder = folder();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for (name, show) in [("link", show as fn(&Path, &Path) -> _), ("copy", copy)] {
            let shown = to.join(name);
            show(&from, &shown).unwrap();
            assert_eq!(fs::read(shown.join("f")).unwrap(), b"f");
            assert_eq!(fs::read(shown.join("d/e/g")).unwrap(), b"g");
            for target in [&from, &from.join("f")] {
                let error = show(target, &shown).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_not_counted() {
        let folder = folder();
        fs::write(folder.path().join("from/f"), "123").unwrap();
        assert_eq!(bytes_below(&folder.path().join("from")).unwrap(), 4);
        symlink(&folder.path().join("nothing"), &folder.path().join("from/link")).unwrap();
        symlink(&folder.path().join("from"), &folder.path().join("to/link")).unwrap();
        assert_eq!(bytes_below(&folder.path().join("from")).unwrap(), 4);
        assert_eq!(bytes_below(&folder.path().join("to")).unwrap(), 0);
    }

    #[test]
    fn names_that_are_taken_stay() {
        let folder = folder();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(to.join("f"), "mine").unwrap();
        show_all(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("f")).unwrap(), b"mine");
        #[cfg(unix)]
        assert_eq!(fs::read(to.join("d/e/g")).unwrap(), b"g");
        assert!(show_all(&from.join("none"), &to).is_err());
    }
}
