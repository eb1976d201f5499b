//! What a job wrote, as far as that is the same wherever it runs.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use howdah_codec::Codec;

use super::job::Job;
use crate::conformance::place::Seen;

/// Files of the output folder by their names, decompressed.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// The parts of a run: without the folders of files that they name, and of a `MapFile` that is compressed without the
/// places to which its index points.
#[must_use]
pub fn of(job: &Job, seen: &Seen) -> Parts {
    let mut parts: Parts =
        seen.output.iter().map(|(name, bytes)| (name.clone(), plain(name, bytes))).collect();
    if job.has_paths_as_keys() {
        for part in parts.values_mut() {
            *part = without_folders(part);
        }
    }
    let compressed: Vec<_> = parts
        .iter()
        .filter(|(_, data)| !compression(data).ends_with(b" none"))
        .filter_map(|(name, _)| index_of(name))
        .collect();
    for index in compressed {
        if let Some(index) = parts.get_mut(&index) {
            *index = keys(index);
        }
    }
    parts
}

/// The name of the index that belongs to a `MapFile`'s data.
fn index_of(data: &str) -> Option<String> {
    Some(format!("{}/index", data.strip_suffix("/data")?))
}

/// How two indexes differ. Records of one key may come in any order; where they do, only the keys of the indexes can be
/// compared, and in blocks not even those.
#[must_use]
pub fn index_difference(name: &str, theirs: &Parts, ours: &Parts) -> Option<String> {
    let data = name.replace("/index", "/data");
    let differ = match (theirs.get(&data), ours.get(&data)) {
        (Some(theirs_data), Some(ours_data)) if theirs_data != ours_data => {
            let is_in_blocks = compression(ours_data).windows(8).any(|word| word == b" blocks ");
            !is_in_blocks && keys(&theirs[name]) != keys(&ours[name])
        }
        _ => theirs[name] != ours[name],
    };
    let shown = |parts: &Parts| parts[name].escape_ascii().to_string().replace("\\n", "\\n\n  ");
    differ.then(|| format!("the index is\n  {}and Hadoop's is\n  {}", shown(ours), shown(theirs)))
}

/// The first line of a `SequenceFile` that is shown as text, which ends in how it is compressed.
fn compression(shown: &[u8]) -> &[u8] {
    shown.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

/// The lines of a `SequenceFile` that is shown, without their values.
fn keys(shown: &[u8]) -> Vec<u8> {
    let key = |line: &[u8]| line.split(|&byte| byte == b'\t').next().map(<[u8]>::to_vec);
    let keys: Vec<_> = shown.split(|&byte| byte == b'\n').filter_map(key).collect();
    keys.join(&b'\n')
}

/// A part without the folder in which the job ran, where paths below `in/` are named.
fn without_folders(part: &[u8]) -> Vec<u8> {
    const SCHEME: &[u8] = b"file:";
    const INPUT: &[u8] = b"/in/";
    let line = |line: &[u8]| {
        let place = |wanted: &[u8]| line.windows(wanted.len()).position(|found| found == wanted);
        match (place(SCHEME), place(INPUT)) {
            (Some(from), Some(to)) if from < to => {
                [&line[..from + SCHEME.len()], &line[to..]].concat()
            }
            _ => line.to_vec(),
        }
    };
    part.split_inclusive(|&byte| byte == b'\n').flat_map(line).collect()
}

/// A part file, decompressed.
fn plain(name: &str, bytes: &[u8]) -> Vec<u8> {
    let Some(codec) = Codec::of_path(Path::new(name)) else { return bytes.to_vec() };
    let mut plain = Vec::new();
    let decoded = codec
        .decoder(bytes)
        .map_err(|error| error.to_string())
        .and_then(|mut decoder| decoder.read_to_end(&mut plain).map_err(|error| error.to_string()));
    match decoded {
        Ok(_) => plain,
        Err(error) => format!("cannot be read: {error}").into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::job::Verb;

    const HEADER: &str = "SequenceFile K V";

    fn job(mapper: &str) -> Job {
        let options = vec![vec!["-mapper".to_owned(), mapper.to_owned()]];
        Job { verb: Verb::Run, files: Vec::new(), settings: Vec::new(), options }
    }

    fn map_file(compression: &str, data: &str, index: &str) -> Parts {
        let files = [("data", compression, data), ("index", "blocks C", index)];
        let output = files.map(|(name, compression, records)| {
            let shown = format!("{HEADER} {compression}\n{records}");
            (format!("part-00000/{name}"), shown.into_bytes())
        });
        let seen = Seen { exit: Some(0), log: String::new(), output: output.into() };
        of(&job("cat"), &seen)
    }

    fn differ(theirs: &Parts, ours: &Parts) -> bool {
        index_difference("part-00000/index", theirs, ours).is_some()
    }

    #[test]
    fn places_in_an_index_count_where_nothing_is_compressed() {
        for (compression, counts) in [("none", true), ("record C", false), ("blocks C", false)] {
            let [theirs, ours] =
                ["1", "2"].map(|at| map_file(compression, "a\tx\n", &format!("a\t{at}\n")));
            assert_eq!(differ(&theirs, &ours), counts, "{compression}");
            let [theirs, ours] =
                ["a", "b"].map(|key| map_file(compression, "a\tx\n", &format!("{key}\t1\n")));
            assert!(differ(&theirs, &ours), "{compression}");
        }
    }

    #[test]
    fn where_values_come_in_another_order_keys_count_but_in_blocks() {
        let of = |compression, data: &str, key: &str| {
            map_file(compression, data, &format!("{key}\t{}\n", data.len()))
        };
        let [one, other] = ["a\tx\na\tyy\nb\tz\n", "a\tyy\na\tx\nb\tz\nb\tz\n"];
        assert!(!differ(&of("none", one, "a"), &of("none", other, "a")));
        assert!(differ(&of("none", one, "a"), &of("none", other, "b")));
        assert!(!differ(&of("blocks C", one, "a"), &of("blocks C", other, "b")));
    }

    #[test]
    fn folders_of_counted_files_are_taken_away() {
        let output = [(
            "part-00000".to_owned(),
            b"LongValueSum:file:/tmp/x/in/a\t1\nrecord_count\t1\n".to_vec(),
        )];
        let seen = Seen { exit: Some(0), log: String::new(), output: output.into() };
        let found = of(&job("org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorMapper"), &seen);
        assert_eq!(found["part-00000"], b"LongValueSum:file:/in/a\t1\nrecord_count\t1\n");
        assert_eq!(of(&job("cat"), &seen)["part-00000"], seen.output["part-00000"]);
    }
}
