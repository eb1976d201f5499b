use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::books::Books;
use crate::memory::RetainedMemory;
use howdah_codec::block::BlockCodec;
use howdah_platform::LocalStorage;
use howdah_streaming::key_fields::KeyFields;

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
    let mut spills = Vec::new();
    for (at, keys) in segments.iter().enumerate() {
        writer.begin_spill();
        writer.begin_segment(0, false);
        for key in keys {
            writer.append(key.as_bytes(), &[at as u8]).unwrap();
        }
        writer.end_segment().unwrap();
        spills.push(writer.end_spill().unwrap());
    }
    let runs: Vec<Run> = spills.iter().filter_map(|spill| spill.run(1, 0).unwrap()).collect();
    let readers = runs.iter().map(|run| SegmentReader::new(store.run(), run)).collect();
    let mut merge = Merge::new(readers, &KeyComparator::Bytes, 0, false);
    let mut records: Vec<(usize, String)> = Vec::new();
    while merge.advance().unwrap() {
        let key = String::from_utf8(merge.key().to_vec()).unwrap();
        let is_new = records.last().is_none_or(|(_, before)| *before != key);
        assert_eq!(merge.starts_group(), is_new, "{key}");
        records.push((usize::from(merge.value()[0]), key));
    }
    records
}

/// Segments as written, of keys in any order, and the book of all.
fn segments(writer: &mut SpillWriter<'_>, segments: &[&[&str]]) -> (Vec<MapOutput>, Book) {
    let mut books = Books::new(1);
    let outputs = segments.iter().map(|keys| {
        writer.begin_spill();
        writer.begin_segment(0, false);
        for key in *keys {
            writer.append(key.as_bytes(), b"value").unwrap();
            books.enter(0, key.as_bytes(), b"value");
        }
        writer.end_segment().unwrap();
        MapOutput::new(vec![writer.end_spill().unwrap()], Book::default())
    });
    (outputs.collect(), books.of(0))
}

/// Merges a partition to its end, by one pass or by several.
fn merge_all(
    store: &SpillStore,
    writer: &mut SpillWriter<'_>,
    outputs: &[MapOutput],
    handed_on: Book,
    order: &KeyComparator,
) -> Result<u64, ShuffleError> {
    let settings = MergeSettings { order, budget: 0, most_segments: 100 };
    let partition = Partition { number: 0, outputs, handed_on };
    let (mut merge, _) = open_partition(&settings, store, writer, partition, None)?;
    while merge.next_record()? {}
    Ok(merge.book().records)
}

fn in_memory() -> SpillStore {
    let memory = RetainedMemory::new(1 << 20);
    SpillStore::new(Arc::new(LocalStorage), Path::new(""), 1, BlockCodec::None, memory)
}

#[test]
fn what_is_lost_doubled_or_another_unbalances_the_books() {
    let store = in_memory();
    let writer = &mut SpillWriter::new(&store);
    let order = KeyComparator::Bytes;
    let keys: [&[&str]; 6] = [&["a", "b"], &["b"], &["c"], &["a"], &["longer than most"], &["d"]];
    let (outputs, book) = segments(writer, &keys);
    assert_eq!(merge_all(&store, writer, &outputs, book, &order).unwrap(), 7);
    let lost = &outputs[1..];
    let doubled = [&outputs[..], &outputs[2..3]].concat();
    let (others, _) =
        segments(writer, &[&["a", "b"], &["b"], &["C"], &["a"], &["longer than most"], &["d"]]);
    for wrong in [lost, &doubled, &others] {
        let error = merge_all(&store, writer, wrong, book, &order).unwrap_err();
        assert!(matches!(error, ShuffleError::Unbalanced { partition: 0, .. }), "{error}");
        assert!(error.to_string().contains("map tasks handed on 7 records"), "{error}");
    }
}

#[test]
fn keys_that_are_not_in_order_end_the_merge() {
    let store = in_memory();
    let writer = &mut SpillWriter::new(&store);
    let by_number = KeyComparator::KeyFields(KeyFields::parse("-n", b"\t").unwrap());
    let long = ["a common beginning 2", "a common beginning 1"];
    for (order, keys) in [
        (&KeyComparator::Bytes, ["2", "1"]),
        (&KeyComparator::Bytes, long),
        (&by_number, ["10", "9"]),
    ] {
        let (outputs, book) = segments(writer, &[&keys, &["99"]]);
        let error = merge_all(&store, writer, &outputs, book, order).unwrap_err();
        assert!(matches!(error, ShuffleError::Disorder { .. }), "{error}");
    }
    // A segment that says that its keys ascend, and they do not: what they share is believed, and seen to be wrong.
    let ascending = ["a common beginning 1", "a common beginning 2", "b"];
    for wrong in [[1, 0, 2], [0, 2, 1], [2, 0, 1]] {
        let keys = wrong.map(|at| ascending[at]);
        let (outputs, _) = segments(writer, &[&keys, &["a common"]]);
        let mut runs: Vec<Run> =
            outputs.iter().filter_map(|output| output.spills()[0].run(1, 0).unwrap()).collect();
        runs[0].segment.ascends = true;
        let readers = runs.iter().map(|run| SegmentReader::new(store.run(), run)).collect();
        let mut merge = Merge::new(readers, &KeyComparator::Bytes, 0, true);
        let error = loop {
            match merge.next_record() {
                Ok(more) => assert!(more, "{keys:?} are not in order"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, ShuffleError::Disorder { .. }), "{error}");
    }
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

#[test]
fn of_many_segments_only_those_are_held_that_may_be_merged_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let memory = RetainedMemory::new(0);
    let store = SpillStore::new(Arc::new(LocalStorage), folder.path(), 1, BlockCodec::None, memory);
    let mut writer = SpillWriter::new(&store);
    let (outputs, handed_on) = segments(&mut writer, &[&["key"][..]; 1000]);
    let partition = Partition { number: 0, outputs: &outputs, handed_on };
    let order = KeyComparator::Bytes;
    let settings = MergeSettings { order: &order, budget: 0, most_segments: 100 };
    let found = look_up(&store, &partition, settings.most_at_once()).unwrap();
    assert_eq!((found.count, found.first.len()), (1000, 4));
    assert_eq!(found.behind.map(Result::unwrap).count(), 996);
    assert_eq!(found.large_rooms.len(), 0);
    let merged = merge_all(&store, &mut writer, &outputs, handed_on, &order);
    assert_eq!(merged.unwrap(), 1000);
}
