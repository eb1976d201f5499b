//! Names of Java classes, and what answers to them.
//!
//! Hadoop takes a command for a class when a class of that name can be loaded. No Java runs here: the stock classes
//! are answered for by code of our own, and any other name that looks like a class is refused by name.

use std::path::Path;

use howdah_plan::{Part, RawMapper, RawReducer, RawValues, TaskError, TaskOutput};

use howdah_streaming::properties::Properties;

use super::refusal::Refusal;
use super::types::{Types, Writable};

/// A stock mapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MapperClass {
    Identity,
    Inverse,
    /// Words, each with 1 of the given type.
    TokenCount {
        long: bool,
    },
}

impl MapperClass {
    /// The class that a name stands for.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "org.apache.hadoop.mapred.lib.IdentityMapper"
            | "org.apache.hadoop.mapreduce.Mapper" => MapperClass::Identity,
            "org.apache.hadoop.mapred.lib.InverseMapper"
            | "org.apache.hadoop.mapreduce.lib.map.InverseMapper" => MapperClass::Inverse,
            "org.apache.hadoop.mapred.lib.TokenCountMapper" => {
                MapperClass::TokenCount { long: true }
            }
            "org.apache.hadoop.mapreduce.lib.map.TokenCounterMapper" => {
                MapperClass::TokenCount { long: false }
            }
            _ => return None,
        })
    }

    /// The types of what it emits when it reads `input`.
    pub(super) fn emits(self, input: Types) -> Types {
        match self {
            MapperClass::Identity => input,
            MapperClass::Inverse => (input.1, input.0),
            MapperClass::TokenCount { long: true } => (Writable::Text, Writable::Long),
            MapperClass::TokenCount { long: false } => (Writable::Text, Writable::Int),
        }
    }

    /// What answers for it.
    #[expect(clippy::unnecessary_wraps, reason = "x")]
    pub(super) fn part(self, _properties: &Properties) -> Result<Part<dyn RawMapper>, Refusal> {
        Ok(match self {
            MapperClass::Identity => Part::Identity,
            MapperClass::Inverse => Part::mapper(|| Inverse),
            MapperClass::TokenCount { .. } => Part::mapper(|| TokenCount),
        })
    }
}

/// A stock reducer or combiner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReducerClass {
    Identity,
    /// Sums of numbers of the given type.
    Sum {
        long: bool,
    },
}

impl ReducerClass {
    /// The class that a name stands for.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "org.apache.hadoop.mapred.lib.IdentityReducer"
            | "org.apache.hadoop.mapreduce.Reducer" => ReducerClass::Identity,
            "org.apache.hadoop.mapred.lib.LongSumReducer"
            | "org.apache.hadoop.mapreduce.lib.reduce.LongSumReducer" => {
                ReducerClass::Sum { long: true }
            }
            "org.apache.hadoop.mapreduce.lib.reduce.IntSumReducer" => {
                ReducerClass::Sum { long: false }
            }
            _ => return None,
        })
    }

    /// The type of values that it takes; `None` for any.
    pub(super) fn takes(self) -> Option<Writable> {
        match self {
            ReducerClass::Identity => None,
            ReducerClass::Sum { long: true } => Some(Writable::Long),
            ReducerClass::Sum { long: false } => Some(Writable::Int),
        }
    }

    /// What answers for it.
    #[expect(clippy::unnecessary_wraps, reason = "x")]
    pub(super) fn part(self, _properties: &Properties) -> Result<Part<dyn RawReducer>, Refusal> {
        Ok(match self {
            ReducerClass::Identity => Part::Identity,
            ReducerClass::Sum { .. } => Part::reducer(|| Sum),
        })
    }
}

/// Whether text looks like the name of a Java class, and is no file here: packages in small letters, then a name that
/// begins with a capital.
pub(super) fn looks_like_a_class(text: &str) -> bool {
    let Some((package, name)) = text.rsplit_once('.') else { return false };
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
    };
    let small = |part: &str| word(part) && part.starts_with(|c: char| c.is_ascii_lowercase());
    word(name)
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && package.split('.').all(small)
        && !Path::new(text).exists()
}

/// `InverseMapper`: key and value change places.
struct Inverse;

impl RawMapper for Inverse {
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.map_pair(&[], record, out)
    }
    fn map_pair(
        &mut self,
        key: &[u8],
        value: &[u8],
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        emit(value, key, out)
    }
}

/// `TokenCountMapper`: each word of the value, as `java.util.StringTokenizer` cuts them, with 1.
struct TokenCount;

impl RawMapper for TokenCount {
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
        for word in record.split(is_blank).filter(|word| !word.is_empty()) {
            emit(word, b"1", out)?;
        }
        Ok(())
    }
}

/// `LongSumReducer`: the sum of a key's values, which wraps as Java's does.
struct Sum;

impl RawReducer for Sum {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        let mut sum = 0i64;
        while let Some(value) = values.next()? {
            let number: i64 = std::str::from_utf8(value)
                .map_err(|error| TaskError::decode("value", "i64", value, error))?
                .parse()
                .map_err(|error| TaskError::decode("value", "i64", value, error))?;
            sum = sum.wrapping_add(number);
        }
        emit(key, sum.to_string().as_bytes(), out)
    }
}

fn emit(key: &[u8], value: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
    out.records.key().extend_from_slice(key);
    out.records.value().extend_from_slice(value);
    out.records.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_do_not_look_like_classes() {
        for command in ["cat", "map.py", "./Map.Class", "a b.C", "python3 x.Y", "x.y", ".Y", "Tool"]
        {
            assert!(!looks_like_a_class(command), "{command}");
        }
        for class in ["com.example.MyMapper", "org.x.Outer$Inner", "lib.IdentityMapper"] {
            assert!(looks_like_a_class(class), "{class}");
        }
    }

    #[test]
    fn stock_classes_have_types() {
        let lines = || (Writable::Long, Writable::Text);
        let inverse = MapperClass::of_name("org.apache.hadoop.mapred.lib.InverseMapper").unwrap();
        assert_eq!(inverse.emits(lines()), (Writable::Text, Writable::Long));
        let count = MapperClass::of_name("org.apache.hadoop.mapred.lib.TokenCountMapper").unwrap();
        assert_eq!(count.emits(lines()), (Writable::Text, Writable::Long));
        assert_eq!(ReducerClass::of_name("LongSumReducer"), None);
    }
}
