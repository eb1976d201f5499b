//! Cases as text, in the form in which they stand in a file.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::case::{Case, Compare, Expected};

/// A line that is longer is broken between a field's members.
const WIDTH: usize = 120;

/// A file of cases.
#[must_use]
pub fn file(cases: &[Case]) -> String {
    let cases: Vec<String> = cases.iter().map(case).collect();
    format!("[\n{}\n]\n", cases.join(",\n"))
}

/// One case: a field to a line.
#[must_use]
pub fn case(case: &Case) -> String {
    let mut fields = Fields(Vec::new());
    fields.add("name", &case.name);
    fields.add_unless_empty("why", &case.why, case.why.is_empty());
    fields.add_unless_empty("folders", &case.folders, case.folders.is_empty());
    fields.add_unless_empty("files", &case.files, case.files.is_empty());
    fields.add_unless_empty("environment", &case.environment, case.environment.is_empty());
    fields.add_unless_empty("before", &case.before, case.before.is_empty());
    fields.add_unless_empty("own", &case.own, case.own.is_empty());
    fields.add("run", &case.run);
    fields.add_expected(&case.expected);
    fields.add_unless_empty("says", &case.says, case.says.is_empty());
    if let Some(hadoop) = &case.hadoop {
        let mut own = Fields(Vec::new());
        own.add_expected(hadoop);
        let own: Vec<_> = own.0.iter().map(|field| field.replace("\n    ", "\n      ")).collect();
        fields.0.push(format!("\"hadoop\": {{\n      {}\n    }}", own.join(",\n      ")));
    }
    format!("  {{\n    {}\n  }}", fields.0.join(",\n    "))
}

struct Fields(Vec<String>);

impl Fields {
    fn add(&mut self, name: &str, value: &impl Serialize) {
        let value = serde_json::to_value(value).unwrap();
        let compact = spaced(&value);
        let text = match &value {
            serde_json::Value::Object(members) if compact.len() + name.len() + 8 > WIDTH => {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("      {}: {}", spaced(name), spaced(value)))
                    .collect();
                format!("{{\n{}\n    }}", members.join(",\n"))
            }
            _ => compact,
        };
        self.0.push(format!("\"{name}\": {text}"));
    }

    fn add_unless_empty(&mut self, name: &str, value: &impl Serialize, empty: bool) {
        if !empty {
            self.add(name, value);
        }
    }

    fn add_expected(&mut self, expected: &Expected) {
        self.add("exit", &expected.exit);
        self.add_unless_empty("compare", &expected.compare, expected.compare == Compare::default());
        self.add_unless_empty("output", &expected.output, expected.output.is_empty());
        self.add_unless_empty("counters", &expected.counters, expected.counters.is_empty());
        let no_counters = &expected.no_counters;
        self.add_unless_empty("no counters", no_counters, no_counters.is_empty());
        self.add_unless_empty("stderr", &expected.stderr, expected.stderr.is_empty());
        self.add_unless_empty("no stderr", &expected.no_stderr, expected.no_stderr.is_empty());
    }
}

/// JSON on one line, with blanks behind commas and colons.
fn spaced(value: &(impl Serialize + ?Sized)) -> String {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Spaced)).unwrap();
    String::from_utf8(text).unwrap()
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
