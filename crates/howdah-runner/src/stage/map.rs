//! The map stage: splits become map outputs, or parts where there is no reducer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use howdah_plan::event::{PhaseTimes, StageProgress, TaskSummary};
use howdah_plan::{
    CountedBy, Counters, Event, FrameworkCounter, OWN_COUNTERS, Part, REJECTED, RecordSink,
    Reporter, SideOutputs, StepInput, TaskError, TaskInfo, TaskKind,
};
use howdah_platform::thread_cpu_time;
use howdah_shuffle::spill::SpillWriter;
use howdah_shuffle::{
    Books, CollectSettings, Collector, CollectorBuffers, Combine, Finished, MapOutput, SpillStore,
};

use super::ledger::Figures;
use super::shuffled::HandedOn;
use super::supervisor::Supervisor;
use super::{AttemptError, Done, StageContext, locked};
use crate::chaos::{FailingSink, Fate};
use crate::error::{self, AtHand, RecordPlace, RunError};
use crate::input::{InputSplit, LongRecord, RecordReader, SkippedLine};
use crate::oddities::Oddities;
use crate::output::{AttemptFiles, AttemptPart};
use crate::task::combine::{
    ChildCombine, CombineCounters, FoldCombine, IdentityCombine, LinkedCombine,
};
use crate::task::reporter::AttemptReporter;
use crate::task::{self, AttemptContext};

/// The map stage of a step.
pub(crate) struct MapStage<'a> {
    pub(crate) context: StageContext<'a>,
    pub(crate) splits: &'a [InputSplit],
    /// How records are collected; `None` writes them to part files.
    pub(crate) collect: Option<(&'a CollectSettings, &'a SpillStore)>,
}

/// What a thread of the stage keeps from task to task.
struct Worker<'s> {
    buffers: CollectorBuffers,
    writer: Option<SpillWriter<'s>>,
}

