//! Jobs of Hadoop's stock classes: `aggregate`, fields selected, numbers as keys and values.

use super::{COMPARATOR, Files, IDENTITY_REDUCER, Maker};

pub(super) const LIBRARY: &str = "org.apache.hadoop.mapred.lib.";
pub(super) const TEXT: &str = "org.apache.hadoop.io.Text";
pub(super) const LONG: &str = "org.apache.hadoop.io.LongWritable";
const FIELDS: &str = "org.apache.hadoop.mapred.lib.FieldSelectionMapReduce";

impl Maker {
    /// A job of `aggregate`.
    pub(super) fn aggregate(&mut self) -> Files {
        let files: Files = (0..=self.dice.below(3))
            .map(|file| {
                let lines = [5, 30, 30, 200][self.dice.below(4)];
                (format!("part{file}.txt"), (0..lines).map(|_| self.value()).collect())
            })
            .collect();
        let bytes: usize = files.iter().flat_map(|(_, pieces)| pieces).map(Vec::len).sum();
        if self.dice.chance(40) {
            self.set("fs.local.block.size", &(bytes / 5).max(100));
        }
        match self.dice.below(8) {
            0 => {
                self.option("-inputformat", "KeyValueTextInputFormat");
                self.set("mapreduce.map.output.key.class", TEXT);
                self.option("-mapper", &format!("{LIBRARY}IdentityMapper"));
            }
            1 => {
                self.set("stream.map.input", "typedbytes");
                self.option("-mapper", "python3 apps/pairs.py typed text words");
            }
            _ => self.option("-mapper", "cat"),
        }
        match self.dice.below(8) {
            0 => self.option("-reducer", &format!("{LIBRARY}aggregate.ValueAggregatorReducer")),
            1 => self.option("-reducer", &format!("{LIBRARY}aggregate.ValueAggregatorCombiner")),
            _ => self.option("-reducer", "aggregate"),
        }
        if self.dice.chance(70) {
            let tasks = self.dice.below(5);
            self.option("-numReduceTasks", &tasks);
        }
        if self.dice.chance(20) {
            let most = self.dice.below(6);
            self.set("aggregate.max.num.unique.values", &most);
        }
        files
    }

    /// A line that names how its value is put together with others. Sums of doubles are exact, or of one value: the
    /// order of values is open.
    fn value(&mut self) -> Vec<u8> {
        const TYPES: &[&str] = &[
            "LongValueSum",
            "LongValueMax",
            "LongValueMin",
            "DoubleValueSum",
            "StringValueMax",
            "StringValueMin",
            "UniqValueCount",
            "ValueHistogram",
            "longvaluesum",
        ];
        let kind = self.dice.one(TYPES);
        let id = self.dice.below(6);
        let word = self.dice.one(&["a", "b", "", "é", "\u{1f600}", "\u{ffff}", "10", "9", "a b"]);
        let line = match kind {
            "DoubleValueSum" if self.dice.chance(50) => {
                let digits = self.dice.below(100_000_000);
                let exponent = self.dice.below(60);
                let sign = if self.dice.chance(50) { "-" } else { "" };
                let single = self.dice.below(1_000_000_000);
                format!("{kind}:single{single}\t{sign}{digits}e{sign}{exponent}")
            }
            "DoubleValueSum" => {
                format!("{kind}:{id}\t{}.{}", self.number(), self.dice.below(8) * 125)
            }
            "StringValueMax" | "StringValueMin" | "UniqValueCount" => {
                format!("{kind}:{id}\t{word}")
            }
            "ValueHistogram" if self.dice.chance(50) => {
                format!("{kind}:{id}\t{word}\t{}", self.number())
            }
            "ValueHistogram" => format!("{kind}:{id}\t{word}"),
            _ => format!("{kind}:{id}\t{}", self.number()),
        };
        if self.dice.below(2000) == 0 {
            return b"no colon\n".to_vec();
        }
        (line + "\n").into_bytes()
    }

    /// A job that selects fields in its mapper, its reducer or both.
    pub(super) fn field_selection(&mut self) -> Files {
        self.selection(Self::choice)
    }

    /// The same, of ranges that go beyond the fields that there are.
    pub(super) fn long_ranges(&mut self) -> Files {
        self.selection(Self::long_choice)
    }

    fn selection(&mut self, mut choice: impl FnMut(&mut Self) -> String) -> Files {
        let separator = self.dice.one(&["\t", "\t", ",", "::", "ab", "é", "|", "[0-9]+", " "]);
        let between = if separator == "[0-9]+" { "7" } else { separator };
        let files = self.files(between, false);
        if self.dice.chance(15) {
            self.option("-inputformat", "KeyValueTextInputFormat");
        }
        if separator != "\t" {
            self.set("mapreduce.fieldsel.data.field.separator", separator);
        }
        let (maps, reduces) = [(true, false), (false, true), (true, true)][self.dice.below(3)];
        for (is_used, side) in [(maps, "map"), (reduces, "reduce")] {
            if is_used && self.dice.chance(90) {
                let spec = format!("{}:{}", choice(self), choice(self));
                self.set(&format!("mapreduce.fieldsel.{side}.output.key.value.fields.spec"), &spec);
            }
        }
        if maps {
            self.set("mapreduce.map.output.key.class", TEXT);
        }
        self.option("-mapper", if maps { FIELDS } else { "cat" });
        self.option("-reducer", if reduces { FIELDS } else { "cat" });
        if self.dice.chance(80) {
            let tasks = self.dice.below(5);
            self.option("-numReduceTasks", &tasks);
        }
        files
    }

