//! Properties: the settings of a job, and how its child processes see them.
//!
//! Hadoop's `Configuration` maps names to strings, knows old names, and expands `${name}` when a value is read.
//! `PipeMapRed.addJobConfToEnvironment` puts all of it into the child's environment.

use crate::defaults;
pub use crate::deprecated::{current_name, run_time_old_name};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::{error, fmt};

/// How many `${name}` are replaced in one value before Hadoop gives up.
const ROUNDS: usize = 20;

/// An ordered map of properties.
///
/// An old name reads and sets the property of the new name.
///
/// ```
/// use howdah_streaming::properties::Properties;
///
/// let mut properties = Properties::default();
/// properties.set("mapred.reduce.tasks", "4");
/// properties.set("out", "part of ${mapreduce.job.reduces}");
/// assert_eq!(properties.get_i64("mapreduce.job.reduces", 1)?, 4);
/// assert_eq!(properties.get("out").as_deref(), Some("part of 4"));
/// # Ok::<(), howdah_streaming::properties::PropertyError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    values: BTreeMap<String, String>,
}

impl Properties {
    /// No properties.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a property. Blanks around its name are removed, those of the value are kept.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(key(name).to_owned(), value.into());
    }

    /// Sets a property as a running task does: under its name and, if it has one for that, under its old name too.
    ///
    /// ```
    /// use howdah_streaming::properties::Properties;
    ///
    /// let mut properties = Properties::new();
    /// properties.set_at_run_time("mapreduce.task.partition", "3");
    /// let names: Vec<_> = properties.iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["mapred.task.partition", "mapreduce.task.partition"]);
    /// ```
    pub fn set_at_run_time(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if let Some(old) = run_time_old_name(key(name)) {
            self.values.insert(old.to_owned(), value.clone());
        }
        self.set(name, value);
    }

    /// Removes a property and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.values.remove(key(name))
    }

    /// The value as it was set.
    pub fn get_raw(&self, name: &str) -> Option<&str> {
        self.values.get(key(name)).map(String::as_str)
    }

    /// The value with `${name}` expanded. A value that cannot be expanded, see [`Properties::expand`], is returned as it
    /// was set.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.get_raw(name)?;
        Some(self.expand(value).unwrap_or(Cow::Borrowed(value)))
    }

    /// The value as a task sees it, or `default`: an empty value counts as unset, since it does not survive the job's
    /// file.
    pub fn get_or<'a>(&'a self, name: &str, default: &'a str) -> Cow<'a, str> {
        self.get(name).filter(|value| !value.is_empty()).unwrap_or(Cow::Borrowed(default))
    }

    /// A yes or no. As in Hadoop's `getBoolean`, anything but `true` and `false`, in any case and with blanks around, is
    /// the default.
    pub fn get_bool(&self, name: &str, default: bool) -> bool {
        match self.get(name).unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => default,
        }
    }

    /// A whole number, decimal or hexadecimal with `0x`, as Hadoop's `getLong` reads it.
    ///
    /// # Errors
    /// A value that is set and no such number.
    pub fn get_i64(&self, name: &str, default: i64) -> Result<i64, PropertyError> {
        let value = self.get_or(name, "");
        let digits = value.trim();
        if digits.is_empty() {
            return Ok(default);
        }
        parse_long(digits).ok_or_else(|| PropertyError::NotANumber {
            name: name.to_owned(),
            value: value.into_owned(),
        })
    }

    /// All properties in the order of their names, values as they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The number of properties.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no properties.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Replaces each `${name}` by that property's value, and again in the result.
    ///
    /// As in Hadoop, the leftmost is replaced first, and the text is left as it is from the first name that is neither
    /// set nor has a [default](crate::defaults). A property whose value refers to itself leaves the whole text unexpanded. Hadoop also looks into the
    /// environment for `${env.NAME}` and into Java's system properties; whoever wants these sets them first.
    ///
    /// ```
    /// use howdah_streaming::properties::Properties;
    ///
    /// let properties: Properties = [("user", "ada"), ("home", "/home/${user}")].into_iter().collect();
    /// assert_eq!(properties.expand("${home}/${nothing}")?, "/home/ada/${nothing}");
    /// # Ok::<(), howdah_streaming::properties::PropertyError>(())
    /// ```
    ///
    /// # Errors
    /// A text that needs 20 replacements or more.
    pub fn expand<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, PropertyError> {
        let mut expanded = Cow::Borrowed(text);
        for _ in 0..ROUNDS {
            let Some(reference) = Reference::leftmost(&expanded) else { return Ok(expanded) };
            let Some(value) = self.value_for_reference(reference.name) else { return Ok(expanded) };
            if value.contains(reference.whole) {
                return Ok(Cow::Borrowed(text));
            }
            expanded = Cow::Owned([reference.before, value, reference.behind].concat());
        }
        Err(PropertyError::TooDeep { text: text.to_owned() })
    }

    /// What `${name}` stands for: the property, else Hadoop's own default.
    fn value_for_reference(&self, name: &str) -> Option<&str> {
        self.get_raw(name).or_else(|| defaults::value(key(name)))
    }

    /// The variables that a child sees, in the order of the properties: names as [`environment_name`] writes them, values
    /// expanded and cut to `stream.jobconf.truncate.limit` UTF-16 units if that is set. Where two properties have one
    /// name, the last one stays. A property with an empty value counts as unset.
    ///
    /// ```
    /// use howdah_streaming::properties::Properties;
    ///
    /// let properties: Properties = [("my.prop", "0123456"), ("stream.jobconf.truncate.limit", "4")].into_iter().collect();
    /// let environment = properties.environment();
    /// assert_eq!(environment.variables["my_prop"], "0123");
    /// assert_eq!(environment.truncated, ["my_prop"]);
    /// ```
    pub fn environment(&self) -> ChildEnvironment {
        let limit = self.get_i64("stream.jobconf.truncate.limit", -1).unwrap_or(-1);
        let limit = usize::try_from(limit).ok();
        let mut environment = ChildEnvironment::default();
        for (name, value) in self.iter().filter(|(_, value)| !value.is_empty()) {
            let expanded = self.expand(value).unwrap_or(Cow::Borrowed(value));
            environment.add(environment_name(name), &expanded, limit);
        }
        environment
    }
}

