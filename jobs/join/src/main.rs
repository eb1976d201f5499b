//! Joins two tab-separated files on a column.
//!
//! Map: each row goes to its key, with a tag that says which file it is of. Reduce: the rows of a key come sorted by
//! that tag, those of the right file first. They are held in memory, then the left rows pass by one after the other
//! and each is written with each of them. So give the file with fewer rows of a key as the right one: no more than
//! the right rows of a single key are ever held, however large the files are.
//!
//! With `--broadcast` nothing is sorted: each map task reads the whole right file into memory and looks its left rows
//! up. That is quicker where the right file is small.

mod broadcast;
mod column;
mod rule;
mod sent;
mod shuffled;

use howdah::{Error, Flow, Job, Plan, Result, SideFile, Text, clap, write};

use crate::broadcast::LookUp;
use crate::column::Column;
use crate::rule::{Kind, Rule};
use crate::sent::{LEFT, RIGHT};
use crate::shuffled::{JoinKey, TagRows};

/// Joins two tab-separated files on a column
///
/// Each line of the output is a key, the left row's other columns, and the right row's other columns. Rows that have
/// no such column are rejected.
#[derive(clap::Args, Clone)]
struct Join {
    /// The column of the left file to join on, counted from 1
    #[arg(long, value_name = "N", default_value = "1")]
    left_column: Column,
    /// The column of the right file to join on, counted from 1
    #[arg(long, value_name = "N", default_value = "1")]
    right_column: Column,
    /// Which rows are written
    #[arg(long, value_enum, default_value_t)]
    kind: Kind,
    /// What stands in each column of a missing row
    #[arg(long, value_name = "TEXT", default_value = "")]
    null: String,
    /// How many columns stand for a missing left row, its key being one of them
    #[arg(long, value_name = "N", default_value_t = 2)]
    left_width: usize,
    /// How many columns stand for a missing right row, its key being one of them
    #[arg(long, value_name = "N", default_value_t = 2)]
    right_width: usize,
    /// Hold the right file in the memory of each map task, rather than to sort both files
    #[arg(long, requires = "right_file")]
    broadcast: bool,
    /// The right file of a broadcast join, in place of `--input right=PATH`
    #[arg(long, value_name = "PATH", requires = "broadcast")]
    right_file: Option<SideFile>,
}

impl Job for Join {
    fn check(&self) -> Result {
        if self.null.contains(['\t', '\n', '\r']) {
            return Err(Error::new(
                "`--null` cannot hold a TAB or a line end: it stands in one column",
            ));
        }
        if self.broadcast && self.kind.writes_right_alone() {
            return Err(Error::new(format_args!(
                "`--broadcast` cannot be used with `--kind {}`: a map task sees some of the left rows only, and \
                 cannot know which right rows have none; leave `--broadcast` out, or exchange left and right",
                self.kind.name()
            )));
        }
        Ok(())
    }

    fn plan(&self) -> Plan {
        let rule = Rule::new(self.kind, &self.null, self.left_width, self.right_width);
        let left = Flow::<Text>::input("left");
        let joined = if let Some(file) = &self.right_file {
            let look_up = LookUp::new(self.left_column, file, self.right_column, rule);
            left.map(look_up).side_file(file).map_only()
        } else {
            let right = Flow::<Text>::input("right");
            left.map(TagRows { tag: LEFT, column: self.left_column })
                .and(right.map(TagRows { tag: RIGHT, column: self.right_column }))
                .sort_values()
                .reduce(JoinKey::new(rule))
        };
        joined.write(write::Lines).plan()
    }
}

howdah::main!(Join);
