//! The Java classes that a job declares its keys and values to be of.

use std::error::Error;
use std::fmt;

use crate::properties::Properties;
use crate::writable::{RecordClasses, WritableClass};

/// The Java classes of a record's key and value, by their names: a job may declare one that only Java knows.
///
/// ```
/// use howdah_streaming::class_names::ClassNames;
/// use howdah_streaming::properties::Properties;
/// use howdah_streaming::writable::RecordClasses;
///
/// let declared = ClassNames::of_map_output(&Properties::new());
/// assert_eq!(declared.key, "org.apache.hadoop.io.LongWritable");
/// let other = declared.other_than(RecordClasses::TEXT).unwrap();
/// assert_eq!((other.what, other.expected), ("key", "org.apache.hadoop.io.LongWritable"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassNames {
    /// The key's.
    pub key: String,
    /// The value's.
    pub value: String,
}

impl From<RecordClasses> for ClassNames {
    fn from(RecordClasses { key, value }: RecordClasses) -> Self {
        ClassNames { key: key.name().to_owned(), value: value.name().to_owned() }
    }
}

/// A key or value of another class than is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherClass<'n> {
    /// `key` or `value`.
    pub what: &'static str,
    /// The class that is declared.
    pub expected: &'n str,
    /// What it is.
    pub found: WritableClass,
}

impl ClassNames {
    /// The classes of a job's output: those of a text file unless it says otherwise, as with `JobConf`.
    pub fn of_output(properties: &Properties) -> Self {
        let name = |of: &str, default: WritableClass| {
            let property = format!("mapreduce.job.output.{of}.class");
            properties.get_or(&property, default.name()).into_owned()
        };
        ClassNames {
            key: name("key", WritableClass::Long),
            value: name("value", WritableClass::Text),
        }
    }

    /// The classes that map tasks are to emit: those of the output unless the job says otherwise.
    pub fn of_map_output(properties: &Properties) -> Self {
        let of_job = ClassNames::of_output(properties);
        let name = |of: &str, default: &str| {
            properties.get_or(&format!("mapreduce.map.output.{of}.class"), default).into_owned()
        };
        ClassNames { key: name("key", &of_job.key), value: name("value", &of_job.value) }
    }

    /// The classes that the header of a file of bytes names (`SequenceFileAsBinaryOutputFormat`): those of the output unless
    /// the job says otherwise.
    pub fn of_binary_output(properties: &Properties) -> Self {
        let of_job = ClassNames::of_output(properties);
        let name = |of: &str, default: &str| {
            let property = format!("mapreduce.output.seqbinaryoutputformat.{of}.class");
            properties.get_or(&property, default).into_owned()
        };
        ClassNames { key: name("key", &of_job.key), value: name("value", &of_job.value) }
    }

    /// The first of key and value that is of another class; `None` if both fit.
    pub fn other_than(&self, found: RecordClasses) -> Option<OtherClass<'_>> {
        let of = |what, expected, found| {
            let other = OtherClass { what, expected, found };
            (WritableClass::of_name(expected) != Some(found)).then_some(other)
        };
        of("key", &*self.key, found.key).or_else(|| of("value", &*self.value, found.value))
    }
}

/// Records of other types than a job declares: what Hadoop says of them, and what would agree.
///
/// ```
/// use howdah_streaming::class_names::ClassNames;
/// use howdah_streaming::properties::Properties;
/// use howdah_streaming::writable::RecordClasses;
///
/// let declared = ClassNames::of_output(&Properties::new());
/// let mismatch = declared.wrong_in_file(RecordClasses::TEXT).unwrap();
/// assert!(mismatch.to_string().contains("wrong key class"));
/// assert!(mismatch.hint().contains("-D mapreduce.job.output.key.class=org.apache.hadoop.io.Text"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeMismatch {
    words: String,
    hint: String,
}

impl TypeMismatch {
    /// A mismatch in Hadoop's words, with what to do.
    pub fn new(words: impl Into<String>, hint: impl Into<String>) -> Self {
        TypeMismatch { words: words.into(), hint: hint.into() }
    }

