//! How often each word occurs: mrjob's `mr_word_freq_count`.

use classics::{Line, words};
use howdah::{Flow, Job, Mapper, Out, Plan, Result, Sum, clap};

/// Counts words, in lower case
#[derive(clap::Args, Clone)]
struct WordFrequency {}

impl Mapper<Line> for WordFrequency {
    type Key = String;
    type Value = u64;

    fn map(&mut self, line: &str, out: &mut Out<String, u64>) -> Result {
        words(line).for_each(|word| out.emit(word, 1));
        Ok(())
    }
}

impl Job for WordFrequency {
    fn plan(&self) -> Plan {
        Flow::<Line>::read().map(self.clone()).fold(Sum).plan()
    }
}

howdah::main!(WordFrequency);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_whatever_their_case() {
        let ran = howdah::test::job(&WordFrequency {}).lines(["It's it, IT'S!", "it_"]).check();
        assert_eq!(ran.unwrap().text(), "\"it\"\t1\n\"it's\"\t2\n\"it_\"\t1\n");
    }
}
