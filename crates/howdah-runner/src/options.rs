//! What a run is asked to do, apart from its plan.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use howdah_plan::{Keep, RejectLimit, byte_size, names};
use howdah_streaming::splits::{CombineRule, SplitRule};

use howdah_platform::guardian::GuardianCommand;
use howdah_platform::{Clock, LocalStorage, Storage, SystemClock};

use crate::error::{RunError, RunErrorKind};

/// What a run is asked to do. [`Default`] is a run of nothing, to standard output.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunOptions {
    /// Files, folders and globs, as Hadoop lists them; `-` is the standard input.
    pub inputs: Vec<String>,
    /// The same for each input that has a name.
    pub named_inputs: BTreeMap<String, Vec<String>>,
    /// Which steps of the plan are run. If the first is not the plan's first, `inputs` are what the step before it
    /// wrote; the last one writes the output.
    pub steps: RangeInclusive<usize>,
    /// Where the output goes.
    pub output: Output,
    /// Tasks at once; `None` is the number of processors.
    pub workers: Option<usize>,
    /// Reduce tasks of a step that does not say; `None` is 2, so that jobs meet their bugs here.
    pub reducers: Option<u32>,
    /// Bytes of memory for records; `None` is a quarter of the machine's.
    pub memory: Option<u64>,
    /// How the input is cut.
    pub splits: Splits,
    /// A part of the records of the job's inputs, to try a job on; `None` is all. What steps write is read as a whole.
    pub sample: Option<Sample>,
    /// How many records of each of the job's inputs are read: the first of its files, in their order, and of those
    /// that a [`sample`](Self::sample) keeps. `None` is all.
    pub limit: Option<u64>,
    /// The folder for temporary files; `None` is the system's.
    pub temporary: Option<PathBuf>,
    /// The codec of spills; `None` is lz4.
    pub spill_codec: Option<String>,
    /// The codec of part files; `None` is none.
    pub output_codec: Option<String>,
    /// Whether an output that exists is replaced.
    pub overwrite: bool,
    /// The most bytes of temporary files and of output to come that the run keeps on disk; `None` is what the property
    /// `howdah.disk.limit` says, or any number. What commands write into files of their own counts when their attempt
    /// has succeeded, and what is in an archive when it is unpacked.
    pub disk_limit: Option<u64>,
    /// Bytes of temporary files that somebody else keeps for the run, and which count to its limit.
    pub disk_used: u64,
    /// Which temporary files are kept, and whether those of a run that fails.
    pub keep: Keep,
    /// Where rejected records go; `None` is `_rejects` in the output.
    pub rejects: Option<PathBuf>,
    /// How many records a run may reject; `None` is any number. With this or a folder for them, records that cannot
    /// be read are rejected, too, rather than to fail the job.
    pub max_rejects: Option<RejectLimit>,
    /// Whether an output that is complete holds `_SUCCESS`.
    pub success_marker: bool,
    /// The seed of a run in which what may go wrong goes wrong, and the output is the same all the same: attempts are late
    /// or fail and are run again, reads are short, a spill is damaged, buffers are small. For tests of jobs, and of howdah.
    pub chaos: Option<u64>,
    /// Properties of the job. Some say what becomes of tasks that fail:
    ///
    /// - `mapreduce.map.maxattempts`, `mapreduce.reduce.maxattempts`: how often a task is tried, 1 unless said.
    /// - `howdah.retry.delay`: how many milliseconds pass before a task is tried again, none unless said; twice as many
    ///   before each further attempt, up to five minutes.
    /// - `mapreduce.map.failures.maxpercent`, `mapreduce.reduce.failures.maxpercent`: how many of a hundred tasks may
    ///   fail for good, 0 unless said. The output is then without theirs, which a warning names.
    /// - `mapreduce.task.timeout`: for how many milliseconds a command may read nothing and write nothing, neither
    ///   records nor a line on its standard error; any time unless said. Time in which it waits for the engine does
    ///   not count. It is looked at five times a second. Linked code is never ended so: it runs in the engine's own
    ///   process, where one thread cannot end another.
    /// - `mapreduce.job.counters.max` and its kin: how many counters a task and the job may have, linked code too.
    /// - `howdah.manifest`: whether the output holds a [manifest](crate::manifest) of the run.
    pub properties: BTreeMap<String, String>,
    /// The job's own options, as its program was given them, for the manifest.
    pub arguments: Vec<String>,
    /// Files and folders that commands are given beside the plan's side files, for the manifest.
    pub shipped: Vec<PathBuf>,
    /// The program that ends what the run's commands have started if this process is killed; `None` is nobody. It is
    /// started with the first command, and must do what [`guardian`](crate::guardian) says before anything else.
    pub guardian: Option<GuardianCommand>,
    /// Whether SIGINT and SIGTERM end the run in order, rather than the process at once.
    pub handle_signals: bool,
    /// How large what is read may be, unless properties say it.
    pub input_limits: InputLimits,
    /// Where files are.
    pub storage: SharedStorage,
    /// What time it is.
    pub clock: SharedClock,
}

