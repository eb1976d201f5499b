//! Whole runs through the engine's public door.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod attempts;
mod back_off;
mod chaos;
mod damaged;
mod disk_limit;
#[cfg(unix)]
mod durable;
mod every_call;
mod faults;
mod input_limits;
mod inputs;
mod kept;
#[cfg(target_os = "linux")]
mod left_behind;
mod limits;
mod loops;
mod manifest;
mod sample;
mod side_files;
mod side_outputs;
mod silence;
mod sorted_values;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use howdah_plan::{
    CommandLine, Event, FrameworkCounter, Part, Plan, RawMapper, RawReducer, RawValues, Step,
    TaskError, TaskOutput,
};
use howdah_runner::manifest::{MANIFEST_NAME, VerifyOptions, verify};
use howdah_runner::{Keep, Outcome, Output, RunError, RunOptions, SharedClock, Splits, run};

/// Emits each word of a line with `1`.
struct Words;

impl RawMapper for Words {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        for word in line.split(|&byte| byte == b' ').filter(|word| !word.is_empty()) {
            assert!(word != b"panic!", "as told");
            out.records.key().extend_from_slice(word);
            out.records.value().push(b'1');
            out.records.end()?;
            out.reporter.count("Words", "seen", 1);
        }
        Ok(())
    }
}

/// Adds up numbers.
struct Sum;

impl RawReducer for Sum {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        let mut sum = 0u64;
        while let Some(value) = values.next()? {
            let text = String::from_utf8_lossy(value);
            sum += text
                .parse::<u64>()
                .map_err(|error| TaskError::decode("value", "u64", value, error))?;
        }
        out.records.key().extend_from_slice(key);
        out.records.value().extend_from_slice(sum.to_string().as_bytes());
        out.records.end()
    }
    fn finish(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        out.reporter.count("Sum", "tasks", 1);
        Ok(())
    }
}

fn word_count() -> Plan {
    let mut step = Step::new(Part::mapper(|| Words), Part::reducer(|| Sum));
    step.combiner = Some(Part::reducer(|| Sum));
    Plan::new("word count", vec![step])
}

fn text(lines: usize) -> String {
    let line = |n: usize| format!("word{} the  other{} the\n", n % 97, n * n % 1013);
    (0..lines).map(line).collect::<Vec<_>>().concat()
}

/// Lines of 40 characters, all different, which have nothing in common that a spill could leave out.
fn different_lines(lines: u64) -> String {
    let line = |n: u64| format!("{:016x}{n:024}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..lines).map(line).collect()
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("runs").tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        Place { folder }
    }

    fn options(&self, inputs: &[&str], output: &str) -> RunOptions {
        let mut options = RunOptions::default();
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        options.inputs = inputs.iter().map(|name| path(name)).collect();
        options.output = Output::Folder(path(output).into());
        options.temporary = Some(self.folder.path().to_owned());
        options
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Names in the folder.
    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn parts(folder: &Path) -> BTreeMap<String, String> {
    let part = |name: String| {
        let content = fs::read_to_string(folder.join(&name)).unwrap();
        (name, content)
    };
    names(folder).into_iter().filter(|name| folder.join(name).is_file()).map(part).collect()
}

/// All files of an output, with what is in them. Rejected records name their file: its folder is left out. A manifest
/// has the hashes of such files: what it says must be so.
fn tree(place: &Place) -> BTreeMap<String, String> {
    let (folder, temporary) = (place.path("out"), place.folder.path().to_str().unwrap());
    let mut files = BTreeMap::new();
    let mut left = vec![folder.clone()];
    while let Some(at) = left.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                left.push(path);
            } else if name == MANIFEST_NAME {
                let found = verify(&folder, &VerifyOptions::default(), &|_| {}).unwrap();
                assert_eq!(found.differences, []);
                files.insert(name, format!("{} files", found.files));
            } else {
                let content = fs::read_to_string(&path).unwrap();
                files.insert(name, content.replace(temporary, "DIR"));
            }
        }
    }
    files
}

fn quiet(plan: &Plan, options: &RunOptions) -> Result<Outcome, RunError> {
    run(plan, options, &|_| {})
}

