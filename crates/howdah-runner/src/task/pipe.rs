//! The forms of records in a command's pipes.
//!
//! | form | on standard input | on standard output | Hadoop's classes |
//! | --- | --- | --- | --- |
//! | `text` | `key separator value LF`, or the value alone | lines, cut into key and value | `TextInputWriter`, `TextOutputReader` |
//! | `keyonlytext` | `key LF` | lines that are keys, without values | `KeyOnlyTextInputWriter`, `KeyOnlyTextOutputReader` |
//! | `rawbytes` | length and bytes, of key and of value | the same | `RawBytesInputWriter`, `RawBytesOutputReader` |
//! | `typedbytes` | a typed key and a typed value | the same | `TypedBytesInputWriter`, `TypedBytesOutputReader` |

use std::io::{self, Read, Write};

use howdah_plan::{RecordSink, TaskError};
use howdah_streaming::key_value::KeyValueSplit;
use howdah_streaming::line_buffer::LineTooLong;
use howdah_streaming::lines::Terminator;
use howdah_streaming::pipe_form::PipeForm;
use howdah_streaming::typed_bytes::{self, PairBuffer};
use howdah_streaming::writable::{RecordClasses, WritableClass, WritableError};

use crate::input::{LineError, Lines, read_some};

/// How much is read from a pipe at a time.
const READ_BYTES: usize = 256 << 10;

/// How records are written on a command's standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Feed {
    pub(crate) form: PipeForm,
    /// Whether a line is the value alone.
    pub(crate) leaves_out_key: bool,
    /// What stands between key and value of a line.
    pub(crate) separator: Vec<u8>,
}

impl Feed {
    /// Whether the key is of no interest.
    pub(crate) fn is_value_alone(&self) -> bool {
        self.form == PipeForm::Text && self.leaves_out_key
    }

    /// Writes a record whose key and value are of these types. `scratch` is for what is to be written behind its length.
    pub(crate) fn write(
        &self,
        classes: RecordClasses,
        (key, value): (&[u8], &[u8]),
        scratch: &mut Vec<u8>,
        pipe: &mut impl Write,
    ) -> io::Result<()> {
        match self.form {
            PipeForm::Text => {
                if !self.leaves_out_key {
                    pipe.write_all(&classes.key.line_bytes(key).map_err(no_value)?)?;
                    pipe.write_all(&self.separator)?;
                }
                pipe.write_all(&classes.value.line_bytes(value).map_err(no_value)?)?;
                pipe.write_all(b"\n")
            }
            PipeForm::KeyOnly => {
                pipe.write_all(&classes.key.line_bytes(key).map_err(no_value)?)?;
                pipe.write_all(b"\n")
            }
            PipeForm::RawBytes => {
                for (class, content) in [(classes.key, key), (classes.value, value)] {
                    let bytes = match class {
                        WritableClass::Bytes | WritableClass::TypedBytes => content,
                        _ => {
                            scratch.clear();
                            class.serialize(content, scratch);
                            scratch.as_slice()
                        }
                    };
                    // Records have fewer bytes than Java's arrays can.
                    pipe.write_all(&(bytes.len() as u32).to_be_bytes())?;
                    pipe.write_all(bytes)?;
                }
                Ok(())
            }
            PipeForm::TypedBytes => {
                for (class, content) in [(classes.key, key), (classes.value, value)] {
                    if class == WritableClass::TypedBytes {
                        pipe.write_all(content)?;
                        continue;
                    }
                    scratch.clear();
                    class.write_typed_bytes(content, scratch).map_err(no_value)?;
                    pipe.write_all(scratch)?;
                }
                Ok(())
            }
        }
    }
}

