//! What counts as a word: the first thing that happens to a line of text on its way through this job.
//!
//! A line is bytes, and real text is not always UTF-8: a Latin-1 name in an old document, half a
//! character where a file was cut. Such bytes are neither dropped nor replaced, for then two different
//! words would be counted as one. Each is written as `\xNN`, and a backslash that would read as the
//! start of such an escape is written `\x5c`. So different words always have different texts, and
//! the text of a word says exactly which bytes it had.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use clap::ValueEnum;
use memchr::memchr;
use unicode_segmentation::UnicodeSegmentation;

/// Where a line is cut into words.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Tokens {
    /// The words of Unicode's text segmentation (UAX #29): without punctuation, in any script.
    /// A byte that is not UTF-8 counts as a letter, so `na\xefve` stays one word.
    #[default]
    Unicode,
    /// Whatever lies between spaces and TABs, punctuation included.
    Whitespace,
}

/// A word as text, borrowed from its line unless a byte had to be escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// The word, with `\xNN` for each byte that is not UTF-8.
    pub text: Cow<'a, str>,
    /// How many bytes of the word are written as an escape.
    pub escaped_bytes: u32,
}

/// The options that say what a word is.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct Words {
    /// Where a line is cut into words
    #[arg(long, value_enum, default_value_t)]
    tokens: Tokens,
    /// Count `The` as `the`
    #[arg(long)]
    ignore_case: bool,
}

impl Words {
    /// Calls `each` for every word of `line`, from left to right.
    pub(crate) fn each(self, line: &[u8], each: impl FnMut(Word<'_>)) {
        if self.ignore_case {
            self.tokens.words(&lowercase(line), each);
        } else {
            self.tokens.words(line, each);
        }
    }
}

/// The line in lower case; bytes that are not UTF-8 stay.
///
/// Before anything is escaped, or a byte's escape and a text that reads like it in capitals would become one.
fn lowercase(line: &[u8]) -> Vec<u8> {
    if line.is_ascii() {
        return line.to_ascii_lowercase();
    }
    let mut lowered = Vec::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        lowered.extend_from_slice(chunk.valid().to_lowercase().as_bytes());
        lowered.extend_from_slice(chunk.invalid());
    }
    lowered
}

impl Tokens {
    /// Calls `each` for every word of `line`, from left to right.
    fn words(self, line: &[u8], mut each: impl FnMut(Word<'_>)) {
        if let Some(text) = plain(line) {
            self.cut(text, |word| each(Word { text: text[word].into(), escaped_bytes: 0 }));
        } else {
            self.cut(&stand_in(line), |word| each(Word::from_bytes(&line[word])));
        }
    }

    /// Calls `each` with the place of every word of `text`.
    fn cut(self, text: &str, mut each: impl FnMut(Range<usize>)) {
        match self {
            Self::Unicode => {
                for (start, word) in text.unicode_word_indices() {
                    each(start..start + word.len());
                }
            }
            Self::Whitespace => {
                let mut start = 0;
                let mut end_at = |end| {
                    if start < end {
                        each(start..end);
                    }
                    start = end + 1;
                };
                for_each_blank(text.as_bytes(), &mut end_at);
                end_at(text.len());
            }
        }
    }
}

/// Calls `each` with the place of every space and TAB.
///
/// Words are short, so that a search for the next blank would take longer to begin than to find it: eight bytes are
/// looked at together.
fn for_each_blank(text: &[u8], mut each: impl FnMut(usize)) {
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let mut blanks = equal_bytes(word, b' ') | equal_bytes(word, b'\t');
        while blanks != 0 {
            each(at * 8 + blanks.trailing_zeros() as usize / 8);
            blanks &= blanks - 1;
        }
    }
    let start = text.len() - rest.len();
    for (at, byte) in rest.iter().enumerate() {
        if matches!(byte, b' ' | b'\t') {
            each(start + at);
        }
    }
}

/// The highest bit of each byte of `word` that is `byte`.
fn equal_bytes(word: u64, byte: u8) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    const LOW_BITS: u64 = EACH * 0x7f;
    let other = word ^ (EACH * u64::from(byte));
    // A sum has the highest bit where a lower one was there; none runs over into the next byte.
    !(((other & LOW_BITS) + LOW_BITS) | other | LOW_BITS)
}

