//! The fold: a combiner and a reducer in one.
//!
//! Where a key's values become one thing step by step, in any order and grouping, a job says that step once. The
//! fold's accumulators are what travels through the shuffle; an engine may keep them in a table before the sort.

use std::any::{Any, TypeId};
use std::marker::PhantomData;

use howdah_plan::{
    Make, RawFold, RawMapper, RawReducer, RawValues, RecordSink, TaskError, TaskOutput, make,
};

use crate::encodes::NONE_GIVEN;
use crate::error::{Error, Result};
use crate::key::{Data, Key};
use crate::protocol::{Format, json};
use crate::reducer::check_spelling;
use crate::values::Values;

/// How the values of a key become one.
///
/// A value becomes an accumulator by [`lift`](Self::lift), two accumulators become one by [`merge`](Self::merge),
/// and the last one becomes the result by [`finish`](Self::finish). In what order and grouping they meet is open:
/// `merge` must be associative and commutative.
///
/// ```
/// use howdah::{Flow, Fold, Out, Result, test};
///
/// /// From the smallest to the largest.
/// #[derive(Clone)]
/// struct Range;
///
/// impl Fold<i64> for Range {
///     type Acc = (i64, i64);
///     type Out = i64;
///
///     fn lift(&self, value: i64) -> Result<(i64, i64)> {
///         Ok((value, value))
///     }
///     fn merge(&self, range: &mut (i64, i64), other: (i64, i64)) -> Result {
///         *range = (range.0.min(other.0), range.1.max(other.1));
///         Ok(())
///     }
///     fn finish(&self, (low, high): (i64, i64)) -> Result<i64> {
///         high.checked_sub(low).ok_or_else(|| howdah::Error::new("the range overflows"))
///     }
/// }
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<(), i64>| -> Result {
///         out.emit((), line.parse::<i64>()?);
///         Ok(())
///     })
///     .fold(Range)
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["3", "-1", "2"]).run().unwrap().text(), "null\t4\n");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fold values of `{V}`",
    label = "folds other values than `{V}`",
    note = "what the mapper emits must be what the fold takes"
)]
pub trait Fold<V: Data>: Clone + Send + Sync + 'static {
    /// What is kept for a key, and what travels from map to reduce tasks.
    type Acc: Data;
    /// The value that each key ends with.
    type Out: Data;

    /// Says that [`lift`](Self::lift) gives each value back as it is: then what the mapper emits travels unread.
    ///
    /// It counts only where `Acc` is `V`.
    const LIFT_IS_IDENTITY: bool = false;

    /// Says that accumulators grow with the values in them: then no table of them is kept before the sort, whose
    /// memory is counted by its keys.
    const GROWS: bool = false;

    /// A first accumulator, of one value.
    ///
    /// # Errors
    /// Any error fails the task.
    fn lift(&self, value: V) -> Result<Self::Acc>;

    /// Makes one accumulator of two.
    ///
    /// # Errors
    /// Any error fails the task: an overflow, for one.
    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) -> Result;

    /// The result, of all values.
    ///
    /// # Errors
    /// Any error fails the task.
    fn finish(&self, acc: Self::Acc) -> Result<Self::Out>;

    /// The result of a group's values, for use within a reducer.
    ///
    /// ```
    /// use howdah::{Flow, Fold, Out, Result, Sum, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1))
    ///     .combine(Sum)
    ///     .reduce_fn(|line, counts, out: &mut Out<String, u64>| -> Result {
    ///         let n = Sum.of(counts)?;
    ///         if n > 1 {
    ///             out.emit(line, n);
    ///         }
    ///         Ok(())
    ///     })
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a", "b", "a"]).run().unwrap().text(), "\"a\"\t2\n");
    /// ```
    ///
    /// # Errors
    /// Those of the other methods; and if no value is left, because all were taken before.
    fn of(&self, mut values: Values<'_, V>) -> Result<Self::Out> {
        let Some(first) = values.next() else {
            return Err(Error::new("there is no value to fold"));
        };
        let mut acc = self.lift(first)?;
        for value in values {
            self.merge(&mut acc, self.lift(value)?)?;
        }
        self.finish(acc)
    }
}

