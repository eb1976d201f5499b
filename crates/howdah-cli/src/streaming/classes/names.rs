//! The classes that Hadoop 3.4.2 has: what each can be used as, and what it does.
//!
//! Hadoop takes a word for a class when it can load one of that name (`StreamUtil.goodClassOrNull`), and then minds
//! what it is good for: a class of the new API, `org.apache.hadoop.mapreduce`, is never what a streaming job needs.
//! With this table a class that howdah does not have is named and explained, and one that nobody has is not found.

use super::super::refusal::Refusal;

/// What an option wants of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Mapper,
    Reducer,
    InputFormat,
    OutputFormat,
    Partitioner,
    RecordReader,
}

impl Kind {
    /// The interface in Hadoop.
    fn interface(self) -> &'static str {
        match self {
            Kind::Mapper => "org.apache.hadoop.mapred.Mapper",
            Kind::Reducer => "org.apache.hadoop.mapred.Reducer",
            Kind::InputFormat => "org.apache.hadoop.mapred.InputFormat",
            Kind::OutputFormat => "org.apache.hadoop.mapred.OutputFormat",
            Kind::Partitioner => "org.apache.hadoop.mapred.Partitioner",
            Kind::RecordReader => "org.apache.hadoop.mapred.RecordReader",
        }
    }

    /// Its letter in the table.
    fn letter(self) -> char {
        match self {
            Kind::Mapper => 'm',
            Kind::Reducer => 'r',
            Kind::InputFormat => 'i',
            Kind::OutputFormat => 'o',
            Kind::Partitioner => 'p',
            Kind::RecordReader => 'd',
        }
    }
}

/// A class of Hadoop's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Known {
    /// Its whole name.
    pub(in super::super) name: &'static str,
    /// The letters of its kinds; `n` for one of the new API, nothing for other classes.
    kinds: &'static str,
    /// What it does, and what to use in its place; may be empty.
    about: &'static str,
}

impl Known {
    /// What it does and what to use in its place, as a hint.
    pub(in super::super) fn hint(&self) -> String {
        let about = if self.about.is_empty() { "it is rare in streaming jobs" } else { self.about };
        format!("{about}; or run the job on Hadoop")
    }

    /// What the class of the new API is called in the old one.
    fn twin(&self) -> Option<&'static Known> {
        let simple = |name: &'static str| name.rsplit('.').next();
        KNOWN.iter().find(|known| {
            !known.kinds.is_empty() && known.kinds != "n" && simple(known.name) == simple(self.name)
        })
    }
}

/// The class of Hadoop's that a word stands for: by its whole name, or by that in Hadoop Streaming's own package.
pub(in super::super) fn find(word: &str) -> Option<&'static Known> {
    let is_it = |known: &&Known| {
        known.name == word
            || !word.contains('.')
                && known.name.strip_prefix(STREAMING).is_some_and(|name| name == word)
    };
    KNOWN.iter().find(is_it)
}

/// The class that a word stands for, if Hadoop has one; it must be of the kind that is wanted.
///
/// # Errors
/// A class that is something else. Hadoop dies of it in these words.
pub(in super::super) fn check(word: &str, kind: Kind) -> Result<Option<&'static Known>, Refusal> {
    let Some(known) = find(word) else { return Ok(None) };
    // Any class passes for a record reader until it is made.
    if known.kinds.contains(kind.letter()) || kind == Kind::RecordReader {
        return Ok(Some(known));
    }
    let refusal = Refusal::uncaught(&format!(
        "java.lang.RuntimeException: class {} not {}",
        known.name,
        kind.interface()
    ));
    let hint = match known.twin() {
        Some(twin) if known.kinds == "n" => {
            format!("streaming jobs use the old API, where this class is {}", twin.name)
        }
        _ if known.kinds == "n" => {
            format!("streaming jobs use the old API, which has no such class; {}", known.hint())
        }
        _ => "the option wants a class of another kind".to_owned(),
    };
    Err(refusal.with_hint(&hint))
}

