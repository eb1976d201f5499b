//! The reduce stage: each partition of all map outputs becomes a part.

use std::time::Instant;

use howdah_plan::event::{PhaseTimes, StageProgress, TaskSummary};
use howdah_plan::{
    CountedBy, CounterLimits, Counters, Event, FrameworkCounter, GroupAtHand, Origin, Part,
    RawReducer, RecordSink, SideOutputs, SortedRecords, TaskError, TaskErrorKind, TaskInfo,
    TaskKind,
};
use howdah_platform::thread_cpu_time;
use howdah_shuffle::spill::SpillWriter;
use howdah_shuffle::{MergeSettings, SpillStore, open_partition};

use super::counted::CountedRecords;
use super::ledger::Figures;
use super::map::combiner;
use super::shuffled::Shuffled;
use super::supervisor::Supervisor;
use super::{AttemptError, Done, StageContext};
use crate::chaos::FailingSink;
use crate::error::{AtHand, RunError, TaskFailure};
use crate::task::combine::CombineCounters;
use crate::task::reporter::AttemptReporter;
use crate::task::{self, AttemptContext};

/// The reduce stage of a step.
pub(crate) struct ReduceStage<'a> {
    pub(crate) context: StageContext<'a>,
    pub(crate) reducer: &'a Part<dyn RawReducer>,
    pub(crate) partitions: u32,
    pub(crate) shuffled: Shuffled<'a>,
    pub(crate) store: &'a SpillStore,
    pub(crate) merge: MergeSettings<'a>,
}

impl ReduceStage<'_> {
    /// Runs all reduce tasks.
    pub(crate) fn run(&self, supervisor: &Supervisor) -> Result<(), RunError> {
        let began = self.context.clock.now();
        let worker = || SpillWriter::new(self.store);
        let work = |writer: &mut SpillWriter<'_>, task: u32| {
            let attempt = |attempt| self.attempt(writer, task, attempt);
            let mend = |failed: &TaskFailure| self.shuffled.mend(failed);
            self.context.attempts(TaskKind::Reduce, task, attempt, mend)
        };
        let bytes_total =
            (0..self.partitions).map(|partition| self.shuffled.book(partition).bytes).sum();
        let progress = || self.tell_progress(began, bytes_total);
        self.context.run(supervisor, self.partitions, worker, work, progress).map(drop)
    }

    fn tell_progress(&self, began: Instant, bytes_total: u64) {
        let (tasks_done, records, bytes) = self.context.pulse.figures();
        let tasks = self.partitions;
        let bytes = if tasks_done == tasks { bytes_total } else { bytes.min(bytes_total) };
        let spills = self.store.spills();
        let elapsed = self.context.clock.now().saturating_duration_since(began);
        let progress = StageProgress {
            tasks_done,
            tasks,
            records,
            bytes,
            bytes_total,
            spills,
            elapsed,
            tasks_only: false,
        };
        let step = self.context.number;
        (self.context.events)(Event::Progress { step, stage: TaskKind::Reduce, progress });
    }

    fn attempt(
        &self,
        writer: &mut SpillWriter<'_>,
        task: u32,
        attempt: u32,
    ) -> Result<Done<()>, AttemptError> {
        let context = &self.context;
        let (began, cpu_before) = (context.clock.now(), thread_cpu_time());
        let info = context.facts.info(TaskKind::Reduce, task, attempt, None);
        let attempt_context = AttemptContext {
            contract: context.contract,
            pulse: context.pulse,
            info: &info,
            writes_part: true,
            sorts_values: context.step.sort_values,
        };
        let is_empty = self.shuffled.book(task).records == 0;
        let limits = if is_empty { CounterLimits::NONE } else { context.contract.counter_limits };
        let mut reporter = AttemptReporter::new(&info, limits, context.events);
        let mut counters = Counters::default();
        let mut times = PhaseTimes::default();
        let fate = context.fate(&info);
        fate.begin()?;
        let mut files = context.files(&info);
        let mut part = files.part()?;

        let largest_groups = if is_empty {
            self.reduce_nothing(attempt_context, &mut reporter)?;
            Vec::new()
        } else {
            let combine_counters = CombineCounters::default();
            let combine_info = TaskInfo { kind: TaskKind::Combine, ..info.clone() };
            let combine_context = AttemptContext { info: &combine_info, ..attempt_context };
            let mut combiner = combiner(context, combine_context, &combine_counters);
            let combiner = combiner.as_deref_mut().map(|combiner| combiner as _);
            let outputs = self.shuffled.outputs();
            let partition = self.shuffled.partition(task, &outputs);
            let (merge, passes) =
                open_partition(&self.merge, self.store, writer, partition, combiner)
                    .map_err(TaskError::from)?;
            let mut records = CountedRecords::new(merge, context.step.sort_values, context.pulse);
            let mut failing;
            let sink: &mut dyn RecordSink = match fate.records() {
                Some(most) => {
                    failing = FailingSink::new(part.sink(), most);
                    &mut failing
                }
                None => part.sink(),
            };
            let reporter = &mut reporter;
            let mut at_hand = GroupAtHand::default();
            let (reducer, files) = (self.reducer, &mut files);
            let (records_in, group) = (&mut records, &mut at_hand);
            task::reduce(reducer, attempt_context, records_in, group, sink, reporter, files)
                .map_err(|error| in_group(error, &at_hand))?;
            context.check_counters(&reporter.counters, CountedBy::ReduceTask)?;
            counters.merge(&reporter.counters);
            counters.add_framework(FrameworkCounter::ReduceInputGroups, records.groups);
            counters.add_framework(FrameworkCounter::ReduceInputRecords, records.count);
            // An estimate, so it may come out longer than all there was.
            times.merge = passes
                + records.time().min(
                    context.clock.now().saturating_duration_since(began).saturating_sub(passes),
                );
            records.into_largest()
        };

        counters.add_framework(FrameworkCounter::ReduceInputGroups, 0);
        counters.add_framework(FrameworkCounter::ReduceInputRecords, 0);
        counters.add_framework(FrameworkCounter::ReduceOutputRecords, part.records());
        fate.end()?;
        times.write = files.commit(Some(part), !context.contract.lazy_output)?;
        times.reduce =
            context.clock.now().saturating_duration_since(began).saturating_sub(times.wall());
        times.cpu = thread_cpu_time().saturating_sub(cpu_before);
        let summary = TaskSummary { kind: TaskKind::Reduce, task, attempt, times, largest_groups };
        let combined = Counters::default();
        let figures = Figures { counters, combined, summary };
        Ok(Done { result: (), figures })
    }

    /// Runs the reducer on a partition without records. As on Hadoop it starts and finishes, and what it emits and
    /// counts is discarded.
    fn reduce_nothing(
        &self,
        context: AttemptContext<'_>,
        reporter: &mut AttemptReporter<'_>,
    ) -> Result<(), TaskError> {
        let mut discarded = Discarded::default();
        let mut side = DiscardedSide::default();
        let mut at_hand = GroupAtHand::default();
        let (reducer, side, records) = (self.reducer, &mut side, &mut discarded);
        task::reduce(reducer, context, &mut NoRecords, &mut at_hand, records, reporter, side)?;
        if discarded.records > 0 {
            let (records, partition) = (discarded.records, context.info.task);
            reporter.warn(
                "howdah::output-of-empty-partition",
                format!(
                    "partition {partition} is empty, and its reducer wrote {records} records all the same; they are \
                     discarded, as Hadoop does"
                ),
            );
        }
        reporter.counters = Counters::default();
        Ok(())
    }
}

