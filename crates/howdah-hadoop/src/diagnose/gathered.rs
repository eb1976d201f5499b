//! The lines of a job's logs, read as they come: what is kept of them is little, however many there are.
//!
//! Three kinds of text pass through here, often one behind the other: the log of Hadoop's client, what `yarn logs`
//! gathers (sections, each with its container), and the files of a node manager's folder.

use std::collections::{BTreeMap, VecDeque};

use crate::client::log::begins_entry;

/// How much of a line is kept.
const LINE_BYTES: usize = 4 << 10;
/// How many of the last lines of a standard error are kept, and how many of what Hadoop says of a failure.
const KEPT_LINES: usize = 40;
/// Of how many containers and attempts something is kept at once.
const MOST_KEPT: usize = 5_000;

/// Whose line it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// The log of Hadoop's client, or between the sections of gathered logs.
    #[default]
    Client,
    /// The header of a section.
    Header,
    /// What a container's program said.
    Stderr,
    /// What Hadoop logged in a container.
    Syslog,
    /// Something else that nobody reads here.
    Other,
}

/// What a continued entry of a log is part of.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Entry {
    #[default]
    Nothing,
    /// Hadoop's words of an attempt; its identifier.
    OfAttempt(String),
    /// Why the container's task failed.
    OfContainer,
    /// Why the job failed.
    OfJob,
}

/// What is kept of a job's logs.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gathered {
    /// The job's identifier.
    pub(super) job: Option<String>,
    /// Why the job failed, in Hadoop's words.
    pub(super) reason: Vec<String>,
    /// The last errors of the client's log.
    pub(super) errors: VecDeque<String>,
    pub(super) attempts: BTreeMap<String, Attempt>,
    /// By their identifiers. What stands in the client's log without being an entry of it is that of a container without
    /// one: what tasks in the client's own process say.
    pub(super) containers: BTreeMap<String, Container>,
    failures: usize,
    container: String,
    section: Section,
    /// What follows the header at hand.
    next: Section,
    entry: Entry,
}

/// What is known of an attempt of a task.
#[derive(Debug, Default, Clone)]
pub(super) struct Attempt {
    /// Its place among those that failed, if it did.
    pub(super) failed: Option<usize>,
    /// Hadoop's words.
    pub(super) diagnostics: Vec<String>,
    pub(super) container: Option<String>,
    pub(super) node: Option<String>,
}

/// What is known of a container.
#[derive(Debug, Default, Clone)]
pub(super) struct Container {
    pub(super) node: Option<String>,
    pub(super) stderr: VecDeque<String>,
    /// What its task reads.
    pub(super) input: Option<String>,
    /// Why its task failed, in Hadoop's words.
    pub(super) error: Vec<String>,
    /// Its task succeeded.
    pub(super) is_done: bool,
    /// It leads the job. A small job may run its tasks there, too.
    pub(super) is_master: bool,
}