/// A [`Clock`] that many share. [`Default`] is the machine's.
#[derive(Clone)]
pub struct SharedClock(pub Arc<dyn Clock>);

impl Default for SharedClock {
    fn default() -> Self {
        SharedClock(Arc::new(SystemClock))
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedClock")
    }
}

/// A [`Storage`] that many share. [`Default`] is the machine's own file systems.
#[derive(Clone)]
pub struct SharedStorage(pub Arc<dyn Storage>);

impl Default for SharedStorage {
    fn default() -> Self {
        SharedStorage(Arc::new(LocalStorage))
    }
}

impl fmt::Debug for SharedStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedStorage")
    }
}

impl RunOptions {
    /// The limit by option or property.
    pub(crate) fn disk_limit(&self) -> Result<Option<u64>, RunError> {
        let told = self.properties.get(names::DISK_LIMIT);
        match (self.disk_limit, told) {
            (Some(limit), _) => Ok(Some(limit)),
            (None, None) => Ok(None),
            (None, Some(told)) => byte_size::parse(told).map(Some).ok_or_else(|| {
                let sentence =
                    format!("{}={told} is no size: give one such as 10G", names::DISK_LIMIT);
                RunErrorKind::Unsupported(sentence).into()
            }),
        }
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            inputs: Vec::new(),
            named_inputs: BTreeMap::new(),
            steps: 0..=usize::MAX,
            output: Output::Stream,
            workers: None,
            reducers: None,
            memory: None,
            splits: Splits::BySize,
            sample: None,
            limit: None,
            temporary: None,
            spill_codec: None,
            output_codec: None,
            overwrite: false,
            disk_limit: None,
            disk_used: 0,
            keep: Keep::None,
            rejects: None,
            max_rejects: None,
            success_marker: true,
            chaos: None,
            properties: BTreeMap::new(),
            arguments: Vec::new(),
            shipped: Vec::new(),
            guardian: None,
            handle_signals: true,
            input_limits: InputLimits::default(),
            storage: SharedStorage::default(),
            clock: SharedClock::default(),
        }
    }
}

/// How large what is read may be. [`Default`] is for jobs of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputLimits {
    /// Bytes of the longest record, its line end not counted, of an input or a command's output: the property
    /// `howdah.max.record`. A longer one is rejected if such are ([`max_rejects`](RunOptions::max_rejects)), and else
    /// fails the job.
    pub max_record: u64,
    /// How many times the stored bytes of a compressed input may come out of it, or of each split of one that is
    /// split: the property `howdah.max.expansion`; 0 is any number. So much as 64 MiB is always allowed. With more
    /// the job fails.
    pub max_expansion: u64,
}

impl InputLimits {
    /// No others than Hadoop has: a line is at most an `int` long.
    pub const HADOOP: InputLimits = InputLimits { max_record: i32::MAX as u64, max_expansion: 0 };
}

impl Default for InputLimits {
    /// 64 MiB, and 10,000 times: gzip comes to 1032 times at most, and text in lines hardly to 1,000 by any codec.
    fn default() -> Self {
        InputLimits { max_record: 64 << 20, max_expansion: 10_000 }
    }
}

/// A part of a job's input: each record is kept with the same probability.
///
/// A hash of the seed, the place of its file among those of its input, and its offset in the file decides: the same
/// records are kept however the input is cut and whoever reads it. Of a bzip2 file the offset is that of the
/// compressed block that the record begins in, and the record's place in that. An input of whole files keeps or
/// leaves each file. Records are chosen before an input's filter sees them.
///
/// ```
/// use howdah_runner::{RunOptions, Sample};
///
/// // One record in a hundred, and of those the first thousand.
/// let mut options = RunOptions::default();
/// options.sample = Some(Sample { fraction: 0.01, seed: 7 });
/// options.limit = Some(1000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The probability, from 0 to 1.
    pub fraction: f64,
    /// Another seed gives another sample.
    pub seed: u64,
}

/// Where a run's output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Part files and `_SUCCESS` in a new folder.
    Folder(PathBuf),
    /// The parts one behind the other, once the job has succeeded: see [`Outcome::copy_parts`](crate::Outcome).
    Stream,
}

/// How the input is cut into splits. Never by the number of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splits {
    /// Between 2 MiB and 32 MiB each, by the size of the input: see [`maps_by_size`](howdah_streaming::splits::maps_by_size).
    BySize,
    /// Splits of this many bytes.
    Of(u64),
    /// As a rule of Hadoop's says.
    Rule(SplitRule),
    /// So many lines each: `NLineInputFormat`.
    Lines(u64),
    /// Several files each: `CombineTextInputFormat`.
    Combined(CombineRule),
}
