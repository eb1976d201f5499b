//! The engine: a plan's steps and loops, one after the other, and the commit.
//!
//! | file | what |
//! | --- | --- |
//! | this | a run, from step to step |
//! | [`inputs`] | what a run reads |
//! | [`side`] | the side files of its steps |
//! | [`manifest`] | what a run says of itself in its output |
//! | [`step`] | one step: its stages and their figures |
//! | [`outputs`] | what a run writes |
//! | [`kept`] | what is left of a run that fails, for somebody to look at |
//! | [`run_folder`] | the run's identity, and its temporary files |

mod inputs;
mod kept;
mod manifest;
mod outputs;
mod run_folder;
mod side;
mod step;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use howdah_codec::Codec;
use howdah_codec::block::BlockCodec;
use howdah_plan::{Counters, Course, Event, Keep, Onward, Plan, RequestError, Source, Written};
use howdah_platform::{BoundedStorage, FileCursor, Storage};

use crate::chaos::{Chaos, ChaosStorage};
use crate::error::{RunError, RunErrorKind};
use crate::input::InputFile;
use crate::offspring::Offspring;
use crate::options::{Output, RunOptions, Sample, SharedStorage};
use crate::output::Staging;
use crate::pulse::Pulse;
use crate::stage::supervisor::{Supervisor, running};
use manifest::Noted;
use run_folder::{RunFolder, RunId};
use side::SideFiles;

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
    /// The counters of each step of the plan. In a loop the framework's are those of all rounds, and the job's own those
    /// of the last one.
    pub counters: Vec<Counters>,
    /// From the run's start to its commit.
    pub elapsed: Duration,
    parts: Option<StreamedParts>,
}

/// All steps have succeeded, and a folder has become the output.
struct Committed {
    counters: Vec<Counters>,
    elapsed: Duration,
    /// Parts that are to be streamed; `None` if they are in the output's folder.
    parts: Option<Vec<PathBuf>>,
}

/// Parts that wait in the run's folder to be copied out.
#[derive(Debug)]
struct StreamedParts {
    paths: Vec<PathBuf>,
    storage: SharedStorage,
    /// Has the parts in it.
    _folder: RunFolder,
}

impl Outcome {
    /// Copies the parts of a run to [`Output::Stream`](crate::Output::Stream), in their order; nothing for a run to
    /// a folder.
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

/// An input of the job, and its files.
type JobInput = (Source, Vec<Arc<InputFile>>);

/// What a step has written.
struct StepOutput {
    /// The step and its round, as a word.
    name: String,
    staging: Staging,
}

/// One run.
struct Engine<'a> {
    options: &'a RunOptions,
    events: &'a (dyn Fn(Event) + Sync),
    storage: Arc<dyn Storage>,
    /// The same, as what knows how much it keeps.
    bounded: Arc<BoundedStorage>,
    supervisor: Supervisor,
    id: RunId,
    /// Before the folders, so that it is ended before they go.
    offspring: Arc<Offspring>,
    folder: RunFolder,
    workers: usize,
    memory: u64,
    chaos: Option<Chaos>,
    spill_codec: BlockCodec,
    output_codec: Option<Codec>,
    /// The job's inputs as files.
    inputs: Vec<JobInput>,
    side: SideFiles,
    /// What a manifest is to say, if there is to be one.
    noted: Option<Noted>,
    /// What steps have written that others still read.
    written: Written<StepOutput>,
    /// Named outputs and rejects of steps whose parts are gone.
    named: Option<Staging>,
    /// Records rejected so far.
    rejected: u64,
    /// Steps that have begun before the one at hand.
    started: u64,
    /// What the plan's looks at counters have set.
    set: BTreeMap<String, String>,
}