    /// Which fields are chosen.
    fn choice(&mut self) -> String {
        let pieces = (0..self.dice.below(4)).map(|_| {
            let field = self.dice.below(5);
            match self.dice.below(5) {
                0 => format!("{field}-{}", self.dice.below(6)),
                1 => format!("{field}-"),
                2 => format!("-{field}"),
                _ => field.to_string(),
            }
        });
        pieces.collect::<Vec<_>>().join(",")
    }

    /// Which fields are chosen, among them many that no line has. Ranges that end at the largest number are not there:
    /// Hadoop goes round them for ever.
    fn long_choice(&mut self) -> String {
        let pieces = (0..=self.dice.below(3)).map(|_| {
            let from = self.dice.below(8);
            match self.dice.below(10) {
                0 => self.choice(),
                1 => format!("{from}-"),
                2 => format!("-{}", self.dice.below(60)),
                3 => format!("{}-{}", self.dice.below(300), self.dice.below(300)),
                4 => self.dice.one(&["2147483647", "2147483647-2147483646", "+3-7"]).to_owned(),
                5 => format!("{from}-{}", 100 + self.dice.below(200)),
                _ => format!("{from}-{}", from + self.dice.below(40)),
            }
        });
        pieces.collect::<Vec<_>>().join(",")
    }

    /// A job of classes that read and write numbers.
    pub(super) fn longs(&mut self) -> Files {
        let files = self.files(" ", false);
        let (mapper, key, value) = [
            ("IdentityMapper", LONG, TEXT),
            ("InverseMapper", TEXT, LONG),
            ("TokenCountMapper", TEXT, LONG),
            ("RegexMapper", TEXT, LONG),
        ][self.dice.below(4)];
        self.option("-mapper", &format!("{LIBRARY}{mapper}"));
        if mapper == "RegexMapper" {
            let pattern = self.dice.one(&["[a-z]+", "k[0-9]", "\\w\\w", "é|Ω", "(a)(b)?"]);
            self.set("mapreduce.mapper.regex", pattern);
        }
        self.set("mapreduce.map.output.key.class", key);
        self.set("mapreduce.map.output.value.class", value);
        let sum = format!("{LIBRARY}LongSumReducer");
        match self.dice.below(4) {
            0 if value == LONG => {
                self.option("-reducer", &sum);
                if self.dice.chance(60) {
                    self.option("-combiner", &sum);
                }
            }
            1 => self.option("-reducer", IDENTITY_REDUCER),
            _ => self.cat_of_classes(),
        }
        if self.dice.chance(80) {
            let tasks = self.dice.below(6);
            self.option("-numReduceTasks", &tasks);
        }
        match self.dice.below(8) {
            0 if key == LONG => self.set(
                "mapreduce.job.output.key.comparator.class",
                "org.apache.hadoop.io.LongWritable$DecreasingComparator",
            ),
            // What is added up depends on which keys the comparator calls equal, where it contradicts itself.
            1 if !self.options.iter().any(|words| words[1] == sum) => {
                let options = self.key_options().replace('n', "");
                self.set("mapreduce.job.output.key.comparator.class", COMPARATOR);
                self.set("mapreduce.partition.keycomparator.options", &options);
            }
            _ => {}
        }
        self.partitions_of_records();
        files
    }

    /// A reducer that reads in some form what classes have shuffled.
    fn cat_of_classes(&mut self) {
        let form = self.dice.one(&["text", "typedbytes", "rawbytes", "keyonlytext"]);
        self.set("stream.reduce.input", form);
        let written = if form == "keyonlytext" { "text" } else { form };
        self.set("stream.reduce.output", written);
        self.option("-reducer", "cat");
    }

    /// Commands of any form, or classes, that pass on records of these classes.
    pub(super) fn pass_on(&mut self, key: &str, value: &str) {
        match self.dice.below(8) {
            0..3 => return self.pipes(),
            3..5 => {
                let mapper = self.dice.one(&["cat", "cat", "cat", "sed s/a/b/", "wc -l", "tac"]);
                self.option("-mapper", mapper);
                let reducer = self.dice.one(&["cat", "cat", "NONE", IDENTITY_REDUCER]);
                self.option("-reducer", reducer);
            }
            _ => self.pass_on_by_classes(key, value),
        }
        if self.dice.chance(80) {
            let tasks = self.dice.below(5);
            self.option("-numReduceTasks", &tasks);
        }
        self.partitions_of_records();
    }

    /// A mapper that is a class, and what it emits, declared rightly most often.
    pub(super) fn pass_on_by_classes(&mut self, key: &str, value: &str) {
        let inverts = self.dice.chance(30);
        let name = if inverts { "InverseMapper" } else { "IdentityMapper" };
        self.option("-mapper", &format!("{LIBRARY}{name}"));
        let (key, value) = if inverts { (value, key) } else { (key, value) };
        let key = if self.dice.chance(4) { LONG } else { key };
        for (side, percent) in [("map", 97), ("job", 80)] {
            if self.dice.chance(percent) {
                self.set(&format!("mapreduce.{side}.output.key.class"), key);
                self.set(&format!("mapreduce.{side}.output.value.class"), value);
            }
        }
        match self.dice.below(5) {
            0 => self.option("-reducer", "NONE"),
            1 | 2 => self.option("-reducer", IDENTITY_REDUCER),
            _ => self.cat_of_classes(),
        }
    }
}
