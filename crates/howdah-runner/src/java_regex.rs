//! Java's regular expressions, as far as matching takes linear time.
//!
//! What Java's engine has and a linear one has not, such as look-around, back references and possessive quantifiers, is
//! refused, and so are classes of Unicode. `\w`, `\d` and `\s` know ASCII only, `\b` goes by the letters and digits of
//! Unicode, and a dot matches no line end: as in Java up to version 18, on which Hadoop runs.

use std::iter::Peekable;
use std::str::Chars;

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
const VERTICAL: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";
const HORIZONTAL: &str = r" \t\xA0\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
/// What Java's names of classes that POSIX has stand for: ASCII alone.
const OF_ASCII: &[(&str, &str)] = &[
    ("Lower", "a-z"),
    ("Upper", "A-Z"),
    ("ASCII", r"\x00-\x7F"),
    ("Alpha", "A-Za-z"),
    ("Digit", "0-9"),
    ("Alnum", "0-9A-Za-z"),
    ("Punct", r"!-/:-@\[-`{-\x7E"),
    ("Graph", "!-\\x7E"),
    ("Print", " -\\x7E"),
    ("Blank", " \\t"),
    ("Cntrl", r"\x00-\x1F\x7F"),
    ("XDigit", "0-9A-Fa-f"),
    ("Space", r" \t\n\x0B\f\r"),
];

/// The pattern with Java's meaning of `\w` and its kin, of the dot, and of what classes hold, written out.
fn in_our_syntax(pattern: &str) -> Result<String, String> {
    let refused = |why: &str| format!("the pattern `{pattern}` cannot be used here: {why}");
    if has_flag(pattern, 'U') || has_flag(pattern, 'R') || pattern.contains("(?P") {
        return Err(refused("Java's `(?U)` is not supported, and it has no `(?R)` and `(?P`"));
    }
    let mut translation = Translation {
        rest: pattern.chars().peekable(),
        written: String::with_capacity(pattern.len()),
        depth: 0,
        behind_quantifier: false,
        range: Range::None,
        dot: if has_flag(pattern, 's') { "." } else { DOT },
        // Java does so for ASCII alone, unless it is told.
        ignores_case: has_flag(pattern, 'i') && !has_flag(pattern, 'u'),
    };
    translation.run().map_err(refused)?;
    Ok(translation.written)
}

/// Whether the pattern sets a flag, as `(?s)` or `(?is)` do.
fn has_flag(pattern: &str, flag: char) -> bool {
    pattern.split("(?").skip(1).any(|flags| {
        let set = flags.split(|flag: char| !flag.is_ascii_alphabetic()).next();
        set.is_some_and(|set| set.contains(flag))
    })
}

/// A pattern on its way into our syntax.
struct Translation<'a> {
    rest: Peekable<Chars<'a>>,
    written: String,
    /// How many classes lie in each other here.
    depth: usize,
    behind_quantifier: bool,
    range: Range,
    dot: &'static str,
    ignores_case: bool,
}

/// What a `-` within a class would be.
#[derive(PartialEq)]
enum Range {
    /// A character.
    None,
    /// The middle of a range, since a character stands in front of it.
    Begun,
    /// The end of a range.
    Open,
}

