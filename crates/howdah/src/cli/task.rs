//! A task as Hadoop Streaming runs it: lines in, records out, counters on the standard error.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use howdah_plan::{
    Part, Plan, RawMapper, RawReducer, Step, TaskError, TaskInfo, TaskKind, TaskOutput, exit,
    reduce_groups,
};

use super::complain;
use super::failure::{Failure, Place};
use super::lines::{Lines, SortedLines, terminator};
use super::records::Records;
use super::reporter::StderrReporter;
use crate::property::lookup;

/// Runs one task of a plan on the standard streams.
pub(super) fn run(plan: &Plan, kind: TaskKind, step: usize, output: impl Write) -> ExitCode {
    let work = match Work::of(plan, kind, step) {
        Ok(work) => work,
        Err(message) => {
            complain(&format!("error: {message}"));
            return exit::USAGE.into();
        }
    };
    let info = info_from_environment(step, kind);
    match execute(work, &info, io::stdin().lock(), output, io::stderr()) {
        Ok(()) => exit::OK.into(),
        Err(failure) => {
            let code = failure.exit_code();
            // `… | head` has what it wanted.
            if code != exit::BROKEN_PIPE {
                complain(&failure.message(&info).to_string());
            }
            code.into()
        }
    }
}

/// What a task does.
enum Work {
    Map(Box<dyn RawMapper>),
    Reduce(Box<dyn RawReducer>),
    /// Records pass unchanged.
    Copy,
}

impl Work {
    fn of(plan: &Plan, kind: TaskKind, number: usize) -> Result<Self, String> {
        let steps = plan.steps.len();
        let Some(step) = plan.steps.get(number) else {
            return Err(match steps {
                1 => format!("`--step {number}`: the job has one step, which is `--step 0`"),
                _ => format!(
                    "`--step {number}`: the job has {steps} steps, from `--step 0` to `--step {}`",
                    steps - 1
                ),
            });
        };
        let lacks = |what: &str| format!("step {} (`--step {number}`) has no {what}", number + 1);
        match (kind, step) {
            (TaskKind::Map, Step { inputs, .. }) => match &inputs[0].mapper {
                Part::Linked(make) => Ok(Work::Map(make())),
                Part::Command(command) => Err(instead(command)),
                Part::Identity => Ok(Work::Copy),
            },
            (TaskKind::Combine, Step { combiner: Some(part), .. })
            | (TaskKind::Reduce, Step { reducer: Some(part), .. }) => match part {
                Part::Linked(make) => Ok(Work::Reduce(make())),
                Part::Command(command) => Err(instead(command)),
                Part::Identity => Ok(Work::Copy),
            },
            (TaskKind::Combine, _) => Err(lacks("combiner")),
            (TaskKind::Reduce, _) => Err(lacks("reducer")),
        }
    }
}

fn instead(command: &howdah_plan::CommandLine) -> String {
    format!("this task is a command of its own; run `{}`", command.shown().join(" "))
}

fn execute(
    work: Work,
    info: &TaskInfo,
    input: impl Read,
    output: impl Write,
    errors: impl Write,
) -> Result<(), Failure> {
    let own_delimiter = lookup(&info.properties, "textinputformat.record.delimiter").is_some();
    let mut lines = Lines::new(input, terminator(info.kind, own_delimiter));
    let mut records = Records::new(output);
    let mut reporter = StderrReporter::new(errors);
    let done = catch_unwind(AssertUnwindSafe(|| {
        let mut out = TaskOutput::new(&mut records, &mut reporter, info);
        match work {
            Work::Map(mut mapper) => map(&mut *mapper, &mut lines, &mut out),
            Work::Reduce(mut reducer) => {
                reduce_groups(&mut *reducer, &mut SortedLines::new(&mut lines), &mut out)
            }
            Work::Copy => copy(&mut lines, &mut out),
        }?;
        records.flush()
    }));
    let done = done.unwrap_or_else(|panic| Err(TaskError::panic(&*panic)));
    if let Err(error) = done {
        let place = match lines.number() {
            _ if lines.have_ended() => Place::Finish,
            0 => Place::Start,
            number => Place::line(number, lines.offset(), lines.line()),
        };
        return Err(Failure { error, place });
    }
    reporter.flush();
    Ok(())
}

fn map(
    mapper: &mut dyn RawMapper,
    lines: &mut Lines<impl Read>,
    out: &mut TaskOutput<'_>,
) -> Result<(), TaskError> {
    mapper.start(out)?;
    out.check()?;
    while lines.advance()? {
        mapper.map(lines.line(), out)?;
        out.check()?;
    }
    mapper.finish(out)?;
    out.check()
}

fn copy(lines: &mut Lines<impl Read>, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    while lines.advance()? {
        out.records.key().extend_from_slice(lines.line());
        out.records.end()?;
    }
    Ok(())
}

/// A task's facts, as Hadoop Streaming tells them: every property is a variable of the environment.
fn info_from_environment(step: usize, kind: TaskKind) -> TaskInfo {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    info_from(step, kind, variables.collect())
}

