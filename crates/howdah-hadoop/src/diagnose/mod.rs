//! Why a job failed, as its logs tell: what failed first and how often, the cause in a sentence, the lines that show it,
//! and what to do.
//!
//! ```text
//! yarn logs, a client's log, a folder of logs ─► gathered: attempts, containers ─► cause of each ─► the same ones told once
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | this | a diagnosis, and how it is shown |
//! | `gathered` | lines of logs, and what is kept of them |
//! | `words` | what Hadoop says, and a task of howdah's |
//! | `places` | where logs are: an application's, a folder's, a file's |
//!
//! Whatever stands in logs, a diagnosis holds no character that a terminal would obey.

pub(crate) mod gathered;
mod places;
mod words;

use std::collections::BTreeSet;
use std::fmt;

use howdah_plan::visible::{visible, visible_start};
use howdah_plan::{Cause, cause};
use serde::Serialize;

pub use places::{LogError, LogPlace};

use crate::client::log::AttemptId;

use gathered::{Attempt, Container, Gathered};
use words::OwnWords;

/// The name and major version of a diagnosis' JSON form.
pub const DIAGNOSIS_SCHEMA: &str = "howdah.diagnosis/1";

/// The slug of a job that Hadoop did not take.
pub(crate) const NOT_SUBMITTED: &str = "not-submitted";

/// How many lines of a standard error are shown.
const SHOWN_LINES: usize = 12;
/// How many characters of each.
const SHOWN_CHARS: usize = 2_000;
/// How many other failures are named.
const OTHERS_NAMED: usize = 8;

/// Why a job failed, as its logs tell.
///
/// ```
/// use howdah_hadoop::diagnose::Diagnosis;
///
/// let log = "2026-11-22 10:00:00,000 INFO mapreduce.Job: Task Id : attempt_1_0001_m_000000_0, Status : FAILED\n\
///            Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 139\n";
/// let diagnosis = Diagnosis::of_log(log.as_bytes())?;
/// assert_eq!(diagnosis.failures[0].cause.slug, "segmentation-fault");
/// assert!(diagnosis.to_string().contains("map task 0 failed once"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Diagnosis {
    schema: &'static str,
    /// The job's identifier, where it is known.
    pub job: Option<String>,
    /// Why the job failed, in Hadoop's words, where they are known.
    pub reason: Option<String>,
    /// What failed, the first first; attempts that failed for the same cause are one.
    pub failures: Vec<Failure>,
}

/// What failed, for one cause.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// Why.
    #[serde(flatten)]
    pub cause: Cause,
    /// The attempts that failed so, in order; none where the logs do not tell.
    pub attempts: Vec<String>,
    /// How many failed so.
    pub times: usize,
    /// The machine of the first, as `host:port`.
    pub node: Option<String>,
    /// Its container.
    pub container: Option<String>,
    /// What it read: a file with the first byte and the number of bytes, as Hadoop writes it.
    pub input: Option<String>,
    /// The exit code of its program.
    pub exit_code: Option<i32>,
    /// What a task of howdah's says of it: `where: …`, `line: …`, `key: …`, `file: …`.
    pub details: Vec<String>,
    /// The last lines of its standard error.
    pub stderr: Vec<String>,
    /// What Hadoop says of it.
    pub hadoop: Vec<String>,
    /// Whether a task of howdah's has told the cause itself.
    #[serde(skip)]
    is_own: bool,
}

impl Diagnosis {
    /// Reads a log: what `yarn logs` gathers, or what Hadoop's client has said.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_log(log: impl std::io::BufRead) -> std::io::Result<Self> {
        let mut gathered = Gathered::default();
        places::read(log, &mut gathered)?;
        Ok(Diagnosis::of(&gathered))
    }

    /// What a job's logs tell.
    pub(crate) fn of(gathered: &Gathered) -> Self {
        let mut failures: Vec<Failure> = Vec::new();
        for failure in single_failures(gathered) {
            let same = |known: &&mut Failure| {
                known.cause.slug == failure.cause.slug
                    && known.cause.sentence == failure.cause.sentence
            };
            match failures.iter_mut().find(same) {
                Some(known) => {
                    known.times += 1;
                    known.attempts.extend(failure.attempts);
                }
                None => failures.push(failure),
            }
        }
        let reason = gathered.reason.first().map(|line| visible(line));
        let attempts = failures.iter().flat_map(|failure| &failure.attempts);
        let of_attempts = || attempts.clone().find_map(|id| job_of(id));
        let job = gathered.job.as_deref().map(visible).or_else(of_attempts);
        Diagnosis { schema: DIAGNOSIS_SCHEMA, job, reason, failures }
    }

    /// Whether no cause was found.
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// What is known of the first failure, each line indented, without what to do about it.
    pub(crate) fn body(&self) -> impl fmt::Display + '_ {
        Body(self)
    }

    /// What to do about the first failure.
    pub fn hint(&self) -> Option<&str> {
        self.failures.first()?.cause.hint.as_deref()
    }
}

