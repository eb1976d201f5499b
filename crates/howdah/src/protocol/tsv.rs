//! Lines of fields with a TAB between each two.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use howdah_plan::TaskError;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;
use serde::ser::{self, Serialize, Serializer};

use super::raw::Raw;
use super::scalar::{Scalars, WordSink};
use super::{Input, WriteError};
use crate::key::Data;

/// Lines of fields with a TAB between each two, read into a tuple, a struct in the order of its fields, or a `Vec`.
///
/// Nothing is escaped or quoted. An empty field is `None` where an option is expected. One empty field too many,
/// at the end, is passed over: Hadoop Streaming leaves a TAB there.
///
/// ```
/// use howdah::{Flow, Out, Tsv, test};
///
/// let plan = Flow::<Tsv<(String, u64, Option<f64>)>>::read()
///     .map_fn(|(city, people, _area), out: &mut Out<String, u64>| out.emit(city, people))
///     .map_only()
///     .plan();
/// let ran = test::plan(&plan).lines(["Bonn\t338396\t141.06", "Ulm\t129942\t"]).run().unwrap();
/// assert_eq!(ran.text(), "\"Bonn\"\t338396\n\"Ulm\"\t129942\n");
/// ```
#[derive(Debug)]
pub struct Tsv<T>(PhantomData<fn() -> T>);

impl<T: Data> Input for Tsv<T> {
    type Record<'a> = T;
    type Slot = ();

    fn decode<'a>((): &'a mut (), line: &'a [u8]) -> Result<T, TaskError> {
        read(line)
            .map_err(|error| TaskError::decode("record", type_name::<T>(), line, error.to_string()))
    }
}

fn read<T: Data>(line: &[u8]) -> Result<T, ReadError> {
    let mut fields = Fields { rest: Some(line), taken: 0 };
    let record = T::deserialize(Line(&mut fields))
        .map_err(|error| if error.in_field { error } else { error.after(fields.taken) })?;
    match fields.rest {
        None | Some(b"") => Ok(record),
        Some(_) => Err(ReadError::new(format!("it has more than {}", counted(fields.taken)))),
    }
}

fn counted(fields: usize) -> String {
    format!("{fields} field{}", if fields == 1 { "" } else { "s" })
}

/// Why a line is not the fields that were expected.
#[derive(Debug)]
struct ReadError {
    text: String,
    in_field: bool,
}

impl ReadError {
    fn new(text: String) -> Self {
        ReadError { text, in_field: true }
    }

    fn after(self, fields: usize) -> Self {
        ReadError::new(format!("{}, after {}", self.text, counted(fields)))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ReadError { text: message.to_string(), in_field: false }
    }

    /// The line ended before its record was whole.
    fn invalid_length(fields: usize, expected: &dyn de::Expected) -> Self {
        ReadError::new(format!("it has only {}, expected {expected}", counted(fields)))
    }
}

/// The fields that are left of a line; none are left after the last, but one is in an empty line.
struct Fields<'l> {
    rest: Option<&'l [u8]>,
    taken: usize,
}

impl<'l> Iterator for Fields<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let rest = self.rest?;
        self.taken += 1;
        let end = memchr::memchr(b'\t', rest);
        self.rest = end.map(|tab| &rest[tab + 1..]);
        Some(&rest[..end.unwrap_or(rest.len())])
    }
}

impl<'de> SeqAccess<'de> for &mut Fields<'de> {
    type Error = ReadError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        let Some(field) = self.next() else { return Ok(None) };
        let number = self.taken;
        seed.deserialize(Field(field))
            .map(Some)
            .map_err(|error| ReadError::new(format!("field {number}: {error}")))
    }
}

/// A whole line: a sequence of fields, or one.
struct Line<'f, 'l>(&'f mut Fields<'l>);

impl<'l> Line<'_, 'l> {
    fn field(self) -> Field<'l> {
        Field(self.0.next().unwrap_or_default())
    }
}

macro_rules! one_field {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            self.field().$method(visitor)
        }
    )* };
}

macro_rules! all_fields {
    ($($method:ident($($ignored:ty),*))*) => { $(
        fn $method<V: Visitor<'de>>(
            self,
            $(_: $ignored,)*
            visitor: V,
        ) -> Result<V::Value, ReadError> {
            visitor.visit_seq(self.0)
        }
    )* };
}

