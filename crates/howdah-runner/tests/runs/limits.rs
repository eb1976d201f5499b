//! What a job may do no more of than is allowed: fail, count, leave unread, write in one line.

use std::sync::Mutex;

use howdah_plan::{
    CommandLine, Event, FrameworkCounter, Part, Plan, RawMapper, Step, TaskError, TaskOutput,
};
use howdah_runner::{RunErrorKind, RunOptions, run};

use super::{Place, Sum, Words, failure, parts, quiet};

fn with(place: &Place, inputs: &[&str], properties: &[(&str, &str)]) -> RunOptions {
    let mut options = place.options(inputs, "out");
    let properties = properties.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    options.properties.extend(properties);
    options
}

fn map_only(script: &str) -> Plan {
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    Plan::new("limits", vec![Step::map_only(mapper)])
}

fn warnings(plan: &Plan, options: &RunOptions) -> (howdah_runner::Outcome, Vec<(String, String)>) {
    let warnings = Mutex::new(Vec::new());
    let outcome = run(plan, options, &|event| {
        if let Event::Warning { slug, message } = event {
            warnings.lock().unwrap().push((slug, message));
        }
    });
    (outcome.unwrap(), warnings.into_inner().unwrap())
}

#[test]
fn a_part_of_the_map_tasks_may_fail() {
    let place = Place::new(&[("a", "x y\n"), ("b", "x panic!\n"), ("c", "y\n"), ("d", "z x\n")]);
    let plan = Plan::new("words", vec![Step::new(Part::mapper(|| Words), Part::reducer(|| Sum))]);
    let inputs = ["a", "b", "c", "d"];
    let allowed = ("mapreduce.map.failures.maxpercent", "25");
    let mut expected = None;
    for workers in [1, 4] {
        let mut options = with(&place, &inputs, &[allowed]);
        options.workers = Some(workers);
        let (outcome, warnings) = warnings(&plan, &options);
        assert_eq!(outcome.counters[0].get("Words", "seen"), 5, "without those of the failed task");
        assert_eq!(outcome.counters[0].framework(FrameworkCounter::MapInputRecords), 3);
        let [(slug, message)] = &warnings[..] else { panic!("{warnings:?}") };
        assert_eq!(slug, "howdah::tasks-left-out");
        assert!(message.contains("1 of 4 map tasks failed"), "{message}");
        assert!(message.contains("/b`, 9 bytes from byte offset 0)"), "{message}");
        let parts = parts(&place.path("out"));
        assert!(parts.contains_key("_SUCCESS"));
        assert_eq!(expected.get_or_insert_with(|| parts.clone()), &parts);
        std::fs::remove_dir_all(place.path("out")).unwrap();
    }
    let text: String = expected.unwrap().into_values().collect();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["x\t2", "y\t2", "z\t1"]);

    let fewer = with(&place, &inputs, &[("mapreduce.map.failures.maxpercent", "24")]);
    let (message, code) = failure(&place, &plan, &fewer);
    assert!(message.contains("the job's code panicked: as told"), "{message}");
    assert_eq!(code, 1);
}

#[test]
fn a_part_of_the_reduce_tasks_may_fail_and_their_parts_are_missing() {
    let place = Place::new(&[("in", "a b c d\n")]);
    let script = "cat; [ $mapreduce_task_partition != 1 ]";
    let reducer = Part::Command(CommandLine::new(["sh", "-c", script]));
    let plan = Plan::new("words", vec![Step::new(Part::mapper(|| Words), reducer)]);
    let allowed = [("mapreduce.reduce.failures.maxpercent", "50")];
    let told = Mutex::new(Vec::new());
    run(&plan, &with(&place, &["in"], &allowed), &|event| match event {
        Event::AttemptFailed { task, .. } => told.lock().unwrap().push(task.to_string()),
        Event::Warning { message, .. } => told.lock().unwrap().push(message),
        _ => {}
    })
    .unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told[0], "1");
    assert!(told[1].contains("1 of 2 reduce tasks failed"), "{told:?}");
    let names: Vec<_> = parts(&place.path("out")).into_keys().collect();
    assert_eq!(names, ["_SUCCESS", "part-00000"]);
}

/// Counts under as many names as its line says.
struct Namesake;

impl RawMapper for Namesake {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let text = String::from_utf8_lossy(line);
        let (group, many) = text.split_once(' ').unwrap();
        for name in 0..many.parse().unwrap() {
            out.reporter.count(group, &format!("{name}{}", "-".repeat(70)), 1);
        }
        Ok(())
    }
}

