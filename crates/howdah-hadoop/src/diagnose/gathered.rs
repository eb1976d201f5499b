//! The lines of a job's logs, read as they come: what is kept of them is little, however many there are.
//!
//! Three kinds of text pass through here, often one behind the other: the log of Hadoop's client, what `yarn logs`
//! gathers (sections, each with its container), and the files of a node manager's folder.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use crate::client::log::{self, Said, begins_entry};
use crate::lines::{TakeLine, keep_last};

/// How much of a line is kept.
const LINE_BYTES: usize = 4 << 10;
/// How many of the last lines of a standard error are kept, and how many of what Hadoop says of a failure.
const KEPT_LINES: usize = 40;
/// Of how many containers and attempts something is kept at once.
const MOST_KEPT: usize = 5_000;
/// How many bytes of words are kept in full. Of what comes then there is little each.
const MOST_BYTES: usize = 16 << 20;
/// How much of a line is kept then.
const SHORT_LINE_BYTES: usize = 256;
/// How many of the last lines are kept then.
const FEW_LINES: usize = 12;

/// Whose line it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// The log of Hadoop's client.
    #[default]
    Client,
    /// Between the sections of gathered logs.
    Between,
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
    /// The job's counters.
    Counters,
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
    /// How long the file is that it speaks of, in bytes.
    length: u64,
    /// The sections of the oldest logs have no line at their end.
    has_no_ends: bool,
    entry: Entry,
    /// The line before is the first of two that the application master's web pages say.
    is_within_noise: bool,
    /// How many bytes of words are kept.
    bytes: usize,
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
    /// How long its syslog is, in bytes, however much of it was read.
    syslog_bytes: u64,
}

impl TakeLine for &mut Gathered {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        Gathered::line(self, line);
        Ok(())
    }
}

