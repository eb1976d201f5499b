//! The options of each subcommand.
//!
//! The ids of howdah's own options begin with `howdah.`, so that they never meet those of a job's fields.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::job::Job;

pub(super) const STEP: &str = "howdah.step";
pub(super) const JSON: &str = "howdah.json";

/// A subcommand, apart from the job's options in it.
pub(super) struct Verb {
    name: &'static str,
    about: &'static str,
    examples: String,
    pub(super) args: Vec<Arg>,
}

/// The whole command line of a job's program.
pub(super) fn command<J: Job>(name: &str) -> Command {
    let command = J::augment_args(Command::new("job"));
    let about = command.get_about().cloned();
    let long_about = command.get_long_about().cloned();
    let version = version(command.get_version());
    let verbs = verbs(name).into_iter().map(|verb| {
        let command = Command::new(verb.name).next_help_heading("Options of the job");
        // Adding a job's options also sets its description and version: right for the program, wrong here.
        J::augment_args(command)
            .about(verb.about)
            .long_about(None)
            .version(None)
            .next_help_heading(None)
            .args(verb.args)
            .after_help(verb.examples)
    });
    let command = match long_about {
        Some(long_about) => Command::new("job").long_about(long_about),
        None => Command::new("job"),
    };
    command
        .bin_name(name)
        .display_name(name)
        .version(version)
        .about(about.unwrap_or_else(|| "A map/reduce job".into()))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(examples(name))
        .subcommands(verbs)
}

/// What `--version` says: the job's own version, if it tells one, and which howdah is in it.
fn version(of_the_job: Option<&str>) -> String {
    let howdah = concat!("(howdah ", env!("CARGO_PKG_VERSION"), ")");
    of_the_job.map_or_else(|| howdah.to_owned(), |version| format!("{version} {howdah}"))
}

/// The subcommands.
pub(super) fn verbs(name: &str) -> Vec<Verb> {
    vec![
        #[cfg(feature = "runner")]
        run(name),
        Verb {
            name: "map",
            about: "Map records, as the -mapper of Hadoop Streaming",
            examples: format!(
                "Reads lines from the standard input, writes `key TAB value` to the standard output.\n\n\
                 Examples:\n  {name} map < book.txt | head\n  \
                 mapreduce_map_input_file=book.txt {name} map < book.txt   # if it asks for its file\n  \
                 hadoop jar hadoop-streaming.jar … -mapper '{name} map'"
            ),
            args: vec![step_arg()],
        },
        Verb {
            name: "combine",
            about: "Combine sorted records, as the -combiner of Hadoop Streaming",
            examples: format!(
                "Reads sorted lines of `key TAB value`, and writes such.\n\n\
                 Examples:\n  {name} map < book.txt | LC_ALL=C sort | {name} combine\n  \
                 hadoop jar hadoop-streaming.jar … -combiner '{name} combine'"
            ),
            args: vec![step_arg()],
        },
        Verb {
            name: "reduce",
            about: "Reduce sorted records, as the -reducer of Hadoop Streaming",
            examples: format!(
                "Reads lines of `key TAB value` in which equal keys follow each other.\n\n\
                 Examples:\n  {name} map < book.txt | LC_ALL=C sort | {name} reduce\n  \
                 hadoop jar hadoop-streaming.jar … -reducer '{name} reduce'"
            ),
            args: vec![step_arg()],
        },
        Verb {
            name: "steps",
            about: "Show the steps of the job",
            examples: format!("Examples:\n  {name} steps\n  {name} steps --json"),
            args: vec![json("As JSON (howdah.plan/1)")],
        },
    ]
}

fn step_arg() -> Arg {
    Arg::new(STEP)
        .long("step")
        .value_name("N")
        .value_parser(value_parser!(usize))
        .default_value("0")
        .help("Which step of the job, counted from 0, as `steps` lists them")
}

fn json(help: &'static str) -> Arg {
    Arg::new(JSON).long("json").action(ArgAction::SetTrue).help(help)
}

fn examples(name: &str) -> String {
    let mut examples = vec![
        (format!("{name} map < book.txt"), "one task of it, as Hadoop runs it"),
        (format!("{name} steps"), "what the job consists of"),
    ];
    if cfg!(feature = "runner") {
        examples.insert(0, (format!("{name} run book.txt -o counts"), "run the job here"));
    }
    let width = examples.iter().map(|(example, _)| example.len()).max().unwrap_or_default();
    let lines = examples.iter().map(|(example, why)| format!("  {example:width$}  {why}"));
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!(
        "`{name} VERB --help` says more of each.\n\nExamples:\n{lines}\n\n\
         Exit codes: 0 done, 1 the job failed, 2 wrong options, 5 the job cannot start (an input is missing, \
         the output exists), 65 too many records were rejected, 70 a bug in howdah, 74 reading or writing failed, 130 and 143 ended by Ctrl-C and \
         SIGTERM, 141 the reader of the standard output went away"
    )
}

