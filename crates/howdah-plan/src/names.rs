//! Properties by which an engine tells tasks something, and what both sides call the files of a task.

use crate::task::{TaskInfo, TaskKind};

/// Which of a step's inputs a map task reads, by [`Source::name`](crate::Source::name).
pub const INPUT_NAME: &str = "howdah.input.name";
/// Where a task finds a side file: this and the file's name.
pub const SIDE_FILE: &str = "howdah.file.";
/// Whether records that cannot be read are rejected, rather than to fail their task.
pub const REJECT_UNDECODABLE: &str = "howdah.rejects.undecodable";
/// Hadoop's partitioner by fields of the key.
pub const KEY_FIELD_PARTITIONER: &str = "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner";
/// What makes the values of a key sorted, as Hadoop Streaming is told it.
pub const SORTED_VALUES: [(&str, &str); 3] = [
    ("stream.num.map.output.key.fields", "2"),
    ("mapreduce.job.partitioner.class", KEY_FIELD_PARTITIONER),
    ("mapreduce.partition.keypartitioner.options", "-k1,1"),
];

/// A task's file in an output with a name: `part-m-00003`, `part-r-00001`, without the ending of a codec.
///
/// ```
/// use howdah_plan::{TaskInfo, TaskKind, names};
///
/// let task = TaskInfo::new(0, TaskKind::Reduce, 12);
/// assert_eq!(names::named_part(&task), "part-r-00012");
/// ```
pub fn named_part(task: &TaskInfo) -> String {
    let letter = if task.kind == TaskKind::Map { 'm' } else { 'r' };
    format!("part-{letter}-{:05}", task.task)
}
