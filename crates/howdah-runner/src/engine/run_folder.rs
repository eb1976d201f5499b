//! The run's identity, and its folder for temporary files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use howdah_platform::{Clock, Hold, Storage};

use crate::error::RunError;
use crate::options::SharedStorage;
use crate::output::{Staging, make_held, sweep_temporary};

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
        let name = format!("{:x}-{process:x}-{run:x}", since.as_micros());
        let number =
            (since.as_nanos() as u64).rotate_left(20) ^ u64::from(process) << 32 ^ u64::from(run);
        RunId { name, number }
    }
}

/// The run's own temporary folder; removed with the run.
#[derive(Debug)]
pub(super) struct RunFolder {
    storage: SharedStorage,
    path: PathBuf,
    /// What tells the run from all others.
    run: String,
    kept: bool,
    /// Held for as long as the run lives, or whoever needs its folder.
    _held: Option<Hold>,
    /// Steps whose parts are still to be looked at.
    steps: Vec<(String, Staging)>,
}

impl RunFolder {
    pub(super) fn make(
        storage: &Arc<dyn Storage>,
        temporary: &Path,
        id: &RunId,
    ) -> Result<Self, RunError> {
        sweep_temporary(&**storage, temporary);
        let path = temporary.join(format!("howdah-{}", id.name));
        let held = make_held(&**storage, &path, |path| storage.create_private_folder(path))
            .map_err(RunError::storage("making the temporary folder", &path))?;
        let storage = SharedStorage(Arc::clone(storage));
        Ok(RunFolder {
            storage,
            path,
            run: id.name.clone(),
            kept: false,
            _held: held,
            steps: Vec::new(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a step's parts for as long as the folder, under a name.
    pub(super) fn add_step(&mut self, name: String, staging: Staging) {
        self.steps.push((name, staging));
    }

    /// Leaves everything for somebody to look at, under a name that is not swept.
    pub(super) fn keep(&mut self) -> &Path {
        self.kept = true;
        self.steps.iter_mut().for_each(|(_, staging)| staging.keep());
        let kept = self.path.with_file_name(format!("howdah-kept-{}", self.run));
        if self.storage.0.rename_new(&self.path, &kept).is_ok() {
            self.path = kept;
        }
        &self.path
    }

    /// Publishes what the steps before the last have written, as `OUT.steps/NAME`.
    pub(super) fn publish_steps(&mut self, output: &Path, overwrite: bool) -> Result<(), RunError> {
        let folder = steps_folder(output);
        for (name, staging) in self.steps.drain(..) {
            staging.publish_as(&folder.join(name), overwrite, &self.run)?;
        }
        Ok(())
    }

    /// The folder for whoever needs it longer than the engine.
    pub(super) fn hand_over(&mut self) -> RunFolder {
        let storage = self.storage.clone();
        let (path, run) = (self.path.clone(), self.run.clone());
        let empty = RunFolder { storage, path, run, kept: true, _held: None, steps: Vec::new() };
        std::mem::replace(self, empty)
    }
}

/// Where the output of steps before the last is kept.
pub(super) fn steps_folder(output: &Path) -> PathBuf {
    let mut folder = output.as_os_str().to_owned();
    folder.push(".steps");
    PathBuf::from(folder)
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        self.steps.clear();
        if !self.kept {
            // What cannot be removed now is removed by hand: it is ours alone and bears our name.
            let _ = self.storage.0.remove_all(&self.path);
        }
    }
}
