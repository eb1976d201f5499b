//! JSON: the protocol between a job's steps, and its default output.
//!
//! Reading is `serde_json`'s, behind a reader that knows only what howdah writes (`lean`). Writing is our own
//! serializer, for three rules that a shuffle needs and `serde_json` does not have: NaN and infinities are refused
//! instead of becoming `null`; the entries of a map are written in order of their keys, so that equal maps have equal
//! bytes; and no map is written into a key. What it writes is otherwise byte for byte what `serde_json` writes.

use std::any::{Any, type_name};
use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use howdah_plan::{LineForm, RecordSink, TaskError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::ser::{self, Impossible, Serialize, Serializer};
use serde_json::value::RawValue;

pub(crate) use super::lean::{RAW_VALUE, UNREAD};
use super::scalar::{Scalars, WordSink};
use super::{Input, WriteError, finite, lean, refused};
use crate::key::Data;

/// The name of a newtype around a string that is known to need no escapes. To other writers it is its string.
pub(crate) const PLAIN: &str = "$howdah::private::Plain";

/// Records of an earlier step, or of another job: lines of `key TAB value`, both JSON.
///
/// The mapper gets references; strings and vectors are read into the same place again and again. One TAB at the
/// end of a line, which Hadoop Streaming leaves there after lines without a value, does no harm.
///
/// ```
/// use howdah::{Flow, Out, Pairs, test};
///
/// let plan = Flow::<Pairs<String, u64>>::read()
///     .map_fn(|(word, n), out: &mut Out<u64, String>| out.emit(n, word))
///     .map_only()
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["\"a\"\t3"]).run().unwrap().text(), "3\t\"a\"\n");
/// ```
#[derive(Debug)]
pub struct Pairs<K, V>(PhantomData<fn() -> (K, V)>);

/// The reused places of a record.
#[derive(Debug)]
pub struct PairSlot<K, V> {
    key: Option<K>,
    value: Option<V>,
}

impl<K, V> Default for PairSlot<K, V> {
    fn default() -> Self {
        PairSlot { key: None, value: None }
    }
}

impl<K: Data, V: Data> Input for Pairs<K, V> {
    type Record<'a> = (&'a K, &'a V);
    type Slot = PairSlot<K, V>;
    const FORM: LineForm = LineForm::JsonPair;

    fn decode<'a>(slot: &'a mut Self::Slot, line: &'a [u8]) -> Result<Self::Record<'a>, TaskError> {
        let Some(tab) = memchr::memchr(b'\t', line) else {
            let why = "it has no TAB between a key and a value";
            return Err(TaskError::decode("record", "`key TAB value` in JSON", line, why));
        };
        read_into(&mut slot.key, &line[..tab], "key")?;
        read_into(&mut slot.value, &line[tab + 1..], "value")?;
        match (&slot.key, &slot.value) {
            (Some(key), Some(value)) => Ok((key, value)),
            _ => unreachable!("both were just read"),
        }
    }
}

/// A JSON document a line, without a key.
///
/// ```
/// use howdah::{Flow, JsonLines, Out, test};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Visit {
///     page: String,
/// }
///
/// let plan = Flow::<JsonLines<Visit>>::read()
///     .map_fn(|visit, out: &mut Out<String, u64>| out.emit(&visit.page, 1))
///     .map_only()
///     .plan();
/// let ran = test::plan(&plan).lines([r#"{"page": "/", "at": "noon"}"#]).run().unwrap();
/// assert_eq!(ran.text(), "\"/\"\t1\n");
/// ```
#[derive(Debug)]
pub struct JsonLines<T>(PhantomData<fn() -> T>);

/// The reused place of a document.
#[derive(Debug)]
pub struct DocumentSlot<T>(Option<T>);

impl<T> Default for DocumentSlot<T> {
    fn default() -> Self {
        DocumentSlot(None)
    }
}

