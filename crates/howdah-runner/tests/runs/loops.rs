//! Steps that run again, and runs of a part of a plan.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use howdah_plan::{
    CommandLine, Event, FrameworkCounter, Next, Part, Plan, RawMapper, Repeat, Round, Source, Step,
    StepInput, TaskError, TaskOutput,
};
use howdah_runner::{Keep, Output, RunErrorKind, RunOptions, run};

use super::{Place, failure, names, parts, quiet};

/// Halves even numbers, and counts them.
struct Halve;

impl RawMapper for Halve {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let number: u64 = std::str::from_utf8(line).unwrap().trim().parse().unwrap();
        let is_even = number.is_multiple_of(2);
        out.reporter.count("Numbers", "even", is_even.into());
        let halved = if is_even { number / 2 } else { number };
        out.records.key().extend_from_slice(halved.to_string().as_bytes());
        out.records.end()
    }
}

/// Appends a word to each line.
fn append(word: &str) -> Step {
    let script = format!("sed 's/[ \\t]*$/ {word}/'");
    Step::map_only(Part::Command(CommandLine::new(["sh", "-c", &script])))
}

type Decision = Arc<dyn Fn(&mut Round<'_>) -> Next + Send + Sync>;

fn until_all_are_odd() -> Decision {
    Arc::new(|round| if round.counter("Numbers", "even") == 0 { Next::Stop } else { Next::Again })
}

fn times(rounds: u32) -> Decision {
    Arc::new(move |round| if round.number() < rounds { Next::Again } else { Next::Stop })
}

fn halving() -> Plan {
    let mut plan = Plan::new("halve", vec![Step::map_only(Part::mapper(|| Halve))]);
    plan.loops.push(Repeat::new(0, 0, Source::Main, until_all_are_odd()));
    plan
}

/// All lines of an output, without blanks at their ends.
fn lines(place: &Place, folder: &str) -> Vec<String> {
    let parts = parts(&place.path(folder));
    parts.values().flat_map(|part| part.lines()).map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_loop_runs_until_it_is_enough_and_its_last_round_is_the_output() {
    let place = Place::new(&[("in", "12\n7\n16\n")]);
    let rounds = Mutex::new(Vec::new());
    let options = place.options(&["in"], "out");
    let outcome = run(&halving(), &options, &|event| match event {
        Event::StepStarted { round, .. } => {
            rounds.lock().unwrap().push(format!("begins {round:?}"));
        }
        Event::RoundFinished { round, .. } => {
            rounds.lock().unwrap().push(format!("ends {round:?}"));
        }
        _ => {}
    })
    .unwrap();
    assert_eq!(lines(&place, "out"), ["3", "7", "1"]);
    let expected = (1..=5).flat_map(|n| [format!("begins Some({n})"), format!("ends Some({n})")]);
    assert_eq!(rounds.into_inner().unwrap(), expected.collect::<Vec<_>>());
    assert_eq!(outcome.counters[0].framework(FrameworkCounter::MapInputRecords), 5 * 3);
    assert_eq!(outcome.counters[0].get("Numbers", "even"), 0, "the last round counts none");
    assert_eq!(place.names(), ["in", "out"]);
}

#[test]
fn a_loop_may_stream_its_last_round() {
    let place = Place::new(&[("in", "12\n")]);
    let mut options = place.options(&["in"], "unused");
    options.output = Output::Stream;
    let mut out = Vec::new();
    quiet(&halving(), &options).unwrap().copy_parts(&mut out).unwrap();
    assert_eq!(out, b"3\n");
    assert_eq!(place.names(), ["in"]);
}

#[test]
fn a_loop_that_fails_says_why_and_leaves_nothing() {
    let place = Place::new(&[("in", "12\n7\n")]);
    let mut plan = halving();
    for (decide, expected) in [
        (
            Arc::new(|round: &mut Round<'_>| match round.number() {
                2 => Next::Fail("it does not converge".into()),
                _ => Next::Again,
            }) as Decision,
            "after round 2: it does not converge",
        ),
        (
            Arc::new(|round: &mut Round<'_>| {
                assert!(round.number() < 3, "as told");
                Next::Again
            }),
            "after round 3: the job's code panicked: as told",
        ),
    ] {
        plan.loops[0].decide = decide;
        let options = place.options(&["in"], "out");
        let error = quiet(&plan, &options).unwrap_err();
        assert!(matches!(error.kind(), RunErrorKind::Loop { .. }), "{error:?}");
        assert_eq!(error.slug(), "howdah::loop");
        let (message, code) = failure(&place, &plan, &options);
        assert!(message.starts_with(expected), "{message}");
        assert_eq!(code, 1);
    }
}

