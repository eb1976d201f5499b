//! The logs of an application, as `yarn logs` gathers them when it has ended.

use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use howdah_plan::visible::visible;

use super::{Answer, Broken, Client, Heard};
use crate::diagnose::LogError;
use crate::diagnose::gathered::{Gathered, begins_contents};
use crate::installation::Hadoop;
use crate::lines::{Lines, TakeLine};

/// The part of each file that is asked for: its end.
const NARROW: [&str; 4] = ["-log_files", "stderr,syslog", "-size", "-65536"];
/// The same in bytes.
const NARROW_BYTES: u64 = 64 << 10;
/// How many of YARN's lines an error shows.
const SHOWN_LINES: usize = 4;

/// What stands before how far YARN is with gathering the logs of an application, in what it says of that.
const GATHERING: &str = "Log Aggregation Status : ";
/// What then stands there while it may still bring some.
const GOES_ON: [&str; 3] = ["NOT_START", "RUNNING", "RUNNING_WITH_FAILURE"];
/// How long the logs of an application that has just ended are waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long between two looks at them.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// How often they are looked at where YARN does not tell how far it is. Asking takes its time, too.
const BLIND_LOOKS: usize = 5;

/// Asks YARN for the logs of one application.
pub(crate) struct Asker<'a> {
    client: &'a Client,
    hadoop: &'a Hadoop,
    application: &'a str,
}

/// How far YARN is with gathering the logs of an application.
enum Gathering {
    GoesOn,
    /// No more will come.
    IsOver,
    /// It does not tell, as before Hadoop 2.8.
    Unknown,
}

/// What asking for logs has brought.
struct Asked {
    gathered: Gathered,
    /// Whether there were logs.
    has_logs: bool,
    /// Whether the program knew what it was asked.
    is_known: bool,
    /// What it said of it.
    said: Vec<String>,
}

impl<'a> Asker<'a> {
    pub(crate) fn new(client: &'a Client, hadoop: &'a Hadoop, application: &'a str) -> Self {
        Asker { client, hadoop, application }
    }

    /// Reads what YARN has gathered by now, behind what was gathered before.
    ///
    /// # Errors
    /// When it gives none.
    pub(crate) fn gather(&self, before: &Gathered) -> Result<Gathered, LogError> {
        let asked = self.ask(&NARROW, before.clone())?;
        if asked.has_logs {
            return self.with_all_of_the_master(before, asked.gathered);
        }
        let mut said = asked.said;
        if !asked.is_known {
            // An older Hadoop does not know which part is asked for, and gives all.
            let asked = self.ask(&[], before.clone())?;
            if asked.has_logs {
                return Ok(asked.gathered);
            }
            said = asked.said;
        }
        Err(LogError::NotGiven { application: self.application.to_owned(), said })
    }

    /// Reads the logs of an application that has just ended, again and again while YARN gathers them from node to node,
    /// until they tell enough or no more will come.
    ///
    /// # Errors
    /// The number of a signal that came meanwhile.
    pub(crate) fn gather_until(
        &self,
        is_told: impl Fn(&Gathered) -> bool,
        before: &Gathered,
    ) -> Result<Gathered, i32> {
        let until = Instant::now() + PATIENCE;
        let mut known = before.clone();
        // What YARN says before a look, since more may come behind it.
        let mut gathering = Gathering::GoesOn;
        for look in 1.. {
            let is_more = match self.gather(&known) {
                // All comes again at each look.
                Ok(gathered) => {
                    let is_more = !gathered.has_no_more_than(&known);
                    known = gathered;
                    is_more
                }
                Err(LogError::Signal(signal)) => return Err(signal),
                Err(LogError::NoYarn) => break,
                // It may not have begun.
                Err(_) => true,
            };
            let is_last = match gathering {
                Gathering::GoesOn => Instant::now() >= until,
                Gathering::Unknown => look >= BLIND_LOOKS || !is_more,
                Gathering::IsOver => true,
            };
            if is_last || is_told(&known) {
                break;
            }
            gathering = self.gathering()?;
        }
        Ok(known)
    }

