//! Merging the sorted segments of a partition in one pass, and reading what comes out.

#![allow(clippy::unwrap_used)] // as in tests

#[path = "../../../bench/words.rs"]
mod words;

use std::sync::Arc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use howdah_codec::block::BlockCodec;
use howdah_plan::{RecordSink, SortedRecords};
use howdah_platform::LocalStorage;
use howdah_shuffle::spill::SpillWriter;
use howdah_shuffle::{
    Books, CollectSettings, Collector, CollectorBuffers, MapOutput, MergeSettings, Partition,
    RetainedMemory, SpillStore, open_partition,
};
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::partitioner::Partitioner;
use howdah_streaming::writable::RecordClasses;

/// Records of all segments together.
const RECORDS: u64 = 1 << 16;
const SEGMENTS: [u64; 3] = [2, 16, 128];
const VALUE: &[u8] = b"a value";

fn main() {
    divan::main();
}

#[divan::bench(args = SEGMENTS)]
fn from_memory(bencher: Bencher<'_, '_>, segments: u64) {
    merge(bencher, segments, RetainedMemory::new(1 << 30));
}

/// From the file that a worker's spills go to, packed with LZ4.
#[divan::bench(args = SEGMENTS)]
fn from_a_file(bencher: Bencher<'_, '_>, segments: u64) {
    merge(bencher, segments, RetainedMemory::new(0));
}

fn merge(bencher: Bencher<'_, '_>, segments: u64, memory: RetainedMemory) {
    let folder = tempfile::tempdir().unwrap();
    let store = SpillStore::new(Arc::new(LocalStorage), folder.path(), 1, BlockCodec::Lz4, memory);
    let mut writer = SpillWriter::new(&store);
    let mut outputs = Vec::new();
    let mut books = Books::default();
    for task in 0..segments {
        let (output, of_task) = map_output(&mut writer, task, RECORDS / segments);
        outputs.push(output);
        books.add(&of_task);
    }
    let partition = Partition { number: 0, outputs: &outputs, handed_on: books.of(0) };
    let bytes = partition.handed_on.bytes;
    let order = KeyComparator::Bytes;
    let settings = MergeSettings { order: &order, budget: 1 << 30, most_segments: 1000 };
    bencher.counter(ItemsCount::new(RECORDS)).counter(BytesCount::new(bytes)).bench_local(|| {
        let (mut merge, _) =
            open_partition(&settings, &store, &mut writer, partition, None).unwrap();
        while merge.advance().unwrap() {
            black_box((merge.key(), merge.value(), merge.starts_group()));
        }
    });
}

/// The output of one map task: its part of a text's words, as one segment.
fn map_output(writer: &mut SpillWriter<'_>, task: u64, records: u64) -> (MapOutput, Books) {
    let settings = CollectSettings {
        partitions: 1,
        partitioner: Arc::new(Partitioner::Hash),
        order: Arc::default(),
        classes: RecordClasses::TEXT,
        budget: 64 << 20,
    };
    let mut collector = Collector::new(&settings, CollectorBuffers::default(), writer, None, None);
    for place in task * records..(task + 1) * records {
        collector.key().extend_from_slice(words::word(place).as_bytes());
        collector.value().extend_from_slice(VALUE);
        collector.end().unwrap();
    }
    let finished = collector.finish().unwrap();
    assert_eq!(finished.collected.spills, 1);
    (finished.output, finished.books)
}
