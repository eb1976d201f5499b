//! A task's part, and records as its lines.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use howdah_codec::{Codec, Encoder};
use howdah_plan::{RecordSink, TaskError};
use howdah_platform::WriteFile;
use howdah_streaming::writable::{RecordClasses, WritableClass, WritableError};

use super::map_file::{MapFileWriter, MapIndex};
use super::sequence::{SequenceFormat, SequenceWriter};
use crate::error::OutputError;

/// Lines are handed on once there are this many bytes.
const WRITE_BYTES: usize = 1 << 18;

/// What a part is written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PartFormat {
    Lines,
    Sequence(SequenceFormat),
    /// A `SequenceFile` of what the job gives as bytes.
    Binary(SequenceFormat),
    /// A folder with a `SequenceFile` and its index.
    MapFile(SequenceFormat, MapIndex),
}

/// A task's part while it is written.
pub(crate) enum TaskPart {
    Lines(PartWriter),
    Sequence(Box<SequenceWriter>),
    MapFile(Box<MapFileWriter>),
}

impl TaskPart {
    /// Where records go.
    pub(crate) fn sink(&mut self) -> &mut dyn RecordSink {
        match self {
            TaskPart::Lines(lines) => lines,
            TaskPart::Sequence(file) => &mut **file,
            TaskPart::MapFile(file) => &mut **file,
        }
    }

    /// Records written so far.
    pub(crate) fn records(&self) -> u64 {
        match self {
            TaskPart::Lines(lines) => lines.records(),
            TaskPart::Sequence(file) => file.records(),
            TaskPart::MapFile(file) => file.records(),
        }
    }

    /// The files of the part that has this path, and how many records are in each.
    pub(super) fn files(&self, path: &Path) -> Vec<(PathBuf, u64)> {
        match self {
            TaskPart::MapFile(files) => files.files(path).into(),
            _ => vec![(path.to_owned(), self.records())],
        }
    }

    /// Writes what is left and closes the file; gives the time that writing took.
    pub(super) fn finish(self, durable: bool) -> Result<Duration, TaskError> {
        match self {
            TaskPart::Lines(lines) => lines.finish(durable),
            TaskPart::Sequence(file) => file.finish(durable),
            TaskPart::MapFile(file) => file.finish(durable),
        }
    }

    /// Writes what is left of an attempt that has failed, as far as that goes.
    pub(super) fn leave(self) {
        match self {
            TaskPart::Lines(lines) => lines.leave(),
            TaskPart::Sequence(file) => drop(file.finish(false)),
            TaskPart::MapFile(files) => drop(files.finish(false)),
        }
    }
}

/// Writes records as `key separator value LF`; a record without a value as `key LF`.
///
/// Mirrors `mapred.TextOutputFormat.LineRecordWriter`, where a value is absent when it is a `NullWritable`.
pub(crate) struct PartWriter {
    file: PartFile,
    separator: Vec<u8>,
    /// The record at hand, where keys and values are not text and must be made so.
    typed: Option<TypedRecord>,
    lines: Vec<u8>,
    /// Lines are handed on once there are this many bytes.
    full: usize,
    /// Where the open record begins.
    open: usize,
    records: u64,
    time: Duration,
}

impl PartWriter {
    pub(crate) fn new(file: PartFile, separator: Vec<u8>) -> Self {
        PartWriter::with_buffer(file, separator, WRITE_BYTES)
    }

    /// The same with a buffer of about so many bytes.
    pub(crate) fn with_buffer(file: PartFile, separator: Vec<u8>, full: usize) -> Self {
        let lines = Vec::with_capacity(full + full / 4);
        PartWriter {
            file,
            separator,
            typed: None,
            lines,
            full,
            open: 0,
            records: 0,
            time: Duration::ZERO,
        }
    }

    /// Records written so far.
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// Writes what is left and closes the file; gives the time that writing took.
    pub(crate) fn finish(mut self, durable: bool) -> Result<Duration, TaskError> {
        self.hand_on()?;
        let began = Instant::now();
        self.file.finish(durable).map_err(output_error)?;
        Ok(self.time + began.elapsed())
    }

    /// Writes the whole lines that are left of an attempt that has failed, as far as that goes: its own error is told.
    pub(super) fn leave(mut self) {
        let whole = memchr::memrchr(b'\n', &self.lines).map_or(0, |end| end + 1);
        self.lines.truncate(whole);
        let _ = self.finish(false);
    }

