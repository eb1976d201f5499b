//! A job from dice.

mod binary;
mod classes;
mod counts;
mod dumps;
mod loads;
mod map_files;
mod records;
mod samples;
mod sequences;
mod tagged;

use clap::ValueEnum;

use super::dice::Dice;
use super::job::{Job, Verb};

const SEPARATORS: &[&str] = &["\t", "\t", "\t", ",", ".", "::", " ", "=", "é", "ab", "|"];
const KEY_FIELDS: &str = "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner";
const COMPARATOR: &str = "org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedComparator";
const IDENTITY_REDUCER: &str = "org.apache.hadoop.mapred.lib.IdentityReducer";
const BINARY: &str = "org.apache.hadoop.mapred.lib.BinaryPartitioner";
const SEQUENCE_OUTPUT: &str = "org.apache.hadoop.mapred.SequenceFileOutputFormat";
const CODECS: &[&str] = &["Default", "Gzip", "BZip2", "Snappy", "Lz4", "Deflate"];

/// Files below `in/` in pieces, as a job has them.
type Files = Vec<(String, Vec<Vec<u8>>)>;

/// What a job is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Lines, cut at separators.
    Lines,
    /// Typed bytes and raw bytes in the pipes.
    Records,
    /// The aggregate package.
    Aggregate,
    /// Records that are counted by their files: `ValueAggregatorMapper`.
    Counts,
    /// `FieldSelectionMapReduce`.
    Fields,
    /// `FieldSelectionMapReduce` of long ranges.
    FieldRanges,
    /// `IdentityReducer` as combiner.
    IdentityCombiner,
    /// Numbers as keys and values.
    Longs,
    /// `SequenceFile`s.
    Sequences,
    /// Some records of `SequenceFile`s: `SequenceFileInputFilter`.
    SequenceFilter,
    /// Many `SequenceFile`s in a task: `CombineSequenceFileInputFormat`.
    CombinedSequences,
    /// `MapFileOutputFormat`.
    MapFiles,
    /// `SequenceFileAsBinaryOutputFormat`.
    BinaryOutput,
    /// Records between two tags.
    Tagged,
    /// Files as typed bytes.
    Dumptb,
    /// Typed bytes as a file.
    Loadtb,
}

/// The job of a seed, of any kind.
#[must_use]
pub fn job(seed: u64) -> Job {
    let mut maker = Maker::new(seed);
    let kind = maker.kind();
    maker.make(kind)
}

/// The job of a seed among those of a kind.
#[must_use]
pub fn of_kind(kind: Kind, seed: u64) -> Job {
    Maker::new(seed).make(kind)
}

struct Maker {
    dice: Dice,
    settings: Vec<(String, String)>,
    options: Vec<Vec<String>>,
}

impl Maker {
    fn new(seed: u64) -> Self {
        Maker { dice: Dice::new(seed), settings: Vec::new(), options: Vec::new() }
    }

    fn kind(&mut self) -> Kind {
        match self.dice.below(100) {
            0..12 => Kind::Records,
            12..17 => Kind::Aggregate,
            17..20 => Kind::Counts,
            20..25 => Kind::Fields,
            25..27 => Kind::FieldRanges,
            27..33 => Kind::Longs,
            33..37 => Kind::IdentityCombiner,
            37..50 => Kind::Sequences,
            50..55 => Kind::SequenceFilter,
            55..60 => Kind::CombinedSequences,
            60..66 => Kind::MapFiles,
            66..70 => Kind::BinaryOutput,
            70..76 => Kind::Tagged,
            76..79 => Kind::Dumptb,
            79..82 => Kind::Loadtb,
            _ => Kind::Lines,
        }
    }

    fn make(&mut self, kind: Kind) -> Job {
        let files = match kind {
            Kind::Lines => self.lines(),
            Kind::Records => self.records(),
            Kind::Aggregate => self.aggregate(),
            Kind::Counts => self.counts(),
            Kind::Fields => self.field_selection(),
            Kind::FieldRanges => self.long_ranges(),
            Kind::Longs => self.longs(),
            Kind::IdentityCombiner => self.combined_by_identity(),
            Kind::Sequences => self.sequences(),
            Kind::SequenceFilter => self.sample(),
            Kind::CombinedSequences => self.combined(),
            Kind::MapFiles => self.map_files(),
            Kind::BinaryOutput => self.binary_output(),
            Kind::Tagged => self.tagged(),
            Kind::Dumptb => return self.dump(),
            Kind::Loadtb => return self.load(),
        };
        if !matches!(kind, Kind::Counts | Kind::MapFiles | Kind::BinaryOutput) {
            self.output();
        }
        self.engine();
        self.job(Verb::Run, files)
    }

