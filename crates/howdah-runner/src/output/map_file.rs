//! Records as a part that is a `MapFile`: a folder of two `SequenceFile`s, the data and an index of some of its keys.
//!
//! Mirrors `mapred.MapFileOutputFormat` and `io.MapFile.Writer`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use howdah_codec::Codec;
use howdah_plan::{RecordSink, TaskError};
use howdah_platform::WriteFile;
use howdah_sequence_file::Compression;
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::writable::{RecordClasses, WritableClass};

use super::part::output_error;
use super::sequence::{SequenceFormat, SequenceWriter, WrittenAs};

/// The file with the records.
pub(super) const DATA: &str = "data";
/// The file with some of their keys, and where their records lie.
pub(super) const INDEX: &str = "index";

/// Which keys come into the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MapIndex {
    /// One of so many, and the first (`io.map.index.interval`); below 0 none at all, as in Hadoop.
    pub(crate) interval: i64,
}

/// Writes records as a `MapFile`. A key that comes before the one in front of it fails.
pub(crate) struct MapFileWriter {
    data: SequenceWriter,
    index: SequenceWriter,
    interval: i64,
    order: KeyComparator,
    last_key: Vec<u8>,
    /// How many records there were before the one that the index has last, and where that lies.
    indexed: Option<(i64, u64)>,
}

impl MapFileWriter {
    /// Writes to two files; `name` is the part's.
    pub(super) fn new(
        [data, index]: [Box<dyn WriteFile>; 2],
        format: &SequenceFormat,
        MapIndex { interval }: MapIndex,
        name: &str,
    ) -> Result<Self, TaskError> {
        let mut of_index = format.clone();
        WritableClass::Long.name().clone_into(&mut of_index.classes.value);
        of_index.compression = Compression::Block(Codec::Deflate); // whatever the data is
        let writer = |file, format, what| {
            SequenceWriter::new(file, format, WrittenAs::Typed, &format!("{name}/{what}"))
        };
        let mut writer = MapFileWriter {
            data: writer(data, format, DATA).measured().map_err(output_error)?,
            index: writer(index, &of_index, INDEX),
            interval,
            order: KeyComparator::default(),
            last_key: Vec::new(),
            indexed: None,
        };
        writer.classes(RecordClasses::TEXT); // unless told
        Ok(writer)
    }

    /// Records written so far.
    pub(super) fn records(&self) -> u64 {
        self.data.records()
    }

    /// The files of the part that has this path, and how many records are in each.
    pub(super) fn files(&self, path: &Path) -> [(PathBuf, u64); 2] {
        [(path.join(DATA), self.data.records()), (path.join(INDEX), self.index.records())]
    }

    /// Writes what is left and closes both files; gives the time that writing took.
    pub(super) fn finish(self, durable: bool) -> Result<Duration, TaskError> {
        Ok(self.data.finish(durable)? + self.index.finish(durable)?)
    }

    /// Fails if the key at hand comes before the last one.
    fn check_order(&self) -> Result<(), TaskError> {
        let (RecordClasses { key: class, .. }, key) = self.data.at_hand();
        if self.data.records() == 0 || self.order.compare(&self.last_key, key).is_le() {
            return Ok(());
        }
        let text = |key| {
            let mut text = Vec::new();
            class.write_text(key, &mut text).map_err(TaskError::engine)?;
            Ok::<_, TaskError>(String::from_utf8_lossy(&text).into_owned())
        };
        Err(TaskError::job(format!(
            "java.io.IOException: key out of order: {} after {}: the keys of a MapFile are in their own order, as a \
             reducer gets them",
            text(key)?,
            text(&self.last_key)?
        )))
    }

