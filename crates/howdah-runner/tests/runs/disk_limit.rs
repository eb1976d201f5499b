//! How much a run may keep on disk: a limit that just suffices does, and one byte less is an error as of a full disk.

use std::fs;
use std::sync::Mutex;

use howdah_plan::{CommandLine, Event, Part, Plan, SideFile, Step};
use howdah_runner::{Output, RunOptions, run};

use super::side_files::{ARCHIVED_BYTES, write_archives};
use super::{Place, Sum, different_lines, failure, quiet, text, word_count};

const LINES: u64 = 1000;

/// Needs as much room as its input has bytes, and a TAB for each line.
fn copy() -> Plan {
    Plan::new("copy", vec![Step::map_only(Part::Identity)])
}

fn copied_bytes() -> u64 {
    different_lines(LINES).len() as u64 + LINES
}

/// Runs a plan with a limit that just suffices, and with one that does not.
fn just_suffices(place: &Place, plan: &Plan, options: &RunOptions, limit: u64) {
    let mut options = options.clone();
    options.workers = Some(1);
    options.disk_limit = Some(limit - 1);
    let (message, code) = failure(place, plan, &options);
    assert!(message.contains("no room for "), "{message}");
    let limits = format!("of the {} bytes that a run may keep on disk ", limit - 1);
    assert!(message.contains(&limits), "{message}");
    let hint = "hint: allow more with `--disk-limit`, if the disk has it; the output is as it was";
    assert!(message.contains(hint), "{message}");
    assert_eq!(code, 74);
    options.disk_limit = Some(limit);
    quiet(plan, &options).unwrap();
}

#[test]
fn an_output_counts_while_it_is_made() {
    let place = Place::new(&[("in", &different_lines(LINES))]);
    just_suffices(&place, &copy(), &place.options(&["in"], "out"), copied_bytes());
    assert_eq!(place.path("out/part-00000").metadata().unwrap().len(), copied_bytes());
}

#[test]
fn spills_count_beside_what_is_written_of_them() {
    let place = Place::new(&[("in", &different_lines(150_000))]);
    let plan = Plan::new("sort", vec![Step::new(Part::Identity, Part::Identity)]);
    let mut options = place.options(&["in"], "once");
    options.memory = Some(8 << 20);
    options.workers = Some(1);
    let spilled = Mutex::new(0);
    run(&plan, &options, &|event| {
        if let Event::StepFinished { summary, .. } = event {
            *spilled.lock().unwrap() = summary.figures.unwrap().spilled_bytes;
        }
    })
    .unwrap();
    let parts = fs::read_dir(place.path("once")).unwrap();
    let written: u64 = parts.map(|part| part.unwrap().metadata().unwrap().len()).sum();
    let spilled = *spilled.lock().unwrap();
    assert!(spilled > 1 << 20);
    options.output = Output::Folder(place.path("out"));
    just_suffices(&place, &plan, &options, spilled + written);
}

#[test]
fn what_is_removed_counts_no_more() {
    let place = Place::new(&[("in", &different_lines(LINES))]);
    // Each step reads what the one before has written, and no other.
    let plan = Plan::chain("six", vec![Step::map_only(Part::Identity); 6]);
    just_suffices(&place, &plan, &place.options(&["in"], "out"), 2 * copied_bytes());
}

#[test]
fn an_output_that_is_replaced_is_none_of_the_runs() {
    let place = Place::new(&[("in", &different_lines(LINES))]);
    let mut options = place.options(&["in"], "out");
    quiet(&copy(), &options).unwrap();
    options.overwrite = true;
    just_suffices(&place, &copy(), &options, copied_bytes());
}

#[test]
fn what_commands_write_beside_their_records_counts_when_their_attempt_succeeds() {
    let place = Place::new(&[("in", "a\n")]);
    let script = "head -c 5000 /dev/zero > \"${mapreduce_task_output_dir#file:}/zeros\"; cat";
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    let plan = Plan::new("beside", vec![Step::map_only(mapper)]);
    just_suffices(&place, &plan, &place.options(&["in"], "out"), 5000 + 3);
}

#[test]
fn what_is_in_archives_counts_and_so_does_what_somebody_else_keeps() {
    let place = Place::new(&[("in", "a\n")]);
    write_archives(&place);
    let mut plan = copy();
    let (path, name) = (place.path("a.zip"), "data".to_owned());
    plan.steps[0].files = vec![SideFile { path, name, is_archive: true }];
    let mut options = place.options(&["in"], "out");
    just_suffices(&place, &plan, &options, ARCHIVED_BYTES + 3);
    options.output = Output::Folder(place.path("more"));
    options.disk_used = 1000;
    just_suffices(&place, &plan, &options, 1000 + ARCHIVED_BYTES + 3);
    options.disk_limit = Some(999);
    let (message, code) = failure(&place, &plan, &options);
    assert!(
        message.starts_with("keeping shipped files in `DIR` failed: no room for 1000"),
        "{message}"
    );
    assert_eq!(code, 74);
}

#[test]
fn a_property_says_it_too_and_the_option_stands_above_it() {
    let place = Place::new(&[("in", &different_lines(LINES))]);
    let mut options = place.options(&["in"], "out");
    let mut set = |value: &str| {
        options.properties.insert("howdah.disk.limit".into(), value.into());
        options.clone()
    };
    let (message, code) = failure(&place, &copy(), &set("1G5"));
    assert_eq!(message, "howdah.disk.limit=1G5 is no size: give one such as 10G");
    assert_eq!(code, 2);
    let (message, code) = failure(&place, &copy(), &set("1k"));
    assert!(message.contains("of the 1024 bytes that a run may keep"), "{message}");
    assert_eq!(code, 74);
    let mut options = set("1k");
    options.disk_limit = Some(1 << 30);
    quiet(&copy(), &options).unwrap();
}

/// Reducers, a combiner and several workers write at once: nothing is counted twice, and nothing is left in the books.
#[test]
fn a_limit_does_not_show_in_the_output() {
    let place = Place::new(&[("in", &text(5000))]);
    let mut plan = word_count();
    plan.steps.push(Step::new(Part::Identity, Part::reducer(|| Sum)));
    let plan = Plan::chain(plan.name, plan.steps);
    let mut options = place.options(&["in"], "free");
    quiet(&plan, &options).unwrap();
    options.output = Output::Folder(place.path("limited"));
    options.disk_limit = Some(1 << 20);
    options.workers = Some(4);
    quiet(&plan, &options).unwrap();
    assert_eq!(super::parts(&place.path("free")), super::parts(&place.path("limited")));
}