impl<'a> Word<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        if let Some(text) = plain(bytes) {
            return Self { text: text.into(), escaped_bytes: 0 };
        }
        let mut text = String::with_capacity(bytes.len() + 3);
        let mut escaped_bytes = 0;
        let mut escape = |text: &mut String, byte: u8| {
            write!(text, r"\x{byte:02x}").expect("a String takes all that is written to it");
            escaped_bytes += 1;
        };
        for chunk in bytes.utf8_chunks() {
            for (at, character) in chunk.valid().char_indices() {
                if character == '\\' && reads_as_escape(&chunk.valid().as_bytes()[at..]) {
                    escape(&mut text, b'\\');
                } else {
                    text.push(character);
                }
            }
            for &byte in chunk.invalid() {
                escape(&mut text, byte);
            }
        }
        Self { text: Cow::Owned(text), escaped_bytes }
    }
}

/// `bytes` as text, if nothing in them could need an escape.
fn plain(bytes: &[u8]) -> Option<&str> {
    if memchr(b'\\', bytes).is_some() { None } else { str::from_utf8(bytes).ok() }
}

/// Whether `bytes` begin with `\xNN`, exactly as [`Word::from_bytes`] would write a byte.
fn reads_as_escape(bytes: &[u8]) -> bool {
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    matches!(bytes, [b'\\', b'x', high, low, ..] if hex(high) && hex(low))
}

