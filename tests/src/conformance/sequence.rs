//! `SequenceFile`s as text, so that they can be compared: each file of Hadoop's has another sync mark, and compressors
//! may differ in their bytes.
//!
//! ```text
//! SequenceFile KEY-CLASS VALUE-CLASS none|record CODEC|blocks CODEC
//! KEY TAB VALUE          a line for each record: the bytes that Java wrote, those escaped that are not printable
//! ```

use std::fmt::Write;

use howdah_sequence_file::{Compression, Reader};

/// A file as it is shown: a `SequenceFile` as text, any other as it is.
#[must_use]
pub fn shown(file: Vec<u8>) -> Vec<u8> {
    text_of(&file).map_or(file, String::into_bytes)
}

/// The text of a `SequenceFile`; `None` for what is none, and for one that is damaged.
fn text_of(file: &[u8]) -> Option<String> {
    let mut reader = Reader::new(file).ok()?;
    let header = reader.header();
    let compression = match header.compression {
        Compression::None => "none".to_owned(),
        Compression::Record(codec) => format!("record {}", codec.hadoop_class()),
        Compression::Block(codec) => format!("blocks {}", codec.hadoop_class()),
    };
    let mut text =
        format!("SequenceFile {} {} {compression}\n", header.key_class, header.value_class);
    while let Some(record) = reader.next_record().ok()? {
        writeln!(text, "{}\t{}", record.key.escape_ascii(), record.value.escape_ascii()).ok()?;
    }
    Some(text)
}
