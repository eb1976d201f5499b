//! Properties by which an engine tells tasks something, and what both sides call the files of a task.

use crate::task::{TaskInfo, TaskKind};

/// Which of a step's inputs a map task reads, by [`Source::name`](crate::Source::name).
pub const INPUT_NAME: &str = "howdah.input.name";
/// Where a task finds a side file: this and the file's name.
pub const SIDE_FILE: &str = "howdah.file.";
/// Whether records that cannot be read are rejected, rather than to fail their task.
pub const REJECT_UNDECODABLE: &str = "howdah.rejects.undecodable";
/// The bytes of the longest record that is read here, perhaps with K, M or G behind them.
pub const MAX_RECORD: &str = "howdah.max.record";
/// How many times its stored bytes a compressed input may come to here; 0 is any number.
pub const MAX_EXPANSION: &str = "howdah.max.expansion";
/// Whether commands that are run here get of the environment of who starts the run only `PATH`, `HOME`, `USER`, `LANG`,
/// `LC_*`, `TZ` and `TMPDIR`, beside what their task gives them.
pub const CLEAN_ENVIRONMENT: &str = "howdah.task.environment.clean";
/// The most bytes of temporary files and of output to come that a run here keeps on disk, as `10G`.
pub const DISK_LIMIT: &str = "howdah.disk.limit";
/// Whether a run here writes a manifest into its output: what was read, what was run, and what was written, each with its
/// SHA-256.
pub const MANIFEST: &str = "howdah.manifest";
/// How long an engine of this machine waits before it tries a task again that has failed, in milliseconds: twice as long
/// before each further attempt, up to five minutes.
pub const RETRY_DELAY: &str = "howdah.retry.delay";
/// How long a task that computes may do so within one record, in milliseconds, and still say that it lives.
pub const HEARTBEAT_LIMIT: &str = "howdah.task.heartbeat.limit";
/// Text before the name of each file that a task writes beside its output.
pub const SIDE_PREFIX: &str = "howdah.side.prefix";
/// Whether a combiner's counters have groups of their own: see [`combiner_group`].
pub const COMBINER_COUNTERS_APART: &str = "howdah.combiner.counters.apart";
/// What such a group's name ends with.
pub const COMBINER_SUFFIX: &str = " (combiner)";
/// Whether paths without a scheme in a list of whole files are those of the file system that the list lies on, rather
/// than of the machine that the task runs on.
pub const FILES_AS_LISTED: &str = "howdah.files.as-listed";
/// What stands between key and value in the lines of a combiner, which shares it with the reducer.
pub const COMBINER_SEPARATOR: &str = "stream.reduce.output.field.separator";
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

/// What Hadoop calls a task of a job, whose id begins with `job_`. A combiner is a part of its map task.
///
/// ```
/// use howdah_plan::{TaskKind, names};
///
/// assert_eq!(names::task_id("job_local1_0001", TaskKind::Map, 2), "task_local1_0001_m_000002");
/// ```
pub fn task_id(job: &str, kind: TaskKind, task: u32) -> String {
    format!("task_{}", within_job(job, kind, task))
}

/// The same of an attempt.
///
/// ```
/// use howdah_plan::{TaskKind, names};
///
/// let id = names::attempt_id("job_local1_0001", TaskKind::Reduce, 2, 0);
/// assert_eq!(id, "attempt_local1_0001_r_000002_0");
/// ```
pub fn attempt_id(job: &str, kind: TaskKind, task: u32, attempt: u32) -> String {
    format!("attempt_{}_{attempt}", within_job(job, kind, task))
}

fn within_job(job: &str, kind: TaskKind, task: u32) -> String {
    let letter = if kind == TaskKind::Reduce { 'r' } else { 'm' };
    format!("{}_{letter}_{task:06}", job.trim_start_matches("job_"))
}

/// The group of a combiner's counters where they are apart from the mapper's.
///
/// Hadoop cuts the names of groups at 128 characters, and so what they end with.
///
/// ```
/// use howdah_plan::names;
///
/// assert_eq!(names::combiner_group("Words"), "Words (combiner)");
/// ```
pub fn combiner_group(group: &str) -> String {
    format!("{group}{COMBINER_SUFFIX}")
}

/// The group that a combiner counted in, by the [name](combiner_group) of that which its counters are in; `None` if it
/// is no such.
///
/// ```
/// use howdah_plan::names;
///
/// assert_eq!(names::split_combiner_group("Words (combiner)"), Some("Words"));
/// assert_eq!(names::split_combiner_group("Words"), None);
/// ```
pub fn split_combiner_group(group: &str) -> Option<&str> {
    group.strip_suffix(COMBINER_SUFFIX)
}
