//! The reader: records, one after the other.
//!
//! ```text
//! file      = header  (record | sync)*        not in blocks
//! file      = header  (sync block)*           in blocks
//! sync      = -1 (i32)  the header's sync mark (16 bytes)
//! record    = length of key and value (i32)  length of the key (i32)  key  value
//! ```
//!
//! Mirrors `SequenceFile.Reader` and, for a part of a file, `SequenceFileRecordReader`.

use std::io::{Read, Seek};

use howdah_codec::Codec;

use crate::block::{self, Block};
use crate::error::{Error, ErrorKind};
use crate::header::{Compression, Header};
use crate::source::{Expansion, Source};

/// The number in front of a sync mark, where a record's length would stand.
pub(crate) const SYNC_ESCAPE: i32 = -1;
/// The bytes of that number.
const ESCAPE_BYTES: u64 = 4;

/// Reads the records of a `SequenceFile`. The file need not be buffered.
///
/// ```
/// use howdah_sequence_file::{Reader, Settings, Writer};
///
/// let settings = Settings::new("org.apache.hadoop.io.Text", "org.apache.hadoop.io.NullWritable");
/// let mut writer = Writer::new(Vec::new(), settings)?;
/// writer.append(b"\x05apple", b"")?;
/// let file = writer.finish()?;
///
/// let mut reader = Reader::new(&file[..])?;
/// assert_eq!(reader.header().key_class, "org.apache.hadoop.io.Text");
/// while let Some(record) = reader.next_record()? {
///     assert_eq!(record.key, b"\x05apple"); // as `Text` is written: its length, then the bytes
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is strict
///
/// A file that was cut short is an error wherever that can be seen; only a cut between two records or blocks cannot.
/// Hadoop takes a file that ends inside a block's keys for one that ends before the block, a negative key length and a
/// second sync mark behind the first for the end of the file, and does not look at bytes of a block behind its last
/// record: records are lost there without a word. Here these are errors, but for the second mark, which is read like
/// the first.
#[derive(Debug)]
pub struct Reader<R> {
    source: Source<R>,
    header: Header,
    header_end: u64,
    /// A sync mark from here on ends the reading.
    end: u64,
    /// Whether there is nothing more to read.
    is_done: bool,
    /// The record at hand as it stands in the file.
    record: Vec<u8>,
    /// Its value if that was compressed.
    value: Vec<u8>,
    block: Block,
}

/// Key and value of a record, as their Java classes serialise them. What they mean is told by
/// [`Writable`](crate::Writable).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'r> {
    /// The key.
    pub key: &'r [u8],
    /// The value, decompressed.
    pub value: &'r [u8],
}

impl<R: Read> Reader<R> {
    /// Reads the header. Records may be as long as Java can hold them, which is 2 GiB.
    ///
    /// # Errors
    /// A file that is not a `SequenceFile`, or is cut short or damaged in its header.
    pub fn new(file: R) -> Result<Self, Error> {
        Self::with_limit(file, i32::MAX as usize)
    }

