//! The records of a split that stand between two tags.
//!
//! Mirrors `StreamXmlRecordReader`: a record is the key, and its value is empty. Hadoop reads compressed files as they are
//! stored, and finds nothing in them; here they are decompressed, as for any other format.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use howdah_platform::Storage;
use howdah_streaming::properties::Properties;
use howdah_streaming::writable::RecordClasses;
use howdah_streaming::xml_records::{Marks, Next, RecordBuffer, RecordError};

use super::super::feed::{self, FeedFigures};
use super::super::lines::{LineError, read_some};
use super::super::splits::InputSplit;
use super::RecordReaderSettings;
use super::format::FormatReader;
use super::piece::TimedFeed;
use crate::pulse::Pulse;

/// What tells records, as a job's properties say it; or what Hadoop's tasks die of.
#[derive(Debug, Clone)]
pub(crate) struct XmlSettings(Result<Arc<XmlMarks>, String>);

/// What `stream.recordreader.*` say.
#[derive(Debug, Clone)]
struct XmlMarks {
    begin: String,
    end: String,
    /// For a slow match, the bytes ahead that it looks at.
    ahead: Option<usize>,
}

/// The reader's class.
const READER: &str = "org.apache.hadoop.streaming.StreamXmlRecordReader";

impl XmlSettings {
    /// What the properties of a job ask for that reads its files by `StreamInputFormat`: `None` if its records are lines
    /// with keys.
    pub(crate) fn of(properties: &Properties) -> Option<Self> {
        let class = properties.get_or("stream.recordreader.class", "LineRecordReader");
        if class.contains("LineRecordReader") {
            return None;
        }
        Some(XmlSettings(match &*class {
            READER => XmlMarks::of(properties).map(Arc::new),
            _ => Err(format!("java.lang.RuntimeException: Class not found: {class}")),
        }))
    }
}

impl XmlMarks {
    /// Reads the properties, in the order in which the constructors do.
    fn of(properties: &Properties) -> Result<Self, String> {
        let number = |name: &str, default: i32| {
            let name = format!("stream.recordreader.{name}");
            let number = properties.get_i64(&name, default.into());
            number.ok().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| {
                let value = properties.get_or(&name, "");
                failed(&format!(
                    "java.lang.NumberFormatException: For input string: \"{value}\" (`{name}`)"
                ))
            })
        };
        let mark = |name: &str| {
            let name = format!("stream.recordreader.{name}");
            let mark = properties.get_or(&name, "").into_owned();
            if mark.is_empty() {
                let missing = "java.io.IOException: JobConf: missing required property";
                return Err(failed(&format!("{missing}: {name}")));
            }
            Ok(mark)
        };
        number("statuschars", 200)?;
        let (begin, end) = (mark("begin")?, mark("end")?);
        let longest = number("maxrec", 50_000)?;
        let ahead = number("lookahead", longest.wrapping_mul(2))?.max(longest);
        if !properties.get_bool("stream.recordreader.slowmatch", false) {
            return Ok(XmlMarks { begin, end, ahead: None });
        }
        match usize::try_from(ahead) {
            Err(_) => Err(failed(&format!("java.lang.NegativeArraySizeException: {ahead}"))),
            Ok(0) => Err("stream.recordreader.maxrec and stream.recordreader.lookahead are 0: no record is so \
                          short, and Hadoop would find none"
                .to_owned()),
            Ok(ahead) => Ok(XmlMarks { begin, end, ahead: Some(ahead) }),
        }
    }

    /// The same for a reader.
    fn marks(&self) -> Result<Marks, String> {
        let XmlMarks { begin, end, ahead } = self;
        match *ahead {
            Some(ahead) => Ok(Marks::Slow {
                begin: patterns::token("begin", begin)?,
                end: patterns::token("end", end)?,
                ahead,
            }),
            None => Ok(Marks::Fast { begin: begin.clone().into(), end: end.clone().into() }),
        }
    }
}

/// What Hadoop says of an exception while a reader is made.
fn failed(cause: &str) -> String {
    format!(
        "java.lang.RuntimeException: java.lang.reflect.InvocationTargetException\nCaused by: {cause}"
    )
}

/// Reads a split's records.
pub(super) struct XmlReader<'p> {
    feed: TimedFeed<'p>,
    buffer: RecordBuffer,
    /// Where the feed begins in the file; 0 for a compressed one.
    origin: u64,
    /// Where a record begins that cannot be read.
    failed_at: Option<u64>,
}

