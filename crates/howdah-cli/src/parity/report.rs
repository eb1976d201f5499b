//! What both runs gave, side by side, for people and as JSON.

use std::fmt::Write as _;

use howdah_plan::exit;
use howdah_plan::visible::visible_start;
use serde::Serialize;

use super::compare::{Difference, Verdict};
use super::counters::{Row, reduces};
use super::sides::Ran;

/// The name and major version of the report's JSON form.
///
/// | field | what |
/// | --- | --- |
/// | `schema` | this name; a reader refuses a major version that it does not know |
/// | `outcome` | `same`, `different`, `one-failed`, `both-failed`; `failed` if nothing was run both ways, with `error` and no more but `exit_code` |
/// | `exit_code` | the program's |
/// | `job`, `hadoop` | what was run, and by which Hadoop beside the engine here |
/// | `runs` | `here` and `hadoop` (`null` if the one here did not start): `exit_code`, `elapsed_seconds`, `error`, `warnings` |
/// | `order_is_open` | whether a file may have the same lines in another order |
/// | `files` | `name`, `differs`, `result` (`same`, `reordered`, `different`, `only-here`, `only-hadoop`, `unreadable`) and what it is: `lines`, `differences` (the first ten: `line`, `here`, `hadoop`), `differing`, `reason` |
/// | `counters` | `step` (from 0), `group`, `name`, `here`, `hadoop` (`null` where it is not counted), `compared` |
pub(super) const PARITY_SCHEMA: &str = "howdah.parity/1";
/// Files that are the same and shown one by one.
const SHOWN_FILES: usize = 20;
/// What is said of a check that came out well, and of one that did not.
const SAME: &str = "same";
const DIFFERENT: &str = "DIFFERENT";
/// Characters of a line or a message that are shown.
const SHOWN_CHARACTERS: usize = 400;

/// The report.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    schema: &'static str,
    outcome: Outcome,
    pub(super) exit_code: u8,
    job: String,
    /// What ran the job beside this machine's engine.
    hadoop: &'static str,
    runs: Runs,
    /// Whether files may have the same lines in another order.
    order_is_open: bool,
    files: Vec<Checked>,
    counters: Vec<Row>,
}

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Same,
    Different,
    /// One run failed, and the other did not, or by another code; or the one here could not start.
    OneFailed,
    /// Both failed by the same code.
    BothFailed,
}

#[derive(Debug, Serialize)]
struct Runs {
    here: Ran,
    /// Nothing if the run here could not start.
    hadoop: Option<Ran>,
}

/// A file of the output.
#[derive(Debug, Serialize)]
struct Checked {
    name: String,
    /// Whether it is a difference that counts.
    differs: bool,
    #[serde(flatten)]
    verdict: Verdict,
}

impl Report {
    /// The report of runs of which one did not succeed.
    pub(super) fn failed(job: String, hadoop: &'static str, here: Ran, other: Option<Ran>) -> Self {
        let codes = (here.exit_code, other.as_ref().map(|ran| ran.exit_code));
        let (outcome, exit_code) = match codes {
            (here, Some(other)) if here == other => (Outcome::BothFailed, here),
            (exit::OK, other) => (Outcome::OneFailed, other.unwrap_or(exit::BUG)),
            (here, _) => (Outcome::OneFailed, here),
        };
        let runs = Runs { here, hadoop: other };
        let (files, counters) = (Vec::new(), Vec::new());
        let schema = PARITY_SCHEMA;
        Report {
            schema,
            outcome,
            exit_code,
            job,
            hadoop,
            runs,
            order_is_open: false,
            files,
            counters,
        }
    }

    /// The report of runs that both succeeded.
    pub(super) fn compared(
        job: String,
        hadoop: &'static str,
        (here, other): (Ran, Ran),
        (files, counters): (Vec<(String, Verdict)>, Vec<Row>),
        strict_order: bool,
    ) -> Self {
        let order_is_open = here.counters.iter().chain(&other.counters).any(reduces);
        let allows_order = order_is_open && !strict_order;
        let checked = files.into_iter().map(|(name, verdict)| {
            let differs = match verdict {
                Verdict::Same { .. } => false,
                Verdict::Reordered { .. } => !allows_order,
                _ => true,
            };
            Checked { name, differs, verdict }
        });
        let files: Vec<_> = checked.collect();
        let differs = files.iter().any(|file| file.differs) || counters.iter().any(Row::differs);
        let (outcome, exit_code) =
            if differs { (Outcome::Different, exit::DIFFERENT) } else { (Outcome::Same, exit::OK) };
        let runs = Runs { here, hadoop: Some(other) };
        let schema = PARITY_SCHEMA;
        Report { schema, outcome, exit_code, job, hadoop, runs, order_is_open, files, counters }
    }

