use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::books::Books;
use crate::memory::RetainedMemory;
use crate::merge::{MergeSettings, Partition, open_partition};
use crate::spill::SpillStore;
use howdah_codec::block::BlockCodec;
use howdah_platform::LocalStorage;
use howdah_streaming::key_fields::KeyFields;
use howdah_streaming::writable::WritableClass;

type Record = (Vec<u8>, Vec<u8>);

struct Shape {
    partitions: u32,
    budget: usize,
    retained: u64,
    merge_budget: usize,
    codec: BlockCodec,
    order: KeyComparator,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            partitions: 3,
            budget: 1 << 20,
            retained: 1 << 20,
            merge_budget: 1 << 20,
            codec: BlockCodec::Lz4,
            order: KeyComparator::Bytes,
        }
    }
}

/// Sends each task's records through a collector and gives what each partition's merge gives.
fn shuffled(shape: &Shape, tasks: &[Vec<Record>]) -> Vec<Vec<Record>> {
    let folder = tempfile::tempdir().unwrap();
    let memory = RetainedMemory::new(shape.retained);
    let store = SpillStore::new(Arc::new(LocalStorage), folder.path(), 7, shape.codec, memory);
    let settings = CollectSettings {
        partitions: shape.partitions,
        partitioner: Arc::new(Partitioner::Hash),
        order: Arc::new(shape.order.clone()),
        classes: RecordClasses::TEXT,
        budget: shape.budget,
    };
    let mut writer = SpillWriter::new(&store);
    let mut buffers = CollectorBuffers::default();
    let mut outputs = Vec::new();
    let mut books = Books::default();
    for task in tasks {
        let mut collector = Collector::new(&settings, buffers, &mut writer, None, None);
        for (key, value) in task {
            collector.key().extend_from_slice(key);
            collector.value().extend_from_slice(value);
            collector.end().unwrap();
        }
        let finished = collector.finish().unwrap();
        assert_eq!(finished.collected.spilled_records, task.len() as u64);
        outputs.push(finished.output);
        books.add(&finished.books);
        buffers = finished.buffers;
    }
    let settings =
        MergeSettings { order: &shape.order, budget: shape.merge_budget, most_segments: 100 };
    (0..shape.partitions)
        .map(|number| {
            let partition = Partition { number, outputs: &outputs, handed_on: books.of(number) };
            let (mut merge, _) =
                open_partition(&settings, &store, &mut writer, partition, None).unwrap();
            let mut records: Vec<Record> = Vec::new();
            while merge.advance().unwrap() {
                let (key, value) = (merge.key().to_vec(), merge.value().to_vec());
                let new = records.last().is_none_or(|(before, _)| *before != key);
                assert_eq!(merge.starts_group(), new);
                records.push((key, value));
            }
            records
        })
        .collect()
}

/// What a stable sort of all records gives.
fn expected(shape: &Shape, tasks: &[Vec<Record>]) -> Vec<Vec<Record>> {
    let mut partitions = vec![Vec::new(); shape.partitions as usize];
    for (key, value) in tasks.concat() {
        let at = if shape.partitions == 1 {
            0
        } else {
            Partitioner::Hash.partition(&key, shape.partitions).unwrap()
        };
        partitions[at as usize].push((key, value));
    }
    for records in &mut partitions {
        records.sort_by(|a, b| shape.order.compare(&a.0, &b.0));
    }
    partitions
}

/// Keys that collide, are prefixes of each other, end in zeros, are long and alike, and go on from each other.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(prop_oneof![Just(0u8), Just(b'a'), any::<u8>()], 0..12),
        (0usize..40, any::<u8>()).prop_map(|(length, last)| {
            let mut key = vec![b'x'; length];
            key.push(last);
            key
        }),
        "[ab]{0,3}".prop_map(String::into_bytes),
        (0usize..300).prop_map(|zeros| vec![0; zeros]),
        "(usr/|share/man|lib/|doc){0,6}[ab]{0,2}".prop_map(String::into_bytes),
    ]
}

fn tasks() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let value = prop::collection::vec(any::<u8>(), 0..20);
    let task = prop::collection::vec((key(), value), 0..120);
    let task = (task, any::<bool>()).prop_map(|(mut records, in_order)| {
        if in_order {
            records.sort();
        }
        records
    });
    prop::collection::vec(task, 1..6)
}

fn codec() -> impl Strategy<Value = BlockCodec> {
    prop_oneof![
        Just(BlockCodec::None),
        Just(BlockCodec::Lz4),
        Just(BlockCodec::Snappy),
        Just(BlockCodec::Gzip)
    ]
}

