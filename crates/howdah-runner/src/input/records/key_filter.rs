//! Which records of `SequenceFile`s are read: a sample, by their keys or their places.
//!
//! Mirrors `SequenceFileInputFilter` with its `PercentFilter`, `RegexFilter` and `MD5Filter`.

use std::io;
use std::sync::Arc;

use howdah_streaming::properties::Properties;
#[cfg(feature = "regex")]
use howdah_streaming::utf8;
use howdah_streaming::writable::{WritableClass, WritableError};
use md5::{Digest, Md5};
#[cfg(feature = "regex")]
use regex_automata::meta::Regex;

/// What the names of properties begin with.
const PREFIX: &str = "mapreduce.input.sequencefileinputfilter";
/// What the names of the filters begin with.
const FILTERS: &str = "org.apache.hadoop.mapred.SequenceFileInputFilter$";

/// What decides, as a job's properties say it; or what Hadoop's tasks die of.
#[derive(Debug, Clone)]
pub(crate) struct KeyFilterSettings(Result<Arc<Filter>, String>);

impl KeyFilterSettings {
    /// What the properties of a job ask for that reads its files by `SequenceFileInputFilter`.
    pub(crate) fn of(properties: &Properties) -> Self {
        KeyFilterSettings(Filter::of(properties).map(Arc::new))
    }

    /// The filter of a split.
    pub(super) fn filter(&self) -> io::Result<KeyFilter> {
        let filter = self.0.clone().map_err(io::Error::other)?;
        Ok(KeyFilter { filter, seen: 0, text: Vec::new() })
    }
}

/// The filter of one split.
#[derive(Debug)]
pub(super) struct KeyFilter {
    filter: Arc<Filter>,
    /// How many records of the split were looked at.
    seen: u64,
    /// The key at hand as text.
    text: Vec<u8>,
}

impl KeyFilter {
    /// Whether the next record is read, which has this key.
    pub(super) fn accepts(
        &mut self,
        class: WritableClass,
        key: &[u8],
    ) -> Result<bool, WritableError> {
        let place = self.seen;
        self.seen += 1;
        self.text.clear();
        match &*self.filter {
            Filter::Percent { every } => Ok(place.is_multiple_of(*every)),
            Filter::Md5 { every } => {
                // Bytes count as they are, and text, too: the others as text.
                let bytes = if class.is_binary_comparable() {
                    key
                } else {
                    class.write_text(key, &mut self.text)?;
                    &self.text
                };
                // Its first half, as a signed number.
                let half = i128::from_be_bytes(Md5::digest(bytes).into()) >> 64;
                Ok(half % i128::from(*every) == 0)
            }
            #[cfg(feature = "regex")]
            Filter::Regex(regex) => {
                class.write_text(key, &mut self.text)?;
                Ok(regex.is_match(&*utf8::decode(&self.text)))
            }
        }
    }
}

/// How it is decided.
#[derive(Debug)]
enum Filter {
    /// One record of so many, from the split's first on.
    Percent { every: u64 },
    /// Those whose keys' sums are a multiple of a number.
    Md5 { every: i64 },
    /// Those whose keys a pattern matches from end to end.
    #[cfg(feature = "regex")]
    Regex(Regex),
}

impl Filter {
    fn of(properties: &Properties) -> Result<Self, String> {
        let name = format!("{PREFIX}.class");
        let class = properties.get_or(&name, "");
        match class.strip_prefix(FILTERS) {
            _ if class.is_empty() => frequency(properties).map(Self::percent),
            Some("PercentFilter") => frequency(properties).map(Self::percent),
            Some("MD5Filter") => Ok(Self::Md5 { every: frequency(properties)?.into() }),
            Some("RegexFilter") => Self::regex(properties),
            _ => Err(format!(
                "`{name}` is `{class}`, which is no filter that Hadoop has: use {FILTERS}PercentFilter, \
                 {FILTERS}RegexFilter or {FILTERS}MD5Filter"
            )),
        }
    }

    fn percent(frequency: u32) -> Self {
        Self::Percent { every: frequency.into() }
    }

    #[cfg(feature = "regex")]
    fn regex(properties: &Properties) -> Result<Self, String> {
        use crate::java_regex::java_regex;

        let name = format!("{PREFIX}.regex");
        let pattern = properties.get_or(&name, "");
        if pattern.is_empty() {
            return Err(format!("java.lang.RuntimeException: {name}not set"));
        }
        java_regex(&pattern, true)?; // so that no bracket of it closes ours
        java_regex(&format!(r"\A(?:{pattern})\z"), true).map(Self::Regex)
    }

    #[cfg(not(feature = "regex"))]
    fn regex(_: &Properties) -> Result<Self, String> {
        Err("this program was built without patterns, which RegexFilter needs".to_owned())
    }
}

/// One record of how many is read.
fn frequency(properties: &Properties) -> Result<u32, String> {
    let name = format!("{PREFIX}.frequency");
    let number = properties.get_i64(&name, 10).ok().and_then(|number| i32::try_from(number).ok());
    let number = number.ok_or_else(|| {
        let value = properties.get_or(&name, "");
        format!("java.lang.NumberFormatException: For input string: \"{value}\" (`{name}`)")
    })?;
    match u32::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("java.lang.RuntimeException: Negative {name}: {number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(properties: &[(&str, &str)]) -> io::Result<KeyFilter> {
        let named = properties.iter().map(|(name, value)| (format!("{PREFIX}.{name}"), *value));
        KeyFilterSettings::of(&named.collect()).filter()
    }

    fn accepted(mut filter: KeyFilter, keys: &[&str]) -> Vec<String> {
        let kept = |key: &&&str| filter.accepts(WritableClass::Text, key.as_bytes()).unwrap();
        keys.iter().filter(kept).map(ToString::to_string).collect()
    }

    #[test]
    fn one_of_ten_is_read_unless_told() {
        let keys: Vec<String> = (0..25).map(|n| n.to_string()).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        assert_eq!(accepted(filter(&[]).unwrap(), &keys), ["0", "10", "20"]);
    }

    #[cfg(feature = "regex")]
    #[test]
    fn a_pattern_matches_the_whole_key() {
        let class = format!("{FILTERS}RegexFilter");
        let of = |pattern| filter(&[("class", &class), ("regex", pattern)]);
        assert_eq!(accepted(of("a|ab").unwrap(), &["a", "ab", "abc", "b"]), ["a", "ab"]);
        assert!(of("a)(b").is_err(), "it would close the group around it");
        assert!(of("(?=a)").is_err());
        assert!(of("").unwrap_err().to_string().ends_with("regexnot set"));
    }

    #[test]
    fn other_filters_are_none() {
        for class in ["RegexFilter", "org.apache.hadoop.mapred.SequenceFileInputFilter$FilterBase"]
        {
            let error = filter(&[("class", class)]).unwrap_err().to_string();
            assert!(error.contains("which is no filter that Hadoop has"), "{error}");
        }
    }
}