/// A word that no class is called by, in Hadoop's words; most often it is one without its package.
pub(in super::super) fn not_found(complaint: &str, word: &str, kind: Kind) -> Refusal {
    let refusal = Refusal::usage(&format!("{complaint}{word}"));
    let is_meant = |known: &&Known| {
        known.kinds.contains(kind.letter())
            && known.name.rsplit('.').next().is_some_and(|name| name == word)
    };
    match KNOWN.iter().find(is_meant) {
        Some(meant) => refusal.with_hint(&format!("Hadoop wants its whole name: {}", meant.name)),
        None => refusal,
    }
}

/// A class that Hadoop has and howdah does not answer for.
pub(in super::super) fn unanswered(option: &str, known: &Known) -> Refusal {
    let line = format!("error: howdah does not have the {option} `{}`", known.name);
    Refusal::failed(howdah_plan::exit::JOB_FAILED, [line]).with_hint(&known.hint())
}

/// Whether a class is one of Hadoop's that values may have and keys may not: it is no `WritableComparable`.
pub(in super::super) fn has_no_order(class: &str) -> bool {
    class.strip_prefix("org.apache.hadoop.io.").is_some_and(|name| {
        matches!(
            name,
            "ArrayPrimitiveWritable"
                | "ArrayWritable"
                | "EnumSetWritable"
                | "MapWritable"
                | "ObjectWritable"
                | "SortedMapWritable"
                | "TwoDArrayWritable"
        )
    })
}

const STREAMING: &str = "org.apache.hadoop.streaming.";

const fn known(name: &'static str, kinds: &'static str, about: &'static str) -> Known {
    Known { name, kinds, about }
}

const AS_BINARY: &str = "it writes bytes into SequenceFiles as they are";
const MAP_FILES: &str = "it writes MapFiles: SequenceFiles with an index";
const SEQUENCE_FILES: &str = "it writes SequenceFiles";
const DATABASE: &str = "it speaks to a database by JDBC; export the table to text first";
const CHAIN: &str =
    "it runs several Java classes in one task; use a pipe: -mapper \"sh -c 'first | second'\"";
const JOIN: &str = "it joins sorted inputs before the mapper; join in a reducer, with the input's name in the value";
const SEVERAL: &str = "it takes several formats for several inputs, which a streaming job cannot name; convert the inputs first";
const THREADS: &str = "it maps in several threads; howdah runs tasks at once: --workers N, and --maps N for more of them";
const UNDER_OTHER_NAMES: &str = "it writes files under other names, for which Java code must be written; without that it writes as the format that it is named after";
const OWN_CLASS: &str = "it is a part of Hadoop Streaming itself";

