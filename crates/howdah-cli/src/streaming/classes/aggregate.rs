//! `-reducer aggregate`: keys that name how their values are put together.
//!
//! Mirrors `mapred.lib.aggregate`: a mapper writes `TYPE:ID TAB VALUE`, the reducer `ID TAB REPORT`. The combiner
//! keeps the key and writes values that the reducer can go on with. The package's own mapper asks Java classes what to
//! write; those that Hadoop has count records.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use howdah_plan::{RawMapper, RawReducer, RawValues, TaskError, TaskOutput};
use howdah_streaming::properties::Properties;
use howdah_streaming::typed_bytes::double_text;
use howdah_streaming::utf8;
use howdah_streaming::writable::{RecordClasses, WritableClass};

use super::super::failing::class_cast;
use super::java::{parse_double, parse_long};
use super::plain::emit;

/// What is made of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Combiner,
    Reducer {
        /// How many different values `UniqValueCount` counts.
        most: usize,
    },
}

/// The reducer and the combiner.
pub(super) struct Aggregate {
    role: Role,
    /// The type of values, which are taken as text. Keys are `Text`: a job with others fails before.
    values: WritableClass,
}

impl Aggregate {
    pub(super) fn new(role: Role) -> Self {
        Aggregate { role, values: WritableClass::Text }
    }
}

impl RawReducer for Aggregate {
    fn classes(&mut self, read: RecordClasses) -> RecordClasses {
        self.values = read.value;
        RecordClasses::TEXT
    }
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        // By way of a Java string, so that what is no UTF-8 becomes U+FFFD, in the identifier as well.
        let text = utf8::decode(key);
        let (name, id) = type_and_id(&text)?;
        let most = match self.role {
            Role::Combiner => usize::MAX,
            Role::Reducer { most } => most,
        };
        let mut aggregator = Aggregator::of_name(name, most).ok_or_else(|| {
            TaskError::job(format!(
                "java.lang.NullPointerException: there is no aggregator `{name}`: use LongValueSum, LongValueMax, \
                 LongValueMin, DoubleValueSum, StringValueMax, StringValueMin, UniqValueCount or ValueHistogram"
            ))
        })?;
        let mut text = Vec::new();
        while let Some(value) = values.next()? {
            text.clear();
            self.values.write_text(value, &mut text).map_err(TaskError::job)?;
            aggregator.add(&utf8::decode(&text))?;
        }
        match self.role {
            Role::Reducer { .. } => emit(id.as_bytes(), aggregator.report().as_bytes(), out),
            Role::Combiner => {
                aggregator.partial().iter().try_for_each(|value| emit(key, value.as_bytes(), out))
            }
        }
    }
}

/// What stands before and behind the first colon.
fn type_and_id(key: &str) -> Result<(&str, &str), TaskError> {
    key.split_once(':').ok_or_else(|| {
        TaskError::job(format!(
            "java.lang.StringIndexOutOfBoundsException: begin 0, end -1, length {}: the key `{key}` has no colon; \
             `aggregate` needs keys TYPE:ID",
            key.encode_utf16().count(),
        ))
    })
}

/// A name as `String.compareToIgnoreCase` looks at it: capitals first, and of those the small letters. So some letters
/// beyond ASCII are ASCII's.
fn in_any_case(name: &str) -> String {
    let alone = |mut letters: Box<dyn Iterator<Item = char>>, letter: char| {
        letters.next().filter(|_| letters.next().is_none()).unwrap_or(letter)
    };
    let capital = |letter: char| alone(Box::new(letter.to_uppercase()), letter);
    let small = |letter: char| alone(Box::new(letter.to_lowercase()), letter);
    name.chars().map(|letter| small(capital(letter))).collect()
}

/// `ValueAggregatorMapper` with the classes that Hadoop has to describe values: each of them counts the records of the job
/// and of each file (`ValueAggregatorBaseDescriptor`).
pub(super) struct RecordCount {
    descriptors: usize,
    /// The key of the file's own count, if the task has a file.
    of_file: Option<String>,
}

impl RecordCount {
    /// The mapper of a job that names so many classes; without any there is one.
    pub(super) fn new(descriptors: usize) -> Self {
        RecordCount { descriptors: descriptors.max(1), of_file: None }
    }
}

impl RawMapper for RecordCount {
    fn start(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.of_file = out.info.input_file.as_ref().map(|file| format!("LongValueSum:{file}"));
        Ok(())
    }
    fn map(&mut self, _: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        for _ in 0..self.descriptors {
            emit(b"LongValueSum:record_count", b"1", out)?;
            if let Some(key) = &self.of_file {
                emit(key.as_bytes(), b"1", out)?;
            }
        }
        Ok(())
    }
}

