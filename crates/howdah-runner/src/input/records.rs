//! Bytes as records: the lines of a split, piece by piece.
//!
//! | file | what | Hadoop's class |
//! | --- | --- | --- |
//! | [`piece`] | the lines of one range of a file | `mapred.LineRecordReader` |
//! | [`format`] | what reads records that are no lines | `mapred.RecordReader` |
//! | [`sequence`] | the records of a part of a `SequenceFile` | `mapred.SequenceFileRecordReader` |
//! | [`key_filter`] | which of them are read | `mapred.SequenceFileInputFilter` |
//! | [`xml`] | what stands between two tags | `StreamXmlRecordReader` |

mod format;
mod key_filter;
mod piece;
mod sequence;
mod xml;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

use howdah_plan::Origin;
use howdah_platform::Storage;
use howdah_streaming::lines::Terminator;
use howdah_streaming::writable::RecordClasses;

use super::lines::LineError;
use super::splits::InputSplit;
use crate::contract::InputFields;
use crate::error::RecordPlace;
use crate::pulse::Pulse;
use format::FormatReader;
pub(crate) use key_filter::KeyFilterSettings;
use piece::PieceReader;
pub(crate) use piece::SkippedLine;
pub(super) use sequence::is_sequence_file;
use sequence::{RecordForm, SequenceReader};
use xml::XmlReader;
pub(crate) use xml::XmlSettings;

/// What the bytes of a file are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum RecordFormat {
    #[default]
    Lines,
    /// A `SequenceFile`.
    Sequence,
    /// A `SequenceFile` whose keys and values are made text.
    SequenceAsText,
    /// A `SequenceFile` whose keys and values are the bytes that Java wrote.
    SequenceAsBinary,
    /// A `SequenceFile` if it begins as one, or else lines.
    Auto,
}

impl RecordFormat {
    /// What an input format of Hadoop reads.
    pub(crate) fn of_class(class: &str) -> Self {
        match class.rsplit('.').next().unwrap_or(class) {
            "SequenceFileInputFormat"
            | "CombineSequenceFileInputFormat"
            | "SequenceFileInputFilter" => RecordFormat::Sequence,
            "SequenceFileAsTextInputFormat" => RecordFormat::SequenceAsText,
            "SequenceFileAsBinaryInputFormat" => RecordFormat::SequenceAsBinary,
            "AutoInputFormat" => RecordFormat::Auto,
            _ => RecordFormat::Lines,
        }
    }

    /// Whether every file is a `SequenceFile`.
    pub(crate) fn is_sequence(self) -> bool {
        !matches!(self, RecordFormat::Lines | RecordFormat::Auto)
    }
}

/// How records are read.
#[derive(Debug, Clone)]
pub(crate) struct RecordReaderSettings {
    pub(crate) terminator: Terminator,
    /// A longer record is an error.
    pub(crate) most_record_bytes: usize,
    /// Whether a longer record is set aside instead.
    pub(crate) rejects_long: bool,
    /// How many times its stored bytes a compressed file may come to; 0 is any number.
    pub(crate) most_expansion: u64,
    /// A line that has so many bytes with its terminator is left out
    /// (`mapreduce.input.linerecordreader.line.maxlength`); `None` leaves out none.
    pub(crate) left_out_from: Option<u64>,
    pub(crate) format: RecordFormat,
    /// Which records of a `SequenceFile` are read; `None` is all.
    pub(crate) key_filter: Option<KeyFilterSettings>,
    /// What stands between two tags is a record, whatever the format.
    pub(crate) xml: Option<XmlSettings>,
    /// How many bytes are read at a time.
    pub(crate) read_bytes: usize,
}

impl Default for RecordReaderSettings {
    fn default() -> Self {
        RecordReaderSettings {
            terminator: Terminator::Line,
            most_record_bytes: 64 << 20,
            rejects_long: false,
            most_expansion: 0,
            left_out_from: None,
            format: RecordFormat::Lines,
            key_filter: None,
            xml: None,
            read_bytes: 1 << 18,
        }
    }
}

