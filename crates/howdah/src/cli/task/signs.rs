//! What a task does that others can see, and how far it is in its input.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use howdah_plan::{LimitExceeded, TaskError};

/// The signs of a task's life.
///
/// Its thread counts here, and its [heartbeat](super::heartbeat) looks now and then. No order between the numbers is
/// needed, so the stores cost what plain ones do.
#[derive(Debug, Default)]
pub(in crate::cli) struct Signs {
    /// Reads and writes that Hadoop has seen.
    transfers: AtomicU64,
    /// The number of the record at hand, from 1.
    record: AtomicU64,
    /// Why Hadoop would end the task, were it told all that the task counts.
    refused: OnceLock<LimitExceeded>,
}

/// The number of a record that never comes: the input has ended.
const ENDED: u64 = u64::MAX;

/// How far a task is in its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    Start,
    Record(u64),
    End,
}

impl Signs {
    /// The task has gone to a record, if it may go on.
    #[inline]
    pub(in crate::cli) fn at(&self, number: u64) -> Result<(), TaskError> {
        self.record.store(number, Ordering::Relaxed);
        self.check()
    }

    /// The task has asked for a record behind the last.
    pub(in crate::cli) fn at_end(&self) -> Result<(), TaskError> {
        self.at(ENDED)
    }

    /// The task counts more than Hadoop allows.
    pub(in crate::cli) fn refuse(&self, exceeded: LimitExceeded) {
        self.refused.get_or_init(|| exceeded);
    }

    /// Whether the task may go on.
    #[inline]
    pub(in crate::cli) fn check(&self) -> Result<(), TaskError> {
        match self.refused.get() {
            None => Ok(()),
            Some(exceeded) => Err(TaskError::job(exceeded.clone())),
        }
    }

    /// The task has read or written something, and Hadoop has seen it.
    pub(in crate::cli) fn moved(&self) {
        self.transfers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn transfers(&self) -> u64 {
        self.transfers.load(Ordering::Relaxed)
    }

    pub(super) fn reached(&self) -> Reached {
        match self.record.load(Ordering::Relaxed) {
            0 => Reached::Start,
            ENDED => Reached::End,
            number => Reached::Record(number),
        }
    }
}

/// A stream of a task. What moves through it is a sign of life.
pub(super) struct Watched<P> {
    stream: P,
    /// None where Hadoop is not at the other end.
    signs: Option<Arc<Signs>>,
}

impl<P> Watched<P> {
    /// A stream to or from Hadoop.
    pub(super) fn new(stream: P, signs: &Arc<Signs>) -> Self {
        Watched { stream, signs: Some(Arc::clone(signs)) }
    }

    /// A stream to or from somebody else.
    pub(super) fn unseen(stream: P) -> Self {
        Watched { stream, signs: None }
    }

    fn saw(&self, moved: io::Result<usize>) -> io::Result<usize> {
        if let (Some(signs), Ok(1..)) = (&self.signs, &moved) {
            signs.moved();
        }
        moved
    }
}

impl<P: Read> Read for Watched<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let moved = self.stream.read(buffer);
        self.saw(moved)
    }
}

impl<P: Write> Write for Watched<P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let moved = self.stream.write(bytes);
        self.saw(moved)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_a_sign_and_an_end_is_none() {
        let signs = Arc::new(Signs::default());
        let mut input = Watched::new(&b"ab"[..], &signs);
        assert_eq!(input.read(&mut [0; 2]).unwrap(), 2);
        assert_eq!(input.read(&mut [0; 2]).unwrap(), 0);
        assert_eq!(signs.transfers(), 1);
        Watched::new(io::sink(), &signs).write_all(b"x").unwrap();
        assert_eq!(signs.transfers(), 2);
        assert_eq!(Watched::unseen(&b"ab"[..]).read(&mut [0; 2]).unwrap(), 2);
        assert_eq!(signs.transfers(), 2);
    }
}
