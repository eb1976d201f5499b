//! What Hadoop says of a failure, and what a task of howdah's says of its own.

use std::collections::VecDeque;

use howdah_plan::Cause;
use howdah_plan::visible::{quoted, visible};

/// What a task of howdah's said when it failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OwnWords {
    pub(super) cause: Cause,
    /// Its further lines, as `where: …`, `line: …`, `file: …`.
    pub(super) details: Vec<String>,
    /// Which of the lines is its first.
    pub(super) first: usize,
}

impl OwnWords {
    /// The last that stand in what a task said.
    pub(super) fn find(said: &VecDeque<String>) -> Option<Self> {
        let is_first = |line: &String| line.starts_with("error[howdah::") && line.contains("]: ");
        let first = said.iter().rposition(is_first)?;
        let (slug, sentence) = said[first].strip_prefix("error[")?.split_once("]: ")?;
        let mut details = Vec::new();
        let mut hint = None;
        // A message may have lines that begin as they like; it ends before the place.
        let is_place = |line: &String| line.starts_with("  where: ");
        let place = said.iter().skip(first + 1).position(is_place);
        let mut lines = said.iter().skip(first + 1);
        for line in lines.by_ref().take(place.unwrap_or(0)) {
            details.push(visible(line.strip_prefix("  ").unwrap_or(line)));
        }
        for line in lines {
            match (line.strip_prefix("  "), line.strip_prefix("hint: ")) {
                (Some(detail), _) => details.push(visible(detail)),
                (None, Some(text)) => {
                    hint = Some(visible(text));
                    break;
                }
                (None, None) => break,
            }
        }
        let slug = match slug {
            "howdah::undecodable-record" => "undecodable-record",
            "howdah::unwritable-record" => "unwritable-record",
            "howdah::panic" => "panic",
            "howdah::engine" => "task-engine",
            "howdah::too-many-counters" => "too-many-counters",
            _ => "job-error",
        };
        let cause = Cause { slug, sentence: visible(sentence), hint };
        Some(OwnWords { cause, details, first })
    }
}

/// A rule: a line of Hadoop's, and the cause that it tells of.
type Rule = fn(&str) -> Option<Cause>;

/// Those that tell most come first.
const RULES: [Rule; 12] = [
    over_memory,
    timed_out,
    stuck,
    counters,
    heap,
    damaged_input,
    no_permission,
    missing_on_cluster,
    full_disk,
    lost_node,
    fetch,
    no_queue,
];

/// Why an attempt or a job failed, where Hadoop's words tell it.
pub(super) fn of_hadoop<'l>(said: impl Iterator<Item = &'l str> + Clone) -> Option<Cause> {
    let said = move || said.clone();
    RULES.iter().find_map(|rule| said().find_map(rule))
}

/// The exit code of the program, where Hadoop tells it.
pub(super) fn exit_code<'l>(mut said: impl Iterator<Item = &'l str>) -> Option<i32> {
    said.find_map(|line| {
        let (_, code) =
            line.split_once("PipeMapRed.waitOutputThreads(): subprocess failed with code ")?;
        code.split_whitespace().next()?.parse().ok()
    })
}

/// What Hadoop says, at its plainest: the innermost of its exceptions.
pub(super) fn plainest<'l>(
    said: impl DoubleEndedIterator<Item = &'l str> + Clone,
) -> Option<String> {
    let first = said.clone().next();
    let line = said.rev().find_map(|line| line.strip_prefix("Caused by: ")).or(first)?;
    Some(quoted(line.strip_prefix("Error: ").unwrap_or(line)))
}

/// `… is running 443809792B beyond the 'PHYSICAL' memory limit. Current usage: 935.2 MB of 512 MB physical memory used;
/// …`, and older `… is running beyond physical memory limits. Current usage: …`.
fn over_memory(line: &str) -> Option<Cause> {
    let lower = line.to_ascii_lowercase();
    if !lower.contains("is running") || !lower.contains("memory limit") {
        return None;
    }
    let is_virtual =
        lower.contains("'virtual' memory limit") || lower.contains("beyond virtual memory");
    let (_, usage) = line.split_once("Current usage: ")?;
    let mut usages = usage.split("; ");
    let physical = usages.next()?.trim_end_matches('.');
    let told =
        if is_virtual { usages.next()?.split('.').next().unwrap_or_default() } else { physical };
    let told = told
        .trim_end_matches(" used")
        .replace(" memory", "")
        .replace(" physical", "")
        .replace(" virtual", "");
    if is_virtual {
        return Some(Cause::new(
            "over-memory",
            format!(
                "YARN killed the task: it had reserved more address space than it may ({})",
                quoted(&told)
            ),
            "raise `-D mapreduce.map.memory.mb=…` or `-D mapreduce.reduce.memory.mb=…`, or have \
             `yarn.nodemanager.vmem-check-enabled` set to false on the cluster: address space costs nothing",
        ));
    }
    Some(Cause::new(
        "over-memory",
        format!(
            "YARN killed the task for its memory: Java and the program together used {}",
            quoted(&told)
        ),
        "let the program hold less in memory, or raise `-D mapreduce.map.memory.mb=…` (`mapreduce.reduce.memory.mb`); \
         Java's own heap is `mapreduce.map.java.opts=-Xmx…`",
    ))
}

