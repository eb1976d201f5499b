//! Split points: the keys at which one partition ends and the next begins.
//!
//! `TotalOrderPartitioner` searches them for each key. It compares by the keys' own `compareTo`, whichever fields the job
//! sorts by: `KeyFieldBasedComparator` compares serialised keys only, and leaves objects, as split points are, to that.

use super::PartitionError;
use crate::comparator::KeyComparator;
use std::cmp::Ordering;

/// How deep the trie is unless `mapreduce.totalorderpartitioner.trie.maxdepth` says otherwise.
const TRIE_DEPTH: usize = 200;
/// The deepest trie that is built. Java's stack ends at some such depth, too.
const DEEPEST_TRIE: usize = 1000;

/// Keys in ascending order, one fewer than there are partitions.
///
/// ```
/// use howdah_streaming::partitioner::{Partitioner, SplitPoints};
///
/// let points = SplitPoints::new(vec![b"d".to_vec(), b"m".to_vec()], 3)?;
/// let partitioner = Partitioner::TotalOrder(points);
/// assert_eq!(partitioner.partition(b"apple", 3)?, 0);
/// assert_eq!(partitioner.partition(b"d", 3)?, 1);
/// assert_eq!(partitioner.partition(b"z", 3)?, 2);
/// # Ok::<(), howdah_streaming::partitioner::PartitionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitPoints {
    partitions: u32,
    order: KeyComparator,
    /// From which key on which partition; before the first, partition 0.
    starts: Vec<(Vec<u8>, u32)>,
}

impl SplitPoints {
    /// Split points of keys that Java compares by their bytes (`BinaryComparable`), such as `Text`, found by the trie
    /// that Hadoop builds unless `mapreduce.totalorderpartitioner.naturalorder` is false.
    ///
    /// The partition of a key is the number of split points that are not greater, with an exception that is Hadoop's:
    /// a split point with a byte `FF` in it that the trie looks at may not count, and keys behind it then go one or
    /// more partitions too low. The partitions are still in order.
    ///
    /// # Errors
    /// A number of points that does not fit the partitions, and points that are not in ascending order.
    pub fn new(points: Vec<Vec<u8>>, partitions: u32) -> Result<Self, PartitionError> {
        Self::with_trie(points, partitions, TRIE_DEPTH)
    }

    /// The same with a trie of another depth.
    ///
    /// # Errors
    /// As [`SplitPoints::new`].
    pub fn with_trie(
        points: Vec<Vec<u8>>,
        partitions: u32,
        depth: usize,
    ) -> Result<Self, PartitionError> {
        let has_fault = points.iter().any(|point| point.contains(&0xff));
        let mut split = Self::searched(points, partitions, KeyComparator::Bytes)?;
        if has_fault {
            let points: Vec<_> = split.starts.iter().map(|(point, _)| point.as_slice()).collect();
            split.starts = Trie::starts(&points, depth.min(DEEPEST_TRIE));
        }
        Ok(split)
    }

    /// Split points in any order of keys, found by a binary search. The partition of a key is the number of split points
    /// that are not greater.
    ///
    /// # Errors
    /// As [`SplitPoints::new`].
    pub fn searched(
        points: Vec<Vec<u8>>,
        partitions: u32,
        order: KeyComparator,
    ) -> Result<Self, PartitionError> {
        if u32::try_from(points.len()).ok() != partitions.checked_sub(1) {
            return Err(PartitionError::SplitPoints { points: points.len(), partitions });
        }
        let is_bad = |pair: &[Vec<u8>]| order.compare(&pair[0], &pair[1]) != Ordering::Less;
        if let Some(point) = points.windows(2).position(is_bad) {
            return Err(PartitionError::OutOfOrder { point: point + 1 });
        }
        Ok(SplitPoints { partitions, order, starts: points.into_iter().zip(1..).collect() })
    }

    /// The partition of `key`.
    pub(super) fn partition(&self, key: &[u8], partitions: u32) -> Result<u32, PartitionError> {
        if partitions != self.partitions {
            let points = self.partitions.saturating_sub(1) as usize;
            return Err(PartitionError::SplitPoints { points, partitions });
        }
        let is_reached =
            |(start, _): &(Vec<u8>, u32)| self.order.compare(start, key) != Ordering::Greater;
        let reached = self.starts.partition_point(is_reached);
        Ok(reached.checked_sub(1).and_then(|at| self.starts.get(at)).map_or(0, |start| start.1))
    }
}