    /// How far YARN is; a moment later, if it goes on.
    fn gathering(&self) -> Result<Gathering, i32> {
        let Some(mut command) = self.hadoop.application() else { return Ok(Gathering::Unknown) };
        command.args(["-status", self.application]).stdin(Stdio::null());
        let report = match self.client.output(&mut command) {
            Ok(finished) => finished.stdout,
            Err(Broken::Signal(signal)) => return Err(signal),
            Err(Broken::Io(_)) => return Ok(Gathering::Unknown),
        };
        let report = String::from_utf8_lossy(&report);
        let state = report.lines().find_map(|line| line.trim_start().strip_prefix(GATHERING));
        match state.map(str::trim) {
            None | Some("N/A") => Ok(Gathering::Unknown),
            Some(state) if GOES_ON.contains(&state) => {
                self.client.pause(BETWEEN_LOOKS)?;
                Ok(Gathering::GoesOn)
            }
            Some(_) => Ok(Gathering::IsOver),
        }
    }

    /// Adds what the one who leads the job says: only its log tells which attempt ran in which container, and which failed
    /// first. The end of it is too little for a job of many tasks.
    fn with_all_of_the_master(
        &self,
        before: &Gathered,
        gathered: Gathered,
    ) -> Result<Gathered, LogError> {
        let Some((master, node, bytes)) = gathered.master() else { return Ok(gathered) };
        let is_enough = before.has_failures() && !gathered.has_unplaced();
        if is_enough || bytes <= NARROW_BYTES {
            return Ok(gathered);
        }
        let mut words = vec!["-containerId", master, "-log_files", "syslog"];
        // Without it YARN looks through what each machine has gathered.
        if let Some(node) = node.filter(|node| !node.starts_with('-')) {
            words.extend(["-nodeAddress", node]);
        }
        let mut known = gathered.clone();
        known.forget_attempts_since(before);
        match self.ask(&words, known) {
            Ok(asked) if asked.has_logs => Ok(asked.gathered),
            Err(LogError::Signal(signal)) => Err(LogError::Signal(signal)),
            _ => Ok(gathered),
        }
    }

    fn ask(&self, words: &[&str], gathered: Gathered) -> Result<Asked, LogError> {
        let Some(mut command) = self.hadoop.logs() else { return Err(LogError::NoYarn) };
        command.args(["-applicationId", self.application]).args(words).stdin(Stdio::null());
        let taker = Taker { gathered, has_logs: false, first: Vec::new() };
        let mut said = Vec::new();
        let followed = self.client.follow(&mut command, Lines::new(taker), |heard| match heard {
            Heard::Line(line) => {
                if !line.contains(" INFO ") && said.len() < SHOWN_LINES {
                    said.push(visible(line));
                }
                Answer::GoOn
            }
            Heard::Signal(_) => Answer::End,
        });
        let (status, lines) = followed.map_err(|broken| match broken {
            Broken::Io(source) => LogError::Io(source),
            Broken::Signal(signal) => LogError::Signal(signal),
        })?;
        let Taker { gathered, has_logs, first } = lines.into_taker();
        let said = if said.is_empty() { first } else { said };
        let is_known = status.success()
            || !said.iter().any(|line| line.to_ascii_lowercase().contains("unrecognized option"));
        Ok(Asked { gathered, has_logs, is_known, said })
    }
}

/// Takes what is written, a line at a time.
struct Taker {
    gathered: Gathered,
    has_logs: bool,
    /// The first lines, for where there are no logs.
    first: Vec<String>,
}

impl TakeLine for Taker {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.has_logs |= begins_contents(line);
        if !self.has_logs && self.first.len() < SHOWN_LINES {
            self.first.push(visible(String::from_utf8_lossy(line).trim_end()));
        }
        self.gathered.line(line);
        Ok(())
    }
}
