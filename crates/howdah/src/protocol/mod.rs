//! Protocols: how bytes become records at a job's edge, and records become bytes.
//!
//! What a job reads is an [`Input`]; between mapper, combiner, reducer and the next step records are always JSON,
//! `key TAB value`; what the last step writes is chosen by [`Flow::write`](crate::Flow::write).

mod files;
pub(crate) mod json;
mod lean;
pub(crate) mod raw;
mod scalar;
pub(crate) mod tsv;
pub(crate) mod typed;
pub mod write;

use std::sync::Arc;

use howdah_plan::{LineForm, RecordLayout, RecordSink, TaskError};
use serde::Serialize;

use crate::encodes::Given;

pub use files::Files;
pub use json::{JsonLines, Pairs};
pub use raw::{Bytes, Text};
pub use tsv::Tsv;

/// How a line of input becomes a record.
///
/// [`Text`], [`Bytes`], [`Tsv`], [`JsonLines`] and [`Pairs`] are given; a format of your own is one more:
///
/// ```
/// use howdah::{Flow, Input, Out, TaskError};
///
/// /// The fields of a line of `/etc/passwd`.
/// struct Colons;
///
/// impl Input for Colons {
///     type Record<'a> = std::str::Split<'a, char>;
///     type Slot = ();
///
///     fn decode<'a>(_: &'a mut (), line: &'a [u8]) -> Result<Self::Record<'a>, TaskError> {
///         let line = str::from_utf8(line)
///             .map_err(|error| TaskError::decode("record", "line of UTF-8", line, error))?;
///         Ok(line.split(':'))
///     }
/// }
///
/// let _ = Flow::<Colons>::read()
///     .map_fn(|mut fields, out: &mut Out<String, u64>| out.emit(fields.nth(6).unwrap_or(""), 1));
/// ```
pub trait Input: 'static {
    /// What a mapper gets; it may borrow from the line or from the slot.
    type Record<'a>;
    /// What is kept from record to record, so that its memory is used again.
    type Slot: Default + Send;
    /// What such a line is, for pipes of typed bytes.
    #[doc(hidden)]
    const FORM: LineForm = LineForm::Text;
    /// Reads a line without its terminator.
    ///
    /// # Errors
    /// [`TaskError::decode`], which fails the task and shows the line.
    fn decode<'a>(slot: &'a mut Self::Slot, line: &'a [u8]) -> Result<Self::Record<'a>, TaskError>;
}

/// Writes a record, given as JSON, as a line.
pub(crate) type WriteLine =
    Arc<dyn Fn(&[u8], &[u8], &mut Vec<u8>) -> Result<(), TaskError> + Send + Sync>;

/// How a step writes its records.
#[derive(Clone)]
pub(crate) enum Format {
    /// `key TAB value`, both JSON: what the next step, and a reducer, reads.
    JsonPairs,
    /// The value alone, as JSON.
    JsonValues,
    /// The value alone, as it is.
    Lines,
    /// `key TAB value`, both as they are.
    TextPairs,
    /// The fields of key and value, with a TAB between each two.
    Tsv,
    /// As a function of the job's says.
    Custom(WriteLine),
}

impl Format {
    /// How its records look as lines.
    pub(crate) fn layout(&self) -> RecordLayout {
        match self {
            Format::JsonPairs | Format::TextPairs => RecordLayout::KeyValue,
            Format::JsonValues | Format::Lines | Format::Tsv | Format::Custom(_) => {
                RecordLayout::Line
            }
        }
    }

    /// What these lines are.
    pub(crate) fn form(&self) -> LineForm {
        match self {
            Format::JsonPairs => LineForm::JsonPair,
            Format::JsonValues => LineForm::JsonValue,
            Format::Lines | Format::TextPairs | Format::Tsv | Format::Custom(_) => LineForm::Text,
        }
    }

    /// Writes a record, or nothing. A value that is given need not be written, unless the sink wants its bytes.
    #[inline]
    pub(crate) fn write<K: Serialize, V: Serialize, T: 'static>(
        &self,
        records: &mut dyn RecordSink,
        key: &K,
        value: &V,
        given: Option<Given<T>>,
    ) -> Result<(), TaskError> {
        if !matches!(self, Format::JsonPairs) {
            return self.write_other(records, key, value);
        }
        if let Err(error) = json::write(records.key(), key, json::Role::Key) {
            return Err(refused(records, "key", error));
        }
        if let Some(Given { value, size }) = given
            && records.give(&mut Some(value), size)?
        {
            return Ok(());
        }
        if let Err(error) = json::write(records.value(), value, json::Role::Value) {
            return Err(refused(records, "value", error));
        }
        records.end()
    }

    /// Kept apart, so that the code of the common case stays small in each mapper.
    #[inline(never)]
    fn write_other<K: Serialize, V: Serialize>(
        &self,
        records: &mut dyn RecordSink,
        key: &K,
        value: &V,
    ) -> Result<(), TaskError> {
        if let Format::Custom(write) = self {
            return write_custom(write, records, key, value);
        }
        let line = records.key();
        let written = match self {
            Format::JsonPairs | Format::JsonValues | Format::Custom(_) => {
                json::write(line, value, json::Role::Value).map_err(|error| ("value", error))
            }
            Format::Lines => raw::write(line, value, false).map_err(|error| ("value", error)),
            Format::Tsv => tsv::write(line, key, value),
            Format::TextPairs => {
                raw::write(line, key, true).map_err(|error| ("key", error)).and_then(|()| {
                    raw::write(records.value(), value, false).map_err(|error| ("value", error))
                })
            }
        };
        match written {
            Ok(()) => records.end(),
            Err((what, error)) => Err(refused(records, what, error)),
        }
    }
}

/// Writes a record by a function of the job's.
fn write_custom<K: Serialize, V: Serialize>(
    write: &WriteLine,
    records: &mut dyn RecordSink,
    key: &K,
    value: &V,
) -> Result<(), TaskError> {
    let (mut key_bytes, mut value_bytes) = (Vec::new(), Vec::new());
    json::write(&mut key_bytes, key, json::Role::Value)
        .map_err(|error| TaskError::encode("key", error))?;
    json::write(&mut value_bytes, value, json::Role::Value)
        .map_err(|error| TaskError::encode("value", error))?;
    match write(&key_bytes, &value_bytes, records.key()) {
        Ok(()) => records.end(),
        Err(error) => {
            records.abandon();
            Err(error)
        }
    }
}

#[cold]
fn refused(records: &mut dyn RecordSink, what: &'static str, error: WriteError) -> TaskError {
    records.abandon();
    TaskError::encode(what, error)
}

/// Why a protocol cannot write a key or value.
#[derive(Debug)]
pub(crate) struct WriteError(String);

impl WriteError {
    #[cold]
    fn new(message: impl Into<String>) -> Self {
        WriteError(message.into())
    }
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WriteError {}

impl serde::ser::Error for WriteError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        WriteError(message.to_string())
    }
}

/// Refuses NaN and infinities, which JSON has no word for and serde's own writer turns into `null`.
fn finite(number: f64) -> Result<(), WriteError> {
    if number.is_finite() {
        return Ok(());
    }
    let name = if number.is_nan() { "NaN" } else { "an infinity" };
    Err(WriteError::new(format!(
        "it holds {name}, which no reader could read back; emit an `Option`, or leave the record out"
    )))
}