impl<'de> Deserializer<'de> for Line<'_, 'de> {
    type Error = ReadError;

    one_field!(
        deserialize_bool deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_identifier deserialize_unit
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_option
    );
    all_fields!(
        deserialize_any() deserialize_seq() deserialize_map() deserialize_ignored_any()
        deserialize_tuple(usize) deserialize_tuple_struct(&'static str, usize)
        deserialize_struct(&'static str, &'static [&'static str])
    );

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.field().deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.field().deserialize_enum(name, variants, visitor)
    }
}

/// One field.
struct Field<'l>(&'l [u8]);

impl<'l> Field<'l> {
    fn text(&self) -> Result<&'l str, ReadError> {
        std::str::from_utf8(self.0)
            .map_err(|_| de::Error::custom(format_args!("`{}` is not UTF-8", self.shown())))
    }

    fn shown(&self) -> impl fmt::Display {
        self.0.escape_ascii()
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let number = self.text()?.parse::<$type>().map_err(|error| {
                de::Error::custom(format_args!(
                    "`{}` is not a {}: {error}", self.shown(), stringify!($type)
                ))
            });
            visitor.$visit(number?)
        }
    )* };
}

impl<'de> Deserializer<'de> for Field<'de> {
    type Error = ReadError;

    parsed!(
        deserialize_bool visit_bool bool deserialize_char visit_char char
        deserialize_i8 visit_i8 i8 deserialize_i16 visit_i16 i16 deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64 deserialize_i128 visit_i128 i128
        deserialize_u8 visit_u8 u8 deserialize_u16 visit_u16 u16 deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64 deserialize_u128 visit_u128 u128
        deserialize_f32 visit_f32 f32 deserialize_f64 visit_f64 f64
    );

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.0.is_empty() {
            visitor.visit_unit()
        } else {
            Err(de::Error::custom(format_args!("`{}` is not empty", self.shown())))
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        str string seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Field<'de> {
    type Error = ReadError;
    type Variant = Unit;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Unit), ReadError> {
        Ok((seed.deserialize(self.text()?.into_deserializer())?, Unit))
    }
}

/// A variant without fields: the only kind that one word can name.
struct Unit;

impl<'de> VariantAccess<'de> for Unit {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, ReadError> {
        Err(de::Error::custom("a variant with fields cannot be one field"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ReadError> {
        Err(de::Error::custom("a variant with fields cannot be one field"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ReadError> {
        Err(de::Error::custom("a variant with fields cannot be one field"))
    }
}

/// Appends the fields of a key and a value.
pub(super) fn write<K: Serialize, V: Serialize>(
    out: &mut Vec<u8>,
    key: &K,
    value: &V,
) -> Result<(), (&'static str, WriteError)> {
    let mut line = Row { out, first: true };
    key.serialize(&mut line).map_err(|error| ("key", error))?;
    value.serialize(&mut line).map_err(|error| ("value", error))
}

/// A line to which fields are appended.
struct Row<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl Row<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(Scalars(self.next()))
    }

    fn next(&mut self) -> Raw<'_> {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b'\t');
        }
        Raw { out: self.out, is_field: true }
    }
}

macro_rules! one_word {
    ($($method:ident $type:ty)*) => { $(
        fn $method(self, value: $type) -> Result<(), WriteError> {
            self.field(&value)
        }
    )* };
}

impl Serializer for &mut Row<'_> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = super::json::NoParts;
    type SerializeMap = super::json::NoParts;
    type SerializeStruct = Self;
    type SerializeStructVariant = super::json::NoParts;

    one_word!(
        serialize_bool bool serialize_char char serialize_f32 f32 serialize_f64 f64
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
        serialize_str &str
    );

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), WriteError> {
        self.next().bytes(bytes)
    }