    fn job(&self, verb: Verb, files: Files) -> Job {
        Job { verb, files, settings: self.settings.clone(), options: self.options.clone() }
    }

    /// A job on lines.
    fn lines(&mut self) -> Files {
        let separator = self.dice.one(SEPARATORS).to_owned();
        let numeric = self.dice.chance(25);
        let files = self.files(&separator, numeric);
        let bytes = files.iter().flat_map(|(_, pieces)| pieces).map(Vec::len).sum();
        self.input(bytes);
        self.parts(numeric, separator == "\t");
        self.fields(&separator);
        self.keys(&separator);
        files
    }

    /// A job of lines, records or numbers that are combined into themselves.
    fn combined_by_identity(&mut self) -> Files {
        let files = match self.dice.below(5) {
            0 | 1 => self.lines(),
            2 => self.records(),
            3 => self.longs(),
            _ => self.sequences(),
        };
        self.options.retain(|words| words[0] != "-combiner");
        self.option("-combiner", IDENTITY_REDUCER);
        files
    }

    fn set(&mut self, name: &str, value: &(impl ToString + ?Sized)) {
        self.settings.push((name.to_owned(), value.to_string()));
    }

    fn option(&mut self, name: &str, value: &(impl ToString + ?Sized)) {
        self.options.push(vec![name.to_owned(), value.to_string()]);
    }

    fn files(&mut self, separator: &str, numeric: bool) -> Files {
        let texture = self.dice.below(6);
        let breaks = self.dice.chance(8);
        let count = 1 + self.dice.below(4);
        (0..count)
            .map(|file| {
                let lines = match self.dice.below(20) {
                    0 => 0,
                    1 => 800 + self.dice.below(3000),
                    2..6 => 60 + self.dice.below(200),
                    _ => self.dice.below(30),
                };
                let mut pieces: Vec<_> =
                    (0..lines).map(|_| self.line(separator, texture, numeric, breaks)).collect();
                if self.dice.chance(25)
                    && let Some(last) = pieces.last_mut()
                {
                    last.pop(); // a last line without an end
                }
                if self.dice.chance(3) {
                    pieces.insert(0, b"\xef\xbb\xbf".to_vec());
                }
                let name = if self.dice.chance(5) { "_hidden" } else { "part" };
                (format!("{name}{file}.txt"), pieces)
            })
            .collect()
    }

    fn line(&mut self, separator: &str, texture: usize, numeric: bool, breaks: bool) -> Vec<u8> {
        let mut line = Vec::new();
        if numeric {
            line.extend(self.field(texture));
            line.extend(separator.as_bytes());
            line.extend(self.number().as_bytes());
        } else {
            for at in 0..[1, 2, 2, 2, 3, 4, 0][self.dice.below(7)] {
                if at > 0 {
                    line.extend(separator.as_bytes());
                }
                line.extend(self.field(texture));
            }
        }
        if breaks && self.dice.chance(10) {
            let at = self.dice.below(line.len() + 1);
            line.insert(at, b'\r');
        }
        line.extend(if breaks && self.dice.chance(30) { b"\r\n".as_slice() } else { b"\n" });
        line
    }

    /// A number from -1000 to 999.
    fn number(&mut self) -> String {
        let sign = if self.dice.chance(50) { "-" } else { "" };
        format!("{sign}{}", self.dice.below(1000))
    }

