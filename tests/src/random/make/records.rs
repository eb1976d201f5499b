//! Jobs whose records are no lines: typed bytes and raw bytes in the pipes.

use super::{BINARY, COMPARATOR, Files, IDENTITY_REDUCER, KEY_FIELDS, Maker};

/// The forms of pipes, by their names in `-io` and in `apps/pairs.py`.
const FORMS: [(&str, &str); 3] = [("text", "text"), ("typedbytes", "typed"), ("rawbytes", "raw")];
const TEXT: usize = 0;
const TYPED: usize = 1;

impl Maker {
    /// A job on lines whose mapper and reducer speak such forms.
    pub(super) fn records(&mut self) -> Files {
        let files = self.files("\t", false);
        let bytes = files.iter().flat_map(|(_, pieces)| pieces).map(Vec::len).sum();
        self.input(bytes);
        self.pipes();
        files
    }

    /// Mapper and reducer that speak such forms.
    pub(super) fn pipes(&mut self) {
        let (read, written) = (self.dice.below(3), 1 + self.dice.below(2));
        self.form("stream.map.input", read);
        self.form("stream.map.output", written);
        let counts = self.dice.chance(30);
        let mapper = match self.dice.below(6) {
            _ if counts => Self::pairs(read, written, "words"),
            0 if read == written => "cat".to_owned(),
            1 => Self::pairs(read, written, "pass"),
            2 if read == written => Self::pairs(read, written, "swap"),
            _ if written == TYPED => Self::pairs(read, written, "vary"),
            _ => Self::pairs(read, written, "pass"),
        };
        self.option("-mapper", &mapper);
        if self.dice.chance(85) {
            let tasks = self.dice.below(6);
            self.option("-numReduceTasks", &tasks);
        }
        if counts {
            self.form("stream.reduce.input", written);
            self.form("stream.reduce.output", written);
            let sum = Self::pairs(written, written, "sum");
            self.option("-reducer", &sum);
            if self.dice.chance(60) {
                self.option("-combiner", &sum);
            }
        } else {
            self.reducer_of(written);
            self.order_of_records();
        }
        self.partitions_of_records();
    }

    /// A reducer of what was shuffled in a form; one that says the same whatever the order of a key's values.
    fn reducer_of(&mut self, shuffled: usize) {
        match self.dice.below(8) {
            0 => {}
            1 => self.option("-reducer", IDENTITY_REDUCER),
            2 => {
                let form = self.dice.below(3);
                self.form("stream.reduce.input", form);
                if form == TEXT {
                    self.option("-reducer", "cat");
                } else {
                    let back = self.dice.below(3);
                    self.form("stream.reduce.output", back);
                    let verb = self.dice.one(&["pass", "count"]);
                    self.option("-reducer", &Self::pairs(form, back, verb));
                }
            }
            _ => {
                self.form("stream.reduce.input", shuffled);
                self.form("stream.reduce.output", shuffled);
                let verb = self.dice.one(&["pass", "pass", "swap"]);
                let pairs = Self::pairs(shuffled, shuffled, verb);
                let reducer = if self.dice.chance(60) { "cat".to_owned() } else { pairs };
                self.option("-reducer", &reducer);
                if self.dice.chance(20) {
                    self.option("-combiner", "cat");
                }
            }
        }
    }

    /// Perhaps another order of the keys. Hadoop's comparator of fields has none of its own for numbers in any bytes, and
    /// contradicts itself elsewhere: what is counted depends on which keys it calls equal.
    fn order_of_records(&mut self) {
        match self.dice.below(12) {
            _ if self
                .options
                .iter()
                .any(|words| words.last().is_some_and(|word| word.ends_with(" count"))) => {}
            0 => {
                let options = self.key_options().replace('n', "");
                self.set("mapreduce.job.output.key.comparator.class", COMPARATOR);
                self.set("mapreduce.partition.keycomparator.options", &options);
            }
            1 => {
                let name = self.dice.one(&["BytesWritable", "Text"]);
                self.set(
                    "mapreduce.job.output.key.comparator.class",
                    &format!("org.apache.hadoop.io.{name}$Comparator"),
                );
            }
            _ => {}
        }
    }

    pub(super) fn partitions_of_records(&mut self) {
        match self.dice.below(6) {
            0 => {
                self.option("-partitioner", KEY_FIELDS);
                let options = self.key_options();
                self.set("mapreduce.partition.keypartitioner.options", &options);
            }
            1 => {
                self.option("-partitioner", BINARY);
                if self.dice.chance(50) {
                    let last = self.dice.below(3);
                    self.set("mapreduce.partition.binarypartitioner.right.offset", &last);
                }
            }
            _ => {}
        }
    }

    fn form(&mut self, pipe: &str, form: usize) {
        self.set(pipe, FORMS[form].0);
    }

    fn pairs(read: usize, written: usize, verb: &str) -> String {
        format!("python3 apps/pairs.py {} {} {verb}", FORMS[read].1, FORMS[written].1)
    }
}
