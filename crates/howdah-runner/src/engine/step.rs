//! One step: its map stage, its reduce stage, its figures.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use howdah_codec::Codec;
use howdah_plan::{
    CountedBy, Counters, Course, Event, Keep, Part, Plan, RawReducer, Step, TaskError, TaskKind,
    names,
};
use howdah_shuffle::{CollectSettings, MergeSettings, RetainedMemory, SpillStore};
use howdah_streaming::partitioner::Partitioner;
use howdah_streaming::properties::Properties;

use super::side::TaskFolder;
use super::{Engine, MOST_COLLECTOR_BYTES, REDUCERS, codec_named, unsupported};
use crate::chaos::Chaos;
use crate::contract::{Contract, Partitioning};
use crate::error::{RunError, RunErrorKind, TaskFailure};
use crate::input::{
    InputSplit, StepFiles, StepNumber, file_uri, keep_first, split_inputs, total_bytes,
};
use crate::options::Output;
use crate::output::{PartFormat, Staging, WriteSettings};
use crate::pulse::Pulse;
use crate::stage::StageContext;
use crate::stage::ledger::Ledger;
use crate::stage::losses::Losses;
use crate::stage::map::MapStage;
use crate::stage::reduce::ReduceStage;
use crate::stage::shuffled::Shuffled;
use crate::task::environment::StepFacts;

/// A step that has succeeded.
pub(super) struct StepDone {
    pub(super) counters: Counters,
    /// The same without those of combiners.
    pub(super) decisive: Counters,
}

/// A step that is about to run.
struct ReadyStep<'s> {
    step: &'s Step,
    /// Of how many it is one.
    steps: usize,
    contract: Contract,
    reducers: u32,
    facts: StepFacts,
    writing: WriteSettings,
    /// Holds the folder that children run in, for as long as the step runs.
    _task_folder: Option<TaskFolder>,
}

impl ReadyStep<'_> {
    /// The reducer, unless there are to be no reduce tasks.
    fn reducer(&self) -> Option<&Part<dyn RawReducer>> {
        self.step.reducer.as_ref().filter(|_| self.reducers > 0)
    }

    /// Whether all tasks together have no more counters than a job may have.
    fn check_counters(&self, counters: &Counters) -> Result<(), RunError> {
        let counted_by = CountedBy::Job { reduces: self.reducer().is_some() };
        self.contract.counter_limits.check(counters, counted_by).map_err(|exceeded| {
            RunErrorKind::Counters { what: exceeded.to_string(), hint: exceeded.hint() }.into()
        })
    }
}

