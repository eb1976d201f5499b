//! Runs a job's plan in memory: for the tests of a job.
//!
//! Lines go in, records come out, and counters. There is one map task over all lines of a step and one reduce
//! task. The combiner runs over the first half of a key's values, so that a job that is only right with it, or
//! only right without it, shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use howdah_plan::{
    Counters, Part, Plan, RawMapper, RawReducer, RawValues, RecordLayout, RecordSink, Reporter,
    Step, TaskError, TaskInfo, TaskKind, TaskOutput,
};

use crate::counter::Counter;
use crate::job::Job;
use crate::key::Data;
use crate::protocol::json;

/// A run of a job that is to be tested.
///
/// ```
/// use howdah::{Flow, Job, Out, Plan, Sum, clap, test};
///
/// #[derive(clap::Args, Clone)]
/// struct Lengths {
///     #[arg(long)]
///     least: usize,
/// }
///
/// impl Job for Lengths {
///     fn plan(&self) -> Plan {
///         let least = self.least;
///         Flow::lines()
///             .map_fn(move |line, out: &mut Out<usize, u64>| {
///                 if line.len() >= least {
///                     out.emit(line.len(), 1);
///                 }
///             })
///             .fold(Sum)
///             .plan()
///     }
/// }
///
/// let ran = test::job(&Lengths { least: 2 }).lines(["a", "ab", "ba", "abc"]).run().unwrap();
/// assert_eq!(ran.records::<usize, u64>().unwrap(), [(2, 2), (3, 1)]);
/// ```
pub fn job(job: &impl Job) -> Test {
    plan(&job.plan())
}

/// A run of a plan that is to be tested.
pub fn plan(plan: &Plan) -> Test {
    Test { plan: plan.clone(), lines: Vec::new(), properties: BTreeMap::new(), file: None }
}

/// A run that is being prepared.
#[derive(Debug, Clone)]
#[must_use = "call `run`"]
pub struct Test {
    plan: Plan,
    lines: Vec<Vec<u8>>,
    properties: BTreeMap<String, String>,
    file: Option<String>,
}

impl Test {
    /// Lines of input, without their ends.
    pub fn lines<L: AsRef<[u8]>>(mut self, lines: impl IntoIterator<Item = L>) -> Self {
        self.lines.extend(lines.into_iter().map(|line| line.as_ref().to_vec()));
        self
    }

    /// A property of the job's configuration.
    ///
    /// ```
    /// use howdah::{Flow, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|_, out: &mut Out<String, u64>| out.emit(out.property("a.b").unwrap_or("?"), 1))
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).lines([""]).property("a.b", "c").run().unwrap();
    /// assert_eq!(ran.text(), "\"c\"\t1\n");
    /// ```
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// The URI that mappers are told as the file of their lines.
    pub fn input_file(mut self, uri: impl Into<String>) -> Self {
        self.file = Some(uri.into());
        self
    }

    /// Runs all steps.
    ///
    /// # Errors
    /// The error that failed a task.
    pub fn run(self) -> Result<Ran, TaskError> {
        let mut ran = Ran { lines: Vec::new(), counters: Counters::default() };
        let mut lines = self.lines;
        for (number, step) in self.plan.steps.iter().enumerate() {
            let mut properties = self.properties.clone();
            properties.extend(step.properties.clone());
            let tasks = Tasks {
                number,
                properties: Arc::new(properties),
                file: if number == 0 { self.file.clone() } else { None },
            };
            lines = tasks.step(step, &lines, &mut ran.counters)?;
        }
        ran.lines = lines;
        Ok(ran)
    }
}

/// What a run gave.
#[derive(Debug, Clone)]
pub struct Ran {
    lines: Vec<Vec<u8>>,
    counters: Counters,
}

impl Ran {
    /// The output as text, each line with its end. Bytes that are not UTF-8 are shown as `U+FFFD`.
    pub fn text(&self) -> String {
        let lines = self.lines.iter().map(|line| String::from_utf8_lossy(line) + "\n");
        lines.collect()
    }

    /// The output as records, if it was written as JSON pairs.
    ///
    /// # Errors
    /// When a line is no such pair.
    pub fn records<K: Data, V: Data>(&self) -> Result<Vec<(K, V)>, TaskError> {
        let records = self.lines.iter().map(|line| {
            let (key, value) = split(line);
            Ok((json::read(key, "key")?, json::read(value.unwrap_or_default(), "value")?))
        });
        records.collect()
    }

    /// A counter, over all steps.
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
        self.counters.get(counter.group(), counter.name())
    }
}

/// The tasks of one step.
struct Tasks {
    number: usize,
    properties: Arc<BTreeMap<String, String>>,
    file: Option<String>,
}

