//! What tasks write beside their records: named outputs and rejects.

use std::collections::BTreeMap;

use howdah_plan::{Origin, RecordLayout, RecordSink, SideOutputs, TaskError};

use super::records::{Line, Records};

/// The side outputs of a task that runs.
#[derive(Debug, Default)]
pub(super) struct TaskSide {
    outputs: BTreeMap<String, Records>,
    rejects: Vec<(String, String)>,
}

impl SideOutputs for TaskSide {
    fn output(&mut self, name: &str) -> Result<&mut dyn RecordSink, TaskError> {
        Ok(self.outputs.entry(name.to_owned()).or_default())
    }

    fn reject(&mut self, reason: &str, record: &[u8], _: Option<&Origin>) -> Result<(), TaskError> {
        let record = match str::from_utf8(record) {
            Ok(text) => text.to_owned(),
            Err(_) => record.escape_ascii().to_string(),
        };
        self.rejects.push((reason.to_owned(), record));
        Ok(())
    }
}

/// The side outputs of tasks that have ended.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) outputs: BTreeMap<String, Vec<Line>>,
    /// Each reason with its record.
    pub(super) rejects: Vec<(String, String)>,
}

impl Side {
    /// The lines of the output with a name; none if nothing was written to it.
    pub(super) fn output(&self, name: &str) -> &[Line] {
        self.outputs.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes what a task wrote.
    pub(super) fn take(&mut self, task: TaskSide) {
        for (name, records) in task.outputs {
            // Whether there is a TAB is decided by the output's protocol, which writes a value or none.
            let lines = records.all.into_iter().map(|r| r.into_line(RecordLayout::KeyValue));
            self.outputs.entry(name).or_default().extend(lines);
        }
        self.rejects.extend(task.rejects);
    }

    /// Takes what the tasks of a step wrote.
    pub(super) fn append(&mut self, other: Side) {
        for (name, lines) in other.outputs {
            self.outputs.entry(name).or_default().extend(lines);
        }
        self.rejects.extend(other.rejects);
    }
}
