//! The engine: a plan's steps, one after the other, and the commit.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use howdah_codec::Codec;
use howdah_codec::block::BlockCodec;
use howdah_plan::{Counters, Event, Plan, Step};
use howdah_platform::{Clock, FileCursor, Storage, WriteFile};
use howdah_shuffle::{CollectSettings, MergeSettings, RetainedMemory, SpillStore};
use howdah_streaming::properties::Properties;

use crate::contract::Contract;
use crate::error::{RunError, RunErrorKind};
use crate::input::{InputFile, Listing, Subfolders, file_uri, split_inputs};
use crate::options::{Keep, Output, RunOptions, SharedStorage};
use crate::output::Staging;
use crate::pulse::Pulse;
use crate::stage::StageContext;
use crate::stage::ledger::Ledger;
use crate::stage::map::MapStage;
use crate::stage::reduce::ReduceStage;
use crate::stage::supervisor::{Supervisor, running};
use crate::task::environment::StepFacts;

/// Reduce tasks of a step that does not say: two, so that jobs meet their bugs here.
const REDUCERS: u32 = 2;
/// The least memory that a run works in.
pub const LEAST_MEMORY: u64 = 8 << 20;
/// Memory where the machine does not say what it has.
const DEFAULT_MEMORY: u64 = 512 << 20;
/// A collector addresses its records by 32 bits.
const MOST_COLLECTOR_BYTES: u64 = 3 << 30;

/// What a run that succeeded leaves.
#[derive(Debug)]
pub struct Outcome {
    /// The counters of each step.
    pub counters: Vec<Counters>,
    /// From the run's start to its commit.
    pub elapsed: Duration,
    parts: Option<StreamedParts>,
}

/// Parts that wait in the run's folder to be copied out.
#[derive(Debug)]
struct StreamedParts {
    paths: Vec<PathBuf>,
    storage: SharedStorage,
    _folder: RunFolder,
}

impl Outcome {
    /// Copies the parts of a run to [`Output::Stream`], in their order; nothing for a run to a folder.
    ///
    /// # Errors
    /// When a part cannot be read or `out` cannot be written.
    pub fn copy_parts(self, out: &mut dyn Write) -> io::Result<()> {
        let Some(parts) = self.parts else { return Ok(()) };
        for path in &parts.paths {
            io::copy(&mut FileCursor::new(parts.storage.0.open(path)?, 0), out)?;
        }
        out.flush()
    }
}

/// Runs a plan on this machine.
///
/// `events` is called from many threads, while the run goes on.
///
/// # Errors
/// When the run does not succeed; then the output is as it was.
pub fn run(
    plan: &Plan,
    options: &RunOptions,
    events: &(dyn Fn(Event) + Sync),
) -> Result<Outcome, RunError> {
    Engine::new(options, events)?.run(plan)
}

/// One run.
struct Engine<'a> {
    options: &'a RunOptions,
    events: &'a (dyn Fn(Event) + Sync),
    storage: Arc<dyn Storage>,
    supervisor: Supervisor,
    id: RunId,
    folder: RunFolder,
    workers: usize,
    memory: u64,
    spill_codec: BlockCodec,
    output_codec: Option<Codec>,
}

/// A step's results.
struct StepDone {
    counters: Counters,
}

