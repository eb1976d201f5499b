//! What a run gave: records, counters, named outputs and rejects.

use std::sync::Arc;

use howdah_plan::{Counters, TaskError};

use super::records::{Line, split};
use super::side::Side;
use crate::counter::Counter;
use crate::key::Data;
use crate::output::Output;
use crate::protocol::{Format, json};

/// What a run gave. It is cheap to clone.
#[derive(Debug, Clone)]
pub struct Ran(Arc<Results>);

/// The results of a run.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// What each step wrote when it ran last.
    pub(super) steps: Vec<Vec<Line>>,
    /// Those of mappers and reducers.
    pub(super) counters: Counters,
    pub(super) side: Side,
    /// The rounds of each loop, in the plan's order; of a loop within a loop all of them.
    pub(super) rounds: Vec<u32>,
    /// The loop that begins first; of several such, the outermost.
    pub(super) first_loop: Option<usize>,
    pub(super) messages: Vec<String>,
}

impl Results {
    /// What the last step wrote.
    pub(super) fn lines(&self) -> &[Line] {
        self.steps.last().map(Vec::as_slice).unwrap_or_default()
    }
}

impl Ran {
    pub(super) fn new(results: Results) -> Self {
        Ran(Arc::new(results))
    }

    /// The output as text, each line with its end. Bytes that are not UTF-8 are shown as `U+FFFD`.
    pub fn text(&self) -> String {
        text_of(self.0.lines())
    }

    /// The output as records, if it was written as JSON pairs.
    ///
    /// # Errors
    /// When a line is no such pair.
    pub fn records<K: Data, V: Data>(&self) -> Result<Vec<(K, V)>, TaskError> {
        pairs_of(self.0.lines())
    }

    /// What a step wrote, as text: in a loop, in its last round. Steps count from 0.
    ///
    /// # Panics
    /// When the job has no such step.
    #[track_caller]
    pub fn step_text(&self, step: usize) -> String {
        match self.lines_of(step) {
            Ok(lines) => text_of(lines),
            Err(error) => panic!("{error}"),
        }
    }

    /// What a step wrote, as records: in a loop, in its last round. Steps count from 0.
    ///
    /// ```
    /// use howdah::{Count, Flow, Out, Pairs, Sum, test};
    ///
    /// // How many words occur once, twice, …
    /// let plan = Flow::lines()
    ///     .map_fn(|word, out: &mut Out<String, u64>| out.emit(word, 1))
    ///     .fold(Sum)
    ///     .map_fn(|(_, times), out: &mut Out<u64, ()>| out.emit(times, ()))
    ///     .fold(Count)
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["a", "b", "a"]).run().unwrap();
    /// let counts = [("a".to_owned(), 2), ("b".to_owned(), 1)];
    /// assert_eq!(ran.step::<String, u64>(0).unwrap(), counts);
    /// assert_eq!(ran.records::<u64, u64>().unwrap(), [(1, 1), (2, 1)]);
    /// ```
    ///
    /// # Errors
    /// When the job has no such step, or a line is no JSON pair of these types.
    pub fn step<K: Data, V: Data>(&self, step: usize) -> Result<Vec<(K, V)>, TaskError> {
        pairs_of(self.lines_of(step)?)
    }

    /// What was written to the output with a name, over all steps and rounds, as text; empty if nothing was.
    pub fn output_text(&self, name: &str) -> String {
        text_of(self.0.side.output(name))
    }

    /// What was written to a named output, over all steps and rounds, as records.
    ///
    /// ```
    /// use howdah::{Flow, Out, Output, test};
    ///
    /// const LONG: Output<String, usize> = Output::new("long");
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, ()>| out.emit_to(&LONG, line, line.len()))
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["abcd"]).run().unwrap();
    /// assert_eq!(ran.output(&LONG).unwrap(), [("abcd".to_owned(), 4)]);
    /// ```
    ///
    /// # Errors
    /// When the output is not written as JSON pairs.
    pub fn output<K: Data, V: Data>(
        &self,
        output: &Output<K, V>,
    ) -> Result<Vec<(K, V)>, TaskError> {
        let name = output.name();
        if !matches!(output.format(), Format::JsonPairs) {
            let message =
                format!("the output `{name}` is not written as JSON pairs: use `output_text`");
            return Err(TaskError::engine(message));
        }
        pairs_of(self.0.side.output(name))
    }

    /// The rejected records, each as its reason and itself, in the order in which they were rejected. A record that
    /// is not UTF-8 is shown with escapes.
    pub fn rejects(&self) -> Vec<(String, String)> {
        self.0.side.rejects.clone()
    }

    /// A counter of mappers and reducers, over all steps and rounds.
    ///
    /// ```
    /// use howdah::{Counter, Flow, Out, test};
    ///
    /// const LINES: Counter = Counter::new("Test", "lines");
    /// let plan = Flow::lines()
    ///     .map_fn(|_, out: &mut Out<(), ()>| out.count(&LINES, 1))
    ///     .map_only()
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["a", "b"]).run().unwrap().counter(&LINES), 2);
    /// ```
    pub fn counter(&self, counter: &Counter) -> i64 {
        self.0.counters.get(counter.group(), counter.name())
    }

    /// How many rounds the job's loop had; of several loops the first, and of loops within each other the outermost.
    /// It is 0 for a job without loops.
    ///
    /// ```
    /// use howdah::{Flow, Next, Out, Pairs, test};
    ///
    /// let plan = Flow::<Pairs<String, u64>>::read()
    ///     .map_fn(|(name, n), out: &mut Out<String, u64>| out.emit(name, n))
    ///     .map_only()
    ///     .repeat(
    ///         |numbers| numbers.map(howdah::Identity).map_only(),
    ///         |round| {
    ///             round.say(format!("round {}", round.number()));
    ///             if round.number() < 2 { Next::Again } else { Next::Stop }
    ///         },
    ///     )
    ///     .plan();
    /// let ran = test::plan(&plan).pairs([("a", 1)]).run().unwrap();
    /// assert_eq!(ran.rounds(), 2);
    /// assert_eq!(ran.messages(), ["round 1", "round 2"]);
    /// ```
    pub fn rounds(&self) -> u32 {
        self.0.first_loop.map_or(0, |found| self.0.rounds[found])
    }

    /// What rounds, and steps that are looked at, said, in order.
    pub fn messages(&self) -> &[String] {
        &self.0.messages
    }

    fn lines_of(&self, step: usize) -> Result<&[Line], TaskError> {
        let steps = self.0.steps.len();
        let lines = self.0.steps.get(step).map(Vec::as_slice);
        lines.ok_or_else(|| {
            TaskError::engine(format!("the job has no step {step}: it has {steps}, from 0"))
        })
    }
}

fn text_of(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text().into_owned() + "\n").collect()
}

fn pairs_of<K: Data, V: Data>(lines: &[Line]) -> Result<Vec<(K, V)>, TaskError> {
    let records = lines.iter().map(|line| {
        let (key, value) = split(&line.bytes);
        Ok((json::read(key, "key")?, json::read(value, "value")?))
    });
    records.collect()
}
