//! What waits while a stage's threads work: for their end, for signals, for the next look at the progress.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use howdah_platform::process::Ending;
use howdah_platform::signals::{Signals, runtime_with_signals};
use tokio::runtime::Runtime;
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
        let (runtime, signals) = runtime_with_signals(handle_signals)?;
        let signals = RefCell::new(signals);
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
            let mut patience = Patience::default();
            loop {
                tokio::select! {
                    _ = ended.recv() => break,
                    signal = signals.next() => {
                        pulse.stop(patience.hear(signal, Instant::now()));
                    }
                    _ = tick.tick() => {
                        progress();
                        if patience.has_ended(Instant::now()) {
                            pulse.stop(Ending::Forced);
                        }
                    }
                }
            }
            progress();
            patience.signal()
        })
    }
}

/// How signals have a stage end.
#[derive(Debug, Default)]
struct Patience {
    /// The first one, and when it came.
    heard: Option<(i32, Instant)>,
}

impl Patience {
    /// Takes a signal: the first one asks the stage's children to end, each further one forces them at once.
    fn hear(&mut self, signal: i32, now: Instant) -> Ending {
        if self.heard.is_some() {
            return Ending::Forced;
        }
        self.heard = Some((signal, now));
        Ending::Asked
    }

    /// Whether the children have had the time to end that they may take.
    fn has_ended(&self, now: Instant) -> bool {
        self.heard.is_some_and(|(_, since)| now.saturating_duration_since(since) > GRACE)
    }

    /// The signal that came first.
    fn signal(&self) -> Option<i32> {
        self.heard.map(|(signal, _)| signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_asks_and_the_second_one_is_immediate() {
        let mut patience = Patience::default();
        let now = Instant::now();
        assert!(!patience.has_ended(now));
        assert_eq!(patience.hear(2, now), Ending::Asked);
        assert!(!patience.has_ended(now + GRACE));
        assert_eq!(patience.hear(15, now), Ending::Forced);
        assert_eq!(patience.hear(2, now), Ending::Forced);
        assert_eq!(patience.signal(), Some(2));
    }

    #[test]
    fn who_does_not_listen_has_a_grace() {
        let mut patience = Patience::default();
        let now = Instant::now();
        assert_eq!(patience.hear(15, now), Ending::Asked);
        assert!(!patience.has_ended(now + GRACE));
        assert!(patience.has_ended(now + GRACE + TICK));
    }
}
