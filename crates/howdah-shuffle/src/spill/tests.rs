use std::sync::Arc;

use super::*;
use crate::error::ShuffleError;
use crate::memory::RetainedMemory;
use howdah_codec::block::{BlockCodec, BlockCoder};
use howdah_platform::LocalStorage;

type Record = (Vec<u8>, Vec<u8>);

fn store(folder: &std::path::Path, retained: u64) -> SpillStore {
    let memory = RetainedMemory::new(retained);
    SpillStore::new(Arc::new(LocalStorage), folder, 1, BlockCodec::Lz4, memory)
}

fn records(count: usize) -> Vec<Record> {
    (0..count).map(|n| (format!("key {}", n / 3).into_bytes(), vec![b'v'; n % 9])).collect()
}

fn spilled(writer: &mut SpillWriter<'_>, records: &[Record]) -> Spill {
    writer.begin_spill();
    writer.begin_segment(5);
    for (key, value) in records {
        writer.append(key, value).unwrap();
    }
    writer.end_segment().unwrap();
    writer.end_spill().unwrap()
}

fn read_back(
    store: &SpillStore,
    spill: &Spill,
    segment: Segment,
) -> Result<Vec<Record>, ShuffleError> {
    let mut reader = SegmentReader::new(
        store.run(),
        &Run { spill: spill.number, place: Arc::clone(&spill.place), segment },
    );
    let mut coder = BlockCoder::new();
    let mut records = Vec::new();
    while reader.advance(&mut coder)? {
        records.push((reader.key().to_vec(), reader.value().to_vec()));
    }
    Ok(records)
}

#[test]
fn a_segment_of_many_blocks_comes_back_from_memory_and_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for retained in [0, 1 << 30] {
        let store = store(folder.path(), retained);
        let mut writer = SpillWriter::new(&store);
        for count in [1, 2, 100_000] {
            let records = records(count);
            let spill = spilled(&mut writer, &records);
            let segment = spill.segment(5).unwrap();
            assert_eq!(segment.records, count as u64);
            assert_eq!(read_back(&store, &spill, segment).unwrap(), records);
        }
        assert_eq!(store.file_bytes() > 0, retained == 0);
    }
}

#[test]
fn huge_records_come_back_between_small_ones() {
    let folder = tempfile::tempdir().unwrap();
    let huge = |byte: u8| (vec![byte; 5 << 20], vec![byte; 3 << 20]);
    let mut records = records(5000);
    records.insert(4000, huge(b'z'));
    records.push(huge(0));
    records.push(huge(0));
    for retained in [0, 7 << 20, 1 << 30] {
        let store = store(folder.path(), retained);
        let mut writer = SpillWriter::new(&store);
        for _ in 0..2 {
            let spill = spilled(&mut writer, &records);
            let back = read_back(&store, &spill, spill.segment(5).unwrap()).unwrap();
            assert!(back == records, "within {retained} bytes"); // too much to show
        }
    }
}

#[test]
fn what_hardly_shrinks_is_packed_by_a_slow_codec_only() {
    let folder = tempfile::tempdir().unwrap();
    let digits: Vec<Record> = (0..50_000u64)
        .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_string().into_bytes(), Vec::new()))
        .collect();
    let stored_percent = |codec, records: &[Record]| {
        // Nothing is retained: with room for them, no blocks are packed.
        let memory = RetainedMemory::new(0);
        let store = SpillStore::new(Arc::new(LocalStorage), folder.path(), 1, codec, memory);
        let spill = spilled(&mut SpillWriter::new(&store), records);
        let segment = spill.segment(5).unwrap();
        assert!(read_back(&store, &spill, segment).unwrap() == records); // too much to show
        100 * segment.stored_bytes / segment.raw_bytes
    };
    let percents = [
        stored_percent(BlockCodec::Lz4, &digits),
        stored_percent(BlockCodec::Gzip, &digits),
        stored_percent(BlockCodec::Lz4, &vec![digits[0].clone(); 50_000]),
    ];
    assert!(percents[0] >= 95 && percents[1] <= 80 && percents[2] <= 10, "{percents:?}");
}

/// The same spill with its bytes changed.
fn changed(spill: &Spill, change: impl FnOnce(&mut Vec<u8>)) -> Spill {
    let Place::Memory { bytes, .. } = &*spill.place else { panic!("a small spill is in memory") };
    let mut bytes = bytes.clone();
    change(&mut bytes);
    let reserved = RetainedMemory::new(0).reservation();
    let place = Arc::new(Place::Memory { bytes, _reserved: reserved });
    Spill { place, ..spill.clone() }
}

#[test]
fn every_changed_byte_and_every_cut_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 1 << 20);
    let mut writer = SpillWriter::new(&store);
    let spill = spilled(&mut writer, &records(20));
    let segment = spill.segment(5).unwrap();
    for at in 0..segment.stored_bytes as usize {
        for bit in 0..8 {
            let flipped = changed(&spill, |bytes| bytes[at] ^= 1 << bit);
            assert!(read_back(&store, &flipped, segment).is_err(), "byte {at}, bit {bit}");
        }
        let cut = changed(&spill, |bytes| bytes.truncate(at));
        assert!(read_back(&store, &cut, segment).is_err(), "cut at {at}");
    }
}

#[test]
fn a_block_of_another_spill_or_run_is_not_taken_for_ours() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path(), 1 << 20);
    let mut writer = SpillWriter::new(&first);
    let (one, other) = (spilled(&mut writer, &records(20)), spilled(&mut writer, &records(20)));
    let segment = one.segment(5).unwrap();
    let swapped = Spill { place: Arc::clone(&other.place), ..one.clone() };
    let error = read_back(&first, &swapped, segment).unwrap_err();
    assert!(error.to_string().contains("belongs"), "{error}");

    let later = SpillStore::new(
        Arc::new(LocalStorage),
        folder.path(),
        2,
        BlockCodec::Lz4,
        RetainedMemory::new(0),
    );
    assert!(read_back(&later, &one, segment).is_err());
}
