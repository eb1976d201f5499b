//! Files as typed bytes, and typed bytes as a file: what `dumptb` and `loadtb` of Hadoop Streaming do.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use howdah_codec::Codec;
use howdah_platform::temporary::unique_name;
use howdah_platform::{FileKind, LocalStorage, Storage, SystemClock, WriteFile};
use howdah_streaming::properties::Properties;
use howdah_streaming::typed_bytes::PairBuffer;
use howdah_streaming::writable::{RecordClasses, WritableClass};

use crate::contract::{INPUT_FORMAT, InputFields, block_bytes, compression, reader};
use crate::error::{RecordPlace, RunError};
use crate::input::{
    InputFile, InputSplit, LineError, RecordReader, RecordReaderSettings, codec_of, find_inputs,
};
use crate::options::InputLimits;
use crate::output::{ContentMarked, SequenceFormat, Staging, sweep_beside};
use crate::pulse::Pulse;
use crate::task::pipe::{PairError, next_pair};

/// Typed bytes are handed on once there are this many.
const WRITE_BYTES: usize = 1 << 16;
/// How much typed bytes are read at a time.
const READ_BYTES: usize = 1 << 18;

/// Why files did not become typed bytes, or typed bytes a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum TypedFilesError {
    /// No file is of a pattern.
    NoMatch,
    /// There is no such file.
    Missing(PathBuf),
    /// The file to be written exists.
    Exists(PathBuf),
    /// What is read is damaged, or cannot be read.
    Input {
        /// Where: a file and a byte offset.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// What is made cannot be written; a reader that has gone away is a `BrokenPipe`.
    Output(io::Error),
    /// A setting, or the folder of what is to be written.
    Run(RunError),
}

impl fmt::Display for TypedFilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMatch => f.write_str("no file matches"),
            Self::Missing(path) => write!(f, "there is no file `{}`", path.display()),
            Self::Exists(path) => write!(f, "`{}` exists", path.display()),
            Self::Input { place, reason } => write!(f, "{place}: {reason}"),
            Self::Output(error) => write!(f, "writing: {error}"),
            Self::Run(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TypedFilesError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Output(error) => Some(error),
            Self::Run(error) => Some(error),
            _ => None,
        }
    }
}

impl From<RunError> for TypedFilesError {
    fn from(error: RunError) -> Self {
        TypedFilesError::Run(error)
    }
}

/// Writes the records of the first file that a pattern matches as typed bytes, a key and a value each: of a
/// `SequenceFile` its own, of text each line behind its offset. A folder stands for all files in it.
///
/// Mirrors `DumpTypedBytes`, but for the order of a folder's files, which is that of their names.
///
/// # Errors
/// Those of [`TypedFilesError`]; what was written before stays written.
pub fn dump(
    pattern: &str,
    properties: &Properties,
    out: &mut dyn Write,
) -> Result<(), TypedFilesError> {
    let storage = LocalStorage;
    let unreadable = |path: &Path, error: &io::Error| TypedFilesError::Input {
        place: format!("`{}`", path.display()),
        reason: error.to_string(),
    };
    let mut properties = properties.clone();
    properties.set(INPUT_FORMAT, "org.apache.hadoop.streaming.AutoInputFormat");
    let settings = reader(&properties, InputLimits::HADOOP)?;
    let found = find_inputs(pattern)
        .map_err(|reason| TypedFilesError::Input { place: format!("`{pattern}`"), reason })?;
    let Some(first) = found.first() else {
        let is_pattern = pattern.contains(['*', '?', '[', '{']);
        return Err(if is_pattern {
            TypedFilesError::NoMatch
        } else {
            TypedFilesError::Missing(pattern.into())
        });
    };
    let look = storage.look(first).map_err(|error| unreadable(first, &error))?;
    let files = if look.kind == FileKind::Folder {
        let listed = storage.list(first).map_err(|error| unreadable(first, &error))?;
        let of_ours = listed.into_iter().filter(|file| !is_checksum(file.name.as_encoded_bytes()));
        of_ours.map(|file| (first.join(&file.name), file.length)).collect()
    } else {
        vec![(first.clone(), look.length)]
    };
    for (path, length) in files {
        let codec = codec_of(&storage, &path, settings.format);
        let split = InputSplit::whole(Arc::new(InputFile { path, length, codec }));
        dump_file(&storage, &split, &settings, out)?;
    }
    out.flush().map_err(TypedFilesError::Output)
}

