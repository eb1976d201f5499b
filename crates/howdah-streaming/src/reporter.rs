//! Reporter lines: how a child counts and tells its status on standard error.
//!
//! `reporter:counter:GROUP,NAME,AMOUNT` adds to a counter and `reporter:status:TEXT` sets the task's status. The
//! prefix can be changed (`stream.stderr.reporter.prefix`). `PipeMapRed.MRErrorThread` reads these lines in Hadoop, and
//! copies every other line to the task's log.

use crate::utf8;
use std::borrow::Cow;

/// The prefix of reporter lines unless a job sets another.
pub const PREFIX: &[u8] = b"reporter:";

/// What a line of a child's standard error says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReporterLine<'a> {
    /// Add `amount` to a counter. Group and name may be empty.
    Counter {
        /// The counter's group.
        group: Cow<'a, str>,
        /// The counter's name.
        name: Cow<'a, str>,
        /// What is added; it may be negative.
        amount: i64,
    },
    /// Set the task's status.
    Status(Cow<'a, str>),
    /// A reporter line that cannot be read. Hadoop warns with this text, and the task goes on.
    Unparsable(String),
    /// No reporter line: it belongs into the task's log.
    Other,
}

/// Reads a line, given without its end.
///
/// ```
/// use howdah_streaming::reporter::{PREFIX, ReporterLine, parse};
///
/// let counter = ReporterLine::Counter { group: "words".into(), name: "long".into(), amount: 2 };
/// assert_eq!(parse(b"reporter:counter:words,long,2", PREFIX), counter);
/// assert_eq!(parse(b"reporter:status: half way ", PREFIX), ReporterLine::Status("half way".into()));
/// assert_eq!(parse(b"Traceback (most recent call last):", PREFIX), ReporterLine::Other);
/// ```
pub fn parse<'a>(line: &'a [u8], prefix: &[u8]) -> ReporterLine<'a> {
    let Some(message) = line.strip_prefix(prefix) else {
        return ReporterLine::Other;
    };
    if let Some(counter) = message.strip_prefix(b"counter:") {
        return parse_counter(counter).unwrap_or_else(|complaint| {
            ReporterLine::Unparsable(format!("{complaint} line: {}", utf8::decode(line)))
        });
    }
    match message.strip_prefix(b"status:") {
        Some(status) => ReporterLine::Status(trim(utf8::decode(status))),
        None => {
            ReporterLine::Unparsable(format!("Cannot parse reporter line: {}", utf8::decode(line)))
        }
    }
}

/// Reads `GROUP,NAME,AMOUNT`, blanks around the whole and commas behind it removed. The error is the start of Hadoop's
/// warning.
fn parse_counter(bytes: &[u8]) -> Result<ReporterLine<'_>, String> {
    match trim(utf8::decode(bytes)) {
        Cow::Borrowed(text) => {
            let (group, name, amount) = counter_columns(text)?;
            Ok(ReporterLine::Counter { group: group.into(), name: name.into(), amount })
        }
        Cow::Owned(text) => {
            let (group, name, amount) = counter_columns(&text)?;
            Ok(ReporterLine::Counter {
                group: group.to_owned().into(),
                name: name.to_owned().into(),
                amount,
            })
        }
    }
}

fn counter_columns(text: &str) -> Result<(&str, &str, i64), String> {
    // Java's String.split drops empty columns at the end.
    let mut columns = text.trim_end_matches(',').split(',');
    match (columns.next(), columns.next(), columns.next(), columns.next()) {
        (Some(group), Some(name), Some(amount), None) => match parse_long(amount) {
            Some(increment) => Ok((group, name, increment)),
            None => Err(format!("Cannot parse counter increment '{amount}' from")),
        },
        _ => Err("Cannot parse counter".to_owned()),
    }
}

/// Where the digits of scripts begin that Java's `Long.parseLong` reads: those of one UTF-16 unit.
const ZEROS: [char; 37] = [
    '0', '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
    '\u{be6}', '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}',
    '\u{1040}', '\u{1090}', '\u{17e0}', '\u{1810}', '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}',
    '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}', '\u{a620}', '\u{a8d0}', '\u{a900}', '\u{a9d0}',
    '\u{a9f0}', '\u{aa50}', '\u{abf0}', '\u{ff10}',
];