/// The step that a task is of.
pub(super) fn step(matches: &ArgMatches) -> usize {
    matches.get_one::<usize>(STEP).copied().unwrap_or_default()
}

#[cfg(feature = "runner")]
pub(super) use local::*;

/// The command line of a program that runs plans from files: that of `run`, with the file before its inputs.
#[cfg(feature = "hadoop")]
pub(super) fn plan_command(command: &super::PlanCommand<'_>) -> Command {
    let engine = match command.engine {
        super::PlanEngine::Local => "local",
        super::PlanEngine::Hadoop => "hadoop",
    };
    let plan = Arg::new(PLAN)
        .value_name("PLAN")
        .required(true)
        .value_parser(value_parser!(std::path::PathBuf))
        .help("The file with the plan, as JSON (howdah.plan/1)");
    Command::new("run")
        .bin_name(command.name.to_owned())
        .no_binary_name(true)
        .about(command.about.to_owned())
        .arg(plan)
        .args(local::run(command.name).args)
        .mut_arg(ON, |arg| arg.default_value(engine))
        // All parts of such a plan are commands.
        .mut_arg(ISOLATE, |arg| arg.hide(true))
        .after_help(command.examples.to_owned())
}

#[cfg(feature = "runner")]
mod local {
    #[cfg(feature = "hadoop")]
    use std::ffi::OsString;
    use std::path::PathBuf;

    use clap::builder::PossibleValuesParser;
    use clap::{Arg, ArgAction, value_parser};

    use super::{Verb, json};

    pub(crate) const INPUT: &str = "howdah.inputs"; // the positional ones
    pub(crate) const NAMED_INPUT: &str = "howdah.input";
    pub(crate) const FROM_STEP: &str = "howdah.from-step";
    pub(crate) const TO_STEP: &str = "howdah.to-step";
    pub(crate) const SAMPLE: &str = "howdah.sample";
    pub(crate) const SEED: &str = "howdah.seed";
    pub(crate) const LIMIT: &str = "howdah.limit";
    pub(crate) const MAX_RECORD: &str = "howdah.max-record";
    pub(crate) const MAX_EXPANSION: &str = "howdah.max-expansion";
    pub(crate) const REJECTS: &str = "howdah.rejects";
    pub(crate) const MAX_REJECTS: &str = "howdah.max-rejects";
    pub(crate) const OUTPUT: &str = "howdah.output";
    pub(crate) const WORKERS: &str = "howdah.workers";
    pub(crate) const REDUCERS: &str = "howdah.reducers";
    pub(crate) const MEMORY: &str = "howdah.memory";
    pub(crate) const SPLIT_SIZE: &str = "howdah.split-size";
    pub(crate) const DISK_LIMIT: &str = "howdah.disk-limit";
    pub(crate) const TMP: &str = "howdah.tmp";
    pub(crate) const SPILL_CODEC: &str = "howdah.spill-codec";
    pub(crate) const OUTPUT_CODEC: &str = "howdah.output-codec";
    pub(crate) const ISOLATE: &str = "howdah.isolate";
    pub(crate) const RETRY_DELAY: &str = "howdah.retry-delay";
    pub(crate) const CLEAN_ENV: &str = "howdah.clean-env";
    pub(crate) const NO_COMBINER: &str = "howdah.no-combiner";
    pub(crate) const OVERWRITE: &str = "howdah.overwrite";
    pub(crate) const KEEP: &str = "howdah.keep";
    pub(crate) const CHAOS: &str = "howdah.chaos";
    pub(crate) const MANIFEST: &str = "howdah.manifest";
    pub(crate) const QUIET: &str = "howdah.quiet";
    pub(crate) const PROPERTY: &str = "howdah.property";
    #[cfg(feature = "hadoop")]
    pub(crate) const PLAN: &str = "howdah.plan";
    #[cfg(feature = "hadoop")]
    pub(crate) const ON: &str = "howdah.on";
    #[cfg(feature = "hadoop")]
    pub(crate) const PRINT: &str = "howdah.print";
    #[cfg(feature = "hadoop")]
    pub(crate) const UPLOAD: &str = "howdah.upload";
    #[cfg(feature = "hadoop")]
    pub(crate) const STREAMING_JAR: &str = "howdah.streaming-jar";
    #[cfg(feature = "hadoop")]
    pub(crate) const CLASSPATH: &str = "howdah.hadoop-classpath";