/// How many records of a split may be set aside for their length: they are kept until the split is done with.
const MOST_SET_ASIDE: usize = 1 << 12;

/// A record that is longer than allowed, as it is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LongRecord {
    pub(crate) origin: Origin,
    /// How long it may be.
    pub(crate) most: usize,
    /// Its first bytes.
    pub(crate) beginning: Vec<u8>,
}

/// What reads one range of a file.
#[expect(clippy::large_enum_variant, reason = "there is one for a task, and each line asks it")]
enum Piece<'p> {
    Lines(PieceReader<'p>),
    Records { reader: Box<dyn FormatReader + 'p>, path: PathBuf },
}

impl<'p> Piece<'p> {
    fn open(
        storage: &dyn Storage,
        split: &InputSplit,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> io::Result<Self> {
        if let (Some(xml), false) = (&settings.xml, split.whole_file) {
            let reader = XmlReader::open(storage, split, settings, xml, pulse)?;
            return Ok(Piece::Records { reader: Box::new(reader), path: split.file.path.clone() });
        }
        if settings.format == RecordFormat::Lines || split.whole_file {
            return PieceReader::open(storage, split, settings, pulse).map(Piece::Lines);
        }
        let file = storage.open(&split.file.path)?;
        let form = match settings.format {
            RecordFormat::SequenceAsText => RecordForm::Text,
            RecordFormat::SequenceAsBinary => RecordForm::Binary,
            _ => RecordForm::Content,
        };
        if settings.format == RecordFormat::Auto && !is_sequence_file(&file)? {
            return PieceReader::open(storage, split, settings, pulse).map(Piece::Lines);
        }
        let reader = SequenceReader::open(file, split, form, settings, pulse)?;
        Ok(Piece::Records { reader: Box::new(reader), path: split.file.path.clone() })
    }

    /// Moves to the next record, and tells of lines that are left out on the way.
    #[inline]
    fn advance(&mut self, skipped: impl FnMut(SkippedLine)) -> Result<bool, LineError> {
        match self {
            Piece::Lines(lines) => lines.advance(skipped),
            Piece::Records { reader, .. } => reader.advance(),
        }
    }

    /// Passes over a record that is too long; gives its first bytes.
    fn pass_over_long(&mut self) -> Result<Vec<u8>, LineError> {
        match self {
            Piece::Lines(lines) => lines.pass_over_long(),
            Piece::Records { .. } => Ok(Vec::new()),
        }
    }

    /// The record at hand, without its key.
    #[inline]
    fn record(&self) -> &[u8] {
        match self {
            Piece::Lines(lines) => lines.record(),
            Piece::Records { reader, .. } => reader.value(),
        }
    }

    /// The types of its records, if the format knows them.
    fn record_classes(&self) -> Option<RecordClasses> {
        match self {
            Piece::Lines(_) => None,
            Piece::Records { reader, .. } => Some(reader.classes()),
        }
    }

    fn place(&self) -> RecordPlace {
        match self {
            Piece::Lines(lines) => lines.place(),
            Piece::Records { reader, path } => {
                RecordPlace { path: path.clone(), codec: None, offset: reader.offset() }
            }
        }
    }

    fn times(&self) -> (Duration, Duration) {
        match self {
            Piece::Lines(lines) => lines.times(),
            Piece::Records { reader, .. } => reader.times(),
        }
    }

    fn bare_returns(&self) -> u64 {
        match self {
            Piece::Lines(lines) => lines.bare_returns(),
            Piece::Records { .. } => 0,
        }
    }
}

/// The records of one split.
pub(crate) struct RecordReader<'p> {
    piece: Piece<'p>,
    /// The types of the first piece's records, if its format knows them.
    told: Option<RecordClasses>,
    /// What is read behind it.
    behind: VecDeque<InputSplit>,
    opening: Option<Opening<'p>>,
    /// Whether records come from the file itself, and not through a filter.
    has_place: bool,
    most_records: u64,
    /// Records given so far: those that a sample left out are not among them.
    records: u64,
    /// Whether it was asked for more than there are.
    is_at_end: bool,
    /// Times of the pieces that are done with.
    times: (Duration, Duration),
    skipped: u64,
    set_aside: Vec<LongRecord>,
    /// Lines of the pieces that are done with, that ended at a CR without LF.
    bare_returns: u64,
    tell_skipped: Option<Box<dyn Fn(SkippedLine) + Send + 'p>>,
}

/// What it takes to open another piece.
struct Opening<'p> {
    storage: &'p dyn Storage,
    settings: RecordReaderSettings,
    pulse: &'p Pulse,
}