impl Tasks {
    fn info(&self, kind: TaskKind) -> TaskInfo {
        let mut info = TaskInfo::new(self.number, kind, 0);
        info.properties = Arc::clone(&self.properties);
        if kind == TaskKind::Map {
            info.input_file.clone_from(&self.file);
        }
        info
    }

    fn step(
        &self,
        step: &Step,
        lines: &[Vec<u8>],
        counters: &mut Counters,
    ) -> Result<Vec<Vec<u8>>, TaskError> {
        let mut mapped = self.map(&step.inputs[0].mapper, lines, counters)?;
        let Some(reduce) = &step.reducer else {
            return Ok(mapped.into_lines(step.output));
        };
        mapped.sort();
        if let Some(combine) = &step.combiner {
            let (first, second) = mapped.halves();
            mapped = self.groups(TaskKind::Combine, combine, &first, &mut Counters::default())?;
            mapped.records.extend(second.records);
            mapped.sort();
        }
        let reduced = self.groups(TaskKind::Reduce, reduce, &mapped, counters)?;
        Ok(reduced.into_lines(step.output))
    }

    fn map(
        &self,
        mapper: &Part<dyn RawMapper>,
        lines: &[Vec<u8>],
        counters: &mut Counters,
    ) -> Result<Memory, TaskError> {
        let Part::Linked(make) = mapper else { return Err(not_linked()) };
        let (mut mapper, info) = (make(), self.info(TaskKind::Map));
        let (mut records, mut counts) = (Memory::default(), Counts(counters));
        let mut out = TaskOutput::new(&mut records, &mut counts, &info);
        mapper.start(&mut out)?;
        for line in lines {
            mapper.map(line, &mut out)?;
            out.check()?;
        }
        mapper.finish(&mut out)?;
        out.check()?;
        Ok(records)
    }

    fn groups(
        &self,
        kind: TaskKind,
        reducer: &Part<dyn RawReducer>,
        sorted: &Memory,
        counters: &mut Counters,
    ) -> Result<Memory, TaskError> {
        let Part::Linked(make) = reducer else { return Err(not_linked()) };
        let (mut reducer, info) = (make(), self.info(kind));
        let (mut records, mut counts) = (Memory::default(), Counts(counters));
        let mut out = TaskOutput::new(&mut records, &mut counts, &info);
        reducer.start(&mut out)?;
        for group in sorted.groups() {
            let mut values = Group(group);
            reducer.group(&group[0].key, &mut values, &mut out)?;
            out.check()?;
        }
        reducer.finish(&mut out)?;
        out.check()?;
        Ok(records)
    }
}

fn not_linked() -> TaskError {
    TaskError::engine("a test runs linked parts only: no command, no identity")
}

#[derive(Debug, Clone, Default)]
struct Record {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

/// Records in memory.
#[derive(Default)]
struct Memory {
    records: Vec<Record>,
    open: Record,
}

impl Memory {
    fn sort(&mut self) {
        self.records.sort_by(|a, b| a.key.cmp(&b.key));
    }

    fn groups(&self) -> impl Iterator<Item = &[Record]> {
        self.records.chunk_by(|a, b| a.key == b.key)
    }

    /// Each group's first half, and all second halves.
    fn halves(self) -> (Memory, Memory) {
        let (mut first, mut second) = (Memory::default(), Memory::default());
        for group in self.groups() {
            let (a, b) = group.split_at(group.len().div_ceil(2));
            first.records.extend_from_slice(a);
            second.records.extend_from_slice(b);
        }
        (first, second)
    }

    fn into_lines(self, layout: RecordLayout) -> Vec<Vec<u8>> {
        let line = |record: Record| {
            let mut line = record.key;
            if layout == RecordLayout::KeyValue {
                line.push(b'\t');
            }
            line.extend(record.value.unwrap_or_default());
            line
        };
        self.records.into_iter().map(line).collect()
    }
}

impl RecordSink for Memory {
    fn key(&mut self) -> &mut Vec<u8> {
        self.open = Record::default();
        &mut self.open.key
    }

    fn value(&mut self) -> &mut Vec<u8> {
        self.open.value.insert(Vec::new())
    }

    fn end(&mut self) -> Result<(), TaskError> {
        self.records.push(std::mem::take(&mut self.open));
        Ok(())
    }

    fn abandon(&mut self) {
        self.open = Record::default();
    }
}

/// The values of one group.
struct Group<'a>(&'a [Record]);

impl RawValues for Group<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, TaskError> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(None) };
        self.0 = rest;
        Ok(Some(first.value.as_deref().unwrap_or_default()))
    }
}

struct Counts<'c>(&'c mut Counters);

impl Reporter for Counts<'_> {
    fn count(&mut self, group: &str, name: &str, amount: i64) {
        self.0.add(group, name, amount);
    }

    fn status(&mut self, _: &str) {}
}

fn split(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'\t', line) {
        Some(tab) => (&line[..tab], Some(&line[tab + 1..])),
        None => (line, None),
    }
}
