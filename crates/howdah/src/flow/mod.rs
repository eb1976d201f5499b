//! The builder: a job's steps, typed from the first line to the last record.
//!
//! | file | what |
//! | --- | --- |
//! | this | [`Flow<I>`]: what a next step would read |
//! | [`mapped`] | [`Mapped<K, V>`]: a step that has a mapper; [`Sorted<K, V>`]: with its values in order |
//! | [`round`] | what a loop's decision sees |
//! | [`draft`] | the steps so far, without their types |
//!
//! What one step gives and the next one takes is checked by the compiler; then the types are gone, and a [`Plan`] of
//! bytes remains.

mod draft;
mod mapped;
mod round;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use howdah_plan::{CommandLine, Next, Part, Plan, Repeat, Source, Step};
use howdah_streaming::command::tokenise;

use crate::error::TaskResult;
use crate::key::Data;
use crate::mapper::{MapFn, MapTask, Mapper};
use crate::out::Out;
use crate::protocol::write::Protocol;
use crate::protocol::{Bytes, Files, Format, Input, Pairs, Text};
use crate::ready::Identity;
use draft::Draft;
use mapped::MappedInput;

pub use mapped::{Mapped, Sorted};
pub use round::Round;

/// What a loop's body reads, until it is known what that is.
const CARRIED: Source = Source::Step(usize::MAX);

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
    draft: Draft,
    head: Head,
    input: PhantomData<fn() -> I>,
}

/// What the next step reads.
enum Head {
    /// An input of the job, or the result of a loop.
    Source(StepSource),
    /// The step before it, as soon as it is known how that writes.
    Step(Last),
}

type Last = Box<dyn FnOnce(&Format) -> Step>;

/// A source, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StepSource {
    source: Source,
    filter: Option<CommandLine>,
    whole_files: bool,
}

impl StepSource {
    fn of(source: Source) -> Self {
        StepSource { source, filter: None, whole_files: false }
    }

    /// Adds to the number of the step that is read, if it is one that is known.
    fn shift(&mut self, offset: usize) {
        if let Source::Step(step) = &mut self.source
            && *step != usize::MAX
        {
            *step += offset;
        }
    }
}

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

impl Flow<Files> {
    /// A job that reads whole files: each is one record, and the mapper gets its path.
    ///
    /// For formats that are no lines. A file is never split, nor decompressed. On a cluster the path may be that of a
    /// copy, which is gone after the call; `Out::input_file` is the file's own URI.
    ///
    /// ```
    /// use howdah::{Flow, Out, Result};
    ///
    /// let _ = Flow::files().map_fn(|path, out: &mut Out<String, u64>| -> Result {
    ///     let image = std::fs::read(path)?;
    ///     out.emit(path.display().to_string(), image.len() as u64);
    ///     Ok(())
    /// });
    /// ```
    pub fn files() -> Self {
        let source = StepSource { whole_files: true, ..StepSource::of(Source::Main) };
        Flow::of(Draft::default(), Head::Source(source))
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
        Flow::of(Draft::default(), Head::Source(StepSource::of(Source::Main)))
    }

    /// A job that reads an `I` from the input with a name: `run --input NAME=PATH`.
    ///
    /// Each of several inputs has its own mapper; [`Mapped::and`] joins them.
    ///
    /// ```
    /// use howdah::{Flow, Out, Text, test};
    ///
    /// let users = Flow::<Text>::input("users").map_fn(|line, out: &mut Out<String, String>| {
    ///     let (id, name) = line.split_once(' ').unwrap_or((line, ""));
    ///     out.emit(id, name);
    /// });
    /// let orders = Flow::<Text>::input("orders").map_fn(|line, out: &mut Out<String, String>| {
    ///     let (id, what) = line.split_once(' ').unwrap_or((line, ""));
    ///     out.emit(id, what);
    /// });
    /// let plan = users
    ///     .and(orders)
    ///     .reduce_fn(|id, all, out: &mut Out<String, Vec<String>>| {
    ///         out.emit(id, all.collect::<Vec<_>>());
    ///     })
    ///     .plan();
    /// let ran = test::plan(&plan).input("users", ["1 Ada"]).input("orders", ["1 tea"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"1\"\t[\"Ada\",\"tea\"]\n");
    /// ```
    ///
    /// # Panics
    /// When the name is empty, holds anything but ASCII letters, digits, `-` and `_`, or is `main` or begins with
    /// `step-`, which is how howdah itself calls inputs.
    #[track_caller]
    pub fn input(name: &str) -> Self {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!(
            !name.is_empty() && name.bytes().all(is_plain),
            "`{name}` is no name for an input: use letters, digits, `-` and `_`"
        );
        assert!(
            name != "main" && !name.starts_with("step-"),
            "`{name}` is how howdah itself calls an input: use another name"
        );
        Flow::of(Draft::default(), Head::Source(StepSource::of(Source::Named(name.to_owned()))))
    }

