//! How files are cut into the splits that map tasks read.
//!
//! The arithmetic is that of the old `mapred.FileInputFormat`, which streaming uses: the wanted number of maps sets a
//! goal, the block size a ceiling, the minimum a floor, and the last split may be a tenth longer than the others. [`CombineRule`] makes splits
//! of many files instead.

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

/// The number of maps that a run asks for which does not say. It depends on the input alone, never on the machine or
/// the cluster.
///
/// One for each 2 MiB up to 16, so that small inputs make use of all workers; from 256 MiB on one for each 16 MiB, since
/// a map task that reads more combines more; and 64 at most.
///
/// ```
/// use howdah_streaming::splits::maps_by_size;
///
/// assert_eq!([0, 3 << 20, 100 << 20, 512 << 20, 1 << 40].map(maps_by_size), [1, 1, 16, 32, 64]);
/// ```
pub fn maps_by_size(total: u64) -> u64 {
    const LEAST_BYTES: u64 = 2 << 20;
    const MAPS_AT_LEAST: u64 = 16;
    const GOOD_BYTES: u64 = 16 << 20;
    const MOST_MAPS: u64 = 64;
    let few = (total / LEAST_BYTES).clamp(1, MAPS_AT_LEAST);
    (total / GOOD_BYTES).clamp(few, MOST_MAPS)
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

/// A part of one of many files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FilePiece {
    /// Which of the files.
    pub file: usize,
    /// Its range of bytes.
    pub range: FileSplit,
}

/// What decides which files make a split together, as `CombineFileInputFormat` does when all of them are on one node:
/// those of a local disk. 0 is no limit. (On one node a least size of what is left in the rack changes nothing.)
///
/// ```
/// use howdah_streaming::splits::CombineRule;
///
/// let rule = CombineRule { largest: 10, ..CombineRule::default() };
/// let files = [(4, true), (7, true), (3, true)]; // their lengths, and whether they can be cut
/// let splits = rule.combine(&files);
/// let of_files: Vec<Vec<_>> = splits.iter().map(|split| split.iter().map(|p| p.file).collect()).collect();
/// assert_eq!(of_files, [vec![0, 1], vec![2]]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CombineRule {
    /// A split is full when it has so many bytes (`mapreduce.input.fileinputformat.split.maxsize`).
    pub largest: u64,
    /// What is left on the node is a split of its own if it has so many bytes, and was not preceded by a full one
    /// (`mapreduce.input.fileinputformat.split.minsize.per.node`).
    pub least_on_node: u64,
}

impl CombineRule {
    /// The splits of files, each with its length and whether it can be cut.
    ///
    /// Files without bytes are on no node: they are looked at only when the node's full splits are made.
    pub fn combine(&self, files: &[(u64, bool)]) -> Vec<Vec<FilePiece>> {
        let mut rest = self.pieces(files);
        let on_node: Vec<_> = rest.iter().filter(|piece| piece.range.length > 0).copied().collect();
        let (mut splits, left) = self.fill(&on_node);
        let is_own = self.least_on_node > 0 && bytes(&left) >= self.least_on_node;
        let left = if is_own && splits.is_empty() && !left.is_empty() {
            splits.push(left);
            Vec::new()
        } else {
            left
        };
        // The rack has what is left of the node, and what is on none, in the order of the files.
        rest.retain(|piece| piece.range.length == 0 || left.contains(piece));
        let (full, left) = self.fill(&rest);
        splits.extend(full);
        if !left.is_empty() {
            splits.push(left); // of the rack, or of what overflows from it: here the same pieces
        }
        splits
    }

    /// Splits that are full, and the pieces that are left.
    fn fill(&self, pieces: &[FilePiece]) -> (Vec<Vec<FilePiece>>, Vec<FilePiece>) {
        let (mut full, mut open) = (Vec::new(), Vec::new());
        for &piece in pieces {
            open.push(piece);
            if self.largest > 0 && bytes(&open) >= self.largest {
                full.push(std::mem::take(&mut open));
            }
        }
        (full, open)
    }

