//! The join with a small right file: all of it is held in memory, once for all map tasks of a process, and nothing is
//! sorted.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use howdah::{Counter, Error, Mapper, Out, Result, Shared, SideFile, Text};

use crate::column::Column;
use crate::rule::Rule;

// A map task sees some rows of a key only: rows are counted here, where the shuffled join counts keys.
const MATCHED: Counter = Counter::new("Join", "left rows with a right row");
const UNMATCHED: Counter = Counter::new("Join", "left rows without a right row");

/// Looks each left row's key up in the right file.
#[derive(Clone)]
pub(crate) struct LookUp {
    left_column: Column,
    right: RightFile,
    rule: Rule,
    /// The line that is being put together: its memory is used again.
    line: String,
    /// Left rows so far. There are many: they are added to the counters once, at the end.
    matched: i64,
    unmatched: i64,
}

/// The right file, which the first task reads for all.
#[derive(Clone)]
struct RightFile {
    file: SideFile,
    column: Column,
    rows: Shared<RightRows>,
}

/// What is in the right file.
#[derive(Default)]
struct RightRows {
    /// The rows of each key, as the rule holds them.
    of_key: HashMap<String, Vec<String>>,
    /// Lines that are no rows, and why.
    rejected: Vec<(String, String)>,
}

impl RightRows {
    fn read(path: &Path, column: Column, rule: &Rule) -> std::io::Result<Self> {
        let mut right = RightRows::default();
        for line in BufReader::new(File::open(path)?).lines() {
            let line = line?;
            match column.split(&line) {
                Ok(row) => {
                    let rows = right.of_key.entry(row.key.to_owned()).or_default();
                    rule.hold(rows, |text| row.append_to(text));
                }
                Err(reason) => right.rejected.push((reason, line)),
            }
        }
        Ok(right)
    }
}

impl RightFile {
    fn rows(&self, rule: &Rule, out: &Out<(), String>) -> Result<&RightRows> {
        self.rows.get_or_make(|| {
            let path = out.side_file(&self.file);
            RightRows::read(&path, self.column, rule).map_err(|error| {
                Error::new(format_args!(
                    "the right file `{}` cannot be read: {error}",
                    path.display()
                ))
            })
        })
    }
}

impl LookUp {
    pub(crate) fn new(
        left_column: Column,
        right_file: &SideFile,
        right_column: Column,
        rule: Rule,
    ) -> Self {
        let right =
            RightFile { file: right_file.clone(), column: right_column, rows: Shared::new() };
        LookUp { left_column, right, rule, line: String::new(), matched: 0, unmatched: 0 }
    }
}

impl Mapper<Text> for LookUp {
    type Key = ();
    type Value = String;

    fn start(&mut self, out: &mut Out<(), String>) -> Result {
        let right = self.right.rows(&self.rule, out)?;
        // Every map task has them: one tells.
        if out.partition() == 0 {
            right.rejected.iter().for_each(|(reason, line)| out.reject(reason, line));
        }
        Ok(())
    }

    fn map(&mut self, line: &str, out: &mut Out<(), String>) -> Result {
        let right = self.right.rows(&self.rule, out)?;
        match self.left_column.split(line) {
            Ok(row) => {
                let rows = right.of_key.get(row.key).map_or(&[][..], Vec::as_slice);
                *(if rows.is_empty() { &mut self.unmatched } else { &mut self.matched }) += 1;
                self.line.clear();
                self.line.push_str(row.key);
                row.append_to(&mut self.line);
                self.rule.left_row(&mut self.line, rows, out);
            }
            Err(reason) => out.reject(reason, line),
        }
        Ok(())
    }
    fn finish(&mut self, out: &mut Out<(), String>) -> Result {
        for (counter, rows) in [(&MATCHED, self.matched), (&UNMATCHED, self.unmatched)] {
            if rows > 0 {
                out.count(counter, rows);
            }
        }
        Ok(())
    }
}
