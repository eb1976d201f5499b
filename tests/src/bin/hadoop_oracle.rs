//! Asks real Hadoop: whether recorded cases still hold, whether random jobs do the same there and here, and
//! whether each side reads what the other writes.
//!
//! `scripts/hadoop-oracle` fetches Hadoop and starts this.
#![allow(clippy::unwrap_used)] // a tool of the tests: what cannot go on has failed
#![allow(clippy::print_stdout, clippy::print_stderr)] // it is a program, and this is its output

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, thread};

use clap::{Args, Parser, Subcommand};
use howdah_tests::conformance::case::{self, Case, Content, Expected};
use howdah_tests::conformance::place::{Place, Seen};
use howdah_tests::conformance::runner::{Howdah, Runner};
use howdah_tests::conformance::{folder, verdict, write};
use howdah_tests::cross;
use howdah_tests::cross::tally::Tally;
use howdah_tests::hostile::{self, Made, Promise};
use howdah_tests::oracle::Oracle;
use howdah_tests::random::job::{Job, Verb as JobVerb};
use howdah_tests::random::make::{self, Kind};
use howdah_tests::random::shrink::shrink;
use howdah_tests::random::{compare, verbs};

/// A difference was found.
const DIFFERENT: u8 = 3;

/// Asks real Hadoop what it does, and compares that with what is recorded or done here.
#[derive(Parser)]
#[command(name = "scripts/hadoop-oracle", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  scripts/hadoop-oracle check                      every recorded case
  scripts/hadoop-oracle check keys lines/bare-cr   a subject, a case
  scripts/hadoop-oracle check --part 2/5           the second fifth
  scripts/hadoop-oracle record my-cases.json       write into a file of cases what Hadoop does with each
  scripts/hadoop-oracle make                       make the cases of hostile inputs, and ask Hadoop of each
  scripts/hadoop-oracle fuzz --jobs 1000 --seed 1  a thousand random jobs
  scripts/hadoop-oracle fuzz --kind dumptb         jobs of one kind
  scripts/hadoop-oracle cross --files 1000         a thousand random files, compressed and SequenceFiles

Exit: 0 when nothing differs, 3 when something does, 2 for usage.";

