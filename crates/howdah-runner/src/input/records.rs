//! Bytes as records: the lines of a split.
//!
//! Mirrors `mapred.LineRecordReader`. A line belongs to the split that holds the last byte of the terminator
//! before it: so a reader that begins within a file drops its first line, and reads on while a line begins at or
//! before the split's end. With a delimiter of one's own, the first byte of the delimiter decides.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use howdah_plan::Origin;
use howdah_platform::Storage;
use howdah_streaming::lines::Terminator;

use super::feed::{self, Feed, FeedFigures};
use super::lines::{LineError, Lines};
use super::sample::FileSample;
use super::splits::InputSplit;
use crate::error::RecordPlace;
use crate::pulse::Pulse;

/// What a text file may begin with, and what is not part of its first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How records are read.
#[derive(Debug, Clone)]
pub(crate) struct RecordReaderSettings {
    pub(crate) terminator: Terminator,
    /// A longer record is an error.
    pub(crate) most_record_bytes: usize,
    /// How many bytes are read at a time.
    pub(crate) read_bytes: usize,
}

impl Default for RecordReaderSettings {
    fn default() -> Self {
        RecordReaderSettings {
            terminator: Terminator::Line,
            most_record_bytes: 64 << 20,
            read_bytes: 1 << 18,
        }
    }
}

/// The records of one split.
pub(crate) struct RecordReader<'p> {
    lines: Lines<TimedFeed<'p>>,
    /// The length of a delimiter of one's own.
    delimiter: Option<u64>,
    path: PathBuf,
    codec: Option<howdah_codec::Codec>,
    /// Whether records come from the file itself, and not through a filter.
    has_place: bool,
    /// Where the feed begins in the file; 0 for a compressed one.
    origin: u64,
    begins_within: bool,
    began: bool,
    sample: Option<FileSample>,
    most_records: u64,
    /// Lines of the split so far, kept or not.
    lines_read: u64,
    /// Those that were kept.
    records: u64,
}

impl<'p> RecordReader<'p> {
    /// Opens a split; `pulse` is told of each piece that is read.
    pub(crate) fn open(
        storage: &dyn Storage,
        split: &InputSplit,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> io::Result<Self> {
        let figures = Arc::new(FeedFigures::default());
        let feed = if split.whole_file {
            feed::path_of(split)?
        } else {
            feed::open(split, storage.open(&split.file.path)?, Arc::clone(&figures))?
        };
        let feed = TimedFeed { feed, figures, pulse, told: 0, time: Duration::ZERO };
        let terminator = match &settings.terminator {
            _ if split.whole_file => Terminator::Line, // that of the path
            own => own.clone(),
        };
        let delimiter = match &terminator {
            Terminator::Custom(delimiter) if !delimiter.is_empty() => Some(delimiter.len() as u64),
            _ => None,
        };
        let codec = split.file.codec;
        Ok(RecordReader {
            lines: Lines::new(feed, terminator, settings.read_bytes, settings.most_record_bytes),
            delimiter,
            path: split.file.path.clone(),
            codec,
            has_place: true,
            origin: if codec.is_none() { split.start } else { 0 },
            begins_within: split.start > 0,
            began: false,
            sample: split.sample,
            most_records: split.most_records.unwrap_or(u64::MAX),
            lines_read: 0,
            records: 0,
        })
    }

    /// The lines of a command's output. They have no place in a file.
    pub(crate) fn of_pipe(
        pipe: impl Read + Send + 'static,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> Self {
        let feed = feed::pipe(pipe);
        let figures = Arc::new(FeedFigures::default());
        let feed = TimedFeed { feed, figures, pulse, told: 0, time: Duration::ZERO };
        let RecordReaderSettings { read_bytes, most_record_bytes, .. } = *settings;
        RecordReader {
            lines: Lines::new(feed, Terminator::Line, read_bytes, most_record_bytes),
            delimiter: None,
            path: PathBuf::new(),
            codec: None,
            has_place: false,
            origin: 0,
            begins_within: false,
            began: true,
            sample: None,
            most_records: u64::MAX,
            lines_read: 0,
            records: 0,
        }
    }

    /// Moves to the next record; `false` after the split's last, or when there are as many as it may give.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool, LineError> {
        if self.records >= self.most_records {
            return Ok(false);
        }
        while self.advance_line()? {
            if self.is_kept() {
                self.records += 1;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Moves to the next line that is the split's own.
    #[inline]
    fn advance_line(&mut self) -> Result<bool, LineError> {
        if !self.began {
            self.began = true;
            self.begin()?;
        }
        if !self.is_ours(self.lines.next_position()) || !self.lines.advance()? {
            return Ok(false);
        }
        // Now the line is read, and with it the marks of a codec that is split by its own.
        let ours = self.is_ours(self.lines.line_position());
        self.lines_read += u64::from(ours);
        Ok(ours)
    }

    /// Whether the sample keeps the line at hand.
    #[inline]
    fn is_kept(&self) -> bool {
        self.sample.as_ref().is_none_or(|sample| {
            let feed = &self.lines.source().feed;
            sample.keeps(feed.file_place(self.lines.line_position()))
        })
    }

    /// The record at hand.
    #[inline]
    pub(crate) fn record(&self) -> &[u8] {
        self.lines.line()
    }

    /// Where the record at hand lies.
    pub(crate) fn place(&self) -> RecordPlace {
        let offset = self.origin + self.lines.line_position();
        RecordPlace { path: self.path.clone(), codec: self.codec, offset }
    }

    /// The same for readers of rejected records, where it is known.
    pub(crate) fn record_origin(&self) -> Option<Origin> {
        self.has_place.then(|| {
            let place = self.place();
            Origin { file: super::file_uri(&place.path), offset: place.offset }
        })
    }

    /// Where the record at hand begins, as Hadoop counts: a byte order mark belongs to the first line.
    pub(crate) fn offset(&self) -> u64 {
        let offset = self.origin + self.lines.line_position();
        if self.lines_read == 1 && !self.begins_within { 0 } else { offset }
    }

    /// Records given so far: those that the sample left out are not among them.
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// The time spent reading, and decompressing.
    pub(crate) fn times(&self) -> (Duration, Duration) {
        let feed = self.lines.source();
        let read = feed.figures.time();
        (read, feed.time.saturating_sub(read))
    }

    /// Leaves out what is not a record: a mark before the first line, or the line that another split has.
    fn begin(&mut self) -> Result<(), LineError> {
        if self.begins_within {
            self.lines.skip_line()
        } else {
            self.lines.skip_mark(BYTE_ORDER_MARK)
        }
    }

    /// Whether a line that begins at a position of the feed belongs to the split.
    #[inline]
    fn is_ours(&self, begins: u64) -> bool {
        let end = self.lines.source().feed.split_end();
        match self.delimiter {
            None => begins <= end,
            Some(_) if self.origin + begins == 0 => true,
            Some(delimiter) => begins.saturating_sub(delimiter) < end,
        }
    }
}

/// A feed whose time is measured, and whose pieces are told to the pulse.
struct TimedFeed<'p> {
    feed: Box<dyn Feed>,
    figures: Arc<FeedFigures>,
    pulse: &'p Pulse,
    /// Bytes that the pulse knows of.
    told: u64,
    time: Duration,
}

impl Read for TimedFeed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let began = Instant::now();
        let count = self.feed.read(buffer)?;
        self.time += began.elapsed();
        let bytes = self.figures.bytes();
        self.pulse.beat(bytes - self.told)?;
        self.told = bytes;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
