//! The word that occurs most often: mrjob's `mr_most_used_word`.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use classics::{Line, words};
use howdah::{Error, Flow, Fold, Job, Mapper, Max, Out, Plan, Result, Sum, clap, write};

/// Finds the word that occurs most often; of several, the last in order of their characters
#[derive(clap::Args, Clone)]
struct MostUsedWord {
    /// A file of words that do not count, in lower case, one a line
    #[arg(long, value_name = "PATH")]
    stop_words: Option<PathBuf>,
    /// What is in that file.
    #[arg(skip)]
    stopped: HashSet<String>,
}

impl Mapper<Line> for MostUsedWord {
    type Key = String;
    type Value = u64;

    fn start(&mut self, _out: &mut Out<String, u64>) -> Result {
        let Some(path) = &self.stop_words else { return Ok(()) };
        let text = fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            Error::new(format_args!("the stop words `{path}` cannot be read: {error}"))
        })?;
        self.stopped = text.lines().map(|line| line.trim().to_owned()).collect();
        Ok(())
    }

    fn map(&mut self, line: &str, out: &mut Out<String, u64>) -> Result {
        words(line).filter(|word| !self.stopped.contains(word)).for_each(|word| out.emit(word, 1));
        Ok(())
    }
}

impl Job for MostUsedWord {
    fn plan(&self) -> Plan {
        Flow::<Line>::read()
            .map(self.clone())
            .fold(Sum)
            .map_fn(|(word, n), out: &mut Out<(), (u64, String)>| out.emit((), (*n, word)))
            .combine(Max)
            .reduce_fn(|(), counts, out: &mut Out<u64, String>| -> Result {
                let (n, word) = Max.of(counts)?;
                out.emit(n, word);
                Ok(())
            })
            .write(write::JsonValues)
            .plan()
    }
}

howdah::main!(MostUsedWord);

#[cfg(test)]
mod tests {
    use super::*;

    fn most_used(stop_words: Option<PathBuf>, lines: &[&str]) -> String {
        let job = MostUsedWord { stop_words, stopped: HashSet::new() };
        howdah::test::job(&job).lines(lines).run().unwrap().text()
    }

    #[test]
    fn of_words_that_are_as_frequent_the_last_is_taken() {
        assert_eq!(most_used(None, &["a b a", "b c A"]), "\"a\"\n");
        assert_eq!(most_used(None, &["a é z", "é a z", "b"]), "\"é\"\n");
        assert_eq!(most_used(None, &["", "!"]), "");
    }

    #[test]
    fn stop_words_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stop");
        fs::write(&path, " the \n\nA\nit's").unwrap();
        assert_eq!(most_used(Some(path), &["The the it's it's IT'S a a b"]), "\"a\"\n");
    }

    #[test]
    fn stop_words_that_cannot_be_read_fail_the_task() {
        let job = MostUsedWord { stop_words: Some("no/such".into()), stopped: HashSet::new() };
        let error = howdah::test::job(&job).lines(["a"]).run().unwrap_err().to_string();
        assert!(error.starts_with("the stop words `no/such` cannot be read: "), "{error}");
    }
}
