//! What the tests that cross rooms share.
//!
//! | module | what |
//! | --- | --- |
//! | [`cluster`] | a real cluster, by Hadoop's own commands |
//! | [`conformance`] | recorded cases: what Hadoop did with a command line |
//! | [`cross`] | compressed files and `SequenceFile`s, written there and read here, and the other way |
//! | [`hostile`] | inputs that are damaged, or trip readers of lines |
//! | [`oracle`] | real Hadoop, asked what it does |
//! | [`random`] | jobs that nobody thought of |
//! | [`text`] | words, few frequent and most rare |
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)] // a test that cannot go on has failed
#![allow(missing_docs)] // fields that bear the names that they have in a case's file

pub mod cluster;
pub mod conformance;
pub mod cross;
pub mod hostile;
pub mod oracle;
pub mod random;
pub mod text;
