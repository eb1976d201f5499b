//! What SECURITY.md promises, by programs as they are run.
//!
//! | module | what |
//! | --- | --- |
//! | [`inputs`] | inputs that claim what they do not hold |
//! | [`json`] | JSON that means harm |
//! | [`place`] | a folder of a test's own, and programs that run in it |
//! | [`commands`] | no shell reads the words of a command, and what a command gets of the environment |
//! | [`folders`] | temporary files are their user's alone |
//! | [`promises`] | SECURITY.md itself: each promise has its test, and no crate may have unsafe code |
//! | [`secrets`] | secrets stand in nothing that a run leaves or says |
//! | [`terminals`] | nothing that data holds is obeyed by a terminal |
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod commands;
mod folders;
mod inputs;
mod json;
mod place;
mod promises;
mod secrets;
mod terminals;
