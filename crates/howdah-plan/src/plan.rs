//! A plan: what a job is, before any engine runs it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::names::COMBINER_SEPARATOR;
use crate::rounds::{Decide, Hook};
use crate::secrets::hidden_in_command;
use crate::task::{RawFold, RawMapper, RawReducer};

/// The name and major version of a plan's JSON form.
pub const PLAN_SCHEMA: &str = "howdah.plan/1";

/// A job's steps, in order, and which of them run again and again.
///
/// Its JSON form, for people and scripts to read, says what each part is; linked code shows as `linked`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plan {
    /// The job's name, as in `mapreduce.job.name`.
    pub name: String,
    /// The steps; at least one. A step reads the job's inputs and what steps before it wrote; the last one writes the
    /// job's output.
    pub steps: Vec<Step>,
    /// The loops, properly nested, inner ones before those around them.
    pub loops: Vec<Repeat>,
}

impl Plan {
    /// A plan with a name and its steps.
    pub fn new(name: impl Into<String>, steps: Vec<Step>) -> Self {
        Plan { name: name.into(), steps, loops: Vec::new() }
    }

    /// A plan whose first step reads the job's input, and each other one what the step before it wrote.
    pub fn chain(name: impl Into<String>, mut steps: Vec<Step>) -> Self {
        for (number, step) in steps.iter_mut().enumerate().skip(1) {
            for input in &mut step.inputs {
                input.source = Source::Step(number - 1);
            }
        }
        Plan::new(name, steps)
    }

    /// The job's own inputs that its steps read, each once, in the order in which they are first read.
    pub fn job_inputs(&self) -> Vec<&Source> {
        let mut found = Vec::new();
        for source in self.steps.iter().flat_map(|step| &step.inputs).map(|input| &input.source) {
            if !matches!(source, Source::Step(_)) && !found.contains(&source) {
                found.push(source);
            }
        }
        found
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plan = serializer.serialize_struct("Plan", 4)?;
        plan.serialize_field("schema", PLAN_SCHEMA)?;
        plan.serialize_field("name", &self.name)?;
        plan.serialize_field("steps", &self.steps)?;
        plan.serialize_field("loops", &self.loops)?;
        plan.end()
    }
}

/// One map/reduce step.
#[derive(Clone)]
#[non_exhaustive]
pub struct Step {
    /// What is read, and what is done to each record; at least one, each with another source.
    pub inputs: Vec<StepInput>,
    /// What shortens a map task's sorted records; it may run zero to many times.
    pub combiner: Option<Part<dyn RawReducer>>,
    /// The combiner again, as accumulators that an engine may keep in a table before the sort. Only beside a
    /// combiner with the same result.
    pub fold: Option<Make<dyn RawFold>>,
    /// What is done to each group; `None` for a map-only step.
    pub reducer: Option<Part<dyn RawReducer>>,
    /// Whether the values of a key are sorted, too: then `key TAB value` is what is compared, and the part before
    /// the TAB is what a group has in common. Such a step has no combiner.
    pub sort_values: bool,
    /// The number of reduce tasks that the job asks for; `None` leaves it to the run.
    pub reducers: Option<u32>,
    /// Properties of this step, over those of the run.
    pub properties: BTreeMap<String, String>,
    /// Files that each task of the step finds under a name of their own.
    pub files: Vec<SideFile>,
    /// The names of further outputs that its tasks write, as far as the job declares them.
    pub outputs: Vec<String>,
    /// How this step's output records look as lines.
    pub output: RecordLayout,
    /// What these lines are. Between its mappers and its reducer a step's records are [pairs](LineForm::JsonPair).
    pub writes: LineForm,
    /// The codec of this step's part files, by its name; `None` leaves the last step's to the run, and others' to the
    /// engine.
    pub codec: Option<String>,
    /// What looks at the step's counters when it has succeeded.
    pub after: Option<Hook>,
}

