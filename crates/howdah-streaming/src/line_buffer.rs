//! The lines of a stream that somebody else reads.
//!
//! A [`LineBuffer`] has no stream: it gives room to read into, is told how much came, and gives lines. So files,
//! pipes and children share one way of finding lines, and whoever reads decides how.

use std::error::Error;
use std::fmt;

use crate::lines::{LineExtent, Terminator};

/// One buffer that gives the lines of a stream, and grows to the longest of them.
///
/// ```
/// use howdah_streaming::line_buffer::{LineBuffer, Next};
/// use howdah_streaming::lines::Terminator;
///
/// let mut pieces = [&b"on"[..], b"e\ntwo"].into_iter();
/// let mut buffer = LineBuffer::new(Terminator::Line, 16, 100);
/// let mut lines = Vec::new();
/// loop {
///     match buffer.advance() {
///         Next::Line => lines.push(String::from_utf8_lossy(buffer.line()).into_owned()),
///         Next::NeedsMore => {
///             let piece = pieces.next().unwrap_or_default();
///             buffer.room()[..piece.len()].copy_from_slice(piece);
///             buffer.read(piece.len());
///         }
///         Next::TooLong => return Err(buffer.too_long()),
///         Next::End => break,
///     }
/// }
/// assert_eq!(lines, ["one", "two"]);
/// # Ok::<(), howdah_streaming::line_buffer::LineTooLong>(())
/// ```
#[derive(Debug)]
pub struct LineBuffer {
    terminator: Terminator,
    piece_bytes: usize,
    most_line_bytes: usize,
    bytes: Vec<u8>,
    /// Bytes that were read and lie in `bytes`.
    filled: usize,
    /// Where the next line begins in `bytes`.
    next: usize,
    /// Bytes of it in which no terminator begins, so that a long line is searched once.
    searched: usize,
    /// Where `bytes` begins in the stream.
    position: u64,
    /// The line at hand, in `bytes`.
    line: (usize, usize),
    at_end: bool,
    bare_returns: u64,
}

/// What [`LineBuffer::advance`] has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A line is at hand.
    Line,
    /// The line goes on beyond what was read.
    NeedsMore,
    /// The line is longer than allowed. It is still the next one: [`skip_line`](LineBuffer::skip_line) passes over it.
    TooLong,
    /// There are no more lines.
    End,
}

/// A line is longer than allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTooLong {
    /// How many bytes are allowed.
    pub most: usize,
    /// Where the line begins in the stream.
    pub position: u64,
}

impl fmt::Display for LineTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this record is longer than the {} bytes that `--max-record` (`howdah.max.record`) allows",
            self.most
        )
    }
}

impl Error for LineTooLong {}

impl LineBuffer {
    /// A buffer that asks for pieces of `piece_bytes` and refuses lines of more than `most_line_bytes`.
    pub fn new(terminator: Terminator, piece_bytes: usize, most_line_bytes: usize) -> Self {
        LineBuffer {
            terminator,
            piece_bytes: piece_bytes.max(1),
            most_line_bytes,
            bytes: Vec::new(),
            filled: 0,
            next: 0,
            searched: 0,
            position: 0,
            line: (0, 0),
            at_end: false,
            bare_returns: 0,
        }
    }

    /// Moves to the next line, if it was read and is not too long.
    #[inline]
    pub fn advance(&mut self) -> Next {
        match self.find() {
            Some(extent) if extent.content <= self.most_line_bytes => {
                self.take(extent);
                Next::Line
            }
            found => self.without_line(found),
        }
    }

    /// Why there is no line to take.
    #[cold]
    fn without_line(&self, found: Option<LineExtent>) -> Next {
        if found.is_some() || self.holds_too_much() && !self.at_end {
            Next::TooLong
        } else if self.at_end {
            Next::End
        } else {
            Next::NeedsMore
        }
    }

    /// The extent of the next line, if it was read.
    #[inline]
    fn find(&mut self) -> Option<LineExtent> {
        let from = self.next + self.searched;
        match self.terminator.next_line(&self.bytes[from..self.filled], self.at_end) {
            Some(LineExtent { content, total }) => {
                let before = self.searched;
                Some(LineExtent { content: before + content, total: before + total })
            }
            None => self.note_searched(),
        }
    }

    /// Notes that no terminator was found; gives the last line if nothing follows what was searched before.
    #[cold]
    fn note_searched(&mut self) -> Option<LineExtent> {
        if self.at_end {
            let line = LineExtent { content: self.searched, total: self.searched };
            return (self.searched > 0).then_some(line);
        }
        // The end of what was read may be the beginning of a terminator.
        let unsearched = self.filled - self.next - self.searched;
        self.searched += unsearched.saturating_sub(self.longest_terminator() - 1);
        None
    }

