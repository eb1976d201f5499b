//! Whether what a map task emits is of the types that the job declares, where only the files tell the types.

use howdah_plan::{RecordSink, TaskError};
use howdah_streaming::writable::{RecordClasses, WritableClass};

use crate::contract::ClassNames;

/// A sink that fails with the first record if records are of other types than declared: `MapTask.MapOutputBuffer.collect`.
pub(crate) struct CheckedSink<'s> {
    records: &'s mut dyn RecordSink,
    declared: &'s ClassNames,
    mismatch: Option<String>,
}

impl<'s> CheckedSink<'s> {
    pub(crate) fn new(records: &'s mut dyn RecordSink, declared: &'s ClassNames) -> Self {
        let mismatch = mismatch(declared, RecordClasses::TEXT); // unless told
        CheckedSink { records, declared, mismatch }
    }
}

/// What Hadoop says of other types than are declared; `None` if they fit.
fn mismatch(declared: &ClassNames, found: RecordClasses) -> Option<String> {
    let of = |what, expected: &str, found: WritableClass| {
        (WritableClass::of_name(expected) != Some(found)).then(|| {
            format!(
                "java.io.IOException: Type mismatch in {what} from map: expected {expected}, received {found}"
            )
        })
    };
    of("key", &declared.key, found.key).or_else(|| of("value", &declared.value, found.value))
}

impl RecordSink for CheckedSink<'_> {
    fn classes(&mut self, classes: RecordClasses) {
        self.mismatch = mismatch(self.declared, classes);
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
