//! The mapper: one record in, any number of records out.

use std::marker::PhantomData;

use howdah_plan::names::REJECT_UNDECODABLE;
use howdah_plan::{RawMapper, TaskError, TaskOutput};

use crate::error::{Result, TaskResult};
use crate::key::Data;
use crate::out::Out;
use crate::property::lookup;
use crate::protocol::{Format, Input};

/// What is done to each record of an input `I`.
///
/// A mapper is a prototype: each task clones it, calls [`start`](Self::start), then [`map`](Self::map) for each
/// record of its split, then [`finish`](Self::finish).
///
/// ```
/// use std::collections::HashMap;
///
/// use howdah::{Flow, Mapper, Out, Sum, Text, test};
///
/// /// Counts words in memory and emits them at the end of each split.
/// #[derive(Clone, Default)]
/// struct Words {
///     seen: HashMap<String, u64>,
/// }
///
/// impl Mapper<Text> for Words {
///     type Key = String;
///     type Value = u64;
///
///     fn map(&mut self, line: &str, _out: &mut Out<String, u64>) -> howdah::Result {
///         for word in line.split_whitespace() {
///             *self.seen.entry(word.to_owned()).or_default() += 1;
///         }
///         Ok(())
///     }
///
///     fn finish(&mut self, out: &mut Out<String, u64>) -> howdah::Result {
///         for (word, n) in self.seen.drain() {
///             out.emit(word, n);
///         }
///         Ok(())
///     }
/// }
///
/// let plan = Flow::lines().map(Words::default()).fold(Sum).plan();
/// assert_eq!(test::plan(&plan).lines(["a b", "a"]).run().unwrap().text(), "\"a\"\t2\n\"b\"\t1\n");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not map the records that reach it: `{I}`",
    label = "maps other records than `{I}`",
    note = "what one step gives must be what the next one reads; `Text` is a line as `&str`, `Pairs<K, V>` is \
            what an earlier step emitted"
)]
pub trait Mapper<I: Input>: Clone + Send + Sync + 'static {
    /// The keys that it emits.
    type Key: Data;
    /// The values that it emits.
    type Value: Data;

    /// Called once in each task, before the first record.
    ///
    /// # Errors
    /// Any error fails the task.
    fn start(&mut self, _out: &mut Out<'_, Self::Key, Self::Value>) -> Result {
        Ok(())
    }

    /// Called for each record.
    ///
    /// # Errors
    /// Any error fails the task.
    fn map(&mut self, record: I::Record<'_>, out: &mut Out<'_, Self::Key, Self::Value>) -> Result;

    /// Called once in each task, after the last record, also when there was none.
    ///
    /// # Errors
    /// Any error fails the task.
    fn finish(&mut self, _out: &mut Out<'_, Self::Key, Self::Value>) -> Result {
        Ok(())
    }
}

/// A closure as a mapper; made by [`Flow::map_fn`](crate::Flow::map_fn).
pub(crate) struct MapFn<F, K, V, R> {
    closure: F,
    types: PhantomData<fn(K, V) -> R>,
}

impl<F, K, V, R> MapFn<F, K, V, R> {
    pub(crate) fn new(closure: F) -> Self {
        MapFn { closure, types: PhantomData }
    }
}

impl<F: Clone, K, V, R> Clone for MapFn<F, K, V, R> {
    fn clone(&self) -> Self {
        MapFn::new(self.closure.clone())
    }
}

impl<I, F, K, V, R> Mapper<I> for MapFn<F, K, V, R>
where
    I: Input,
    F: FnMut(I::Record<'_>, &mut Out<'_, K, V>) -> R + Clone + Send + Sync + 'static,
    K: Data,
    V: Data,
    R: TaskResult + 'static,
{
    type Key = K;
    type Value = V;

    fn map(&mut self, record: I::Record<'_>, out: &mut Out<'_, K, V>) -> Result {
        (self.closure)(record, out).into_result()
    }
}

/// A mapper's byte face.
pub(crate) struct MapTask<M, I: Input> {
    mapper: M,
    slot: I::Slot,
    format: Format,
    /// Whether a record that cannot be read is put aside, rather than to fail the task.
    rejects: bool,
}

impl<M: Mapper<I>, I: Input> MapTask<M, I> {
    pub(crate) fn new(prototype: &M, format: Format) -> Self {
        let slot = I::Slot::default();
        MapTask { mapper: prototype.clone(), slot, format, rejects: false }
    }
}

impl<M: Mapper<I>, I: Input> RawMapper for MapTask<M, I> {
    fn start(&mut self, task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.rejects = lookup(&task.info.properties, REJECT_UNDECODABLE) == Some("true");
        let mut out = Out::new(task, &self.format);
        let returned = self.mapper.start(&mut out);
        out.close(returned)
    }

    fn map(&mut self, line: &[u8], task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let record = match I::decode(&mut self.slot, line) {
            Ok(record) => record,
            Err(error) if self.rejects => {
                task.rejects.push(error.reason(), line);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let mut out = Out::new(task, &self.format);
        let returned = self.mapper.map(record, &mut out);
        out.close(returned)
    }

    fn finish(&mut self, task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let mut out = Out::new(task, &self.format);
        let returned = self.mapper.finish(&mut out);
        out.close(returned)
    }
}

/// Two mappers of one input: both get each record.
pub(crate) struct FanOut {
    first: Box<dyn RawMapper>,
    second: Box<dyn RawMapper>,
}

impl FanOut {
    pub(crate) fn new(first: Box<dyn RawMapper>, second: Box<dyn RawMapper>) -> Self {
        FanOut { first, second }
    }
}

impl RawMapper for FanOut {
    fn start(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.first.start(out)?;
        self.second.start(out)
    }

    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.first.map(record, out)?;
        self.second.map(record, out)
    }

    fn finish(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.first.finish(out)?;
        self.second.finish(out)
    }
}

/// Passes lines of `key TAB value` on, unread.
pub(crate) struct PassOn;

impl RawMapper for PassOn {
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let (key, value) = match memchr::memchr(b'\t', record) {
            Some(tab) => (&record[..tab], &record[tab + 1..]),
            None => (record, &[][..]),
        };
        out.records.key().extend_from_slice(key);
        out.records.value().extend_from_slice(value);
        out.records.end()
    }
}
