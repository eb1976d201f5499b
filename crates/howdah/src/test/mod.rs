//! Runs a job's plan in memory: for the tests of a job.
//!
//! Lines go in, records come out, and counters. [`Test::run`] has one map task over the lines of each input file and
//! one reduce task. The combiner runs over the first half of each key's values, so that a job that is only right with
//! it, or only right without it, shows. [`Test::check`] runs the same input in many other ways that Hadoop could, and
//! says which of them gives another result.
//!
//! Linked code runs here, in the test's own thread, and no command. A side file is opened where it lies; nothing is
//! unpacked, so that an archive needs its folder as the property `howdah.file.NAME`.

// The files:
//
// | file | what |
// | --- | --- |
// | this | `Test`: a run that is being prepared |
// | `input` | what it reads: lines, each in a file |
// | `ran` | `Ran`: what a run gave |
// | `engine` | a run: its steps and loops |
// | `step` | the tasks of a step |
// | `task` | one task: what it is told, and what it writes |
// | `records`, `side` | what tasks write to |
// | `way` | in which way a run cuts up, orders and combines |
// | `check`, `difference` | the ways against each other |

mod check;
mod difference;
mod engine;
mod input;
mod ran;
mod records;
mod side;
mod step;
mod task;
mod way;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use howdah_plan::{Plan, Source, Step, TaskError};
use serde::Serialize;

use crate::job::Job;
use crate::protocol::json;
use input::Input;
use way::Way;

pub use check::CheckError;
pub use ran::Ran;

/// A run of a job that is to be tested.
///
/// ```
/// use howdah::{Flow, Job, Out, Plan, Sum, clap, test};
///
/// #[derive(clap::Args, Clone)]
/// struct Lengths {
///     #[arg(long)]
///     least: usize,
/// }
///
/// impl Job for Lengths {
///     fn plan(&self) -> Plan {
///         let least = self.least;
///         Flow::lines()
///             .map_fn(move |line, out: &mut Out<usize, u64>| {
///                 if line.len() >= least {
///                     out.emit(line.len(), 1);
///                 }
///             })
///             .fold(Sum)
///             .plan()
///     }
/// }
///
/// let ran = test::job(&Lengths { least: 2 }).lines(["a", "ab", "ba", "abc"]).run().unwrap();
/// assert_eq!(ran.records::<usize, u64>().unwrap(), [(2, 2), (3, 1)]);
/// ```
pub fn job(job: &impl Job) -> Test {
    plan(&job.plan())
}

/// A run of a plan that is to be tested.
pub fn plan(plan: &Plan) -> Test {
    Test {
        plan: plan.clone(),
        inputs: HashMap::new(),
        has_files: false,
        properties: BTreeMap::new(),
        file: None,
        refused: None,
    }
}

/// A run that is being prepared.
#[derive(Debug, Clone)]
#[must_use = "call `run` or `check`"]
pub struct Test {
    plan: Plan,
    /// Those of the job's inputs that were given.
    inputs: HashMap<Source, Input>,
    /// Whether lines of the unnamed input are paths.
    has_files: bool,
    properties: BTreeMap<String, String>,
    /// The URI of lines that were given without a file.
    file: Option<String>,
    /// Why a record that was given cannot be a line.
    refused: Option<String>,
}

impl Test {
    /// Lines of the input without a name, without their ends.
    pub fn lines<L: AsRef<[u8]>>(self, lines: impl IntoIterator<Item = L>) -> Self {
        self.with(Source::Main, None, bytes_of(lines))
    }

