//! Outputs with names, and rejected records.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use howdah_plan::{
    CommandLine, Event, Next, OWN_COUNTERS, Part, Plan, REJECTED, RawMapper, RawReducer, RawValues,
    Repeat, Round, Source, Step, TaskError, TaskOutput,
};
use howdah_runner::{Output, RejectLimit, RunErrorKind, RunOptions, Splits, run};

use super::{Place, failure, names, parts, quiet};

/// Passes lines on; sends those with `late` to the output `late` as well, and rejects those with `bad`.
#[derive(Default)]
struct Sort {
    lines: u32,
}

fn sort(line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    let text = String::from_utf8_lossy(line);
    if text.contains("late") {
        let side = out.side.as_mut().unwrap();
        let late = side.output("late")?;
        late.key().extend_from_slice(line);
        late.value().push(b'L');
        late.end()?;
    }
    if text.contains("bad") {
        out.rejects.push("it is bad", line);
        return Ok(());
    }
    out.records.key().extend_from_slice(line);
    out.records.value().push(b'1');
    out.records.end()
}

impl RawMapper for Sort {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.lines += 1;
        if line == b"fails once" {
            assert!(out.info.attempt > 0, "as told");
        }
        sort(line, out)
    }
}

impl RawReducer for Sort {
    fn group(
        &mut self,
        key: &[u8],
        _: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        sort(key, out)
    }
}

pub(super) fn mapper() -> Part<dyn RawMapper> {
    Part::mapper(Sort::default)
}

pub(super) fn reducer() -> Part<dyn RawReducer> {
    Part::reducer(Sort::default)
}

fn map_only() -> Plan {
    Plan::new("sort", vec![Step::map_only(mapper())])
}

/// The reasons, records, offsets and tasks of all rejects of a folder, in order.
fn rejects(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in parts(folder) {
        for line in text.lines() {
            let reject: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(reject["schema"], "howdah.reject/1");
            assert_eq!(reject["reason"], "it is bad");
            found.push(format!(
                "{name} {} {} {}",
                reject["record"], reject["offset"], reject["task"]
            ));
        }
    }
    found
}

#[test]
fn named_outputs_lie_beside_the_parts() {
    let place = Place::new(&[("in", "a\nlate b\n"), ("more", "late c and more\n")]);
    let mut options = place.options(&["in", "more"], "out");
    options.output_codec = Some("gzip".into());
    quiet(&map_only(), &options).unwrap();
    let out = place.path("out");
    assert_eq!(names(&out), ["_SUCCESS", "late", "part-00000.gz", "part-00001.gz"]);
    // Tasks are numbered from the largest split on.
    assert_eq!(names(&out.join("late")), ["part-m-00000.gz", "part-m-00001.gz"]);

    let mut step = Step::new(Part::Identity, reducer());
    step.reducers = Some(2);
    options = place.options(&["in", "more"], "reduced");
    quiet(&Plan::new("sort", vec![step]), &options).unwrap();
    let late = parts(&place.path("reduced/late"));
    let mut lines: Vec<_> = late.values().flat_map(|part| part.lines()).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["late b\tL", "late c and more\tL"]);
    assert!(late.keys().all(|name| name.starts_with("part-r-0000")), "{late:?}");
}

#[test]
fn named_outputs_do_not_depend_on_workers_or_on_attempts_that_fail() {
    let line = |n: usize| format!("{} {n}\n", if n.is_multiple_of(3) { "late" } else { "x" });
    let text = (0..5000).map(line).chain(["fails once\n".into()]).collect::<String>();
    let place = Place::new(&[("in", &text)]);
    let mut expected = None;
    for workers in [1, 6] {
        let mut options = place.options(&["in"], "out");
        options.overwrite = true;
        options.workers = Some(workers);
        options.splits = Splits::Of(4000);
        options.properties.insert("mapreduce.map.maxattempts".into(), "2".into());
        quiet(&map_only(), &options).unwrap();
        let late = parts(&place.path("out/late"));
        let count: usize = late.values().map(|part| part.lines().count()).sum();
        assert_eq!(count, 1667);
        assert_eq!(expected.get_or_insert_with(|| late.clone()), &late);
    }
}

#[test]
fn a_stream_has_no_place_for_named_outputs() {
    let place = Place::new(&[("in", "a\nlate b\n")]);
    let mut options = place.options(&["in"], "unused");
    options.output = Output::Stream;
    let (message, code) = failure(&place, &map_only(), &options);
    assert!(
        message.contains("the output `late` have no place to go to: name a folder"),
        "{message}"
    );
    assert!(message.contains("byte offset 2"), "{message}");
    assert_eq!(code, 1);
}

