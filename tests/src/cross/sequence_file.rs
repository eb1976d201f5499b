//! A `SequenceFile` of any classes and compression, whole and in splits.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;

use howdah_codec::Codec;
use howdah_sequence_file::{Compression, Error, Header, Reader, Settings, WritableClass, Writer};

use crate::cross::codec_file::properties;
use crate::cross::pieces::{Pieces, put};
use crate::cross::{Difference, content, parting};
use crate::oracle::Oracle;
use crate::random::dice::Dice;

/// What is written, and how.
pub struct SequenceFile {
    key: WritableClass,
    value: WritableClass,
    compression: Compression,
    metadata: BTreeMap<String, String>,
    sync_interval: u64,
    block_bytes: usize,
    records: Vec<Record>,
    /// Properties of Hadoop's writer.
    properties: Vec<String>,
    /// Of the places at which the file is split.
    dice: Dice,
}

struct Record {
    before: Before,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// What happens before a record is written; the numbers are those of `Cross.java`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing = 0,
    Sync = 1,
    /// The file is closed and appended to, which only Hadoop does.
    Reopen = 2,
}

/// Keys and values.
type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// Where no more records are made.
const MOST_BYTES: usize = 2_000_000;

impl SequenceFile {
    pub fn make(dice: &mut Dice, codecs: &[Codec]) -> Self {
        let codec = codecs[dice.below(codecs.len())];
        let compression = match dice.below(5) {
            0 => Compression::None,
            1 | 2 => Compression::Record(codec),
            _ => Compression::Block(codec),
        };
        // Hadoop's bzip2 asks for megabytes of memory each time it begins anew.
        let slow = codec == Codec::Bzip2 && compression != Compression::None;
        let (count, longest) = match dice.below(20) {
            0 => (0, 1),
            1 => (1, 300_000),
            2..=10 => (dice.below(60), 300_000),
            _ if slow => (dice.below(100), 3000),
            11..=17 => (dice.below(1000), 3000),
            _ => (dice.below(5000), 400),
        };
        let intervals = [0, 1, 20, 100, 1000, 2000, 100 * 1024];
        let blocks = [1, 30, 200, 1000, 20_000, 1_000_000];
        let least = if slow { 3 } else { 0 };
        let class = |dice: &mut Dice| content::CLASSES[dice.below(content::CLASSES.len())];
        let mut file = SequenceFile {
            key: class(dice),
            value: class(dice),
            compression,
            metadata: (0..dice.below(8).saturating_sub(3))
                .map(|_| {
                    let (name, value) = (dice.below(10), dice.below(200));
                    (content::text(dice, name), content::text(dice, value))
                })
                .collect(),
            sync_interval: intervals[dice.below(intervals.len())],
            block_bytes: blocks[least + dice.below(blocks.len() - least)],
            records: Vec::new(),
            properties: properties(dice, codec),
            dice: dice.clone(),
        };
        let (syncs, reopens) = (dice.below(3), if dice.chance(20) { 2 } else { 0 });
        let mut bytes = 0;
        while file.records.len() < count && bytes < MOST_BYTES {
            let before = match dice.below(100) {
                chance if chance < reopens => Before::Reopen,
                chance if chance < reopens + syncs => Before::Sync,
                _ => Before::Nothing,
            };
            let key = content::serialised(file.key, dice, longest);
            let value = content::serialised(file.value, dice, longest);
            bytes += key.len() + value.len();
            file.records.push(Record { before, key, value });
        }
        if let Some(first) = file.records.first().filter(|_| dice.chance(30)) {
            // Records of one length then reach the interval to the byte.
            let length = 8 + first.key.len() + first.value.len();
            file.sync_interval = length as u64 * (1 + dice.below(9) as u64);
        }
        file
    }

    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        let (kind, codec) = names(self.compression);
        let codec = Codec::from_name(codec).map_or("", Codec::name);
        vec![
            format!("sequence  {} {codec}", kind.to_lowercase()),
            format!("key       {}", self.key),
            format!("value     {}", self.value),
        ]
    }

    /// # Errors
    /// The first difference.
    pub fn cross(&self, oracle: &mut Oracle) -> Result<(), Difference> {
        let mut sides = vec![("records", self.request())];
        self.crossed(oracle, &mut sides).map_err(|message| {
            let (kind, codec) = names(self.compression);
            let (key, value, count) = (self.key, self.value, self.records.len());
            let what = format!("{count} records of {key} and {value}, {kind} {codec}");
            Difference { message: format!("{what} {:?}: {message}", self.properties), files: sides }
        })
    }

    /// Crosses the file; puts what both sides wrote into `sides`.
    fn crossed(
        &self,
        oracle: &mut Oracle,
        sides: &mut Vec<(&'static str, Vec<u8>)>,
    ) -> Result<(), String> {
        let theirs = self.by_hadoop(oracle, &sides[0].1)?;
        sides.push(("hadoops", theirs.clone()));
        let read = |error| format!("Hadoop's file is not read here: {error}");
        let (header, records, counts) = whole(&theirs).map_err(read)?;
        self.is_this(&header).map_err(|found| format!("Hadoop's file is read as of {found}"))?;
        self.has(&records).map_err(|found| format!("of Hadoop's file is read {found}"))?;

        let ours = self.by_us(header.sync);
        sides.push(("ours", ours.clone()));
        fs::write(oracle.here().join("ours"), &ours).unwrap();
        self.is_read_by_hadoop(oracle)?;
        if !self.records.iter().any(|record| record.before == Before::Reopen) {
            self.is_laid_out_alike(&ours, &theirs, &counts)?;
        }
        // What Hadoop writes in larger chunks than usual, it reads with that setting only.
        let settings: [&[_]; 2] = [&[], &self.properties];
        for ((name, file), set) in [("ours", &ours), ("hadoops", &theirs)].into_iter().zip(settings)
        {
            self.is_split_alike(oracle, name, file, set)
                .map_err(|message| format!("the file {name} in splits: {message}"))?;
        }
        Ok(())
    }

    /// The records as `Cross.java` reads them.
    fn request(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for record in &self.records {
            file.push(record.before as u8);
            put(&record.key, &mut file);
            put(&record.value, &mut file);
        }
        file
    }

    /// The file as Hadoop writes it.
    fn by_hadoop(&self, oracle: &mut Oracle, records: &[u8]) -> Result<Vec<u8>, String> {
        let here = oracle.here();
        let [from, to] = ["records", "hadoops"].map(|name| here.join(name).display().to_string());
        fs::write(&from, records).unwrap();
        let _ = fs::remove_file(&to); // or it would be appended to
        let (kind, codec) = names(self.compression);
        let block_bytes = format!("io.seqfile.compress.blocksize={}", self.block_bytes);
        let interval = self.sync_interval.to_string();
        let mut words: Vec<_> = self.properties.iter().map(String::as_str).collect();
        words.extend([&*block_bytes, "write", kind, codec, self.key.name(), self.value.name()]);
        words.extend([&*from, &to, &interval]);
        words.extend(self.metadata.iter().flat_map(|(name, value)| [&**name, value]));
        oracle.cross(&words).map_err(|says| format!("Hadoop does not write it: {says}"))?;
        Ok(fs::read(&to).unwrap())
    }

    /// The file as this side writes it.
    fn by_us(&self, sync: [u8; 16]) -> Vec<u8> {
        let mut settings = Settings::new(self.key.name(), self.value.name());
        settings.compression = self.compression;
        settings.metadata = self.metadata.clone().into_iter().collect();
        settings.sync = sync;
        settings.sync_interval = self.sync_interval;
        settings.block_bytes = self.block_bytes;
        let mut writer = Writer::new(Vec::new(), settings).unwrap();
        for record in &self.records {
            if record.before == Before::Sync {
                writer.sync().unwrap();
            }
            writer.append(&record.key, &record.value).unwrap();
        }
        writer.finish().unwrap()
    }

    fn is_this(&self, header: &Header) -> Result<(), String> {
        let same = header.key_class == self.key.name()
            && header.value_class == self.value.name()
            && header.compression == self.compression
            && self.metadata.iter().eq(header.metadata.iter().map(|(name, value)| (name, value)));
        if same { Ok(()) } else { Err(format!("{header:?}")) }
    }

    fn has(&self, records: &Records) -> Result<(), String> {
        if records.len() != self.records.len() {
            return Err(format!("{} records", records.len()));
        }
        for (at, (record, (key, value))) in self.records.iter().zip(records).enumerate() {
            let key = parting(&record.key, key).map(|parting| format!("a key of {parting}"));
            let value =
                parting(&record.value, value).map(|parting| format!("a value of {parting}"));
            if let Some(parting) = key.or(value) {
                return Err(format!("in record {at} {parting}"));
            }
        }
        Ok(())
    }

    /// Lets Hadoop read the file of this side.
    fn is_read_by_hadoop(&self, oracle: &mut Oracle) -> Result<(), String> {
        let here = oracle.here();
        let [from, to] = ["ours", "read"].map(|name| here.join(name).display().to_string());
        oracle
            .cross(&["read", &from, &to])
            .map_err(|says| format!("Hadoop does not read it: {says}"))?;
        let read = fs::read(&to).unwrap();
        let mut read = Pieces(&read);
        let (kind, codec) = names(self.compression);
        for expected in [self.key.name(), self.value.name(), kind, codec] {
            let found = read.text();
            if found != expected {
                return Err(format!("Hadoop reads {found} in the place of {expected}"));
            }
        }
        let metadata: BTreeMap<_, _> =
            (0..read.number()).map(|_| (read.text().to_owned(), read.text().to_owned())).collect();
        if metadata != self.metadata {
            return Err(format!("Hadoop reads the metadata {metadata:?}"));
        }
        let mut records = Records::new();
        while !read.is_empty() {
            let key = shown(self.key, &mut read)?;
            let value = shown(self.value, &mut read)?;
            records.push((key, value));
        }
        self.has(&records).map_err(|found| format!("Hadoop reads {found}"))
    }

    /// Plain records and marks lie in the same places, and blocks have the same records.
    fn is_laid_out_alike(
        &self,
        ours: &[u8],
        theirs: &[u8],
        their_counts: &[usize],
    ) -> Result<(), String> {
        match self.compression {
            Compression::None => match parting(theirs, ours) {
                None => Ok(()),
                Some(parting) => Err(format!("beside Hadoop's file it is {parting}")),
            },
            Compression::Record(_) => Ok(()), // marks lie where the compressed bytes let them
            Compression::Block(_) => {
                let (.., counts) = whole(ours).map_err(|error| format!("ours: {error}"))?;
                if counts == their_counts {
                    return Ok(());
                }
                Err(format!("its blocks have {counts:?} records, Hadoop's {their_counts:?}"))
            }
        }
    }

    /// Each split has the same records on both sides.
    fn is_split_alike(
        &self,
        oracle: &mut Oracle,
        name: &str,
        file: &[u8],
        settings: &[String],
    ) -> Result<(), String> {
        let here = oracle.here();
        let [from, to] = [name, "read"].map(|name| here.join(name).display().to_string());
        let ends = self.ends(file);
        let words: Vec<_> = ends.iter().map(ToString::to_string).collect();
        let words = words.join(",");
        let mut request: Vec<_> = settings.iter().map(String::as_str).collect();
        request.extend(["split", &from, &words, &to]);
        oracle.cross(&request).map_err(|says| format!("Hadoop does not read it: {says}"))?;
        let read = fs::read(&to).unwrap();
        let mut read = Pieces(&read);
        let mut start = 0;
        let mut all = Records::new();
        for end in ends {
            let count = read.number();
            let theirs: Records =
                (0..count).map(|_| (read.bytes().to_vec(), read.bytes().to_vec())).collect();
            let ours = split(file, start, end).map_err(|error| error.to_string())?;
            if ours != theirs {
                let (ours, theirs) = (ours.len(), theirs.len());
                return Err(format!(
                    "from byte {start} to {end} {ours} records here, {theirs} by Hadoop"
                ));
            }
            all.extend(ours);
            start = end;
        }
        self.has(&all).map_err(|found| format!("together they have {found}"))
    }

    /// Where the splits of a file end: anywhere, and near its sync marks.
    fn ends(&self, file: &[u8]) -> Vec<u64> {
        let mut dice = self.dice.clone();
        let mark = Reader::new(file).unwrap().header().sync;
        let marks = places_of(file, &mark);
        let near = |dice: &mut Dice| {
            let mark = marks[dice.below(marks.len())];
            (mark + dice.below(50)).saturating_sub(25).min(file.len())
        };
        let mut ends: Vec<_> = (0..dice.below(8))
            .map(|_| if dice.chance(60) { near(&mut dice) } else { dice.below(file.len()) })
            .map(|end| end as u64)
            .collect();
        ends.sort_unstable();
        ends.push(file.len() as u64);
        ends
    }
}

