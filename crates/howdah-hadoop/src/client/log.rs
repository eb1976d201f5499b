//! Lines of the client of a job, as `org.apache.hadoop.mapreduce.Job` and its kin log them.

use howdah_plan::TaskKind;

/// What a line says of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said<'l> {
    /// How many map tasks there will be.
    Splits(u32),
    /// The job's identifier as an application of YARN.
    Application(&'l str),
    /// Where a person can watch it.
    Address(&'l str),
    /// The job's identifier.
    Job(&'l str),
    /// How far it is, in percent.
    Progress { map: u8, reduce: u8 },
    /// An attempt of a task failed; why follows in further lines.
    AttemptFailed { id: AttemptId, name: &'l str },
    /// The job failed or was ended, with the reason.
    Failed { job: &'l str, why: &'l str },
    /// The job succeeded.
    Succeeded,
    /// Its counters follow.
    Counters,
    /// Something else.
    Nothing,
}

/// An attempt of a task: `attempt_1700000000000_0001_m_000002_0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttemptId {
    pub(crate) kind: TaskKind,
    pub(crate) task: u32,
    pub(crate) attempt: u32,
}

impl AttemptId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut pieces = text.rsplit('_');
        let attempt = pieces.next()?.parse().ok()?;
        let task = pieces.next()?.parse().ok()?;
        let kind = match pieces.next()? {
            "m" => TaskKind::Map,
            "r" => TaskKind::Reduce,
            _ => return None,
        };
        Some(AttemptId { kind, task, attempt })
    }
}

/// Reads one line.
pub(crate) fn read(line: &str) -> Said<'_> {
    // What a task says on its standard error may look like anything else.
    if !begins_entry(line) {
        return Said::Nothing;
    }
    if let Some(number) = behind(line, "JobSubmitter: number of splits:") {
        return number.trim().parse().map_or(Said::Nothing, Said::Splits);
    }
    if let Some(id) = behind(line, "YarnClientImpl: Submitted application ") {
        return Said::Application(first_word(id));
    }
    match behind(line, "mapreduce.Job: ") {
        Some(sentence) => of_job(sentence).unwrap_or(Said::Nothing),
        None => Said::Nothing,
    }
}

/// Whether a line begins an entry of the log, rather than to go on with one: it has a level.
pub(crate) fn begins_entry(line: &str) -> bool {
    let starts_with_time = line.starts_with(|c: char| c.is_ascii_digit());
    starts_with_time
        && line
            .split(' ')
            .take(4)
            .any(|word| matches!(word, "INFO" | "WARN" | "ERROR" | "FATAL" | "DEBUG"))
}

fn of_job(sentence: &str) -> Option<Said<'_>> {
    if let Some(address) = sentence.strip_prefix("The url to track the job: ") {
        return Some(Said::Address(first_word(address)));
    }
    if let Some(id) = sentence.strip_prefix("Running job: ") {
        return Some(Said::Job(first_word(id)));
    }
    if sentence.starts_with("Counters: ") {
        return Some(Said::Counters);
    }
    if let Some(attempt) = sentence.strip_prefix("Task Id : ") {
        let (id, status) = attempt.split_once(", Status : ")?;
        return match status.trim() {
            "FAILED" => {
                AttemptId::parse(id).map(|parsed| Said::AttemptFailed { id: parsed, name: id })
            }
            _ => None,
        };
    }
    if let Some(rest) = sentence.strip_prefix("Job ") {
        let (job, what) = rest.split_once(' ')?;
        return if what.starts_with("completed successfully") {
            Some(Said::Succeeded)
        } else {
            let why = what.strip_prefix("failed with state ")?;
            let why = why.split_once(" due to: ").map_or(why, |(_, why)| why);
            Some(Said::Failed { job, why })
        };
    }
    let (map, reduce) = sentence.trim().strip_prefix("map ")?.split_once("% reduce ")?;
    let percent = |text: &str| text.trim_end_matches('%').parse::<u8>().ok();
    Some(Said::Progress { map: percent(map)?, reduce: percent(reduce)? })
}

fn behind<'l>(line: &'l str, mark: &str) -> Option<&'l str> {
    line.split_once(mark).map(|(_, rest)| rest)
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_from_its_start_to_its_end() {
        let lines = [
            (
                "2026-11-22 10:28:46,100 INFO mapreduce.JobSubmitter: number of splits:2",
                Said::Splits(2),
            ),
            (
                "2026-11-22 10:28:46,200 INFO impl.YarnClientImpl: Submitted application application_17_0001",
                Said::Application("application_17_0001"),
            ),
            (
                "26/11/22 10:28:46 INFO mapreduce.Job: The url to track the job: http://h:8088/proxy/application_17_0001/",
                Said::Address("http://h:8088/proxy/application_17_0001/"),
            ),
            (
                "2026-11-22 10:28:46,300 INFO mapreduce.Job: Running job: job_17_0001",
                Said::Job("job_17_0001"),
            ),
            (
                "2026-11-22 10:28:47,300 INFO mapreduce.Job:  map 50% reduce 0%",
                Said::Progress { map: 50, reduce: 0 },
            ),
            (
                "2026-11-22 10:28:47,400 INFO mapreduce.Job: Task Id : attempt_17_0001_r_000012_3, Status : FAILED",
                Said::AttemptFailed {
                    id: AttemptId { kind: TaskKind::Reduce, task: 12, attempt: 3 },
                    name: "attempt_17_0001_r_000012_3",
                },
            ),
            (
                "2026-11-22 10:28:47,400 INFO mapreduce.Job: Task Id : attempt_17_0001_m_000012_3, Status : KILLED",
                Said::Nothing,
            ),
            (
                "2026-11-22 10:28:48,300 INFO mapreduce.Job: Job job_17_0001 completed successfully",
                Said::Succeeded,
            ),
            (
                "2026-11-22 10:28:48,300 INFO mapreduce.Job: Job job_17_0001 failed with state FAILED due to: Task \
                 failed task_17_0001_m_000000",
                Said::Failed { job: "job_17_0001", why: "Task failed task_17_0001_m_000000" },
            ),
            (
                "2026-11-22 10:28:48,300 INFO mapreduce.Job: Job job_1 failed with state KILLED due to: NA",
                Said::Failed { job: "job_1", why: "NA" },
            ),
            ("2026-11-22 10:28:48,300 INFO mapreduce.Job: Counters: 54", Said::Counters),
            ("\tMap-Reduce Framework", Said::Nothing),
            ("", Said::Nothing),
        ];
        for (line, said) in lines {
            assert_eq!(read(line), said, "{line}");
        }
    }

    #[test]
    fn an_entry_begins_with_a_time_and_has_a_level() {
        assert!(begins_entry("2026-11-22 10:28:47,300 INFO mapreduce.Job:  map 50% reduce 0%"));
        assert!(begins_entry("26/11/22 10:28:47 WARN mapreduce.Job: x"));
        assert!(!begins_entry("Error: java.lang.RuntimeException: INFO"));
        assert!(!begins_entry("\tat org.apache.hadoop.mapred.YarnChild.main(YarnChild.java:172)"));
        assert!(!begins_entry("1 apple WHAT INFORMATION"));
    }
}
