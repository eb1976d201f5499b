//! Exit codes of `run` and of howdah's own verbs.
//!
//! `howdah streaming` answers with Hadoop's codes instead; [`IO`] and the signals are added to them.

/// The output is complete and in its place.
pub const OK: u8 = 0;
/// The job failed: a child, a record or a truncated input.
pub const JOB_FAILED: u8 = 1;
/// The command line was wrong.
pub const USAGE: u8 = 2;
/// Two outputs that should agree differ.
pub const DIFFERENT: u8 = 3;
/// The job could not start: input missing or unmatched, output exists, no permission.
pub const SETUP: u8 = 5;
/// More records were rejected than allowed.
pub const REJECTS: u8 = 65;
/// A bug in howdah.
pub const BUG: u8 = 70;
/// Reading or writing failed, or the disk is full.
pub const IO: u8 = 74;
/// Ended by SIGINT.
pub const INTERRUPTED: u8 = 130;
/// The reader of the standard output went away.
pub const BROKEN_PIPE: u8 = 141;
/// Ended by SIGTERM.
pub const TERMINATED: u8 = 143;
