//! Our own options before Hadoop's, and a pasted `hadoop jar …` that is skipped.

use std::path::{Path, PathBuf};
use std::time::Duration;

use howdah_plan::{byte_size, exit, time_span};

use super::refusal::Refusal;

/// What can be said about the run here, and what Hadoop has no word for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OwnOptions {
    /// `--maps`: at least this many map tasks, if the input can be cut so far.
    pub(super) maps: Option<u64>,
    /// `--workers`: tasks at once.
    pub(super) workers: Option<usize>,
    /// `--memory`, in bytes.
    pub(super) memory: Option<u64>,
    /// `--disk-limit`, in bytes.
    pub(super) disk_limit: Option<u64>,
    /// `--tmp`: the folder for temporary files.
    pub(super) temporary: Option<PathBuf>,
    /// `--chaos`: the seed of a run in which things go wrong.
    pub(super) chaos: Option<u64>,
    /// `--retry-delay`: how long a task waits before it is tried again.
    pub(super) retry_delay: Option<Duration>,
    /// `--max-record`: bytes of the longest record; any number that Hadoop takes if it is not given.
    pub(super) max_record: Option<u64>,
    /// `--max-expansion`: how many times its bytes a compressed file may come to.
    pub(super) max_expansion: Option<u64>,
    /// `--clean-env`: commands get little of our environment.
    pub(super) clean_environment: bool,
    /// `--manifest`: the output holds a manifest of the run.
    pub(super) manifest: bool,
}

// The options that have no value.
const CLEAN_ENV: &str = "--clean-env";
const MANIFEST: &str = "--manifest";

impl OwnOptions {
    /// Takes our options and a pasted prefix off the front; what is left of a pasted line's ends goes, too.
    pub(super) fn take(words: &[String]) -> Result<(Self, Vec<String>), Refusal> {
        let mut own = OwnOptions::default();
        let mut is_pasted = false;
        let mut words = words;
        loop {
            if let Some(rest) = behind_pasted(words) {
                (words, is_pasted) = (rest, true);
            }
            let Some((word, behind)) = words.split_first() else { break };
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            if !is_own(name) {
                break;
            }
            if matches!(word.as_str(), CLEAN_ENV | MANIFEST) {
                own.clean_environment |= word == CLEAN_ENV;
                own.manifest |= word == MANIFEST;
                words = behind;
                continue;
            }
            let (value, rest) = match (joined, behind.split_first()) {
                (Some(value), _) => (value, behind),
                (None, Some((value, rest))) => (value.as_str(), rest),
                (None, None) => ("", behind),
            };
            own.set(name, value)?;
            words = rest;
        }
        let kept = words.iter().filter(|word| !(is_pasted && is_line_end(word)));
        let rest: Vec<String> = kept.cloned().collect();
        let is_late = |word: &&String| {
            word.starts_with("--") && is_own(word.split('=').next().unwrap_or_default())
        };
        match rest.iter().find(is_late) {
            Some(late) if !has_value_of_that_name(&rest, late) => {
                let line = format!("error: `{late}` stands behind an option of Hadoop's");
                Err(Refusal::failed(exit::JOB_FAILED, [line]).with_hint(
                    "--maps, --workers, --memory, --disk-limit, --tmp, --max-record, --max-expansion, --retry-delay, \
                     --chaos, --clean-env and --manifest stand before all others",
                ))
            }
            _ => Ok((own, rest)),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "--maps" => {
                let maps = positive(value);
                self.maps = Some(maps.ok_or_else(|| wants(name, value, "a number above 0"))?);
            }
            "--memory" => {
                let memory = bytes(value);
                self.memory =
                    Some(memory.ok_or_else(|| wants(name, value, "a size such as 512M"))?);
            }
            "--disk-limit" => {
                let limit = bytes(value);
                self.disk_limit =
                    Some(limit.ok_or_else(|| wants(name, value, "a size such as 10G"))?);
            }
            "--max-record" => {
                let longest = bytes(value);
                self.max_record =
                    Some(longest.ok_or_else(|| wants(name, value, "a size such as 64M"))?);
            }
            "--max-expansion" => {
                let ratio = value.parse().ok();
                self.max_expansion =
                    Some(ratio.ok_or_else(|| wants(name, value, "a number such as 10000"))?);
            }
            "--tmp" if Path::new(value).is_dir() => self.temporary = Some(PathBuf::from(value)),
            "--tmp" => return Err(wants(name, value, "a folder that is there")),
            "--chaos" => {
                let seed = value.parse().ok();
                self.chaos = Some(seed.ok_or_else(|| wants(name, value, "a number, 0 or more"))?);
            }
            "--retry-delay" => {
                let delay = time_span::parse(value);
                self.retry_delay = Some(
                    delay.ok_or_else(|| wants(name, value, "a time such as 500ms, 2s or 1m"))?,
                );
            }
            CLEAN_ENV | MANIFEST => return Err(wants(name, value, "no value")),
            _ => {
                let workers = positive(value).and_then(|workers| workers.try_into().ok());
                self.workers = Some(workers.ok_or_else(|| wants(name, value, "a number above 0"))?);
            }
        }
        Ok(())
    }
}