    #[inline]
    fn take(&mut self, extent: LineExtent) {
        self.line = (self.next, self.next + extent.content);
        self.next += extent.total;
        self.searched = 0;
        // A terminator that ends with a CR is no more than it.
        let last = self.bytes.get(self.next.wrapping_sub(1));
        self.bare_returns += u64::from(last == Some(&b'\r'));
    }

    fn longest_terminator(&self) -> usize {
        match &self.terminator {
            Terminator::Custom(delimiter) if !delimiter.is_empty() => delimiter.len(),
            _ => 2,
        }
    }

    /// Whether so much of the next line was read without its end that it is too long, wherever that is.
    pub fn holds_too_much(&self) -> bool {
        let most = self.most_line_bytes.saturating_add(self.longest_terminator());
        self.filled - self.next > most
    }

    /// Of a line that is [too long](Next::TooLong): how long it may be, and where it begins. That place is then
    /// the [`line_position`](Self::line_position), too.
    pub fn too_long(&mut self) -> LineTooLong {
        self.line = (self.next, self.next);
        LineTooLong { most: self.most_line_bytes, position: self.next_position() }
    }

    /// The first bytes of the next line, no more than so many, and than were read.
    pub fn beginning(&self, most: usize) -> &[u8] {
        let rest = &self.bytes[self.next..self.filled];
        let rest = &rest[..rest.len().min(most)];
        let content = self.terminator.next_line(rest, true).map_or(0, |extent| extent.content);
        &rest[..content]
    }

    /// Whether the next line is shorter than so many bytes, its terminator counted; so is a line that is none.
    ///
    /// `None` means that too little was read to tell. For that it is enough to have read so many bytes as there may
    /// be, however long the line is.
    pub fn next_is_shorter(&self, than: u64) -> Option<bool> {
        let rest = &self.bytes[self.next..self.filled];
        match self.terminator.next_line(rest, self.at_end) {
            Some(extent) => Some((extent.total as u64) < than),
            None if self.at_end => Some(true),
            None if rest.is_empty() => None,
            None => (rest.len() as u64 >= than).then_some(false),
        }
    }

    /// Passes over the rest of a line without keeping it: as [`advance`](Self::advance), but a line that goes on
    /// beyond what was read takes no room.
    pub fn skip_line(&mut self) -> Next {
        self.skip_line_up_to(u64::MAX)
    }

    /// The same, but no further than to a position of the stream behind the line's beginning, if no terminator begins
    /// before it: what follows there is the next line.
    pub fn skip_line_up_to(&mut self, position: u64) -> Next {
        if let Some(cut) = self.index_of(position) {
            let rest = &self.bytes[self.next..self.filled];
            let ends_before = self
                .terminator
                .next_line(rest, self.at_end)
                .is_some_and(|extent| self.next + extent.content < cut);
            let before = &self.bytes[self.next..cut];
            if !ends_before && !self.terminator.may_go_on_behind(before) {
                self.line = (self.next, cut);
                self.next = cut;
                self.searched = 0;
                return Next::Line;
            }
        }
        if let Some(extent) = self.find() {
            self.take(extent);
            return Next::Line;
        }
        if self.at_end {
            return Next::End;
        }
        // The end of what was read may be the beginning of a terminator.
        let kept = match &self.terminator {
            Terminator::Custom(delimiter) if !delimiter.is_empty() => delimiter.len() - 1,
            _ => usize::from(self.bytes[self.next..self.filled].ends_with(b"\r")),
        };
        self.next = self.filled.saturating_sub(kept).max(self.next);
        self.searched = 0;
        Next::NeedsMore
    }

    /// Where a position of the stream lies in `bytes`, if it was read and lies behind the next line's beginning.
    fn index_of(&self, position: u64) -> Option<usize> {
        let index = usize::try_from(position.checked_sub(self.position)?).ok()?;
        (self.next < index && index <= self.filled).then_some(index)
    }

    /// How many lines ended at a CR without LF, for Hadoop's [`Terminator::Line`]: often a sign that text was cut where
    /// nobody meant it.
    pub fn bare_returns(&self) -> u64 {
        if self.terminator == Terminator::Line { self.bare_returns } else { 0 }
    }

    /// The line at hand, without its terminator.
    #[inline]
    pub fn line(&self) -> &[u8] {
        &self.bytes[self.line.0..self.line.1]
    }

    /// Where the line at hand begins in the stream.
    #[inline]
    pub fn line_position(&self) -> u64 {
        self.position + self.line.0 as u64
    }

    /// Where the next line begins in the stream, if there is one.
    #[inline]
    pub fn next_position(&self) -> u64 {
        self.position + self.next as u64
    }