impl<T: Data> Input for JsonLines<T> {
    type Record<'a> = &'a T;
    type Slot = DocumentSlot<T>;
    const FORM: LineForm = LineForm::JsonValue;

    fn decode<'a>(slot: &'a mut Self::Slot, line: &'a [u8]) -> Result<&'a T, TaskError> {
        read_into(&mut slot.0, line, "record")?;
        match &slot.0 {
            Some(document) => Ok(document),
            None => unreachable!("it was just read"),
        }
    }
}

/// Reads a value.
#[inline]
pub(crate) fn read<T: DeserializeOwned + 'static>(
    bytes: &[u8],
    what: &'static str,
) -> Result<T, TaskError> {
    match short_number(bytes) {
        Some(number) => Ok(number),
        None => read_any(bytes, what),
    }
}

/// Reads a number of few digits, if that is what is asked for and what is there: most values of most jobs are counts.
///
/// Most of all a word count's values are so; through the reader they would take 8 % more of its instructions.
#[inline]
fn short_number<T: 'static>(bytes: &[u8]) -> Option<T> {
    const MOST_DIGITS: usize = 18; // an i64 holds more of them
    let mut number: Option<T> = None;
    let place: &mut dyn Any = &mut number;
    let is_canonical = matches!(bytes, [b'1'..=b'9', ..] | [b'0']) && bytes.len() <= MOST_DIGITS;
    if !is_canonical {
        return None;
    }
    let read = || {
        bytes.iter().try_fold(0, |number: u64, &byte| {
            let digit = byte.wrapping_sub(b'0');
            (digit <= 9).then(|| number * 10 + u64::from(digit))
        })
    };
    if let Some(place) = place.downcast_mut::<Option<u64>>() {
        *place = read();
    } else if let Some(place) = place.downcast_mut::<Option<i64>>() {
        *place = read().map(u64::cast_signed);
    }
    number
}

fn read_any<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, TaskError> {
    match lean::read(bytes) {
        Some(value) => Ok(value),
        None => read_fully(bytes, what),
    }
}

/// Reads a value that may be any JSON.
#[cold]
fn read_fully<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, TaskError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    T::deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| unreadable::<T>(what, bytes, &error))
}

/// Reads a value into the place of the one before it, with the memory that it had.
///
/// On success the place holds a value.
pub(crate) fn read_into<T: DeserializeOwned>(
    place: &mut Option<T>,
    bytes: &[u8],
    what: &'static str,
) -> Result<(), TaskError> {
    match place {
        Some(place) => {
            if lean::read_in_place(bytes, place) {
                return Ok(());
            }
            read_fully_into(place, bytes, what)
        }
        None => read_any(bytes, what).map(|value| *place = Some(value)),
    }
}

/// The same for a value that may be any JSON.
#[cold]
fn read_fully_into<T: DeserializeOwned>(
    place: &mut T,
    bytes: &[u8],
    what: &'static str,
) -> Result<(), TaskError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Deserialize::deserialize_in_place(&mut reader, place)
        .and_then(|()| reader.end())
        .map_err(|error| unreadable::<T>(what, bytes, &error))
}

