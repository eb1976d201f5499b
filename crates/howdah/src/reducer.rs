//! The reducer: a key with all of its values in, any number of records out.

use std::marker::PhantomData;

use howdah_plan::{RawReducer, RawValues, TaskError, TaskOutput};

use crate::error::{Result, TaskResult};
use crate::key::{Data, Key};
use crate::out::Out;
use crate::protocol::{Format, json};
use crate::values::{Place, Values};

/// What is done to each key of type `K` with its values of type `V`.
///
/// A reducer is a prototype: each task clones it, calls [`start`](Self::start), then [`reduce`](Self::reduce) for
/// each key of its partition, in the order of the keys' bytes, then [`finish`](Self::finish). The values of a key
/// come in no order that Hadoop would promise.
///
/// ```
/// use howdah::{Desc, Flow, Out, Reducer, Values, test};
///
/// /// Passes on the first records of its partition.
/// #[derive(Clone)]
/// struct First {
///     left: usize,
/// }
///
/// impl Reducer<Desc<u64>, String> for First {
///     type Key = String;
///     type Value = u64;
///
///     fn reduce(
///         &mut self,
///         n: &Desc<u64>,
///         words: Values<String>,
///         out: &mut Out<String, u64>,
///     ) -> howdah::Result {
///         for word in words.take(self.left) {
///             self.left -= 1;
///             out.emit(word, n.0);
///         }
///         Ok(())
///     }
/// }
///
/// let plan = Flow::lines()
///     .map_fn(|word, out: &mut Out<Desc<u64>, String>| out.emit(Desc(word.len() as u64), word))
///     .reducers(1)
///     .reduce(First { left: 2 })
///     .plan();
/// let ran = test::plan(&plan).lines(["cat", "elephant", "mouse"]).run().unwrap();
/// assert_eq!(ran.text(), "\"elephant\"\t8\n\"mouse\"\t5\n");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not reduce keys of `{K}` with values of `{V}`",
    label = "reduces other records than `{K}` and `{V}`",
    note = "what the mapper emits must be what the reducer takes"
)]
pub trait Reducer<K: Data, V: Data>: Clone + Send + Sync + 'static {
    /// The keys that it emits.
    type Key: Data;
    /// The values that it emits.
    type Value: Data;

    /// Called once in each task, before the first key.
    ///
    /// # Errors
    /// Any error fails the task.
    fn start(&mut self, _out: &mut Out<'_, Self::Key, Self::Value>) -> Result {
        Ok(())
    }

    /// Called for each key.
    ///
    /// # Errors
    /// Any error fails the task.
    fn reduce(
        &mut self,
        key: &K,
        values: Values<'_, V>,
        out: &mut Out<'_, Self::Key, Self::Value>,
    ) -> Result;

    /// Called once in each task, after the last key.
    ///
    /// A partition without records is started and finished, too; as on Hadoop, what is emitted then is discarded.
    ///
    /// # Errors
    /// Any error fails the task.
    fn finish(&mut self, _out: &mut Out<'_, Self::Key, Self::Value>) -> Result {
        Ok(())
    }
}

/// A closure as a reducer; made by [`Mapped::reduce_fn`](crate::Mapped::reduce_fn).
pub(crate) struct ReduceFn<F, A, B, R> {
    closure: F,
    types: PhantomData<fn(A, B) -> R>,
}

impl<F, A, B, R> ReduceFn<F, A, B, R> {
    pub(crate) fn new(closure: F) -> Self {
        ReduceFn { closure, types: PhantomData }
    }
}

impl<F: Clone, A, B, R> Clone for ReduceFn<F, A, B, R> {
    fn clone(&self) -> Self {
        ReduceFn::new(self.closure.clone())
    }
}

impl<K, V, F, A, B, R> Reducer<K, V> for ReduceFn<F, A, B, R>
where
    K: Data,
    V: Data,
    F: FnMut(&K, Values<'_, V>, &mut Out<'_, A, B>) -> R + Clone + Send + Sync + 'static,
    A: Data,
    B: Data,
    R: TaskResult + 'static,
{
    type Key = A;
    type Value = B;

    fn reduce(&mut self, key: &K, values: Values<'_, V>, out: &mut Out<'_, A, B>) -> Result {
        (self.closure)(key, values, out).into_result()
    }
}

/// A reducer's byte face.
pub(crate) struct ReduceTask<R, K, V> {
    reducer: R,
    key: Option<K>,
    place: Place<V>,
    format: Format,
}

impl<R: Reducer<K, V>, K: Key, V: Data> ReduceTask<R, K, V> {
    pub(crate) fn new(prototype: &R, format: Format) -> Self {
        ReduceTask { reducer: prototype.clone(), key: None, place: Place::new(), format }
    }
}

impl<R: Reducer<K, V>, K: Key, V: Data> RawReducer for ReduceTask<R, K, V> {
    fn start(&mut self, task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let mut out = Out::new(task, &self.format);
        let returned = self.reducer.start(&mut out);
        out.close(returned)
    }

    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        task: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        json::read_into(&mut self.key, key, "key")?;
        let Some(key) = &self.key else { unreachable!("it was just read") };
        let mut out = Out::new(task, &self.format);
        let values = Values::new(values, &mut self.place);
        let returned = self.reducer.reduce(key, values, &mut out);
        // A value that could not be read ended the values early: whatever came of that is worth nothing.
        self.place.check()?;
        out.close(returned)
    }

    fn finish(&mut self, task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let mut out = Out::new(task, &self.format);
        let returned = self.reducer.finish(&mut out);
        out.close(returned)
    }
}
