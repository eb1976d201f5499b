//! What `howdah parity` is asked to do.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

const ABOUT: &str = "Run a job here and by Hadoop, and compare what they give";

const EXAMPLES: &str = "\
What is compared: how both runs ended; each file of the output, with those of outputs with names
and rejected records, by name and, decompressed, line by line; the job's own counters, and of the
framework's Map input records, Map output records and bytes, Reduce input groups, Reduce output
records and, without a combiner, Reduce input records.

Hadoop leaves the order of a key's values open. Where a job has a reducer, a file that has the same
lines in another order is therefore noted, and is a difference with --strict-order only.

A job that writes the names of its input files, of its tasks or of its machine differs in them:
here files are file:/…, on a cluster hdfs://…. Paths in rejected records are compared by their last
name.

Examples:
  howdah parity --oracle ./target/release/my-job access.log     # Hadoop's own classes, no cluster
  howdah parity ./target/release/my-job access.log              # the cluster; access.log goes there
  howdah parity ./my-job 'hdfs:///logs/2026-11-2?.gz'           # the cluster's files come here
  howdah parity words.json book.txt -r 3 -D my.property=1       # a plan file
  howdah parity ./my-job access.log -- --under /api             # the job's own options

Exit codes: 0 both are the same; 3 there is a difference; 2 wrong options; 5 a run could not start;
else the code of the run that failed, the one here first. If both fail by the same code, that code
is it, too: they are the same, but there is no output to compare.";

/// What `howdah parity` is asked to do.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) job: Job,
    pub(super) inputs: Vec<String>,
    /// Inputs with names, in the order in which they are given.
    pub(super) named_inputs: Vec<(String, String)>,
    /// Options that both runs get as they stand.
    pub(super) passed_on: Vec<OsString>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) by: By,
    pub(super) strict_order: bool,
    pub(super) says: Says,
    /// Whether what both have written stays.
    pub(super) keep: bool,
    /// How many bytes may be copied from the cluster.
    pub(super) fetch_limit: u64,
    /// The folder on the cluster in which one is made for the run.
    pub(super) cluster_folder: String,
    pub(super) streaming_jar: Option<PathBuf>,
    pub(super) classpath: Option<OsString>,
}

/// Which Hadoop a job is run by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The cluster that Hadoop is configured for.
    Cluster,
    /// Its `LocalJobRunner`: one process, on this machine's files.
    Oracle,
}

/// What is said beside errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// What is being done, and the report.
    All,
    /// The report.
    Report,
    /// The report as JSON.
    Json,
}

/// What is run both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    /// A job's program.
    Program(PathBuf),
    /// A plan file, for `howdah submit`.
    Plan(PathBuf),
}

impl Job {
    fn of(path: &Path) -> Self {
        let is_plan = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
        if is_plan { Job::Plan(path.to_owned()) } else { Job::Program(path.to_owned()) }
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        let (Job::Program(path) | Job::Plan(path)) = self;
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    }
}

pub(super) fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let on_cluster = |arg: Arg| arg.help_heading("Hadoop");
    Command::new("parity")
        .bin_name("howdah parity")
        .no_binary_name(true)
        .about(ABOUT)
        .after_help(EXAMPLES)
        .args([
            Arg::new("job")
                .value_name("JOB")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("A job's program, as ./target/release/my-job, or a plan file, as job.json"),
            Arg::new("inputs").value_name("INPUT").num_args(0..).help(
                "Files, folders or globs. Those of this machine are copied to the cluster, others from there",
            ),
            Arg::new("job-options")
                .value_name("JOB OPTIONS")
                .num_args(0..)
                .last(true)
                .value_parser(value_parser!(OsString))
                .help("Further options of the job, for both runs"),
            option("input", "NAME=PATH", "The same for the job's input of that name; may be given again")
                .action(ArgAction::Append)
                .value_parser(|text: &str| pair(text, "a named input is NAME=PATH")),
            option("reducers", "N", "Reduce tasks, as of `run`")
                .short('r')
                .value_parser(value_parser!(OsString)),
            Arg::new("property")
                .short('D')
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(|text: &str| pair(text, "a property is NAME=VALUE"))
                .help("A property of the job's configuration; may be given again"),
            option("split-size", "SIZE", "Input bytes of a map task, as of `run`")
                .value_parser(value_parser!(OsString)),
            option("output-codec", "CODEC", "How part files are compressed, as of `run`")
                .value_parser(value_parser!(OsString)),
            flag("strict-order", "The same lines in another order are a difference"),
            flag("keep", "Leave what both have written, and say where"),
            flag("json", "The report as JSON (howdah.parity/1)"),
            flag("quiet", "Say nothing of what is being done").short('q'),
            on_cluster(flag(
                "oracle",
                "Hadoop runs in one process on this machine's files, by its LocalJobRunner: no cluster is needed",
            )),
            on_cluster(
                option("cluster-folder", "DIR", "Where a temporary folder is made on the cluster")
                    .default_value("/tmp"),
            ),
            on_cluster(
                option("fetch-limit", "SIZE", "How much input may be copied from the cluster, as 10G")
                    .default_value("1G")
                    .value_parser(size),
            ),
            on_cluster(
                option("streaming-jar", "JAR", "Hadoop's streaming jar, as of `run`")
                    .value_parser(value_parser!(PathBuf)),
            ),
            on_cluster(
                option(
                    "hadoop-classpath",
                    "PATHS",
                    "Hadoop's jars and its configuration folder, as of `run` [env: HOWDAH_HADOOP_CLASSPATH]",
                )
                .value_parser(value_parser!(OsString)),
            ),
        ])
}

