//! Users' data as text that a terminal can be given.
//!
//! A record with an escape sequence could clear the screen, retitle the window or hide a line. Each character that a
//! terminal obeys instead of showing is therefore written as its escape.

use std::fmt::Write as _;

/// How many bytes of a record an error shows.
pub const RECORD_BYTES: usize = 512;

/// Whether a terminal would obey the character, or let it reorder its line.
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The text on one line.
///
/// ```
/// assert_eq!(howdah_plan::visible::visible("a\tb\x1b[2J"), r"a\tb\x1b[2J");
/// ```
pub fn visible(text: &str) -> String {
    shown(text, |_| false)
}

/// At most `most` characters of a text on one line, with what a terminal would obey escaped; the last is `…` if some
/// were left out.
///
/// ```
/// use howdah_plan::visible::visible_start;
///
/// assert_eq!(visible_start("a\tb", 8), r"a\tb");
/// assert_eq!(visible_start("abcdef", 4), "abc…");
/// ```
pub fn visible_start(text: &str, most: usize) -> String {
    // Escapes are longer than what they stand for, so more than this much of the text is never shown.
    let head: String = text.chars().take(most + 1).collect();
    let shown = visible(&head);
    if shown.chars().count() <= most {
        return shown;
    }
    shown.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A piece of somebody's line, for a sentence.
pub fn quoted(text: &str) -> String {
    /// How much of a line a sentence quotes.
    const QUOTED_CHARS: usize = 300;
    visible_start(text.trim(), QUOTED_CHARS)
}

/// The text on the lines that it has, TABs kept, without an end of line at its end.
///
/// ```
/// assert_eq!(howdah_plan::visible::visible_lines("a\r\n\tb\x07\n"), "a\n\tb\\x07");
/// ```
pub fn visible_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| shown(line, |c| c == '\t')).collect();
    lines.join("\n").trim_end_matches('\n').to_owned()
}

/// A record's first bytes on one line, each byte that is not printable ASCII escaped; and how long it is, if that is not
/// all of it.
///
/// ```
/// use howdah_plan::visible::visible_record;
///
/// assert_eq!(visible_record(b"k\t\xff", 512), r"k\t\xff");
/// assert_eq!(visible_record(b"abcdef", 4), "abcd… (6 bytes)");
/// ```
pub fn visible_record(record: &[u8], most: usize) -> String {
    let begin = &record[..record.len().min(most)];
    let mut shown = begin.escape_ascii().to_string();
    if begin.len() < record.len() {
        // Writing to a String cannot fail.
        let _ = write!(shown, "… ({} bytes)", record.len());
    }
    shown
}

fn shown(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if keep(c) || !is_obeyed(c) {
            shown.push(c);
            continue;
        }
        // Writing to a String cannot fail.
        let _ = match c {
            '\t' => shown.write_str("\\t"),
            '\n' => shown.write_str("\\n"),
            '\r' => shown.write_str("\\r"),
            c if c.is_ascii() => write!(shown, "\\x{:02x}", u32::from(c)),
            c => write!(shown, "\\u{{{:x}}}", u32::from(c)),
        };
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_terminal_obeys_is_escaped() {
        assert_eq!(visible("a\x1b[2Jb\x07\0\x7f"), r"a\x1b[2Jb\x07\x00\x7f");
        assert_eq!(visible("one\r\n\ttwo"), r"one\r\n\ttwo");
        // C1 controls open sequences too: U+009B is ESC [ in one character.
        assert_eq!(visible("\u{9b}31m"), r"\u{9b}31m");
        assert_eq!(visible("a\u{202e}cba\u{2069}"), r"a\u{202e}cba\u{2069}");
        assert_eq!(visible("déjà vu, 日本語"), "déjà vu, 日本語");
    }

    #[test]
    fn no_character_that_is_obeyed_survives() {
        let all: String = (char::MIN..=char::MAX).collect();
        assert!(!visible(&all).chars().any(is_obeyed));
        assert!(!visible_lines(&all).chars().any(|c| is_obeyed(c) && c != '\n' && c != '\t'));
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        assert!(!visible_record(&bytes, 256).chars().any(is_obeyed));
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(visible_lines("a\r\n\tb\x1b\n\nhint: c\n"), "a\n\tb\\x1b\n\nhint: c");
        assert_eq!(visible_lines(""), "");
    }

    #[test]
    fn a_start_has_a_length() {
        assert_eq!(visible_start("abcd", 4), "abcd");
        assert_eq!(visible_start("abcde", 4), "abc…");
        assert_eq!(visible_start("a\x1b\x1b", 4), "a\\x…");
        assert_eq!(visible_start("ééééé", 4), "ééé…");
        assert_eq!(visible_start("", 4), "");
    }
}
