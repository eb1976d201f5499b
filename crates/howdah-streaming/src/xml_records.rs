//! The records of a stream that somebody else reads: what stands between two marks, such as `<page>` and `</page>`.
//!
//! Mirrors `StreamXmlRecordReader` with its two ways of matching. A **fast** match looks for the marks' bytes. A **slow**
//! match looks for patterns in the bytes ahead, of which there are so many, and minds `CDATA[` and `]]>`: marks between
//! them do not count. Neither knows XML beyond that. A record begins with its begin and ends with the first end behind
//! it; it is of the split in which it begins; one that the stream ends before its end is none.
//!
//! Hadoop's slow match loses records, and here none is lost:
//!
//! | where | Hadoop | here |
//! | --- | --- | --- |
//! | a file begins, or a split | does not know whether that is in a CDATA section, and so drops what comes before the first `]]>` | a file begins outside, and so does what stands before a `CDATA[` |
//! | a record longer than the bytes ahead | ends the split without a word | is an error |
//! | no begin in the bytes ahead | ends the split, or counts its end from the wrong place, and reads records twice | looks on |
//! | bytes beyond ASCII | counts characters for bytes, writes the low byte of each | are bytes |

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::ops::Range;

use crate::line_buffer::LineTooLong;

/// What stands in the place of a byte that is no UTF-8 while patterns are looked for: Java sees U+FFFD there.
const REPLACEMENT: u8 = 0x7f;

/// How records are told from what is between them.
#[derive(Debug)]
pub enum Marks {
    /// By the bytes that they begin and end with.
    Fast {
        /// What a record begins with; without bytes nothing does.
        begin: Vec<u8>,
        /// What it ends with.
        end: Vec<u8>,
    },
    /// By patterns.
    Slow {
        /// What a record begins with.
        begin: Box<dyn FindToken>,
        /// What it ends with.
        end: Box<dyn FindToken>,
        /// The bytes ahead: as long as a record may be.
        ahead: usize,
    },
}

/// Looks for `CDATA[`, `]]>` and a mark.
pub trait FindToken: fmt::Debug + Send {
    /// The first of them that begins at `from` or behind it.
    fn find(&mut self, ahead: &[u8], from: usize) -> Option<(Token, Range<usize>)>;
}

/// What a slow match looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// `CDATA[`
    SectionBegin,
    /// `]]>`
    SectionEnd,
    /// The begin of a record, or its end.
    Mark,
}

/// One buffer that gives the records of a stream.
///
/// ```
/// use howdah_streaming::xml_records::{Marks, Next, RecordBuffer};
///
/// let marks = Marks::Fast { begin: b"<p>".to_vec(), end: b"</p>".to_vec() };
/// let mut buffer = RecordBuffer::new(marks, true, 16, 100);
/// let mut pieces = [&b"<p>a</"[..], b"p> <p>b</p>"].into_iter();
/// let mut records = Vec::new();
/// loop {
///     match buffer.advance()? {
///         Next::Record => records.push(buffer.record().to_vec()),
///         Next::NeedsMore => {
///             let piece = pieces.next().unwrap_or_default();
///             buffer.room()[..piece.len()].copy_from_slice(piece);
///             buffer.read(piece.len());
///         }
///         Next::End => break,
///     }
/// }
/// assert_eq!(records, [b"<p>a</p>", b"<p>b</p>"]);
/// # Ok::<(), howdah_streaming::xml_records::RecordError>(())
/// ```
#[derive(Debug)]
pub struct RecordBuffer {
    marks: Marks,
    piece_bytes: usize,
    most_record_bytes: usize,
    bytes: Vec<u8>,
    /// Bytes that were read and lie in `bytes`.
    filled: usize,
    /// Where `bytes` begins in the stream.
    position: u64,
    /// Where the split ends in the stream.
    split_end: u64,
    at_end: bool,
    /// Where the record at hand or the next one begins, if that is known; or else where it is looked for, in `bytes`.
    begin: usize,
    /// Where the end of the record at hand was found, in `bytes`.
    end: usize,
    /// Whether `begin` is where a record begins.
    begun: bool,
    /// Where the search goes on.
    searched: usize,
    section: Section,
    text: Text,
}

/// What [`RecordBuffer::advance`] has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A record is at hand.
    Record,
    /// More is to be read.
    NeedsMore,
    /// There are no more records in the split.
    End,
}

