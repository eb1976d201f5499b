//! How far files are hashed, told while that goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use howdah_plan::Event;
use howdah_plan::event::HashedFiles;
use howdah_platform::Clock;

/// Of what is hashed sooner nothing is told.
const MOMENT: Duration = Duration::from_secs(1);
/// The time between two words.
const EVERY: Duration = Duration::from_millis(200);

/// Files that are being hashed, by several threads.
pub(crate) struct Hashing<'a> {
    files: HashedFiles,
    bytes_total: u64,
    bytes: AtomicU64,
    clock: &'a dyn Clock,
    began: Instant,
    /// When the next word is due.
    due: Mutex<Duration>,
    events: &'a (dyn Fn(Event) + Sync),
}

impl<'a> Hashing<'a> {
    /// Begins the hashing of files that have so many bytes together.
    pub(crate) fn begin(
        files: HashedFiles,
        bytes_total: u64,
        clock: &'a dyn Clock,
        events: &'a (dyn Fn(Event) + Sync),
    ) -> Self {
        let (bytes, began, due) = (AtomicU64::new(0), clock.now(), Mutex::new(MOMENT));
        Hashing { files, bytes_total, bytes, clock, began, due, events }
    }

    /// Takes note of more bytes, and tells how far it is if that is due.
    pub(crate) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // Who finds another thread at it has nothing to add.
        let Ok(mut due) = self.due.try_lock() else { return };
        let elapsed = self.elapsed();
        if elapsed >= *due {
            *due = elapsed + EVERY;
            self.tell(elapsed, false);
        }
    }

    /// Says the last word, if there was another one before.
    pub(crate) fn end(self) {
        if *self.due.lock().unwrap_or_else(PoisonError::into_inner) > MOMENT {
            self.tell(self.elapsed(), true);
        }
    }

    fn elapsed(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.began)
    }

    fn tell(&self, elapsed: Duration, ended: bool) {
        let (files, bytes_total) = (self.files, self.bytes_total);
        let bytes = self.bytes.load(Ordering::Relaxed);
        (self.events)(Event::Hashing { files, bytes, bytes_total, elapsed, ended });
    }
}
