//! Patterns of paths, as Hadoop writes them.
//!
//! `*`, `?`, `[…]` and `{a,b}` stand for names in one folder, and a backslash takes the next character as it is. Mirrors
//! `fs.Globber`: braces that hold a slash make several patterns (`GlobExpander`), others belong to one name.

use std::path::{Path, PathBuf};

use howdah_platform::{FileKind, Storage};

/// What a pattern leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// In the order of their names; one that several patterns find is there several times.
    pub(super) paths: Vec<PathBuf>,
    /// Whether it was a pattern at all, and not the name of one file.
    pub(super) is_pattern: bool,
}

/// Looks for what a pattern matches, hidden or not.
///
/// # Errors
/// When it is not a pattern.
pub(super) fn find(storage: &dyn Storage, pattern: &str) -> Result<Found, String> {
    let patterns = expand_slashes(pattern)?;
    let mut found = Found { paths: Vec::new(), is_pattern: patterns.len() > 1 };
    for pattern in &patterns {
        let mut paths = vec![PathBuf::from(if pattern.starts_with('/') { "/" } else { "" })];
        for name in pattern.split('/').filter(|name| !name.is_empty()) {
            match NamePattern::parse(name)? {
                NamePattern::Is(name) => paths.retain_mut(|path| {
                    path.push(&name);
                    storage.look(path).is_ok()
                }),
                NamePattern::Matches(alternatives) => {
                    found.is_pattern = true;
                    let below = |folder: &PathBuf| entries(storage, folder, &alternatives);
                    paths = paths.iter().flat_map(below).collect();
                }
            }
        }
        found.paths.extend(paths.into_iter().filter(|path| !path.as_os_str().is_empty()));
    }
    found.paths.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Ok(found)
}

/// What lies in a folder and has a name that one of the patterns matches.
fn entries(storage: &dyn Storage, folder: &Path, patterns: &[Vec<Token>]) -> Vec<PathBuf> {
    let folder_or_here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if storage.look(folder_or_here).is_ok_and(|found| found.kind != FileKind::Folder) {
        return Vec::new();
    }
    let entries = storage.list(folder_or_here).unwrap_or_default();
    let matches = |name: &str| {
        let name: Vec<char> = name.chars().collect();
        patterns.iter().any(|pattern| is_match(pattern, &name))
    };
    let matching = entries.into_iter().filter(|entry| matches(&entry.name.to_string_lossy()));
    matching.map(|entry| folder.join(entry.name)).collect()
}

/// A pattern for one name.
enum NamePattern {
    /// No pattern: this name.
    Is(String),
    /// One of these.
    Matches(Vec<Vec<Token>>),
}

/// What a part of a pattern matches.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Is(char),
    Any,
    Many,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl NamePattern {
    fn parse(name: &str) -> Result<Self, String> {
        if !has_wildcards(name)? {
            return Ok(NamePattern::Is(unescape(name)));
        }
        let alternatives = expand_all(name)?;
        let tokens = alternatives.iter().map(|alternative| tokens(alternative));
        tokens.collect::<Result<_, _>>().map(NamePattern::Matches)
    }
}

/// Whether a name holds a character that stands for others.
fn has_wildcards(name: &str) -> Result<bool, String> {
    let mut characters = name.chars();
    let mut has = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.next().is_none() => return Err(nothing_escaped(name)),
            '*' | '?' | '[' | '{' => has = true,
            _ => {}
        }
    }
    Ok(has)
}

fn unescape(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    plain
}

/// A pattern without braces in parts.
fn tokens(pattern: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '*' => Token::Many,
            '?' => Token::Any,
            '[' => {
                let set = characters.as_str();
                let end = end_of_set(set).ok_or_else(|| illegal("a set has no end", pattern))?;
                characters = set[end + 1..].chars();
                set_of(&set[..end], pattern)?
            }
            '\\' => Token::Is(characters.next().ok_or_else(|| nothing_escaped(pattern))?),
            other => Token::Is(other),
        });
    }
    Ok(tokens)
}