fn is_own(name: &str) -> bool {
    matches!(
        name,
        "--maps"
            | "--workers"
            | "-w"
            | "-j"
            | "--memory"
            | "--disk-limit"
            | "--tmp"
            | "--chaos"
            | CLEAN_ENV
            | "--retry-delay"
            | MANIFEST
            | "--max-record"
            | "--max-expansion"
    )
}

/// Whether one of our names is meant as the value of an option, as in `-mapper --maps` it can only be.
fn has_value_of_that_name(words: &[String], word: &str) -> bool {
    let at = words.iter().position(|other| other == word);
    let before = at.and_then(|at| at.checked_sub(1)).map(|at| words[at].as_str());
    matches!(before, Some("-mapper" | "-combiner" | "-reducer" | "-D" | "-cmdenv" | "-jobconf"))
}

/// Whether a word is what a shell, or who has copied the line, left of a line's end: blanks, or a backslash.
fn is_line_end(word: &str) -> bool {
    !word.is_empty() && word.chars().all(char::is_whitespace)
        || matches!(word, "\\" | "\\n" | "\\\n" | "\\\r\n")
}

/// What stands behind the beginning of a command line for Hadoop, if there is one: `hadoop jar X.jar`, `yarn jar
/// X.jar`, `mapred streaming`, with a path before the program's name, with `--config DIR` or `--loglevel LEVEL`
/// behind it, and with the class that is run.
fn behind_pasted(words: &[String]) -> Option<&[String]> {
    let (program, mut words) = next_word(words)?;
    loop {
        let (option, rest) = next_word(words)?;
        if !matches!(option, "--config" | "--loglevel") {
            break;
        }
        words = next_word(rest)?.1;
    }
    let (verb, behind) = next_word(words)?;
    match (program.rsplit('/').next()?, verb) {
        ("hadoop" | "yarn", "jar") => {
            let (jar, behind) = next_word(behind)?;
            if !jar.to_ascii_lowercase().ends_with(".jar") {
                return None;
            }
            match next_word(behind) {
                Some(("org.apache.hadoop.streaming.HadoopStreaming", behind)) => Some(behind),
                _ => Some(behind),
            }
        }
        ("mapred", "streaming") => Some(behind),
        _ => None,
    }
}

/// The first word that is no line's end, and what stands behind it.
fn next_word(words: &[String]) -> Option<(&str, &[String])> {
    let at = words.iter().position(|word| !is_line_end(word))?;
    Some((&words[at], &words[at + 1..]))
}

fn wants(option: &str, value: &str, what: &str) -> Refusal {
    let found = if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") };
    Refusal::usage(&format!("error: {option} needs {what}, and has {found}"))
}

