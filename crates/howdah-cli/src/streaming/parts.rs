//! Who maps, combines and reduces: commands, or classes that are answered for.
//!
//! Mirrors the middle of `StreamJob.setJobConf`, with the properties that it sets.

use howdah_plan::{CommandLine, Part, RawMapper, RawReducer, Step};
use howdah_streaming::class_names::{ClassNames, OtherClass};
use howdah_streaming::command::tokenise;
use howdah_streaming::options::StreamingOptions;
use howdah_streaming::pipe_form::PipeForm;
use howdah_streaming::properties::Properties;
use howdah_streaming::writable::{RecordClasses, WritableClass};

use super::classes::names::{self, Kind};
use super::classes::{MapperClass, ReducerClass, looks_like_a_class};
use super::failing::{Failing, class_cast};
use super::formats::{InputFormat, Pipes};
use super::refusal::Refusal;
use super::ship::Shipment;

/// A command, a class, or what fails as soon as it is configured.
enum Doer<C> {
    Command { text: String, words: Vec<String> },
    Class(C),
    Failing { text: String, failing: Failing },
}

impl<C> Doer<C> {
    /// What a command line's word stands for; `class` answers for a name of Hadoop's.
    fn of(
        option: &str,
        text: &str,
        kind: Kind,
        class: impl Fn(&str) -> Option<C>,
        job: &StreamingOptions,
        shipment: &Shipment,
        hints: &mut Vec<String>,
    ) -> Result<Self, Refusal> {
        if let Some(known) = names::check(text, kind)? {
            return match class(known.name) {
                Some(class) => Ok(Doer::Class(class)),
                None if known.name == PIPE_MAPPER => Ok(Self::without_words(text, option, hints)),
                None => Err(names::unanswered(option, known)),
            };
        }
        let text = shipment.unqualified(text);
        if looks_like_a_class(&text) {
            let is_jar = |path: &String| path.to_ascii_lowercase().ends_with(".jar");
            if !job.jars.is_empty() || job.packaged_files.iter().any(is_jar) {
                let line =
                    format!("error: the {option} `{text}` is a Java class, and no Java runs here");
                return Err(Refusal::failed(1, [line])
                    .with_hint("run the job on Hadoop, or name a command"));
            }
            hints.push(format!(
                "`{text}` looks like the name of a Java class; neither howdah nor Hadoop has one of that name, so it \
                 is a program's"
            ));
        }
        let words = tokenise(&text);
        if words.is_empty() {
            return Ok(Self::without_words(&text, option, hints));
        }
        Ok(Doer::Command { text, words })
    }

    /// A command of no words, on which Hadoop's tasks die.
    fn without_words(text: &str, option: &str, hints: &mut Vec<String>) -> Self {
        hints.push(format!("the command of -{option} is empty"));
        let message =
            "java.lang.RuntimeException: Error in configuring object: there is no program to run";
        Doer::Failing { text: text.to_owned(), failing: Failing::at_once(message) }
    }

    fn failing(&self) -> Option<Failing> {
        match self {
            Doer::Failing { failing, .. } => Some(failing.clone()),
            _ => None,
        }
    }

    /// The words of a command; none of anything else.
    fn words(&self) -> &[String] {
        match self {
            Doer::Command { words, .. } => words,
            _ => &[],
        }
    }

    /// Sets the properties by which Hadoop knows a command.
    fn set_command(&self, part: &str, runner: &str, properties: &mut Properties) -> bool {
        let (Doer::Command { text, .. } | Doer::Failing { text, .. }) = self else { return false };
        properties.set(&format!("stream.{part}.streamprocessor"), url_encoded(text));
        let class = format!("org.apache.hadoop.streaming.{runner}");
        properties.set(&format!("mapred.{}.class", option_of(part)), class);
        true
    }
}

/// Hadoop's mapper for commands, which is nothing without one.
const PIPE_MAPPER: &str = "org.apache.hadoop.streaming.PipeMapper";

/// The option's name for a part.
fn option_of(part: &str) -> &'static str {
    match part {
        "map" => "mapper",
        "combine" => "combiner",
        _ => "reducer",
    }
}

/// The parts of a job.
pub(super) struct Parts {
    mapper: Doer<MapperClass>,
    combiner: Option<Doer<ReducerClass>>,
    reducer: Option<Doer<ReducerClass>>,
    /// What a command as combiner gives.
    combined: RecordClasses,
    pub(super) reducers: u32,
    /// Why every task must fail, if so.
    pub(super) failing: Option<Failing>,
    /// What may have been meant, to be said if the job fails.
    pub(super) hints: Vec<String>,
}