#[test]
fn what_a_decision_sets_is_known_to_later_rounds_and_steps() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "while read line; do echo \"$line $my_round\"; done";
    let step = Step::map_only(Part::Command(CommandLine::new(["sh", "-c", script])));
    let mut plan = Plan::chain("rounds", vec![step.clone(), step]);
    let decide: Decision = Arc::new(|round| {
        round.set("my.round", round.number().to_string());
        round.say(format!("round {} is done", round.number()));
        if round.number() < 3 { Next::Again } else { Next::Stop }
    });
    plan.loops.push(Repeat::new(0, 0, Source::Main, decide));
    let messages = Mutex::new(Vec::new());
    let mut options = place.options(&["in"], "out");
    options.properties.insert("my.round".into(), "0".into());
    run(&plan, &options, &|event| {
        if let Event::RoundFinished { message: Some(message), .. } = event {
            messages.lock().unwrap().push(message);
        }
    })
    .unwrap();
    assert_eq!(lines(&place, "out"), ["a 0 1 2 3"]);
    let expected = ["round 1 is done", "round 2 is done", "round 3 is done"];
    assert_eq!(messages.into_inner().unwrap(), expected);
}

#[test]
fn all_that_was_written_on_the_way_is_kept_when_asked() {
    let place = Place::new(&[("in", "x\n")]);
    let mut plan = Plan::chain("all", vec![append("a"), append("b"), append("c"), append("d")]);
    plan.loops.push(Repeat::new(1, 2, Source::Step(0), times(2)));
    let mut options = place.options(&["in"], "out");
    options.keep = Keep::All;
    quiet(&plan, &options).unwrap();
    let kept = names(&place.path("out.steps"));
    let found: BTreeMap<_, _> = kept
        .iter()
        .map(|name| (name.as_str(), lines(&place, &format!("out.steps/{name}")).concat()))
        .collect();
    let expected = [
        ("0000", "x a"),
        ("0001.0001", "x a b"),
        ("0001.0002", "x a b c b"),
        ("0002.0001", "x a b c"),
        ("0002.0002", "x a b c b c"),
    ];
    assert_eq!(found, expected.map(|(name, text)| (name, text.to_owned())).into());
    assert_eq!(lines(&place, "out"), ["x a b c b c d"]);
    assert_eq!(place.names(), ["in", "out", "out.steps"]);

    // A second run does not find out at its end that they have no place.
    std::fs::remove_dir_all(place.path("out")).unwrap();
    let error = quiet(&plan, &options).unwrap_err();
    let RunErrorKind::OutputExists(path) = error.kind() else { panic!("{error:?}") };
    assert_eq!(*path, place.path("out.steps"));
    options.overwrite = true;
    quiet(&plan, &options).unwrap();
    assert_eq!(names(&place.path("out.steps")), kept);
}

#[test]
fn the_rounds_of_a_loop_at_the_end_are_kept_but_for_the_last() {
    let place = Place::new(&[("in", "x\n")]);
    let mut plan = Plan::chain("end", vec![append("a"), append("b")]);
    plan.loops.push(Repeat::new(0, 1, Source::Main, times(2)));
    let mut options = place.options(&["in"], "out");
    options.keep = Keep::All;
    quiet(&plan, &options).unwrap();
    assert_eq!(names(&place.path("out.steps")), ["0000.0001", "0000.0002", "0001.0001"]);
    assert_eq!(lines(&place, "out.steps/0001.0001"), ["x a b"]);
    assert_eq!(lines(&place, "out"), ["x a b a b"]);
}

