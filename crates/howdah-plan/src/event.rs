//! What happens while a plan runs.
//!
//! Engines emit events; progress lines, reports, JSON and history read them. An engine never calls a reader by
//! name.

use std::time::Duration;

use serde::Serialize;

use crate::counters::Counters;
use crate::task::TaskKind;

/// The name and major version of the events' JSON form.
pub const EVENT_SCHEMA: &str = "howdah.event/1";

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A step's splits are known and its tasks begin.
    StepStarted {
        /// The step's number, from 0.
        step: usize,
        /// How many steps the plan has.
        steps: usize,
        /// Which round of its loop this is, from 1; `None` outside of loops.
        round: Option<u32>,
        /// What its tasks know as the job's id; `None` of a cluster, whose id is that of [`Submitted`](Event::Submitted).
        job: Option<String>,
        /// Map tasks.
        maps: u32,
        /// Reduce tasks; 0 for a map-only step.
        reducers: u32,
        /// Input bytes as stored; compressed files count as they lie on disk.
        input_bytes: u64,
    },
    /// A step's job was handed to a cluster, which runs it now.
    Submitted {
        /// The step's number, from 0.
        step: usize,
        /// What the cluster calls the job.
        job: String,
        /// Where a person can watch it.
        address: Option<String>,
    },
    /// How far a stage is, some times a second.
    Progress {
        /// The step's number, from 0.
        step: usize,
        /// Map or reduce.
        stage: TaskKind,
        /// Where it is.
        progress: StageProgress,
    },
    /// A task attempt succeeded.
    TaskFinished {
        /// The step's number, from 0.
        step: usize,
        /// The task.
        task: TaskSummary,
    },
    /// A task attempt failed. What becomes of the job is another event.
    AttemptFailed {
        /// The step's number, from 0.
        step: usize,
        /// Map or reduce.
        kind: TaskKind,
        /// The task's number.
        task: u32,
        /// The attempt's number, from 0.
        attempt: u32,
        /// Why, with its place in the input.
        message: String,
        /// The stable name of the error.
        slug: String,
    },
    /// The status text that a task gave.
    Status {
        /// The step's number, from 0.
        step: usize,
        /// Map or reduce.
        kind: TaskKind,
        /// The task's number.
        task: u32,
        /// The text.
        text: String,
    },
    /// A line that a task's child wrote to its standard error, reporter lines excepted.
    TaskLog {
        /// The step's number, from 0.
        step: usize,
        /// Map, combine or reduce.
        kind: TaskKind,
        /// The task's number.
        task: u32,
        /// The line.
        line: String,
    },
    /// Something that the user should know and that does not fail the job.
    Warning {
        /// The stable name of the warning.
        slug: String,
        /// The sentence.
        message: String,
    },
    /// All of a step's tasks succeeded.
    StepFinished {
        /// The step's number, from 0.
        step: usize,
        /// Which round of its loop this was, from 1; `None` outside of loops.
        round: Option<u32>,
        /// The step in figures.
        summary: StepSummary,
    },
    /// How far files are hashed, for a manifest or beside one; only of hashing that takes longer than a moment.
    Hashing {
        /// Which files.
        files: HashedFiles,
        /// Bytes of them that are hashed.
        bytes: u64,
        /// Bytes of them in all.
        bytes_total: u64,
        /// Since their hashing began.
        elapsed: Duration,
        /// Whether this is the last word about them.
        ended: bool,
    },
    /// A loop's round is done, or a look at a step's counters had something to say.
    RoundFinished {
        /// The last step that ran.
        step: usize,
        /// The round's number, from 1; `None` where it was no round of a loop.
        round: Option<u32>,
        /// What was said.
        message: Option<String>,
    },
}

/// Files that are hashed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashedFiles {
    /// What the job reads: its input and its side files.
    Inputs,
    /// What it has written.
    Output,
}

impl HashedFiles {
    /// The words for them.
    pub fn name(self) -> &'static str {
        match self {
            HashedFiles::Inputs => "inputs",
            HashedFiles::Output => "the output",
        }
    }
}

