//! The join of two files of any size: both are sorted by their keys.

use howdah::{Counter, Mapper, Out, Reducer, Result, Text, Values};

use crate::column::Column;
use crate::rule::Rule;

const BOTH: Counter = Counter::new("Join", "keys of both files");
const LEFT_ONLY: Counter = Counter::new("Join", "keys of the left file only");
const RIGHT_ONLY: Counter = Counter::new("Join", "keys of the right file only");

/// A row on its way to the reducer: the tag of its file, and its columns without the key.
type Tagged = (u8, Vec<String>);

// The values of a key are sorted: the smaller tag comes first, and must be that of the rows which are held.
pub(crate) const RIGHT: u8 = 0;
pub(crate) const LEFT: u8 = 1;

/// Sends each row of one file to its key.
#[derive(Clone)]
pub(crate) struct TagRows {
    pub(crate) tag: u8,
    pub(crate) column: Column,
}

impl Mapper<Text> for TagRows {
    type Key = String;
    type Value = Tagged;

    fn map(&mut self, line: &str, out: &mut Out<String, Tagged>) -> Result {
        match self.column.split(line) {
            Ok(row) => out.emit(row.key, (self.tag, row.columns())),
            Err(reason) => out.reject(reason, line),
        }
        Ok(())
    }
}

/// Joins the rows of each key: right rows are held, left rows pass by.
#[derive(Clone)]
pub(crate) struct JoinKey {
    rule: Rule,
    right: Vec<String>,
    /// The line that is being put together: its memory is used again.
    line: String,
}

impl JoinKey {
    pub(crate) fn new(rule: Rule) -> Self {
        JoinKey { rule, right: Vec::new(), line: String::new() }
    }
}

impl Reducer<String, Tagged> for JoinKey {
    type Key = ();
    type Value = String;

    fn reduce(
        &mut self,
        key: &String,
        mut rows: Values<Tagged>,
        out: &mut Out<(), String>,
    ) -> Result {
        self.right.clear();
        let mut has_left = false;
        while let Some((tag, columns)) = rows.next_ref() {
            if *tag == RIGHT {
                self.rule.hold(&mut self.right, |text| append(columns, text));
            } else {
                has_left = true;
                self.line.clear();
                self.line.push_str(key);
                append(columns, &mut self.line);
                self.rule.left_row(&mut self.line, &self.right, out);
            }
        }
        if !has_left {
            self.rule.right_alone(key, &self.right, out);
        }
        let counter = match (has_left, self.right.is_empty()) {
            (true, false) => &BOTH,
            (true, true) => &LEFT_ONLY,
            (false, _) => &RIGHT_ONLY,
        };
        out.count(counter, 1);
        Ok(())
    }
}

/// Appends columns to a text, each behind a TAB.
fn append(columns: &[String], text: &mut String) {
    for column in columns {
        text.push('\t');
        text.push_str(column);
    }
}