    fn hand_on(&mut self) -> Result<(), TaskError> {
        let began = Instant::now();
        let written = self.file.write(&self.lines).map_err(output_error);
        self.lines.clear();
        self.time += began.elapsed();
        written
    }
}

impl RecordSink for PartWriter {
    fn classes(&mut self, classes: RecordClasses) {
        self.typed = (classes != RecordClasses::TEXT).then(|| TypedRecord::of(classes));
    }
    #[inline]
    fn key(&mut self) -> &mut Vec<u8> {
        self.open = self.lines.len();
        if let Some(record) = &mut self.typed { record.key() } else { &mut self.lines }
    }
    #[inline]
    fn value(&mut self) -> &mut Vec<u8> {
        if let Some(record) = &mut self.typed {
            return &mut record.value;
        }
        self.lines.extend_from_slice(&self.separator);
        &mut self.lines
    }
    #[inline]
    fn end(&mut self) -> Result<(), TaskError> {
        if let Some(record) = &self.typed {
            record.write_line(&self.separator, &mut self.lines).map_err(TaskError::engine)?;
        } else {
            self.lines.push(b'\n');
        }
        self.records += 1;
        if self.lines.len() >= self.full { self.hand_on() } else { Ok(()) }
    }
    fn abandon(&mut self) {
        self.lines.truncate(self.open);
    }
}

/// A record whose key and value are to become text.
struct TypedRecord {
    classes: RecordClasses,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl TypedRecord {
    fn of(classes: RecordClasses) -> Self {
        TypedRecord { classes, key: Vec::new(), value: Vec::new() }
    }

    /// Begins another one.
    fn key(&mut self) -> &mut Vec<u8> {
        self.key.clear();
        self.value.clear();
        &mut self.key
    }

    /// Appends the line. What is a `NullWritable` is left out, and so is the separator then; of two of them not even the
    /// line's end is there.
    fn write_line(&self, separator: &[u8], lines: &mut Vec<u8>) -> Result<(), WritableError> {
        let RecordClasses { key, value } = self.classes;
        let has = |class| class != WritableClass::Null;
        if has(key) {
            key.write_text(&self.key, lines)?;
        }
        if has(key) && has(value) {
            lines.extend_from_slice(separator);
        }
        if has(value) {
            value.write_text(&self.value, lines)?;
        }
        if has(key) || has(value) {
            lines.push(b'\n');
        }
        Ok(())
    }
}

pub(super) fn output_error(error: io::Error) -> TaskError {
    TaskError::engine(OutputError(error))
}

/// A part file, compressed or not.
pub(crate) struct PartFile {
    file: SharedFile,
    encoder: Option<Box<dyn Encoder + Send>>,
}

impl PartFile {
    pub(crate) fn new(file: Box<dyn WriteFile>, codec: Option<Codec>) -> io::Result<Self> {
        let file = SharedFile::new(file);
        let encoder = codec.map(|codec| codec.encoder(file.clone())).transpose()?;
        Ok(PartFile { file, encoder })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.encoder {
            Some(encoder) => encoder.write_all(bytes),
            None => self.file.write_all(bytes),
        }
    }

    /// Closes the file; a durable one is on the disk then.
    fn finish(mut self, durable: bool) -> io::Result<()> {
        if let Some(encoder) = self.encoder.take() {
            encoder.finish()?;
        }
        if durable { self.file.with(|file| file.sync()) } else { Ok(()) }
    }
}

/// A file that its encoder writes to and that is synced after the encoder is gone.
#[derive(Clone)]
pub(super) struct SharedFile(Arc<Mutex<Box<dyn WriteFile>>>);

impl SharedFile {
    pub(super) fn new(file: Box<dyn WriteFile>) -> Self {
        SharedFile(Arc::new(Mutex::new(file)))
    }

    pub(super) fn with<T>(&self, f: impl FnOnce(&mut dyn WriteFile) -> T) -> T {
        f(&mut **self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for SharedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|file| file.write_all(bytes)).map_err(|error| match error.kind() {
            // Encoders would write it once more, behind what was written of it already.
            io::ErrorKind::Interrupted => io::Error::other(error),
            _ => error,
        })?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
