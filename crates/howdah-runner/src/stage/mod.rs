//! A stage: many tasks on a few threads, watched by one that waits.
//!
//! | file | what |
//! | --- | --- |
//! | [`map`] | the map stage: splits → map outputs, or parts |
//! | [`reduce`] | the reduce stage: map outputs → parts |
//! | [`shuffled`] | what map tasks hand on to reduce tasks |
//! | [`counted`] | a partition's records, counted on their way to the reducer |
//! | [`ledger`] | a step's figures, as its tasks finish |
//! | [`losses`] | tasks that may fail |
//! | [`back_off`] | how long a task waits before it is tried again |
//! | [`supervisor`] | signals and progress |

mod back_off;
mod counted;
pub(crate) mod ledger;
pub(crate) mod losses;
pub(crate) mod map;
pub(crate) mod reduce;
pub(crate) mod shuffled;
pub(crate) mod supervisor;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use howdah_plan::{CountedBy, Counters, Event, Step, TaskError, TaskInfo, TaskKind, exit};
use howdah_platform::process::Ending;
use howdah_platform::{Clock, Storage};

use crate::chaos::{self, Chaos, Fate};
use crate::contract::Contract;
use crate::error::{self, AtHand, RecordPlace, RunError, RunErrorKind, TaskFailure};
use crate::output::{AttemptFiles, Staging, WriteSettings};
use crate::pulse::Pulse;
use crate::task::environment::StepFacts;
use crate::task::linked::catching_panics;
use ledger::{Figures, Ledger};
use losses::Losses;
use supervisor::Supervisor;

/// What both stages of a step share.
pub(crate) struct StageContext<'a> {
    pub(crate) number: usize,
    pub(crate) steps: usize,
    pub(crate) step: &'a Step,
    pub(crate) contract: &'a Contract,
    pub(crate) facts: &'a StepFacts,
    pub(crate) storage: &'a dyn Storage,
    pub(crate) staging: &'a Staging,
    pub(crate) writing: &'a WriteSettings,
    pub(crate) workers: usize,
    pub(crate) pulse: &'a Pulse,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) events: &'a (dyn Fn(Event) + Sync),
    pub(crate) ledger: &'a Mutex<Ledger>,
    pub(crate) losses: &'a Losses,
    pub(crate) chaos: Option<Chaos>,
}

/// A task that is done.
pub(crate) struct Done<T> {
    pub(crate) result: T,
    pub(crate) figures: Figures,
}

/// An attempt that failed, and the record at hand.
pub(crate) struct AttemptError {
    pub(crate) error: TaskError,
    pub(crate) place: Option<RecordPlace>,
    /// Where the input of a command begins that was given all up to the place.
    pub(crate) given_from: Option<u64>,
    /// The record of a mapper, or the key of a reducer's group, if it is known.
    pub(crate) at_hand: Option<AtHand>,
}

impl From<TaskError> for AttemptError {
    fn from(error: TaskError) -> Self {
        AttemptError { error, place: None, given_from: None, at_hand: None }
    }
}

