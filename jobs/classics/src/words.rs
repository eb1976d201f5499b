//! What counts as a word: the same as for the pattern `[\w']+` of Python.

use crate::marks::is_mark;

/// The words of a text in lower case, from left to right: runs of letters, numbers, `_` and `'`.
///
/// ```
/// let words: Vec<_> = classics::words("Don't, said ZOË: 3.14!").collect();
/// assert_eq!(words, ["don't", "said", "zoë", "3", "14"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c| !is_in_word(c)).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn is_in_word(c: char) -> bool {
    matches!(c, '_' | '\'') || c.is_alphanumeric() && (c.is_ascii() || !is_mark(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters as `golden/characters.txt` has them: ranges in hexadecimal, after a name.
    fn recorded(name: &str) -> impl Iterator<Item = char> {
        let line = include_str!("../golden/characters.txt").lines().find_map(|line| {
            let (found, ranges) = line.split_once(": ")?;
            (found == name).then_some(ranges)
        });
        let number = |text| u32::from_str_radix(text, 16).unwrap();
        line.unwrap().split(' ').flat_map(move |range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            (number(first)..=number(last)).map(|code| char::from_u32(code).unwrap())
        })
    }

    #[test]
    fn each_character_that_python_knows_is_judged_as_python_does() {
        let wrong: Vec<_> = recorded("word").filter(|&c| !is_in_word(c)).collect();
        assert_eq!(wrong, []);
        let wrong: Vec<_> = recorded("other").filter(|&c| is_in_word(c)).collect();
        assert_eq!(wrong, []);
        assert!(recorded("word").count() > 100_000);
    }

    #[test]
    fn lower_case_is_that_of_the_word_alone() {
        let words: Vec<_> = words("ΟΔΟΣ-ΟΔΟΣ'Α İ STRAẞE").collect();
        assert_eq!(words, ["οδος", "οδοσ'α", "i\u{307}", "straße"]);
    }

    #[test]
    fn a_text_without_a_word_has_none() {
        for text in ["", " \t", "*** -- !"] {
            assert_eq!(words(text).next(), None, "{text:?}");
        }
    }
}
