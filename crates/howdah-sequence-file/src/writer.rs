//! The writer: records into a file that Hadoop reads.
//!
//! Mirrors `SequenceFile.Writer`, `RecordCompressWriter` and `BlockCompressWriter`, with their sizes unless told
//! otherwise.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};

use howdah_codec::Codec;
use howdah_streaming::vint::write_vint;

use crate::header::{Compression, Header, VERSION};
use crate::reader::SYNC_ESCAPE;

/// Bytes between sync marks: `SequenceFile.SYNC_INTERVAL`.
const SYNC_INTERVAL: u64 = 100 * 1024;
/// Bytes of a block: `io.seqfile.compress.blocksize`.
const BLOCK_BYTES: usize = 1_000_000;

/// What a file is to be.
///
/// ```
/// use howdah_codec::Codec;
/// use howdah_sequence_file::{Compression, Settings};
///
/// let mut settings = Settings::new("org.apache.hadoop.io.Text", "org.apache.hadoop.io.LongWritable");
/// settings.compression = Compression::Block(Codec::Deflate);
/// settings.metadata.push(("made by".to_owned(), "me".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The Java class of the keys.
    pub key_class: String,
    /// The Java class of the values.
    pub value_class: String,
    /// How records are compressed; not at all unless told.
    pub compression: Compression,
    /// Names and values for the header.
    pub metadata: Vec<(String, String)>,
    /// What parts the file. It must not be in the data; each file has one of its own unless told.
    pub sync: [u8; 16],
    /// How many bytes lie between sync marks, where there are no blocks: 100 KiB unless told.
    pub sync_interval: u64,
    /// How many bytes of keys and values a block has: 1 000 000 unless told.
    pub block_bytes: usize,
}

impl Settings {
    /// Settings for keys and values of these Java classes.
    pub fn new(key_class: impl Into<String>, value_class: impl Into<String>) -> Self {
        let mut sync = [0; 16];
        for half in sync.chunks_mut(8) {
            half.copy_from_slice(&RandomState::new().hash_one(0).to_be_bytes());
        }
        Settings {
            key_class: key_class.into(),
            value_class: value_class.into(),
            compression: Compression::None,
            metadata: Vec::new(),
            sync,
            sync_interval: SYNC_INTERVAL,
            block_bytes: BLOCK_BYTES,
        }
    }
}

/// Writes a `SequenceFile` of version 6. The file should be buffered.
///
/// ```
/// use howdah_sequence_file::{Reader, Settings, Writer};
///
/// let settings = Settings::new("org.apache.hadoop.io.Text", "org.apache.hadoop.io.IntWritable");
/// let mut writer = Writer::new(Vec::new(), settings)?;
/// writer.append(b"\x05apple", &7i32.to_be_bytes())?;
/// let file = writer.finish()?;
///
/// let mut reader = Reader::new(&file[..])?;
/// assert_eq!(reader.next_record()?.map(|record| record.value.to_vec()), Some(vec![0, 0, 0, 7]));
/// assert_eq!(reader.next_record()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    file: W,
    settings: Settings,
    /// Bytes written so far.
    offset: u64,
    /// What the offset was behind the last sync mark.
    last_sync: u64,
    /// What is about to be written.
    ready: Vec<u8>,
    records: usize,
    keys: Strip,
    values: Strip,
}

/// The keys or the values of the block that is being filled.
#[derive(Debug, Default)]
struct Strip {
    lengths: Vec<u8>,
    bytes: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of the file, and a class name or metadata that are longer than Java can hold.
    pub fn new(file: W, settings: Settings) -> io::Result<Self> {
        let mut writer = Writer {
            file,
            settings,
            offset: 0,
            last_sync: 0,
            ready: Vec::new(),
            records: 0,
            keys: Strip::default(),
            values: Strip::default(),
        };
        let settings = &writer.settings;
        let header = Header {
            version: VERSION,
            key_class: settings.key_class.clone(),
            value_class: settings.value_class.clone(),
            compression: settings.compression,
            metadata: settings.metadata.clone(),
            sync: settings.sync,
        };
        header.write(&mut writer.ready)?;
        writer.write_ready()?;
        Ok(writer)
    }

