//! Records as a part file that is a `SequenceFile`.
//!
//! Mirrors `mapred.SequenceFileOutputFormat`, and `mapred.SequenceFileAsBinaryOutputFormat`, which writes bytes as what Java
//! would have serialised.

use std::io::{self, BufWriter, Write};
use std::time::{Duration, Instant};

use howdah_plan::{RecordSink, TaskError};
use howdah_platform::WriteFile;
use howdah_sequence_file::{Compression, Settings, Writer};
use howdah_streaming::class_names::{ClassNames, TypeMismatch};
use howdah_streaming::writable::{RecordClasses, WritableClass};
use memchr::memmem;
use sha2::{Digest, Sha256};

use super::part::{SharedFile, output_error};

/// So many bytes of records decide on the sync mark.
const HEAD_BYTES: usize = 64 << 10;
/// Bytes are handed on once there are this many.
const WRITE_BYTES: usize = 1 << 18;

/// What a part is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SequenceFormat {
    pub(crate) classes: ClassNames,
    pub(crate) compression: Compression,
    /// How many bytes of records a compressed block has.
    pub(crate) block_bytes: usize,
}

impl SequenceFormat {
    fn settings(&self, sync: [u8; 16]) -> Settings {
        let mut settings = Settings::new(&self.classes.key, &self.classes.value);
        settings.compression = self.compression;
        settings.block_bytes = self.block_bytes;
        settings.sync = sync;
        settings
    }
}

/// What the records of a `SequenceFile` are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrittenAs {
    /// Keys and values of the classes that the file names.
    Typed,
    /// Bytes, which are what values of those classes are serialised as, whoever knows these.
    Binary,
}

impl WrittenAs {
    /// Why no record of these types can be written to a file of a format; `None` if they can.
    fn mismatch(self, format: &SequenceFormat, found: RecordClasses) -> Option<TypeMismatch> {
        if self == WrittenAs::Typed {
            return format.classes.wrong_in_file(found);
        }
        let is_bytes = |class| matches!(class, WritableClass::Bytes | WritableClass::TypedBytes);
        let other = [found.key, found.value].into_iter().find(|&class| !is_bytes(class))?;
        let bytes = WritableClass::Bytes;
        Some(TypeMismatch::new(
            format!("java.lang.ClassCastException: class {other} cannot be cast to class {bytes}"),
            "SequenceFileAsBinaryOutputFormat writes what `-io rawbytes` and `-io typedbytes` give; for other types use \
             org.apache.hadoop.mapred.SequenceFileOutputFormat",
        ))
    }

    /// Appends a key or value of a class, as it stands in the file.
    fn serialize(self, class: WritableClass, content: &[u8], to: &mut Vec<u8>) {
        match self {
            WrittenAs::Typed => class.serialize(content, to),
            WrittenAs::Binary => to.extend_from_slice(content),
        }
    }
}

/// Writes records as a `SequenceFile` of the classes that the job declares. Others fail with the first record.
pub(crate) struct SequenceWriter {
    file: SharedFile,
    out: ContentMarked<TimedFile>,
    format: SequenceFormat,
    written_as: WrittenAs,
    classes: RecordClasses,
    /// Why no record is taken.
    mismatch: Option<TypeMismatch>,
    key: Vec<u8>,
    value: Vec<u8>,
    /// Both as Java writes them.
    serialized: Vec<u8>,
    records: u64,
}

impl SequenceWriter {
    /// Writes to a file; `name` is the part's.
    pub(super) fn new(
        file: Box<dyn WriteFile>,
        format: &SequenceFormat,
        written_as: WrittenAs,
        name: &str,
    ) -> Self {
        let file = SharedFile::new(file);
        let timed = TimedFile { file: file.clone(), time: Duration::ZERO };
        let classes = RecordClasses::TEXT; // unless told
        SequenceWriter {
            file,
            out: ContentMarked::new(timed, format.clone(), name),
            format: format.clone(),
            written_as,
            classes,
            mismatch: written_as.mismatch(format, classes),
            key: Vec::new(),
            value: Vec::new(),
            serialized: Vec::new(),
            records: 0,
        }
    }

    /// The same with positions: see [`length`](Self::length).
    pub(super) fn measured(self) -> io::Result<Self> {
        Ok(SequenceWriter { out: self.out.measured()?, ..self })
    }

