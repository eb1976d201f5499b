//! The engine: a plan's steps and loops, one after the other, and the commit.
//!
//! | file | what |
//! | --- | --- |
//! | this | a run: its inputs, its steps, its output |
//! | [`rounds`] | where a run is among its plan's steps and loops |
//! | [`step`] | one step: its stages and their figures |
//! | [`run_folder`] | the run's identity, and its temporary files |

mod rounds;
mod run_folder;
mod step;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use howdah_codec::Codec;
use howdah_codec::block::BlockCodec;
use howdah_plan::reject::REJECTS_FOLDER;
use howdah_plan::{
    Counters, Event, FrameworkCounter, Next, OWN_COUNTERS, Plan, REJECTED, Repeat, Round,
    RoundResults, Source, TaskError,
};
use howdah_platform::{FileCursor, Storage, WriteFile};

use crate::error::{RunError, RunErrorKind};
use crate::input::{InputFile, Listing, Subfolders};
use crate::options::{Keep, Output, RejectLimit, RunOptions, SharedStorage};
use crate::output::Staging;
use crate::stage::supervisor::{Supervisor, running};
use crate::task::linked::catching_panics;
use rounds::Course;
use run_folder::{RunFolder, RunId};

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

/// What a step has written, and as what others read it.
struct Written {
    source: Source,
    /// The step and its round, as a word.
    name: String,
    staging: Staging,
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
    /// The job's inputs as files.
    inputs: Vec<(Source, Vec<Arc<InputFile>>)>,
    /// What steps have written that others still read. A loop's rounds take each other's place.
    written: Vec<Written>,
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
            inputs: Vec::new(),
            written: Vec::new(),
            named: None,
            rejected: 0,
            started: 0,
            set: BTreeMap::new(),
        })
    }

    fn run(mut self, plan: &Plan) -> Result<Outcome, RunError> {
        let outcome = self.steps_and_commit(plan);
        if outcome.is_err() && self.options.keep != Keep::None {
            for written in std::mem::take(&mut self.written) {
                self.folder.add_step(written.name, written.staging);
            }
            let message =
                format!("its temporary files are kept in `{}`", self.folder.keep().display());
            (self.events)(Event::Warning { slug: "howdah::kept".to_owned(), message });
        }
        outcome
    }

    fn steps_and_commit(&mut self, plan: &Plan) -> Result<Outcome, RunError> {
        let clock = &*self.options.clock.0;
        let began = clock.now();
        let steps = self.steps_to_run(plan)?;
        self.check_output()?;
        self.inputs = self.list_inputs(plan, *steps.start())?;
        self.check_inputs()?;
        let mut counters = vec![Counters::default(); plan.steps.len()];
        let mut course = Course::new(plan, steps);
        let last = loop {
            let staging = self.staging(&course)?;
            let done = self.step(plan, &course, &staging)?;
            self.started += 1;
            counters[course.step].take_round(&done.counters);
            course.count(&done.decisive);
            self.check_rejects(&done.counters, &staging)?;
            if let Some(look) = &plan.steps[course.step].after {
                let ((), results) = asked(1, &done.decisive, |round| look(round))?;
                self.take_results(&course, None, results);
            }
            if let Some(last) = self.go_on(&mut course, staging)? {
                break last;
            }
        };
        let parts = self.publish(last)?;
        Ok(Outcome { counters, elapsed: clock.now().saturating_duration_since(began), parts })
    }

    /// The steps that the run is asked for.
    fn steps_to_run(&self, plan: &Plan) -> Result<RangeInclusive<usize>, RunError> {
        let count = plan.steps.len();
        if count == 0 {
            return Err(unsupported("the job has no steps".to_owned()));
        }
        let (first, last) = self.options.steps.clone().into_inner();
        let last = last.min(count - 1);
        if first > last {
            return Err(unsupported(format!(
                "there are no steps from {first} to {last}: the job has {count}, counted from 0"
            )));
        }
        let cut = |found: &&Repeat| {
            let inside = |step: usize| (found.first..=found.last).contains(&step);
            inside(first) && first > found.first || inside(last) && last < found.last
        };
        if let Some(found) = plan.loops.iter().find(cut) {
            return Err(unsupported(format!(
                "steps {} to {} are a loop: run all of it or none",
                found.first, found.last
            )));
        }
        if self.options.reducers == Some(0) && first != last {
            return Err(unsupported(format!(
                "with 0 reducers each of the {} steps would hand on what its mapper gives, which the next does not \
                 read\nhint: give 1 or more",
                last - first + 1
            )));
        }
        Ok(first..=last)
    }

    /// Decides what comes behind a step: another round, the next step, or, when its output is the job's, the end.
    fn go_on(
        &mut self,
        course: &mut Course<'_>,
        staging: Staging,
    ) -> Result<Option<Staging>, RunError> {
        let (name, is_round) = (course.name(), course.round().is_some());
        for number in course.loops_that_end() {
            let (found, round, counters) = course.at(number);
            let (next, results) = asked(round, counters, |round| (found.decide)(round))?;
            self.take_results(course, Some(round), results);
            match next {
                Next::Again => {
                    course.again(number);
                    self.keep_written(course, found.carried.clone(), name, staging)?;
                    return Ok(None);
                }
                Next::Stop => course.leave(number),
                Next::Fail(reason) => return Err(RunErrorKind::Loop { round, reason }.into()),
            }
        }
        let source = Source::Step(course.step);
        if !course.advance() {
            if is_round {
                // Only now it is known that this round's parts are the output.
                staging.sync_parts()?;
            }
            return Ok(Some(staging));
        }
        self.keep_written(course, source, name, staging)?;
        Ok(None)
    }

    /// Keeps what a step has written for those that read it, and gives up what nobody reads any more.
    fn keep_written(
        &mut self,
        course: &Course<'_>,
        source: Source,
        name: String,
        staging: Staging,
    ) -> Result<(), RunError> {
        let all = std::mem::take(&mut self.written);
        let (needed, done): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|written| written.source != source && course.may_read(&written.source));
        self.written = needed;
        self.written.push(Written { source, name, staging });
        done.into_iter().try_for_each(|written| self.give_up(written))
    }

    /// Lets go of a step's parts, but not of its named outputs and rejects.
    fn give_up(&mut self, written: Written) -> Result<(), RunError> {
        let Written { name, staging, .. } = written;
        if staging.has_named_outputs()? {
            let named = match self.named.take() {
                Some(named) => named,
                None => {
                    let folder = self.folder.path().join("named");
                    Staging::within(Arc::clone(&self.storage), folder)?
                }
            };
            let taken = named.take_named_outputs(&staging, &format!("step-{name}-"));
            self.named = Some(named);
            taken?;
        }
        if self.options.keep != Keep::None {
            self.folder.add_step(name, staging);
        }
        Ok(())
    }

    /// Sets what a look at counters has set, and tells what it said.
    fn take_results(&mut self, course: &Course<'_>, round: Option<u32>, results: RoundResults) {
        self.set.extend(results.properties);
        if round.is_some() || results.message.is_some() {
            let (step, message) = (course.step, results.message);
            (self.events)(Event::RoundFinished { step, round, message });
        }
    }

    /// Fails a run in which a step has rejected more than it may.
    fn check_rejects(&mut self, step: &Counters, staging: &Staging) -> Result<(), RunError> {
        let rejected = u64::try_from(step.get(OWN_COUNTERS, REJECTED)).unwrap_or(0);
        self.rejected += rejected;
        let Some(limit) = self.options.max_rejects else { return Ok(()) };
        let read = step.framework(FrameworkCounter::MapInputRecords);
        let allows = match limit {
            RejectLimit::Records(most) => self.rejected <= most,
            RejectLimit::Percent(most) => rejected as f64 * 100.0 <= most * read as f64,
        };
        if allows {
            return Ok(());
        }
        let kept = self.options.rejects.clone();
        if let Some(folder) = &kept {
            staging.publish_rejects(folder, self.options.overwrite)?;
        }
        Err(RunErrorKind::Rejects { rejected: self.rejected, limit, kept }.into())
    }

    /// Publishes what the last step has written.
    fn publish(&mut self, last: Staging) -> Result<Option<StreamedParts>, RunError> {
        for written in std::mem::take(&mut self.written) {
            self.give_up(written)?;
        }
        if let Some(named) = self.named.take() {
            last.take_named_outputs(&named, "")?;
        }
        if let Some(folder) = &self.options.rejects {
            last.publish_rejects(folder, self.options.overwrite)?;
        }
        self.tell_rejects();
        match &self.options.output {
            Output::Folder(output) => {
                if self.options.keep == Keep::All {
                    self.folder.publish_steps(output, self.options.overwrite)?;
                }
                last.publish(self.options.overwrite, self.options.success_marker)?;
                Ok(None)
            }
            Output::Stream => {
                let mut paths: Vec<_> =
                    self.parts_of(&last)?.iter().map(|file| file.path.clone()).collect();
                by_number(&mut paths);
                let storage = SharedStorage(Arc::clone(&self.storage));
                self.folder.add_step("output".to_owned(), last);
                Ok(Some(StreamedParts { paths, storage, _folder: self.folder.hand_over() }))
            }
        }
    }

    fn tell_rejects(&self) {
        if self.rejected == 0 {
            return;
        }
        let place = match (&self.options.rejects, &self.options.output) {
            (Some(folder), _) => format!("see `{}`", folder.display()),
            (None, Output::Folder(output)) => {
                format!("see `{}`", output.join(REJECTS_FOLDER).display())
            }
            (None, Output::Stream) => "to keep such, name a folder with `--rejects`".to_owned(),
        };
        let records = if self.rejected == 1 { "record was" } else { "records were" };
        let message = format!("{} {records} rejected; {place}", self.rejected);
        (self.events)(Event::Warning { slug: "howdah::rejected-records".to_owned(), message });
    }

    /// Refuses an output that exists before anything is done.
    fn check_output(&self) -> Result<(), RunError> {
        let Output::Folder(path) = &self.options.output else { return Ok(()) };
        if self.options.keep == Keep::All && !self.options.overwrite {
            let steps = run_folder::steps_of(path);
            if steps.symlink_metadata().is_ok() {
                return Err(RunErrorKind::OutputExists(steps).into());
            }
        }
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
    fn check_inputs(&self) -> Result<(), RunError> {
        let Output::Folder(output) = &self.options.output else { return Ok(()) };
        // Without `--overwrite` there is no output yet.
        let Ok(replaced) = output.canonicalize() else { return Ok(()) };
        let is_within = |file: &&Arc<InputFile>| {
            file.path.canonicalize().is_ok_and(|path| path.starts_with(&replaced))
        };
        let mut files = self.inputs.iter().flat_map(|(_, files)| files);
        let Some(within) = files.find(is_within) else { return Ok(()) };
        let complaint = format!(
            "the input `{}` is in the output `{}`, which `--overwrite` would remove: name another output",
            within.path.display(),
            output.display()
        );
        Err(RunErrorKind::Input(vec![complaint]).into())
    }

    /// Where the step at hand writes. What can be the job's output lies beside it.
    fn staging(&self, course: &Course<'_>) -> Result<Staging, RunError> {
        let storage = Arc::clone(&self.storage);
        match &self.options.output {
            Output::Folder(path) if course.may_be_last() => {
                let run = match course.round() {
                    Some(_) => format!("{}.{}", self.id.name, course.name()),
                    None => self.id.name.clone(),
                };
                Staging::beside(storage, path, &run)
            }
            _ => {
                Staging::within(storage, self.folder.path().join(format!("step-{}", course.name())))
            }
        }
    }

    /// The files of all inputs that the steps read. With a first step that is not the plan's, the job's input is what
    /// the step before it wrote.
    fn list_inputs(
        &self,
        plan: &Plan,
        first: usize,
    ) -> Result<Vec<(Source, Vec<Arc<InputFile>>)>, RunError> {
        let subfolders = Subfolders::of(&self.options.properties);
        let mut listed = Vec::new();
        let mut complaints = Vec::new();
        let mut list = |source: Source, inputs: &[String]| -> Result<(), RunError> {
            let mut listing = Listing::new(&*self.storage, subfolders);
            for input in inputs {
                if input == "-" {
                    let (path, length) = self.spool_stdin()?;
                    listing.add_file(&path, length);
                } else {
                    listing.add(input);
                }
            }
            match listing.finish() {
                Ok(files) => listed.push((source, files)),
                Err(error) => match error.kind() {
                    RunErrorKind::Input(sentences) => complaints.extend(sentences.iter().cloned()),
                    _ => return Err(error),
                },
            }
            Ok(())
        };
        if first > 0 {
            list(Source::Step(first - 1), &self.options.inputs)?;
        }
        for source in plan.job_inputs() {
            match source {
                Source::Main if first == 0 => list(Source::Main, &self.options.inputs)?,
                Source::Named(name) => {
                    let inputs = self.options.named_inputs.get(name).ok_or_else(|| {
                        unsupported(format!(
                            "the job's input `{name}` is not given\nhint: name it with `--input {name}=PATH`"
                        ))
                    })?;
                    list(source.clone(), inputs)?;
                }
                _ => {}
            }
        }
        if complaints.is_empty() { Ok(listed) } else { Err(RunErrorKind::Input(complaints).into()) }
    }

    /// The files of a source: what a step has written, or an input of the job.
    fn files_of(&self, source: &Source) -> Result<Vec<Arc<InputFile>>, RunError> {
        if let Some(written) = self.written.iter().find(|written| written.source == *source) {
            return self.parts_of(&written.staging);
        }
        match self.inputs.iter().find(|(input, _)| input == source) {
            Some((_, files)) => Ok(files.clone()),
            None => Err(unsupported(
                "a step reads what no step before it has written: begin with an earlier step"
                    .to_owned(),
            )),
        }
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

/// Asks the job's code about a round; a panic is a failure of the job.
fn asked<T>(
    number: u32,
    counters: &Counters,
    ask: impl FnOnce(&mut Round<'_>) -> T,
) -> Result<(T, RoundResults), RunError> {
    let mut round = Round::new(number, counters);
    let answer = catching_panics(|| Ok::<_, TaskError>(ask(&mut round)));
    match answer {
        Ok(answer) => Ok((answer, round.finish())),
        Err(error) => {
            let reason = error.to_string();
            Err(RunErrorKind::Loop { round: number, reason }.into())
        }
    }
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
