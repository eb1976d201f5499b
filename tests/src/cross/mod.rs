//! Files made from a seed and crossed both ways: what Hadoop's classes write is read here, and what is written here is
//! read by them.
//!
//! | module | what |
//! | --- | --- |
//! | [`codec_file`] | a compressed file, written in pieces of any length |
//! | [`sequence_file`] | a `SequenceFile` of any classes and compression, whole and in splits |
//! | [`content`] | bytes that compress well, badly and not at all, and keys and values |
//! | [`pieces`] | the files between here and `tests/oracle/Cross.java` |
//! | [`tally`] | what has been crossed |

pub mod codec_file;
pub mod content;
pub mod pieces;
pub mod sequence_file;
pub mod tally;

use std::fs;
use std::path::Path;

use howdah_codec::Codec;

use crate::cross::codec_file::CodecFile;
use crate::cross::sequence_file::SequenceFile;
use crate::oracle::Oracle;
use crate::random::dice::Dice;

/// What the two sides do not agree on, and the files that show it.
#[derive(Debug)]
pub struct Difference {
    pub message: String,
    /// Names and contents.
    pub files: Vec<(&'static str, Vec<u8>)>,
}

/// A file of one of the two kinds.
pub enum File {
    Codec(CodecFile),
    Sequence(SequenceFile),
}

impl File {
    /// The file of a seed, in one of these codecs if in any.
    #[must_use]
    pub fn make(seed: u64, codecs: &[Codec]) -> Self {
        let mut dice = Dice::new(seed);
        if dice.chance(40) {
            File::Codec(CodecFile::make(&mut dice, codecs))
        } else {
            File::Sequence(SequenceFile::make(&mut dice, codecs))
        }
    }

    /// Crosses it both ways.
    ///
    /// # Errors
    /// The first difference.
    pub fn cross(&self, oracle: &mut Oracle) -> Result<(), Difference> {
        match self {
            File::Codec(file) => file.cross(oracle),
            File::Sequence(file) => file.cross(oracle),
        }
    }

    /// What it is one of, for the [`tally`].
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        match self {
            File::Codec(file) => vec![format!("file      {}", file.codec)],
            File::Sequence(file) => file.kinds(),
        }
    }
}

/// The codecs that Hadoop has here, and what it says of the others.
#[must_use]
pub fn usable(oracle: &mut Oracle) -> (Vec<Codec>, Vec<(Codec, String)>) {
    let mut usable = Vec::new();
    let mut refused = Vec::new();
    for codec in Codec::ALL {
        match oracle.cross(&["usable", codec.hadoop_class()]) {
            Ok(()) => usable.push(codec),
            Err(printed) => refused.push((codec, reason(&printed))),
        }
    }
    (usable, refused)
}

/// The message of an exception, without its class and its trace.
fn reason(printed: &str) -> String {
    let line = printed.lines().find(|line| line.starts_with("Exception")).unwrap_or(printed);
    line.split_once(": ").map_or(line, |(_, message)| message).to_owned()
}

/// Where two runs of bytes part; none if they are the same.
fn parting(expected: &[u8], found: &[u8]) -> Option<String> {
    if expected == found {
        return None;
    }
    let same = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    Some(format!(
        "{} bytes in the place of {}, and others from byte {same} on",
        found.len(),
        expected.len()
    ))
}

/// Writes the files of a difference into a folder.
///
/// # Errors
/// Those of the folder.
pub fn keep(difference: &Difference, folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    difference.files.iter().try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
}