    /// The same, with a limit in bytes to everything that is held in memory at a time: a record, or each of the four
    /// parts of a block, compressed or not. What is longer is an error.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn with_limit(file: R, most_bytes: usize) -> Result<Self, Error> {
        let mut source = Source::new(file, most_bytes);
        let header = Header::read(&mut source)?;
        Ok(Reader {
            header_end: source.offset(),
            source,
            header,
            end: u64::MAX,
            is_done: false,
            record: Vec::new(),
            value: Vec::new(),
            block: Block::default(),
        })
    }

    /// The file. Where it stands in it is no one's concern.
    pub fn get_ref(&self) -> &R {
        self.source.get_ref()
    }

    /// Takes `most_bytes` at most, from here on, of what is decompressed, all records and blocks together: a small file
    /// may hold a huge one. More is an error, which comes before it takes memory. What is not compressed does not count.
    ///
    /// ```
    /// use howdah_codec::Codec;
    /// use howdah_sequence_file::{Compression, ErrorKind, Reader, Settings, Writer};
    ///
    /// let mut settings = Settings::new("org.apache.hadoop.io.NullWritable", "org.apache.hadoop.io.Text");
    /// settings.compression = Compression::Record(Codec::Bzip2);
    /// let mut writer = Writer::new(Vec::new(), settings)?;
    /// writer.append(b"", &vec![0; 10_000_000])?;
    /// let file = writer.finish()?;
    ///
    /// let mut reader = Reader::new(&file[..])?;
    /// reader.limit_expansion(1000 * file.len() as u64);
    /// let error = reader.next_record().unwrap_err();
    /// assert!(matches!(error.kind(), ErrorKind::Expands { what: "a value", .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn limit_expansion(&mut self, most_bytes: u64) {
        *self.source.expansion() = Expansion::of(most_bytes);
    }

    /// What the file says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The offset of what is read next: behind the record, or behind the block that holds it.
    pub fn offset(&self) -> u64 {
        self.source.offset()
    }

    /// The next record, or `None` at the end.
    ///
    /// # Errors
    /// A file that is cut short, damaged or cannot be read. After an error there are no more records.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Error> {
        if self.is_done {
            return Ok(None);
        }
        self.is_done = true; // unless a record is found
        match self.header.compression {
            Compression::None => self.next_plain(None),
            Compression::Record(codec) => self.next_plain(Some(codec)),
            Compression::Block(codec) => self.next_of_block(codec),
        }
    }

    fn next_plain(&mut self, codec: Option<Codec>) -> Result<Option<Record<'_>>, Error> {
        let Some((at, length)) = self.next_length()? else { return Ok(None) };
        let what = "the length of a record";
        let length = usize::try_from(length)
            .map_err(|_| Error::new(ErrorKind::BadLength { what, length: length.into() }, at))?;
        let (what, at) = ("the length of a key", self.source.offset());
        let key_length = self.source.int(what)?;
        let key_end = usize::try_from(key_length).ok().filter(|&end| end <= length);
        let bad = || Error::new(ErrorKind::BadLength { what, length: key_length.into() }, at);
        let key_end = key_end.ok_or_else(bad)?;

        let at = self.source.offset();
        self.record.clear();
        self.source.bytes("a record", length, &mut self.record)?;
        let (key, value) = self.record.split_at(key_end);
        let Some(codec) = codec else {
            self.is_done = false;
            return Ok(Some(Record { key, value }));
        };
        let limit = self.source.limit();
        let expansion = self.source.expansion();
        block::decompress(codec, "a value", value, limit, expansion, &mut self.value)
            .map_err(|kind| Error::new(kind, at + key_end as u64))?;
        self.is_done = false;
        Ok(Some(Record { key, value: &self.value }))
    }

    fn next_of_block(&mut self, codec: Codec) -> Result<Option<Record<'_>>, Error> {
        while self.block.is_empty() {
            let Some((at, length)) = self.next_length()? else { return Ok(None) };
            if length != SYNC_ESCAPE {
                return Err(Error::new(ErrorKind::BadSync, at));
            }
            self.mark(at)?;
            if at >= self.end {
                return Ok(None);
            }
            self.block.read(&mut self.source, codec)?;
        }
        self.is_done = false;
        Ok(self.block.next().map(|(key, value)| Record { key, value }))
    }

    /// The number in front of a record or a block, and its offset; `None` at the end.
    fn next_length(&mut self) -> Result<Option<(u64, i32)>, Error> {
        loop {
            let at = self.source.offset();
            if self.source.is_at_end()? {
                return Ok(None);
            }
            let length = self.source.int("a length")?;
            if length != SYNC_ESCAPE || matches!(self.header.compression, Compression::Block(_)) {
                return Ok(Some((at, length)));
            }
            self.mark(at)?;
            if at >= self.end {
                return Ok(None);
            }
        }
    }

    /// Reads the mark behind a [`SYNC_ESCAPE`] at `at`.
    fn mark(&mut self, at: u64) -> Result<(), Error> {
        let mark = self.source.mark("a sync mark")?;
        if mark == self.header.sync { Ok(()) } else { Err(Error::new(ErrorKind::BadSync, at)) }
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Reads the part of a file from byte `start` up to byte `end`, as a map task reads its split: the records behind
    /// the first sync mark of the part, up to the first sync mark behind it. So each record of a file is in just one of
    /// the splits that cover it, wherever they are cut.
    ///
    /// ```
    /// use howdah_sequence_file::{Reader, Settings, Writer};
    /// use std::io::Cursor;
    ///
    /// let settings = Settings::new("org.apache.hadoop.io.Text", "org.apache.hadoop.io.NullWritable");
    /// let mut writer = Writer::new(Vec::new(), settings)?;
    /// for key in [b"\x01a", b"\x01b", b"\x01c"] {
    ///     writer.sync()?;
    ///     writer.append(key, b"")?;
    /// }
    /// let file = writer.finish()?;
    ///
    /// let mut keys = Vec::new();
    /// for start in (0..file.len() as u64).step_by(50) {
    ///     let mut reader = Reader::split(Cursor::new(&file), start, start + 50)?;
    ///     while let Some(record) = reader.next_record()? {
    ///         keys.push(record.key.to_vec());
    ///     }
    /// }
    /// assert_eq!(keys, [b"\x01a", b"\x01b", b"\x01c"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Reader::new`], and a file that cannot be sought in.
    pub fn split(file: R, start: u64, end: u64) -> Result<Self, Error> {
        Self::split_with_limit(file, start, end, i32::MAX as usize)
    }

    /// The same with a limit to what is held in memory: see [`Reader::with_limit`].
    ///
    /// # Errors
    /// As [`Reader::split`].
    pub fn split_with_limit(
        file: R,
        start: u64,
        end: u64,
        most_bytes: usize,
    ) -> Result<Self, Error> {
        let mut reader = Self::with_limit(file, most_bytes)?;
        reader.sync(start)?;
        reader.end = end;
        reader.is_done = reader.offset() >= end;
        Ok(reader)
    }

    /// Goes to the first sync mark at byte `position` or behind it, or to the first record if `position` is in the
    /// header: `SequenceFile.Reader.sync`. Without such a mark there are no more records.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn sync(&mut self, position: u64) -> Result<(), Error> {
        self.block = Block::default();
        self.is_done = false;
        if position <= self.header_end {
            return self.source.seek(self.header_end);
        }
        self.source.seek(position.saturating_add(ESCAPE_BYTES))?;
        match self.source.find(&self.header.sync)? {
            Some(mark) => self.source.seek(mark - ESCAPE_BYTES),
            None => Ok(()), // at the end of the file
        }
    }
}
