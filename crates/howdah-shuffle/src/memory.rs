//! The budget that spills kept in memory share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number of bytes that many threads reserve from.
#[derive(Debug, Clone)]
pub struct RetainedMemory {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: u64,
    used: AtomicU64,
}

impl RetainedMemory {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        RetainedMemory { shared: Arc::new(Shared { limit, used: AtomicU64::new(0) }) }
    }

    /// Whether less than half of it is in use.
    pub(crate) fn is_ample(&self) -> bool {
        self.shared.used.load(Ordering::Relaxed) < self.shared.limit / 2
    }

    /// An empty reservation that can [grow](Reservation::grow_to).
    pub fn reservation(&self) -> Reservation {
        Reservation { shared: Arc::clone(&self.shared), bytes: 0 }
    }
}

/// Bytes reserved from a [`RetainedMemory`]; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    shared: Arc<Shared>,
    bytes: u64,
}

impl Reservation {
    /// Makes the reservation `bytes` large; `false`, and nothing changes, when the budget does not allow it.
    pub fn grow_to(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let limit = self.shared.limit;
        let granted = self
            .shared
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(more).filter(|&sum| sum <= limit)
            })
            .is_ok();
        if granted {
            self.bytes += more;
        }
        granted
    }

    /// Gives everything back.
    pub fn release(&mut self) {
        self.shared.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_stops_at_the_limit_and_gives_back() {
        let memory = RetainedMemory::new(10);
        let (mut one, mut other) = (memory.reservation(), memory.reservation());
        assert!(one.grow_to(7));
        assert!(!other.grow_to(4));
        assert!(other.grow_to(3));
        assert!(!one.grow_to(8));
        drop(other);
        assert!(one.grow_to(10));
    }
}
