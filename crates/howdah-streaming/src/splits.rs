//! How a file is cut into the splits that map tasks read.
//!
//! The arithmetic is that of the old `mapred.FileInputFormat`, which streaming uses: the wanted number of maps sets a
//! goal, the block size a ceiling, the minimum a floor, and the last split may be a tenth longer than the others.

/// A last split may exceed the split size by this factor, rather than leave a sliver.
const SLOP: f64 = 1.1;

/// A range of bytes of a file, read by one map task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileSplit {
    /// The offset of the first byte.
    pub start: u64,
    /// The number of bytes.
    pub length: u64,
}

/// What decides the size of a split, as `FileInputFormat.getSplits` and `computeSplitSize` do.
///
/// ```
/// use howdah_streaming::splits::{FileSplit, SplitRule};
///
/// let rule = SplitRule { maps: 1, block: 10, minimum: 1 };
/// let splits = rule.split_file(21, 21, true);
/// assert_eq!(splits, [FileSplit { start: 0, length: 10 }, FileSplit { start: 10, length: 11 }]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SplitRule {
    /// The wanted number of maps (`mapreduce.job.maps`), a hint; 0 counts as 1.
    pub maps: u64,
    /// The block size of the file system, in bytes.
    pub block: u64,
    /// The smallest split (`mapreduce.input.fileinputformat.split.minsize`), in bytes; 0 counts as 1.
    pub minimum: u64,
}

impl SplitRule {
    /// The size of a split when all inputs together have `total` bytes: at least 1.
    pub fn split_size(&self, total: u64) -> u64 {
        let goal = total / self.maps.max(1);
        goal.min(self.block).max(self.minimum).max(1)
    }

    /// The splits of a file of `length` bytes when all inputs together have `total` bytes.
    ///
    /// A file that cannot be split, such as one compressed with gzip, is one split; so is an empty file, which has
    /// its map task too.
    pub fn split_file(&self, length: u64, total: u64, splittable: bool) -> Vec<FileSplit> {
        if length == 0 || !splittable {
            return vec![FileSplit { start: 0, length }];
        }
        let size = self.split_size(total);
        let mut splits = Vec::new();
        let mut start = 0;
        while exceeds_slop(length - start, size) {
            splits.push(FileSplit { start, length: size });
            start += size;
        }
        if start < length {
            splits.push(FileSplit { start, length: length - start });
        }
        splits
    }
}

/// Whether `remaining` bytes are too many for one split. The division in floating point is Hadoop's own.
#[expect(
    clippy::cast_precision_loss,
    reason = "Hadoop divides doubles here, and 2^53 bytes are 9 PB"
)]
fn exceeds_slop(remaining: u64, size: u64) -> bool {
    remaining > size && remaining as f64 / size as f64 > SLOP
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_minimum_wins_over_block_and_goal() {
        let rule = SplitRule { maps: 4, block: 10, minimum: 40 };
        assert_eq!(rule.split_file(100, 100, true).len(), 3);
    }

    #[test]
    fn a_rule_of_zeros_still_splits() {
        let rule = SplitRule { maps: 0, block: 0, minimum: 0 };
        assert_eq!(rule.split_size(7), 1);
        assert_eq!(rule.split_file(7, 7, true).len(), 7);
    }

    #[test]
    fn what_cannot_be_split_is_one() {
        let rule = SplitRule { maps: 9, block: 1, minimum: 1 };
        assert_eq!(rule.split_file(100, 100, false), [FileSplit { start: 0, length: 100 }]);
        assert_eq!(rule.split_file(0, 100, true), [FileSplit { start: 0, length: 0 }]);
    }

    proptest! {
        #[test]
        fn splits_cover_the_file_once(
            maps in 0u64..20, block in 1u64..10_000, minimum in 0u64..10_000, length in 1u64..100_000, more in 0u64..1000,
        ) {
            let rule = SplitRule { maps, block, minimum };
            let mut end = 0;
            for split in rule.split_file(length, length + more, true) {
                prop_assert_eq!(split.start, end);
                prop_assert!(split.length > 0);
                end += split.length;
            }
            prop_assert_eq!(end, length);
        }

        #[test]
        fn huge_lengths_do_not_overflow(length: u64, total: u64, block in (u64::MAX / 64)..) {
            SplitRule { maps: 1, block, minimum: block }.split_file(length, total, true);
        }
    }
}