/// Where the `]` of a set is; one that is the set's first character is in it.
fn end_of_set(set: &str) -> Option<usize> {
    let first = usize::from(set.starts_with(['^', '!']));
    let mut escaped = false;
    for (at, character) in set.char_indices().skip(first) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if !set[first..].starts_with(']') => return None, // as Hadoop has it
            ']' if at > first => return Some(at),
            _ => {}
        }
    }
    None
}

fn set_of(set: &str, pattern: &str) -> Result<Token, String> {
    let negated = set.starts_with(['^', '!']);
    let characters: Vec<char> = unescape(&set[usize::from(negated)..]).chars().collect();
    let mut ranges = Vec::new();
    let mut rest = &characters[..];
    while let [first, behind @ ..] = rest {
        let (last, behind) = match behind {
            ['-', last, behind @ ..] => (last, behind),
            _ => (first, behind),
        };
        if first > last {
            return Err(illegal(&format!("the range `{first}-{last}` runs backwards"), pattern));
        }
        ranges.push((*first, *last));
        rest = behind;
    }
    Ok(Token::Set { negated, ranges })
}

fn is_match(pattern: &[Token], name: &[char]) -> bool {
    // The state after the last `*`: what follows it, and how much of the name it has taken.
    let (mut at, mut given, mut retry) = (0, 0, None);
    loop {
        let matches = match (pattern.get(at), name.get(given)) {
            (Some(Token::Many), _) => {
                at += 1;
                retry = Some((at, given));
                continue;
            }
            (None, None) => return true,
            (Some(token), Some(&character)) => token.matches(character),
            _ => false,
        };
        if matches {
            (at, given) = (at + 1, given + 1);
            continue;
        }
        match retry {
            Some((behind, taken)) if taken < name.len() => {
                (at, given) = (behind, taken + 1);
                retry = Some((at, given));
            }
            _ => return false,
        }
    }
}

impl Token {
    fn matches(&self, character: char) -> bool {
        match self {
            Token::Is(own) => *own == character,
            Token::Any => true,
            Token::Set { negated, ranges } => {
                let is_in = |&(first, last): &(char, char)| (first..=last).contains(&character);
                ranges.iter().any(is_in) != *negated
            }
            Token::Many => false, // met before
        }
    }
}

/// A pattern for each way through the braces that hold a slash.
fn expand_slashes(pattern: &str) -> Result<Vec<String>, String> {
    let mut from = 0;
    while let Some(braces) = Braces::next_in(pattern, from)? {
        if pattern[braces.open..braces.close].contains('/') {
            let expanded = braces.expand(pattern);
            let expanded = expanded.iter().map(|pattern| expand_slashes(pattern));
            return expanded.collect::<Result<Vec<_>, _>>().map(|patterns| patterns.concat());
        }
        from = braces.close + 1;
    }
    Ok(vec![pattern.to_owned()])
}

/// A pattern for each way through all braces.
fn expand_all(pattern: &str) -> Result<Vec<String>, String> {
    let Some(braces) = Braces::next_in(pattern, 0)? else { return Ok(vec![pattern.to_owned()]) };
    let expanded = braces.expand(pattern);
    let expanded = expanded.iter().map(|pattern| expand_all(pattern));
    expanded.collect::<Result<Vec<_>, _>>().map(|patterns| patterns.concat())
}

/// A pair of braces, and the commas at its own level.
struct Braces {
    open: usize,
    commas: Vec<usize>,
    close: usize,
}

