//! What two runs of a job gave otherwise: the first difference, with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use howdah_plan::{Counters, Plan};
use serde_json::Value;

use super::ran::Results;
use super::records::{Cause, Line};

/// How many records of each side are shown.
const MOST_SHOWN: usize = 8;
/// How far apart two floats are at most that differ only by the order in which they were added, as a part of the
/// larger.
const NEAR: f64 = 1e-6;

/// A place where two runs differ.
#[derive(Debug)]
pub(super) struct Difference {
    place: String,
    /// What the first one has there, and the other has not.
    gave: Vec<String>,
    /// What the other one has there, and the first has not.
    then: Vec<String>,
}

/// The first difference between two runs of a plan. `in_order` says that the last step has one reduce task.
pub(super) fn between(
    plan: &Plan,
    one: &Results,
    other: &Results,
    in_order: bool,
) -> Option<Difference> {
    of_records(one, other)
        .or_else(|| of_outputs(one, other))
        .or_else(|| of_rejects(one, other))
        .or_else(|| of_counters(&one.counters, &other.counters))
        .or_else(|| of_rounds(plan, one, other))
        .or_else(|| if in_order { of_order(one.lines(), other.lines()) } else { None })
}

/// What the job gives; the place is in the first step that differs. Steps alone may: what they give may come to the
/// same in the end.
fn of_records(one: &Results, other: &Results) -> Option<Difference> {
    Difference::of_lines("the result", &bytes_of(one.lines()), &bytes_of(other.lines()))?;
    let mut steps = one.steps.iter().zip(&other.steps).enumerate();
    steps.find_map(|(step, (one, other))| of_step(step, one, other))
}

fn of_step(step: usize, one: &[Line], other: &[Line]) -> Option<Difference> {
    let (one, other) = (by_cause(one), by_cause(other));
    let causes: BTreeSet<&Cause> = one.keys().chain(other.keys()).copied().collect();
    causes.into_iter().find_map(|cause| {
        let lines = |by_cause: &BTreeMap<&Cause, Vec<&[u8]>>| -> Vec<Vec<u8>> {
            by_cause.get(cause).into_iter().flatten().map(|line| line.to_vec()).collect()
        };
        Difference::of_lines(&place_of(cause, step), &lines(&one), &lines(&other))
    })
}

fn by_cause(lines: &[Line]) -> BTreeMap<&Cause, Vec<&[u8]>> {
    let mut causes: BTreeMap<&Cause, Vec<&[u8]>> = BTreeMap::new();
    for line in lines {
        causes.entry(&line.cause).or_default().push(&line.bytes);
    }
    causes
}

fn place_of(cause: &Cause, step: usize) -> String {
    // Steps are counted from 0 where they are named by a number alone.
    let step = format!("{} (`--step {step}`)", step + 1);
    match cause {
        Cause::Key(key) => format!("key {} of step {step}", text(key)),
        Cause::Record(line) => format!("the record `{}` of step {step}", text(line)),
        Cause::Task => format!("the start or finish of a task of step {step}"),
    }
}

fn of_outputs(one: &Results, other: &Results) -> Option<Difference> {
    let names = one.side.outputs.keys().chain(other.side.outputs.keys());
    let mut names = names.collect::<BTreeSet<_>>().into_iter();
    names.find_map(|name| {
        let lines = |results: &Results| bytes_of(results.side.output(name));
        Difference::of_lines(&format!("the output `{name}`"), &lines(one), &lines(other))
    })
}

fn of_rejects(one: &Results, other: &Results) -> Option<Difference> {
    let lines = |results: &Results| -> Vec<Vec<u8>> {
        let rejects = results.side.rejects.iter();
        rejects.map(|(reason, record)| format!("{record} ({reason})").into_bytes()).collect()
    };
    Difference::of_lines("the rejected records", &lines(one), &lines(other))
}

fn of_counters(one: &Counters, other: &Counters) -> Option<Difference> {
    let names = |counters: &Counters| -> Vec<(String, String)> {
        let groups = counters.user().iter();
        let names = groups.flat_map(|(group, names)| names.keys().map(move |name| (group, name)));
        names.map(|(group, name)| (group.clone(), name.clone())).collect()
    };
    let mut all = names(one).into_iter().chain(names(other));
    all.find_map(|(group, name)| {
        let place = format!("the counter `{name}` of `{group}`");
        Difference::of_numbers(place, one.get(&group, &name), other.get(&group, &name))
    })
}

