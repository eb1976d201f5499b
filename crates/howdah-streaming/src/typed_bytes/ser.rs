//! Types of one's own as typed bytes.

use serde::ser::{self, Serialize};

use super::{Counted, Error, ErrorKind, MAX_DEPTH, Writer};

/// A value as typed bytes.
///
/// | in Rust | typed bytes |
/// | --- | --- |
/// | `bool` | bool |
/// | every integer | int if 32 bits hold it, else long; what 64 bits with a sign cannot hold is refused |
/// | `f32`, `f64` | float, double |
/// | `String`, `char`, a variant without fields | string |
/// | what serde calls bytes | bytes |
/// | `Vec`, tuples, tuple structs | vector |
/// | maps, structs | map; a map's entries in the order of their keys' bytes |
/// | a variant with fields | map of one entry: the variant's name, and what it holds |
/// | `None`, `()`, unit structs | [`NULL`](super::NULL); `Some(value)` is the value alone |
///
/// These are the types that Python's module `typedbytes` writes for such values, but for its lists. Equal integers have
/// equal bytes whatever their types are, and so have equal maps: Hadoop groups by bytes.
///
/// ```
/// use howdah_streaming::typed_bytes::{from_slice, to_vec};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Debug, PartialEq)]
/// struct Visit {
///     page: String,
///     seconds: Option<u32>,
/// }
///
/// let visit = Visit { page: "/".into(), seconds: Some(9) };
/// let bytes = to_vec(&visit)?;
/// assert_eq!(bytes, b"\x0a\0\0\0\x02\x07\0\0\0\x04page\x07\0\0\0\x01/\x07\0\0\0\x07seconds\x03\0\0\0\x09");
/// assert_eq!(from_slice::<Visit>(&bytes)?, visit);
/// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
/// ```
///
/// # Errors
/// An integer beyond 64 bits with a sign, more than 2³¹ − 1 bytes or parts, more than [`MAX_DEPTH`] values within each
/// other, and what the type's own `Serialize` refuses.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    append(value, &mut out)?;
    Ok(out)
}

/// The same to the end of a buffer. After an error nothing was appended.
///
/// # Errors
/// As [`to_vec`].
pub fn append<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
    let start = out.len();
    let written = value.serialize(Serializer { out, depth: MAX_DEPTH });
    if written.is_err() {
        out.truncate(start);
    }
    written
}

struct Serializer<'o> {
    out: &'o mut Vec<u8>,
    /// How many values may lie within each other from here on.
    depth: usize,
}

impl<'o> Serializer<'o> {
    fn writer(self) -> Writer<'o> {
        Writer::new(self.out)
    }

    /// The place within a vector or map.
    fn deeper(self) -> Result<Self, Error> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Serializer { depth, ..self }),
            None => Err(Error::without_offset(ErrorKind::TooDeep)),
        }
    }

    fn vector(self) -> Result<Parts<'o>, Error> {
        let within = self.deeper()?;
        let opened = Writer::new(within.out).open_vector();
        Ok(Parts { within, opened, count: 0, variant: None })
    }

    fn map(self) -> Result<Parts<'o>, Error> {
        let within = self.deeper()?;
        let opened = Writer::new(within.out).open_map();
        Ok(Parts { within, opened, count: 0, variant: None })
    }

    /// Opens the map of a variant, up to what the variant holds.
    fn variant(self, name: &str) -> Result<(Self, Counted), Error> {
        let within = self.deeper()?;
        let mut writer = Writer::new(within.out);
        let opened = writer.open_map();
        writer.string(name)?;
        Ok((within, opened))
    }
}

macro_rules! integers {
    ($($method:ident $type:ty)*) => { $(
        #[inline]
        fn $method(self, number: $type) -> Result<(), Error> {
            self.writer().integer(number.into());
            Ok(())
        }
    )* };
}