/// `TotalOrderPartitioner.buildTrie`, not kept as nodes but as what they answer.
///
/// A node has 256 children, one for each byte that may follow its prefix; a key that ends there is with those that go on
/// with 0. A leaf has at most one split point, or it is as deep as the trie may be. Nodes are made in the order of keys,
/// which is the order of the starts.
///
/// Two things are not as they should be, and change answers where split points have a byte `FF`: the last child is given
/// the points of the one before it; and a leaf without points is taken over from the last such leaf, if there was no
/// leaf with points in between, together with its partition.
struct Trie<'p> {
    points: &'p [&'p [u8]],
    most_depth: usize,
    /// The partition of the last leaf, if it had no points.
    unsplit: Option<usize>,
    starts: Vec<(Vec<u8>, u32)>,
}

impl<'p> Trie<'p> {
    fn starts(points: &'p [&'p [u8]], most_depth: usize) -> Vec<(Vec<u8>, u32)> {
        let mut trie = Trie { points, most_depth, unsplit: None, starts: Vec::new() };
        trie.node(&mut Vec::new(), 0, points.len());
        trie.starts
    }

    /// The node of the keys with `prefix`, and of the points from `lower` up to `upper`.
    fn node(&mut self, prefix: &mut Vec<u8>, lower: usize, upper: usize) {
        if prefix.len() >= self.most_depth || upper - lower <= 1 {
            self.leaf(prefix, lower, upper);
            return;
        }
        let (mut first, mut bound) = (lower, lower);
        for byte in 0..=u8::MAX {
            if let Some(next) = byte.checked_add(1) {
                prefix.push(next);
                first = bound;
                let rest = &self.points[bound..upper];
                bound += rest.partition_point(|&point| point < prefix.as_slice());
                prefix.pop();
            }
            prefix.push(byte);
            self.node(prefix, first, bound);
            prefix.pop();
        }
    }

    fn leaf(&mut self, prefix: &[u8], lower: usize, upper: usize) {
        // A shorter key is with those that go on with 0.
        let zeros = prefix.iter().rev().take_while(|&&byte| byte == 0).count();
        let start = &prefix[..prefix.len() - zeros];
        if lower == upper {
            let partition = self.unsplit.unwrap_or(lower);
            self.unsplit = Some(partition);
            self.start(start, partition);
            return;
        }
        self.unsplit = None;
        self.start(start, lower);
        let points = self.points;
        for (point, partition) in points[lower..upper].iter().zip(lower + 1..) {
            self.start(start.max(point), partition);
        }
    }

    /// Keys from `key` on are in `partition`.
    fn start(&mut self, key: &[u8], partition: usize) {
        let partition = partition as u32; // there are no more points than partitions
        if self.starts.last().is_some_and(|(start, _)| start == key) {
            self.starts.pop();
        }
        if self.starts.last().map_or(0, |last| last.1) != partition {
            self.starts.push((key.to_vec(), partition));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Recorded = (bool, Option<usize>, &'static str, &'static str, &'static [u32]);

    /// What `TotalOrderPartitioner` of Hadoop 3.4.2 answered: whether the order is natural, the trie's depth, the split
    /// points and keys in hexadecimal, the partitions.
    const RECORDED: &[Recorded] = &[
        (
            true,
            None,
            "none",
            ",61,6170706c65,64,6461,647a,6d,7a,80,c3a9,ff,6400,00",
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            true,
            None,
            "64",
            ",61,6170706c65,64,6461,647a,6d,7a,80,c3a9,ff,6400,00",
            &[0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
        ),
        (
            true,
            None,
            "",
            ",61,6170706c65,64,6461,647a,6d,7a,80,c3a9,ff,6400,00",
            &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ),
        (
            true,
            None,
            ",61",
            ",61,6170706c65,64,6461,647a,6d,7a,80,c3a9,ff,6400,00",
            &[1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1],
        ),
        (
            true,
            None,
            "64,6d,74",
            ",61,6170706c65,64,6461,647a,6d,7a,80,c3a9,ff,6400,00",
            &[0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 1, 0],
        ),
        (
            true,
            None,
            "61,6100,610000,6162",
            ",61,6100,610000,61000000,6101,6162,6161,62",
            &[0, 1, 2, 3, 3, 3, 4, 3, 4],
        ),
        (
            true,
            None,
            "7072656669782d61,7072656669782d62,7072656669782d6262,707265666979",
            "707265666978,7072656669782d,7072656669782d61,7072656669782d6161,7072656669782d62,7072656669782d6261,7072656669782d6262,7072656669782d63,7072656669787a,707265666979,707265666a,61,7a",
            &[0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 0, 4],
        ),
        (
            true,
            None,
            "7f,80,c3a9,fe",
            ",7e,7f,7fff,80,c3,c3a9,c3aa,fdff,fe,fe01,ff,ffff",
            &[0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4],
        ),
        (
            true,
            None,
            "ff80",
            ",61,61ff,61ff90,617a,62,6230,6231,6232,63,fe,fe10,ff,ff80,ff90,ffff",
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
        ),
        (
            true,
            None,
            "61,ff80",
            ",61,61ff,61ff90,617a,62,6230,6231,6232,63,fe,fe10,ff,ff80,ff90,ffff",
            &[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ),
        (
            true,
            None,
            "6131,61ff80,6231,6232",
            ",61,61ff,61ff90,617a,62,6230,6231,6232,63,fe,fe10,ff,ff80,ff90,ffff",
            &[0, 0, 1, 1, 1, 1, 1, 3, 4, 4, 4, 4, 4, 4, 4, 4],
        ),
        (
            true,
            None,
            "fe10,fe20,ff80,ff90",
            ",61,61ff,61ff90,617a,62,6230,6231,6232,63,fe,fe10,ff,ff80,ff90,ffff",
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2],
        ),
        (
            false,
            None,
            "6131,61ff80,6231,6232",
            ",61,61ff,61ff90,617a,62,6230,6231,6232,63,fe,fe10,ff,ff80,ff90,ffff",
            &[0, 0, 1, 2, 1, 2, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4],
        ),
        (
            true,
            Some(0),
            "6131,61ff80,6231,6232",
            ",61,61ff,61ff90,617a,62,6230,6231,6232,63,fe,fe10,ff,ff80,ff90,ffff",
            &[0, 0, 1, 2, 1, 2, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4],
        ),
        (
            true,
            Some(1),
            "6131,61ff80,6231,6232",
            ",61,61ff,61ff90,617a,62,6230,6231,6232,63,fe,fe10,ff,ff80,ff90,ffff",
            &[0, 0, 1, 2, 1, 2, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4],
        ),
        (
            true,
            None,
            ",61626161,62",
            ",0062,61006261,61626161,61627a7a,617a616261,62,62006161,62007a62,7a616162,7a6162,7a7a",
            &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3],
        ),
        (
            true,
            None,
            "00,016100,01610101",
            ",00,0000,000000,00000001,00016101,007a0000,0101,016100,01610101,6100006101,617a006100,7a616161",
            &[0, 1, 1, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3],
        ),
        (
            true,
            None,
            "616161,fe,fe6161,fefffe,fefffefe",
            ",006100,0061fe61fe,61007a0000,616161,6161617a,61fe,7afeff,7aff7a,fe,fe6161,fe61ff,fefffe,fefffefe,fffe7a7a",
            &[0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 5],
        ),
        (
            true,
            None,
            "fefffefe,ff",
            ",00,00007afffe,007a,00fe0000,7a7a7a,fe,feff,fefffefe,ff",
            &[0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        ),
        (
            true,
            Some(2),
            "61,62,6262,626261,62626161",
            ",00,00617a,61,617a0061,617a627a62,62,6262,626261,62626161,627a006262,7a,7a6162",
            &[0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5],
        ),
        (
            true,
            Some(2),
            "",
            ",00,0000017a,00010061,007a0061,01,01000101,0161,017a017a,017a6161,7a7a00",
            &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ),
        (
            true,
            Some(2),
            ",616161fe,feff6161,feffff,ff61fffe,fffffe61",
            ",00,00ff61,61,616161fe,7a7a00,fe0061feff,fe7aff7a,feff6161,feffff,ff,ff61fffe,fffffe61",
            &[1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 4, 4, 4],
        ),
        (
            true,
            Some(2),
            ",fefefe,feff,ff,ffffff",
            ",00,007aff7a00,00fe,7a,7a7a,fe,fe00fe,fe7a0000fe,fefefe,feff,ff,ffffff",
            &[1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3],
        ),
        (
            true,
            None,
            ",6161,61616161,6162,6262",
            ",00,0061,0062,6161,61616161,6162,62,6262,627a627a61,7a62,7a7a7a0062",
            &[1, 1, 1, 1, 2, 3, 4, 4, 5, 5, 5, 5],
        ),
        (
            true,
            None,
            ",0000,0100",
            ",00,0000,007a617a01,0100,61,6100000101,61010061,6161,617a01,7a",
            &[1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3],
        ),
        (
            true,
            None,
            "6161,ff61fe",
            ",00fe,6161,7a007afe7a,7a617afe,7afe,7afe7a00,ff61fe,fffe",
            &[0, 0, 1, 1, 1, 1, 1, 1, 1],
        ),
        (
            true,
            None,
            "fefefe,feff,fffeff",
            ",0000,00feff,00fefffeff,7a,7a00007a7a,7afe7a,fefe7a00fe,fefefe,feff,feff00,fffe7afe,fffeff,ffff",
            &[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2],
        ),
        (
            true,
            Some(2),
            ",61,61616262,6261,62626261",
            ",00,000000617a,00627a7a7a,61,6100,61616262,6261,62626261,627a007a00,7a61,7a7a00",
            &[1, 1, 1, 1, 2, 2, 3, 4, 5, 5, 5, 5],
        ),
        (
            true,
            Some(2),
            ",0000,00010101,01,6100",
            ",00,0000,00007a0161,00010101,007a01,007a7a0100,01,0161007a00,6100,616161,7a6101",
            &[1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 5],
        ),
        (
            true,
            Some(2),
            "ff,ff61fe",
            ",0000,0000007afe,61fffeff,7a,7afe,fe,ff,ff61fe,ff7aff,ffff61",
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            true,
            Some(2),
            ",fe,feff,fffffe,ffffff",
            ",00ff007afe,7a7aff,7afefefeff,fe,feff,ff,ff7a,fffe,fffffe,ffffff",
            &[1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3],
        ),
        (
            true,
            None,
            "62,62626262",
            ",00,006161627a,007a007a62,6162,617a,62,620062,6262617a,62626262,627a,7a,7a6100627a",
            &[0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2],
        ),
        (
            true,
            None,
            ",00,00010000,00010061,016100",
            ",00,00010000,00010061,0061,007a01,01,016100,61,6100,610000,616100,7a00006100",
            &[1, 2, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5],
        ),
        (
            true,
            None,
            ",61feff",
            ",00,0000ff0000,006100fe00,610061,6161fe6100,617a,61feff,61ffffff,fe61,feffff,ffffffff",
            &[1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2],
        ),
        (
            true,
            None,
            ",fefe,ffff",
            ",0000,7a7aff,7afffe,fe7a00ff7a,fefe,feff,ff,ffff,ffff7a",
            &[1, 1, 1, 1, 1, 2, 2, 2, 2, 2],
        ),
        (
            true,
            Some(2),
            "61,6162,61626162,62,6262",
            ",00616100,0062,61,6162,61626162,617a616161,62,6261,6262,627a,627a00",
            &[0, 0, 0, 1, 2, 3, 3, 4, 4, 5, 5, 5],
        ),
        (
            true,
            Some(2),
            ",01",
            ",00,0000,00007a,01,0100,01006100,0100610061,610000617a,61017a6100,7a,7a0000",
            &[1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2],
        ),
        (
            true,
            Some(2),
            ",61,6161fe,fe,fffefe",
            ",00617afefe,007afe00,61,6161fe,7a,fe,fe00617a,fe616100,fefffe,ff617a,ff7afefe,fffe,fffefe",
            &[1, 1, 1, 2, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4],
        ),
        (
            true,
            Some(2),
            "fe,fefffeff,fefffffe,ffffffff",
            ",00,00fe7a,00fefe7aff,7a7aff7a,7aff7a7a,7afffe,fe,fefefffe,fefffeff,fefffffe,ff7a7a00,ffffffff",
            &[0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 3, 3],
        ),
    ];

    fn of_hex(list: &str) -> Vec<Vec<u8>> {
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes = |hex: &str| hex.as_bytes().chunks(2).map(byte).collect();
        list.split(',').map(bytes).collect()
    }

    #[test]
    fn partitions_are_hadoops() {
        for (natural, depth, points, keys, partitions) in RECORDED {
            let points = if *points == "none" { Vec::new() } else { of_hex(points) };
            let count = points.len() as u32 + 1;
            let split = match (natural, depth) {
                (false, _) => SplitPoints::searched(points, count, KeyComparator::Bytes),
                (true, None) => SplitPoints::new(points, count),
                (true, Some(depth)) => SplitPoints::with_trie(points, count, *depth),
            };
            let split = split.unwrap();
            for (key, &partition) in of_hex(keys).iter().zip(*partitions) {
                assert_eq!(split.partition(key, count), Ok(partition), "{key:x?} in {split:x?}");
            }
        }
    }

    #[test]
    fn points_that_do_not_fit_are_refused() {
        let points = || vec![b"d".to_vec(), b"m".to_vec()];
        let wrong = PartitionError::SplitPoints { points: 2, partitions: 2 };
        assert_eq!(SplitPoints::new(points(), 2), Err(wrong));
        assert_eq!(SplitPoints::new(points(), 3).unwrap().partition(b"a", 2), Err(wrong));
        for second in ["d", "c", ""] {
            let points = vec![b"d".to_vec(), second.into()];
            assert_eq!(SplitPoints::new(points, 3), Err(PartitionError::OutOfOrder { point: 1 }));
        }
    }

    #[test]
    fn numbers_have_their_own_order() {
        let numbers = crate::key_fields::KeyFields::parse("-n", b"\t").unwrap();
        let points = ["-5", "9", "10"].map(|point| point.as_bytes().to_vec()).to_vec();
        let split = SplitPoints::searched(points, 4, KeyComparator::KeyFields(numbers)).unwrap();
        for (key, partition) in [("-6", 0), ("-5", 1), ("0", 1), ("9", 2), ("10", 3), ("100", 3)] {
            assert_eq!(split.partition(key.as_bytes(), 4), Ok(partition), "{key}");
        }
    }

    /// Keys of few letters, so that they meet.
    fn keys(letters: &'static [u8], most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
        let key = prop::collection::vec(prop::sample::select(letters), 0..5);
        prop::collection::btree_set(key, 0..most).prop_map(|keys| keys.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_partition_is_the_number_of_points_before(
            points in keys(b"\x00ab\xfe", 9),
            keys in keys(b"\x00abc\xfe\xff", 40),
            depth in 0usize..9,
        ) {
            let count = points.len() as u32 + 1;
            let slices: Vec<_> = points.iter().map(Vec::as_slice).collect();
            let trie = SplitPoints {
                partitions: count,
                order: KeyComparator::Bytes,
                starts: Trie::starts(&slices, depth),
            };
            let searched = SplitPoints::new(points.clone(), count).unwrap();
            for key in &keys {
                let before = points.iter().filter(|point| *point <= key).count() as u32;
                prop_assert_eq!(searched.partition(key, count), Ok(before));
                prop_assert_eq!(trie.partition(key, count), Ok(before));
            }
        }

        #[test]
        fn partitions_are_in_order_whatever_the_trie_does(
            points in keys(b"a\xfe\xff", 20),
            keys in keys(b"\x00a\xfe\xff", 40),
            depth in 0usize..9,
        ) {
            let count = points.len() as u32 + 1;
            let split = SplitPoints::with_trie(points, count, depth).unwrap();
            let partitions = keys.iter().map(|key| split.partition(key, count).unwrap());
            prop_assert!(partitions.is_sorted_by(|a, b| a <= b && *b < count));
        }
    }
}
