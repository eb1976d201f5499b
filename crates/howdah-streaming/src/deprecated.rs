//! Old names of properties.
//!
//! Scripts still use names from before Hadoop 2. `ConfigUtil` and `Configuration` map them to the new ones; the tables
//! here hold those that matter to streaming jobs.

/// The old names that a job may set, each with its new one.
const OLD_TO_NEW: &[(&str, &str)] = &[
    ("fs.default.name", "fs.defaultFS"),
    ("io.sort.factor", "mapreduce.task.io.sort.factor"),
    ("io.sort.mb", "mapreduce.task.io.sort.mb"),
    ("io.sort.spill.percent", "mapreduce.map.sort.spill.percent"),
    (
        "key.value.separator.in.input.line",
        "mapreduce.input.keyvaluelinerecordreader.key.value.separator",
    ),
    ("map.input.file", "mapreduce.map.input.file"),
    ("map.input.length", "mapreduce.map.input.length"),
    ("map.input.start", "mapreduce.map.input.start"),
    ("map.output.key.field.separator", "mapreduce.map.output.key.field.separator"),
    ("map.output.key.value.fields.spec", "mapreduce.fieldsel.map.output.key.value.fields.spec"),
    ("mapred.binary.partitioner.left.offset", "mapreduce.partition.binarypartitioner.left.offset"),
    (
        "mapred.binary.partitioner.right.offset",
        "mapreduce.partition.binarypartitioner.right.offset",
    ),
    ("mapred.cache.archives", "mapreduce.job.cache.archives"),
    ("mapred.cache.files", "mapreduce.job.cache.files"),
    ("mapred.cache.localArchives", "mapreduce.job.cache.local.archives"),
    ("mapred.cache.localFiles", "mapreduce.job.cache.local.files"),
    ("mapred.compress.map.output", "mapreduce.map.output.compress"),
    ("mapred.data.field.separator", "mapreduce.fieldsel.data.field.separator"),
    ("mapred.input.dir", "mapreduce.input.fileinputformat.inputdir"),
    ("mapred.input.dir.recursive", "mapreduce.input.fileinputformat.input.dir.recursive"),
    ("mapred.job.id", "mapreduce.job.id"),
    ("mapred.job.map.memory.mb", "mapreduce.map.memory.mb"),
    ("mapred.job.name", "mapreduce.job.name"),
    ("mapred.job.priority", "mapreduce.job.priority"),
    ("mapred.job.queue.name", "mapreduce.job.queuename"),
    ("mapred.job.reduce.memory.mb", "mapreduce.reduce.memory.mb"),
    ("mapred.line.input.format.linespermap", "mapreduce.input.lineinputformat.linespermap"),
    ("mapred.linerecordreader.maxlength", "mapreduce.input.linerecordreader.line.maxlength"),
    ("mapred.local.dir", "mapreduce.cluster.local.dir"),
    ("mapred.map.child.env", "mapreduce.map.env"),
    ("mapred.map.max.attempts", "mapreduce.map.maxattempts"),
    ("mapred.map.output.compression.codec", "mapreduce.map.output.compress.codec"),
    ("mapred.map.task.debug.script", "mapreduce.map.debug.script"),
    ("mapred.map.tasks", "mapreduce.job.maps"),
    ("mapred.map.tasks.speculative.execution", "mapreduce.map.speculative"),
    ("mapred.mapoutput.key.class", "mapreduce.map.output.key.class"),
    ("mapred.mapoutput.value.class", "mapreduce.map.output.value.class"),
    ("mapred.max.map.failures.percent", "mapreduce.map.failures.maxpercent"),
    ("mapred.max.reduce.failures.percent", "mapreduce.reduce.failures.maxpercent"),
    ("mapred.max.split.size", "mapreduce.input.fileinputformat.split.maxsize"),
    ("mapred.min.split.size", "mapreduce.input.fileinputformat.split.minsize"),
    ("mapred.min.split.size.per.node", "mapreduce.input.fileinputformat.split.minsize.per.node"),
    ("mapred.min.split.size.per.rack", "mapreduce.input.fileinputformat.split.minsize.per.rack"),
    ("mapred.output.compress", "mapreduce.output.fileoutputformat.compress"),
    ("mapred.output.compression.codec", "mapreduce.output.fileoutputformat.compress.codec"),
    ("mapred.output.compression.type", "mapreduce.output.fileoutputformat.compress.type"),
    ("mapred.output.dir", "mapreduce.output.fileoutputformat.outputdir"),
    ("mapred.output.key.class", "mapreduce.job.output.key.class"),
    ("mapred.output.key.comparator.class", "mapreduce.job.output.key.comparator.class"),
    ("mapred.output.value.class", "mapreduce.job.output.value.class"),
    ("mapred.output.value.groupfn.class", "mapreduce.job.output.group.comparator.class"),
    ("mapred.reduce.child.env", "mapreduce.reduce.env"),
    ("mapred.reduce.max.attempts", "mapreduce.reduce.maxattempts"),
    ("mapred.reduce.slowstart.completed.maps", "mapreduce.job.reduce.slowstart.completedmaps"),
    ("mapred.reduce.task.debug.script", "mapreduce.reduce.debug.script"),
    ("mapred.reduce.tasks", "mapreduce.job.reduces"),
    ("mapred.reduce.tasks.speculative.execution", "mapreduce.reduce.speculative"),
    ("mapred.seqbinary.output.key.class", "mapreduce.output.seqbinaryoutputformat.key.class"),
    ("mapred.seqbinary.output.value.class", "mapreduce.output.seqbinaryoutputformat.value.class"),
    ("mapred.task.id", "mapreduce.task.attempt.id"),
    ("mapred.task.is.map", "mapreduce.task.ismap"),
    ("mapred.task.partition", "mapreduce.task.partition"),
    ("mapred.task.timeout", "mapreduce.task.timeout"),
    ("mapred.text.key.comparator.options", "mapreduce.partition.keycomparator.options"),
    ("mapred.text.key.partitioner.options", "mapreduce.partition.keypartitioner.options"),
    ("mapred.textoutputformat.separator", "mapreduce.output.textoutputformat.separator"),
    ("mapred.tip.id", "mapreduce.task.id"),
    ("mapred.work.output.dir", "mapreduce.task.output.dir"),
    ("mapreduce.job.counters.limit", "mapreduce.job.counters.max"),
    ("min.num.spills.for.combine", "mapreduce.map.combine.minspills"),
    (
        "reduce.output.key.value.fields.spec",
        "mapreduce.fieldsel.reduce.output.key.value.fields.spec",
    ),
    ("sequencefile.filter.class", "mapreduce.input.sequencefileinputfilter.class"),
    ("sequencefile.filter.frequency", "mapreduce.input.sequencefileinputfilter.frequency"),
    ("sequencefile.filter.regex", "mapreduce.input.sequencefileinputfilter.regex"),
    ("user.name", "mapreduce.job.user.name"),
];