/// Each failure by itself, in order.
fn single_failures(gathered: &Gathered) -> Vec<Failure> {
    let mut failed: Vec<(usize, &str, &Attempt)> = gathered
        .attempts
        .iter()
        .filter_map(|(id, attempt)| Some((attempt.failed?, id.as_str(), attempt)))
        .collect();
    failed.sort_unstable_by_key(|&(place, ..)| place);
    let mut strays = strays(gathered);
    let mut told_by_strays = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    for (_, id, attempt) in failed {
        let container = attempt.container.as_deref();
        let found = container.and_then(|name| Some((name, gathered.containers.get(name)?)));
        let failure = of_attempt(Some((id, attempt)), found);
        // Containers that ended as it did stand for an attempt of which nobody says where it ran.
        if container.is_none() && failure.exit_code.is_some() {
            let code = failure.exit_code;
            let stand_for_it: Vec<_> =
                strays.extract_if(.., |stray| stray.exit_code == code).collect();
            if !stand_for_it.is_empty() {
                failures.extend(stand_for_it);
                told_by_strays.push(code);
            }
            if told_by_strays.contains(&code) {
                continue;
            }
        }
        failures.push(failure);
    }
    if failures.is_empty() {
        failures = strays;
    }
    if failures.is_empty() {
        failures.extend(of_job(gathered));
    }
    failures
}

/// What failed in containers of which nobody says what ran there, as without the log of the one who leads the job.
fn strays(gathered: &Gathered) -> Vec<Failure> {
    let placed: BTreeSet<&str> =
        gathered.attempts.values().filter_map(|attempt| attempt.container.as_deref()).collect();
    let is_stray =
        |name: &str, container: &Container| !placed.contains(name) && speaks_of_failure(container);
    gathered
        .containers
        .iter()
        .filter(|(name, container)| is_stray(name, container))
        .map(|(name, container)| of_attempt(None, Some((name, container))))
        .collect()
}

fn speaks_of_failure(container: &Container) -> bool {
    !container.is_done
        && !container.is_master
        && (!container.error.is_empty()
            || OwnWords::find(&container.stderr).is_some()
            || cause::of_words(container.stderr.iter().map(String::as_str)).is_some())
}

/// A failure of the job itself, before or beside its tasks.
fn of_job(gathered: &Gathered) -> Option<Failure> {
    let said = || gathered.reason.iter().chain(&gathered.errors).map(String::as_str);
    let cause = words::of_hadoop(said()).map(words::of_master).or_else(|| {
        let refusal = gathered.errors.iter().find_map(|error| {
            let (_, why) = error.split_once("Error Launching job : ")?;
            Some(format!("Hadoop did not take the job: {}", visible(why)))
        });
        Some(Cause::new(NOT_SUBMITTED, refusal?, ""))
    });
    let failure = failure_of(cause?);
    Some(Failure { hadoop: plain(said()), ..failure })
}

fn failure_of(cause: Cause) -> Failure {
    Failure {
        cause,
        attempts: Vec::new(),
        times: 1,
        node: None,
        container: None,
        input: None,
        exit_code: None,
        details: Vec::new(),
        stderr: Vec::new(),
        hadoop: Vec::new(),
        is_own: false,
    }
}