impl<N: AsRef<str>, V: Into<String>> Extend<(N, V)> for Properties {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, properties: I) {
        for (name, value) in properties {
            self.set(name.as_ref(), value);
        }
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(properties: I) -> Self {
        let mut collected = Self::new();
        collected.extend(properties);
        collected
    }
}

/// Properties as the environment of a child process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildEnvironment {
    /// The variables.
    pub variables: BTreeMap<String, String>,
    /// The names of variables whose values were cut. Hadoop warns of each:
    /// `Environment variable NAME truncated to N to  fit system limits.`
    pub truncated: Vec<String>,
}

impl ChildEnvironment {
    fn add(&mut self, name: String, value: &str, limit: Option<usize>) {
        let kept = limit.map_or(Cow::Borrowed(value), |limit| first_units(value, limit));
        if kept != value {
            self.truncated.push(name.clone());
        }
        self.variables.insert(name, kept.into_owned());
    }
}

/// The start of `value` that has no more than `limit` UTF-16 units. Half of a character becomes `?`, as Java writes it.
fn first_units(value: &str, limit: usize) -> Cow<'_, str> {
    let mut units = 0usize;
    for (index, character) in value.char_indices() {
        let before = units;
        units = units.saturating_add(character.len_utf16());
        if units > limit {
            let kept = &value[..index];
            let is_half = before < limit;
            return if is_half { Cow::Owned(format!("{kept}?")) } else { Cow::Borrowed(kept) };
        }
    }
    Cow::Borrowed(value)
}

/// The name of the variable that a child sees a property in: every UTF-16 unit other than an ASCII letter or digit
/// becomes `_` (`PipeMapRed.safeEnvVarName`).
///
/// ```
/// use howdah_streaming::properties::environment_name;
///
/// assert_eq!(environment_name("mapreduce.task.attempt.id"), "mapreduce_task_attempt_id");
/// assert_eq!(environment_name("a-b"), environment_name("a.b"));
/// ```
pub fn environment_name(property: &str) -> String {
    let safe = |unit: u16| {
        u8::try_from(unit).ok().filter(u8::is_ascii_alphanumeric).map_or('_', char::from)
    };
    property.encode_utf16().map(safe).collect()
}

/// The name under which a property is kept.
fn key(name: &str) -> &str {
    current_name(name.trim_matches(|character| character <= ' '))
}

/// A `${name}` in a text.
struct Reference<'a> {
    before: &'a str,
    whole: &'a str,
    name: &'a str,
    behind: &'a str,
}

impl<'a> Reference<'a> {
    /// The leftmost reference whose name is not empty and has no space, `$` or `}`.
    fn leftmost(text: &'a str) -> Option<Self> {
        text.match_indices("${").find_map(|(start, opening)| {
            let inner = &text[start + opening.len()..];
            let end = inner
                .find(['}', '$', ' '])
                .filter(|&end| end > 0 && inner[end..].starts_with('}'))?;
            let behind = &inner[end + 1..];
            let whole = &text[start..text.len() - behind.len()];
            Some(Self { before: &text[..start], whole, name: &inner[..end], behind })
        })
    }
}

/// Reads a number as `Configuration.getLong` does.
fn parse_long(digits: &str) -> Option<i64> {
    let (sign, magnitude) = match digits.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", digits),
    };
    match magnitude.strip_prefix("0x").or_else(|| magnitude.strip_prefix("0X")) {
        Some(hexadecimal) => i64::from_str_radix(&format!("{sign}{hexadecimal}"), 16).ok(),
        None => digits.parse().ok(),
    }
}

/// Why a property cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PropertyError {
    /// A whole number is expected.
    NotANumber {
        /// The property.
        name: String,
        /// Its value.
        value: String,
    },
    /// Replacing `${name}` comes to no end.
    TooDeep {
        /// The text that is to be expanded.
        text: String,
    },
}