impl Step {
    /// A step that maps the job's input, and has no reducer.
    pub fn map_only(mapper: Part<dyn RawMapper>) -> Self {
        Step {
            inputs: vec![StepInput::new(Source::Main, mapper)],
            combiner: None,
            fold: None,
            reducer: None,
            sort_values: false,
            reducers: None,
            properties: BTreeMap::new(),
            files: Vec::new(),
            outputs: Vec::new(),
            output: RecordLayout::KeyValue,
            writes: LineForm::Text,
            codec: None,
            after: None,
        }
    }

    /// What makes Hadoop Streaming write this step's [lines without keys](RecordLayout::Line) as they are, without a
    /// separator behind each.
    ///
    /// It has a form for lines that are all key, which it does not have for a combiner that is a command: that shares its
    /// form with the reducer, and must write values. So the two share a separator that such lines do not have: then they
    /// are all key, too, and an empty separator is written behind them. It is an expression, since a value that is empty
    /// as it stands does not survive in the job's configuration. A combiner of another program does not know of it, and
    /// there is no way with that.
    ///
    /// ```
    /// use howdah_plan::{Part, RecordLayout, Step};
    ///
    /// let mut step = Step::new(Part::Identity, Part::Identity);
    /// assert!(step.line_properties().is_empty());
    /// step.output = RecordLayout::Line;
    /// assert_eq!(step.line_properties(), [("stream.reduce.output", "keyonlytext")]);
    /// ```
    pub fn line_properties(&self) -> &'static [(&'static str, &'static str)] {
        if self.output == RecordLayout::KeyValue {
            return &[];
        }
        match (&self.reducer, &self.combiner) {
            (None, _) => &[("stream.map.output", "keyonlytext")],
            (Some(_), None) => &[("stream.reduce.output", "keyonlytext")],
            (Some(_), Some(Part::Linked(_))) => &LINES_BESIDE_A_COMBINER,
            (Some(_), Some(Part::Command(_) | Part::Identity)) => &[],
        }
    }

    /// A step that maps the job's input, and reduces.
    pub fn new(mapper: Part<dyn RawMapper>, reducer: Part<dyn RawReducer>) -> Self {
        Step { reducer: Some(reducer), ..Step::map_only(mapper) }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("inputs", &self.inputs)
            .field("combiner", &self.combiner)
            .field("reducer", &self.reducer)
            .field("sort_values", &self.sort_values)
            .field("reducers", &self.reducers)
            .finish_non_exhaustive()
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 10)?;
        step.serialize_field("inputs", &self.inputs)?;
        step.serialize_field("combiner", &self.combiner)?;
        step.serialize_field("reducer", &self.reducer)?;
        step.serialize_field("sort_values", &self.sort_values)?;
        step.serialize_field("reducers", &self.reducers)?;
        step.serialize_field("output", &self.output)?;
        step.serialize_field("outputs", &self.outputs)?;
        step.serialize_field("codec", &self.codec)?;
        step.serialize_field("files", &self.files)?;
        step.serialize_field("properties", &self.properties)?;
        step.end()
    }
}

/// See [`Step::line_properties`].
const LINES_BESIDE_A_COMBINER: [(&str, &str); 2] = [
    (COMBINER_SEPARATOR, "<|howdah|>"),
    ("mapreduce.output.textoutputformat.separator", "${env.HOWDAH_NOTHING:-}"),
];

/// What a step reads, and what it does to each record of it.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
pub struct StepInput {
    /// Where the records come from.
    pub source: Source,
    /// A command that each split's lines go through before they reach the mapper.
    pub filter: Option<CommandLine>,
    /// Whether each file is one record, which is its path, rather than the lines in it.
    pub whole_files: bool,
    /// What the lines are that the mapper reads.
    #[serde(skip)]
    pub reads: LineForm,
    /// What is done to each record.
    pub mapper: Part<dyn RawMapper>,
}

impl StepInput {
    /// The lines of a source, each mapped.
    pub fn new(source: Source, mapper: Part<dyn RawMapper>) -> Self {
        StepInput { source, filter: None, whole_files: false, reads: LineForm::Text, mapper }
    }
}

