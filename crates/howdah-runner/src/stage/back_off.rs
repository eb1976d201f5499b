//! How long a task waits before it is tried again: twice as long each time.

use std::time::Duration;

use howdah_plan::{Event, TaskKind};

use super::StageContext;

/// The longest wait, where not even the first one is longer.
const LONGEST: Duration = Duration::from_secs(5 * 60);

impl StageContext<'_> {
    /// Waits before another attempt of a task, counted from 0; says whether there is to be one, or all are to stop.
    pub(super) fn pause_before(&self, attempt: u32, kind: TaskKind, task: u32) -> bool {
        let pause = pause_before(attempt, self.contract.retry_delay);
        if !pause.is_zero() {
            let text = format!("attempt {attempt} begins in {} seconds", pause.as_secs_f64());
            (self.events)(Event::Status { step: self.number, kind, task, text });
            self.clock.wait(pause, self.pulse.alarm());
        }
        !self.pulse.is_stopped()
    }
}

fn pause_before(attempt: u32, first: Duration) -> Duration {
    let doublings = attempt.saturating_sub(1);
    first.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_the_longest() {
        let pauses = |first: u64| {
            [1, 2, 3, 4, 40, u32::MAX]
                .map(|attempt| pause_before(attempt, Duration::from_secs(first)).as_secs())
        };
        assert_eq!(pauses(0), [0; 6]);
        assert_eq!(pauses(50), [50, 100, 200, 300, 300, 300]);
        assert_eq!(pauses(3600), [3600; 6]);
    }
}