impl<'a> Engine<'a> {
    fn new(options: &'a RunOptions, events: &'a (dyn Fn(Event) + Sync)) -> Result<Self, RunError> {
        let storage = Arc::clone(&options.storage.0);
        let id = RunId::new(&*options.clock.0);
        let workers = options
            .workers
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
            .max(1);
        let memory = options
            .memory
            .or_else(|| howdah_platform::memory::available_bytes().map(|bytes| bytes / 4))
            .unwrap_or(DEFAULT_MEMORY);
        if memory < LEAST_MEMORY {
            return Err(unsupported(format!(
                "{memory} bytes of memory are too few: give 8M or more"
            )));
        }
        let spill_codec =
            named("spill codec", options.spill_codec.as_deref(), BlockCodec::from_name)?;
        let output_codec = named("codec", options.output_codec.as_deref(), Codec::from_name)?;
        let temporary = options.temporary.clone().unwrap_or_else(std::env::temp_dir);
        // Before the first folder is made: from then on a signal ends the run in order.
        let supervisor = Supervisor::new(options.handle_signals)
            .map_err(RunError::storage("waiting for tasks in", &temporary))?;
        let folder = RunFolder::make(&storage, &temporary, &id)?;
        Ok(Engine {
            options,
            events,
            storage,
            supervisor,
            id,
            folder,
            workers,
            memory,
            spill_codec: spill_codec.unwrap_or(BlockCodec::Lz4),
            output_codec,
        })
    }

    fn run(mut self, plan: &Plan) -> Result<Outcome, RunError> {
        let outcome = self.steps_and_commit(plan);
        if outcome.is_err() && self.options.keep != Keep::None {
            let message =
                format!("its temporary files are kept in `{}`", self.folder.keep().display());
            (self.events)(Event::Warning { slug: "howdah::kept".to_owned(), message });
        }
        outcome
    }

    fn steps_and_commit(&mut self, plan: &Plan) -> Result<Outcome, RunError> {
        let clock = &*self.options.clock.0;
        let began = clock.now();
        let Some((last, before)) = plan.steps.split_last() else {
            return Err(unsupported("the job has no steps".to_owned()));
        };
        if self.options.reducers == Some(0) && !before.is_empty() {
            return Err(unsupported(format!(
                "with 0 reducers each of the {} steps would hand on what its mapper gives, which the next does not \
                 read\nhint: give 1 or more",
                plan.steps.len()
            )));
        }
        self.check_output()?;
        let mut inputs = self.inputs()?;
        self.check_inputs(&inputs)?;
        let mut counters = Vec::with_capacity(plan.steps.len());
        for (number, step) in before.iter().enumerate() {
            let folder = self.folder.path().join(format!("step-{number:04}"));
            let staging = Staging::within(Arc::clone(&self.storage), folder)?;
            let done = self.step(plan, number, step, &inputs, &staging, None)?;
            counters.push(done.counters);
            inputs = self.parts_of(&staging)?;
            self.folder.add_step(staging);
        }
        let staging = self.staging()?;
        let number = before.len();
        let done = self.step(plan, number, last, &inputs, &staging, self.output_codec)?;
        counters.push(done.counters);
        let parts = match &self.options.output {
            Output::Folder(output) => {
                if self.options.keep == Keep::All {
                    self.folder.publish_steps(output, self.options.overwrite)?;
                }
                staging.publish(self.options.overwrite, self.options.success_marker)?;
                None
            }
            Output::Stream => {
                let mut paths: Vec<_> =
                    self.parts_of(&staging)?.iter().map(|file| file.path.clone()).collect();
                by_number(&mut paths);
                let storage = SharedStorage(Arc::clone(&self.storage));
                self.folder.add_step(staging);
                Some(StreamedParts { paths, storage, _folder: self.folder.hand_over() })
            }
        };
        Ok(Outcome { counters, elapsed: clock.now().saturating_duration_since(began), parts })
    }

    /// Refuses an output that exists before anything is done.
    fn check_output(&self) -> Result<(), RunError> {
        let Output::Folder(path) = &self.options.output else { return Ok(()) };
        match path.symlink_metadata() {
            Err(_) => Ok(()),
            Ok(_) if !self.options.overwrite => {
                Err(RunErrorKind::OutputExists(path.clone()).into())
            }
            Ok(_) if self.is_replaceable(path) => Ok(()),
            Ok(_) => Err(RunErrorKind::NotAnOutput(path.clone()).into()),
        }
    }