    const CODECS: [&str; 6] = ["none", "lz4", "snappy", "zstd", "gzip", "bzip2"];

    pub(super) fn run(name: &str) -> Verb {
        let option = |id: &'static str, value: &'static str, help: &'static str| {
            // The part after `howdah.` is the option's long name.
            Arg::new(id).long(&id["howdah.".len()..]).value_name(value).help(help)
        };
        let flag = |id: &'static str, help: &'static str| {
            Arg::new(id).long(&id["howdah.".len()..]).action(ArgAction::SetTrue).help(help)
        };
        Verb {
            name: "run",
            about: "Run the job here, in parallel and out of core, or on a cluster",
            examples: format!(
                "Examples:\n  {name} run book.txt\n  {name} run 'logs/*.gz' -o counts -w 8 --memory 4G\n  \
                 cat book.txt | {name} run - -o counts --overwrite\n  \
                 {name} run --input users=users.tsv --input visits='visits/*' -o joined   # a job with named inputs\n  \
                 {name} run --on hadoop hdfs:///books -o hdfs:///counts -r 20"
            ),
            args: vec![
                Arg::new(INPUT)
                    .value_name("INPUT")
                    .num_args(0..)
                    .help(
                        "Files, folders or globs, compressed or not; `-` is the standard input. What begins \
                         with `_` or `.` is not read",
                    ),
                option(
                    NAMED_INPUT,
                    "NAME=PATH",
                    "A file, folder or glob for the job's input of that name, which `steps` shows; may be \
                     given again",
                )
                .action(ArgAction::Append)
                .value_parser(super::named_input),
                option(
                    OUTPUT,
                    "DIR",
                    "The folder to make for the part files; without it, records go to the standard output",
                )
                .short('o')
                    .value_parser(value_parser!(PathBuf)),
                option(WORKERS, "N", "Tasks at a time; one for each processor if not given")
                    .short('w')
                    .visible_short_alias('j')
                    .value_parser(value_parser!(u16).range(1..)),
                option(
                    REDUCERS,
                    "N",
                    "Reduce tasks, and so part files, where the job does not say their number; 0 gives what \
                     the mapper emits [default: 2]",
                )
                .short('r')
                .value_parser(value_parser!(u32)),
                option(
                    MEMORY,
                    "SIZE",
                    "Memory for all sorting, as 512M or 4G, 8M or more [default: a quarter of this machine's]",
                )
                .value_parser(super::size),
                option(
                    SPLIT_SIZE,
                    "SIZE",
                    "Input bytes of a map task, as 64M [default: by the size of the input]",
                )
                .value_parser(super::split_size),
                option(TMP, "DIR", "Where spills go [default: the system's temporary folder]")
                    .value_parser(value_parser!(PathBuf)),
                option(
                    DISK_LIMIT,
                    "SIZE",
                    "The most that spills, other temporary files and the output to come may take of the disks, as 100G; beyond \
                     it the run fails with exit code 74 [default: what the disks hold]",
                )
                .value_parser(super::size),
                option(SPILL_CODEC, "CODEC", "How spills are compressed; lz4 and snappy only where that saves much [default: lz4]")
                    .value_parser(PossibleValuesParser::new(CODECS)),
                option(OUTPUT_CODEC, "CODEC", "How part files are compressed [default: none]")
                    .value_parser(PossibleValuesParser::new(CODECS)),
                Arg::new(PROPERTY)
                    .short('D')
                    .value_name("NAME=VALUE")
                    .action(ArgAction::Append)
                    .value_parser(super::property)
                    .help("A property of the job's configuration; may be given again"),
                flag(ISOLATE, "Run each task as a child process, as Hadoop Streaming does"),
                flag(
                    CLEAN_ENV,
                    "Give commands and isolated tasks of this environment only PATH, HOME, USER, LANG, LC_*, TZ and TMPDIR, \
                     beside the job's properties",
                ),
                option(
                    RETRY_DELAY,
                    "TIME",
                    "How long a task that has failed waits before it is tried again, as 500ms, 2s or 1m: twice as long \
                     before each further attempt, up to five minutes; `-D mapreduce.map.maxattempts=N` and the same with \
                     `reduce` allow for further attempts [default: 0s]",
                )
                .value_parser(super::time),
                flag(NO_COMBINER, "Leave out combiners, so that every record is sorted; the result is the same"),
                flag(OVERWRITE, "Replace the output if it exists: the folder with all that is in it"),
                option(KEEP, "WHAT", "What to keep: `failed`, of a run that fails, what its steps and the failed attempt have written \
                     and a failure.json that says why, in a folder howdah-kept-… among the temporary files; `all`, also what \
                     each step but the last wrote, in DIR.steps beside the output")
                    .value_parser(PossibleValuesParser::new(["none", "failed", "all"]))
                    .default_value("none"),
                flag(
                    MANIFEST,
                    "Write `_MANIFEST.json` into the output: the SHA-256 of each file that was read and written, and \
                     what was run; `howdah verify DIR` looks whether all is still so",
                ),
                option(
                    FROM_STEP,
                    "N",
                    "Begin with this step, counted from 0; INPUT is then what the step before it wrote, as \
                     `--keep all` leaves it",
                )
                .value_parser(value_parser!(usize)),
                option(TO_STEP, "N", "End with this step, whose records are then the output")
                    .value_parser(value_parser!(usize)),
                option(
                    SAMPLE,
                    "P",
                    "Read each record of the input with this probability, as 0.01 or 1%: always the same records for \
                     the same seed",
                )
                .value_parser(super::part),
                option(SEED, "S", "Which sample: any number")
                    .value_parser(value_parser!(u64))
                    .default_value("0")
                    .requires(SAMPLE),
                option(LIMIT, "N", "Read the first N records of each input, or of its sample")
                    .value_parser(value_parser!(u64)),
                option(
                    MAX_RECORD,
                    "SIZE",
                    "The longest record; a longer one fails the job, or is put aside with --rejects or --max-rejects \
                     [default: 64M]",
                )
                .value_parser(super::max_record),
                option(
                    MAX_EXPANSION,
                    "RATIO",
                    "How many times its bytes a compressed file, or a split of one, may come to, and 64M in any case; 0 is \
                     any number [default: 10000]",
                )
                .value_parser(value_parser!(u64)),
                option(
                    REJECTS,
                    "DIR",
                    "The folder to make for rejected records: those that the job does not take, and those that \
                     cannot be read [default: `_rejects` in the output; those that cannot be read only with this or --max-rejects]",
                )
                .value_parser(value_parser!(PathBuf)),
                option(
                    MAX_REJECTS,
                    "N|P%",
                    "How many records may be rejected, or how many of a hundred that a step reads; with more of \
                     them the run fails with exit code 65 [default: any number]",
                )
                .value_parser(super::reject_limit),
                option(
                    CHAOS,
                    "SEED",
                    "Let go wrong what may: attempts are late, fail and are run again, buffers are small, a spill is damaged. \
                     The output is the same, so this tries a job whose code is to bear it: any number",
                )
                .value_parser(value_parser!(u64)),
                json("Say at the end what happened, as one line of JSON on the standard error"),
                flag(QUIET, "Say nothing but errors").short('q'),
                #[cfg(feature = "hadoop")]
                cluster(
                    option(
                        ON,
                        "ENGINE",
                        "`hadoop` runs the job on the cluster that Hadoop is configured for, whose paths are then \
                         meant; `local` runs it here",
                    )
                    .value_parser(PossibleValuesParser::new(["local", "hadoop"]))
                    .default_value("local"),
                ),
                #[cfg(feature = "hadoop")]
                cluster(
                    option(
                        PRINT,
                        "AS",
                        "Print what would be run, and run nothing: as lines for a `shell`, the steps of Amazon `emr`, or \
                         the commands of Google's `dataproc`",
                    )
                    .value_parser(PossibleValuesParser::new(["shell", "emr", "dataproc"])),
                ),
                #[cfg(feature = "hadoop")]
                cluster(
                    option(
                        UPLOAD,
                        "URI",
                        "Where the program and side files are copied to before such steps run, as s3://bucket/jobs",
                    )
                    .requires(PRINT),
                ),
                #[cfg(feature = "hadoop")]
                cluster(
                    option(
                        STREAMING_JAR,
                        "JAR",
                        "Hadoop's streaming jar [default: where Hadoop and its vendors put it]",
                    )
                    .value_parser(value_parser!(PathBuf)),
                ),
                #[cfg(feature = "hadoop")]
                cluster(
                    option(
                        CLASSPATH,
                        "PATHS",
                        "Hadoop's jars and its configuration folder, where it is no more than those \
                         [env: HOWDAH_HADOOP_CLASSPATH]",
                    )
                    .value_parser(value_parser!(OsString)),
                ),
            ],
        }
    }

    #[cfg(feature = "hadoop")]
    fn cluster(arg: Arg) -> Arg {
        arg.help_heading("On a cluster")
    }
}