#[derive(Subcommand)]
enum Verb {
    /// Runs recorded cases on Hadoop, and tells which of them it no longer does so.
    Check(Check),
    /// Runs the cases of a file on Hadoop, and writes into it what Hadoop did.
    Record {
        /// Files of cases; `exit`, `output` and `counters` are written anew.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Makes the cases of inputs that are damaged or trip readers of lines, runs them on Hadoop, and writes them.
    Make {
        /// Subjects; all that are made if none is named.
        names: Vec<String>,
    },
    /// Runs random jobs on Hadoop and here.
    Fuzz(Fuzz),
    /// Reads here what Hadoop writes, and lets Hadoop read what is written here: random files of each codec, and
    /// random `SequenceFile`s.
    Cross(Cross),
}

#[derive(Args)]
struct Check {
    /// Subjects, or SUBJECT/CASE; all of them if none is named.
    names: Vec<String>,
    /// The K-th of N parts of the cases; `today/N` takes another one each day.
    #[arg(long, value_name = "K/N")]
    part: Option<String>,
    #[command(flatten)]
    machines: Machines,
}

#[derive(Args)]
struct Fuzz {
    /// How many jobs.
    #[arg(long, default_value_t = 40)]
    jobs: u64,
    /// The first job's seed; the others follow. Without it, the time is taken.
    #[arg(long)]
    seed: Option<u64>,
    /// Jobs of one kind only.
    #[arg(long)]
    kind: Option<Kind>,
    /// Where a job that differs is written as a case, made as small as can be.
    #[arg(long, default_value = "target/hadoop-oracle/differences.json")]
    write: PathBuf,
    #[command(flatten)]
    machines: Machines,
}

#[derive(Args)]
struct Cross {
    /// How many files.
    #[arg(long, default_value_t = 200)]
    files: u64,
    /// The first file's seed; the others follow. Without it, the time is taken.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the files that differ are kept, in a folder for each seed.
    #[arg(long, default_value = "target/hadoop-oracle/cross")]
    keep: PathBuf,
    #[command(flatten)]
    machines: Machines,
}

#[derive(Args)]
struct Machines {
    /// How many Java machines run side by side.
    #[arg(long, default_value_t = 2)]
    machines: usize,
}

fn main() -> ExitCode {
    // howdah itself, for the comparisons: the same program with its first word.
    if env::args().nth(1).as_deref() == Some("streaming") {
        return howdah_cli::run(env::args_os().skip(1).collect());
    }
    let done = match Arguments::parse().verb {
        Verb::Check(check) => check.run(),
        Verb::Record { files } => record(&files),
        Verb::Make { names } => make_cases(&names),
        Verb::Fuzz(fuzz) => fuzz.run(),
        Verb::Cross(cross) => cross.run(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => DIFFERENT.into(),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

impl Check {
    fn run(&self) -> Result<bool, String> {
        let cases = self.chosen()?;
        let complaints = Mutex::new(Vec::new());
        let next = AtomicUsize::new(0);
        self.machines.run(|oracle| {
            while let Some((name, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let seen = ask(oracle, case);
                let expected = case.hadoop.as_ref().unwrap_or(&case.expected);
                let differences = verdict::differences(expected, &seen);
                let all = differences.iter().map(|difference| format!("{name}: {difference}"));
                complaints.lock().unwrap().extend(all);
            }
        })?;
        let complaints = complaints.into_inner().unwrap();
        for complaint in &complaints {
            println!("{complaint}");
        }
        println!("{} cases asked of Hadoop, {} differences", cases.len(), complaints.len());
        Ok(complaints.is_empty())
    }

    /// The cases that are asked for, each with its full name.
    fn chosen(&self) -> Result<Vec<(String, Case)>, String> {
        let mut paths: Vec<_> = fs::read_dir(folder().join("cases"))
            .map_err(|error| error.to_string())?
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let mut all = Vec::new();
        for path in paths {
            let subject = path.file_stem().unwrap().to_string_lossy().into_owned();
            for case in case::read(&path) {
                let name = format!("{subject}/{}", case.name);
                let asked = |wanted: &String| *wanted == subject || *wanted == name;
                if self.names.is_empty() || self.names.iter().any(asked) {
                    all.push((name, case));
                }
            }
        }
        if all.is_empty() {
            return Err(format!("no case is named {}", self.names.join(", ")));
        }
        let Some(part) = &self.part else { return Ok(all) };
        let (part, parts) = part_of(part).ok_or("--part needs K/N with 1 ≤ K ≤ N, or today/N")?;
        let chosen = all.into_iter().enumerate().filter(|(at, _)| at % parts == part);
        Ok(chosen.map(|(_, case)| case).collect())
    }
}

/// `K/N` as a remainder and what it is the remainder of.
fn part_of(text: &str) -> Option<(usize, usize)> {
    let (part, parts) = text.split_once('/')?;
    let parts: usize = parts.parse().ok().filter(|&parts| parts > 0)?;
    let part = match part {
        "today" => {
            let days = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs() / 86_400;
            usize::try_from(days).ok()? % parts
        }
        number => number.parse::<usize>().ok()?.checked_sub(1)?,
    };
    (part < parts).then_some((part, parts))
}

/// Runs a case on Hadoop.
fn ask(oracle: &mut Oracle, case: &Case) -> Seen {
    let here = oracle.here();
    Place::emptied(&here, case).run(case, &[], oracle)
}

fn record(files: &[PathBuf]) -> Result<bool, String> {
    let mut oracle = Oracle::find()?;
    for path in files {
        let mut cases = case::read(path);
        for case in &mut cases {
            let seen = ask(&mut oracle, case);
            let compare = case.expected.compare;
            let expected = case.hadoop.as_mut().unwrap_or(&mut case.expected);
            let counters: Vec<_> =
                expected.counters.values().flat_map(|names| names.keys()).collect();
            let recorded = recorded(&seen, &counters);
            *expected = Expected {
                compare,
                stderr: std::mem::take(&mut expected.stderr),
                no_stderr: std::mem::take(&mut expected.no_stderr),
                no_counters: std::mem::take(&mut expected.no_counters),
                ..recorded
            };
        }
        fs::write(path, write::file(&cases)).map_err(|error| error.to_string())?;
        println!("{}: {} cases recorded", path.display(), cases.len());
    }
    Ok(true)
}

/// Writes the cases that are made. Hadoop's answer stands beside what is promised where it is another.
fn make_cases(names: &[String]) -> Result<bool, String> {
    let mut oracle = Oracle::find()?;
    for (subject, all) in hostile::subjects() {
        if !names.is_empty() && !names.iter().any(|name| name == subject) {
            continue;
        }
        let cases: Vec<Case> = all.into_iter().map(|made| answered(made, &mut oracle)).collect();
        let path = folder().join("cases").join(format!("{subject}.json"));
        fs::write(&path, write::file(&cases)).map_err(|error| error.to_string())?;
        println!("{}: {} cases made", path.display(), cases.len());
    }
    Ok(true)
}

/// A case with Hadoop's answer.
fn answered(made: Made, oracle: &mut Oracle) -> Case {
    let Made { mut case, promise } = made;
    let seen = ask(oracle, &case);
    let hadoop = recorded(&seen, &[]);
    let failed =
        Expected { exit: 1, stderr: vec!["Job not successful!".to_owned()], ..Expected::default() };
    let promised = match promise {
        Some(Promise::Gives(mapped)) => {
            let part = ("part-00000".to_owned(), Content::Text(mapped));
            let marker = ("_SUCCESS".to_owned(), Content::Text(String::new()));
            Expected { output: [part, marker].into(), ..Expected::default() }
        }
        Some(Promise::Fails(says)) => {
            case.says = says;
            failed.clone()
        }
        None if seen.exit == Some(0) => hadoop.clone(),
        None => failed.clone(),
    };
    // Of a job that fails nothing is left here, and Hadoop's folder is empty.
    if verdict::differences(&promised, &seen).is_empty() {
        case.expected = if seen.exit == Some(0) { hadoop } else { failed };
    } else {
        case.expected = promised;
        case.hadoop = Some(hadoop);
    }
    case
}

/// What was seen, as a case has it; with the counters of these names, or those that every runner must have.
fn recorded(seen: &Seen, names: &[&String]) -> Expected {
    const USUAL: &[&str] = &[
        "Map input records",
        "Map output records",
        "Map output bytes",
        "Reduce input groups",
        "Reduce input records",
        "Reduce output records",
    ];
    let wanted = |name: &String| match names {
        [] if seen.exit != Some(0) => false, // a failed job counts what it had come to
        [] => USUAL.contains(&name.as_str()),
        names => names.contains(&name),
    };
    let mut counters = verdict::counters(&seen.log);
    for group in counters.values_mut() {
        group.retain(|name, _| wanted(name));
    }
    counters.retain(|_, group| !group.is_empty());
    let output = seen.output.iter().map(|(name, bytes)| (name.clone(), Content::of(bytes)));
    Expected {
        exit: seen.exit.unwrap_or(-1),
        output: output.collect(),
        counters,
        ..Expected::default()
    }
}

impl Fuzz {
    fn run(&self) -> Result<bool, String> {
        let seed = self.seed.unwrap_or_else(now);
        println!("{} random jobs, seeds from {seed}", self.jobs);
        let next = AtomicU64::new(0);
        let succeeded = AtomicU64::new(0);
        let found = Mutex::new(Vec::new());
        self.machines.run(|oracle| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.jobs {
                    return;
                }
                let (case, ended_well) = examine(oracle, self.kind, seed + number);
                succeeded.fetch_add(u64::from(ended_well), Ordering::Relaxed);
                found.lock().unwrap().extend(case);
                if (number + 1).is_multiple_of(100) {
                    println!("{} jobs, {} differ", number + 1, found.lock().unwrap().len());
                }
            }
        })?;
        let found = found.into_inner().unwrap();
        println!(
            "{} random jobs, seeds from {seed}: {} succeeded on both sides, {} differ",
            self.jobs,
            succeeded.into_inner(),
            found.len()
        );
        if !found.is_empty() {
            fs::write(&self.write, write::file(&found)).map_err(|error| error.to_string())?;
            println!("the jobs that differ, as cases: {}", self.write.display());
        }
        Ok(found.is_empty())
    }
}

impl Cross {
    fn run(&self) -> Result<bool, String> {
        let seed = self.seed.unwrap_or_else(now);
        println!("{} random files, seeds from {seed}", self.files);
        let (codecs, refused) = cross::usable(&mut Oracle::find()?);
        for (codec, says) in refused {
            println!("{codec} is not crossed, since this Hadoop has none: {says}");
        }
        let next = AtomicU64::new(0);
        let tally = Mutex::new(Tally::default());
        let differences = AtomicU64::new(0);
        self.machines.run(|oracle| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.files {
                    return;
                }
                let file = cross::File::make(seed + number, &codecs);
                if let Err(difference) = file.cross(oracle) {
                    differences.fetch_add(1, Ordering::Relaxed);
                    self.tell(seed + number, &difference);
                }
                tally.lock().unwrap().count(&file);
            }
        })?;
        let differences = differences.into_inner();
        print!("{}", tally.into_inner().unwrap());
        println!(
            "{} random files, seeds from {seed}, crossed both ways: {differences} differ",
            self.files
        );
        Ok(differences == 0)
    }

    fn tell(&self, seed: u64, difference: &cross::Difference) {
        let folder = self.keep.join(format!("seed-{seed}"));
        cross::keep(difference, &folder).unwrap();
        println!("seed {seed}: {}\nits files: {}", difference.message, folder.display());
    }
}

/// A seed, where none is asked for.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Runs the job of a seed on both sides; gives a small case if they differ, and whether Hadoop's job succeeded.
fn examine(oracle: &mut Oracle, kind: Option<Kind>, seed: u64) -> (Option<Case>, bool) {
    let job = kind.map_or_else(|| make::job(seed), |kind| make::of_kind(kind, seed));
    let (differences, ended_well) = compare_on_both(oracle, &job);
    let Some(first) = differences.first() else { return (None, ended_well) };
    let line = job.case("").run.join(" ");
    println!("seed {seed}: {line}\n{}", differences.join("\n"));
    if compare_on_both(oracle, &job).0.is_empty() {
        println!("seed {seed}: not so when run again");
        return (None, ended_well);
    }
    // Another kind of difference is another find.
    let kind = kind_of(first);
    let same = |job: &Job| {
        compare_on_both(oracle, job).0.first().is_some_and(|first| kind_of(first) == kind)
    };
    let small = shrink(&job, 120, same);
    let mut case = small.case(&format!("seed-{seed}"));
    case.expected = recorded(&ask(oracle, &case), &[]);
    println!("as a case:\n{}", write::case(&case));
    (Some(case), ended_well)
}

/// What a difference is about, without its figures.
fn kind_of(difference: &str) -> String {
    let end = difference.find(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    difference[..end.unwrap_or(difference.len())].to_owned()
}

/// Runs a job on Hadoop and here; tells what differs, and whether it succeeded on Hadoop.
fn compare_on_both(oracle: &mut Oracle, job: &Job) -> (Vec<String>, bool) {
    let mut howdah = Howdah { program: env::current_exe().unwrap() };
    if job.verb != JobVerb::Run {
        return verbs::compare(job, oracle, &mut howdah);
    }
    let case = job.case("random");
    let hadoop = ask(oracle, &case);
    let here = Place::of(&case).run(&case, &[], &mut howdah as &mut dyn Runner);
    (compare::differences(job, &hadoop, &here), hadoop.exit == Some(0))
}

impl Machines {
    /// Runs `work` on each of the machines, side by side.
    fn run(&self, work: impl Fn(&mut Oracle) + Sync) -> Result<(), String> {
        let oracles: Result<Vec<_>, _> =
            (0..self.machines.max(1)).map(|_| Oracle::find()).collect();
        thread::scope(|scope| {
            for mut oracle in oracles? {
                let work = &work;
                scope.spawn(move || work(&mut oracle));
            }
            Ok(())
        })
    }
}
