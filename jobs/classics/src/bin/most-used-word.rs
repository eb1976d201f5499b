//! The word that occurs most often: mrjob's `mr_most_used_word`.

use std::collections::HashSet;

use classics::{Line, words};
use howdah::{Flow, Fold, Job, Mapper, Max, Out, Plan, Result, SideFile, Sum, clap, write};

/// Finds the word that occurs most often; of several, the last in order of their characters
#[derive(clap::Args, Clone)]
struct MostUsedWord {
    /// A file of words that do not count, in lower case, one a line
    #[arg(long, value_name = "FILE")]
    stop_words: Option<SideFile>,
    /// What is in that file.
    #[arg(skip)]
    stopped: HashSet<String>,
}

impl Mapper<Line> for MostUsedWord {
    type Key = String;
    type Value = u64;

    fn start(&mut self, out: &mut Out<String, u64>) -> Result {
        let Some(file) = &self.stop_words else { return Ok(()) };
        self.stopped =
            out.read_side_file(file)?.lines().map(|line| line.trim().to_owned()).collect();
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
            .side_files(&self.stop_words)
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

    fn job(stop_words: Option<SideFile>) -> MostUsedWord {
        MostUsedWord { stop_words, stopped: HashSet::new() }
    }

    fn most_used(stop_words: Option<SideFile>, lines: &[&str]) -> String {
        howdah::test::job(&job(stop_words)).lines(lines).check().unwrap().text()
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
        std::fs::write(&path, " the \n\nA\nit's").unwrap();
        let lines = ["The the it's it's IT'S a a b"];
        assert_eq!(most_used(Some(SideFile::new(path)), &lines), "\"a\"\n");
    }

    #[test]
    fn the_tasks_that_read_stop_words_are_given_them() {
        let files = |stop_words| job(stop_words).plan().steps.remove(0).files;
        assert_eq!(files(Some(SideFile::new("data/stop"))).len(), 1);
        assert!(files(None).is_empty());
    }

    #[test]
    fn stop_words_that_cannot_be_read_fail_the_task() {
        let job = job(Some(SideFile::new("no/such")));
        let error = howdah::test::job(&job).lines(["a"]).run().unwrap_err().to_string();
        assert!(error.starts_with("the side file `no/such` cannot be read: "), "{error}");
    }
}