/// Where a step's records come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The job's input without a name.
    Main,
    /// One of the job's inputs, by its name.
    Named(String),
    /// The output of an earlier step, by its number.
    Step(usize),
}

impl Source {
    /// What it is called where a name is needed, as in the property `howdah.input.name`: `main`, the input's name, or
    /// `step-` and a number.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Source::Main => Cow::Borrowed("main"),
            Source::Named(name) => Cow::Borrowed(name),
            Source::Step(step) => Cow::Owned(format!("step-{step}")),
        }
    }
}

/// Steps that run again until somebody says that it is enough.
#[derive(Clone, serde::Serialize)]
#[non_exhaustive]
pub struct Repeat {
    /// The first step of the body.
    pub first: usize,
    /// The last step of the body. What it writes is what the next round, or the step after the loop, reads.
    pub last: usize,
    /// What the body reads in the first round. In each further round it is the output of `last` instead.
    pub carried: Source,
    /// Asked after each round.
    #[serde(skip)]
    pub decide: Decide,
}

impl Repeat {
    /// A loop over the steps `first..=last`.
    pub fn new(first: usize, last: usize, carried: Source, decide: Decide) -> Self {
        Repeat { first, last, carried, decide }
    }
}

impl fmt::Debug for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeat")
            .field("first", &self.first)
            .field("last", &self.last)
            .field("carried", &self.carried)
            .finish_non_exhaustive()
    }
}

/// A file that tasks find under a name, here and on Hadoop.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SideFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The name under which a task finds it.
    pub name: String,
    /// Whether it is an archive, and the name that of the folder that it is unpacked to.
    pub is_archive: bool,
}

/// How records look as lines of a part file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordLayout {
    /// `key TAB value`, as Hadoop's `TextOutputFormat` writes two `Text`s.
    KeyValue,
    /// A line without key and without separator (Hadoop Streaming's `keyonlytext`).
    Line,
}

/// What a line is to those who read or write it, which its bytes alone do not tell.
///
/// A pipe of typed bytes asks for it: what is JSON becomes values with types there, and text stays text. In a pipe of
/// lines it makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineForm {
    /// Text of any kind.
    #[default]
    Text,
    /// A value in JSON.
    JsonValue,
    /// `key TAB value`, both JSON.
    JsonPair,
}

/// Makes a task's code anew for each attempt.
pub type Make<T> = Arc<dyn Fn() -> Box<T> + Send + Sync>;

/// A [`Make`] from a closure.
///
/// ```
/// use howdah_plan::{RawMapper, TaskError, TaskOutput, make};
/// # struct Nothing;
/// # impl RawMapper for Nothing {
/// #     fn map(&mut self, _: &[u8], _: &mut TaskOutput<'_>) -> Result<(), TaskError> { Ok(()) }
/// # }
/// let mappers = make::<dyn RawMapper>(|| Box::new(Nothing));
/// # let _ = mappers();
/// ```
pub fn make<T: ?Sized>(f: impl Fn() -> Box<T> + Send + Sync + 'static) -> Make<T> {
    Arc::new(f)
}

/// Who does a part of a step: code linked into this program, a command, or nobody.
pub enum Part<T: ?Sized> {
    /// Code in this process.
    Linked(Make<T>),
    /// A child process that speaks Hadoop Streaming's contract.
    Command(CommandLine),
    /// Records pass unchanged.
    Identity,
}

impl Part<dyn RawMapper> {
    /// A linked mapper, made anew by `f`.
    pub fn mapper<M: RawMapper + 'static>(f: impl Fn() -> M + Send + Sync + 'static) -> Self {
        Part::Linked(make::<dyn RawMapper>(move || Box::new(f())))
    }
}

impl Part<dyn RawReducer> {
    /// A linked reducer or combiner, made anew by `f`.
    pub fn reducer<R: RawReducer + 'static>(f: impl Fn() -> R + Send + Sync + 'static) -> Self {
        Part::Linked(make::<dyn RawReducer>(move || Box::new(f())))
    }
}