impl Options {
    pub(super) fn of(matches: &ArgMatches) -> Self {
        let texts = |id| matches.get_many::<String>(id).into_iter().flatten().cloned().collect();
        let pairs =
            |id| matches.get_many::<(String, String)>(id).into_iter().flatten().cloned().collect();
        let mut passed_on = Vec::new();
        for id in ["reducers", "split-size", "output-codec"] {
            if let Some(value) = matches.get_one::<OsString>(id) {
                passed_on.extend([OsString::from(format!("--{id}")), value.clone()]);
            }
        }
        let job_options = matches.get_many::<OsString>("job-options").into_iter().flatten();
        passed_on.extend(job_options.cloned());
        Options {
            job: Job::of(matches.get_one::<PathBuf>("job").map_or(Path::new(""), |path| path)),
            inputs: texts("inputs"),
            named_inputs: pairs("input"),
            passed_on,
            properties: pairs("property"),
            by: if matches.get_flag("oracle") { By::Oracle } else { By::Cluster },
            strict_order: matches.get_flag("strict-order"),
            says: match (matches.get_flag("json"), matches.get_flag("quiet")) {
                (true, _) => Says::Json,
                (false, true) => Says::Report,
                (false, false) => Says::All,
            },
            keep: matches.get_flag("keep"),
            fetch_limit: matches.get_one::<u64>("fetch-limit").copied().unwrap_or(u64::MAX),
            cluster_folder: matches
                .get_one::<String>("cluster-folder")
                .map_or("/tmp", |folder| folder.trim_end_matches('/'))
                .to_owned(),
            streaming_jar: matches.get_one::<PathBuf>("streaming-jar").cloned(),
            classpath: matches.get_one::<OsString>("hadoop-classpath").cloned(),
        }
    }

    /// The words of `-D`, for one of the runs.
    pub(super) fn property_words<'a>(
        properties: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Vec<OsString> {
        let words = properties.into_iter().flat_map(|(name, value)| {
            [OsStr::new("-D").to_owned(), OsString::from(format!("{name}={value}"))]
        });
        words.collect()
    }
}

fn pair(text: &str, form: &'static str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(form),
    }
}

/// A number of bytes, perhaps with K, M, G or T behind it, which are powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let upper = text.to_ascii_uppercase();
    let (digits, shift) = units
        .iter()
        .find_map(|(unit, shift)| Some((upper.strip_suffix(*unit)?, *shift)))
        .unwrap_or((&upper, 0));
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
    number
        .flatten()
        .and_then(|number: u64| number.checked_mul(1 << shift))
        .ok_or_else(|| "a size is a number with K, M or G behind it, as 10G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Options {
        Options::of(&command().try_get_matches_from(line.split(' ')).unwrap())
    }

    #[test]
    fn the_command_line_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn the_jobs_own_options_stand_behind_two_dashes() {
        let options = read("./job a b -r 3 -D x=y --oracle --input u=p -- --under /a -x");
        assert_eq!(options.job, Job::Program("./job".into()));
        assert_eq!(options.inputs, ["a", "b"]);
        assert_eq!(options.named_inputs, [("u".to_owned(), "p".to_owned())]);
        assert_eq!(options.passed_on, ["--reducers", "3", "--under", "/a", "-x"]);
        assert_eq!(options.properties, [("x".to_owned(), "y".to_owned())]);
        assert_eq!((options.by, options.says), (By::Oracle, Says::All));
    }

    #[test]
    fn a_plan_is_known_by_its_ending() {
        assert_eq!(read("plans/a.json x").job, Job::Plan("plans/a.json".into()));
        assert_eq!(read("word-count x").job.name(), "word-count");
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!((size("0"), size("3k"), size("1T")), (Ok(0), Ok(3 << 10), Ok(1 << 40)));
        for text in ["", "G", "-1", "1.5G", "+1", "99999999999T"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(read("job x").fetch_limit, 1 << 30);
    }
}
