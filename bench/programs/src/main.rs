//! Programs written by hand for one task each. Some show how fast the task could be, some are the mappers and
//! reducers of pipes, and one draws a random graph.
//!
//! They contain no unsafe code, so they read files into memory rather than to map them: a copy of some tenths of a
//! second for each GB.

mod graph;
mod hash;
mod join;
mod output;
mod pieces;
mod rank;
mod rank_tasks;
mod records;
mod rmat;
mod word_tasks;
mod words_hashed;
mod words_sorted;

use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "usage: by-hand PROGRAM, one of:
  count-words THREADS TEXT         how often each word occurs, by a hash table
  sort-words THREADS TEXT          the same by sorting every word, in memory
  map-words, sum-words             the same as a mapper and a reducer
  sort-records THREADS MIB FOLDER FILE
                                   records of 100 bytes by their first 10, in so much memory
  join THREADS RIGHT LEFT          each line of LEFT with the lines of RIGHT that have its first column
  rank THREADS ITERATIONS EDGES    PageRank of a graph
  map-links, gather-links TOTALS, map-ranks TOTALS, sum-ranks TOTALS NEXT
                                   the same as mappers and reducers
  rmat SCALE EDGES SEED            a random graph of 2^SCALE nodes, each edge once";

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Outcome {
    match *words {
        ["count-words", threads, text] => words_hashed::run(threads.parse()?, text),
        ["sort-words", threads, text] => words_sorted::run(threads.parse()?, text),
        ["map-words"] => word_tasks::map(),
        ["sum-words"] => word_tasks::sum(),
        ["sort-records", threads, mib, folder, file] => {
            records::run(threads.parse()?, mib.parse()?, folder, file)
        }
        ["join", threads, right, left] => join::run(threads.parse()?, right, left),
        ["rank", threads, iterations, edges] => {
            rank::run(threads.parse()?, iterations.parse()?, edges)
        }
        ["map-links"] => rank_tasks::map_links(),
        ["gather-links", totals] => rank_tasks::gather_links(totals),
        ["map-ranks", totals] => rank_tasks::map_ranks(totals),
        ["sum-ranks", totals, next] => rank_tasks::sum_ranks(totals, next),
        ["rmat", scale, edges, seed] => rmat::run(scale.parse()?, edges.parse()?, seed.parse()?),
        _ => Err(USAGE.into()),
    }
}
