//! Isolation: a linked job as children of its own program.
//!
//! It proves that a job is the same under Hadoop Streaming: no state, no print and no type passes between its
//! tasks but by the pipe.

use std::ffi::OsString;
use std::path::Path;

use howdah_plan::{CommandLine, Part, Plan, TaskKind};

/// The plan with each linked part as a command: this very program as a task of Hadoop Streaming.
///
/// `args` are the job's own options. What a fold keeps in a table is dropped: a child keeps none. The filter of such a
/// mapper is dropped, too: the child runs it. Which of several inputs a child reads is for the engine to say, in the
/// property `howdah.input.name`.
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
    let task = |kind, step| task_command(program, kind, step, args);
    for (number, step) in plan.steps.iter_mut().enumerate() {
        for input in &mut step.inputs {
            if command(&mut input.mapper, || task(TaskKind::Map, number)) {
                input.filter = None;
            }
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

/// This program as a task of Hadoop Streaming.
pub(super) fn task_command(
    program: &Path,
    kind: TaskKind,
    step: usize,
    args: &[OsString],
) -> CommandLine {
    let own = [program.into(), kind.name().into(), "--step".into(), step.to_string().into()];
    CommandLine::new(own.into_iter().chain(args.iter().cloned()))
}

/// Puts a command in place of linked code; says whether there was any.
fn command<T: ?Sized>(part: &mut Part<T>, command: impl FnOnce() -> CommandLine) -> bool {
    let is_linked = matches!(part, Part::Linked(_));
    if is_linked {
        *part = Part::Command(command());
    }
    is_linked
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use howdah_plan::{Repeat, Source};

    use super::*;
    use crate::{Flow, Identity, Next, Out, Pairs, Sum, Text};

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
        let mapper = |step: usize| shown["steps"][step]["inputs"][0]["mapper"]["argv"].clone();
        assert_eq!(mapper(0), serde_json::json!(["/bin/job", "map", "--step", "0", "--x", "a b"]));
        assert_eq!(argv(0, "combiner")[1], "combine");
        assert_eq!(argv(0, "reducer")[1], "reduce");
        assert_eq!(mapper(1)[3], "1");
        assert!(plan.steps[0].fold.is_none());
    }

    #[test]
    fn a_filter_stays_only_before_a_command_of_the_jobs_own() {
        let linked = Flow::<Text>::input("linked")
            .filter_command("tail -n +2")
            .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1));
        let own = Flow::<Text>::input("own")
            .filter_command("tail -n +2")
            .map_command::<String, u64>("python3 words.py");
        let plan = isolate(linked.and(own).reduce(Identity).plan(), "/bin/job".as_ref(), &[]);
        let [linked, own] = plan.steps[0].inputs.as_slice() else { panic!("{plan:?}") };
        assert_eq!(linked.filter, None);
        assert_eq!(
            format!("{:?}", linked.mapper),
            "Command([\"/bin/job\", \"map\", \"--step\", \"0\"])"
        );
        assert_eq!(own.filter, Some(CommandLine::new(["tail", "-n", "+2"])));
        assert_eq!(format!("{:?}", own.mapper), "Command([\"python3\", \"words.py\"])");
    }

    #[test]
    fn loops_stay_as_they_are() {
        let pairs = Flow::<Pairs<String, u64>>::read().map(Identity).map_only();
        let mut plan = pairs.map(Identity).map_only().plan();
        plan.loops.push(Repeat::new(1, 1, Source::Step(0), Arc::new(|_| Next::Stop)));
        let loops = format!("{:?}", plan.loops);
        let plan = isolate(plan, "/bin/job".as_ref(), &[]);
        assert_eq!(format!("{:?}", plan.loops), loops);
        assert!(loops.contains("first: 1, last: 1"), "{loops}");
    }
}