#[test]
fn words_are_counted_into_hadoops_partitions() {
    let place = Place::new(&[("in", "b a\na c a\n")]);
    let outcome = quiet(&word_count(), &place.options(&["in"], "out")).unwrap();
    let expected = [("_SUCCESS", ""), ("part-00000", "a\t3\nc\t1\n"), ("part-00001", "b\t1\n")];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(parts(&place.path("out")), BTreeMap::from(expected));
    let counters = &outcome.counters[0];
    assert_eq!(counters.get("Words", "seen"), 5);
    assert_eq!(counters.get("Sum", "tasks"), 2 + 2, "two reducers, and the combiner's own");
    let framework = |counter| counters.framework(counter);
    assert_eq!(framework(FrameworkCounter::MapInputRecords), 2);
    assert_eq!(framework(FrameworkCounter::MapOutputRecords), 5);
    assert_eq!(framework(FrameworkCounter::MapOutputBytes), 5 * 4);
    assert_eq!(framework(FrameworkCounter::CombineInputRecords), 5);
    assert_eq!(framework(FrameworkCounter::CombineOutputRecords), 3);
    assert_eq!(framework(FrameworkCounter::ReduceInputGroups), 3);
    assert_eq!(framework(FrameworkCounter::ReduceOutputRecords), 3);
    assert_eq!(place.names(), ["in", "out"]);
}

#[test]
fn workers_memory_and_splits_do_not_show_in_the_output() {
    let place = Place::new(&[("in", &text(20_000)), ("more", &text(3000))]);
    let mut expected = None;
    for (run, (workers, memory, split)) in
        [(1, 1 << 30, 1 << 30), (2, 8 << 20, 100_000), (7, 8 << 20, 7_777)].into_iter().enumerate()
    {
        let output = format!("out{run}");
        let mut options = place.options(&["in", "more"], &output);
        options.workers = Some(workers);
        options.memory = Some(memory);
        options.splits = Splits::Of(split);
        options.reducers = Some(3);
        quiet(&word_count(), &options).unwrap();
        let parts = parts(&place.path(&output));
        assert_eq!(expected.get_or_insert_with(|| parts.clone()), &parts);
    }
}

#[test]
fn children_and_linked_code_give_the_same() {
    let place = Place::new(&[("in", &text(500))]);
    let command = |script: &str| CommandLine::new(["sh", "-c", script]);
    let mut linked = word_count();
    linked.steps[0].combiner = None;
    let children = Plan::new(
        "children",
        vec![Step::new(
            Part::Command(command("tr ' ' '\\n' | grep . | sed 's/$/\t1/'")),
            Part::Command(command("cut -f1 | uniq -c | awk '{print $2 \"\t\" $1}'")),
        )],
    );
    let mut combined = children.clone();
    combined.steps[0].combiner = Some(Part::Command(command("cat")));
    for (output, plan) in [("linked", linked), ("children", children), ("combined", combined)] {
        quiet(&plan, &place.options(&["in"], output)).unwrap();
    }
    assert_eq!(parts(&place.path("linked")), parts(&place.path("children")));
    assert_eq!(parts(&place.path("linked")), parts(&place.path("combined")));
}

#[test]
fn a_second_step_reads_what_the_first_wrote_and_a_map_only_step_keeps_the_order() {
    let place = Place::new(&[("in", "b b a\n")]);
    let mut plan = word_count();
    plan = Plan::chain(plan.name, vec![plan.steps.remove(0), Step::map_only(Part::Identity)]);
    let outcome = quiet(&plan, &place.options(&["in"], "out")).unwrap();
    let parts = parts(&place.path("out"));
    let lines: String = parts.values().cloned().collect();
    assert_eq!(lines, "a\t1\nb\t2\n");
    assert_eq!(outcome.counters.len(), 2);
    assert_eq!(place.names(), ["in", "out"]);
}

/// The message of a run that fails, and what it leaves.
fn failure(place: &Place, plan: &Plan, options: &RunOptions) -> (String, u8) {
    let before = place.names();
    let error = quiet(plan, options).unwrap_err();
    assert_eq!(place.names(), before, "a run that fails leaves everything as it was");
    let message = error.to_string().replace(place.folder.path().to_str().unwrap(), "DIR");
    (message, error.exit_code())
}

#[test]
fn an_input_that_is_missing_is_named() {
    let place = Place::new(&[]);
    let (message, code) = failure(&place, &word_count(), &place.options(&["nope"], "out"));
    assert_eq!((message.as_str(), code), ("Input path does not exist: file:DIR/nope", 5));
}

