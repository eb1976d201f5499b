//! Real mrjob's own jobs: their step commands, run by Hadoop and by `howdah streaming`, and mrjob's own runner beside.
//!
//! `scripts/test mrjob` installs mrjob and starts this with the variables that it needs.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::Command;

use howdah_tests::conformance::case::{Case, Content, Expected};
use howdah_tests::conformance::place::{Place, Seen};
use howdah_tests::conformance::runner::{Howdah, Runner};
use howdah_tests::oracle::Oracle;

const TEXT: &str = "the quick brown fox jumps over the lazy dog\nThe dog sleeps, the fox does not.\n\
    Under the umbrella: unusual, up, you; a fox is a fox is a fox\n\nover and over and over again\n";

/// A job of mrjob's examples, and how Hadoop is to run it.
struct Job {
    name: &'static str,
    /// Files beside the job's that it reads.
    files: &'static [&'static str],
    /// Arguments of the job itself.
    arguments: &'static [&'static str],
    steps: &'static [Step],
}

/// Which parts of a step there are, and the options that mrjob gives to Hadoop for it.
struct Step {
    mapper: Part,
    combiner: bool,
    reducer: bool,
    options: &'static [&'static str],
}

enum Part {
    /// The job's own mapper.
    Own,
    /// A command behind which the job's own mapper stands in a pipe.
    Filtered(&'static str),
    /// A command alone.
    Command(&'static str),
}

const SORTED_VALUES: &[&str] = &[
    "-D",
    "mapreduce.partition.keypartitioner.options=-k1,1",
    "-D",
    "stream.num.map.output.key.fields=2",
    "-partitioner",
    "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner",
];

const JOBS: &[Job] = &[
    Job {
        name: "mr_word_freq_count",
        files: &[],
        arguments: &[],
        steps: &[Step { mapper: Part::Own, combiner: true, reducer: true, options: &[] }],
    },
    Job {
        name: "mr_most_used_word",
        files: &["stop_words.txt"],
        arguments: &["--stop-words-file", "stop_words.txt"],
        steps: &[
            Step { mapper: Part::Own, combiner: true, reducer: true, options: &[] },
            Step { mapper: Part::Command("cat"), combiner: false, reducer: true, options: &[] },
        ],
    },
    Job {
        name: "mr_next_word_stats",
        files: &[],
        arguments: &[],
        steps: &[Step { mapper: Part::Own, combiner: true, reducer: true, options: SORTED_VALUES }],
    },
    Job {
        name: "mr_words_containing_u_freq_count",
        files: &[],
        arguments: &[],
        steps: &[Step {
            mapper: Part::Filtered("grep -i u"),
            combiner: true,
            reducer: true,
            options: &[],
        }],
    },
    Job {
        name: "mr_count_lines_right",
        files: &[],
        arguments: &[],
        steps: &[Step { mapper: Part::Own, combiner: false, reducer: true, options: &[] }],
    },
];

fn python() -> String {
    env::var("HOWDAH_TEST_PYTHON")
        .expect("HOWDAH_TEST_PYTHON is not set: start this by scripts/test mrjob")
}

/// A file of mrjob's package.
fn example(name: &str) -> Content {
    let script = "import mrjob.examples as e; print(e.__path__[0])";
    let output = Command::new(python()).args(["-c", script]).output().unwrap();
    let folder = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    Content::of(&std::fs::read(folder.join(name)).unwrap())
}

impl Job {
    /// The command lines of all steps as one case.
    fn case(&self) -> Case {
        let program = format!("{}.py", self.name);
        let text = Content::Text(TEXT.to_owned());
        let mut files = BTreeMap::from([
            (program.clone(), example(&program)),
            ("in/one.txt".to_owned(), text.clone()),
            ("in/two.txt".to_owned(), text),
        ]);
        files.extend(self.files.iter().map(|&name| (name.to_owned(), example(name))));
        let mut lines: Vec<_> = (0..self.steps.len()).map(|step| self.line(step)).collect();
        let run = lines.pop().unwrap();
        Case {
            name: self.name.to_owned(),
            why: String::new(),
            folders: Vec::new(),
            files,
            environment: BTreeMap::new(),
            before: lines,
            own: Vec::new(),
            run,
            expected: Expected::default(),
            says: Vec::new(),
            hadoop: None,
        }
    }

    /// The words that mrjob would give to Hadoop for a step.
    fn line(&self, number: usize) -> Vec<String> {
        let step = &self.steps[number];
        let command = |part: &str| {
            let own = format!("{} {}.py --step-num={number} --{part}", python(), self.name);
            [own]
                .into_iter()
                .chain(self.arguments.iter().map(|&word| word.to_owned()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let mapper = match step.mapper {
            Part::Own => command("mapper"),
            Part::Filtered(filter) => format!("/bin/sh -ex -c '{filter} | {}'", command("mapper")),
            Part::Command(command) => command.to_owned(),
        };
        let input = if number == 0 { "in".to_owned() } else { format!("step{}", number - 1) };
        let output =
            if number + 1 == self.steps.len() { "out".to_owned() } else { format!("step{number}") };
        let shipped: Vec<_> = [format!("{}.py", self.name)]
            .into_iter()
            .chain(self.files.iter().map(|&name| name.to_owned()))
            .collect();
        let mut words = vec!["-files".to_owned(), shipped.join(",")];
        words.extend(step.options.iter().map(|&word| word.to_owned()));
        words.extend(["-input", &input, "-output", &output, "-mapper", &mapper].map(str::to_owned));
        if step.combiner {
            words.extend(["-combiner".to_owned(), command("combiner")]);
        }
        if step.reducer {
            words.extend(["-reducer".to_owned(), command("reducer")]);
        }
        words
    }
}

fn lines(seen: &Seen) -> Vec<String> {
    let parts = seen.output.values().map(|part| String::from_utf8(part.clone()).unwrap());
    let mut lines: Vec<_> =
        parts.flat_map(|part| part.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.sort();
    lines
}

#[test]
fn step_commands_of_mrjobs_own_jobs_do_here_what_they_do_on_hadoop() {
    let mut oracle = Oracle::find().unwrap();
    let mut howdah = Howdah { program: env!("CARGO_BIN_EXE_howdah-under-test").into() };
    for job in JOBS {
        let case = job.case();
        let run = |place: Place, runner: &mut dyn Runner| {
            let seen = place.run(&case, &[], runner);
            assert_eq!(seen.exit, Some(0), "{}: {}", job.name, seen.log);
            lines(&seen)
        };
        let hadoop = run(Place::emptied(&oracle.here(), &case), &mut oracle);
        assert!(!hadoop.is_empty(), "{} gives nothing", job.name);
        let place = Place::of(&case);
        assert_eq!(run(place, &mut howdah), hadoop, "{}", job.name);
    }
}
