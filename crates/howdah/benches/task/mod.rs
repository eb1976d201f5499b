//! A map task of the benches' own: lines go in, and what comes out is dropped.

use std::any::Any;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use howdah_plan::{
    GivenSize, Part, Plan, RecordSink, Reporter, TaskError, TaskInfo, TaskKind, TaskOutput,
};

/// What becomes of the values that a mapper emits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValuesAre {
    /// Written as JSON, as for the sort.
    Written,
    /// Taken as they are, as by a fold's table.
    #[allow(dead_code)] // not in each bench
    Given,
}

/// Maps all lines by the first mapper of a plan.
pub(crate) fn map(bencher: Bencher<'_, '_>, plan: &Plan, lines: &[String], values: ValuesAre) {
    let Part::Linked(make) = &plan.steps[0].inputs[0].mapper else {
        unreachable!("it is no command")
    };
    let mut mapper = make();
    let info = TaskInfo::new(0, TaskKind::Map, 0);
    let (mut records, mut reporter) = (Dropped { record: Vec::new(), values }, Silent);
    count(bencher, lines).bench_local(|| {
        let mut out = TaskOutput::new(&mut records, &mut reporter, &info);
        for line in lines {
            mapper.map(line.as_bytes(), &mut out).unwrap();
        }
    });
}

/// A bencher that tells lines and bytes a second.
pub(crate) fn count<'a, 'b>(bencher: Bencher<'a, 'b>, lines: &[String]) -> Bencher<'a, 'b> {
    let bytes: usize = lines.iter().map(String::len).sum();
    bencher.counter(ItemsCount::new(lines.len())).counter(BytesCount::new(bytes))
}

struct Dropped {
    record: Vec<u8>,
    values: ValuesAre,
}

impl RecordSink for Dropped {
    fn key(&mut self) -> &mut Vec<u8> {
        self.record.clear();
        &mut self.record
    }
    fn value(&mut self) -> &mut Vec<u8> {
        &mut self.record
    }
    fn end(&mut self) -> Result<(), TaskError> {
        black_box(&self.record);
        Ok(())
    }
    fn abandon(&mut self) {}
    fn takes_given(&self) -> bool {
        self.values == ValuesAre::Given
    }
    fn give(&mut self, value: &mut dyn Any, _: GivenSize) -> Result<bool, TaskError> {
        black_box((&self.record, value));
        Ok(true)
    }
}

struct Silent;

impl Reporter for Silent {
    fn count(&mut self, _: &str, _: &str, _: i64) {}
    fn status(&mut self, _: &str) {}
}