#[test]
fn loops_in_loops_begin_anew_in_each_round() {
    let place = Place::new(&[("in", "x\n")]);
    let mut plan = Plan::chain("nested", vec![append("a"), append("b"), append("c")]);
    plan.loops.push(Repeat::new(1, 1, Source::Step(0), times(2)));
    plan.loops.push(Repeat::new(0, 2, Source::Main, times(2)));
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
    assert_eq!(lines(&place, "out"), ["x a b b c a b b c"]);
}

#[test]
fn an_inner_loop_that_begins_its_outer_one_reads_what_that_carries() {
    let place = Place::new(&[("in", "x\n")]);
    let mut plan = Plan::chain("nested", vec![append("a"), append("b")]);
    plan.loops.push(Repeat::new(0, 0, Source::Main, times(3)));
    plan.loops.push(Repeat::new(0, 1, Source::Main, times(2)));
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
    assert_eq!(lines(&place, "out"), ["x a a a b a a a b"]);
}

/// A step that reads what the one before wrote, and a source besides.
fn join(before: usize, other: Source) -> Step {
    let mut step = append("joined");
    step.inputs[0].source = Source::Step(before);
    let mut second = append("other").inputs.remove(0);
    second.source = other;
    step.inputs.push(second);
    step
}

#[test]
fn what_a_loop_carries_is_what_it_was_for_those_behind_it() {
    let place = Place::new(&[("in", "x\n")]);
    for rounds in [1, 2, 3] {
        let mut options = place.options(&["in"], "out");
        options.overwrite = true;
        let bs = " b".repeat(rounds as usize);
        // The job's input is carried, and read again behind the loop.
        let mut plan = Plan::new("main", vec![append("b"), join(0, Source::Main)]);
        plan.loops.push(Repeat::new(0, 0, Source::Main, times(rounds)));
        quiet(&plan, &options).unwrap();
        let mut found = lines(&place, "out");
        found.sort();
        assert_eq!(found, [format!("x{bs} joined"), "x other".to_owned()]);
        // What a step wrote.
        let mut plan = Plan::chain("step", vec![append("a"), append("b")]);
        plan.steps.push(join(1, Source::Step(0)));
        plan.loops.push(Repeat::new(1, 1, Source::Step(0), times(rounds)));
        quiet(&plan, &options).unwrap();
        let mut found = lines(&place, "out");
        found.sort();
        assert_eq!(found, [format!("x a{bs} joined"), "x a other".to_owned()]);
    }
}

#[test]
fn an_inner_loop_reads_what_lies_before_the_outer_one_in_each_of_its_rounds() {
    let place = Place::new(&[("in", "x\n")]);
    // The inner loop, step 1, begins with what step 0 wrote, in each round of steps 1 to 2. Step 2 joins it to what
    // the outer loop carries.
    let mut plan = Plan::new("nested", vec![append("a"), append("b")]);
    plan.steps[1].inputs[0].source = Source::Step(0);
    plan.steps.push(join(1, Source::Main));
    plan.loops.push(Repeat::new(1, 1, Source::Step(0), times(2)));
    plan.loops.push(Repeat::new(1, 2, Source::Main, times(2)));
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
    let mut found = lines(&place, "out");
    found.sort();
    assert_eq!(found, ["x a b b joined", "x a b b joined other", "x other other"]);
}

#[test]
fn a_part_of_a_plan_reads_what_the_step_before_it_wrote() {
    let place = Place::new(&[("in", "x\n")]);
    let plan = Plan::chain("part", vec![append("a"), append("b"), append("c"), append("d")]);
    let ran = |inputs: &[&str], output: &str, steps: std::ops::RangeInclusive<usize>| {
        let mut options = place.options(inputs, output);
        options.steps = steps;
        quiet(&plan, &options).unwrap();
        lines(&place, output).concat()
    };
    assert_eq!(ran(&["in"], "first", 0..=1), "x a b");
    assert_eq!(ran(&["first"], "rest", 2..=usize::MAX), "x a b c d");
    assert_eq!(ran(&["first"], "one", 3..=3), "x a b d");
}

