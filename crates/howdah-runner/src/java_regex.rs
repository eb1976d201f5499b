//! Java's regular expressions, as far as matching takes linear time.
//!
//! What Java's engine has and a linear one has not, such as look-around, back references and possessive quantifiers, is
//! refused. `\w`, `\d`, `\s` and `\b` know ASCII only and a dot matches no line end, as in Java.

use regex_automata::meta::{BuildError, Regex};
use regex_automata::util::syntax;

/// A pattern of Java's; `text` says whether what it is to match is text, and not any bytes.
///
/// ```
/// use howdah_runner::java_regex::java_regex;
///
/// assert!(java_regex(r"\w+.", true)?.is_match("été"));
/// assert!(java_regex("(?=a)", true).is_err());
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// A pattern that is none, or that takes more than linear time; the reason.
pub fn java_regex(pattern: &str, text: bool) -> Result<Regex, String> {
    builder(text).build(&in_our_syntax(pattern)?).map_err(|error| unusable(pattern, &error))
}

/// Several patterns of Java's for bytes, the last of which is the user's, as one: of those that match at a place the first
/// counts.
///
/// # Errors
/// As [`java_regex`].
pub(crate) fn first_of(own: &[&str], pattern: &str) -> Result<Regex, String> {
    let written = in_our_syntax(pattern)?;
    let patterns: Vec<&str> = own.iter().copied().chain([written.as_str()]).collect();
    builder(false).build_many(&patterns).map_err(|error| unusable(pattern, &error))
}

fn builder(text: bool) -> regex_automata::meta::Builder {
    let mut builder = Regex::builder();
    builder.syntax(syntax::Config::new().utf8(text)).configure(Regex::config().utf8_empty(text));
    builder
}

fn unusable(pattern: &str, error: &BuildError) -> String {
    let why = error.syntax_error().map_or(error.to_string(), ToString::to_string);
    format!("the pattern `{pattern}` cannot be used here: {why}")
}

/// What a dot matches in Java: no line end.
const DOT: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";

/// The pattern with Java's meaning of `\w` and its kin, and of the dot, written out.
fn in_our_syntax(pattern: &str) -> Result<String, String> {
    let dot = if dots_match_all(pattern) { "." } else { DOT };
    let mut written = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    let mut depth = 0_usize; // of classes
    let mut behind_quantifier = false;
    while let Some(character) = characters.next() {
        let is_quantifier = depth == 0
            && match character {
                '+' if behind_quantifier => {
                    return Err(format!(
                        "the pattern `{pattern}` cannot be used here: possessive quantifiers are not supported"
                    ));
                }
                '*' | '+' | '}' => true,
                '?' => !behind_quantifier && !written.ends_with('('),
                _ => false,
            };
        behind_quantifier = is_quantifier;
        match character {
            '\\' => match characters.next() {
                Some('w') => written.push_str("[0-9A-Za-z_]"),
                Some('W') => written.push_str("[^0-9A-Za-z_]"),
                Some('d') => written.push_str("[0-9]"),
                Some('D') => written.push_str("[^0-9]"),
                Some('s') => written.push_str(r"[ \t\n\x0B\f\r]"),
                Some('S') => written.push_str(r"[^ \t\n\x0B\f\r]"),
                Some('b') => written.push_str(r"(?-u:\b)"),
                Some(other) => written.extend(['\\', other]),
                None => written.push('\\'),
            },
            '.' if depth == 0 => written.push_str(dot),
            '[' => {
                depth += 1;
                written.push('[');
                // A bracket that comes first is a character.
                if let Some(not) = characters.next_if_eq(&'^') {
                    written.push(not);
                }
                if let Some(bracket) = characters.next_if_eq(&']') {
                    written.push(bracket);
                }
            }
            ']' => {
                depth = depth.saturating_sub(1);
                written.push(']');
            }
            other => written.push(other),
        }
    }
    Ok(written)
}

/// Whether the pattern has the flag by which a dot matches line ends, as in `(?s)` or `(?is)`.
fn dots_match_all(pattern: &str) -> bool {
    pattern.split("(?").skip(1).any(|flags| {
        let set = flags.split(|flag: char| !flag.is_ascii_alphabetic()).next();
        set.is_some_and(|set| set.contains('s'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Vec<String> {
        let regex = java_regex(pattern, true).unwrap();
        regex.find_iter(text).map(|found| text[found.range()].to_owned()).collect()
    }

    #[test]
    fn classes_know_ascii_only() {
        assert_eq!(matches(r"\w+", "aé b_1"), ["a", "b_1"]);
        assert_eq!(matches(r"[\d.]+", "1.5 x"), ["1.5"]);
        assert_eq!(matches(r"é|\bx\b", "é x"), ["é", "x"]);
        assert_eq!(matches("(?i)<p[^>]*>", "<P é><p>"), ["<P é>", "<p>"]);
    }

    #[test]
    fn a_dot_matches_no_line_end_unless_it_is_told() {
        assert_eq!(matches("a.", "a\r a\n a\u{2028} ab aé"), ["ab", "aé"]);
        assert_eq!(matches("(?s)a.", "a\ra\n"), ["a\r", "a\n"]);
        assert_eq!(matches("(?i:a.)", "A\rab"), ["ab"]);
        assert_eq!(matches(r"[.]\.[]a].", "..ax"), ["..ax"]);
    }

    #[test]
    fn what_takes_more_than_linear_time_is_refused() {
        for pattern in [r"(a)\1", "(?=a)", "(?<!a)b", "(", "a*+", "a++", "a?+", "a{2}+", "[a]++"] {
            assert!(java_regex(pattern, true).is_err(), "{pattern}");
        }
        for pattern in [r"\++", "[*+]+", "[+]+?", "a+?", "(?:a)+", "a{2}?"] {
            assert!(java_regex(pattern, true).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn of_several_patterns_the_first_counts() {
        let regex = first_of(&["ab", "b"], "a.|b").unwrap();
        let found: Vec<_> =
            regex.find_iter("ab ac b").map(|found| found.pattern().as_usize()).collect();
        assert_eq!(found, [0, 2, 1]);
        assert!(first_of(&["a"], "(").is_err());
    }
}
