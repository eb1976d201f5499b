//! Readers of a run's events: progress, counters, where the time went, JSON.
//!
//! An engine emits [`Event`](howdah_plan::Event)s and knows no reader. A program makes one [`Reader`], hands it
//! each event as it comes, and says at the end how the job went. The reader writes for a person (on a terminal
//! or as plain lines) or for a program (one JSON document), to the one writer that it was given.
//!
//! ```
//! use std::time::Duration;
//!
//! use howdah_plan::{Counters, Event};
//! use howdah_report::{Reader, ReaderOptions};
//!
//! let options = ReaderOptions::detect(false, false);
//! let reader = Reader::new(options, Box::new(std::io::stderr()));
//! reader.event(&Event::Warning {
//!     slug: "howdah::empty-partition".to_owned(),
//!     message: "partition 3 has no records".to_owned(),
//! });
//! reader.succeeded(Duration::from_secs(4), &[Counters::default()], Some("counts".as_ref()));
//! ```
//!
//! # What can be relied on
//!
//! - **Units.** Byte sizes are shown in powers of 1000 (`kB`, `MB`, `GB`), as disks and networks are sold and
//!   `ls --si` prints them. Sizes *given* as options (`--memory 64M`) are powers of 1024, as Hadoop reads them.
//!   JSON has plain bytes and seconds.
//! - **User data stays text.** Messages, statuses, counter names and keys may hold anything. Control characters,
//!   terminal escapes and characters that reorder a line are shown as `\x1b`, never sent.
//! - **A killed program leaves a usable terminal.** The cursor is never hidden and no mode outlives one write.
//! - **Colour never carries meaning**, and `NO_COLOR` is honoured.
//!
//! **Invariant.** Nothing here prints to a standard stream by itself, starts a thread or reads a clock to decide
//! what to show: the same events give the same text. The one exception is the elapsed time of a failed job in
//! JSON, which no event tells.

mod hashing;
mod json;
mod ledger;
mod options;
mod paint;
mod reader;
mod screen;
mod stage;
mod summary;
mod units;

pub use json::SUMMARY_SCHEMA;
pub use options::{Format, ReaderOptions};
pub use reader::Reader;
