//! Jobs whose parts are `MapFile`s: keys in their order, and an index of some of them.

use super::classes::{LONG, TEXT};
use super::{COMPARATOR, Files, IDENTITY_REDUCER, Maker};

const MAP_FILE_OUTPUT: &str = "org.apache.hadoop.mapred.MapFileOutputFormat";

impl Maker {
    /// A job of keys of any type, most often sorted ones: others fail.
    pub(super) fn map_files(&mut self) -> Files {
        let files = match self.dice.below(10) {
            0..4 => self.lines_in_order(),
            4 => self.offsets(),
            5..7 => self.records(),
            _ => self.sequences(),
        };
        self.option("-outputformat", MAP_FILE_OUTPUT);
        if self.dice.chance(75) {
            let interval = ["1", "1", "2", "3", "7", "20", "128", "0", "-1", "2147483647"]
                [self.dice.below(10)];
            self.set("io.map.index.interval", interval);
        }
        if self.dice.chance(50) {
            self.compression(&["NONE", "BLOCK", "BLOCK", "RECORD"]);
        }
        self.block_size();
        self.marks();
        files
    }

    /// Lines, sorted by a command or on their way to the reducer.
    fn lines_in_order(&mut self) -> Files {
        let files = self.files("\t", false);
        if self.dice.chance(25) {
            self.option("-mapper", "env LC_ALL=C sort");
            self.option("-reducer", "NONE");
            return files;
        }
        self.option("-mapper", "cat");
        let reducer =
            self.dice.one(&["cat", "cat", "cat", IDENTITY_REDUCER, "cut -f1", "sed s/a/c/"]);
        self.option("-reducer", reducer);
        if self.dice.chance(80) {
            let tasks = self.dice.below(5);
            self.option("-numReduceTasks", &tasks);
        }
        if reducer == "cat" && self.dice.chance(8) {
            self.set("mapreduce.job.output.key.comparator.class", COMPARATOR);
            let options = self.key_options();
            self.set("mapreduce.partition.keycomparator.options", &options);
        }
        files
    }

    /// Lines behind the bytes at which they begin, which are in order as they come.
    fn offsets(&mut self) -> Files {
        let files = self.files("\t", false);
        self.pass_on_by_classes(LONG, TEXT);
        if self.dice.chance(60) {
            let tasks = self.dice.below(4);
            self.option("-numReduceTasks", &tasks);
        }
        files
    }

    /// Perhaps small blocks, so that small files have several.
    pub(super) fn block_size(&mut self) {
        if self.dice.chance(60) {
            let bytes = [1, 50, 300, 2000, 20_000][self.dice.below(5)];
            self.set("io.seqfile.compress.blocksize", &bytes);
        }
    }
}
