//! Names of Java classes, and what answers to them.
//!
//! Hadoop takes a command for a class when a class of that name can be loaded. No Java runs here: the stock classes
//! are answered for by code of our own, others that Hadoop has are refused by name, and what only looks like a class is a
//! program to Hadoop, too.
//!
//! | file | what |
//! | --- | --- |
//! | [`plain`] | the small ones: words, sums, key and value exchanged |
//! | [`aggregate`] | `-reducer aggregate`, and the mapper that goes with it |
//! | [`field_selection`] | `FieldSelectionMapReduce` |
//! | [`regex`] | `RegexMapper` |
//! | [`java`] | numbers as Java reads and writes them |
//! | [`names`] | the classes that Hadoop has, and what those do that are not answered for |

mod aggregate;
mod field_selection;
mod java;
pub(super) mod names;
mod plain;
mod regex;

use std::path::Path;

use howdah_plan::{Part, RawMapper, RawReducer};

use howdah_streaming::properties::Properties;
use howdah_streaming::writable::{RecordClasses, WritableClass};

use super::failing::Failing;
use super::refusal::Refusal;

use aggregate::{Aggregate, RecordCount, Role};
use field_selection::FieldSelection;
pub(super) use plain::words;
use plain::{Inverse, OfText, Sum, TokenCount};
use regex::RegexMapper;

const FIELD_SELECTION: &str = "org.apache.hadoop.mapred.lib.FieldSelectionMapReduce";
const AGGREGATE_MAPPER: &str = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorMapper";
const AGGREGATE_REDUCER: &str = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorReducer";
const AGGREGATE_COMBINER: &str = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorCombiner";

/// What mappers of words emit: each with a 1.
const COUNTED: RecordClasses =
    RecordClasses { key: WritableClass::Text, value: WritableClass::Long };

/// A stock mapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MapperClass {
    Identity,
    Inverse,
    FieldSelection,
    /// What a pattern matches, each with 1.
    Regex,
    /// Words, each with 1.
    TokenCount,
    /// What [`ReducerClass::Aggregate`] adds up to the numbers of records.
    Aggregate,
    /// One of the same package that does something else, and only fails here.
    OtherAggregate,
}

impl MapperClass {
    /// The class that a name stands for.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "org.apache.hadoop.mapred.lib.IdentityMapper" => MapperClass::Identity,
            "org.apache.hadoop.mapred.lib.InverseMapper" => MapperClass::Inverse,
            "org.apache.hadoop.mapred.lib.TokenCountMapper" => MapperClass::TokenCount,
            FIELD_SELECTION => MapperClass::FieldSelection,
            "org.apache.hadoop.mapred.lib.RegexMapper" => MapperClass::Regex,
            AGGREGATE_MAPPER => MapperClass::Aggregate,
            AGGREGATE_REDUCER | AGGREGATE_COMBINER => MapperClass::OtherAggregate,
            _ => return None,
        })
    }

    /// The types of what it emits when it reads `input`.
    pub(super) fn emits(self, input: RecordClasses) -> RecordClasses {
        match self {
            MapperClass::Identity => input,
            MapperClass::Inverse => RecordClasses { key: input.value, value: input.key },
            MapperClass::FieldSelection | MapperClass::Aggregate | MapperClass::OtherAggregate => {
                RecordClasses::TEXT
            }
            MapperClass::Regex | MapperClass::TokenCount => COUNTED,
        }
    }

    /// What answers for it.
    pub(super) fn part(self, properties: &Properties) -> Result<Part<dyn RawMapper>, Refusal> {
        Ok(match self {
            MapperClass::Identity => Part::Identity,
            MapperClass::Inverse => Part::mapper(|| Inverse),
            MapperClass::TokenCount => Part::mapper(|| OfText::new(TokenCount)),
            MapperClass::Regex => {
                let matcher = RegexMapper::of(properties)?;
                Part::mapper(move || OfText::new(matcher.clone()))
            }
            MapperClass::FieldSelection => {
                let selection = FieldSelection::mapper(properties)?;
                Part::mapper(move || selection.clone())
            }
            MapperClass::Aggregate => match aggregate::descriptors(properties) {
                Ok(descriptors) => Part::mapper(move || RecordCount::new(descriptors)),
                Err(why) => {
                    let failing = not_configured(&why);
                    Part::mapper(move || failing.clone())
                }
            },
            MapperClass::OtherAggregate => Part::mapper(not_to_be_called),
        })
    }
}