/// `Long.parseLong`: a sign and digits, of any script.
fn parse_long(text: &str) -> Option<i64> {
    if text.is_ascii() {
        return text.parse().ok();
    }
    let latin = |character: char| {
        let mut digits = ZEROS.iter().map(|&zero| u32::from(character).wrapping_sub(zero.into()));
        digits.find(|&digit| digit < 10).and_then(|digit| char::from_digit(digit, 10))
    };
    let latin: String =
        text.chars().map(|character| latin(character).unwrap_or(character)).collect();
    latin.parse().ok()
}

/// Removes what Java's `String.trim` removes: all characters up to U+0020 at both ends.
fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_java_blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_java_blank).to_owned()),
    }
}

fn is_java_blank(character: char) -> bool {
    character <= ' '
}

/// Appends a reporter line that adds `amount` to a counter.
///
/// The protocol has no escapes, so names are made safe: a comma becomes `;`, CR and LF become a space, and blanks at the
/// start of the group, which Hadoop would drop, are dropped here too.
///
/// ```
/// use howdah_streaming::reporter::write_counter;
///
/// let mut line = Vec::new();
/// write_counter(&mut line, "bad, records", "no\nkey", 1);
/// assert_eq!(line, b"reporter:counter:bad; records,no key,1\n");
/// ```
pub fn write_counter(bytes: &mut Vec<u8>, group: &str, name: &str, amount: i64) {
    bytes.extend_from_slice(PREFIX);
    bytes.extend_from_slice(b"counter:");
    push_safe(bytes, group.trim_start_matches(is_java_blank), counter_safe);
    bytes.push(b',');
    push_safe(bytes, name, counter_safe);
    bytes.push(b',');
    bytes.extend_from_slice(amount.to_string().as_bytes());
    bytes.push(b'\n');
}

/// Appends a reporter line that sets the task's status, CR and LF replaced by a space and blanks at both ends dropped.
///
/// ```
/// use howdah_streaming::reporter::write_status;
///
/// let mut line = Vec::new();
/// write_status(&mut line, "half\nway, or more");
/// assert_eq!(line, b"reporter:status:half way, or more\n");
/// ```
pub fn write_status(bytes: &mut Vec<u8>, status: &str) {
    bytes.extend_from_slice(PREFIX);
    bytes.extend_from_slice(b"status:");
    push_safe(bytes, status.trim_matches(is_java_blank), line_safe);
    bytes.push(b'\n');
}

fn push_safe(bytes: &mut Vec<u8>, text: &str, safe: fn(u8) -> u8) {
    bytes.extend(text.bytes().map(safe));
}

fn counter_safe(byte: u8) -> u8 {
    if byte == b',' { b';' } else { line_safe(byte) }
}

