//! Our own options before Hadoop's, and a pasted `hadoop jar …` that is skipped.

use std::path::PathBuf;

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
    /// `--tmp`: the folder for temporary files.
    pub(super) temporary: Option<PathBuf>,
}

impl OwnOptions {
    /// Takes our options and a pasted prefix off the front.
    pub(super) fn take(mut words: &[String]) -> Result<(Self, &[String]), Refusal> {
        let mut own = OwnOptions::default();
        loop {
            words = skip_pasted(words);
            let Some((word, behind)) = words.split_first() else { return Ok((own, words)) };
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            if !matches!(name, "--maps" | "--workers" | "-w" | "-j" | "--memory" | "--tmp") {
                return Ok((own, words));
            }
            let (value, rest) = match (joined, behind.split_first()) {
                (Some(value), _) => (value, behind),
                (None, Some((value, rest))) => (value.as_str(), rest),
                (None, None) => return Err(wants(name, "a value")),
            };
            match name {
                "--maps" => {
                    own.maps = Some(positive(value).ok_or_else(|| wants(name, "a number"))?);
                }
                "--memory" => {
                    own.memory =
                        Some(bytes(value).ok_or_else(|| wants(name, "a size such as 512M"))?);
                }
                "--tmp" => own.temporary = Some(PathBuf::from(value)),
                _ => {
                    let workers = positive(value).and_then(|workers| workers.try_into().ok());
                    own.workers = Some(workers.ok_or_else(|| wants(name, "a number"))?);
                }
            }
            words = rest;
        }
    }
}

/// What stands before the arguments in a command line for Hadoop: `hadoop jar X.jar`, `yarn jar X.jar`, `mapred
/// streaming`; the path of the program may stand before its name.
fn skip_pasted(words: &[String]) -> &[String] {
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    match words {
        [program, jar, archive, rest @ ..]
            if matches!(name(program).as_str(), "hadoop" | "yarn")
                && jar == "jar"
                && archive.to_ascii_lowercase().ends_with(".jar") =>
        {
            rest
        }
        [program, verb, rest @ ..] if name(program) == "mapred" && verb == "streaming" => rest,
        _ => words,
    }
}

fn wants(option: &str, what: &str) -> Refusal {
    Refusal::usage(&format!("error: {option} needs {what}"))
}

fn positive(text: &str) -> Option<u64> {
    text.parse().ok().filter(|&number| number > 0)
}

/// A size: a number, with K, M, G or T as powers of 1024.
fn bytes(text: &str) -> Option<u64> {
    let upper = text.to_ascii_uppercase();
    let (digits, shift) = match upper.as_bytes().last()? {
        b'K' => (&upper[..upper.len() - 1], 10),
        b'M' => (&upper[..upper.len() - 1], 20),
        b'G' => (&upper[..upper.len() - 1], 30),
        b'T' => (&upper[..upper.len() - 1], 40),
        _ => (upper.as_str(), 0),
    };
    positive(digits)?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(line: &str) -> (OwnOptions, String) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let (own, rest) = OwnOptions::take(&words).unwrap();
        (own, rest.join(" "))
    }

    #[test]
    fn our_options_stand_before_hadoops() {
        let (own, rest) = take("--maps 4 --workers=2 --memory 8M --tmp /t -input a --maps 5");
        let expected = OwnOptions {
            maps: Some(4),
            workers: Some(2),
            memory: Some(8 << 20),
            temporary: Some("/t".into()),
        };
        assert_eq!((own, rest.as_str()), (expected, "-input a --maps 5"));
    }

    #[test]
    fn a_pasted_command_line_is_understood() {
        for pasted in [
            "hadoop jar /opt/x/hadoop-streaming-3.4.2.jar -input a",
            "/usr/bin/hadoop jar hadoop-streaming.jar -input a",
            "yarn jar s.jar -input a",
            "mapred streaming -input a",
            "--maps 1 mapred streaming --workers 1 -input a",
        ] {
            assert_eq!(take(pasted).1, "-input a", "{pasted}");
        }
        assert_eq!(take("hadoop -input a").1, "hadoop -input a");
    }

    #[test]
    fn a_value_that_is_none_is_refused() {
        for line in ["--maps", "--maps 0", "--memory 1X", "--workers two"] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let refusal = OwnOptions::take(&words).unwrap_err();
            assert!(refusal.lines[0].contains("needs a"), "{refusal:?}");
        }
    }
}
