//! What Hadoop did beside what was done here.

use std::collections::{BTreeMap, HashMap};

use howdah_streaming::comparator::KeyComparator;

use super::job::Job;
use super::parts::{self, Parts};
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
    let (theirs, ours) = (parts::of(job, hadoop), parts::of(job, here));
    let mut found = output_differences(job, &theirs, &ours);
    found.extend(counter_differences(job, &counters(&hadoop.log), &counters(&here.log)));
    found
}

/// How the files differ.
fn output_differences(job: &Job, theirs: &Parts, ours: &Parts) -> Vec<String> {
    if !job.reduces() && job.files.len() > 1 {
        // Splits of one length are numbered in the order in which Hadoop's disk lists the files.
        let differ = in_any_order(theirs) != in_any_order(ours);
        return Vec::from_iter(
            differ.then(|| "the parts are not the same, in any order".to_owned()),
        );
    }
    if job.has_paths_as_keys() && !matches!(job.option("-numReduceTasks"), None | Some("1")) {
        let lines = |parts: &Parts| {
            let mut lines: Vec<_> = parts.values().flat_map(|part| lines(part)).collect();
            lines.sort();
            lines.concat()
        };
        let (theirs, ours) = (lines(theirs), lines(ours));
        return Vec::from_iter((theirs != ours).then(|| shown(&theirs, &ours)));
    }
    let names = |parts: &Parts| parts.keys().cloned().collect::<Vec<_>>();
    if names(theirs) != names(ours) {
        return vec![format!("wrote {:?}, and Hadoop {:?}", names(ours), names(theirs))];
    }
    let differences = ours.keys().filter_map(|name| {
        let difference = if name.ends_with("/index") {
            parts::index_difference(name, theirs, ours)
        } else {
            part_difference(job, &theirs[name], &ours[name])
        };
        difference.map(|difference| format!("{difference} (in {name})"))
    });
    differences.collect()
}

/// What tasks wrote, sorted; the files of a `MapFile` stay together.
fn in_any_order(parts: &Parts) -> Vec<Vec<&[u8]>> {
    let mut tasks: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for (name, part) in parts {
        tasks.entry(name.split('/').next().unwrap_or_default()).or_default().push(part);
    }
    let mut tasks: Vec<_> = tasks.into_values().collect();
    tasks.sort();
    tasks
}

fn lines(part: &[u8]) -> Vec<Vec<u8>> {
    part.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn shown(theirs: &[u8], ours: &[u8]) -> String {
    format!("is\n  {}\nand Hadoop's is\n  {}", cut(ours), cut(theirs))
}

/// How two parts differ, when values of equal keys may come in any order.
fn part_difference(job: &Job, theirs: &[u8], ours: &[u8]) -> Option<String> {
    if theirs == ours {
        return None;
    }
    let shown = || shown(theirs, ours);
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
        names.push("Reduce output records");
        if !job.has_paths_as_keys() {
            names.push("Map output bytes");
        }
        if job.comparator() == KeyComparator::Bytes {
            names.push("Reduce input groups");
        }
        // `aggregate` brings a combiner of its own.
        let combines = job.option("-combiner").is_some() && !job.combines_by_identity();
        if !combines && job.option("-reducer") != Some("aggregate") {
            names.push("Reduce input records");
        }
        // From the third spill on Hadoop combines once more, and counts that, too.
        if job.combines_by_identity() && job.setting("mapreduce.map.sort.spill.percent").is_empty()
        {
            names.extend(["Combine input records", "Combine output records"]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::job::Verb;

    fn job(options: &[&[&str]], files: usize) -> Job {
        let words = |words: &&[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let files = (0..files).map(|file| (file.to_string(), Vec::new())).collect();
        let options = options.iter().map(words).collect();
        Job { verb: Verb::Run, files, settings: Vec::new(), options }
    }

    fn seen(counters: &str, output: &[(&str, &str)]) -> Seen {
        let log = format!("Job: Counters: 1\n\t{FRAMEWORK}\n\t\t{counters}\n");
        let output = output.iter().map(|&(name, part)| (name.to_owned(), part.into())).collect();
        Seen { exit: Some(0), log, output }
    }

    #[test]
    fn what_an_identity_combines_is_counted_where_it_combines_once() {
        let [theirs, ours] = [5, 6].map(|n| seen(&format!("Combine output records={n}"), &[]));
        let identity = "org.apache.hadoop.mapred.lib.IdentityReducer";
        let mut job = job(&[&["-combiner", identity]], 1);
        assert_eq!(differences(&job, &theirs, &ours).len(), 1);
        assert_eq!(differences(&job, &theirs, &theirs).len(), 0);
        job.settings.push(("mapreduce.map.sort.spill.percent".to_owned(), "0.05".to_owned()));
        assert_eq!(differences(&job, &theirs, &ours).len(), 0);
        job.options[0][1] = "cat".to_owned();
        job.settings.clear();
        assert_eq!(differences(&job, &theirs, &ours).len(), 0);
    }

    #[test]
    fn parts_of_maps_may_be_numbered_otherwise_but_indexes_stay_with_their_data() {
        let files = |[a, b, c, d]: [&'static str; 4]| {
            let names = ["part-0/data", "part-0/index", "part-1/data", "part-1/index"];
            seen("x=0", &names.into_iter().zip([a, b, c, d]).collect::<Vec<_>>())
        };
        let theirs = files(["S none", "1", "T none", "2"]);
        let differ =
            |ours| !differences(&job(&[&["-reducer", "NONE"]], 2), &theirs, &ours).is_empty();
        assert!(!differ(files(["T none", "2", "S none", "1"])));
        assert!(differ(files(["T none", "1", "S none", "2"])));
    }

    #[test]
    fn tasks_of_paths_are_compared_together() {
        let counts = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorMapper";
        let job = job(&[&["-mapper", counts], &["-numReduceTasks", "2"]], 2);
        let output = |folder: &str, [one, other]: [&str; 2]| {
            let [one, other] = [one, other].map(|file| format!("file:/{folder}/in/{file}\t1\n"));
            seen("x=0", &[("part-00000", &one), ("part-00001", &other)])
        };
        let theirs = output("tmp/hadoop", ["a", "b"]);
        assert_eq!(differences(&job, &theirs, &output("tmp/x", ["b", "a"])).len(), 0);
        assert_eq!(differences(&job, &theirs, &output("tmp/x", ["b", "c"])).len(), 1);
    }
}
