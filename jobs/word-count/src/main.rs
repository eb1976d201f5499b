//! How often each word occurs: the first map/reduce job of every book.

mod tokens;

use howdah::{Bytes, Counter, Flow, Fold, Job, Mapper, Out, Plan, Result, Sum, clap};
use tokens::Tokens;

const NOT_UTF8: Counter = Counter::new("Words", "not UTF-8");

/// Counts the words of text
#[derive(clap::Args, Clone)]
struct WordCount {
    /// What a word is
    #[arg(long, value_enum, default_value_t)]
    tokens: Tokens,
    /// Count `The` as `the`
    #[arg(long)]
    ignore_case: bool,
    /// Leave out words that occur less often
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_count: u64,
    /// Only the N words that occur most often, the most frequent first
    #[arg(long, value_name = "N")]
    top: Option<usize>,
}

impl Mapper<Bytes> for WordCount {
    type Key = String;
    type Value = u64;

    fn map(&mut self, line: &[u8], out: &mut Out<'_, String, u64>) -> Result {
        self.tokens.words(line, |word| {
            if word.escaped_bytes > 0 {
                out.count(&NOT_UTF8, 1);
            }
            if self.ignore_case {
                out.emit(word.text.to_lowercase(), 1);
            } else {
                out.emit(word.text, 1);
            }
        });
        Ok(())
    }
}

impl Job for WordCount {
    fn plan(&self) -> Plan {
        let least = self.min_count;
        let counts = Flow::bytes().map(self.clone()).combine(Sum).reduce_fn(
            move |word, ones, out: &mut Out<'_, String, u64>| -> Result {
                let n = Sum.of(ones)?;
                if n >= least {
                    out.emit(word, n);
                }
                Ok(())
            },
        );
        match self.top {
            Some(n) => counts.top(n).plan(),
            None => counts.plan(),
        }
    }
}

howdah::main!(WordCount);
