//! Whether what a map task emits is of the types that the job declares, where only the files tell the types.

use howdah_plan::{RecordSink, TaskError};
use howdah_streaming::class_names::{ClassNames, TypeMismatch};
use howdah_streaming::writable::RecordClasses;

/// A sink that fails with the first record if records are of other types than declared: `MapTask.MapOutputBuffer.collect`.
pub(crate) struct CheckedSink<'s> {
    records: &'s mut dyn RecordSink,
    declared: &'s ClassNames,
    mismatch: Option<TypeMismatch>,
}

impl<'s> CheckedSink<'s> {
    pub(crate) fn new(records: &'s mut dyn RecordSink, declared: &'s ClassNames) -> Self {
        let mismatch = declared.wrong_from_map(RecordClasses::TEXT); // unless told
        CheckedSink { records, declared, mismatch }
    }
}

impl RecordSink for CheckedSink<'_> {
    fn classes(&mut self, classes: RecordClasses) {
        self.mismatch = self.declared.wrong_from_map(classes);
        self.records.classes(classes);
    }
    fn key(&mut self) -> &mut Vec<u8> {
        self.records.key()
    }
    fn value(&mut self) -> &mut Vec<u8> {
        self.records.value()
    }
    fn end(&mut self) -> Result<(), TaskError> {
        match &self.mismatch {
            Some(mismatch) => Err(TaskError::job(mismatch.clone())),
            None => self.records.end(),
        }
    }
    fn abandon(&mut self) {
        self.records.abandon();
    }
}