    /// A file of the input without a name: its URI, which [`Out::input_file`](crate::Out::input_file) gives, and its
    /// lines, without their ends.
    ///
    /// May be called again, for more files; for a file that was given before, it adds lines. No map task reads lines of
    /// two files, as on Hadoop.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    ///
    /// use howdah::{Flow, Out, test};
    ///
    /// // An inverted index: in which files each word is.
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, String>| {
    ///         let file = out.input_file().unwrap_or("?");
    ///         line.split(' ').for_each(|word| out.emit(word, file));
    ///     })
    ///     .reduce_fn(|word, files, out: &mut Out<String, BTreeSet<String>>| {
    ///         out.emit(word, &files.collect());
    ///     })
    ///     .plan();
    /// let test = test::plan(&plan).file("file:/a.txt", ["x y", "x"]).file("file:/b.txt", ["x"]);
    /// assert_eq!(
    ///     test.check().unwrap().text(),
    ///     "\"x\"\t[\"file:/a.txt\",\"file:/b.txt\"]\n\"y\"\t[\"file:/a.txt\"]\n"
    /// );
    /// ```
    pub fn file<L: AsRef<[u8]>>(
        self,
        uri: impl Into<String>,
        lines: impl IntoIterator<Item = L>,
    ) -> Self {
        self.with(Source::Main, Some(uri.into()), bytes_of(lines))
    }

    /// Lines of the input with a name: see [`Flow::input`](crate::Flow::input).
    ///
    /// Each input that the job reads by a name must be given, if only as `[""; 0]`.
    pub fn input<L: AsRef<[u8]>>(
        self,
        name: impl Into<String>,
        lines: impl IntoIterator<Item = L>,
    ) -> Self {
        self.with(Source::Named(name.into()), None, bytes_of(lines))
    }

    /// Records of the input without a name, for a job that reads [`Pairs`](crate::Pairs).
    ///
    /// ```
    /// use howdah::{Flow, Out, Pairs, test};
    ///
    /// let plan = Flow::<Pairs<String, u64>>::read()
    ///     .map_fn(|(word, n), out: &mut Out<u64, String>| out.emit(n, word))
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).pairs([("a", 3), ("b", 1)]).run().unwrap();
    /// assert_eq!(ran.text(), "3\t\"a\"\n1\t\"b\"\n");
    /// ```
    pub fn pairs<K: Serialize, V: Serialize>(
        self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.with_pairs(Source::Main, pairs)
    }

    /// Records of the input with a name, for a job that reads [`Pairs`](crate::Pairs) from it.
    pub fn input_pairs<K: Serialize, V: Serialize>(
        self,
        name: impl Into<String>,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.with_pairs(Source::Named(name.into()), pairs)
    }