    /// Whether what is there is a job's output, which another may replace: an empty folder, or one that is complete.
    fn is_replaceable(&self, path: &Path) -> bool {
        let Ok(entries) = self.storage.list(path) else { return false };
        entries.is_empty() || entries.iter().any(|entry| entry.name == "_SUCCESS")
    }

    /// Refuses to replace an output that holds an input: it would be gone with what is replaced.
    fn check_inputs(&self, inputs: &[Arc<InputFile>]) -> Result<(), RunError> {
        let Output::Folder(output) = &self.options.output else { return Ok(()) };
        // Without `--overwrite` there is no output yet.
        let Ok(replaced) = output.canonicalize() else { return Ok(()) };
        let is_within = |file: &&Arc<InputFile>| {
            file.path.canonicalize().is_ok_and(|path| path.starts_with(&replaced))
        };
        let Some(within) = inputs.iter().find(is_within) else { return Ok(()) };
        let complaint = format!(
            "the input `{}` is in the output `{}`, which `--overwrite` would remove: name another output",
            within.path.display(),
            output.display()
        );
        Err(RunErrorKind::Input(vec![complaint]).into())
    }

    fn staging(&self) -> Result<Staging, RunError> {
        let storage = Arc::clone(&self.storage);
        match &self.options.output {
            Output::Folder(path) => Staging::beside(storage, path, &self.id.name),
            Output::Stream => Staging::within(storage, self.folder.path().join("output")),
        }
    }

    fn inputs(&self) -> Result<Vec<Arc<InputFile>>, RunError> {
        let subfolders = Subfolders::of(&self.options.properties);
        let mut listing = Listing::new(&*self.storage, subfolders);
        for input in &self.options.inputs {
            if input == "-" {
                let (path, length) = self.spool_stdin()?;
                listing.add_file(&path, length);
            } else {
                listing.add(input);
            }
        }
        listing.finish()
    }

    /// Copies the standard input to a file, since tasks read from any place.
    ///
    /// A thread of its own does it, since nothing can end a read that waits for somebody to type.
    fn spool_stdin(&self) -> Result<(PathBuf, u64), RunError> {
        let path = self.folder.path().join("stdin");
        let failed = |error| RunError::storage("copying the standard input to", &path)(error);
        let mut file = self.storage.create(&path).map_err(failed)?;
        let (running, ended) = running();
        let copying = std::thread::spawn(move || {
            let _running = running;
            copy_stdin(&mut *file)
        });
        if let Some(signal) = self.supervisor.wait(ended) {
            return Err(RunErrorKind::Signal(signal).into());
        }
        let copied =
            copying.join().unwrap_or_else(|_| Err(io::Error::other("the copying thread panicked")));
        copied.map(|length| (path.clone(), length)).map_err(failed)
    }

    /// The parts that a step has written, as the next one's input.
    fn parts_of(&self, staging: &Staging) -> Result<Vec<Arc<InputFile>>, RunError> {
        let mut listing = Listing::new(&*self.storage, Subfolders::Refused);
        let folder = staging.folder();
        let entries =
            self.storage.list(folder).map_err(RunError::storage("listing the folder", folder))?;
        for entry in entries {
            if entry.name.as_encoded_bytes().starts_with(b"part-") {
                listing.add_file(&folder.join(&entry.name), entry.length);
            }
        }
        listing.finish()
    }