/// A stock reducer or combiner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReducerClass {
    Identity,
    FieldSelection,
    /// `aggregate` as reducer.
    Aggregate,
    /// `aggregate` as combiner.
    AggregateCombiner,
    /// One of the same package that only maps.
    OtherAggregate,
    /// Sums of numbers.
    Sum,
}

impl ReducerClass {
    /// The class that a name stands for.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            FIELD_SELECTION => ReducerClass::FieldSelection,
            AGGREGATE_REDUCER => ReducerClass::Aggregate,
            AGGREGATE_COMBINER => ReducerClass::AggregateCombiner,
            AGGREGATE_MAPPER => ReducerClass::OtherAggregate,
            // Hadoop's own reducers without a command, which only -reducer and -combiner give them, pass records on.
            "org.apache.hadoop.mapred.lib.IdentityReducer"
            | "org.apache.hadoop.streaming.PipeReducer"
            | "org.apache.hadoop.streaming.PipeCombiner" => ReducerClass::Identity,
            "org.apache.hadoop.mapred.lib.LongSumReducer" => ReducerClass::Sum,
            _ => return None,
        })
    }

    /// The types of keys and of values that it takes; `None` for any.
    pub(super) fn takes(self) -> (Option<WritableClass>, Option<WritableClass>) {
        match self {
            ReducerClass::Identity | ReducerClass::OtherAggregate => (None, None),
            ReducerClass::FieldSelection => (Some(WritableClass::Text), Some(WritableClass::Text)),
            // Values are only asked for what `toString` gives.
            ReducerClass::Aggregate | ReducerClass::AggregateCombiner => {
                (Some(WritableClass::Text), None)
            }
            ReducerClass::Sum => (None, Some(WritableClass::Long)),
        }
    }

    /// What answers for it.
    pub(super) fn part(self, properties: &Properties) -> Result<Part<dyn RawReducer>, Refusal> {
        Ok(match self {
            ReducerClass::Identity => Part::Identity,
            ReducerClass::Sum => Part::reducer(|| Sum),
            ReducerClass::FieldSelection => {
                let selection = FieldSelection::reducer(properties)?;
                Part::reducer(move || selection.clone())
            }
            ReducerClass::Aggregate => {
                let most = properties
                    .get_i64("aggregate.max.num.unique.values", i64::MAX)
                    .map_err(|error| Refusal::failed(1, [format!("error: {error}")]))?;
                // It stops when it has more than so many, and so has one more; 0 and less are no limit.
                let most = usize::try_from(most).ok().filter(|&most| most > 0);
                let most = most.map_or(usize::MAX, |most| most.saturating_add(1));
                if let Err(why) = aggregate::descriptors(properties) {
                    let failing = not_configured(&why);
                    return Ok(Part::reducer(move || failing.clone()));
                }
                Part::reducer(move || Aggregate::new(Role::Reducer { most }))
            }
            ReducerClass::AggregateCombiner => Part::reducer(|| Aggregate::new(Role::Combiner)),
            ReducerClass::OtherAggregate => Part::reducer(not_to_be_called),
        })
    }
}

/// What Java says of a class that cannot be configured.
fn not_configured(why: &str) -> Failing {
    Failing::at_once(format!("java.lang.RuntimeException: Error in configuring object: {why}"))
}

/// What a class of the aggregate package says that is asked for something else than it does.
fn not_to_be_called() -> Failing {
    Failing::with_a_record("java.io.IOException: should not be called")
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
        let lines = || RecordClasses { key: WritableClass::Long, value: WritableClass::Text };
        let inverse = MapperClass::of_name("org.apache.hadoop.mapred.lib.InverseMapper").unwrap();
        assert_eq!(inverse.emits(lines()), COUNTED);
        let count = MapperClass::of_name("org.apache.hadoop.mapred.lib.TokenCountMapper").unwrap();
        assert_eq!(count.emits(lines()), COUNTED);
        assert_eq!(ReducerClass::of_name("LongSumReducer"), None);
    }
}
