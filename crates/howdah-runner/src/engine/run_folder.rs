//! The run's identity, and its folder for temporary files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use howdah_platform::temporary::unique_name;
use howdah_platform::{Clock, Storage, TemporaryFolder};

use crate::error::RunError;
use crate::output::{Copied, Staging};

/// What tells one run from all others.
pub(super) struct RunId {
    pub(super) name: String,
    pub(super) number: u64,
}

impl RunId {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let since = clock.system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let number =
            (since.as_nanos() as u64).rotate_left(20) ^ u64::from(process) << 32 ^ u64::from(run);
        RunId { name: unique_name(clock), number }
    }
}

/// The run's own temporary folder; removed with the run.
#[derive(Debug)]
pub(super) struct RunFolder {
    /// Before the folder, which goes last: what the steps have written may lie in it.
    steps: Vec<(String, Staging)>,
    folder: TemporaryFolder,
    /// What tells the run from all others.
    run: String,
}

impl RunFolder {
    pub(super) fn make(
        storage: &Arc<dyn Storage>,
        temporary: &Path,
        id: &RunId,
    ) -> Result<Self, RunError> {
        let folder = TemporaryFolder::named(Arc::clone(storage), temporary, id.name.clone())
            .map_err(RunError::storage("making a temporary folder in", temporary))?;
        Ok(RunFolder { steps: Vec::new(), folder, run: id.name.clone() })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps a step's parts for as long as the folder, under a name.
    pub(super) fn add_step(&mut self, name: String, staging: Staging) {
        self.steps.push((name, staging));
    }

    /// Keeps a step's parts for somebody to look at, however the run ends. Those that cannot be kept are gone.
    pub(super) fn keep_step(&self, name: &str, mut staging: Staging, copied: Copied) {
        let _ = staging.keep_in(self.path().join(format!("step-{name}")), copied);
    }

    /// Leaves everything for somebody to look at, under a name that is not swept.
    pub(super) fn keep(&mut self) -> &Path {
        for (name, staging) in std::mem::take(&mut self.steps) {
            // Rounds of a loop lie beside the output, which any of them might have become.
            self.keep_step(&name, staging, Copied::All);
        }
        self.folder.keep()
    }

    /// Publishes what the steps before the last have written, as `OUT.steps/NAME`.
    pub(super) fn publish_steps(&mut self, output: &Path, overwrite: bool) -> Result<(), RunError> {
        let folder = steps_folder(output);
        for (name, staging) in self.steps.drain(..) {
            staging.publish_as(&folder.join(name), overwrite, &self.run)?;
        }
        Ok(())
    }
}

/// Where the output of steps before the last is kept.
pub(super) fn steps_folder(output: &Path) -> PathBuf {
    let mut folder = output.as_os_str().to_owned();
    folder.push(".steps");
    PathBuf::from(folder)
}