impl<T: ?Sized> Clone for Part<T> {
    fn clone(&self) -> Self {
        match self {
            Part::Linked(make) => Part::Linked(Arc::clone(make)),
            Part::Command(command) => Part::Command(command.clone()),
            Part::Identity => Part::Identity,
        }
    }
}

impl<T: ?Sized> fmt::Debug for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Linked(_) => f.write_str("Linked"),
            Part::Command(command) => f.debug_tuple("Command").field(&command.argv).finish(),
            Part::Identity => f.write_str("Identity"),
        }
    }
}

impl<T: ?Sized> Serialize for Part<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(tag = "type", rename_all = "kebab-case")]
        enum Shown {
            Linked,
            Command { argv: Vec<String> },
            Identity,
        }
        match self {
            Part::Linked(_) => Shown::Linked,
            Part::Command(command) => Shown::Command { argv: command.shown() },
            Part::Identity => Shown::Identity,
        }
        .serialize(serializer)
    }
}

/// A program and its arguments. There is no shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The program first.
    pub argv: Vec<OsString>,
}

impl Serialize for CommandLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.shown().serialize(serializer)
    }
}

impl CommandLine {
    /// A command from its words.
    pub fn new<W: Into<OsString>>(argv: impl IntoIterator<Item = W>) -> Self {
        CommandLine { argv: argv.into_iter().map(Into::into).collect() }
    }

    /// Whether an exit code of 1 says that it found nothing, as that of `grep` and its kin does: for a filter that is
    /// no failure.
    ///
    /// ```
    /// use howdah_plan::CommandLine;
    ///
    /// assert!(CommandLine::new(["/bin/grep", "-v", "x"]).may_find_nothing());
    /// assert!(!CommandLine::new(["sed", "s/grep//"]).may_find_nothing());
    /// ```
    pub fn may_find_nothing(&self) -> bool {
        const FINDERS: [&str; 5] = ["grep", "egrep", "fgrep", "zgrep", "rg"];
        let name = self.argv.first().and_then(|program| Path::new(program).file_name());
        name.is_some_and(|name| FINDERS.iter().any(|finder| name == *finder))
    }

    /// The command on one line, for messages: without what looks like a [secret](crate::secrets).
    ///
    /// ```
    /// use howdah_plan::CommandLine;
    ///
    /// let command = CommandLine::new(["curl", "--user", "me", "--password", "hunter2"]);
    /// assert_eq!(command.line(), "curl --user me --password ********");
    /// ```
    pub fn line(&self) -> String {
        hidden_in_command(&self.shown())
    }

    /// The words as text, all of them.
    pub fn shown(&self) -> Vec<String> {
        self.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_shows_itself_with_its_schema() {
        let step = Step::new(Part::Command(CommandLine::new(["cat", "-n"])), Part::Identity);
        let shown = serde_json::to_value(Plan::new("lines", vec![step])).unwrap();
        assert_eq!(
            shown,
            serde_json::json!({
                "schema": "howdah.plan/1",
                "name": "lines",
                "steps": [{
                    "inputs": [{
                        "source": "main",
                        "filter": null,
                        "whole_files": false,
                        "mapper": {"type": "command", "argv": ["cat", "-n"]},
                    }],
                    "combiner": null,
                    "reducer": {"type": "identity"},
                    "sort_values": false,
                    "reducers": null,
                    "output": "key-value",
                    "outputs": [],
                    "codec": null,
                    "files": [],
                    "properties": {},
                }],
                "loops": [],
            })
        );
    }

    #[test]
    fn a_chain_reads_from_step_to_step() {
        let mut steps = vec![Step::map_only(Part::Identity), Step::map_only(Part::Identity)];
        steps[1].inputs.push(StepInput::new(Source::Named("more".into()), Part::Identity));
        let mut plan = Plan::chain("two", steps);
        assert_eq!(plan.job_inputs(), [&Source::Main]);
        plan.steps[1].inputs[1].source = Source::Named("more".into());
        assert_eq!(plan.steps[1].inputs[0].source, Source::Step(0));
        assert_eq!(plan.job_inputs(), [&Source::Main, &Source::Named("more".into())]);
    }
}