/// Whether the mapper's records must be rewritten for this fold.
pub(crate) fn lifts<F: Fold<V>, V: Data>() -> bool {
    !F::LIFT_IS_IDENTITY || TypeId::of::<V>() != TypeId::of::<F::Acc>()
}

/// A mapper whose values leave as accumulators.
pub(crate) struct Lifted<F, V> {
    mapper: Box<dyn RawMapper>,
    fold: F,
    value: Vec<u8>,
    types: PhantomData<fn(V)>,
}

impl<F: Fold<V>, V: Data> Lifted<F, V> {
    pub(crate) fn new(mapper: Box<dyn RawMapper>, fold: F) -> Self {
        Lifted { mapper, fold, value: Vec::new(), types: PhantomData }
    }

    fn with(
        &mut self,
        task: &mut TaskOutput<'_>,
        call: impl FnOnce(&mut dyn RawMapper, &mut TaskOutput<'_>) -> Result<(), TaskError>,
    ) -> Result<(), TaskError> {
        let mut records = LiftSink {
            records: &mut *task.records,
            fold: &self.fold,
            value: &mut self.value,
            types: PhantomData,
        };
        let mut inner = TaskOutput::new(&mut records, &mut *task.reporter, task.info);
        inner.side = task.side.as_deref_mut().map(|side| side as _);
        inner.rejects = std::mem::take(&mut task.rejects);
        let called = call(&mut *self.mapper, &mut inner);
        let failed = inner.take_failure();
        task.rejects = inner.rejects;
        called?;
        failed.map_or(Ok(()), Err)
    }
}

impl<F: Fold<V>, V: Data> RawMapper for Lifted<F, V> {
    fn start(&mut self, task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.with(task, |mapper, out| mapper.start(out))
    }

    fn map(&mut self, record: &[u8], task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.with(task, |mapper, out| mapper.map(record, out))
    }

    fn finish(&mut self, task: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.with(task, |mapper, out| mapper.finish(out))
    }
}

/// A sink that reads each value and passes its accumulator on.
struct LiftSink<'s, F, V> {
    records: &'s mut dyn RecordSink,
    fold: &'s F,
    value: &'s mut Vec<u8>,
    types: PhantomData<fn(V)>,
}

impl<F: Fold<V>, V: Data> RecordSink for LiftSink<'_, F, V> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.records.key()
    }

    fn value(&mut self) -> &mut Vec<u8> {
        self.value.clear();
        self.value
    }

    fn end(&mut self) -> Result<(), TaskError> {
        let lifted = json::read::<V>(self.value, "value")
            .and_then(|value| self.fold.lift(value).map_err(Error::into_task_error))
            .and_then(|acc| write_acc(self.records.value(), &acc));
        if let Err(error) = lifted {
            self.records.abandon();
            return Err(error);
        }
        self.records.end()
    }

    fn abandon(&mut self) {
        self.records.abandon();
    }
}

fn write_acc<A: Data>(out: &mut Vec<u8>, acc: &A) -> Result<(), TaskError> {
    json::write(out, acc, json::Role::Value).map_err(|error| TaskError::encode("value", error))
}

/// A fold as a table, made anew for each task.
pub(crate) fn table<F: Fold<V>, V: Data>(prototype: F) -> Make<dyn RawFold> {
    make::<dyn RawFold>(move || Box::new(FoldTable::<F, V>::new(&prototype)))
}

/// A fold as a table of accumulators.
struct FoldTable<F: Fold<V>, V: Data> {
    fold: F,
    /// Accumulators whose slots are not known yet.
    waiting: Vec<F::Acc>,
    slots: Vec<F::Acc>,
}

impl<F: Fold<V>, V: Data> FoldTable<F, V> {
    fn new(prototype: &F) -> Self {
        FoldTable { fold: prototype.clone(), waiting: Vec::new(), slots: Vec::new() }
    }
}