/// The elements of a list, to be read one after the other.
#[derive(Debug)]
pub(crate) enum Elements<'j> {
    /// Of a list as howdah writes it.
    Lean(lean::List<'j>),
    /// Of any other.
    Any(std::vec::IntoIter<&'j RawValue>),
}

impl<'j> Elements<'j> {
    /// Of a text that is a list, it is hoped.
    pub(crate) fn of(json: &'j str, what: &'static str) -> Result<Self, TaskError> {
        if let Some(list) = lean::List::of(json) {
            return Ok(Elements::Lean(list));
        }
        let elements: Vec<&RawValue> = serde_json::from_str(json)
            .map_err(|error| unreadable::<Vec<&RawValue>>(what, json.as_bytes(), &error))?;
        Ok(Elements::Any(elements.into_iter()))
    }

    /// Of a text that was found to be a list of so many, when it was read as [`UNREAD`].
    #[inline]
    pub(crate) fn counted(json: &'j str, elements: u32) -> Self {
        Elements::Lean(lean::List::counted(json, elements as usize))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Elements::Lean(list) => list.len(),
            Elements::Any(elements) => elements.len(),
        }
    }

    /// Reads the next element into the place of the one before it, with the memory that it had; `false` if there is
    /// none.
    #[inline]
    pub(crate) fn next_into<T: DeserializeOwned>(
        &mut self,
        place: &mut Option<T>,
        what: &'static str,
    ) -> Result<bool, TaskError> {
        let left = match self {
            Elements::Lean(list) => list.next_into(place),
            Elements::Any(elements) => elements.next().map(|element| Err(element.get())),
        };
        match left {
            None => Ok(false),
            Some(Ok(())) => Ok(true),
            Some(Err(json)) => read_into(place, json.as_bytes(), what).map(|()| true),
        }
    }

    /// The text of the next element, and goes on behind it, if it is found to be a string that needs no escapes.
    #[inline]
    pub(crate) fn next_plain(&mut self) -> Option<&'j str> {
        match self {
            Elements::Lean(list) => list.next_plain(),
            Elements::Any(_) => None,
        }
    }
}

#[cold]
fn unreadable<T>(what: &'static str, bytes: &[u8], error: &serde_json::Error) -> TaskError {
    let text = error.to_string();
    // A record is one line: only the column says something, and a line's number would be taken for the file's.
    let why = match text.rsplit_once(" at line 1 column ") {
        Some((why, column)) => format!("{why}, at its byte {column}"),
        None => text,
    };
    TaskError::decode(what, type_name::<T>(), bytes, why)
}

/// Writes a record under a key whose bytes are known.
pub(crate) fn write_under<V: Serialize>(
    records: &mut dyn RecordSink,
    key: &[u8],
    value: &V,
) -> Result<(), TaskError> {
    records.key().extend_from_slice(key);
    match write(records.value(), value, Role::Value) {
        Ok(()) => records.end(),
        Err(error) => Err(refused(records, "value", error)),
    }
}

/// What a value is in its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Key,
    Value,
}

/// Appends a value as JSON, without a line end.
#[inline]
pub(crate) fn write<T: Serialize>(
    out: &mut Vec<u8>,
    value: &T,
    role: Role,
) -> Result<(), WriteError> {
    value.serialize(&mut Writer { out, role })
}

/// The serializer.
struct Writer<'o> {
    out: &'o mut Vec<u8>,
    role: Role,
}

/// Appends text as it stands between the quotes of a string.
#[inline]
fn escape(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        escape_each(out, text.as_bytes());
    }
}

/// Whether no byte needs an escape. Eight of them are looked at together, the last of them twice.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk() {
        let (blocks, _) = bytes.as_chunks();
        return !blocks.iter().any(has_special) && !has_special(last);
    }
    let (words, _) = bytes.as_chunks::<8>();
    if let Some(last) = bytes.last_chunk::<8>() {
        return words
            .iter()
            .chain([last])
            .all(|word| special_bytes(u64::from_le_bytes(*word)) == 0);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let halves = [u32::from_le_bytes(*first), u32::from_le_bytes(*last)];
        return special_bytes(u64::from(halves[0]) << 32 | u64::from(halves[1])) == 0;
    }
    bytes.iter().all(|byte| !matches!(byte, 0..0x20 | b'"' | b'\\'))
}

/// Whether any of sixteen bytes is a control character, a quote or a backslash: each of the three differences is 0 for one
/// of them. Written so, the compiler looks at all sixteen at once.
#[inline]
pub(super) fn has_special(block: &[u8; 16]) -> bool {
    block
        .iter()
        .fold(false, |found, &byte| found | ((byte & 0xe0).min(byte ^ b'"').min(byte ^ b'\\') == 0))
}

