//! Disks that are full, and runs that are told how much they may keep there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::names;

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah-under-test");
/// What a copy of the input takes: each line gets a TAB.
const NEEDED: u64 = 3000 + 1000;

/// A folder with an input of a thousand lines.
fn place() -> tempfile::TempDir {
    let place = tempfile::Builder::new().prefix("disks").tempdir().unwrap();
    fs::create_dir(place.path().join("temporary")).unwrap();
    fs::write(place.path().join("in.txt"), "ab\n".repeat(1000)).unwrap();
    let step = r#"{"inputs": [{"mapper": {"type": "identity"}}]}"#;
    let plan = format!(r#"{{"schema": "howdah.plan/1", "name": "copy", "steps": [{step}]}}"#);
    fs::write(place.path().join("plan.json"), plan).unwrap();
    place
}

/// Runs howdah; gives its exit code and what it said.
fn run(place: &Path, words: &str) -> (Option<i32>, String) {
    let output = Command::new(HOWDAH)
        .args(words.split(' '))
        .current_dir(place)
        .env("TMPDIR", place.join("temporary"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_disk_limit_that_just_suffices_does_and_a_smaller_one_is_exit_code_74() {
    const COPY: &str = "-input in.txt -output out -mapper cat -numReduceTasks 0";
    let place = place();
    let place = place.path();
    let before = names(place);
    let ways: [&dyn Fn(u64) -> String; 3] = [
        &|limit| format!("streaming --disk-limit {limit} {COPY}"),
        &|limit| format!("streaming -D howdah.disk.limit={limit} {COPY}"),
        &|limit| format!("submit --on local plan.json in.txt -o out --disk-limit {limit}"),
    ];
    for way in ways {
        let (code, said) = run(place, &way(NEEDED - 1));
        assert_eq!(code, Some(74), "{said}");
        let limit = format!("of the {} bytes that a run may keep on disk ", NEEDED - 1);
        assert!(said.contains(&limit), "{said}");
        assert!(said.contains("hint: allow more with `--disk-limit`"), "{said}");
        assert_eq!(names(place), before, "{said}");
        assert_eq!(names(&place.join("temporary")), [""; 0], "{said}");
        let (code, said) = run(place, &way(NEEDED));
        assert_eq!(code, Some(0), "{said}");
        fs::remove_dir_all(place.join("out")).unwrap();
    }
}

#[test]
fn what_is_shipped_in_an_archive_counts() {
    let place = place();
    let place = place.path();
    let packed = Command::new("tar").args(["cf", "in.tar", "in.txt"]).current_dir(place).status();
    assert!(packed.unwrap().success());
    let before = names(place);
    let ships = |limit: u64| {
        let job = "-archives in.tar#data -input in.txt -output out -mapper cat -numReduceTasks 0";
        run(place, &format!("streaming --disk-limit {limit} {job}"))
    };
    for limit in [2999, NEEDED + 2999] {
        let (code, said) = ships(limit);
        assert_eq!(code, Some(74), "{said}");
        assert!(said.contains(&format!("of the {limit} bytes that a run may keep")), "{said}");
        assert_eq!(names(place), before, "{said}");
        assert_eq!(names(&place.join("temporary")), [""; 0], "{said}");
    }
    let (code, said) = ships(NEEDED + 3000);
    assert_eq!(code, Some(0), "{said}");
}
