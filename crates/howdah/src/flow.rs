//! The builder: a job's steps, typed from the first line to the last record.
//!
//! A [`Flow<I>`] is what a next step would read, a [`Mapped<K, V>`] is a step that has a mapper. What one gives and
//! the other takes is checked by the compiler; then the types are gone, and a [`Plan`] of bytes remains.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use howdah_plan::{Make, Part, Plan, RawFold, RawMapper, RawReducer, Step};

use crate::combiner::{CombineTask, Combiner};
use crate::error::TaskResult;
use crate::fold::{Fold, FoldCombiner, FoldReducer, Lifted, lifts, table};
use crate::key::{Data, Key};
use crate::mapper::{MapFn, MapTask, Mapper};
use crate::out::Out;
use crate::protocol::write::Protocol;
use crate::protocol::{Bytes, Format, Input, Pairs, Text};
use crate::reducer::{ReduceFn, ReduceTask, Reducer};
use crate::values::Values;

/// The steps so far; what comes next reads an `I`.
///
/// ```
/// use howdah::{Desc, Flow, Out, Sum, test};
///
/// // How often each word occurs, the most frequent first: two steps.
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, u64>| {
///         line.split_whitespace().for_each(|word| out.emit(word, 1));
///     })
///     .fold(Sum)
///     .map_fn(|(word, n), out: &mut Out<Desc<u64>, String>| out.emit(Desc(*n), word))
///     .reducers(1)
///     .reduce_fn(|n, words, out: &mut Out<String, u64>| {
///         words.for_each(|word| out.emit(word, n.0));
///     })
///     .plan();
/// let ran = test::plan(&plan).lines(["a b b", "c b c"]).run().unwrap();
/// assert_eq!(ran.text(), "\"b\"\t3\n\"c\"\t2\n\"a\"\t1\n");
/// ```
#[must_use = "a flow does nothing until its plan runs"]
pub struct Flow<I> {
    done: Vec<Step>,
    /// The last step, as soon as it is known how it writes.
    last: Option<Last>,
    input: PhantomData<fn() -> I>,
}

type Last = Box<dyn FnOnce(Format) -> Step>;

impl Flow<Text> {
    /// A job that reads lines of UTF-8.
    pub fn lines() -> Self {
        Flow::read()
    }
}

impl Flow<Bytes> {
    /// A job that reads lines of any bytes.
    ///
    /// ```
    /// use howdah::{Flow, Out, Sum};
    ///
    /// let _ = Flow::bytes()
    ///     .map_fn(|line, out: &mut Out<bool, u64>| out.emit(str::from_utf8(line).is_ok(), 1))
    ///     .fold(Sum);
    /// ```
    pub fn bytes() -> Self {
        Flow::read()
    }
}

impl<I: Input> Flow<I> {
    /// A job that reads an `I`.
    ///
    /// ```
    /// use howdah::{Flow, Identity, Pairs};
    ///
    /// let _ = Flow::<Pairs<String, u64>>::read().map(Identity);
    /// ```
    pub fn read() -> Self {
        Flow { done: Vec::new(), last: None, input: PhantomData }
    }

    /// A step that maps each record.
    pub fn map<M: Mapper<I>>(self, mapper: M) -> Mapped<M::Key, M::Value> {
        let mapper = Arc::new(mapper);
        Mapped {
            done: self.steps(Format::JsonPairs),
            mapper: Box::new(move |format| {
                Part::mapper(move || MapTask::<M, I>::new(&*mapper, format))
            }),
            combiner: None,
            fold: None,
            reducers: None,
            properties: Vec::new(),
            types: PhantomData,
        }
    }

    /// A step that maps each record by a closure, which needs the type of its output written out.
    ///
    /// It may return nothing, or a `Result` whose error fails the task. Each task has a clone of the closure.
    pub fn map_fn<K, V, F, R>(self, closure: F) -> Mapped<K, V>
    where
        K: Data,
        V: Data,
        F: FnMut(I::Record<'_>, &mut Out<'_, K, V>) -> R + Clone + Send + Sync + 'static,
        R: TaskResult + 'static,
    {
        self.map(MapFn::new(closure))
    }

    /// The plan: what engines run.
    pub fn plan(self) -> Plan {
        Plan::new("job", self.steps(Format::JsonPairs))
    }

    fn steps(self, format: Format) -> Vec<Step> {
        let mut steps = self.done;
        if let Some(last) = self.last {
            let mut step = last(format);
            step.output = format.layout();
            steps.push(step);
        }
        steps
    }
}

impl<K: Data, V: Data> Flow<Pairs<K, V>> {
    /// Says how the job writes its records: [`write::Lines`](crate::write::Lines) and others. JSON pairs if it is
    /// not said.
    pub fn write<P: Protocol<K, V>>(self, _protocol: P) -> Written {
        Written { steps: self.steps(P::FORMAT) }
    }
}

impl<I> fmt::Debug for Flow<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.done.len() + usize::from(self.last.is_some());
        f.debug_struct("Flow").field("steps", &steps).finish_non_exhaustive()
    }
}

