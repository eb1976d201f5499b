//! What was done beside what was expected.

use std::collections::BTreeMap;

use super::case::{Compare, Expected};
use super::place::Seen;

/// Counters by group and name.
pub type Counters = BTreeMap<String, BTreeMap<String, i64>>;

/// Everything in which a run differs from what is expected of it.
#[must_use]
pub fn differences(expected: &Expected, seen: &Seen) -> Vec<String> {
    let mut complaints = Vec::new();
    if seen.exit != Some(expected.exit) {
        let Seen { exit, log, .. } = seen;
        complaints.push(format!("exit {exit:?}, not {}; it said\n{log}", expected.exit));
        return complaints;
    }
    for phrase in &expected.stderr {
        if !seen.log.contains(phrase) {
            complaints.push(format!("does not say {phrase:?}, but\n{}", seen.log));
        }
    }
    for phrase in &expected.no_stderr {
        if seen.log.contains(phrase) {
            complaints.push(format!("says {phrase:?}:\n{}", seen.log));
        }
    }
    let files: BTreeMap<_, _> =
        expected.output.iter().map(|(name, content)| (name.clone(), content.bytes())).collect();
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    if names(&seen.output) != names(&files) {
        complaints.push(format!("wrote {:?}, not {:?}", names(&seen.output), names(&files)));
    } else if expected.compare != Compare::Names {
        for (name, content) in &files {
            let found = comparable(&seen.output[name], expected.compare);
            let content = comparable(content, expected.compare);
            if found != content {
                complaints.push(format!("{name} is\n{found}not\n{content}"));
            }
        }
    }
    let counted = counters(&seen.log);
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
#[must_use]
pub fn counters(log: &str) -> Counters {
    let mut counters = Counters::new();
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
