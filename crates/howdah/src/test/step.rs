//! The tasks of a step: its splits mapped, its keys shared out, combined and reduced.

use std::collections::BTreeMap;
use std::sync::Arc;

use howdah_plan::{
    CommandLine, Counters, Make, Part, RawFold, RawReducer, RecordSink, Step, StepInput, TaskError,
    TaskInfo, TaskKind,
};
use howdah_streaming::partitioner::{KeyFieldPartitioner, Partitioner};
use howdah_streaming::properties::Properties;

use super::input::FileLines;
use super::records::{Line, Record, Records, groups, halves, join, layers, sort, sort_with_values};
use super::side::Side;
use super::task::Task;
use super::way::{Combining, Way};

/// How many reduce tasks there are where a way asks for several and the job does not say.
const SEVERAL: u32 = 3;

/// A step that runs.
pub(super) struct StepRun<'t> {
    pub(super) number: usize,
    pub(super) step: &'t Step,
    pub(super) way: Way,
    pub(super) properties: Arc<BTreeMap<String, String>>,
    pub(super) written: Written,
}

/// What the tasks of a step wrote.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) lines: Vec<Line>,
    /// Those of mappers and reducers.
    pub(super) counters: Counters,
    pub(super) side: Side,
}

/// How many reduce tasks a step has.
pub(super) fn reduce_tasks(step: &Step, way: Way) -> u32 {
    match step.reducers {
        _ if step.reducer.is_none() => 0,
        Some(reducers) if reducers < 2 || way.several_reducers => reducers,
        None if way.several_reducers => SEVERAL,
        _ => 1,
    }
}

