//! How often each word occurs: the first map/reduce job of every book.

mod tokens;

use std::collections::BTreeSet;

use howdah::{Bytes, Desc, Flow, Fold, Job, Mapper, Out, Plan, Reducer, Result, Sum, Values, clap};
use tokens::Tokens;

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
            None => counts.plan(),
            Some(left) => counts
                .map_fn(|(word, n), out: &mut Out<'_, Desc<u64>, String>| out.emit(Desc(*n), word))
                .reducers(1)
                .reduce(Top { left })
                .plan(),
        }
    }
}

impl Mapper<Bytes> for WordCount {
    type Key = String;
    type Value = u64;

    fn map(&mut self, line: &[u8], out: &mut Out<'_, String, u64>) -> Result {
        self.tokens.words(line, |word| {
            if self.ignore_case {
                out.emit(word.text.to_lowercase(), 1);
            } else {
                out.emit(word.text, 1);
            }
        });
        Ok(())
    }
}

/// Passes on as many words as are left to give. They come by falling count; words of one count come in no order.
#[derive(Clone)]
struct Top {
    left: usize,
}

impl Reducer<Desc<u64>, String> for Top {
    type Key = String;
    type Value = u64;

    fn reduce(
        &mut self,
        n: &Desc<u64>,
        words: Values<'_, String>,
        out: &mut Out<'_, String, u64>,
    ) -> Result {
        let mut first = BTreeSet::new();
        for word in words {
            first.insert(word);
            if first.len() > self.left {
                first.pop_last();
            }
        }
        self.left -= first.len();
        first.iter().for_each(|word| out.emit(word, n.0));
        Ok(())
    }
}

howdah::main!(WordCount);
