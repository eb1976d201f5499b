//! Conformance with Hadoop: command lines, and what Hadoop 3.4.2 did with each.
//!
//! `cases/*.json` hold what was recorded from the real thing, a file a subject; `apps/*.py` the mappers and reducers
//! that they use. Each case runs in a folder of its own. `scripts/hadoop-oracle` asks Hadoop again.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use howdah_tests::conformance::case::Case;
use howdah_tests::conformance::place::Place;
use howdah_tests::conformance::runner::Howdah;
use howdah_tests::conformance::{case, folder, verdict};
use howdah_tests::hostile;

/// Cases without Python prove nothing, so they must not seem to pass.
fn need_python() {
    let version = Command::new("python3").arg("--version").output();
    assert!(
        version.is_ok_and(|output| output.status.success()),
        "the conformance cases need `python3` in the PATH, since their mappers and reducers are Python: install it"
    );
}

/// Runs all cases of a subject and tells of all that differ.
fn check(subject: &str) {
    need_python();
    let path = folder().join("cases").join(format!("{subject}.json"));
    let cases = case::read(&path);
    let mut howdah = Howdah { program: env!("CARGO_BIN_EXE_howdah-under-test").into() };
    let mut complaints = Vec::new();
    for case in &cases {
        let seen = Place::of(case).run(case, &case.own, &mut howdah);
        let differences = verdict::differences(&case.expected, &seen);
        let unsaid = case.says.iter().filter(|phrase| !seen.log.contains(*phrase));
        let unsaid = unsaid.map(|phrase| format!("does not say {phrase:?}, but\n{}", seen.log));
        let differences: Vec<_> = differences.into_iter().chain(unsaid).collect();
        complaints.extend(differences.iter().map(|it| format!("{subject}/{}: {it}", case.name)));
    }
    assert!(complaints.is_empty(), "not what Hadoop 3.4.2 did:\n{}", complaints.join("\n"));
}

macro_rules! subjects {
    ($($subject:ident),* $(,)?) => {
        const SUBJECTS: &[&str] = &[$(stringify!($subject)),*];
        $(#[test]
        fn $subject() {
            check(stringify!($subject));
        })*
    };
}

subjects! {
    aggregate,
    auto,
    bzip2,
    classes,
    combined,
    combiner,
    commands,
    comparators,
    compressed,
    configuration,
    counters,
    damaged,
    delimiters,
    environment,
    failures,
    fields,
    formats,
    generic,
    globs,
    grouping,
    input,
    key_value,
    keys,
    limits,
    lines,
    listing,
    longest,
    longs,
    map_files,
    marks,
    mistakes,
    names,
    nline,
    options,
    order,
    output,
    partitions,
    programs,
    raw_bytes,
    reduce,
    reporter,
    scripts,
    separators,
    sequence_files,
    sequence_filter,
    sequence_output,
    settings,
    shipping,
    shuffle,
    splits,
    text,
    total_order,
    typed_bytes,
    typed_damaged,
    typed_files,
    typed_text,
    typed_verbs,
    unread,
    variables,
    warnings,
    words,
    xml,
}

/// The page tells where we differ, and each row names the cases that show it.
#[test]
fn the_page_names_every_difference() {
    let page = fs::read_to_string(folder().join("../../docs/howdah-streaming.md")).unwrap();
    let (_, table) = page.split_once("\n## Where howdah differs\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | "));
    let named: BTreeSet<String> = rows
        .flat_map(|(_, cases)| cases.split(", ").map(|case| case.trim_matches('`').to_owned()))
        .filter(|case| case.contains('/'))
        .collect();
    let differing: BTreeSet<String> = SUBJECTS
        .iter()
        .flat_map(|subject| {
            let cases = case::read(&folder().join("cases").join(format!("{subject}.json")));
            let differing = cases.into_iter().filter(|case| case.hadoop.is_some());
            differing.map(move |case| format!("{subject}/{}", case.name))
        })
        .collect();
    assert_eq!(named, differing);
}

/// Hostile inputs are made by a program: what stands in the files is what it makes.
#[test]
fn made_cases_stand_as_they_are_made() {
    for (subject, made) in hostile::subjects() {
        let stands = case::read(&folder().join("cases").join(format!("{subject}.json")));
        let parts = |case: &Case| {
            format!("{:?}", (&case.name, &case.why, &case.files, &case.own, &case.run, &case.says))
        };
        let stands: Vec<String> = stands.iter().map(parts).collect();
        let made: Vec<String> = made.iter().map(|made| parts(&made.promised())).collect();
        assert_eq!(stands, made, "`scripts/hadoop-oracle make` makes them anew");
    }
}

#[test]
fn every_file_of_cases_is_run() {
    let mut files: Vec<String> = fs::read_dir(folder().join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(files, SUBJECTS);
}