fn of_rounds(plan: &Plan, one: &Results, other: &Results) -> Option<Difference> {
    let mut rounds = plan.loops.iter().zip(one.rounds.iter().zip(&other.rounds));
    rounds.find_map(|(found, (&one, &other))| {
        let place = format!("the rounds of the loop that begins with step {}", found.first + 1);
        Difference::of_numbers(place, one.into(), other.into())
    })
}

/// The order of the last step's records, apart from that within a key.
fn of_order(one: &[Line], other: &[Line]) -> Option<Difference> {
    let (one, other) = (in_groups(one), in_groups(other));
    let position = one.iter().zip(&other).position(|(one, other)| one != other)?;
    Some(Difference {
        place: format!("the order of the last step's records, at record {}", position + 1),
        gave: vec![text(one[position])],
        then: vec![text(other[position])],
    })
}

fn in_groups(lines: &[Line]) -> Vec<&[u8]> {
    let mut all = Vec::with_capacity(lines.len());
    for group in lines.chunk_by(|a, b| a.cause == b.cause) {
        let mut group: Vec<&[u8]> = group.iter().map(|line| line.bytes.as_slice()).collect();
        group.sort_unstable();
        all.extend(group);
    }
    all
}

impl Difference {
    /// What is in one, or there more often, and not in the other; lines in any order.
    fn of_lines(place: &str, one: &[Vec<u8>], other: &[Vec<u8>]) -> Option<Self> {
        let mut counts: BTreeMap<&[u8], i64> = BTreeMap::new();
        for line in one {
            *counts.entry(line).or_default() += 1;
        }
        for line in other {
            *counts.entry(line).or_default() -= 1;
        }
        let times = |wanted: i64| -> Vec<String> {
            let lines = counts.iter().filter(|(_, count)| **count * wanted > 0);
            lines
                .flat_map(|(line, count)| vec![text(line); count.unsigned_abs() as usize])
                .collect()
        };
        let (gave, then) = (times(1), times(-1));
        let differs = !gave.is_empty() || !then.is_empty();
        differs.then(|| Difference { place: place.to_owned(), gave, then })
    }

    fn of_numbers(place: String, one: i64, other: i64) -> Option<Self> {
        let differs = one != other;
        differs.then(|| Difference {
            place,
            gave: vec![one.to_string()],
            then: vec![other.to_string()],
        })
    }

    /// Whether floats differ, by little, and nothing else.
    pub(super) fn is_of_last_digits(&self) -> bool {
        self.gave.len() == self.then.len()
            && self.gave.iter().zip(&self.then).all(|(gave, then)| lines_are_near(gave, then))
    }
}

fn lines_are_near(one: &str, other: &str) -> bool {
    let (one, other) = (one.split('\t'), other.split('\t'));
    one.clone().count() == other.clone().count()
        && one.zip(other).all(|(one, other)| {
            let (read, other_read) = (serde_json::from_str(one), serde_json::from_str(other));
            match (read, other_read) {
                (Ok(read), Ok(other_read)) => are_near(&read, &other_read),
                _ => one == other,
            }
        })
}

fn are_near(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one.is_f64() || other.is_f64() => {
            let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
            (one - other).abs() <= NEAR * one.abs().max(other.abs())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| are_near(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|x| are_near(one, x)))
        }
        _ => one == other,
    }
}

fn bytes_of(lines: &[Line]) -> Vec<Vec<u8>> {
    lines.iter().map(|line| line.bytes.clone()).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}", self.place)?;
        for (label, lines) in [("gave", &self.gave), ("then", &self.then)] {
            write!(f, "\n    {label}: ")?;
            if lines.is_empty() {
                f.write_str("nothing")?;
            }
            let shown: Vec<&str> = lines.iter().take(MOST_SHOWN).map(String::as_str).collect();
            f.write_str(&shown.join("\n          "))?;
            if lines.len() > MOST_SHOWN {
                write!(f, "\n          and {} more", lines.len() - MOST_SHOWN)?;
            }
        }
        Ok(())
    }
}