impl fmt::Display for PropertyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { name, value } => write!(
                f,
                "java.lang.NumberFormatException: For input string: \"{}\": the property {name} is to be a whole number \
                 of 64 bits, such as -D {name}=1",
                value.trim()
            ),
            Self::TooDeep { text } => write!(
                f,
                "Variable substitution depth too large: {ROUNDS} {text}; let fewer properties refer to each other with ${{name}}",
            ),
        }
    }
}

impl error::Error for PropertyError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        pairs.iter().copied().collect()
    }

    #[test]
    fn an_old_name_is_the_new_property() {
        let mut properties = properties(&[(" mapred.text.key.comparator.options ", "-n")]);
        assert_eq!(properties.get_raw("mapreduce.partition.keycomparator.options"), Some("-n"));
        properties.set("mapreduce.partition.keycomparator.options", "-r");
        assert_eq!(properties.get("mapred.text.key.comparator.options").as_deref(), Some("-r"));
        assert_eq!(properties.len(), 1);
    }

    #[test]
    fn references_are_replaced_from_the_left() {
        let properties = properties(&[
            ("a", "1"),
            ("b", "${a}${a}"),
            ("x", "a"),
            ("loop", "<${loop}>"),
            ("p", "${q}"),
            ("q", "${p}"),
        ]);
        let cases = [
            ("${b}", "11"),
            ("${${x}}", "1"),
            ("${no} ${a}", "${no} ${a}"),
            ("${a} ${no}", "1 ${no}"),
            ("${} ${a b} $a {a} ${a}", "${} ${a b} $a {a} 1"),
            ("${a} ${loop}", "${a} ${loop}"),
            ("${a", "${a"),
        ];
        for (text, expected) in cases {
            assert_eq!(properties.expand(text).unwrap(), expected, "{text}");
        }
        assert_eq!(
            properties.expand("${p}").unwrap_err().to_string(),
            "Variable substitution depth too large: 20 ${p}; let fewer properties refer to each other with ${name}"
        );
        assert_eq!(properties.get("p").as_deref(), Some("${q}"));
    }

    #[test]
    fn values_are_read_as_in_hadoop() {
        let properties = properties(&[
            ("yes", " TRUE "),
            ("what", "yes"),
            ("n", " -0x10 "),
            ("bad", "1.5"),
            ("empty", ""),
        ]);
        assert!(properties.get_bool("yes", false));
        assert!(properties.get_bool("what", true));
        assert_eq!(properties.get_i64("n", 0), Ok(-16));
        assert_eq!(properties.get_i64("empty", 7), Ok(7));
        assert_eq!(properties.get_or("empty", "TAB"), "TAB");
        assert_eq!(
            properties.get_i64("bad", 0).unwrap_err().to_string(),
            "java.lang.NumberFormatException: For input string: \"1.5\": the property bad is to be a whole number of 64 bits, such as -D bad=1"
        );
    }

    #[test]
    fn half_a_character_of_the_environment_is_a_question_mark() {
        let properties = properties(&[("a.b", "é😀x"), ("stream.jobconf.truncate.limit", "2")]);
        let environment = properties.environment();
        assert_eq!(environment.variables["a_b"], "é?");
        assert_eq!(environment.truncated, ["a_b"]);
        assert_eq!(environment.variables["stream_jobconf_truncate_limit"], "2");
    }

    #[test]
    fn run_time_values_have_their_old_names() {
        let mut properties = Properties::new();
        properties.set_at_run_time("mapreduce.map.input.file", "file:/in");
        properties.set_at_run_time("mapreduce.job.reduces", "2");
        let names: Vec<_> = properties.environment().variables.into_keys().collect();
        assert_eq!(names, ["map_input_file", "mapreduce_job_reduces", "mapreduce_map_input_file"]);
    }

    proptest! {
        #[test]
        fn any_value_is_expanded_or_refused(a in "[${}ab ]{0,12}", b in "[${}ab]{0,12}", text in "[${}ab ]{0,16}|.*") {
            let properties = properties(&[("a", &a), ("b", &b)]);
            let _ = properties.expand(&text);
            properties.environment();
        }

        #[test]
        fn what_is_set_is_got(name in "[a-z.]{1,9}", value in "[^$]*") {
            let mut properties = Properties::new();
            properties.set(&name, value.clone());
            let got = properties.get(&name);
            prop_assert_eq!(got.as_deref(), Some(value.as_str()));
        }

        #[test]
        fn a_variable_name_has_only_letters_digits_and_underscores(name in ".*") {
            let variable = environment_name(&name);
            prop_assert!(variable.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
            prop_assert_eq!(variable.len(), name.encode_utf16().count());
        }

        #[test]
        fn any_number_is_read_or_refused(value in "-?(0x)?[0-9a-fA-F+-]{0,20}|.*") {
            let _ = properties(&[("n", &value)]).get_i64("n", 0);
        }
    }
}
