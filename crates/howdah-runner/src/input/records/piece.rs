//! Bytes as records: the lines of one range of a file.
//!
//! Mirrors `mapred.LineRecordReader`. A line belongs to the split that holds the last byte of the terminator
//! before it: so a reader that begins within a file drops its first line, and reads on while a line begins at or
//! before the split's end. With a delimiter of one's own, the first byte of the delimiter decides.
//!
//! Lines can be too long. Hadoop's reader then gives one up where its split ends, if the line has as many bytes by
//! then as there may be and the file is not compressed. It reads on from there, as if a line began: so a line's rest
//! may be a record.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use howdah_platform::Storage;
use howdah_streaming::lines::Terminator;

use super::RecordReaderSettings;
use crate::error::RecordPlace;
use crate::input::feed::{self, Feed, FeedFigures};
use crate::input::lines::{LineError, Lines};
use crate::input::sample::FileSample;
use crate::input::splits::InputSplit;
use crate::pulse::Pulse;

/// What a text file may begin with, and what is not part of its first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// So many bytes are kept of a record that is too long, to be rejected.
const SHOWN_OF_LONG: usize = 200;

/// A line that was left out for its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SkippedLine {
    /// Its bytes as far as they were looked at, with the terminator.
    pub(crate) size: u64,
    /// Where it begins in the file.
    pub(crate) position: u64,
}

/// The records of one range of a file.
pub(super) struct PieceReader<'p> {
    lines: Lines<TimedFeed<'p>>,
    /// The length of a delimiter of one's own.
    delimiter: Option<u64>,
    path: PathBuf,
    codec: Option<howdah_codec::Codec>,
    /// Where the feed begins in the file; 0 for a compressed one.
    origin: u64,
    /// Where the split begins in the file as it is stored.
    start: u64,
    began: bool,
    sample: Option<FileSample>,
    left_out_from: Option<u64>,
    /// Lines so far, kept or not.
    lines_read: u64,
    /// Lines of another split that ended at a CR without LF.
    returns_before: u64,
}