    /// The pieces of all files: what would leave a sliver is halved.
    fn pieces(&self, files: &[(u64, bool)]) -> Vec<FilePiece> {
        let mut pieces = Vec::new();
        for (file, &(length, can_be_cut)) in files.iter().enumerate() {
            let mut start = 0;
            loop {
                let left = length - start;
                let length = if self.largest == 0 || !can_be_cut {
                    left
                } else if self.largest < left && left - self.largest < self.largest {
                    left / 2
                } else {
                    left.min(self.largest)
                };
                pieces.push(FilePiece { file, range: FileSplit { start, length } });
                start += length;
                if length == left {
                    break;
                }
            }
        }
        pieces
    }
}

fn bytes(pieces: &[FilePiece]) -> u64 {
    pieces.iter().map(|piece| piece.range.length).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Splits as `file:start+length` in Hadoop's way.
    fn shown(rule: CombineRule, files: &[(u64, bool)]) -> Vec<String> {
        let piece = |p: &FilePiece| format!("{}:{}+{}", p.file, p.range.start, p.range.length);
        let split = |split: &Vec<FilePiece>| split.iter().map(piece).collect::<Vec<_>>().join(" ");
        rule.combine(files).iter().map(split).collect()
    }

    #[test]
    fn files_are_combined_as_hadoop_combined_them() {
        // Recorded from `CombineTextInputFormat`; the first file was a gzip file.
        let files =
            [(32, false), (5, true), (0, true), (13, true), (9, true), (21, true), (17, true)];
        let rule = |largest, least_on_node| CombineRule { largest, least_on_node };
        let all = "0:0+32 1:0+5 2:0+0 3:0+13 4:0+9 5:0+21 6:0+17";
        assert_eq!(shown(rule(0, 0), &files), [all]);
        assert_eq!(shown(rule(100, 0), &files), [all]);
        assert_eq!(
            shown(rule(0, 10), &files),
            ["0:0+32 1:0+5 3:0+13 4:0+9 5:0+21 6:0+17", "2:0+0"]
        );
        let by_20 = ["0:0+32", "1:0+5 3:0+13 4:0+9", "5:0+10 5:10+11", "2:0+0 6:0+17"];
        assert_eq!(shown(rule(20, 0), &files), by_20);
        assert_eq!(shown(rule(20, 10), &files), by_20);
        assert_eq!(
            shown(rule(12, 0), &files),
            ["0:0+32", "1:0+5 3:0+6 3:6+7", "4:0+9 5:0+10", "5:10+11 6:0+8", "2:0+0 6:8+9"]
        );
        assert_eq!(
            shown(rule(8, 0), &files),
            [
                "0:0+32",
                "1:0+5 3:0+6",
                "3:6+7 4:0+4",
                "4:4+5 5:0+8",
                "5:8+6 5:14+7",
                "6:0+8",
                "6:8+4 6:12+5",
                "2:0+0"
            ]
        );
    }

    proptest! {
        #[test]
        fn combined_splits_have_every_byte_once(
            files in prop::collection::vec((0u64..50, any::<bool>()), 0..8),
            largest in 0u64..40, least_on_node in 0u64..40,
        ) {
            let splits = CombineRule { largest, least_on_node }.combine(&files);
            let mut pieces: Vec<_> = splits.concat();
            pieces.sort_by_key(|piece| (piece.file, piece.range.start));
            let mut ends = vec![None; files.len()];
            for FilePiece { file, range } in pieces {
                prop_assert_eq!(range.start, ends[file].unwrap_or(0));
                ends[file] = Some(range.start + range.length);
            }
            let lengths: Vec<_> = files.iter().map(|&(length, _)| Some(length)).collect();
            prop_assert_eq!(ends, lengths);
        }
    }

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
