//! Panics: a job's own code that fails is told with its record, and nothing that the record holds moves a terminal.

use std::fs;
use std::process::Command;

#[test]
fn a_panic_is_told_with_its_record_and_without_escape_sequences() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines.txt");
    fs::write(&lines, "all is well\ndon't panic: \x1b[31mred\x1b[0m\n").unwrap();
    for isolated in [&[][..], &["--isolate"]] {
        let ran = Command::new(env!("CARGO_BIN_EXE_faulty"))
            .args(["run", "--fault", "panics", "-o", "out"])
            .args(isolated)
            .arg(&lines)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{said}");
        assert!(
            said.contains(r"panicked: no such line is expected: don't panic: \x1b[31m"),
            "{said}"
        );
        assert!(said.contains(r"don\'t panic: \x1b[31mred\x1b[0m"), "the record: {said}");
        assert!(!said.contains('\x1b'), "{said:?}");
        assert!(!folder.path().join("out").exists(), "no output of a run that failed");
    }
}
