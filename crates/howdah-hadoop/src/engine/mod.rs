//! The engine: a plan's steps and loops on the cluster, one after the other, and the commit.
//!
//! | file | what |
//! | --- | --- |
//! | this | a run, from step to step |
//! | [`folders`] | where steps write, and what becomes of it |
//! | [`step`] | one step: its job, followed to its end |

mod folders;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use howdah_plan::reject::{self, REJECTS_FOLDER};
use howdah_plan::{Counters, Course, Event, Onward, Plan, Source, Written};
use howdah_platform::TemporaryFolder;

use crate::checks;
use crate::client::Client;
use crate::compose::{Composed, Composer, Places, unsupported};
use crate::error::{HadoopError, HadoopErrorKind};
use crate::file_system::{FileSystem, Looked};
use crate::installation::Hadoop;
use crate::invocation::Invocation;
use crate::options::HadoopOptions;
pub use folders::run_name;

use folders::Folders;

/// What a run that succeeded leaves.
#[derive(Debug)]
pub struct Outcome {
    /// The counters of each step of the plan. In a loop the framework's are those of all rounds, and the job's own those
    /// of the last one.
    pub counters: Vec<Counters>,
    /// From the run's start to its commit.
    pub elapsed: Duration,
}

/// Runs a plan on the cluster that Hadoop is configured for. What its last step writes goes to the output, or, if the
/// run has none, to `stdout` once the job has succeeded.
///
/// # Errors
/// When the run does not succeed; then the output is as it was.
pub fn run(
    plan: &Plan,
    options: &HadoopOptions,
    events: &(dyn Fn(Event) + Sync),
    stdout: Box<dyn Write + Send>,
) -> Result<Outcome, HadoopError> {
    let steps = plan.steps_to_run(options.steps.clone(), options.reducers)?;
    // Everything that can be found wrong without Hadoop is found first.
    let folders = Folders::new(options);
    let (composer, inputs) = prepared(plan, options, &steps, &folders)?;
    let jobs = composed_steps(plan, &composer, &steps, &inputs, &folders)?;
    checks::program(options)?.into_iter().for_each(events);
    let invocations = || jobs.iter().map(|job| &job.invocation);
    checks::secrets(invocations()).into_iter().for_each(events);
    checks::counter_limits(invocations()).into_iter().for_each(events);
    let hadoop = options.search.find()?;
    let client = Client::new(options.handle_signals).map_err(|source| HadoopErrorKind::Io {
        doing: "waiting for signals".to_owned(),
        source,
    })?;
    let files = FileSystem { hadoop: &hadoop, client: &client, properties: &options.properties };
    let engine = Engine {
        plan,
        options,
        events,
        composer,
        hadoop: &hadoop,
        client: &client,
        files,
        folders,
        made: BTreeSet::new(),
        is_published: false,
        client_folder: client_folder(&options.properties)?,
        inputs,
        lists: Vec::new(),
        input_bytes: None,
        set: BTreeMap::new(),
        rejected: 0,
    };
    engine.run(steps, stdout)
}

/// The jobs of a run, in order, as they are told to Hadoop: of a loop its first round.
///
/// # Errors
/// When the plan does not have what is asked for, or a step cannot be told.
pub fn invocations(plan: &Plan, options: &HadoopOptions) -> Result<Vec<Invocation>, HadoopError> {
    let steps = plan.steps_to_run(options.steps.clone(), options.reducers)?;
    if options.inputs.iter().chain(options.named_inputs.values().flatten()).any(|path| path == "-")
    {
        return Err(unsupported(
            "jobs that others run cannot read this machine's standard input\nhint: copy it to the cluster first".to_owned(),
        ));
    }
    let mut inputs = plan.steps[steps.clone()].iter().flat_map(|step| &step.inputs);
    if inputs.any(|input| input.whole_files) {
        return Err(unsupported(
            "a job that reads whole files needs a list of them on the cluster, which only a run makes".to_owned(),
        ));
    }
    let folders = Folders::told(options).ok_or_else(|| {
        unsupported("jobs that others run need an output\nhint: name one with `-o`".to_owned())
    })?;
    let (composer, inputs) = prepared(plan, options, &steps, &folders)?;
    let jobs = composed_steps(plan, &composer, &steps, &inputs, &folders)?;
    Ok(jobs.into_iter().map(|job| job.invocation).collect())
}

/// The paths of the job's inputs.
type Inputs = Vec<(Source, Vec<String>)>;