/// Where `mark` stands.
fn places_of(file: &[u8], mark: &[u8]) -> Vec<usize> {
    let places = file.windows(mark.len()).enumerate();
    places.filter(|(_, bytes)| *bytes == mark).map(|(at, _)| at).collect()
}

/// A key or value that Hadoop has read; its string must be what is shown here.
fn shown(class: WritableClass, read: &mut Pieces<'_>) -> Result<Vec<u8>, String> {
    let (bytes, text) = (read.bytes(), read.text());
    let ours = class.read(bytes).map_err(|error| error.to_string())?.to_string();
    let is_same = match class {
        // Java before 19 writes more digits than it takes for a few of them.
        WritableClass::Float => ours.parse::<f32>().ok() == text.parse::<f32>().ok(),
        WritableClass::Double => ours.parse::<f64>().ok() == text.parse::<f64>().ok(),
        _ => false,
    };
    if is_same || ours == text {
        return Ok(bytes.to_vec());
    }
    let shown = |text: &str| text.chars().take(300).collect::<String>();
    Err(format!("{class} is `{}` here and `{}` for Hadoop", shown(&ours), shown(text)))
}

/// Header and records, and how many of these each block has.
fn whole(file: &[u8]) -> Result<(Header, Records, Vec<usize>), Error> {
    let mut reader = Reader::new(file)?;
    let header = reader.header().clone();
    let (mut records, mut counts, mut offset) = (Vec::new(), Vec::new(), 0);
    while let Some(record) = reader.next_record()? {
        records.push((record.key.to_vec(), record.value.to_vec()));
        if reader.offset() != offset {
            counts.push(0);
            offset = reader.offset();
        }
        *counts.last_mut().unwrap() += 1;
    }
    Ok((header, records, counts))
}

fn split(file: &[u8], start: u64, end: u64) -> Result<Records, Error> {
    let mut reader = Reader::split(Cursor::new(file), start, end)?;
    let mut records = Records::new();
    while let Some(record) = reader.next_record()? {
        records.push((record.key.to_vec(), record.value.to_vec()));
    }
    Ok(records)
}

/// As Hadoop names a compression and its codec.
fn names(compression: Compression) -> (&'static str, &'static str) {
    match compression {
        Compression::None => ("NONE", ""),
        Compression::Record(codec) => ("RECORD", codec.hadoop_class()),
        Compression::Block(codec) => ("BLOCK", codec.hadoop_class()),
    }
}
