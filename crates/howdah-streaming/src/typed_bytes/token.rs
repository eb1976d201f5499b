//! Typed bytes one token at a time, without building a value.

use super::{Error, ErrorKind, MAX_DEPTH, code};

/// What Java writes for a `NullWritable`: the length of its class's name, the name, and no content.
const NULL_WRITABLE: &[u8] = b"\0\0\0\x21org.apache.hadoop.io.NullWritable";

/// A value without parts, the beginning of one that has parts, or its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'b> {
    /// Bytes.
    Bytes(&'b [u8]),
    /// An integer of 8 bits.
    Byte(i8),
    /// Yes or no; as in Java, each byte but 0 is yes.
    Bool(bool),
    /// An integer of 32 bits.
    Int(i32),
    /// An integer of 64 bits.
    Long(i64),
    /// A floating-point number of 32 bits.
    Float(f32),
    /// A floating-point number of 64 bits.
    Double(f64),
    /// Text. It should be UTF-8, but Hadoop hands on whatever a program wrote.
    String(&'b [u8]),
    /// The beginning of that many values.
    Vector(usize),
    /// The beginning of values of unknown number.
    List,
    /// The beginning of that many pairs of a key and a value.
    Map(usize),
    /// Bytes under a code from 50 to 200, which the application gives a meaning to.
    Custom(u8, &'b [u8]),
    /// The end of the vector, list or map that was begun last.
    End,
}

impl Token<'_> {
    /// Whether it stands for nothing.
    ///
    /// Typed bytes have no null. These are taken for one: a `None` of Python, which its module `typedbytes` pickles
    /// into [bytes](Token::Bytes), and Hadoop's `NullWritable`.
    ///
    /// ```
    /// use howdah_streaming::typed_bytes::{NULL, Reader};
    ///
    /// assert!(Reader::new(&NULL).token()?.is_null());
    /// assert!(!Reader::new(&[0, 0, 0, 0, 0]).token()?.is_null()); // no bytes are bytes, too
    /// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
    /// ```
    pub fn is_null(&self) -> bool {
        match self {
            // Each version of Python has a default of its own for the number in the second byte.
            Token::Bytes(bytes) => matches!(bytes, [0x80, 2..=5, b'N', b'.']),
            Token::Custom(code::WRITABLE, content) => *content == NULL_WRITABLE,
            _ => false,
        }
    }
}

/// Reads the tokens of values that follow each other.
///
/// ```
/// use howdah_streaming::typed_bytes::{Reader, Token};
///
/// let mut reader = Reader::new(&[9, 3, 0, 0, 0, 7, 255, 2, 1]);
/// let mut tokens = Vec::new();
/// while !reader.is_at_end() {
///     tokens.push(reader.token()?);
/// }
/// assert_eq!(tokens, [Token::List, Token::Int(7), Token::End, Token::Bool(true)]);
/// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    walk: Walk,
}

impl<'b> Reader<'b> {
    /// A reader of `bytes`.
    pub fn new(bytes: &'b [u8]) -> Self {
        Reader { bytes, walk: Walk::default() }
    }

    /// The next token.
    ///
    /// # Errors
    /// Bytes that are no typed bytes, or not all of them.
    #[inline]
    pub fn token(&mut self) -> Result<Token<'b>, Error> {
        match self.walk.step(self.bytes)? {
            Some(token) => Ok(token),
            None => Err(Error::new(ErrorKind::Truncated, self.bytes.len())),
        }
    }

    /// Where the next token begins, in bytes.
    pub fn offset(&self) -> usize {
        self.walk.at
    }

    /// How many vectors, lists and maps are open.
    pub fn depth(&self) -> usize {
        self.walk.open.len()
    }

    /// Whether all values were read, to their ends.
    pub fn is_at_end(&self) -> bool {
        self.walk.open.is_empty() && self.walk.at == self.bytes.len()
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.walk.at
    }
}

/// How many bytes the value at the start of `bytes` takes; `None` when they are not all there.
///
/// Nothing is built, and nothing is allocated but for values within values. For a long value that arrives in pieces
/// there is [`Framer`], which begins where it stopped.
///
/// ```
/// use howdah_streaming::typed_bytes::length_of;
///
/// assert_eq!(length_of(&[7, 0, 0, 0, 1, b'a', 3]), Ok(Some(6)));
/// assert_eq!(length_of(&[7, 0, 0, 0, 1]), Ok(None));
/// ```
///
/// # Errors
/// Bytes that are no typed bytes, whatever may follow.
pub fn length_of(bytes: &[u8]) -> Result<Option<usize>, Error> {
    Framer::default().advance(bytes)
}