macro_rules! wide_integers {
    ($($method:ident $type:ty)*) => { $(
        fn $method(self, number: $type) -> Result<(), Error> {
            let beyond = |_| Error::without_offset(ErrorKind::BeyondLong);
            self.writer().integer(i64::try_from(number).map_err(beyond)?);
            Ok(())
        }
    )* };
}

impl<'o> ser::Serializer for Serializer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'o>;
    type SerializeTuple = Parts<'o>;
    type SerializeTupleStruct = Parts<'o>;
    type SerializeTupleVariant = Parts<'o>;
    type SerializeMap = Entries<'o>;
    type SerializeStruct = Parts<'o>;
    type SerializeStructVariant = Parts<'o>;

    integers!(
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32
    );
    wide_integers!(serialize_u64 u64 serialize_i128 i128 serialize_u128 u128);

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.writer().bool(value);
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        self.writer().float(number);
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        self.writer().double(number);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.writer().string(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.writer().bytes(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.writer().null();
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let (within, opened) = self.variant(variant)?;
        value.serialize(Serializer { out: &mut *within.out, depth: within.depth })?;
        within.writer().close(opened, 1)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'o>, Error> {
        self.vector()
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'o>, Error> {
        self.vector()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'o>, Error> {
        self.vector()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'o>, Error> {
        let (within, opened) = self.variant(variant)?;
        Ok(Parts { variant: Some(opened), ..within.vector()? })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'o>, Error> {
        let Parts { within, opened, .. } = self.map()?;
        let start = within.out.len();
        Ok(Entries { within, opened, start, ends: Vec::new() })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'o>, Error> {
        self.map()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'o>, Error> {
        let (within, opened) = self.variant(variant)?;
        Ok(Parts { variant: Some(opened), ..within.map()? })
    }
}

/// The parts of a vector or of a struct.
struct Parts<'o> {
    within: Serializer<'o>,
    opened: Counted,
    count: usize,
    /// The map around it, for a variant.
    variant: Option<Counted>,
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.count += 1;
        value.serialize(Serializer { out: &mut *self.within.out, depth: self.within.depth })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        Writer::new(self.within.out).string(name)?;
        self.part(value)
    }

    fn close(self) -> Result<(), Error> {
        let mut writer = self.within.writer();
        writer.close(self.opened, self.count)?;
        match self.variant {
            Some(around) => writer.close(around, 1),
            None => Ok(()),
        }
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident)*) => { $(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.part(value)
            }
            fn end(self) -> Result<(), Error> {
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
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )* };
}
fields!(SerializeStruct SerializeStructVariant);

/// The entries of a map.
struct Entries<'o> {
    within: Serializer<'o>,
    opened: Counted,
    /// Where the first entry begins.
    start: usize,
    /// Where each entry's key and the entry end.
    ends: Vec<(usize, usize)>,
}

