//! What Hadoop refuses of a job's settings when it submits the job, or when a task begins.
//!
//! Each refusal is Hadoop's, in its words, and comes before anything is run. Settings that have no effect on Hadoop
//! either, although it looks as if they had, get a warning.

use howdah_streaming::class_names::ClassNames;
use howdah_streaming::comparator::KeyComparator;
use howdah_streaming::key_fields::KeyFields;
use howdah_streaming::options::StreamingOptions;
use howdah_streaming::properties::Properties;
use howdah_streaming::writable::WritableClass;

use super::log::{JobLog, Level};
use super::parts::Parts;
use super::plan::is_codec;
use super::refusal::Refusal;

const TEXT_COMPARATOR: &str = "org.apache.hadoop.io.Text$Comparator";
const FIELD_COMPARATORS: [&str; 2] = [
    "org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedComparator",
    "org.apache.hadoop.mapred.lib.KeyFieldBasedComparator",
];
const GROUPING: &str = "mapreduce.job.output.group.comparator.class";
const COMBINER_GROUPING: &str = "mapreduce.job.combiner.group.comparator.class";

/// Refuses what Hadoop refuses.
pub(super) fn check(parts: &Parts, properties: &Properties) -> Result<(), Refusal> {
    check_submission(parts.reducers, properties)?;
    check_environment(properties)?;
    if parts.reducers == 0 {
        return Ok(());
    }
    check_collector(parts, properties).map_err(|why| {
        why.in_task("java.io.IOException: Initialization of all the collectors failed. Error in last collector was:")
    })?;
    check_partitioner(parts.reducers, properties).map_err(|why| why.in_task(""))?;
    whole_number(properties, "mapreduce.task.io.sort.factor")
        .and_then(|_| check_shuffle(properties))
        .and_then(|()| check_comparator(properties, GROUPING))
        .map_err(|why| why.in_task(""))
}

/// Warns of what has no effect.
pub(super) fn warn(job: &StreamingOptions, properties: &Properties, log: &JobLog) {
    let warn = |message: String| log.say(Level::Warn, "howdah", &message);
    for name in [GROUPING, COMBINER_GROUPING] {
        if !properties.get_or(name, "").is_empty() {
            warn(format!(
                "{name} has no effect, as on Hadoop: it groups by whole keys even with KeyFieldBasedComparator, and a \
                 command sees no groups; make what is to be a group the key"
            ));
        }
    }
    for name in [
        "stream.map.input.field.separator",
        "stream.map.output.field.separator",
        "stream.reduce.input.field.separator",
        "stream.reduce.output.field.separator",
        "mapreduce.map.output.key.field.separator",
        "mapreduce.output.textoutputformat.separator",
        "mapreduce.input.keyvaluelinerecordreader.key.value.separator",
        "mapreduce.fieldsel.data.field.separator",
    ] {
        if properties.get_raw(name).is_some_and(str::is_empty) {
            warn(format!("{name} is empty and so has no effect, as on Hadoop: it stays a TAB"));
        }
    }
    for entry in job.cmdenv.iter().filter(|entry| entry.contains(' ')) {
        warn(format!(
            "-cmdenv `{entry}` is cut at its blanks, as by Hadoop: set a property instead, such as -D my.name='A B', \
             which a task sees as my_name"
        ));
    }
}

/// Why a task would not begin.
enum Why {
    /// A Java exception.
    Exception(String),
    /// It would, but howdah cannot do the same.
    NotYet(String),
}

impl Why {
    fn exception(text: impl Into<String>) -> Self {
        Why::Exception(text.into())
    }

    /// What becomes of the job; `before` stands before the exception.
    fn in_task(self, before: &str) -> Refusal {
        match self {
            Why::Exception(exception) => {
                Refusal::in_task(&format!("java.lang.Exception: {before}{exception}"))
            }
            Why::NotYet(what) => Refusal::not_yet(&what),
        }
    }
}