fn no_value(error: WritableError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// How records are read from a command's standard output.
#[derive(Debug, Clone)]
pub(crate) enum Cut {
    /// Lines of a key and a value.
    Fields(KeyValueSplit),
    /// Lines that are keys, without values.
    Keys,
    /// A length and bytes, and so again for the value.
    RawBytes,
    /// Two typed values.
    TypedBytes,
}

impl Cut {
    /// For a pipe of a form; lines are cut by `split`.
    pub(crate) fn of(form: PipeForm, split: &KeyValueSplit) -> Self {
        match form {
            PipeForm::Text => Cut::Fields(split.clone()),
            PipeForm::KeyOnly => Cut::Keys,
            PipeForm::RawBytes => Cut::RawBytes,
            PipeForm::TypedBytes => Cut::TypedBytes,
        }
    }

    /// The types of what is read.
    pub(crate) fn classes(&self) -> RecordClasses {
        match self {
            Cut::Fields(_) => PipeForm::Text,
            Cut::Keys => PipeForm::KeyOnly,
            Cut::RawBytes => PipeForm::RawBytes,
            Cut::TypedBytes => PipeForm::TypedBytes,
        }
        .classes()
    }

    /// Reads all records; none may have more than `most` bytes.
    pub(crate) fn read(
        &self,
        pipe: impl Read,
        most: usize,
        records: &mut dyn RecordSink,
    ) -> Result<Collected, TaskError> {
        match self {
            Cut::Fields(split) => lines(pipe, most, |line| {
                let (key, value) = split.split(line);
                records.record(key, value)
            }),
            Cut::Keys => lines(pipe, most, |line| {
                records.key().extend_from_slice(line);
                records.end()
            }),
            Cut::RawBytes => raw_bytes(pipe, most, records),
            Cut::TypedBytes => typed_pairs(pipe, most, records),
        }
    }
}

/// What was read of a command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Collected {
    pub(crate) records: u64,
    /// Lines that ended at a CR without LF.
    pub(crate) bare_returns: u64,
}

fn lines(
    pipe: impl Read,
    most: usize,
    mut take: impl FnMut(&[u8]) -> Result<(), TaskError>,
) -> Result<Collected, TaskError> {
    let mut lines = Lines::new(pipe, Terminator::Line, READ_BYTES, most);
    let mut records = 0;
    while lines.advance().map_err(of_output)? {
        take(lines.line())?;
        records += 1;
    }
    Ok(Collected { records, bare_returns: lines.bare_returns() })
}

/// Says of a line that is too long that the command wrote it: it has no place in the input.
fn of_output(error: LineError) -> TaskError {
    match error {
        LineError::TooLong(LineTooLong { most, position }) => too_long("a line", position, most),
        LineError::Read(error) => TaskError::engine(error),
    }
}

fn too_long(what: &str, position: u64, most: usize) -> TaskError {
    TaskError::engine(format!(
        "{what} of the command's output, at its byte {position}, is longer than the {most} bytes that \
         `--max-record` (`howdah.max.record`) allows"
    ))
}

/// Reads lengths and bytes. The output may end where a key would begin.
fn raw_bytes(
    pipe: impl Read,
    most: usize,
    records: &mut dyn RecordSink,
) -> Result<Collected, TaskError> {
    let mut pipe = io::BufReader::with_capacity(READ_BYTES, pipe);
    let mut position = 0;
    let mut found = 0;
    while let Some(key) = raw_length(&mut pipe, &mut position, true)? {
        raw_content(&mut pipe, &mut position, key, most, records.key())?;
        // Within a record no length may be missing.
        let value = raw_length(&mut pipe, &mut position, false)?.unwrap_or_default();
        let value_most = most.saturating_sub(key as usize);
        raw_content(&mut pipe, &mut position, value, value_most, records.value())?;
        records.end()?;
        found += 1;
    }
    Ok(Collected { records: found, bare_returns: 0 })
}

