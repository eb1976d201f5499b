//! Which records of a file a sample keeps.
//!
//! A record is kept for where it lies, never for who reads it: the same ones whatever the splits and the workers.

use super::feed::FilePlace;
use super::mix::{mix, unit};
use crate::options::Sample;

/// A run's sample, for the records of one file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileSample {
    fraction: f64,
    /// The seed and the file's place among those of its input, mixed.
    state: u64,
}

impl FileSample {
    /// The sample of the file with a number among its input's files.
    pub(crate) fn new(sample: Sample, file: usize) -> Self {
        FileSample { fraction: sample.fraction, state: mix(mix(0, sample.seed), file as u64) }
    }

    /// Whether the record that begins at a place is kept.
    #[inline]
    pub(super) fn keeps(&self, place: FilePlace) -> bool {
        unit(mix(mix(self.state, place.block), place.offset)) < self.fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The offsets of `0..n` that are kept.
    fn kept(fraction: f64, seed: u64, file: usize, n: u64) -> Vec<u64> {
        let sample = FileSample::new(Sample { fraction, seed }, file);
        (0..n).filter(|&offset| sample.keeps(FilePlace { block: 0, offset })).collect()
    }

    #[test]
    fn the_choice_is_stated() {
        // Worked out by another program from the published constants: versions of howdah must agree on it.
        assert_eq!(kept(0.25, 42, 0, 24), [8, 9, 12]);
    }

    #[test]
    fn about_the_fraction_is_kept_for_any_seed_and_file() {
        for (seed, file) in [(0, 0), (1, 0), (0, 1), (u64::MAX, 7)] {
            let count = kept(0.1, seed, file, 100_000).len();
            assert!((9_500..10_500).contains(&count), "{count} of 100000 for {seed}, {file}");
        }
        assert_ne!(kept(0.1, 0, 0, 1000), kept(0.1, 1, 0, 1000));
        assert_ne!(kept(0.1, 0, 0, 1000), kept(0.1, 0, 1, 1000));
    }

    #[test]
    fn nothing_and_everything_are_exact() {
        assert_eq!(kept(0.0, 5, 0, 10_000), [0; 0]);
        assert_eq!(kept(1.0, 5, 0, 10_000).len(), 10_000);
    }
}