/// How far a stage of a step is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StageProgress {
    /// Tasks that are done.
    pub tasks_done: u32,
    /// Tasks in all.
    pub tasks: u32,
    /// Records read.
    pub records: u64,
    /// Bytes read, of `bytes_total`; as stored for map tasks, raw shuffled bytes for reduce tasks.
    pub bytes: u64,
    /// Bytes to read in all.
    pub bytes_total: u64,
    /// Spills written so far.
    pub spills: u64,
    /// Since the stage began.
    pub elapsed: Duration,
    /// Whether tasks are all that is known, as of a cluster; the other numbers are 0 then.
    pub tasks_only: bool,
}

/// One finished task in figures.
#[derive(Debug, Clone, Serialize)]
pub struct TaskSummary {
    /// Map or reduce.
    pub kind: TaskKind,
    /// The task's number.
    pub task: u32,
    /// The attempt's number, from 0.
    pub attempt: u32,
    /// Where its time went.
    pub times: PhaseTimes,
    /// The three largest groups of a reduce task.
    pub largest_groups: Vec<GroupSize>,
}

/// A key and how many records it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupSize {
    /// The key's first bytes as text, with escapes where they are none.
    pub key: String,
    /// Its records.
    pub records: u64,
}

/// A finished step in figures.
#[derive(Debug, Clone, Serialize)]
pub struct StepSummary {
    /// Its counters, those of failed attempts excepted.
    pub counters: Counters,
    /// From the first task's start to the last one's end.
    pub elapsed: Duration,
    /// What an engine knows that looks into its tasks.
    #[serde(flatten)]
    pub figures: Option<StepFigures>,
}

/// What becomes known of a step by a look into its tasks.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StepFigures {
    /// Where its time went, added over all tasks.
    pub times: PhaseTimes,
    /// The part of its time in which at most one task ran.
    pub serial: Duration,
    /// Bytes of spills as written, after compression.
    pub spilled_bytes: u64,
    /// The largest groups of each partition, in order of partitions.
    pub largest_groups: Vec<Vec<GroupSize>>,
}

impl StepSummary {
    /// Adds another round of the same step; the job's own counters and the largest groups are the later ones.
    pub fn add(&mut self, later: &StepSummary) {
        self.counters.take_round(&later.counters);
        self.elapsed += later.elapsed;
        if let (Some(figures), Some(later)) = (&mut self.figures, &later.figures) {
            figures.times.add(&later.times);
            figures.serial += later.serial;
            figures.spilled_bytes += later.spilled_bytes;
            figures.largest_groups.clone_from(&later.largest_groups);
        }
    }
}

/// Where a task's time went: wall time of its thread a phase, and the processor time of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PhaseTimes {
    /// Reading input files.
    pub read: Duration,
    /// Decompressing input.
    pub decode: Duration,
    /// The mapper, with everything it calls that is not named below.
    pub map: Duration,
    /// The combiner.
    pub combine: Duration,
    /// Sorting.
    pub sort: Duration,
    /// Compressing and writing spills.
    pub spill: Duration,
    /// Reading spills back and merging.
    pub merge: Duration,
    /// The reducer, with everything it calls that is not named here.
    pub reduce: Duration,
    /// Writing part files.
    pub write: Duration,
    /// Processor time of the task's own thread.
    pub cpu: Duration,
}

impl PhaseTimes {
    /// The phases in the order of a record's road, with their names.
    pub fn phases(&self) -> [(&'static str, Duration); 9] {
        [
            ("read", self.read),
            ("decode", self.decode),
            ("map", self.map),
            ("combine", self.combine),
            ("sort", self.sort),
            ("spill", self.spill),
            ("merge", self.merge),
            ("reduce", self.reduce),
            ("write", self.write),
        ]
    }

    /// The wall time of all phases.
    pub fn wall(&self) -> Duration {
        self.phases().iter().map(|(_, spent)| *spent).sum()
    }

    /// Wall time that was not processor time: waiting for the disk, a child or a processor.
    pub fn waiting(&self) -> Duration {
        self.wall().saturating_sub(self.cpu)
    }

    /// Adds another's.
    pub fn add(&mut self, other: &PhaseTimes) {
        self.read += other.read;
        self.decode += other.decode;
        self.map += other.map;
        self.combine += other.combine;
        self.sort += other.sort;
        self.spill += other.spill;
        self.merge += other.merge;
        self.reduce += other.reduce;
        self.write += other.write;
        self.cpu += other.cpu;
    }
}
