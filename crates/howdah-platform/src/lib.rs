//! What howdah asks of the operating system, behind seams that tests and other systems can replace.
//!
//! | module | what |
//! | --- | --- |
//! | [`storage`] | files and folders: the [`Storage`] trait |
//! | [`layer`] | [`StorageLayer`], a storage upon another |
//! | [`local`] | [`LocalStorage`], the machine's own file systems |
//! | [`bounded`] | a storage with a limit, and what a full disk had no room for |
//! | [`temporary`] | folders for temporary files, held and swept |
//! | [`clock`] | wall time and processor time |
//! | [`memory`] | how much memory this machine may give |
//! | [`process`] | children and their process groups |
//! | [`marked`] | processes by a mark in their environment, wherever they went |
//! | `guardian` | a process that ends what another one has left behind (feature `signals`) |
//! | `signals` | signals that ask for the end, awaited (feature `signals`) |
//! | [`stdio`] | the standard output, taken away from code that prints |
//!
//! **Invariant.** No other crate calls the operating system for these things, and there is no unsafe code.

pub mod bounded;
pub mod clock;
#[cfg(feature = "signals")]
pub mod guardian;
pub mod layer;
pub mod local;
pub mod marked;
pub mod memory;
pub mod process;
#[cfg(feature = "signals")]
pub mod signals;
pub mod stdio;
pub mod storage;
pub mod temporary;

pub use bounded::{BoundedStorage, NoRoom};
pub use clock::{Alarm, Clock, SystemClock, thread_cpu_time, tree_cpu_time};
pub use layer::StorageLayer;
pub use local::LocalStorage;
pub use storage::{FileCursor, FileKind, Hold, Listed, ReadFile, ScratchFile, Storage, WriteFile};
pub use temporary::TemporaryFolder;