    fn serialize_none(self) -> Result<(), WriteError> {
        self.next().nothing()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    /// No field at all, so that `()` as a key leaves the value alone.
    fn serialize_unit(self) -> Result<(), WriteError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), WriteError> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), WriteError> {
        self.next().word(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), WriteError> {
        Err(no_fields("a variant with fields"))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<super::json::NoParts, WriteError> {
        Err(no_fields("a variant with fields"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<super::json::NoParts, WriteError> {
        Err(no_fields("a map"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, WriteError> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<super::json::NoParts, WriteError> {
        Err(no_fields("a variant with fields"))
    }
}

#[cold]
fn no_fields(what: &str) -> WriteError {
    WriteError::new(format!("{what} has no fields in a fixed order; write it as JSON"))
}

macro_rules! rows {
    ($($trait:ident $method:ident)*) => { $(
        impl ser::$trait for &mut Row<'_> {
            type Ok = ();
            type Error = WriteError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
                self.field(value)
            }
            fn end(self) -> Result<(), WriteError> {
                Ok(())
            }
        }
    )* };
}
rows!(
    SerializeSeq serialize_element SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
);

impl ser::SerializeStruct for &mut Row<'_> {
    type Ok = ();
    type Error = WriteError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        self.field(value)
    }

    fn end(self) -> Result<(), WriteError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Town,
        Village,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Place {
        name: String,
        kind: Kind,
        people: Option<u32>,
        area: f64,
    }

    fn line<K: Serialize, V: Serialize>(key: K, value: V) -> Result<String, String> {
        let mut out = Vec::new();
        write(&mut out, &key, &value).map_err(|(what, error)| format!("{what}: {error}"))?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_struct_goes_out_and_comes_back() {
        for (place, expected) in [
            (
                Place { name: "Ulm".into(), kind: Kind::Town, people: Some(129_942), area: 118.69 },
                "Ulm\tTown\t129942\t118.69",
            ),
            (
                Place { name: String::new(), kind: Kind::Village, people: None, area: 0.5 },
                "\tVillage\t\t0.5",
            ),
        ] {
            assert_eq!(line((), &place).unwrap(), expected);
            assert_eq!(read::<Place>(expected.as_bytes()).unwrap(), place);
        }
    }

    #[test]
    fn fields_of_key_and_value_make_one_line() {
        assert_eq!(line(("a", 1), [2, 3]).unwrap(), "a\t1\t2\t3");
        assert_eq!(line("a", ()).unwrap(), "a");
        assert_eq!(line((), "a").unwrap(), "a");
        assert_eq!(line(None::<u8>, "a").unwrap(), "\ta");
    }

    #[test]
    fn what_is_no_field_is_refused() {
        assert!(line("a\tb", 1).unwrap_err().starts_with("key: it holds a TAB"));
        assert!(line("a", "b\r").unwrap_err().starts_with("value: it holds a line end"));
        assert!(line("a", ((1, 2), 3)).unwrap_err().starts_with("value: a field of text must be"));
        let map = std::collections::BTreeMap::from([(1, 2)]);
        assert!(line("a", map).unwrap_err().starts_with("value: a map has no fields"));
    }

    #[test]
    fn one_trailing_separator_is_passed_over_and_no_more() {
        assert_eq!(read::<(String, u8)>(b"a\t1\t").unwrap(), ("a".into(), 1));
        assert!(read::<(String, u8)>(b"a\t1\t\t").is_err());
        assert_eq!(read::<(String, String)>(b"a\t").unwrap(), ("a".into(), String::new()));
        assert_eq!(read::<u8>(b"1\t").unwrap(), 1);
    }

    #[test]
    fn a_field_that_does_not_fit_is_named() {
        let says = |line: &[u8]| read::<(String, u8)>(line).unwrap_err().to_string();
        assert_eq!(
            says(b"a\t256"),
            "field 2: `256` is not a u8: number too large to fit in target type"
        );
        assert_eq!(says(b"a\t1\tb"), "it has more than 2 fields");
        assert_eq!(says(b"a"), "it has only 1 field, expected a tuple of size 2");
        assert_eq!(says(b"\xff\t1"), r"field 1: `\xff` is not UTF-8");
    }

    #[test]
    fn a_vector_takes_any_number_of_fields() {
        assert_eq!(read::<Vec<String>>(b"a\t\tb").unwrap(), ["a", "", "b"]);
        assert_eq!(read::<Vec<u8>>(b"1\t2").unwrap(), [1, 2]);
    }
}