#[test]
fn a_part_of_a_plan_needs_only_what_its_own_steps_read() {
    let place = Place::new(&[("in", "x\n"), ("users", "u\n")]);
    let mut plan = Plan::chain("part", vec![append("a"), append("b"), append("c")]);
    for (step, name) in [(0, "early"), (1, "users"), (2, "late")] {
        let input = StepInput::new(Source::Named(name.into()), Part::Identity);
        plan.steps[step].inputs.push(input);
    }
    let mut options = place.options(&["in"], "out");
    options.steps = 1..=1;
    let users = place.path("users").to_str().unwrap().to_owned();
    options.named_inputs.insert("users".into(), vec![users]);
    quiet(&plan, &options).unwrap();
    let mut found = lines(&place, "out");
    found.sort();
    assert_eq!(found, ["u", "x b"]);
}

/// Why steps of a plan do not run.
fn refusal(place: &Place, plan: &Plan, steps: std::ops::RangeInclusive<usize>) -> String {
    let mut options = place.options(&["in"], "out");
    options.steps = steps;
    let (message, code) = failure(place, plan, &options);
    assert_eq!(code, 2);
    message
}

#[test]
fn parts_of_a_plan_that_cannot_run_are_refused() {
    let place = Place::new(&[("in", "x\n")]);
    let mut plan = Plan::chain("part", vec![append("a"), append("b"), append("c"), append("d")]);
    plan.loops.push(Repeat::new(1, 2, Source::Step(0), times(2)));
    for steps in [0..=1, 2..=3, 2..=2, 1..=1] {
        let message = refusal(&place, &plan, steps);
        assert_eq!(message, "steps 1 to 2 are a loop: run all of it or none");
    }
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    for steps in [4..=4, 2..=1] {
        assert!(refusal(&place, &plan, steps).contains("the job has 4, counted from 0"));
    }
    plan.steps[3].inputs[0].source = Source::Step(0);
    let message = refusal(&place, &plan, 3..=3);
    assert!(message.contains("begin with an earlier step"), "{message}");
    let mut options: RunOptions = place.options(&["in"], "out");
    options.steps = 1..=2;
    quiet(&plan, &options).unwrap();
    assert_eq!(lines(&place, "out"), ["x b c b c"]);
}

#[test]
fn rounds_are_not_robbed_of_their_reducers() {
    let place = Place::new(&[("in", "x\n")]);
    let mut plan = Plan::new("loop", vec![Step::new(Part::Identity, Part::Identity)]);
    plan.loops.push(Repeat::new(0, 0, Source::Main, times(2)));
    let mut options = place.options(&["in"], "out");
    options.reducers = Some(0);
    let (message, code) = failure(&place, &plan, &options);
    assert!(message.contains("0 reducers"), "{message}");
    assert_eq!(code, 2);
    // Those that have none, or say how many, lose nothing.
    plan.steps[0].reducers = Some(1);
    quiet(&plan, &options).unwrap();
    options.overwrite = true;
    quiet(&halving_of_words(), &options).unwrap();
}

/// A loop of a step without a reducer.
fn halving_of_words() -> Plan {
    let mut plan = Plan::new("words", vec![append("a")]);
    plan.loops.push(Repeat::new(0, 0, Source::Main, times(2)));
    plan
}

#[test]
fn a_look_at_counters_sets_properties_and_may_fail_the_job() {
    let place = Place::new(&[("in", "2\n3\n4\n")]);
    let show = "while read line; do echo \"$line of $even\"; done";
    let second = Step::map_only(Part::Command(CommandLine::new(["sh", "-c", show])));
    let mut plan = Plan::chain("look", vec![Step::map_only(Part::mapper(|| Halve)), second]);
    plan.steps[0].after = Some(Arc::new(|round| {
        let even = round.counter("Numbers", "even");
        round.set("even", even.to_string());
    }));
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
    assert_eq!(lines(&place, "out"), ["1 of 2", "3 of 2", "2 of 2"]);
    plan.steps[0].after = Some(Arc::new(|_| panic!("as told")));
    let (message, code) = failure(&place, &plan, &place.options(&["in"], "other"));
    assert!(message.contains("the job's code panicked: as told"), "{message}");
    assert_eq!(code, 1);
}