    /// Paths of files, for a job that reads whole files: see [`Flow::files`](crate::Flow::files).
    ///
    /// ```
    /// use howdah::{Flow, Out, test};
    ///
    /// let plan = Flow::files()
    ///     .map_fn(|path, out: &mut Out<String, u64>| {
    ///         out.emit(path.display().to_string(), path.components().count() as u64);
    ///     })
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).files(["photos/a.png"]).run().unwrap();
    /// assert_eq!(ran.text(), "\"photos/a.png\"\t2\n");
    /// ```
    pub fn files<P: AsRef<Path>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.has_files = true;
        let bytes = |path: P| path.as_ref().as_os_str().as_encoded_bytes().to_vec();
        self.with(Source::Main, None, paths.into_iter().map(bytes))
    }

    /// A property of the job's configuration.
    ///
    /// ```
    /// use howdah::{Flow, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|_, out: &mut Out<String, u64>| out.emit(out.property("a.b").unwrap_or("?"), 1))
    ///     .map_only()
    ///     .plan();
    /// let ran = test::plan(&plan).lines([""]).property("a.b", "c").run().unwrap();
    /// assert_eq!(ran.text(), "\"c\"\t1\n");
    /// ```
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// The URI that mappers are told as the file of their lines, but for lines that were given by [`file`](Self::file).
    pub fn input_file(mut self, uri: impl Into<String>) -> Self {
        self.file = Some(uri.into());
        self
    }

    /// Runs all steps, and each loop until it stops.
    ///
    /// # Errors
    /// The error that failed a task, and the reason with which a loop failed. An input that the job does not read, or
    /// reads by its name and was not given. A part that is a command. A loop of more than 10,000 rounds.
    pub fn run(self) -> Result<Ran, TaskError> {
        engine::run(&self, Way::default()).map(Ran::new)
    }

    /// Runs the job on this input in many ways that Hadoop could, and compares what they give.
    ///
    /// - Each key's values come in other orders, unless the step sorts them.
    /// - Each input file is cut into more splits, each with a mapper of its own; and there are splits without lines.
    /// - There are three reduce tasks, where the step does not say how many.
    /// - The combiner runs never, once or twice, over all or some of a key's values; and so does the fold's table.
    ///
    /// Records, named outputs and rejects must be the same in each, in any order; the last step's records in the order
    /// of its keys, too, where it has one reduce task. So must be the counters of mappers and reducers, and the number
    /// of rounds. Floats are compared digit by digit: give numbers whose sums are exact, such as `0.5`.
    ///
    /// ```
    /// use howdah::{Flow, Out, Sum, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, u64>| line.split(' ').for_each(|w| out.emit(w, 1)))
    ///     .fold(Sum)
    ///     .plan();
    /// let ran = test::plan(&plan).lines(["b a", "b", "b b"]).check().unwrap();
    /// assert_eq!(ran.text(), "\"a\"\t1\n\"b\"\t4\n");
    /// ```
    ///
    /// A reducer that takes the first value that comes:
    ///
    /// ```
    /// use howdah::{Flow, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
    ///     .reduce_fn(|length, mut words, out: &mut Out<usize, String>| {
    ///         words.next().into_iter().for_each(|word| out.emit(length, word));
    ///     })
    ///     .plan();
    /// let error = test::plan(&plan).lines(["cat", "dog", "elk"]).check().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the result changes when the values of each key come in reverse order
    ///   key 3 of step 1 (`--step 0`)
    ///     gave: 3\t\"cat\"
    ///     then: 3\t\"elk\"
    ///   which usually means: the reducer depends on the order of values, which Hadoop does not promise: sort them, \
    /// or say `sort_values`"
    /// );
    /// ```
    ///
    /// A combiner that makes the mean of means:
    ///
    /// ```
    /// use howdah::{Combiner, Flow, Mean, Out, ValueOut, Values, test};
    ///
    /// #[derive(Clone)]
    /// struct MeanOfMeans;
    ///
    /// impl Combiner<String, f64> for MeanOfMeans {
    ///     fn combine(
    ///         &mut self,
    ///         _: &String,
    ///         values: Values<f64>,
    ///         out: &mut ValueOut<f64>,
    ///     ) -> howdah::Result {
    ///         let all: Vec<f64> = values.collect();
    ///         out.emit(all.iter().sum::<f64>() / all.len() as f64);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<String, f64>| -> howdah::Result {
    ///         out.emit("all", line.parse::<f64>()?);
    ///         Ok(())
    ///     })
    ///     .combine(MeanOfMeans)
    ///     .reduce(Mean)
    ///     .plan();
    /// let error = test::plan(&plan).lines(["1", "2", "6"]).check().unwrap_err();
    /// assert!(error.to_string().contains("the combiner changes the result"), "{error}");
    /// ```
    ///
    /// # Errors
    /// Those of [`run`](Self::run); and the first difference, which says what was done in another way, which key and
    /// records differ, and what that usually means.
    pub fn check(self) -> Result<Ran, CheckError> {
        check::check(&self)
    }

    fn with(
        mut self,
        source: Source,
        uri: Option<String>,
        lines: impl Iterator<Item = Vec<u8>>,
    ) -> Self {
        self.inputs.entry(source).or_default().add(uri, lines);
        self
    }

    fn with_pairs<K: Serialize, V: Serialize>(
        mut self,
        source: Source,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let mut lines = Vec::new();
        for (key, value) in pairs {
            match pair(&key, &value) {
                Ok(line) => lines.push(line),
                Err(error) => {
                    let _ = self.refused.get_or_insert(error.to_string());
                }
            }
        }
        self.with(source, None, lines.into_iter())
    }

    /// Refuses what cannot run, before anything does.
    fn verify(&self) -> Result<(), TaskError> {
        let complaint = self.refused.clone();
        let complaint = complaint.or_else(|| steps_complaint(&self.plan));
        let complaint = complaint.or_else(|| self.inputs_complaint());
        complaint.map_or(Ok(()), |complaint| Err(TaskError::engine(complaint)))
    }

    /// What is wrong with the inputs that were given.
    fn inputs_complaint(&self) -> Option<String> {
        let read = self.plan.job_inputs();
        if let Some(unread) = self.inputs.keys().find(|given| !read.contains(given)) {
            let inputs: Vec<_> = read.iter().map(|source| name_of(source)).collect();
            let (unread, inputs) = (name_of(unread), inputs.join(", "));
            return Some(format!("the job does not read {unread}; it reads {inputs}"));
        }
        let has_lines = self.inputs.get(&Source::Main).is_some_and(Input::has_named_files);
        if self.has_files && self.reads(false) {
            return Some("the job reads lines, not whole files: give `.lines(…)`".to_owned());
        }
        if has_lines && self.reads(true) {
            return Some("the job reads whole files, not their lines: give `.files(…)`".to_owned());
        }
        read.into_iter().find_map(|source| match source {
            Source::Named(name) if !self.inputs.contains_key(source) => Some(format!(
                "the job reads the input `{name}`: give it with `.input(\"{name}\", […])`"
            )),
            _ => None,
        })
    }

    /// Whether a step reads the input without a name, and that as whole files or as lines.
    fn reads(&self, whole_files: bool) -> bool {
        let mut inputs = self.plan.steps.iter().flat_map(|step| &step.inputs);
        inputs.any(|input| input.source == Source::Main && input.whole_files == whole_files)
    }
}

