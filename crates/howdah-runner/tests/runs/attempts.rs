//! Attempts that fail: what they leave to the next one, and what is said of them.

use std::any::Any;
use std::sync::Mutex;

use howdah_plan::{
    CommandLine, Event, Part, Plan, RawFold, RawMapper, RawReducer, RawValues, Step, TaskError,
    TaskOutput,
};
use howdah_runner::{RunErrorKind, RunOptions, Splits, run};

use super::{Place, Sum, Words, failure, parts, quiet, text, word_count};

/// Words whose first attempt gives up when all of them are emitted.
struct WordsAtLast(Words);

impl RawMapper for WordsAtLast {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.0.map(line, out)
    }
    fn finish(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        assert!(out.info.attempt > 0, "as told");
        Ok(())
    }
}

/// Sums whose first attempt gives up when all of them are emitted.
struct SumAtLast(Sum);

impl RawReducer for SumAtLast {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        self.0.group(key, values, out)
    }
    fn finish(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        assert!(out.info.attempt > 0, "as told");
        self.0.finish(out)
    }
}

fn small(options: &mut RunOptions) {
    options.memory = Some(8 << 20);
    options.workers = Some(9);
    options.splits = Splits::Of(100_000);
}

#[test]
fn attempts_that_fail_after_spilling_leave_no_trace() {
    let place = Place::new(&[("in", &text(40_000))]);
    let mut plan = word_count();
    plan.steps[0].combiner = None;
    let mut options = place.options(&["in"], "at-once");
    small(&mut options);
    let expected = quiet(&plan, &options).unwrap();

    let mapper = Part::mapper(|| WordsAtLast(Words));
    let reducer = Part::reducer(|| SumAtLast(Sum));
    let again = Plan::new("word count", vec![Step::new(mapper, reducer)]);
    let mut options = place.options(&["in"], "again");
    small(&mut options);
    for kind in ["map", "reduce"] {
        options.properties.insert(format!("mapreduce.{kind}.maxattempts"), "2".into());
    }
    let outcome = quiet(&again, &options).unwrap();
    assert_eq!(parts(&place.path("again")), parts(&place.path("at-once")));
    assert_eq!(outcome.counters, expected.counters);
}

/// A fold that breaks when it is to add values up, or to say what it holds.
struct Broken {
    adds_up: bool,
}

impl Broken {
    fn plan(adds_up: bool) -> Plan {
        let mut plan = word_count();
        let make = howdah_plan::make::<dyn RawFold>(move || Box::new(Broken { adds_up }));
        plan.steps[0].fold = Some(make);
        plan
    }
}

impl RawFold for Broken {
    fn read(&mut self, _: &[u8]) -> Result<(), TaskError> {
        Ok(())
    }
    fn give(&mut self, _: &mut dyn Any) -> bool {
        false
    }
    fn merge(&mut self, _: &[u32]) -> Result<(), TaskError> {
        assert!(self.adds_up, "as told");
        Ok(())
    }
    fn write(&self, _: u32, _: &mut Vec<u8>) -> Result<(), TaskError> {
        panic!("as told")
    }
    fn clear(&mut self) {}
}