impl Parts {
    pub(super) fn of(
        job: &StreamingOptions,
        pipes: &Pipes,
        shipment: &Shipment,
        properties: &mut Properties,
    ) -> Result<Self, Refusal> {
        let mut hints = Vec::new();
        let mapper = job.mapper.as_deref().unwrap_or("org.apache.hadoop.mapred.lib.IdentityMapper");
        let of_name = MapperClass::of_name;
        let mapper = Doer::of("mapper", mapper, Kind::Mapper, of_name, job, shipment, &mut hints)?;
        let mut reducer = |option, text: Option<&str>| {
            let of_name = ReducerClass::of_name;
            // An empty command does not survive Hadoop's job file, and who has none passes records on.
            let text = text.map(|text| if text.is_empty() { "PipeReducer" } else { text });
            text.map(|text| {
                Doer::of(option, text, Kind::Reducer, of_name, job, shipment, &mut hints)
            })
            .transpose()
        };
        let mut combiner = reducer("combiner", job.combiner.as_deref())?;
        let (reducers, failing) = reducers(job, properties)?;
        let is_aggregate =
            job.reducer.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("aggregate"));
        let reducer = if reducers == 0 {
            None
        } else if is_aggregate {
            combiner = Some(Doer::Class(ReducerClass::AggregateCombiner)); // whatever -combiner says
            Some(Doer::Class(ReducerClass::Aggregate))
        } else {
            reducer("reducer", job.reducer.as_deref())?
        };

        let set_types = |what: &str, pipe: PipeForm, properties: &mut Properties| {
            let classes = pipe.classes();
            let class = |of: &str| format!("mapreduce.{what}.output.{of}.class");
            properties.set(&class("key"), classes.key.name());
            properties.set(&class("value"), classes.value.name());
        };
        let is_set = |pipe: &str, properties: &Properties| properties.get_raw(pipe).is_some();
        let is_command = mapper.set_command("map", "PipeMapper", properties);
        if is_command {
            properties.set("mapred.map.runner.class", "org.apache.hadoop.streaming.PipeMapRunner");
        } else if let Some(name) = &job.mapper {
            properties.set("mapred.mapper.class", name.clone());
        }
        if is_command || is_set("stream.map.output", properties) {
            set_types("map", pipes.map_output, properties);
            if reducers == 0 {
                set_types("job", pipes.map_output, properties);
            }
        }
        if let Some(combiner) = &combiner {
            combiner.set_command("combine", "PipeCombiner", properties);
        }
        let is_command = reducer
            .as_ref()
            .is_some_and(|reducer| reducer.set_command("reduce", "PipeReducer", properties));
        if is_command || is_set("stream.reduce.output", properties) {
            set_types("job", pipes.reduce_output, properties);
        }
        Ok(Parts {
            mapper,
            combiner,
            reducer,
            combined: pipes.reduce_output.classes(),
            reducers,
            failing,
            hints,
        })
    }

    /// Whether map tasks combine.
    pub(super) fn combines(&self) -> bool {
        self.reducers > 0 && self.combiner.is_some()
    }

    /// Whether a task runs a command, so that it makes an environment of all properties.
    pub(super) fn run_a_command(&self) -> bool {
        matches!(self.mapper, Doer::Command { .. })
            || matches!(self.reducer, Some(Doer::Command { .. }))
    }

    /// The step that does it.
    pub(super) fn step(
        &self,
        format: InputFormat,
        properties: &Properties,
    ) -> Result<Step, Refusal> {
        let types = self.type_failures(format, properties);
        let command = |words: &[String]| CommandLine::new(words);
        let failing = self.failing.as_ref().or(types.mapper.as_ref()).cloned();
        let mapper: Part<dyn RawMapper> = match (failing.or(self.mapper.failing()), &self.mapper) {
            (Some(failing), _) => Part::mapper(move || failing.clone()),
            (None, Doer::Class(class)) => class.part(properties)?,
            (None, doer) => Part::Command(command(doer.words())),
        };
        let reducer = |doer: &Doer<ReducerClass>,
                       failing: Option<Failing>|
         -> Result<Part<dyn RawReducer>, Refusal> {
            Ok(match (failing.or(doer.failing()), doer) {
                (Some(failing), _) => Part::reducer(move || failing.clone()),
                (None, Doer::Class(class)) => class.part(properties)?,
                (None, doer) => Part::Command(command(doer.words())),
            })
        };
        let mut step = Step::map_only(mapper);
        if self.reducers > 0 {
            let combiner = self.combiner.as_ref();
            step.combiner = combiner.map(|doer| reducer(doer, types.combiner)).transpose()?;
            let doer = self.reducer.as_ref();
            let doer = doer.map_or(Ok(Part::Identity), |doer| reducer(doer, types.reducer))?;
            step.reducer = Some(doer);
            step.reducers = Some(self.reducers);
        }
        Ok(step)
    }

    /// Where Hadoop's tasks fail, since the mapper emits what the job does not declare, or the combiner or the reducer
    /// does not take it.
    fn type_failures(&self, format: InputFormat, properties: &Properties) -> TypeFailures {
        let mut failures = TypeFailures::default();
        if self.reducers == 0 {
            return failures;
        }
        let declared = ClassNames::of_map_output(properties);
        // Where each file has types of its own, a task looks at what it emits; a command emits what is declared for it.
        let emitted = match &self.mapper {
            Doer::Command { .. } | Doer::Failing { .. } => None,
            Doer::Class(class) => format.classes().map(|read| class.emits(read)),
        };
        let given = emitted.map_or_else(|| declared.clone(), ClassNames::from);
        if partitions_by_bytes(self.reducers, properties)
            && WritableClass::of_name(&given.key).is_some_and(|key| !key.is_binary_comparable())
        {
            let bytes = "org.apache.hadoop.io.BinaryComparable";
            failures.mapper = Some(Failing::with_a_record(class_cast(&given.key, bytes)));
        }
        if let Some(mismatch) = emitted.and_then(|emitted| declared.wrong_from_map(emitted)) {
            let failing = Failing::of_types(mismatch);
            let counts_words = matches!(self.mapper, Doer::Class(MapperClass::TokenCount));
            failures.mapper = Some(if counts_words { failing.with_a_word() } else { failing });
        }
        let cast = |doer: &Option<Doer<ReducerClass>>| {
            let Some(Doer::Class(class)) = doer else { return None };
            let (key, value) = class.takes();
            cast_failure(&given.key, key).or_else(|| cast_failure(&given.value, value))
        };
        failures.combiner = match &self.combiner {
            Some(Doer::Command { .. }) => declared.other_than(self.combined).map(|other| {
                let OtherClass { what, expected, found } = other;
                Failing::with_a_record(format!(
                    "java.lang.RuntimeException: java.io.IOException: wrong {what} class: class {found} is not class \
                     {expected}"
                ))
            }),
            _ => cast(&self.combiner),
        };
        failures.reducer = cast(&self.reducer);
        failures
    }
}

