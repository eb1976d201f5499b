//! `howdah diagnose`, as people call it.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A log that was recorded from a real cluster.
fn recorded(name: &str) -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    crates.join(format!("howdah-hadoop/tests/logs/{name}.log")).to_str().unwrap().to_owned()
}

/// What it says on its standard output and its standard error, and its exit code.
fn diagnose(path: &Path, words: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_howdah"));
    command.arg("diagnose").args(words).env("PATH", path);
    for name in ["HADOOP_HOME", "HADOOP_PREFIX", "HADOOP_INSTALL", "HADOOP_MAPRED_HOME"] {
        command.env_remove(name);
    }
    let output = command.env_remove("HOWDAH_HADOOP_CLASSPATH").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// A Hadoop whose `yarn` does as a script says.
fn hadoop(yarn: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, script) in [("hadoop", "exit 1"), ("mapred", "exit 1"), ("yarn", yarn)] {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn a_file_of_logs_is_diagnosed() {
    let nowhere = tempfile::tempdir().unwrap();
    let (said, complaint, code) = diagnose(nowhere.path(), &[&recorded("exception")]);
    assert_eq!((complaint.as_str(), code), ("", 0));
    assert!(
        said.contains(r"cause: the program's code raised `ValueError: bad \x1b[31mline"),
        "{said}"
    );
    assert!(!said.contains('\x1b'), "{said:?}");

    let (said, _, code) = diagnose(nowhere.path(), &["--json", &recorded("timed-out")]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&json["failures"][0]["slug"], code), (&"timed-out".into(), 0));

    let (said, _, code) = diagnose(nowhere.path(), &[&recorded("succeeded")]);
    assert_eq!((said.as_str(), code), ("nothing that failed was found in these logs\n", 1));
}

#[test]
fn an_application_is_asked_for_by_any_identifier_of_its() {
    let log = recorded("carriage-return");
    let cat = format!(
        "[ \"$1 $2 $3\" = 'logs -applicationId application_17_0012' ] && exec /bin/cat '{log}'"
    );
    let hadoop = hadoop(&cat);
    for id in ["application_17_0012", "job_17_0012", "attempt_17_0012_m_000000_0"] {
        let (said, complaint, code) = diagnose(hadoop.path(), &[id]);
        assert!(
            said.contains("\n  cause: the script's lines end with CR LF"),
            "{id}: {said}{complaint}"
        );
        assert_eq!(code, 0);
    }
}

#[test]
fn of_a_large_job_the_masters_log_is_asked_for_whole() {
    let folder = tempfile::tempdir().unwrap();
    let master = "container_1700000000000_0005_01_000001";
    let whole = fs::read_to_string(recorded("exception")).unwrap();
    // It is the first of the recorded, and its end is all that comes at first: what is longer than 64 KiB is cut.
    let (of_master, of_tasks) =
        whole.split_once("\nContainer: container_1700000000000_0005_01_000002").unwrap();
    let of_master = of_master.replace("LogLength:56274", "LogLength:156274");
    let end: String = of_master
        .lines()
        .filter(|line| !line.contains("_0005_m_000000_0") && !line.contains("containerId"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let tasks = format!("Container: container_1700000000000_0005_01_000002{of_tasks}");
    fs::write(folder.path().join("narrow"), end + "\n" + &tasks).unwrap();
    fs::write(folder.path().join("master"), of_master).unwrap();
    let at = folder.path().display();
    let yarn = format!(
        "echo \"$*\" >>'{at}/calls'\ncase \"$*\" in\n  *-containerId*) exec /bin/cat '{at}/master' ;;\n  \
         *) exec /bin/cat '{at}/narrow' ;;\nesac"
    );
    let (said, complaint, code) =
        diagnose(hadoop(&yarn).path(), &["application_1700000000000_0005"]);
    assert_eq!(code, 0, "{said}{complaint}");
    assert!(said.contains("\n  cause: the program's code raised `ValueError: "), "{said}");
    assert!(
        said.contains("failed twice, first as attempt_1700000000000_0005_m_000000_0"),
        "{said}"
    );
    let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
    let calls: Vec<_> = calls.lines().collect();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls[1].contains(&format!("-containerId {master} -log_files syslog")), "{calls:?}");
    assert!(calls[1].ends_with("-nodeAddress node-1.example:24117"), "{calls:?}");
}

#[test]
fn logs_of_an_older_hadoop_are_asked_for_whole() {
    // As releases before 2.9 write it.
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let text = fs::read_to_string(recorded("over-memory")).unwrap();
    fs::write(&log, text.replace("LogContents:", "Log Contents:")).unwrap();
    let script = format!(
        "[ $# = 3 ] && exec /bin/cat '{}'\necho 'Unrecognized option: -log_files' >&2\nexit 255",
        log.display()
    );
    let (said, complaint, code) = diagnose(hadoop(&script).path(), &["application_17_0012"]);
    assert!(said.contains("YARN killed the task for its memory"), "{said}{complaint}");
    assert_eq!(code, 0);
}

#[test]
fn what_cannot_be_read_is_said_with_what_to_do() {
    let nowhere = tempfile::tempdir().unwrap();
    let (_, complaint, code) = diagnose(nowhere.path(), &["no-such-log"]);
    assert!(complaint.starts_with("error: `no-such-log` is neither a file"), "{complaint}");
    assert_eq!(code, 5);
    let (_, complaint, code) = diagnose(nowhere.path(), &["no\x1b[31msuch"]);
    assert!(complaint.starts_with(r"error: `no\x1b[31msuch` is neither"), "{complaint}");
    assert_eq!(code, 5);
    let (_, complaint, code) = diagnose(nowhere.path(), &["application_17_0012"]);
    assert!(complaint.starts_with("error: no Hadoop was found here"), "{complaint}");
    assert_eq!(code, 5);
    let silent =
        hadoop("echo 'Can not find the logs for the application: application_17_0012'; exit 255");
    let (_, complaint, code) = diagnose(silent.path(), &["application_17_0012"]);
    assert!(complaint.contains("| Can not find the logs for the application"), "{complaint}");
    assert!(
        complaint.contains("\nhint: they are gathered when the application has ended"),
        "{complaint}"
    );
    assert_eq!(code, 5);
    let (_, complaint, code) = diagnose(nowhere.path(), &[]);
    assert!(complaint.contains("howdah diagnose"), "{complaint}");
    assert_eq!(code, 2);
    let (help, _, code) = diagnose(nowhere.path(), &["--help"]);
    assert!(help.contains("Exit codes: 0 a cause was found"), "{help}");
    assert_eq!(code, 0);
}