/// How many classes a job names to describe values; or why Hadoop cannot configure the mapper, and the reducer, which never
/// asks them.
pub(super) fn descriptors(properties: &Properties) -> Result<usize, String> {
    const NAME: &str = "aggregator.descriptor.";
    const STOCK: &str = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorBaseDescriptor";
    const NEW: &str = "org.apache.hadoop.mapreduce.lib.aggregate.ValueAggregatorBaseDescriptor";
    let count = properties.get_i64(&format!("{NAME}num"), 0).map_err(|error| error.to_string())?;
    // Those that are set are looked at, and not all numbers: these alone must not keep a task busy.
    let number = |name: &str| name.strip_prefix(NAME)?.parse::<i64>().ok();
    let named = properties.iter().filter_map(|(name, _)| number(name)).filter(|&at| at < count);
    let numbers: BTreeSet<i64> = named.filter(|&at| at >= 0).collect();
    let mut descriptors = 0;
    for spec in numbers.iter().filter_map(|at| properties.get(&format!("{NAME}{at}"))) {
        let mut words = spec.split(',');
        if !words.next().is_some_and(|kind| kind.eq_ignore_ascii_case("UserDefined")) {
            continue;
        }
        match words.next() {
            Some(STOCK) => descriptors += 1,
            Some(NEW) => {
                let old = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorDescriptor";
                return Err(class_cast(NEW, old));
            }
            Some(class) => {
                let exception = "java.lang.RuntimeException: java.lang.ClassNotFoundException";
                return Err(format!("{exception}: {class}"));
            }
            None => {
                let exception = "java.lang.ArrayIndexOutOfBoundsException";
                return Err(format!("{exception}: Index 1 out of bounds for length 1"));
            }
        }
    }
    Ok(descriptors)
}

/// Values put together.
enum Aggregator {
    LongSum(i64),
    LongMax(i64),
    LongMin(i64),
    DoubleSum(f64),
    /// The text that is the most in an order.
    StringMost {
        order: Ordering,
        text: Option<String>,
    },
    Unique {
        seen: BTreeSet<String>,
        most: usize,
    },
    Histogram(BTreeMap<String, i64>),
}

impl Aggregator {
    fn of_name(name: &str, most: usize) -> Option<Self> {
        Some(match in_any_case(name).as_str() {
            "longvaluesum" => Aggregator::LongSum(0),
            "longvaluemax" => Aggregator::LongMax(i64::MIN),
            "longvaluemin" => Aggregator::LongMin(i64::MAX),
            "doublevaluesum" => Aggregator::DoubleSum(0.0),
            "stringvaluemax" => Aggregator::StringMost { order: Ordering::Greater, text: None },
            "stringvaluemin" => Aggregator::StringMost { order: Ordering::Less, text: None },
            "uniqvaluecount" => Aggregator::Unique { seen: BTreeSet::new(), most },
            "valuehistogram" => Aggregator::Histogram(BTreeMap::new()),
            _ => return None,
        })
    }

    fn add(&mut self, value: &str) -> Result<(), TaskError> {
        let long = || parse_long(value).map_err(TaskError::job);
        match self {
            Aggregator::LongSum(sum) => *sum = sum.wrapping_add(long()?),
            Aggregator::LongMax(max) => *max = (*max).max(long()?),
            Aggregator::LongMin(min) => *min = (*min).min(long()?),
            Aggregator::DoubleSum(sum) => *sum += parse_double(value).map_err(TaskError::job)?,
            Aggregator::StringMost { order, text } => {
                let is_more = |text: &String| java_order(value, text) == *order;
                if text.as_ref().is_none_or(is_more) {
                    *text = Some(value.to_owned());
                }
            }
            Aggregator::Unique { seen, most } => {
                if seen.len() < *most {
                    seen.insert(value.to_owned());
                }
            }
            Aggregator::Histogram(counts) => {
                let (item, count) = match value.rsplit_once('\t') {
                    Some((item, count)) => (item, parse_long(count).map_err(TaskError::job)?),
                    None => (value, 1),
                };
                let slot = counts.entry(item.to_owned()).or_default();
                *slot = slot.wrapping_add(count);
            }
        }
        Ok(())
    }

