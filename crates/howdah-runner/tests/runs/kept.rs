//! `--keep failed`: what is left of a run that fails, and how it is found.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use howdah_codec::Codec;
use howdah_plan::{
    CommandLine, Event, Next, Part, Plan, RawMapper, RawReducer, RawValues, Repeat, Round, Source,
    Step, TaskError, TaskOutput,
};
use howdah_runner::{Keep, RunOptions, SharedStorage, run};
use howdah_sequence_file::Reader;
use serde_json::{Value, json};

use super::faults::Failing;
use super::{Place, Words, names, word_count};

/// Runs a plan that fails; gives the folder that it says to have kept.
fn kept(plan: &Plan, options: &RunOptions) -> Option<PathBuf> {
    let kept = Mutex::new(None);
    run(plan, options, &|event| {
        if let Event::Warning { slug, message } = event {
            assert_eq!(slug, "howdah::kept");
            *kept.lock().unwrap() = message.split('`').nth(1).map(PathBuf::from);
        }
    })
    .unwrap_err();
    kept.into_inner().unwrap()
}

fn failure(kept: &Path) -> Value {
    serde_json::from_slice(&fs::read(kept.join("failure.json")).unwrap()).unwrap()
}

/// Writes a file beside its records, says something, and fails at a line.
const SCRIPT: &str =
    "echo half > \"${mapreduce_task_output_dir#file:}/notes\"; cat; echo it broke >&2; exit 3";

fn failing() -> Plan {
    let mapper = CommandLine::new(["sh", "-c", SCRIPT, "--password", "hunter2"]);
    let steps = vec![word_count().steps.remove(0), Step::map_only(Part::Command(mapper))];
    Plan::chain("fails", steps)
}

fn options(place: &Place) -> RunOptions {
    let mut options = place.options(&["in"], "out");
    options.temporary = Some(place.path("temporary"));
    fs::create_dir(place.path("temporary")).unwrap();
    options.keep = Keep::Failed;
    options.reducers = Some(1);
    options
}

#[test]
fn what_failed_is_kept_outside_of_the_output_and_says_why() {
    let place = Place::new(&[("in", "b a\n")]);
    let kept = kept(&failing(), &options(&place)).unwrap();
    assert_eq!(place.names(), ["in", "temporary"], "nothing is left beside the output");
    assert_eq!(kept.parent().unwrap(), place.path("temporary"));
    assert!(kept.file_name().unwrap().to_str().unwrap().starts_with("howdah-kept-"));
    assert_eq!(names(&kept), ["failure.json", "step-0000", "step-0001"]);
    assert_eq!(fs::read_to_string(kept.join("step-0000/part-00000")).unwrap(), "a\t1\nb\t1\n");
    let attempt = kept.join("step-0001/_temporary/map-0-0");
    assert_eq!(fs::read_to_string(attempt.join("notes")).unwrap(), "half\n");
    assert_eq!(fs::read_to_string(attempt.join("part-00000")).unwrap(), "a\t1\nb\t1\n");

    let failure = failure(&kept);
    assert_eq!(failure["schema"], "howdah.failure/1");
    assert_eq!(failure["exit_code"], 1);
    let message = failure["message"].as_str().unwrap();
    assert!(message.starts_with("step 2 of 2: map task 0 (attempt 0) failed: "), "{message}");
    let task = &failure["task"];
    assert_eq!(task["exit_status"], 3);
    assert_eq!(
        (&task["step"], &task["kind"], &task["task"]),
        (&json!(1), &json!("map"), &json!(0))
    );
    assert_eq!(task["attempt"], 0);
    assert!(task["error"].as_str().unwrap().contains("subprocess failed with code 3"), "{task}");
    assert_eq!(task["stderr"], json!(["it broke"]));
    assert!(task["input"]["path"].as_str().unwrap().ends_with("part-00000"), "{task}");
    assert!(task["input"]["offset"].is_u64(), "{task}");
    let command = task["commands"][0].as_str().unwrap();
    assert!(command.contains("--password ********") && !command.contains("hunter2"), "{command}");

    // It is not swept by the next run.
    super::quiet(&word_count(), &place.options(&["in"], "next")).unwrap();
    let mut next = place.options(&["in"], "next-there");
    next.temporary = Some(place.path("temporary"));
    super::quiet(&word_count(), &next).unwrap();
    assert_eq!(names(&kept), ["failure.json", "step-0000", "step-0001"]);
}

