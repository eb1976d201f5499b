//! What is written is read, in one piece or in splits; what is damaged is an error or read as far as it goes, never a
//! panic.

#![expect(clippy::unwrap_used, reason = "a file that cannot be made fails its test")]

use std::io::Cursor;

use howdah_codec::Codec;
use howdah_sequence_file::{Compression, Error, ErrorKind, Reader, Settings, Writer};
use proptest::prelude::*;

/// Enough for every record here; damage must not make more of it.
const LIMIT: usize = 1 << 16;

type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// All kinds of files that can be written.
fn all_compressions() -> Vec<Compression> {
    let mut all = vec![Compression::None];
    for codec in Codec::ALL.into_iter().filter(|codec| codec.is_available()) {
        all.extend([Compression::Record(codec), Compression::Block(codec)]);
    }
    all
}

fn compressions() -> impl Strategy<Value = Compression> {
    prop::sample::select(all_compressions())
}

fn records() -> impl Strategy<Value = Records> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    prop::collection::vec((bytes(), bytes()), 0..20)
}

/// A file with a mark after few bytes.
fn written(compression: Compression, records: &Records) -> Vec<u8> {
    let mut settings = Settings::new("org.example.Key", "org.example.Value");
    settings.compression = compression;
    settings.metadata = vec![("name".to_owned(), "value".to_owned())];
    settings.sync_interval = 100;
    settings.block_bytes = 100;
    let mut writer = Writer::new(Vec::new(), settings).unwrap();
    for (key, value) in records {
        writer.append(key, value).unwrap();
    }
    writer.finish().unwrap()
}

/// The records of a file up to its end or an error.
fn read(file: &[u8]) -> (Records, Option<Error>) {
    let mut records = Vec::new();
    let mut reader = match Reader::with_limit(file, LIMIT) {
        Ok(reader) => reader,
        Err(error) => return (records, Some(error)),
    };
    loop {
        match reader.next_record() {
            Ok(Some(record)) => records.push((record.key.to_vec(), record.value.to_vec())),
            Ok(None) => return (records, None),
            Err(error) => {
                assert!(reader.next_record().unwrap().is_none(), "there is more after {error}");
                return (records, Some(error));
            }
        }
    }
}

#[test]
fn a_record_longer_than_the_limit_is_refused() {
    for compression in
        [Compression::None, Compression::Record(Codec::Gzip), Compression::Block(Codec::Gzip)]
    {
        let file = written(compression, &vec![(Vec::new(), vec![0; LIMIT + 1])]);
        let (_, error) = read(&file);
        let error = error.unwrap();
        assert!(matches!(error.kind(), ErrorKind::TooLong { limit: LIMIT, .. }), "{error}");
    }
}

#[test]
fn a_long_record_is_read() {
    let records = vec![(vec![1; 300_000], vec![2; 600_000]), (Vec::new(), Vec::new())];
    for compression in all_compressions() {
        let file = written(compression, &records);
        let mut reader = Reader::new(&file[..]).unwrap();
        for (key, value) in &records {
            let record = reader.next_record().unwrap().unwrap();
            assert_eq!((record.key, record.value), (&key[..], &value[..]), "{compression:?}");
        }
        assert_eq!(reader.next_record().unwrap(), None);
    }
}

/// A mark is found wherever it lies in the pieces that the file is read in.
#[test]
fn a_mark_is_found_far_away() {
    for length in 65_400..65_560 {
        let mut settings = Settings::new("org.example.Key", "org.example.Value");
        settings.sync_interval = 1 << 20;
        let mut writer = Writer::new(Vec::new(), settings).unwrap();
        writer.append(b"first", &vec![0; length]).unwrap();
        writer.sync().unwrap();
        writer.append(b"second", b"").unwrap();
        let file = writer.finish().unwrap();
        let mut reader = Reader::new(Cursor::new(&file)).unwrap();
        let header_end = reader.offset();
        reader.sync(header_end + 1).unwrap();
        assert_eq!(reader.next_record().unwrap().unwrap().key, b"second", "{length}");
    }
}

/// Each cut is an error, but for those behind the header, a record, a block or a mark.
#[test]
fn most_cuts_are_seen() {
    let records: Records = (0..4u8).map(|n| (vec![n; 30 * usize::from(n)], vec![n; 20])).collect();
    for compression in all_compressions() {
        let file = written(compression, &records);
        let unseen: Vec<_> =
            (0..=file.len()).filter(|&end| read(&file[..end]).1.is_none()).collect();
        let boundaries = match compression {
            Compression::None | Compression::Record(_) => marks(&file) + 1 + records.len(),
            Compression::Block(_) => marks(&file) + 1,
        };
        assert_eq!(unseen.len(), boundaries, "{compression:?}: {unseen:?}");
        assert_eq!(unseen.last(), Some(&file.len()), "{compression:?}");
    }
}

/// How many marks there are behind the header.
fn marks(file: &[u8]) -> usize {
    let mark = Reader::new(file).unwrap().header().sync;
    file.windows(mark.len()).filter(|bytes| *bytes == mark).count() - 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))] // bzip2 takes its time

    #[test]
    fn what_is_written_is_read(compression in compressions(), records in records()) {
        let (found, error) = read(&written(compression, &records));
        prop_assert!(error.is_none(), "{error:?}");
        prop_assert_eq!(found, records);
    }

    #[test]
    fn each_record_is_in_one_split(
        compression in compressions(),
        records in records(),
        size in 1u64..400,
    ) {
        let file = written(compression, &records);
        let mut found = Vec::new();
        for start in (0..file.len() as u64).step_by(size as usize) {
            let mut reader = Reader::split(Cursor::new(&file), start, start + size).unwrap();
            while let Some(record) = reader.next_record().unwrap() {
                found.push((record.key.to_vec(), record.value.to_vec()));
            }
        }
        prop_assert_eq!(found, records);
    }

    #[test]
    fn a_file_cut_short_has_fewer_records(
        compression in compressions(),
        records in records(),
        cut: prop::sample::Index,
    ) {
        let file = written(compression, &records);
        let (found, _) = read(&file[..cut.index(file.len())]);
        prop_assert!(records.starts_with(&found));
    }

    #[test]
    fn damage_is_no_panic(
        compression in compressions(),
        records in records(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = written(compression, &records);
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let (_, error) = read(&file);
        if let Some(error) = error {
            prop_assert!(error.offset() <= file.len() as u64, "{}", error);
        }
    }

    #[test]
    fn any_bytes_are_no_panic(bytes: Vec<u8>, version in 0u8..8) {
        let _ = read(&bytes);
        let mut file = b"SEQ".to_vec();
        file.push(version);
        file.extend(&bytes);
        let _ = read(&file);
        let mut file = written(Compression::None, &Vec::new());
        file.extend(&bytes);
        let _ = read(&file);
        let mut file = written(Compression::Block(Codec::Deflate), &vec![(bytes.clone(), bytes.clone())]);
        file.extend(&bytes);
        let _ = read(&file);
        if let Ok(mut reader) = Reader::new(Cursor::new(&file)) {
            let _ = reader.sync(u64::from(version) * 40);
            let _ = reader.next_record();
        }
    }
}