/// Marks those of eight bytes that are control characters, quotes or backslashes: the highest bit of the lowest of them
/// is set, and no bit below it.
///
/// `(x - n) & !x` has a byte's highest bit where that byte is less than `n`, up to 128; above the lowest such byte it
/// may have others, which changes nothing of where that is. After `x ^ b` the byte `b` is 0.
#[inline]
pub(super) fn special_bytes(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    let less = |word: u64, than: u8| word.wrapping_sub(EACH * u64::from(than)) & !word;
    let quote = word ^ (EACH * u64::from(b'"'));
    let backslash = word ^ (EACH * u64::from(b'\\'));
    (less(word, 0x20) | less(quote, 1) | less(backslash, 1)) & (EACH << 7)
}

/// The same as [`escape`], byte by byte.
#[cold]
fn escape_each(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
}

impl Writer<'_> {
    #[inline]
    fn string(&mut self, text: &str) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        escape(self.out, text);
        self.out.push(b'"');
    }

    #[inline]
    fn integer(&mut self, number: impl itoa::Integer) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    #[inline]
    fn open(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Opens `{"VARIANT":`.
    fn variant(&mut self, name: &str) {
        self.out.push(b'{');
        self.string(name);
        self.out.push(b':');
    }
}

macro_rules! integers {
    ($($method:ident $type:ty)*) => { $(
        #[inline]
        fn $method(self, number: $type) -> Result<(), WriteError> {
            self.integer(number);
            Ok(())
        }
    )* };
}

