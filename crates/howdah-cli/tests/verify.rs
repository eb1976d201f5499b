//! `howdah verify`, from a run with `--manifest` on.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah");

const PLAN: &str = r#"{
    "schema": "howdah.plan/1",
    "name": "begin",
    "steps": [{
        "inputs": [{"mapper": {"type": "command", "argv": ["sh", "first.sh"]}}],
        "reducer": {"type": "command", "argv": ["uniq", "-c"]}
    }]
}"#;

struct Place {
    folder: tempfile::TempDir,
}

struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::Builder::new().prefix("verify").tempdir().unwrap() };
        place.write("plan.json", PLAN);
        place.write("first.sh", "exec cut -c 1\n");
        place.write("in.txt", "apple\nbanana\navocado\n");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn says(&self, words: &[&str]) -> Said {
        let output = Command::new(HOWDAH)
            .args(words)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs a job that leaves its output with a manifest in `out`.
    fn run(&self) {
        let line = ["submit", "plan.json", "in.txt", "-o", "out", "--on", "local", "--manifest"];
        let said = self.says(&line);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
    }

    fn verify(&self, words: &[&str]) -> Said {
        self.says(&[&["verify", "out"], words].concat())
    }
}

#[test]
fn an_output_is_as_it_was_written_until_somebody_changes_it() {
    let place = Place::new();
    place.run();
    let said = place.verify(&["--inputs"]);
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (Some(0), "`out` is as it was written: 3 files, 22 bytes; 2 input files looked at\n", "")
    );
    place.write("out/part-00000", "");
    place.write("out/part-00007", "1 x\n");
    fs::remove_file(place.path("out/_SUCCESS")).unwrap();
    place.write("in.txt", "apple\nbanane\navocado\n");
    let said = place.verify(&["--inputs"]);
    assert_eq!(said.code, Some(3));
    let part = |line: &str| said.stdout.lines().any(|found| found == line);
    assert!(part("missing     _SUCCESS"), "{}", said.stdout);
    assert!(part("extra       part-00007"), "{}", said.stdout);
    assert!(part("content     input in.txt: other bytes than were read"), "{}", said.stdout);
    assert!(said.stderr.contains("hint: do not use these files"), "{}", said.stderr);
    let said = place.verify(&[]);
    assert!(!said.stdout.contains("in.txt"), "inputs were not asked for: {}", said.stdout);
}

#[test]
fn a_change_of_the_manifest_itself_is_found() {
    let place = Place::new();
    place.run();
    let manifest = place.read("out/_MANIFEST.json");
    place.write("out/_MANIFEST.json", &manifest.replace("\"begin\"", "\"begun\""));
    let said = place.verify(&[]);
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    let line = "content     _MANIFEST.json: it does not have the SHA-256 that it ends with\n";
    assert!(said.stdout.starts_with(line), "{}", said.stdout);
    assert!(said.stderr.contains("hint: the manifest itself was changed"), "{}", said.stderr);
}

#[test]
fn what_cannot_be_looked_at_is_told_with_its_reason() {
    let place = Place::new();
    place.run();
    let manifest = place.read("out/_MANIFEST.json");
    let newer = manifest.replace("howdah.manifest/1", "howdah.manifest/2");
    for (text, reason) in [
        ("", "it is no JSON"),
        ("{}", "it has no `schema`"),
        (
            newer.as_str(),
            "its form is `howdah.manifest/2`, and this howdah reads `howdah.manifest/1`",
        ),
        ("{\"schema\": \"howdah.manifest/1\"}", "it is damaged: missing field"),
        (manifest.trim_end(), "it does not end with its own SHA-256"),
    ] {
        place.write("out/_MANIFEST.json", text);
        let said = place.verify(&[]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(5), ""), "{text}");
        assert!(said.stderr.contains(reason) && said.stderr.contains("hint: "), "{}", said.stderr);
    }
    fs::remove_file(place.path("out/_MANIFEST.json")).unwrap();
    let said = place.verify(&["--json"]);
    assert_eq!(said.code, Some(5));
    assert!(said.stderr.contains("`out` has no `_MANIFEST.json`"), "{}", said.stderr);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&json["outcome"], &json["exit_code"]), (&"failed".into(), &5.into()));
    let said = place.says(&["verify", "none"]);
    assert!(said.stderr.contains("hint: name the folder that"), "{}", said.stderr);
    for (words, code) in
        [(["verify", "none"], 5), (["verify", "in.txt"], 5), (["verify", "--no"], 2)]
    {
        assert_eq!(place.says(&words).code, Some(code), "{words:?}");
    }
}

