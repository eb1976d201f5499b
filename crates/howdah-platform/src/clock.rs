//! Wall time and processor time.

use std::time::{Duration, Instant, SystemTime};

/// Where the time comes from, so that tests can give their own.
pub trait Clock: Send + Sync {
    /// A time that never goes back.
    fn now(&self) -> Instant;
    /// The time of day.
    fn system_time(&self) -> SystemTime;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
    fn system_time(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// The processor time that the calling thread has used.
pub fn thread_cpu_time() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(
            u64::try_from(time.tv_sec).unwrap_or(0),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    }
    #[cfg(not(target_os = "linux"))]
    {
        Duration::ZERO // not known here: reports show no processor time
    }
}
