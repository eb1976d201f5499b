//! What has been crossed: how many files of each kind.

use std::collections::BTreeMap;
use std::fmt;

use crate::cross::File;

/// Counts files by their kinds; shown as a table.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<String, u64>);

impl Tally {
    pub fn count(&mut self, file: &File) {
        for kind in file.kinds() {
            *self.0.entry(kind).or_default() += 1;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(kind, count)| writeln!(f, "{kind:<56}{count:>6}"))
    }
}