impl Braces {
    /// The next outermost braces from a place on.
    fn next_in(pattern: &str, from: usize) -> Result<Option<Self>, String> {
        let mut depth = 0;
        let (mut open, mut commas, mut escaped) = (0, Vec::new(), false);
        for (at, byte) in pattern.bytes().enumerate().skip(from) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'{' => {
                    if depth == 0 {
                        open = at;
                    }
                    depth += 1;
                }
                b',' if depth == 1 => commas.push(at),
                b'}' if depth == 1 => return Ok(Some(Braces { open, commas, close: at })),
                b'}' if depth > 1 => depth -= 1,
                _ => {}
            }
        }
        if depth > 0 { Err(illegal("a brace is not closed", pattern)) } else { Ok(None) }
    }

    /// The pattern once with each alternative.
    fn expand(&self, pattern: &str) -> Vec<String> {
        let mut start = self.open + 1;
        let ends = self.commas.iter().copied().chain([self.close]);
        let expanded = ends.map(|end| {
            let alternative = &pattern[start..end];
            start = end + 1;
            format!("{}{alternative}{}", &pattern[..self.open], &pattern[self.close + 1..])
        });
        expanded.collect()
    }
}

fn illegal(why: &str, pattern: &str) -> String {
    format!("Illegal file pattern: {why}: `{pattern}`")
}

fn nothing_escaped(pattern: &str) -> String {
    illegal("nothing follows the backslash at its end", pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        expand_all(pattern).unwrap().iter().any(|one| is_match(&tokens(one).unwrap(), &name))
    }

    #[test]
    fn each_kind_of_part_matches_what_it_stands_for() {
        for (pattern, name) in [
            ("a*", "a"),
            ("*b*", "abc"),
            ("**c", "abc"),
            ("a?c", "aäc"),
            ("[ab]", "b"),
            ("[a-c]x", "cx"),
            ("[^a]", "b"),
            ("[!a]", "b"),
            ("[]a]", "]"),
            ("[a^]", "^"),
            ("{a,b{c,d}}e", "bde"),
            ("a{,b}", "a"),
            ("\\*", "*"),
            ("\\{a\\}", "{a}"),
            ("a}", "a}"),
            ("[\\]]", "]"),
            ("*.{txt,gz}", "a.gz"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("a*", "ba"),
            ("a?c", "ac"),
            ("[ab]", "c"),
            ("[^a]", "a"),
            ("\\*", "x"),
            ("{a,b}", "ab"),
            ("*b", "bc"),
            ("[a-c]", "d"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["{a", "[a", "[b-a]", "a\\", "[[]", "[]"] {
            let refused = expand_slashes(pattern)
                .and_then(|_| NamePattern::parse(pattern).map(drop))
                .unwrap_err();
            assert!(refused.starts_with("Illegal file pattern: "), "{refused}");
        }
    }

    #[test]
    fn only_braces_with_a_slash_make_patterns_of_their_own() {
        assert_eq!(expand_slashes("{a,b}/{c,d/e}").unwrap(), ["{a,b}/c", "{a,b}/d/e"]);
        assert_eq!(expand_slashes("a\\{b/c").unwrap(), ["a\\{b/c"]);
    }

    proptest! {
        #[test]
        fn nothing_is_too_strange(pattern in "[ab*?{},\\[\\]^!\\\\/-]{0,12}", name in "[ab/\\[]{0,6}") {
            if let Ok(patterns) = expand_slashes(&pattern) {
                for part in patterns.iter().flat_map(|pattern| pattern.split('/')) {
                    if let Ok(NamePattern::Matches(alternatives)) = NamePattern::parse(part) {
                        let name: Vec<char> = name.chars().collect();
                        for tokens in &alternatives {
                            is_match(tokens, &name);
                        }
                    }
                }
            }
        }

        #[test]
        fn an_escaped_name_matches_itself(name in "[ab*?{},\\[\\]^!\\\\-]{1,8}", other in "[ab*?]{1,8}") {
            let escaped: String = name.chars().flat_map(|c| ['\\', c]).collect();
            prop_assert!(matches(&escaped, &name));
            prop_assert_eq!(matches(&escaped, &other), name == other);
        }
    }
}