impl<'p> RecordReader<'p> {
    /// Opens a split; `pulse` is told of each piece that is read.
    pub(crate) fn open(
        storage: &'p dyn Storage,
        split: &InputSplit,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> io::Result<Self> {
        let piece = Piece::open(storage, split, settings, pulse)?;
        let opening = Opening { storage, settings: settings.clone(), pulse };
        let most_records = split.special().and_then(|special| special.most_records);
        Ok(RecordReader {
            behind: split.behind().iter().cloned().collect(),
            opening: Some(opening),
            has_place: true,
            most_records: most_records.unwrap_or(u64::MAX),
            ..RecordReader::of_piece(piece)
        })
    }

    /// The lines of a command's output. They have no place in a file.
    pub(crate) fn of_pipe(
        pipe: impl Read + Send + 'static,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> Self {
        RecordReader::of_piece(Piece::Lines(PieceReader::of_pipe(pipe, settings, pulse)))
    }

    fn of_piece(piece: Piece<'p>) -> Self {
        RecordReader {
            told: piece.record_classes(),
            piece,
            behind: VecDeque::new(),
            opening: None,
            has_place: false,
            most_records: u64::MAX,
            records: 0,
            is_at_end: false,
            times: (Duration::ZERO, Duration::ZERO),
            skipped: 0,
            set_aside: Vec::new(),
            bare_returns: 0,
            tell_skipped: None,
        }
    }

    /// Who is told of each line that is left out for its length.
    pub(crate) fn tell_skipped(&mut self, tell: impl Fn(SkippedLine) + Send + 'p) {
        self.tell_skipped = Some(Box::new(tell));
    }

    /// Moves to the next record; `false` after the split's last, or when there are as many as it may give.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool, LineError> {
        if self.records >= self.most_records {
            self.is_at_end = true;
            return Ok(false);
        }
        loop {
            let told = self.tell_skipped.as_deref();
            let skipped = &mut self.skipped;
            let more = self.piece.advance(|line| {
                *skipped += 1;
                if let Some(tell) = told {
                    tell(line);
                }
            });
            match more {
                Ok(true) => {
                    self.records += 1;
                    return Ok(true);
                }
                Ok(false) => {}
                Err(error) => {
                    self.set_aside(error)?;
                    if self.records >= self.most_records {
                        self.is_at_end = true;
                        return Ok(false);
                    }
                    continue;
                }
            }
            if !self.open_next()? {
                self.is_at_end = true;
                return Ok(false);
            }
        }
    }

