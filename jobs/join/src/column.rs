//! The column that files are joined on.

use std::fmt;
use std::str::FromStr;

/// A column of a tab-separated file, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Counted from 0.
    at: usize,
}

impl Column {
    /// A line's key, which it has in this column, and its other columns; if it has no such column, why it is rejected.
    pub(crate) fn split(self, line: &str) -> Result<(&str, Vec<&str>), String> {
        let mut columns: Vec<&str> = line.split('\t').collect();
        if self.at < columns.len() {
            Ok((columns.remove(self.at), columns))
        } else {
            Err(format!("it has no column {self}"))
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

    fn split<'l>(line: &'l str, column: &str) -> Result<(&'l str, Vec<&'l str>), String> {
        column.parse::<Column>().unwrap().split(line)
    }

    #[test]
    fn the_key_is_taken_out_of_its_row() {
        assert_eq!(split("a\tb\tc", "1"), Ok(("a", vec!["b", "c"])));
        assert_eq!(split("a\tb\tc", "2"), Ok(("b", vec!["a", "c"])));
        assert_eq!(split("a\tb\tc", "3"), Ok(("c", vec!["a", "b"])));
        assert_eq!(split("a\tb\tc", "4"), Err("it has no column 4".to_owned()));
    }

    #[test]
    fn empty_columns_are_columns() {
        assert_eq!(split("\ta\t", "1"), Ok(("", vec!["a", ""])));
        assert_eq!(split("\ta\t", "3"), Ok(("", vec!["", "a"])));
        assert_eq!(split("", "1"), Ok(("", vec![])));
    }

    #[test]
    fn blanks_and_quotes_are_text() {
        assert_eq!(split("\"a b\" c", "1"), Ok(("\"a b\" c", vec![])));
    }

    #[test]
    fn what_is_no_number_from_1_is_refused() {
        for text in ["0", "-1", "", "one", "99999999999999999999999"] {
            assert_eq!(text.parse::<Column>(), Err("columns are counted from 1"), "{text}");
        }
    }
}
