//! The pulse of a stage: how far its tasks are, and whether they are to go on.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use howdah_platform::process::{Ending, end_group};

/// Counted by all tasks of a stage, a piece of input at a time; read by whoever shows progress.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    records: AtomicU64,
    bytes: AtomicU64,
    tasks_done: AtomicU32,
    stopped: AtomicBool,
    /// The leaders of process groups that run for the stage.
    children: Mutex<BTreeSet<u32>>,
}

/// The error of a task that was told to stop.
#[derive(Debug)]
pub(crate) struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped, since the run ends")
    }
}

impl std::error::Error for Stopped {}

impl Pulse {
    /// Tells of `bytes` more, and asks whether to go on.
    ///
    /// # Errors
    /// An error that holds [`Stopped`].
    pub(crate) fn beat(&self, bytes: u64) -> io::Result<()> {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.is_stopped() { Err(io::Error::other(Stopped)) } else { Ok(()) }
    }

    /// Tells of records that were read.
    pub(crate) fn add_records(&self, records: u64) {
        self.records.fetch_add(records, Ordering::Relaxed);
    }

    /// Tells of a task that is done.
    pub(crate) fn task_done(&self) {
        self.tasks_done.fetch_add(1, Ordering::Relaxed);
    }

    /// Tasks done, records and bytes so far.
    pub(crate) fn figures(&self) -> (u32, u64, u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (self.tasks_done.load(Ordering::Relaxed), load(&self.records), load(&self.bytes))
    }

    /// Whether the tasks are to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Tells all tasks to stop, and ends their children.
    pub(crate) fn stop(&self, ending: Ending) {
        let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        self.stopped.store(true, Ordering::Relaxed);
        children.iter().for_each(|&leader| end_group(leader, ending));
    }

    /// Notes a child that is to end with the stage; it is ended at once if the stage was stopped meanwhile.
    pub(crate) fn child_began(&self, leader: u32) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.insert(leader);
        if self.is_stopped() {
            end_group(leader, Ending::Forced);
        }
    }

    /// Forgets a child that has ended.
    pub(crate) fn child_ended(&self, leader: u32) {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.remove(&leader);
    }
}
