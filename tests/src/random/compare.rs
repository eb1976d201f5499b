//! What Hadoop did beside what was done here.

use std::collections::{BTreeMap, HashMap};

use howdah_codec::Codec;

use howdah_streaming::comparator::KeyComparator;

use super::job::Job;
use crate::conformance::place::Seen;
use crate::conformance::verdict::{Counters, counters};

const FRAMEWORK: &str = "Map-Reduce Framework";

/// The differences that nothing explains.
#[must_use]
pub fn differences(job: &Job, hadoop: &Seen, here: &Seen) -> Vec<String> {
    if hadoop.exit.is_none() {
        return vec!["Hadoop did not answer: its Java died, or hangs".to_owned()];
    }
    if hadoop.exit != here.exit {
        return vec![format!("exit {:?}, and Hadoop's is {:?}", here.exit, hadoop.exit)];
    }
    if hadoop.exit != Some(0) {
        return Vec::new(); // no output is promised then, and the words are checked by recorded cases
    }
    let mut found = Vec::new();
    if !job.reduces() && job.files.len() > 1 {
        // Splits of one length are numbered in the order in which Hadoop's disk lists the files.
        let parts = |seen: &Seen| {
            let mut parts: Vec<_> =
                seen.output.iter().map(|(name, bytes)| plain(name, bytes)).collect();
            parts.sort();
            parts
        };
        if parts(hadoop) != parts(here) {
            found.push("the parts are not the same, in any order".to_owned());
        }
        found.extend(counter_differences(job, &counters(&hadoop.log), &counters(&here.log)));
        return found;
    }
    let names = |seen: &Seen| seen.output.keys().cloned().collect::<Vec<_>>();
    if names(hadoop) != names(here) {
        return vec![format!("wrote {:?}, and Hadoop {:?}", names(here), names(hadoop))];
    }
    for (name, theirs) in &hadoop.output {
        let (theirs, ours) = (plain(name, theirs), plain(name, &here.output[name]));
        if let Some(difference) = part_difference(job, &theirs, &ours) {
            found.push(format!("{difference} (in {name})"));
        }
    }
    found.extend(counter_differences(job, &counters(&hadoop.log), &counters(&here.log)));
    found
}

/// A part file, decompressed.
fn plain(name: &str, bytes: &[u8]) -> Vec<u8> {
    let Some(codec) = Codec::of_path(std::path::Path::new(name)) else { return bytes.to_vec() };
    let mut plain = Vec::new();
    let decoded =
        codec.decoder(bytes).map_err(|error| error.to_string()).and_then(|mut decoder| {
            std::io::Read::read_to_end(&mut decoder, &mut plain).map_err(|error| error.to_string())
        });
    match decoded {
        Ok(_) => plain,
        Err(error) => format!("cannot be read: {error}").into_bytes(),
    }
}

/// How two parts differ, when values of equal keys may come in any order.
fn part_difference(job: &Job, theirs: &[u8], ours: &[u8]) -> Option<String> {
    if theirs == ours {
        return None;
    }
    let shown = || format!("is\n  {}\nand Hadoop's is\n  {}", cut(ours), cut(theirs));
    let lines = |part: &[u8]| -> Vec<Vec<u8>> {
        part.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (theirs, ours) = (lines(theirs), lines(ours));
    if !job.reduces() || theirs.len() != ours.len() {
        return Some(shown());
    }
    if job.lines_come_in_the_order_of_keys()
        && !theirs.iter().map(|line| key(line)).eq(ours.iter().map(|line| key(line)))
    {
        return Some(format!("keys come in another order: {}", shown()));
    }
    // The shortest runs that hold the same lines on both sides: only lines of one key may be exchanged.
    let order = job.comparator();
    let mut balance: HashMap<&[u8], i64> = HashMap::new();
    let mut start = 0;
    for at in 0..ours.len() {
        for (line, by) in [(&ours[at], 1), (&theirs[at], -1)] {
            let count = balance.entry(line).or_default();
            *count += by;
            if *count == 0 {
                balance.remove(line.as_slice());
            }
        }
        if !balance.is_empty() {
            continue;
        }
        let run = &ours[start..=at];
        if contradicts(&order, &ours) {
            start = at + 1;
            continue;
        }
        let equal = |line: &Vec<u8>| order.compare(key(line), key(&run[0])).is_eq();
        if job.lines_show_keys() && !run.iter().all(equal) {
            let exchanged: Vec<u8> = run.concat();
            return Some(format!("lines of different keys are exchanged:\n  {}", cut(&exchanged)));
        }
        start = at + 1;
    }
    (!balance.is_empty()).then(shown)
}

/// Whether Hadoop's comparator has no order for these lines: then neither has its output.
fn contradicts(order: &KeyComparator, lines: &[Vec<u8>]) -> bool {
    let KeyComparator::KeyFields(fields) = order else { return false };
    let mut keys: Vec<_> = lines.iter().map(|line| key(line)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.iter().any(|a| {
        fields.compare_as_hadoop(a, a).is_ne()
            || keys.iter().any(|b| fields.compare_as_hadoop(a, b) != fields.compare(a, b))
    })
}

fn key(line: &[u8]) -> &[u8] {
    line.split(|&byte| byte == b'\t' || byte == b'\n').next().unwrap_or_default()
}

fn cut(part: &[u8]) -> String {
    let text = part.escape_ascii().to_string().replace("\\n", "\\n\n  ");
    if text.len() > 3000 { format!("{}…", &text[..3000]) } else { text }
}

/// The counters that are the same wherever a job runs.
fn counter_differences(job: &Job, theirs: &Counters, ours: &Counters) -> Vec<String> {
    let mut names = vec!["Map input records", "Map output records"];
    if job.reduces() {
        names.extend(["Map output bytes", "Reduce output records"]);
        if job.comparator() == KeyComparator::Bytes {
            names.push("Reduce input groups");
        }
        // `aggregate` brings a combiner of its own.
        if job.option("-combiner").is_none() && job.option("-reducer") != Some("aggregate") {
            names.push("Reduce input records");
        }
    }
    let of = |counters: &Counters, group: &str, name: &str| {
        counters.get(group).and_then(|names| names.get(name)).copied().unwrap_or(0)
    };
    let mut wanted: Vec<(&str, &str)> = names.into_iter().map(|name| (FRAMEWORK, name)).collect();
    wanted.extend([("own", "made"), ("own", "reduced")]);
    let differing: BTreeMap<_, _> = wanted
        .into_iter()
        .map(|(group, name)| (name, (of(ours, group, name), of(theirs, group, name))))
        .filter(|(_, (ours, theirs))| ours != theirs)
        .collect();
    differing
        .into_iter()
        .map(|(name, (ours, theirs))| format!("{name} is {ours}, and Hadoop's {theirs}"))
        .collect()
}