    /// As JSON, for a program.
    pub(super) fn json(&self) -> String {
        // Nothing in it can fail to be JSON: no map has keys that are not text.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// As text, for people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.tell_runs(&mut text);
        self.tell_files(&mut text);
        self.tell_counters(&mut text);
        let _ = writeln!(text, "{}", self.conclusion());
        text
    }

    fn tell_runs(&self, text: &mut String) {
        let Runs { here, hadoop } = &self.runs;
        let ended = |ran: &Ran| match ran.exit_code {
            exit::OK => format!("succeeded in {:.2} s", ran.elapsed_seconds),
            code => format!("failed with exit code {code} after {:.2} s", ran.elapsed_seconds),
        };
        let verdict = match hadoop {
            Some(other) if other.exit_code == here.exit_code => SAME,
            Some(_) => DIFFERENT,
            None => "failed",
        };
        let other = hadoop.as_ref().map_or("was not tried".to_owned(), ended);
        line(text, verdict, "runs", &format!("here {}, {} {other}", ended(here), self.hadoop));
        for (side, ran) in [("here", Some(here)), (self.hadoop, hadoop.as_ref())] {
            let Some(ran) = ran else { continue };
            for warning in &ran.warnings {
                let _ =
                    writeln!(text, "  {side} warns: {}", visible_start(warning, SHOWN_CHARACTERS));
            }
            for said in ran.error.iter().flat_map(|error| error.lines()) {
                let _ = writeln!(text, "  {side}: {}", visible_start(said, SHOWN_CHARACTERS));
            }
        }
    }

    fn tell_files(&self, text: &mut String) {
        let is_same = |file: &&Checked| matches!(file.verdict, Verdict::Same { .. });
        let same = self.files.iter().filter(is_same).count();
        let mut told = 0;
        for file in &self.files {
            let name = visible_start(&file.name, SHOWN_CHARACTERS);
            let (what, differences): (String, &[Difference]) = match &file.verdict {
                Verdict::Same { lines } => {
                    told += 1;
                    if same > SHOWN_FILES && told > SHOWN_FILES {
                        continue;
                    }
                    (counted(*lines, "line"), &[])
                }
                Verdict::Reordered { lines, differences } => {
                    let shown: &[Difference] = if file.differs { differences } else { &[] };
                    (format!("{}, the same in another order", counted(*lines, "line")), shown)
                }
                Verdict::Different { lines: [here, hadoop], differences, differing } => {
                    let lines = format!("{} here, {hadoop} of Hadoop's", counted(*here, "line"));
                    (format!("{lines}; {differing} of them differ"), differences)
                }
                Verdict::OnlyHere => ("Hadoop has not written it".to_owned(), &[]),
                Verdict::OnlyHadoop => ("only Hadoop has written it".to_owned(), &[]),
                Verdict::Unreadable { reason } => (visible_start(reason, SHOWN_CHARACTERS), &[]),
            };
            let is_note = !file.differs && matches!(file.verdict, Verdict::Reordered { .. });
            line(text, if file.differs { DIFFERENT } else { SAME }, &name, &what);
            if is_note {
                text.push_str("  Hadoop leaves the order of a key's values open; --strict-order makes it a difference\n");
            }
            for difference in differences {
                tell_difference(text, difference);
            }
        }
        if let Some(further @ 1..) = same.checked_sub(SHOWN_FILES) {
            line(text, SAME, &format!("and {further} files more"), "");
        }
        if self.runs.hadoop.is_some() && self.exit_code != exit::OK && self.files.is_empty() {
            text.push_str("there is no output to compare\n");
        }
    }