/// `AttemptID:attempt_… task timeout set: 600s, taskTimedOut: true; …`, and older `… Timed out after 600 secs`.
fn timed_out(line: &str) -> Option<Cause> {
    let seconds = if let Some((_, rest)) = line.split_once("task timeout set: ") {
        let (seconds, rest) = rest.split_once("s, ")?;
        if !rest.starts_with("taskTimedOut: true") {
            return None;
        }
        seconds
    } else {
        let (_, rest) = line.split_once("Timed out after ")?;
        rest.strip_suffix(" secs").or_else(|| rest.split(" secs").next())?
    };
    Some(Cause::new(
        "timed-out",
        format!(
            "the task timed out: Hadoop ended it after {} seconds in which it read nothing, wrote nothing and reported nothing",
            quoted(seconds)
        ),
        "let it write `reporter:status:TEXT` to its standard error now and then; `-D mapreduce.task.timeout=MILLISECONDS` \
         allows for more",
    ))
}

/// `… taskTimedOut: false; task stuck timeout set: 600s, taskStuck: true`.
fn stuck(line: &str) -> Option<Cause> {
    let (_, rest) = line.split_once("task stuck timeout set: ")?;
    let (seconds, rest) = rest.split_once("s, ")?;
    rest.starts_with("taskStuck: true").then(|| {
        Cause::new(
            "timed-out",
            format!(
                "the task did not begin: Hadoop ended it after {} seconds in which it was not heard of",
                quoted(seconds)
            ),
            "is its machine well, and are its files and archives small enough to be fetched in that time? \
             `-D mapreduce.task.stuck.timeout-ms=MILLISECONDS` allows for more",
        )
    })
}

/// The same for the one who leads the job, whose memory is another setting.
pub(super) fn of_master(cause: Cause) -> Cause {
    if cause.slug != "over-memory" {
        return cause;
    }
    let sentence = cause
        .sentence
        .replace("YARN killed the task", "YARN killed the application master, which leads the job,")
        .replace("Java and the program together", "it");
    Cause::new(
        "over-memory",
        sentence,
        "raise `-D yarn.app.mapreduce.am.resource.mb=…` and, below it, `-D yarn.app.mapreduce.am.command-opts=-Xmx…`; \
         fewer tasks need less, too",
    )
}

fn counters(line: &str) -> Option<Cause> {
    let at = line.find("Too many counter").or_else(|| line.find("LimitExceededException"))?;
    let words = line[at..].trim_start_matches("LimitExceededException: ");
    let is_of_groups = words.starts_with("Too many counter groups");
    let property = if is_of_groups { "groups.max" } else { "max" };
    Some(Cause::new(
        "too-many-counters",
        format!("the job counts under more names than it may: {}", quoted(words)),
        &format!(
            "count under fewer names, or have `mapreduce.job.counters.{property}` raised in mapred-site.xml, the \
             cluster's and its client's"
        ),
    ))
}

/// Java's own heap, which holds a line at a time and the sort buffer.
fn heap(line: &str) -> Option<Cause> {
    (line.contains("java.lang.OutOfMemoryError") || line.contains("GC overhead limit exceeded")).then(|| {
        Cause::new(
            "java-heap",
            "Java's heap was too small for Hadoop's part of the task, as for one very long line or a large sort buffer",
            "`-D mapreduce.map.java.opts=-Xmx1g` (`mapreduce.reduce.java.opts`) with a `mapreduce.map.memory.mb` above \
             it, or a smaller `mapreduce.task.io.sort.mb`",
        )
    })
}

fn damaged_input(line: &str) -> Option<Cause> {
    const WORDS: [&str; 7] = [
        "Unexpected end of input stream",
        "incorrect header check",
        "not a gzip file",
        "invalid stored block lengths",
        "invalid block type",
        "BlockMissingException",
        "Could not obtain block",
    ];
    let found = WORDS.iter().find(|words| line.contains(**words))?;
    Some(Cause::new(
        "damaged-input",
        format!("the input cannot be read to its end: {found}"),
        "fetch the file again, or take it out of the input: `hdfs fsck PATH` and `gzip -t` tell whether it is whole",
    ))
}

