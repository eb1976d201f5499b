//! The logs of an application, as `yarn logs` gathers them when it has ended.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use howdah_plan::visible::visible;

use super::{Answer, Client, Heard};
use crate::diagnose::LogError;
use crate::diagnose::gathered::Gathered;
use crate::installation::Hadoop;

/// The part of each file that is asked for: its end.
const NARROW: [&str; 4] = ["-log_files", "stderr,syslog", "-size", "-65536"];
/// How much of a line is gathered before the rest of it is passed over.
const LINE_BYTES: usize = 64 << 10;
/// How many of YARN's lines an error shows.
const SHOWN_LINES: usize = 4;

/// Asks YARN for the logs of an application, and reads them behind what was gathered before.
///
/// # Errors
/// When it gives none.
pub(crate) fn gather(
    client: &Client,
    hadoop: &Hadoop,
    application: &str,
    before: &Gathered,
) -> Result<Gathered, LogError> {
    let mut said = Vec::new();
    // An older Hadoop does not know which part is asked for, and gives all.
    for narrow in [&NARROW[..], &[]] {
        let Some(mut command) = hadoop.logs() else { return Err(LogError::NoYarn) };
        command.args(["-applicationId", application]).args(narrow);
        let asked = ask(client, &mut command, before.clone()).map_err(LogError::broken)?;
        if asked.has_logs {
            return Ok(asked.gathered);
        }
        said = asked.said;
        if asked.is_known {
            break;
        }
    }
    Err(LogError::NotGiven { application: application.to_owned(), said })
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

fn ask(client: &Client, command: &mut Command, gathered: Gathered) -> Result<Asked, super::Broken> {
    let lines = Lines { gathered, line: Vec::new(), has_logs: false, first: Vec::new() };
    let mut said = Vec::new();
    let (status, lines) =
        client.follow(command.stdin(Stdio::null()), lines, |heard| match heard {
            Heard::Line(line) => {
                if !line.contains(" INFO ") && said.len() < SHOWN_LINES {
                    said.push(visible(line));
                }
                Answer::GoOn
            }
            Heard::Signal(_) => Answer::End,
        })?;
    let Lines { gathered, has_logs, first, .. } = lines;
    let said = if said.is_empty() { first } else { said };
    let is_known = status.success()
        || !said.iter().any(|line| line.to_ascii_lowercase().contains("unrecognized option"));
    Ok(Asked { gathered, has_logs, is_known, said })
}

/// Takes what is written, a line at a time.
struct Lines {
    gathered: Gathered,
    line: Vec<u8>,
    has_logs: bool,
    /// The first lines, for where there are no logs.
    first: Vec<String>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let room = LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            self.end_line();
        }
        Ok(())
    }
}

impl Lines {
    fn end_line(&mut self) {
        self.has_logs |= self.line.starts_with(b"LogContents:");
        if !self.has_logs && self.first.len() < SHOWN_LINES {
            self.first.push(visible(String::from_utf8_lossy(&self.line).trim_end()));
        }
        self.gathered.line(&self.line);
        self.line.clear();
    }
}
