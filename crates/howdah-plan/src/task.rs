//! The byte face of a task: what an engine calls, and what a task's code calls back.
//!
//! Everything here is object safe and free of the types of a user's records, so that engines are compiled once
//! and a job adds a thin typed shell. A record is a key and a value, both bytes.
//!
//! ```
//! use howdah_plan::{RawMapper, TaskError, TaskOutput};
//!
//! /// Emits each line's length as key, and `1`.
//! struct Lengths;
//!
//! impl RawMapper for Lengths {
//!     fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
//!         out.records.key().extend_from_slice(line.len().to_string().as_bytes());
//!         out.records.value().push(b'1');
//!         out.records.end()
//!     }
//! }
//! ```

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use howdah_streaming::writable::RecordClasses;
use serde::{Deserialize, Serialize};

use crate::error::TaskError;

/// Where a task's records go: a collector, a part file, a pipe.
///
/// A record is written in place, without a copy: [`key`](Self::key) opens it and gives the buffer to append the
/// key's bytes to, [`value`](Self::value) says that the key is complete and gives the buffer for the value,
/// [`end`](Self::end) closes it. A record ended without a value has none at all: as text it is a line without a
/// separator (Hadoop's `keyonlytext`).
///
/// The buffer holds other things before the record: append only, and never shorten it by hand.
pub trait RecordSink {
    /// Opens a record and gives the buffer for its key.
    fn key(&mut self) -> &mut Vec<u8>;
    /// Ends the key and gives the buffer for the value.
    fn value(&mut self) -> &mut Vec<u8>;
    /// Closes the record.
    ///
    /// # Errors
    /// When the engine cannot take it, as on a full disk.
    fn end(&mut self) -> Result<(), TaskError>;
    /// Takes back what was appended since [`key`](Self::key).
    fn abandon(&mut self);

    /// Takes a whole record that lies elsewhere: one call for what are three, where it is not known which sink it is.
    ///
    /// # Errors
    /// Those of [`end`](Self::end).
    fn record(&mut self, key: &[u8], value: &[u8]) -> Result<(), TaskError> {
        self.key().extend_from_slice(key);
        self.value().extend_from_slice(value);
        self.end()
    }

    /// Told before the first record of which types keys and values will be, where they may be others than text. Their bytes
    /// are their [contents](howdah_streaming::writable).
    fn classes(&mut self, _classes: RecordClasses) {}

    /// Whether [`give`](Self::give) is worth trying.
    fn takes_given(&self) -> bool {
        false
    }
    /// Closes the open record with a value of the job's own type, in place of [`value`](Self::value) and
    /// [`end`](Self::end): `value` is an `Option` of it, and `None` once it is taken. A value that is combined
    /// before the sort need not be written to be read again.
    ///
    /// `false` if this sink takes none, or none of this type: then the record is still open for its value's bytes.
    ///
    /// # Errors
    /// Those of [`end`](Self::end).
    fn give(&mut self, _value: &mut dyn Any, _size: GivenSize) -> Result<bool, TaskError> {
        Ok(false)
    }
}

/// Where a task's counters and status go.
pub trait Reporter {
    /// Adds `amount` to a counter.
    fn count(&mut self, group: &str, name: &str, amount: i64);
    /// Says what the task is doing.
    fn status(&mut self, text: &str);
}

/// Where records go that are not the task's output: outputs with a name of their own, and rejected records.
pub trait SideOutputs {
    /// The sink of the output with a name, opened when it is first asked for.
    ///
    /// # Errors
    /// When there is no place for it, or it cannot be written.
    fn output(&mut self, name: &str) -> Result<&mut dyn RecordSink, TaskError>;

    /// Puts a record aside that the job does not take, with the reason and, where it is known, its place in the
    /// input.
    ///
    /// # Errors
    /// When it cannot be written.
    fn reject(
        &mut self,
        reason: &str,
        record: &[u8],
        origin: Option<&Origin>,
    ) -> Result<(), TaskError>;
}

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The URI of its file.
    pub file: String,
    /// Where its line begins, in bytes; in a compressed file, of what comes out.
    pub offset: u64,
}

