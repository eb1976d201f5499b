//! What was done beside what Hadoop did.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::case::{Case, Compare};
use crate::place::Place;

/// Everything in which a run differs from its case.
pub(crate) fn differences(case: &Case, place: &Place, output: &Output) -> Vec<String> {
    let expected = &case.expected;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let here = place.path().to_str().unwrap();
    let mut complaints = Vec::new();
    if output.status.code() != Some(expected.exit) {
        complaints
            .push(format!("exit {}, not {}; it said\n{stderr}", output.status, expected.exit));
        return complaints;
    }
    let log = format!("{stdout}\n{stderr}").replace(here, "HERE");
    for phrase in &expected.stderr {
        if !log.contains(phrase) {
            complaints.push(format!("does not say {phrase:?}, but\n{log}"));
        }
    }
    for phrase in &expected.no_stderr {
        if log.contains(phrase) {
            complaints.push(format!("says {phrase:?}:\n{log}"));
        }
    }
    let written = place.path().join(output_folder(case));
    let found = files(&written);
    let files_expected: BTreeMap<_, _> =
        expected.output.iter().map(|(name, content)| (name.clone(), content.bytes())).collect();
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    if names(&found) != names(&files_expected) {
        complaints.push(format!("wrote {:?}, not {:?}", names(&found), names(&files_expected)));
    } else if expected.compare != Compare::Names {
        for (name, content) in &files_expected {
            let (found, content) =
                (comparable(&found[name], expected.compare), comparable(content, expected.compare));
            if found != content {
                complaints.push(format!("{name} is\n{found}not\n{content}"));
            }
        }
    }
    let counted = counters(&stderr);
    for (group, names) in &expected.counters {
        for (name, amount) in names {
            let found = counted.get(group).and_then(|names| names.get(name));
            if found != Some(amount) {
                complaints.push(format!("counter {group}/{name} is {found:?}, not {amount}"));
            }
        }
    }
    for name in &expected.no_counters {
        if counted.values().any(|names| names.contains_key(name)) {
            complaints.push(format!("there is a counter {name}"));
        }
    }
    complaints
}

/// The word behind `-output`.
fn output_folder(case: &Case) -> &str {
    let at = case.run.iter().position(|word| word == "-output");
    at.and_then(|at| case.run.get(at + 1)).map_or("out", String::as_str)
}

/// The files of a folder; none if there is no such folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// A part in comparable and readable form.
fn comparable(part: &[u8], compare: Compare) -> String {
    let mut lines: Vec<&[u8]> = part.split_inclusive(|&byte| byte == b'\n').collect();
    if compare == Compare::Groups {
        let key = |line: &[u8]| line.split(|&byte| byte == b'\t').next().unwrap().to_vec();
        lines.chunk_by_mut(|a, b| key(a) == key(b)).for_each(<[_]>::sort);
    }
    let shown: Vec<_> = lines.iter().map(|line| format!("  {}", line.escape_ascii())).collect();
    shown.join("\n") + "\n"
}

/// The last block of counters of a log.
fn counters(log: &str) -> BTreeMap<String, BTreeMap<String, i64>> {
    let mut counters: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    let Some((_, block)) = log.rsplit_once("Job: Counters: ") else { return counters };
    let mut group = String::new();
    for line in block.lines().skip(1).take_while(|line| line.starts_with('\t')) {
        match line.strip_prefix("\t\t") {
            Some(counter) => {
                let (name, value) = counter.rsplit_once('=').unwrap();
                let value = value.parse().unwrap();
                counters.entry(group.clone()).or_default().insert(name.to_owned(), value);
            }
            None => line[1..].clone_into(&mut group),
        }
    }
    counters
}
