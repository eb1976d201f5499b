//! Collecting a map task's records, sorting them and writing them as one spill, which stays in memory.

#![allow(clippy::unwrap_used)] // as in tests

#[path = "../../../bench/words.rs"]
mod words;

use std::any::Any;
use std::mem;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use howdah_codec::block::BlockCodec;
use howdah_plan::{GivenSize, RawFold, RecordSink, TaskError};
use howdah_platform::LocalStorage;
use howdah_shuffle::spill::SpillWriter;
use howdah_shuffle::{CollectSettings, Collector, CollectorBuffers, RetainedMemory, SpillStore};
use howdah_streaming::partitioner::Partitioner;
use howdah_streaming::writable::RecordClasses;

const RECORDS: u64 = 1 << 17;

fn main() {
    divan::main();
}

#[divan::bench]
fn repeated_keys_without_a_table(bencher: Bencher<'_, '_>) {
    collect(bencher, &repeated_keys(), None, write);
}

#[divan::bench]
fn repeated_keys_into_a_table_written(bencher: Bencher<'_, '_>) {
    collect(bencher, &repeated_keys(), Some(sums), write);
}

#[divan::bench]
fn repeated_keys_into_a_table_given(bencher: Bencher<'_, '_>) {
    collect(bencher, &repeated_keys(), Some(sums), give);
}

#[divan::bench]
fn distinct_keys_of_10_bytes(bencher: Bencher<'_, '_>) {
    collect(bencher, &distinct_keys(), None, write);
}

/// What a word count emits.
fn repeated_keys() -> Vec<Vec<u8>> {
    (0..RECORDS).map(|place| words::word(place).into_bytes()).collect()
}

/// Ten hexadecimal digits each, of which the first eight tell nearly all keys apart.
fn distinct_keys() -> Vec<Vec<u8>> {
    (0..RECORDS).map(|place| format!("{:010x}", words::random(place) >> 24).into_bytes()).collect()
}

/// Emits a record of each key, as one task after the other of a worker.
fn collect(
    bencher: Bencher<'_, '_>,
    keys: &[Vec<u8>],
    fold: Option<fn() -> Box<dyn RawFold>>,
    emit: fn(&mut dyn RecordSink, &[u8]),
) {
    let memory = RetainedMemory::new(1 << 30);
    let store = SpillStore::new(Arc::new(LocalStorage), Path::new(""), 1, BlockCodec::Lz4, memory);
    let settings = CollectSettings {
        partitions: 4,
        partitioner: Arc::new(Partitioner::Hash),
        order: Arc::default(),
        classes: RecordClasses::TEXT,
        budget: 64 << 20,
    };
    let mut writer = SpillWriter::new(&store);
    let mut buffers = CollectorBuffers::default();
    bencher
        .counter(ItemsCount::new(keys.len()))
        .counter(BytesCount::new(keys.iter().map(|key| key.len() + VALUE.len()).sum::<usize>()))
        .bench_local(|| {
            let fold = fold.map(|make| make());
            let mut collector =
                Collector::new(&settings, mem::take(&mut buffers), &mut writer, None, fold);
            for key in keys {
                emit(&mut collector, key);
            }
            let finished = collector.finish().unwrap();
            buffers = finished.buffers;
            finished.output
        });
}

/// The value of each record, a one.
const VALUE: [u8; 8] = 1_u64.to_le_bytes();

fn write(sink: &mut dyn RecordSink, key: &[u8]) {
    sink.key().extend_from_slice(key);
    sink.value().extend_from_slice(&VALUE);
    sink.end().unwrap();
}

fn give(sink: &mut dyn RecordSink, key: &[u8]) {
    sink.key().extend_from_slice(key);
    assert!(sink.give(&mut Some(1_u64), GivenSize { json: VALUE.len(), held: 0 }).unwrap());
}

fn sums() -> Box<dyn RawFold> {
    Box::new(Sums::default())
}

/// Adds up the numbers of each key.
#[derive(Default)]
struct Sums {
    waiting: Vec<u64>,
    sums: Vec<u64>,
}

impl RawFold for Sums {
    fn read(&mut self, value: &[u8]) -> Result<(), TaskError> {
        self.waiting.push(value.try_into().map(u64::from_le_bytes).map_err(TaskError::engine)?);
        Ok(())
    }
    fn give(&mut self, value: &mut dyn Any) -> bool {
        let taken = value.downcast_mut::<Option<u64>>().and_then(Option::take);
        self.waiting.extend(taken);
        taken.is_some()
    }
    fn merge(&mut self, slots: &[u32]) -> Result<(), TaskError> {
        for (&slot, value) in slots.iter().zip(self.waiting.drain(..)) {
            match self.sums.get_mut(slot as usize) {
                Some(sum) => *sum += value,
                None => self.sums.push(value),
            }
        }
        Ok(())
    }
    fn write(&self, slot: u32, out: &mut Vec<u8>) -> Result<(), TaskError> {
        out.extend_from_slice(&self.sums[slot as usize].to_le_bytes());
        Ok(())
    }
    fn clear(&mut self) {
        self.waiting.clear();
        self.sums.clear();
    }
}