#[test]
fn a_panic_of_the_jobs_code_behind_the_mapper_is_a_failed_attempt_too() {
    let place = Place::new(&[("in", "a b a\n")]);
    let (message, code) = failure(&place, &Broken::plan(true), &place.options(&["in"], "out"));
    assert!(
        message.starts_with("map task 0 (attempt 0) failed: the job's code panicked: as told"),
        "{message}"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_record_is_not_blamed_for_what_was_combined_with_it() {
    // More words than are looked up together, so that the mapper is still at work.
    let place = Place::new(&[("in", &"a ".repeat(1000))]);
    let (message, _) = failure(&place, &Broken::plan(false), &place.options(&["in"], "out"));
    assert!(
        message.starts_with("map task 0 (attempt 0) failed: the job's code panicked: as told"),
        "{message}"
    );
    assert!(!message.contains("a a a") && !message.contains("byte 0"), "{message}");
}

/// A reducer that takes all values of a group, and then breaks at one key.
struct BrokenAt(&'static [u8]);

impl RawReducer for BrokenAt {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        _: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        while values.next()?.is_some() {}
        assert!(key != self.0, "as told");
        Ok(())
    }
}

#[test]
fn a_group_that_fails_is_told_by_its_key_and_not_by_the_next_one() {
    let place = Place::new(&[("in", "a b\x1b c a\n")]);
    let mapper = || Part::mapper(|| Words);
    let broken_at = |key: &'static [u8]| {
        let reducer = Part::reducer(move || BrokenAt(key));
        let plan = Plan::new("breaks", vec![Step::new(mapper(), reducer)]);
        let mut options = place.options(&["in"], "out");
        options.reducers = Some(1);
        failure(&place, &plan, &options).0
    };
    let message = broken_at(b"b\x1b");
    assert!(message.contains("the job's code panicked: as told\n  key: b\\x1b\n"), "{message}");
    // Behind the last group there is none at hand.
    let plan = Plan::new("breaks", vec![Step::new(mapper(), Part::reducer(|| SumAtLast(Sum)))]);
    let (message, _) = failure(&place, &plan, &place.options(&["in"], "out"));
    assert!(!message.contains("\n  key: "), "{message}");
}

#[test]
fn a_mapper_that_fails_behind_its_last_record_has_none() {
    let place = Place::new(&[("in", "a b\n")]);
    let plan = Plan::new("breaks", vec![Step::map_only(Part::mapper(|| WordsAtLast(Words)))]);
    let (message, _) = failure(&place, &plan, &place.options(&["in"], "out"));
    assert!(!message.contains("\n  record: "), "{message}");
}

#[test]
fn what_a_childs_end_means_is_told_behind_hadoops_own_line() {
    let place = Place::new(&[("in", "a\n")]);
    let told = |script: &str| {
        let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
        let plan = Plan::new("fails", vec![Step::map_only(mapper)]);
        failure(&place, &plan, &place.options(&["in"], "out")).0
    };
    let message = told("cat >/dev/null; exit 1");
    assert!(
        message.contains(
            "subprocess failed with code 1 (command: sh -c cat >/dev/null; exit 1)\n  \
             exit code 1: the program itself says that it failed\n"
        ),
        "{message}"
    );
    let message =
        told("cat >/dev/null; echo \"ModuleNotFoundError: No module named 'x'\" >&2; exit 1");
    assert!(
        message.contains("\n  cause: Python has no module `x` where the program ran\n"),
        "{message}"
    );
    assert!(message.contains("\nhint: ship it as one archive"), "{message}");
    let message = told("kill -SEGV $$");
    assert!(
        message.contains("\n  exit code 139: SIGSEGV ended it: segmentation fault"),
        "{message}"
    );
}

#[test]
fn a_combiners_child_that_fails_shows_its_last_words() {
    let place = Place::new(&[("in", "a b a\n")]);
    let mut plan = word_count();
    let script = "cat >/dev/null; echo it broke >&2; exit 3";
    plan.steps[0].combiner = Some(Part::Command(CommandLine::new(["sh", "-c", script])));
    let error = quiet(&plan, &place.options(&["in"], "out")).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("the combiner failed: "), "{message}");
    assert!(message.contains("subprocess failed with code 3"), "{message}");
    assert!(message.contains("\n  | it broke"), "{message}");
    assert_eq!(error.slug(), "howdah::job-error");
}

#[test]
fn what_a_child_reports_is_told_at_once_and_counted_together() {
    let place = Place::new(&[("in", "a\n")]);
    // It waits for somebody to have heard of its status.
    let heard = place.path("heard");
    let script = format!(
        "echo reporter:status:here >&2; for i in $(seq 300); do [ -e {0} ] && break; sleep 0.1; done; \
         [ -e {0} ] || exit 9; yes reporter:counter:g,n,2 | head -5000 >&2; cat",
        heard.display()
    );
    let mapper = Part::Command(CommandLine::new(["sh", "-c", &script]));
    let plan = Plan::new("reports", vec![Step::map_only(mapper)]);
    let told = Mutex::new(Vec::new());
    let outcome = run(&plan, &place.options(&["in"], "out"), &|event| {
        if let Event::Status { text, .. } = event {
            std::fs::write(&heard, "").unwrap();
            told.lock().unwrap().push(text);
        }
    })
    .unwrap();
    assert_eq!(*told.lock().unwrap(), ["here"]);
    assert_eq!(outcome.counters[0].get("g", "n"), 10_000);
}

#[test]
fn the_first_failure_is_told_and_not_that_the_others_were_stopped() {
    let files: Vec<_> = (0..8).map(|n| (format!("in{n}"), format!("{n}\n"))).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let place = Place::new(&files);
    let script = "read n; [ $n = 5 ] && sleep 0.3 && exit 7; sleep 60";
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    let plan = Plan::new("stops", vec![Step::map_only(mapper)]);
    let mut options = place.options(&["in*"], "out");
    options.workers = Some(8);
    let began = std::time::Instant::now();
    let error = quiet(&plan, &options).unwrap_err();
    assert!(error.to_string().contains("code 7"), "{error}");
    let RunErrorKind::Task(failed) = error.kind() else { panic!("{error}") };
    assert_eq!(failed.task, 5);
    assert!(began.elapsed().as_secs() < 30, "the others were ended");
}

#[test]
fn commands_that_are_to_speak_typed_bytes_are_refused_before_anything_runs() {
    let place = Place::new(&[("in", "a b\n")]);
    let cat = || CommandLine::new(["cat"]);
    let step = Step::new(Part::Command(cat()), Part::Command(cat()));
    for (pipe, id) in [("stream.map.output", "typedbytes"), ("stream.reduce.input", "RawBytes")] {
        let mut options = place.options(&["in"], "out");
        options.properties.insert(pipe.to_owned(), id.to_owned());
        let plan = Plan::new("cats", vec![step.clone()]);
        let (message, code) = failure(&place, &plan, &options);
        assert!(message.starts_with(&format!("`{pipe}` is `{id}`: ")), "{message}");
        assert_eq!(code, 2);
        assert!(quiet(&word_count(), &options).is_ok(), "linked code has no pipes");
        std::fs::remove_dir_all(place.path("out")).unwrap();
    }
}