    fn field(&mut self, texture: usize) -> Vec<u8> {
        match texture {
            0 => self.dice.one(&["a", "b", "c", "d", ""]).as_bytes().to_vec(),
            1 => format!("k{}", self.dice.below(40)).into_bytes(),
            2 => {
                const NUMBERS: &[&str] = &[
                    "0",
                    "-0",
                    "1",
                    "-1",
                    "01",
                    "10",
                    "9",
                    "-9.5",
                    "-9.25",
                    "1.50",
                    "1.5",
                    ".5",
                    "0.5",
                    "1e3",
                    "abc",
                    "",
                    " 7",
                    "7 ",
                    "+7",
                    "--3",
                    "-",
                    ".",
                    "1.2.3",
                    "99999999999999999999",
                    "00",
                    "-00.0",
                ];
                self.dice.one(NUMBERS).as_bytes().to_vec()
            }
            3 => {
                // Bytes of every kind but those that end lines.
                let bytes = (0..self.dice.below(6)).map(|_| match self.dice.below(256) as u8 {
                    b'\n' | b'\r' => 0,
                    byte => byte,
                });
                bytes.collect()
            }
            4 => {
                // Keys that share their beginnings.
                let length = self.dice.below(14);
                let last = self.dice.one(&["", "a", "b", "\u{1}", "\u{ff}"]);
                format!("{}{last}", "prefix--prefix"[..length].to_owned()).into_bytes()
            }
            _ => {
                const WORDS: &[&str] = &[
                    "the",
                    "The",
                    "été",
                    "Ω",
                    "x y",
                    "日本",
                    "\u{1f600}",
                    "zebra",
                    "~",
                    "A",
                    "_",
                    "-k1",
                    "'",
                    "\"",
                ];
                self.dice.one(WORDS).as_bytes().to_vec()
            }
        }
    }

    fn input(&mut self, bytes: usize) {
        match self.dice.below(12) {
            0 => {
                self.option("-inputformat", "KeyValueTextInputFormat");
                if self.dice.chance(50) {
                    let separator = self.dice.one(SEPARATORS);
                    self.set(
                        "mapreduce.input.keyvaluelinerecordreader.key.value.separator",
                        separator,
                    );
                }
            }
            1 => {
                self.option("-inputformat", "org.apache.hadoop.mapred.lib.NLineInputFormat");
                let lines = 5 + self.dice.below(400) + bytes / 100;
                self.set("mapreduce.input.lineinputformat.linespermap", &lines);
            }
            2 => {
                let delimiter = self.dice.one(&["a", "aa", ",", "ab", "\u{e9}", "--", " "]);
                self.set("textinputformat.record.delimiter", delimiter);
            }
            _ => {}
        }
        if self.dice.chance(10) {
            let ignore = self.dice.chance(50);
            self.set("stream.map.input.ignoreKey", &ignore);
        }
        if self.dice.chance(35) {
            // Small blocks for many splits, but not hundreds of tasks.
            let block = [200, 333, 1000, 4096, 20_000][self.dice.below(5)].max(bytes / 8);
            self.set("fs.local.block.size", &block);
            if self.dice.chance(30) {
                let least = self.dice.below(3000);
                self.set("mapreduce.input.fileinputformat.split.minsize", &least);
            }
        }
    }

    fn parts(&mut self, numeric: bool, tabs: bool) {
        const MAPPERS: &[&str] = &[
            "cat",
            "cat",
            "cat",
            "cat",
            "cat",
            "cat",
            "cat",
            "cat",
            "cut -c1-4",
            "sed s/a/b/g",
            "tac",
            "grep -v zz",
            "head -n 7",
            "true",
            "python3 apps/words.py",
            "awk 'BEGIN { print \"k v\" } { print $2 \"\t\" $1 }'",
            "sh -c 'cat; echo reporter:counter:own,made,3 >&2'",
            "sh -c 'cat; exit 3'",
            "org.apache.hadoop.mapred.lib.IdentityMapper",
            "org.apache.hadoop.mapred.lib.InverseMapper",
            "org.apache.hadoop.mapred.lib.TokenCountMapper",
        ];
        const REDUCERS: &[&str] = &[
            "cat",
            "cat",
            "cat",
            "cat",
            "cat",
            "cat",
            "NONE",
            "org.apache.hadoop.mapred.lib.IdentityReducer",
            "cut -f1",
            "sed s/a/c/",
            "wc -l",
            "python3 apps/tally.py",
            "sh -c 'cat; echo reporter:counter:own,reduced,2 >&2'",
            "sh -c 'cat; false'",
        ];
        if numeric && tabs {
            let mapper = self.dice.one(&["cat", "cat", "sed s/-//"]);
            self.option("-mapper", mapper);
            self.option("-reducer", "python3 apps/total.py");
            if self.dice.chance(60) {
                self.option("-combiner", "python3 apps/total.py");
            }
        } else {
            if !self.dice.chance(3) {
                let mapper = self.dice.one(MAPPERS);
                self.option("-mapper", mapper);
            }
            if !self.dice.chance(5) {
                let reducer = self.dice.one(REDUCERS);
                self.option("-reducer", reducer);
            }
            // Keys are kept where they hold no TAB.
            if tabs && self.dice.chance(15) {
                let combiner = self.dice.one(&["cat", "cat", "cat", "true", "false"]);
                self.option("-combiner", combiner);
            }
        }
        if self.dice.chance(80) {
            let tasks = self.dice.below(8);
            self.option("-numReduceTasks", &tasks);
        }
        if self.dice.chance(5) {
            self.set("stream.non.zero.exit.is.failure", "false");
        }
        if self.dice.chance(6) {
            self.option(
                "-io",
                self.dice.clone().one(&["text", "keyonlytext", "KeyOnlyText", "other"]),
            );
        }
    }

