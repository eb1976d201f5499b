//! The cluster engine: runs a plan's steps on a real Hadoop cluster, by stock Hadoop Streaming.
//!
//! ```text
//! plan ─► a step's job, composed and proved ─► Hadoop's client, followed ─► counters ─► next step or round ─► commit
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`options`] | what a run is asked to do |
//! | `engine` | steps one after the other, and the commit |
//! | `compose` | a step as a job of Hadoop Streaming |
//! | [`invocation`] | a job's command line, and the proof that Hadoop reads it as it is meant |
//! | `checks` | what is looked at before it costs |
//! | [`program`] | what a program needs of the machine that it runs on |
//! | [`secrets`] | what must not stand in a command line: [`howdah_plan::secrets`] |
//! | [`installation`] | Hadoop as people have it |
//! | `client` | Hadoop's own programs as children, and what they say |
//! | `file_system` | the cluster's files, by Hadoop's own shell |
//! | `lines` | what is read line by line |
//! | [`mod@print`] | the same jobs for a shell, Amazon EMR and Google Dataproc |
//! | [`diagnose`] | why a job failed, as its logs tell |
//! | [`error`] | why a run did not succeed |
//!
//! **Invariants.** Nothing is known of the local engine. No jar of ours is needed: a task on the cluster is the job's own
//! program, or a command. Until the last rename the output is as it was.

mod checks;
mod client;
mod compose;
pub mod diagnose;
mod engine;
pub mod error;
mod file_system;
pub mod installation;
pub mod invocation;
mod lines;
pub mod options;
pub mod print;
pub mod program;

pub use howdah_plan::secrets;

pub use diagnose::Diagnosis;
pub use engine::{Outcome, invocations, run, run_name};
pub use error::{HadoopError, HadoopErrorKind, JobFailure};
pub use file_system::Counted;
pub use installation::{Hadoop, NotFound, Search};
pub use invocation::{Invocation, InvocationError, Shipped};
pub use options::HadoopOptions;