    /// Where the next record, or the block that it comes into, will begin; of a file that is [measured](Self::measured).
    pub(super) fn length(&self) -> u64 {
        self.out.length()
    }

    /// The types of the records, and the key of the record at hand.
    pub(super) fn at_hand(&self) -> (RecordClasses, &[u8]) {
        (self.classes, &self.key)
    }

    /// Why no record can be written.
    pub(super) fn mismatch(&self) -> Option<&TypeMismatch> {
        self.mismatch.as_ref()
    }

    /// Records written so far.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Writes what is left and closes the file; gives the time that writing took.
    pub(super) fn finish(self, durable: bool) -> Result<Duration, TaskError> {
        let written = self.out.finish().map_err(output_error)?;
        if durable {
            self.file.with(|file| file.sync()).map_err(output_error)?;
        }
        Ok(written.time)
    }
}

impl RecordSink for SequenceWriter {
    fn classes(&mut self, classes: RecordClasses) {
        self.classes = classes;
        self.mismatch = self.written_as.mismatch(&self.format, classes);
    }
    fn key(&mut self) -> &mut Vec<u8> {
        self.key.clear();
        self.value.clear();
        &mut self.key
    }
    fn value(&mut self) -> &mut Vec<u8> {
        &mut self.value
    }
    fn end(&mut self) -> Result<(), TaskError> {
        if let Some(mismatch) = &self.mismatch {
            return Err(TaskError::job(mismatch.clone()));
        }
        self.serialized.clear();
        self.written_as.serialize(self.classes.key, &self.key, &mut self.serialized);
        let key = self.serialized.len();
        self.written_as.serialize(self.classes.value, &self.value, &mut self.serialized);
        self.out.append(&self.serialized, key).map_err(output_error)?;
        self.records += 1;
        Ok(())
    }
    fn abandon(&mut self) {} // the next key takes its place
}

/// Writes a `SequenceFile` whose sync mark follows from its name, its classes and its first records, so that the same
/// records give the same bytes. Hadoop takes a random one.
///
/// No file holds the mark of another by chance, nor one that was packed into it as a record: their beginnings differ. Who
/// chooses a file's beginning could still work out its mark, and write that into a later record for a reader of a split
/// to trip over; so a record that holds the mark is an error.
pub(crate) struct ContentMarked<W: Write> {
    state: State<W>,
}

enum State<W: Write> {
    /// The records that decide on the mark, with the lengths of their keys and of their values.
    Head {
        file: W,
        format: SequenceFormat,
        name: String,
        bytes: Vec<u8>,
        lengths: Vec<(usize, usize)>,
        /// The same records in a file that is thrown away, for who must know their positions: where records lie does not
        /// depend on the mark.
        measure: Option<Box<Writer<io::Sink>>>,
    },
    Open {
        writer: Box<Writer<BufWriter<W>>>,
        mark: Box<memmem::Finder<'static>>,
    },
    /// It could not be opened.
    Failed,
}

impl<W: Write> ContentMarked<W> {
    /// Writes to a file of this name. The file need not be buffered.
    pub(crate) fn new(file: W, format: SequenceFormat, name: &str) -> Self {
        let (name, bytes, lengths) = (name.to_owned(), Vec::new(), Vec::new());
        ContentMarked { state: State::Head { file, format, name, bytes, lengths, measure: None } }
    }

    /// The same with positions: see [`length`](Self::length). For a file without records so far.
    pub(super) fn measured(mut self) -> io::Result<Self> {
        if let State::Head { format, measure, .. } = &mut self.state {
            *measure = Some(Box::new(Writer::new(io::sink(), format.settings([0; 16]))?));
        }
        Ok(self)
    }

    /// How long the file is so far, if it is measured.
    pub(super) fn length(&self) -> u64 {
        match &self.state {
            State::Head { measure, .. } => measure.as_ref().map_or(0, |writer| writer.length()),
            State::Open { writer, .. } => writer.length(),
            State::Failed => 0,
        }
    }

    /// Writes a record as its classes serialise it: the first `key` bytes are the key.
    pub(crate) fn append(&mut self, record: &[u8], key: usize) -> io::Result<()> {
        match &mut self.state {
            State::Head { bytes, lengths, measure, .. } => {
                if let Some(measure) = measure {
                    measure.append(&record[..key], &record[key..])?;
                }
                bytes.extend_from_slice(record);
                lengths.push((key, record.len() - key));
                if bytes.len() >= HEAD_BYTES { self.open() } else { Ok(()) }
            }
            State::Open { writer, mark } => {
                if mark.find(record).is_some() {
                    return Err(io::Error::other(
                        "a record holds the sync mark of the SequenceFile that it is to be written to",
                    ));
                }
                writer.append(&record[..key], &record[key..])
            }
            State::Failed => Err(io::Error::other("the SequenceFile could not be begun")),
        }
    }