/// Why there is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    /// A record is longer than is allowed here.
    TooLong(LineTooLong),
    /// A record does not end within the bytes that a slow match looks at.
    BeyondAhead {
        /// How many they are.
        ahead: usize,
        /// Where the record begins in the stream.
        position: u64,
    },
    /// A pattern has matched nothing, which would go on for ever.
    EmptyMark {
        /// Where it did in the stream.
        position: u64,
    },
}

impl RecordError {
    /// Where in the stream it is.
    pub fn position(&self) -> u64 {
        match self {
            RecordError::TooLong(too_long) => too_long.position,
            RecordError::BeyondAhead { position, .. } | RecordError::EmptyMark { position } => {
                *position
            }
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::TooLong(too_long) => too_long.fmt(f),
            RecordError::BeyondAhead { ahead, .. } => write!(
                f,
                "this record does not end within {ahead} bytes, the larger of stream.recordreader.maxrec and \
                 stream.recordreader.lookahead; Hadoop would leave out the rest of the split without a word: give a \
                 larger maxrec"
            ),
            RecordError::EmptyMark { .. } => f.write_str(
                "a pattern of stream.recordreader.begin or stream.recordreader.end matches nothing at all, and Hadoop \
                 would look there for ever",
            ),
        }
    }
}

impl Error for RecordError {}

/// Whether what is looked at stands in a CDATA section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Unknown,
    Outside,
    Inside,
}

/// What a search has come to.
enum Sought {
    Found(Range<usize>),
    /// Nothing yet, and the search goes on from here when there is more.
    NotBefore(usize),
}

impl RecordBuffer {
    /// A buffer that asks for pieces of `piece_bytes` and refuses records of more than `most_record_bytes`. `of_file` says
    /// whether the stream begins where its file does.
    pub fn new(marks: Marks, of_file: bool, piece_bytes: usize, most_record_bytes: usize) -> Self {
        // A window is moved at once, so a piece is no less.
        let ahead = if let Marks::Slow { ahead, .. } = marks { ahead } else { 1 };
        RecordBuffer {
            marks,
            piece_bytes: piece_bytes.max(ahead.min(most_record_bytes)).max(1),
            most_record_bytes,
            bytes: Vec::new(),
            filled: 0,
            position: 0,
            split_end: u64::MAX,
            at_end: false,
            begin: 0,
            end: 0,
            begun: false,
            searched: 0,
            section: if of_file { Section::Outside } else { Section::Unknown },
            text: Text::default(),
        }
    }

    /// Says where the split ends in the stream, as far as that is known.
    pub fn set_split_end(&mut self, position: u64) {
        self.split_end = position;
    }