#[test]
fn an_output_that_exists_stays_unless_it_is_to_be_replaced() {
    let place = Place::new(&[("in", "a\n"), ("out", "mine\n")]);
    let mut options = place.options(&["in"], "out");
    let (message, code) = failure(&place, &word_count(), &options);
    assert!(message.starts_with("the output `DIR/out` exists"), "{message}");
    assert_eq!(code, 5);
    options.overwrite = true;
    let (message, code) = failure(&place, &word_count(), &options);
    assert!(message.contains("`DIR/out` is not the output of a job"), "{message}");
    assert_eq!(code, 5);
    fs::remove_file(place.path("out")).unwrap();
    fs::create_dir(place.path("out")).unwrap();
    fs::write(place.path("out/_SUCCESS"), "").unwrap();
    fs::write(place.path("out/part-00009"), "old").unwrap();
    quiet(&word_count(), &options).unwrap();
    assert!(!place.path("out/part-00009").exists());
    assert!(place.path("out/_SUCCESS").exists());
    assert_eq!(place.names(), ["in", "out"]);
}

#[test]
fn of_two_runs_of_one_output_one_wins_and_the_other_says_so() {
    /// Passes on what it reads; before, somebody else makes the output.
    struct Overtaken(Arc<dyn Fn() + Send + Sync>);
    impl RawMapper for Overtaken {
        fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
            self.0();
            out.records.key().extend_from_slice(line);
            out.records.end()
        }
    }
    for is_run in [true, false] {
        let place = Place::new(&[("in", "slow\n"), ("other", "quick\n")]);
        let (other, output) = (place.options(&["other"], "out"), place.path("out"));
        let somebody = Arc::new(move || {
            if is_run {
                quiet(&word_count(), &other).unwrap();
            } else {
                fs::create_dir(&output).unwrap();
            }
        });
        let mapper = Part::mapper(move || Overtaken(Arc::clone(&somebody) as _));
        let slow = Plan::new("slow", vec![Step::map_only(mapper)]);
        let error = quiet(&slow, &place.options(&["in"], "out")).unwrap_err();
        assert_eq!((error.slug(), error.exit_code()), ("howdah::output-exists", 5), "{error}");
        let left = parts(&place.path("out")).into_values().collect::<String>();
        assert_eq!(left, if is_run { "quick\t1\n" } else { "" });
        assert_eq!(place.names(), ["in", "other", "out"]);
    }
}

#[test]
fn an_output_that_holds_the_input_is_never_replaced() {
    let place = Place::new(&[]);
    fs::create_dir(place.path("data")).unwrap();
    fs::write(place.path("data/in"), "a\n").unwrap();
    fs::write(place.path("data/_SUCCESS"), "").unwrap();
    for input in ["data", "data/in", "data/*"] {
        let mut options = place.options(&[input], "data");
        options.overwrite = true;
        let (message, code) = failure(&place, &word_count(), &options);
        assert!(message.contains("is in the output `DIR/data`"), "{message}");
        assert_eq!(code, 5);
        assert_eq!(fs::read_to_string(place.path("data/in")).unwrap(), "a\n");
    }
}

#[test]
fn steps_are_not_robbed_of_their_reducers() {
    let place = Place::new(&[("in", "a\n")]);
    let mut plan = word_count();
    plan.steps.extend(word_count().steps);
    let mut options = place.options(&["in"], "out");
    options.reducers = Some(0);
    let (message, code) = failure(&place, &plan, &options);
    assert!(message.contains("0 reducers"), "{message}");
    assert_eq!(code, 2);
}

#[test]
fn a_panic_is_a_failed_attempt_with_its_place() {
    let place = Place::new(&[("in", "a b\nc panic!\n")]);
    let (message, code) = failure(&place, &word_count(), &place.options(&["in"], "out"));
    assert!(
        message.starts_with("map task 0 (attempt 0) failed: the job's code panicked: as told"),
        "{message}"
    );
    assert!(message.contains("at `DIR/in`, byte offset 4\n  record: c panic!"), "{message}");
    assert_eq!(code, 1);
}

#[test]
fn a_child_that_fails_shows_its_last_words() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "cat >/dev/null; echo reporter:counter:g,n,1 >&2; echo it broke >&2; exit 3";
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    let plan = Plan::new("fails", vec![Step::map_only(mapper)]);
    let (message, code) = failure(&place, &plan, &place.options(&["in"], "out"));
    assert!(message.contains("subprocess failed with code 3"), "{message}");
    assert!(message.contains("\n  | it broke"), "{message}");
    assert!(!message.contains("| reporter:"), "{message}");
    assert_eq!(code, 1);
}