impl<'p> PieceReader<'p> {
    /// Opens the first piece of a split.
    pub(super) fn open(
        storage: &dyn Storage,
        split: &InputSplit,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> io::Result<Self> {
        let figures = Arc::new(FeedFigures::default());
        let feed = if split.whole_file {
            feed::path_of(split)?
        } else {
            let file = storage.open(&split.file.path)?;
            feed::open(split, file, Arc::clone(&figures), settings.most_expansion)?
        };
        let feed = TimedFeed::new(feed, figures, pulse);
        let (terminator, left_out_from) = match &settings.terminator {
            _ if split.whole_file => (Terminator::Line, None), // those of the path
            own => (own.clone(), settings.left_out_from),
        };
        let delimiter = match &terminator {
            Terminator::Custom(delimiter) if !delimiter.is_empty() => Some(delimiter.len() as u64),
            _ => None,
        };
        let codec = split.file.codec;
        Ok(PieceReader {
            lines: Lines::new(feed, terminator, settings.read_bytes, settings.most_record_bytes),
            delimiter,
            path: split.file.path.clone(),
            codec,
            origin: if codec.is_none() { split.start } else { 0 },
            start: split.start,
            began: false,
            sample: split.special().and_then(|special| special.sample),
            left_out_from,
            lines_read: 0,
            returns_before: 0,
        })
    }

    /// The lines of a command's output.
    pub(super) fn of_pipe(
        pipe: impl Read + Send + 'static,
        settings: &RecordReaderSettings,
        pulse: &'p Pulse,
    ) -> Self {
        let feed = feed::pipe(pipe);
        let figures = Arc::new(FeedFigures::default());
        let feed = TimedFeed::new(feed, figures, pulse);
        let RecordReaderSettings { read_bytes, most_record_bytes, .. } = *settings;
        PieceReader {
            lines: Lines::new(feed, Terminator::Line, read_bytes, most_record_bytes),
            delimiter: None,
            path: PathBuf::new(),
            codec: None,
            origin: 0,
            start: 0,
            began: true,
            sample: None,
            left_out_from: None,
            lines_read: 0,
            returns_before: 0,
        }
    }

    /// Moves to the next record; `false` after the last. `skipped` is told of lines that are left out on the way. A
    /// record that is too long is an error, and still the next one.
    #[inline]
    pub(super) fn advance(
        &mut self,
        mut skipped: impl FnMut(SkippedLine),
    ) -> Result<bool, LineError> {
        if !self.began {
            self.began = true;
            self.begin()?;
        }
        loop {
            match self.find(&mut skipped) {
                Ok(more) => return Ok(more),
                Err(error) => {
                    if !self.may_go_on_behind(error)? {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// Passes over a record that is too long, and that a sample leaves out; `false` if it is another split's.
    #[cold]
    fn may_go_on_behind(&mut self, error: LineError) -> Result<bool, LineError> {
        if !matches!(error, LineError::TooLong(_)) {
            return Err(error);
        }
        // Now its beginning is read, and with it the marks of a codec that is split by its own.
        if !self.is_ours(self.lines.next_position()) {
            return Ok(false);
        }
        if self.is_kept() {
            return Err(error);
        }
        self.pass_over_long().map(|_| true)
    }

    /// Passes over the record that is too long; gives its first bytes.
    #[cold]
    pub(super) fn pass_over_long(&mut self) -> Result<Vec<u8>, LineError> {
        let beginning = whole_characters(self.lines.beginning(SHOWN_OF_LONG)).to_vec();
        self.lines.skip_line()?;
        self.lines_read += 1;
        Ok(beginning)
    }

    /// Moves to the next record that the sample keeps.
    #[inline]
    fn find(&mut self, skipped: &mut impl FnMut(SkippedLine)) -> Result<bool, LineError> {
        loop {
            if !self.is_ours(self.lines.next_position()) {
                return Ok(false);
            }
            if let Some(limit) = self.left_out_from
                && !self.lines.next_is_shorter(limit)?
            {
                // Now the line's beginning is read, and with it the marks of a codec that is split by its own.
                if !self.is_ours(self.lines.next_position()) {
                    return Ok(false);
                }
                skipped(self.leave_out(limit)?);
                continue;
            }
            if !self.lines.advance()? || !self.is_ours(self.lines.line_position()) {
                return Ok(false);
            }
            self.lines_read += 1;
            if self.is_kept() {
                return Ok(true);
            }
        }
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
    pub(super) fn record(&self) -> &[u8] {
        self.lines.line()
    }

    /// Where the record at hand lies.
    pub(super) fn place(&self) -> RecordPlace {
        let offset = self.origin + self.lines.line_position();
        RecordPlace { path: self.path.clone(), codec: self.codec, offset }
    }

    /// Where the record at hand begins, as Hadoop counts: a byte order mark belongs to the first line, and
    /// decompressed bytes count from the split's start in the compressed file.
    pub(super) fn offset(&self) -> u64 {
        let offset = self.start + self.lines.line_position();
        if self.lines_read == 1 && self.start == 0 { 0 } else { offset }
    }

    /// The time spent reading, and decompressing.
    pub(super) fn times(&self) -> (Duration, Duration) {
        self.lines.source().times()
    }

    /// How many lines ended at a CR without LF.
    pub(super) fn bare_returns(&self) -> u64 {
        self.lines.bare_returns().saturating_sub(self.returns_before)
    }

    /// Leaves out what is not a record: a mark before the first line, or the line that another split has.
    fn begin(&mut self) -> Result<(), LineError> {
        if self.start > 0 {
            let cut = self.left_out_from.map_or(u64::MAX, |limit| self.cut_of_line_at(0, limit));
            self.lines.skip_line_up_to(cut)?;
            self.returns_before = self.lines.bare_returns();
            Ok(())
        } else {
            self.lines.skip_mark(BYTE_ORDER_MARK)
        }
    }

    /// Passes over the next line, which is too long.
    fn leave_out(&mut self, limit: u64) -> Result<SkippedLine, LineError> {
        let begins = self.lines.next_position();
        self.lines.skip_line_up_to(self.cut_of_line_at(begins, limit))?;
        self.lines_read += 1;
        let size = self.lines.next_position() - begins;
        Ok(SkippedLine { size, position: self.origin + begins })
    }

    /// Where a line is given up that is too long: at the end of its split, if it is as long by then as it may be.
    fn cut_of_line_at(&self, begins: u64, limit: u64) -> u64 {
        let end = self.lines.source().split_end;
        let is_cut = self.codec.is_none() && end.saturating_sub(begins) >= limit;
        if is_cut { end } else { u64::MAX }
    }

    /// Whether a line that begins at a position of the feed belongs to the split. A file's first line does, however
    /// short the split is.
    #[inline]
    fn is_ours(&self, begins: u64) -> bool {
        let end = self.lines.source().split_end;
        match self.delimiter {
            _ if self.lines_read == 0 && self.start == 0 => true,
            None => begins <= end,
            Some(delimiter) => begins.saturating_sub(delimiter) < end,
        }
    }
}

/// Text without the character that is cut at its end; other bytes as they are.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

/// A feed whose time is measured, and whose pieces are told to the pulse.
pub(super) struct TimedFeed<'p> {
    feed: Box<dyn Feed>,
    figures: Arc<FeedFigures>,
    pulse: &'p Pulse,
    /// Bytes that the pulse knows of.
    told: u64,
    time: Duration,
    /// Where the split ends, as far as that is known. It is asked for at each line, and changes when bytes are read.
    split_end: u64,
}

impl<'p> TimedFeed<'p> {
    pub(super) fn new(feed: Box<dyn Feed>, figures: Arc<FeedFigures>, pulse: &'p Pulse) -> Self {
        let split_end = feed.split_end();
        TimedFeed { feed, figures, pulse, told: 0, time: Duration::ZERO, split_end }
    }

    /// Where the split ends, as far as that is known.
    pub(super) fn split_end(&self) -> u64 {
        self.split_end
    }

    /// The time spent reading, and decompressing.
    pub(super) fn times(&self) -> (Duration, Duration) {
        let read = self.figures.time();
        (read, self.time.saturating_sub(read))
    }
}

impl Read for TimedFeed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let began = Instant::now();
        let count = self.feed.read(buffer)?;
        self.time += began.elapsed();
        self.split_end = self.feed.split_end();
        let bytes = self.figures.bytes();
        self.pulse.beat(bytes - self.told)?;
        self.told = bytes;
        Ok(count)
    }
}
