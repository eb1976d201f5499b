//! A reader for JSON as howdah writes it.
//!
//! What travels between a job's steps has no blanks, and is mostly short numbers and plain strings. This reader knows
//! that much of JSON, and is quick at it. Where it meets anything else, or anything wrong, it gives up: `serde_json`
//! then reads the same bytes from their start. So there is one meaning of JSON, and one set of messages.

mod list;

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

pub(crate) use self::list::List;
use super::json::{has_special, special_bytes};

/// How deep arrays and objects may lie in each other: less than `serde_json` allows.
const MOST_DEPTH: u8 = 100;
/// A number of so many digits is always a `u64`.
const MOST_DIGITS: usize = 19;
/// By which name `serde_json` asks for the text of a value.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";
/// By which name we do: the visitor is given a sequence of one part, the text, which has no blanks between its tokens.
/// If it is a list, the sequence's size hint is how many elements that has.
pub(crate) const UNREAD: &str = "$howdah::private::Unread";

/// Reads a value, or gives up.
#[inline]
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut reader = Reader::new(bytes);
    T::deserialize(&mut reader).ok().filter(|_| reader.is_done())
}

/// Reads a value into a place, or gives up: then the place holds something of no meaning.
#[inline]
pub(super) fn read_in_place<T: DeserializeOwned>(bytes: &[u8], place: &mut T) -> bool {
    let mut reader = Reader::new(bytes);
    T::deserialize_in_place(&mut reader, place).is_ok() && reader.is_done()
}

/// It is not for this reader to say what is wrong.
#[derive(Debug)]
struct GaveUp;

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it must be read by serde_json")
    }
}

impl std::error::Error for GaveUp {}

impl de::Error for GaveUp {
    #[cold]
    fn custom<T: fmt::Display>(_: T) -> Self {
        GaveUp
    }
}

type Read<T> = Result<T, GaveUp>;

#[derive(Debug, Clone, Copy)]
struct Reader<'de> {
    bytes: &'de [u8],
    at: usize,
    /// The same bytes, once a string was met and all of them are UTF-8.
    text: &'de str,
    depth: u8,
    /// Whether anything failed, even if a type's own code went on after it.
    gave_up: bool,
}

impl<'de> Reader<'de> {
    #[inline]
    fn new(bytes: &'de [u8]) -> Self {
        Reader { bytes, at: 0, text: "", depth: 0, gave_up: false }
    }

    #[inline]
    fn of_text(text: &'de str) -> Self {
        Reader { text, ..Reader::new(text.as_bytes()) }
    }

    #[inline]
    fn is_done(&self) -> bool {
        self.at == self.bytes.len() && !self.gave_up
    }

    #[cold]
    fn give_up<T>(&mut self) -> Read<T> {
        self.gave_up = true;
        Err(GaveUp)
    }

    /// Notes what a type's own code refused.
    #[inline]
    fn note<T>(&mut self, read: Read<T>) -> Read<T> {
        self.gave_up |= read.is_err();
        read
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The eight bytes at a place, the first of them the lowest.
    #[inline]
    fn word(&self, at: usize) -> Option<u64> {
        self.bytes.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Read<()> {
        if self.peek() != Some(byte) {
            return self.give_up();
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn eat_word(&mut self, word: &[u8]) -> Read<()> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return self.give_up();
        }
        self.at += word.len();
        Ok(())
    }

    /// Eats what opens an array or object.
    #[inline]
    fn open(&mut self, byte: u8) -> Read<()> {
        if self.depth == MOST_DEPTH {
            return self.give_up();
        }
        self.depth += 1;
        self.eat(byte)
    }

    #[inline]
    fn close(&mut self, byte: u8) -> Read<()> {
        self.depth -= 1;
        self.eat(byte)
    }

    #[inline]
    fn text(&mut self) -> Read<&'de str> {
        if self.text.len() != self.bytes.len() {
            match str::from_utf8(self.bytes) {
                Ok(text) => self.text = text,
                Err(_) => return self.give_up(),
            }
        }
        Ok(self.text)
    }

    #[inline]
    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        let start = self.at;
        let is_negative = self.peek() == Some(b'-');
        let first = start + usize::from(is_negative);
        let mut number = 0_u64;
        let mut end = first;
        while let Some(eight) = self.word(end).and_then(eight_digits) {
            number = number.wrapping_mul(100_000_000).wrapping_add(eight);
            end += 8;
        }
        while let Some(byte @ b'0'..=b'9') = self.bytes.get(end) {
            number = number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            end += 1;
        }
        let begins_with_zero = self.bytes.get(first) == Some(&b'0');
        let is_canonical = end > first && !(begins_with_zero && end > first + 1);
        if !is_canonical || end - first > MOST_DIGITS {
            return self.long_number(end, visitor);
        }
        if let Some(b'.' | b'e' | b'E') = self.bytes.get(end) {
            return self.float(visitor);
        }
        self.at = end;
        let read = if !is_negative {
            visitor.visit_u64(number)
        } else if (1..=i64::MAX.cast_unsigned()).contains(&number) {
            visitor.visit_i64(-number.cast_signed())
        } else {
            return self.give_up(); // -0 is a float
        };
        self.note(read)
    }