impl<F: Fold<V>, V: Data> RawFold for FoldTable<F, V> {
    fn read(&mut self, value: &[u8]) -> Result<(), TaskError> {
        self.waiting.push(json::read(value, "value")?);
        Ok(())
    }

    fn give(&mut self, value: &mut dyn Any) -> bool {
        let Some(place) = value.downcast_mut::<Option<F::Acc>>() else { return false };
        let Some(value) = place.take() else { return false };
        self.waiting.push(value);
        true
    }

    fn merge(&mut self, slots: &[u32]) -> Result<(), TaskError> {
        for (&slot, value) in slots.iter().zip(self.waiting.drain(..)) {
            match self.slots.get_mut(slot as usize) {
                Some(acc) => self.fold.merge(acc, value).map_err(Error::into_task_error)?,
                None => self.slots.push(value),
            }
        }
        Ok(())
    }

    fn write(&self, slot: u32, out: &mut Vec<u8>) -> Result<(), TaskError> {
        write_acc(out, &self.slots[slot as usize])
    }

    fn clear(&mut self) {
        self.waiting.clear();
        self.slots.clear();
    }
}

/// All accumulators of a group as one; none if the group has no value.
fn merged<F: Fold<V>, V: Data>(
    fold: &F,
    values: &mut dyn RawValues,
) -> Result<Option<F::Acc>, TaskError> {
    let Some(first) = values.next()? else { return Ok(None) };
    let mut acc: F::Acc = json::read(first, "value")?;
    while let Some(value) = values.next()? {
        let value = json::read(value, "value")?;
        fold.merge(&mut acc, value).map_err(Error::into_task_error)?;
    }
    Ok(Some(acc))
}

/// A fold as a combiner. It never reads the key.
pub(crate) struct FoldCombiner<F, V> {
    fold: F,
    types: PhantomData<fn(V)>,
}

impl<F: Fold<V>, V: Data> FoldCombiner<F, V> {
    pub(crate) fn new(prototype: &F) -> Self {
        FoldCombiner { fold: prototype.clone(), types: PhantomData }
    }
}

impl<F: Fold<V>, V: Data> RawReducer for FoldCombiner<F, V> {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        task: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        let Some(acc) = merged(&self.fold, values)? else { return Ok(()) };
        json::write_under(&mut *task.records, key, &acc)
    }
}

/// A fold as a reducer.
pub(crate) struct FoldReducer<F, K, V> {
    fold: F,
    key: Option<K>,
    format: Format,
    /// Whether commands wrote keys, which may be spelled in other ways.
    distrusts_keys: bool,
    spelled: Vec<u8>,
    types: PhantomData<fn(V)>,
}

impl<F: Fold<V>, K: Key, V: Data> FoldReducer<F, K, V> {
    pub(crate) fn new(prototype: &F, format: Format, distrusts_keys: bool) -> Self {
        let fold = prototype.clone();
        let spelled = Vec::new();
        FoldReducer { fold, key: None, format, distrusts_keys, spelled, types: PhantomData }
    }
}

impl<F: Fold<V>, K: Key, V: Data> RawReducer for FoldReducer<F, K, V> {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        task: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        if self.distrusts_keys {
            json::read_into(&mut self.key, key, "key")?;
            let Some(key_read) = &self.key else { unreachable!("it was just read") };
            check_spelling(key_read, key, &mut self.spelled)?;
        }
        let Some(acc) = merged(&self.fold, values)? else { return Ok(()) };
        let result = self.fold.finish(acc).map_err(Error::into_task_error)?;
        if matches!(self.format, Format::JsonPairs) {
            // A key's bytes are the same in and out.
            return json::write_under(&mut *task.records, key, &result);
        }
        json::read_into(&mut self.key, key, "key")?;
        let Some(key) = &self.key else { unreachable!("it was just read") };
        self.format.write(&mut *task.records, key, &result, NONE_GIVEN)
    }
}
