use proptest::prelude::*;

use super::*;
use crate::input::InputFile;
use crate::input::sample::FileSample;
use howdah_codec::Codec;
use howdah_platform::LocalStorage;
use howdah_streaming::lines::records_of_split;
use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// The records of a split with their offsets, as the reader gives them.
fn read(
    split: &InputSplit,
    settings: &RecordReaderSettings,
) -> Result<Vec<(u64, Vec<u8>)>, String> {
    let pulse = Pulse::default();
    let mut reader = RecordReader::open(&LocalStorage, split, settings, &pulse)
        .map_err(|error| error.to_string())?;
    let mut records = Vec::new();
    while reader.advance().map_err(|error| error.to_string())? {
        records.push((reader.place().offset, reader.record().to_vec()));
    }
    Ok(records)
}

/// Where the line at hand begins, as its key says.
fn offset(reader: &RecordReader<'_>) -> u64 {
    let mut made = Vec::new();
    let (key, _) = reader.key_value(&InputFields::OffsetAndLine, &mut made);
    u64::from_be_bytes(key.try_into().unwrap())
}

/// A file as one split.
fn whole(path: &std::path::Path) -> InputSplit {
    let length = fs::metadata(path).unwrap().len();
    let codec = Codec::of_path(path);
    InputSplit::whole(Arc::new(InputFile { path: path.to_owned(), length, codec }))
}

fn splits_of(path: &std::path::Path, cuts: &[u64]) -> Vec<InputSplit> {
    let whole = whole(path);
    let length = whole.length;
    let mut ends: Vec<u64> = cuts.iter().map(|cut| cut % (length + 1)).collect();
    ends.extend([0, length]);
    ends.sort_unstable();
    ends.dedup(); // Hadoop makes no split of nothing from a file that has something
    let between = ends.windows(2).map(|window| (window[0], window[1] - window[0]));
    (0..)
        .zip(between)
        .map(|(ordinal, (start, length))| InputSplit { start, length, ordinal, ..whole.clone() })
        .collect()
}

proptest! {
    #[test]
    fn each_split_gives_the_records_that_it_owns(
        text in "[ab\r\n|]{0,40}",
        cuts in prop::collection::vec(any::<u64>(), 0..4),
        read_bytes in 1usize..9,
        custom in prop::option::of(prop_oneof![Just("|"), Just("ab"), Just("||")]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        fs::write(&path, &text).unwrap();
        let terminator = match custom {
            None => Terminator::Line,
            Some(delimiter) => Terminator::Custom(delimiter.into()),
        };
        let settings =
            RecordReaderSettings { terminator: terminator.clone(), read_bytes, ..Default::default() };
        for split in splits_of(&path, &cuts) {
            let (start, length) = (split.start as usize, split.length as usize);
            let expected = records_of_split(text.as_bytes(), start, length, &terminator);
            let expected: Vec<_> =
                expected.iter().map(|&(at, record)| (at as u64, record.to_vec())).collect();
            prop_assert_eq!(read(&split, &settings).unwrap(), expected);
        }
    }

    #[test]
    fn a_bzip2_file_gives_each_line_once_however_it_is_cut(
        streams in prop::collection::vec("[ab\n]{0,30}", 1..6),
        cuts in prop::collection::vec(any::<u64>(), 0..6),
        read_bytes in 1usize..9,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text.bz2");
        // A stream for each piece: so there are many blocks, with lines that run over several.
        let mut file = fs::File::create(&path).unwrap();
        for stream in &streams {
            let mut encoder = Codec::Bzip2.encoder(&mut file).unwrap();
            encoder.write_all(stream.as_bytes()).unwrap();
            encoder.finish().unwrap();
        }
        let settings = RecordReaderSettings { read_bytes, ..Default::default() };
        let mut lines = Vec::new();
        for split in splits_of(&path, &cuts) {
            lines.extend(read(&split, &settings).unwrap().into_iter().map(|(_, record)| record));
        }
        let text = streams.concat();
        let expected = records_of_split(text.as_bytes(), 0, text.len(), &Terminator::Line);
        let expected: Vec<_> = expected.iter().map(|&(_, record)| record.to_vec()).collect();
        prop_assert_eq!(lines, expected);
    }

    #[test]
    fn a_sample_keeps_the_same_records_however_a_file_is_cut(
        streams in prop::collection::vec("[ab\n\r]{0,30}", 1..6),
        cuts in prop::collection::vec(any::<u64>(), 0..6),
        seed in any::<u64>(),
        read_bytes in 1usize..9,
        is_compressed in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if is_compressed { "text.bz2" } else { "text" });
        let mut file = fs::File::create(&path).unwrap();
        for stream in &streams {
            if is_compressed {
                let mut encoder = Codec::Bzip2.encoder(&mut file).unwrap();
                encoder.write_all(stream.as_bytes()).unwrap();
                encoder.finish().unwrap();
            } else {
                file.write_all(stream.as_bytes()).unwrap();
            }
        }
        let settings = RecordReaderSettings { read_bytes, ..Default::default() };
        let sample = FileSample::new(crate::options::Sample { fraction: 0.5, seed }, 0);
        let sampled = |cuts: &[u64]| -> Vec<_> {
            let mut splits = splits_of(&path, cuts);
            for split in &mut splits {
                split.special_mut().sample = Some(sample);
            }
            let records = splits.iter().flat_map(|split| read(split, &settings).unwrap());
            records.map(|(_, record)| record).collect()
        };
        prop_assert_eq!(sampled(&cuts), sampled(&[]));
    }
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    fs::write(&path, b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n").unwrap();
    let records = read(&splits_of(&path, &[])[0], &RecordReaderSettings::default()).unwrap();
    assert_eq!(records, [(3, b"a".to_vec()), (5, b"\xef\xbb\xbfb".to_vec())]);
}

#[test]
fn only_the_files_own_first_line_has_the_mark_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    fs::write(&path, "a\nb\nc\nd\n").unwrap();
    let mut split = splits_of(&path, &[]).remove(0);
    // A seed that leaves out the first line.
    let sample = |seed| FileSample::new(crate::options::Sample { fraction: 0.5, seed }, 0);
    let offsets = (0..64).map(|seed| {
        split.special_mut().sample = Some(sample(seed));
        let pulse = Pulse::default();
        let settings = RecordReaderSettings::default();
        let mut reader = RecordReader::open(&LocalStorage, &split, &settings, &pulse).unwrap();
        let first = reader.advance().unwrap().then(|| (offset(&reader), reader.record().to_vec()));
        first.map(|(offset, record)| (record, offset))
    });
    let firsts: std::collections::BTreeMap<_, _> = offsets.flatten().collect();
    let expected = [(b"a", 0), (b"b", 2), (b"c", 4), (b"d", 6)];
    assert_eq!(firsts, expected.map(|(line, offset)| (line.to_vec(), offset)).into());
}