impl Gathered {
    /// Takes a line without its end.
    pub(crate) fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES)]);
        let text = text.trim_end_matches(['\n', '\r']);
        match self.section {
            Section::Client => self.of_client(text),
            Section::Header => self.of_header(text),
            _ if text.starts_with("End of LogType:") => self.begin_file("", Section::Client),
            Section::Stderr => self.of_stderr(text),
            Section::Syslog => self.of_syslog(text),
            Section::Other => {}
        }
    }

    /// The lines that follow are those of a container's file.
    pub(super) fn begin_file(&mut self, container: &str, section: Section) {
        container.clone_into(&mut self.container);
        self.begin(section);
    }

    fn begin(&mut self, section: Section) {
        self.section = section;
        self.entry = Entry::Nothing;
    }

    fn of_client(&mut self, line: &str) {
        if self.begins_section(line) {
            return;
        }
        if !begins_entry(line) {
            // Lines of tasks in the client's own process look like those that go on with an entry.
            if !line.starts_with("\tat ") {
                self.of_stderr(line);
            }
            return self.goes_on(line);
        }
        self.entry = Entry::Nothing;
        if let Some((_, rest)) = line.split_once("mapreduce.Job: Task Id : ") {
            if let Some((attempt, "FAILED")) = rest.trim_end().split_once(", Status : ") {
                self.has_failed(attempt);
                self.entry = Entry::OfAttempt(attempt.to_owned());
            }
        } else if let Some((_, rest)) = line.split_once("mapreduce.Job: Job ") {
            let words = rest.split_once(" failed with state ");
            if let Some((job, why)) = words {
                self.job = Some(job.to_owned());
                let why = why.split_once(" due to: ").map_or(why, |(_, why)| why);
                self.reason = vec![why.to_owned()];
                self.entry = Entry::OfJob;
            }
        } else if let Some((_, job)) = line.split_once("mapreduce.Job: Running job: ") {
            self.job = Some(job.trim().to_owned());
        } else if let Some((_, error)) = line.split_once(" ERROR ") {
            push(&mut self.errors, error);
        } else if line.contains(" WARN mapred.LocalJobRunner: job_local") {
            self.entry = Entry::OfContainer;
        }
    }

    /// Whether a line between two sections begins the next.
    fn begins_section(&mut self, line: &str) -> bool {
        if let Some(rest) = line.strip_prefix("Container: container_") {
            let mut words = rest.split(' ');
            self.container = format!("container_{}", words.next().unwrap_or_default());
            let node = words.nth(1).map(|node| match node.rsplit_once('_') {
                Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                    format!("{host}:{port}")
                }
                _ => node.to_owned(),
            });
            if let Some(container) = self.at_hand() {
                container.node = node;
            }
            self.begin(Section::Header);
            return true;
        }
        if line.starts_with("LogType:") {
            self.begin(Section::Header);
            self.of_header(line);
            return true;
        }
        false
    }

    fn of_header(&mut self, line: &str) {
        if let Some(kind) = line.strip_prefix("LogType:") {
            // Of a task that still runs there stands more behind the name.
            self.next = match kind.split(".This log file").next().unwrap_or_default().trim() {
                "stderr" => Section::Stderr,
                "syslog" => Section::Syslog,
                _ => Section::Other,
            };
        } else if line == "LogContents:" {
            self.begin(self.next);
        }
    }

    fn of_stderr(&mut self, line: &str) {
        if is_noise(line) {
            return;
        }
        if let Some(container) = self.at_hand().filter(|container| !container.is_done) {
            push(&mut container.stderr, line);
        }
    }

    fn of_syslog(&mut self, line: &str) {
        if !begins_entry(line) {
            return self.goes_on(line);
        }
        self.entry = Entry::Nothing;
        if line.contains(".v2.app.") {
            self.of_master(line);
        } else if line.contains("TaskAttemptListenerImpl: Diagnostics report from ") {
            self.diagnostics(line);
        } else if let Some((_, input)) = line.split_once("MapTask: Processing split: ") {
            let input = input.trim().to_owned();
            if let Some(container) = self.at_hand() {
                container.input = Some(input);
            }
        } else if let Some((_, error)) = line.split_once("YarnChild: Exception running child : ") {
            self.container_error(error);
        } else if let Some((_, error)) = line.split_once("YarnChild: Error running child : ") {
            self.container_error(error);
        } else if line.contains(" is done. And is in the process of committing")
            && let Some(container) = self.at_hand()
        {
            *container = Container { is_done: true, ..Container::default() };
        }
    }

    /// A line of the one who leads the job.
    fn of_master(&mut self, line: &str) {
        if let Some(container) = self.at_hand() {
            container.is_master = true;
        }
        if line.contains("Diagnostics report from ") {
            self.diagnostics(line);
        } else if let Some((_, rest)) = line.split_once("TaskAttempt: [attempt_") {
            let Some((id, rest)) = rest.split_once("] using containerId: [") else { return };
            let container = rest.split(' ').next().map(str::to_owned);
            let node = rest.split_once("on NM: [").and_then(|(_, node)| node.split(']').next());
            let node = node.map(str::to_owned);
            if let Some(attempt) = self.attempt(&format!("attempt_{id}")) {
                (attempt.container, attempt.node) = (container, node);
            }
        } else if let Some((state, id)) = transition(line) {
            if state.starts_with("FAIL") {
                self.has_failed(id);
            } else if state.starts_with("SUCCE") {
                self.attempts.remove(id);
            }
        }
    }

    fn diagnostics(&mut self, line: &str) {
        let Some((_, report)) = line.split_once("Diagnostics report from ") else { return };
        let Some((id, text)) = report.split_once(": ") else { return };
        if let Some(attempt) = self.attempt(id) {
            add(&mut attempt.diagnostics, text);
            self.entry = Entry::OfAttempt(id.to_owned());
        }
    }

    fn container_error(&mut self, error: &str) {
        if let Some(container) = self.at_hand() {
            add(&mut container.error, error);
            self.entry = Entry::OfContainer;
        }
    }

    /// A line that goes on with the entry at hand.
    fn goes_on(&mut self, line: &str) {
        match std::mem::take(&mut self.entry) {
            Entry::Nothing => {}
            Entry::OfAttempt(id) => {
                if let Some(attempt) = self.attempt(&id) {
                    add(&mut attempt.diagnostics, line);
                }
                self.entry = Entry::OfAttempt(id);
            }
            Entry::OfContainer => {
                if let Some(container) = self.at_hand() {
                    add(&mut container.error, line);
                }
                self.entry = Entry::OfContainer;
            }
            Entry::OfJob => {
                add(&mut self.reason, line);
                self.entry = Entry::OfJob;
            }
        }
    }

    fn has_failed(&mut self, id: &str) {
        let place = self.failures;
        let Some(attempt) = self.attempt(id) else { return };
        if attempt.failed.is_none() {
            attempt.failed = Some(place);
            self.failures += 1;
        }
    }

    fn attempt(&mut self, id: &str) -> Option<&mut Attempt> {
        let has_room = self.attempts.len() < MOST_KEPT;
        if !id.starts_with("attempt_") || (!has_room && !self.attempts.contains_key(id)) {
            return None;
        }
        Some(self.attempts.entry(id.to_owned()).or_default())
    }

    /// The container at hand.
    fn at_hand(&mut self) -> Option<&mut Container> {
        let has_room = self.containers.len() < MOST_KEPT;
        if !has_room && !self.containers.contains_key(&self.container) {
            return None;
        }
        Some(self.containers.entry(self.container.clone()).or_default())
    }
}