/// Why an attempt failed. What Hadoop did to it counts more than what its program said, and that more than its exit code.
fn of_attempt(attempt: Option<(&str, &Attempt)>, found: Option<(&str, &Container)>) -> Failure {
    let diagnostics = attempt.map_or(&[][..], |(_, attempt)| &attempt.diagnostics);
    let error = found.map_or(&[][..], |(_, container)| &container.error);
    let hadoop = || diagnostics.iter().chain(error).map(String::as_str);
    let stderr = found.map(|(_, container)| &container.stderr);
    let own = stderr.and_then(OwnWords::find);
    let exit_code = words::exit_code(hadoop());
    let said: Vec<String> = stderr.into_iter().flatten().map(|line| without_folder(line)).collect();
    let cause = words::of_hadoop(hadoop())
        .or_else(|| own.as_ref().map(|own| own.cause.clone()))
        .or_else(|| not_started(hadoop()))
        .or_else(|| cause::of_words_at(exit_code.unwrap_or(1), said.iter().map(String::as_str)))
        .or_else(|| exit_code.map(of_code))
        .or_else(|| words::stopped_reading(hadoop()))
        .or_else(|| container_code(hadoop()))
        .unwrap_or_else(|| {
            let sentence =
                words::plainest(hadoop()).unwrap_or_else(|| "Hadoop does not say why".to_owned());
            Cause::new("unknown", sentence, "")
        });
    let (details, first) = own.map_or((Vec::new(), usize::MAX), |own| (own.details, own.first));
    // A task of howdah's own words are told apart.
    let lines: Vec<_> = stderr.into_iter().flatten().take(first).collect();
    let from = lines.len().saturating_sub(SHOWN_LINES);
    let node = attempt.and_then(|(_, attempt)| attempt.node.clone());
    let node = node.or_else(|| found.and_then(|(_, container)| container.node.clone()));
    Failure {
        attempts: attempt.map(|(id, _)| visible(id)).into_iter().collect(),
        node: node.as_deref().map(visible),
        container: found.map(|(name, _)| visible(name)).filter(|name| !name.is_empty()),
        input: found.and_then(|(_, container)| container.input.as_deref()).map(shown),
        exit_code,
        is_own: first < usize::MAX,
        details,
        stderr: lines[from..].iter().map(|line| shown(line)).collect(),
        hadoop: plain(hadoop()),
        ..failure_of(cause)
    }
}

/// Why an attempt failed, as Hadoop's words alone tell it, in a sentence.
pub(crate) fn in_a_sentence(said: &[String]) -> String {
    let said = || said.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    if let Some(cause) = words::of_hadoop(said()).or_else(|| not_started(said())) {
        return cause.sentence;
    }
    match words::exit_code(said()) {
        Some(code) => {
            let meaning = cause::of_exit_code(code).sentence;
            format!("its program ended with exit code {code}: {meaning}")
        }
        None => words::plainest(said()).unwrap_or_else(|| "Hadoop does not say why".to_owned()),
    }
}

/// Why a program could not be started.
fn not_started<'l>(said: impl DoubleEndedIterator<Item = &'l str> + Clone) -> Option<Cause> {
    cause::of_words(said.filter(|line| line.contains("Cannot run program \"")))
}

/// What an exit code says where nothing else is known.
fn of_code(code: i32) -> Cause {
    let cause = cause::of_exit_code(code);
    Cause { sentence: format!("exit code {code}: {}", cause.sentence), ..cause }
}

/// The exit code of a container that ended by itself: `Container exited with a non-zero exit code 1`.
fn container_code<'l>(mut said: impl Iterator<Item = &'l str>) -> Option<Cause> {
    let code: i32 = said.find_map(|line| {
        let (_, code) = line.split_once("exited with a non-zero exit code ")?;
        code.split(['.', ' ']).next()?.parse().ok()
    })?;
    let cause = cause::of_exit_code(code);
    let sentence = format!("the task's container ended with exit code {code}: {}", cause.sentence);
    Some(Cause { sentence, ..cause })
}

/// A line without the path of the folder that a task runs in, which is another for each attempt.
fn without_folder(line: &str) -> String {
    let Some(at) = line.find("/container_") else { return line.to_owned() };
    let begin = line[..at].rfind([' ', '\'', '"', '‘', '`', '(', ':']);
    let begin = begin.map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
    match line[at + 1..].find('/') {
        Some(end) => {
            let rest = &line[at + 1 + end + 1..];
            format!("{}{}", &line[..begin], rest.trim_start_matches("./"))
        }
        None => line.to_owned(),
    }
}

/// What Hadoop wraps around any error of a task's start.
const WRAPPERS: [&str; 3] =
    ["Error in configuring object", "InvocationTargetException", ": configuration exception"];

/// What Hadoop says, each once, and without the list of a container's processes.
fn plain<'l>(said: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in said {
        let line = shown(line.strip_prefix("Error: ").unwrap_or(line));
        let is_listing = line.starts_with("|- ") || line.starts_with("Dump of the process-tree");
        let is_wrapper = WRAPPERS.iter().any(|wrapper| line.ends_with(wrapper));
        if !is_listing && !is_wrapper && !lines.contains(&line) && lines.len() < SHOWN_LINES {
            lines.push(line);
        }
    }
    lines
}

/// A line of a log, as it is shown.
fn shown(line: &str) -> String {
    visible_start(line, SHOWN_CHARS)
}

