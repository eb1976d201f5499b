//! What passes between howdah's rooms.
//!
//! A job becomes a [`Plan`]: steps, each with inputs and their mappers, perhaps a combiner and a reducer. Engines
//! execute plans; here are the words in which a job speaks to an engine and an engine speaks to its readers:
//!
//! | module | what | who speaks it |
//! | --- | --- | --- |
//! | [`plan`] | [`Plan`], [`Step`], [`Part`] | a job's builder → engines |
//! | `plan_file` | [`Plan::from_json`]: a plan that another program wrote | programs in any language → engines |
//! | [`byte_size`] | numbers of bytes, as people write them | people → all who read options |
//! | [`time_span`] | lengths of time, as people write them | people → all who read options |
//! | [`names`] | properties and file names that both sides must agree on | engines ↔ a task's code |
//! | [`course`] | [`Course`]: the way through a plan's steps and loops | engines |
//! | [`rounds`] | [`Round`], [`Next`]: what a loop's decision sees and says | engines ↔ a job's builder |
//! | [`request`] | what a run asks of a plan, and whether the plan has it | engines |
//! | [`task`] | the byte face of a task: [`RawMapper`], [`RawReducer`], [`RawFold`], [`RecordSink`] | engines ↔ a task's code |
//! | [`groups`] | sorted records as groups, and the loop that feeds them to a reducer | engines → a task's code |
//! | [`error`] | [`TaskError`]: why a task's code or its record failed | a task's code → engines |
//! | [`reject`] | a rejected record as a line of JSON | engines → readers |
//! | [`cause`] | why a program failed: its exit code, its last words | engines → people |
//! | [`secrets`] | what looks like a secret, and how to speak of a job without saying it | all who write messages |
//! | [`visible`] | users' data as text that a terminal can be given | all who write messages |
//! | [`counters`] | [`Counters`], named and ordered as Hadoop prints them | engines → readers |
//! | [`counter_limits`] | [`CounterLimits`]: how many of them Hadoop allows | engines, tasks |
//! | [`event`] | [`Event`]: what happens while a plan runs | engines → progress, reports, JSON |
//! | [`exit`] | exit codes | programs |
//!
//! **Invariant.** No file, no thread and no type of a user's record is known here: records are bytes.

pub mod byte_size;
pub mod cause;
pub mod counter_limits;
pub mod counters;
pub mod course;
pub mod error;
pub mod event;
pub mod exit;
pub mod groups;
pub mod names;
pub mod plan;
mod plan_file;
pub mod reject;
pub mod request;
pub mod rounds;
pub mod secrets;
pub mod task;
pub mod time_span;
pub mod visible;

pub use cause::Cause;
pub use counter_limits::{CountedBy, CounterLimits, LimitExceeded};
pub use counters::{Counters, FrameworkCounter};
pub use course::{Course, Onward, Written, WrittenAs};
pub use error::{TaskError, TaskErrorKind};
pub use event::Event;
pub use groups::{GroupAtHand, SortedRecords, reduce_groups, reduce_groups_at};
pub use plan::{
    CommandLine, LineForm, Make, Part, Plan, RecordLayout, Repeat, SideFile, Source, Step,
    StepInput, make,
};
pub use plan_file::PlanFileError;
pub use reject::Reject;
pub use request::{Keep, RejectLimit, RequestError};
pub use rounds::{Decide, Hook, Next, Round, RoundResults};
pub use task::{
    GivenSize, OWN_COUNTERS, Origin, REJECTED, RawFold, RawMapper, RawReducer, RawValues,
    RecordSink, Rejects, Reporter, SideOutputs, TaskInfo, TaskKind, TaskOutput,
};
