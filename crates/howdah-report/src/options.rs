//! For whom a reader writes, and how that is found out.
//!
//! The standard error decides, since that is where programs send what they say about themselves.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};

/// For whom a reader writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A person at a terminal: progress lines that redraw themselves, and whole lines above them.
    Terminal,
    /// A log: whole lines only, and few of them.
    Plain,
    /// A program: one JSON document at the end, on one line, and nothing else.
    Json,
    /// Nobody, unless the job fails: only its error is written.
    Quiet,
}

/// How a reader writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderOptions {
    /// For whom.
    pub format: Format,
    /// Whether to colour labels.
    pub color: bool,
}

impl ReaderOptions {
    /// The options for a program whose standard error is what it is now.
    ///
    /// `json` wins over `quiet`, and both win over what is found: [`Format::Terminal`] if the standard error is a
    /// terminal that can move its cursor (`TERM` is set and not `dumb`) and no `CI` is set, [`Format::Plain`]
    /// otherwise. Colour needs the same terminal and an unset or empty `NO_COLOR`. On Windows, progress is plain:
    /// its console obeys escapes only after a call that is not made here.
    ///
    /// ```
    /// use howdah_report::{Format, ReaderOptions};
    ///
    /// assert_eq!(ReaderOptions::detect(true, true).format, Format::Json);
    /// assert_eq!(ReaderOptions::detect(false, true).format, Format::Quiet);
    /// ```
    pub fn detect(json: bool, quiet: bool) -> Self {
        let found = Surroundings {
            terminal: stderr().is_terminal() && !cfg!(windows),
            term: env::var_os("TERM"),
            no_color: env::var_os("NO_COLOR"),
            ci: env::var_os("CI"),
        };
        found.options(json, quiet)
    }
}

/// What a program finds around itself.
#[derive(Debug, Default)]
struct Surroundings {
    terminal: bool,
    term: Option<OsString>,
    no_color: Option<OsString>,
    ci: Option<OsString>,
}

impl Surroundings {
    fn options(&self, json: bool, quiet: bool) -> ReaderOptions {
        let given = |variable: &Option<OsString>| {
            variable.as_ref().is_some_and(|value| !value.is_empty() && value != "false")
        };
        let obeys_escapes = self.terminal
            && self.term.as_ref().is_some_and(|term| !term.is_empty() && term != "dumb");
        let format = if json {
            Format::Json
        } else if quiet {
            Format::Quiet
        } else if obeys_escapes && !given(&self.ci) {
            Format::Terminal
        } else {
            Format::Plain
        };
        let no_color = self.no_color.as_ref().is_some_and(|value| !value.is_empty());
        ReaderOptions { format, color: obeys_escapes && !no_color && format != Format::Json }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal() -> Surroundings {
        Surroundings { terminal: true, term: Some("xterm".into()), ..Surroundings::default() }
    }

    fn options(format: Format, color: bool) -> ReaderOptions {
        ReaderOptions { format, color }
    }

    #[test]
    fn a_terminal_gets_progress_and_colour() {
        assert_eq!(terminal().options(false, false), options(Format::Terminal, true));
    }

    #[test]
    fn a_pipe_gets_plain_lines() {
        let pipe = Surroundings { terminal: false, ..terminal() };
        assert_eq!(pipe.options(false, false), options(Format::Plain, false));
    }

    #[test]
    fn a_terminal_that_obeys_no_escapes_gets_none() {
        for term in [None, Some("".into()), Some("dumb".into())] {
            let dumb = Surroundings { term, ..terminal() };
            assert_eq!(dumb.options(false, false), options(Format::Plain, false));
        }
    }

    #[test]
    fn no_color_counts_unless_empty() {
        let plain = Surroundings { no_color: Some("1".into()), ..terminal() };
        assert_eq!(plain.options(false, false), options(Format::Terminal, false));
        let empty = Surroundings { no_color: Some("".into()), ..terminal() };
        assert_eq!(empty.options(false, false), options(Format::Terminal, true));
    }

    #[test]
    fn a_build_server_gets_plain_lines() {
        let ci = Surroundings { ci: Some("true".into()), ..terminal() };
        assert_eq!(ci.options(false, false), options(Format::Plain, true));
        let not_ci = Surroundings { ci: Some("false".into()), ..terminal() };
        assert_eq!(not_ci.options(false, false).format, Format::Terminal);
    }

    #[test]
    fn what_is_asked_for_wins() {
        assert_eq!(terminal().options(true, true), options(Format::Json, false));
        assert_eq!(terminal().options(false, true), options(Format::Quiet, true));
    }
}