/// `job_1700000000000_0001`, of `attempt_1700000000000_0001_m_000003_0`.
fn job_of(attempt: &str) -> Option<String> {
    let mut pieces = attempt.split('_').skip(1);
    Some(format!("job_{}_{}", pieces.next()?, pieces.next()?))
}

/// `map task 3`, of `attempt_1700000000000_0001_m_000003_0`.
fn task_name(attempt: &str) -> Option<String> {
    let AttemptId { kind, task, .. } = AttemptId::parse(attempt)?;
    Some(format!("{} task {task}", kind.name()))
}

impl Failure {
    /// Which tasks failed, and how often.
    fn who(&self) -> String {
        let mut tasks: Vec<String> = self.attempts.iter().filter_map(|id| task_name(id)).collect();
        let first = tasks.first().cloned();
        tasks.sort_unstable();
        tasks.dedup();
        let times = match self.times {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            times => format!("{times} times"),
        };
        match first {
            None if self.container.is_none() => "the job".to_owned(),
            None => format!("a task failed {times}"),
            Some(task) if tasks.len() == 1 => format!("{task} failed {times}"),
            Some(task) if tasks.len() == 2 => format!("{task} and another failed, {times} in all"),
            Some(task) => {
                format!("{task} and {} others failed, {times} in all", tasks.len() - 1)
            }
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.job, &self.reason) {
            (Some(job), Some(reason)) => writeln!(f, "{job} failed: {reason}")?,
            (Some(job), None) => writeln!(f, "{job}")?,
            (None, _) => {}
        }
        if self.is_empty() {
            return f.write_str("nothing that failed was found in these logs");
        }
        write!(f, "{}", self.body())?;
        match self.hint() {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

struct Body<'d>(&'d Diagnosis);

impl fmt::Display for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((failure, others)) = self.0.failures.split_first() else { return Ok(()) };
        write!(f, "  cause: {}", failure.cause.sentence)?;
        if failure.container.is_some() || !failure.attempts.is_empty() {
            write!(f, "\n  task: {}", failure.who())?;
        }
        if let Some(attempt) = failure.attempts.first() {
            write!(f, ", {}{attempt}", if failure.times > 1 { "first as " } else { "as " })?;
        }
        if let Some(node) = &failure.node {
            write!(f, " on {node}")?;
        }
        for detail in &failure.details {
            write!(f, "\n  {detail}")?;
        }
        if let Some(input) = &failure.input {
            write!(f, "\n  input: {}", Split(input))?;
        }
        if let Some(code) =
            failure.exit_code.filter(|_| !failure.cause.sentence.starts_with("exit code"))
        {
            write!(f, "\n  exit code: {code}, {}", cause::of_exit_code(code).sentence)?;
        }
        let container = failure.container.as_deref().unwrap_or("its task");
        let lines = if failure.stderr.is_empty() && failure.is_own {
            &failure.stderr // all that it said is told
        } else if failure.stderr.is_empty() {
            if !failure.hadoop.is_empty() {
                f.write_str(match (&failure.container, failure.attempts.first()) {
                    (Some(_), _) => "\n  its standard error is empty; Hadoop says:",
                    (None, Some(_)) => {
                        "\n  its standard error is not among these logs; Hadoop says:"
                    }
                    (None, None) => "\n  Hadoop says:",
                })?;
            }
            &failure.hadoop
        } else {
            write!(f, "\n  the last lines of its standard error ({container}):")?;
            &failure.stderr
        };
        lines.iter().try_for_each(|line| write!(f, "\n  | {line}"))?;
        for other in others.iter().take(OTHERS_NAMED) {
            write!(f, "\n  also: {}: {}", other.who(), other.cause.sentence)?;
        }
        if others.len() > OTHERS_NAMED {
            write!(f, "\n  and {} more causes", others.len() - OTHERS_NAMED)?;
        }
        Ok(())
    }
}

/// A split as Hadoop writes it: `hdfs://host/file:0+123`.
struct Split<'s>(&'s str);

impl fmt::Display for Split<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.rsplit_once(':').and_then(|(file, bytes)| {
            let (from, length) = bytes.split_once('+')?;
            Some((file, from.parse::<u64>().ok()?, length.parse::<u64>().ok()?))
        });
        match parts {
            // Of several files each has its bytes behind it.
            Some((file, from, length)) if !file.starts_with("Paths:") => {
                write!(f, "{file}, {length} bytes from byte {from}")
            }
            _ => f.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests;
