//! The column that files are joined on.

use std::fmt;
use std::str::FromStr;

use memchr::memchr;

/// A column of a tab-separated file, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Counted from 0.
    at: usize,
}

/// A line, taken apart at its key. Nothing of it is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'l> {
    pub(crate) key: &'l str,
    /// The columns before the key and those behind it, as they stand in the line.
    others: [Option<&'l str>; 2],
}

impl Column {
    /// A line's row, whose key it has in this column; if it has no such column, why it is rejected.
    pub(crate) fn split(self, line: &str) -> Result<Row<'_>, String> {
        let mut start = 0;
        for _ in 0..self.at {
            let tab =
                first_tab(&line[start..]).ok_or_else(|| format!("it has no column {self}"))?;
            start += tab + 1;
        }
        let before = start.checked_sub(1).map(|tab| &line[..tab]);
        let rest = &line[start..];
        let (key, behind) = match first_tab(rest) {
            Some(tab) => (&rest[..tab], Some(&rest[tab + 1..])),
            None => (rest, None),
        };
        Ok(Row { key, others: [before, behind] })
    }
}

/// Where the first TAB is.
fn first_tab(text: &str) -> Option<usize> {
    memchr(b'\t', text.as_bytes())
}

/// Gives each column of a text.
#[inline]
pub(crate) fn each_column<'t, E>(
    text: &'t str,
    mut give: impl FnMut(&'t str) -> Result<(), E>,
) -> Result<(), E> {
    let mut rest = text;
    while let Some(tab) = first_tab(rest) {
        give(&rest[..tab])?;
        rest = &rest[tab + 1..];
    }
    give(rest)
}

impl<'l> Row<'l> {
    /// Gives each column beside the key.
    #[inline]
    pub(crate) fn each_column<E>(
        self,
        mut give: impl FnMut(&'l str) -> Result<(), E>,
    ) -> Result<(), E> {
        let [before, behind] = self.others;
        before.map_or(Ok(()), |columns| each_column(columns, &mut give))?;
        behind.map_or(Ok(()), |columns| each_column(columns, give))
    }

    /// Appends the columns beside the key to a text, each behind a TAB.
    pub(crate) fn append_to(self, text: &mut String) {
        for columns in self.others.into_iter().flatten() {
            text.push('\t');
            text.push_str(columns);
        }
    }
}

impl FromStr for Column {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: Option<usize> = text.parse().ok();
        let at = number.and_then(|number| number.checked_sub(1));
        at.map(|at| Column { at }).ok_or("columns are counted from 1")
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the other columns, once each by itself and once in one text.
    fn split<'l>(line: &'l str, column: &str) -> Result<(&'l str, Vec<&'l str>, String), String> {
        let row = column.parse::<Column>().unwrap().split(line)?;
        let (mut columns, mut text) = (Vec::new(), String::new());
        row.each_column(|column| {
            columns.push(column);
            Ok::<_, String>(())
        })?;
        row.append_to(&mut text);
        Ok((row.key, columns, text))
    }

    fn row<'l>(key: &'l str, columns: &[&'l str], text: &str) -> (&'l str, Vec<&'l str>, String) {
        (key, columns.to_vec(), text.to_owned())
    }

    #[test]
    fn the_key_is_taken_out_of_its_row() {
        assert_eq!(split("a\tb\tc", "1"), Ok(row("a", &["b", "c"], "\tb\tc")));
        assert_eq!(split("a\tb\tc", "2"), Ok(row("b", &["a", "c"], "\ta\tc")));
        assert_eq!(split("a\tb\tc", "3"), Ok(row("c", &["a", "b"], "\ta\tb")));
        assert_eq!(split("a\tb\tc", "4"), Err("it has no column 4".to_owned()));
    }

    #[test]
    fn empty_columns_are_columns() {
        assert_eq!(split("\ta\t", "1"), Ok(row("", &["a", ""], "\ta\t")));
        assert_eq!(split("\ta\t", "3"), Ok(row("", &["", "a"], "\t\ta")));
        assert_eq!(split("", "1"), Ok(row("", &[], "")));
        assert_eq!(split("", "2"), Err("it has no column 2".to_owned()));
    }

    #[test]
    fn blanks_and_quotes_are_text() {
        assert_eq!(split("\"a b\" c", "1"), Ok(row("\"a b\" c", &[], "")));
    }

    #[test]
    fn what_is_no_number_from_1_is_refused() {
        for text in ["0", "-1", "", "one", "99999999999999999999999"] {
            assert_eq!(text.parse::<Column>(), Err("columns are counted from 1"), "{text}");
        }
    }
}
