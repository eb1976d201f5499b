//! `dumptb` and `loadtb` on Hadoop and here, and what differs.

use std::collections::BTreeMap;

use super::job::{Job, Verb};
use super::typed_stream;
use crate::conformance::case::{Case, Content};
use crate::conformance::place::{Place, Seen};
use crate::conformance::runner::Runner;
use crate::oracle::Oracle;

/// What the verbs print or write.
const OUTPUT: &str = "out/dump";
/// The code with which a verb ends that cannot read its input.
const FAILED: Option<i32> = Some(1);

/// Runs a verb on both sides; tells what differs, and whether it succeeded on Hadoop.
pub fn compare(job: &Job, oracle: &mut Oracle, howdah: &mut dyn Runner) -> (Vec<String>, bool) {
    let case = job.case("random");
    let hadoop = ask(oracle, &case);
    let succeeded = hadoop.exit == Some(0);
    if hadoop.exit.is_none() {
        return (vec!["Hadoop did not answer: its Java died, or hangs".to_owned()], succeeded);
    }
    let place = Place::of(&case);
    let here = place.run(&case, &[], howdah);
    let difference = match &job.verb {
        Verb::Run => panic!("a job is no verb"),
        Verb::Dump { is_damaged, .. } => {
            let alone = |file: &str| {
                let verb = Verb::Dump { pattern: file.to_owned(), is_damaged: false };
                let case = Job { verb, ..job.clone() }.case("alone");
                dumped(&place.run(&case, &[], howdah))
            };
            dump_difference(job, *is_damaged, &hadoop, &here, alone)
        }
        Verb::Load { path } => load_difference(job, &hadoop, &here).or_else(|| {
            let written = place.file(path).filter(|_| succeeded)?;
            let written = [("x".to_owned(), Content::of(&written))].into();
            read_back_difference(&case, written, path, oracle)
        }),
    };
    (difference.into_iter().collect(), succeeded)
}

/// Runs a case on Hadoop.
fn ask(oracle: &mut Oracle, case: &Case) -> Seen {
    Place::emptied(&oracle.here(), case).run(case, &[], oracle)
}

fn dumped(seen: &Seen) -> Vec<u8> {
    seen.output.get("dump").cloned().unwrap_or_default()
}

/// How two dumps differ; `alone` dumps one file here.
fn dump_difference(
    job: &Job,
    is_damaged: bool,
    hadoop: &Seen,
    here: &Seen,
    mut alone: impl FnMut(&str) -> Vec<u8>,
) -> Option<String> {
    let exits = (hadoop.exit, here.exit);
    let (theirs, ours) = (dumped(hadoop), dumped(here));
    // What is damaged may be a shorter file for Hadoop. Here it fails, with what was good before.
    let is_found_here = is_damaged && exits == (Some(0), FAILED);
    if exits.0 != exits.1 && !is_found_here {
        return Some(format!("exit {:?}, and Hadoop's is {:?}", exits.1, exits.0));
    }
    if theirs == ours || is_damaged && (theirs.starts_with(&ours) || ours.starts_with(&theirs)) {
        return None;
    }
    // Hadoop takes the files of a folder as its disk lists them, and may have failed at any of them.
    let is_folder = matches!(&job.verb, Verb::Dump { pattern, .. } if !is_of_a_file(job, pattern));
    if is_folder && exits.0 == FAILED {
        return None;
    }
    if is_folder {
        let dumps: Vec<_> =
            job.files.iter().map(|(name, _)| alone(&format!("in/{name}"))).collect();
        if joins(&theirs, &dumps) {
            return None;
        }
    }
    Some(format!("dumps are\n  {}\nand Hadoop's are\n  {}", shown(&ours), shown(&theirs)))
}

fn is_of_a_file(job: &Job, pattern: &str) -> bool {
    job.files.iter().any(|(name, _)| format!("in/{name}") == pattern)
}

/// Whether these parts make the whole, one behind the other in any order.
fn joins(whole: &[u8], parts: &[Vec<u8>]) -> bool {
    if parts.is_empty() {
        return whole.is_empty();
    }
    (0..parts.len()).any(|at| {
        let others = [&parts[..at], &parts[at + 1..]].concat();
        whole.strip_prefix(&parts[at][..]).is_some_and(|rest| joins(rest, &others))
    })
}