#[test]
fn linked_code_is_told_with_its_record() {
    /// Fails at a record.
    struct Picky;
    impl RawMapper for Picky {
        fn map(&mut self, line: &[u8], _: &mut TaskOutput<'_>) -> Result<(), TaskError> {
            if line == b"bad" { Err(TaskError::job("as told")) } else { Ok(()) }
        }
    }
    let place = Place::new(&[("in", "good\nbad\n")]);
    let plan = Plan::new("picky", vec![Step::map_only(Part::mapper(|| Picky))]);
    let kept = kept(&plan, &options(&place)).unwrap();
    let task = &failure(&kept)["task"];
    assert_eq!(task["record"], "bad");
    assert_eq!(task["input"]["offset"], 5);
    assert_eq!(task["input"]["path"], place.path("in").to_str().unwrap());
    assert_eq!(task["commands"], json!([]));
}

/// Writes lines to its part and to an output with a name. At one it begins a record and fails, at another it panics.
struct Half;

impl RawMapper for Half {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let side = out.side.as_mut().unwrap().output("late")?;
        side.key().extend_from_slice(line);
        side.end()?;
        out.records.key().extend_from_slice(line);
        assert_ne!(line, b"panic");
        if line == b"fail" {
            return Err(TaskError::job("as told"));
        }
        out.records.end()
    }
}

impl RawReducer for Half {
    fn group(
        &mut self,
        key: &[u8],
        _: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        self.map(key, out)
    }
}

/// The lines of a file, or the keys of a `SequenceFile`.
fn lines(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap();
    let mut unpacked = Vec::new();
    match path.extension() {
        Some(_) => {
            let mut decoder = Codec::Gzip.decoder(&bytes[..]).unwrap();
            decoder.read_to_end(&mut unpacked).unwrap();
        }
        None if bytes.starts_with(b"SEQ") => {
            let mut records = Reader::new(&bytes[..]).unwrap();
            while let Some(record) = records.next_record().unwrap() {
                unpacked.extend_from_slice(&record.key[1..]); // behind the length of a `Text`
                unpacked.push(b'\n');
            }
        }
        None => unpacked = bytes,
    }
    String::from_utf8(unpacked).unwrap().lines().map(str::to_owned).collect()
}

/// What lies in buffers when an attempt fails, too.
#[test]
fn the_failed_attempt_is_kept_up_to_its_last_record() {
    let map_only: fn() -> Step = || Step::map_only(Part::mapper(|| Half));
    let reduced: fn() -> Step = || Step::new(Part::mapper(|| Words), Part::reducer(|| Half));
    let (sequence_files, text) =
        ("org.apache.hadoop.mapred.SequenceFileOutputFormat", "org.apache.hadoop.io.Text");
    for (step, kind) in [(map_only, "map"), (reduced, "reduce")] {
        for last in ["fail", "panic"] {
            for form in ["", ".gz", "SEQ"] {
                let place = Place::new(&[("in", &format!("a\nb\n{last}\n"))]);
                let mut options = options(&place);
                let suffix = if form == ".gz" { ".gz" } else { "" };
                options.output_codec = (form == ".gz").then(|| "gzip".to_owned());
                if form == "SEQ" {
                    for (name, value) in [
                        ("mapred.input.format.class", "org.apache.hadoop.mapred.TextInputFormat"),
                        ("mapred.output.format.class", sequence_files),
                        ("mapreduce.job.output.key.class", text),
                        ("mapreduce.job.output.value.class", text),
                    ] {
                        options.properties.insert(name.into(), value.into());
                    }
                }
                let kept = kept(&Plan::new("half", vec![step()]), &options).unwrap();
                let attempt = kept.join(format!("step-0000/_temporary/{kind}-0-0"));
                let what = format!("{kind} {last} {form}");
                let part = lines(&attempt.join(format!("part-00000{suffix}")));
                assert_eq!(part, ["a", "b"], "{what}");
                let late = format!("late/part-{}-00000{suffix}", &kind[..1]);
                assert_eq!(lines(&attempt.join(late)), ["a", "b", last], "{what}");
                let message = failure(&kept)["message"].as_str().unwrap().to_owned();
                let told = if last == "fail" { "as told" } else { "panic" };
                assert!(message.contains(told), "{what}: {message}");
            }
        }
    }
}