impl<'p> XmlReader<'p> {
    /// Opens a split.
    pub(super) fn open(
        storage: &dyn Storage,
        split: &InputSplit,
        settings: &RecordReaderSettings,
        XmlSettings(xml): &XmlSettings,
        pulse: &'p Pulse,
    ) -> io::Result<Self> {
        let marks = xml.as_ref().map_err(Clone::clone).and_then(|xml| xml.marks());
        let marks = marks.map_err(io::Error::other)?;
        let figures = Arc::new(FeedFigures::default());
        let file = storage.open(&split.file.path)?;
        let feed = feed::open(split, file, Arc::clone(&figures), settings.most_expansion)?;
        let feed = TimedFeed::new(feed, figures, pulse);
        let of_file = split.start == 0;
        let buffer =
            RecordBuffer::new(marks, of_file, settings.read_bytes, settings.most_record_bytes);
        let origin = if split.file.codec.is_none() { split.start } else { 0 };
        let mut reader = XmlReader { feed, buffer, origin, failed_at: None };
        reader.buffer.set_split_end(reader.feed.split_end());
        Ok(reader)
    }

    fn read(&mut self) -> io::Result<()> {
        let room = self.buffer.room();
        let count = read_some(&mut self.feed, room)?;
        self.buffer.read(count);
        self.buffer.set_split_end(self.feed.split_end());
        Ok(())
    }
}

impl FormatReader for XmlReader<'_> {
    fn advance(&mut self) -> Result<bool, LineError> {
        if self.failed_at.is_some() {
            let behind = "what is behind a record that is too long cannot be read";
            return Err(LineError::Read(io::Error::new(io::ErrorKind::InvalidData, behind)));
        }
        loop {
            match self.buffer.advance() {
                Ok(Next::Record) => return Ok(true),
                Ok(Next::End) => return Ok(false),
                Ok(Next::NeedsMore) => self.read().map_err(LineError::Read)?,
                Err(error) => {
                    self.failed_at = Some(error.position());
                    return Err(match error {
                        RecordError::TooLong(too_long) => LineError::TooLong(too_long),
                        other => LineError::Read(io::Error::new(io::ErrorKind::InvalidData, other)),
                    });
                }
            }
        }
    }

    fn classes(&self) -> RecordClasses {
        RecordClasses::TEXT
    }
    fn key(&self) -> &[u8] {
        self.buffer.record()
    }
    fn value(&self) -> &[u8] {
        &[]
    }
    fn offset(&self) -> u64 {
        self.origin + self.failed_at.unwrap_or(self.buffer.begin_position())
    }
    fn times(&self) -> (Duration, Duration) {
        self.feed.times()
    }
}

/// Patterns, where the program has an engine for them.
#[cfg(feature = "regex")]
mod patterns {
    use std::ops::Range;

    use howdah_streaming::xml_records::{FindToken, Token};
    use regex_automata::Input;
    use regex_automata::meta::Regex;

    use crate::java_regex::first_of;

    /// What looks for the tokens beside a pattern.
    pub(super) fn token(mark: &str, pattern: &str) -> Result<Box<dyn FindToken>, String> {
        let regex = first_of(&[r"CDATA\[", r"\]\]>"], pattern)
            .map_err(|error| format!("stream.recordreader.{mark}: {error}"))?;
        Ok(Box::new(Pattern(regex)))
    }

    #[derive(Debug)]
    struct Pattern(Regex);

    impl FindToken for Pattern {
        fn find(&mut self, ahead: &[u8], from: usize) -> Option<(Token, Range<usize>)> {
            let found = self.0.search(&Input::new(ahead).range(from..))?;
            let token = match found.pattern().as_usize() {
                0 => Token::SectionBegin,
                1 => Token::SectionEnd,
                _ => Token::Mark,
            };
            Some((token, found.range()))
        }
    }
}

#[cfg(not(feature = "regex"))]
mod patterns {
    use howdah_streaming::xml_records::FindToken;

    pub(super) fn token(_: &str, _: &str) -> Result<Box<dyn FindToken>, String> {
        Err("stream.recordreader.slowmatch: this program knows no patterns; `howdah streaming` does"
            .to_owned())
    }
}