impl<'a> Engine<'a> {
    fn new(options: &'a RunOptions, events: &'a (dyn Fn(Event) + Sync)) -> Result<Self, RunError> {
        let chaos = options.chaos.map(Chaos::new);
        let given = Arc::clone(&options.storage.0);
        let given = match chaos {
            Some(chaos) => Arc::new(ChaosStorage::new(given, chaos)) as _,
            None => given,
        };
        let limit = options.disk_limit()?;
        let bounded = Arc::new(BoundedStorage::new(given, limit));
        let storage: Arc<dyn Storage> = Arc::clone(&bounded) as _;
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
                "{memory} bytes of memory are too few: give `--memory 8M` or more"
            )));
        }
        let spill_codec =
            named("spill codec", options.spill_codec.as_deref(), BlockCodec::from_name)?;
        let output_codec = codec_named(options.output_codec.as_deref())?;
        let temporary = options.temporary.clone().unwrap_or_else(std::env::temp_dir);
        bounded
            .add(&temporary, options.disk_used)
            .map_err(RunError::storage("keeping shipped files in", &temporary))?;
        // Before the first folder is made: from then on a signal ends the run in order.
        let supervisor = Supervisor::new(options.handle_signals)
            .map_err(RunError::storage("waiting for tasks in", &temporary))?;
        let folder = RunFolder::make(&storage, &temporary, &id)?;
        let offspring = Arc::new(Offspring::new(&id.name, options.guardian.clone()));
        Ok(Engine {
            options,
            events,
            storage,
            bounded,
            supervisor,
            id,
            offspring,
            folder,
            workers,
            memory,
            chaos,
            spill_codec: spill_codec.unwrap_or(BlockCodec::Lz4),
            output_codec,
            inputs: Vec::new(),
            side: SideFiles::default(),
            noted: None,
            written: Written::default(),
            named: None,
            rejected: 0,
            started: 0,
            set: BTreeMap::new(),
        })
    }

    fn run(mut self, plan: &Plan) -> Result<Outcome, RunError> {
        match self.steps_and_commit(plan) {
            Ok(Committed { counters, elapsed, parts }) => {
                let storage = SharedStorage(self.storage);
                let parts =
                    parts.map(|paths| StreamedParts { paths, storage, _folder: self.folder });
                Ok(Outcome { counters, elapsed, parts })
            }
            Err(error) => {
                if self.options.keep != Keep::None {
                    self.keep_failure(plan, &error);
                }
                Err(error)
            }
        }
    }

    fn steps_and_commit(&mut self, plan: &Plan) -> Result<Committed, RunError> {
        let clock = &*self.options.clock.0;
        let began = clock.now();
        if let Some(seed) = self.options.chaos {
            let message = format!(
                "chaos of seed {seed}: attempts fail and a spill is damaged on purpose; the output is the same, and later"
            );
            (self.events)(Event::Warning { slug: "howdah::chaos".to_owned(), message });
        }
        let steps = plan
            .steps_to_run(self.options.steps.clone(), self.options.reducers)
            .map_err(|error| refused(&error))?;
        self.check_sample()?;
        self.check_outputs()?;
        let has_folder = matches!(self.options.output, Output::Folder(_));
        plan.check_named_outputs(&steps, has_folder).map_err(|error| refused(&error))?;
        self.inputs = self.list_inputs(plan, &steps)?;
        self.side = self.side_files(plan, &steps)?;
        self.check_inputs()?;
        self.noted = self.note(plan)?;
        let mut counters = vec![Counters::default(); plan.steps.len()];
        let mut course = Course::new(plan, steps);
        let last = loop {
            let output = StepOutput { name: course.name(), staging: self.staging(&course)? };
            match self.step_and_go_on(plan, &mut course, &mut counters, &output.staging) {
                Ok(Onward::ReadAs(written_as)) => {
                    let done = self.written.keep(&course, written_as, output);
                    done.into_iter().try_for_each(|written| self.give_up(written))?;
                }
                Ok(Onward::Output) => break output.staging,
                Err(error) => {
                    self.put_aside(output, &error);
                    return Err(error);
                }
            }
        };
        if let Some(message) = self.offspring.end_in_order() {
            (self.events)(Event::Warning { slug: "howdah::left-behind".to_owned(), message });
        }
        let parts = self.publish(last)?;
        Ok(Committed { counters, elapsed: clock.now().saturating_duration_since(began), parts })
    }

    /// Runs the step at hand, and goes on behind it if it has succeeded.
    fn step_and_go_on(
        &mut self,
        plan: &Plan,
        course: &mut Course<'_>,
        counters: &mut [Counters],
        staging: &Staging,
    ) -> Result<Onward, RunError> {
        // What its commands have left must not write on where folders are removed.
        let done = self.step(plan, course, staging).inspect_err(|_| self.offspring.end())?;
        self.started += 1;
        counters[course.step()].take_round(&done.counters);
        self.note_counters(course.step(), &done.decisive);
        self.check_rejects(&done.counters, staging)?;
        self.go_on(course, &done.decisive)
    }

    fn check_sample(&self) -> Result<(), RunError> {
        match self.options.sample {
            Some(Sample { fraction, .. }) if !(0.0..=1.0).contains(&fraction) => {
                Err(unsupported(format!(
                    "a sample of {fraction} is none: give a fraction from 0 to 1, such as 0.01"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Does what takes a while between stages; a signal ends it.
    fn watched<T: Send>(
        &self,
        work: impl FnOnce(&Pulse) -> Result<T, RunError> + Send,
    ) -> Result<T, RunError> {
        let pulse = Pulse::default();
        let (running, ended) = running();
        let (signal, done) = thread::scope(|scope| {
            let working = scope.spawn(|| {
                let _running = running;
                work(&pulse)
            });
            (self.supervisor.watch(ended, &pulse, || {}), working.join())
        });
        if let Some(signal) = signal {
            return Err(RunErrorKind::Signal(signal).into());
        }
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Goes on behind a step that has succeeded, and tells what the job's looks at counters have said.
    fn go_on(&mut self, course: &mut Course<'_>, decisive: &Counters) -> Result<Onward, RunError> {
        let onward = course.finish_step(decisive, &mut self.set, self.events);
        onward
            .map_err(|error| RunErrorKind::Loop { round: error.round, reason: error.reason }.into())
    }
}

/// The codec of part files by its name; `none` is none.
fn codec_named(name: Option<&str>) -> Result<Option<Codec>, RunError> {
    named("codec", name.filter(|&name| name != "none"), Codec::from_name)
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

fn refused(error: &RequestError) -> RunError {
    unsupported(error.to_string())
}

fn unsupported(sentence: String) -> RunError {
    RunErrorKind::Unsupported(sentence).into()
}
