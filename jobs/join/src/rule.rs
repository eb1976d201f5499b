//! What a join writes, whichever way its rows have met.

use howdah::Out;
use howdah::clap::ValueEnum;

/// Which rows a join writes.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    /// Each left row with each right row of its key
    #[default]
    Inner,
    /// As inner, and left rows whose key the right file does not have
    Left,
    /// As inner, and right rows whose key the left file does not have
    Right,
    /// As inner, and all rows whose key the other file does not have
    Full,
    /// Left rows whose key the right file has, once each and by themselves
    Semi,
    /// Left rows whose key the right file does not have, by themselves
    Anti,
}

impl Kind {
    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether right rows are written that have no left row.
    pub(crate) fn writes_right_alone(self) -> bool {
        matches!(self, Self::Right | Self::Full)
    }

    /// Whether a right row's columns are ever written, rather than only whether there is one.
    fn writes_right(self) -> bool {
        !matches!(self, Self::Semi | Self::Anti)
    }
}

/// What is written for the rows of a key.
#[derive(Clone)]
pub(crate) struct Rule {
    kind: Kind,
    /// What stands for a left row that is missing, without its key.
    no_left: Vec<String>,
    /// What stands for a right row that is missing, without its key.
    no_right: Vec<String>,
}

impl Rule {
    /// The rule of a kind of join. A missing row has a width of columns, its key being one of them, and `null` in each
    /// of the others.
    pub(crate) fn new(kind: Kind, null: &str, left_width: usize, right_width: usize) -> Self {
        let missing = |width: usize| vec![null.to_owned(); width.saturating_sub(1)];
        Rule { kind, no_left: missing(left_width), no_right: missing(right_width) }
    }

    /// Adds a right row's columns to those that are held for its key. Where they are never written, one row is enough.
    pub(crate) fn hold(&self, right: &mut Vec<Vec<String>>, row: impl FnOnce() -> Vec<String>) {
        if self.kind.writes_right() {
            right.push(row());
        } else if right.is_empty() {
            right.push(Vec::new());
        }
    }

    /// Writes what becomes of a left row, given all right rows of its key.
    pub(crate) fn left_row<T: AsRef<str>>(
        &self,
        key: &str,
        left: &[T],
        right: &[Vec<String>],
        out: &mut Out<String, Vec<String>>,
    ) {
        match (self.kind, right) {
            (Kind::Semi, [_, ..]) | (Kind::Anti, []) => emit(key, left, &[], out),
            (Kind::Left | Kind::Full, []) => emit(key, left, &self.no_right, out),
            (Kind::Semi, []) | (Kind::Anti, [_, ..]) => {}
            (Kind::Inner | Kind::Left | Kind::Right | Kind::Full, right) => {
                for row in right {
                    emit(key, left, row, out);
                }
            }
        }
    }

    /// Writes what becomes of all right rows of a key that has no left row.
    pub(crate) fn right_alone(
        &self,
        key: &str,
        right: &[Vec<String>],
        out: &mut Out<String, Vec<String>>,
    ) {
        if self.kind.writes_right_alone() {
            for row in right {
                emit(key, &self.no_left, row, out);
            }
        }
    }
}

fn emit<T: AsRef<str>>(
    key: &str,
    left: &[T],
    right: &[String],
    out: &mut Out<String, Vec<String>>,
) {
    let right = right.iter().map(String::as_str);
    let columns: Vec<&str> = left.iter().map(AsRef::as_ref).chain(right).collect();
    out.emit(key, columns);
}