/// `line` with an `a` for each byte that is not UTF-8. One byte stands for one byte, so a word has the
/// same place in both; and a letter makes the byte part of the word that it touches.
fn stand_in(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| 'a'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(tokens: Tokens, line: &[u8]) -> Vec<String> {
        let mut words = Vec::new();
        tokens.words(line, |word| words.push(word.text.into_owned()));
        words
    }

    fn escaped_bytes(tokens: Tokens, line: &[u8]) -> u32 {
        let mut sum = 0;
        tokens.words(line, |word| sum += word.escaped_bytes);
        sum
    }

    /// The way back from a word's text to its bytes, by the rule in this file's first paragraph.
    fn decode(text: &str) -> Vec<u8> {
        let (mut rest, mut bytes) = (text.as_bytes(), Vec::new());
        while let Some((&first, tail)) = rest.split_first() {
            if reads_as_escape(rest) {
                let digits = str::from_utf8(&rest[2..4]).expect("hex digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hex digits"));
                rest = &rest[4..];
            } else {
                bytes.push(first);
                rest = tail;
            }
        }
        bytes
    }

    /// Every sequence of up to `longest` of these `pieces`, joined.
    fn all_of(pieces: &[&[u8]], longest: usize) -> Vec<Vec<u8>> {
        let (mut all, mut from) = (vec![Vec::new()], 0);
        for _ in 0..longest {
            let to = all.len();
            for index in from..to {
                for piece in pieces {
                    all.push([all[index].as_slice(), piece].concat());
                }
            }
            from = to;
        }
        all
    }

    #[test]
    fn unicode_words_leave_punctuation_and_keep_apostrophes_and_numbers() {
        let line = "“Don't”, said Zoë: 3.14 — naïve\tco-op!".as_bytes();
        let expected = ["Don't", "said", "Zoë", "3.14", "naïve", "co", "op"];
        assert_eq!(words(Tokens::Unicode, line), expected);
    }

    #[test]
    fn unicode_words_are_found_in_other_scripts() {
        assert_eq!(words(Tokens::Unicode, "слово λόγος 語".as_bytes()), ["слово", "λόγος", "語"]);
    }

    #[test]
    fn whitespace_words_lie_between_spaces_and_tabs_and_nothing_else() {
        let line = "  a,b \t c\u{a0}d\u{b}e \\ \u{2003} f\t".as_bytes();
        let expected = ["a,b", "c\u{a0}d\u{b}e", "\\", "\u{2003}", "f"];
        assert_eq!(words(Tokens::Whitespace, line), expected);
    }

    #[test]
    fn lines_without_a_word_give_none() {
        for line in ["", " ", "\t \t"] {
            assert!(words(Tokens::Unicode, line.as_bytes()).is_empty(), "{line:?}");
            assert!(words(Tokens::Whitespace, line.as_bytes()).is_empty(), "{line:?}");
        }
        assert!(words(Tokens::Unicode, b"... -- \\ !").is_empty());
    }

    #[test]
    fn a_byte_that_is_not_utf8_is_part_of_the_word_it_touches() {
        let line = b"na\xefve \xff, caf\xe9.";
        assert_eq!(words(Tokens::Unicode, line), [r"na\xefve", r"\xff", r"caf\xe9"]);
        assert_eq!(words(Tokens::Whitespace, line), [r"na\xefve", r"\xff,", r"caf\xe9."]);
        assert_eq!(escaped_bytes(Tokens::Unicode, line), 3);
    }

    #[test]
    fn half_a_character_is_escaped_byte_by_byte() {
        let line = &"ab…".as_bytes()[..4];
        assert_eq!(words(Tokens::Unicode, line), [r"ab\xe2\x80"]);
        assert_eq!(escaped_bytes(Tokens::Unicode, line), 2);
    }

    #[test]
    fn text_that_reads_as_an_escape_is_not_taken_for_the_byte() {
        assert_eq!(words(Tokens::Whitespace, br"\xff"), [r"\x5cxff"]);
        assert_eq!(words(Tokens::Whitespace, b"\xff"), [r"\xff"]);
        assert_eq!(words(Tokens::Whitespace, br"C:\x \xFF \n"), [r"C:\x", r"\xFF", r"\n"]);
        assert_eq!(escaped_bytes(Tokens::Whitespace, br"\xff C:\x"), 1);
        assert_eq!(words(Tokens::Unicode, br"\xff"), ["xff"]);
    }

    #[test]
    fn a_word_is_borrowed_from_its_line_unless_it_has_a_backslash_or_a_byte_that_is_not_utf8() {
        let borrowed = |line: &[u8]| {
            let mut all = true;
            Tokens::Whitespace.words(line, |word| {
                all &= matches!(word.text, Cow::Borrowed(_));
            });
            all
        };
        assert!(borrowed("plain naïve 語".as_bytes()));
        assert!(!borrowed(br"C:\temp"));
        assert!(!borrowed(b"caf\xe9"));
    }

    #[test]
    fn two_different_words_never_have_the_same_text() {
        let pieces: [&[u8]; 9] =
            [b"\\", b"x", b"5", b"c", b"F", b"\xff", b"\xc3", b"\xa9", "語".as_bytes()];
        for bytes in all_of(&pieces, 5) {
            let word = Word::from_bytes(&bytes);
            assert_eq!(decode(&word.text), bytes, "from {:?}", word.text);
        }
    }

    #[test]
    fn the_words_of_a_line_have_their_own_bytes_whichever_are_not_utf8() {
        let pieces: [&[u8]; 7] = [b" ", b"a", b".", b"\\xff", b"\xff", b"\xc3", "é".as_bytes()];
        for line in all_of(&pieces, 5) {
            for tokens in [Tokens::Unicode, Tokens::Whitespace] {
                let mut rest = line.as_slice();
                for word in words(tokens, &line) {
                    let bytes = decode(&word);
                    let at = rest.windows(bytes.len()).position(|window| window == bytes);
                    let at = at.unwrap_or_else(|| panic!("{word:?} is not in {line:?}"));
                    rest = &rest[at + bytes.len()..];
                }
            }
            let spaced: Vec<_> =
                line.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).collect();
            let counted = words(Tokens::Whitespace, &line);
            assert_eq!(counted.iter().map(|word| decode(word)).collect::<Vec<_>>(), spaced);
        }
    }

    #[test]
    fn lower_case_comes_before_the_escape() {
        let words = Words { tokens: Tokens::Whitespace, ignore_case: true };
        let mut texts = Vec::new();
        words.each(b"\\xFF \xff \xc3\x89T\xe9 THE", |word| texts.push(word.text.into_owned()));
        assert_eq!(texts, ["\\x5cxff", "\\xff", "\u{e9}t\\xe9", "the"]);
    }
}
