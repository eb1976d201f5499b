//! What a job consists of, for people and as JSON.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use howdah_plan::{Part, Plan, Step, exit};

use super::complain;

pub(super) fn print(plan: &Plan, json: bool) -> ExitCode {
    let text = if json {
        match serde_json::to_string_pretty(plan) {
            Ok(text) => text + "\n",
            Err(error) => {
                complain(&format!("error: the plan cannot be written as JSON: {error}"));
                return exit::BUG.into();
            }
        }
    } else {
        shown(plan)
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => exit::OK.into(),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::BROKEN_PIPE.into(),
        Err(error) => {
            complain(&format!("error: the standard output cannot be written: {error}"));
            exit::IO.into()
        }
    }
}

fn shown(plan: &Plan) -> String {
    let steps = plan.steps.len();
    let mut text = format!("{}: {steps} step{}\n", plan.name, if steps == 1 { "" } else { "s" });
    for (number, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(text, "  --step {number}  {}", parts(step).join(", "));
    }
    text
}

fn parts(step: &Step) -> Vec<String> {
    let mut parts = vec![part("map", &step.inputs[0].mapper)];
    if let Some(combiner) = &step.combiner {
        parts.push(part("combine", combiner));
    }
    match (&step.reducer, step.reducers) {
        (None, _) => parts.push("no reducer".to_owned()),
        (Some(reducer), None) => parts.push(part("reduce", reducer)),
        (Some(reducer), Some(1)) => parts.push(part("reduce", reducer) + " in 1 task"),
        (Some(reducer), Some(n)) => parts.push(format!("{} in {n} tasks", part("reduce", reducer))),
    }
    parts.extend(step.properties.iter().map(|(name, value)| format!("{name}={value}")));
    parts
}

fn part<T: ?Sized>(role: &str, part: &Part<T>) -> String {
    match part {
        Part::Linked(_) => role.to_owned(),
        Part::Command(command) => format!("{role} by `{}`", command.shown().join(" ")),
        Part::Identity => format!("{role} nothing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Desc, Flow, Out, Sum};

    #[test]
    fn steps_are_shown_one_a_line() {
        let mut plan = Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1))
            .property("a.b", "c")
            .fold(Sum)
            .map_fn(|(word, n), out: &mut Out<'_, Desc<u64>, String>| out.emit(Desc(*n), word))
            .reducers(1)
            .reduce(crate::Identity)
            .plan();
        plan.name = "words".to_owned();
        assert_eq!(
            shown(&plan),
            "words: 2 steps\n  --step 0  map, combine, reduce, a.b=c\n  --step 1  map, reduce in 1 task\n"
        );
    }
}