#[test]
fn json_says_each_difference() {
    let place = Place::new();
    place.run();
    let json = |words: &[&str]| -> serde_json::Value {
        serde_json::from_str(&place.verify(words).stdout).unwrap()
    };
    let found = json(&["--json"]);
    assert_eq!(found["schema"], "howdah.verification/1");
    assert_eq!((&found["outcome"], &found["files"]), (&"same".into(), &3.into()));
    place.write("out/part-00000", "12345");
    place.write("first.sh", "exec cut -c 2\n");
    let found = json(&["--json", "--inputs"]);
    assert_eq!((&found["outcome"], &found["exit_code"]), (&"different".into(), &3.into()));
    let [part, script] = [0, 1].map(|number| &found["differences"][number]);
    assert_eq!((&part["kind"], &part["path"]), (&"length".into(), &"part-00000".into()));
    assert_eq!(part["found"], 5);
    assert_eq!((&script["of"], &script["kind"]), (&"side file".into(), &"content".into()));
}

#[test]
fn howdah_streaming_leaves_a_manifest_with_what_it_ships() {
    let place = Place::new();
    let words = ["streaming", "--manifest", "-D", "my.password=hunter2", "-files", "first.sh"];
    let rest =
        ["-input", "in.txt", "-output", "out", "-mapper", "sh first.sh --token=hunter2hunter2"];
    let said = place.says(&[&words[..], &rest[..]].concat());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(place.verify(&["--inputs"]).code, Some(0));
    let manifest = place.read("out/_MANIFEST.json");
    assert!(!manifest.contains("hunter2"), "{manifest}");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["program"]["path"], "howdah");
    let side_file = manifest["side_files"][0]["path"].as_str().unwrap();
    assert!(side_file.ends_with("/first.sh"), "{side_file}");
    let mapper = &manifest["plan"]["steps"][0]["inputs"][0]["mapper"]["argv"];
    assert_eq!(*mapper, serde_json::json!(["sh", "first.sh", "--token=********"]));
    place.write("first.sh", "exec cat\n");
    assert_eq!(place.verify(&["--inputs"]).code, Some(3));
}

#[test]
fn a_cluster_has_no_manifest_and_says_so() {
    let place = Place::new();
    for words in [["--manifest", "-q"], ["-D", "howdah.manifest=true"]] {
        let said =
            place.says(&[&["submit", "plan.json", "in.txt", "-o", "out"], &words[..]].concat());
        assert_eq!(said.code, Some(2), "{}", said.stderr);
        assert!(
            said.stderr.contains("`--manifest` is of a run on this machine"),
            "{}",
            said.stderr
        );
    }
    let said = place.says(&["submit", "plan.json", "in.txt", "--on", "local", "--manifest"]);
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert!(said.stderr.contains("hint: name one with `-o DIR`"), "{}", said.stderr);
}

/// A name that was put into the folder may hold what a terminal obeys.
#[cfg(unix)]
#[test]
fn no_name_reaches_the_terminal_as_a_command() {
    let place = Place::new();
    place.run();
    place.write("out/x\x1b[2J", "");
    let said = place.verify(&[]);
    assert!(said.stdout.contains(r"extra       x\x1b[2J"), "{}", said.stdout);
}

#[test]
fn its_help_has_examples() {
    let said = Place::new().says(&["verify", "--help"]);
    assert_eq!(said.code, Some(0));
    for part in ["--inputs", "--json", "Examples:", "Exit codes:", "howdah verify counts"] {
        assert!(said.stdout.contains(part), "{part}");
    }
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 100), "{}", said.stdout);
}
