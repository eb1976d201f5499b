//! The records of a pipe of typed bytes that somebody else reads.
//!
//! What [`LineBuffer`](crate::line_buffer::LineBuffer) is for lines, [`PairBuffer`] is for pairs of typed bytes.

use super::{Error, ErrorKind, Framer, code};

/// One buffer that gives the records of a stream, and grows to the longest of them.
///
/// ```
/// use howdah_streaming::typed_bytes::{Next, PairBuffer};
///
/// let mut pieces = [&b"\x07\0\0\0\x01a\x03\0\0"[..], b"\0\x05"].into_iter();
/// let mut buffer = PairBuffer::new(16, 100);
/// let mut pairs = Vec::new();
/// loop {
///     match buffer.advance()? {
///         Next::Pair => pairs.push((buffer.key().to_vec(), buffer.value().to_vec())),
///         Next::NeedsMore => {
///             let piece = pieces.next().unwrap_or_default();
///             buffer.room()?[..piece.len()].copy_from_slice(piece);
///             buffer.read(piece.len());
///         }
///         Next::End => break,
///     }
/// }
/// assert_eq!(pairs, [(b"\x07\0\0\0\x01a".to_vec(), b"\x03\0\0\0\x05".to_vec())]);
/// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
/// ```
#[derive(Debug)]
pub struct PairBuffer {
    piece_bytes: usize,
    most_pair_bytes: usize,
    bytes: Vec<u8>,
    /// Bytes that were read and lie in `bytes`.
    filled: usize,
    /// Where the next record begins in `bytes`.
    next: usize,
    /// How long the next record's key is, if all of it was read.
    next_key: Option<usize>,
    /// How far the next record was looked at.
    framer: Framer,
    /// Where `bytes` begins in the stream.
    position: u64,
    /// The record at hand, in `bytes`: its key, its value, its end.
    pair: (usize, usize, usize),
    at_end: bool,
}

/// What [`PairBuffer::advance`] has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A record is at hand.
    Pair,
    /// The record goes on beyond what was read.
    NeedsMore,
    /// There are no more records.
    End,
}

impl PairBuffer {
    /// A buffer that asks for pieces of `piece_bytes` and refuses records of more than `most_pair_bytes`.
    pub fn new(piece_bytes: usize, most_pair_bytes: usize) -> Self {
        PairBuffer {
            piece_bytes: piece_bytes.max(1),
            most_pair_bytes,
            bytes: Vec::new(),
            filled: 0,
            next: 0,
            next_key: None,
            framer: Framer::default(),
            position: 0,
            pair: (0, 0, 0),
            at_end: false,
        }
    }

    /// Moves to the next record, if it was read.
    ///
    /// As in `TypedBytesOutputReader.readKeyValue`, the end of a list where a key would begin ends the stream.
    ///
    /// # Errors
    /// Bytes that are no typed bytes, or a stream that ends within a record; the place is that in the stream.
    #[inline]
    pub fn advance(&mut self) -> Result<Next, Error> {
        let rest = &self.bytes[self.next..self.filled];
        let key = match (self.next_key, rest.first()) {
            (Some(key), _) => key,
            (None, Some(&code::MARKER)) => return Ok(Next::End),
            (None, None) if self.at_end => return Ok(Next::End),
            (None, _) => match self.framer.advance(rest) {
                Ok(Some(key)) => key,
                Ok(None) => return self.needs_more(),
                Err(error) => return Err(error.shifted(self.next_position())),
            },
        };
        self.next_key = Some(key);
        match self.framer.advance(&rest[key..]) {
            Ok(Some(value)) => {
                self.pair = (self.next, self.next + key, self.next + key + value);
                self.next = self.pair.2;
                self.next_key = None;
                Ok(Next::Pair)
            }
            Ok(None) => self.needs_more(),
            Err(error) => Err(error.shifted(self.next_position() + key as u64)),
        }
    }

    fn needs_more(&self) -> Result<Next, Error> {
        if !self.at_end {
            return Ok(Next::NeedsMore);
        }
        Err(Error::new(ErrorKind::Truncated, self.filled).shifted(self.position))
    }

    /// The key of the record at hand.
    #[inline]
    pub fn key(&self) -> &[u8] {
        &self.bytes[self.pair.0..self.pair.1]
    }

    /// The value of the record at hand.
    #[inline]
    pub fn value(&self) -> &[u8] {
        &self.bytes[self.pair.1..self.pair.2]
    }

    /// Where the record at hand begins in the stream.
    #[inline]
    pub fn pair_position(&self) -> u64 {
        self.position + self.pair.0 as u64
    }

    /// Where the next record begins in the stream, if there is one.
    #[inline]
    pub fn next_position(&self) -> u64 {
        self.position + self.next as u64
    }

