//! A task's own runtime: it runs while its mapper waits for an answer, and stands still otherwise.

use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::attempts::Standstill;

/// A runtime on its task's thread.
pub(super) struct TaskRuntime {
    /// There until it is dropped.
    runtime: Option<Runtime>,
    standstill: Arc<Standstill>,
    /// When it stopped last.
    stopped: Instant,
}

impl TaskRuntime {
    pub(super) fn new() -> io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        // I/O too, if the job's own crates ask tokio for it.
        builder.enable_all();
        // Time passes only while a test waits for it.
        #[cfg(test)]
        builder.start_paused(true);
        let runtime = builder.build()?;
        let stopped = runtime.block_on(async { Instant::now() });
        Ok(TaskRuntime { runtime: Some(runtime), standstill: Arc::default(), stopped })
    }

    /// How long it stood still so far.
    pub(super) fn standstill(&self) -> &Arc<Standstill> {
        &self.standstill
    }

    /// Begins a future, which goes on whenever something is waited for.
    pub(super) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.runtime().spawn(future)
    }

    /// Waits for a future. All that were begun go on meanwhile.
    pub(super) fn wait<F: Future>(&mut self, future: F) -> F::Output {
        let (output, stopped) = self.runtime().block_on(async {
            self.standstill.add(self.stopped.elapsed());
            (future.await, Instant::now())
        });
        self.stopped = stopped;
        output
    }

    fn runtime(&self) -> &Runtime {
        match &self.runtime {
            Some(runtime) => runtime,
            None => unreachable!("it is taken only when it is dropped"),
        }
    }
}

impl Drop for TaskRuntime {
    /// A failed task ends at once, also while a request hangs in a call that blocks, which nothing can cancel.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{advance, sleep};

    use super::*;

    #[test]
    fn time_between_two_waits_is_standstill() {
        let mut runtime = TaskRuntime::new().unwrap();
        let mut pass = |waits: bool, seconds| {
            let time = Duration::from_secs(seconds);
            if waits {
                runtime.wait(async { sleep(time).await });
            } else {
                runtime.runtime().block_on(advance(time));
                runtime.wait(async {});
            }
            runtime.standstill().total().as_secs()
        };
        assert_eq!([pass(true, 1), pass(false, 4), pass(true, 2), pass(false, 8)], [0, 4, 4, 12]);
    }
}