/// The properties that a task sets when it runs, so that its child also sees their old names.
const SET_AT_RUN_TIME: &[&str] = &[
    "mapreduce.cluster.local.dir",
    "mapreduce.job.id",
    "mapreduce.job.user.name",
    "mapreduce.map.input.file",
    "mapreduce.map.input.length",
    "mapreduce.map.input.start",
    "mapreduce.task.attempt.id",
    "mapreduce.task.id",
    "mapreduce.task.ismap",
    "mapreduce.task.output.dir",
    "mapreduce.task.partition",
];

/// The name under which a property is kept: the new one for an old name, any other unchanged.
///
/// ```
/// use howdah_streaming::properties::current_name;
///
/// assert_eq!(current_name("mapred.reduce.tasks"), "mapreduce.job.reduces");
/// assert_eq!(current_name("my.own"), "my.own");
/// ```
pub fn current_name(name: &str) -> &str {
    match OLD_TO_NEW.binary_search_by_key(&name, |&(old, _)| old) {
        Ok(index) => OLD_TO_NEW[index].1,
        Err(_) => name,
    }
}

/// The old name under which a child also sees a property that its task sets at run time; `None` for properties that
/// come from the job, which have their new name only.
///
/// ```
/// use howdah_streaming::properties::run_time_old_name;
///
/// assert_eq!(run_time_old_name("mapreduce.task.attempt.id"), Some("mapred.task.id"));
/// assert_eq!(run_time_old_name("mapreduce.job.reduces"), None);
/// ```
pub fn run_time_old_name(name: &str) -> Option<&'static str> {
    SET_AT_RUN_TIME.binary_search(&name).ok()?;
    OLD_TO_NEW.iter().find(|&&(_, new)| new == name).map(|&(old, _)| old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_for_the_search() {
        assert!(OLD_TO_NEW.is_sorted_by(|a, b| a.0 < b.0));
        assert!(SET_AT_RUN_TIME.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn no_new_name_is_old() {
        assert!(OLD_TO_NEW.iter().all(|&(_, new)| current_name(new) == new));
    }

    #[test]
    fn every_run_time_property_has_an_old_name() {
        assert!(SET_AT_RUN_TIME.iter().all(|name| run_time_old_name(name).is_some()));
    }
}
