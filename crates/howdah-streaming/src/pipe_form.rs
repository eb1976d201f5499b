//! The forms of records in the pipes of commands.

use crate::writable::{RecordClasses, WritableClass};

/// The form of records in a pipe, as `-io` and `stream.map.input` and its kin name it.
///
/// Mirrors `streaming.io.IdentifierResolver`.
///
/// ```
/// use howdah_streaming::pipe_form::PipeForm;
/// use howdah_streaming::writable::{RecordClasses, WritableClass};
///
/// assert_eq!(PipeForm::of_id("RawBytes"), PipeForm::RawBytes);
/// assert_eq!(PipeForm::of_id("anything"), PipeForm::Text);
/// assert_eq!(PipeForm::RawBytes.classes(), RecordClasses::of(WritableClass::Bytes));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PipeForm {
    /// Lines: key, separator, value.
    Text,
    /// Lines that are keys, without values.
    KeyOnly,
    /// A length and bytes, of key and of value.
    RawBytes,
    /// A typed key and a typed value.
    TypedBytes,
}

impl PipeForm {
    /// The form that a word names, in any case. Hadoop takes any other word for `text`.
    pub fn of_id(id: &str) -> Self {
        match id.to_ascii_lowercase().as_str() {
            "keyonlytext" => PipeForm::KeyOnly,
            "rawbytes" => PipeForm::RawBytes,
            "typedbytes" => PipeForm::TypedBytes,
            _ => PipeForm::Text,
        }
    }

    /// The types of what a command writes to such a pipe.
    pub fn classes(self) -> RecordClasses {
        match self {
            PipeForm::Text => RecordClasses::TEXT,
            PipeForm::KeyOnly => {
                RecordClasses { key: WritableClass::Text, value: WritableClass::Null }
            }
            PipeForm::RawBytes => RecordClasses::of(WritableClass::Bytes),
            PipeForm::TypedBytes => RecordClasses::of(WritableClass::TypedBytes),
        }
    }

    /// What the names of Hadoop's classes for it begin with, such as `TextInputWriter`.
    pub fn prefix(self) -> &'static str {
        match self {
            PipeForm::Text => "Text",
            PipeForm::KeyOnly => "KeyOnlyText",
            PipeForm::RawBytes => "RawBytes",
            PipeForm::TypedBytes => "TypedBytes",
        }
    }
}
