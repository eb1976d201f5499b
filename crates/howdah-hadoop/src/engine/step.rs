//! One step: its job, followed to its end.

use std::collections::VecDeque;
use std::io;
use std::process::{Command, Stdio};
use std::time::Instant;

use howdah_plan::event::{StageProgress, StepSummary};
use howdah_plan::{Course, Event, TaskKind};

use super::Engine;
use crate::client::counters::{CountersReader, JobCounters};
use crate::client::follower::{Follower, News};
use crate::client::{Answer, Heard, logs};
use crate::compose::{Composed, Places};
use crate::diagnose::gathered::Gathered;
use crate::diagnose::{Diagnosis, Failure, NOT_SUBMITTED};
use crate::error::{HadoopError, HadoopErrorKind, JobFailure};

/// What a job that runs in its client's own process is called.
const LOCAL_JOB: &str = "job_local";

/// What the client says of any job that fails.
const FAILED: &str = "Streaming Command Failed!";
/// The line that counters stand behind.
const COUNTERS: &str = "Counters: ";

/// What tells of a job while it runs.
struct Teller<'e> {
    events: &'e (dyn Fn(Event) + Sync),
    step: usize,
    steps: usize,
    round: Option<u32>,
    maps: u32,
    reducers: u32,
    began: Instant,
}

impl Teller<'_> {
    fn tell(&mut self, news: News) {
        let Teller { step, steps, round, reducers, .. } = *self;
        match news {
            News::Splits(maps) => {
                self.maps = maps;
                (self.events)(Event::StepStarted {
                    step,
                    steps,
                    round,
                    job: None,
                    maps,
                    reducers,
                    input_bytes: 0,
                });
            }
            News::Running { job, address } => {
                self.began = Instant::now();
                (self.events)(Event::Submitted { step, job, address });
            }
            News::Progress { map, reduce } => {
                // At the end of a job that failed everything is at 100 %: what ends a stage is what comes after it.
                let reduces = (1..100).contains(&reduce);
                self.progress(TaskKind::Map, self.maps, if reduces { 100 } else { map.min(99) });
                if reduces {
                    self.progress(TaskKind::Reduce, reducers, reduce);
                }
            }
            News::AttemptFailed { kind, task, attempt, message } => {
                let slug = "howdah::attempt-failed".to_owned();
                (self.events)(Event::AttemptFailed { step, kind, task, attempt, message, slug });
            }
        }
    }

    fn all_done(&self) {
        self.progress(TaskKind::Map, self.maps, 100);
        if self.reducers > 0 {
            self.progress(TaskKind::Reduce, self.reducers, 100);
        }
    }

    fn progress(&self, stage: TaskKind, tasks: u32, percent: u8) {
        let tasks_done = (u64::from(tasks) * u64::from(percent.min(100)) / 100) as u32;
        let progress = StageProgress {
            tasks_done,
            tasks,
            elapsed: self.began.elapsed(),
            tasks_only: true,
            ..StageProgress::default()
        };
        (self.events)(Event::Progress { step: self.step, stage, progress });
    }
}

