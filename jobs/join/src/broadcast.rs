//! The join with a small right file: each map task holds all of it, and nothing is sorted.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use howdah::{Counter, Error, Mapper, Out, Result, SideFile, Text};

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
    /// The right rows of each key.
    right: HashMap<String, Vec<Vec<String>>>,
}

impl LookUp {
    pub(crate) fn new(
        left_column: Column,
        right_file: &SideFile,
        right_column: Column,
        rule: Rule,
    ) -> Self {
        let right_file = right_file.clone();
        LookUp { left_column, right_file, right_column, rule, right: HashMap::new() }
    }

    fn read(&mut self, path: &Path, out: &mut Out<String, Vec<String>>) -> std::io::Result<()> {
        for line in BufReader::new(File::open(path)?).lines() {
            let line = line?;
            match self.right_column.split(&line) {
                Ok((key, columns)) => {
                    let rows = self.right.entry(key.to_owned()).or_default();
                    self.rule.hold(rows, || columns.into_iter().map(str::to_owned).collect());
                }
                // Every map task reads the file: one of them tells.
                Err(reason) if out.partition() == 0 => out.reject(reason, &line),
                Err(_) => {}
            }
        }
        Ok(())
    }
}

impl Mapper<Text> for LookUp {
    type Key = String;
    type Value = Vec<String>;

    fn start(&mut self, out: &mut Out<String, Vec<String>>) -> Result {
        let path = out.side_file(&self.right_file);
        self.read(&path, out).map_err(|error| {
            Error::new(format_args!("the right file `{}` cannot be read: {error}", path.display()))
        })
    }

    fn map(&mut self, line: &str, out: &mut Out<String, Vec<String>>) -> Result {
        match self.left_column.split(line) {
            Ok((key, columns)) => {
                let right = self.right.get(key).map_or(&[][..], Vec::as_slice);
                let counter = if right.is_empty() { &UNMATCHED } else { &MATCHED };
                out.count(counter, 1);
                self.rule.left_row(key, &columns, right, out);
            }
            Err(reason) => out.reject(reason, line),
        }
        Ok(())
    }
}
