//! The end of a job as one JSON document, for a program.

use std::io;
use std::path::Path;
use std::time::Duration;

use howdah_plan::Counters;
use howdah_plan::event::{GroupSize, PhaseTimes, StepFigures, StepSummary};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::ledger::{FailedAttempt, Ledger, StepRecord, Warning};
use howdah_plan::visible::is_obeyed;

/// The name and major version of the document that [`Format::Json`](crate::Format::Json) writes, in its field
/// `schema`.
///
/// | field | what |
/// | --- | --- |
/// | `schema` | this name; a reader refuses a major version that it does not know |
/// | `outcome` | `succeeded` or `failed` |
/// | `exit_code` | the program's |
/// | `elapsed_seconds` | of the whole job |
/// | `output` | where the output is, or `null` |
/// | `steps` | each finished step: `step` (from 0), `counters` as [`Counters`] reads them back, and what its engine told: `elapsed_seconds`, `serial_seconds`, `serial_share` (of the step's time, `null` if it took none), `times_seconds` by phase with `wall`, `cpu`, `waiting`, `spilled_bytes`, `largest_groups` a partition |
/// | `warnings` | `slug`, `message`; at most 1000, and `warnings_left_out` says how many more |
/// | `failed_attempts` | `step`, `kind`, `task`, `attempt`, `slug`, `message`; at most 1000, as above |
/// | `error` | `slug` and `message` of a failed job, or `null` |
pub const SUMMARY_SCHEMA: &str = "howdah.summary/1";

/// How a job ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End<'a> {
    Succeeded { counters: &'a [Counters], output: Option<&'a Path> },
    Failed { slug: &'a str, exit_code: u8, message: &'a str },
}

/// The document, on one line, without the end of the line.
pub(crate) fn document(ledger: &Ledger, elapsed: Duration, end: End<'_>) -> io::Result<String> {
    let (outcome, exit_code, counters, output, error) = match end {
        End::Succeeded { counters, output } => {
            ("succeeded", howdah_plan::exit::OK, counters, output, None)
        }
        End::Failed { slug, exit_code, message } => {
            ("failed", exit_code, [].as_slice(), None, Some(Error { slug, message }))
        }
    };
    let document = Document {
        schema: SUMMARY_SCHEMA,
        outcome,
        exit_code,
        elapsed_seconds: elapsed.as_secs_f64(),
        output: output.map(Path::to_string_lossy),
        steps: ledger.steps(counters).into_iter().map(Step::from).collect(),
        warnings: &ledger.warnings.first,
        warnings_left_out: ledger.warnings.left_out,
        failed_attempts: &ledger.failed_attempts.first,
        failed_attempts_left_out: ledger.failed_attempts.left_out,
        error,
    };
    let mut text = Vec::new();
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Escaping))?;
    String::from_utf8(text).map_err(io::Error::other)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    outcome: &'static str,
    exit_code: u8,
    elapsed_seconds: f64,
    output: Option<std::borrow::Cow<'a, str>>,
    steps: Vec<Step<'a>>,
    warnings: &'a [Warning],
    warnings_left_out: u64,
    failed_attempts: &'a [FailedAttempt],
    failed_attempts_left_out: u64,
    error: Option<Error<'a>>,
}

#[derive(Serialize)]
struct Error<'a> {
    slug: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    #[serde(rename = "step")]
    number: usize,
    counters: &'a Counters,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_seconds: Option<f64>,
    #[serde(flatten)]
    figures: Option<Figures<'a>>,
}

#[derive(Serialize)]
struct Figures<'a> {
    serial_seconds: f64,
    serial_share: Option<f64>,
    #[serde(serialize_with = "seconds")]
    times_seconds: PhaseTimes,
    spilled_bytes: u64,
    largest_groups: &'a [Vec<GroupSize>],
}

impl<'a> From<StepRecord<'a>> for Step<'a> {
    fn from(record: StepRecord<'a>) -> Self {
        let StepRecord { step, counters, summary } = record;
        let elapsed_seconds = summary.map(|summary| summary.elapsed.as_secs_f64());
        let figures = summary.and_then(Figures::of);
        Step { number: step, counters, elapsed_seconds, figures }
    }
}

impl<'a> Figures<'a> {
    fn of(summary: &'a StepSummary) -> Option<Self> {
        let StepFigures { times, serial, spilled_bytes, largest_groups } =
            summary.figures.as_ref()?;
        let elapsed = summary.elapsed;
        Some(Figures {
            serial_seconds: serial.as_secs_f64(),
            serial_share: (!elapsed.is_zero()).then(|| serial.div_duration_f64(elapsed)),
            times_seconds: *times,
            spilled_bytes: *spilled_bytes,
            largest_groups,
        })
    }
}

fn seconds<S: Serializer>(times: &PhaseTimes, serializer: S) -> Result<S::Ok, S::Error> {
    let sums = [("wall", times.wall()), ("cpu", times.cpu), ("waiting", times.waiting())];
    let mut map = serializer.serialize_map(None)?;
    for (name, time) in times.phases().into_iter().chain(sums) {
        map.serialize_entry(name, &time.as_secs_f64())?;
    }
    map.end()
}

/// JSON on one line, in which also those characters are escaped that JSON allows but a terminal obeys: the
/// document may end on one.
struct Escaping;