/// The group of the counters that howdah's own code counts in tasks.
pub const OWN_COUNTERS: &str = "howdah";
/// The counter of rejected records.
pub const REJECTED: &str = "Rejected records";

/// What a task's code writes to: its records, its reporter, and the facts of its task.
#[allow(missing_debug_implementations)] // holds trait objects
pub struct TaskOutput<'a> {
    /// Where records go.
    pub records: &'a mut dyn RecordSink,
    /// Where counters and status go.
    pub reporter: &'a mut dyn Reporter,
    /// Which task this is.
    pub info: &'a TaskInfo,
    /// Where other records go; none in a combiner.
    pub side: Option<&'a mut dyn SideOutputs>,
    /// Records that the job does not take. They are put aside when the engine, which knows where the record at hand
    /// came from, [settles](Self::settle) the call.
    pub rejects: Rejects,
    failed: Option<TaskError>,
}

/// Records that the job does not take, each with the reason.
#[derive(Debug, Default)]
pub struct Rejects(Vec<(String, Vec<u8>)>);

impl Rejects {
    /// Adds a record.
    pub fn push(&mut self, reason: impl Into<String>, record: &[u8]) {
        self.0.push((reason.into(), record.to_vec()));
    }
}

impl<'a> TaskOutput<'a> {
    /// The outputs of one task attempt, apart from its side outputs.
    pub fn new(
        records: &'a mut dyn RecordSink,
        reporter: &'a mut dyn Reporter,
        info: &'a TaskInfo,
    ) -> Self {
        TaskOutput {
            records,
            reporter,
            info,
            side: None,
            rejects: Rejects::default(),
            failed: None,
        }
    }

    /// The same with side outputs.
    #[must_use]
    pub fn with_side(self, side: &'a mut dyn SideOutputs) -> Self {
        TaskOutput { side: Some(side), ..self }
    }

    /// Notes a failure that the code at hand cannot return, as inside a closure that emits. The first one stays.
    pub fn fail(&mut self, error: TaskError) {
        self.failed.get_or_insert(error);
    }

    /// Whether a failure was noted.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Ends a call of the task's code: counts and puts aside what it rejected, and gives back the failure that it
    /// [noted](Self::fail). Engines do so after each record and group.
    ///
    /// # Errors
    /// The noted failure, once; or that of writing a rejected record.
    #[inline]
    pub fn settle(&mut self, origin: impl FnOnce() -> Option<Origin>) -> Result<(), TaskError> {
        if !self.rejects.0.is_empty() {
            self.put_aside(origin().as_ref())?;
        }
        match self.failed.take() {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// [Settles](Self::settle) a call whose records have no place in an input.
    ///
    /// # Errors
    /// Those of `settle`.
    #[inline]
    pub fn check(&mut self) -> Result<(), TaskError> {
        self.settle(|| None)
    }

    /// Takes the [noted](Self::fail) failure, for a wrapper to pass it on.
    pub fn take_failure(&mut self) -> Option<TaskError> {
        self.failed.take()
    }

    #[cold]
    fn put_aside(&mut self, origin: Option<&Origin>) -> Result<(), TaskError> {
        let Some(side) = &mut self.side else {
            return Err(TaskError::engine("a combiner cannot reject records"));
        };
        for (reason, record) in self.rejects.0.drain(..) {
            self.reporter.count(OWN_COUNTERS, REJECTED, 1);
            side.reject(&reason, &record, origin)?;
        }
        Ok(())
    }
}

/// A mapper, over bytes. It is made anew for each task attempt.
pub trait RawMapper: Send {
    /// Told first of all which types the keys and values are of that it will get; gives those of what it emits. They are
    /// text where an input's format says nothing else.
    fn classes(&mut self, _read: RecordClasses) -> RecordClasses {
        RecordClasses::TEXT
    }
    /// Called once before the first record.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn start(&mut self, _out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        Ok(())
    }
    /// Called for each record: a line without its terminator.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError>;
    /// Called instead of [`map`](Self::map) where the input's format gives each record a key, such as its offset.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn map_pair(
        &mut self,
        _key: &[u8],
        value: &[u8],
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        self.map(value, out)
    }
    /// Called once after the last record, also when there was none.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn finish(&mut self, _out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        Ok(())
    }
}