    /// A number of many digits, up to `end`.
    #[cold]
    fn long_number<V: Visitor<'de>>(&mut self, end: usize, visitor: V) -> Read<V::Value> {
        let is_float = matches!(self.bytes.get(end), Some(b'.' | b'e' | b'E'));
        let begins_well = matches!(self.peek(), Some(b'1'..=b'9'));
        let digits = self.bytes.get(self.at..end).and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(number) if begins_well && !is_float => {
                self.at = end;
                let read = visitor.visit_u64(number);
                self.note(read)
            }
            _ => self.give_up(),
        }
    }

    fn float<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        let rest = &self.bytes[self.at..];
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let len = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let Ok(number) = serde_json::from_slice(&rest[..len]) else { return self.give_up() };
        self.at += len;
        let read = visitor.visit_f64(number);
        self.note(read)
    }

    /// Where the first byte from here is that does not stand for itself in a string.
    #[inline]
    fn end_of_plain(&self, mut at: usize) -> usize {
        // Most strings end within two words, before sixteen bytes at once are worth it.
        match self.end_in_words(&mut at, 2) {
            Some(end) => end,
            None => self.end_of_long_plain(at),
        }
    }

    /// The same for what goes on.
    #[inline(never)]
    fn end_of_long_plain(&self, mut at: usize) -> usize {
        while let Some(block) = self.bytes.get(at..).and_then(<[u8]>::first_chunk)
            && !has_special(block)
        {
            at += block.len();
        }
        if let Some(end) = self.end_in_words(&mut at, usize::MAX) {
            return end;
        }
        while let Some(byte) = self.bytes.get(at) {
            if matches!(byte, 0..0x20 | b'"' | b'\\') {
                break;
            }
            at += 1;
        }
        at
    }

    /// The same within some whole words; `None`, and `at` behind them, if it is not there.
    #[inline]
    fn end_in_words(&self, at: &mut usize, most: usize) -> Option<usize> {
        for _ in 0..most {
            let special = special_bytes(self.word(*at)?);
            if special != 0 {
                return Some(*at + special.trailing_zeros() as usize / 8);
            }
            *at += 8;
        }
        None
    }

    #[inline]
    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        self.eat(b'"')?;
        let start = self.at;
        let end = self.end_of_plain(start);
        match self.bytes.get(end) {
            Some(b'"') => {
                let Some(plain) = self.text()?.get(start..end) else { return self.give_up() };
                self.at = end + 1;
                let read = visitor.visit_borrowed_str(plain);
                self.note(read)
            }
            Some(b'\\') => {
                let string: String = self.escaped(start - 1, end)?;
                let read = visitor.visit_str(&string);
                self.note(read)
            }
            _ => self.give_up(),
        }
    }

    /// A string with its first backslash at `at`.
    #[cold]
    fn escaped<T: DeserializeOwned>(&mut self, start: usize, mut at: usize) -> Read<T> {
        while self.bytes.get(at) == Some(&b'\\') {
            at = self.end_of_plain(at + 2);
        }
        let string = self.bytes.get(start..=at).and_then(|json| serde_json::from_slice(json).ok());
        let Some(string) = string else { return self.give_up() };
        self.at = at + 1;
        Ok(string)
    }

    /// Passes over a value.
    fn skip(&mut self) -> Read<()> {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'[') => self.skip_list().map(drop),
            Some(b'{') => self.skip_object(),
            Some(b'n') => self.eat_word(b"null"),
            Some(b't') => self.eat_word(b"true"),
            Some(b'f') => self.eat_word(b"false"),
            _ => self.number(IgnoredAny).map(drop),
        }
    }

    /// Passes over strings and the commas behind them, as far as they are plain: the longest lists are of such. Gives how
    /// many these were.
    #[inline]
    fn skip_plain_strings(&mut self) -> usize {
        let (mut at, mut count) = (self.at, 0);
        while self.bytes.get(at) == Some(&b'"') {
            let end = self.end_of_plain(at + 1);
            if !matches!(self.bytes.get(end..), Some([b'"', b',', ..])) {
                break;
            }
            at = end + 2;
            count += 1;
        }
        self.at = at;
        count
    }

    /// Passes over a list; gives how many elements it has.
    fn skip_list(&mut self) -> Read<usize> {
        self.open(b'[')?;
        let mut count = 0;
        while self.peek() != Some(b']') {
            if count > 0 {
                self.eat(b',')?;
            }
            count += 1 + self.skip_plain_strings();
            self.skip()?;
        }
        self.close(b']')?;
        Ok(count)
    }

    fn skip_object(&mut self) -> Read<()> {
        self.open(b'{')?;
        let mut is_first = true;
        while self.peek() != Some(b'}') {
            if !std::mem::take(&mut is_first) {
                self.eat(b',')?;
            }
            self.skip_string()?;
            self.eat(b':')?;
            self.skip()?;
        }
        self.close(b'}')
    }

    #[inline]
    fn skip_string(&mut self) -> Read<()> {
        self.eat(b'"')?;
        let start = self.at;
        let end = self.end_of_plain(start);
        match self.bytes.get(end) {
            Some(b'"') => {
                self.at = end + 1;
                Ok(())
            }
            Some(b'\\') => self.escaped::<String>(start - 1, end).map(drop),
            _ => self.give_up(),
        }
    }

    /// Passes over a value, and gives its text.
    #[inline]
    fn skipped(&mut self) -> Read<Skipped<'de>> {
        let start = self.at;
        let elements = match self.peek() {
            Some(b'[') => Some(self.skip_list()?),
            _ => self.skip().map(|()| None)?,
        };
        match self.text()?.get(start..self.at) {
            Some(json) => Ok(Skipped { json, elements }),
            None => self.give_up(),
        }
    }

    /// The text of a value, as `serde_json` hands it to its own type.
    fn raw_value<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        let skipped = self.skipped()?;
        let [key, value] = [RAW_VALUE, skipped.json].map(BorrowedStrDeserializer::<GaveUp>::new);
        let read = visitor.visit_map(MapDeserializer::new(std::iter::once((key, value))));
        self.note(read)
    }

    /// What lies between an opening and a closing byte, as `inner` reads it.
    #[inline]
    fn within<T>(
        &mut self,
        [open, close]: [u8; 2],
        inner: impl FnOnce(&mut Self) -> Read<T>,
    ) -> Read<T> {
        self.open(open)?;
        let read = inner(self);
        let value = self.note(read)?;
        self.close(close)?;
        Ok(value)
    }

    #[inline]
    fn seq<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        self.within(*b"[]", |reader| visitor.visit_seq(Parts::new(reader)))
    }

    #[inline]
    fn map<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        self.within(*b"{}", |reader| visitor.visit_map(Parts::new(reader)))
    }

    #[inline]
    fn unit<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        self.eat_word(b"null")?;
        let read = visitor.visit_unit();
        self.note(read)
    }

    #[inline]
    fn bool<V: Visitor<'de>>(&mut self, visitor: V) -> Read<V::Value> {
        let value = self.peek() == Some(b't');
        self.eat_word(if value { b"true" } else { b"false" })?;
        let read = visitor.visit_bool(value);
        self.note(read)
    }
}

