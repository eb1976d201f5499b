//! What dead runs have left beside an output: the folders that they have not lived to publish.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use howdah_platform::temporary::{is_unique_name, remove_unheld};
use howdah_platform::{FileKind, Storage};

use super::staging::parent_of;

/// What stands between an output's name and the run's.
pub(super) const MARK: &str = ".howdah-";
/// The end of a name under which a replaced output lies, on a file system that cannot exchange names.
pub(super) const REPLACED: &str = ".replaced";

/// Removes what dead runs have left beside an output. An output that one of them has set aside, and did not live to
/// replace, gets its name back. Of all else in the folder only names are seen.
pub(crate) fn sweep_beside(storage: &dyn Storage, output: &Path) {
    let Some(name) = output.file_name() else { return };
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(MARK);
    let folder = parent_of(output);
    for name in storage.names(folder).unwrap_or_default() {
        let run = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let Some(run) = run.and_then(|run| std::str::from_utf8(run).ok()) else { continue };
        // Behind the run's name stands that of a loop's round.
        let is_ours = run.split('.').next().is_some_and(is_unique_name);
        if is_ours && run.ends_with(REPLACED) {
            put_back(storage, &folder.join(&name), output);
        } else if is_ours {
            remove_unheld(storage, &folder.join(&name));
        }
    }
}

/// Gives a replaced output its name again if nobody has that, and else removes it; unless its run is still at work.
fn put_back(storage: &dyn Storage, replaced: &Path, target: &Path) {
    if !storage.look(replaced).is_ok_and(|found| found.kind == FileKind::Folder) {
        return;
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use howdah_platform::LocalStorage;
    use howdah_platform::temporary::make_held;

    use super::*;

    const RUN: &str = "660e9d72310d1-4aec-62";

    fn names(folder: &Path) -> Vec<String> {
        let entries = LocalStorage.list(folder).unwrap();
        entries.into_iter().map(|entry| entry.name.into_string().unwrap()).collect()
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