/// All steps of a job whose output is no longer read by another step.
#[derive(Debug)]
#[must_use = "a flow does nothing until its plan runs"]
pub struct Written {
    steps: Vec<Step>,
}

impl Written {
    /// The plan: what engines run.
    pub fn plan(self) -> Plan {
        Plan::new("job", self.steps)
    }
}

/// A step that has a mapper, which emits keys of type `K` and values of type `V`.
#[must_use = "a flow does nothing until its plan runs"]
pub struct Mapped<K, V> {
    done: Vec<Step>,
    mapper: Box<dyn FnOnce(Format) -> Part<dyn RawMapper>>,
    combiner: Option<Part<dyn RawReducer>>,
    fold: Option<Make<dyn RawFold>>,
    reducers: Option<u32>,
    properties: Vec<(String, String)>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Data> Mapped<K, V> {
    /// Shortens values before they leave their map task.
    pub fn combine<C: Combiner<K, V>>(mut self, combiner: C) -> Self
    where
        K: Key,
    {
        self.fold = combiner.table();
        self.combiner = Some(Part::reducer(move || CombineTask::<C, K, V>::new(&combiner)));
        self
    }

    /// The number of reduce tasks, which is the number of part files. A run's own choice is not asked then.
    pub fn reducers(mut self, reducers: u32) -> Self {
        self.reducers = Some(reducers);
        self
    }

    /// A property of this step's configuration, as `-D NAME=VALUE` is for all steps.
    ///
    /// ```
    /// # use howdah::{Flow, Out, Sum};
    /// let _ = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1))
    ///     .property("mapreduce.reduce.memory.mb", "2048")
    ///     .fold(Sum);
    /// ```
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((name.into(), value.into()));
        self
    }

    /// Reduces each key with its values.
    pub fn reduce<R: Reducer<K, V>>(self, reducer: R) -> Flow<Pairs<R::Key, R::Value>>
    where
        K: Key,
    {
        let reducer = Arc::new(reducer);
        self.shuffled(move |format| {
            Part::reducer(move || ReduceTask::<R, K, V>::new(&*reducer, format))
        })
    }

    /// Reduces each key with its values by a closure, which needs the type of its output written out.
    pub fn reduce_fn<A, B, F, R>(self, closure: F) -> Flow<Pairs<A, B>>
    where
        K: Key,
        A: Data,
        B: Data,
        F: FnMut(&K, Values<'_, V>, &mut Out<'_, A, B>) -> R + Clone + Send + Sync + 'static,
        R: TaskResult + 'static,
    {
        self.reduce(ReduceFn::new(closure))
    }

    /// Folds the values of each key into one: combiner, table before the sort, and reducer at once.
    ///
    /// It takes the place of a combiner that was given before.
    pub fn fold<F: Fold<V>>(mut self, fold: F) -> Flow<Pairs<K, F::Out>>
    where
        K: Key,
    {
        if lifts::<F, V>() {
            let (mapper, fold) = (self.mapper, fold.clone());
            self.mapper = Box::new(move |format| match mapper(format) {
                Part::Linked(mapper) => {
                    Part::mapper(move || Lifted::<F, V>::new(mapper(), fold.clone()))
                }
                Part::Command(_) | Part::Identity => {
                    unreachable!("a step's mapper is linked code")
                }
            });
        }
        self.fold = Some(table::<F, V>(fold.clone()));
        let prototype = Arc::new(fold);
        let combiner = Arc::clone(&prototype);
        self.combiner = Some(Part::reducer(move || FoldCombiner::<F, V>::new(&combiner)));
        self.shuffled(move |format| {
            Part::reducer(move || FoldReducer::<F, K, V>::new(&*prototype, format))
        })
    }

    /// No reducer: the mapper's records are the step's output, one part file for each split, unsorted.
    ///
    /// ```
    /// use howdah::{Flow, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
    ///     .map_only()
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["b", "a"]).run().unwrap().text(), "1\t\"b\"\n1\t\"a\"\n");
    /// ```
    pub fn map_only(self) -> Flow<Pairs<K, V>> {
        let (mapper, properties) = (self.mapper, self.properties);
        Flow {
            done: self.done,
            last: Some(Box::new(move |format| {
                let mut step = Step::map_only(mapper(format));
                step.properties.extend(properties);
                step
            })),
            input: PhantomData,
        }
    }

    fn shuffled<A, B>(
        self,
        reducer: impl FnOnce(Format) -> Part<dyn RawReducer> + 'static,
    ) -> Flow<Pairs<A, B>> {
        let mut step = Step::map_only((self.mapper)(Format::JsonPairs));
        step.combiner = self.combiner;
        step.fold = self.fold;
        step.reducers = self.reducers;
        step.properties.extend(self.properties);
        Flow {
            done: self.done,
            last: Some(Box::new(move |format| {
                step.reducer = Some(reducer(format));
                step
            })),
            input: PhantomData,
        }
    }
}

impl<K, V> fmt::Debug for Mapped<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").field("steps", &self.done.len()).finish_non_exhaustive()
    }
}
