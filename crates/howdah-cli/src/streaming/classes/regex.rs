//! `RegexMapper`: what a pattern matches in a record's value, each match with 1.
//!
//! Patterns are Java's, as far as [`java_regex`] knows them.

use howdah_plan::{RawMapper, TaskError, TaskOutput};
use howdah_runner::java_regex::java_regex;
use howdah_streaming::properties::Properties;
use howdah_streaming::writable::RecordClasses;
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;

use super::super::refusal::Refusal;
use super::COUNTED;
use super::plain::{ONE, emit};

/// The mapper.
#[derive(Clone)]
pub(super) struct RegexMapper {
    regex: Regex,
    captures: Captures,
    group: usize,
}

impl RegexMapper {
    pub(super) fn of(properties: &Properties) -> Result<Self, Refusal> {
        let refused = |why: String| Refusal::failed(1, [format!("error: RegexMapper: {why}")]);
        let names = ["mapreduce.mapper.regex", "mapred.mapper.regex"];
        let pattern = names.iter().find_map(|name| properties.get(name)).ok_or_else(|| {
            refused("the pattern is missing: set it with -D mapreduce.mapper.regex=PATTERN".into())
        })?;
        let names = ["mapreduce.mapper.regexmapper..group", "mapred.mapper.regex.group"];
        let name =
            names.iter().find(|name| properties.get_raw(name).is_some()).unwrap_or(&names[0]);
        let group = properties.get_i64(name, 0).map_err(|error| refused(error.to_string()))?;
        let regex = java_regex(&pattern, false).map_err(refused)?;
        let captures = regex.create_captures();
        match usize::try_from(group) {
            Ok(group) if group < regex.captures_len() => Ok(RegexMapper { regex, captures, group }),
            _ => Err(refused(format!("the pattern `{pattern}` has no group {group}"))),
        }
    }
}

impl RawMapper for RegexMapper {
    fn classes(&mut self, _: RecordClasses) -> RecordClasses {
        COUNTED
    }
    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let mut from = 0;
        while from <= record.len() {
            let input = regex_automata::Input::new(record).span(from..record.len());
            self.regex.search_captures(&input, &mut self.captures);
            let Some(whole) = self.captures.get_group(0) else { break };
            let group = self.captures.get_group(self.group).ok_or_else(|| {
                let group = self.group;
                TaskError::job(format!(
                    "java.lang.NullPointerException: group {group} took no part in the match"
                ))
            })?;
            emit(&record[group.range()], &ONE, out)?;
            from = if whole.is_empty() { whole.end + 1 } else { whole.end };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Vec<String> {
        let properties = [("mapreduce.mapper.regex", pattern)];
        let mapper = RegexMapper::of(&properties.into_iter().collect()).unwrap();
        let found = mapper.regex.find_iter(text);
        found.map(|found| text[found.range()].to_owned()).collect()
    }

    #[test]
    fn a_pattern_matches_as_java_has_it() {
        assert_eq!(matches("dfs[a-z.]+", "<name>dfs.replication"), ["dfs.replication"]);
    }

    #[test]
    fn what_cannot_be_matched_is_refused() {
        for (pattern, group) in
            [(r"(a)\1", "0"), ("(?=a)", "0"), ("(", "0"), ("(a)", "2"), ("a", "x")]
        {
            let properties =
                [("mapreduce.mapper.regex", pattern), ("mapred.mapper.regex.group", group)];
            assert!(RegexMapper::of(&properties.into_iter().collect()).is_err(), "{pattern}");
        }
        assert!(RegexMapper::of(&Properties::new()).is_err());
    }
}