impl<'a> MapStage<'a> {
    /// Runs all map tasks.
    pub(crate) fn run(&self, supervisor: &Supervisor) -> Result<HandedOn, RunError> {
        let began = self.context.clock.now();
        let tasks = self.splits.len() as u32;
        let books = Mutex::new(Books::default());
        let work = |worker: &mut Worker<'a>, task: u32| {
            let attempt = |attempt| self.attempt(worker, task, attempt);
            let Done { result: (output, of_task), figures } =
                self.context.attempts(TaskKind::Map, task, attempt, |_| Ok(false))?;
            locked(&books).add(&of_task);
            Ok(Done { result: output.made_by(task, figures.summary.attempt), figures })
        };
        let progress = || self.tell_progress(began);
        let mut outputs = self.context.run(supervisor, tasks, || self.worker(), work, progress)?;
        // Without the memory that a stable sort takes: no two are of one split.
        outputs.sort_unstable_by_key(|output| self.splits[output.maker().0 as usize].ordinal);
        let books = books.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(HandedOn { outputs, books })
    }

    /// Runs a task that has succeeded before, for its map output alone.
    pub(super) fn again(&self, task: u32, attempt: u32) -> Result<MapOutput, AttemptError> {
        let Some(collect) = self.collect else { return Ok(MapOutput::default()) };
        let split = &self.splits[task as usize];
        let info = self.context.facts.info(TaskKind::Map, task, attempt, Some(split));
        let mut running = self.open(&info, split)?;
        let ((output, _), _) = self.collect(&mut self.worker(), collect, &mut running)?;
        Ok(output.made_by(task, attempt))
    }

    fn worker(&self) -> Worker<'a> {
        Worker {
            buffers: CollectorBuffers::default(),
            writer: self.collect.map(|(_, store)| SpillWriter::new(store)),
        }
    }

    fn tell_progress(&self, began: Instant) {
        let (tasks_done, records, bytes) = self.context.pulse.figures();
        let bytes_total = self.splits.iter().map(InputSplit::bytes).sum();
        let progress = StageProgress {
            tasks_done,
            tasks: self.splits.len() as u32,
            records,
            bytes: bytes.min(bytes_total), // a split's last line is read to its end, beyond the split
            bytes_total,
            spills: self.collect.map_or(0, |(_, store)| store.spills()),
            elapsed: self.context.clock.now().saturating_duration_since(began),
            tasks_only: false,
        };
        let step = self.context.number;
        (self.context.events)(Event::Progress { step, stage: TaskKind::Map, progress });
    }

    fn attempt(
        &self,
        worker: &mut Worker<'a>,
        task: u32,
        attempt: u32,
    ) -> Result<Done<(MapOutput, Books)>, AttemptError> {
        let context = &self.context;
        let (began, cpu_before) = (context.clock.now(), thread_cpu_time());
        let split = &self.splits[task as usize];
        let info = context.facts.info(TaskKind::Map, task, attempt, Some(split));
        let fate = context.fate(&info);
        fate.begin()?;
        let mut running = self.open(&info, split)?;
        running.fate = fate;
        let (output, part, combined) = if let Some(collect) = self.collect {
            let (output, combined) = self.collect(worker, collect, &mut running)?;
            (output, None, combined)
        } else {
            (Default::default(), Some(running.write()?), Counters::default())
        };

        let MapAttempt { input, files, reporter, mut counters, mut times, .. } = running;
        let mut counted = reporter.counters.clone();
        counted.merge(&combined);
        let counted_by = CountedBy::MapTask { writes_part: self.collect.is_none() };
        context.check_counters(&counted, counted_by)?;
        fate.end()?;
        times.write = files.commit(part, !context.contract.lazy_output)?;
        counters.add_framework(FrameworkCounter::MapInputRecords, input.records());
        counters.merge(&reporter.counters);
        context.pulse.add_records(input.records());
        let oddities = context.pulse.oddities();
        Oddities::add(&oddities.left_out, input.skipped());
        Oddities::add(&oddities.cut_input, input.bare_returns());
        (times.read, times.decode) = input.times();
        times.map =
            context.clock.now().saturating_duration_since(began).saturating_sub(times.wall());
        times.cpu = thread_cpu_time().saturating_sub(cpu_before);
        let summary =
            TaskSummary { kind: TaskKind::Map, task, attempt, times, largest_groups: Vec::new() };
        let figures = Figures { counters, combined, summary };
        Ok(Done { result: output, figures })
    }

    /// Opens the input of an attempt.
    fn open<'t>(
        &'t self,
        info: &'t TaskInfo,
        split: &'t InputSplit,
    ) -> Result<MapAttempt<'t>, AttemptError> {
        let context = &self.context;
        let attempt_context = AttemptContext {
            contract: context.contract,
            pulse: context.pulse,
            info,
            writes_part: self.collect.is_none(),
            sorts_values: context.step.sort_values,
        };
        let reader = &context.contract.reader;
        let limits = context.contract.counter_limits;
        let reporter = AttemptReporter::new(info, limits, context.events);
        let mut input = RecordReader::open(context.storage, split, reader, context.pulse)
            .map_err(|error| TaskError::engine(crate::input::LineError::Read(error)))
            .map_err(|error| AttemptError {
                error,
                place: Some(split.place()),
                given_from: None,
                at_hand: None,
            })?;
        let log = reporter.another();
        input.tell_skipped(move |SkippedLine { size, position }| {
            let line = format!(
                "INFO mapred.LineRecordReader: Skipped line of size {size} at pos {position}"
            );
            log.log(line.as_bytes());
        });
        Ok(MapAttempt {
            context: attempt_context,
            step_input: &context.step.inputs[split.input()],
            split,
            input,
            files: context.files(info),
            reporter,
            counters: Counters::default(),
            times: PhaseTimes::default(),
            fate: Fate::NONE,
        })
    }

    /// Maps into the shuffle.
    fn collect(
        &self,
        worker: &mut Worker<'a>,
        (settings, store): (&'a CollectSettings, &'a SpillStore),
        attempt: &mut MapAttempt<'_>,
    ) -> Result<((MapOutput, Books), Counters), AttemptError> {
        let context = &self.context;
        let combine_counters = CombineCounters::default();
        let combine_info = TaskInfo { kind: TaskKind::Combine, ..attempt.context.info.clone() };
        let combine_context = AttemptContext { info: &combine_info, ..attempt.context };
        let combiner = combiner(context, combine_context, &combine_counters);
        let fold = context.step.fold.as_ref().map(|make| make());
        let writer = worker.writer.get_or_insert_with(|| SpillWriter::new(store));
        let buffers = std::mem::take(&mut worker.buffers);
        let mut collector = Collector::new(settings, buffers, writer, combiner, fold);
        attempt.map(&mut collector).map_err(|failed| {
            // Records are combined some at a time: the one that came last is not to blame.
            if collector.failed_in_table() { AttemptError::from(failed.error) } else { failed }
        })?;
        let Finished { output, books, collected, buffers } =
            collector.finish().map_err(TaskError::from)?;
        worker.buffers = buffers;

        let counters = &mut attempt.counters;
        for (counter, amount) in [
            (FrameworkCounter::MapOutputRecords, collected.records),
            (FrameworkCounter::MapOutputBytes, collected.bytes),
            (FrameworkCounter::CombineInputRecords, collected.combine_input),
            (FrameworkCounter::CombineOutputRecords, collected.combine_output),
            (FrameworkCounter::SpilledRecords, collected.spilled_records),
        ] {
            counters.add_framework(counter, amount);
        }
        attempt.times.sort = collected.sort_time;
        attempt.times.combine = collected.combine_time;
        attempt.times.spill = collected.spill_time;
        let counted = combine_counters.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(((output, books), counted))
    }
}