impl Entries<'_> {
    /// Puts the entries in the order of their keys' bytes, so that equal maps are equal bytes.
    fn sort(&mut self) {
        let out = &mut *self.within.out;
        let unsorted = out.get(self.start..).unwrap_or_default();
        let mut begin = 0;
        let entries = self.ends.iter().map(|&(key_end, end)| {
            let (key_end, end) = (key_end - self.start, end - self.start);
            let entry = (&unsorted[begin..key_end], &unsorted[key_end..end]);
            begin = end;
            entry
        });
        let mut entries: Vec<_> = entries.collect();
        if !entries.is_sorted_by_key(|(key, _)| *key) {
            entries.sort_by_key(|(key, _)| *key);
            let sorted: Vec<_> = entries.iter().flat_map(|(key, value)| [*key, *value]).collect();
            let sorted = sorted.concat();
            out.truncate(self.start);
            out.extend_from_slice(&sorted);
        }
    }
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(Serializer { out: &mut *self.within.out, depth: self.within.depth })?;
        let end = self.within.out.len();
        self.ends.push((end, end));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Serializer { out: &mut *self.within.out, depth: self.within.depth })?;
        if let Some((_, end)) = self.ends.last_mut() {
            *end = self.within.out.len();
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), Error> {
        self.sort();
        self.within.writer().close(self.opened, self.ends.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde::Serialize;

    use super::super::{NULL, Value};
    use super::*;

    fn shown<T: Serialize>(value: &T) -> String {
        Value::read(&to_vec(value).unwrap()).unwrap().0.to_string()
    }

    #[derive(Serialize)]
    enum Shape {
        Point,
        Circle(f32),
        Line(i8, i8),
        Named { name: &'static str, sides: Option<u8> },
    }

    #[test]
    fn variants_are_strings_and_maps_of_one_entry() {
        assert_eq!(to_vec(&Shape::Point).unwrap(), to_vec("Point").unwrap());
        assert_eq!(shown(&Shape::Circle(1.5)), "{Circle=1.5}");
        assert_eq!(shown(&Shape::Line(-1, 1)), "{Line=[-1, 1]}");
        let named = Shape::Named { name: "tri", sides: Some(3) };
        assert_eq!(shown(&named), "{Named={name=tri, sides=3}}");
    }

    #[test]
    fn nothing_is_null() {
        #[derive(Serialize)]
        struct Unit;
        assert_eq!(to_vec(&None::<u8>).unwrap(), NULL);
        assert_eq!(to_vec(&()).unwrap(), NULL);
        assert_eq!(to_vec(&Unit).unwrap(), NULL);
        assert_eq!(to_vec(&Some(true)).unwrap(), [2, 1]);
    }

    #[test]
    fn equal_integers_have_equal_bytes() {
        for bytes in [to_vec(&7i8), to_vec(&7u16), to_vec(&7u64), to_vec(&7i128)] {
            assert_eq!(bytes.unwrap(), [3, 0, 0, 0, 7]);
        }
        assert_eq!(to_vec(&u32::MAX).unwrap(), [4, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(to_vec(&i64::MIN).unwrap(), [4, 0x80, 0, 0, 0, 0, 0, 0, 0]);
        for error in [to_vec(&(1u64 << 63)), to_vec(&u128::MAX), to_vec(&i128::MIN)] {
            assert_eq!(error.unwrap_err().kind(), &ErrorKind::BeyondLong);
        }
    }

    #[test]
    fn equal_maps_have_equal_bytes() {
        let words = ["b", "a", "a b", "ab", "", "zz"];
        let sorted: BTreeMap<_, _> = words.iter().map(|word| ((word.len(), *word), 1)).collect();
        let expected: Vec<_> = sorted.keys().map(|(_, word)| *word).collect();
        for _ in 0..20 {
            let map: HashMap<_, _> =
                words.iter().map(|word| (*word, word.len().to_string())).collect();
            let Value::Map(entries) = Value::read(&to_vec(&map).unwrap()).unwrap().0 else {
                panic!("a map is a map")
            };
            let found: Vec<_> = entries.iter().map(|(key, _)| key.to_string()).collect();
            assert_eq!(found, expected);
            let whole = entries
                .iter()
                .all(|(key, value)| *value == Value::String(key.to_string().len().to_string()));
            assert!(whole);
        }
    }

    #[test]
    fn what_is_too_deep_is_refused_and_leaves_nothing() {
        #[derive(Serialize)]
        struct Chain(Vec<Chain>);
        let chain = |length| (1..length).fold(Chain(vec![]), |chain, _| Chain(vec![chain]));
        let mut out = Vec::from(*b"before");
        append(&chain(MAX_DEPTH), &mut out).unwrap();
        out.truncate(6);
        let error = append(&chain(MAX_DEPTH + 1), &mut out).unwrap_err();
        assert_eq!((error.kind(), out.as_slice()), (&ErrorKind::TooDeep, &b"before"[..]));
    }
}