    /// How long the file is so far: where a reader finds the next record, or the block that the next record comes into.
    ///
    /// ```
    /// use howdah_sequence_file::{Settings, Writer};
    ///
    /// let settings = Settings::new("org.apache.hadoop.io.Text", "org.apache.hadoop.io.NullWritable");
    /// let mut writer = Writer::new(Vec::new(), settings)?;
    /// let header = writer.length();
    /// writer.append(b"\x05apple", b"")?;
    /// assert_eq!(writer.length(), header + 14);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn length(&self) -> u64 {
        self.offset
    }

    /// Writes a record. Key and value are as their Java classes serialise them: see
    /// [`Writable::write`](crate::Writable::write).
    ///
    /// # Errors
    /// Those of the file and of the codec, and a record that is longer than Java can hold, which is 2 GiB.
    pub fn append(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        match self.settings.compression {
            Compression::None => self.append_record(key, value),
            Compression::Record(codec) => self.append_record(key, &compress(codec, value)?),
            Compression::Block(_) => {
                self.keys.push(key)?;
                self.values.push(value)?;
                self.records += 1;
                if self.keys.bytes.len() + self.values.bytes.len() >= self.settings.block_bytes {
                    self.sync()?;
                }
                Ok(())
            }
        }
    }

    fn append_record(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let length = int(key.len() + value.len())?;
        if self.offset >= self.last_sync + self.settings.sync_interval {
            self.sync()?;
        }
        self.ready.extend_from_slice(&length.to_be_bytes());
        self.ready.extend_from_slice(&int(key.len())?.to_be_bytes());
        self.ready.extend_from_slice(key);
        self.ready.extend_from_slice(value);
        self.write_ready()
    }

    /// Writes a sync mark, at which the file can be split; of a file in blocks the block that is being filled.
    ///
    /// # Errors
    /// Those of the file and of the codec.
    pub fn sync(&mut self) -> io::Result<()> {
        let Compression::Block(codec) = self.settings.compression else { return self.write_mark() };
        if self.records == 0 {
            return Ok(());
        }
        self.write_mark()?;
        write_vint(i64::from(int(self.records)?), &mut self.ready);
        for strip in [&mut self.keys, &mut self.values] {
            for part in [&mut strip.lengths, &mut strip.bytes] {
                let packed = compress(codec, part)?;
                write_vint(i64::from(int(packed.len())?), &mut self.ready);
                self.ready.extend_from_slice(&packed);
                part.clear();
            }
        }
        self.records = 0;
        self.write_ready()
    }

    /// Two marks never stand side by side: Hadoop's reader ends at the second one.
    fn write_mark(&mut self) -> io::Result<()> {
        if self.last_sync == self.offset {
            return Ok(());
        }
        self.ready.extend_from_slice(&SYNC_ESCAPE.to_be_bytes());
        self.ready.extend_from_slice(&self.settings.sync);
        self.write_ready()?;
        self.last_sync = self.offset;
        Ok(())
    }

    fn write_ready(&mut self) -> io::Result<()> {
        self.file.write_all(&self.ready)?;
        self.offset += self.ready.len() as u64;
        self.ready.clear();
        Ok(())
    }

    /// Writes what remains and gives the file back, flushed. Without this call the last block is missing.
    ///
    /// # Errors
    /// Those of the file and of the codec.
    pub fn finish(mut self) -> io::Result<W> {
        if matches!(self.settings.compression, Compression::Block(_)) {
            self.sync()?;
        }
        self.file.flush()?;
        Ok(self.file)
    }
}

impl Strip {
    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        int(self.bytes.len() + bytes.len())?;
        write_vint(i64::from(int(bytes.len())?), &mut self.lengths);
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

fn compress(codec: Codec, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut encoder = codec.encoder(&mut packed)?;
    encoder.write_all(bytes)?;
    encoder.finish()?;
    Ok(packed)
}

/// A length as Java's `int`.
pub(crate) fn int(length: usize) -> io::Result<i32> {
    i32::try_from(length).map_err(|_| {
        let message = format!(
            "{length} bytes are more than a SequenceFile can hold in one piece, which is 2 GiB"
        );
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}