/// Finds the end of a value whose bytes come in pieces.
///
/// ```
/// use howdah_streaming::typed_bytes::Framer;
///
/// let mut framer = Framer::default();
/// assert_eq!(framer.advance(&[9, 2, 1, 2])?, None);
/// assert_eq!(framer.advance(&[9, 2, 1, 2, 0, 255, 3])?, Some(6));
/// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Framer {
    walk: Walk,
}

impl Framer {
    /// How many bytes the value takes; `None` when they are not all there. `bytes` are all that came so far, from the
    /// value's first on. After the answer the framer is ready for another value.
    ///
    /// # Errors
    /// Bytes that are no typed bytes, whatever may follow.
    #[inline]
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        loop {
            if self.walk.step(bytes)?.is_none() {
                return Ok(None);
            }
            if self.walk.open.is_empty() {
                return Ok(Some(std::mem::take(&mut self.walk.at)));
            }
        }
    }
}

/// A place in typed bytes, and what is open there.
#[derive(Debug, Clone, Default)]
struct Walk {
    at: usize,
    open: Vec<Open>,
}

/// A vector, list or map that is being read.
#[derive(Debug, Clone, Copy)]
enum Open {
    /// So many values are left.
    Counted(u64),
    /// There are values until the marker.
    Listed,
}

impl Walk {
    /// The next token, if its bytes are all there. After an error the place is the same.
    #[inline]
    fn step<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<Token<'b>>, Error> {
        if let Some(Open::Counted(0)) = self.open.last() {
            self.open.pop();
            return Ok(Some(Token::End));
        }
        let rest = bytes.get(self.at..).unwrap_or_default();
        let Some((&code, content)) = rest.split_first() else { return Ok(None) };
        if code == code::MARKER {
            if !matches!(self.open.last(), Some(Open::Listed)) {
                return Err(self.error(ErrorKind::StrayMarker));
            }
            self.open.pop();
            self.at += 1;
            return Ok(Some(Token::End));
        }
        let (token, length) = match token(code, content) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(kind) => return Err(self.error(kind)),
        };
        let opens = match token {
            Token::Vector(count) => Some(Open::Counted(count as u64)),
            Token::Map(count) => Some(Open::Counted(2 * count as u64)),
            Token::List => Some(Open::Listed),
            _ => None,
        };
        if opens.is_some() && self.open.len() >= MAX_DEPTH {
            return Err(self.error(ErrorKind::TooDeep));
        }
        if let Some(Open::Counted(left)) = self.open.last_mut() {
            *left -= 1;
        }
        self.open.extend(opens);
        self.at += 1 + length;
        Ok(Some(token))
    }

    #[cold]
    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.at)
    }
}

