//! What a job consists of, for people and as JSON.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use howdah_plan::secrets::hidden;
use howdah_plan::{CommandLine, Part, Plan, Repeat, SideFile, Source, Step, StepInput, exit};

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
        let _ = writeln!(text, "  --step {number}  {}", parts(number, step).join(", "));
    }
    for repeat in &plan.loops {
        let _ = writeln!(text, "  {}", looped(repeat));
    }
    text
}

fn parts(number: usize, step: &Step) -> Vec<String> {
    let mut parts = mappers(number, &step.inputs);
    if let Some(combiner) = &step.combiner {
        parts.push(part("combine", combiner));
    }
    if step.sort_values {
        parts.push("sorted values".to_owned());
    }
    match (&step.reducer, step.reducers) {
        (None, _) => parts.push("no reducer".to_owned()),
        (Some(reducer), None) => parts.push(part("reduce", reducer)),
        (Some(reducer), Some(1)) => parts.push(part("reduce", reducer) + " in 1 task"),
        (Some(reducer), Some(n)) => parts.push(format!("{} in {n} tasks", part("reduce", reducer))),
    }
    parts.extend(step.outputs.iter().map(|name| format!("output `{name}`")));
    parts.extend(step.codec.iter().map(|codec| format!("written as {codec}")));
    parts.extend(step.files.iter().map(side_file));
    parts.extend(
        step.properties.iter().map(|(name, value)| format!("{name}={}", hidden(name, value))),
    );
    if step.after.is_some() {
        parts.push("then a look at its counters".to_owned());
    }
    parts
}

/// What is done to each input. The name of a step's only input goes without saying if it is what comes before it: the
/// job's input, or what the last step wrote.
fn mappers(number: usize, inputs: &[StepInput]) -> Vec<String> {
    let before = number.checked_sub(1).map_or(Source::Main, Source::Step);
    let is_plain = matches!(inputs, [only] if only.source == before);
    let mappers = inputs.iter().map(|input| {
        let mut role = "map".to_owned();
        if !is_plain {
            role.extend([" ", &*input.source.name()]);
        }
        if input.whole_files {
            role.push_str(" as whole files");
        }
        let mut mapper = part(&role, &input.mapper);
        if let Some(filter) = &input.filter {
            mapper.extend([" behind ", &*command(filter)]);
        }
        mapper
    });
    mappers.collect()
}

fn part<T: ?Sized>(role: &str, part: &Part<T>) -> String {
    match part {
        Part::Linked(_) => role.to_owned(),
        Part::Command(by) => format!("{role} by {}", command(by)),
        Part::Identity => format!("{role} unchanged"),
    }
}

fn command(command: &CommandLine) -> String {
    format!("`{}`", command.line())
}

fn side_file(file: &SideFile) -> String {
    let kind = if file.is_archive { "archive" } else { "file" };
    let path = file.path.display();
    if file.path.file_name().is_some_and(|name| name == &*file.name) {
        format!("{kind} {path}")
    } else {
        format!("{kind} {path} as {}", file.name)
    }
}

fn looped(repeat: &Repeat) -> String {
    // Numbered as the steps above are.
    let Repeat { first, last, .. } = repeat;
    if first == last {
        format!("--step {first}  repeats until the job says stop")
    } else {
        format!("--step {first} to {last}  repeat until the job says stop")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Desc, Files, Flow, Identity, Next, Out, Pairs, SideFile, Sum, Text};

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

    #[test]
    fn what_looks_like_a_secret_is_not_shown() {
        let plan = Flow::<Text>::input("users")
            .filter_command("fetch --api-key=hush -v")
            .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1))
            .property("my.password", "hush")
            .fold(Sum)
            .plan();
        let shown = shown(&plan);
        assert!(shown.contains("`fetch --api-key=******** -v`"), "{shown}");
        assert!(shown.contains("my.password=********"), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }

    type Pages = Flow<Pairs<String, String>>;

    #[test]
    fn inputs_are_named_where_there_are_several_or_another_than_before() {
        let users = Flow::<Text>::input("users")
            .filter_command("grep -v ^#")
            .map_fn(|line, out: &mut Out<'_, String, String>| out.emit(line, ""));
        let orders = Flow::<Text>::input("orders").map_command::<String, String>("orders.py -x");
        let images = Flow::<Files>::files().map_fn(|path, out: &mut Out<'_, String, String>| {
            out.emit("", path.display().to_string());
        });
        let plan = users
            .and(orders)
            .and(images)
            .side_file(&SideFile::new("data/stop.txt"))
            .side_file(&SideFile::new("data/a.zip").named("a").archive())
            .sort_values()
            .reduce_fn(|id, _, out: &mut Out<'_, String, String>| out.emit(id, ""))
            .codec("gzip")
            .after(|_| ())
            .shuffle()
            .reduce(Identity)
            .plan();
        assert_eq!(
            shown(&plan),
            "job: 2 steps\n  \
             --step 0  map users behind `grep -v ^#`, map orders by `orders.py -x`, map main as whole files, \
             sorted values, reduce, written as gzip, file data/stop.txt, archive data/a.zip as a, \
             mapreduce.job.partitioner.class=org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner, \
             mapreduce.partition.keypartitioner.options=-k1,1, stream.num.map.output.key.fields=2, \
             then a look at its counters\n  \
             --step 1  map unchanged, reduce\n"
        );
        let plan = Pages::input("pages").map(Identity).map_only().plan();
        assert_eq!(shown(&plan), "job: 1 step\n  --step 0  map pages, no reducer\n");
        let plan = Flow::<Files>::files()
            .map_fn(|_, out: &mut Out<'_, (), ()>| out.emit((), ()))
            .map_only()
            .plan();
        assert_eq!(shown(&plan), "job: 1 step\n  --step 0  map as whole files, no reducer\n");
    }

    #[test]
    fn loops_are_lines_of_their_own() {
        let links = Pages::input("links").map(Identity).map_only();
        let joined = Pages::read().map(Identity).and(links.map(Identity)).reduce(Identity);
        let mut plan = joined.map(Identity).map_only().plan();
        let decide: howdah_plan::Decide = Arc::new(|_| Next::Stop);
        plan.loops.push(Repeat::new(2, 2, Source::Step(1), Arc::clone(&decide)));
        plan.loops.push(Repeat::new(1, 2, Source::Main, decide));
        assert_eq!(
            shown(&plan),
            "job: 3 steps\n  \
             --step 0  map links, no reducer\n  \
             --step 1  map main, map step-0, reduce\n  \
             --step 2  map, no reducer\n  \
             --step 2  repeats until the job says stop\n  \
             --step 1 to 2  repeat until the job says stop\n"
        );
    }
}