    /// What the reducer writes.
    fn report(&self) -> String {
        match self {
            Aggregator::LongSum(number)
            | Aggregator::LongMax(number)
            | Aggregator::LongMin(number) => number.to_string(),
            Aggregator::DoubleSum(sum) => double_text(*sum),
            Aggregator::StringMost { text, .. } => text.clone().unwrap_or_default(),
            Aggregator::Unique { seen, .. } => seen.len().to_string(),
            Aggregator::Histogram(counts) => histogram(counts.values().copied().collect()),
        }
    }

    /// What the combiner writes: values from which the same report follows.
    fn partial(&self) -> Vec<String> {
        match self {
            Aggregator::Unique { seen, .. } => seen.iter().cloned().collect(),
            Aggregator::Histogram(counts) => {
                counts.iter().map(|(item, count)| format!("{item}\t{count}")).collect()
            }
            _ => vec![self.report()],
        }
    }
}

/// `String.compareTo`: by UTF-16 units.
fn java_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// How many counts there are, the least, the middle one, the most, their average and their standard deviation.
#[expect(clippy::cast_precision_loss, reason = "Java computes these as doubles")]
fn histogram(mut counts: Vec<i64>) -> String {
    counts.sort_unstable();
    let (Some(least), Some(most)) = (counts.first(), counts.last()) else { return "0".to_owned() };
    let number = counts.len() as f64;
    let sum = counts.iter().fold(0i64, |sum, &count| sum.wrapping_add(count));
    let average = sum as f64 / number;
    let squares = counts.iter().fold(0.0, |sum, &count| {
        let difference = count as f64 - average;
        sum + difference * difference
    });
    let deviation = (squares / number).sqrt();
    format!(
        "{}\t{least}\t{}\t{most}\t{}\t{}",
        counts.len(),
        counts[counts.len() / 2],
        double_text(average),
        double_text(deviation)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, values: &[&str]) -> String {
        let mut aggregator = Aggregator::of_name(name, usize::MAX).unwrap();
        for value in values {
            aggregator.add(value).unwrap();
        }
        let report = aggregator.report();
        let mut again = Aggregator::of_name(name, usize::MAX).unwrap();
        aggregator.partial().iter().for_each(|value| again.add(value).unwrap());
        assert_eq!(again.report(), report, "the combiner changes nothing");
        report
    }

    #[test]
    fn reports_are_those_of_hadoop() {
        assert_eq!(report("LongValueSum", &["5", "-2"]), "3");
        assert_eq!(report("longvaluesum", &["9223372036854775807", "1"]), "-9223372036854775808");
        assert_eq!(report("DoubleValueSum", &["0.1", " 0.2"]), "0.30000000000000004");
        assert_eq!(report("LongValueMax", &["3", "9"]), "9");
        assert_eq!(report("LongValueMin", &["3", "-9"]), "-9");
        assert_eq!(report("StringValueMax", &["abc", "abd"]), "abd");
        assert_eq!(report("StringValueMin", &["\u{10000}", "\u{ffff}"]), "\u{10000}");
        assert_eq!(report("UniqValueCount", &["a", "b", "a"]), "2");
        assert_eq!(
            report("ValueHistogram", &["a", "b\t3", "c\t2", "a"]),
            "3\t2\t2\t3\t2.3333333333333335\t0.4714045207910317"
        );
    }

    #[test]
    fn names_are_compared_as_by_java() {
        for name in ["LONGVALUESUM", "longvaluesum", "LongValue\u{17f}um"] {
            assert!(Aggregator::of_name(name, 1).is_some(), "{name}");
        }
        assert!(Aggregator::of_name("LongValueSum ", 1).is_none());
    }

    #[test]
    fn descriptors_must_be_there_though_none_is_asked() {
        let failure = |num: &str, spec: &str| {
            let set = [("aggregator.descriptor.num", num), ("aggregator.descriptor.0", spec)];
            descriptors(&set.into_iter().collect()).err()
        };
        assert_eq!(failure("0", "UserDefined,com.example.Missing"), None);
        assert_eq!(failure("1", "Other,com.example.Missing"), None);
        assert!(failure("1", "userdefined,com.example.Missing").unwrap().contains("ClassNotFound"));
        assert!(failure("1", "UserDefined").is_some() && failure("x", "").is_some());
    }

    #[test]
    fn unique_values_are_counted_up_to_a_limit() {
        let mut aggregator = Aggregator::of_name("UniqValueCount", 2).unwrap();
        for value in ["a", "b", "c"] {
            aggregator.add(value).unwrap();
        }
        assert_eq!(aggregator.report(), "2");
    }
}
