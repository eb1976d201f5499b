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
    distrust: Distrust,
    /// The last value of the key at hand, or a key as it should be written.
    before: Vec<u8>,
}

/// What a reducer makes sure of, since others had a hand in its records.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Distrust {
    /// That the values of a key are in order: on Hadoop that is a matter of the command line.
    pub(crate) order: bool,
    /// That equal keys have equal bytes: commands may write JSON in other ways.
    pub(crate) keys: bool,
}

impl<R: Reducer<K, V>, K: Key, V: Data> ReduceTask<R, K, V> {
    pub(crate) fn new(prototype: &R, format: Format, distrust: Distrust) -> Self {
        let (reducer, place) = (prototype.clone(), Place::new());
        ReduceTask { reducer, key: None, place, format, distrust, before: Vec::new() }
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
        key_bytes: &[u8],
        values: &mut dyn RawValues,
        task: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        json::read_into(&mut self.key, key_bytes, "key")?;
        let Some(key) = &self.key else { unreachable!("it was just read") };
        if self.distrust.keys {
            check_spelling(key, key_bytes, &mut self.before)?;
        }
        let mut ordered;
        let values: &mut dyn RawValues = if self.distrust.order && !values.are_sorted() {
            ordered = Ordered::new(values, &mut self.before);
            &mut ordered
        } else {
            values
        };
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

/// Refuses a key that is spelled otherwise than howdah does: an equal one would be another group.
pub(crate) fn check_spelling<K: Key>(
    key: &K,
    bytes: &[u8],
    spelled: &mut Vec<u8>,
) -> Result<(), TaskError> {
    spelled.clear();
    json::write(spelled, key, json::Role::Key).map_err(|error| TaskError::encode("key", error))?;
    if spelled == bytes {
        return Ok(());
    }
    Err(TaskError::job(format!(
        "a command wrote the key `{}`, which howdah writes as `{}`: equal keys must have equal bytes, or they are \
         not grouped\nhint: in Python, json.dumps(key, ensure_ascii=False, separators=(\",\", \":\"))",
        String::from_utf8_lossy(bytes),
        String::from_utf8_lossy(spelled)
    )))
}

/// The values of a key, made sure that they are in order.
struct Ordered<'v> {
    values: &'v mut dyn RawValues,
    before: &'v mut Vec<u8>,
    is_first: bool,
}

impl<'v> Ordered<'v> {
    fn new(values: &'v mut dyn RawValues, before: &'v mut Vec<u8>) -> Self {
        Ordered { values, before, is_first: true }
    }
}

impl RawValues for Ordered<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, TaskError> {
        let Some(value) = self.values.next()? else { return Ok(None) };
        if !std::mem::take(&mut self.is_first) && value < &self.before[..] {
            return Err(TaskError::job(format!(
                "the values of a key are not sorted: `{}` comes behind `{}`\nhint: sort whole lines in a pipe; on \
                 Hadoop this step needs -D stream.num.map.output.key.fields=2 -D \
                 mapreduce.partition.keypartitioner.options=-k1,1 -partitioner \
                 org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner",
                String::from_utf8_lossy(value),
                String::from_utf8_lossy(self.before)
            )));
        }
        self.before.clear();
        self.before.extend_from_slice(value);
        Ok(Some(value))
    }
}

#[cfg(test)]
mod tests {
    use howdah_plan::{Part, Plan, RawMapper, TaskOutput};

    use crate::{Flow, Identity, Out, Sum, Text, test};

    /// Writes each line of `key TAB value` as it is, as a command would.
    struct AsIs;

    impl RawMapper for AsIs {
        fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), super::TaskError> {
            crate::mapper::PassOn.map(line, out)
        }
    }

    fn with_a_mapper_like_the_command(mut plan: Plan) -> Plan {
        plan.steps[0].inputs[0].mapper = Part::mapper(|| AsIs);
        plan
    }

    #[test]
    fn a_commands_key_that_is_spelled_otherwise_is_refused() {
        let mapped =
            || Flow::<Text>::read().map_command::<(String, String), u64>("python3 pairs.py");
        for plan in [mapped().fold(Sum).plan(), mapped().reduce(Identity).plan()] {
            let plan = with_a_mapper_like_the_command(plan);
            assert!(test::plan(&plan).lines(["[\"a\",\"b\"]\t1"]).run().is_ok());
            for spelled in ["[\"a\", \"b\"]\t1", "[\"a\",\"\\u0062\"]\t1"] {
                let error = test::plan(&plan).lines([spelled]).run().unwrap_err().to_string();
                assert!(error.contains("which howdah writes as `[\"a\",\"b\"]`"), "{error}");
            }
        }
    }

    #[test]
    fn values_that_should_be_sorted_and_are_not_are_refused() {
        let plan = Flow::lines()
            .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1))
            .sort_values()
            .reduce(Identity)
            .plan();
        // As Hadoop does it that was not told to sort values.
        let mut plan = with_a_mapper_like_the_command(plan);
        plan.steps[0].sort_values = false;
        let lines = |lines: [&str; 2]| test::plan(&plan).lines(lines).run();
        assert_eq!(lines(["\"a\"\t1", "\"a\"\t2"]).unwrap().text(), "\"a\"\t1\n\"a\"\t2\n");
        let error = lines(["\"a\"\t2", "\"a\"\t1"]).unwrap_err().to_string();
        assert!(
            error.starts_with("the values of a key are not sorted: `1` comes behind `2`"),
            "{error}"
        );
        assert!(error.contains("-D stream.num.map.output.key.fields=2"), "{error}");
    }
}
