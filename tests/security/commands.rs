//! Commands: no shell reads their words, and what they get of the environment.

use crate::place::{HOWDAH, Place, Said};

/// Each of its words would do something, if a shell read it.
const WORDS: &str = "$(touch pwned)>pwned ; touch pwned | touch `touch pwned` && touch *";

#[test]
fn no_shell_reads_the_words_of_a_command() {
    let place = Place::new(&[("in.txt", "a\n")]);
    let mapper = format!("echo {WORDS}");
    let line =
        ["streaming", "-input", "in.txt", "-output", "out", "-mapper", &mapper, "-reducer", "NONE"];
    let said = place.run(HOWDAH, &line);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(place.read("out/part-00000"), format!("{WORDS}\t\n"));
    assert!(!place.path("pwned").exists());
}

#[test]
fn no_shell_reads_the_names_of_inputs_nor_properties() {
    let name = "in;touch pwned;$(touch pwned).txt";
    let place = Place::new(&[(name, "a\n"), ("show.sh", "cat >/dev/null; echo \"$my_words\"\n")]);
    let property = format!("my.words={WORDS}");
    let line = [
        "streaming",
        "-D",
        &property,
        "-input",
        "in;touch*",
        "-output",
        "out",
        "-mapper",
        "sh show.sh",
    ];
    let said = place.run(HOWDAH, &line);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(place.read("out/part-00000"), format!("{WORDS}\t\n"));
    assert!(!place.path("pwned").exists());
}

/// The names of a command's variables.
fn variables(place: &Place, output: &str) -> Vec<String> {
    let lines = place.read(&format!("{output}/part-00000"));
    lines.lines().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect()
}

#[test]
fn a_clean_environment_is_little_and_what_the_job_gives() {
    const PLAN: &str = r#"{
        "schema": "howdah.plan/1",
        "name": "variables",
        "steps": [{"inputs": [{"mapper": {"type": "command", "argv": ["env"]}}], "output": "line"}]
    }"#;
    let place = Place::new(&[("in.txt", "a\n"), ("plan.json", PLAN)]);
    let has =
        |output: &str, name: &str| variables(&place, output).iter().any(|known| known == name);
    let run = |words: &str| {
        let words: Vec<_> = words.split(' ').collect();
        let mut command = place.command(HOWDAH, &words);
        command.env("AWS_SECRET_ACCESS_KEY", "x").env("LC_TIME", "C");
        let said = Said::of(&command.output().unwrap());
        assert_eq!(said.code, Some(0), "{said:?}");
    };
    let job = "-D my.word=x -cmdenv SHOWN=x -input in.txt -mapper env -reducer NONE -output";
    run(&format!("streaming {job} open"));
    assert!(has("open", "AWS_SECRET_ACCESS_KEY"), "as on Hadoop");
    run(&format!("streaming --clean-env {job} clean"));
    run("submit plan.json in.txt --on local --clean-env -D my.word=x -o submitted");
    for output in ["clean", "submitted"] {
        assert!(!has(output, "AWS_SECRET_ACCESS_KEY"), "{output}");
        for name in ["PATH", "LC_TIME", "TMPDIR", "my_word", "mapreduce_task_id"] {
            assert!(has(output, name), "{output}: {name}");
        }
    }
    assert!(has("clean", "SHOWN"));
}
