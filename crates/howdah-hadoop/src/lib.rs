//! The cluster engine: runs a plan's steps on a real Hadoop cluster, by stock Hadoop Streaming.

mod client;
mod compose;
mod engine;
pub mod error;
mod file_system;
mod installation;
mod invocation;
pub mod options;

pub use engine::{Outcome, invocations, run};
pub use error::{HadoopError, HadoopErrorKind, JobFailure};
pub use installation::{Hadoop, NotFound, Search};
pub use invocation::{Invocation, InvocationError, Shipped};
pub use options::HadoopOptions;