/// A number of bytes: digits, perhaps with K, M or G behind them, which are powers of 1024.
#[cfg(feature = "runner")]
fn size(text: &str) -> Result<u64, String> {
    let bad = || "a size is a number with K, M or G behind it, as 64M".to_owned();
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1_u64),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    let number: u64 = digits.parse().map_err(|_| bad())?;
    number.checked_mul(unit).ok_or_else(|| "no machine has that many bytes".to_owned())
}

/// A time: digits, with their unit behind them.
#[cfg(feature = "runner")]
fn time(text: &str) -> Result<std::time::Duration, String> {
    howdah_plan::time_span::parse(text)
        .ok_or_else(|| "a time is a number with ms, s, m or h behind it, as 500ms".to_owned())
}

/// The bytes of a split: one or more.
#[cfg(feature = "runner")]
fn split_size(text: &str) -> Result<u64, String> {
    match size(text)? {
        0 => Err("a map task needs a byte or more".to_owned()),
        bytes => Ok(bytes),
    }
}

/// The bytes of the longest record: one or more.
#[cfg(feature = "runner")]
fn max_record(text: &str) -> Result<u64, String> {
    match size(text)? {
        0 => Err("no record is so short".to_owned()),
        bytes => Ok(bytes),
    }
}

/// A part of the whole: a number from 0 to 1, or of a hundred.
#[cfg(feature = "runner")]
fn part(text: &str) -> Result<f64, String> {
    let (number, whole) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text, 1.0),
    };
    match number.parse::<f64>() {
        Ok(number) if (0.0..=whole).contains(&number) => Ok(number / whole),
        _ => Err("give a part from 0 to 1, as 0.01, or of a hundred, as 1%".to_owned()),
    }
}