/// How two files of `loadtb` differ: as their records, since marks and compressors do.
fn load_difference(job: &Job, hadoop: &Seen, here: &Seen) -> Option<String> {
    let stream = job.files.first().map_or(Vec::new(), |(_, pieces)| pieces.concat());
    let exits = (hadoop.exit, here.exit);
    let is_refused_here = exits == (Some(0), FAILED) && typed_stream::is_refused_here(&stream);
    if exits.0 != exits.1 && !is_refused_here {
        return Some(format!("exit {:?}, and Hadoop's is {:?}", exits.1, exits.0));
    }
    if here.exit == Some(0) {
        return (here.output != hadoop.output).then(|| {
            format!("wrote\n  {}\nand Hadoop\n  {}", all(&here.output), all(&hadoop.output))
        });
    }
    // Hadoop leaves what it has of a file; here there is none.
    let says_so = |seen: &Seen| seen.log.contains("given path exists already!");
    if says_so(hadoop) != says_so(here) {
        return Some(format!("says\n  {}\nand Hadoop\n  {}", here.log, hadoop.log));
    }
    (!here.output.is_empty()).then(|| format!("left\n  {}", all(&here.output)))
}

/// How Hadoop's dump of the file that was written here differs from that of its own.
fn read_back_difference(
    load: &Case,
    written: BTreeMap<String, Content>,
    path: &str,
    oracle: &mut Oracle,
) -> Option<String> {
    let dump = |file: &str| ["dumptb", file, ">", OUTPUT].map(str::to_owned).to_vec();
    let before = vec![load.run.clone()];
    let own = Case { before, run: dump(path), ..load.clone() };
    let ours = Case { files: written, run: dump("x"), ..load.clone() };
    let (own, ours) = (ask(oracle, &own), ask(oracle, &ours));
    let same = ours.exit == Some(0) && dumped(&own) == dumped(&ours);
    (!same).then(|| {
        let (ours, own) = (shown(&dumped(&ours)), shown(&dumped(&own)));
        format!("Hadoop reads of it\n  {ours}\nand of its own file\n  {own}")
    })
}

fn all(output: &BTreeMap<String, Vec<u8>>) -> String {
    let files = output.iter().map(|(name, bytes)| format!("{name}: {}", shown(bytes)));
    files.collect::<Vec<_>>().join("\n  ")
}

fn shown(bytes: &[u8]) -> String {
    let text = bytes[..bytes.len().min(700)].escape_ascii().to_string();
    format!("{text} ({} bytes)", bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(exit: i32, output: &[(&str, &str)]) -> Seen {
        let output = output.iter().map(|&(name, text)| (name.to_owned(), text.into())).collect();
        Seen { exit: Some(exit), log: String::new(), output }
    }

    fn job(verb: Verb, files: &[(&str, &[u8])]) -> Job {
        let files = files.iter().map(|&(name, bytes)| (name.to_owned(), vec![bytes.to_vec()]));
        Job { verb, files: files.collect(), settings: Vec::new(), options: Vec::new() }
    }

    fn dumps_differ(pattern: &str, is_damaged: bool, hadoop: &Seen, here: &Seen) -> bool {
        let verb = Verb::Dump { pattern: pattern.to_owned(), is_damaged };
        let job = job(verb, &[("a", b"A"), ("b", b"B")]);
        let alone = |file: &str| file.trim_start_matches("in/").to_uppercase().into_bytes();
        dump_difference(&job, is_damaged, hadoop, here, alone).is_some()
    }

    #[test]
    fn files_of_a_folder_may_come_in_any_order() {
        let [ours, theirs, others] = ["AB", "BA", "AA"].map(|dump| seen(0, &[("dump", dump)]));
        assert!(!dumps_differ("in", false, &theirs, &ours));
        assert!(dumps_differ("in", false, &others, &ours));
        assert!(dumps_differ("in/a", false, &theirs, &ours));
        assert!(dumps_differ("in", false, &seen(1, &[]), &ours));
    }

    #[test]
    fn what_is_damaged_may_be_shorter_for_hadoop_but_no_other() {
        let [part, whole, other] = ["A", "AB", "C"].map(|dump| seen(0, &[("dump", dump)]));
        let found = seen(1, &[("dump", "A")]);
        assert!(
            !dumps_differ("in/a", true, &part, &found)
                && !dumps_differ("in/a", true, &whole, &found)
        );
        assert!(dumps_differ("in/a", true, &other, &found));
        assert!(dumps_differ("in/a", true, &found, &whole));
        assert!(dumps_differ("in/a", false, &part, &found));
    }

    #[test]
    fn a_load_that_fails_leaves_nothing() {
        let load = |stream| job(Verb::Load { path: "out/x".to_owned() }, &[("stream", stream)]);
        let differ = |stream, hadoop: &Seen, here: &Seen| {
            load_difference(&load(stream), hadoop, here).is_some()
        };
        let (cut, list) = (b"\x03\0\0".as_slice(), b"\x02\x01\x09".as_slice());
        let left = seen(1, &[("x", "some")]);
        let whole = seen(0, &[("x", "all")]);
        assert!(!differ(cut, &left, &seen(1, &[])));
        assert!(differ(cut, &left, &left));
        assert!(differ(cut, &whole, &seen(1, &[])));
        assert!(!differ(list, &whole, &seen(1, &[])));
        assert!(differ(list, &whole, &seen(0, &[("x", "other")])));
    }
}
