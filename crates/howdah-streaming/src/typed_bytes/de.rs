//! Typed bytes as types of one's own.

use serde::Deserialize;
use serde::de::value::SeqDeserializer;
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Error, ErrorKind, Reader, Token};

/// A value from typed bytes, which must hold nothing else.
///
/// What [`to_vec`](super::to_vec) writes is read back. Beyond that every integer is read from byte, int or long, a
/// vector from a vector, a list or bytes, and `None` and `()` from whatever [stands for nothing](Token::is_null). Strings
/// and bytes can be borrowed.
///
/// ```
/// use howdah_streaming::typed_bytes::from_slice;
///
/// let list = b"\x09\x01\x05\x03\0\0\0\x06\x04\0\0\0\0\0\0\0\x07\xff"; // a byte, an int, a long
/// assert_eq!(from_slice::<Vec<u8>>(list)?, [5, 6, 7]);
/// assert_eq!(from_slice::<&str>(b"\x07\0\0\0\x01a")?, "a");
/// # Ok::<(), howdah_streaming::typed_bytes::Error>(())
/// ```
///
/// # Errors
/// Bytes that are no typed bytes, another type than is read, and text that is not UTF-8.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let mut deserializer = Deserializer { reader: Reader::new(bytes), at: 0, peeked: None };
    let value = T::deserialize(&mut deserializer);
    let value = value.map_err(|error| error.or_at(deserializer.at))?;
    if !deserializer.reader.is_at_end() {
        return Err(Error::new(ErrorKind::Trailing, deserializer.reader.offset()));
    }
    Ok(value)
}

struct Deserializer<'de> {
    reader: Reader<'de>,
    /// Where the token begins that was read last.
    at: usize,
    /// A token that was looked at and is the next one still.
    peeked: Option<Token<'de>>,
}