    /// What to do.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Error for TypeMismatch {}

impl ClassNames {
    /// What Hadoop says when a map task emits records of other types (`MapTask.MapOutputBuffer.collect`); `None` if they
    /// fit.
    pub fn wrong_from_map(&self, found: RecordClasses) -> Option<TypeMismatch> {
        let OtherClass { what, expected, found: other } = self.other_than(found)?;
        let words = format!(
            "java.io.IOException: Type mismatch in {what} from map: expected {expected}, received {other}"
        );
        Some(TypeMismatch::new(words, self.declaration("map", found)))
    }

    /// What Hadoop says when records of other types are to be written to a `SequenceFile` of these
    /// (`SequenceFile.Writer.append`); `None` if they fit.
    pub fn wrong_in_file(&self, found: RecordClasses) -> Option<TypeMismatch> {
        let OtherClass { what, expected, found: other } = self.other_than(found)?;
        let words =
            format!("java.io.IOException: wrong {what} class: {other} is not class {expected}");
        Some(TypeMismatch::new(words, self.declaration("job", found)))
    }

    /// What a job must say of `part`, `map` or `job`, to declare the types of records that are others than these.
    fn declaration(&self, part: &str, found: RecordClasses) -> String {
        let mut hint = "declare the types that the records have:".to_owned();
        for (what, declared, found) in
            [("key", &self.key, found.key), ("value", &self.value, found.value)]
        {
            if WritableClass::of_name(declared) != Some(found) {
                hint = format!("{hint} -D mapreduce.{part}.output.{what}.class={found}");
            }
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_is_said_in_hadoops_words() {
        let declared = ClassNames::from(RecordClasses::TEXT);
        assert_eq!(declared.other_than(RecordClasses::TEXT), None);
        let lines = RecordClasses { key: WritableClass::Long, value: WritableClass::Text };
        let mismatch = declared.wrong_from_map(lines).unwrap();
        assert_eq!(
            mismatch.to_string(),
            "java.io.IOException: Type mismatch in key from map: expected org.apache.hadoop.io.Text, received \
             org.apache.hadoop.io.LongWritable"
        );
        assert_eq!(
            declared.wrong_in_file(lines).unwrap().to_string(),
            "java.io.IOException: wrong key class: org.apache.hadoop.io.LongWritable is not class \
             org.apache.hadoop.io.Text"
        );
        let none = ClassNames { key: "com.example.Own".to_owned(), ..declared };
        assert_eq!(none.other_than(RecordClasses::TEXT).unwrap().expected, "com.example.Own");
    }

    #[test]
    fn a_hint_declares_what_does_not_agree() {
        let declared = ClassNames::from(RecordClasses::TEXT);
        let hint = |found| declared.wrong_in_file(found).unwrap().hint().to_owned();
        let key = " -D mapreduce.job.output.key.class=org.apache.hadoop.io.LongWritable";
        let value = " -D mapreduce.job.output.value.class=org.apache.hadoop.io.IntWritable";
        let told = "declare the types that the records have:";
        let mut found = RecordClasses { key: WritableClass::Long, ..RecordClasses::TEXT };
        assert_eq!(hint(found), format!("{told}{key}"));
        found.value = WritableClass::Int;
        assert_eq!(hint(found), format!("{told}{key}{value}"));
        found.key = WritableClass::Text;
        assert_eq!(hint(found), format!("{told}{value}"));
    }

    #[test]
    fn what_maps_emit_is_the_output_unless_it_is_told() {
        let bytes = WritableClass::Bytes.name();
        let set = [
            ("mapreduce.job.output.value.class", bytes),
            ("mapreduce.map.output.key.class", bytes),
        ];
        let properties: Properties = set.into_iter().collect();
        let ClassNames { key, value } = ClassNames::of_map_output(&properties);
        assert_eq!((&*key, &*value), (bytes, bytes));
        assert_eq!(ClassNames::of_output(&properties).key, WritableClass::Long.name());
    }
}
