use std::sync::Arc;

use super::place::HeldSpill;
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
    writer.begin_segment(5, false);
    for (key, value) in records {
        writer.append(key, value).unwrap();
    }
    writer.end_segment().unwrap();
    writer.end_spill().unwrap()
}

fn read_back(store: &SpillStore, spill: &Spill) -> Result<Vec<Record>, ShuffleError> {
    let Some(run) = spill.run(store.run(), 5)? else { return Ok(Vec::new()) };
    let mut reader = SegmentReader::new(store.run(), &run);
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
            assert_eq!(read_back(&store, &spill).unwrap(), records);
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
            let back = read_back(&store, &spill).unwrap();
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
        assert!(read_back(&store, &spill).unwrap() == records); // too much to show
        let raw: usize = records.iter().map(|(key, value)| key.len() + value.len()).sum();
        100 * spill.run(store.run(), 5).unwrap().unwrap().segment.stored_bytes / raw as u64
    };
    let percents = [
        stored_percent(BlockCodec::Lz4, &digits),
        stored_percent(BlockCodec::Gzip, &digits),
        stored_percent(BlockCodec::Lz4, &vec![digits[0].clone(); 50_000]),
    ];
    assert!(percents[0] >= 100 && percents[1] <= 90 && percents[2] <= 10, "{percents:?}");
}

fn stored(spill: &Spill) -> &[u8] {
    let Place::Memory(held) = &spill.place else { panic!("a small spill is in memory") };
    &held.bytes
}

/// The same spill with its bytes changed.
fn changed(spill: &Spill, change: impl FnOnce(&mut Vec<u8>)) -> Spill {
    let mut bytes = stored(spill).to_vec();
    change(&mut bytes);
    let reserved = RetainedMemory::new(0).reservation();
    Spill {
        place: Place::Memory(Arc::new(HeldSpill { bytes: bytes.into(), _reserved: reserved })),
        ..spill.clone()
    }
}

#[test]
fn every_changed_byte_and_every_cut_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 1 << 20);
    let mut writer = SpillWriter::new(&store);
    let spill = spilled(&mut writer, &records(20));
    for at in 0..stored(&spill).len() {
        for bit in 0..8 {
            let flipped = changed(&spill, |bytes| bytes[at] ^= 1 << bit);
            let error = read_back(&store, &flipped).expect_err("a changed bit");
            assert_eq!(error.damaged_spill(), Some(0), "byte {at}, bit {bit}: {error}");
        }
        let cut = changed(&spill, |bytes| bytes.truncate(at));
        let error = read_back(&store, &cut).expect_err("a cut");
        assert_eq!(error.damaged_spill(), Some(0), "cut at {at}: {error}");
    }
}

#[test]
fn blocks_that_have_changed_places_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), 1 << 20);
    let mut writer = SpillWriter::new(&store);
    // Values of one length, and keys: so that blocks are of one length, too.
    let records: Vec<Record> =
        (0..9000).map(|n| (format!("{n:016}").into_bytes(), vec![b'v'; 16])).collect();
    let spill = spilled(&mut writer, &records);
    let block = 44 + u32::from_le_bytes(stored(&spill)[32..36].try_into().unwrap()) as usize;
    let is_second = |bytes: &[u8]| bytes[block..block + 4] == bytes[..4];
    assert!(is_second(stored(&spill)), "the length of the first block leads to the second");
    let swapped = changed(&spill, |bytes| bytes[..2 * block].rotate_left(block));
    assert!(is_second(stored(&swapped)), "blocks of one length");
    let error = read_back(&store, &swapped).unwrap_err();
    assert!(error.to_string().contains("belongs"), "{error}");
}

#[test]
fn an_index_of_many_pages_leads_to_each_segment_and_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    for (every, retained) in [(1, 1 << 20), (1, 0), (3, 0), (50, 1 << 20)] {
        let store = store(folder.path(), retained);
        let mut writer = SpillWriter::new(&store);
        writer.begin_spill();
        for partition in (0..1000).filter(|partition| partition % every == 0) {
            writer.begin_segment(partition, false);
            writer.append(&partition.to_le_bytes(), b"").unwrap();
            writer.end_segment().unwrap();
        }
        let spill = writer.end_spill().unwrap();
        for partition in 0..1200 {
            let run = spill.run(store.run(), partition).unwrap();
            assert_eq!(run.is_some(), partition < 1000 && partition % every == 0, "{partition}");
            let Some(run) = run else { continue };
            let mut reader = SegmentReader::new(store.run(), &run);
            assert!(reader.advance(&mut BlockCoder::new()).unwrap());
            assert_eq!(reader.key(), partition.to_le_bytes());
        }
    }
}

#[test]
fn what_belongs_to_another_spill_or_run_is_not_taken_for_ours() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path(), 1 << 20);
    let mut writer = SpillWriter::new(&first);
    let (one, other) = (spilled(&mut writer, &records(20)), spilled(&mut writer, &records(20)));
    let swapped = Spill { place: other.place.clone(), ..one.clone() };
    let error = read_back(&first, &swapped).unwrap_err();
    assert!(error.to_string().contains("another spill"), "{error}");
    let blocks = one.run(first.run(), 5).unwrap().unwrap().segment.stored_bytes as usize;
    let mixed = changed(&one, |bytes| bytes[..blocks].copy_from_slice(&stored(&other)[..blocks]));
    let error = read_back(&first, &mixed).unwrap_err();
    assert!(error.to_string().contains("belongs"), "{error}");

    let memory = RetainedMemory::new(0);
    let later = SpillStore::new(Arc::new(LocalStorage), folder.path(), 2, BlockCodec::Lz4, memory);
    let error = read_back(&later, &one).unwrap_err();
    assert!(error.to_string().contains("another spill"), "{error}");
}
