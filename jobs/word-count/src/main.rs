//! How often each word occurs: the first map/reduce job of every book.

mod tokens;

use howdah::{Bytes, Counter, Flow, Fold, Job, Mapper, Out, Plan, Result, Sum, clap};

const ESCAPED: Counter = Counter::new("Words", "escaped bytes");

/// Counts the words of text
#[derive(clap::Args, Clone)]
struct WordCount {
    #[command(flatten)]
    words: tokens::Words,
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

    fn map(&mut self, line: &[u8], out: &mut Out<String, u64>) -> Result {
        self.words.each(line, |word| {
            out.emit(word.text, 1);
            if word.escaped_bytes > 0 {
                out.count(&ESCAPED, word.escaped_bytes.into());
            }
        });
        Ok(())
    }
}

impl Job for WordCount {
    fn plan(&self) -> Plan {
        let least = self.min_count;
        let counts = Flow::bytes().map(self.clone()).combine(Sum).reduce_fn(
            move |word, ones, out: &mut Out<String, u64>| -> Result {
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