    /// Settles the mark, and writes the header and the records so far.
    fn open(&mut self) -> io::Result<()> {
        let state = std::mem::replace(&mut self.state, State::Failed);
        let State::Head { file, format, name, bytes, lengths, .. } = state else {
            self.state = state;
            return Ok(());
        };
        let mark = mark_of(&format, &name, &bytes, &lengths);
        let file = BufWriter::with_capacity(WRITE_BYTES, file);
        let mut writer = Writer::new(file, format.settings(mark))?;
        let mut rest = &bytes[..];
        for (key, value) in lengths {
            let (record, behind) = rest.split_at(key + value);
            writer.append(&record[..key], &record[key..])?;
            rest = behind;
        }
        let mark = Box::new(memmem::Finder::new(&mark).into_owned());
        self.state = State::Open { writer: Box::new(writer), mark };
        Ok(())
    }

    /// Writes what remains and gives the file back.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.open()?;
        let State::Open { writer, .. } = self.state else {
            return Err(io::Error::other("the SequenceFile could not be begun"));
        };
        writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

/// Half of a hash over all that is known of the file. Each piece stands behind its length.
fn mark_of(
    format: &SequenceFormat,
    name: &str,
    bytes: &[u8],
    lengths: &[(usize, usize)],
) -> [u8; 16] {
    let mut hash = Sha256::new();
    let mut add = |piece: &[u8]| {
        hash.update((piece.len() as u64).to_be_bytes());
        hash.update(piece);
    };
    add(name.as_bytes());
    add(format.classes.key.as_bytes());
    add(format.classes.value.as_bytes());
    let mut rest = bytes;
    for &(key, value) in lengths {
        let (record, behind) = rest.split_at(key + value);
        add(&record[..key]);
        add(&record[key..]);
        rest = behind;
    }
    let mut mark = [0; 16];
    mark.copy_from_slice(&hash.finalize()[..16]);
    mark
}

/// A file whose writing is timed.
pub(super) struct TimedFile {
    file: SharedFile,
    time: Duration,
}

impl Write for TimedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let began = Instant::now();
        let written = self.file.write(bytes);
        self.time += began.elapsed();
        written
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use howdah_sequence_file::Reader;

    fn file(name: &str, records: &[&[u8]]) -> io::Result<Vec<u8>> {
        let format = SequenceFormat {
            classes: RecordClasses::TEXT.into(),
            compression: Compression::None,
            block_bytes: 1_000_000,
        };
        let mut writer = ContentMarked::new(Vec::new(), format, name);
        for record in records {
            writer.append(record, 2)?;
        }
        writer.finish()
    }

    fn mark(file: &[u8]) -> [u8; 16] {
        Reader::new(file).unwrap().header().sync
    }

    #[test]
    fn the_same_records_give_the_same_bytes_and_others_another_mark() {
        let records: [&[u8]; 2] = [b"\x01a\x01b", b"\x01c\x01d"];
        let whole = file("part-00000", &records).unwrap();
        assert_eq!(file("part-00000", &records).unwrap(), whole);
        assert_ne!(mark(&file("part-00001", &records).unwrap()), mark(&whole));
        assert_ne!(mark(&file("part-00000", &records[..1]).unwrap()), mark(&whole));
        let mut reader = Reader::new(&whole[..]).unwrap();
        for record in records {
            let found = reader.next_record().unwrap().unwrap();
            assert_eq!([found.key, found.value], [&record[..2], &record[2..]]);
        }
        assert_eq!(reader.next_record().unwrap(), None);
    }

    #[test]
    fn a_record_that_holds_the_mark_is_refused() {
        let head = vec![b'x'; HEAD_BYTES];
        let mark = mark(&file("part-00000", &[&head]).unwrap());
        // Across key and value, too: in the file they lie side by side.
        let error = file("part-00000", &[&head, &mark]).unwrap_err();
        assert!(error.to_string().contains("sync mark"), "{error}");
        assert!(file("part-00001", &[&head, &mark]).is_ok(), "that of another file is data");
    }
}