/// What composes the jobs of a run, and what the run reads: the standard input from where it is copied to.
fn prepared<'a>(
    plan: &'a Plan,
    options: &'a HadoopOptions,
    steps: &RangeInclusive<usize>,
    folders: &Folders,
) -> Result<(Composer<'a>, Inputs), HadoopError> {
    folders::check(options)?;
    plan.check_named_outputs(steps, options.output.is_some())?;
    let spooled = |path: &String| if path == "-" { folders.spooled_stdin() } else { path.clone() };
    let read = plan.inputs_to_read(steps, &options.inputs, &options.named_inputs)?;
    let inputs =
        read.into_iter().map(|(source, paths)| (source, paths.iter().map(spooled).collect()));
    let inputs = inputs.collect();
    Ok((Composer::new(plan, options)?, inputs))
}

/// The jobs of all steps, each of which Hadoop reads as it is meant.
fn composed_steps(
    plan: &Plan,
    composer: &Composer<'_>,
    steps: &RangeInclusive<usize>,
    inputs: &Inputs,
    folders: &Folders,
) -> Result<Vec<Composed>, HadoopError> {
    let mut jobs = Vec::new();
    for step in steps.clone() {
        let course = Course::new(plan, step..=*steps.end());
        let paths = plan.steps[step].inputs.iter().map(|input| {
            match (given(inputs, &input.source), &input.source) {
                (Some(paths), _) => paths.clone(),
                (None, Source::Step(before)) => {
                    let before = Course::new(plan, *before..=*steps.end());
                    vec![folders::parts_of(&folders.of_step(&before))]
                }
                (None, _) => Vec::new(),
            }
        });
        let places =
            Places { inputs: paths.collect(), input_bytes: None, output: folders.of_step(&course) };
        let job = composer.compose(&course, places, &BTreeMap::new())?;
        job.invocation.argv().map_err(|source| HadoopErrorKind::Invocation { step, source })?;
        jobs.push(job);
    }
    Ok(jobs)
}

/// The paths of an input of the job.
fn given<'i>(inputs: &'i Inputs, source: &Source) -> Option<&'i Vec<String>> {
    inputs.iter().find(|(input, _)| input == source).map(|(_, paths)| paths)
}

/// Where Hadoop's client runs. One that has the tasks in its own process links what is shipped to its folder: it gets
/// one of its own.
fn client_folder(
    properties: &BTreeMap<String, String>,
) -> Result<Option<TemporaryFolder>, HadoopError> {
    let is_local = properties.get("mapreduce.framework.name").is_some_and(|name| name == "local");
    // Elsewhere a path means something else.
    let is_here = properties.get("fs.defaultFS").is_some_and(|system| system.starts_with("file:"));
    if !is_local || !is_here {
        return Ok(None);
    }
    TemporaryFolder::new(&std::env::temp_dir()).map(Some).map_err(|source| {
        HadoopErrorKind::Io { doing: "making a temporary folder".to_owned(), source }.into()
    })
}

/// A file of this machine on its way to the cluster.
struct LocalFile {
    path: PathBuf,
    /// Is removed with it.
    _folder: TemporaryFolder,
}

impl LocalFile {
    fn make(write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<Self> {
        let folder = TemporaryFolder::new(&std::env::temp_dir())?;
        let path = folder.path().join("file");
        write(&mut File::create_new(&path)?)?;
        Ok(LocalFile { path, _folder: folder })
    }
}

/// What a step has written.
struct StepOutput {
    folder: String,
    bytes: u64,
}

/// One run.
struct Engine<'a> {
    plan: &'a Plan,
    options: &'a HadoopOptions,
    events: &'a (dyn Fn(Event) + Sync),
    composer: Composer<'a>,
    hadoop: &'a Hadoop,
    client: &'a Client,
    files: FileSystem<'a>,
    folders: Folders,
    /// The folders of the run's own that are there.
    made: BTreeSet<String>,
    /// Whether the output is in its place.
    is_published: bool,
    /// The folder that Hadoop's client runs in, if it is not the one at hand.
    client_folder: Option<TemporaryFolder>,
    inputs: Inputs,
    /// For each input that is read file by file, the list of its files.
    lists: Vec<(Source, String)>,
    /// Their bytes, all together.
    input_bytes: Option<u64>,
    /// What the plan's looks at counters have set.
    set: BTreeMap<String, String>,
    /// Records rejected so far.
    rejected: u64,
}