/// The token with this code, and how many bytes of `content` it takes.
#[inline]
fn token(code: u8, content: &[u8]) -> Result<Option<(Token<'_>, usize)>, ErrorKind> {
    /// A number of a fixed width.
    fn fixed<const N: usize>(content: &[u8]) -> Option<([u8; N], usize)> {
        content.first_chunk().map(|bytes| (*bytes, N))
    }
    /// A length or count, which is never negative.
    fn count(content: &[u8]) -> Result<Option<(usize, usize)>, ErrorKind> {
        let Some((bytes, length)) = fixed(content) else { return Ok(None) };
        let count = i32::from_be_bytes(bytes);
        let count = usize::try_from(count).map_err(|_| ErrorKind::NegativeLength(count))?;
        Ok(Some((count, length)))
    }
    /// Bytes behind their length.
    fn counted(content: &[u8]) -> Result<Option<(&[u8], usize)>, ErrorKind> {
        let Some((count, length)) = count(content)? else { return Ok(None) };
        let bytes = content.get(length..).and_then(|bytes| bytes.get(..count));
        Ok(bytes.map(|bytes| (bytes, length + count)))
    }
    Ok(match code {
        code::BYTES => counted(content)?.map(|(bytes, n)| (Token::Bytes(bytes), n)),
        code::BYTE => fixed(content).map(|(bytes, n)| (Token::Byte(i8::from_be_bytes(bytes)), n)),
        code::BOOL => fixed(content).map(|([byte], n)| (Token::Bool(byte != 0), n)),
        code::INT => fixed(content).map(|(bytes, n)| (Token::Int(i32::from_be_bytes(bytes)), n)),
        code::LONG => fixed(content).map(|(bytes, n)| (Token::Long(i64::from_be_bytes(bytes)), n)),
        code::FLOAT => {
            fixed(content).map(|(bytes, n)| (Token::Float(f32::from_be_bytes(bytes)), n))
        }
        code::DOUBLE => {
            fixed(content).map(|(bytes, n)| (Token::Double(f64::from_be_bytes(bytes)), n))
        }
        code::STRING => counted(content)?.map(|(bytes, n)| (Token::String(bytes), n)),
        code::VECTOR => count(content)?.map(|(count, n)| (Token::Vector(count), n)),
        code::LIST => Some((Token::List, 0)),
        code::MAP => count(content)?.map(|(count, n)| (Token::Map(count), n)),
        50..=200 => counted(content)?.map(|(bytes, n)| (Token::Custom(code, bytes), n)),
        unknown => return Err(ErrorKind::UnknownCode(unknown)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> (ErrorKind, Option<u64>) {
        let error = length_of(bytes).unwrap_err();
        (error.kind().clone(), error.offset())
    }

    #[test]
    fn what_is_no_typed_bytes_is_refused_where_it_is() {
        assert_eq!(refused(&[201]), (ErrorKind::UnknownCode(201), Some(0)));
        assert_eq!(refused(&[9, 2, 1, 49]), (ErrorKind::UnknownCode(49), Some(3)));
        assert_eq!(refused(&[255]), (ErrorKind::StrayMarker, Some(0)));
        assert_eq!(refused(&[8, 0, 0, 0, 2, 2, 1, 255]), (ErrorKind::StrayMarker, Some(7)));
        for code in [code::BYTES, code::STRING, code::VECTOR, code::MAP, code::WRITABLE] {
            let bytes = [code, 0xff, 0xff, 0xff, 0xfe];
            assert_eq!(refused(&bytes), (ErrorKind::NegativeLength(-2), Some(0)));
        }
    }

    #[test]
    fn values_within_values_have_a_limit() {
        let lists = |depth| [vec![code::LIST; depth], vec![code::MARKER; depth]].concat();
        assert_eq!(length_of(&lists(MAX_DEPTH)), Ok(Some(2 * MAX_DEPTH)));
        assert_eq!(refused(&lists(MAX_DEPTH + 1)), (ErrorKind::TooDeep, Some(MAX_DEPTH as u64)));
        assert_eq!(refused(&vec![code::LIST; 1 << 20]), (ErrorKind::TooDeep, Some(128)));
    }

    #[test]
    fn a_length_alone_needs_more() {
        for code in [code::BYTES, code::STRING, code::VECTOR, code::MAP, code::WRITABLE] {
            assert_eq!(length_of(&[code, 0x7f, 0xff, 0xff, 0xff]), Ok(None));
            assert_eq!(length_of(&[code, 0x7f, 0xff]), Ok(None));
            assert_eq!(length_of(&[code, 0, 0, 0, 0]), Ok(Some(5)));
        }
        assert_eq!(length_of(&[]), Ok(None));
    }

    #[test]
    fn a_framer_is_ready_for_the_next_value() {
        let mut framer = Framer::default();
        for _ in 0..2 {
            assert_eq!(framer.advance(&[10, 0, 0, 0, 1, 2, 0]), Ok(None));
            assert_eq!(framer.advance(&[10, 0, 0, 0, 1, 2, 0, 2, 0, 2]), Ok(Some(9)));
        }
    }

    #[test]
    fn a_null_is_what_python_and_java_write_for_one() {
        let is_null = |bytes: &[u8]| Reader::new(bytes).token().unwrap().is_null();
        let writable = [&[50, 0, 0, 0, 37][..], NULL_WRITABLE].concat();
        assert!(is_null(&writable));
        assert!(is_null(b"\0\0\0\0\x04\x80\x04N."));
        assert!(!is_null(b"\0\0\0\0\x04\x80\x04K."));
        assert!(!is_null(b"\0\0\0\0\x00"));
        assert!(!is_null(b"\x07\0\0\0\x04null"));
    }
}