impl Gathered {
    /// Takes a line without its end.
    pub(crate) fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES)]);
        let text = text.trim_end_matches(['\n', '\r']);
        let is_within =
            !matches!(self.section, Section::Client | Section::Header | Section::Between);
        if is_within && self.has_no_ends && self.begins_section(text) {
            return;
        }
        match self.section {
            Section::Client => self.of_client(text),
            Section::Header => self.of_header(text),
            Section::Between => self.between(text),
            _ if text.starts_with("End of LogType:") => self.begin(Section::Between),
            Section::Stderr => self.of_stderr(text),
            Section::Syslog => self.of_syslog(text),
            Section::Other => {}
        }
    }

    /// The lines that follow are those of a container's file.
    pub(super) fn begin_file(&mut self, container: &str, section: Section) {
        self.turn_to(container);
        self.has_no_ends = false;
        self.begin(section);
    }

    fn begin(&mut self, section: Section) {
        self.section = section;
        self.entry = Entry::Nothing;
    }

    /// Leaves one container for another. Nothing is kept of one whose task has succeeded.
    fn turn_to(&mut self, container: &str) {
        if self.container == container {
            return;
        }
        let left = std::mem::replace(&mut self.container, container.to_owned());
        if self.containers.get(&left).is_some_and(Container::is_of_no_interest) {
            let bytes = self.containers.remove(&left).map_or(0, |container| container.bytes());
            self.bytes = self.bytes.saturating_sub(bytes);
        } else if let Some(container) = self.containers.get_mut(&left)
            && self.bytes > MOST_BYTES
        {
            let before = container.bytes();
            container.shorten();
            self.bytes = (self.bytes + container.bytes()).saturating_sub(before);
        }
    }

    /// The one who leads the job, the last if there were several, and how long its log is.
    pub(crate) fn master(&self) -> Option<(&str, Option<&str>, u64)> {
        let (id, master) =
            self.containers.iter().rev().find(|(_, container)| container.is_master)?;
        Some((id, master.node.as_deref(), master.syslog_bytes))
    }

    /// Whether an attempt is known to have failed.
    pub(crate) fn has_failures(&self) -> bool {
        self.failures > 0
    }

    /// Whether it is not known in which container one ran that failed.
    pub(crate) fn has_unplaced(&self) -> bool {
        self.attempts
            .values()
            .any(|attempt| attempt.failed.is_some() && attempt.container.is_none())
    }

    /// Forgets which attempts there were, but for those that were known before.
    pub(crate) fn forget_attempts_since(&mut self, before: &Gathered) {
        self.attempts.clone_from(&before.attempts);
        self.failures = before.failures;
    }

    /// Whether there is the same of the containers as there was before.
    pub(crate) fn has_no_more_than(&self, before: &Gathered) -> bool {
        self.containers.keys().eq(before.containers.keys())
    }

    fn of_client(&mut self, line: &str) {
        if self.begins_section(line) {
            return;
        }
        if self.entry == Entry::Counters && line.starts_with('\t') {
            return;
        }
        if !begins_entry(line) {
            // Lines of tasks in the client's own process look like those that go on with an entry.
            if !line.starts_with("\tat ") {
                self.of_stderr(line);
            }
            return self.goes_on(line);
        }
        self.entry = match log::read(line) {
            Said::AttemptFailed { name, .. } => {
                self.has_failed(name);
                Entry::OfAttempt(name.to_owned())
            }
            Said::Failed { job, why } => {
                self.job = Some(job.to_owned());
                self.reason = vec![why.to_owned()];
                Entry::OfJob
            }
            Said::Job(job) => {
                self.job = Some(job.to_owned());
                Entry::Nothing
            }
            Said::Counters => Entry::Counters,
            _ if line.contains(" WARN mapred.LocalJobRunner: job_local") => Entry::OfContainer,
            _ => {
                if let Some((_, error)) = line.split_once(" ERROR ") {
                    keep_last(&mut self.errors, error, KEPT_LINES);
                }
                Entry::Nothing
            }
        };
    }

    /// A line between two sections. Behind the last there may be the log of a client.
    fn between(&mut self, line: &str) {
        if !self.begins_section(line) && begins_entry(line) {
            self.begin_file("", Section::Client);
            self.of_client(line);
        }
    }

    /// Whether a line between two sections begins the next.
    fn begins_section(&mut self, line: &str) -> bool {
        if let Some(rest) = line.strip_prefix("Container: container_") {
            let mut words = rest.split(' ');
            self.turn_to(&format!("container_{}", words.next().unwrap_or_default()));
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
            self.has_no_ends = kind.starts_with(' ');
            // Of a task that still runs there stands more behind the name.
            self.next = match kind.split(".This log file").next().unwrap_or_default().trim() {
                "stderr" => Section::Stderr,
                "syslog" => Section::Syslog,
                _ => Section::Other,
            };
        } else if let Some(length) = line.strip_prefix("LogLength:") {
            self.length = length.trim().parse().unwrap_or(0);
        } else if begins_contents(line.as_bytes()) {
            self.begin(self.next);
            self.forget_file();
        }
    }

    /// Forgets what an earlier look has brought of the file that begins now.
    fn forget_file(&mut self) {
        let (section, length) = (self.section, self.length);
        let Some(container) = self.at_hand() else { return };
        let before = container.bytes();
        match section {
            Section::Stderr => container.stderr.clear(),
            Section::Syslog => {
                container.error.clear();
                container.syslog_bytes = length;
            }
            _ => {}
        }
        let freed = before - container.bytes();
        self.bytes = self.bytes.saturating_sub(freed);
    }

    fn of_stderr(&mut self, line: &str) {
        // Its web pages log two lines for an entry.
        let is_second = std::mem::replace(&mut self.is_within_noise, begins_noise(line));
        let is_second = is_second && (line.starts_with("INFO: ") || line.starts_with("WARNING: "));
        if is_second || is_noise(line) {
            return;
        }
        if let Some(container) = self.at_hand() {
            let before = container.stderr.front().map_or(0, String::len);
            let was_full = container.stderr.len() == KEPT_LINES;
            keep_last(&mut container.stderr, line, KEPT_LINES);
            let gone = if was_full { before } else { 0 };
            self.bytes = (self.bytes + line.len()).saturating_sub(gone);
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
            container.is_done = true;
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
        self.add_diagnostics(id, text);
        self.entry = Entry::OfAttempt(id.to_owned());
    }

    fn container_error(&mut self, error: &str) {
        if let Some(container) = self.at_hand() {
            // What it has written could not be committed, or it is another task in the same container.
            container.is_done = false;
            let added = add(&mut container.error, error);
            self.bytes += added;
            self.entry = Entry::OfContainer;
        }
    }

    /// A line that goes on with the entry at hand.
    fn goes_on(&mut self, line: &str) {
        match std::mem::take(&mut self.entry) {
            Entry::Nothing | Entry::Counters => {}
            Entry::OfAttempt(id) => {
                self.add_diagnostics(&id, line);
                self.entry = Entry::OfAttempt(id);
            }
            Entry::OfContainer => {
                if let Some(container) = self.at_hand() {
                    let added = add(&mut container.error, line);
                    self.bytes += added;
                }
                self.entry = Entry::OfContainer;
            }
            Entry::OfJob => {
                add(&mut self.reason, line);
                self.entry = Entry::OfJob;
            }
        }
    }

    fn add_diagnostics(&mut self, id: &str, line: &str) {
        let is_full = self.bytes > MOST_BYTES;
        let line = if is_full { start_of(line, SHORT_LINE_BYTES) } else { line };
        let Some(attempt) = self.attempt(id) else { return };
        if !is_full || attempt.diagnostics.len() < FEW_LINES {
            let added = add(&mut attempt.diagnostics, line);
            self.bytes += added;
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

impl Container {
    /// Its task has done its work, and it has nothing to tell of others.
    fn is_of_no_interest(&self) -> bool {
        self.is_done && !self.is_master
    }

    /// How many bytes of words it holds.
    fn bytes(&self) -> usize {
        self.stderr.iter().chain(&self.error).map(String::len).sum()
    }

    /// Keeps the last words alone, and of each line the beginning.
    fn shorten(&mut self) {
        self.stderr.drain(..self.stderr.len().saturating_sub(FEW_LINES));
        self.error.truncate(FEW_LINES);
        for line in self.stderr.iter_mut().chain(&mut self.error) {
            *line = start_of(line, SHORT_LINE_BYTES).to_owned();
        }
    }
}

/// Whether what a file holds follows a line of its header. Older releases write a blank.
pub(crate) fn begins_contents(line: &[u8]) -> bool {
    line.starts_with(b"LogContents:") || line.starts_with(b"Log Contents:")
}

/// At most so many bytes of a text.
fn start_of(text: &str, most: usize) -> &str {
    match text.char_indices().take_while(|&(at, c)| at + c.len_utf8() <= most).last() {
        Some((at, c)) => &text[..at + c.len_utf8()],
        None => "",
    }
}

/// Adds what Hadoop says of a failure, without the way through its code, and once; says how many bytes came in.
fn add(lines: &mut Vec<String>, line: &str) -> usize {
    let line = line.trim();
    let is_way = line.is_empty() || line.starts_with("at ") || line.starts_with("... ");
    if is_way || lines.len() >= KEPT_LINES || lines.iter().any(|known| known == line) {
        return 0;
    }
    lines.push(line.to_owned());
    line.len()
}

/// What a machine says.
fn is_noise(line: &str) -> bool {
    // The last five are Java's, of Hadoop's own code.
    const BEGINNINGS: [&str; 9] = [
        "reporter:",
        "log4j:",
        "SLF4J:",
        "OpenJDK ",
        "WARNING: An illegal reflective access",
        "WARNING: Illegal reflective access",
        "WARNING: Please consider reporting this to the maintainers",
        "WARNING: Use --illegal-access",
        "WARNING: All illegal access operations",
    ];
    line.trim().is_empty()
        || begins_noise(line)
        // Of a client in whose process the tasks ran: that a program failed, which its exit code tells better.
        || line.contains("PipeMapRed.")
        || ["java.io.IOException: Stream closed", "Streaming Command Failed!"].contains(&line.trim())
        || BEGINNINGS.iter().any(|begin| line.starts_with(begin))
}

/// The first of two lines that the application master's web pages say; the second begins `INFO: `.
fn begins_noise(line: &str) -> bool {
    line.contains(" com.sun.jersey.")
}
