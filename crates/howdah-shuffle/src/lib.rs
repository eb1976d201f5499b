//! The shuffle: from the records that map tasks emit to the groups that reduce tasks read.
//!
//! ```text
//! map task ─► Collector ─────────────────► spills ─────────────► Merge ─► reduce task
//!             arena, index, fold table     sorted blocks,        tournament of
//!             sort (partition, key)        memory, then disk     block readers
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`collect`] | the [`Collector`]: takes records within a budget, sorts them, spills them |
//! | [`spill`] | the spill format: blocks, segments, where they lie |
//! | [`merge`] | the [`Merge`] of a partition's segments, in several passes where there are many |
//! | [`mod@combine`] | what shortens a partition's sorted records |
//! | [`books`] | what is handed on and what comes out, counted and compared |
//! | [`memory`] | the budget that spills kept in memory share |
//! | `room` | the room of buffers that huge records pass through |
//! | [`error`] | what can go wrong |
//!
//! **Invariants.** Keys and values are bytes; no protocol, no command and no job is known here. Records with
//! equal keys leave in the order in which they came: by map output, then by emission, for any budget. What leaves is what
//! came, record for record, or the merge ends with an error.

pub mod books;
pub mod collect;
pub mod combine;
pub mod error;
pub mod memory;
pub mod merge;
mod room;
pub mod spill;

pub use books::{Book, Books};
pub use collect::{CollectSettings, Collected, Collector, CollectorBuffers, Finished};
pub use combine::Combine;
pub use error::{Location, ShuffleError};
pub use memory::{Reservation, RetainedMemory};
pub use merge::{Merge, MergeSettings, Partition, open_partition};
pub use spill::{MapOutput, SpillStore};