    fn step(
        &self,
        plan: &Plan,
        number: usize,
        step: &Step,
        inputs: &[Arc<InputFile>],
        staging: &Staging,
        output_codec: Option<Codec>,
    ) -> Result<StepDone, RunError> {
        let splits = split_inputs(&*self.storage, inputs, self.options.splits)?;
        let properties = self.properties(plan, step);
        let contract = Contract::of(step, &properties)?;
        let reducers = self.reducers(step, &properties)?;
        let reducer = step.reducer.as_ref().filter(|_| reducers > 0);
        let facts = self.facts(properties, staging, number, &splits, reducers);
        (self.events)(Event::StepStarted {
            step: number,
            steps: plan.steps.len(),
            maps: splits.len() as u32,
            reducers,
            input_bytes: inputs.iter().map(|file| file.length).sum(),
        });

        let store = SpillStore::new(
            Arc::clone(&self.storage),
            self.folder.path(),
            self.id.number,
            self.spill_codec,
            RetainedMemory::new(self.memory / 4),
        );
        let share = self.memory / 4 * 3 / self.workers as u64;
        let collect = CollectSettings {
            partitions: reducers.max(1),
            partitioner: Arc::clone(&contract.partitioner),
            order: Arc::clone(&contract.order),
            budget: share.min(MOST_COLLECTOR_BYTES) as usize,
        };
        let pulses = (Pulse::default(), Pulse::default());
        let ledger = Mutex::new(Ledger::default());
        let context = |pulse| StageContext {
            number,
            steps: plan.steps.len(),
            step,
            contract: &contract,
            facts: &facts,
            storage: &*self.storage,
            staging,
            output_codec,
            workers: self.workers,
            pulse,
            clock: &*self.options.clock.0,
            events: self.events,
            ledger: &ledger,
        };

        let map = MapStage {
            context: context(&pulses.0),
            splits: &splits,
            collect: reducer.is_some().then_some((&collect, &store)),
        };
        let outputs = map.run(&self.supervisor)?;
        if let Some(reducer) = reducer {
            let merge = MergeSettings {
                order: &contract.order,
                budget: share as usize,
                most_segments: contract.most_segments,
            };
            let reduce = ReduceStage {
                context: context(&pulses.1),
                reducer,
                partitions: reducers,
                outputs: &outputs,
                store: &store,
                merge,
            };
            reduce.run(&self.supervisor)?;
        }
        let ledger = ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
        let summary = ledger.close(store.file_bytes());
        let counters = summary.counters.clone();
        (self.events)(Event::StepFinished { step: number, summary });
        Ok(StepDone { counters })
    }

    fn properties(&self, plan: &Plan, step: &Step) -> Properties {
        let mut properties = Properties::new();
        properties.set("mapreduce.job.name", plan.name.clone());
        properties
            .extend(self.options.properties.iter().map(|(name, value)| (name, value.clone())));
        properties.extend(step.properties.iter().map(|(name, value)| (name, value.clone())));
        properties
    }

    /// Reduce tasks of a step: what the job says, else the run, else a property, else two.
    fn reducers(&self, step: &Step, properties: &Properties) -> Result<u32, RunError> {
        if step.reducer.is_none() {
            return Ok(0);
        }
        if let Some(reducers) = step.reducers.or(self.options.reducers) {
            return Ok(reducers);
        }
        let asked = properties
            .get_i64("mapreduce.job.reduces", i64::from(REDUCERS))
            .map_err(|error| unsupported(error.to_string()))?;
        u32::try_from(asked)
            .map_err(|_| unsupported(format!("{asked} is no number of reduce tasks")))
    }

    fn facts(
        &self,
        mut properties: Properties,
        staging: &Staging,
        number: usize,
        splits: &[crate::input::InputSplit],
        reducers: u32,
    ) -> StepFacts {
        properties.set("mapreduce.job.maps", splits.len().to_string());
        properties.set("mapreduce.job.reduces", reducers.to_string());
        StepFacts {
            properties,
            identifier: format!("local{}_{:04}", self.id.number % 1_000_000_000, number + 1),
            output_uri: file_uri(staging.folder()),
        }
    }
}

/// What tells one run from all others.
struct RunId {
    name: String,
    number: u64,
}

impl RunId {
    fn new(clock: &dyn Clock) -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let since = clock.system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let name = format!("{:x}-{process:x}-{run:x}", since.as_micros());
        let number =
            (since.as_nanos() as u64).rotate_left(20) ^ u64::from(process) << 32 ^ u64::from(run);
        RunId { name, number }
    }
}