/// A reducer or a combiner, over bytes. It is made anew for each task attempt, a combiner for each run of it.
///
/// A combiner's records carry the very key that it was given.
pub trait RawReducer: Send {
    /// Told first of all which types the keys and values are of that it will get; gives those of what it emits.
    fn classes(&mut self, _read: RecordClasses) -> RecordClasses {
        RecordClasses::TEXT
    }
    /// Called once before the first group.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn start(&mut self, _out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        Ok(())
    }
    /// Called for each key with its values. Values that are not asked for are passed over.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError>;
    /// Called once after the last group, also when there was none.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn finish(&mut self, _out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        Ok(())
    }
}

/// The values of one group, each lent until the next is asked for.
pub trait RawValues {
    /// The next value, or `None` after the last.
    ///
    /// # Errors
    /// When a spill cannot be read back.
    fn next(&mut self) -> Result<Option<&[u8]>, TaskError>;
    /// Whether the engine has sorted them by their bytes itself; `false` says nothing.
    fn are_sorted(&self) -> bool {
        false
    }
}

/// How large a value is that is [given](RecordSink::give).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GivenSize {
    /// The bytes of its JSON.
    pub json: usize,
    /// The bytes that it holds elsewhere, as text does.
    pub held: usize,
}

/// Accumulators behind small integers, so that an engine can keep a table from key bytes to a typed value.
///
/// Used for combiners whose result does not depend on order or grouping. Values come in by [`read`](Self::read) or
/// [`give`](Self::give) and wait; [`merge`](Self::merge) says for all that wait at once which slots they belong to. So
/// an engine can look up the keys of several records together.
pub trait RawFold: Send {
    /// Takes a value, as written by the mapper.
    ///
    /// # Errors
    /// When the value cannot be decoded.
    fn read(&mut self, value: &[u8]) -> Result<(), TaskError>;
    /// Takes a value of the mapper's own type: `value` is an `Option` of it, and `None` once it is taken. `false` if it
    /// is of another type.
    fn give(&mut self, value: &mut dyn Any) -> bool;
    /// Adds all values that wait to their slots, in the order in which they came: as many as there are `slots`. A slot
    /// is opened by its first value; new slots come in order, 0, 1, 2, … since the last [`clear`](Self::clear).
    ///
    /// # Errors
    /// When a sum cannot be held.
    fn merge(&mut self, slots: &[u32]) -> Result<(), TaskError>;
    /// Appends a slot's accumulator, as a mapper would write it.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&self, slot: u32, out: &mut Vec<u8>) -> Result<(), TaskError>;
    /// Forgets all slots, and all values that wait.
    fn clear(&mut self);
}

/// The kind of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// Reads a split.
    Map,
    /// Shortens a map task's sorted records.
    Combine,
    /// Reads a partition.
    Reduce,
}

impl TaskKind {
    /// The word for it: `map`, `combine`, `reduce`.
    pub fn name(self) -> &'static str {
        match self {
            TaskKind::Map => "map",
            TaskKind::Combine => "combine",
            TaskKind::Reduce => "reduce",
        }
    }
}

/// The facts of one task attempt.
#[derive(Debug, Clone)]
pub struct TaskInfo {
    /// The step's number, from 0.
    pub step: usize,
    /// Map, combine or reduce.
    pub kind: TaskKind,
    /// The task's number within its kind, from 0: a reduce task's partition.
    pub task: u32,
    /// The attempt's number, from 0.
    pub attempt: u32,
    /// The URI of the file that a map task reads, as Hadoop's `mapreduce.map.input.file` has it.
    pub input_file: Option<String>,
    /// The job's properties, with the old and new names that a task sees.
    pub properties: Arc<BTreeMap<String, String>>,
}

impl TaskInfo {
    /// The facts of the first attempt of a task without an input file.
    pub fn new(step: usize, kind: TaskKind, task: u32) -> Self {
        let properties = Arc::default();
        TaskInfo { step, kind, task, attempt: 0, input_file: None, properties }
    }
}
