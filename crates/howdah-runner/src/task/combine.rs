//! Combiners: what shortens a map task's sorted records.

use std::sync::{Arc, Mutex, PoisonError};

use howdah_plan::{
    CommandLine, CounterLimits, Counters, Event, GroupAtHand, Make, RawFold, RawReducer,
    RecordSink, SortedRecords, TaskError, TaskInfo, TaskOutput,
};
use howdah_shuffle::Combine;
use howdah_streaming::writable::RecordClasses;

use super::AttemptContext;
use super::child::Child;
use super::kept_keys::{FirstPartition, KeptKeys};
use super::linked;
use super::reporter::AttemptReporter;
use crate::oddities::Oddities;

/// A combiner's own counters; they are printed, and never those of the job's result.
pub(crate) type CombineCounters = Arc<Mutex<Counters>>;

/// A linked combiner: made anew for each partition of each spill.
pub(crate) struct LinkedCombine<'a> {
    pub(crate) make: &'a Make<dyn RawReducer>,
    pub(crate) classes: RecordClasses,
    pub(crate) info: &'a TaskInfo,
    pub(crate) limits: CounterLimits,
    pub(crate) events: &'a (dyn Fn(Event) + Sync),
    pub(crate) counters: CombineCounters,
}

impl Combine for LinkedCombine<'_> {
    fn combine(
        &mut self,
        records: &mut (dyn SortedRecords + Send),
        out: &mut dyn RecordSink,
    ) -> Result<(), TaskError> {
        let mut reporter = AttemptReporter::new(self.info, self.limits, self.events);
        // Whose error it is the shuffle passes on, and not its group.
        let at_hand = &mut GroupAtHand::default();
        let out = &mut TaskOutput::new(out, &mut reporter, self.info);
        linked::reduce(self.make, self.classes, records, at_hand, out)?;
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.merge(&reporter.counters);
        Ok(())
    }
}

/// A combiner as a child process: one for each partition of each spill, as Hadoop starts them.
pub(crate) struct ChildCombine<'a> {
    pub(crate) command: &'a CommandLine,
    pub(crate) context: AttemptContext<'a>,
    pub(crate) events: &'a (dyn Fn(Event) + Sync),
    pub(crate) counters: CombineCounters,
}

impl Combine for ChildCombine<'_> {
    fn combine(
        &mut self,
        records: &mut (dyn SortedRecords + Send),
        out: &mut dyn RecordSink,
    ) -> Result<(), TaskError> {
        let contract = self.context.contract;
        let limits = contract.counter_limits;
        let mut reporter = AttemptReporter::new(self.context.info, limits, self.events);
        let mut records = FirstPartition::of(records, contract)?;
        let mut out = KeptKeys::new(out, contract, records.partition);
        Child::combiner(self.command, self.context).reduce(
            &mut records,
            &mut out,
            &mut reporter,
        )?;
        Oddities::add(&self.context.pulse.oddities().strayed, out.strayed);
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.merge(&reporter.counters);
        Ok(())
    }
}

/// A combiner that passes records on, as `IdentityReducer` and Hadoop's own combiner without a command: what it does is
/// that records count as combined.
pub(crate) struct IdentityCombine;

impl Combine for IdentityCombine {
    fn combine(
        &mut self,
        records: &mut (dyn SortedRecords + Send),
        out: &mut dyn RecordSink,
    ) -> Result<(), TaskError> {
        while records.advance()? {
            out.record(records.key(), records.value())?;
        }
        Ok(())
    }
}

/// A fold as combiner: a key that comes once keeps its bytes, and only others are decoded and added up.
pub(crate) struct FoldCombine {
    fold: Box<dyn RawFold>,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl FoldCombine {
    pub(crate) fn new(fold: Box<dyn RawFold>) -> Self {
        FoldCombine { fold, key: Vec::new(), value: Vec::new() }
    }

    /// Adds up the values behind the first one of a group, as long as it lasts. `true` if there is another group.
    fn add_up(&mut self, records: &mut (dyn SortedRecords + Send)) -> Result<bool, TaskError> {
        // So many at a time: the values of one key may be all that there are.
        const AT_ONCE: usize = 32;
        self.fold.read(&self.value)?;
        let mut waiting = 1;
        loop {
            self.fold.read(records.value())?;
            waiting += 1;
            let more = records.advance()?;
            let ends = !more || records.starts_group();
            if ends || waiting == AT_ONCE {
                self.fold.merge(&[0; AT_ONCE][..waiting])?;
                waiting = 0;
            }
            if ends {
                return Ok(more);
            }
        }
    }
}

impl Combine for FoldCombine {
    fn combine(
        &mut self,
        records: &mut (dyn SortedRecords + Send),
        out: &mut dyn RecordSink,
    ) -> Result<(), TaskError> {
        let mut more = records.advance()?;
        while more {
            copy(&mut self.key, records.key());
            copy(&mut self.value, records.value());
            more = records.advance()?;
            if !more || records.starts_group() {
                out.record(&self.key, &self.value)?;
                continue;
            }
            more = self.add_up(records)?;
            out.key().extend_from_slice(&self.key);
            self.fold.write(0, out.value())?;
            out.end()?;
            self.fold.clear();
        }
        Ok(())
    }
}

fn copy(to: &mut Vec<u8>, from: &[u8]) {
    to.clear();
    to.extend_from_slice(from);
}