impl StageContext<'_> {
    /// The files of an attempt.
    fn files<'f>(&'f self, info: &'f TaskInfo) -> AttemptFiles<'f> {
        let folder = self.staging.attempt_path(info.kind, info.task, info.attempt);
        AttemptFiles::new(self.storage, self.staging.folder(), folder, self.writing, info)
    }

    /// What befalls an attempt.
    fn fate(&self, info: &TaskInfo) -> Fate {
        let TaskInfo { kind, task, attempt: number, .. } = *info;
        let attempt = chaos::Attempt { step: self.number, kind, task, number };
        self.chaos.map_or(Fate::NONE, |chaos| chaos.fate(attempt))
    }

    /// Whether an attempt has no more counters than it may.
    fn check_counters(&self, counters: &Counters, counted_by: CountedBy) -> Result<(), TaskError> {
        self.contract.counter_limits.check(counters, counted_by).map_err(TaskError::job)
    }

    /// Runs a task's attempts until one succeeds or there are none left. One that failed for what `mend` has put right
    /// is none of them.
    fn attempts<T>(
        &self,
        kind: TaskKind,
        task: u32,
        mut attempt: impl FnMut(u32) -> Result<Done<T>, AttemptError>,
        mend: impl Fn(&TaskFailure) -> Result<bool, RunError>,
    ) -> Result<Done<T>, RunError> {
        let mut most = self.contract.attempts(kind);
        let mut number = 0;
        loop {
            // A fold and a combiner run outside of the mapper's call, while records are spilled.
            let failed = match catching_panics(|| attempt(number)) {
                Ok(done) => {
                    let (step, task) = (self.number, done.figures.summary.clone());
                    (self.events)(Event::TaskFinished { step, task });
                    return Ok(done);
                }
                Err(failed) => self.failure(kind, task, number, failed),
            };
            if self.pulse.is_stopped() {
                return Err(RunErrorKind::Task(Box::new(failed)).into());
            }
            number += 1;
            if failed.is_struck() || mend(&failed)? {
                most += 1;
            }
            if number == most {
                return Err(RunErrorKind::Task(Box::new(failed)).into());
            }
            self.tell_failure(&failed);
            if !self.pause_before(number, kind, task) {
                return Err(RunErrorKind::Task(Box::new(failed)).into());
            }
        }
    }

    fn tell_failure(&self, failed: &TaskFailure) {
        (self.events)(Event::AttemptFailed {
            step: self.number,
            kind: failed.kind,
            task: failed.task,
            attempt: failed.attempt,
            message: failed.to_string(),
            slug: failed.slug().to_owned(),
        });
    }

    /// Whether the job goes on, although a task has failed for good.
    fn bears(&self, error: &RunError) -> bool {
        let RunErrorKind::Task(failed) = error.kind() else { return false };
        let goes_on = !self.pulse.is_stopped()
            && failed.exit_code() == exit::JOB_FAILED
            && self.losses.bear(failed.kind, failed.task);
        if goes_on {
            self.tell_failure(failed);
        }
        goes_on
    }

    fn failure(
        &self,
        kind: TaskKind,
        task: u32,
        attempt: u32,
        failed: AttemptError,
    ) -> TaskFailure {
        let AttemptError { error, place, given_from, at_hand } = failed;
        let stderr_tail = error::of_child(&error).map(|child| child.tail.clone());
        TaskFailure {
            step: self.number,
            steps: self.steps,
            kind,
            task,
            attempt,
            place,
            given_from,
            at_hand,
            error,
            stderr_tail: stderr_tail.unwrap_or_default(),
        }
    }

    /// Runs tasks `0..tasks` on the stage's threads, each with what `worker` makes for it, and gives their results as
    /// they came; none of a task that failed, and the job goes on.
    fn run<W, T: Send>(
        &self,
        supervisor: &Supervisor,
        tasks: u32,
        worker: impl Fn() -> W + Sync,
        work: impl Fn(&mut W, u32) -> Result<Done<T>, RunError> + Sync,
        mut progress: impl FnMut(),
    ) -> Result<Vec<T>, RunError> {
        let order = self.chaos.map(|chaos| chaos.order(tasks));
        let next = AtomicU32::new(0);
        let results = Mutex::new(Vec::with_capacity(tasks as usize));
        let failure: Mutex<Option<RunError>> = Mutex::new(None);
        let signal = thread::scope(|scope| {
            let (running, ended) = supervisor::running();
            for _ in 0..self.workers.min(tasks as usize) {
                let running = running.clone();
                scope.spawn(|| {
                    let _running = running;
                    let mut worker = worker();
                    let began = self.clock.now();
                    let mut ended = began;
                    while !self.pulse.is_stopped() {
                        let task = next.fetch_add(1, Ordering::Relaxed);
                        if task >= tasks {
                            break;
                        }
                        let task = order.as_ref().map_or(task, |order| order[task as usize]);
                        match work(&mut worker, task) {
                            Ok(Done { result, figures }) => {
                                locked(self.ledger).add(figures);
                                locked(&results).push(result);
                            }
                            Err(error) if self.bears(&error) => {}
                            Err(error) => {
                                locked(&failure).get_or_insert(error);
                                self.pulse.stop(Ending::Forced);
                            }
                        }
                        self.pulse.task_done();
                        ended = self.clock.now();
                    }
                    if ended > began {
                        locked(self.ledger).add_span(began, ended);
                    }
                });
            }
            drop(running);
            supervisor.watch(ended, self.pulse, || {
                self.pulse.end_silent(self.clock.now());
                progress();
            })
        });
        if let Some(signal) = signal {
            return Err(RunErrorKind::Signal(signal).into());
        }
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
