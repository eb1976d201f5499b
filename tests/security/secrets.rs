//! Secrets of a job stand in nothing that a run leaves or says.

use crate::place::{HOWDAH, JOB, Place, Said};

/// What stands in each secret.
const CANARY: &str = "canary7391";

/// Properties with secrets, each told to be one by its name or its value.
const PROPERTIES: [&str; 4] = [
    "-Dfs.s3a.secret.key=canary7391",
    "-Dmy.service.password=canary7391",
    "-Dmy.database=jdbc:mysql://me:canary7391@db/books",
    "-Dmapreduce.map.env=LC_ALL=C,API_KEY=canary7391",
];

/// A mapper that is given a secret, and fails when the line says so.
const MAPPER: &str = "while read line; do test \"$line\" != fail || exit 3; echo \"$line\"; done\n";

fn place() -> Place {
    let plan = format!(
        r#"{{
            "schema": "howdah.plan/1",
            "name": "told",
            "steps": [{{
                "inputs": [{{"mapper": {{"type": "command", "argv": ["sh", "map.sh", "--password", "{CANARY}"]}}}}],
                "reducer": {{"type": "identity"}},
                "properties": {{"my.api.key": "{CANARY}"}}
            }}]
        }}"#
    );
    let place = Place::new(&[("good.txt", "a\n"), ("bad.txt", "a\nfail\n"), ("map.sh", MAPPER)]);
    std::fs::create_dir(place.path("plans")).unwrap();
    std::fs::write(place.path("plans/plan.json"), plan).unwrap();
    std::fs::copy(place.path("map.sh"), place.path("plans/map.sh")).unwrap();
    place
}

/// Runs a program with all the secrets, and sees to it that it neither says nor leaves one.
fn run(place: &Place, program: &str, line: &str, is_streaming: bool, code: i32) -> Said {
    let mut words: Vec<&str> = line.split(' ').collect();
    let at = if is_streaming { 1 } else { words.len() };
    words.splice(at..at, PROPERTIES);
    if is_streaming {
        words.extend([
            "-cmdenv",
            "DB_PASSWORD=canary7391",
            "-mapper",
            "sh map.sh --api-key=canary7391",
        ]);
    }
    let mut command = place.command(program, &words);
    command.env("AWS_SECRET_ACCESS_KEY", CANARY).env("RUST_BACKTRACE", "1");
    let said = Said::of(&command.output().unwrap());
    assert_eq!(said.code, Some(code), "{line}: {said:?}");
    assert!(!said.stdout.contains(CANARY), "{line}: {said:?}");
    assert!(!said.stderr.contains(CANARY), "{line}: {said:?}");
    for (path, bytes) in place.everything(".") {
        let is_ours = path.ends_with("plan.json");
        let text = format!("{} {}", path.display(), String::from_utf8_lossy(&bytes));
        assert!(is_ours || !text.contains(CANARY), "{line}: {}", path.display());
    }
    said
}

#[test]
fn a_run_of_a_jobs_program_tells_no_secret() {
    let place = place();
    let run = |line: &str, code| run(&place, JOB, line, false, code);
    run("run good.txt -o text --keep all", 0);
    run("run good.txt -o json --json --manifest", 0);
    run("run good.txt -o isolated --isolate --json --manifest", 0);
    run("run bad.txt -o failed --fault fails-at-key --keep failed", 1);
    run("run bad.txt -o failed --fault fails-always --isolate --json", 1);
    run("run good.txt -o text", 5);
    run("run good.txt -o bad -D mapreduce.task.timeout=x", 2);
}

#[test]
fn printed_steps_tell_no_secret() {
    let place = place();
    let run = |line: &str, code| run(&place, JOB, line, false, code);
    let printed = run("run --on hadoop in -o /out --print shell", 0);
    assert!(printed.stdout.contains("fs.s3a.secret.key"), "{printed:?}");
    run("run --on hadoop s3://b/in -o s3://b/out --print emr --upload s3://b/jobs", 2);
    run("run --on hadoop gs://b/in -o gs://b/out --print dataproc --upload gs://b/jobs", 0);
}

#[test]
fn a_plan_of_commands_tells_no_secret() {
    let place = place();
    let run = |line: &str, code| run(&place, HOWDAH, line, false, code);
    run("submit --on local plans/plan.json good.txt -o text --keep all --manifest", 0);
    let said = run("submit --on local plans/plan.json bad.txt -o failed", 1);
    assert!(said.stderr.contains("map.sh --password ********"), "{said:?}");
    run("submit --on local plans/plan.json bad.txt -o failed --json --keep failed", 1);
}

#[test]
fn howdah_streaming_tells_no_secret() {
    let place = place();
    let run = |line: &str, code| run(&place, HOWDAH, line, true, code);
    let said = run("streaming -input good.txt -output text -verbose", 0);
    assert!(said.stdout.contains("STREAM: fs.s3a.secret.key=********\n"), "{said:?}");
    assert!(said.stdout.contains("STREAM: cmd=sh map.sh --api-key=********\n"), "{said:?}");
    assert!(said.stdout.contains("STREAM: addTaskEnvironment=********\n"), "{said:?}");
    run("streaming -D howdah.manifest=true -input good.txt -output listed", 0);
    assert!(place.path("listed/_MANIFEST.json").exists());
    let said = run("streaming -input bad.txt -output failed -verbose", 1);
    assert!(said.stderr.contains("(command: sh map.sh --api-key=********)"), "{said:?}");
    run("streaming -files map.sh#m -input none.txt -output failed", 5);
}