/// Settings of Hadoop's newer interface, which streaming jobs do not use (`Job.setUseNewAPI`).
fn check_submission(reducers: u32, properties: &Properties) -> Result<(), Refusal> {
    let (map, reduce) = ("map compatibility", "reduce compatibility");
    let of_map_only: &[(&str, &str)] = &[("outputformat", map)];
    let with_reducers: &[(&str, &str)] =
        &[("partitioner", map), ("outputformat", reduce), ("reduce", reduce)];
    let others = if reducers == 0 { of_map_only } else { with_reducers };
    for (what, mode) in [("inputformat", map), ("map", map)].iter().chain(others) {
        let name = format!("mapreduce.job.{what}.class");
        if properties.get_raw(&name).is_some() {
            let message = format!("{name} is incompatible with {mode} mode.");
            return Err(Refusal::launching(&message));
        }
    }
    match properties.get_i64("mapreduce.fileoutputcommitter.algorithm.version", 2) {
        Ok(1 | 2) => Ok(()),
        Ok(_) => {
            Err(Refusal::in_task("java.io.IOException: Only 1 or 2 algorithm version is supported"))
        }
        Err(error) => Err(Refusal::in_task(&error.to_string())),
    }
}

fn check_environment(properties: &Properties) -> Result<(), Refusal> {
    whole_number(properties, "stream.jobconf.truncate.limit")
        .map(drop)
        .map_err(|why| why.in_task("java.lang.RuntimeException: Error in configuring object: "))
}

/// What `MapTask.MapOutputBuffer.init` looks at.
fn check_collector(parts: &Parts, properties: &Properties) -> Result<(), Why> {
    const BUFFER: &str = "mapreduce.task.io.sort.mb";
    const SPILL: &str = "mapreduce.map.sort.spill.percent";
    let spill = share(properties, SPILL, 0.8)?;
    if spill <= 0.0 || spill > 1.0 {
        let invalid = format!("java.io.IOException: Invalid \"{SPILL}\": {spill:?}");
        return Err(Why::exception(invalid));
    }
    match whole_number(properties, BUFFER)? {
        Some(0) => return Err(Why::exception("java.lang.ArithmeticException: / by zero")),
        Some(size) if !(0..=2047).contains(&size) => {
            return Err(Why::exception(format!(
                "java.io.IOException: Invalid \"{BUFFER}\": {size}"
            )));
        }
        _ => {}
    }
    check_comparator(properties, "mapreduce.job.output.key.comparator.class")?;
    if properties.get_bool("mapreduce.map.output.compress", false) {
        let class = properties.get_or("mapreduce.map.output.compress.codec", "");
        if !class.is_empty() && !is_codec(&class) {
            return Err(Why::exception(format!(
                "java.lang.IllegalArgumentException: Compression codec {class} was not found."
            )));
        }
    }
    if parts.combines() {
        check_comparator(properties, COMBINER_GROUPING)?;
    }
    whole_number(properties, "mapreduce.map.combine.minspills").map(drop)
}

/// What `MergeManagerImpl` looks at, first when a reduce task begins and then when it has fetched all.
fn check_shuffle(properties: &Properties) -> Result<(), Why> {
    const KEPT: &str = "mapreduce.reduce.input.buffer.percent";
    let of_shuffle = |what: &str, unset: f32| {
        let name = format!("mapreduce.reduce.shuffle.{what}.percent");
        let share = share(properties, &name, unset)?;
        // Of how much is merged, Hadoop allows more than all.
        if what != "merge" && !(0.0..=1.0).contains(&share) {
            let invalid = format!("Invalid value for {name}: {share:?}");
            return Err(Why::exception(format!("java.lang.IllegalArgumentException: {invalid}")));
        }
        Ok(share)
    };
    let buffer = of_shuffle("input.buffer", 0.7)?;
    let largest = buffer * of_shuffle("memory.limit", 0.25)?;
    if largest >= buffer * of_shuffle("merge", 0.66)? {
        return Err(Why::exception(
            "java.lang.RuntimeException: Invalid configuration: maxSingleShuffleLimit should be less than \
             mergeThreshold",
        ));
    }
    let kept = share(properties, KEPT, 0.0)?;
    if (0.0..=1.0).contains(&kept) {
        return Ok(());
    }
    let must = format!("{kept:?}: {KEPT} must be a float between 0 and 1.0");
    Err(Why::exception(format!("java.lang.RuntimeException: {must}")))
}

