//! Which words follow a word, and how often: mrjob's `mr_next_word_stats`.
//!
//! A percentage needs the total before its parts. So each pair of words counts as a pair with any word, too, which is
//! sorted before all others of the same first word, and no reducer keeps the pairs of a word in memory. This pattern
//! is known as order inversion.

use classics::{Line, words};
use howdah::{Flow, Fold, Job, Mapper, Out, Plan, Result, Sum, clap};

/// Stands for any word that follows: no word is empty, and all words are sorted behind it.
const ANY: &str = "";

type Pair = (String, String);

/// For each two words of a line that follow each other: how often the first is followed by any, how
/// often by the second, and that in percent
#[derive(clap::Args, Clone)]
struct NextWord {}

impl Mapper<Line> for NextWord {
    type Key = Pair;
    type Value = u64;

    fn map(&mut self, line: &str, out: &mut Out<Pair, u64>) -> Result {
        let mut words = words(line);
        let Some(mut word) = words.next() else { return Ok(()) };
        for next in words {
            out.emit((&word, ANY), 1);
            out.emit((&word, &next), 1);
            word = next;
        }
        Ok(())
    }
}

impl Job for NextWord {
    fn plan(&self) -> Plan {
        let mut total = 0; // that of the first word at hand
        Flow::<Line>::read()
            .map(self.clone())
            .combine_fold(Sum)
            .partition_by_first(1)
            .reduce_fn(move |pair, counts, out: &mut Out<Pair, (u64, u64, f64)>| -> Result {
                let n = Sum.of(counts)?;
                if pair.1 == ANY {
                    total = n;
                } else {
                    out.emit(pair, (total, n, percent(n, total)));
                }
                Ok(())
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

    fn pairs(lines: &[&str]) -> Vec<(Pair, (u64, u64, f64))> {
        howdah::test::job(&NextWord {}).lines(lines).check().unwrap().records().unwrap()
    }

    fn pair(first: &str, second: &str) -> Pair {
        (first.to_owned(), second.to_owned())
    }

    #[test]
    fn pairs_of_a_line_are_counted_and_none_across_lines() {
        assert_eq!(
            pairs(&["a b, a c!", "A", "b a b", "c"]),
            [
                (pair("a", "b"), (3, 2, 200.0 / 3.0)),
                (pair("a", "c"), (3, 1, 100.0 / 3.0)),
                (pair("b", "a"), (2, 2, 100.0)),
            ]
        );
    }

    #[test]
    fn a_total_comes_before_its_parts_whatever_the_words_are() {
        let shares = pairs(&["a ' a 0 a _ a aa a é", "aa a", "' 'a '"]);
        let (of_a, others): (Vec<_>, Vec<_>) =
            shares.into_iter().partition(|((first, _), _)| first == "a");
        let nexts: Vec<_> = of_a.iter().map(|((_, next), _)| next.as_str()).collect();
        assert_eq!(nexts, ["'", "0", "_", "aa", "é"]);
        assert!(of_a.iter().all(|(_, share)| *share == (5, 1, 20.0)), "{of_a:?}");
        let total: u64 = others.iter().map(|(_, (_, n, _))| n).sum();
        assert_eq!(total, 7);
    }
}