impl StepRun<'_> {
    /// Runs all tasks over the files of each input.
    pub(super) fn run(mut self, inputs: &[Vec<FileLines<'_>>]) -> Result<Written, TaskError> {
        let mut records = self.map_all(inputs)?;
        if let Some(reducer) = &self.step.reducer
            && reduce_tasks(self.step, self.way) > 0
        {
            records = self.shuffle_and_reduce(reducer, records)?;
        }
        let lines = records.into_iter().map(|record| record.into_line(self.step.output));
        self.written.lines = lines.collect();
        Ok(self.written)
    }

    fn map_all(&mut self, inputs: &[Vec<FileLines<'_>>]) -> Result<Vec<Record>, TaskError> {
        let mut records = Vec::new();
        let mut task = 0;
        for (input, files) in self.step.inputs.iter().zip(inputs) {
            for file in files {
                for split in self.way.splits.cut(&file.lines) {
                    let mut info = self.info(TaskKind::Map, task);
                    info.input_file = file.uri.map(str::to_owned);
                    records.extend(self.map(input, split, info)?);
                    task += 1;
                }
            }
        }
        Ok(records)
    }

    fn map(
        &mut self,
        input: &StepInput,
        lines: &[&[u8]],
        info: TaskInfo,
    ) -> Result<Vec<Record>, TaskError> {
        if let Some(filter) = &input.filter {
            return Err(self.is_command("filter", filter));
        }
        let mut task = Task::new(info);
        match &input.mapper {
            Part::Linked(make) => task.map(make, lines)?,
            Part::Identity => task.pass_lines(lines)?,
            Part::Command(command) => return Err(self.is_command("mapper", command)),
        }
        Ok(self.keep(task))
    }

    fn shuffle_and_reduce(
        &mut self,
        reducer: &Part<dyn RawReducer>,
        mut records: Vec<Record>,
    ) -> Result<Vec<Record>, TaskError> {
        self.way.values.arrange(&mut records);
        let mut all = Vec::new();
        for (number, mut partition) in (0..).zip(self.partitions(records)?) {
            sort(&mut partition);
            let mut partition = self.combined(partition)?;
            if self.step.sort_values {
                sort_with_values(&mut partition);
            }
            all.extend(self.reduce(reducer, &partition, number)?);
        }
        Ok(all)
    }

    /// Each reduce task's records.
    fn partitions(&self, records: Vec<Record>) -> Result<Vec<Vec<Record>>, TaskError> {
        let tasks = reduce_tasks(self.step, self.way);
        if tasks == 1 {
            return Ok(vec![records]);
        }
        let partitioner = partitioner(&self.properties)?;
        let mut partitions = Vec::new();
        partitions.resize_with(tasks as usize, Vec::new);
        for record in records {
            let partition = partitioner.partition(&record.key, tasks).map_err(TaskError::engine)?;
            partitions[partition as usize].push(record);
        }
        Ok(partitions)
    }

    /// Sorted records, some of them combined.
    fn combined(&self, sorted: Vec<Record>) -> Result<Vec<Record>, TaskError> {
        let Some(combiner) = &self.step.combiner else { return Ok(sorted) };
        let combine = |records: &[Record]| self.combine(combiner, records);
        let (first, second) = halves(&sorted);
        match (self.way.combining, &self.step.fold) {
            (Combining::Never, _) => Ok(sorted),
            (Combining::FirstHalf, _) => Ok(join([combine(&first)?, second])),
            (Combining::SecondHalf, _) => Ok(join([first, combine(&second)?])),
            (Combining::Each, _) => {
                let each = layers(&sorted).into_iter().map(|layer| combine(&layer));
                Ok(join(each.collect::<Result<Vec<_>, _>>()?))
            }
            (Combining::Twice, _) => combine(&join([combine(&first)?, combine(&second)?])),
            (Combining::Table, Some(make)) => fold(make, &sorted),
            (Combining::TwoTables, Some(make)) => {
                combine(&join([fold(make, &first)?, fold(make, &second)?]))
            }
            (Combining::All | Combining::Table | Combining::TwoTables, _) => combine(&sorted),
        }
    }

    /// Runs the combiner once, if there is anything to combine. What it counts is not kept, since how often it runs is
    /// open.
    fn combine(
        &self,
        combiner: &Part<dyn RawReducer>,
        sorted: &[Record],
    ) -> Result<Vec<Record>, TaskError> {
        if sorted.is_empty() {
            return Ok(Vec::new());
        }
        let mut task = Task::new(self.info(TaskKind::Combine, 0));
        match combiner {
            Part::Linked(make) => task.reduce(make, sorted)?,
            Part::Identity => task.pass_records(sorted)?,
            Part::Command(command) => return Err(self.is_command("combiner", command)),
        }
        Ok(task.records.all)
    }

    fn reduce(
        &mut self,
        reducer: &Part<dyn RawReducer>,
        sorted: &[Record],
        number: u32,
    ) -> Result<Vec<Record>, TaskError> {
        let mut task = Task::new(self.info(TaskKind::Reduce, number));
        match reducer {
            Part::Linked(make) => task.reduce(make, sorted)?,
            Part::Identity => task.pass_records(sorted)?,
            Part::Command(command) => return Err(self.is_command("reducer", command)),
        }
        if sorted.is_empty() {
            // As on Hadoop, what the task of an empty partition writes and counts is discarded.
            return Ok(Vec::new());
        }
        Ok(self.keep(task))
    }

    /// Takes what a task counted and wrote to side outputs; gives its records.
    fn keep(&mut self, task: Task) -> Vec<Record> {
        self.written.counters.merge(&task.counts.0);
        self.written.side.take(task.side);
        task.records.all
    }

    fn info(&self, kind: TaskKind, task: u32) -> TaskInfo {
        let mut info = TaskInfo::new(self.number, kind, task);
        info.properties = Arc::clone(&self.properties);
        info
    }

    fn is_command(&self, part: &str, command: &CommandLine) -> TaskError {
        let (step, command) = (self.number + 1, command.line());
        TaskError::engine(format!(
            "the {part} of step {step} is the command `{command}`: a test runs linked code only; give what it \
             writes to the next part with `Flow::<Pairs<K, V>>::read()` and `pairs`, or run the job on a small input"
        ))
    }
}

/// Sorted records by way of a fold's table.
fn fold(make: &Make<dyn RawFold>, sorted: &[Record]) -> Result<Vec<Record>, TaskError> {
    let mut table = make();
    let mut keys = Vec::new();
    for (slot, group) in (0..).zip(groups(sorted)) {
        for record in group {
            table.read(record.value())?;
            table.merge(&[slot])?;
        }
        keys.push(&group[0].key);
    }
    let mut folded = Records::default();
    for (slot, key) in (0..).zip(keys) {
        folded.key().extend_from_slice(key);
        table.write(slot, folded.value())?;
        folded.end()?;
    }
    table.clear();
    Ok(folded.all)
}

/// Which reduce task gets a key, as the step's properties say.
fn partitioner(properties: &BTreeMap<String, String>) -> Result<Partitioner, TaskError> {
    let properties: Properties = properties.iter().collect();
    let class = properties.get_or("mapreduce.job.partitioner.class", "HashPartitioner");
    let separator = properties.get_or("mapreduce.map.output.key.field.separator", "\t");
    let options = properties.get_or("mapreduce.partition.keypartitioner.options", "");
    match class.rsplit('.').next() {
        Some("HashPartitioner") => Ok(Partitioner::Hash),
        Some("KeyFieldBasedPartitioner") => {
            KeyFieldPartitioner::from_options(&options, separator.as_bytes())
                .map(Partitioner::KeyFields)
                .map_err(TaskError::engine)
        }
        _ => Err(TaskError::engine(format!(
            "the partitioner `{class}` is not one that tests have: use HashPartitioner or KeyFieldBasedPartitioner"
        ))),
    }
}
