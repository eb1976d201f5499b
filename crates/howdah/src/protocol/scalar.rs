//! A serializer for what is one word: strings, numbers, `bool`, `char`, names of variants.

use serde::ser::{self, Serialize, Serializer};

use super::json::NoParts;
use super::{WriteError, finite};

/// Where the word goes.
pub(super) trait WordSink: Sized {
    /// What is being written, for messages.
    const PLACE: &'static str;
    /// Takes the word.
    fn word(self, text: &str) -> Result<(), WriteError>;
    /// Takes a word that need not be UTF-8.
    fn bytes(self, bytes: &[u8]) -> Result<(), WriteError>;
    /// Takes `None` or `()`.
    fn nothing(self) -> Result<(), WriteError> {
        Err(several::<Self>())
    }
}

/// The serializer, around a place for one word.
pub(super) struct Scalars<W>(pub(super) W);

#[cold]
fn several<W: WordSink>() -> WriteError {
    WriteError::new(format!(
        "{} must be one word: a string, a number, a `bool` or a `char`",
        W::PLACE
    ))
}

macro_rules! integers {
    ($($method:ident $type:ty)*) => { $(
        fn $method(self, number: $type) -> Result<(), WriteError> {
            self.0.word(itoa::Buffer::new().format(number))
        }
    )* };
}

impl<W: WordSink> Serializer for Scalars<W> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = NoParts;
    type SerializeTuple = NoParts;
    type SerializeTupleStruct = NoParts;
    type SerializeTupleVariant = NoParts;
    type SerializeMap = NoParts;
    type SerializeStruct = NoParts;
    type SerializeStructVariant = NoParts;

    integers!(
        serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 serialize_i128 i128
        serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 serialize_u128 u128
    );

    fn serialize_bool(self, value: bool) -> Result<(), WriteError> {
        self.0.word(if value { "true" } else { "false" })
    }

    fn serialize_f32(self, number: f32) -> Result<(), WriteError> {
        finite(number.into())?;
        self.0.word(&serde_json::to_string(&number).map_err(ser::Error::custom)?)
    }

    fn serialize_f64(self, number: f64) -> Result<(), WriteError> {
        finite(number)?;
        self.0.word(&serde_json::to_string(&number).map_err(ser::Error::custom)?)
    }

    fn serialize_char(self, value: char) -> Result<(), WriteError> {
        self.0.word(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), WriteError> {
        self.0.word(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), WriteError> {
        self.0.bytes(bytes)
    }

    fn serialize_none(self) -> Result<(), WriteError> {
        self.0.nothing()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), WriteError> {
        self.0.nothing()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), WriteError> {
        self.0.nothing()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), WriteError> {
        self.0.word(variant)
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
        Err(several::<W>())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<NoParts, WriteError> {
        Err(several::<W>())
    }

    fn serialize_tuple(self, _: usize) -> Result<NoParts, WriteError> {
        Err(several::<W>())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<NoParts, WriteError> {
        Err(several::<W>())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<NoParts, WriteError> {
        Err(several::<W>())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<NoParts, WriteError> {
        Err(several::<W>())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<NoParts, WriteError> {
        Err(several::<W>())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<NoParts, WriteError> {
        Err(several::<W>())
    }
}
