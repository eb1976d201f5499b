//! User data as text that a terminal can be given, cut to a width.

pub(crate) use howdah_plan::visible::{is_obeyed, visible, visible_lines};

/// At most `most` characters of a text on one line, with what a terminal would obey escaped; the last is `…` if some
/// were left out.
///
/// ```
/// use howdah_report::visible_start;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_has_a_length() {
        assert_eq!(visible_start("abcd", 4), "abcd");
        assert_eq!(visible_start("abcde", 4), "abc…");
        assert_eq!(visible_start("a\x1b\x1b", 4), "a\\x…");
        assert_eq!(visible_start("ééééé", 4), "ééé…");
        assert_eq!(visible_start("", 4), "");
    }
}