proptest! {
    #[test]
    fn every_record_comes_out_once_in_a_stable_order(
        tasks in tasks(),
        partitions in prop_oneof![Just(1u32), Just(2), Just(3), Just(300)],
        budget in prop_oneof![Just(1usize), Just(200), Just(4000), Just(1 << 20)],
        retained in prop_oneof![Just(0u64), Just(1000), Just(1 << 20)],
        // A merge budget of nothing makes passes of four segments.
        merge_budget in prop_oneof![Just(0usize), Just(1 << 30)],
        codec in codec(),
    ) {
        let shape = Shape { partitions, budget, retained, merge_budget, codec, ..Shape::default() };
        prop_assert_eq!(shuffled(&shape, &tasks), expected(&shape, &tasks));
    }

    #[test]
    fn an_order_by_key_fields_is_stable_too(tasks in tasks(), budget in 1usize..5000) {
        let order = KeyComparator::KeyFields(KeyFields::parse("-k1,1nr", b"a").unwrap());
        let shape = Shape { budget, merge_budget: 0, partitions: 1, order, ..Shape::default() };
        prop_assert_eq!(shuffled(&shape, &tasks), expected(&shape, &tasks));
    }
}

/// Sums of numbers, eight bytes each.
#[derive(Default)]
struct Sums {
    waiting: Vec<u64>,
    slots: Vec<u64>,
}

fn number(bytes: &[u8]) -> Result<u64, TaskError> {
    bytes.try_into().map(u64::from_le_bytes).map_err(TaskError::engine)
}

impl RawFold for Sums {
    fn read(&mut self, value: &[u8]) -> Result<(), TaskError> {
        self.waiting.push(number(value)?);
        Ok(())
    }
    fn give(&mut self, value: &mut dyn Any) -> bool {
        let taken = value.downcast_mut::<Option<u64>>().and_then(Option::take);
        self.waiting.extend(taken);
        taken.is_some()
    }
    fn merge(&mut self, slots: &[u32]) -> Result<(), TaskError> {
        assert_eq!(slots.len(), self.waiting.len());
        for (&slot, value) in slots.iter().zip(self.waiting.drain(..)) {
            if slot as usize == self.slots.len() {
                self.slots.push(0);
            }
            self.slots[slot as usize] += value;
        }
        Ok(())
    }
    fn write(&self, slot: u32, out: &mut Vec<u8>) -> Result<(), TaskError> {
        out.extend_from_slice(&self.slots[slot as usize].to_le_bytes());
        Ok(())
    }
    fn clear(&mut self) {
        *self = Sums::default();
    }
}

/// The size of a given value whose JSON has eight bytes.
const EIGHT: GivenSize = GivenSize { json: 8, held: 0 };
/// The same, if it holds a thousand bytes elsewhere.
const MUCH: GivenSize = GivenSize { json: 8, held: 1000 };

/// How a record's value comes, or that its record is taken back.
#[derive(Debug, Clone, Copy)]
enum Way {
    Written,
    Given,
    /// With much that it holds elsewhere.
    GivenWithMuch,
    /// As a type that the fold does not know, and then written.
    GivenInVain,
    Abandoned,
}

/// Sends records through a collector with a table; gives the sum of each key, and how many records were spilled.
fn combined(budget: usize, records: &[(Vec<u8>, u64, Way)]) -> (BTreeMap<Vec<u8>, u64>, Collected) {
    let folder = tempfile::tempdir().unwrap();
    let memory = RetainedMemory::new(1 << 20);
    let store = SpillStore::new(Arc::new(LocalStorage), folder.path(), 7, BlockCodec::Lz4, memory);
    let settings = CollectSettings {
        partitions: 1,
        partitioner: Arc::new(Partitioner::Hash),
        order: Arc::default(),
        classes: RecordClasses::TEXT,
        budget,
    };
    let mut writer = SpillWriter::new(&store);
    let fold = Some(Box::new(Sums::default()) as Box<dyn RawFold>);
    let mut collector =
        Collector::new(&settings, CollectorBuffers::default(), &mut writer, None, fold);
    for (key, value, way) in records {
        collector.key().extend_from_slice(key);
        match way {
            Way::Abandoned => {
                collector.abandon();
                continue;
            }
            Way::Given if collector.give(&mut Some(*value), EIGHT).unwrap() => continue,
            Way::GivenWithMuch if collector.give(&mut Some(*value), MUCH).unwrap() => continue,
            Way::GivenInVain => assert!(!collector.give(&mut Some("8"), EIGHT).unwrap()),
            Way::Given | Way::GivenWithMuch | Way::Written => {}
        }
        collector.value().extend_from_slice(&value.to_le_bytes());
        collector.end().unwrap();
    }
    let Finished { output, books, collected, .. } = collector.finish().unwrap();
    let order = KeyComparator::Bytes;
    let merge = MergeSettings { order: &order, budget: 1 << 20, most_segments: 100 };
    let outputs = [output];
    let partition = Partition { number: 0, outputs: &outputs, handed_on: books.of(0) };
    let (mut merge, _) = open_partition(&merge, &store, &mut writer, partition, None).unwrap();
    let mut sums = BTreeMap::new();
    while merge.advance().unwrap() {
        *sums.entry(merge.key().to_vec()).or_insert(0) += number(merge.value()).unwrap();
    }
    (sums, collected)
}