/// The next length; `None` at the end, where that may be.
fn raw_length(
    pipe: &mut impl Read,
    position: &mut u64,
    may_end: bool,
) -> Result<Option<u32>, TaskError> {
    let mut length = [0; 4];
    let mut read = 0;
    while read < length.len() {
        match read_some(pipe, &mut length[read..]).map_err(TaskError::engine)? {
            0 => break,
            count => read += count,
        }
    }
    *position += read as u64;
    match read {
        0 if may_end => return Ok(None),
        4 => {}
        _ => return Err(cut_short(*position)),
    }
    match u32::try_from(i32::from_be_bytes(length)) {
        Ok(length) => Ok(Some(length)),
        Err(_) => Err(TaskError::job(format!(
            "MROutput/MRErrThread failed: java.lang.NegativeArraySizeException: the length before byte {position} of \
             the command's output is below zero; with `rawbytes` a record is two times four bytes of a length and so \
             many bytes"
        ))),
    }
}

/// Appends so many bytes, as they come: the length alone is not believed.
fn raw_content(
    pipe: &mut impl Read,
    position: &mut u64,
    length: u32,
    most: usize,
    to: &mut Vec<u8>,
) -> Result<(), TaskError> {
    if length as usize > most {
        return Err(too_long("a record", *position, most));
    }
    let read = pipe.take(length.into()).read_to_end(to).map_err(TaskError::engine)?;
    *position += read as u64;
    if read < length as usize { Err(cut_short(*position)) } else { Ok(()) }
}

fn cut_short(position: u64) -> TaskError {
    TaskError::job(format!(
        "MROutput/MRErrThread failed: java.io.EOFException: the command's output ends within a record, at its byte \
         {position}"
    ))
}

/// Reads pairs of typed bytes.
fn typed_pairs(
    mut pipe: impl Read,
    most: usize,
    records: &mut dyn RecordSink,
) -> Result<Collected, TaskError> {
    let mut pairs = PairBuffer::new(READ_BYTES, most);
    let mut found = 0;
    while next_pair(&mut pairs, &mut pipe).map_err(of_pairs)? {
        records.record(pairs.key(), pairs.value())?;
        found += 1;
    }
    // What a program writes behind the end is nobody's, but it must not wait for a reader.
    io::copy(&mut pipe, &mut io::sink()).map_err(TaskError::engine)?;
    Ok(Collected { records: found, bare_returns: 0 })
}

/// Why there is no next pair.
pub(crate) enum PairError {
    /// What was read is none.
    Bytes(typed_bytes::Error),
    Read(io::Error),
}

/// Moves to the next pair of typed bytes, and reads as far as it takes; `false` after the last.
pub(crate) fn next_pair(
    pairs: &mut PairBuffer,
    source: &mut (impl Read + ?Sized),
) -> Result<bool, PairError> {
    loop {
        match pairs.advance().map_err(PairError::Bytes)? {
            typed_bytes::Next::Pair => return Ok(true),
            typed_bytes::Next::End => return Ok(false),
            typed_bytes::Next::NeedsMore => {
                let room = pairs.room().map_err(PairError::Bytes)?;
                let count = read_some(source, room).map_err(PairError::Read)?;
                pairs.read(count);
            }
        }
    }
}

