//! Which types keys and values have, as far as Java minds.
//!
//! Hadoop checks types when a map task emits, and a job that would fail there must fail here too.

use std::fmt;

use howdah_streaming::writable::{RecordClasses, WritableClass};

/// A type of keys or values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Known(WritableClass),
    /// One that only Java knows.
    Other(String),
}

impl Type {
    pub(super) fn of_class(class: &str) -> Self {
        WritableClass::of_name(class).map_or_else(|| Type::Other(class.to_owned()), Type::Known)
    }
}

impl From<WritableClass> for Type {
    fn from(class: WritableClass) -> Self {
        Type::Known(class)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Known(class) => class.fmt(f),
            Type::Other(class) => f.write_str(class),
        }
    }
}

/// The types of a record's key and value.
pub(super) type Types = (Type, Type);

/// The same of records whose types are known.
pub(super) fn types(classes: RecordClasses) -> Types {
    (classes.key.into(), classes.value.into())
}

/// What Hadoop says when a map task emits another type than the job declares; `None` if the types fit.
pub(super) fn mismatch(expected: &Types, emitted: &Types) -> Option<String> {
    let of = |what, expected: &Type, emitted: &Type| {
        (expected != emitted).then(|| {
            format!("Type mismatch in {what} from map: expected {expected}, received {emitted}")
        })
    };
    of("key", &expected.0, &emitted.0).or_else(|| of("value", &expected.1, &emitted.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_is_said_in_hadoops_words() {
        let text = types(RecordClasses::TEXT);
        assert_eq!(mismatch(&text, &text), None);
        let lines = RecordClasses { key: WritableClass::Long, value: WritableClass::Text };
        assert_eq!(
            mismatch(&text, &types(lines)).unwrap(),
            "Type mismatch in key from map: expected org.apache.hadoop.io.Text, received \
             org.apache.hadoop.io.LongWritable"
        );
    }
}