    /// Writes the key at hand into the index, if it is its turn.
    fn enter(&mut self) -> Result<(), TaskError> {
        let (before, at) = (self.data.records().cast_signed(), self.data.length());
        // The sum wraps as Java's does, and so a number below 0 means never.
        let (last, last_at) = self.indexed.map_or((i64::MIN, None), |(n, at)| (n, Some(at)));
        let is_due = before >= last.wrapping_add(self.interval);
        // Of a block the first record alone.
        if !is_due || last_at.is_some_and(|last_at| at <= last_at) {
            return Ok(());
        }
        let (_, key) = self.data.at_hand();
        self.index.record(key, &at.to_be_bytes())?;
        self.indexed = Some((before, at));
        Ok(())
    }
}

impl RecordSink for MapFileWriter {
    fn classes(&mut self, classes: RecordClasses) {
        self.order = KeyComparator::of_class(classes.key);
        self.index.classes(RecordClasses { value: WritableClass::Long, ..classes });
        self.data.classes(classes);
    }
    fn key(&mut self) -> &mut Vec<u8> {
        self.data.key()
    }
    fn value(&mut self) -> &mut Vec<u8> {
        self.data.value()
    }
    fn end(&mut self) -> Result<(), TaskError> {
        if let Some(mismatch) = self.data.mismatch() {
            return Err(TaskError::job(mismatch.clone()));
        }
        self.check_order()?;
        self.enter()?;
        let (_, key) = self.data.at_hand();
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        self.data.end()
    }
    fn abandon(&mut self) {
        self.data.abandon();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Cursor;

    use howdah_platform::{LocalStorage, Storage};
    use howdah_sequence_file::Reader;
    use howdah_streaming::class_names::ClassNames;

    use super::*;

    /// Data and index of a thousand records, with one of ten in the index.
    fn written(compression: Compression) -> [Vec<u8>; 2] {
        let folder = tempfile::tempdir().unwrap();
        let paths = [DATA, INDEX].map(|name| folder.path().join(name));
        let files = paths.each_ref().map(|path| LocalStorage.create(path).unwrap());
        let classes = ClassNames::from(RecordClasses::TEXT);
        let format = SequenceFormat { classes, compression, block_bytes: 9000 };
        let index = MapIndex { interval: 10 };
        let mut writer = MapFileWriter::new(files, &format, index, "part-00000").unwrap();
        for number in 0..1000 {
            let value = format!("{number:0300}"); // more than decides on the mark, and than lies between two
            writer.record(format!("{number:04}").as_bytes(), value.as_bytes()).unwrap();
        }
        writer.finish(false).unwrap();
        paths.map(|path| fs::read(path).unwrap())
    }

    fn number(bytes: &[u8]) -> i32 {
        i32::from_be_bytes(bytes[..4].try_into().unwrap())
    }

    #[test]
    fn the_index_says_where_records_lie() {
        for compression in [Compression::None, Compression::Record(Codec::Deflate)] {
            let [data, index] = written(compression);
            let mut index = Reader::new(&index[..]).unwrap();
            let mut entries = 0;
            while let Some(entry) = index.next_record().unwrap() {
                let at = u64::from_be_bytes(entry.value.try_into().unwrap());
                let there = &data[usize::try_from(at).unwrap()..];
                // A mark may stand in front of the record: its lengths, and then the key.
                let record = if number(there) == -1 { &there[20..] } else { there };
                assert_eq!(record[8..][..entry.key.len()], *entry.key, "{compression:?}");
                entries += 1;
            }
            assert_eq!(entries, 100);
        }
    }

    #[test]
    fn of_blocks_the_index_has_the_first_keys() {
        let [data, index] = written(Compression::Block(Codec::Gzip));
        let mut index = Reader::new(&index[..]).unwrap();
        let mut entries = 0;
        while let Some(entry) = index.next_record().unwrap() {
            let at = u64::from_be_bytes(entry.value.try_into().unwrap());
            let end = data.len() as u64;
            let mut behind = Reader::split(Cursor::new(&data), at, end).unwrap();
            assert_eq!(behind.next_record().unwrap().unwrap().key, entry.key);
            entries += 1;
        }
        assert!(entries > 10, "{entries}");
    }
}