#[test]
fn a_record_over_the_limit_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    fs::write(&path, [b'x'; 100]).unwrap();
    let settings =
        RecordReaderSettings { most_record_bytes: 20, read_bytes: 8, ..Default::default() };
    let error = read(&splits_of(&path, &[])[0], &settings).unwrap_err();
    assert!(error.contains("longer than the 20 bytes that `--max-record`"), "{error}");
}

#[test]
fn a_truncated_gzip_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.gz");
    let mut encoder = Codec::Gzip.encoder(fs::File::create(&path).unwrap()).unwrap();
    encoder.write_all(&b"some text\n".repeat(100)).unwrap();
    encoder.finish().unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    let error = read(&splits_of(&path, &[])[0], &RecordReaderSettings::default()).unwrap_err();
    assert!(error.contains("gzip"), "{error}");
}

/// What Hadoop's `mapred.LineRecordReader` gave for splits of random texts: text, delimiter, longest line, start, end,
/// and the records with their offsets. All but numbers are hexadecimal, and `-` is none. There are no delimiters that
/// overlap themselves, since Hadoop may miss one of these where a split ends.
const RECORDED: &str = include_str!("hadoop.tsv");

#[test]
fn a_split_gives_what_it_gave_on_hadoop() {
    let bytes = |hex: &str| -> Vec<u8> {
        let digits = hex.trim_matches('-').as_bytes().chunks(2);
        digits
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    for line in RECORDED.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [text, delimiter, limit, start, end, expected] = fields[..] else { panic!("{line}") };
        fs::write(&path, bytes(text)).unwrap();
        let mut split = whole(&path);
        split.start = start.parse().unwrap();
        split.length = end.parse::<u64>().unwrap() - split.start;
        let settings = RecordReaderSettings {
            terminator: Terminator::Custom(bytes(delimiter)),
            left_out_from: limit.parse().ok(),
            read_bytes: 3,
            ..Default::default()
        };
        let pulse = Pulse::default();
        let mut reader = RecordReader::open(&LocalStorage, &split, &settings, &pulse).unwrap();
        let mut records = Vec::new();
        while reader.advance().unwrap() {
            records.push((offset(&reader), reader.record().to_vec()));
        }
        let expected = expected.trim_matches('-').split_whitespace();
        let expected = expected.map(|record| record.split_once(':').unwrap());
        let expected: Vec<(u64, Vec<u8>)> =
            expected.map(|(offset, hex)| (offset.parse().unwrap(), bytes(hex))).collect();
        assert_eq!(records, expected, "{line}");
    }
}

#[test]
fn a_line_that_is_left_out_is_not_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    fs::write(&path, format!("a\n{}\nb\n", "x".repeat(100_000))).unwrap();
    let settings = RecordReaderSettings {
        most_record_bytes: 64, // a longer line could not be held
        left_out_from: Some(20),
        read_bytes: 16,
        ..Default::default()
    };
    let pulse = Pulse::default();
    let split = whole(&path);
    let mut reader = RecordReader::open(&LocalStorage, &split, &settings, &pulse).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    reader.tell_skipped(move |line| tell.lock().unwrap().push(line));
    let mut records = Vec::new();
    while reader.advance().unwrap() {
        records.push(reader.record().to_vec());
    }
    assert_eq!((records, reader.skipped()), (vec![b"a".to_vec(), b"b".to_vec()], 1));
    assert_eq!(*told.lock().unwrap(), [SkippedLine { size: 100_001, position: 2 }]);
}

#[test]
fn pieces_are_read_one_behind_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let pieces = ["a\nb", "\u{feff}c\n", "", "d\n"].iter().enumerate().map(|(number, text)| {
        let path = folder.path().join(number.to_string());
        fs::write(&path, text).unwrap();
        whole(&path)
    });
    let mut pieces = pieces.collect::<Vec<_>>().into_iter();
    let mut split = pieces.next().unwrap();
    split.special_mut().behind = pieces.collect();
    let pulse = Pulse::default();
    let settings = RecordReaderSettings::default();
    let mut reader = RecordReader::open(&LocalStorage, &split, &settings, &pulse).unwrap();
    let mut records = Vec::new();
    while reader.advance().unwrap() {
        records.push((offset(&reader), reader.record().to_vec()));
    }
    let expected = [(0, b"a"), (2, b"b"), (0, b"c"), (0, b"d")];
    assert_eq!(records, expected.map(|(offset, line)| (offset, line.to_vec())));
    assert_eq!((split.bytes(), reader.records()), (10, 4));
}