impl<'w, 'o> Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Parts<'w, 'o>;
    type SerializeTuple = Parts<'w, 'o>;
    type SerializeTupleStruct = Parts<'w, 'o>;
    type SerializeTupleVariant = Parts<'w, 'o>;
    type SerializeMap = Entries<'w, 'o>;
    type SerializeStruct = Parts<'w, 'o>;
    type SerializeStructVariant = Parts<'w, 'o>;

    integers!(
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
    );

    fn serialize_bool(self, value: bool) -> Result<(), WriteError> {
        self.open(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), WriteError> {
        finite(number.into())?;
        serde_json::to_writer(&mut *self.out, &number).map_err(ser::Error::custom)
    }

    fn serialize_f64(self, number: f64) -> Result<(), WriteError> {
        finite(number)?;
        serde_json::to_writer(&mut *self.out, &number).map_err(ser::Error::custom)
    }

    fn serialize_char(self, value: char) -> Result<(), WriteError> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), WriteError> {
        self.string(text);
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        struct Escaped<'a>(&'a mut Vec<u8>);
        impl fmt::Write for Escaped<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                escape(self.0, text);
                Ok(())
            }
        }
        self.out.push(b'"');
        write!(Escaped(self.out), "{value}").map_err(ser::Error::custom)?;
        self.out.push(b'"');
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), WriteError> {
        ser::SerializeSeq::end(bytes.iter().try_fold(
            self.serialize_seq(None)?,
            |mut list, byte| {
                ser::SerializeSeq::serialize_element(&mut list, byte)?;
                Ok::<_, WriteError>(list)
            },
        )?)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), WriteError> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), WriteError> {
        self.open(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), WriteError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), WriteError> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        if name == PLAIN {
            return value.serialize(Scalars(Plain(self)));
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'w, 'o>, WriteError> {
        self.open(b"[");
        Ok(Parts::new(self, b"]"))
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Parts<'w, 'o>, WriteError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Parts<'w, 'o>, WriteError> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'w, 'o>, WriteError> {
        self.variant(variant);
        self.open(b"[");
        Ok(Parts::new(self, b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'w, 'o>, WriteError> {
        if self.role == Role::Key {
            return Err(WriteError::new(
                "a map cannot be part of a key, because one map can be written in many ways; \
                 use a vector of sorted entries",
            ));
        }
        self.open(b"{");
        let start = self.out.len();
        Ok(Entries { writer: self, start, ends: Vec::new() })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'w, 'o>, WriteError> {
        // Two types of serde_json pass JSON text through a struct with a name of its own.
        if name.starts_with("$serde_json::private::") {
            return Ok(Parts { verbatim: true, ..Parts::new(self, b"") });
        }
        self.open(b"{");
        Ok(Parts::new(self, b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'w, 'o>, WriteError> {
        self.variant(variant);
        self.open(b"{");
        Ok(Parts::new(self, b"}}"))
    }
}

/// The parts of an array or of a struct.
struct Parts<'w, 'o> {
    writer: &'w mut Writer<'o>,
    close: &'static [u8],
    first: bool,
    verbatim: bool,
}

impl<'w, 'o> Parts<'w, 'o> {
    #[inline]
    fn new(writer: &'w mut Writer<'o>, close: &'static [u8]) -> Self {
        Parts { writer, close, first: true, verbatim: false }
    }

    #[inline]
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        if !std::mem::replace(&mut self.first, false) {
            self.writer.out.push(b',');
        }
        value.serialize(&mut *self.writer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), WriteError> {
        if self.verbatim {
            return self.json(value);
        }
        if !std::mem::replace(&mut self.first, false) {
            self.writer.out.push(b',');
        }
        self.writer.string(name);
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    /// Writes a string that is JSON already.
    fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(Scalars(Verbatim(self.writer)))
    }

    #[inline]
    #[allow(clippy::unnecessary_wraps)] // what every `end` returns
    fn close(self) -> Result<(), WriteError> {
        self.writer.open(self.close);
        Ok(())
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident)*) => { $(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = WriteError;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
                self.part(value)
            }
            #[inline]
            fn end(self) -> Result<(), WriteError> {
                self.close()
            }
        }
    )* };
}
parts!(
    SerializeSeq serialize_element SerializeTuple serialize_element
    SerializeTupleStruct serialize_field SerializeTupleVariant serialize_field
);

macro_rules! fields {
    ($($trait:ident)*) => { $(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = WriteError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), WriteError> {
                self.field(name, value)
            }
            fn end(self) -> Result<(), WriteError> {
                self.close()
            }
        }
    )* };
}
fields!(SerializeStruct SerializeStructVariant);

/// The entries of a map.
struct Entries<'w, 'o> {
    writer: &'w mut Writer<'o>,
    /// Where the first entry begins.
    start: usize,
    /// Where each entry's key and the entry end.
    ends: Vec<(usize, usize)>,
}

impl ser::SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = WriteError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WriteError> {
        if !self.ends.is_empty() {
            self.writer.out.push(b',');
        }
        key.serialize(Scalars(EntryKey(self.writer)))?;
        let end = self.writer.out.len();
        self.ends.push((end, end));
        self.writer.out.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(&mut *self.writer)?;
        if let Some((_, end)) = self.ends.last_mut() {
            *end = self.writer.out.len();
        }
        Ok(())
    }

    fn end(self) -> Result<(), WriteError> {
        let out = &mut *self.writer.out;
        let mut begin = self.start;
        let mut entries: Vec<(usize, usize, usize)> = Vec::with_capacity(self.ends.len());
        for (key_end, end) in self.ends {
            entries.push((begin, key_end, end));
            begin = end + 1;
        }
        if !entries.is_sorted_by(|&a, &b| key(out, a) <= key(out, b)) {
            let unsorted = out[self.start..].to_vec();
            let shift = self.start;
            for (begin, key_end, end) in &mut entries {
                *begin -= shift;
                *key_end -= shift;
                *end -= shift;
            }
            entries.sort_by(|&a, &b| key(&unsorted, a).cmp(key(&unsorted, b)));
            out.truncate(self.start);
            for (i, (begin, _, end)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(&unsorted[begin..end]);
            }
        }
        out.push(b'}');
        Ok(())
    }
}

/// An entry's key, between its quotes: so that `a` comes before `a b`.
fn key(bytes: &[u8], (begin, key_end, _): (usize, usize, usize)) -> &[u8] {
    &bytes[begin + 1..key_end - 1]
}

/// The key of a map's entry: JSON has only strings there.
struct EntryKey<'w, 'o>(&'w mut Writer<'o>);

impl WordSink for EntryKey<'_, '_> {
    const PLACE: &'static str = "the key of a map's entry";

    fn word(self, text: &str) -> Result<(), WriteError> {
        self.0.string(text);
        Ok(())
    }

    fn bytes(self, _: &[u8]) -> Result<(), WriteError> {
        Err(WriteError::new("the key of a map's entry cannot be bytes"))
    }
}

/// A string that is JSON already.
struct Verbatim<'w, 'o>(&'w mut Writer<'o>);

impl WordSink for Verbatim<'_, '_> {
    const PLACE: &'static str = "raw JSON";

    fn word(self, text: &str) -> Result<(), WriteError> {
        if memchr::memchr3(b'\n', b'\r', b'\t', text.as_bytes()).is_some() {
            return Err(WriteError::new("it holds raw JSON with a line end or a TAB in it"));
        }
        self.0.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn bytes(self, _: &[u8]) -> Result<(), WriteError> {
        Err(WriteError::new("raw JSON cannot be bytes"))
    }
}

/// A string that is known to need no escapes.
struct Plain<'w, 'o>(&'w mut Writer<'o>);

impl WordSink for Plain<'_, '_> {
    const PLACE: &'static str = "a plain string";

    #[inline]
    fn word(self, text: &str) -> Result<(), WriteError> {
        let out = &mut *self.0.out;
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        Ok(())
    }

    fn bytes(self, _: &[u8]) -> Result<(), WriteError> {
        Err(WriteError::new("a plain string cannot be bytes"))
    }
}

/// No word has parts.
pub(super) type NoParts = Impossible<(), WriteError>;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde::Serialize;

    use super::*;

    fn value<T: Serialize>(value: &T) -> Result<String, String> {
        let mut out = Vec::new();
        write(&mut out, value, Role::Value).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn as_key<T: Serialize>(value: &T) -> Result<String, String> {
        let mut out = Vec::new();
        write(&mut out, value, Role::Key).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[derive(Serialize)]
    enum Shape {
        Point,
        Circle(f64),
        Line(i8, i8),
        Named { name: &'static str, sides: Option<u8> },
    }

    #[derive(Serialize)]
    struct Everything<'a> {
        shapes: [Shape; 4],
        unit: (),
        text: &'a str,
        c: char,
        big: (u128, i128, u64, i64),
        floats: (f32, f64, f64, f64),
        wrapped: Wrapped<'a>,
        address: std::net::Ipv6Addr,
        map: BTreeMap<i32, Vec<bool>>,
    }

    #[derive(Serialize)]
    struct Wrapped<'a>(&'a [u8]);

    fn everything(text: &str) -> Everything<'_> {
        Everything {
            shapes: [
                Shape::Point,
                Shape::Circle(0.1),
                Shape::Line(-128, 127),
                Shape::Named { name: "tri", sides: None },
            ],
            unit: (),
            text,
            c: '\t',
            big: (u128::MAX, i128::MIN, u64::MAX, i64::MIN),
            floats: (0.1, 1e300, -0.0, 5e-324),
            wrapped: Wrapped(b"ab"),
            address: std::net::Ipv6Addr::LOCALHOST,
            map: [(-5, vec![true]), (1, vec![]), (3, vec![false, true])].into(),
        }
    }

    #[test]
    fn it_writes_what_serde_json_writes() {
        let all: String = (0u8..=255).map(char::from).chain("\u{2028}é漢🐘".chars()).collect();
        for text in ["", "plain", &all] {
            let record = everything(text);
            assert_eq!(value(&record).unwrap(), serde_json::to_string(&record).unwrap());
        }
        let document: serde_json::Value =
            serde_json::from_str(r#"{"a":[1,2.5,null,{"b":"c"}],"é":-1}"#).unwrap();
        assert_eq!(value(&document).unwrap(), serde_json::to_string(&document).unwrap());
    }

    #[test]
    fn nan_and_infinities_are_refused_anywhere() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(value(&number).is_err());
            assert!(value(&vec![Some((1, number))]).is_err());
            assert!(value(&HashMap::from([("x", number)])).is_err());
            assert!(as_key(&number).is_err());
        }
        assert!(value(&f32::NAN).unwrap_err().starts_with("it holds NaN, which"));
        assert!(value(&f32::NEG_INFINITY).unwrap_err().starts_with("it holds an infinity, which"));
    }

    #[test]
    fn equal_maps_have_equal_bytes() {
        let words = ["b", "a", "a b", "ab", "a\"", "", "zz"];
        let map: HashMap<_, _> = words.iter().map(|word| (*word, word.len())).collect();
        let expected = r#"{"":0,"a":1,"a b":3,"a\"":2,"ab":2,"b":1,"zz":2}"#;
        for _ in 0..20 {
            let again: HashMap<_, _> = map.clone().into_iter().collect();
            assert_eq!(value(&again).unwrap(), expected);
            assert_eq!(value(&(1, &again)).unwrap(), format!("[1,{expected}]"));
        }
        let numbers =
            HashMap::from([(10, HashMap::from([(true, 1), (false, 2)])), (9, HashMap::new())]);
        assert_eq!(value(&numbers).unwrap(), r#"{"10":{"false":2,"true":1},"9":{}}"#);
    }

    #[test]
    fn a_map_within_a_key_is_refused() {
        assert!(as_key(&(1, BTreeMap::from([("a", 1)]))).unwrap_err().starts_with("a map cannot"));
        assert_eq!(as_key(&("a", 1)).unwrap(), r#"["a",1]"#);
    }

    #[test]
    fn floats_come_back_to_the_bit() {
        for number in [0.1, 1.0 / 3.0, 9_007_199_254_740_993.0, 5e-324, f64::MAX, 1e23] {
            let text = value(&number).unwrap();
            assert_eq!(read::<f64>(text.as_bytes(), "value").unwrap().to_bits(), number.to_bits());
        }
    }

    #[test]
    fn an_unreadable_value_says_what_and_where() {
        let error = read::<(u64, String)>(br"[1,2]", "value").unwrap_err().to_string();
        assert!(
            error.contains("invalid type: integer `2`, expected a string, at its byte 4"),
            "{error}"
        );
        let error = read::<u64>(b"1 2", "value").unwrap_err().to_string();
        assert!(error.contains("trailing characters, at its byte 3"), "{error}");
        let error = read::<u64>(b"", "value").unwrap_err().to_string();
        assert!(error.contains("EOF while parsing a value"), "{error}");
        assert!(read::<String>(b"\"\xff\"", "key").is_err());
    }

    #[test]
    fn one_trailing_separator_does_no_harm() {
        let mut slot = PairSlot::default();
        let read = Pairs::<String, u64>::decode(&mut slot, b"\"a\"\t1\t").unwrap();
        assert_eq!(read, (&"a".to_owned(), &1));
        let mut slot = DocumentSlot::default();
        assert_eq!(JsonLines::<u64>::decode(&mut slot, b"7\t").unwrap(), &7);
    }

    #[test]
    fn a_line_without_a_separator_is_no_pair() {
        let mut slot = PairSlot::<String, u64>::default();
        let error = Pairs::decode(&mut slot, b"\"a\" 1").unwrap_err().to_string();
        assert!(error.contains("it has no TAB between a key and a value"), "{error}");
    }
}