    fn tell_counters(&self, text: &mut String) {
        let compared = self.counters.iter().filter(|row| row.compared).count();
        let differing: Vec<_> = self.counters.iter().filter(|row| row.differs()).collect();
        if compared > 0 {
            let what = match differing.len() {
                0 => counted(compared as u64, "counter"),
                some => format!("{some} of {} differ", counted(compared as u64, "counter")),
            };
            line(text, if differing.is_empty() { SAME } else { DIFFERENT }, "counters", &what);
            table(text, &differing);
            let combined = |row: &&&Row| self.has_combiner(row.step) && row.is_of_the_job();
            if differing.iter().any(|row| combined(&row)) {
                text.push_str(
                    "  hint: Hadoop runs a combiner as often as it likes, so that what a combiner counts differs\n",
                );
            }
        }
        let is_open =
            |row: &&Row| !row.compared && row.here.unwrap_or(0) != row.hadoop.unwrap_or(0);
        let open: Vec<_> = self.counters.iter().filter(is_open).collect();
        if !open.is_empty() {
            text.push_str(
                "counters that may differ, since they say how each engine went about it\n",
            );
            table(text, &open);
        }
    }

    fn has_combiner(&self, step: usize) -> bool {
        let runs = [Some(&self.runs.here), self.runs.hadoop.as_ref()];
        let counters = runs.into_iter().flatten().filter_map(|ran| ran.counters.get(step));
        counters.into_iter().any(super::counters::combines)
    }

    fn conclusion(&self) -> String {
        let files = self.files.iter().filter(|file| file.differs).count() as u64;
        let counters = self.counters.iter().filter(|row| row.differs()).count() as u64;
        match self.outcome {
            Outcome::Same => format!("the same: {} here and by Hadoop", self.job),
            Outcome::Different => format!(
                "DIFFERENT: {} has {} and {} that differ",
                self.job,
                counted(files, "file"),
                counted(counters, "counter")
            ),
            Outcome::BothFailed => format!(
                "the same: {} fails with exit code {} here and by Hadoop",
                self.job, self.exit_code
            ),
            Outcome::OneFailed if self.runs.here.exit_code == exit::OK => {
                format!("DIFFERENT: {} succeeds here and fails by Hadoop", self.job)
            }
            Outcome::OneFailed => match &self.runs.hadoop {
                None => format!("{} does not start here", self.job),
                Some(ran) if ran.exit_code == exit::OK => {
                    format!("DIFFERENT: {} fails here and succeeds by Hadoop", self.job)
                }
                Some(_) => format!("DIFFERENT: {} fails by another exit code here", self.job),
            },
        }
    }
}

impl Row {
    /// Whether it is one of the job's own.
    fn is_of_the_job(&self) -> bool {
        self.group != howdah_plan::FrameworkCounter::GROUP
    }
}

/// A check: how it came out, of what, and what there is to say.
fn line(text: &mut String, verdict: &str, of: &str, what: &str) {
    let _ = writeln!(text, "{}", format!("{verdict:<9}  {of:<24}  {what}").trim_end());
}

fn tell_difference(text: &mut String, difference: &Difference) {
    let shown = |line: &Option<String>| match line {
        Some(line) => visible_start(line, SHOWN_CHARACTERS),
        None => "(no such line)".to_owned(),
    };
    let place = format!("line {}", difference.line);
    let _ = writeln!(text, "  {place:<12} here    {}", shown(&difference.here));
    let _ = writeln!(text, "  {:<12} Hadoop  {}", "", shown(&difference.hadoop));
}

