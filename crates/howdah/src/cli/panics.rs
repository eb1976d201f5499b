//! What a panic of a job's code says on the standard error.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::thread;

use super::complain;

/// Has a panic say what it says by default, but no character that a terminal would obey: its message may quote a record.
/// [`howdah::main!`](crate::main!) does this first.
pub fn make_panics_visible() {
    panic::set_hook(Box::new(|panic| complain(&said_of(panic))));
}

fn said_of(panic: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let mut said = format!("thread '{}' {panic}", thread.name().unwrap_or("<unnamed>"));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        said.push_str("\nstack backtrace:\n");
        said.push_str(&backtrace.to_string());
    }
    said
}
