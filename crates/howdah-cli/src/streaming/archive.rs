//! `-archives`, unpacked: as the engine does it for any step's side files.

pub(super) use howdah_runner::side_files::{is_archive, unpack};
