//! A job's own options: what they may be, and how they are passed on to its tasks.

use std::collections::HashSet;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::options;
use crate::job::Job;

/// Whether a job's options can stand beside howdah's own; if not, why.
///
/// `clap` finds clashes in debug builds only.
pub(super) fn check<J: Job>() -> Result<(), String> {
    check_command(&J::augment_args(Command::new("job")))
}

fn check_command(job: &Command) -> Result<(), String> {
    if job.has_subcommands() {
        return Err("a job has no subcommands; the program's are howdah's".to_owned());
    }
    let own: Vec<Arg> = options::verbs("job").into_iter().flat_map(|verb| verb.args).collect();
    let mut longs: HashSet<String> = own.iter().flat_map(longs).collect();
    let mut shorts: HashSet<char> = own.iter().flat_map(shorts).collect();
    longs.insert("help".to_owned());
    shorts.insert('h');
    for arg in job.get_arguments() {
        if arg.is_positional() {
            return Err(format!(
                "`{}` has no name, and `run` takes inputs there; give it `#[arg(long)]`",
                arg.get_id()
            ));
        }
        if let Some(taken) = self::longs(arg).into_iter().find(|long| longs.contains(long)) {
            return Err(format!("`--{taken}` is an option of howdah; rename it"));
        }
        if let Some(taken) = self::shorts(arg).into_iter().find(|short| shorts.contains(short)) {
            return Err(format!("`-{taken}` is an option of howdah; rename it"));
        }
    }
    Ok(())
}

fn longs(arg: &Arg) -> Vec<String> {
    let names = arg.get_long_and_visible_aliases().unwrap_or_default();
    let hidden = arg.get_all_aliases().unwrap_or_default();
    names.into_iter().chain(hidden).map(str::to_owned).collect()
}

fn shorts(arg: &Arg) -> Vec<char> {
    let names = arg.get_short_and_visible_aliases().unwrap_or_default();
    let hidden = arg.get_all_short_aliases().unwrap_or_default();
    names.into_iter().chain(hidden).collect()
}

/// The words that give a task the job's options as they were given here.
#[cfg_attr(not(feature = "runner"), allow(dead_code))] // `run` alone passes anything on
pub(super) fn passed_on<J: Job>(matches: &ArgMatches) -> Vec<OsString> {
    passed_on_from(&J::augment_args(Command::new("job")), matches)
}

fn passed_on_from(job: &Command, matches: &ArgMatches) -> Vec<OsString> {
    let mut words = Vec::new();
    for arg in job.get_arguments() {
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let name = match (arg.get_long(), arg.get_short()) {
            (Some(long), _) => OsString::from(format!("--{long}")),
            (None, Some(short)) => OsString::from(format!("-{short}")),
            (None, None) => continue, // positional: refused by `check`
        };
        match arg.get_action() {
            ArgAction::SetTrue | ArgAction::SetFalse => words.push(name),
            ArgAction::Count => {
                let times = usize::from(matches.get_count(id));
                words.extend(std::iter::repeat_n(name, times));
            }
            _ => {
                for values in matches.get_raw_occurrences(id).into_iter().flatten() {
                    let values: Vec<OsString> = values.map(OsString::from).collect();
                    words.extend(occurrence(arg, &name, &values));
                }
            }
        }
    }
    words
}

/// One occurrence of an option with its values.
fn occurrence(arg: &Arg, name: &OsString, values: &[OsString]) -> Vec<OsString> {
    let joined = |value: &OsString| {
        // `--name=value` and `-nvalue` hold whatever the value begins with.
        let mut word = name.clone();
        if arg.get_long().is_some() {
            word.push("=");
        }
        word.push(value);
        word
    };
    match (values, arg.get_value_delimiter()) {
        ([], _) => vec![name.clone()],
        ([value], _) => vec![joined(value)],
        (values, Some(delimiter)) => {
            let delimiter = OsString::from(delimiter.to_string());
            vec![joined(&values.join(&delimiter))]
        }
        (values, None) => {
            let mut words = vec![name.clone()];
            words.extend_from_slice(values);
            words
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Args;

    use super::*;

    #[derive(Args, Debug, Clone, PartialEq)]
    struct Options {
        #[arg(long)]
        ignore_case: bool,
        #[arg(long = "least", short, default_value_t = 3, allow_negative_numbers = true)]
        at_least: i64,
        #[arg(short = 'x', action = ArgAction::Count)]
        extra: u8,
        #[arg(long, value_delimiter = ',')]
        stop: Vec<String>,
        #[arg(long, num_args = 2)]
        range: Vec<u8>,
        #[arg(short = 'p')]
        prefix: Option<String>,
        #[arg(long, num_args = 0..=1, default_missing_value = "auto")]
        color: Option<String>,
    }

    fn parse(words: &[OsString]) -> ArgMatches {
        let command = Options::augment_args(Command::new("job")).no_binary_name(true);
        command.try_get_matches_from(words).unwrap()
    }

    #[test]
    fn options_arrive_as_they_were_given() {
        use clap::FromArgMatches;
        for line in [
            "",
            "--ignore-case",
            "--least=-7 -xx",
            "--stop a,b --stop c",
            "--range 1 2",
            "-p--range -a 4 --color",
            "--color=never -p=x",
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let matches = parse(&words);
            let job = Options::augment_args(Command::new("job"));
            let passed = passed_on_from(&job, &matches);
            let again = parse(&passed);
            assert_eq!(
                Options::from_arg_matches(&again).unwrap(),
                Options::from_arg_matches(&matches).unwrap(),
                "{line} became {passed:?}"
            );
        }
    }

    #[test]
    fn defaults_are_not_passed_on() {
        let job = Options::augment_args(Command::new("job"));
        assert!(passed_on_from(&job, &parse(&[])).is_empty());
    }

    #[test]
    fn what_cannot_stand_beside_howdahs_own_is_refused() {
        let check = |arg: Arg| check_command(&Command::new("job").arg(arg)).unwrap_err();
        assert_eq!(
            check(Arg::new("pattern")),
            "`pattern` has no name, and `run` takes inputs there; give it `#[arg(long)]`"
        );
        assert_eq!(
            check(Arg::new("step").long("step")),
            "`--step` is an option of howdah; rename it"
        );
        assert_eq!(check(Arg::new("host").short('h')), "`-h` is an option of howdah; rename it");
        assert_eq!(check_command(&Options::augment_args(Command::new("job"))), Ok(()));
    }
}
