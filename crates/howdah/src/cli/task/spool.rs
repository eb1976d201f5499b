//! A task's own folder on this machine, for files on their way to or from a file system that only Hadoop knows.

use std::io;
use std::path::Path;

use howdah_plan::TaskError;
use howdah_platform::TemporaryFolder;

use crate::cli::records::StreamError;

/// A folder of one task, which is removed with all that is in it when this is dropped.
///
/// It lies in the folder that the task runs in: on a cluster that of its container, on a disk for such things. That of a
/// task that was killed goes with the container's folder, or by the next task that runs there.
#[derive(Debug)]
pub(super) struct Spool(TemporaryFolder);

impl Spool {
    /// Makes the folder, or one in the system's folder for temporary files where it cannot be.
    pub(super) fn new() -> Result<Self, TaskError> {
        let made = std::env::current_dir().and_then(|folder| Spool::within(&folder));
        made.or_else(|_| Spool::within(&std::env::temp_dir())).map_err(|error| {
            let what = "no folder can be made here for files on their way to or from Hadoop";
            TaskError::engine(StreamError::new(what, error))
        })
    }

    fn within(folder: &Path) -> io::Result<Self> {
        TemporaryFolder::new(folder).map(Spool)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::task::tests::TestFolder;

    #[test]
    fn each_has_a_folder_of_its_own_and_leaves_nothing() {
        let folder = TestFolder::new();
        let (one, other) =
            (Spool::within(folder.path()).unwrap(), Spool::within(folder.path()).unwrap());
        assert_ne!(one.path(), other.path());
        fs::write(one.path().join("x"), "x").unwrap();
        drop((one, other));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(Spool::within(&folder.path().join("none")).is_err());
    }
}
