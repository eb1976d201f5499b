use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::memory::RetainedMemory;
use howdah_codec::block::BlockCodec;
use howdah_platform::LocalStorage;

/// What always taking the lowest of the segments' next keys gives, the earlier segment's of equal ones.
fn expected(segments: &[Vec<String>]) -> Vec<(usize, String)> {
    let mut left: Vec<_> = segments.iter().map(|keys| keys.iter().peekable()).collect();
    let mut taken = Vec::new();
    loop {
        let next =
            left.iter_mut().enumerate().filter_map(|(at, keys)| Some((keys.peek()?.as_str(), at)));
        let Some((_, at)) = next.min() else { return taken };
        taken.extend(left[at].next().map(|key| (at, key.clone())));
    }
}

fn merged(segments: &[Vec<String>]) -> Vec<(usize, String)> {
    let folder = tempfile::tempdir().unwrap();
    let memory = RetainedMemory::new(1 << 20);
    let store = SpillStore::new(Arc::new(LocalStorage), folder.path(), 1, BlockCodec::None, memory);
    let mut writer = SpillWriter::new(&store);
    let mut output = MapOutput::default();
    for (at, keys) in segments.iter().enumerate() {
        writer.begin_spill();
        writer.begin_segment(0);
        for key in keys {
            writer.append(key.as_bytes(), &[at as u8]).unwrap();
        }
        writer.end_segment().unwrap();
        output.push(writer.end_spill().unwrap());
    }
    let settings =
        MergeSettings { order: &KeyComparator::Bytes, budget: 1 << 30, most_segments: 100 };
    let (mut merge, _) =
        open_partition(&settings, &store, &mut writer, &[output], 0, None).unwrap();
    let mut records: Vec<(usize, String)> = Vec::new();
    while merge.advance().unwrap() {
        let key = String::from_utf8(merge.key().to_vec()).unwrap();
        let is_new = records.last().is_none_or(|(_, before)| *before != key);
        assert_eq!(merge.starts_group(), is_new, "{key}");
        records.push((usize::from(merge.value()[0]), key));
    }
    records
}

proptest! {
    /// A combiner may give keys in any order: nothing is sorted again, and equal neighbours are one group.
    #[test]
    fn the_lowest_of_the_next_keys_is_taken_whether_segments_are_in_order_or_not(
        mut segments in prop::collection::vec(
            prop::collection::vec("(usr/share/|usr/lib/|doc){0,3}[ab]{0,2}", 0..30), 0..9
        ),
        sorted in 0usize..10,
    ) {
        segments.iter_mut().take(sorted).for_each(|keys| keys.sort());
        prop_assert_eq!(merged(&segments), expected(&segments));
    }
}