/// Adds the key of the group at hand, where it can be its fault.
fn in_group(error: TaskError, at_hand: &GroupAtHand) -> AttemptError {
    let is_jobs_code = !matches!(error.kind(), TaskErrorKind::Engine(_));
    let at_hand = at_hand.key().filter(|_| is_jobs_code).map(AtHand::key);
    AttemptError { at_hand, ..error.into() }
}

/// A partition without records.
struct NoRecords;

impl SortedRecords for NoRecords {
    fn advance(&mut self) -> Result<bool, TaskError> {
        Ok(false)
    }
    fn key(&self) -> &[u8] {
        &[]
    }
    fn value(&self) -> &[u8] {
        &[]
    }
    fn starts_group(&self) -> bool {
        false
    }
}

/// Counts records and forgets them.
#[derive(Default)]
struct Discarded {
    record: Vec<u8>,
    records: u64,
}

impl RecordSink for Discarded {
    fn key(&mut self) -> &mut Vec<u8> {
        self.record.clear();
        &mut self.record
    }
    fn value(&mut self) -> &mut Vec<u8> {
        &mut self.record
    }
    fn end(&mut self) -> Result<(), TaskError> {
        self.records += 1;
        Ok(())
    }
    fn abandon(&mut self) {}
}

/// Named outputs and rejects, forgotten.
#[derive(Default)]
struct DiscardedSide(Discarded);

impl SideOutputs for DiscardedSide {
    fn output(&mut self, _: &str) -> Result<&mut dyn RecordSink, TaskError> {
        Ok(&mut self.0)
    }
    fn reject(&mut self, _: &str, _: &[u8], _: Option<&Origin>) -> Result<(), TaskError> {
        Ok(())
    }
}