/// A comparator by its name.
fn check_comparator(properties: &Properties, name: &str) -> Result<(), Why> {
    let class = properties.get_or(name, TEXT_COMPARATOR);
    if FIELD_COMPARATORS.contains(&&*class) {
        let options = properties.get_or("mapreduce.partition.keycomparator.options", "");
        return KeyFields::parse(&options, b"\t")
            .map(drop)
            .map_err(|error| Why::exception(error.to_string()));
    }
    let keys = WritableClass::of_name(&ClassNames::of_map_output(properties).key);
    let of = class.split_once('$').and_then(|(of, _)| WritableClass::of_name(of));
    let is_for_keys = || keys.is_some_and(|keys| KeyComparator::of_name(&class, keys).is_some());
    match &*class {
        TEXT_COMPARATOR => Ok(()),
        _ if of.is_some_and(has_no_comparator) => Err(Why::exception(not_found(&class))),
        _ if of.is_some() && is_for_keys() => Ok(()),
        known if known.starts_with("org.apache.hadoop.") => {
            Err(Why::NotYet(format!("the comparator `{known}` for such keys")))
        }
        other => Err(Why::exception(not_found(other))),
    }
}

/// Whether the class has no comparator of its own in Java.
fn has_no_comparator(class: WritableClass) -> bool {
    matches!(class, WritableClass::TypedBytes | WritableClass::VInt | WritableClass::VLong)
}

fn check_partitioner(reducers: u32, properties: &Properties) -> Result<(), Why> {
    let class = properties.get_or("mapred.partitioner.class", "");
    if reducers == 1 || class.is_empty() || class.starts_with("org.apache.hadoop.") {
        return Ok(());
    }
    Err(Why::exception(not_found(&class)))
}

fn not_found(class: &str) -> String {
    format!(
        "java.lang.RuntimeException: java.lang.RuntimeException: java.lang.ClassNotFoundException: Class {class} not \
         found"
    )
}

/// A share of something, as `Configuration.getFloat` reads it.
fn share(properties: &Properties, name: &str, unset: f32) -> Result<f32, Why> {
    let text = properties.get_or(name, "");
    if text.is_empty() {
        return Ok(unset);
    }
    text.trim().parse().map_err(|_| {
        Why::exception(format!("java.lang.NumberFormatException: For input string: \"{text}\""))
    })
}

/// A number, if the property is set.
fn whole_number(properties: &Properties, name: &str) -> Result<Option<i64>, Why> {
    if properties.get_or(name, "").is_empty() {
        return Ok(None);
    }
    properties.get_i64(name, 0).map(Some).map_err(|error| Why::exception(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECREASING_COMPARATOR: &str = "org.apache.hadoop.io.LongWritable$DecreasingComparator";

    fn refused(name: &str, value: &str) -> String {
        refused_for(WritableClass::Text, name, value)
    }

    fn refused_for(keys: WritableClass, name: &str, value: &str) -> String {
        let set = [(name, value), ("mapreduce.map.output.key.class", keys.name())];
        let properties: Properties = set.into_iter().collect();
        match check_comparator(&properties, name) {
            Err(Why::Exception(exception)) => exception,
            Err(Why::NotYet(what)) => format!("not yet: {what}"),
            Ok(()) => String::new(),
        }
    }

    #[test]
    fn comparators_go_by_their_full_names() {
        let name = "mapreduce.job.output.key.comparator.class";
        for known in FIELD_COMPARATORS.into_iter().chain([TEXT_COMPARATOR]) {
            assert_eq!(refused(name, known), "");
        }
        assert!(refused(name, "KeyFieldBasedComparator").contains("ClassNotFoundException"));
        assert!(refused(name, DECREASING_COMPARATOR).starts_with("not yet"));
        assert_eq!(refused_for(WritableClass::Long, name, DECREASING_COMPARATOR), "");
        let bytes = "org.apache.hadoop.io.BytesWritable$Comparator";
        assert_eq!(refused_for(WritableClass::TypedBytes, name, bytes), "");
        let none = "org.apache.hadoop.typedbytes.TypedBytesWritable$Comparator";
        let why = refused_for(WritableClass::TypedBytes, name, none);
        assert!(why.contains("ClassNotFoundException"));
    }

    #[test]
    fn the_newer_interface_is_refused() {
        let refused = |name: &str, reducers| {
            check_submission(reducers, &[(name, "x")].into_iter().collect()).is_err()
        };
        assert!(refused("mapreduce.job.map.class", 0) && refused("mapreduce.job.map.class", 1));
        assert!(refused("mapreduce.job.partitioner.class", 2));
        assert!(!refused("mapreduce.job.partitioner.class", 0));
        assert!(!refused("mapreduce.job.reduce.class", 0));
    }
}
