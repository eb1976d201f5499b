//! Where a line ends, and which split it belongs to.
//!
//! The search works on whatever bytes its caller holds; it neither reads nor keeps any. `LineReader` is the Hadoop
//! class whose rules these are, `LineRecordReader` the one for the ownership of lines in a split file.

use memchr::{memchr2, memmem};

/// What ends a line.
///
/// ```
/// use howdah_streaming::lines::{LineExtent, Terminator};
///
/// let extent = Terminator::Line.next_line(b"one\r\ntwo", false);
/// assert_eq!(extent, Some(LineExtent { content: 3, total: 5 }));
/// assert_eq!(Terminator::Line.next_line(b"two", false), None); // its end has not been read yet
/// assert_eq!(Terminator::Line.next_line(b"two", true), Some(LineExtent { content: 3, total: 3 }));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Terminator {
    /// LF, CR or CRLF, whichever comes first: Hadoop's default for input, for a child's output and for its standard
    /// error alike.
    #[default]
    Line,
    /// Exactly these bytes (`textinputformat.record.delimiter`). Without any bytes it is the same as
    /// [`Terminator::Line`], since an empty property counts as unset.
    Custom(Vec<u8>),
}

/// The extent of a line at the start of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LineExtent {
    /// The number of bytes before the terminator.
    pub content: usize,
    /// The number of bytes with the terminator: where the next line starts. Equal to `content` for the last line of
    /// a text without a final terminator.
    pub total: usize,
}

impl Terminator {
    /// Finds the line at the start of `buffer`; `at_end` says that no bytes follow the buffer.
    ///
    /// `None` means that more bytes are needed, or at the end that there are no more lines. A CR that is the last
    /// byte of a buffer needs the byte behind it, which may be the LF of the same terminator. At the end an
    /// unterminated rest is a line, an empty rest is none.
    #[inline]
    pub fn next_line(&self, buffer: &[u8], at_end: bool) -> Option<LineExtent> {
        let terminated = match self {
            Self::Custom(delimiter) if !delimiter.is_empty() => memmem::find(buffer, delimiter)
                .map(|content| LineExtent { content, total: content + delimiter.len() }),
            _ => match memchr2(b'\n', b'\r', buffer) {
                Some(content) => Some(extent_at(buffer, content, at_end)?),
                None => None,
            },
        };
        terminated.or_else(|| (at_end && !buffer.is_empty()).then_some(unterminated(buffer)))
    }

    /// Whether a terminator may begin within `bytes` and go on behind them.
    pub(crate) fn may_go_on_behind(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Custom(delimiter) if !delimiter.is_empty() => {
                (1..delimiter.len()).any(|begun| bytes.ends_with(&delimiter[..begun]))
            }
            _ => bytes.ends_with(b"\r"),
        }
    }

    /// The length of the delimiter if it is a custom one.
    fn custom_length(&self) -> Option<usize> {
        match self {
            Self::Custom(delimiter) if !delimiter.is_empty() => Some(delimiter.len()),
            _ => None,
        }
    }
}

/// The extent of the line whose terminator starts at `content`, unless the byte behind a CR is needed to tell.
#[inline]
fn extent_at(buffer: &[u8], content: usize, at_end: bool) -> Option<LineExtent> {
    let length = match (buffer.get(content), buffer.get(content + 1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\r'), None) if !at_end => return None,
        _ => 1,
    };
    Some(LineExtent { content, total: content + length })
}

/// The whole buffer as the last line of a text.
fn unterminated(buffer: &[u8]) -> LineExtent {
    LineExtent { content: buffer.len(), total: buffer.len() }
}

/// The records of one split of `text`, each with the offset of its first byte: the rule that every reader follows.
///
/// This is the reference for readers, which have not the whole text at hand. The rule of `LineRecordReader`:
///
/// - The text's first record belongs to the split that starts at 0.
/// - With [`Terminator::Line`] another record belongs to the split that holds the **last** byte of the terminator
///   before it. A reader that starts behind 0 therefore skips its first line, and reads on while a line starts at or
///   before the split's end.
/// - With [`Terminator::Custom`] it belongs to the split that holds the **first** byte of the delimiter before it.
///   The search for that delimiter begins at the split's start, even in the middle of one.
///
/// So consecutive splits of default lines give every record once.
///
/// ```
/// use howdah_streaming::lines::{Terminator, records_of_split};
///
/// let text = b"a\nbb\nc\n";
/// assert_eq!(records_of_split(text, 0, 2, &Terminator::Line), [(0, &b"a"[..]), (2, b"bb")]);
/// assert_eq!(records_of_split(text, 2, 5, &Terminator::Line), [(5, &b"c"[..])]);
/// ```
pub fn records_of_split<'t>(
    text: &'t [u8],
    start: usize,
    length: usize,
    terminator: &Terminator,
) -> Vec<(usize, &'t [u8])> {
    let end = start.saturating_add(length);
    let Some(delimiter_length) = terminator.custom_length() else {
        let lines = lines_from(text, 0, terminator);
        let owned = |offset: usize| (start == 0 || offset > start) && offset <= end;
        return lines.filter(|&(offset, _)| owned(offset)).collect();
    };
    let Some(first) = first_record_of_custom_split(text, start, terminator) else {
        return Vec::new();
    };
    let owned = |offset: usize| offset == 0 || offset - delimiter_length < end;
    lines_from(text, first, terminator).take_while(|&(offset, _)| owned(offset)).collect()
}