/// Whether it is a file of Hadoop's own checksums, which Hadoop does not show.
fn is_checksum(name: &[u8]) -> bool {
    name.starts_with(b".") && name.ends_with(b".crc")
}

fn dump_file(
    storage: &dyn Storage,
    split: &InputSplit,
    settings: &RecordReaderSettings,
    out: &mut dyn Write,
) -> Result<(), TypedFilesError> {
    let failed = |place: &RecordPlace, error: &dyn fmt::Display| TypedFilesError::Input {
        place: place.to_string(),
        reason: error.to_string(),
    };
    let (pulse, fields) = (Pulse::default(), InputFields::OffsetAndLine);
    let mut records = RecordReader::open(storage, split, settings, &pulse)
        .map_err(|error| failed(&split.place(), &error))?;
    let classes = records.classes(&fields);
    let (mut offset, mut bytes) = (Vec::new(), Vec::with_capacity(WRITE_BYTES));
    let mut dump = || -> Result<bool, TypedFilesError> {
        let is_record = records.advance();
        if !is_record.map_err(|error: LineError| failed(&records.place(), &error))? {
            return Ok(false);
        }
        let (key, value) = records.key_value(&fields, &mut offset);
        for (class, content) in [(classes.key, key), (classes.value, value)] {
            class
                .write_typed_bytes(content, &mut bytes)
                .map_err(|error| failed(&records.place(), &error))?;
        }
        if bytes.len() >= WRITE_BYTES {
            out.write_all(&bytes).map_err(TypedFilesError::Output)?;
            bytes.clear();
        }
        Ok(true)
    };
    let dumped = loop {
        match dump() {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    // What was good before the damage is given.
    out.write_all(&bytes).map_err(TypedFilesError::Output)?;
    dumped
}

/// Writes pairs of typed bytes into a new `SequenceFile` of `TypedBytesWritable`s, which gets its name when it is whole.
///
/// Mirrors `LoadTypedBytes`, which leaves what it has of a file whose input is cut short.
///
/// # Errors
/// Those of [`TypedFilesError`]; then there is no file.
pub fn load(
    input: &mut dyn Read,
    path: &Path,
    properties: &Properties,
) -> Result<(), TypedFilesError> {
    let storage: Arc<dyn Storage> = Arc::new(LocalStorage);
    if path.symlink_metadata().is_ok() {
        return Err(TypedFilesError::Exists(path.to_owned()));
    }
    let class = WritableClass::TypedBytes;
    let format = SequenceFormat {
        classes: RecordClasses::of(class).into(),
        compression: compression(properties, "io.seqfile.compression.type", Codec::Deflate)?,
        block_bytes: block_bytes(properties)?,
    };
    sweep_beside(&*storage, path);
    let run = unique_name(&SystemClock);
    let staging = Staging::beside(Arc::clone(&storage), path, &run)?;
    let name = path.file_name().unwrap_or_default();
    let staged = staging.folder().join(name);
    let write = |error| TypedFilesError::Output(error);
    let file = LoadedFile(storage.create(&staged).map_err(write)?);
    let mut writer = ContentMarked::new(file, format, &name.to_string_lossy());
    let damaged = |what: &dyn fmt::Display| TypedFilesError::Input {
        place: "the standard input".to_owned(),
        reason: what.to_string(),
    };
    let mut pairs = PairBuffer::new(READ_BYTES, i32::MAX as usize);
    let failed = |error: PairError| match error {
        PairError::Bytes(error) => damaged(&error),
        PairError::Read(error) => damaged(&error),
    };
    while next_pair(&mut pairs, input).map_err(failed)? {
        let (key, value) = (pairs.key(), pairs.value());
        let mut record = Vec::with_capacity(key.len() + value.len() + 8);
        class.serialize(key, &mut record);
        let key = record.len();
        class.serialize(value, &mut record);
        writer.append(&record, key).map_err(write)?;
    }
    let mut file = writer.finish().map_err(write)?;
    file.0.sync().map_err(write)?;
    storage.rename_new(&staged, path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => TypedFilesError::Exists(path.to_owned()),
        _ => TypedFilesError::Output(error),
    })
}

/// A new file that is written and then synced.
struct LoadedFile(Box<dyn WriteFile>);

impl Write for LoadedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