#[test]
fn another_attempt_may_succeed_and_the_failed_one_counts_nothing() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "case $mapreduce_task_attempt_id in *_0) echo reporter:counter:g,n,1 >&2; exit 1;; esac; \
                  echo reporter:counter:g,n,1 >&2; cat";
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    let mut options = place.options(&["in"], "out");
    options.properties.insert("mapreduce.map.maxattempts".into(), "2".into());
    let failed = Mutex::new(0);
    let outcome = run(&Plan::new("again", vec![Step::map_only(mapper)]), &options, &|event| {
        if let Event::AttemptFailed { .. } = event {
            *failed.lock().unwrap() += 1;
        }
    })
    .unwrap();
    assert_eq!(*failed.lock().unwrap(), 1);
    assert_eq!(outcome.counters[0].get("g", "n"), 1);
    assert_eq!(fs::read_to_string(place.path("out/part-00000")).unwrap(), "a\t\n");
}

/// Writes a record at its end, also when it had none before.
struct Trailer;

impl RawReducer for Trailer {
    fn group(
        &mut self,
        _: &[u8],
        _: &mut dyn RawValues,
        _: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        Ok(())
    }
    fn finish(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        out.reporter.count("Trailer", "written", 1);
        out.records.key().extend_from_slice(b"end");
        out.records.end()
    }
}

#[test]
fn what_a_reducer_without_records_writes_is_discarded_with_a_warning() {
    let place = Place::new(&[("in", "a a\n")]);
    let plan =
        Plan::new("trailer", vec![Step::new(Part::mapper(|| Words), Part::reducer(|| Trailer))]);
    let warnings = Mutex::new(Vec::new());
    let outcome = run(&plan, &place.options(&["in"], "out"), &|event| {
        if let Event::Warning { slug, .. } = event {
            warnings.lock().unwrap().push(slug);
        }
    })
    .unwrap();
    assert_eq!(outcome.counters[0].get("Trailer", "written"), 1);
    assert_eq!(*warnings.lock().unwrap(), ["howdah::output-of-empty-partition"]);
    let parts: String = parts(&place.path("out")).into_values().collect();
    assert_eq!(parts, "end\n", "a record without a value has no separator");
}

#[test]
fn a_stream_gives_the_parts_in_order_once_the_job_has_succeeded() {
    let place = Place::new(&[("in", "b a\n")]);
    let mut options = place.options(&["in"], "unused");
    options.output = Output::Stream;
    let outcome = quiet(&word_count(), &options).unwrap();
    let mut out = Vec::new();
    outcome.copy_parts(&mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "a\t1\nb\t1\n");
    assert_eq!(place.names(), ["in"]);
}

#[test]
fn what_is_to_be_kept_is_kept() {
    let place = Place::new(&[("in", "b b a\n")]);
    let mut plan = word_count();
    plan = Plan::chain(plan.name, vec![plan.steps.remove(0), Step::map_only(Part::Identity)]);
    let mut options = place.options(&["in"], "out");
    options.keep = Keep::All;
    quiet(&plan, &options).unwrap();
    assert_eq!(place.names(), ["in", "out", "out.steps"]);
    let step: String = parts(&place.path("out.steps/0000")).into_values().collect();
    assert_eq!(step, "a\t1\nb\t2\n");

    options.output = Output::Folder(place.path("other"));
    options.keep = Keep::Failed;
    plan.steps[1].inputs[0].mapper = Part::Command(CommandLine::new(["false"]));
    let warnings = Mutex::new(Vec::new());
    run(&plan, &options, &|event| {
        if let Event::Warning { message, .. } = event {
            warnings.lock().unwrap().push(message);
        }
    })
    .unwrap_err();
    let kept = warnings.lock().unwrap()[0].split('`').nth(1).unwrap().to_owned();
    let step: String = parts(&Path::new(&kept).join("step-0000"))
        .into_iter()
        .filter_map(|(name, text)| name.starts_with("part-").then_some(text))
        .collect();
    assert_eq!(step, "a\t1\nb\t2\n");
    assert!(!place.path("other").exists());
}

/// A clock that stands still.
struct Frozen(std::time::Instant);

impl howdah_platform::Clock for Frozen {
    fn now(&self) -> std::time::Instant {
        self.0
    }
    fn system_time(&self) -> std::time::SystemTime {
        std::time::UNIX_EPOCH
    }
}

#[test]
fn a_run_asks_its_clock_for_the_time() {
    let place = Place::new(&[("in", "a b\n")]);
    let mut options = place.options(&["in"], "out");
    options.clock = SharedClock(std::sync::Arc::new(Frozen(std::time::Instant::now())));
    let spent = Mutex::new(Vec::new());
    let outcome = run(&word_count(), &options, &|event| {
        if let Event::StepFinished { summary, .. } = event {
            spent.lock().unwrap().push(summary.elapsed);
        }
    })
    .unwrap();
    assert_eq!(outcome.elapsed, std::time::Duration::ZERO);
    assert_eq!(*spent.lock().unwrap(), [std::time::Duration::ZERO]);
}
