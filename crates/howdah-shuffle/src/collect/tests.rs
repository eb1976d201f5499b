use proptest::prelude::*;

use super::*;
use crate::memory::RetainedMemory;
use crate::merge::{MergeSettings, open_partition};
use crate::spill::SpillStore;
use howdah_codec::block::BlockCodec;
use howdah_platform::LocalStorage;
use howdah_streaming::key_fields::KeyFields;

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
        forms: Default::default(),
        budget: shape.budget,
    };
    let mut writer = SpillWriter::new(&store);
    let mut buffers = CollectorBuffers::default();
    let mut outputs = Vec::new();
    for task in tasks {
        let mut collector = Collector::new(&settings, buffers, &mut writer, None, None);
        for (key, value) in task {
            collector.key().extend_from_slice(key);
            collector.value().extend_from_slice(value);
            collector.end().unwrap();
        }
        let (output, collected, back) = collector.finish().unwrap();
        assert_eq!(collected.spilled_records, task.len() as u64);
        outputs.push(output);
        buffers = back;
    }
    let settings =
        MergeSettings { order: &shape.order, budget: shape.merge_budget, most_segments: 100 };
    (0..shape.partitions)
        .map(|partition| {
            let (mut merge, _) =
                open_partition(&settings, &store, &mut writer, &outputs, partition, None).unwrap();
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

/// Keys that collide, are prefixes of each other, end in zeros, and are long and alike.
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
    ]
}

fn tasks() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let value = prop::collection::vec(any::<u8>(), 0..20);
    prop::collection::vec(prop::collection::vec((key(), value), 0..120), 1..6)
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
        codec in codec(),
    ) {
        // A merge budget of nothing makes passes of four segments.
        let shape = Shape { partitions, budget, retained, merge_budget: 0, codec, ..Shape::default() };
        prop_assert_eq!(shuffled(&shape, &tasks), expected(&shape, &tasks));
    }

    #[test]
    fn an_order_by_key_fields_is_stable_too(tasks in tasks(), budget in 1usize..5000) {
        let order = KeyComparator::KeyFields(KeyFields::parse("-k1,1nr", b"a").unwrap());
        let shape = Shape { budget, merge_budget: 0, partitions: 1, order, ..Shape::default() };
        prop_assert_eq!(shuffled(&shape, &tasks), expected(&shape, &tasks));
    }
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
