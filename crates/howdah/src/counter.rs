//! Names of counters, checked when the job is compiled.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// Hadoop cuts a longer group name off.
const GROUP_BYTES: usize = 127;
/// Hadoop cuts a longer counter name off.
const NAME_BYTES: usize = 63;

/// A counter of a job: a group and a name.
///
/// Hadoop Streaming reads `reporter:counter:GROUP,NAME,AMOUNT`, so that neither may hold a comma or a line end; it
/// cuts off names that are too long. As a `const` a bad name does not compile.
///
/// ```
/// use howdah::{Counter, Flow, Out};
///
/// const EMPTY: Counter = Counter::new("Lines", "empty");
///
/// let _ = Flow::lines().map_fn(|line, out: &mut Out<usize, u64>| {
///     if line.is_empty() {
///         out.count(&EMPTY, 1);
///     }
/// });
/// ```
///
/// ```compile_fail
/// # use howdah::Counter;
/// const BAD: Counter = Counter::new("Lines", "empty, or blank");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Counter {
    group: Cow<'static, str>,
    name: Cow<'static, str>,
}

impl Counter {
    /// A counter with a name that is known when the job is compiled.
    ///
    /// # Panics
    /// When the group or name is empty, holds a comma or a line end, begins or ends with a blank, or is too long
    /// (127 and 63 bytes). In a `const` this is an error of the compiler.
    pub const fn new(group: &'static str, name: &'static str) -> Self {
        match check(group, GROUP_BYTES) {
            None => {}
            Some(flaw) => panic!("{}", flaw.of_group()),
        }
        match check(name, NAME_BYTES) {
            None => {}
            Some(flaw) => panic!("{}", flaw.of_name()),
        }
        Counter { group: Cow::Borrowed(group), name: Cow::Borrowed(name) }
    }

    /// A counter with a name that is only known when the job runs.
    ///
    /// Hadoop fails a job with more than 120 counters: never name them after your data.
    ///
    /// # Errors
    /// When [`new`](Self::new) would panic.
    ///
    /// ```
    /// use howdah::Counter;
    ///
    /// let status = 404;
    /// assert!(Counter::try_new("Status", format!("{status}")).is_ok());
    /// let error = Counter::try_new("Status", "not, found").unwrap_err();
    /// assert_eq!(error.to_string(), "a counter's name cannot hold a comma");
    /// ```
    pub fn try_new(
        group: impl Into<Cow<'static, str>>,
        name: impl Into<Cow<'static, str>>,
    ) -> Result<Self, CounterNameError> {
        let (group, name) = (group.into(), name.into());
        if let Some(flaw) = check(&group, GROUP_BYTES) {
            return Err(CounterNameError(flaw.of_group()));
        }
        if let Some(flaw) = check(&name, NAME_BYTES) {
            return Err(CounterNameError(flaw.of_name()));
        }
        Ok(Counter { group, name })
    }

    /// The group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The name within the group.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A name that no counter can have; its text says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterNameError(&'static str);

impl fmt::Display for CounterNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for CounterNameError {}

#[derive(Clone, Copy)]
enum Flaw {
    Empty,
    Comma,
    LineEnd,
    Blank,
    Long,
}

impl Flaw {
    const fn of_group(self) -> &'static str {
        match self {
            Flaw::Empty => "a counter's group cannot be empty",
            Flaw::Comma => "a counter's group cannot hold a comma",
            Flaw::LineEnd => "a counter's group cannot hold a line end",
            Flaw::Blank => "a counter's group cannot begin or end with a blank",
            Flaw::Long => "a counter's group cannot be longer than 127 bytes",
        }
    }

    const fn of_name(self) -> &'static str {
        match self {
            Flaw::Empty => "a counter's name cannot be empty",
            Flaw::Comma => "a counter's name cannot hold a comma",
            Flaw::LineEnd => "a counter's name cannot hold a line end",
            Flaw::Blank => "a counter's name cannot begin or end with a blank",
            Flaw::Long => "a counter's name cannot be longer than 63 bytes",
        }
    }
}

const fn check(text: &str, limit: usize) -> Option<Flaw> {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return Some(Flaw::Empty);
    }
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b',' => return Some(Flaw::Comma),
            b'\n' | b'\r' => return Some(Flaw::LineEnd),
            _ => i += 1,
        }
    }
    // Java's `trim` takes away everything up to the blank.
    if bytes[0] <= b' ' || bytes[bytes.len() - 1] <= b' ' {
        return Some(Flaw::Blank);
    }
    if bytes.len() > limit {
        return Some(Flaw::Long);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hadoop_would_misread_are_refused() {
        for (name, why) in [
            ("", "a counter's name cannot be empty"),
            ("a\nb", "a counter's name cannot hold a line end"),
            (" a", "a counter's name cannot begin or end with a blank"),
        ] {
            assert_eq!(Counter::try_new("g", name).unwrap_err().to_string(), why);
        }
        assert!(Counter::try_new("g", "n".repeat(63)).is_ok());
        assert!(Counter::try_new("g", "n".repeat(64)).is_err());
        assert!(Counter::try_new("g".repeat(128), "n").is_err());
    }
}