/// The run's own temporary folder; removed with the run.
#[derive(Debug)]
struct RunFolder {
    storage: SharedStorage,
    path: PathBuf,
    kept: bool,
    /// Steps whose parts are still read.
    steps: Vec<Staging>,
}

impl RunFolder {
    fn make(storage: &Arc<dyn Storage>, temporary: &Path, id: &RunId) -> Result<Self, RunError> {
        let path = temporary.join(format!("howdah-{}", id.name));
        storage
            .create_private_folder(&path)
            .map_err(RunError::storage("making the temporary folder", &path))?;
        let storage = SharedStorage(Arc::clone(storage));
        Ok(RunFolder { storage, path, kept: false, steps: Vec::new() })
    }

    fn path(&self) -> &Path {
        &self.path
    }

    fn add_step(&mut self, staging: Staging) {
        self.steps.push(staging);
    }

    /// Leaves everything where it is, for somebody to look at.
    fn keep(&mut self) -> &Path {
        self.kept = true;
        self.steps.iter_mut().for_each(Staging::keep);
        &self.path
    }

    /// Publishes what the steps before the last have written, as `OUT.steps/NNNN`.
    fn publish_steps(&mut self, output: &Path, overwrite: bool) -> Result<(), RunError> {
        let mut folder = output.as_os_str().to_owned();
        folder.push(".steps");
        let folder = PathBuf::from(folder);
        for (number, staging) in self.steps.drain(..).enumerate() {
            staging.publish_as(&folder.join(format!("{number:04}")), overwrite)?;
        }
        Ok(())
    }

    /// The folder for whoever needs it longer than the engine.
    fn hand_over(&mut self) -> RunFolder {
        let storage = self.storage.clone();
        let empty = RunFolder { storage, path: self.path.clone(), kept: true, steps: Vec::new() };
        std::mem::replace(self, empty)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        self.steps.clear();
        if !self.kept {
            // What cannot be removed now is removed by hand: it is ours alone and bears our name.
            let _ = self.storage.0.remove_all(&self.path);
        }
    }
}

/// Copies the standard input; gives its length.
fn copy_stdin(file: &mut dyn WriteFile) -> io::Result<u64> {
    let mut stdin = io::stdin().lock();
    let mut piece = vec![0; 1 << 18];
    let mut length = 0;
    loop {
        match io::Read::read(&mut stdin, &mut piece) {
            Ok(0) => return Ok(length),
            Ok(count) => {
                file.write_all(&piece[..count])?;
                length += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Puts parts into the order of their numbers: that of their names, until a number has more than five digits.
fn by_number(parts: &mut [PathBuf]) {
    parts.sort_by_key(|path| path.as_os_str().len());
}

/// Looks a codec up by its name.
fn named<T>(
    what: &str,
    name: Option<&str>,
    look_up: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, RunError> {
    match name {
        None => Ok(None),
        Some(name) => look_up(name).map(Some).ok_or_else(|| {
            unsupported(format!("`{name}` is not the name of a {what} that howdah has"))
        }),
    }
}

fn unsupported(sentence: String) -> RunError {
    RunErrorKind::Unsupported(sentence).into()
}

#[cfg(test)]
mod tests {
    use super::by_number;

    #[test]
    fn the_hundred_thousandth_part_comes_after_those_before_it() {
        let names = ["part-00001.gz", "part-100000.gz", "part-100001.gz", "part-99999.gz"];
        let mut parts = names.map(|name| std::path::Path::new("out").join(name));
        by_number(&mut parts);
        assert_eq!(
            parts.map(|path| path.display().to_string()),
            ["out/part-00001.gz", "out/part-99999.gz", "out/part-100000.gz", "out/part-100001.gz",]
        );
    }
}