fn positive(text: &str) -> Option<u64> {
    text.parse().ok().filter(|&number| number > 0)
}

/// A size above 0.
fn bytes(text: &str) -> Option<u64> {
    byte_size::parse(text).filter(|&bytes| bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn take(line: &str) -> (OwnOptions, String) {
        let (own, rest) = OwnOptions::take(&words(line)).unwrap();
        (own, rest.join(" "))
    }

    #[test]
    fn our_options_stand_before_hadoops() {
        let (own, rest) = take(
            "--maps 4 --clean-env --manifest --workers=2 --memory 8M --disk-limit 1g --tmp / --chaos 7 --retry-delay 2s \
             --max-record 1K --max-expansion=0 -input a -mapper --maps",
        );
        let expected = OwnOptions {
            maps: Some(4),
            workers: Some(2),
            memory: Some(8 << 20),
            disk_limit: Some(1 << 30),
            temporary: Some("/".into()),
            chaos: Some(7),
            retry_delay: Some(Duration::from_secs(2)),
            max_record: Some(1024),
            max_expansion: Some(0),
            clean_environment: true,
            manifest: true,
        };
        assert_eq!((own, rest.as_str()), (expected, "-input a -mapper --maps"));
        let refusal = OwnOptions::take(&words("-input a --maps 5")).unwrap_err();
        assert!(refusal.lines[0].contains("`--maps` stands behind"), "{refusal:?}");
    }

    #[test]
    fn a_pasted_command_line_is_understood() {
        for pasted in [
            "hadoop jar /opt/x/hadoop-streaming-3.4.2.jar -input a",
            "/usr/bin/hadoop jar hadoop-streaming.jar -input a",
            "hadoop --config /etc/hadoop --loglevel WARN jar s.jar -input a",
            "hadoop jar s.jar org.apache.hadoop.streaming.HadoopStreaming -input a",
            "yarn jar s.jar -input a",
            "mapred streaming -input a",
            "--maps 1 mapred streaming --workers 1 -input a",
            "hadoop jar \n s.jar \\ -input \r\n a \\\n",
        ] {
            assert_eq!(take(pasted).1, "-input a", "{pasted}");
        }
        for no_paste in ["hadoop -input a", "hadoop jar x -input a", "jar s.jar", "-input \n a"] {
            assert_eq!(take(no_paste).1, no_paste);
        }
    }

    #[test]
    fn a_value_that_is_none_is_refused() {
        for (line, complaint) in [
            ("--maps", "--maps needs a number above 0, and has nothing"),
            ("--maps 0", "--maps needs a number above 0, and has `0`"),
            ("--memory 1X", "--memory needs a size such as 512M, and has `1X`"),
            ("--memory=99999999999T", "--memory needs a size such as 512M, and has `99999999999T`"),
            ("--disk-limit 0", "--disk-limit needs a size such as 10G, and has `0`"),
            ("--max-record 0", "--max-record needs a size such as 64M, and has `0`"),
            ("--max-expansion 2x", "--max-expansion needs a number such as 10000, and has `2x`"),
            ("--workers two", "--workers needs a number above 0, and has `two`"),
            ("--retry-delay 5", "--retry-delay needs a time such as 500ms, 2s or 1m, and has `5`"),
            (
                "--retry-delay=+1s",
                "--retry-delay needs a time such as 500ms, 2s or 1m, and has `+1s`",
            ),
            ("--clean-env=yes", "--clean-env needs no value, and has `yes`"),
            ("--manifest=yes", "--manifest needs no value, and has `yes`"),
            ("--tmp no/such", "--tmp needs a folder that is there, and has `no/such`"),
        ] {
            let refusal = OwnOptions::take(&words(line)).unwrap_err();
            assert_eq!(refusal.lines[0], format!("error: {complaint}"));
        }
    }
}
