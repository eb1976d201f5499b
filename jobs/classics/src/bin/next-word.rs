//! Which words follow a word, and how often: mrjob's `mr_next_word_stats`.

use classics::{Line, words};
use howdah::{Flow, Job, Mapper, Out, Plan, Result, Sum, clap};

/// For each two words of a line that follow each other: how often the first is followed by any, how
/// often by the second, and that in percent
#[derive(clap::Args, Clone)]
struct NextWord {}

impl Mapper<Line> for NextWord {
    type Key = (String, String);
    type Value = u64;

    fn map(&mut self, line: &str, out: &mut Out<(String, String), u64>) -> Result {
        let mut words = words(line);
        let Some(mut word) = words.next() else { return Ok(()) };
        for next in words {
            out.emit((&word, &next), 1);
            word = next;
        }
        Ok(())
    }
}

impl Job for NextWord {
    fn plan(&self) -> Plan {
        Flow::<Line>::read()
            .map(self.clone())
            .fold(Sum)
            .map_fn(|((word, next), n), out: &mut Out<String, (String, u64)>| {
                out.emit(word, (next, *n));
            })
            .reduce_fn(|word, nexts, out: &mut Out<(String, String), (u64, u64, f64)>| {
                let nexts: Vec<_> = nexts.collect();
                let total = nexts.iter().map(|(_, n)| n).sum();
                for (next, n) in nexts {
                    out.emit((word, next), (total, n, percent(n, total)));
                }
            })
            .plan()
    }
}

#[allow(clippy::cast_precision_loss)] // 2^53 pairs of words are out of reach
fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

howdah::main!(NextWord);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_a_line_are_counted_and_none_across_lines() {
        let lines = ["a b, a c!", "A", "b a b", "c"];
        let ran = howdah::test::job(&NextWord {}).lines(lines).run().unwrap();
        let pair = |first: &str, second: &str| (first.to_owned(), second.to_owned());
        assert_eq!(
            ran.records::<(String, String), (u64, u64, f64)>().unwrap(),
            [
                (pair("a", "b"), (3, 2, 200.0 / 3.0)),
                (pair("a", "c"), (3, 1, 100.0 / 3.0)),
                (pair("b", "a"), (2, 2, 100.0)),
            ]
        );
    }
}