impl Engine<'_> {
    /// Runs the step at hand.
    pub(super) fn step(
        &self,
        plan: &Plan,
        course: &Course<'_>,
        staging: &Staging,
    ) -> Result<StepDone, RunError> {
        let step = &plan.steps[course.step()];
        let inputs = self.inputs_of(course, step)?;
        let (ready, splits) = self.ready(plan, course, &inputs, staging)?;
        (self.events)(Event::StepStarted {
            step: course.step(),
            steps: plan.steps.len(),
            round: course.round(),
            job: Some(ready.facts.job_id()),
            maps: splits.len() as u32,
            reducers: ready.reducers,
            input_bytes: total_bytes(&inputs),
        });
        drop(inputs);
        let ledger = Mutex::new(Ledger::default());
        let store = SpillStore::new(
            Arc::clone(&self.storage),
            self.folder.path(),
            self.id.number,
            self.spill_codec,
            RetainedMemory::new(if self.chaos.is_some() { 0 } else { self.memory / 4 }),
        );
        let context = |pulse, losses| StageContext {
            number: course.step(),
            steps: plan.steps.len(),
            step,
            contract: &ready.contract,
            facts: &ready.facts,
            storage: &*self.storage,
            staging,
            writing: &ready.writing,
            workers: self.workers,
            pulse,
            clock: &*self.options.clock.0,
            events: self.events,
            ledger: &ledger,
            losses,
            chaos: self.chaos,
        };
        let pulses = (Pulse::of(&self.offspring), Pulse::of(&self.offspring));
        let losses = |kind, tasks| Losses::new(kind, tasks, ready.contract.failures_percent(kind));
        let losses = (
            losses(TaskKind::Map, splits.len()),
            losses(TaskKind::Reduce, ready.reducers as usize),
        );
        let collect = self.collect_settings(&ready, &splits)?;
        let collect = ready.reducer().is_some().then_some((&collect, &store));
        let maps = |context| MapStage { context, splits: &splits, collect };
        let handed_on = maps(context(&pulses.0, &losses.0)).run(&self.supervisor)?;
        self.tell_oddities(&ready, &pulses.0);
        let shuffled = Shuffled::new(handed_on, maps(context(&pulses.1, &losses.0)));
        self.reduce(&ready, &store, shuffled, context(&pulses.1, &losses.1))?;
        self.tell_oddities(&ready, &pulses.1);

        let ledger = ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (summary, decisive) = ledger.close(store.file_bytes());
        let counters = summary.counters.clone();
        ready.check_counters(&counters)?;
        let lost_maps = losses.0.sentence(|task| of_split(task, &splits[task as usize]));
        let lost_reduces = losses.1.sentence(of_partition);
        for message in lost_maps.into_iter().chain(lost_reduces) {
            (self.events)(Event::Warning { slug: "howdah::tasks-left-out".to_owned(), message });
        }
        let (step, round) = (course.step(), course.round());
        (self.events)(Event::StepFinished { step, round, summary });
        Ok(StepDone { counters, decisive })
    }

    /// Warns of what a stage met that Hadoop loses or scrambles.
    fn tell_oddities(&self, ready: &ReadyStep<'_>, pulse: &Pulse) {
        for (slug, message) in pulse.oddities().warnings(ready.contract.reader.left_out_from) {
            (self.events)(Event::Warning { slug: slug.to_owned(), message });
        }
    }

    fn collect_settings(
        &self,
        ready: &ReadyStep<'_>,
        splits: &[InputSplit],
    ) -> Result<CollectSettings, RunError> {
        let budget = self.share().min(MOST_COLLECTOR_BYTES) as usize;
        Ok(CollectSettings {
            partitions: ready.reducers.max(1),
            partitioner: self.partitioner(ready, splits)?,
            order: Arc::clone(&ready.contract.order),
            classes: ready.contract.shuffled,
            budget: if self.chaos.is_some() { Chaos::collector_bytes(budget) } else { budget },
        })
    }

    /// The partitioner of the map tasks. Split points are only looked for where somebody asks for a partition.
    fn partitioner(
        &self,
        ready: &ReadyStep<'_>,
        splits: &[InputSplit],
    ) -> Result<Arc<Partitioner>, RunError> {
        match &ready.contract.partitioning {
            Partitioning::By(partitioner) => Ok(Arc::clone(partitioner)),
            Partitioning::TotalOrder(_) if ready.reducers <= 1 || splits.is_empty() => {
                Ok(Arc::default())
            }
            Partitioning::TotalOrder(order) => {
                let partitioner = order.read(&*self.storage, ready.reducers).map(Arc::new);
                partitioner.map_err(|error| {
                    let failure = TaskFailure {
                        step: ready.facts.step,
                        steps: ready.steps,
                        kind: TaskKind::Map,
                        task: 0,
                        attempt: 0,
                        place: None,
                        given_from: None,
                        at_hand: None,
                        error: TaskError::engine(error),
                        stderr_tail: Vec::new(),
                    };
                    RunErrorKind::Task(Box::new(failure)).into()
                })
            }
        }
    }

    fn reduce(
        &self,
        ready: &ReadyStep<'_>,
        store: &SpillStore,
        shuffled: Shuffled<'_>,
        context: StageContext<'_>,
    ) -> Result<(), RunError> {
        let Some(reducer) = ready.reducer() else { return Ok(()) };
        let most_segments = ready.contract.most_segments;
        let merge = MergeSettings {
            order: &ready.contract.order,
            budget: self.share() as usize,
            most_segments: self.chaos.map_or(most_segments, |_| Chaos::MERGED_AT_ONCE),
        };
        ReduceStage { context, reducer, partitions: ready.reducers, shuffled, store, merge }
            .run(&self.supervisor)
    }

    /// Bytes of memory for the records of one worker.
    fn share(&self) -> u64 {
        self.memory / 4 * 3 / self.workers as u64
    }

    fn inputs_of(&self, course: &Course<'_>, step: &Step) -> Result<Vec<StepFiles>, RunError> {
        let files = step.inputs.iter().map(|input| {
            let whole = input.whole_files;
            if let Some(written) = self.written.find(course, &input.source) {
                let files = self.parts_of(&written.staging)?;
                return Ok(StepFiles { files, whole, ..StepFiles::default() });
            }
            let (files, options) = (self.input_files(&input.source)?, self.options);
            Ok(StepFiles { files, whole, sample: options.sample, limit: options.limit })
        });
        files.collect()
    }

    /// The splits of a step's inputs, those of the job's own no further than to the run's limit.
    fn splits(
        &self,
        inputs: &[StepFiles],
        contract: &Contract,
        step: StepNumber,
    ) -> Result<Vec<InputSplit>, RunError> {
        let splits = split_inputs(&*self.storage, inputs, self.options.splits)?;
        if inputs.iter().all(|input| input.limit.is_none()) {
            return Ok(splits);
        }
        let (storage, settings) = (&*self.storage, &contract.reader);
        self.watched(|pulse| keep_first(storage, inputs, splits, settings, pulse, step))
    }

    fn ready<'s>(
        &self,
        plan: &'s Plan,
        course: &Course<'_>,
        inputs: &[StepFiles],
        staging: &Staging,
    ) -> Result<(ReadyStep<'s>, Vec<InputSplit>), RunError> {
        let step = &plan.steps[course.step()];
        let mut properties = self.properties(plan, step);
        let task_folder = self.show_side_files(course, step, &mut properties)?;
        let contract = Contract::of(step, &properties, self.options.input_limits)?;
        let number = StepNumber { number: course.step(), of: plan.steps.len() };
        let splits = self.splits(inputs, &contract, number)?;
        let reducers = self.reducers(step, &properties)?;
        let writing = WriteSettings {
            codec: match contract.part_format {
                PartFormat::Lines => self.codec_of(step, course)?,
                _ => None, // a SequenceFile compresses its records itself
            },
            format: contract.part_format.clone(),
            separator: contract.part_separator.clone(),
            durable: self.publishes(course) && course.round().is_none(),
            keeps_failed: self.options.keep != Keep::None,
            takes_named: matches!(self.options.output, Output::Folder(_)),
            owners: staging.owners(),
        };
        if let Some(codec) = writing.codec {
            // Children write files of their own beside their records.
            properties.set("mapreduce.output.fileoutputformat.compress", "true");
            let class = "mapreduce.output.fileoutputformat.compress.codec";
            properties.set(class, codec.hadoop_class());
        }
        let files: usize = inputs.iter().map(|input| input.files.len()).sum();
        properties.set("mapreduce.input.fileinputformat.numinputfiles", files.to_string());
        let facts = self.facts(properties, staging, course, step, &splits, reducers);
        let ready = ReadyStep {
            step,
            steps: plan.steps.len(),
            contract,
            reducers,
            facts,
            writing,
            _task_folder: task_folder,
        };
        Ok((ready, splits))
    }

    /// Whether the step at hand may write what is published.
    fn publishes(&self, course: &Course<'_>) -> bool {
        course.may_be_last() && matches!(self.options.output, Output::Folder(_))
    }

    /// The codec of part files: what the step says; else, for the last step, what the run says.
    fn codec_of(&self, step: &Step, course: &Course<'_>) -> Result<Option<Codec>, RunError> {
        match &step.codec {
            Some(name) => codec_named(Some(name)),
            None if course.may_be_last() => Ok(self.output_codec),
            None => Ok(None),
        }
    }

    fn properties(&self, plan: &Plan, step: &Step) -> Properties {
        let mut properties = Properties::new();
        properties.set("mapreduce.job.name", plan.name.clone());
        if self.options.rejects.is_some() || self.options.max_rejects.is_some() {
            properties.set(names::REJECT_UNDECODABLE, "true");
        }
        if step.sort_values {
            properties.extend(names::SORTED_VALUES.map(|(name, value)| (name, value.to_owned())));
        }
        let given = [&self.options.properties, &step.properties, &self.set];
        for (name, value) in given.into_iter().flatten() {
            properties.set(name, value.clone());
        }
        properties
    }

    /// Reduce tasks of a step: what the job says, else the run, else a property, else two.
    fn reducers(&self, step: &Step, properties: &Properties) -> Result<u32, RunError> {
        if step.reducer.is_none() {
            return Ok(0);
        }
        if let Some(reducers) = step.reducers.or(self.options.reducers) {
            return Ok(reducers);
        }
        let asked = properties
            .get_i64("mapreduce.job.reduces", i64::from(REDUCERS))
            .map_err(|error| unsupported(error.to_string()))?;
        u32::try_from(asked)
            .map_err(|_| unsupported(format!("{asked} is no number of reduce tasks")))
    }

    fn facts(
        &self,
        mut properties: Properties,
        staging: &Staging,
        course: &Course<'_>,
        step: &Step,
        splits: &[InputSplit],
        reducers: u32,
    ) -> StepFacts {
        properties.set("mapreduce.job.maps", splits.len().to_string());
        properties.set("mapreduce.job.reduces", reducers.to_string());
        let has_one = step.inputs.len() == 1;
        let input_names = step.inputs.iter().filter(|_| !has_one).map(|input| input.source.name());
        StepFacts {
            properties,
            identifier: format!("local{}_{:04}", self.id.number % 1_000_000_000, self.started + 1),
            output_uri: file_uri(staging.folder()),
            step: course.step(),
            input_names: input_names.map(Cow::into_owned).collect(),
        }
    }
}

/// A map task, to say that its output is missing.
fn of_split(task: u32, split: &InputSplit) -> String {
    let (path, start) = (split.file.path.display(), split.start);
    format!("map task {task} (`{path}`, {} bytes from byte offset {start})", split.length)
}

/// A reduce task, to say that its output is missing.
fn of_partition(task: u32) -> String {
    format!("reduce task {task} (all keys of partition {task})")
}
