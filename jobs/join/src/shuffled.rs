//! The join of two files of any size: both are sorted by their keys.

use howdah::{Counter, Mapper, Out, Reducer, Result, Text, Values};

use crate::column::Column;
use crate::rule::Rule;
use crate::sent::{RIGHT, Sent, Tagged};

const BOTH: Counter = Counter::new("Join", "keys of both files");
const LEFT_ONLY: Counter = Counter::new("Join", "keys of the left file only");
const RIGHT_ONLY: Counter = Counter::new("Join", "keys of the right file only");

/// Sends each row of one file to its key.
#[derive(Clone)]
pub(crate) struct TagRows {
    pub(crate) tag: u8,
    pub(crate) column: Column,
}

impl Mapper<Text> for TagRows {
    type Key = String;
    type Value = Sent;

    fn map(&mut self, line: &str, out: &mut Out<String, Sent>) -> Result {
        match self.column.split(line) {
            Ok(row) => out.emit(row.key, Tagged { tag: self.tag, row }),
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
    /// Keys so far. There are many: they are added to the counters once, at the end.
    both: i64,
    left_only: i64,
    right_only: i64,
}

impl JoinKey {
    pub(crate) fn new(rule: Rule) -> Self {
        let (right, line) = (Vec::new(), String::new());
        JoinKey { rule, right, line, both: 0, left_only: 0, right_only: 0 }
    }
}

impl Reducer<String, Sent> for JoinKey {
    type Key = ();
    type Value = String;

    fn reduce(
        &mut self,
        key: &String,
        mut rows: Values<Sent>,
        out: &mut Out<(), String>,
    ) -> Result {
        self.right.clear();
        self.line.clone_from(key);
        let mut has_left = false;
        while let Some(Sent { tag, columns }) = rows.next_ref() {
            if *tag == RIGHT {
                self.rule.hold(&mut self.right, |text| text.push_str(columns));
            } else {
                has_left = true;
                if self.rule.drops_left(&self.right) {
                    break; // and what is not asked for is not read
                }
                self.line.truncate(key.len());
                self.line.push_str(columns);
                self.rule.left_row(&mut self.line, &self.right, out);
            }
        }
        if !has_left {
            self.rule.right_alone(key, &self.right, out);
        }
        *match (has_left, self.right.is_empty()) {
            (true, false) => &mut self.both,
            (true, true) => &mut self.left_only,
            (false, _) => &mut self.right_only,
        } += 1;
        Ok(())
    }

    fn finish(&mut self, out: &mut Out<(), String>) -> Result {
        let counted =
            [(&BOTH, self.both), (&LEFT_ONLY, self.left_only), (&RIGHT_ONLY, self.right_only)];
        for (counter, keys) in counted {
            if keys > 0 {
                out.count(counter, keys);
            }
        }
        Ok(())
    }
}
