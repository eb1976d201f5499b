//! Memory: a run of far more data than its budget stays within what is promised, and the budget does not show in the
//! output.

use std::fs;
use std::path::Path;
use std::process::Command;

use howdah_tests::text::words;

/// A twentieth of what the promise was measured with by hand.
const TEXT_BYTES: usize = 25 << 20;
const MEBIBYTE: u64 = 1 << 20;

/// Runs a word count of Hadoop's stock classes, and gives the largest resident size of a process in bytes.
fn count(folder: &Path, output: &str, memory: &str, workers: &str) -> u64 {
    let measure = "import resource, subprocess, sys\n\
                   subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)\n\
                   print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let measured = Command::new("python3")
        .args(["-c", measure, env!("CARGO_BIN_EXE_howdah-under-test"), "streaming"])
        .args(["--memory", memory, "--workers", workers, "--maps", "7"])
        .args(["-D", "mapreduce.job.output.key.class=org.apache.hadoop.io.Text"])
        .args(["-D", "mapreduce.job.output.value.class=org.apache.hadoop.io.LongWritable"])
        .args(["-input", "in.txt", "-output", output, "-numReduceTasks", "3"])
        .args(["-mapper", "org.apache.hadoop.mapred.lib.TokenCountMapper"])
        .args(["-reducer", "org.apache.hadoop.mapred.lib.LongSumReducer"])
        .current_dir(folder)
        .env("TMPDIR", folder)
        .output()
        .expect("this test measures memory by python3: install it");
    let kibibytes = String::from_utf8_lossy(&measured.stdout).trim().parse::<u64>();
    let said = String::from_utf8_lossy(&measured.stderr);
    kibibytes.unwrap_or_else(|_| panic!("the run has failed: {said}")) * 1024
}

fn parts(folder: &Path) -> Vec<Vec<u8>> {
    (0..3).map(|part| fs::read(folder.join(format!("part-{part:05}"))).unwrap()).collect()
}

#[test]
fn a_run_stays_within_its_memory_and_gives_the_same_for_any() {
    let folder = tempfile::Builder::new().prefix("memory").tempdir().unwrap();
    fs::write(folder.path().join("in.txt"), words(TEXT_BYTES, "word", 24)).unwrap();
    let mut expected = None;
    for (memory, workers) in [(8, 1), (8, 7), (64, 2), (1024, 2)] {
        let output = format!("out-{memory}-{workers}");
        let peak = count(folder.path(), &output, &format!("{memory}M"), &workers.to_string());
        let promised = (memory + 32 + 2 * workers) * MEBIBYTE;
        assert!(
            peak <= promised,
            "{memory}M, {workers} workers: {peak} bytes, {promised} promised"
        );
        let parts = parts(&folder.path().join(&output));
        assert!(parts.iter().all(|part| !part.is_empty()));
        assert_eq!(expected.get_or_insert_with(|| parts.clone()), &parts, "{memory}M, {workers}");
    }
}
