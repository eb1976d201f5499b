//! Jobs that count the records of their files: `ValueAggregatorMapper`.

use super::classes::{LIBRARY, TEXT};
use super::sequences::pieces;
use super::{Files, Maker};
use crate::cross::content;

const DESCRIPTOR: &str = "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorBaseDescriptor";

impl Maker {
    /// A job whose parts name the files that were read, by their full paths: as text, since elsewhere lengths would show
    /// how long the paths of a run are.
    pub(super) fn counts(&mut self) -> Files {
        let files = self.counted();
        self.option("-mapper", &format!("{LIBRARY}aggregate.ValueAggregatorMapper"));
        let reducer = match self.dice.below(10) {
            0 => "NONE".to_owned(),
            1 => "cat".to_owned(),
            2 => format!("{LIBRARY}aggregate.ValueAggregatorReducer"),
            3 => format!("{LIBRARY}aggregate.ValueAggregatorCombiner"),
            _ => "aggregate".to_owned(),
        };
        self.option("-reducer", &reducer);
        if self.dice.chance(50) {
            let tasks = self.dice.below(4);
            self.option("-numReduceTasks", &tasks);
        }
        for side in ["map", "job"] {
            if self.dice.chance(97) {
                self.set(&format!("mapreduce.{side}.output.key.class"), TEXT);
                self.set(&format!("mapreduce.{side}.output.value.class"), TEXT);
            }
        }
        if self.dice.chance(30) {
            self.descriptors();
        }
        if self.dice.chance(12) {
            self.compression(&[""]);
        }
        self.marks();
        files
    }

    /// What is counted: lines in one format or another, or records of `SequenceFile`s.
    fn counted(&mut self) -> Files {
        if self.dice.chance(25) {
            self.option("-inputformat", "SequenceFileInputFormat");
            let [key, value] =
                [(); 2].map(|()| content::CLASSES[self.dice.below(content::CLASSES.len())]);
            let files = (0..=self.dice.below(3)).map(|file| {
                (format!("part{file}"), pieces(&self.sequence_file(key, value, false)))
            });
            return files.collect();
        }
        let files = self.files("\t", false);
        let bytes = files.iter().flat_map(|(_, pieces)| pieces).map(Vec::len).sum();
        if self.dice.chance(30) {
            let format = format!("{LIBRARY}CombineTextInputFormat");
            self.option("-inputformat", &format);
            self.sizes_of_splits(bytes);
        } else {
            self.input(bytes);
        }
        files
    }

    /// Those that count, each anew, and those of a kind that is passed over.
    fn descriptors(&mut self) {
        let count = self.dice.below(4);
        self.set("aggregator.descriptor.num", &count);
        for at in 0..=count {
            let kind = self.dice.one(&["UserDefined", "UserDefined", "userdefined", "Other"]);
            if self.dice.chance(80) {
                self.set(&format!("aggregator.descriptor.{at}"), &format!("{kind},{DESCRIPTOR}"));
            }
        }
    }
}