    fn fields(&mut self, separator: &str) {
        let named = if separator == "\t" { 10 } else { 70 };
        if self.dice.chance(named) {
            self.set("stream.map.output.field.separator", separator);
        }
        let combines = self.options.iter().any(|words| words[0] == "-combiner");
        if !combines && self.dice.chance(30) {
            let fields = [0, 1, 2, 2, 2, 3][self.dice.below(6)];
            self.set("stream.num.map.output.key.fields", &fields);
        }
        // One that looks at the lines of a key together is to know where the key ends.
        let groups = self
            .options
            .iter()
            .any(|words| words[0] == "-reducer" && words[1].starts_with("python3"));
        for name in [
            "stream.map.input.field.separator",
            "stream.reduce.input.field.separator",
            "stream.reduce.output.field.separator",
            "mapreduce.output.textoutputformat.separator",
        ] {
            // So is a combiner, which would change keys.
            let is_minded = (combines || groups) && name.starts_with("stream.reduce");
            if !is_minded && self.dice.chance(8) {
                let separator = self.dice.one(SEPARATORS);
                self.set(name, separator);
            }
        }
        if !combines && self.dice.chance(8) {
            let fields = self.dice.below(4);
            self.set("stream.num.reduce.output.key.fields", &fields);
        }
    }

    fn keys(&mut self, separator: &str) {
        if self.dice.chance(30) {
            self.set("mapreduce.map.output.key.field.separator", separator);
        }
        if self.dice.chance(35) {
            let class = self.dice.one(&[
                KEY_FIELDS,
                KEY_FIELDS,
                "org.apache.hadoop.mapred.lib.HashPartitioner",
                KEY_FIELDS,
            ]);
            self.option("-partitioner", class);
            if self.dice.chance(80) {
                let options = self.key_options();
                self.set("mapreduce.partition.keypartitioner.options", &options);
            }
            if self.dice.chance(10) {
                let fields = self.dice.below(4);
                self.set("num.key.fields.for.partition", &fields);
            }
        }
        // A reducer whose output depends on the order of keys that the comparator calls equal says nothing.
        let passes = self.options.iter().any(|words| words[0] == "-reducer" && words[1] == "cat");
        if passes && self.dice.chance(35) {
            self.set("mapreduce.job.output.key.comparator.class", COMPARATOR);
            let options = self.key_options();
            self.set("mapreduce.partition.keycomparator.options", &options);
        }
    }

    fn key_options(&mut self) -> String {
        let count = [1, 1, 1, 2, 2, 3, 0][self.dice.below(7)];
        let mut words = Vec::new();
        if self.dice.chance(15) {
            words.push(self.dice.one(&["-n", "-r", "-nr", "-x"]).to_owned());
        }
        for _ in 0..count {
            let mut word = self.dice.one(&["-k", "-k", "-k", "-k "]).to_owned();
            word += &self.position();
            if self.dice.chance(60) {
                word.push(',');
                word += &self.position();
            }
            word += self.dice.one(&["", "", "n", "r", "nr", "rn"]);
            words.push(word);
        }
        words.join(" ")
    }

    fn position(&mut self) -> String {
        let field = 1 + self.dice.below(4);
        if self.dice.chance(30) {
            format!("{field}.{}", 1 + self.dice.below(4))
        } else {
            field.to_string()
        }
    }

