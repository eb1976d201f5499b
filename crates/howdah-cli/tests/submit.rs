//! `howdah submit` and `howdah parity` as far as they go without Hadoop: plans run here, and what is said of wrong ones.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const HOWDAH: &str = env!("CARGO_BIN_EXE_howdah");

/// Counts the lines that begin alike, with a script beside the plan.
const PLAN: &str = r#"{
    "schema": "howdah.plan/1",
    "name": "begin",
    "steps": [
        {
            "inputs": [{"mapper": {"type": "command", "argv": ["sh", "first.sh"]}}],
            "reducer": {"type": "command", "argv": ["uniq", "-c"]}
        },
        {
            "inputs": [{"mapper": {"type": "command", "argv": ["sed", "s/^ *//"]}}],
            "reducer": {"type": "identity"},
            "reducers": 1
        }
    ]
}"#;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A place with a plan in a folder of its own, and `in.txt`.
    fn new(plan: &str) -> Self {
        let place = Place { folder: tempfile::Builder::new().prefix("submit").tempdir().unwrap() };
        fs::create_dir(place.path("plans")).unwrap();
        fs::write(place.path("plans/begin.json"), plan).unwrap();
        fs::write(place.path("plans/first.sh"), "exec cut -c 1\n").unwrap();
        fs::write(place.path("in.txt"), "apple\nbanana\navocado\nblueberry\napricot\n").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs howdah here, where there is no Hadoop.
    fn howdah(&self, line: &str) -> Output {
        let mut command = Command::new(HOWDAH);
        for name in ["HADOOP_HOME", "HADOOP_PREFIX", "HADOOP_INSTALL", "HADOOP_MAPRED_HOME"] {
            command.env_remove(name);
        }
        command
            .args(line.split(' '))
            .current_dir(self.folder.path())
            .env_remove("HOWDAH_HADOOP_CLASSPATH")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What howdah says, and its exit code.
    fn says(&self, line: &str) -> (Option<i32>, String) {
        let output = self.howdah(line);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn a_plan_runs_here_with_the_scripts_beside_it() {
    let place = Place::new(PLAN);
    let output = place.howdah("submit plans/begin.json in.txt -o out --on local --json -r 3");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains(r#""schema":"howdah.summary/1","outcome":"succeeded""#), "{said}");
    // Of a line without a TAB the whole is the key, and its value is empty.
    assert_eq!(fs::read_to_string(place.path("out/part-00000")).unwrap(), "2 b\t\n3 a\t\n");
    assert_eq!(fs::read_dir(place.path("out")).unwrap().count(), 2, "one part, and the mark");
    let (code, said) = place.says("submit plans/begin.json in.txt -o out --on local");
    assert_eq!(code, Some(5));
    assert!(said.contains("exists"), "{said}");
}

#[test]
fn records_go_to_the_standard_output_without_a_folder() {
    let place = Place::new(PLAN);
    let output = place.howdah("submit --on local --to-step 0 -q -r 1 plans/begin.json in.txt");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "      3 a\t\n      2 b\t\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_cluster_is_what_is_meant_if_nothing_is_said() {
    let place = Place::new(PLAN);
    let output = Command::new(HOWDAH)
        .args(["submit", "plans/begin.json", "in.txt", "-o", "out"])
        .current_dir(place.folder.path())
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("error: no Hadoop was found here"), "{said}");
    let (code, said) = place.says("submit plans/begin.json in.txt -o out --workers 3");
    assert_eq!(code, Some(2));
    assert!(said.contains("`--workers` is of a run on this machine"), "{said}");
}

#[test]
fn a_wrong_plan_is_named_with_its_place() {
    let place = Place::new(&PLAN.replace("\"reducers\"", "\"redcuers\""));
    let (code, said) = place.says("submit plans/begin.json in.txt --on local");
    assert_eq!(code, Some(2));
    assert!(
        said.starts_with("error: plans/begin.json: steps[1]: a step has no field `redcuers`\nhint: it has `inputs`"),
        "{said}"
    );
    let (code, said) = place.says("submit plans/none.json in.txt --on local");
    assert_eq!((code, said.as_str()), (Some(5), "error: there is no plan `plans/none.json`\n"));
    let (code, said) = place.says("submit");
    assert_eq!(code, Some(2));
    assert!(said.contains("<PLAN>"), "{said}");
}

#[test]
fn a_script_in_a_folder_beside_the_plan_is_warned_of() {
    let place = Place::new(&PLAN.replace("first.sh", "bin/first.sh"));
    fs::create_dir(place.path("plans/bin")).unwrap();
    fs::write(place.path("plans/bin/first.sh"), "exec cut -c 1\n").unwrap();
    let (code, said) = place.says("submit plans/begin.json in.txt -o out --on local");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.starts_with(
            "warning: plans/begin.json: steps[0]: `bin/first.sh` is a file beside the plan, and tasks will not find it \
             there: ship it by `\"files\": [{\"path\": \"bin/first.sh\"}]`, and call it `first.sh` in the command\n"
        ),
        "{said}"
    );
}

#[test]
fn the_plan_in_the_help_is_one() {
    let place = Place::new(PLAN);
    let output = place.howdah("submit --help");
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    let (from, to) = (help.find("  {\n").unwrap(), help.find("\n  }\n").unwrap());
    let plan = &help[from..to + 4];
    assert_eq!(howdah_plan::Plan::from_json(plan).unwrap().name, "words");
    let words: Vec<_> = help.split_whitespace().collect();
    assert!(words.windows(2).any(|two| two == ["[default:", "hadoop]"]), "{help}");
    assert!(!help.contains("--isolate"), "{help}");
}

#[test]
fn what_parity_cannot_compare_is_said_before_anything_runs() {
    let place = Place::new(PLAN);
    for (line, code, begin) in [
        ("parity plans/begin.json -", 2, "error: the standard input can be read once"),
        ("parity plans/begin.json", 2, "error: no input: name a file"),
        ("parity plans/none.json in.txt", 5, "error: there is no plan `plans/none.json`\n"),
        ("parity --oracle -q ./no-job in.txt", 5, "error: `./no-job` cannot be started: "),
        ("parity --oracle -q true in.txt", 5, "error: `true` does not say what it did"),
    ] {
        let (seen, said) = place.says(line);
        assert_eq!(seen, Some(code), "{line}: {said}");
        assert!(said.starts_with(begin), "{line}: {said}");
    }
    let output = place.howdah("parity --oracle plans/begin.json no.txt --json");
    assert_eq!(output.status.code(), Some(5));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "howdah.parity/1");
    assert_eq!((&report["outcome"], &report["exit_code"]), (&"one-failed".into(), &5.into()));
    assert_eq!(report["runs"]["hadoop"], serde_json::Value::Null);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_verbs_are_listed() {
    let place = Place::new(PLAN);
    let help = String::from_utf8(place.howdah("--help").stdout).unwrap();
    for verb in ["streaming", "submit", "parity"] {
        assert!(help.contains(&format!("\n  {verb} ")), "{help}");
    }
    assert_eq!(place.says("sbumit").0, Some(2));
}