fn no_permission(line: &str) -> Option<Cause> {
    let (_, rest) = line.split_once("AccessControlException: ")?;
    Some(Cause::new(
        "no-permission",
        format!("Hadoop refused access: {}", quoted(rest)),
        "`hdfs dfs -ls` shows whose it is, `hdfs dfs -chmod` changes who may",
    ))
}

/// Files that are not on the cluster's file systems, and programs that are not on its machines.
fn missing_on_cluster(line: &str) -> Option<Cause> {
    let (_, rest) = line.split_once("FileNotFoundException: ")?;
    let rest = rest.trim();
    Some(Cause::new(
        "missing-file",
        format!("Hadoop did not find a file: {}", quoted(rest)),
        "was it removed while the job ran? A file of `-files` must stay where it is until the job has ended",
    ))
}

fn full_disk(line: &str) -> Option<Cause> {
    let is_such = line.contains("No space left on device")
        || line.contains("Could not find any valid local directory")
        || line.contains("DSQuotaExceededException");
    is_such.then(|| {
        Cause::new(
            "disk-full",
            "a disk of the cluster is full, or a quota is used up",
            "free space there, or divide the work: more map tasks, a combiner, `mapreduce.map.output.compress=true`",
        )
    })
}

fn lost_node(line: &str) -> Option<Cause> {
    line.contains("Container released on a *lost* node").then(|| {
        Cause::new("lost-node", "the machine that the task ran on was lost", "run the job again")
    })
}

fn fetch(line: &str) -> Option<Cause> {
    (line.contains("Shuffle$ShuffleError") || line.contains("MAX_FAILED_UNIQUE_FETCHES")).then(|| {
        Cause::new(
            "shuffle",
            "a reduce task could not fetch what map tasks had written: a machine is lost, full or cannot be reached",
            "run the job again; if it stays so, look at the node managers' logs",
        )
    })
}

/// What the resource manager refuses, or the application master dies of.
fn no_queue(line: &str) -> Option<Cause> {
    if let Some((_, rest)) = line.split_once("InvalidResourceRequestException: ") {
        let sentence = format!("the cluster has no container that large: {}", quoted(rest));
        return Some(Cause::new(
            "too-large",
            sentence,
            "ask for less memory or fewer cores a task",
        ));
    }
    let (_, rest) = line.split_once(" to unknown queue: ")?;
    let sentence = format!("the cluster has no such queue: {}", quoted(rest));
    Some(Cause::new("no-queue", sentence, "`-D mapreduce.job.queuename=NAME` names another"))
}

