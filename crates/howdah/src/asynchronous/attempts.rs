//! The attempts to get one record's answer: a time limit for each, a pause before the next.

use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::error::Result;

type Boxed = Box<dyn StdError + Send + Sync>;
type Judge = dyn Fn(&(dyn StdError + 'static)) -> bool + Send + Sync;

/// Pauses do not double beyond this one.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often an answer is asked for, and how long it is waited for.
#[derive(Clone, Default)]
pub(super) struct Attempts {
    /// For each attempt; without one it may take for ever.
    pub(super) time_out: Option<Duration>,
    /// Attempts after the first.
    pub(super) retries: u32,
    /// Before the first retry.
    pub(super) first_pause: Duration,
    /// Which errors are worth a retry; all, if nobody said.
    pub(super) retry_if: Option<Arc<Judge>>,
}

impl Attempts {
    /// Asks about a record until there is an answer, or until it is not worth another attempt.
    pub(super) async fn make<R, T, F>(
        &self,
        standstill: &Standstill,
        record: R,
        ask: impl Fn(R) -> F,
    ) -> Attempted<T>
    where
        R: Clone,
        F: Future<Output = Result<T>>,
    {
        let (mut retries, mut time_outs) = (0, 0);
        loop {
            let answer = match self.time_out {
                None => ask(record.clone()).await.map_err(|error| Failure::Error(error.into())),
                Some(limit) => match within(limit, standstill, ask(record.clone())).await {
                    Some(answer) => answer.map_err(|error| Failure::Error(error.into())),
                    None => Err(Failure::TimeOut(limit)),
                },
            };
            time_outs += u32::from(matches!(answer, Err(Failure::TimeOut(_))));
            match answer {
                Err(failure) if retries < self.retries && self.is_worth_another(&failure) => {
                    sleep(self.pause(retries)).await;
                    retries += 1;
                }
                answer => return Attempted { answer, retries, time_outs },
            }
        }
    }

    fn is_worth_another(&self, failure: &Failure) -> bool {
        match (failure, &self.retry_if) {
            (Failure::Error(error), Some(is_worth)) => is_worth(&**error),
            _ => true,
        }
    }

    /// The pause after so many retries.
    fn pause(&self, retries: u32) -> Duration {
        let doubled = self.first_pause.saturating_mul(2_u32.saturating_pow(retries));
        doubled.min(LONGEST_PAUSE.max(self.first_pause))
    }
}

/// What came of a record's attempts.
pub(super) struct Attempted<T> {
    pub(super) answer: Result<T, Failure>,
    /// Attempts after the first.
    pub(super) retries: u32,
    /// Attempts that took too long.
    pub(super) time_outs: u32,
}

/// Why an attempt gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
    Error(Boxed),
    TimeOut(Duration),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Error(error) => write!(f, "{error}"),
            Failure::TimeOut(limit) => write!(f, "no answer within {limit:?}"),
        }
    }
}

/// No attempt is left: what fails the task.
#[derive(Debug)]
pub(super) struct GaveUp {
    /// The record's number in its task, from 1.
    pub(super) record: u64,
    /// How many records were read after it.
    pub(super) behind: u64,
    pub(super) attempts: u64,
    pub(super) last: Failure,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GaveUp { record, behind, attempts, last } = self;
        write!(f, "gave up on record {record} of this task")?;
        if *behind > 0 {
            write!(f, ", {behind} before the last that was read,")?;
        }
        match attempts {
            1 => write!(f, " after 1 attempt; its error: {last}"),
            _ => write!(f, " after {attempts} attempts; the last error: {last}"),
        }
    }
}

impl StdError for GaveUp {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.last {
            // `Display` ends with the error's own text; its source is ours.
            Failure::Error(error) => error.source(),
            Failure::TimeOut(_) => None,
        }
    }
}

/// How long a runtime stood still, all in all.
#[derive(Default)]
pub(super) struct Standstill {
    nanos: AtomicU64,
}