    /// Room for more of the stream, never empty. What was read and is not used yet moves to the front for it, so no
    /// line is at hand then. It grows with a line that goes on, and so no further than
    /// [`advance`](Self::advance) or [`holds_too_much`](Self::holds_too_much) allow.
    pub fn room(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.next..self.filled, 0);
        self.position += self.next as u64;
        self.filled -= self.next;
        self.next = 0;
        self.line = (0, 0);
        if self.filled == self.bytes.len() {
            let terminator = self.longest_terminator();
            let largest =
                self.most_line_bytes.saturating_add(terminator).saturating_add(self.piece_bytes);
            let more = (self.filled * 2).max(self.piece_bytes).min(largest);
            self.bytes.resize(more.max(self.filled + 1), 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// Tells how many bytes were read into the [`room`](Self::room); 0 is the end of the stream.
    pub fn read(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.bytes.len());
        self.at_end = count == 0;
    }

    /// Passes over `mark` if the stream begins with it; only before the first line. [`Next::NeedsMore`] if too little
    /// was read to tell.
    pub fn skip_mark(&mut self, mark: &[u8]) -> Next {
        let read = &self.bytes[..self.filled];
        if read.starts_with(mark) {
            self.next = mark.len();
            self.searched = 0;
        } else if !self.at_end && mark.starts_with(read) {
            return Next::NeedsMore;
        }
        Next::Line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::records_of_split;
    use proptest::prelude::*;

    /// All lines of a text that arrives in pieces of these lengths, with their positions.
    fn lines(text: &[u8], pieces: &[usize], mark: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let mut buffer = LineBuffer::new(Terminator::Line, 1, usize::MAX);
        let (mut rest, mut pieces) = (text, pieces.iter().copied().cycle());
        let mut more = |buffer: &mut LineBuffer| {
            let room = buffer.room();
            let count = pieces.next().unwrap_or(1).max(1).min(rest.len()).min(room.len());
            room[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            buffer.read(count);
        };
        while buffer.skip_mark(mark) == Next::NeedsMore {
            more(&mut buffer);
        }
        let mut lines = Vec::new();
        loop {
            match buffer.advance() {
                Next::Line => lines.push((buffer.line_position(), buffer.line().to_vec())),
                Next::NeedsMore => more(&mut buffer),
                Next::TooLong => unreachable!(),
                Next::End => return lines,
            }
        }
    }

    proptest! {
        #[test]
        fn however_a_text_arrives_it_has_the_same_lines(
            text in "[ab\r\n]{0,60}",
            pieces in prop::collection::vec(1usize..9, 1..5),
        ) {
            let whole = lines(text.as_bytes(), &[1000], b"\xff");
            prop_assert_eq!(lines(text.as_bytes(), &pieces, b"\xff"), whole);
        }
    }

    #[test]
    fn bare_returns_are_counted() {
        let count = |terminator: Terminator| {
            let mut buffer = LineBuffer::new(terminator, 16, 100);
            let text = b"a\rb\r\nc\r\rd";
            buffer.room()[..text.len()].copy_from_slice(text);
            buffer.read(text.len());
            while buffer.advance() == Next::Line {}
            buffer.bare_returns()
        };
        assert_eq!(count(Terminator::Line), 3);
        assert_eq!(count(Terminator::Custom(b"\r".to_vec())), 0);
    }

    proptest! {
        #[test]
        fn a_line_that_is_skipped_ends_where_it_would_if_it_were_read(
            text in "[ab\r\n|]{0,40}",
            own in prop::option::of(prop_oneof![Just("|"), Just("||"), Just("ab|")]),
        ) {
            let terminator =
                own.map_or(Terminator::Line, |own| Terminator::Custom(own.as_bytes().to_vec()));
            let after_first = |skips: bool| {
                let mut buffer = LineBuffer::new(terminator.clone(), 1, usize::MAX / 4);
                let mut rest = text.as_bytes();
                loop {
                    let next = if skips { buffer.skip_line() } else { buffer.advance() };
                    if next != Next::NeedsMore {
                        return buffer.next_position();
                    }
                    let room = buffer.room();
                    let count = rest.len().min(1);
                    room[..count].copy_from_slice(&rest[..count]);
                    rest = &rest[count..];
                    buffer.read(count);
                }
            };
            prop_assert_eq!(after_first(true), after_first(false));
        }
    }

    #[test]
    fn a_line_that_is_skipped_takes_no_room() {
        let mut buffer = LineBuffer::new(Terminator::Line, 4, 8);
        for _ in 0..1000 {
            assert_eq!(buffer.skip_line(), Next::NeedsMore);
            let room = buffer.room();
            room.fill(b'x');
            let count = room.len();
            buffer.read(count);
        }
    }

    #[test]
    fn a_long_line_is_known_before_its_end() {
        let given = |text: &[u8], at_end: bool| {
            let mut buffer = LineBuffer::new(Terminator::Line, 16, 100);
            buffer.room()[..text.len()].copy_from_slice(text);
            if !text.is_empty() {
                buffer.read(text.len());
            }
            if at_end {
                buffer.read(0);
            }
            buffer.next_is_shorter(4)
        };
        assert_eq!(given(b"ab\nc", false), Some(true));
        assert_eq!(given(b"ab\r\n", false), Some(false));
        assert_eq!(given(b"abc", false), None);
        assert_eq!(given(b"abc", true), Some(true));
        assert_eq!(given(b"abcd", false), Some(false));
        assert_eq!((given(b"", false), given(b"", true)), (None, Some(true)));
    }

    #[test]
    fn a_line_is_cut_where_no_terminator_has_begun() {
        // What is skipped of a text that arrives byte by byte, with a cut behind its third byte.
        let skipped = |text: &[u8], terminator: &Terminator| {
            let mut buffer = LineBuffer::new(terminator.clone(), 1, 100);
            let mut bytes = text.iter();
            while buffer.skip_line_up_to(3) == Next::NeedsMore {
                let room = buffer.room();
                let byte = bytes.next().inspect(|&&byte| room[0] = byte);
                buffer.read(byte.map_or(0, |_| 1));
            }
            buffer.next_position()
        };
        let (line, own) = (Terminator::Line, Terminator::Custom(b"||".to_vec()));
        assert_eq!([&b"abcd\n"[..], b"abc\n", b"abc"].map(|text| skipped(text, &line)), [3; 3]);
        assert_eq!([&b"ab\ncd"[..], b"ab\rcd"].map(|text| skipped(text, &line)), [3; 2]);
        assert_eq!((skipped(b"a\ncd", &line), skipped(b"ab\r\ncd", &line)), (2, 4));
        assert_eq!((skipped(b"abc||d", &own), skipped(b"ab||d", &own)), (3, 4));
        assert_eq!((skipped(b"ab|d||", &own), skipped(b"||d", &own)), (6, 2));
    }

    #[test]
    fn a_mark_is_passed_over_only_at_the_beginning_and_only_whole() {
        let given = |text: &[u8]| lines(text, &[1], b"\xef\xbb\xbf");
        assert_eq!(given(b"\xef\xbb\xbfa"), [(3, b"a".to_vec())]);
        assert_eq!(given(b"\xef\xbba"), [(0, b"\xef\xbba".to_vec())]);
        assert_eq!(given(b"\xef\xbb"), [(0, b"\xef\xbb".to_vec())]);
        assert_eq!(given(b""), []);
    }

    proptest! {
        #[test]
        fn a_line_is_too_long_by_its_own_length_however_it_arrives(
            text in "[ab\r\n|]{0,60}",
            pieces in prop::collection::vec(1usize..9, 1..5),
            most in 0usize..8,
            own in prop::option::of(prop_oneof![Just("|"), Just("a|b")]),
        ) {
            let terminator =
                own.map_or(Terminator::Line, |own| Terminator::Custom(own.as_bytes().to_vec()));
            let whole = records_of_split(text.as_bytes(), 0, text.len(), &terminator);
            let mut buffer = LineBuffer::new(terminator, 3, most);
            let (mut rest, mut pieces) = (text.as_bytes(), pieces.into_iter().cycle());
            let (mut found, mut is_skipping) = (Vec::new(), false);
            loop {
                let next = if is_skipping { buffer.skip_line() } else { buffer.advance() };
                match next {
                    Next::Line if is_skipping => is_skipping = false,
                    Next::Line => found.push((buffer.line_position(), Some(buffer.line().len()))),
                    Next::TooLong => {
                        found.push((buffer.too_long().position, None));
                        is_skipping = true;
                    }
                    // The last line is too long.
                    Next::End => break,
                    Next::NeedsMore => {
                        let room = buffer.room();
                        let count = pieces.next().unwrap().min(rest.len()).min(room.len());
                        room[..count].copy_from_slice(&rest[..count]);
                        rest = &rest[count..];
                        buffer.read(count);
                        prop_assert!(buffer.bytes.len() <= most + 3 + 3, "{}", buffer.bytes.len());
                    }
                }
            }
            let expected: Vec<_> = whole
                .into_iter()
                .map(|(at, line)| (at as u64, (line.len() <= most).then_some(line.len())))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_long_line_is_searched_once() {
        // Quadratic work would take hours.
        let mut buffer = LineBuffer::new(Terminator::Line, 1, usize::MAX);
        for _ in 0..3_000_000 {
            assert_eq!(buffer.advance(), Next::NeedsMore);
            buffer.room()[0] = b'x';
            buffer.read(1);
        }
        buffer.read(0);
        assert_eq!((buffer.advance(), buffer.line().len()), (Next::Line, 3_000_000));
    }
}