/// Lines as bytes.
fn bytes_of<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> impl Iterator<Item = Vec<u8>> {
    lines.into_iter().map(|line| line.as_ref().to_vec())
}

/// What is wrong with a plan's steps: a builder makes them right, a hand may not.
fn steps_complaint(plan: &Plan) -> Option<String> {
    let Some(last) = plan.steps.len().checked_sub(1) else {
        return Some("the job has no steps".to_owned());
    };
    for (step, input) in plan.steps.iter().enumerate().flat_map(inputs_of) {
        if matches!(input, Source::Step(read) if *read >= step) {
            let (step, read) = (step + 1, name_of(input));
            return Some(format!("step {step} reads {read}, which does not run before it"));
        }
    }
    let broken = plan.loops.iter().find(|found| found.first > found.last || found.last > last)?;
    let (first, last) = (broken.first + 1, broken.last + 1);
    Some(format!("the loop over the steps {first} to {last} has steps that the job has not"))
}

fn inputs_of((number, step): (usize, &Step)) -> impl Iterator<Item = (usize, &Source)> {
    step.inputs.iter().map(move |input| (number, &input.source))
}

/// A record as a line of JSON pairs.
fn pair(key: &impl Serialize, value: &impl Serialize) -> Result<Vec<u8>, TaskError> {
    let mut line = Vec::new();
    json::write(&mut line, key, json::Role::Key)
        .map_err(|error| TaskError::encode("key", error))?;
    line.push(b'\t');
    json::write(&mut line, value, json::Role::Value)
        .map_err(|error| TaskError::encode("value", error))?;
    Ok(line)
}

fn name_of(source: &Source) -> String {
    match source {
        Source::Main => "the input without a name".to_owned(),
        Source::Named(name) => format!("the input `{name}`"),
        Source::Step(number) => format!("what step {} writes", number + 1),
    }
}
