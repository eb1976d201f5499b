//! Formats whose records have keys of their own, and are no lines.

use std::time::Duration;

use howdah_streaming::writable::RecordClasses;

use super::super::lines::LineError;

/// The records of one split of a file, read by a format.
pub(super) trait FormatReader: Send {
    /// Moves to the next record; `false` after the last.
    fn advance(&mut self) -> Result<bool, LineError>;
    /// The types of its keys and values.
    fn classes(&self) -> RecordClasses;
    /// The key of the record at hand: its [content](howdah_streaming::writable).
    fn key(&self) -> &[u8];
    /// The value of the record at hand.
    fn value(&self) -> &[u8];
    /// Where the record at hand begins in the file, or what holds it.
    fn offset(&self) -> u64;
    /// The time spent reading, and decoding.
    fn times(&self) -> (Duration, Duration);
}