impl Engine<'_> {
    /// Runs the step at hand.
    pub(super) fn step(
        &mut self,
        course: &Course<'_>,
        places: Places,
    ) -> Result<JobCounters, HadoopError> {
        self.made.insert(self.folders.top_of(&places.output).to_owned());
        let Composed { invocation, reducers, warnings } =
            self.composer.compose(course, places, &self.set)?;
        warnings.into_iter().for_each(self.events);
        let step = course.step();
        let argv =
            invocation.argv().map_err(|source| HadoopErrorKind::Invocation { step, source })?;
        let mut command = self.hadoop.streaming();
        command.args(argv).stdin(Stdio::null());
        if let Some(folder) = &self.client_folder {
            command.current_dir(folder.path());
        }
        let mut teller = Teller {
            events: self.events,
            step,
            steps: self.plan.steps.len(),
            round: course.round(),
            maps: 0,
            reducers,
            began: Instant::now(),
        };
        let began = teller.began;
        let follower = self.follow(&mut command, &mut teller)?;
        teller.all_done();
        let counters = self.counters_of(&follower)?;
        let summary =
            StepSummary { counters: counters.all.clone(), elapsed: began.elapsed(), figures: None };
        (self.events)(Event::StepFinished { step, round: course.round(), summary });
        Ok(counters)
    }

    /// Follows a job to its end, which is a good one.
    fn follow(
        &self,
        command: &mut Command,
        teller: &mut Teller<'_>,
    ) -> Result<Follower, HadoopError> {
        let mut follower = Follower::default();
        let ended = self.client.follow(command, io::sink(), |heard| match heard {
            Heard::Line(line) => {
                follower.line(line, |news| teller.tell(news));
                Answer::GoOn
            }
            Heard::Signal(signal) => self.answer(signal, &follower),
        });
        follower.end(|news| teller.tell(news));
        let status = match ended {
            Ok((status, _)) => status,
            Err(broken) => {
                self.kill(&follower);
                return Err(HadoopError::broken("running Hadoop's client")(broken));
            }
        };
        if status.success() && follower.failed.is_none() {
            return Ok(follower);
        }
        // A client that ends before its job leaves it to run, into a folder that is removed now.
        if follower.failed.is_none() && !follower.succeeded {
            self.kill(&follower);
        }
        let diagnosis = self.diagnose(&follower)?;
        let failure = JobFailure {
            step: teller.step,
            steps: teller.steps,
            reason: follower.failed.clone().or_else(|| refusal(&follower.errors)),
            said: last_words(&follower),
            diagnosis,
            job: follower.job,
            application: follower.application,
        };
        Err(HadoopErrorKind::Job(Box::new(failure)).into())
    }

    /// What is to be done at a signal: a person may be asked, since the cluster has done work by now.
    fn answer(&self, signal: i32, follower: &Follower) -> Answer {
        const INTERRUPT: i32 = 2;
        match (self.options.confirm, &follower.job) {
            (Some(confirm), Some(job)) if signal == INTERRUPT && !confirm(job) => Answer::GoOn,
            _ => Answer::End,
        }
    }

    /// Ends a job on the cluster. One in its client's own process has ended with it. A further signal does not end this.
    fn kill(&self, follower: &Follower) {
        let of_application =
            || Some(follower.application.as_ref()?.replacen("application_", "job_", 1));
        let job = follower.job.clone().or_else(of_application);
        let Some(job) = job.filter(|job| !job.starts_with(LOCAL_JOB)) else { return };
        let mut command = self.job_tool(["-kill", &job]);
        let message = match self.client.output_holding_signals(&mut command) {
            Ok(finished) if finished.status.success() => format!("{job} was ended on the cluster"),
            _ => format!("{job} may still run: `mapred job -kill {job}` ends it"),
        };
        (self.events)(Event::Warning { slug: "howdah::killed".to_owned(), message });
    }

    /// What asks for jobs and ends them.
    fn job_tool(&self, arguments: [&str; 2]) -> Command {
        let mut command = self.hadoop.job(&self.options.properties);
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// Why a job failed, as its client and its tasks tell. A signal ends the looks at its logs, and the run.
    fn diagnose(&self, follower: &Follower) -> Result<Option<Diagnosis>, HadoopError> {
        let found = match &follower.application {
            Some(application) => self.look_at_logs(application, &follower.gathered)?,
            None => Diagnosis::of(&follower.gathered),
        };
        // What the client refuses it says itself.
        let says_more = |failure: &Failure| failure.cause.slug != NOT_SUBMITTED;
        Ok(found.failures.first().is_some_and(says_more).then_some(found))
    }

    /// Looks at the logs of an application until they tell of the container that failed first and how often it was tried,
    /// or no more come.
    fn look_at_logs(
        &self,
        application: &str,
        of_client: &Gathered,
    ) -> Result<Diagnosis, HadoopError> {
        let message = format!("{application} failed: reading the logs of its tasks, to tell why");
        (self.events)(Event::Warning { slug: "howdah::reading-logs".to_owned(), message });
        let is_told = |known: &Gathered| {
            let found = Diagnosis::of(known);
            let first = found.failures.first();
            known.master().is_some() && first.is_some_and(|first| first.container.is_some())
        };
        let logs = logs::Asker::new(self.client, self.hadoop, application);
        match logs.gather_until(is_told, of_client) {
            Ok(known) => Ok(Diagnosis::of(&known)),
            Err(signal) => Err(HadoopErrorKind::Signal(signal).into()),
        }
    }

    /// The counters of a job that has succeeded: as its client has printed them, else as the cluster tells.
    fn counters_of(&self, follower: &Follower) -> Result<JobCounters, HadoopError> {
        if let Some(counters) = follower.counters() {
            return Ok(counters.clone());
        }
        let doing = "asking for the job's counters";
        let Some(job) = &follower.job else {
            return Err(HadoopErrorKind::Unsupported(
                "Hadoop's client does not tell what it does: its log must go to the standard error, with the level \
                 INFO for org.apache.hadoop.mapreduce.Job"
                    .to_owned(),
            )
            .into());
        };
        let mut command = self.job_tool(["-status", job]);
        let finished = self.client.output(&mut command).map_err(HadoopError::broken(doing))?;
        let text = String::from_utf8_lossy(&finished.stdout);
        // Without them a loop would stop as if nothing had changed.
        if !finished.status.success() || !text.lines().any(|line| line.starts_with(COUNTERS)) {
            let stderr = format!("{text}\n{}", finished.stderr);
            let (doing, status) = (doing.to_owned(), finished.status);
            return Err(HadoopErrorKind::Command { doing, status, stderr }.into());
        }
        let mut reader = CountersReader::default();
        for line in text.lines().skip_while(|line| !line.starts_with(COUNTERS)).skip(1) {
            if !reader.line(line) {
                break;
            }
        }
        Ok(reader.finish())
    }
}

/// The last words of Hadoop's client, or of tasks in its own process.
fn last_words(follower: &Follower) -> Vec<String> {
    let says_more = |line: &&String| !line.starts_with("\tat ") && !line.starts_with(FAILED);
    follower.tail.iter().filter(says_more).cloned().collect()
}

/// Why the client did not submit the job: the last error that is not only that it failed.
fn refusal(errors: &VecDeque<String>) -> Option<String> {
    let says_why = |error: &&String| !error.ends_with(FAILED);
    errors.iter().rev().find(says_why).cloned()
}