/// The offset behind the first delimiter in a split that starts at `start`; `None` when there is none.
fn first_record_of_custom_split(
    text: &[u8],
    start: usize,
    terminator: &Terminator,
) -> Option<usize> {
    if start == 0 {
        return Some(0);
    }
    let skipped = terminator.next_line(text.get(start..)?, false)?;
    Some(start + skipped.total)
}

/// The lines of `text` from `offset` on, each with the offset of its first byte.
fn lines_from<'t>(
    text: &'t [u8],
    mut offset: usize,
    terminator: &Terminator,
) -> impl Iterator<Item = (usize, &'t [u8])> {
    std::iter::from_fn(move || {
        let rest = text.get(offset..)?;
        let extent = terminator.next_line(rest, true)?;
        let line = (offset, &rest[..extent.content]);
        offset += extent.total;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next_line(terminator: &Terminator, buffer: &[u8], at_end: bool) -> Option<(usize, usize)> {
        terminator.next_line(buffer, at_end).map(|extent| (extent.content, extent.total))
    }

    fn lines_of(text: &[u8], terminator: &Terminator) -> Vec<Vec<u8>> {
        lines_from(text, 0, terminator).map(|(_, line)| line.to_vec()).collect()
    }

    /// The lines that a reader finds when the bytes come in pieces.
    fn lines_of_pieces(pieces: &[Vec<u8>], terminator: &Terminator) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut buffer = Vec::new();
        let ends = (0..=pieces.len()).map(|index| index == pieces.len());
        for (at_end, piece) in ends.zip(pieces.iter().chain([&Vec::new()])) {
            buffer.extend_from_slice(piece);
            while let Some(extent) = terminator.next_line(&buffer, at_end) {
                lines.push(buffer[..extent.content].to_vec());
                buffer.drain(..extent.total);
            }
        }
        lines
    }

    #[test]
    fn each_of_the_three_terminators_ends_a_line() {
        assert_eq!(next_line(&Terminator::Line, b"a\nb", false), Some((1, 2)));
        assert_eq!(next_line(&Terminator::Line, b"a\rb", false), Some((1, 2)));
        assert_eq!(next_line(&Terminator::Line, b"a\r\nb", false), Some((1, 3)));
        assert_eq!(next_line(&Terminator::Line, b"\n\r", false), Some((0, 1)));
    }

    #[test]
    fn a_last_carriage_return_waits_for_the_byte_behind_it() {
        assert_eq!(next_line(&Terminator::Line, b"a\r", false), None);
        assert_eq!(next_line(&Terminator::Line, b"a\r", true), Some((1, 2)));
    }

    #[test]
    fn the_end_ends_a_line_but_makes_none() {
        assert_eq!(next_line(&Terminator::Line, b"a", true), Some((1, 1)));
        assert_eq!(next_line(&Terminator::Line, b"", true), None);
        assert_eq!(next_line(&Terminator::Line, b"", false), None);
    }

    #[test]
    fn a_custom_delimiter_is_exact() {
        let terminator = Terminator::Custom(b"||".to_vec());
        assert_eq!(next_line(&terminator, b"a\n|b||c", false), Some((4, 6)));
        assert_eq!(next_line(&terminator, b"a|", false), None);
        assert_eq!(next_line(&terminator, b"a|", true), Some((2, 2)));
        assert_eq!(next_line(&Terminator::Custom(Vec::new()), b"a\nb", false), Some((1, 2)));
    }

    fn any_terminator() -> impl Strategy<Value = Terminator> {
        let custom = prop::collection::vec(prop::sample::select(b"|\n".to_vec()), 0..3);
        prop_oneof![Just(Terminator::Line), custom.prop_map(Terminator::Custom)]
    }

    fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let piece = prop::collection::vec(prop::sample::select(b"a\r\n|".to_vec()), 0..5);
        prop::collection::vec(piece, 0..8)
    }

    proptest! {
        #[test]
        fn any_cutting_into_buffers_gives_the_same_lines(pieces in pieces(), terminator in any_terminator()) {
            prop_assert_eq!(lines_of_pieces(&pieces, &terminator), lines_of(&pieces.concat(), &terminator));
        }

        #[test]
        fn consecutive_splits_give_every_line_once(pieces in pieces()) {
            let text = pieces.concat();
            let mut start = 0;
            let mut records = Vec::new();
            for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
                records.extend(records_of_split(&text, start, piece.len(), &Terminator::Line));
                start += piece.len();
            }
            let lines: Vec<_> = lines_from(&text, 0, &Terminator::Line).collect();
            prop_assert_eq!(records, lines);
        }

        #[test]
        fn any_split_of_any_text_is_readable(
            pieces in pieces(), start: usize, length: usize, near in 0usize..20, terminator in any_terminator(),
        ) {
            let text = pieces.concat();
            records_of_split(&text, start, length, &terminator);
            records_of_split(&text, near, length, &terminator);
        }
    }
}
