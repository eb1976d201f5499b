//! Jobs whose parts are `SequenceFile`s of bytes that somebody else has serialised.

use super::sequences::{AS_BINARY, BYTES, pieces};
use super::{Files, IDENTITY_REDUCER, Maker};
use crate::cross::content;

const BINARY_OUTPUT: &str = "org.apache.hadoop.mapred.SequenceFileAsBinaryOutputFormat";
const IDENTITY_MAPPER: &str = "org.apache.hadoop.mapred.lib.IdentityMapper";

impl Maker {
    /// A job of bytes in any way; text fails.
    pub(super) fn binary_output(&mut self) -> Files {
        let files = match self.dice.below(8) {
            0..2 => self.copies(),
            2..6 => self.records_of_one_form(),
            6 => self.records(),
            _ => self.sequences(),
        };
        self.option("-outputformat", BINARY_OUTPUT);
        for side in ["key", "value"] {
            if self.dice.chance(70) {
                let class = content::CLASSES[self.dice.below(content::CLASSES.len())];
                self.header_class(side, class.name());
            } else if self.dice.chance(3) {
                self.header_class(side, "com.example.None");
            }
        }
        if self.dice.chance(50) {
            // Compressed records are refused, and they are what is taken where no kind is named.
            if self.dice.chance(92) {
                self.compression(&["NONE", "BLOCK", "BLOCK"]);
            } else {
                self.compression(&["RECORD", ""]);
            }
        }
        self.block_size();
        self.marks();
        files
    }

    /// What the header names, by the property's name or by the one that it had.
    fn header_class(&mut self, side: &str, class: &str) {
        let name = if self.dice.chance(15) {
            format!("mapred.seqbinary.output.{side}.class")
        } else {
            format!("mapreduce.output.seqbinaryoutputformat.{side}.class")
        };
        self.set(&name, class);
    }

    /// `SequenceFile`s whose records are read as bytes and written as such.
    fn copies(&mut self) -> Files {
        self.option("-inputformat", AS_BINARY);
        let [key, value] =
            [(); 2].map(|()| content::CLASSES[self.dice.below(content::CLASSES.len())]);
        let files = (0..=self.dice.below(3))
            .map(|file| {
                let content = self.sequence_file(key, value, true);
                (format!("part{file}"), pieces(&content))
            })
            .collect();
        self.option("-mapper", IDENTITY_MAPPER);
        for side in ["map", "job"] {
            self.set(&format!("mapreduce.{side}.output.key.class"), BYTES);
            self.set(&format!("mapreduce.{side}.output.value.class"), BYTES);
        }
        let reducer = self.dice.one(&["NONE", IDENTITY_REDUCER]);
        self.option("-reducer", reducer);
        let tasks = 1 + self.dice.below(4);
        self.option("-numReduceTasks", &tasks);
        self.partitions_of_records();
        files
    }

    /// Lines, of which the pipes make raw or typed bytes throughout.
    fn records_of_one_form(&mut self) -> Files {
        let files = self.files("\t", false);
        let (form, name) = [("rawbytes", "raw"), ("typedbytes", "typed")][self.dice.below(2)];
        self.option("-io", form);
        let verbs: &[&str] = if name == "raw" { &["pass", "swap"] } else { &["swap", "vary"] };
        let verb = self.dice.one(verbs);
        self.option("-mapper", &format!("python3 apps/pairs.py {name} {name} {verb}"));
        let pass = format!("python3 apps/pairs.py {name} {name} pass");
        let reducer = self.dice.one(&["cat", "NONE", IDENTITY_REDUCER, &pass]).to_owned();
        self.option("-reducer", &reducer);
        if self.dice.chance(80) {
            let tasks = self.dice.below(5);
            self.option("-numReduceTasks", &tasks);
        }
        self.partitions_of_records();
        files
    }
}
