//! What waits while a stage's threads work: for their end, for signals, for the next look at the progress.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use howdah_platform::process::Ending;
use howdah_platform::signals::Signals;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::pulse::{GRACE, Pulse};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(200);

/// Held by a thread for as long as it runs.
pub(crate) type Running = mpsc::Sender<()>;
/// Closed when no thread runs any more.
pub(crate) type Ended = mpsc::Receiver<()>;

/// Marks for threads that run, and the end of them all.
pub(crate) fn running() -> (Running, Ended) {
    mpsc::channel(1)
}

/// Waits, on one thread.
///
/// From the moment that it is made, signals are its own: one that comes between two waits ends the next.
pub(crate) struct Supervisor {
    runtime: Runtime,
    signals: RefCell<Signals>,
}

impl Supervisor {
    pub(crate) fn new(handle_signals: bool) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let signals = RefCell::new(Signals::new(handle_signals)?);
        drop(entered);
        Ok(Supervisor { runtime, signals })
    }

    /// Waits until a thread has ended that cannot be told to stop; gives the number of the signal that came first,
    /// if one did.
    pub(crate) fn wait(&self, mut ended: Ended) -> Option<i32> {
        let signals = &mut *self.signals.borrow_mut();
        self.runtime.block_on(async {
            tokio::select! {
                _ = ended.recv() => None,
                signal = signals.next() => Some(signal),
            }
        })
    }

    /// Waits until the threads have ended; gives the number of the signal that asked for it, if one did.
    ///
    /// The first signal asks the stage's children to end, the second, or the end of a grace, forces them.
    pub(crate) fn watch(
        &self,
        mut ended: Ended,
        pulse: &Pulse,
        mut progress: impl FnMut(),
    ) -> Option<i32> {
        let signals = &mut *self.signals.borrow_mut();
        self.runtime.block_on(async {
            let mut tick = interval(TICK);
            tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
            let mut signalled: Option<(i32, Instant)> = None;
            loop {
                tokio::select! {
                    _ = ended.recv() => break,
                    signal = signals.next() => {
                        let again = signalled.is_some();
                        pulse.stop(if again { Ending::Forced } else { Ending::Asked });
                        signalled.get_or_insert((signal, Instant::now()));
                    }
                    _ = tick.tick() => {
                        progress();
                        if signalled.is_some_and(|(_, since)| since.elapsed() > GRACE) {
                            pulse.stop(Ending::Forced);
                        }
                    }
                }
            }
            progress();
            signalled.map(|(signal, _)| signal)
        })
    }
}