fn table(text: &mut String, rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    let name = |row: &Row| {
        let group = if row.is_of_the_job() { format!("{}: ", row.group) } else { String::new() };
        visible_start(&format!("{group}{}", row.name), 60)
    };
    let width = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0);
    let _ = writeln!(text, "  step  {:<width$}  {:>14}  {:>14}", "counter", "here", "Hadoop");
    for row in rows {
        let value = |value: Option<i64>| value.map_or("-".to_owned(), |value| value.to_string());
        let (name, here, hadoop) = (name(row), value(row.here), value(row.hadoop));
        let _ = writeln!(text, "  {:>4}  {name:<width$}  {here:>14}  {hadoop:>14}", row.step);
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use howdah_plan::{Counters, FrameworkCounter};

    use super::*;

    fn ran(exit_code: u8, reduced: u64) -> Ran {
        let mut counters = Counters::default();
        counters.add_framework(FrameworkCounter::ReduceInputGroups, reduced);
        Ran {
            exit_code,
            elapsed_seconds: 1.0,
            error: (exit_code != 0).then(|| format!("it failed: {exit_code}\nhint: none")),
            counters: vec![counters],
            warnings: Vec::new(),
        }
    }

    fn failed(here: u8, hadoop: Option<u8>) -> Report {
        let other = hadoop.map(|code| ran(code, 0));
        Report::failed("job".to_owned(), "Hadoop's cluster", ran(here, 0), other)
    }

    fn compared(files: Vec<(String, Verdict)>, reduced: u64, strict_order: bool) -> Report {
        let runs = (ran(0, reduced), ran(0, reduced));
        let rows = crate::parity::counters::rows(&runs.0.counters, &runs.1.counters);
        Report::compared("job".to_owned(), "Hadoop's cluster", runs, (files, rows), strict_order)
    }

    #[test]
    fn the_exit_code_is_that_of_the_run_that_failed() {
        let code = |here, hadoop| {
            let report = failed(here, hadoop);
            (report.exit_code, report.outcome)
        };
        assert_eq!(code(1, Some(1)), (1, Outcome::BothFailed));
        assert_eq!(code(1, Some(0)), (1, Outcome::OneFailed));
        assert_eq!(code(0, Some(5)), (5, Outcome::OneFailed));
        assert_eq!(code(1, Some(65)), (1, Outcome::OneFailed));
        assert_eq!(code(2, None), (2, Outcome::OneFailed));
        assert_eq!(
            failed(2, None).text(),
            "failed     runs                      here failed with exit code 2 after 1.00 s, \
             Hadoop's cluster was not tried\n  \
             here: it failed: 2\n  here: hint: none\n\
             job does not start here\n"
        );
        assert!(
            failed(1, Some(1))
                .text()
                .ends_with("\nthe same: job fails with exit code 1 here and by Hadoop\n")
        );
        assert!(
            failed(0, Some(1))
                .text()
                .ends_with("\nDIFFERENT: job succeeds here and fails by Hadoop\n")
        );
    }

    #[test]
    fn another_order_is_a_difference_only_where_it_is_not_open() {
        let files = || {
            let difference =
                Difference { line: 1, here: Some("a".to_owned()), hadoop: Some("b".to_owned()) };
            let verdict = Verdict::Reordered { lines: 2, differences: vec![difference] };
            vec![("part-00000".to_owned(), verdict)]
        };
        let code = |reduced, strict| compared(files(), reduced, strict).exit_code;
        assert_eq!((code(1, false), code(1, true), code(0, false)), (0, 3, 3));
        let text = compared(files(), 0, false).text();
        assert!(text.contains("\n  line 1       here    a\n               Hadoop  b\n"), "{text}");
        assert!(text.ends_with("DIFFERENT: job has 1 file and 0 counters that differ\n"), "{text}");
    }

    #[test]
    fn of_many_files_that_are_the_same_the_first_are_named() {
        let mut files: Vec<_> = (0..30)
            .map(|number| (format!("part-{number:05}"), Verdict::Same { lines: 1 }))
            .collect();
        files.push(("z\x1b[2J".to_owned(), Verdict::OnlyHere));
        let text = compared(files, 1, false).text();
        assert!(text.contains("part-00019") && !text.contains("part-00020"), "{text}");
        assert!(text.contains("\nsame       and 10 files more\n"), "{text}");
        assert!(
            text.contains("\nDIFFERENT  z\\x1b[2J                  Hadoop has not written it\n"),
            "{text}"
        );
    }

    #[test]
    fn the_document_says_it_all() {
        let files = vec![("part-00000".to_owned(), Verdict::Same { lines: 3 })];
        let document: serde_json::Value =
            serde_json::from_str(&compared(files, 1, false).json()).unwrap();
        assert_eq!(
            document,
            serde_json::json!({
                "schema": "howdah.parity/1",
                "outcome": "same",
                "exit_code": 0,
                "job": "job",
                "hadoop": "Hadoop's cluster",
                "runs": {
                    "here": {"exit_code": 0, "elapsed_seconds": 1.0, "error": null, "warnings": []},
                    "hadoop": {"exit_code": 0, "elapsed_seconds": 1.0, "error": null, "warnings": []},
                },
                "order_is_open": true,
                "files": [{"name": "part-00000", "differs": false, "result": "same", "lines": 3}],
                "counters": [{
                    "step": 0,
                    "group": "Map-Reduce Framework",
                    "name": "Reduce input groups",
                    "here": 1,
                    "hadoop": 1,
                    "compared": true,
                }],
            })
        );
    }
}