    /// Whether records that are too long are rejected. Those without a place in a file are not.
    fn may_set_aside(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| opening.settings.rejects_long)
            && self.set_aside.len() < MOST_SET_ASIDE
    }

    /// Passes over a record that is too long, and keeps what is told of it, if such are rejected. It counts as one that
    /// was read.
    #[cold]
    fn set_aside(&mut self, error: LineError) -> Result<(), LineError> {
        let most = match &error {
            LineError::TooLong(long) if self.may_set_aside() => long.most,
            _ => return Err(error),
        };
        let place = self.piece.place();
        let origin = Origin { file: super::file_uri(&place.path), offset: place.offset };
        let beginning = self.piece.pass_over_long()?;
        self.set_aside.push(LongRecord { origin, most, beginning });
        self.records += 1;
        Ok(())
    }

    /// The records that were too long, for whoever rejects them.
    pub(crate) fn take_set_aside(&mut self) -> Vec<LongRecord> {
        std::mem::take(&mut self.set_aside)
    }

    /// Opens the next piece, if there is one.
    fn open_next(&mut self) -> Result<bool, LineError> {
        let (Some(split), Some(opening)) = (self.behind.pop_front(), &self.opening) else {
            return Ok(false);
        };
        let Opening { storage, settings, pulse } = opening;
        let piece = Piece::open(*storage, &split, settings, pulse).map_err(|error| {
            let path = split.file.path.display();
            LineError::Read(io::Error::new(error.kind(), format!("opening `{path}`: {error}")))
        })?;
        self.times = self.times();
        self.bare_returns = self.bare_returns();
        self.piece = piece;
        self.check_classes()?;
        Ok(true)
    }

    /// Fails if the piece at hand has records of other types than the first, which the task was told
    /// (`CombineFileRecordReader`). Hadoop looks at the keys alone, and takes values of one type for another's.
    fn check_classes(&mut self) -> Result<(), LineError> {
        let (Some(told), Some(found)) = (self.told, self.piece.record_classes()) else {
            return Ok(());
        };
        if told == found || !self.piece.advance(|_| {})? {
            return Ok(());
        }
        let (what, told, found) = if told.key == found.key {
            ("value", told.value, found.value)
        } else {
            ("key", told.key, found.key)
        };
        let says = format!(
            "java.io.IOException: wrong {what} class: {told} is not class {found}: the files of one task must be of one \
             type"
        );
        Err(LineError::Read(io::Error::new(io::ErrorKind::InvalidData, says)))
    }

    /// Key and value of the record at hand: lines are made such by `fields`, which writes what it makes to `made`.
    #[inline]
    pub(crate) fn key_value<'r>(
        &'r self,
        fields: &'r InputFields,
        made: &'r mut Vec<u8>,
    ) -> (&'r [u8], &'r [u8]) {
        match &self.piece {
            Piece::Lines(lines) => fields.of(lines.record(), lines.offset(), made),
            Piece::Records { reader, .. } => (reader.key(), reader.value()),
        }
    }

    /// The types of keys and values.
    pub(crate) fn classes(&self, fields: &InputFields) -> RecordClasses {
        match &self.piece {
            Piece::Lines(_) => fields.classes(),
            Piece::Records { reader, .. } => reader.classes(),
        }
    }

    /// The record at hand, without its key.
    #[inline]
    pub(crate) fn record(&self) -> &[u8] {
        self.piece.record()
    }

    /// The record at hand, if there is one: neither before the first nor behind the last.
    pub(crate) fn record_at_hand(&self) -> Option<&[u8]> {
        (self.records > 0 && !self.is_at_end).then(|| self.record())
    }

    /// Where the record at hand lies.
    pub(crate) fn place(&self) -> RecordPlace {
        self.piece.place()
    }

    /// The same for readers of rejected records, where it is known.
    pub(crate) fn record_origin(&self) -> Option<Origin> {
        self.has_place.then(|| {
            let place = self.place();
            Origin { file: super::file_uri(&place.path), offset: place.offset }
        })
    }

    /// Records given so far: those that the sample left out are not among them.
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// How many of the split's lines ended at a CR without LF.
    pub(crate) fn bare_returns(&self) -> u64 {
        self.bare_returns + self.piece.bare_returns()
    }

    /// Lines left out so far for their length.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The time spent reading, and decompressing.
    pub(crate) fn times(&self) -> (Duration, Duration) {
        let (read, decode) = self.piece.times();
        (self.times.0 + read, self.times.1 + decode)
    }
}

#[cfg(test)]
mod tests;