impl serde_json::ser::Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_obeyed) {
            let (plain, tail) = rest.split_at(at);
            let mut tail = tail.chars();
            writer.write_all(plain.as_bytes())?;
            // None of them lies beyond U+FFFF, so four digits hold each.
            write!(writer, "\\u{:04x}", tail.next().map_or(0, u32::from))?;
            rest = tail.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::summary::testing::{nothing, word_count};

    fn succeeded(ledger: &Ledger) -> String {
        let end = End::Succeeded { counters: &[], output: Some(Path::new("out")) };
        document(ledger, Duration::from_millis(1_500), end).unwrap()
    }

    fn pretty(document: &str) -> String {
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(document).unwrap()).unwrap()
    }

    #[test]
    fn success() {
        let mut ledger = Ledger::default();
        ledger.finish(0, &word_count());
        insta::assert_snapshot!(succeeded(&ledger), @r#"{"schema":"howdah.summary/1","outcome":"succeeded","exit_code":0,"elapsed_seconds":1.5,"output":"out","steps":[{"step":0,"counters":{"framework":{"MapInputRecords":98765},"user":{"Words":{"seen":1234567}}},"elapsed_seconds":1.9,"serial_seconds":0.23,"serial_share":0.12105263157894737,"times_seconds":{"read":0.25,"decode":0.0,"map":4.2,"combine":0.0,"sort":1.1,"spill":0.0034,"merge":0.0,"reduce":0.9,"write":0.12,"wall":6.5734,"cpu":6.0,"waiting":0.5734},"spilled_bytes":12345678,"largest_groups":[[{"key":"\"the\"","records":123456},{"key":"\"a\"","records":1234},{"key":"\"of\"","records":99}],[{"key":"\"and\"","records":7}]]}],"warnings":[],"warnings_left_out":0,"failed_attempts":[],"failed_attempts_left_out":0,"error":null}"#);
    }

    #[test]
    fn failure() {
        let mut ledger = Ledger::default();
        ledger.warnings.push(Warning { slug: "howdah::w".into(), message: "look".into() });
        ledger.failed_attempts.push(FailedAttempt {
            step: 0,
            kind: howdah_plan::TaskKind::Map,
            task: 3,
            attempt: 1,
            slug: "howdah::undecodable-record".into(),
            message: "not JSON".into(),
        });
        let end = End::Failed { slug: "howdah::job-failed", exit_code: 1, message: "a\nhint: b" };
        let document = document(&ledger, Duration::from_secs(2), end).unwrap();
        insta::assert_snapshot!(pretty(&document), @r#"
        {
          "elapsed_seconds": 2.0,
          "error": {
            "message": "a\nhint: b",
            "slug": "howdah::job-failed"
          },
          "exit_code": 1,
          "failed_attempts": [
            {
              "attempt": 1,
              "kind": "map",
              "message": "not JSON",
              "slug": "howdah::undecodable-record",
              "step": 0,
              "task": 3
            }
          ],
          "failed_attempts_left_out": 0,
          "outcome": "failed",
          "output": null,
          "schema": "howdah.summary/1",
          "steps": [],
          "warnings": [
            {
              "message": "look",
              "slug": "howdah::w"
            }
          ],
          "warnings_left_out": 0
        }
        "#);
    }

    #[test]
    fn a_step_of_no_time_has_no_serial_share() {
        let mut ledger = Ledger::default();
        ledger.finish(0, &nothing());
        insta::assert_snapshot!(pretty(&succeeded(&ledger)), @r#"
        {
          "elapsed_seconds": 1.5,
          "error": null,
          "exit_code": 0,
          "failed_attempts": [],
          "failed_attempts_left_out": 0,
          "outcome": "succeeded",
          "output": "out",
          "schema": "howdah.summary/1",
          "steps": [
            {
              "counters": {
                "framework": {},
                "user": {}
              },
              "elapsed_seconds": 0.0,
              "largest_groups": [],
              "serial_seconds": 0.0,
              "serial_share": null,
              "spilled_bytes": 0,
              "step": 0,
              "times_seconds": {
                "combine": 0.0,
                "cpu": 0.0,
                "decode": 0.0,
                "map": 0.0,
                "merge": 0.0,
                "read": 0.0,
                "reduce": 0.0,
                "sort": 0.0,
                "spill": 0.0,
                "waiting": 0.0,
                "wall": 0.0,
                "write": 0.0
              }
            }
          ],
          "warnings": [],
          "warnings_left_out": 0
        }
        "#);
    }

    #[test]
    fn a_step_without_figures_has_its_counters() {
        let counters = [word_count().counters];
        let end = End::Succeeded { counters: &counters, output: None };
        let document = document(&Ledger::default(), Duration::ZERO, end).unwrap();
        let value: Value = serde_json::from_str(&document).unwrap();
        insta::assert_snapshot!(value["steps"], @r#"[{"counters":{"framework":{"MapInputRecords":98765},"user":{"Words":{"seen":1234567}}},"step":0}]"#);
        let read_back: Counters =
            serde_json::from_value(value["steps"][0]["counters"].clone()).unwrap();
        assert_eq!(read_back, counters[0]);
    }

    #[test]
    fn text_survives_and_nothing_in_it_is_obeyed() {
        let name = "esc \x1b[2J csi \u{9b}2J del \x7f bidi \u{202e} \"quoted\" \\ é 日";
        let mut step = nothing();
        step.counters.add("g", name, 1);
        let mut ledger = Ledger::default();
        ledger.finish(0, &step);
        let document = succeeded(&ledger);
        assert!(!document.chars().any(is_obeyed));
        let value: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(value["steps"][0]["counters"]["user"]["g"][name], 1);
    }
}