#[test]
fn across_file_systems_the_failed_attempt_alone_is_copied() {
    let place = Place::new(&[("in", "b a\n")]);
    let mut options = options(&place);
    options.storage = SharedStorage(Failing::between(&place.path("temporary")));
    let kept = kept(&failing(), &options).unwrap();
    assert_eq!(place.names(), ["in", "temporary"]);
    assert_eq!(names(&kept.join("step-0001")), ["_temporary"]);
    assert_eq!(names(&kept.join("step-0001/_temporary")), ["map-0-0"]);
    let notes = kept.join("step-0001/_temporary/map-0-0/notes");
    assert_eq!(fs::read_to_string(notes).unwrap(), "half\n");
}

/// Each round may be the last, so it writes beside the output.
#[test]
fn rounds_of_a_loop_are_kept_outside_of_the_output_too() {
    for apart in [false, true] {
        let place = Place::new(&[("in", "b a\n")]);
        let mut options = options(&place);
        if apart {
            options.storage = SharedStorage(Failing::between(&place.path("temporary")));
        }
        let mut plan = Plan::new("loop", vec![Step::map_only(Part::Identity)]);
        let decide = |round: &mut Round<'_>| match round.number() {
            3 => Next::Fail("it does not converge".into()),
            _ => Next::Again,
        };
        plan.loops.push(Repeat::new(0, 0, Source::Main, Arc::new(decide)));
        let kept = kept(&plan, &options).unwrap();
        assert_eq!(place.names(), ["in", "temporary"]);
        let rounds = ["step-0000.0001", "step-0000.0002", "step-0000.0003"];
        assert_eq!(names(&kept), [&["failure.json"], &rounds[..]].concat());
        for round in rounds {
            assert_eq!(fs::read_to_string(kept.join(round).join("part-00000")).unwrap(), "b a\t\n");
        }
        let failure = failure(&kept);
        assert_eq!(failure["slug"], "howdah::loop");
    }
}

#[test]
fn nothing_is_kept_where_nothing_has_run_or_nobody_has_asked() {
    let place = Place::new(&[("in", "b a\n")]);
    let mut options = options(&place);
    options.inputs = vec!["none".to_owned()];
    assert_eq!(kept(&failing(), &options), None);
    options.inputs = vec![place.path("in").to_str().unwrap().to_owned()];
    options.keep = Keep::None;
    assert_eq!(kept(&failing(), &options), None);
    assert_eq!(names(&place.path("temporary")), [""; 0]);
    assert_eq!(place.names(), ["in", "temporary"]);
}

#[test]
fn a_run_that_was_ended_at_its_limit_still_says_so() {
    let place = Place::new(&[("in", &super::different_lines(1000))]);
    let mut options = options(&place);
    options.disk_limit = Some(10);
    let plan = Plan::new("copy", vec![Step::map_only(Part::Identity)]);
    let failure = failure(&kept(&plan, &options).unwrap());
    assert_eq!(
        (&failure["slug"], &failure["exit_code"]),
        (&json!("howdah::disk-full"), &json!(74))
    );
}