fn line_safe(byte: u8) -> u8 {
    if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counter(group: &'static str, name: &'static str, amount: i64) -> ReporterLine<'static> {
        ReporterLine::Counter { group: group.into(), name: name.into(), amount }
    }

    fn unparsable(warning: &str) -> ReporterLine<'static> {
        ReporterLine::Unparsable(warning.to_owned())
    }

    /// Observed with the real `MRErrorThread`; the last few follow from its source.
    #[test]
    fn lines_are_read_as_in_hadoop() {
        let cases = [
            ("reporter:counter:G,ok,3", counter("G", "ok", 3)),
            ("reporter:counter:G,neg,-5", counter("G", "neg", -5)),
            ("reporter:counter:G,plus,+5", counter("G", "plus", 5)),
            ("reporter:counter:G,trail,1,", counter("G", "trail", 1)),
            ("reporter:counter:G,,4", counter("G", "", 4)),
            ("reporter:counter: G2,trim,3 ", counter("G2", "trim", 3)),
            ("reporter:counter:,,5", counter("", "", 5)),
            ("reporter:counter:G, inner ,5", counter("G", " inner ", 5)),
            (
                "reporter:counter:G,sp, 7",
                unparsable(
                    "Cannot parse counter increment ' 7' from line: reporter:counter:G,sp, 7",
                ),
            ),
            (
                "reporter:counter:G,float,1.5",
                unparsable(
                    "Cannot parse counter increment '1.5' from line: reporter:counter:G,float,1.5",
                ),
            ),
            (
                "reporter:counter:G,two",
                unparsable("Cannot parse counter line: reporter:counter:G,two"),
            ),
            (
                "reporter:counter:G,a,b,1",
                unparsable("Cannot parse counter line: reporter:counter:G,a,b,1"),
            ),
            ("reporter:counter:", unparsable("Cannot parse counter line: reporter:counter:")),
            ("reporter:foo", unparsable("Cannot parse reporter line: reporter:foo")),
            ("Reporter:counter:G,case,1", ReporterLine::Other),
            (" reporter:counter:G,lead,1", ReporterLine::Other),
            ("reporter:status:\t50 % \u{1}", ReporterLine::Status("50 %".into())),
            ("reporter:status:", ReporterLine::Status("".into())),
            (
                "reporter:counter:G,big,9223372036854775808",
                unparsable(
                    "Cannot parse counter increment '9223372036854775808' from line: reporter:counter:G,big,9223372036854775808",
                ),
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line.as_bytes(), PREFIX), expected, "{line}");
        }
    }

    #[test]
    fn another_prefix_makes_the_usual_one_an_ordinary_line() {
        assert_eq!(parse(b"job>status:x", b"job>"), ReporterLine::Status("x".into()));
        assert_eq!(parse(b"reporter:status:x", b"job>"), ReporterLine::Other);
    }

    #[test]
    fn numbers_may_have_the_digits_of_any_script() {
        for (amount, expected) in [
            ("\u{663}", Some(3)),
            ("-\u{ff15}0", Some(-50)),
            ("+\u{966}\u{96f}", Some(9)),
            ("\u{1d7d9}", None), // of two UTF-16 units
            ("\u{b2}", None),
            ("\u{663}x", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(parse_long(amount), expected, "{amount}");
        }
    }

    #[test]
    fn malformed_text_becomes_replacement_characters() {
        let line = parse(b"reporter:counter:\xffG,n,1", PREFIX);
        assert_eq!(line, counter("\u{fffd}G", "n", 1));
    }

    proptest! {
        #[test]
        fn any_line_is_read(line: Vec<u8>, tail in "(counter|status|x):[a,+0-9 \\-]{0,9}", prefix in "[a:]{0,3}") {
            parse(&line, prefix.as_bytes());
            let reported = [prefix.as_bytes(), tail.as_bytes(), &line].concat();
            prop_assert_ne!(parse(&reported, prefix.as_bytes()), ReporterLine::Other);
        }

        #[test]
        fn a_written_counter_is_read(group in "[a,\r\n é]{0,6}", name in "[a,\r\n é]{0,6}", amount: i64) {
            let mut bytes = Vec::new();
            write_counter(&mut bytes, &group, &name, amount);
            let line = bytes.strip_suffix(b"\n").unwrap();
            prop_assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
            let ReporterLine::Counter { group: read_group, name: read_name, amount: read } = parse(line, PREFIX) else {
                return Err(TestCaseError::fail("not a counter"));
            };
            let safe = |text: &str| text.replace(',', ";").replace(['\r', '\n'], " ");
            prop_assert_eq!(read_group, safe(group.trim_start()));
            prop_assert_eq!(read_name, safe(&name));
            prop_assert_eq!(read, amount);
        }

        #[test]
        fn a_written_status_is_read(status in ".{0,20}|[a\r\n]{0,5}") {
            let mut bytes = Vec::new();
            write_status(&mut bytes, &status);
            let expected = status.trim_matches(is_java_blank).replace(['\r', '\n'], " ");
            prop_assert_eq!(parse(bytes.strip_suffix(b"\n").unwrap(), PREFIX), ReporterLine::Status(expected.into()));
        }
    }
}