/// What a reducer of Java's fails with that takes `taken` and is given something else.
fn cast_failure(given: &str, taken: Option<WritableClass>) -> Option<Failing> {
    let taken = taken.filter(|&taken| WritableClass::of_name(given) != Some(taken))?;
    Some(Failing::with_a_record(class_cast(given, taken.name())))
}

/// Whether `BinaryPartitioner` is asked, which knows only keys that are bytes.
fn partitions_by_bytes(reducers: u32, properties: &Properties) -> bool {
    reducers > 1
        && properties.get_or("mapred.partitioner.class", "").ends_with(".BinaryPartitioner")
}

/// The parts that fail with their first record.
#[derive(Default)]
struct TypeFailures {
    mapper: Option<Failing>,
    combiner: Option<Failing>,
    reducer: Option<Failing>,
}

/// The number of reduce tasks, which is also set as a property, and why tasks fail of it.
fn reducers(
    job: &StreamingOptions,
    properties: &mut Properties,
) -> Result<(u32, Option<Failing>), Refusal> {
    const NAME: &str = "mapreduce.job.reduces";
    if let Some(count) = job.reduce_task_count()? {
        properties.set(NAME, count.to_string());
    }
    if job.reducer.as_deref() == Some("NONE") {
        properties.set(NAME, "0");
    }
    let no_number = || {
        let value = properties.get(NAME).unwrap_or_default();
        let hint = format!("{NAME} is `{value}`, and must be a whole number, such as 4");
        Refusal::failed(1, []).with_hint(&hint)
    };
    if properties.get(NAME).is_some_and(|value| value.trim().is_empty()) {
        return Err(no_number());
    }
    let count = properties.get_i64(NAME, 1).map_err(|_| no_number())?;
    let count = i32::try_from(count).map_err(|_| no_number())?;
    Ok(match u32::try_from(count) {
        Ok(count) => (count, None),
        Err(_) => {
            (0, Some(Failing::at_once(format!("java.lang.NegativeArraySizeException: {count}"))))
        }
    })
}

/// A command as `java.net.URLEncoder` writes it.
fn url_encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'.' | b'-' | b'*' | b'_' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => {
                let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
                encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_url_encoded() {
        assert_eq!(url_encoded("sh -c 'é*'"), "sh+-c+%27%C3%A9*%27");
    }
}
