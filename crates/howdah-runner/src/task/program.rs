//! Which file a command's first word is.
//!
//! Mirrors `PipeMapRed.configure` and `streaming.PathFinder`: a word that is no absolute path is made executable if it
//! is a file of the task's folder, then looked for there and in the `PATH`. What counts is that a file can be read,
//! not that it can be executed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The file to execute; the word as it is, if there is none, so that the system says what is wrong.
pub(super) fn find(word: &OsStr, folder: Option<&Path>) -> OsString {
    if Path::new(word).is_absolute() {
        return word.to_owned();
    }
    let here = match folder {
        Some(folder) => folder.to_owned(),
        None => std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
    };
    // Written as Hadoop does, since a script may look at its own name: `<folder>/./<word>`.
    let mut own = here.into_os_string();
    own.push("/./");
    own.push(word);
    make_executable(Path::new(&own));
    if is_readable_file(Path::new(&own)) {
        return own;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(word))
        .find(|candidate| is_readable_file(candidate));
    found.map_or_else(|| word.to_owned(), PathBuf::into_os_string)
}

fn is_readable_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file()) && File::open(path).is_ok()
}

/// `chmod a+x`, as far as it goes: a file of somebody else's stays as it is.
#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = path.metadata() else { return };
    let mut permissions = metadata.permissions();
    if metadata.is_file() && permissions.mode() & 0o111 != 0o111 {
        permissions.set_mode(permissions.mode() | 0o111);
        let _ = std::fs::set_permissions(path, permissions);
    }
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_folder_comes_before_the_path() {
        let folder = tempfile::Builder::new().prefix("program").tempdir().unwrap();
        std::fs::write(folder.path().join("sh"), "").unwrap();
        let own = format!("{}/./sh", folder.path().display());
        assert_eq!(find(OsStr::new("sh"), Some(folder.path())), OsStr::new(&own));
        let elsewhere = find(OsStr::new("cat"), Some(folder.path()));
        assert!(Path::new(&elsewhere).is_absolute(), "{elsewhere:?}");
        for word in ["/bin/x y", "no-such-program"] {
            assert_eq!(find(OsStr::new(word), Some(folder.path())), word);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_script_is_made_executable() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::Builder::new().prefix("program").tempdir().unwrap();
        let script = folder.path().join("m.sh");
        std::fs::write(&script, "").unwrap();
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o644)).unwrap();
        find(OsStr::new("m.sh"), Some(folder.path()));
        assert_eq!(script.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }
}
