//! The header: what a `SequenceFile` says of itself.
//!
//! ```text
//! header = "SEQ"  version (1 byte)  key class (text)  value class (text)  is compressed (1)  in blocks (1)
//!          [codec class (text), from version 5, if compressed]
//!          [metadata: count (i32)  (name (text)  value (text))*, from version 6]
//!          sync mark (16 bytes)
//! text   = length (vint)  bytes
//! ```

use std::io::{self, Read};

use howdah_codec::Codec;
use howdah_streaming::vint::write_vint;

use crate::error::{Error, ErrorKind};
use crate::source::Source;
use crate::writer::int;

/// What Hadoop 3 writes.
pub(crate) const VERSION: u8 = 6;
/// The first version with metadata.
const WITH_METADATA: u8 = 6;
/// The first version that names its codec.
const WITH_CODEC: u8 = 5;
/// The first version with compressed blocks; before it, class names were written in another way.
const WITH_BLOCKS: u8 = 4;

/// What a `SequenceFile` says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The version of the format: 4, 5 or 6.
    pub version: u8,
    /// The Java class of the keys.
    pub key_class: String,
    /// The Java class of the values.
    pub value_class: String,
    /// How records are compressed.
    pub compression: Compression,
    /// Names and values that the writer has added, in the order of the file.
    pub metadata: Vec<(String, String)>,
    /// What parts the file, see [`Reader::split`](crate::Reader::split).
    pub sync: [u8; 16],
}

/// How the records of a `SequenceFile` are compressed: `SequenceFile.CompressionType`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all: `NONE`.
    #[default]
    None,
    /// Each value: `RECORD`.
    Record(Codec),
    /// Keys and values of many records together: `BLOCK`.
    Block(Codec),
}

impl Header {
    pub(crate) fn read<R: Read>(source: &mut Source<R>) -> Result<Self, Error> {
        let version = version(source)?;
        let key_class = source.string("the key class")?;
        let value_class = source.string("the value class")?;
        let is_compressed = source.byte("the header")? != 0;
        let at = source.offset();
        let in_blocks = source.byte("the header")? != 0;
        let compression = match (is_compressed, in_blocks) {
            (true, true) => Compression::Block(codec(source, version)?),
            (true, false) => Compression::Record(codec(source, version)?),
            (false, true) => return Err(Error::new(ErrorKind::BlocksWithoutCodec, at)),
            (false, false) => Compression::None,
        };
        let metadata = if version >= WITH_METADATA { metadata(source)? } else { Vec::new() };
        let sync = source.mark("the header's sync mark")?;
        Ok(Header { version, key_class, value_class, compression, metadata, sync })
    }

    /// Appends the header to `out`, as of version 6.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(b"SEQ");
        out.push(VERSION);
        write_string(&self.key_class, out)?;
        write_string(&self.value_class, out)?;
        let (in_blocks, codec) = match self.compression {
            Compression::None => (false, None),
            Compression::Record(codec) => (false, Some(codec)),
            Compression::Block(codec) => (true, Some(codec)),
        };
        out.extend_from_slice(&[u8::from(codec.is_some()), u8::from(in_blocks)]);
        if let Some(codec) = codec {
            write_string(codec.hadoop_class(), out)?;
        }
        out.extend_from_slice(&int(self.metadata.len())?.to_be_bytes());
        for text in self.metadata.iter().flat_map(|(name, value)| [name, value]) {
            write_string(text, out)?;
        }
        out.extend_from_slice(&self.sync);
        Ok(())
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) -> io::Result<()> {
    write_vint(i64::from(int(text.len())?), out);
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn version<R: Read>(source: &mut Source<R>) -> Result<u8, Error> {
    let mut magic = Vec::with_capacity(4);
    match source.bytes("the header", 4, &mut magic) {
        Ok(()) => {}
        Err(error) if matches!(error.kind(), ErrorKind::Io(_)) => return Err(error),
        Err(_) => return Err(Error::new(ErrorKind::NotASequenceFile, 0)),
    }
    match magic[..] {
        [b'S', b'E', b'Q', version @ WITH_BLOCKS..=VERSION] => Ok(version),
        [b'S', b'E', b'Q', version] => Err(Error::new(ErrorKind::Version(version), 3)),
        _ => Err(Error::new(ErrorKind::NotASequenceFile, 0)),
    }
}

fn codec<R: Read>(source: &mut Source<R>, version: u8) -> Result<Codec, Error> {
    if version < WITH_CODEC {
        return Ok(Codec::Deflate);
    }
    let at = source.offset();
    let class = source.string("the codec class")?;
    Codec::from_name(&class).ok_or_else(|| Error::new(ErrorKind::UnknownCodec(class), at))
}

fn metadata<R: Read>(source: &mut Source<R>) -> Result<Vec<(String, String)>, Error> {
    let (what, at) = ("the metadata", source.offset());
    let count = source.int(what)?;
    if count < 0 {
        return Err(Error::new(ErrorKind::BadLength { what, length: count.into() }, at));
    }
    (0..count).map(|_| Ok((source.string(what)?, source.string(what)?))).collect()
}
