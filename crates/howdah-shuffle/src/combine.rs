//! Combiners, as the shuffle calls them.

use howdah_plan::{RecordSink, SortedRecords, TaskError};

/// Shortens a partition's sorted records; called zero to many times for a map task.
pub trait Combine: Send {
    /// Reads `records`, all of one partition, and writes fewer to `out`, in the same order of keys.
    ///
    /// # Errors
    /// Any error fails the attempt.
    fn combine(
        &mut self,
        records: &mut (dyn SortedRecords + Send),
        out: &mut dyn RecordSink,
    ) -> Result<(), TaskError>;
}
