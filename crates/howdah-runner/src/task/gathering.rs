//! Reading from a child in larger pieces than it writes.
//!
//! A child that flushes each line wakes its reader for each, and two changes of process cost more than most lines. So
//! once several pieces in a row were small, the reader lets some gather in the pipe before it looks again: for so
//! short a time that nobody notices, and only while the pipe has room for what comes meanwhile.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

/// A piece of so many bytes is no small one. A pipe holds this much, even one that could not be widened, so a child
/// that would have to wait for us soon is read at once.
const LARGE_BYTES: usize = 64 << 10;
/// After so many small pieces in a row there are likely more: a child that writes little never waits for us.
const SMALL_PIECES: u32 = 8;
/// How long pieces gather.
const PAUSE: Duration = Duration::from_millis(2);

/// A pipe whose reader is patient.
pub(super) struct Gathering<P> {
    pipe: P,
    small_pieces: u32,
}

impl<P> Gathering<P> {
    pub(super) fn new(pipe: P) -> Self {
        Gathering { pipe, small_pieces: 0 }
    }

    fn is_patient(&self) -> bool {
        self.small_pieces >= SMALL_PIECES
    }
}

impl<P: Read> Read for Gathering<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_patient() {
            thread::sleep(PAUSE);
        }
        let count = self.pipe.read(buffer)?;
        let is_small = count < LARGE_BYTES.min(buffer.len());
        self.small_pieces = if is_small { self.small_pieces.saturating_add(1) } else { 0 };
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives pieces of these lengths.
    struct Pieces<'p>(&'p [usize]);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((&piece, rest)) = self.0.split_first() else { return Ok(0) };
            self.0 = rest;
            Ok(piece.min(buffer.len()))
        }
    }

    /// Whether the reader of such pieces waits before it looks for another.
    fn is_patient_after(pieces: &[usize], buffer_bytes: usize) -> bool {
        let mut pipe = Gathering::new(Pieces(pieces));
        let mut buffer = vec![0; buffer_bytes];
        for _ in pieces {
            assert_ne!(pipe.read(&mut buffer).unwrap(), 0);
        }
        pipe.is_patient()
    }

    #[test]
    fn only_a_row_of_small_pieces_is_let_gather() {
        assert!(!is_patient_after(&[9; 7], 1 << 18));
        assert!(is_patient_after(&[9; 8], 1 << 18));
        let mut pieces = [9; 8];
        pieces[7] = LARGE_BYTES;
        assert!(!is_patient_after(&pieces, 1 << 18));
        assert!(!is_patient_after(&[9; 8], 9), "there was more than the buffer takes");
    }
}