    fn of(draft: Draft, head: Head) -> Self {
        Flow { draft, head, input: PhantomData }
    }

    /// Sends each split's lines through a command before they reach the mapper.
    ///
    /// The command is cut into words as Hadoop Streaming does, and there is no shell: for a pipeline say
    /// `sh -c '…'`. It must exit with 0; from `grep` and its kin 1 is taken, too, which says that no line matched.
    ///
    /// ```
    /// use howdah::{Count, Flow, Out};
    ///
    /// let _ = Flow::lines()
    ///     .filter_command("grep -v ^#")
    ///     .map_fn(|line, out: &mut Out<usize, ()>| out.emit(line.len(), ()))
    ///     .fold(Count);
    /// ```
    ///
    /// # Panics
    /// When the command has no words, when there is one already, or when whole files are read.
    #[track_caller]
    pub fn filter_command(self, command: &str) -> Self {
        let (draft, mut source) = self.into_source(&Format::JsonPairs);
        assert!(source.filter.is_none(), "an input has one filter: use `sh -c` for a pipeline");
        assert!(!source.whole_files, "whole files have no lines to be filtered");
        source.filter = Some(command_line(command));
        Flow::of(draft, Head::Source(source))
    }

    /// A step that maps each record.
    pub fn map<M: Mapper<I>>(self, mapper: M) -> Mapped<M::Key, M::Value> {
        let mapper = Arc::new(mapper);
        self.mapped(move |format| {
            Part::mapper(move || MapTask::<M, I>::new(&*mapper, format.clone()))
        })
    }

    /// A step that maps each record by a closure. Write the type of its output out, as in the examples; left to itself
    /// the compiler takes numbers for `i32`. A closure that uses `?` says `-> howdah::Result {` as well.
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

    /// A step whose mapper is a command: it reads lines, and writes `key TAB value`, both JSON.
    ///
    /// The types say what the next part can expect; whether the command keeps to them shows when its lines are read.
    /// Keys must be spelled as howdah spells them, without blanks and with all characters as they are, or equal keys
    /// would not meet: a reducer here refuses others. In Python:
    ///
    /// ```python
    /// import json, sys
    ///
    /// def spelled(value):
    ///     return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    ///
    /// for line in sys.stdin:
    ///     for word in line.split():
    ///         print(spelled(word), spelled(1), sep="\t")
    /// ```
    ///
    /// The command is cut into words as Hadoop Streaming does; there is no shell. It runs under Hadoop Streaming's
    /// contract, here and there. A script that comes with the job is a [side file](Mapped::side_file): then the
    /// command's folder has it under its name.
    ///
    /// ```
    /// use howdah::{Flow, SideFile, Sum};
    ///
    /// let _ = Flow::lines()
    ///     .map_command::<String, u64>("python3 words.py")
    ///     .side_file(&SideFile::new("scripts/words.py"))
    ///     .fold(Sum);
    /// ```
    ///
    /// In a test, give the reducer what the command would write: `Flow::<Pairs<K, V>>::read().map(Identity)` in the
    /// command's place, and [`pairs`](crate::test::Test::pairs).
    ///
    /// # Panics
    /// When the command has no words.
    #[track_caller]
    pub fn map_command<K: Data, V: Data>(self, command: &str) -> Mapped<K, V> {
        let command = command_line(command);
        self.mapped(move |_| Part::Command(command)).by_command()
    }

    fn mapped<K, V>(
        self,
        mapper: impl FnOnce(Format) -> Part<dyn howdah_plan::RawMapper> + 'static,
    ) -> Mapped<K, V> {
        let (draft, source) = self.into_source(&Format::JsonPairs);
        Mapped::new(draft, MappedInput { source, reads: I::FORM, mapper: Box::new(mapper) })
    }

    /// All steps, and what a next one reads, the last one writing in a format.
    fn into_source(self, format: &Format) -> (Draft, StepSource) {
        let mut draft = self.draft;
        let source = match self.head {
            Head::Source(source) => source,
            Head::Step(last) => {
                let mut step = last(format);
                write_as(&mut step, format);
                step.writes = format.form();
                StepSource::of(draft.push(step))
            }
        };
        (draft, source)
    }

    /// The plan: what engines run.
    pub fn plan(self) -> Plan {
        plan_of(self.into_source(&Format::JsonPairs).0)
    }
}

