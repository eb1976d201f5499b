//! Isolation: a linked job as children of its own program.
//!
//! It proves that a job is the same under Hadoop Streaming: no state, no print and no type passes between its
//! tasks but by the pipe.

use std::ffi::OsString;
use std::path::Path;

use howdah_plan::{CommandLine, Part, Plan, TaskKind};

/// The plan with each linked part as a command: this very program as a task of Hadoop Streaming.
///
/// `args` are the job's own options. What a fold keeps in a table is dropped: a child keeps none.
///
/// ```
/// use std::ffi::OsString;
/// use howdah::{Flow, Out, Sum, cli};
///
/// let plan = Flow::lines().map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1)).fold(Sum).plan();
/// let plan = cli::isolate(plan, "./word-count".as_ref(), &[OsString::from("--ignore-case")]);
/// let shown = format!("{:?}", plan.steps[0].inputs[0].mapper);
/// assert_eq!(shown, r#"Command(["./word-count", "map", "--step", "0", "--ignore-case"])"#);
/// ```
#[must_use]
pub fn isolate(mut plan: Plan, program: &Path, args: &[OsString]) -> Plan {
    let task = |kind: TaskKind, step: usize| {
        let own = [program.into(), kind.name().into(), "--step".into(), step.to_string().into()];
        CommandLine::new(own.into_iter().chain(args.iter().cloned()))
    };
    for (number, step) in plan.steps.iter_mut().enumerate() {
        for input in &mut step.inputs {
            command(&mut input.mapper, || task(TaskKind::Map, number));
        }
        if let Some(combiner) = &mut step.combiner {
            command(combiner, || task(TaskKind::Combine, number));
        }
        if let Some(reducer) = &mut step.reducer {
            command(reducer, || task(TaskKind::Reduce, number));
        }
        step.fold = None;
    }
    plan
}

/// Puts a command in place of linked code.
fn command<T: ?Sized>(part: &mut Part<T>, command: impl FnOnce() -> CommandLine) {
    if matches!(part, Part::Linked(_)) {
        *part = Part::Command(command());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flow, Identity, Out, Sum};

    #[test]
    fn each_linked_part_becomes_a_task_of_the_program() {
        let plan = Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1))
            .fold(Sum)
            .map(Identity)
            .map_only()
            .plan();
        assert!(plan.steps[0].fold.is_some());
        let plan = isolate(plan, "/bin/job".as_ref(), &["--x".into(), "a b".into()]);
        let shown = serde_json::to_value(&plan).unwrap();
        let argv = |step: usize, part: &str| shown["steps"][step][part]["argv"].clone();
        assert_eq!(
            argv(0, "mapper"),
            serde_json::json!(["/bin/job", "map", "--step", "0", "--x", "a b"])
        );
        assert_eq!(argv(0, "combiner")[1], "combine");
        assert_eq!(argv(0, "reducer")[1], "reduce");
        assert_eq!(argv(1, "mapper")[3], "1");
        assert!(plan.steps[0].fold.is_none());
    }
}
