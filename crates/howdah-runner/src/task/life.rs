//! Signs of life of a child, for the time-out of tasks (`mapreduce.task.timeout`).
//!
//! A child is *silent* while everybody here waits for it: nothing that it would read can be written, and nothing
//! comes from it. Time in which we are busy ourselves, with a spill or a slow disk, is not held against it. Whether the
//! silence has lasted too long is for the stage's [`Pulse`](crate::pulse::Pulse) to say, which has a clock.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// What a child's flows tell of it.
#[derive(Debug, Default)]
pub(crate) struct Life {
    /// How long the child may be silent; `None` is for ever.
    limit: Option<Duration>,
    /// Reads and writes that moved something.
    signs: AtomicU64,
    /// Flows that do not wait for the child at the moment.
    busy: AtomicU32,
    timed_out: AtomicBool,
}

impl Life {
    pub(crate) fn new(limit: Option<Duration>) -> Arc<Self> {
        Arc::new(Life { limit, ..Life::default() })
    }

    /// How long the child may be silent.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// How often the child has moved something; `None` while we do not wait for it.
    pub(crate) fn signs(&self) -> Option<u64> {
        let waited_for = self.busy.load(Ordering::Acquire) == 0;
        waited_for.then(|| self.signs.load(Ordering::Acquire))
    }

    /// Notes that the child was ended for its silence.
    pub(crate) fn time_out(&self) {
        self.timed_out.store(true, Ordering::Release);
    }

    pub(crate) fn has_timed_out(&self) -> bool {
        self.timed_out.load(Ordering::Acquire)
    }
}

/// A pipe to or from a child, which tells when it moves something. Dropped, its flow is over, and waits for nothing.
pub(super) struct Watched<P> {
    pipe: P,
    life: Arc<Life>,
}

impl<P> Watched<P> {
    pub(super) fn new(pipe: P, life: &Arc<Life>) -> Self {
        life.busy.fetch_add(1, Ordering::AcqRel);
        Watched { pipe, life: Arc::clone(life) }
    }

    /// Does what may have to wait for the child.
    fn wait(&mut self, transfer: impl FnOnce(&mut P) -> io::Result<usize>) -> io::Result<usize> {
        self.life.busy.fetch_sub(1, Ordering::AcqRel);
        let moved = transfer(&mut self.pipe);
        if matches!(moved, Ok(count) if count > 0) {
            self.life.signs.fetch_add(1, Ordering::AcqRel);
        }
        self.life.busy.fetch_add(1, Ordering::AcqRel);
        moved
    }
}

impl<P> Drop for Watched<P> {
    fn drop(&mut self) {
        self.life.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

impl<P: Read> Read for Watched<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait(|pipe| pipe.read(buffer))
    }
}

impl<P: Write> Write for Watched<P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(|pipe| pipe.write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that looks at its child's life while it is waited for.
    struct Looking(Arc<Life>, Vec<Option<u64>>);

    impl Read for Looking {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.1.push(self.0.signs());
            Ok(1)
        }
    }

    #[test]
    fn a_child_is_waited_for_only_while_all_flows_wait() {
        let life = Life::new(None);
        assert_eq!(life.signs(), Some(0), "no flow is busy");
        let mut first = Watched::new(Looking(Arc::clone(&life), Vec::new()), &life);
        assert_eq!(life.signs(), None);
        first.read_exact(&mut [0]).unwrap();
        let second = Watched::new(io::sink(), &life);
        first.read_exact(&mut [0]).unwrap();
        drop(second);
        first.read_exact(&mut [0]).unwrap();
        assert_eq!(first.pipe.1, [Some(0), None, Some(2)]);
        drop(first);
        assert_eq!(life.signs(), Some(3));
    }

    #[test]
    fn the_end_of_a_pipe_is_no_sign_of_life() {
        let life = Life::new(Some(Duration::from_secs(1)));
        let mut pipe = Watched::new(io::empty(), &life);
        assert_eq!(pipe.read(&mut [0]).unwrap(), 0);
        drop(pipe);
        assert_eq!(life.signs(), Some(0));
        assert!(!life.has_timed_out());
    }
}