#[test]
fn linked_code_may_count_as_much_as_on_hadoop() {
    let plan = Plan::new("counts", vec![Step::map_only(Part::mapper(|| Namesake))]);
    let place = Place::new(&[("in", "G 118\n")]);
    let outcome = quiet(&plan, &with(&place, &["in"], &[])).unwrap();
    let cut = format!("117{}", "-".repeat(60));
    assert_eq!(outcome.counters[0].get("G", &cut), 1, "names are cut");

    let place = Place::new(&[("in", "G 119\n")]);
    let options = with(&place, &["in"], &[]);
    let (message, code) = failure(&place, &plan, &options);
    assert!(message.contains("map task 0 (attempt 0) failed: "), "{message}");
    assert!(
        message.contains("LimitExceededException: Too many counters: 121 max=120"),
        "{message}"
    );
    assert!(message.contains("\nhint: count less finely"), "{message}");
    assert_eq!(code, 1);
    assert_eq!(quiet(&plan, &options).unwrap_err().slug(), "howdah::too-many-counters");
    quiet(&plan, &with(&place, &["in"], &[("mapreduce.job.counters.max", "121")])).unwrap();
}

#[test]
fn the_counters_of_all_tasks_together_are_limited_too() {
    let place = Place::new(&[("a", "G 60\n"), ("b", "H 60\n")]);
    let plan = Plan::new("counts", vec![Step::map_only(Part::mapper(|| Namesake))]);
    let options = with(&place, &["a", "b"], &[]);
    let (message, code) = failure(&place, &plan, &options);
    assert!(
        message.contains("Too many counters: 121 max=120; the output is as it was"),
        "{message}"
    );
    assert_eq!(code, 1);
    let error = quiet(&plan, &options).unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::Counters { .. }), "{error:?}");
}

#[test]
fn a_line_too_long_on_the_standard_error_keeps_nobody_waiting() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "cat; head -c 3000000 /dev/zero >&2; echo >&2; echo reporter:counter:g,n,1 >&2";
    let options = with(&place, &["in"], &[("howdah.max.record", "1000")]);
    let (outcome, warnings) = warnings(&map_only(script), &options);
    assert_eq!(outcome.counters[0].get("g", "n"), 1);
    assert!(warnings[0].1.contains("a line of more than 1000 bytes"), "{warnings:?}");
}

#[test]
fn a_mapper_may_stop_reading_once_it_has_written_enough() {
    let place = Place::new(&[("in", &"some words\n".repeat(50_000))]);
    let least = |records| [("stream.minRecWrittenToEnableSkip_", records)];
    let plan = map_only("head -n 3");
    let outcome = quiet(&plan, &with(&place, &["in"], &least("3"))).unwrap();
    assert_eq!(outcome.counters[0].framework(FrameworkCounter::MapInputRecords), 50_000);
    std::fs::remove_dir_all(place.path("out")).unwrap();
    let (message, _) = failure(&place, &plan, &with(&place, &["in"], &least("4")));
    assert!(message.contains("Broken pipe: subprocess exited successfully"), "{message}");
    assert!(message.contains("\nhint: let the command read all of its input"), "{message}");
}

#[test]
fn a_command_that_fails_tells_what_it_was_given() {
    let place = Place::new(&[("in", "one\ntwo\n")]);
    let (message, _) = failure(&place, &map_only("cat; exit 3"), &with(&place, &["in"], &[]));
    let given = "\n  its input so far: from byte offset 0 to `DIR/in`, byte offset 8";
    assert!(message.contains(given), "{message}");
    let missing = Part::Command(CommandLine::new(["no-such-program"]));
    let plan = Plan::new("missing", vec![Step::map_only(missing)]);
    let (message, _) = failure(&place, &plan, &with(&place, &["in"], &[]));
    assert!(!message.contains("its input so far"), "{message}");
    assert!(message.contains("\nhint: there is no such file in the task's folder"), "{message}");
}

#[test]
fn an_exit_code_that_is_forgiven_is_told() {
    let place = Place::new(&[("in", "a\n")]);
    let options = with(&place, &["in"], &[("stream.non.zero.exit.is.failure", "false")]);
    let (_, warnings) = warnings(&map_only("cat; exit 3"), &options);
    let [(slug, message)] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(slug, "howdah::exit-code-ignored");
    assert!(message.contains("subprocess exited with code 3"), "{message}");
}
