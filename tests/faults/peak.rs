//! The memory that a process takes at most.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const MEBIBYTE: u64 = 1 << 20;

/// What is promised of a run with so many MiB of memory and so many workers, in bytes: twice the largest record and what
/// user code holds come on top.
pub(crate) fn promised(memory: u64, workers: u64) -> u64 {
    // It is promised of an optimised program. One that is not has 7 MiB more of its own code in memory, of which some is
    // within the promise all the same.
    let of_code = if cfg!(debug_assertions) { 4 } else { 0 };
    (memory + 32 + 2 * workers + of_code) * MEBIBYTE
}

/// Runs `howdah streaming` in a folder, which also takes temporary files, and gives the largest resident size of a process
/// in bytes.
pub(crate) fn peak_of_streaming(folder: &Path, words: &[&str]) -> u64 {
    let measure = "import resource, subprocess, sys\n\
                   subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)\n\
                   print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let measured = Command::new("python3")
        .args(["-c", measure, env!("CARGO_BIN_EXE_howdah-under-test"), "streaming"])
        .args(words)
        .current_dir(folder)
        .env("TMPDIR", folder)
        .output()
        .expect("this test measures memory by python3: install it");
    let kibibytes = String::from_utf8_lossy(&measured.stdout).trim().parse::<u64>();
    let said = String::from_utf8_lossy(&measured.stderr);
    kibibytes.unwrap_or_else(|_| panic!("the run has failed: {said}")) * 1024
}

/// The parts of an output, in their order.
pub(crate) fn parts(output: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(output).unwrap().map(|entry| entry.unwrap().path());
    let is_part = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("part-");
    let mut paths: Vec<_> = entries.filter(is_part).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}