impl Translation<'_> {
    fn run(&mut self) -> Result<(), &'static str> {
        while let Some(character) = self.rest.next() {
            if self.depth == 0 {
                self.outside(character)?;
            } else {
                self.within_class(character)?;
            }
        }
        Ok(())
    }

    fn outside(&mut self, character: char) -> Result<(), &'static str> {
        let is_quantifier = match character {
            '+' if self.behind_quantifier => {
                return Err("possessive quantifiers are not supported");
            }
            '*' | '+' | '}' => true,
            '?' => !self.behind_quantifier && !self.written.ends_with('('),
            _ => false,
        };
        self.behind_quantifier = is_quantifier;
        match character {
            '\\' => self.escape()?,
            '.' => self.written.push_str(self.dot),
            '[' => self.class(),
            other => self.literal(other, "")?,
        }
        Ok(())
    }

    fn class(&mut self) {
        self.depth += 1;
        self.range = Range::None;
        self.written.push('[');
        if let Some(not) = self.rest.next_if_eq(&'^') {
            self.written.push(not);
        }
        // A bracket that comes first is a character, and Java has no `[:alpha:]`.
        if let Some(first) = self.rest.next_if(|first| matches!(first, ']' | ':')) {
            self.written.extend(['\\', first]);
            self.range = Range::Begun;
        }
    }

    fn within_class(&mut self, character: char) -> Result<(), &'static str> {
        match character {
            '\\' => self.escape()?,
            '[' => self.class(),
            ']' => {
                self.depth -= 1;
                self.range = Range::None;
                self.written.push(']');
            }
            '-' if self.range == Range::Begun
                && !matches!(self.rest.peek(), None | Some('[' | ']')) =>
            {
                self.range = Range::Open;
                self.written.push('-');
            }
            // Two of these stand for operations that Java has not.
            '-' | '~' => self.literal(character, "\\")?,
            other => self.literal(other, "")?,
        }
        Ok(())
    }

    /// Writes a character, behind what must stand in front of it.
    fn literal(&mut self, character: char, before: &str) -> Result<(), &'static str> {
        let is_cased = || character.is_lowercase() || character.is_uppercase();
        let keeps_case = self.ignores_case && !character.is_ascii() && is_cased();
        if keeps_case && self.depth > 0 {
            return Err("letters beyond ASCII in a class need `(?iu)` where case is ignored");
        }
        let (open, close) = if keeps_case { ("(?-i:", ")") } else { ("", "") };
        self.written.extend([open, before]);
        self.written.push(character);
        self.written.push_str(close);
        self.range = if self.range == Range::Open { Range::None } else { Range::Begun };
        Ok(())
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        match self.rest.next() {
            Some('w') => self.set("0-9A-Za-z_", false),
            Some('W') => self.set("0-9A-Za-z_", true),
            Some('d') => self.set("0-9", false),
            Some('D') => self.set("0-9", true),
            Some('s') => self.set(r" \t\n\x0B\f\r", false),
            Some('S') => self.set(r" \t\n\x0B\f\r", true),
            Some('v') => self.set(VERTICAL, false),
            Some('V') => self.set(VERTICAL, true),
            Some('h') => self.set(HORIZONTAL, false),
            Some('H') => self.set(HORIZONTAL, true),
            Some(property @ ('p' | 'P')) => self.property(property == 'P')?,
            Some('b') if self.depth == 0 => self.written.push_str(r"\b"),
            Some('e') => self.literal('B', r"\x1")?,
            // Ours would be ends of words.
            Some(angle @ ('<' | '>')) => self.literal(angle, "")?,
            Some('Q') => self.quoted()?,
            Some('x') if self.rest.peek() == Some(&'{') => {
                let braced = self.braced()?;
                self.literal('}', &format!(r"\x{braced}"))?;
            }
            Some(other) => self.literal(other, "\\")?,
            None => self.written.push('\\'),
        }
        Ok(())
    }

    /// Writes a set of characters, or all others.
    fn set(&mut self, characters: &str, is_negated: bool) {
        self.range = Range::None;
        let not = if is_negated { "^" } else { "" };
        self.written.extend(["[", not, characters, "]"]);
    }

    /// A class by its name: those of ASCII. The others follow Unicode, of which each version of Java has another one.
    fn property(&mut self, is_negated: bool) -> Result<(), &'static str> {
        let name = self.braced()?;
        let found = OF_ASCII.iter().find(|(own, _)| name.strip_prefix('{') == Some(own));
        let (_, characters) = found.ok_or("of classes by name those of POSIX are supported")?;
        self.set(characters, is_negated);
        Ok(())
    }

    /// Takes what stands in front of a closing brace, and the brace.
    fn braced(&mut self) -> Result<String, &'static str> {
        let mut braced = String::new();
        for character in self.rest.by_ref() {
            if character == '}' {
                return Ok(braced);
            }
            braced.push(character);
        }
        Err("a brace is not closed")
    }

    /// What stands between `\Q` and `\E`, or the end, character by character.
    fn quoted(&mut self) -> Result<(), &'static str> {
        while let Some(character) = self.rest.next() {
            if character == '\\' && self.rest.next_if_eq(&'E').is_some() {
                break;
            }
            let is_sign = character.is_ascii_punctuation() && !matches!(character, '<' | '>');
            self.literal(character, if is_sign { "\\" } else { "" })?;
        }
        Ok(())
    }
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
    fn escapes_and_names_of_classes_are_javas() {
        assert_eq!(matches(r"\v", "\u{b}a\n"), ["\u{b}", "\n"]);
        assert_eq!(matches(r"[\ha]+", "\ta\u{a0}\n"), ["\ta\u{a0}"]);
        assert_eq!(matches(r"\<\x{e9}+\>\e", "<éé>\x1b"), ["<éé>\x1b"]);
        assert_eq!(matches(r"\Qa.[\E+", "a.[[ab["), ["a.[["]);
        assert_eq!(matches(r"[\p{Alpha}1]+|\P{ASCII}", "a1É2"), ["a1", "É"]);
        let punctuation: String = (' '..='\u{7f}').filter(char::is_ascii_punctuation).collect();
        let any: String = (' '..='\u{7f}').collect();
        assert_eq!(matches(r"\p{Punct}", &any).concat(), punctuation);
    }

    #[test]
    fn classes_hold_what_they_do_in_java() {
        assert_eq!(matches("[[:alpha:]]", "a:bl"), ["a", ":", "l"]);
        assert_eq!(matches("[!--]+", "!+-."), ["!+-"]);
        assert_eq!(matches("[--0]+", "-./01"), ["-./0"]);
        assert_eq!(matches("[a~~a]", "a~b"), ["a", "~"]);
        assert_eq!(matches(r"[\d-x]+", "1-x2y"), ["1-x2"]);
        assert_eq!(matches("[a-c&&[^b]]", "abc"), ["a", "c"]);
    }

    #[test]
    fn words_end_where_their_letters_do() {
        assert_eq!(matches(r"[a-zé]+é\b", "café aé1 été"), ["café", "été"]);
        assert_eq!(matches(r"a\b.", "aé a漢 a!"), ["a!"]);
        assert_eq!(matches(r"a\B.", "aé a!"), ["aé"]);
    }

    #[test]
    fn case_is_ignored_in_ascii_unless_told() {
        assert_eq!(matches("(?i)É|a", "éÉAa"), ["É", "A", "a"]);
        assert_eq!(matches("(?iu)É", "éÉ"), ["é", "É"]);
        assert!(java_regex("(?i)[é]", true).is_err());
    }

    #[test]
    fn what_java_has_otherwise_or_not_at_all_is_refused() {
        for pattern in [
            r"(?U)\w",
            "(?R)a",
            "(?P<n>a)",
            r"\p{L}+",
            r"\pL",
            r"\p{any}",
            r"\p{Alpha",
            r"\x{e9",
            r"[\b]",
        ] {
            assert!(java_regex(pattern, true).is_err(), "{pattern}");
        }
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