/// Where nothing else is known: a program that fails early also stops reading.
pub(super) fn stopped_reading<'l>(mut said: impl Iterator<Item = &'l str>) -> Option<Cause> {
    let is_such = |line: &str| {
        line.contains("java.io.IOException: Broken pipe")
            || line.contains("java.io.IOException: Stream closed")
    };
    said.any(is_such).then(|| {
        Cause::new(
            "stopped-reading",
            "the program closed its standard input before it had read all of it",
            "let it read to the end, as `cat >/dev/null` does; a mapper may stop with \
             `-D stream.minRecWrittenToEnableSkip_=0`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hadoop_says_is_told_in_a_sentence() {
        for (said, slug, part) in [
            (
                "[2026-11-22 10:00:00.000]Container [pid=7,containerID=container_1_0001_01_000002] is running 443809792B \
                 beyond the 'PHYSICAL' memory limit. Current usage: 935.2 MB of 512 MB physical memory used; 3.2 GB of \
                 1.0 GB virtual memory used. Killing container.",
                "over-memory",
                "used 935.2 MB of 512 MB",
            ),
            (
                "Container [pid=7,containerID=container_1_0001_01_000002] is running beyond physical memory limits. \
                 Current usage: 1.0 GB of 1 GB physical memory used; 2.7 GB of 2.1 GB virtual memory used. Killing \
                 container.",
                "over-memory",
                "used 1.0 GB of 1 GB",
            ),
            (
                "Container [pid=7,containerID=c] is running 1B beyond the 'VIRTUAL' memory limit. Current usage: 90 MB of \
                 512 MB physical memory used; 3.2 GB of 1 GB virtual memory used. Killing container.",
                "over-memory",
                "address space",
            ),
            (
                "AttemptID:attempt_1_0001_m_000000_0 task timeout set: 600s, taskTimedOut: true; task stuck timeout set: \
                 600s, taskStuck: false",
                "timed-out",
                "after 600 seconds",
            ),
            ("AttemptID:attempt_1_0001_m_000000_0 Timed out after 600 secs", "timed-out", "600"),
            (
                "Error: java.lang.RuntimeException: org.apache.hadoop.mapreduce.counters.LimitExceededException: Too many \
                 counters: 121 max=120",
                "too-many-counters",
                "Too many counters: 121 max=120",
            ),
            ("Error: java.lang.OutOfMemoryError: Java heap space", "java-heap", "heap"),
            (
                "Error: java.io.EOFException: Unexpected end of input stream",
                "damaged-input",
                "Unexpected end",
            ),
            (
                "AttemptID:attempt_1_0001_m_000000_0 task timeout set: 600s, taskTimedOut: false; task stuck timeout \
                 set: 300s, taskStuck: true",
                "timed-out",
                "did not begin: Hadoop ended it after 300 seconds",
            ),
            (
                "Failed to submit application_1_0001 to YARN : Application application_1_0001 submitted by user hadoop \
                 to unknown queue: nosuch",
                "no-queue",
                "the cluster has no such queue: nosuch",
            ),
            ("Container released on a *lost* node", "lost-node", "lost"),
            ("Caused by: java.io.IOException: No space left on device", "disk-full", "full"),
        ] {
            let cause =
                of_hadoop([said].into_iter()).unwrap_or_else(|| panic!("not understood: {said}"));
            assert_eq!(cause.slug, slug, "{said}");
            assert!(cause.sentence.contains(part), "{cause:?}");
            assert!(cause.hint.is_some(), "{said}");
        }
        let alive = "task timeout set: 600s, taskTimedOut: false; task stuck timeout set: 600s, taskStuck: false";
        assert_eq!(of_hadoop([alive].into_iter()), None);
    }

    #[test]
    fn the_one_who_leads_the_job_has_a_setting_of_its_own() {
        let said = "Container [pid=7,containerID=container_1_0001_01_000001] is running beyond physical memory limits. \
                    Current usage: 1.6 GB of 1.5 GB physical memory used; 2.7 GB of 3.1 GB virtual memory used.";
        let cause = of_master(of_hadoop([said].into_iter()).unwrap());
        assert!(cause.sentence.ends_with("for its memory: it used 1.6 GB of 1.5 GB"), "{cause:?}");
        assert!(cause.hint.unwrap().contains("yarn.app.mapreduce.am.resource.mb"));
    }

    #[test]
    fn an_exit_code_and_the_innermost_exception() {
        let said = [
            "Error: java.lang.RuntimeException: Error in configuring object",
            "Caused by: java.lang.RuntimeException: configuration exception",
            "Caused by: java.io.IOException: x",
        ];
        assert_eq!(plainest(said.into_iter()).unwrap(), "java.io.IOException: x");
        assert_eq!(exit_code(said.into_iter()), None);
        let said = [
            "Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 127",
        ];
        assert_eq!(exit_code(said.into_iter()), Some(127));
    }

    #[test]
    fn too_many_counters_name_the_property_that_allows_more() {
        let hint = |said: &str| of_hadoop([said].into_iter()).and_then(|cause| cause.hint).unwrap();
        let exception = "org.apache.hadoop.mapreduce.counters.LimitExceededException: ";
        let hint_of = |what: &str| hint(&format!("{exception}Too many {what}"));
        assert!(hint_of("counters: 121 max=120").contains("`mapreduce.job.counters.max`"));
        assert!(
            hint_of("counter groups: 51 max=50").contains("`mapreduce.job.counters.groups.max`")
        );
        let said = ["error[howdah::too-many-counters]: 121 counters", "  where: map task 0"];
        let said = said.map(str::to_owned).into();
        assert_eq!(OwnWords::find(&said).unwrap().cause.slug, "too-many-counters");
    }

    #[test]
    fn a_tasks_own_words_are_found_with_all_that_belongs_to_them() {
        let said = "thread 'main' panicked at src/main.rs:3:5:\nno date\n\
                    error[howdah::panic]: the job's code panicked: no date\n  where: the map task of step 1\n  \
                    line: a\\x1bb\n  file: hdfs://h/in\nhint: mend it\nmore\n  of others";
        let said: VecDeque<String> = said.lines().map(str::to_owned).collect();
        let own = OwnWords::find(&said).unwrap();
        assert_eq!(own.first, 2);
        assert_eq!(own.cause.slug, "panic");
        assert_eq!(own.cause.sentence, "the job's code panicked: no date");
        assert_eq!(
            own.details,
            ["where: the map task of step 1", "line: a\\x1bb", "file: hdfs://h/in"]
        );
        assert_eq!(own.cause.hint.as_deref(), Some("mend it"));
        assert_eq!(OwnWords::find(&VecDeque::from(["error: no".to_owned()])), None);
        // An older program does not indent what its message goes on with.
        let said =
            "error[howdah::panic]: no\n  left: 0\n right: 1000\n\n  where: there\nhint: mend it";
        let own = OwnWords::find(&said.lines().map(str::to_owned).collect()).unwrap();
        assert_eq!(own.details, ["left: 0", " right: 1000", "", "where: there"]);
        assert_eq!(own.cause.hint.as_deref(), Some("mend it"));
    }
}
