//! A job's counters as its client prints them, read back.

use howdah_plan::names::split_combiner_group;
use howdah_plan::{Counters, FrameworkCounter};

/// Groups of Hadoop's own that have no counterpart here: they say how a cluster worked, not what a job did. A blank at
/// the end tells three of them from groups of a job's own.
const FOREIGN: [&str; 5] = [
    "File System Counters",
    "Job Counters ",
    "Shuffle Errors",
    "File Input Format Counters ",
    WRITTEN,
];
/// The group of what was written to the output.
const WRITTEN: &str = "File Output Format Counters ";

/// Counters on their way from the lines of a log.
///
/// A line behind one TAB is a group, one behind two a counter in it, as `org.apache.hadoop.mapreduce.counters`
/// prints them. The first other line ends them.
#[derive(Debug, Default)]
pub(crate) struct CountersReader {
    group: Option<String>,
    read: JobCounters,
}

/// The counters of a job.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct JobCounters {
    /// All of them, those of combiners among those of the group that they counted in.
    pub(crate) all: Counters,
    /// The same without those of combiners.
    pub(crate) decisive: Counters,
    /// What was written to the output.
    pub(crate) bytes_written: u64,
}

impl CountersReader {
    /// Takes a line; `false` if it is none of them.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        if let Some(counter) = line.strip_prefix("\t\t") {
            let Some((name, value)) = counter.rsplit_once('=') else { return true };
            if let (Some(group), Ok(value)) = (&self.group, value.trim().parse()) {
                self.read.add(group, name, value);
            }
            true
        } else if let Some(group) = line.strip_prefix('\t') {
            self.group = Some(group.to_owned());
            true
        } else {
            false
        }
    }

    pub(crate) fn finish(self) -> JobCounters {
        self.read
    }
}

impl JobCounters {
    fn add(&mut self, group: &str, name: &str, value: i64) {
        if group == FrameworkCounter::GROUP {
            let known = FrameworkCounter::from_name(name);
            if let (Some(counter), Ok(value)) = (known, u64::try_from(value)) {
                self.all.add_framework(counter, value);
                self.decisive.add_framework(counter, value);
            }
        } else if FOREIGN.contains(&group) {
            if group == WRITTEN && name == "Bytes Written" {
                self.bytes_written = u64::try_from(value).unwrap_or(0);
            }
        } else if let Some(group) = split_combiner_group(group) {
            self.all.add(group, name, value);
        } else {
            self.all.add(group, name, value);
            self.decisive.add(group, name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use howdah_plan::names::combiner_group;

    use super::*;

    #[test]
    fn groups_and_counters_are_told_by_their_tabs() {
        let lines = [
            "\tFile System Counters",
            "\t\tFILE: Number of bytes read=1",
            "\tMap-Reduce Framework",
            "\t\tMap input records=7",
            "\t\tCPU time spent (ms)=830",
            "\tWords",
            "\t\tseen=5",
            "\t\ta=b=-2",
            &format!("\t{}", combiner_group("Words")),
            "\t\tseen=1",
            "\tFile Output Format Counters ",
            "\t\tBytes Written=54",
            "\tJob Counters ",
            "\t\tLaunched map tasks=2",
            "\tJob Counters",
            "\t\tof its own=3",
        ];
        let mut reader = CountersReader::default();
        for line in lines {
            assert!(reader.line(line), "{line}");
        }
        assert!(
            !reader.line("2026-11-22 10:28:48,844 INFO streaming.StreamJob: Output directory: out")
        );
        let read = reader.finish();
        assert_eq!(read.all.get("Words", "seen"), 6);
        assert_eq!(read.decisive.get("Words", "seen"), 5);
        assert_eq!(read.all.get("Words", "a=b"), -2);
        assert_eq!(read.all.framework(FrameworkCounter::MapInputRecords), 7);
        assert_eq!(read.all.get("Job Counters", "of its own"), 3);
        assert_eq!(read.all.user_len(), 3);
        assert_eq!(read.bytes_written, 54);
    }
}