fn info_from(step: usize, kind: TaskKind, properties: BTreeMap<String, String>) -> TaskInfo {
    let number = |name| lookup(&properties, name).and_then(|text| text.parse().ok());
    let mut info = TaskInfo::new(step, kind, number("mapreduce.task.partition").unwrap_or(0));
    // attempt_1700000000000_0001_m_000002_0: the attempt's number is last.
    info.attempt = lookup(&properties, "mapreduce.task.attempt.id")
        .and_then(|id| id.rsplit('_').next()?.parse().ok())
        .unwrap_or(0);
    if kind == TaskKind::Map {
        info.input_file = lookup(&properties, "mapreduce.map.input.file").map(str::to_owned);
    }
    info.properties = Arc::new(properties);
    info
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counter, Flow, Out, Pairs, Sum};

    const LINES: Counter = Counter::new("Test", "lines");

    fn plan() -> Plan {
        Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, u64>| {
                assert!(line != "panic", "as asked");
                out.count(&LINES, 1);
                line.split(' ').for_each(|word| out.emit(word, 1));
            })
            .fold(Sum)
            .map_fn(|(word, n), out: &mut Out<'_, u64, String>| out.emit(n, word))
            .map_only()
            .plan()
    }

    fn task(kind: TaskKind, step: usize, input: &[u8]) -> Result<(String, String), Failure> {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let work = Work::of(&plan(), kind, step).unwrap();
        execute(work, &TaskInfo::new(step, kind, 0), input, &mut output, &mut errors)?;
        Ok((String::from_utf8(output).unwrap(), String::from_utf8(errors).unwrap()))
    }

    #[test]
    fn each_role_reads_what_the_one_before_wrote() {
        let (mapped, counters) = task(TaskKind::Map, 0, b"b a b\na").unwrap();
        assert_eq!(mapped, "\"b\"\t1\n\"a\"\t1\n\"b\"\t1\n\"a\"\t1\n");
        assert!(counters.lines().all(|line| line.starts_with("reporter:counter:Test,lines,")));
        let sorted = b"\"a\"\t1\n\"a\"\t1\n\"b\"\t1\n\"b\"\t1\n";
        let (combined, _) = task(TaskKind::Combine, 0, sorted).unwrap();
        assert_eq!(combined, "\"a\"\t2\n\"b\"\t2\n");
        let (reduced, _) = task(TaskKind::Reduce, 0, combined.as_bytes()).unwrap();
        assert_eq!(reduced, "\"a\"\t2\n\"b\"\t2\n");
        let (swapped, _) = task(TaskKind::Map, 1, reduced.as_bytes()).unwrap();
        assert_eq!(swapped, "2\t\"a\"\n2\t\"b\"\n");
    }

    #[test]
    fn an_empty_input_is_a_task_too() {
        for (kind, step) in [(TaskKind::Map, 0), (TaskKind::Combine, 0), (TaskKind::Reduce, 0)] {
            assert_eq!(task(kind, step, b"").unwrap(), (String::new(), String::new()));
        }
    }

    #[test]
    fn a_failure_tells_its_line() {
        let failure = task(TaskKind::Map, 0, b"good\nb\xffd\ngood\n").unwrap_err();
        assert_eq!(failure.place, Place::line(2, 5, b"b\xffd"));
        assert_eq!(failure.error.slug(), "howdah::undecodable-record");
        let failure = task(TaskKind::Reduce, 0, b"\"a\"\t1\n\"a\"\t-1\n").unwrap_err();
        assert_eq!(failure.place, Place::line(2, 6, b"\"a\"\t-1"));
        let failure = task(TaskKind::Map, 0, b"good\npanic\n").unwrap_err();
        assert_eq!(failure.place, Place::line(2, 5, b"panic"));
        assert_eq!(failure.error.to_string(), "the job's code panicked: as asked");
        assert_eq!(failure.exit_code(), 1);
    }

    #[test]
    fn a_broken_pipe_fails_the_task() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let work = Work::of(&plan(), TaskKind::Map, 0).unwrap();
        let info = TaskInfo::new(0, TaskKind::Map, 0);
        let failure = execute(work, &info, &b"a"[..], Closed, io::sink()).unwrap_err();
        assert_eq!(failure.exit_code(), exit::BROKEN_PIPE);
    }

    #[test]
    fn a_step_or_part_that_is_not_there_is_named() {
        let says = |kind, step| Work::of(&plan(), kind, step).err().unwrap();
        assert_eq!(
            says(TaskKind::Map, 2),
            "`--step 2`: the job has 2 steps, from `--step 0` to `--step 1`"
        );
        assert_eq!(says(TaskKind::Combine, 1), "step 2 (`--step 1`) has no combiner");
        assert_eq!(says(TaskKind::Reduce, 1), "step 2 (`--step 1`) has no reducer");
    }

    #[test]
    fn facts_come_from_new_and_old_names() {
        let facts = |pairs: [(&str, &str); 3], kind| {
            info_from(0, kind, pairs.map(|(name, value)| (name.into(), value.into())).into())
        };
        let new = [
            ("mapreduce_task_partition", "2"),
            ("mapreduce_task_attempt_id", "attempt_1_0001_m_000002_3"),
            ("mapreduce_map_input_file", "file:/a"),
        ];
        let old = [
            ("mapred_task_partition", "2"),
            ("mapred_task_id", "attempt_1_0001_m_000002_3"),
            ("map_input_file", "file:/a"),
        ];
        for names in [new, old] {
            let info = facts(names, TaskKind::Map);
            assert_eq!((info.task, info.attempt), (2, 3));
            assert_eq!(info.input_file.as_deref(), Some("file:/a"));
            assert_eq!(facts(names, TaskKind::Reduce).input_file, None);
        }
    }

    #[test]
    fn a_later_step_reads_lines_with_one_more_separator() {
        let plan = Flow::<Pairs<String, u64>>::read().map(crate::Identity).map_only().plan();
        let work = Work::of(&plan, TaskKind::Map, 0).unwrap();
        let info = TaskInfo::new(0, TaskKind::Map, 0);
        let mut output = Vec::new();
        execute(work, &info, &b"\"a\"\t1\t\n"[..], &mut output, io::sink()).unwrap();
        assert_eq!(output, b"\"a\"\t1\n");
    }
}