    /// Room for the next bytes of the stream. The record at hand is gone.
    pub fn room(&mut self) -> &mut [u8] {
        self.leave_record();
        let needless = self.begin;
        self.bytes.copy_within(needless..self.filled, 0);
        self.filled -= needless;
        self.position += needless as u64;
        self.begin = 0;
        self.end = 0;
        self.searched = self.searched.saturating_sub(needless);
        if self.bytes.len() < self.filled + self.piece_bytes {
            // Twice as much for a long record, so that it is not copied again for each piece.
            let grown = self.bytes.len().saturating_mul(2).min(self.filled.saturating_mul(2));
            self.bytes.resize(grown.max(self.filled + self.piece_bytes), 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// Says how many bytes were read into [`room`](Self::room); none is the end of the stream.
    pub fn read(&mut self, count: usize) {
        self.at_end = count == 0;
        self.filled = (self.filled + count).min(self.bytes.len());
        if let Marks::Slow { .. } = self.marks {
            self.text.make(&mut self.bytes[..self.filled], self.position, self.at_end);
        }
    }

    /// Moves to the next record, if it was read.
    ///
    /// # Errors
    /// A record that is too long. There is none behind it.
    pub fn advance(&mut self) -> Result<Next, RecordError> {
        self.leave_record();
        if !self.begun {
            match self.find_begin()? {
                Sought::Found(mark) => {
                    self.begin = mark.start;
                    self.searched = mark.start;
                    self.section = Section::Outside;
                    self.begun = true;
                }
                Sought::NotBefore(searched) => {
                    self.begin = searched;
                    self.searched = searched;
                }
            }
            if self.position + self.begin as u64 >= self.split_end {
                return Ok(Next::End);
            }
            if !self.begun {
                return Ok(if self.at_end { Next::End } else { Next::NeedsMore });
            }
        }
        match self.find_end()? {
            Sought::Found(mark) if mark.end - self.begin <= self.most_record_bytes => {
                self.end = mark.end;
                self.begun = false;
                let position = self.begin_position();
                self.text.restore(&mut self.bytes[self.begin..self.end], position);
                Ok(Next::Record)
            }
            Sought::NotBefore(searched) if searched - self.begin <= self.most_record_bytes => {
                self.searched = searched;
                Ok(if self.at_end { Next::End } else { Next::NeedsMore })
            }
            _ => Err(RecordError::TooLong(LineTooLong {
                most: self.most_record_bytes,
                position: self.begin_position(),
            })),
        }
    }

    /// The record at hand, with its marks.
    pub fn record(&self) -> &[u8] {
        &self.bytes[self.begin..self.end.max(self.begin)]
    }

    /// Where the record at hand begins in the stream.
    pub fn begin_position(&self) -> u64 {
        self.position + self.begin as u64
    }

    /// Moves behind the record at hand.
    fn leave_record(&mut self) {
        if self.end > self.begin {
            self.begin = self.end;
            self.searched = self.end;
        }
    }

    fn find_begin(&mut self) -> Result<Sought, RecordError> {
        let read = &self.bytes[..self.filled];
        let (tokens, ahead) = match &mut self.marks {
            Marks::Fast { begin, .. } => return Ok(find_bytes(begin, read, self.searched)),
            Marks::Slow { begin, ahead, .. } => {
                (begin, (*ahead).min(self.most_record_bytes).max(1))
            }
        };
        let filled = self.text.made_of(self.position, self.filled);
        loop {
            let from = self.searched;
            let window = &self.bytes[from..filled.min(from.saturating_add(ahead))];
            if window.len() < ahead && !self.at_end {
                return Ok(Sought::NotBefore(from));
            }
            let sought = find_mark(tokens.as_mut(), window, &mut self.section)
                .map_err(|at| empty_mark(self.position + (from + at) as u64))?;
            // What begins in the window's second half may go on behind it.
            let next = match sought {
                Sought::Found(mark) => {
                    return Ok(Sought::Found(from + mark.start..from + mark.end));
                }
                Sought::NotBefore(_) if from + window.len() == filled && self.at_end => {
                    return Ok(Sought::NotBefore(filled));
                }
                Sought::NotBefore(behind_last) => behind_last.max(window.len() / 2).max(1),
            };
            self.searched += next;
            if self.position + self.searched as u64 >= self.split_end {
                return Ok(Sought::NotBefore(self.searched));
            }
        }
    }

    fn find_end(&mut self) -> Result<Sought, RecordError> {
        let read = &self.bytes[..self.filled];
        let (tokens, ahead) = match &mut self.marks {
            Marks::Fast { end, .. } => return Ok(find_bytes(end, read, self.searched)),
            Marks::Slow { end, ahead, .. } => (end, *ahead),
        };
        let most = ahead.min(self.most_record_bytes);
        let behind = &read[self.begin..self.text.made_of(self.position, self.filled)];
        if behind.len() <= most && !self.at_end {
            return Ok(Sought::NotBefore(self.begin));
        }
        let window = &behind[..behind.len().min(most)];
        let sought = find_mark(tokens.as_mut(), window, &mut Section::Outside)
            .map_err(|at| empty_mark(self.position + (self.begin + at) as u64))?;
        match sought {
            Sought::Found(mark) => Ok(Sought::Found(self.begin..self.begin + mark.end)),
            Sought::NotBefore(_) if behind.len() <= most => Ok(Sought::NotBefore(self.begin)),
            Sought::NotBefore(_) if ahead <= self.most_record_bytes => {
                Err(RecordError::BeyondAhead { ahead, position: self.begin_position() })
            }
            Sought::NotBefore(_) => Ok(Sought::NotBefore(self.filled)), // longer than is allowed
        }
    }
}

fn empty_mark(position: u64) -> RecordError {
    RecordError::EmptyMark { position }
}

/// Looks for bytes as `fastReadUntilMatch` does: the byte that ends a match of some of them is not looked at again, so
/// `<<p>` does not hold `<p>`.
fn find_bytes(mark: &[u8], bytes: &[u8], from: usize) -> Sought {
    let Some(first) = mark.first() else { return Sought::NotBefore(bytes.len()) };
    let mut at = from;
    while let Some(start) = memchr::memchr(*first, &bytes[at..]).map(|found| at + found) {
        let agree = bytes[start..].iter().zip(mark).take_while(|(byte, wanted)| byte == wanted);
        match agree.count() {
            all if all == mark.len() => return Sought::Found(start..start + all),
            all if start + all == bytes.len() => return Sought::NotBefore(start),
            some => at = start + some + 1,
        }
    }
    Sought::NotBefore(bytes.len())
}

/// Looks for a mark outside of CDATA sections, as `slowReadUntilMatch` does.
///
/// # Errors
/// Where a mark of no bytes is.
fn find_mark(
    tokens: &mut dyn FindToken,
    window: &[u8],
    section: &mut Section,
) -> Result<Sought, usize> {
    let mut candidate: Option<Range<usize>> = None;
    let mut from = 0;
    while let Some((token, place)) = tokens.find(window, from) {
        if place.is_empty() {
            return Err(place.start);
        }
        from = place.end;
        match (token, *section) {
            (Token::Mark, Section::Outside) => return Ok(Sought::Found(place)),
            (Token::Mark, Section::Unknown) => candidate = candidate.or(Some(place)),
            (Token::Mark, Section::Inside) => {}
            (Token::SectionBegin, state) => {
                // What stands before it is outside.
                if let (Section::Unknown, Some(place)) = (state, candidate.take()) {
                    return Ok(Sought::Found(place));
                }
                *section = Section::Inside;
            }
            (Token::SectionEnd, _) => {
                candidate = None; // it was inside
                *section = Section::Outside;
            }
        }
    }
    Ok(candidate.map_or(Sought::NotBefore(from), Sought::Found))
}

/// Makes UTF-8 of bytes, one for one, so that patterns match where they do in Java; and gives them back.
#[derive(Debug, Default)]
struct Text {
    /// Bytes of the stream so far that are UTF-8 or were made so.
    made: u64,
    /// What was there, by the place in the stream.
    replaced: VecDeque<(u64, u8)>,
}

impl Text {
    /// Makes UTF-8 of all bytes but a character that goes on behind them. They lie at a position of the stream.
    fn make(&mut self, bytes: &mut [u8], position: u64, at_end: bool) {
        while self.replaced.front().is_some_and(|&(place, _)| place < position) {
            self.replaced.pop_front();
        }
        let mut at = usize::try_from(self.made.saturating_sub(position)).unwrap_or(usize::MAX);
        while let Some(rest) = bytes.get_mut(at..) {
            let Err(error) = std::str::from_utf8(rest) else {
                at = bytes.len();
                break;
            };
            at += error.valid_up_to();
            let malformed = match error.error_len() {
                Some(length) => length,
                None if at_end => bytes.len() - at,
                None => break,
            };
            for byte in &mut bytes[at..at + malformed] {
                let was = std::mem::replace(byte, REPLACEMENT);
                self.replaced.push_back((position + at as u64, was));
                at += 1;
            }
        }
        self.made = self.made.max(position + at as u64);
    }

    /// How many of the first bytes, which lie at a position of the stream, are what patterns may look at: whether the others
    /// are UTF-8 is known when more is read.
    fn made_of(&self, position: u64, bytes: usize) -> usize {
        usize::try_from(self.made.saturating_sub(position)).map_or(bytes, |made| made.min(bytes))
    }

    /// Gives back what was there, in bytes that lie at a position of the stream.
    fn restore(&mut self, bytes: &mut [u8], position: u64) {
        let end = position + bytes.len() as u64;
        while let Some(&(place, byte)) = self.replaced.front() {
            if place >= end {
                break;
            }
            if let Some(at) = place.checked_sub(position) {
                bytes[at as usize] = byte;
            }
            self.replaced.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Looks for a word of bytes, and for those of CDATA sections.
    #[derive(Debug)]
    struct Word(&'static [u8]);

    impl FindToken for Word {
        fn find(&mut self, ahead: &[u8], from: usize) -> Option<(Token, Range<usize>)> {
            let words = [
                (Token::SectionBegin, &b"CDATA["[..]),
                (Token::SectionEnd, &b"]]>"[..]),
                (Token::Mark, self.0),
            ];
            let at = |at: usize| {
                let here = words.iter().find(|(_, word)| ahead[at..].starts_with(word));
                here.map(|(token, word)| (*token, at..at + word.len()))
            };
            (from..ahead.len()).find_map(at)
        }
    }

    fn fast(begin: &str, end: &str) -> Marks {
        Marks::Fast { begin: begin.into(), end: end.into() }
    }

    fn slow(ahead: usize) -> Marks {
        let word = |word| Box::new(Word(word));
        Marks::Slow { begin: word(b"<p>"), end: word(b"</p>"), ahead }
    }

    /// The records of a split, with their places, read in pieces of so many bytes.
    fn read(
        marks: Marks,
        bytes: &[u8],
        split: Range<usize>,
        piece: usize,
        most: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>, RecordError> {
        let mut buffer = RecordBuffer::new(marks, split.start == 0, piece, most);
        buffer.set_split_end(split.len() as u64);
        let mut rest = &bytes[split.start..];
        let mut records = Vec::new();
        loop {
            match buffer.advance()? {
                Next::Record => {
                    let place = split.start as u64 + buffer.begin_position();
                    records.push((place, buffer.record().to_vec()));
                }
                Next::NeedsMore => {
                    let room = buffer.room();
                    let count = rest.len().min(piece).min(room.len());
                    room[..count].copy_from_slice(&rest[..count]);
                    buffer.read(count);
                    rest = &rest[count..];
                    assert!(buffer.bytes.len() <= 4 * (most + piece) + 16, "too much is held");
                }
                Next::End => return Ok(records),
            }
        }
    }

    fn whole(marks: Marks, bytes: impl AsRef<[u8]>) -> Vec<String> {
        let bytes = bytes.as_ref();
        let records = read(marks, bytes, 0..bytes.len(), 1 << 10, 1 << 10).unwrap();
        records.iter().map(|(_, record)| String::from_utf8_lossy(record).into_owned()).collect()
    }

    #[test]
    fn a_record_is_from_its_begin_to_the_first_end() {
        for marks in [|| fast("<p>", "</p>"), || slow(100)] {
            assert_eq!(whole(marks(), "x<p>a</p>y<p>b</p></p>"), ["<p>a</p>", "<p>b</p>"]);
            assert_eq!(whole(marks(), "<p>a<p>b</p>c</p><p>d</p>"), ["<p>a<p>b</p>", "<p>d</p>"]);
            assert_eq!(whole(marks(), "<p>a</p><p>b"), ["<p>a</p>"]);
            assert_eq!(whole(marks(), "<p>a</p><p>b</p"), ["<p>a</p>"]);
            assert_eq!(whole(marks(), ""), [""; 0]);
            assert_eq!(whole(marks(), "<p"), [""; 0]);
        }
    }

    #[test]
    fn a_fast_match_looks_at_each_byte_once() {
        assert_eq!(whole(fast("<p>", "</p>"), "<<p>a</p><p>b<</p>c</p>"), ["<p>b<</p>c</p>"]);
        assert_eq!(whole(fast("ab", "bcd"), "abc bcd abcd"), ["abc bcd", "abcd"]);
        assert_eq!(whole(fast("|", "|"), "a|b|"), ["|", "|"]);
        assert_eq!(whole(fast("", "x"), "a x"), [""; 0]);
        assert_eq!(whole(fast("a", ""), "a x"), [""; 0]);
    }

    #[test]
    fn marks_in_sections_do_not_count_for_a_slow_match() {
        let bytes = "CDATA[<p>x</p>]]><p>aCDATA[</p>]]></p><p>b</p>";
        assert_eq!(whole(slow(100), bytes), ["<p>aCDATA[</p>]]></p>", "<p>b</p>"]);
        assert_eq!(whole(slow(100), "<p>a</p>]]><p>b]]></p>"), ["<p>a</p>", "<p>b]]></p>"]);
        assert_eq!(whole(slow(100), "<p>a</p><p>CDATA[</p>"), ["<p>a</p>"]);
    }

    #[test]
    fn a_split_finds_out_whether_it_begins_in_a_section() {
        let of_split = |bytes: &str| {
            let records = read(slow(100), bytes.as_bytes(), 1..bytes.len(), 100, 100).unwrap();
            let text = |(_, record): &(u64, Vec<u8>)| String::from_utf8_lossy(record).into_owned();
            records.iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(of_split("-<p>x</p>]]><p>a</p>"), ["<p>a</p>"]);
        assert_eq!(of_split("-<p>x</p>]]>"), [""; 0]);
        assert_eq!(of_split("-<p>a</p>CDATA[<p>x</p>]]>"), ["<p>a</p>"]);
        assert_eq!(of_split("-<p>a</p><p>b</p>"), ["<p>a</p>", "<p>b</p>"]);
    }

    #[test]
    fn a_slow_match_finds_what_lies_far_ahead_and_refuses_what_is_too_long_for_it() {
        let far = format!(
            "{}<p>a</p>{}CDATA[<p>{}]]><p>b</p>",
            ".".repeat(98),
            ".".repeat(51),
            ".".repeat(70)
        );
        assert_eq!(whole(slow(20), &far), ["<p>a</p>", "<p>b</p>"]);
        let long = format!("<p>a</p><p>{}</p><p>b</p>", "x".repeat(20));
        assert_eq!(
            read(slow(20), long.as_bytes(), 0..long.len(), 7, 100),
            Err(RecordError::BeyondAhead { ahead: 20, position: 8 })
        );
        let exact = format!("<p>{}</p><p>b</p>", "x".repeat(13));
        assert_eq!(whole(slow(20), &exact).len(), 2);
        assert_eq!(whole(slow(20), format!("<p>a</p><p>{}", "x".repeat(17))).len(), 1);
    }

    #[test]
    fn no_record_is_longer_than_allowed() {
        let bytes = b"<p>a</p> <p>bb</p>";
        let too_long = RecordError::TooLong(LineTooLong { most: 8, position: 9 });
        for marks in [fast("<p>", "</p>"), slow(100)] {
            assert_eq!(read(marks, bytes, 0..bytes.len(), 4, 8), Err(too_long.clone()));
        }
        assert_eq!(read(fast("<p>", "</p>"), bytes, 0..bytes.len(), 4, 9).unwrap().len(), 2);
    }

    #[test]
    fn a_mark_of_nothing_is_an_error() {
        let empty = Marks::Slow { begin: Box::new(Word(b"")), end: Box::new(Word(b"x")), ahead: 9 };
        assert_eq!(read(empty, b"ab", 0..2, 9, 9), Err(RecordError::EmptyMark { position: 0 }));
    }

    /// Bytes that marks are often in, some of them cut, and some that are no UTF-8.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => Just(&b"<p>"[..]),
            4 => Just(&b"</p>"[..]),
            1 => Just(&b"CDATA["[..]),
            1 => Just(&b"]]>"[..]),
            1 => prop_oneof![Just(&b"<"[..]), Just(&b"</"[..]), Just(&b"]"[..]), Just(&b"p>"[..])],
            2 => prop_oneof![Just("é".as_bytes()), Just(&b"\xff"[..]), Just(&b"\xe2\x82"[..])],
            2 => Just(&b"text"[..]),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn how_it_is_read_does_not_matter(bytes in bytes(), piece in 1_usize..20) {
            for marks in [|| fast("<p>", "</p>"), || slow(1 << 10)] {
                let at_once = read(marks(), &bytes, 0..bytes.len(), 1 << 10, 1 << 10);
                prop_assert_eq!(read(marks(), &bytes, 0..bytes.len(), piece, 1 << 10), at_once);
            }
        }

        #[test]
        fn a_record_is_what_stands_in_its_place(bytes in bytes()) {
            for marks in [fast("<p>", "</p>"), slow(1 << 10)] {
                for (place, record) in read(marks, &bytes, 0..bytes.len(), 5, 1 << 10).unwrap() {
                    let place = usize::try_from(place).unwrap();
                    prop_assert_eq!(&bytes[place..place + record.len()], &record[..]);
                    prop_assert!(record.starts_with(b"<p>") && record.ends_with(b"</p>"));
                }
            }
        }

        #[test]
        fn each_record_is_of_one_split(
            texts in prop::collection::vec("[a-z]{0,9}", 0..9),
            length in 1_usize..30,
        ) {
            let bytes: Vec<u8> =
                texts.iter().flat_map(|text| format!("{text}<p>{text}</p>").into_bytes()).collect();
            for marks in [|| fast("<p>", "</p>"), || slow(1 << 10)] {
                let starts = (0..bytes.len()).step_by(length);
                let splits: Vec<_> = starts
                    .flat_map(|start| {
                        let split = start..bytes.len().min(start + length);
                        read(marks(), &bytes, split, 8, 1 << 10).unwrap()
                    })
                    .collect();
                let whole = read(marks(), &bytes, 0..bytes.len(), 8, 1 << 10).unwrap();
                prop_assert_eq!(splits, whole);
            }
        }

        #[test]
        fn whatever_comes_no_limit_is_passed(bytes in bytes(), most in 0_usize..40, ahead in 0_usize..40) {
            for marks in [fast("<p>", "</p>"), slow(ahead)] {
                if let Ok(records) = read(marks, &bytes, 0..bytes.len(), 3, most) {
                    prop_assert!(records.iter().all(|(_, record)| record.len() <= most));
                }
            }
        }
    }
}
