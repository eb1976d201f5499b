//! A step that has its mappers: what becomes of their records.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use howdah_plan::names::{KEY_FIELD_PARTITIONER, SORTED_VALUES};
use howdah_plan::{
    LineForm, Make, Part, RawFold, RawMapper, RawReducer, SideFile as File, Step, StepInput,
};

use super::draft::Draft;
use super::{Flow, Head, StepSource, command_line};
use crate::combiner::{CombineTask, Combiner};
use crate::error::TaskResult;
use crate::fold::{Fold, FoldCombiner, FoldReducer, Lifted, lifts, table};
use crate::key::{Data, Key};
use crate::mapper::{FanOut, PassOn};
use crate::out::Out;
use crate::output::Output;
use crate::protocol::{Format, Pairs};
use crate::reducer::{Distrust, ReduceFn, ReduceTask, Reducer};
use crate::side_file::SideFile;
use crate::values::Values;

type MakeMapper = Box<dyn FnOnce(Format) -> Part<dyn RawMapper>>;

/// One input of a step, with the mapper that it has as soon as it is known how that writes.
pub(super) struct MappedInput {
    pub(super) source: StepSource,
    pub(super) reads: LineForm,
    pub(super) mapper: MakeMapper,
}

/// A step that has a mapper, which emits keys of type `K` and values of type `V`.
#[must_use = "a flow does nothing until its plan runs"]
pub struct Mapped<K, V> {
    draft: Draft,
    inputs: Vec<MappedInput>,
    combiner: Option<Part<dyn RawReducer>>,
    fold: Option<Make<dyn RawFold>>,
    options: StepOptions,
    types: PhantomData<fn() -> (K, V)>,
}

/// What a step asks for beside its parts.
#[derive(Debug, Clone, Default)]
struct StepOptions {
    reducers: Option<u32>,
    properties: BTreeMap<String, String>,
    files: Vec<File>,
    outputs: Vec<String>,
    sort_values: bool,
    /// Whether a command writes keys that a reducer reads.
    has_commands: bool,
}

impl StepOptions {
    fn give_to(self, step: &mut Step) {
        step.reducers = self.reducers;
        step.properties = self.properties;
        step.files = self.files;
        step.outputs = self.outputs;
        step.sort_values = self.sort_values;
    }
}

impl<K, V> Mapped<K, V> {
    /// The same where the mapper is a command.
    pub(super) fn by_command(mut self) -> Self {
        self.options.has_commands = true;
        self
    }

    pub(super) fn new(draft: Draft, input: MappedInput) -> Self {
        Mapped {
            draft,
            inputs: vec![input],
            combiner: None,
            fold: None,
            options: StepOptions::default(),
            types: PhantomData,
        }
    }
}

impl<K: Data, V: Data> Mapped<K, V> {
    /// Joins the records of another input: one step with several mappers, which emit the same types. What a record
    /// is can be told from its value: make it an enum, or a tuple with a tag.
    ///
    /// Two mappers of the same input both get each record. Combiner, sorting and number of reducers are those of
    /// the whole step: say them behind `and`. See [`Flow::input`] for an example.
    ///
    /// # Panics
    /// When either side has a combiner already, and when one of two mappers of the same input is a command.
    #[track_caller]
    pub fn and(mut self, mut other: Mapped<K, V>) -> Self {
        let combines = self.combiner.is_some() || other.combiner.is_some();
        assert!(!combines, "a combiner is that of the whole step: give it behind `and`");
        let offset = self.draft.append(other.draft);
        for input in &mut other.inputs {
            input.source.shift(offset);
        }
        for input in other.inputs {
            let position = self.inputs.iter().position(|have| have.source == input.source);
            match position {
                None => self.inputs.push(input),
                Some(position) => {
                    let have = self.inputs.remove(position);
                    self.inputs.insert(position, both(have, input));
                }
            }
        }
        let options = other.options;
        self.options.reducers = self.options.reducers.or(options.reducers);
        self.options.properties.extend(options.properties);
        self.options.files.extend(options.files);
        self.options.outputs.extend(options.outputs);
        self.options.has_commands |= options.has_commands;
        self
    }

    /// Shortens values before they leave their map task.
    pub fn combine<C: Combiner<K, V>>(mut self, combiner: C) -> Self
    where
        K: Key,
    {
        self.fold = combiner.table();
        self.combiner = Some(Part::reducer(move || CombineTask::<C, K, V>::new(&combiner)));
        self
    }

