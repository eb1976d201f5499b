//! The README's own commands, run as a reader runs them: in order, in one shell, in a copy of the repository.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// This test is part of what that command runs.
const EVERY_TEST: &str = "./scripts/test --install";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The commands of the README's blocks of `sh`.
fn commands(readme: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = readme;
    while let Some((_, block)) = rest.split_once("```sh\n") {
        let (block, after) = block.split_once("```").unwrap();
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

/// The README's job is the one that it tells to copy, word for word.
#[test]
fn the_job_to_copy_is_shown_as_it_is() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let job = fs::read_to_string(repository().join("jobs/log-status/src/main.rs")).unwrap();
    let (_, program) = job.split_once("\n\n").unwrap();
    let (program, _) = program.split_once("\n#[cfg(test)]").unwrap();
    assert!(readme.contains(&format!("```rust\n{program}```\n")), "README.md lacks:\n{program}");
}

/// Copies a folder without what is built, fetched or git's own.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, name) = (entry.path(), entry.file_name());
        if [".git", "target", "data"].contains(&name.to_str().unwrap_or_default()) {
            continue;
        }
        if source.is_dir() {
            copy(&source, &to.join(name));
        } else {
            fs::copy(&source, to.join(name)).unwrap();
        }
    }
}

#[test]
fn the_readmes_commands_do_what_they_say() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let blocks = commands(&readme);
    assert_eq!(blocks[0], "./scripts/quickstart\n");
    assert_eq!(blocks[1], format!("{EVERY_TEST}\n"));
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("howdah");
    copy(&repository(), &copied);

    let session = blocks.concat().replace(EVERY_TEST, "./scripts/test --help");
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &session])
        .current_dir(&copied)
        // As in a shell of one's own: nothing of this test's cargo, and where to build is the default.
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");

    let counted = |line: &str| {
        let word = line.strip_prefix('"').and_then(|rest| rest.split_once("\"\t"));
        word.is_some_and(|(_, count)| count.parse::<u64>().is_ok())
    };
    let first = stdout.lines().next().unwrap_or_default();
    assert!(counted(first), "the first line of the quickstart is no count: {first}");
    assert!(stderr.contains("Where the time went"), "{stderr}");
    assert!(stdout.contains("\nthe same\n"), "{stdout}");
    let mapped = "200\t[1,2326]\n404\t[1,0]\n200\t[1,74]\n";
    let step = "--step 0  map, combine, reduce, mapreduce.output.textoutputformat.separator=${env.HOWDAH_NOTHING:-}, \
                stream.reduce.output.field.separator=<|howdah|>";
    let own_job = format!("my-job: 1 step\n  {step}\n{mapped}");
    let (_, ran) = stdout.split_once(&own_job).expect(&own_job);
    let mut hits: Vec<_> = ran.lines().collect();
    hits.sort_unstable();
    assert_eq!(hits, ["200\t2\t2400", "404\t1\t0"]);
    let parts = fs::read_dir(copied.join("counts")).unwrap().count();
    assert_eq!(parts, 4, "three parts and _SUCCESS");
}
