//! A job while it runs, as its client tells of it line by line.

use std::collections::VecDeque;

use howdah_plan::TaskKind;

use super::counters::{CountersReader, JobCounters};
use super::log::{self, AttemptId, Said};
use crate::diagnose;
use crate::diagnose::gathered::Gathered;
use crate::lines::keep_last;

/// How many lines of an attempt's end are kept, and how many of what is no log.
const KEPT_LINES: usize = 20;

/// What became known by a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// The splits are known: so many map tasks.
    Splits(u32),
    /// The job has been submitted: its identifier, and where a person can watch it.
    Running { job: String, address: Option<String> },
    /// How far it is, in percent.
    Progress { map: u8, reduce: u8 },
    /// An attempt failed.
    AttemptFailed { kind: TaskKind, task: u32, attempt: u32, message: String },
}

/// What is known of a job from its client's lines.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    /// Its identifier as an application of YARN.
    pub(crate) application: Option<String>,
    /// Its identifier.
    pub(crate) job: Option<String>,
    pub(crate) address: Option<String>,
    /// Why it failed, in Hadoop's words.
    pub(crate) failed: Option<String>,
    pub(crate) succeeded: bool,
    /// The last lines that are no entries of the log: those of tasks in the client's own process, usage texts, and
    /// exceptions.
    pub(crate) tail: VecDeque<String>,
    /// The last errors of the log.
    pub(crate) errors: VecDeque<String>,
    /// What of it tells why the job failed, if it does.
    pub(crate) gathered: Gathered,
    attempt: Option<(AttemptId, Vec<String>)>,
    reading: Option<CountersReader>,
    counters: Option<JobCounters>,
}

impl Follower {
    /// Takes a line of the client's standard error, and tells what is new.
    pub(crate) fn line(&mut self, line: &str, mut tell: impl FnMut(News)) {
        self.gathered.line(line.as_bytes());
        if let Some(reading) = &mut self.reading {
            if reading.line(line) {
                return;
            }
            self.end_counters();
        }
        let said = log::read(line);
        if said == Said::Nothing && !log::begins_entry(line) {
            return self.keep(line);
        }
        if let Some(news) = self.end_attempt() {
            tell(news);
        }
        match said {
            Said::Splits(maps) => tell(News::Splits(maps)),
            Said::Application(id) => self.application = Some(id.to_owned()),
            Said::Address(address) => self.address = Some(address.to_owned()),
            Said::Job(id) => {
                self.job = Some(id.to_owned());
                tell(News::Running { job: id.to_owned(), address: self.address.clone() });
            }
            Said::Progress { map, reduce } => tell(News::Progress { map, reduce }),
            Said::AttemptFailed { id, .. } => self.attempt = Some((id, Vec::new())),
            Said::Failed { why, .. } => self.failed = Some(why.to_owned()),
            Said::Succeeded => self.succeeded = true,
            Said::Counters => self.reading = Some(CountersReader::default()),
            Said::Nothing => {
                if let Some((_, error)) = line.split_once(" ERROR ") {
                    push(&mut self.errors, error);
                }
            }
        }
    }

    /// Tells what the last line has left open.
    pub(crate) fn end(&mut self, mut tell: impl FnMut(News)) {
        if let Some(news) = self.end_attempt() {
            tell(news);
        }
        self.end_counters();
    }

    /// The job's counters, once they have been printed.
    pub(crate) fn counters(&self) -> Option<&JobCounters> {
        self.counters.as_ref()
    }

    fn end_counters(&mut self) {
        if let Some(reading) = self.reading.take() {
            self.counters = Some(reading.finish());
        }
    }

    fn keep(&mut self, line: &str) {
        match &mut self.attempt {
            // The way through Hadoop's code may be long, and says nothing.
            Some(_) if line.starts_with("\tat ") => {}
            Some((_, lines)) if lines.len() < KEPT_LINES => lines.push(line.to_owned()),
            Some(_) => {}
            None => push(&mut self.tail, line),
        }
    }

    fn end_attempt(&mut self) -> Option<News> {
        let (AttemptId { kind, task, attempt }, lines) = self.attempt.take()?;
        Some(News::AttemptFailed { kind, task, attempt, message: diagnose::in_a_sentence(&lines) })
    }
}

fn push(lines: &mut VecDeque<String>, line: &str) {
    if !line.trim().is_empty() {
        keep_last(lines, line, KEPT_LINES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "2026-11-22 10:28:46,100";

    fn follow(lines: &[&str]) -> (Follower, Vec<News>) {
        let (mut follower, mut news) = (Follower::default(), Vec::new());
        for line in lines {
            let line = line.replace("TIME", TIME);
            follower.line(&line, |new| news.push(new));
        }
        follower.end(|new| news.push(new));
        (follower, news)
    }

    #[test]
    fn a_job_that_succeeds_is_told_in_order() {
        let (follower, news) = follow(&[
            "TIME INFO mapreduce.JobSubmitter: number of splits:2",
            "TIME INFO impl.YarnClientImpl: Submitted application application_1_0001",
            "TIME INFO mapreduce.Job: The url to track the job: http://h/1",
            "TIME INFO mapreduce.Job: Running job: job_1_0001",
            "TIME INFO mapreduce.Job:  map 100% reduce 0%",
            "TIME INFO mapreduce.Job: Job job_1_0001 completed successfully",
            "TIME INFO mapreduce.Job: Counters: 1",
            "\tWords",
            "\t\tseen=5",
        ]);
        assert_eq!(
            news,
            [
                News::Splits(2),
                News::Running { job: "job_1_0001".into(), address: Some("http://h/1".into()) },
                News::Progress { map: 100, reduce: 0 },
            ]
        );
        assert_eq!(follower.application.as_deref(), Some("application_1_0001"));
        assert!(follower.succeeded && follower.failed.is_none());
        assert_eq!(follower.counters().unwrap().all.get("Words", "seen"), 5);
    }

    #[test]
    fn an_attempt_that_fails_is_told_with_its_reason_and_without_the_way_to_it() {
        let (follower, news) = follow(&[
            "TIME INFO mapreduce.Job: Task Id : attempt_1_0001_m_000000_0, Status : FAILED",
            "Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 3",
            "\tat org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)",
            "",
            "TIME INFO mapreduce.Job: Task Id : attempt_1_0001_r_000001_1, Status : FAILED",
            "AttemptID:attempt_1_0001_r_000001_1 task timeout set: 600s, taskTimedOut: true",
            "TIME INFO mapreduce.Job: Job job_1_0001 failed with state FAILED due to: Task failed task_1_0001_m_000000",
            "some words of a task",
            "TIME ERROR streaming.StreamJob: Job not successful!",
        ]);
        let failed = |kind, task, attempt, message: &str| News::AttemptFailed {
            kind,
            task,
            attempt,
            message: message.to_owned(),
        };
        assert_eq!(
            news,
            [
                failed(
                    TaskKind::Map,
                    0,
                    0,
                    "its program ended with exit code 3: the program itself says that it failed"
                ),
                failed(
                    TaskKind::Reduce,
                    1,
                    1,
                    "the task timed out: Hadoop ended it after 600 seconds in which it read nothing, wrote nothing and reported nothing"
                ),
            ]
        );
        assert_eq!(follower.failed.as_deref(), Some("Task failed task_1_0001_m_000000"));
        assert_eq!(follower.tail, ["some words of a task"]);
        assert_eq!(follower.errors, ["streaming.StreamJob: Job not successful!"]);
    }
}
