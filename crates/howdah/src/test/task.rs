//! One task: the facts that it is told, and what it writes.

use howdah_plan::{
    Counters, Make, RawMapper, RawReducer, RecordSink, Reporter, TaskError, TaskInfo, TaskKind,
    TaskOutput,
};

use super::records::{Cause, Group, Record, Records, groups, split};
use super::side::TaskSide;

/// A task while it runs, and what it wrote.
#[derive(Debug)]
pub(super) struct Task {
    info: TaskInfo,
    pub(super) records: Records,
    pub(super) counts: Counts,
    pub(super) side: TaskSide,
}

impl Task {
    pub(super) fn new(info: TaskInfo) -> Self {
        let (records, counts) = (Records::default(), Counts::default());
        Task { info, records, counts, side: TaskSide::default() }
    }

    /// Runs a mapper over a split.
    pub(super) fn map(
        &mut self,
        make: &Make<dyn RawMapper>,
        lines: &[&[u8]],
    ) -> Result<(), TaskError> {
        let mut mapper = make();
        self.call(Cause::Task, |out| mapper.start(out))?;
        for &line in lines {
            self.call(Cause::Record(line.into()), |out| mapper.map(line, out))?;
        }
        self.call(Cause::Task, |out| mapper.finish(out))
    }

    /// Passes the lines of a split on as they are.
    pub(super) fn pass_lines(&mut self, lines: &[&[u8]]) -> Result<(), TaskError> {
        for &line in lines {
            self.records.cause = Cause::Record(line.into());
            let (key, value) = split(line);
            self.pass(key, value)?;
        }
        Ok(())
    }

    /// Runs a reducer or combiner over sorted records.
    pub(super) fn reduce(
        &mut self,
        make: &Make<dyn RawReducer>,
        sorted: &[Record],
    ) -> Result<(), TaskError> {
        let mut reducer = make();
        self.call(Cause::Task, |out| reducer.start(out))?;
        for group in groups(sorted) {
            let key = &*group[0].key;
            self.call(Cause::Key(key.into()), |out| reducer.group(key, &mut Group(group), out))?;
        }
        self.call(Cause::Task, |out| reducer.finish(out))
    }

    /// Passes sorted records on as they are.
    pub(super) fn pass_records(&mut self, sorted: &[Record]) -> Result<(), TaskError> {
        for record in sorted {
            self.records.cause = Cause::Key(record.key.as_slice().into());
            self.pass(&record.key, record.value())?;
        }
        Ok(())
    }

    fn pass(&mut self, key: &[u8], value: &[u8]) -> Result<(), TaskError> {
        self.records.record(key, value)
    }

    /// Calls the task's code, and takes what it wrote, rejected and failed with.
    fn call(
        &mut self,
        cause: Cause,
        code: impl FnOnce(&mut TaskOutput<'_>) -> Result<(), TaskError>,
    ) -> Result<(), TaskError> {
        self.records.cause = cause;
        let mut out = TaskOutput::new(&mut self.records, &mut self.counts, &self.info);
        if self.info.kind != TaskKind::Combine {
            out = out.with_side(&mut self.side);
        }
        code(&mut out)?;
        out.check()
    }
}

/// A task's counters.
#[derive(Debug, Default)]
pub(super) struct Counts(pub(super) Counters);

impl Reporter for Counts {
    fn count(&mut self, group: &str, name: &str, amount: i64) {
        self.0.add(group, name, amount);
    }

    fn status(&mut self, _: &str) {}
}