fn of_pairs(error: PairError) -> TaskError {
    let error = match error {
        PairError::Bytes(error) => error,
        PairError::Read(error) => return TaskError::engine(error),
    };
    let exception = match error.kind() {
        typed_bytes::ErrorKind::Truncated => "java.io.EOFException: ",
        typed_bytes::ErrorKind::UnknownCode(_) => "java.lang.RuntimeException: unknown type: ",
        typed_bytes::ErrorKind::StrayMarker => "java.lang.NullPointerException: ",
        _ => "",
    };
    TaskError::job(format!(
        "MROutput/MRErrThread failed: {exception}the command's output is no pairs of typed bytes: {error}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps records.
    #[derive(Default)]
    struct Kept {
        bytes: Vec<u8>,
        key: Option<usize>,
        found: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    }

    impl RecordSink for Kept {
        fn key(&mut self) -> &mut Vec<u8> {
            self.bytes.clear();
            self.key = None;
            &mut self.bytes
        }
        fn value(&mut self) -> &mut Vec<u8> {
            self.key = Some(self.bytes.len());
            &mut self.bytes
        }
        fn end(&mut self) -> Result<(), TaskError> {
            let key = self.key.unwrap_or(self.bytes.len());
            let value = self.key.map(|key| self.bytes[key..].to_vec());
            self.found.push((self.bytes[..key].to_vec(), value));
            Ok(())
        }
        fn abandon(&mut self) {}
    }

    const LINE: RecordClasses =
        RecordClasses { key: WritableClass::Long, value: WritableClass::Text };

    fn fed(form: PipeForm, leaves_out_key: bool) -> Vec<u8> {
        let feed = Feed { form, leaves_out_key, separator: b"\t".to_vec() };
        let mut pipe = Vec::new();
        let record = (&7i64.to_be_bytes()[..], &b"ab"[..]);
        feed.write(LINE, record, &mut Vec::new(), &mut pipe).unwrap();
        pipe
    }

    #[test]
    fn a_line_is_written_in_each_form() {
        assert_eq!(fed(PipeForm::Text, true), b"ab\n");
        assert_eq!(fed(PipeForm::Text, false), b"7\tab\n");
        assert_eq!(fed(PipeForm::KeyOnly, true), b"7\n");
        assert_eq!(fed(PipeForm::RawBytes, true), b"\0\0\0\x08\0\0\0\0\0\0\0\x07\0\0\0\x03\x02ab");
        assert_eq!(fed(PipeForm::TypedBytes, true), b"\x04\0\0\0\0\0\0\0\x07\x07\0\0\0\x02ab");
    }

    fn read(cut: &Cut, bytes: &[u8], most: usize) -> Result<Kept, String> {
        let mut kept = Kept::default();
        match cut.read(bytes, most, &mut kept) {
            Ok(collected) => {
                assert_eq!(collected.records, kept.found.len() as u64);
                Ok(kept)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn raw_records_end_before_a_key_and_nowhere_else() {
        let stream = b"\0\0\0\x01a\0\0\0\x02bc\0\0\0\0\0\0\0\0";
        let kept = read(&Cut::RawBytes, stream, 3).unwrap();
        let record = |key: &[u8], value: &[u8]| (key.to_vec(), Some(value.to_vec()));
        assert_eq!(kept.found, [record(b"a", b"bc"), record(b"", b"")]);
        for end in 0..stream.len() {
            let whole = read(&Cut::RawBytes, &stream[..end], 3).is_ok();
            assert_eq!(whole, matches!(end, 0 | 11), "{end}");
        }
    }

    #[test]
    fn a_raw_length_is_not_believed() {
        let error = read(&Cut::RawBytes, b"\x7f\xff\xff\xffab", 100).err().unwrap();
        assert!(error.contains("at its byte 4, is longer than the 100 bytes"), "{error}");
        let error = read(&Cut::RawBytes, b"\x7f\xff\xff\xffab", usize::MAX).err().unwrap();
        assert!(error.contains("ends within a record, at its byte 6"), "{error}");
        let error = read(&Cut::RawBytes, b"\xff\xff\xff\xffab", 100).err().unwrap();
        assert!(error.contains("below zero"), "{error}");
        // Key and value together.
        assert!(read(&Cut::RawBytes, b"\0\0\0\x02ab\0\0\0\x02cd", 3).is_err());
    }

    #[test]
    fn typed_records_end_at_a_marker() {
        let kept = read(&Cut::TypedBytes, b"\x02\x01\x07\0\0\0\x01a\xffbehind", 100).unwrap();
        assert_eq!(kept.found, [(b"\x02\x01".to_vec(), Some(b"\x07\0\0\0\x01a".to_vec()))]);
        let error = read(&Cut::TypedBytes, b"\x02", 100).err().unwrap();
        assert!(error.contains("no pairs of typed bytes"), "{error}");
    }

    #[test]
    fn keys_alone_have_no_values() {
        let kept = read(&Cut::Keys, b"a\tb\n\n", 100).unwrap();
        assert_eq!(kept.found, [(b"a\tb".to_vec(), None), (b"".to_vec(), None)]);
    }
}