    /// Shortens values by a fold whose accumulators are values, where the reducer does more than to fold.
    ///
    /// ```
    /// use howdah::{Flow, Fold, Out, Result, Sum, test};
    ///
    /// // Words that occur more than once.
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| line.split(' ').for_each(|w| out.emit(w, 1)))
    ///     .combine_fold(Sum)
    ///     .reduce_fn(|word, ones, out: &mut Out<String, u64>| -> Result {
    ///         let n = Sum.of(ones)?;
    ///         if n > 1 {
    ///             out.emit(word, n);
    ///         }
    ///         Ok(())
    ///     })
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a b a"]).run().unwrap().text(), "\"a\"\t2\n");
    /// ```
    pub fn combine_fold<F: Fold<V, Acc = V>>(mut self, fold: F) -> Self
    where
        K: Key,
    {
        self.fold = (!F::GROWS).then(|| table::<F, V>(fold.clone()));
        self.combiner = Some(Part::reducer(move || FoldCombiner::<F, V>::new(&fold)));
        self
    }

    /// Shortens values by a command, which reads sorted lines of `key TAB value` and writes such, with the same keys.
    ///
    /// # Panics
    /// When the command has no words.
    #[track_caller]
    pub fn combine_command(mut self, command: &str) -> Self {
        self.fold = None;
        self.options.has_commands = true;
        self.combiner = Some(Part::Command(command_line(command)));
        self
    }

    /// The number of reduce tasks, which is the number of part files. A run's own choice is not asked then.
    pub fn reducers(mut self, reducers: u32) -> Self {
        self.options.reducers = Some(reducers);
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
        self.options.properties.insert(name.into(), value.into());
        self
    }

    /// Makes keys that are tuples meet in one reduce task if their first `parts` parts are equal: Hadoop's
    /// `KeyFieldBasedPartitioner`.
    ///
    /// The keys are still sorted as a whole, so that a reducer sees all keys of a first part one after the other.
    ///
    /// ```
    /// # use howdah::{Flow, Out, Values};
    /// // Pages of each host, in order, in the reduce task of that host.
    /// let _ = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<(String, String), u64>| {
    ///         let (host, page) = line.split_once(' ').unwrap_or((line, ""));
    ///         out.emit((host, page), 1);
    ///     })
    ///     .partition_by_first(1)
    ///     .fold(howdah::Sum);
    /// ```
    ///
    /// # Panics
    /// When `parts` is 0.
    #[track_caller]
    pub fn partition_by_first(self, parts: u32) -> Self {
        assert!(parts > 0, "keys have one part at least");
        // The parts of a tuple are divided by commas in JSON. A string may hold commas, too: then less of the key
        // decides, and equal first parts still have it in common.
        self.property("mapreduce.job.partitioner.class", KEY_FIELD_PARTITIONER)
            .property("mapreduce.map.output.key.field.separator", ",")
            .property("mapreduce.partition.keypartitioner.options", format!("-k1,{parts}"))
    }

    /// A file that each task of the step can open: see [`SideFile`].
    pub fn side_file(mut self, file: &SideFile) -> Self {
        self.options.files.push(file.to_plan());
        self
    }

    /// Several files that each task of the step can open: those of an `Option` or a list among a job's options.
    pub fn side_files<'f>(self, files: impl IntoIterator<Item = &'f SideFile>) -> Self {
        files.into_iter().fold(self, Mapped::side_file)
    }

    /// Declares an output that the step's tasks write to by [`Out::emit_to`]: `steps` shows it, and a run without a
    /// folder for it is refused at once, not when the first record comes.
    ///
    /// ```
    /// use howdah::{Flow, Out, Output, Sum};
    ///
    /// const LONG: Output<String, usize> = Output::new("long");
    /// let _ = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| {
    ///         out.emit(line, 1);
    ///         if line.len() > 80 {
    ///             out.emit_to(&LONG, line, line.len());
    ///         }
    ///     })
    ///     .output(&LONG)
    ///     .fold(Sum);
    /// ```
    pub fn output<A, B>(mut self, output: &Output<A, B>) -> Self {
        self.options.outputs.push(output.name().to_owned());
        self
    }

    /// Sorts the values of each key by their bytes, as keys are sorted: Hadoop's secondary sort.
    ///
    /// The values must be of a type that can be a key. Put what is to decide first: tuples are compared part by part
    /// where the parts have a fixed width, as [`Asc`](crate::Asc) and [`Desc`](crate::Desc) do. Strings are compared
    /// as JSON writes them: `"a b"` comes before `"a"`, since a blank is smaller than the closing quote.
    ///
    /// ```
    /// use howdah::{Asc, Flow, Out, test};
    ///
    /// // The pages of each visitor in the order of time.
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, (Asc<u64>, String)>| -> howdah::Result {
    ///         let mut words = line.split(' ');
    ///         if let (Some(who), Some(when), Some(page)) = (words.next(), words.next(), words.next()) {
    ///             out.emit(who, (Asc(when.parse::<u64>()?), page));
    ///         }
    ///         Ok(())
    ///     })
    ///     .sort_values()
    ///     .reduce_fn(|who, visits, out: &mut Out<String, Vec<String>>| {
    ///         out.emit(who, visits.map(|(_, page)| page).collect::<Vec<_>>());
    ///     })
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["Ada 10 /b", "Ada 9 /a"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"Ada\"\t[\"/a\",\"/b\"]\n");
    /// ```
    ///
    /// # Panics
    /// When the step has a combiner: what it gives would not be sorted again.
    #[track_caller]
    pub fn sort_values(mut self) -> Sorted<K, V>
    where
        K: Key,
        V: Key,
    {
        assert!(self.combiner.is_none(), "a step that sorts its values cannot have a combiner");
        self.options.sort_values = true;
        // Said in the plan, so that whoever runs the step by hand on Hadoop sees it.
        for (name, value) in SORTED_VALUES {
            self.options.properties.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        Sorted { step: self }
    }

    /// Reduces each key with its values.
    pub fn reduce<R: Reducer<K, V>>(self, reducer: R) -> Flow<Pairs<R::Key, R::Value>>
    where
        K: Key,
    {
        let reducer = Arc::new(reducer);
        let distrust =
            Distrust { order: self.options.sort_values, keys: self.options.has_commands };
        self.shuffled(move |format| {
            Part::reducer(move || ReduceTask::<R, K, V>::new(&*reducer, format.clone(), distrust))
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

    /// Reduces by a command, which reads sorted lines of `key TAB value`, and writes such, with other types.
    ///
    /// ```
    /// use howdah::{Flow, Out};
    ///
    /// let _ = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1))
    ///     .reduce_command::<String, u64>("python3 sums.py");
    /// ```
    ///
    /// # Panics
    /// When the command has no words.
    #[track_caller]
    pub fn reduce_command<A: Data, B: Data>(self, command: &str) -> Flow<Pairs<A, B>>
    where
        K: Key,
    {
        let command = command_line(command);
        self.shuffled(move |_| Part::Command(command))
    }

    /// Folds the values of each key into one: combiner, table before the sort, and reducer at once.
    ///
    /// It takes the place of a combiner that was given before.
    ///
    /// # Panics
    /// Behind a mapper that is a command, when the fold's accumulators are no values: nobody would lift the command's
    /// values then.
    #[track_caller]
    pub fn fold<F: Fold<V>>(mut self, fold: F) -> Flow<Pairs<K, F::Out>>
    where
        K: Key,
    {
        if lifts::<F, V>() {
            let inputs = self.inputs.into_iter().map(|input| lifted::<F, V>(input, fold.clone()));
            self.inputs = inputs.collect();
        }
        self.fold = (!F::GROWS).then(|| table::<F, V>(fold.clone()));
        let prototype = Arc::new(fold);
        let distrusts_keys = self.options.has_commands;
        let combiner = Arc::clone(&prototype);
        self.combiner = Some(Part::reducer(move || FoldCombiner::<F, V>::new(&combiner)));
        self.shuffled(move |format| {
            let make =
                move || FoldReducer::<F, K, V>::new(&*prototype, format.clone(), distrusts_keys);
            Part::reducer(make)
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
        let (inputs, options) = (self.inputs, self.options);
        let last = Box::new(move |format: &Format| {
            let mut step = Step::map_only(Part::Identity);
            step.inputs = inputs_of(inputs, format);
            options.give_to(&mut step);
            step
        });
        Flow::of(self.draft, Head::Step(last))
    }

    #[track_caller]
    fn shuffled<A, B>(
        self,
        reducer: impl FnOnce(Format) -> Part<dyn RawReducer> + 'static,
    ) -> Flow<Pairs<A, B>>
    where
        A: Data,
        B: Data,
    {
        let mut step = Step::map_only(Part::Identity);
        step.inputs = inputs_of(self.inputs, &Format::JsonPairs);
        step.combiner = self.combiner;
        step.fold = self.fold;
        self.options.give_to(&mut step);
        let last = Box::new(move |format: &Format| {
            step.reducer = Some(reducer(format.clone()));
            step
        });
        Flow::of(self.draft, Head::Step(last))
    }
}

/// The inputs of a step whose mappers write in a format.
fn inputs_of(inputs: Vec<MappedInput>, format: &Format) -> Vec<StepInput> {
    let made = inputs.into_iter().map(|MappedInput { source, reads, mapper }| {
        let mut input = StepInput::new(source.source, mapper(format.clone()));
        input.filter = source.filter;
        input.whole_files = source.whole_files;
        input.reads = reads;
        input
    });
    made.collect()
}

/// One input with two mappers, each of which gets every record.
#[track_caller]
fn both(one: MappedInput, other: MappedInput) -> MappedInput {
    let (first, second) = (one.mapper, other.mapper);
    let mapper: MakeMapper = Box::new(move |format| {
        let (Part::Linked(first), Part::Linked(second)) = (first(format.clone()), second(format))
        else {
            panic!(
                "two mappers of one input must both be linked code: give the command a step of its own"
            )
        };
        Part::mapper(move || FanOut::new(first(), second()))
    });
    // Lines that either takes are what the more exact of the two says: to the other they are text that looks like it.
    let reads = if one.reads == LineForm::Text { other.reads } else { one.reads };
    MappedInput { source: one.source, reads, mapper }
}

/// An input whose mapper's values leave it as accumulators of a fold.
fn lifted<F: Fold<V>, V: Data>(input: MappedInput, fold: F) -> MappedInput {
    let MappedInput { source, reads, mapper } = input;
    let mapper: MakeMapper = Box::new(move |format| match mapper(format) {
        Part::Linked(mapper) => Part::mapper(move || Lifted::<F, V>::new(mapper(), fold.clone())),
        Part::Identity => Part::mapper(move || Lifted::<F, V>::new(Box::new(PassOn), fold.clone())),
        Part::Command(_) => panic!(
            "nobody makes accumulators of a command's values: reduce it without this fold, or put a step between"
        ),
    });
    MappedInput { source, reads, mapper }
}

impl<K, V> fmt::Debug for Mapped<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").field("steps", &self.draft.steps.len()).finish_non_exhaustive()
    }
}

/// A step whose reducer gets the values of each key in their order; made by [`Mapped::sort_values`].
///
/// It has no combiner. Its properties, its side files and its partitioner are said before `sort_values`.
#[must_use = "a flow does nothing until its plan runs"]
pub struct Sorted<K, V> {
    step: Mapped<K, V>,
}

impl<K: Data, V: Data> Sorted<K, V> {
    /// The number of reduce tasks, as [`Mapped::reducers`].
    pub fn reducers(self, reducers: u32) -> Self {
        Sorted { step: self.step.reducers(reducers) }
    }

    /// Reduces each key with its sorted values.
    pub fn reduce<R: Reducer<K, V>>(self, reducer: R) -> Flow<Pairs<R::Key, R::Value>>
    where
        K: Key,
    {
        self.step.reduce(reducer)
    }

    /// Reduces each key with its sorted values by a closure, which needs the type of its output written out.
    pub fn reduce_fn<A, B, F, R>(self, closure: F) -> Flow<Pairs<A, B>>
    where
        K: Key,
        A: Data,
        B: Data,
        F: FnMut(&K, Values<'_, V>, &mut Out<'_, A, B>) -> R + Clone + Send + Sync + 'static,
        R: TaskResult + 'static,
    {
        self.step.reduce_fn(closure)
    }

    /// Reduces by a command, which reads lines of `key TAB value`, sorted as a whole.
    ///
    /// # Panics
    /// When the command has no words.
    #[track_caller]
    pub fn reduce_command<A: Data, B: Data>(self, command: &str) -> Flow<Pairs<A, B>>
    where
        K: Key,
    {
        self.step.reduce_command(command)
    }
}

impl<K, V> fmt::Debug for Sorted<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sorted").field(&self.step).finish()
    }
}
