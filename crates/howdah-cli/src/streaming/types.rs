//! Which types keys and values have, as far as Java minds.
//!
//! Here all keys and values are bytes. Hadoop checks types when a map task emits, and a job that would fail there must
//! fail here too.

use std::fmt;

/// A type of keys or values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Writable {
    Text,
    Long,
    Int,
    Null,
    /// One that only Java knows.
    Other(String),
}

impl Writable {
    pub(super) fn of_class(class: &str) -> Self {
        match class {
            "org.apache.hadoop.io.Text" => Writable::Text,
            "org.apache.hadoop.io.LongWritable" => Writable::Long,
            "org.apache.hadoop.io.IntWritable" => Writable::Int,
            "org.apache.hadoop.io.NullWritable" => Writable::Null,
            other => Writable::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Writable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Writable::Text => "Text",
            Writable::Long => "LongWritable",
            Writable::Int => "IntWritable",
            Writable::Null => "NullWritable",
            Writable::Other(class) => return f.write_str(class),
        };
        write!(f, "org.apache.hadoop.io.{name}")
    }
}

/// The types of a record's key and value.
pub(super) type Types = (Writable, Writable);

/// What Hadoop says when a map task emits another type than the job declares; `None` if the types fit.
pub(super) fn mismatch(expected: &Types, emitted: &Types) -> Option<String> {
    let of = |what, expected: &Writable, emitted: &Writable| {
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
        let text = (Writable::Text, Writable::Text);
        assert_eq!(mismatch(&text, &text), None);
        assert_eq!(
            mismatch(&text, &(Writable::Long, Writable::Text)).unwrap(),
            "Type mismatch in key from map: expected org.apache.hadoop.io.Text, received \
             org.apache.hadoop.io.LongWritable"
        );
    }
}
