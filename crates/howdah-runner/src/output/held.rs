//! Folders that are held as long as their run lives; those of dead runs are swept.
//!
//! A run that is killed cannot remove what it has made. But the system lets go of what it held: a folder with a run's
//! name that nobody holds has no owner any more.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use howdah_platform::{FileKind, Hold, Storage};

use super::staging::parent_of;

/// What stands between an output's name and the run's.
pub(super) const MARK: &str = ".howdah-";
/// The end of a name under which a replaced output lies, on a file system that cannot exchange names.
pub(super) const REPLACED: &str = ".replaced";
/// How often a folder is made again that was swept before it was held.
const MOST_TIMES: usize = 16;

/// Makes a folder by `make`, and holds it. `None` where the file system cannot: then nobody sweeps there, either.
///
/// # Errors
/// Those of `make`, and whatever else the system says.
pub(crate) fn make_held(
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
            // Another run may well be able to hold it, and would take this one for dead.
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

/// Removes the run folders of dead runs in a folder for temporary files. What cannot be removed stays.
pub(crate) fn sweep_temporary(storage: &dyn Storage, temporary: &Path) {
    sweep(storage, temporary, |name| {
        let run = name.to_str()?.strip_prefix("howdah-")?;
        is_run(run).then_some(Orphan::Remains)
    });
}

/// Removes what dead runs have left beside an output. An output that one of them has set aside, and did not live to
/// replace, gets its name back.
pub(crate) fn sweep_beside(storage: &dyn Storage, output: &Path) {
    let Some(name) = output.file_name() else { return };
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(MARK);
    let prefix = prefix.as_encoded_bytes();
    sweep(storage, parent_of(output), |name| {
        let run = std::str::from_utf8(name.as_encoded_bytes().strip_prefix(prefix)?).ok()?;
        let (run, is_replaced) = match run.strip_suffix(REPLACED) {
            Some(run) => (run, true),
            None => (run, false),
        };
        let own_name = run.split('.').next().unwrap_or_default();
        is_run(own_name).then_some(if is_replaced {
            Orphan::Replaced { target: output }
        } else {
            Orphan::Remains
        })
    });
}

/// What a dead run has left.
enum Orphan<'t> {
    /// Files that nobody asks for.
    Remains,
    /// The output that it was to replace.
    Replaced { target: &'t Path },
}

fn sweep<'t>(storage: &dyn Storage, folder: &Path, orphan: impl Fn(&OsStr) -> Option<Orphan<'t>>) {
    let Ok(entries) = storage.list(folder) else { return };
    for entry in entries {
        if entry.kind != FileKind::Folder {
            continue;
        }
        let path = folder.join(&entry.name);
        match orphan(&entry.name) {
            None => {}
            Some(Orphan::Remains) => {
                if let Ok(Some(_held)) = storage.hold_if_free(&path) {
                    let _ = storage.remove_all(&path);
                }
            }
            Some(Orphan::Replaced { target }) => put_back(storage, &path, target),
        }
    }
}

/// Gives a replaced output its name again if nobody has that, and else removes it; unless its run is still at work.
fn put_back(storage: &dyn Storage, replaced: &Path, target: &Path) {
    let staged = replaced.with_extension("");
    let _held = match (storage.look(&staged), storage.hold_if_free(&staged)) {
        (Ok(_), Ok(Some(held))) => Some(held),
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound => None,
        _ => return,
    };
    match storage.rename_new(replaced, target) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let _ = storage.remove_all(replaced);
        }
        _ => {}
    }
}

/// Whether it is the name of a run: the microseconds since 1970, a process and a number, all hexadecimal.
fn is_run(name: &str) -> bool {
    let is_hex = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let parts: Vec<_> = name.split('-').collect();
    parts.len() == 3 && parts[0].len() >= 12 && parts.into_iter().all(is_hex)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use howdah_platform::LocalStorage;

    use super::*;

    const RUN: &str = "660e9d72310d1-4aec-62";

    fn names(folder: &Path) -> Vec<String> {
        let entries = LocalStorage.list(folder).unwrap();
        entries.into_iter().map(|entry| entry.name.into_string().unwrap()).collect()
    }

    #[test]
    fn only_what_bears_a_runs_name_and_is_not_held_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let others = ["howdah", "howdah-1-2-3", "howdah-kept-660e9d72310d1-4aec-62", "other"];
        for name in others {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("howdah-660e9d72310d1-4aec-9"), "a file").unwrap();
        fs::create_dir_all(at(&format!("howdah-{RUN}/step-1"))).unwrap();
        fs::write(at(&format!("howdah-{RUN}/step-1/part-00000")), "x").unwrap();
        let living = at("howdah-660e9d72310d1-4aec-63");
        let held = make_held(&LocalStorage, &living, |path| fs::create_dir(path)).unwrap();
        assert!(held.is_some());
        sweep_temporary(&LocalStorage, folder.path());
        let mut left = vec!["howdah-660e9d72310d1-4aec-63", "howdah-660e9d72310d1-4aec-9"];
        left.extend(others);
        left.sort_unstable();
        assert_eq!(names(folder.path()), left);
        drop(held);
        sweep_temporary(&LocalStorage, folder.path());
        assert!(!living.exists());
    }

    #[test]
    fn what_lies_beside_another_output_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let names_of = |output: &str| {
            [format!(".{output}.howdah-{RUN}"), format!(".{output}.howdah-{RUN}.step-1.2")]
        };
        for name in names_of("out").iter().chain(&names_of("out.howdah")).chain(&names_of("o")) {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        sweep_beside(&LocalStorage, &folder.path().join("out"));
        let mut left = [names_of("o"), names_of("out.howdah")].concat();
        left.sort_unstable();
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn an_output_that_was_set_aside_gets_its_name_back() {
        let folder = tempfile::tempdir().unwrap();
        let replaced = folder.path().join(format!(".out.howdah-{RUN}.replaced"));
        let staged = folder.path().join(format!(".out.howdah-{RUN}"));
        let sweep = || sweep_beside(&LocalStorage, &folder.path().join("out"));
        fs::create_dir(&replaced).unwrap();
        let held = make_held(&LocalStorage, &staged, |path| fs::create_dir(path)).unwrap();
        sweep();
        assert!(replaced.exists(), "its run is at work");
        drop(held);
        sweep();
        assert_eq!(names(folder.path()), ["out"]);
        fs::create_dir(&replaced).unwrap();
        sweep();
        assert_eq!(names(folder.path()), ["out"]);
    }
}