impl<'de> Deserializer<'de> {
    fn token(&mut self) -> Result<Token<'de>, Error> {
        if let Some(token) = self.peeked.take() {
            return Ok(token);
        }
        self.at = self.reader.offset();
        self.reader.token()
    }

    fn peek(&mut self) -> Result<Token<'de>, Error> {
        let token = self.token()?;
        self.peeked = Some(token);
        Ok(token)
    }

    fn text(&self, bytes: &'de [u8]) -> Result<&'de str, Error> {
        std::str::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::NotUtf8, self.at))
    }

    /// Passes over a value.
    fn skip(&mut self) -> Result<(), Error> {
        let mut depth = 0usize;
        loop {
            match self.token()? {
                Token::Vector(_) | Token::Map(_) | Token::List => depth += 1,
                Token::End => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Gives the values up to the end of what was opened, which must be all.
    fn parts<V: Visitor<'de>>(
        &mut self,
        count: Option<usize>,
        visit: impl FnOnce(Parts<'_, 'de>) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error> {
        let value = visit(Parts { deserializer: self, left: count })?;
        match self.token()? {
            Token::End => Ok(value),
            _ => Err(de::Error::custom("more values than are expected")),
        }
    }

    fn visit<V: Visitor<'de>>(&mut self, token: Token<'de>, visitor: V) -> Result<V::Value, Error> {
        match token {
            token if token.is_null() => visitor.visit_unit(),
            Token::Bytes(bytes) | Token::Custom(_, bytes) => visitor.visit_borrowed_bytes(bytes),
            Token::Byte(number) => visitor.visit_i64(number.into()),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Int(number) => visitor.visit_i64(number.into()),
            Token::Long(number) => visitor.visit_i64(number),
            Token::Float(number) => visitor.visit_f32(number),
            Token::Double(number) => visitor.visit_f64(number),
            Token::String(bytes) => visitor.visit_borrowed_str(self.text(bytes)?),
            Token::Vector(count) => self.parts::<V>(Some(count), |parts| visitor.visit_seq(parts)),
            Token::List => self.parts::<V>(None, |parts| visitor.visit_seq(parts)),
            Token::Map(count) => self.parts::<V>(Some(count), |parts| visitor.visit_map(parts)),
            Token::End => Err(Error::new(ErrorKind::StrayMarker, self.at)),
        }
    }
}

impl<'de> de::Deserializer<'de> for &mut Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let token = self.token()?;
        self.visit(token, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.peek()?.is_null() {
            self.peeked = None;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.token()? {
            Token::Bytes(bytes) => {
                let mut parts = SeqDeserializer::new(bytes.iter().copied());
                let value = visitor.visit_seq(&mut parts)?;
                parts.end()?;
                Ok(value)
            }
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.token()? {
            Token::Bytes(bytes) | Token::Custom(_, bytes) | Token::String(bytes) => {
                visitor.visit_borrowed_bytes(bytes)
            }
            token => self.visit(token, visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.token()? {
            Token::String(name) => visitor.visit_enum(self.text(name)?.into_deserializer()),
            Token::Map(1) => self.parts::<V>(Some(1), |parts| visitor.visit_enum(parts)),
            _ => Err(de::Error::custom(
                "a variant is a string, or a map of one entry under the variant's name",
            )),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        unit unit_struct map struct identifier
    }
}

/// The values of a vector or list, or the entries of a map.
struct Parts<'d, 'de> {
    deserializer: &'d mut Deserializer<'de>,
    /// How many are left, where that is known.
    left: Option<usize>,
}

impl Parts<'_, '_> {
    /// Whether there is one more.
    fn next(&mut self) -> Result<bool, Error> {
        if self.deserializer.peek()? == Token::End {
            return Ok(false);
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(true)
    }

    /// How many are left at most, as far as the bytes can hold them.
    fn at_most(&self) -> Option<usize> {
        self.left.map(|left| left.min(self.deserializer.reader.left()))
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if !self.next()? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.deserializer).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.at_most()
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut *self.deserializer)
    }

    fn size_hint(&self) -> Option<usize> {
        self.at_most()
    }
}

impl<'de> EnumAccess<'de> for Parts<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        let name = seed.deserialize(&mut *self.deserializer)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Deserialize::deserialize(&mut *self.deserializer)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut *self.deserializer)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_seq(&mut *self.deserializer, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_any(&mut *self.deserializer, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};
    use std::fmt::Debug;

    use serde::de::{DeserializeOwned, IgnoredAny};
    use serde::{Deserialize, Serialize};

    use super::super::{NULL, to_vec};
    use super::*;

    #[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
    enum Shape {
        Point,
        Circle(f64),
        Line(i8, i8),
        Named { name: String, sides: Option<u8> },
        Nothing(()),
    }

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Everything {
        shapes: Vec<Shape>,
        unit: (),
        text: String,
        c: char,
        numbers: (u8, i16, u32, i64, u64, i128),
        floats: [f32; 3],
        doubles: [f64; 3],
        nested: Option<Box<Everything>>,
        map: HashMap<(bool, i32), BTreeMap<String, Vec<()>>>,
        address: std::net::Ipv4Addr,
    }

    fn everything(nested: Option<Box<Everything>>) -> Everything {
        let named = |sides| Shape::Named { name: "n".to_owned(), sides };
        Everything {
            shapes: vec![
                Shape::Point,
                Shape::Circle(0.1),
                Shape::Line(-128, 127),
                named(None),
                named(Some(3)),
                Shape::Nothing(()),
            ],
            unit: (),
            text: "é\0🐘".to_owned(),
            c: '🐘',
            numbers: (255, i16::MIN, u32::MAX, i64::MIN, i64::MAX as u64, -1),
            floats: [0.1, f32::INFINITY, -0.0],
            doubles: [5e-324, f64::MIN, 1.0 / 3.0],
            nested,
            map: [((true, -5), [("x".to_owned(), vec![(), ()])].into())].into(),
            address: std::net::Ipv4Addr::LOCALHOST,
        }
    }

    fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let bytes = to_vec(value).unwrap();
        assert_eq!(&from_slice::<T>(&bytes).unwrap(), value);
        from_slice::<IgnoredAny>(&bytes).unwrap();
        for end in 0..bytes.len() {
            let error = from_slice::<T>(&bytes[..end]).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (&ErrorKind::Truncated, Some(end as u64)));
        }
        let error = from_slice::<T>(&[&bytes[..], &[2, 1]].concat()).unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (&ErrorKind::Trailing, Some(bytes.len() as u64))
        );
    }

    #[test]
    fn what_is_written_is_read() {
        comes_back(&everything(Some(Box::new(everything(None)))));
        comes_back(&Some(7));
        comes_back(&None::<u8>);
        comes_back(&vec![Some(()), None::<()>][1..].to_vec());
        comes_back(&(1, (), "a".to_owned(), [true; 3]));
        assert!(from_slice::<f32>(&to_vec(&f32::NAN).unwrap()).unwrap().is_nan());
    }

    #[test]
    fn what_other_programs_write_is_read_too() {
        assert_eq!(from_slice::<Vec<u8>>(b"\0\0\0\0\x02\x01\xff").unwrap(), [1, 255]);
        assert_eq!(from_slice::<String>(b"\0\0\0\0\x01a").unwrap(), "a");
        assert_eq!(from_slice::<f64>(b"\x03\0\0\0\x02").unwrap().to_bits(), 2f64.to_bits());
        assert_eq!(from_slice::<f64>(b"\x05\x3f\0\0\0").unwrap().to_bits(), 0.5f64.to_bits());
        assert_eq!(from_slice::<(bool, i8)>(b"\x09\x02\x07\x01\xfe\xff").unwrap(), (true, -2));
        assert_eq!(from_slice::<Option<u8>>(&NULL).unwrap(), None);
        let entries: BTreeMap<u64, &[u8]> =
            from_slice(b"\x0a\0\0\0\x01\x04\0\0\0\0\0\0\0\x01\x07\0\0\0\x01\xff").unwrap();
        assert_eq!(entries, BTreeMap::from([(1, &b"\xff"[..])]));
    }

    #[test]
    fn what_does_not_fit_is_refused_where_it_is() {
        let refused = |error: Error| error.to_string();
        let bytes = to_vec(&("a", 300)).unwrap();
        assert_eq!(
            refused(from_slice::<(String, u8)>(&bytes).unwrap_err()),
            "invalid value: integer `300`, expected u8, at byte 11"
        );
        assert_eq!(
            refused(from_slice::<(u8, u32)>(&bytes).unwrap_err()),
            "invalid type: string \"a\", expected u8, at byte 5"
        );
        assert_eq!(
            refused(from_slice::<(String,)>(&bytes).unwrap_err()),
            "more values than are expected, at byte 11"
        );
        assert!(from_slice::<(String, u32, u32)>(&bytes).is_err());
        assert_eq!(
            refused(from_slice::<String>(b"\x07\0\0\0\x01\xff").unwrap_err()),
            "a string that is not UTF-8, at byte 0"
        );
        assert!(from_slice::<[u8; 1]>(b"\0\0\0\0\x02ab").is_err());
        for shape in [&b"\x07\0\0\0\x01x"[..], b"\x02\x01", b"\x0a\0\0\0\0"] {
            assert!(from_slice::<Shape>(shape).is_err());
        }
    }

    #[test]
    fn a_count_makes_no_room_before_its_values_are_there() {
        let error = from_slice::<Vec<[u64; 32]>>(b"\x08\x7f\xff\xff\xff\x02\x01").unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid type: boolean `true`, expected an array of length 32, at byte 5"
        );
    }
}
