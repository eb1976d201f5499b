//! A plan: what a job is, before any engine runs it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::task::{RawFold, RawMapper, RawReducer};

/// The name and major version of a plan's JSON form.
pub const PLAN_SCHEMA: &str = "howdah.plan/1";

/// A job's steps, in order: each reads what the one before wrote.
///
/// Its JSON form, for people and scripts to read, says what each part is; linked code shows as `linked`.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The job's name, as in `mapreduce.job.name`.
    pub name: String,
    /// The steps; at least one.
    pub steps: Vec<Step>,
}

impl Plan {
    /// A plan with a name and its steps.
    pub fn new(name: impl Into<String>, steps: Vec<Step>) -> Self {
        Plan { name: name.into(), steps }
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plan = serializer.serialize_struct("Plan", 3)?;
        plan.serialize_field("schema", PLAN_SCHEMA)?;
        plan.serialize_field("name", &self.name)?;
        plan.serialize_field("steps", &self.steps)?;
        plan.end()
    }
}

/// One map/reduce step.
#[derive(Clone)]
#[non_exhaustive]
pub struct Step {
    /// What is done to each record.
    pub mapper: Part<dyn RawMapper>,
    /// What shortens a map task's sorted records; it may run zero to many times.
    pub combiner: Option<Part<dyn RawReducer>>,
    /// The combiner again, as accumulators that an engine may keep in a table before the sort. Only beside a
    /// combiner with the same result.
    pub fold: Option<Make<dyn RawFold>>,
    /// What is done to each group; `None` for a map-only step.
    pub reducer: Option<Part<dyn RawReducer>>,
    /// The number of reduce tasks that the job asks for; `None` leaves it to the run.
    pub reducers: Option<u32>,
    /// Properties of this step, over those of the run.
    pub properties: BTreeMap<String, String>,
    /// How this step's output records look as lines.
    pub output: RecordLayout,
}

impl Step {
    /// A step of a mapper alone.
    pub fn map_only(mapper: Part<dyn RawMapper>) -> Self {
        Step {
            mapper,
            combiner: None,
            fold: None,
            reducer: None,
            reducers: None,
            properties: BTreeMap::new(),
            output: RecordLayout::KeyValue,
        }
    }

    /// A step of a mapper and a reducer.
    pub fn new(mapper: Part<dyn RawMapper>, reducer: Part<dyn RawReducer>) -> Self {
        Step { reducer: Some(reducer), ..Step::map_only(mapper) }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("mapper", &self.mapper)
            .field("combiner", &self.combiner)
            .field("reducer", &self.reducer)
            .field("reducers", &self.reducers)
            .finish_non_exhaustive()
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 6)?;
        step.serialize_field("mapper", &self.mapper)?;
        step.serialize_field("combiner", &self.combiner)?;
        step.serialize_field("reducer", &self.reducer)?;
        step.serialize_field("reducers", &self.reducers)?;
        step.serialize_field("output", &self.output)?;
        step.serialize_field("properties", &self.properties)?;
        step.end()
    }
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

impl CommandLine {
    /// A command from its words.
    pub fn new<W: Into<OsString>>(argv: impl IntoIterator<Item = W>) -> Self {
        CommandLine { argv: argv.into_iter().map(Into::into).collect() }
    }

    /// The words as text, for people.
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
                    "mapper": {"type": "command", "argv": ["cat", "-n"]},
                    "combiner": null,
                    "reducer": {"type": "identity"},
                    "reducers": null,
                    "output": "key-value",
                    "properties": {},
                }],
            })
        );
    }
}
