//! Defaults: what Hadoop's own files say of properties that a job does not set.
//!
//! A child sees them in its environment, and `${name}` finds them, as with `mapred-default.xml` and `core-default.xml`
//! of Hadoop 3.4.2. Here are those that concern jobs and their tasks; file systems, security and the cluster's daemons
//! are left out. What this engine does is not read from here: where it differs, as in the number of attempts, it
//! follows `LocalJobRunner`, and children still see what Hadoop shows them.

/// Names, sorted, and values.
const DEFAULTS: &[(&str, &str)] = &[
    ("io.compression.codec.bzip2.library", "system-native"),
    ("io.compression.codec.lz4.buffersize", "262144"),
    ("io.compression.codec.lz4.use.lz4hc", "false"),
    ("io.compression.codec.lzo.buffersize", "65536"),
    ("io.compression.codec.lzo.class", "org.apache.hadoop.io.compress.LzoCodec"),
    ("io.compression.codec.snappy.buffersize", "262144"),
    ("io.compression.codec.zstd.buffersize", "0"),
    ("io.compression.codec.zstd.level", "3"),
    ("io.file.buffer.size", "4096"),
    ("io.map.index.interval", "128"),
    ("io.map.index.skip", "0"),
    ("io.mapfile.bloom.error.rate", "0.005"),
    ("io.mapfile.bloom.size", "1048576"),
    ("io.seqfile.compress.blocksize", "1000000"),
    (
        "io.serializations",
        "org.apache.hadoop.io.serializer.WritableSerialization, org.apache.hadoop.io.serializer.avro.AvroSpecificSerialization, org.apache.hadoop.io.serializer.avro.AvroReflectSerialization",
    ),
    ("io.skip.checksum.errors", "false"),
    ("map.sort.class", "org.apache.hadoop.util.QuickSort"),
    ("mapred.mapper.new-api", "false"),
    ("mapred.queue.default.acl-administer-jobs", " "),
    ("mapred.reducer.new-api", "false"),
    ("mapreduce.client.genericoptionsparser.used", "true"),
    ("mapreduce.client.output.filter", "FAILED"),
    ("mapreduce.cluster.acls.enabled", "false"),
    ("mapreduce.fileoutputcommitter.algorithm.version", "2"),
    ("mapreduce.fileoutputcommitter.task.cleanup.enabled", "false"),
    ("mapreduce.framework.name", "local"),
    ("mapreduce.ifile.readahead", "true"),
    ("mapreduce.ifile.readahead.bytes", "4194304"),
    ("mapreduce.input.fileinputformat.list-status.num-threads", "1"),
    ("mapreduce.input.fileinputformat.split.minsize", "0"),
    ("mapreduce.input.lineinputformat.linespermap", "1"),
    ("mapreduce.job.acl-modify-job", " "),
    ("mapreduce.job.acl-view-job", " "),
    ("mapreduce.job.cache.limit.max-resources", "0"),
    ("mapreduce.job.cache.limit.max-resources-mb", "0"),
    ("mapreduce.job.cache.limit.max-single-resource-mb", "0"),
    ("mapreduce.job.classloader", "false"),
    ("mapreduce.job.committer.setup.cleanup.needed", "true"),
    ("mapreduce.job.complete.cancel.delegation.tokens", "true"),
    ("mapreduce.job.counters.max", "120"),
    ("mapreduce.job.dfs.storage.capacity.kill-limit-exceed", "false"),
    ("mapreduce.job.emit-timeline-data", "false"),
    ("mapreduce.job.encrypted-intermediate-data", "false"),
    ("mapreduce.job.encrypted-intermediate-data-key-size-bits", "128"),
    ("mapreduce.job.encrypted-intermediate-data.buffer.kb", "128"),
    ("mapreduce.job.end-notification.max.attempts", "5"),
    ("mapreduce.job.end-notification.max.retry.interval", "5000"),
    ("mapreduce.job.end-notification.retry.attempts", "0"),
    ("mapreduce.job.end-notification.retry.interval", "1000"),
    ("mapreduce.job.finish-when-all-reducers-done", "true"),
    ("mapreduce.job.hdfs-servers", "file:///"),
    ("mapreduce.job.heap.memory-mb.ratio", "0.8"),
    ("mapreduce.job.local-fs.single-disk-limit.bytes", "-1"),
    ("mapreduce.job.local-fs.single-disk-limit.check.interval-ms", "5000"),
    ("mapreduce.job.local-fs.single-disk-limit.check.kill-limit-exceed", "true"),
    (
        "mapreduce.job.map.output.collector.class",
        "org.apache.hadoop.mapred.MapTask$MapOutputBuffer",
    ),
    ("mapreduce.job.max.map", "-1"),
    ("mapreduce.job.max.split.locations", "15"),
    ("mapreduce.job.maxtaskfailures.per.tracker", "3"),
    ("mapreduce.job.queuename", "default"),
    (
        "mapreduce.job.reduce.shuffle.consumer.plugin.class",
        "org.apache.hadoop.mapreduce.task.reduce.Shuffle",
    ),
    ("mapreduce.job.reduce.slowstart.completedmaps", "0.05"),
    ("mapreduce.job.reducer.preempt.delay.sec", "0"),
    ("mapreduce.job.reducer.unconditional-preempt.delay.sec", "300"),
    ("mapreduce.job.running.map.limit", "0"),
    ("mapreduce.job.running.reduce.limit", "0"),
    ("mapreduce.job.sharedcache.mode", "disabled"),
    ("mapreduce.job.skiprecords", "false"),
    ("mapreduce.job.speculative.minimum-allowed-tasks", "10"),
    ("mapreduce.job.speculative.retry-after-no-speculate", "1000"),
    ("mapreduce.job.speculative.retry-after-speculate", "15000"),
    ("mapreduce.job.speculative.slowtaskthreshold", "1.0"),
    ("mapreduce.job.speculative.speculative-cap-running-tasks", "0.1"),
    ("mapreduce.job.speculative.speculative-cap-total-tasks", "0.01"),
    ("mapreduce.job.split.metainfo.maxsize", "10000000"),
    ("mapreduce.job.token.tracking.ids.enabled", "false"),
    ("mapreduce.job.ubertask.enable", "false"),
    ("mapreduce.job.ubertask.maxmaps", "9"),
    ("mapreduce.job.ubertask.maxreduces", "1"),
    ("mapreduce.map.cpu.vcores", "1"),
    ("mapreduce.map.log.level", "INFO"),
    ("mapreduce.map.maxattempts", "4"),
    ("mapreduce.map.memory.mb", "-1"),
    ("mapreduce.map.output.compress", "false"),
    ("mapreduce.map.output.compress.codec", "org.apache.hadoop.io.compress.DefaultCodec"),
    ("mapreduce.map.skip.maxrecords", "0"),
    ("mapreduce.map.skip.proc-count.auto-incr", "true"),
    ("mapreduce.map.sort.spill.percent", "0.80"),
    ("mapreduce.map.speculative", "true"),
    ("mapreduce.output.fileoutputformat.compress", "false"),
    (
        "mapreduce.output.fileoutputformat.compress.codec",
        "org.apache.hadoop.io.compress.DefaultCodec",
    ),
    ("mapreduce.output.fileoutputformat.compress.type", "RECORD"),
    ("mapreduce.reduce.cpu.vcores", "1"),
    ("mapreduce.reduce.input.buffer.percent", "0.0"),
    ("mapreduce.reduce.log.level", "INFO"),
    ("mapreduce.reduce.markreset.buffer.percent", "0.0"),
    ("mapreduce.reduce.maxattempts", "4"),
    ("mapreduce.reduce.memory.mb", "-1"),
    ("mapreduce.reduce.merge.inmem.threshold", "1000"),
    ("mapreduce.reduce.shuffle.connect.timeout", "180000"),
    ("mapreduce.reduce.shuffle.fetch.retry.enabled", "false"),
    ("mapreduce.reduce.shuffle.fetch.retry.interval-ms", "1000"),
    ("mapreduce.reduce.shuffle.fetch.retry.timeout-ms", "30000"),
    ("mapreduce.reduce.shuffle.input.buffer.percent", "0.70"),
    ("mapreduce.reduce.shuffle.memory.limit.percent", "0.25"),
    ("mapreduce.reduce.shuffle.merge.percent", "0.66"),
    ("mapreduce.reduce.shuffle.parallelcopies", "5"),
    ("mapreduce.reduce.shuffle.read.timeout", "180000"),
    ("mapreduce.reduce.shuffle.retry-delay.max.ms", "60000"),
    ("mapreduce.reduce.skip.maxgroups", "0"),
    ("mapreduce.reduce.skip.proc-count.auto-incr", "true"),
    ("mapreduce.reduce.speculative", "true"),
    ("mapreduce.task.combine.progress.records", "10000"),
    ("mapreduce.task.exit.timeout", "60000"),
    ("mapreduce.task.exit.timeout.check-interval-ms", "20000"),
    ("mapreduce.task.files.preserve.failedtasks", "false"),
    ("mapreduce.task.io.sort.factor", "10"),
    ("mapreduce.task.io.sort.mb", "100"),
    ("mapreduce.task.local-fs.write-limit.bytes", "-1"),
    ("mapreduce.task.merge.progress.records", "10000"),
    ("mapreduce.task.ping-for-liveliness-check.enabled", "false"),
    ("mapreduce.task.profile", "false"),
    ("mapreduce.task.profile.map.params", "${mapreduce.task.profile.params}"),
    ("mapreduce.task.profile.maps", "0-2"),
    (
        "mapreduce.task.profile.params",
        "-agentlib:hprof=cpu=samples,heap=sites,force=n,thread=y,verbose=n,file=%s",
    ),
    ("mapreduce.task.profile.reduce.params", "${mapreduce.task.profile.params}"),
    ("mapreduce.task.profile.reduces", "0-2"),
    ("mapreduce.task.skip.start.attempts", "2"),
    ("mapreduce.task.spill.files.count.limit", "-1"),
    ("mapreduce.task.stuck.timeout-ms", "600000"),
    ("mapreduce.task.timeout", "600000"),
    ("mapreduce.task.userlog.limit.kb", "0"),
    ("seq.io.sort.factor", "100"),
    ("seq.io.sort.mb", "100"),
];

/// The value of a property that is not set.
///
/// ```
/// use howdah_streaming::defaults;
///
/// assert_eq!(defaults::value("mapreduce.task.io.sort.mb"), Some("100"));
/// assert_eq!(defaults::value("my.own"), None);
/// ```
pub fn value(name: &str) -> Option<&'static str> {
    let at = DEFAULTS.binary_search_by_key(&name, |&(name, _)| name).ok()?;
    Some(DEFAULTS[at].1)
}

/// All names and values, in the order of the names; values are as written, some with a `${name}` in them.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    DEFAULTS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::{Properties, current_name};

    #[test]
    fn the_table_is_sorted_for_the_search_and_has_no_old_names() {
        assert!(DEFAULTS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(all().all(|(name, _)| current_name(name) == name));
    }

    #[test]
    fn every_default_can_be_expanded() {
        let none = Properties::new();
        for (name, value) in all() {
            let expanded = none.expand(value).unwrap();
            assert!(!expanded.contains("${"), "{name} is {expanded}");
        }
    }
}
