//! A sink that fails amid the records.

use std::any::Any;

use howdah_plan::{GivenSize, RecordSink, TaskError};
use howdah_streaming::writable::RecordClasses;

use super::Struck;

/// Passes on some records, and fails with the next.
pub(crate) struct FailingSink<'s> {
    records: &'s mut dyn RecordSink,
    passed: u64,
    most: u64,
}

impl<'s> FailingSink<'s> {
    pub(crate) fn new(records: &'s mut dyn RecordSink, most: u64) -> Self {
        FailingSink { records, passed: 0, most }
    }

    fn pass(&mut self) -> Result<(), TaskError> {
        if self.passed == self.most {
            return Err(Struck::amid(self.passed));
        }
        self.passed += 1;
        Ok(())
    }
}

impl RecordSink for FailingSink<'_> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.records.key()
    }
    fn value(&mut self) -> &mut Vec<u8> {
        self.records.value()
    }
    fn end(&mut self) -> Result<(), TaskError> {
        self.pass()?;
        self.records.end()
    }
    fn abandon(&mut self) {
        self.records.abandon();
    }
    fn classes(&mut self, classes: RecordClasses) {
        self.records.classes(classes);
    }
    fn takes_given(&self) -> bool {
        self.records.takes_given()
    }
    fn give(&mut self, value: &mut dyn Any, size: GivenSize) -> Result<bool, TaskError> {
        // One that is not taken is written, and comes to its end.
        let taken = self.records.give(value, size)?;
        if taken {
            self.pass()?;
        }
        Ok(taken)
    }
}