/// An attempt while it runs.
struct MapAttempt<'t> {
    context: AttemptContext<'t>,
    step_input: &'t StepInput,
    split: &'t InputSplit,
    input: RecordReader<'t>,
    files: AttemptFiles<'t>,
    reporter: AttemptReporter<'t>,
    counters: Counters,
    times: PhaseTimes,
    fate: Fate,
}

impl MapAttempt<'_> {
    /// Maps into a part file.
    fn write(&mut self) -> Result<AttemptPart, AttemptError> {
        let mut part = self.files.part()?;
        self.map(part.sink())?;
        self.counters.add_framework(FrameworkCounter::MapOutputRecords, part.records());
        Ok(part)
    }

    /// Sends all records through the mapper.
    fn map(&mut self, records: &mut dyn RecordSink) -> Result<(), AttemptError> {
        if let Some(most) = self.fate.records() {
            self.fate = Fate::NONE;
            return self.map(&mut FailingSink::new(records, most));
        }
        let (input, reporter, files) = (&mut self.input, &mut self.reporter, &mut self.files);
        let mapped = task::map(self.step_input, self.context, input, records, reporter, files);
        let mapped = mapped.and_then(|()| reject_long(input, reporter, files));
        mapped.map_err(|error| {
            // What comes out of a filter has no place in the file.
            let filtered = self.step_input.filter.is_some();
            if filtered {
                at_record(error, self.split.place(), None, self.split)
            } else {
                at_record(error, self.input.place(), self.input.record_at_hand(), self.split)
            }
        })
    }
}

/// Rejects the records that were longer than allowed.
fn reject_long(
    input: &mut RecordReader<'_>,
    reporter: &mut AttemptReporter<'_>,
    files: &mut AttemptFiles<'_>,
) -> Result<(), TaskError> {
    for LongRecord { origin, most, beginning } in input.take_set_aside() {
        reporter.count(OWN_COUNTERS, REJECTED, 1);
        let reason = format!(
            "it is longer than the {most} bytes that `--max-record` allows, and this is its beginning"
        );
        files.reject(&reason, &beginning, Some(&origin))?;
    }
    Ok(())
}

/// The combiner of a step, for one attempt.
pub(super) fn combiner<'c>(
    context: &'c StageContext<'_>,
    attempt: AttemptContext<'c>,
    counters: &CombineCounters,
) -> Option<Box<dyn Combine + 'c>> {
    if let Some(make) = &context.step.fold {
        return Some(Box::new(FoldCombine::new(make())));
    }
    let counters = Arc::clone(counters);
    let events = context.events;
    match context.step.combiner.as_ref()? {
        Part::Linked(make) => {
            let limits = attempt.contract.counter_limits;
            let (info, classes) = (attempt.info, attempt.contract.shuffled);
            Some(Box::new(LinkedCombine { make, classes, info, limits, events, counters }))
        }
        Part::Command(command) => {
            Some(Box::new(ChildCombine { command, context: attempt, events, counters }))
        }
        Part::Identity => Some(Box::new(IdentityCombine)),
    }
}

/// Adds the record at hand, where it can be its fault.
fn at_record(
    error: TaskError,
    place: RecordPlace,
    record: Option<&[u8]>,
    split: &InputSplit,
) -> AttemptError {
    let by_engine = matches!(
        error.kind(),
        howdah_plan::TaskErrorKind::Engine(source) if !source.is::<crate::input::LineError>()
    );
    let child = error::of_child(&error);
    let never_ran = child.is_some_and(|child| !child.ran);
    // A command reads ahead of what it works at: all that it was given may be at fault.
    let given_from = (child.is_some() && place.codec.is_none()).then_some(split.start);
    let is_jobs_code =
        child.is_none() && !matches!(error.kind(), howdah_plan::TaskErrorKind::Engine(_));
    let at_hand = record.filter(|_| is_jobs_code).map(AtHand::record);
    let place = (!by_engine && !never_ran).then_some(place);
    AttemptError { error, place, given_from, at_hand }
}
