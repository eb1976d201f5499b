//! Jobs that read some records of `SequenceFile`s, or many files in one task.

use super::sequences::pieces;
use super::{Files, Maker};
use crate::cross::content;

const FILTER: &str = "org.apache.hadoop.mapred.SequenceFileInputFilter";
const COMBINED: &str = "org.apache.hadoop.mapred.lib.CombineSequenceFileInputFormat";
const PATTERNS: &[&str] = &[
    "k.*",
    ".*",
    "(?s).*",
    ".",
    ".{1,5}",
    "",
    "|a|ab",
    "-?[0-9]+",
    "-?\\d{1,3}",
    "[^0-9]*",
    "(?i)[a-m].*",
    "\\p{Alpha}+",
    "\\P{Punct}*",
    "[[:a-z]\\d-]*",
    "[!--a-z]*",
    "\\v|\\h",
    "\\Qa\\E.*|\\<",
    "(?i)é?[^a]*",
    "\\w+",
    "\\S*",
    ".*[\\u00e9日].*",
    ".*\\x{10348}.*",
    "[^\\ufffd]*",
    "[0-9a-f]{2}( .*)?",
    "\\(null\\)",
    "true",
    ".*E.*|-?[0-9.]+",
    "NaN|-?Infinity",
    "a.*$",
    "^[^ ]+$",
    "[",
];

impl Maker {
    /// A job on some records of `SequenceFile`s.
    pub(super) fn sample(&mut self) -> Files {
        let [key, value] =
            [(); 2].map(|()| content::CLASSES[self.dice.below(content::CLASSES.len())]);
        self.option("-inputformat", FILTER);
        let files = (0..=self.dice.below(3))
            .map(|file| {
                let within = if self.dice.chance(10) { "/data" } else { "" };
                (format!("part{file}{within}"), pieces(&self.sequence_file(key, value, false)))
            })
            .collect();
        if self.dice.chance(40) {
            let block = [1000, 100 * 1024, 130_000][self.dice.below(3)];
            self.set("fs.local.block.size", &block);
        }
        self.filter();
        self.pass_on(key.name(), value.name());
        files
    }

    fn filter(&mut self) {
        let prefix = if self.dice.chance(15) {
            "sequencefile.filter"
        } else {
            "mapreduce.input.sequencefileinputfilter"
        };
        let class = self.dice.one(&["", "Percent", "Regex", "Regex", "MD5"]);
        if !class.is_empty() {
            self.set(&format!("{prefix}.class"), &format!("{FILTER}${class}Filter"));
        }
        if class == "Regex" && self.dice.chance(98) {
            let pattern = self.dice.one(PATTERNS);
            self.set(&format!("{prefix}.regex"), pattern);
        }
        if self.dice.chance(85) {
            let frequency = ["1", "2", "2", "3", "4", "7", "0x5", "40", "0", "-2"];
            let those = if self.dice.chance(8) { 10 } else { 8 };
            let frequency = frequency[self.dice.below(those)];
            self.set(&format!("{prefix}.frequency"), frequency);
        }
    }

    /// A job on `SequenceFile`s of one type, of which a task reads many.
    pub(super) fn combined(&mut self) -> Files {
        let [key, value] =
            [(); 2].map(|()| content::CLASSES[self.dice.below(content::CLASSES.len())]);
        self.option("-inputformat", COMBINED);
        let files: Files = (0..=self.dice.below(5))
            .map(|file| {
                // Those that have such names are not cut, whatever they hold.
                let ending = self.dice.one(&["", "", "", "", "", ".gz", ".bz2", ".seq"]);
                let content = self.sequence_file(key, value, false);
                (format!("part{file}{ending}"), pieces(&content))
            })
            .collect();
        let bytes: usize = files.iter().flat_map(|(_, pieces)| pieces).map(Vec::len).sum();
        self.sizes_of_splits(bytes);
        self.pass_on(key.name(), value.name());
        files
    }

    /// How much is read by one task, in sizes that seldom contradict each other.
    pub(super) fn sizes_of_splits(&mut self, bytes: usize) {
        let least = 1 + bytes / 10;
        let largest = [50, 150, 400, 1000, 4096, 20_000, 130_000][self.dice.below(7)].max(least);
        if self.dice.chance(75) {
            self.set("mapreduce.input.fileinputformat.split.maxsize", &largest);
        }
        for of in ["node", "rack"] {
            if self.dice.chance(12) {
                let size = 1 + self.dice.below(largest + largest / 10);
                self.set(&format!("mapreduce.input.fileinputformat.split.minsize.per.{of}"), &size);
            }
        }
        if self.dice.chance(10) {
            self.set("fs.local.block.size", "1000");
        }
    }
}