    /// Room for more of the stream, never empty. What was read and is not used yet moves to the front for it, so no
    /// record is at hand then.
    ///
    /// # Errors
    /// When a record would become too long.
    pub fn room(&mut self) -> Result<&mut [u8], Error> {
        self.bytes.copy_within(self.next..self.filled, 0);
        self.position += self.next as u64;
        self.filled -= self.next;
        self.next = 0;
        self.pair = (0, 0, 0);
        if self.filled == self.bytes.len() {
            if self.filled > self.most_pair_bytes {
                let kind = ErrorKind::RecordTooLong { most: self.most_pair_bytes };
                return Err(Error::new(kind, 0).shifted(self.position));
            }
            let largest = self.most_pair_bytes.saturating_add(self.piece_bytes);
            self.bytes.resize((self.filled * 2).max(self.piece_bytes).min(largest), 0);
        }
        Ok(&mut self.bytes[self.filled..])
    }

    /// Tells how many bytes were read into the [`room`](Self::room); 0 is the end of the stream.
    pub fn read(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.bytes.len());
        self.at_end = count == 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Found = Vec<(u64, Vec<u8>, Vec<u8>)>;

    /// All records of a stream that arrives in pieces of these lengths, with their positions.
    fn pairs(stream: &[u8], pieces: &[usize]) -> (Found, Option<Error>) {
        let mut buffer = PairBuffer::new(1, usize::MAX / 4);
        let (mut rest, mut pieces) = (stream, pieces.iter().copied().cycle());
        let mut pairs = Vec::new();
        loop {
            match buffer.advance() {
                Ok(Next::Pair) => {
                    let (key, value) = (buffer.key().to_vec(), buffer.value().to_vec());
                    pairs.push((buffer.pair_position(), key, value));
                }
                Ok(Next::NeedsMore) => {
                    let room = buffer.room().unwrap();
                    let count = pieces.next().unwrap_or(1).max(1).min(rest.len()).min(room.len());
                    room[..count].copy_from_slice(&rest[..count]);
                    rest = &rest[count..];
                    buffer.read(count);
                }
                Ok(Next::End) => return (pairs, None),
                Err(error) => return (pairs, Some(error)),
            }
        }
    }

    const STREAM: &[u8] = b"\x07\0\0\0\x02ab\x09\x02\x01\xff\x01\x05\x0a\0\0\0\x01\x02\0\x02\x01";

    #[test]
    fn a_stream_ends_before_a_key_and_nowhere_else() {
        let whole = pairs(STREAM, &[100]);
        assert_eq!(whole.0.len(), 2);
        assert_eq!((whole.0[1].0, whole.1), (11, None));
        for end in 0..STREAM.len() {
            let (found, error) = pairs(&STREAM[..end], &[100]);
            match (end, error) {
                (0 | 11, None) => assert_eq!(found.len(), usize::from(end > 0)),
                (_, Some(error)) => {
                    assert_eq!(error.kind(), &ErrorKind::Truncated);
                    assert_eq!(error.offset(), Some(end as u64));
                }
                _ => panic!("{end} bytes are no whole records"),
            }
        }
    }

    #[test]
    fn a_marker_ends_the_stream_in_the_place_of_a_key_alone() {
        let stream = [STREAM, b"\xffwhatever"].concat();
        assert_eq!(pairs(&stream, &[3]), pairs(STREAM, &[100]));
        let (found, error) = pairs(b"\x02\x01\x02\x00\x02\x01\xff", &[3]);
        assert_eq!(found.len(), 1);
        assert_eq!(error, Some(Error::new(ErrorKind::StrayMarker, 6)));
    }

    #[test]
    fn an_error_has_its_place_in_the_stream() {
        let stream = [STREAM, b"\x02\x01\x08\0\0\0\x01\x0b"].concat();
        let place = STREAM.len() + 7;
        assert_eq!(pairs(&stream, &[1]).1, Some(Error::new(ErrorKind::UnknownCode(11), place)));
    }

    #[test]
    fn a_record_over_the_limit_is_refused_where_it_begins() {
        let mut buffer = PairBuffer::new(4, 6);
        buffer.room().unwrap().copy_from_slice(b"\x02\x01\x02\x01");
        buffer.read(4);
        assert_eq!(buffer.advance(), Ok(Next::Pair));
        let refused = loop {
            assert_eq!(buffer.advance(), Ok(Next::NeedsMore));
            match buffer.room() {
                Ok(room) => {
                    room.fill(1);
                    room[0] = code::DOUBLE;
                    let count = room.len();
                    buffer.read(count);
                }
                Err(error) => break error,
            }
        };
        assert_eq!(refused.kind(), &ErrorKind::RecordTooLong { most: 6 });
        assert_eq!(refused.offset(), Some(4));
    }

    proptest! {
        #[test]
        fn however_a_stream_arrives_it_has_the_same_records(
            cut in 0..=STREAM.len(),
            pieces in prop::collection::vec(1usize..9, 1..5),
        ) {
            let stream = [STREAM, &STREAM[..cut]].concat();
            prop_assert_eq!(pairs(&stream, &pieces), pairs(&stream, &[1000]));
        }

        #[test]
        fn any_bytes_are_records_or_refused(
            stream: Vec<u8>,
            pieces in prop::collection::vec(1usize..9, 1..5),
        ) {
            prop_assert_eq!(pairs(&stream, &pieces), pairs(&stream, &[1000]));
        }
    }
}
