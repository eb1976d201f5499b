//! Colours of labels. They never carry meaning: a label reads the same without.

/// Colours text, or leaves it alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) color: bool,
}

impl Paint {
    /// A heading.
    pub(crate) fn heading(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// The label of an error or a failed attempt.
    pub(crate) fn error(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    /// The label of a warning.
    pub(crate) fn warning(self, text: &str) -> String {
        self.wrap("1;33", text)
    }

    /// A path.
    pub(crate) fn path(self, text: &str) -> String {
        self.wrap("36", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_ends_where_it_began() {
        assert_eq!(Paint { color: true }.error("error:"), "\x1b[1;31merror:\x1b[0m");
        assert_eq!(Paint { color: false }.error("error:"), "error:");
    }
}