#[test]
fn steps_before_the_last_have_their_named_outputs_and_rejects_too() {
    let place = Place::new(&[("in", "late a\nbad b\nc\n")]);
    let mut second = Step::new(mapper(), reducer());
    second.reducers = Some(1);
    let plan = Plan::chain("two", vec![Step::map_only(mapper()), second]);
    let outcome = quiet(&plan, &place.options(&["in"], "out")).unwrap();
    let late = parts(&place.path("out/late"));
    let late: Vec<_> = late.iter().map(|(name, text)| format!("{name} {text}")).collect();
    // The second step's lines end with the value of the first.
    assert_eq!(
        late,
        [
            "part-m-00000 late a\t1\tL\n",
            "part-r-00000 late a\t1\tL\n",
            "step-0000-part-m-00000 late a\tL\n"
        ]
    );
    assert_eq!(
        rejects(&place.path("out/_rejects")),
        ["step-0000-part-m-00000 \"bad b\" 7 \"map 0\""]
    );
    assert_eq!(outcome.counters[0].get(OWN_COUNTERS, REJECTED), 1);
    assert_eq!(place.names(), ["in", "out"]);
}

#[test]
fn rounds_have_their_own_files_of_named_outputs() {
    let place = Place::new(&[("in", "late\n")]);
    let mut plan = map_only();
    let decide = |round: &mut Round<'_>| if round.number() < 3 { Next::Again } else { Next::Stop };
    plan.loops.push(Repeat::new(0, 0, Source::Main, Arc::new(decide)));
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
    assert_eq!(
        names(&place.path("out/late")),
        ["part-m-00000", "step-0000.0001-part-m-00000", "step-0000.0002-part-m-00000"]
    );
    assert_eq!(place.names(), ["in", "out"]);
}

/// Three lines in five are bad.
const BAD: &str = "bad 1\ngood\nbad 2\nbad 3\nfine\n";

/// Runs a plan; gives the messages of warnings.
fn warned(plan: &Plan, options: &RunOptions) -> Vec<String> {
    let warnings = Mutex::new(Vec::new());
    run(plan, options, &|event| {
        if let Event::Warning { slug, message } = event {
            warnings.lock().unwrap().push(format!("{slug}: {message}"));
        }
    })
    .unwrap();
    warnings.into_inner().unwrap()
}

#[test]
fn rejected_records_are_kept_in_the_output_with_their_places() {
    let place = Place::new(&[("in", BAD)]);
    let warnings = warned(&map_only(), &place.options(&["in"], "out"));
    let out = place.path("out");
    assert_eq!(
        warnings,
        [format!(
            "howdah::rejected-records: 3 records were rejected; see `{}`",
            out.join("_rejects").display()
        )]
    );
    assert_eq!(names(&out), ["_SUCCESS", "_rejects", "part-00000"]);
    assert_eq!(
        rejects(&out.join("_rejects")),
        [
            "part-m-00000 \"bad 1\" 0 \"map 0\"",
            "part-m-00000 \"bad 2\" 11 \"map 0\"",
            "part-m-00000 \"bad 3\" 17 \"map 0\""
        ]
    );
    // A later job does not read them.
    let mut again = place.options(&["out"], "again");
    again.inputs[0].push('/');
    quiet(&map_only(), &again).unwrap();
    assert_eq!(parts(&place.path("again"))["part-00000"], "good\t1\t1\nfine\t1\t1\n");
}

#[test]
fn a_reducers_rejects_have_no_place_in_the_input() {
    let place = Place::new(&[("in", BAD)]);
    let mut step = Step::new(Part::Identity, reducer());
    step.reducers = Some(1);
    quiet(&Plan::new("sort", vec![step]), &place.options(&["in"], "out")).unwrap();
    let found = rejects(&place.path("out/_rejects"));
    assert_eq!(found[0], "part-r-00000 \"bad 1\" null \"reduce 0\"");
    assert_eq!(found.len(), 3);
}

#[test]
fn rejects_go_where_the_run_says() {
    let place = Place::new(&[("in", BAD), ("clean", "good\n")]);
    let mut options = place.options(&["in"], "out");
    options.rejects = Some(place.path("kept"));
    let warnings = warned(&map_only(), &options);
    assert!(warnings[0].ends_with(&format!("see `{}`", place.path("kept").display())));
    assert_eq!(rejects(&place.path("kept")).len(), 3);
    assert_eq!(names(&place.path("kept")), ["_SUCCESS", "part-m-00000"]);
    assert_eq!(names(&place.path("out")), ["_SUCCESS", "part-00000"]);

    // To the standard output, too.
    let mut options = place.options(&["in"], "unused");
    options.output = Output::Stream;
    options.rejects = Some(place.path("streamed"));
    quiet(&map_only(), &options).unwrap();
    assert_eq!(rejects(&place.path("streamed")).len(), 3);
    options.rejects = None;
    assert!(
        warned(&map_only(), &options)[0].contains("to keep such, name a folder with `--rejects`")
    );
    assert_eq!(place.names(), ["clean", "in", "kept", "out", "streamed"]);

    // Those of an earlier run are replaced when the job says so, also by none.
    let mut options = place.options(&["in"], "next");
    options.rejects = Some(place.path("kept"));
    let (message, code) = failure(&place, &map_only(), &options);
    assert!(message.starts_with("the output `DIR/kept` exists"), "before anything ran: {message}");
    assert_eq!(code, 5);
    options.overwrite = true;
    options.inputs = place.options(&["clean"], "next").inputs;
    quiet(&map_only(), &options).unwrap();
    assert_eq!(place.names(), ["clean", "in", "next", "out", "streamed"]);
}