/// The state that an attempt came to, and the attempt: `attempt_… TaskAttempt Transitioned from A to B`.
fn transition(line: &str) -> Option<(&str, &str)> {
    let (before, rest) = line.split_once("ransitioned from ")?;
    let id = before.split_whitespace().rev().find(|word| word.starts_with("attempt_"))?;
    let (_, state) = rest.split_once(" to ")?;
    Some((state, id))
}

/// Adds what Hadoop says of a failure, without the way through its code, and once.
fn add(lines: &mut Vec<String>, line: &str) {
    let line = line.trim();
    let is_way = line.is_empty() || line.starts_with("at ") || line.starts_with("... ");
    if !is_way && lines.len() < KEPT_LINES && !lines.iter().any(|known| known == line) {
        lines.push(line.to_owned());
    }
}

fn push(lines: &mut VecDeque<String>, line: &str) {
    if lines.len() == KEPT_LINES {
        lines.pop_front();
    }
    lines.push_back(line.to_owned());
}

/// What a machine says.
fn is_noise(line: &str) -> bool {
    const BEGINNINGS: [&str; 6] =
        ["reporter:", "log4j:", "SLF4J:", "WARNING: ", "OpenJDK ", "INFO: "];
    // The second is what stands before an `INFO: ` of the application master's web pages.
    line.trim().is_empty()
        || line.contains(" com.sun.jersey.")
        || BEGINNINGS.iter().any(|begin| line.starts_with(begin))
}