impl<K: Data, V: Data> Flow<Pairs<K, V>> {
    /// Says how the job writes its records: [`write::Lines`](crate::write::Lines) and others. JSON pairs if it is
    /// not said.
    #[allow(clippy::needless_pass_by_value)] // a protocol is named, as in `write(Tsv)`
    pub fn write<P: Protocol<K, V>>(self, protocol: P) -> Written {
        let format = protocol.format();
        let flow = match self.head {
            Head::Step(_) => self,
            // What is read, or what a loop carries, is JSON: only a step of its own writes it otherwise.
            Head::Source(_) => self.map(Identity).map_only(),
        };
        Written { draft: flow.into_source(&format).0 }
    }

    /// A step without a mapper: its reducer gets what the step before gave, sorted by key.
    ///
    /// ```
    /// use howdah::{Flow, Out, Sum, test};
    ///
    /// // How many words there are of each count: the second step has only a reducer.
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<u64, String>| out.emit(line.len() as u64, line))
    ///     .map_only()
    ///     .shuffle()
    ///     .reduce_fn(|length, lines, out: &mut Out<u64, usize>| out.emit(length, lines.count()))
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a", "bb", "c"]).run().unwrap().text(), "1\t2\n2\t1\n");
    /// ```
    pub fn shuffle(self) -> Mapped<K, V> {
        let (draft, source) = self.into_source(&Format::JsonPairs);
        if matches!(source.source, Source::Step(_)) && source.filter.is_none() {
            // Howdah wrote these records: equal keys have equal bytes.
            let reads = Pairs::<K, V>::FORM;
            Mapped::new(draft, MappedInput { source, reads, mapper: Box::new(|_| Part::Identity) })
        } else {
            Flow::<Pairs<K, V>>::of(draft, Head::Source(source)).map(Identity)
        }
    }

    /// The codec of the last step's part files, such as `gzip` or `zstd`; a run's own choice is not asked then.
    ///
    /// ```
    /// # use howdah::{Flow, Out, Sum};
    /// let _ = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1))
    ///     .fold(Sum)
    ///     .codec("gzip");
    /// ```
    ///
    /// # Panics
    /// Where there is no step yet, and behind a loop.
    #[track_caller]
    pub fn codec(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.on_last_step("a codec", move |step| step.codec = Some(name))
    }

    /// Looks at the last step's counters when it has succeeded, and can set properties for later tasks.
    ///
    /// ```
    /// use howdah::{Counter, Flow, Out, Property, test};
    ///
    /// const LINES: Counter = Counter::new("Lines", "seen");
    /// const TOTAL: Property<i64> = Property::new("lines.total");
    ///
    /// // Each line with how many there are.
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, ()>| {
    ///         out.count(&LINES, 1);
    ///         out.emit(line, ());
    ///     })
    ///     .map_only()
    ///     .after(|round| round.set(&TOTAL, round.counter(&LINES)))
    ///     .map_fn(|(line, ()), out: &mut Out<String, i64>| -> howdah::Result {
    ///         out.emit(line, out.need(&TOTAL)?);
    ///         Ok(())
    ///     })
    ///     .map_only()
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a", "b"]).run().unwrap().text(), "\"a\"\t2\n\"b\"\t2\n");
    /// ```
    ///
    /// # Panics
    /// Where there is no step yet, and behind a loop, whose own decision sees the counters.
    #[track_caller]
    pub fn after(self, look: impl Fn(&mut Round<'_, '_>) + Send + Sync + 'static) -> Self {
        let hook: howdah_plan::Hook = Arc::new(move |raw| look(&mut Round::new(raw)));
        self.on_last_step("a look at counters", move |step| step.after = Some(hook))
    }

    #[track_caller]
    fn on_last_step(self, what: &str, change: impl FnOnce(&mut Step) + 'static) -> Self {
        let Head::Step(last) = self.head else { panic!("{what} needs a step before it") };
        let last = Box::new(move |format: &Format| {
            let mut step = last(format);
            change(&mut step);
            step
        });
        Flow::of(self.draft, Head::Step(last))
    }

    /// Runs steps again and again: each round reads what the one before it wrote, until `decide` says
    /// [`Next::Stop`]. What the last round wrote is what comes next.
    ///
    /// `decide` is called after each round. It sees the round's counters, can set properties that the tasks of the
    /// next rounds and steps read, and can say how far it is. Steps in the body that do not depend on what it is
    /// given run once, before the loop.
    ///
    /// ```
    /// use howdah::{Counter, Flow, Next, Out, Pairs, test};
    ///
    /// const CHANGED: Counter = Counter::new("Numbers", "changed");
    ///
    /// // Halves each number until all are odd.
    /// let plan = Flow::<Pairs<String, u64>>::read()
    ///     .repeat(
    ///         |numbers| {
    ///             numbers
    ///                 .map_fn(|(name, n), out: &mut Out<String, u64>| {
    ///                     let even = n % 2 == 0;
    ///                     out.count(&CHANGED, even.into());
    ///                     out.emit(name, if even { n / 2 } else { *n });
    ///                 })
    ///                 .map_only()
    ///         },
    ///         |round| if round.counter(&CHANGED) == 0 { Next::Stop } else { Next::Again },
    ///     )
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["\"a\"\t12", "\"b\"\t7"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"a\"\t3\n\"b\"\t7\n");
    /// ```
    ///
    /// # Panics
    /// When the body has no step, does not read what it is given, or reads the job's input that it is given once
    /// more by itself.
    #[track_caller]
    pub fn repeat(
        self,
        body: impl FnOnce(Self) -> Self,
        decide: impl Fn(&mut Round<'_, '_>) -> Next + Send + Sync + 'static,
    ) -> Self {
        let (mut draft, carried) = self.into_source(&Format::JsonPairs);
        let given = StepSource { source: CARRIED, ..carried.clone() };
        let inner = body(Flow::of(Draft::default(), Head::Source(given)));
        let (mut inner, result) = inner.into_source(&Format::JsonPairs);
        let (independent, numbers) = inner.split_off_independent(&CARRIED);
        let is_in_loop = |step: usize| numbers.get(step) >= Some(&independent.steps.len());
        assert!(
            matches!(result.source, Source::Step(step) if is_in_loop(step)),
            "a loop's body needs a step that reads what the body is given"
        );
        let is_job_input = !matches!(carried.source, Source::Step(_));
        assert!(
            !is_job_input || !(inner.reads(&carried.source) || independent.reads(&carried.source)),
            "a loop's body cannot read the input that it is given once more: put a step before the loop"
        );
        assert!(carried.filter.is_none(), "a filter needs a step between it and a loop");
        let first = draft.steps.len() + independent.steps.len();
        let mut body = independent;
        body.take_in(inner);
        draft.append_replacing(body, &CARRIED, &carried.source);
        let last = draft.steps.len() - 1;
        let decide: howdah_plan::Decide = Arc::new(move |raw| decide(&mut Round::new(raw)));
        draft.loops.push(Repeat::new(first, last, carried.source, decide));
        Flow::of(draft, Head::Source(StepSource::of(Source::Step(last))))
    }

    /// Runs steps a fixed number of times: [`repeat`](Self::repeat) without a decision.
    ///
    /// ```
    /// use howdah::{Flow, Out, Pairs, test};
    ///
    /// let plan = Flow::<Pairs<String, u64>>::read()
    ///     .repeat_times(3, |numbers| {
    ///         numbers.map_fn(|(name, n), out: &mut Out<String, u64>| out.emit(name, n * 2)).map_only()
    ///     })
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["\"a\"\t1"]).run().unwrap().text(), "\"a\"\t8\n");
    /// ```
    ///
    /// # Panics
    /// When `times` is 0, and where `repeat` does.
    #[track_caller]
    pub fn repeat_times(self, times: u32, body: impl FnOnce(Self) -> Self) -> Self {
        assert!(times > 0, "a loop runs once at least");
        self.repeat(
            body,
            move |round| if round.number() < times { Next::Again } else { Next::Stop },
        )
    }
}

impl<I> fmt::Debug for Flow<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.draft.steps.len() + usize::from(matches!(self.head, Head::Step(_)));
        f.debug_struct("Flow").field("steps", &steps).finish_non_exhaustive()
    }
}

/// All steps of a job whose output is no longer read by another step.
#[derive(Debug)]
#[must_use = "a flow does nothing until its plan runs"]
pub struct Written {
    draft: Draft,
}

impl Written {
    /// The plan: what engines run.
    pub fn plan(self) -> Plan {
        plan_of(self.draft)
    }
}

fn plan_of(draft: Draft) -> Plan {
    let mut plan = Plan::new("job", draft.steps);
    plan.loops = draft.loops;
    plan
}

/// Says how a step's records look as lines, to engines and, by its properties, to Hadoop.
fn write_as(step: &mut Step, format: &Format) {
    step.output = format.layout();
    for (name, value) in step.line_properties() {
        step.properties.insert((*name).to_owned(), (*value).to_owned());
    }
}

/// A command as Hadoop Streaming cuts it into words.
#[track_caller]
fn command_line(command: &str) -> CommandLine {
    let words = tokenise(command);
    assert!(!words.is_empty(), "a command needs a word");
    CommandLine::new(words)
}
