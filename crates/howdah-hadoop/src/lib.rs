//! The cluster engine: runs a plan's steps on a real Hadoop cluster, by stock Hadoop Streaming.

mod invocation;

pub use invocation::{Invocation, InvocationError, Shipped};