const KNOWN: &[Known] = &[
    known("org.apache.hadoop.io.BytesWritable", "", ""),
    known("org.apache.hadoop.io.IntWritable", "", ""),
    known("org.apache.hadoop.io.LongWritable", "", ""),
    known("org.apache.hadoop.io.NullWritable", "", ""),
    known("org.apache.hadoop.io.Text", "", ""),
    known(
        "org.apache.hadoop.mapred.FixedLengthInputFormat",
        "i",
        "it reads records of equal length; cut them into lines first",
    ),
    known("org.apache.hadoop.mapred.FixedLengthRecordReader", "d", ""),
    known("org.apache.hadoop.mapred.KeyValueLineRecordReader", "d", ""),
    known(
        "org.apache.hadoop.mapred.KeyValueTextInputFormat",
        "i",
        "its lines are a key and a value",
    ),
    known("org.apache.hadoop.mapred.LineRecordReader", "d", ""),
    known("org.apache.hadoop.mapred.MapFileOutputFormat", "o", MAP_FILES),
    known("org.apache.hadoop.mapred.MapRunner", "u", ""),
    known(
        "org.apache.hadoop.mapred.SequenceFileAsBinaryInputFormat",
        "i",
        "it reads SequenceFiles as bytes",
    ),
    known("org.apache.hadoop.mapred.SequenceFileAsBinaryOutputFormat", "o", AS_BINARY),
    known(
        "org.apache.hadoop.mapred.SequenceFileAsTextInputFormat",
        "i",
        "it reads SequenceFiles as text",
    ),
    known("org.apache.hadoop.mapred.SequenceFileAsTextRecordReader", "d", ""),
    known(
        "org.apache.hadoop.mapred.SequenceFileInputFilter",
        "i",
        "it reads a sample of SequenceFiles",
    ),
    known(
        "org.apache.hadoop.mapred.SequenceFileInputFormat",
        "i",
        "it reads SequenceFiles, with keys and values of their own types",
    ),
    known("org.apache.hadoop.mapred.SequenceFileOutputFormat", "o", SEQUENCE_FILES),
    known("org.apache.hadoop.mapred.SequenceFileRecordReader", "d", ""),
    known("org.apache.hadoop.mapred.TextInputFormat", "i", "it reads lines"),
    known("org.apache.hadoop.mapred.TextOutputFormat", "o", "it writes lines"),
    known("org.apache.hadoop.mapred.join.CompositeInputFormat", "i", JOIN),
    known(
        "org.apache.hadoop.mapred.lib.BinaryPartitioner",
        "p",
        "it parts by a range of the key's bytes",
    ),
    known("org.apache.hadoop.mapred.lib.ChainMapper", "m", CHAIN),
    known("org.apache.hadoop.mapred.lib.ChainReducer", "r", CHAIN),
    known("org.apache.hadoop.mapred.lib.CombineFileRecordReader", "d", ""),
    known(
        "org.apache.hadoop.mapred.lib.CombineSequenceFileInputFormat",
        "i",
        "it reads several SequenceFiles in one task",
    ),
    known(
        "org.apache.hadoop.mapred.lib.CombineTextInputFormat",
        "i",
        "it reads several files in one task",
    ),
    known("org.apache.hadoop.mapred.lib.DelegatingInputFormat", "i", SEVERAL),
    known("org.apache.hadoop.mapred.lib.DelegatingMapper", "m", SEVERAL),
    known(
        "org.apache.hadoop.mapred.lib.FieldSelectionMapReduce",
        "mr",
        "it picks fields, as cut does",
    ),
    known("org.apache.hadoop.mapred.lib.FilterOutputFormat", "o", ""),
    known(
        "org.apache.hadoop.mapred.lib.HashPartitioner",
        "p",
        "it parts by the key's hash, as without -partitioner",
    ),
    known("org.apache.hadoop.mapred.lib.IdentityMapper", "m", "it passes records on"),
    known("org.apache.hadoop.mapred.lib.IdentityReducer", "r", "it passes records on"),
    known("org.apache.hadoop.mapred.lib.InverseMapper", "m", "it exchanges key and value"),
    known(
        "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner",
        "p",
        "it parts by fields of the key",
    ),
    known("org.apache.hadoop.mapred.lib.LazyOutputFormat", "o", "the option -lazyOutput does it"),
    known("org.apache.hadoop.mapred.lib.LongSumReducer", "r", "it adds LongWritables"),
    known("org.apache.hadoop.mapred.lib.MultipleSequenceFileOutputFormat", "o", UNDER_OTHER_NAMES),
    known("org.apache.hadoop.mapred.lib.MultipleTextOutputFormat", "o", UNDER_OTHER_NAMES),
    known("org.apache.hadoop.mapred.lib.MultithreadedMapRunner", "u", THREADS),
    known("org.apache.hadoop.mapred.lib.NLineInputFormat", "i", "it gives each task N lines"),
    known(
        "org.apache.hadoop.mapred.lib.NullOutputFormat",
        "o",
        "it throws the output away; use a command that writes nothing, such as -reducer 'sed d'",
    ),
    known("org.apache.hadoop.mapred.lib.RegexMapper", "m", "it emits what a pattern matches"),
    known("org.apache.hadoop.mapred.lib.TokenCountMapper", "m", "it emits each word with 1"),
    known(
        "org.apache.hadoop.mapred.lib.TotalOrderPartitioner",
        "p",
        "it parts by ranges of keys, which a SequenceFile gives",
    ),
    known(
        "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorCombiner",
        "mr",
        "it is the combiner of -reducer aggregate",
    ),
    known(
        "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorMapper",
        "mr",
        "it counts records, for -reducer aggregate",
    ),
    known(
        "org.apache.hadoop.mapred.lib.aggregate.ValueAggregatorReducer",
        "mr",
        "it is what -reducer aggregate stands for",
    ),
    known("org.apache.hadoop.mapred.lib.db.DBInputFormat", "i", DATABASE),
    known("org.apache.hadoop.mapred.lib.db.DBOutputFormat", "o", DATABASE),
    known(
        "org.apache.hadoop.mapreduce.Mapper",
        "n",
        "it passes records on; use org.apache.hadoop.mapred.lib.IdentityMapper",
    ),
    known(
        "org.apache.hadoop.mapreduce.Reducer",
        "n",
        "it passes records on; use org.apache.hadoop.mapred.lib.IdentityReducer",
    ),
    known("org.apache.hadoop.mapreduce.lib.aggregate.ValueAggregatorCombiner", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.aggregate.ValueAggregatorMapper", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.aggregate.ValueAggregatorReducer", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.chain.ChainMapper", "n", CHAIN),
    known("org.apache.hadoop.mapreduce.lib.chain.ChainReducer", "n", CHAIN),
    known("org.apache.hadoop.mapreduce.lib.db.DBInputFormat", "n", DATABASE),
    known("org.apache.hadoop.mapreduce.lib.db.DBOutputFormat", "n", DATABASE),
    known("org.apache.hadoop.mapreduce.lib.db.DataDrivenDBInputFormat", "n", DATABASE),
    known("org.apache.hadoop.mapreduce.lib.db.OracleDataDrivenDBInputFormat", "n", DATABASE),
    known(
        "org.apache.hadoop.mapreduce.lib.fieldsel.FieldSelectionMapper",
        "n",
        "use org.apache.hadoop.mapred.lib.FieldSelectionMapReduce",
    ),
    known(
        "org.apache.hadoop.mapreduce.lib.fieldsel.FieldSelectionReducer",
        "n",
        "use org.apache.hadoop.mapred.lib.FieldSelectionMapReduce",
    ),
    known("org.apache.hadoop.mapreduce.lib.input.CombineSequenceFileInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.CombineTextInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.DelegatingInputFormat", "n", SEVERAL),
    known("org.apache.hadoop.mapreduce.lib.input.DelegatingMapper", "n", SEVERAL),
    known("org.apache.hadoop.mapreduce.lib.input.FixedLengthInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.KeyValueTextInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.NLineInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.SequenceFileAsBinaryInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.SequenceFileAsTextInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.SequenceFileInputFilter", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.SequenceFileInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.input.TextInputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.join.CompositeInputFormat", "n", JOIN),
    known("org.apache.hadoop.mapreduce.lib.map.InverseMapper", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.map.MultithreadedMapper", "n", THREADS),
    known("org.apache.hadoop.mapreduce.lib.map.RegexMapper", "n", ""),
    known(
        "org.apache.hadoop.mapreduce.lib.map.TokenCounterMapper",
        "n",
        "it emits each word with 1; use org.apache.hadoop.mapred.lib.TokenCountMapper",
    ),
    known("org.apache.hadoop.mapreduce.lib.map.WrappedMapper", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.output.FilterOutputFormat", "n", ""),
    known(
        "org.apache.hadoop.mapreduce.lib.output.LazyOutputFormat",
        "n",
        "the option -lazyOutput does it",
    ),
    known("org.apache.hadoop.mapreduce.lib.output.MapFileOutputFormat", "n", MAP_FILES),
    known("org.apache.hadoop.mapreduce.lib.output.NullOutputFormat", "n", ""),
    known(
        "org.apache.hadoop.mapreduce.lib.output.SequenceFileAsBinaryOutputFormat",
        "n",
        AS_BINARY,
    ),
    known("org.apache.hadoop.mapreduce.lib.output.SequenceFileOutputFormat", "n", SEQUENCE_FILES),
    known("org.apache.hadoop.mapreduce.lib.output.TextOutputFormat", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.partition.BinaryPartitioner", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.partition.HashPartitioner", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedPartitioner", "n", ""),
    known(
        "org.apache.hadoop.mapreduce.lib.partition.RehashPartitioner",
        "n",
        "it hashes the key's hash again; use HashPartitioner",
    ),
    known("org.apache.hadoop.mapreduce.lib.partition.TotalOrderPartitioner", "n", ""),
    known(
        "org.apache.hadoop.mapreduce.lib.reduce.IntSumReducer",
        "n",
        "it adds IntWritables; use -reducer aggregate with lines LongValueSum:KEY TAB NUMBER",
    ),
    known("org.apache.hadoop.mapreduce.lib.reduce.LongSumReducer", "n", ""),
    known("org.apache.hadoop.mapreduce.lib.reduce.WrappedReducer", "n", ""),
    known(
        "org.apache.hadoop.streaming.AutoInputFormat",
        "i",
        "it reads text, and SequenceFiles by their first bytes",
    ),
    known("org.apache.hadoop.streaming.DumpTypedBytes", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.Environment", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.HadoopStreaming", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.JarBuilder", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.LoadTypedBytes", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.PathFinder", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.PipeCombiner", "r", OWN_CLASS),
    known("org.apache.hadoop.streaming.PipeMapRed", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.PipeMapRunner", "u", OWN_CLASS),
    known("org.apache.hadoop.streaming.PipeMapper", "m", OWN_CLASS),
    known("org.apache.hadoop.streaming.PipeReducer", "r", OWN_CLASS),
    known("org.apache.hadoop.streaming.StreamBaseRecordReader", "d", OWN_CLASS),
    known(
        "org.apache.hadoop.streaming.StreamInputFormat",
        "i",
        "it reads records by an -inputreader",
    ),
    known("org.apache.hadoop.streaming.StreamJob", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.StreamKeyValUtil", "", OWN_CLASS),
    known("org.apache.hadoop.streaming.StreamUtil", "", OWN_CLASS),
    known(
        "org.apache.hadoop.streaming.StreamXmlRecordReader",
        "d",
        "it reads what stands between two tags",
    ),
    known("org.apache.hadoop.streaming.mapreduce.StreamInputFormat", "n", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_or_in_the_package_of_streaming() {
        assert_eq!(find("PipeMapper").unwrap().name, "org.apache.hadoop.streaming.PipeMapper");
        assert!(find("org.apache.hadoop.mapred.lib.InverseMapper").is_some());
        for word in ["InverseMapper", "mapred.lib.InverseMapper", "cat", "", "lib.PipeMapper"] {
            assert_eq!(find(word), None, "{word}");
        }
    }

    #[test]
    fn a_name_without_its_package_is_told_with_it() {
        let told = |word: &str| not_found("no ", word, Kind::OutputFormat).lines.pop().unwrap();
        let whole = "org.apache.hadoop.mapred.SequenceFileOutputFormat";
        let hint = format!("\nhint: Hadoop wants its whole name: {whole}");
        assert_eq!(told("SequenceFileOutputFormat"), hint);
        assert_eq!(told("NoSuchFormat"), told("HashPartitioner"), "of another kind, too");
    }

    #[test]
    fn a_class_of_another_kind_is_refused_in_hadoops_words() {
        let new = "org.apache.hadoop.mapreduce.lib.map.InverseMapper";
        let refusal = check(new, Kind::Mapper).unwrap_err();
        assert_eq!(
            refusal.lines,
            [
                format!(
                    "Exception in thread \"main\" java.lang.RuntimeException: class {new} not org.apache.hadoop.mapred.Mapper"
                ),
                "\nhint: streaming jobs use the old API, where this class is org.apache.hadoop.mapred.lib.InverseMapper"
                    .to_owned()
            ]
        );
        assert!(check("org.apache.hadoop.mapred.lib.ChainMapper", Kind::Mapper).unwrap().is_some());
        assert!(check("com.example.Mine", Kind::Mapper).unwrap().is_none());
    }

    #[test]
    fn every_class_that_is_not_answered_for_says_what_to_do() {
        for known in KNOWN {
            assert!(known.hint().ends_with("; or run the job on Hadoop"), "{}", known.name);
            assert!(known.name.starts_with("org.apache.hadoop."), "{}", known.name);
        }
        assert!(KNOWN.is_sorted_by(|a, b| a.name < b.name));
    }
}