/// A number, or a part of a hundred.
#[cfg(feature = "runner")]
fn reject_limit(text: &str) -> Result<howdah_runner::RejectLimit, String> {
    use howdah_runner::RejectLimit;
    let bad = || "give a number of records, as 100, or a part of them, as 0.5%".to_owned();
    match text.strip_suffix('%') {
        None => text.parse().map(RejectLimit::Records).map_err(|_| bad()),
        Some(number) => match number.trim_end().parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(RejectLimit::Percent(percent)),
            _ => Err(bad()),
        },
    }
}

/// `NAME=PATH`.
#[cfg(feature = "runner")]
fn named_input(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), path.to_owned()))
        }
        _ => Err("a named input is NAME=PATH".to_owned()),
    }
}

/// `NAME=VALUE`.
#[cfg(feature = "runner")]
fn property(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a property is NAME=VALUE".to_owned()),
    }
}

#[cfg(all(test, feature = "runner"))]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("64M"), Ok(64 << 20));
        assert_eq!(size("3g"), Ok(3 << 30));
        for text in ["", "M", "1.5G", "+1", "-1", "64MB", "99999999999G", "é"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!((split_size("1K"), max_record("1K")), (Ok(1 << 10), Ok(1 << 10)));
        assert!(split_size("0M").is_err() && max_record("0").is_err());
    }

    #[test]
    fn a_time_has_a_unit() {
        let milliseconds = |text: &str| time(text).map(|time| time.as_millis());
        assert_eq!(milliseconds("500ms"), Ok(500));
        assert_eq!((milliseconds("2s"), milliseconds("1m")), (Ok(2000), Ok(60_000)));
        assert_eq!((milliseconds("0s"), milliseconds("1h")), (Ok(0), Ok(3_600_000)));
        for text in ["", "5", "s", "ms", "-1s", "+1s", "1.5s", "1 s", "99999999999999999999h"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_part_is_of_one_or_of_a_hundred() {
        assert_eq!(part("0.25"), Ok(0.25));
        assert_eq!(part("25%"), Ok(0.25));
        assert_eq!((part("0"), part("1"), part("100 %")), (Ok(0.0), Ok(1.0), Ok(1.0)));
        for text in ["", "1.5", "-0.1", "101%", "NaN", "x"] {
            assert!(part(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rejects_are_limited_by_number_or_part() {
        use howdah_runner::RejectLimit::{Percent, Records};
        assert_eq!(reject_limit("0"), Ok(Records(0)));
        assert_eq!(reject_limit("0.5%"), Ok(Percent(0.5)));
        for text in ["", "%", "-1", "101%", "NaN%", "1.5", "x"] {
            assert!(reject_limit(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_property_may_hold_further_equal_signs() {
        assert_eq!(property("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(property("a="), Ok(("a".into(), String::new())));
        assert!(property("a").is_err());
        assert!(property("=b").is_err());
    }
}