/// A value that was passed over.
struct Skipped<'de> {
    json: &'de str,
    /// If it is a list, how many elements it has.
    elements: Option<usize>,
}

/// As [`UNREAD`] asks for it.
impl<'de> SeqAccess<'de> for Skipped<'de> {
    type Error = GaveUp;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        seed.deserialize(BorrowedStrDeserializer::new(self.json)).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.elements
    }
}

/// The number that eight digits are; the first of them is the lowest byte.
#[inline]
fn eight_digits(word: u64) -> Option<u64> {
    const EACH: u64 = u64::MAX / 255;
    let digits = word ^ (EACH * u64::from(b'0'));
    // More than 9 reaches a byte's highest bit here, if it was not there before.
    if (digits.wrapping_add(EACH * (0x7f - 9)) | digits) & (EACH << 7) != 0 {
        return None;
    }
    // Neighbours are joined: ones to pairs, pairs to fours, fours to all eight.
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000 << 32 | 1) >> 32)
}

macro_rules! all_by {
    ($way:ident: $($method:ident)*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            self.$way(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = GaveUp;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.peek() {
            Some(b'"') => self.string(visitor),
            Some(b'[') => self.seq(visitor),
            Some(b'{') => self.map(visitor),
            Some(b'n') => self.unit(visitor),
            Some(b't' | b'f') => self.bool(visitor),
            _ => self.number(visitor),
        }
    }

    all_by!(number: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    all_by!(number: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f64);
    all_by!(string: deserialize_char deserialize_str deserialize_string deserialize_identifier);
    all_by!(seq: deserialize_seq);
    all_by!(map: deserialize_map);
    all_by!(unit: deserialize_unit);
    all_by!(bool: deserialize_bool);

    // What is rare, and has rules of its own.
    fn deserialize_i128<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        self.give_up()
    }

    fn deserialize_u128<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        self.give_up()
    }

    fn deserialize_f32<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        self.give_up()
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        self.give_up()
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        self.give_up()
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        let read = if self.peek() == Some(b'n') {
            self.eat_word(b"null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(&mut *self)
        };
        self.note(read)
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Read<V::Value> {
        self.unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Read<V::Value> {
        if name == UNREAD {
            let skipped = self.skipped()?;
            let read = visitor.visit_seq(skipped);
            return self.note(read);
        }
        if name == RAW_VALUE {
            return self.raw_value(visitor);
        }
        let read = visitor.visit_newtype_struct(&mut *self);
        self.note(read)
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        self.seq(visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Read<V::Value> {
        self.seq(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        if self.peek() == Some(b'[') { self.seq(visitor) } else { self.map(visitor) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        if self.peek() == Some(b'"') {
            let read = visitor.visit_enum(Variant { reader: &mut *self, has_content: false });
            return self.note(read);
        }
        self.within(*b"{}", |reader| visitor.visit_enum(Variant { reader, has_content: true }))
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.skip()?;
        let read = visitor.visit_unit();
        self.note(read)
    }
}

/// The elements of an array, or the entries of an object.
struct Parts<'r, 'de> {
    reader: &'r mut Reader<'de>,
    is_first: bool,
}

impl<'r, 'de> Parts<'r, 'de> {
    #[inline]
    fn new(reader: &'r mut Reader<'de>) -> Self {
        Parts { reader, is_first: true }
    }

    /// Whether there is one more.
    #[inline]
    fn has_next(&mut self, close: u8) -> Read<bool> {
        if self.reader.peek() == Some(close) {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.eat(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = GaveUp;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        if !self.has_next(b']')? {
            return Ok(None);
        }
        let read = seed.deserialize(&mut *self.reader);
        self.reader.note(read).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = GaveUp;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        if !self.has_next(b'}')? {
            return Ok(None);
        }
        if self.reader.peek() != Some(b'"') {
            return self.reader.give_up();
        }
        let read = seed.deserialize(EntryKey(&mut *self.reader));
        self.reader.note(read).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Read<V::Value> {
        self.reader.eat(b':')?;
        let read = seed.deserialize(&mut *self.reader);
        self.reader.note(read)
    }
}

/// The key of a map's entry: a string, perhaps with a number in it.
struct EntryKey<'r, 'de>(&'r mut Reader<'de>);

impl<'de> EntryKey<'_, 'de> {
    #[inline]
    fn string<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.0.string(visitor)
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.0.eat(b'"')?;
        let value = self.0.number(visitor)?;
        self.0.eat(b'"')?;
        Ok(value)
    }

    #[cold]
    fn give_up<V: Visitor<'de>>(self, _: V) -> Read<V::Value> {
        self.0.give_up()
    }
}

impl<'de> Deserializer<'de> for EntryKey<'_, 'de> {
    type Error = GaveUp;

    all_by!(string: deserialize_any deserialize_char deserialize_str deserialize_string);
    all_by!(string: deserialize_identifier);
    all_by!(number: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    all_by!(number: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    all_by!(give_up: deserialize_bool deserialize_i128 deserialize_u128 deserialize_f32);
    all_by!(give_up: deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit);
    all_by!(give_up: deserialize_option deserialize_seq deserialize_map deserialize_ignored_any);

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, _: V) -> Read<V::Value> {
        self.0.give_up()
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Read<V::Value> {
        if name == RAW_VALUE {
            return self.0.give_up();
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, _: V) -> Read<V::Value> {
        self.0.give_up()
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        _: V,
    ) -> Read<V::Value> {
        self.0.give_up()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Read<V::Value> {
        self.0.give_up()
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.0.deserialize_enum(name, variants, visitor)
    }
}

/// A variant: `"NAME"`, or `"NAME":CONTENT` between braces.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    has_content: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = GaveUp;
    type Variant = Self;

    #[inline]
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Read<(V::Value, Self)> {
        let read = seed.deserialize(&mut *self.reader);
        let variant = self.reader.note(read)?;
        if self.has_content {
            self.reader.eat(b':')?;
        }
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = GaveUp;

    #[inline]
    fn unit_variant(self) -> Read<()> {
        if self.has_content { self.reader.eat_word(b"null") } else { Ok(()) }
    }

    #[inline]
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Read<T::Value> {
        if !self.has_content {
            return self.reader.give_up();
        }
        let read = seed.deserialize(&mut *self.reader);
        self.reader.note(read)
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        if self.has_content { self.reader.seq(visitor) } else { self.reader.give_up() }
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        if self.has_content {
            self.reader.deserialize_struct("", fields, visitor)
        } else {
            self.reader.give_up()
        }
    }
}

#[cfg(test)]
mod tests;