proptest! {
    #[test]
    fn a_table_adds_up_all_records_of_a_key(
        records in prop::collection::vec((key(), 0..1u64 << 50, way()), 0..400),
        budget in prop_oneof![Just(1usize), Just(3000), Just(50_000), Just(1 << 20)],
    ) {
        let mut expected = BTreeMap::new();
        let mut emitted = (0, 0);
        for (key, value, way) in &records {
            if !matches!(way, Way::Abandoned) {
                *expected.entry(key.clone()).or_insert(0) += value;
                let of_text = |length| WritableClass::Text.serialized_len(length);
                let bytes = of_text(key.len()) + of_text(8);
                emitted = (emitted.0 + 1, emitted.1 + bytes as u64);
            }
        }
        let (sums, collected) = combined(budget, &records);
        prop_assert_eq!(&sums, &expected);
        prop_assert_eq!((collected.records, collected.bytes), emitted);
        if budget == 1 << 20 {
            prop_assert_eq!(collected.spilled_records, expected.len() as u64);
        }
    }
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![
        4 => Just(Way::Written),
        4 => Just(Way::Given),
        1 => Just(Way::GivenWithMuch),
        1 => Just(Way::GivenInVain),
        1 => Just(Way::Abandoned)
    ]
}

#[test]
fn a_table_steps_aside_where_keys_hardly_repeat() {
    let records = |keys: u64| -> Vec<_> {
        (0..4000u64).map(|n| ((n % keys).to_be_bytes().to_vec(), 1, Way::Given)).collect()
    };
    let (sums, collected) = combined(1 << 15, &records(4000));
    assert_eq!((sums.len(), collected.spilled_records), (4000, 4000));
    let (sums, collected) = combined(1 << 15, &records(10));
    assert_eq!((sums.len(), collected.spilled_records), (10, 10));
}

#[test]
fn what_given_values_hold_fills_a_table() {
    let records: Vec<_> =
        (0..4000u64).map(|n| ((n % 10).to_be_bytes().to_vec(), 1, Way::GivenWithMuch)).collect();
    let (sums, collected) = combined(1 << 15, &records);
    assert_eq!(sums, (0..10u64).map(|key| (key.to_be_bytes().to_vec(), 400)).collect());
    assert!(collected.spilled_records > 1000, "{collected:?}");
}

#[test]
fn no_records_are_no_spill() {
    let shape = Shape::default();
    assert_eq!(shuffled(&shape, &[vec![], vec![]]), vec![Vec::<Record>::new(); 3]);
}

#[test]
fn keys_that_agree_in_a_thousand_bytes_are_told_apart() {
    let keys = (0..2000u32).map(|n| {
        let mut key = vec![b'k'; 1000];
        key.extend_from_slice(&(n % 50).to_be_bytes());
        (key, n.to_be_bytes().to_vec())
    });
    let tasks = vec![keys.collect()];
    let shape = Shape { partitions: 1, ..Shape::default() };
    assert_eq!(shuffled(&shape, &tasks), expected(&shape, &tasks));
}

#[test]
fn rows_that_came_in_order_and_those_that_almost_did_are_sorted() {
    let row = |n: usize| (format!("user {}\t{:05}", n % 3, n / 20).into_bytes(), vec![n as u8]);
    let in_order: Vec<Record> = (0..3000).map(row).collect();
    let (mut late, mut early) = (in_order.clone(), in_order.clone());
    late.rotate_right(1);
    early.rotate_left(1);
    let tasks = vec![in_order, late, early];
    let shape = Shape { partitions: 1, ..Shape::default() };
    assert_eq!(shuffled(&shape, &tasks), expected(&shape, &tasks));
}

#[test]
fn a_key_with_many_values_goes_on_from_block_to_block() {
    let records = (0..60_000usize).map(|n| {
        let key = ["some", "more", "a key of more than a few words"][n % 7 % 3];
        (
            key.as_bytes().to_vec(),
            n.to_string().into_bytes()[..n % 5 % n.to_string().len()].to_vec(),
        )
    });
    let tasks = vec![records.collect(), vec![(b"some".to_vec(), vec![b'v'; 200]); 1000]];
    for budget in [100_000, 8 << 20] {
        let shape = Shape { partitions: 1, budget, ..Shape::default() };
        assert!(shuffled(&shape, &tasks) == expected(&shape, &tasks)); // too much to show
    }
}

#[test]
fn the_highest_keys_come_last_from_segments_that_have_ended_and_that_have_not() {
    let keys = |least: usize| (least..20).map(|length| (vec![0xff; length], vec![0xff]));
    let tasks = vec![keys(5).collect(), keys(0).take(3).collect(), keys(7).take(2).collect()];
    for order in
        [KeyComparator::Bytes, KeyComparator::KeyFields(KeyFields::parse("-k1,1", b"a").unwrap())]
    {
        let shape = Shape { partitions: 1, order, ..Shape::default() };
        assert_eq!(shuffled(&shape, &tasks), expected(&shape, &tasks));
    }
}
