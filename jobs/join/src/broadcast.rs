//! The join with a small right file: all of it is held in memory, once for all map tasks of a process, and nothing is
//! sorted.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

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
    right_file: SideFile,
    right_column: Column,
    rule: Rule,
    right: Shared<Right>,
}

/// The right file.
#[derive(Default)]
struct Right {
    /// The rows of each key.
    rows: HashMap<String, Vec<Vec<String>>>,
    /// Lines that are no rows, and why.
    rejected: Vec<(String, String)>,
}

impl Right {
    fn read(path: &Path, column: Column, rule: &Rule) -> std::io::Result<Self> {
        let mut right = Right::default();
        for line in BufReader::new(File::open(path)?).lines() {
            let line = line?;
            match column.split(&line) {
                Ok((key, columns)) => {
                    let rows = right.rows.entry(key.to_owned()).or_default();
                    rule.hold(rows, || columns.into_iter().map(str::to_owned).collect());
                }
                Err(reason) => right.rejected.push((reason, line)),
            }
        }
        Ok(right)
    }
}

impl LookUp {
    pub(crate) fn new(
        left_column: Column,
        right_file: &SideFile,
        right_column: Column,
        rule: Rule,
    ) -> Self {
        let right_file = right_file.clone();
        LookUp { left_column, right_file, right_column, rule, right: Shared::new() }
    }

    fn right(&self, path: impl FnOnce() -> PathBuf) -> Result<&Right> {
        self.right.get_or_make(|| {
            let path = path();
            Right::read(&path, self.right_column, &self.rule).map_err(|error| {
                Error::new(format_args!(
                    "the right file `{}` cannot be read: {error}",
                    path.display()
                ))
            })
        })
    }
}

impl Mapper<Text> for LookUp {
    type Key = String;
    type Value = Vec<String>;

    fn start(&mut self, out: &mut Out<String, Vec<String>>) -> Result {
        let right = self.right(|| out.side_file(&self.right_file))?;
        // Every map task has them: one tells.
        if out.partition() == 0 {
            right.rejected.iter().for_each(|(reason, line)| out.reject(reason, line));
        }
        Ok(())
    }

    fn map(&mut self, line: &str, out: &mut Out<String, Vec<String>>) -> Result {
        let right = self.right(|| out.side_file(&self.right_file))?;
        match self.left_column.split(line) {
            Ok((key, columns)) => {
                let rows = right.rows.get(key).map_or(&[][..], Vec::as_slice);
                let counter = if rows.is_empty() { &UNMATCHED } else { &MATCHED };
                out.count(counter, 1);
                self.rule.left_row(key, &columns, rows, out);
            }
            Err(reason) => out.reject(reason, line),
        }
        Ok(())
    }
}
