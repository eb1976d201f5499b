//! A folder with a case's files, and the command run in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::case::Case;

/// A case's folder; it is removed when this is dropped.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// Makes the folder with the files of a case, and the apps that its commands name.
    pub(crate) fn of(case: &Case) -> Self {
        let folder = tempfile::Builder::new().prefix("conformance").tempdir().unwrap();
        for name in &case.folders {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for (name, content) in &case.files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content.bytes()).unwrap();
            if let Some(mode) = content.mode() {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        if case.run.iter().any(|word| word.contains("apps/")) {
            std::os::unix::fs::symlink(crate::folder().join("apps"), folder.path().join("apps"))
                .unwrap();
        }
        Place { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the case's command lines here; tells how the last one went.
    pub(crate) fn run(&self, case: &Case) -> Output {
        for line in &case.before {
            self.streaming(case, line);
        }
        let line: Vec<_> = case.own.iter().chain(&case.run).cloned().collect();
        self.streaming(case, &line)
    }

    fn streaming(&self, case: &Case, line: &[String]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_howdah-under-test"))
            .arg("streaming")
            .args(line)
            .envs(&case.environment)
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}
