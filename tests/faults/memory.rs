//! Memory: a run of far more data than its budget stays within what is promised, and the budget does not show in the
//! output.

use std::fs;
use std::path::Path;

use howdah_tests::text::words;

use crate::peak::{parts, peak_of_streaming, promised};

/// A twentieth of what the promise was measured with by hand.
const TEXT_BYTES: usize = 25 << 20;

/// Runs a word count of Hadoop's stock classes, and gives the largest resident size of a process in bytes.
fn count(folder: &Path, output: &str, memory: &str, workers: &str) -> u64 {
    let words = [
        ["--memory", memory, "--workers", workers, "--maps", "7"],
        ["-D", TEXT_KEYS, "-D", LONG_VALUES, "-input", "in.txt"],
        ["-output", output, "-numReduceTasks", "3", "-mapper", TOKENS],
    ];
    peak_of_streaming(folder, &[&words.concat()[..], &["-reducer", SUMS]].concat())
}

const TEXT_KEYS: &str = "mapreduce.job.output.key.class=org.apache.hadoop.io.Text";
const LONG_VALUES: &str = "mapreduce.job.output.value.class=org.apache.hadoop.io.LongWritable";
const TOKENS: &str = "org.apache.hadoop.mapred.lib.TokenCountMapper";
const SUMS: &str = "org.apache.hadoop.mapred.lib.LongSumReducer";

#[test]
fn a_run_stays_within_its_memory_and_gives_the_same_for_any() {
    let folder = tempfile::Builder::new().prefix("memory").tempdir().unwrap();
    fs::write(folder.path().join("in.txt"), words(TEXT_BYTES, "word", 24)).unwrap();
    let mut expected = None;
    for (memory, workers) in [(8, 1), (8, 7), (64, 2), (1024, 2)] {
        let output = format!("out-{memory}-{workers}");
        let peak = count(folder.path(), &output, &format!("{memory}M"), &workers.to_string());
        let promised = promised(memory, workers);
        assert!(
            peak <= promised,
            "{memory}M, {workers} workers: {peak} bytes, {promised} promised"
        );
        let parts = parts(&folder.path().join(&output));
        assert!(parts.len() == 3 && parts.iter().all(|part| !part.is_empty()));
        assert_eq!(expected.get_or_insert_with(|| parts.clone()), &parts, "{memory}M, {workers}");
    }
}