#[test]
fn a_folder_of_something_else_is_never_replaced_by_rejects() {
    let place = Place::new(&[("in", BAD)]);
    fs::create_dir(place.path("mine")).unwrap();
    fs::write(place.path("mine/thesis"), "text").unwrap();
    let mut options = place.options(&["in"], "out");
    options.overwrite = true;
    options.rejects = Some(place.path("mine"));
    let (message, code) = failure(&place, &map_only(), &options);
    assert!(message.contains("`DIR/mine` is not the output of a job"), "{message}");
    assert_eq!(code, 5);
    assert_eq!(names(&place.path("mine")), ["thesis"]);
    fs::write(place.path("mine/_SUCCESS"), "").unwrap();
    options.inputs = place.options(&["mine"], "out").inputs;
    let (message, code) = failure(&place, &map_only(), &options);
    assert!(message.contains("`DIR/mine/thesis` is in the output `DIR/mine`"), "{message}");
    assert_eq!(code, 5);
    options.inputs = place.options(&["in"], "out").inputs;
    for within in ["out", "out/rejects"] {
        options.rejects = Some(place.path(within));
        let (message, code) = failure(&place, &map_only(), &options);
        assert!(message.contains(&format!("`DIR/{within}` lies in the output")), "{message}");
        assert_eq!(code, 2);
    }
}

#[test]
fn more_rejects_than_allowed_fail_the_job_and_are_kept_to_look_at() {
    for (limit, allowed) in [
        (RejectLimit::Records(0), false),
        (RejectLimit::Records(2), false),
        (RejectLimit::Records(3), true),
        (RejectLimit::Percent(59.9), false),
        (RejectLimit::Percent(60.0), true),
    ] {
        let place = Place::new(&[("in", BAD)]);
        let mut options = place.options(&["in"], "out");
        options.max_rejects = Some(limit);
        if allowed {
            quiet(&map_only(), &options).unwrap();
            continue;
        }
        let (message, code) = failure(&place, &map_only(), &options);
        let expected =
            format!("3 records were rejected, and at most {limit} may be; the output is as it was");
        assert!(message.starts_with(&expected), "{message}");
        assert!(message.ends_with("keep them with `--rejects DIR` and look at them"), "{message}");
        assert_eq!(code, 65);

        options.rejects = Some(place.path("kept"));
        let error = quiet(&map_only(), &options).unwrap_err();
        let RunErrorKind::Rejects { rejected: 3, kept: Some(kept), .. } = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(rejects(kept).len(), 3);
        assert_eq!(place.names(), ["in", "kept"]);
    }
}

#[test]
fn a_share_is_that_of_each_step_and_a_number_that_of_the_run() {
    // The first step rejects 3 of 103 records, the second reads 2, one of them bad.
    let text = "good\n".repeat(100) + "bad\nbad\nbad\n";
    let place = Place::new(&[("in", &text)]);
    let two = Part::Command(CommandLine::new(["sh", "-c", "cat > /dev/null; echo good; echo bad"]));
    let steps = vec![Step::map_only(mapper()), Step::map_only(two), Step::map_only(mapper())];
    let plan = Plan::chain("three", steps);
    let mut options = place.options(&["in"], "out");
    options.rejects = Some(place.path("kept"));
    for (limit, passes) in [
        (RejectLimit::Percent(49.0), false),
        (RejectLimit::Percent(50.0), true),
        (RejectLimit::Records(3), false),
        (RejectLimit::Records(4), true),
    ] {
        options.max_rejects = Some(limit);
        options.overwrite = true;
        let done = quiet(&plan, &options);
        assert_eq!(done.is_ok(), passes, "{limit}");
        if let Err(error) = done {
            assert!(error.to_string().starts_with("4 records were rejected"), "{error}");
            let kept = rejects(&place.path("kept"));
            assert_eq!(kept.len(), 4, "those of all steps: {kept:?}");
        }
    }
}

#[test]
fn a_record_behind_a_filter_is_rejected_without_a_place() {
    let place = Place::new(&[("in", "left out\nbad\n")]);
    let mut plan = map_only();
    plan.steps[0].inputs[0].filter = Some(CommandLine::new(["grep", "-v", "out"]));
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
    // What it is an offset of is not the file.
    assert_eq!(rejects(&place.path("out/_rejects")), [r#"part-m-00000 "bad" null "map 0""#]);
}
