//! `howdah diagnose`: why a job failed, told from its logs when it has ended.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};
use howdah_hadoop::Search;
use howdah_hadoop::diagnose::{Diagnosis, LogError, LogPlace};
use howdah_plan::exit;

use crate::terminal;

const ABOUT: &str = "Tell why a job failed, from the logs of its tasks";

const EXAMPLES: &str = "\
Logs are those that YARN has gathered (`yarn logs`), those in a file (what `yarn logs` or Hadoop's
client has written), or those in a folder (as `yarn logs -out DIR` writes, or as a node manager
keeps them: userlogs/application_…/container_…/stderr and syslog).

What is told: the cause of the first failure in a sentence, which tasks failed so and how often,
the input of the first, the exit code and its meaning, the last lines of its standard error, and
what to do. A task of a job that is written with howdah also tells its record and the place of it.
Attempts that failed for the same cause are told once; other causes follow in a line each.

Examples:
  howdah diagnose application_1700000000000_0012
  howdah diagnose job_1700000000000_0012 --json
  howdah diagnose attempt_1700000000000_0012_m_000003_0     # the same: the whole job's
  yarn logs -applicationId application_1700000000000_0012 > job.log && howdah diagnose job.log
  howdah diagnose /var/log/hadoop-yarn/userlogs/application_1700000000000_0012
  mapred streaming … 2>&1 | tee job.log; howdah diagnose job.log

Exit codes: 0 a cause was found; 1 nothing that failed was found; 2 wrong options; 5 the logs
cannot be read (no such file, no Hadoop, YARN does not give them); 130 and 143 ended by Ctrl-C and
SIGTERM";

/// Nothing that failed was found.
const NOTHING_FOUND: u8 = 1;

fn command() -> Command {
    let hadoop = |arg: Arg| arg.help_heading("Hadoop");
    Command::new("diagnose")
        .bin_name("howdah diagnose")
        .no_binary_name(true)
        .about(ABOUT)
        .after_help(EXAMPLES)
        .args([
            Arg::new("logs")
                .value_name("APPLICATION|JOB|LOGS")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("An identifier of Hadoop's, or a file or folder of logs"),
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Write the diagnosis as JSON, with all causes and lines"),
            hadoop(
                Arg::new("streaming-jar")
                    .long("streaming-jar")
                    .value_name("JAR")
                    .value_parser(value_parser!(PathBuf))
                    .help("Hadoop's streaming jar [default: where Hadoop and its vendors put it]"),
            ),
            hadoop(
                Arg::new("hadoop-classpath")
                    .long("hadoop-classpath")
                    .value_name("PATHS")
                    .value_parser(value_parser!(OsString))
                    .help(
                        "Hadoop's jars and its configuration folder, where it is no more than those \
                         [env: HOWDAH_HADOOP_CLASSPATH]",
                    ),
            ),
        ])
}

/// Runs what the words behind `diagnose` ask for; gives the exit code.
pub(crate) fn run(words: Vec<OsString>) -> u8 {
    let matches = match command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return terminal::tell_of_usage(&error),
    };
    let Some(word) = matches.get_one::<PathBuf>("logs") else { return exit::BUG }; // `clap` asks for it
    let Some(place) = LogPlace::of(word) else {
        terminal::complain(&format!(
            "error: `{}` is neither a file or folder nor an identifier such as application_1700000000000_0012\n\
             hint: `yarn application -list -appStates ALL` lists them",
            word.display()
        ));
        return exit::SETUP;
    };
    let streaming_jar = matches.get_one::<PathBuf>("streaming-jar").map(PathBuf::as_path);
    let classpath = matches.get_one::<OsString>("hadoop-classpath").map(OsString::as_os_str);
    match place.diagnose(&Search::asked(streaming_jar, classpath)) {
        Ok(diagnosis) => tell(&diagnosis, matches.get_flag("json")),
        Err(error) => {
            terminal::complain(&format!("error: {error}"));
            match error {
                LogError::Signal(2) => exit::INTERRUPTED,
                LogError::Signal(_) => exit::TERMINATED,
                _ => exit::SETUP,
            }
        }
    }
}

fn tell(diagnosis: &Diagnosis, as_json: bool) -> u8 {
    let text = if as_json {
        match serde_json::to_string_pretty(diagnosis) {
            Ok(json) => json,
            Err(_) => return exit::BUG, // it is made of text and numbers
        }
    } else {
        diagnosis.to_string()
    };
    terminal::show(
        &format!("{text}\n"),
        if diagnosis.is_empty() { NOTHING_FOUND } else { exit::OK },
    )
}
