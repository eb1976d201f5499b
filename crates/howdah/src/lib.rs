//! Write a map/reduce job once, in Rust; run it here, or unchanged under Hadoop Streaming.
//!
//! A job is a struct with its command line options and a [`plan`](Job::plan): what is read, mapped, combined and
//! reduced. Its program is the mapper, combiner and reducer of Hadoop Streaming, and the local runner of the job.
//!
//! ```
//! use howdah::{Flow, Job, Out, Plan, Sum, clap};
//!
//! /// Counts words.
//! #[derive(clap::Args, Clone)]
//! struct WordCount {}
//!
//! impl Job for WordCount {
//!     fn plan(&self) -> Plan {
//!         Flow::lines()
//!             .map_fn(|line, out: &mut Out<String, u64>| {
//!                 for word in line.split_whitespace() {
//!                     out.emit(word, 1);
//!                 }
//!             })
//!             .fold(Sum)
//!             .plan()
//!     }
//! }
//!
//! # #[cfg(any())]
//! howdah::main!(WordCount);
//! ```
//!
//! ```text
//! word-count run book.txt -o counts          # here, on all cores, out of core
//! word-count map < book.txt | LC_ALL=C sort -t "$(printf '\t')" -k1,1 | word-count reduce
//! hadoop jar hadoop-streaming.jar -files word-count -input … -output … \
//!     -mapper 'word-count map' -combiner 'word-count combine' -reducer 'word-count reduce'
//! ```
//!
//! # The record's road
//!
//! | what | who | bytes or types |
//! | --- | --- | --- |
//! | a line of input | [`Input`]: [`Text`], [`Bytes`], [`Tsv`], [`JsonLines`], [`Pairs`] | bytes become a record |
//! | one record | [`Mapper`], or a closure | types |
//! | between the tasks | `key TAB value` in JSON; [`Key`] and [`Data`] say what can be there | bytes |
//! | some values of a key | [`Combiner`], or a [`Fold`] | types |
//! | all values of a key | [`Reducer`], a closure, or the [`Fold`] again | types |
//! | a line of output | [`write`](mod@write) | a record becomes bytes |
//!
//! # What you want, and where its example is
//!
//! | you want | see |
//! | --- | --- |
//! | to count, to sum one number or several at once | [`Sum`], [`Count`] |
//! | sums and means of floats that do not depend on where splits begin | [`ExactSum`], [`ExactMean`] |
//! | the smallest, the largest, the mean, the first of a ranking | [`Min`], [`Max`], [`Mean`], [`Flow::top`] |
//! | the `n` largest or smallest values of each key | [`TopK`], [`BottomK`] |
//! | the different values of each key, or how many they are | [`Distinct`] |
//! | how many values lie between edges | [`Histogram`] |
//! | all values of each key in a list; only the first of them | [`CollectUpTo`]; [`First`], [`FirstN`] |
//! | another value out of a key's values, with a combiner for nothing | [`Fold`] |
//! | values of a type of your own, or a combiner of your own | [`Combiner`] |
//! | keys of a type of your own; keys in the order of their numbers | [`Key`]; [`Asc`], [`Desc`] |
//! | to keep something from record to record, or emit at a task's end | [`Mapper`], [`Reducer`] |
//! | to know the file of a record: an inverted index, a join | [`Out::input_file`] |
//! | lines that may be bad: bytes that are no text, a count of what does not parse | [`Flow::bytes`], [`Counter`] |
//! | a task that fails with your own words | [`Error`], [`TaskResult`] |
//! | TSV, JSON lines, a format of your own to read | [`Tsv`], [`JsonLines`], [`Input`] |
//! | text, TSV or JSON without keys to write | [`write`](mod@write) |
//! | several steps | [`Flow`] |
//! | options on the command line | [`Job`] |
//! | several inputs, a join | [`Flow::input`], [`Mapped::and`] |
//! | the values of a key in order: a secondary sort | [`Mapped::sort_values`] |
//! | steps that run until nothing changes | [`Flow::repeat`] |
//! | a part in another language, a filter before the mapper | [`Flow::map_command`], [`Flow::filter_command`] |
//! | whole files as records | [`Flow::files`] |
//! | a part of a record that is passed on as it is, and read late | [`Unread`] |
//! | a small file that every task reads; what is made of it, once for all tasks | [`SideFile`], [`Shared`] |
//! | several outputs; bad records put aside | [`Output`], [`Out::reject`] |
#![cfg_attr(feature = "async", doc = "| a request to a service for each record | [`Async`] |")]
//! | a test of your job | [`test`](mod@test) |
//! | to know that a job is right however Hadoop runs it | [`test::Test::check`] |
//!
//! # Features
//!
//! `runner` (default): the subcommand `run`, with the local engine. Without it a job still is a task of Hadoop
//! Streaming, and depends on far fewer crates.
//!
//! `async`: the mapper `Async`, which asks a service about each record, for many records at once, with time-outs
//! and retries. It brings tokio into each task.

// On docs.rs, what a feature brings says so.
#![cfg_attr(docsrs, feature(doc_cfg))]

// The README's own programs compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

// And those of the page for users of mrjob, one of which calls the engine itself.
#[cfg(all(doctest, feature = "runner"))]
#[doc = include_str!("../../../docs/from-mrjob.md")]
struct FromMrjob;

#[cfg(feature = "async")]
mod asynchronous;
mod combiner;
mod counter;
mod encodes;
mod error;
mod flow;
mod fold;
mod job;
mod key;
mod lent_str;
mod mapper;
mod order;
mod out;
mod output;
mod property;
mod protocol;
mod ready;
mod reducer;
mod shared;
mod side_file;
mod unread;
mod values;

pub mod cli;
pub mod test;

#[doc(no_inline)]
pub use clap;
#[doc(no_inline)]
pub use howdah_plan::{Next, Plan, TaskError};

#[cfg(feature = "async")]
pub use asynchronous::{Async, OwnedInput};
pub use combiner::Combiner;
pub use counter::{Counter, CounterNameError};
pub use encodes::Encodes;
pub use error::{Error, Result, TaskResult};
pub use flow::{Flow, Mapped, Round, Sorted, Written};
pub use fold::Fold;
pub use job::Job;
pub use key::{Data, Key};
pub use lent_str::LentStr;
pub use mapper::Mapper;
pub use order::{Asc, Bytewise, Desc, Ordinal};
pub use out::{Out, ValueOut};
pub use output::Output;
pub use property::Property;
pub use protocol::{Bytes, Files, Input, JsonLines, Pairs, Text, Tsv, write};
pub use ready::{
    Addend, BottomK, CollectUpTo, Count, Distinct, ExactMean, ExactSum, First, FirstN, Histogram,
    Identity, Max, Mean, Min, Sum, TopK, Unrounded,
};
pub use reducer::Reducer;
pub use shared::Shared;
pub use side_file::SideFile;
pub use unread::{AsIs, Elements, Unread};
pub use values::Values;
