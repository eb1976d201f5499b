//! The cluster engine: runs a plan's steps on a real Hadoop cluster, by stock Hadoop Streaming.

mod client;
mod installation;
mod invocation;

pub use installation::{Hadoop, NotFound, Search};
pub use invocation::{Invocation, InvocationError, Shipped};