impl Standstill {
    pub(super) fn add(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(super) fn total(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }
}

/// A future's output, unless it takes longer than `limit`.
///
/// The runtime stands still while its task does other things: sorts, or waits for input. An answer that came
/// meanwhile could not be read, so that this time does not count.
async fn within<F: Future>(
    limit: Duration,
    standstill: &Standstill,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = limit;
    loop {
        let before = standstill.total();
        if let Ok(output) = timeout(left, future.as_mut()).await {
            return Some(output);
        }
        left = standstill.total().saturating_sub(before);
        if left.is_zero() {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use tokio::runtime::{Builder, Runtime};
    use tokio::time::Instant;

    use super::*;
    use crate::Error;

    fn paused() -> Runtime {
        Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
    }

    /// When each attempt of a service that is down began, in milliseconds.
    fn begins(attempts: &Attempts) -> Vec<u128> {
        let (begins, standstill) = (RefCell::new(Vec::new()), Standstill::default());
        paused().block_on(async {
            let begin = Instant::now();
            let attempted = attempts.make(&standstill, (), |()| async {
                begins.borrow_mut().push(begin.elapsed().as_millis());
                Err::<(), _>(Error::new("down"))
            });
            assert!(attempted.await.answer.is_err());
        });
        begins.into_inner()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let attempts =
            |retries, first_pause| Attempts { retries, first_pause, ..Attempts::default() };
        assert_eq!(begins(&attempts(0, Duration::from_secs(1))), [0]);
        assert_eq!(begins(&attempts(3, Duration::from_millis(100))), [0, 100, 300, 700]);
        assert_eq!(
            begins(&attempts(4, Duration::from_secs(10))),
            [0, 10_000, 30_000, 60_000, 90_000]
        );
        assert_eq!(begins(&attempts(2, Duration::from_secs(60))), [0, 60_000, 120_000]);
        assert_eq!(attempts(u32::MAX, Duration::from_millis(1)).pause(1000), LONGEST_PAUSE);
        assert_eq!(begins(&attempts(2, Duration::ZERO)), [0, 0, 0]);
    }

    #[test]
    fn each_attempt_has_the_whole_time() {
        let attempts = Attempts {
            time_out: Some(Duration::from_secs(5)),
            retries: 3,
            first_pause: Duration::from_secs(1),
            retry_if: None,
        };
        let asked = Cell::new(0);
        let attempted = paused().block_on(attempts.make(&Standstill::default(), (), |()| {
            asked.set(asked.get() + 1);
            let seconds = [9, 6, 4][asked.get() - 1];
            async move {
                sleep(Duration::from_secs(seconds)).await;
                Ok(seconds)
            }
        }));
        assert_eq!(attempted.answer.unwrap(), 4);
        assert_eq!((attempted.retries, attempted.time_outs), (2, 2));
    }

    #[test]
    fn time_in_which_the_runtime_stood_still_does_not_count() {
        let answer = |stood_seconds| {
            paused().block_on(async {
                let standstill = Standstill::default();
                let slow = sleep(Duration::from_secs(8));
                let mut within = pin!(within(Duration::from_secs(5), &standstill, slow));
                // It begins, and then the runtime is left alone.
                assert!(timeout(Duration::ZERO, within.as_mut()).await.is_err());
                standstill.add(Duration::from_secs(stood_seconds));
                within.await
            })
        };
        assert_eq!(answer(4), Some(()));
        assert_eq!(answer(2), None);
        assert_eq!(answer(0), None);
    }

    #[test]
    fn a_record_s_place_and_last_error_are_told() {
        let shown =
            |behind, attempts, last| GaveUp { record: 7, behind, attempts, last }.to_string();
        assert_eq!(
            shown(0, 1, Failure::Error("refused".into())),
            "gave up on record 7 of this task after 1 attempt; its error: refused"
        );
        assert_eq!(
            shown(3, 4, Failure::TimeOut(Duration::from_millis(1500))),
            "gave up on record 7 of this task, 3 before the last that was read, after 4 attempts; the last \
             error: no answer within 1.5s"
        );
    }
}
