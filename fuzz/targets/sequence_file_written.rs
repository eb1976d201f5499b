//! SequenceFiles as they are written: what is read is what was written, and each record is in one split.
#![no_main]

use std::io::{Cursor, Read, Seek};

use arbitrary::Arbitrary;
use howdah_codec::Codec;
use howdah_sequence_file::{Compression, Error, Reader, Settings, Writer};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'b> {
    compression: u8,
    sync_interval: u8,
    block_bytes: u8,
    /// Where the file is split.
    places: [u16; 2],
    metadata: Vec<(&'b str, &'b str)>,
    /// Whether a sync mark is asked for, key and value.
    records: Vec<(bool, &'b [u8], &'b [u8])>,
}

/// Keys and values.
type Records = Vec<(Vec<u8>, Vec<u8>)>;

fuzz_target!(|input: Input<'_>| {
    let file = written(&input).expect("memory takes all");
    let given = |&(_, key, value): &(_, &[u8], &[u8])| (key.to_vec(), value.to_vec());
    let expected: Records = input.records.iter().map(given).collect();
    let reader = Reader::new(Cursor::new(&file)).expect("the header is whole");
    assert!(
        reader.header().metadata.iter().map(|(name, value)| (&**name, &**value)).eq(input.metadata)
    );
    assert_eq!(records(reader).expect("the file is whole"), expected);

    let mut places = input.places.map(|place| u64::from(place) % (file.len() as u64 + 1));
    places.sort_unstable();
    let [first, second] = places;
    let mut in_splits = Records::new();
    for (start, end) in [(0, first), (first, second), (second, file.len() as u64)] {
        let split = Reader::split(Cursor::new(&file), start, end).expect("the file is whole");
        in_splits.extend(records(split).expect("the file is whole"));
    }
    assert_eq!(in_splits, expected);
});

fn written(input: &Input<'_>) -> std::io::Result<Vec<u8>> {
    let mut settings = Settings::new("org.apache.hadoop.io.Text", "org.example.Any");
    settings.compression = match input.compression % 7 {
        0 => Compression::None,
        1 => Compression::Record(Codec::Deflate),
        2 => Compression::Record(Codec::Snappy),
        3 => Compression::Record(Codec::Lz4),
        4 => Compression::Block(Codec::Gzip),
        5 => Compression::Block(Codec::Snappy),
        _ => Compression::Block(Codec::Lz4),
    };
    // A mark that the data do not have by chance.
    settings.sync = *b"\xd1\x8f\x03\xb4\x5e\x99\x12\xc7\x6a\xf0\x2d\x81\xe6\x3b\x74\xa8";
    settings.sync_interval = input.sync_interval.into();
    settings.block_bytes = input.block_bytes.into();
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    settings.metadata = input.metadata.iter().map(owned).collect();
    let mut writer = Writer::new(Vec::new(), settings)?;
    for &(sync, key, value) in &input.records {
        if sync {
            writer.sync()?;
        }
        writer.append(key, value)?;
    }
    writer.finish()
}

fn records<R: Read + Seek>(mut reader: Reader<R>) -> Result<Records, Error> {
    let mut records = Records::new();
    while let Some(record) = reader.next_record()? {
        records.push((record.key.to_vec(), record.value.to_vec()));
    }
    Ok(records)
}
