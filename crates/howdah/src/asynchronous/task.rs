//! A task of an asynchronous mapper: the records that it asked for, in a queue.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle, yield_now};
use tokio::time::timeout;

use super::attempts::{Attempted, Attempts, GaveUp};
use super::runtime::TaskRuntime;
use crate::counter::Counter;
use crate::error::Result;
use crate::key::Data;
use crate::out::Out;

pub(super) const RETRIES: Counter = Counter::new("howdah", "Async retries");
pub(super) const TIME_OUTS: Counter = Counter::new("howdah", "Async time-outs");

/// How often a task that waits says so.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Makes what a task asks with.
pub(super) type Connect<R, K, V> = dyn Fn() -> Connecting<R, K, V> + Send + Sync;
pub(super) type Connecting<R, K, V> = Pin<Box<dyn Future<Output = Result<Box<Ask<R, K, V>>>>>>;
/// Asks about one record.
pub(super) type Ask<R, K, V> = dyn Fn(R) -> Answer<K, V> + Send + Sync;
type Answer<K, V> = Pin<Box<dyn Future<Output = Result<Records<K, V>>> + Send>>;
type Records<K, V> = Vec<(K, V)>;

/// What a mapper has from its task's start to its end.
pub(super) struct Task<R, K, V> {
    runtime: TaskRuntime,
    request: Arc<Request<R, K, V>>,
    /// Those records that are asked for and not emitted, in the order of the input.
    asked: VecDeque<JoinHandle<Attempted<Records<K, V>>>>,
    /// Records whose turn to be emitted has come.
    emitted: u64,
    /// Records that were read.
    read: u64,
}

/// All that a record's attempts need.
struct Request<R, K, V> {
    ask: Box<Ask<R, K, V>>,
    attempts: Attempts,
}

impl<R: Clone + Send + 'static, K: Data, V: Data> Task<R, K, V> {
    pub(super) fn start(connect: &Connect<R, K, V>, attempts: Attempts) -> Result<Self> {
        let mut runtime = TaskRuntime::new()?;
        let ask = runtime.wait(async { connect().await })?;
        let request = Arc::new(Request { ask, attempts });
        Ok(Task { runtime, request, asked: VecDeque::new(), emitted: 0, read: 0 })
    }

    /// Takes a record. Before, it emits what is there, and waits until fewer than `concurrency` are asked for.
    pub(super) fn take(
        &mut self,
        record: R,
        concurrency: usize,
        out: &mut Out<'_, K, V>,
    ) -> Result {
        self.read += 1;
        while self.asked.len() >= concurrency || self.has_answer() {
            self.emit_next(out)?;
        }
        self.ask(record);
        Ok(())
    }

    /// Waits for all that is asked for.
    pub(super) fn emit_all(&mut self, out: &mut Out<'_, K, V>) -> Result {
        while !self.asked.is_empty() {
            self.emit_next(out)?;
        }
        Ok(())
    }

    /// Sends a record's request on its way.
    fn ask(&mut self, record: R) {
        let request = Arc::clone(&self.request);
        let standstill = Arc::clone(self.runtime.standstill());
        self.asked.push_back(
            self.runtime.spawn(async move {
                request.attempts.make(&standstill, record, &*request.ask).await
            }),
        );
        // Now it begins, and the others see what came meanwhile.
        self.runtime.wait(yield_now());
    }

    /// Whether the next record can be emitted without waiting.
    fn has_answer(&self) -> bool {
        self.asked.front().is_some_and(JoinHandle::is_finished)
    }

    /// Emits the answer of the first record that is asked for, as soon as it is there.
    fn emit_next(&mut self, out: &mut Out<'_, K, V>) -> Result {
        let Some(next) = self.asked.pop_front() else { return Ok(()) };
        self.emitted += 1;
        let Attempted { answer, retries, time_outs } = self.wait_for(next, out)?;
        for (counter, amount) in [(RETRIES, retries), (TIME_OUTS, time_outs)] {
            if amount > 0 {
                out.count(&counter, amount.into());
            }
        }
        let records = answer.map_err(|last| GaveUp {
            record: self.emitted,
            behind: self.read - self.emitted,
            attempts: u64::from(retries) + 1,
            last,
        })?;
        for (key, value) in &records {
            out.emit(key, value);
        }
        Ok(())
    }

    /// What came of a record's attempts. A panic of theirs goes on here.
    fn wait_for<T>(&mut self, mut asked: JoinHandle<T>, out: &mut Out<'_, K, V>) -> Result<T> {
        // Without a time-out there is no telling a slow service from one that hangs.
        let has_time_out = self.request.attempts.time_out.is_some();
        let patience = if has_time_out { SIGN_OF_LIFE } else { Duration::MAX };
        loop {
            match self.runtime.wait(async { timeout(patience, &mut asked).await }) {
                Ok(joined) => return joined.or_else(go_on),
                Err(_) => out.status(&format!("waiting for the answer to record {}", self.emitted)),
            }
        }
    }
}

fn go_on<T>(ended: JoinError) -> Result<T> {
    match ended.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(cancelled) => Err(cancelled.into()),
    }
}