    fn output(&mut self) {
        let is_sequence_file = self.dice.chance(25);
        if is_sequence_file {
            self.option("-outputformat", SEQUENCE_OUTPUT);
        }
        if self.dice.chance(if is_sequence_file { 60 } else { 12 }) {
            self.compression(if is_sequence_file { &["NONE", "BLOCK", "RECORD"] } else { &[""] });
        }
        self.marks();
    }

    /// Compresses parts by some codec, and one of these kinds; an empty one is not named.
    fn compression(&mut self, kinds: &[&str]) {
        self.set("mapreduce.output.fileoutputformat.compress", "true");
        let codec = self.dice.one(CODECS);
        if self.dice.chance(80) {
            self.set(
                "mapreduce.output.fileoutputformat.compress.codec",
                &format!("org.apache.hadoop.io.compress.{codec}Codec"),
            );
        }
        let kind = match self.dice.one(kinds) {
            // Hadoop's bzip2 asks for megabytes of memory for each record.
            "RECORD" if codec == "BZip2" && kinds.contains(&"NONE") => "NONE",
            kind => kind,
        };
        if !kind.is_empty() {
            self.set("mapreduce.output.fileoutputformat.compress.type", kind);
        }
    }

    /// Whether parts without records are there, and the file that says that all are.
    fn marks(&mut self) {
        if self.dice.chance(8) {
            self.options.push(vec!["-lazyOutput".to_owned()]);
        }
        if self.dice.chance(4) {
            self.set("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false");
        }
    }

    fn engine(&mut self) {
        // The smallest buffer, so that large inputs are sorted in several spills.
        self.set("mapreduce.task.io.sort.mb", "1");
        if self.dice.chance(20) {
            self.set("mapreduce.map.sort.spill.percent", "0.05");
            self.set("mapreduce.task.io.sort.factor", "2");
        }
        if self.dice.chance(10) {
            self.set("mapreduce.map.output.compress", "true");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command lines of some jobs of a kind.
    fn lines(kind: Kind) -> Vec<String> {
        let line = |seed| {
            let mut job = of_kind(kind, seed);
            job.files.iter_mut().for_each(|(_, pieces)| pieces.clear());
            job.case("").run.join(" ")
        };
        (0..60).map(line).collect()
    }

    #[test]
    fn a_kind_has_what_it_is_named_for_and_each_of_its_properties() {
        const KINDS: &[(Kind, &str, &[&str])] = &[
            (
                Kind::MapFiles,
                "-outputformat org.apache.hadoop.mapred.MapFileOutputFormat",
                &["map.index.interval=1 ", "compress.type=BLOCK", "type=RECORD", "-reducer NONE"],
            ),
            (
                Kind::BinaryOutput,
                "-outputformat org.apache.hadoop.mapred.SequenceFileAsBinaryOutputFormat",
                &["-io rawbytes", "-io typedbytes", "binaryoutputformat.key.class", "=BLOCK"],
            ),
            (
                Kind::SequenceFilter,
                "-inputformat org.apache.hadoop.mapred.SequenceFileInputFilter",
                &["$MD5Filter", "$PercentFilter", "filter.frequency=2", "sequencefile.filter"],
            ),
            (
                Kind::CombinedSequences,
                "-inputformat org.apache.hadoop.mapred.lib.CombineSequenceFileInputFormat",
                &["split.maxsize", "minsize.per.node", "-input in/part0 -input in/part1"],
            ),
            (
                Kind::Counts,
                "-mapper org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorMapper",
                &["-reducer aggregate", "aggregator.descriptor.1=", "CombineTextInputFormat"],
            ),
            (
                Kind::IdentityCombiner,
                "-combiner org.apache.hadoop.mapred.lib.IdentityReducer",
                &["-mapper cat", "-io", "IdentityMapper"],
            ),
            (
                Kind::FieldRanges,
                "org.apache.hadoop.mapred.lib.FieldSelectionMapReduce",
                &["fieldsel.map.output", "fieldsel.reduce.output", "-2147483646"],
            ),
        ];
        for (kind, always, sometimes) in KINDS {
            let lines = lines(*kind);
            assert!(lines.iter().all(|line| line.contains(always)), "{kind:?}");
            for word in *sometimes {
                assert!(lines.iter().any(|line| line.contains(word)), "{kind:?}: {word}");
            }
        }
    }
}