impl Engine<'_> {
    fn run(
        mut self,
        steps: RangeInclusive<usize>,
        stdout: Box<dyn Write + Send>,
    ) -> Result<Outcome, HadoopError> {
        let outcome = self.steps_and_commit(steps, stdout);
        let cleared = self.clear(outcome.is_ok());
        outcome.and_then(|outcome| cleared.map(|()| outcome))
    }

    fn steps_and_commit(
        &mut self,
        steps: RangeInclusive<usize>,
        stdout: Box<dyn Write + Send>,
    ) -> Result<Outcome, HadoopError> {
        let began = Instant::now();
        self.look(&steps)?;
        let mut counters = vec![Counters::default(); self.plan.steps.len()];
        let mut course = Course::new(self.plan, steps);
        let mut written: Written<StepOutput> = Written::default();
        let last = loop {
            let places = self.places(&course, &written);
            let folder = places.output.clone();
            let done = self.step(&course, places)?;
            counters[course.step()].take_round(&done.all);
            self.check_rejects(&done.all, &folder)?;
            let output = StepOutput { folder, bytes: done.bytes_written };
            match self.go_on(&mut course, &done.decisive)? {
                // What nobody reads any more is removed at the end, all at once.
                Onward::ReadAs(written_as) => drop(written.keep(&course, written_as, output)),
                Onward::Output => break output.folder,
            }
        };
        self.publish(&last, stdout)?;
        Ok(Outcome { counters, elapsed: began.elapsed() })
    }

    /// Goes on behind a step that has succeeded, and tells what the job's looks at counters have said.
    fn go_on(
        &mut self,
        course: &mut Course<'_>,
        decisive: &Counters,
    ) -> Result<Onward, HadoopError> {
        let onward = course.finish_step(decisive, &mut self.set, self.events);
        onward.map_err(|error| HadoopErrorKind::Loop(error).into())
    }

    /// Where the step at hand reads and writes.
    fn places(&self, course: &Course<'_>, written: &Written<StepOutput>) -> Places {
        let (mut bytes, mut reads_given) = (0, false);
        let step = &self.plan.steps[course.step()];
        let inputs = step.inputs.iter().map(|input| {
            if let Some(output) = written.find(course, &input.source) {
                bytes += output.bytes;
                return vec![folders::parts_of(&output.folder)];
            }
            reads_given = true;
            let list = self.lists.iter().find(|(source, _)| *source == input.source);
            if let (true, Some((_, list))) = (input.whole_files, list) {
                return vec![list.clone()];
            }
            given(&self.inputs, &input.source).cloned().unwrap_or_default()
        });
        let inputs = inputs.collect();
        let input_bytes =
            if reads_given { self.input_bytes.map(|given| given + bytes) } else { Some(bytes) };
        Places { inputs, input_bytes, output: self.folders.of_step(course) }
    }

    /// Looks at inputs, side files and outputs before anything is done.
    fn look(&mut self, steps: &RangeInclusive<usize>) -> Result<(), HadoopError> {
        self.check_side_files(steps)?;
        let spooled = self.folders.spooled_stdin();
        let given: Vec<String> = self.inputs.iter().flat_map(|(_, paths)| paths).cloned().collect();
        let reads_stdin = given.contains(&spooled);
        let mut asked: Vec<String> =
            given.iter().filter(|path| **path != spooled).cloned().collect();
        asked.extend(self.folders.to_be_made());
        let looked = if asked.is_empty() { Looked::default() } else { self.files.look(&asked)? };
        check_inputs(&given, &looked)?;
        self.check_replaced(&given)?;
        let existing = self.folders.to_be_made().into_iter().filter(|path| looked.has(path));
        let existing: Vec<_> = existing.collect();
        self.check_outputs(&existing)?;
        if reads_stdin {
            self.spool_stdin(&spooled)?;
        }
        self.list_whole_files(steps)?;
        // Those behind the inputs are of what is to be replaced.
        let of_inputs = looked.found.len().saturating_sub(existing.len());
        let bytes = looked.found[..of_inputs].iter().map(|found| found.bytes).sum();
        self.input_bytes = (!reads_stdin).then_some(bytes);
        Ok(())
    }

    /// Copies the standard input to the cluster. A thread of its own reads it, since nothing can end a read that waits
    /// for somebody to type.
    fn spool_stdin(&mut self, to: &str) -> Result<(), HadoopError> {
        let doing = "copying the standard input";
        let read = self
            .client
            .wait_for(|| LocalFile::make(|file| io::copy(&mut io::stdin().lock(), file).map(drop)));
        let file = read.map_err(HadoopError::broken(doing))?;
        self.put_in_scratch(&file.path, to)
    }

    /// Copies a file to the folder of the run's own, which is made for the first.
    fn put_in_scratch(&mut self, file: &Path, to: &str) -> Result<(), HadoopError> {
        let scratch = self.folders.scratch().to_owned();
        if self.made.insert(scratch.clone()) {
            self.files.make_folders(&[scratch])?;
        }
        self.files.put(file, to)
    }

    /// Makes the lists of files for inputs that are read file by file: a map task gets one of their lines.
    fn list_whole_files(&mut self, steps: &RangeInclusive<usize>) -> Result<(), HadoopError> {
        let inputs = self.plan.steps[steps.clone()].iter().flat_map(|step| &step.inputs);
        let whole: Vec<_> =
            inputs.filter(|input| input.whole_files).map(|input| &input.source).collect();
        let read = self.inputs.iter().filter(|(source, _)| whole.contains(&source));
        for (source, paths) in read.cloned().collect::<Inputs>() {
            let files = self.files.list(&paths)?;
            let text: String = files.into_iter().flat_map(|path| [path, "\n".to_owned()]).collect();
            let local = LocalFile::make(|file| file.write_all(text.as_bytes()));
            let local = local.map_err(|source| HadoopErrorKind::Io {
                doing: "writing the list of input files".to_owned(),
                source,
            })?;
            let list = self.folders.list_of(&source);
            self.put_in_scratch(&local.path, &list)?;
            self.lists.push((source, list));
        }
        Ok(())
    }

    fn check_side_files(&self, steps: &RangeInclusive<usize>) -> Result<(), HadoopError> {
        let files = self.plan.steps[steps.clone()].iter().flat_map(|step| &step.files);
        let missing: Vec<_> = files
            .filter(|file| !file.path.is_file())
            .map(|file| format!("Side file does not exist: {}", file.path.display()))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(HadoopErrorKind::Input(missing).into()) }
    }

    /// Refuses outputs that exist, unless they may be replaced: a job's output, which has its mark, or an empty folder.
    fn check_outputs(&self, existing: &[String]) -> Result<(), HadoopError> {
        for output in existing {
            if !self.options.overwrite {
                return Err(HadoopErrorKind::OutputExists(output.clone()).into());
            }
            let is_steps = self.folders.is_kept_steps(output);
            let mark = folders::mark_of(output);
            let looked = self.files.look(&[output.clone(), mark.clone()])?;
            let is_empty =
                looked.found.first().is_some_and(|found| found.folders == 1 && found.files == 0);
            if !is_empty && !is_steps && !looked.has(&mark) {
                return Err(HadoopErrorKind::NotAnOutput(output.clone()).into());
            }
        }
        Ok(())
    }

    /// Refuses to replace an output that holds an input: it would be gone with what is replaced.
    fn check_replaced(&self, given: &[String]) -> Result<(), HadoopError> {
        let Some(output) = self.options.output.as_deref().filter(|_| self.options.overwrite) else {
            return Ok(());
        };
        let output = output.trim_end_matches('/');
        let is_within = |path: &&String| {
            path.strip_prefix(output).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match given.iter().find(is_within) {
            None => Ok(()),
            Some(input) => Err(HadoopErrorKind::Input(vec![format!(
                "the input `{input}` is in the output `{output}`, which `--overwrite` would remove: name another output"
            )])
            .into()),
        }
    }

    /// Fails a run in which a step has rejected more than it may.
    fn check_rejects(&mut self, step: &Counters, folder: &str) -> Result<(), HadoopError> {
        self.rejected += step.rejected();
        let Some(limit) = self.options.max_rejects else { return Ok(()) };
        if limit.allows(self.rejected, step) {
            return Ok(());
        }
        let kept = self.options.rejects.clone();
        if kept.is_some() {
            self.gather_side_outputs(folder)?;
            self.publish_rejects(folder)?;
        }
        Err(HadoopErrorKind::Rejects { rejected: self.rejected, limit, kept }.into())
    }

    fn tell_rejects(&self) {
        let in_output = || Some(format!("{}/{REJECTS_FOLDER}", self.options.output.as_ref()?));
        let kept = self.options.rejects.clone().or_else(in_output);
        reject::warning(self.rejected, kept.as_deref()).into_iter().for_each(self.events);
    }
}

/// Whether all inputs are there. A file of this machine is not on the cluster yet.
fn check_inputs(given: &[String], looked: &Looked) -> Result<(), HadoopError> {
    let missing: Vec<_> = given
        .iter()
        .filter(|path| looked.missing.contains(path))
        .map(|path| {
            let is_here = fs::exists(path).unwrap_or(false);
            let hint = if is_here {
                format!(" (there is one on this machine: `hadoop fs -put {path}` copies it to the cluster)")
            } else {
                String::new()
            };
            format!("Input path does not exist: {path}{hint}")
        })
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(HadoopErrorKind::Input(missing).into()) }
}
