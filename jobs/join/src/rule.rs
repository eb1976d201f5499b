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
///
/// A row's columns beside its key are one text here, each behind a TAB. So a line of the output is a key, followed by two
/// such texts.
#[derive(Clone)]
pub(crate) struct Rule {
    kind: Kind,
    /// What stands for a left row that is missing.
    no_left: String,
    /// What stands for a right row that is missing.
    no_right: String,
}

impl Rule {
    /// The rule of a kind of join. A missing row has a width of columns, its key being one of them, and `null` in each
    /// of the others.
    pub(crate) fn new(kind: Kind, null: &str, left_width: usize, right_width: usize) -> Self {
        let missing = |width: usize| format!("\t{null}").repeat(width.saturating_sub(1));
        Rule { kind, no_left: missing(left_width), no_right: missing(right_width) }
    }

    /// Holds a right row of a key, whose columns `append` appends. Where they are never written, one empty row is enough.
    pub(crate) fn hold(&self, right: &mut Vec<String>, append: impl FnOnce(&mut String)) {
        let mut row = String::new();
        if self.kind.writes_right() {
            append(&mut row);
            right.push(row);
        } else if right.is_empty() {
            right.push(row);
        }
    }

    /// Whether nothing becomes of any left row of a key with these right rows.
    pub(crate) fn drops_left(&self, right: &[String]) -> bool {
        match self.kind {
            Kind::Inner | Kind::Right | Kind::Semi => right.is_empty(),
            Kind::Anti => !right.is_empty(),
            Kind::Left | Kind::Full => false,
        }
    }

    /// Writes what becomes of a left row, given all right rows of its key. Its key and columns are in `line`, where right
    /// columns are appended, and taken away again.
    pub(crate) fn left_row(&self, line: &mut String, right: &[String], out: &mut Out<(), String>) {
        match (self.kind, right) {
            (Kind::Semi, [_, ..]) | (Kind::Anti, []) => out.emit((), line.as_str()),
            (Kind::Left | Kind::Full, []) => emit(line, &self.no_right, out),
            (Kind::Semi, []) | (Kind::Anti, [_, ..]) => {}
            (Kind::Inner | Kind::Left | Kind::Right | Kind::Full, right) => {
                for row in right {
                    emit(line, row, out);
                }
            }
        }
    }

    /// Writes what becomes of all right rows of a key that has no left row.
    pub(crate) fn right_alone(&self, key: &str, right: &[String], out: &mut Out<(), String>) {
        if self.kind.writes_right_alone() {
            let mut line = [key, &self.no_left].concat();
            for row in right {
                emit(&mut line, row, out);
            }
        }
    }
}

/// Writes a line with a right row's columns at its end.
fn emit(line: &mut String, right: &str, out: &mut Out<(), String>) {
    let left = line.len();
    line.push_str(right);
    out.emit((), line.as_str());
    line.truncate(left);
}
