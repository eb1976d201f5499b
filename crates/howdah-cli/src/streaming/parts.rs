//! Who maps, combines and reduces: commands, or classes that are answered for.
//!
//! Mirrors the middle of `StreamJob.setJobConf`, with the properties that it sets.

use howdah_plan::{CommandLine, Part, RawMapper, RawReducer, Step};
use howdah_streaming::command::tokenise;
use howdah_streaming::options::StreamingOptions;
use howdah_streaming::properties::Properties;

use super::classes::{MapperClass, ReducerClass, looks_like_a_class};
use super::formats::{InputFormat, Pipe, Pipes};
use super::refusal::Refusal;
use super::ship::Shipment;
use super::types::{Writable, mismatch};

/// A command or a class.
enum Doer<C> {
    Command { text: String, words: Vec<String> },
    Class(C),
}

impl<C> Doer<C> {
    fn of(
        option: &str,
        text: &str,
        class: Option<C>,
        shipment: &Shipment,
    ) -> Result<Self, Refusal> {
        if let Some(class) = class {
            return Ok(Doer::Class(class));
        }
        if looks_like_a_class(text) {
            return Err(Refusal::failed(
                1,
                [format!(
                    "error: the {option} `{text}` is the name of a Java class that howdah does not answer for, and \
                     there is no such file\n\nhint: run the job on Hadoop, or name a command"
                )],
            ));
        }
        let text = shipment.unqualified(text);
        let words = tokenise(&text);
        if words.is_empty() {
            return Err(Refusal::failed(1, [format!("error: the command of -{option} is empty")]));
        }
        Ok(Doer::Command { text, words })
    }

    /// Sets the properties by which Hadoop knows a command.
    fn set_command(&self, part: &str, runner: &str, properties: &mut Properties) -> bool {
        let Doer::Command { text, .. } = self else { return false };
        properties.set(&format!("stream.{part}.streamprocessor"), url_encoded(text));
        let class = format!("org.apache.hadoop.streaming.{runner}");
        properties.set(&format!("mapred.{}.class", option_of(part)), class);
        true
    }
}

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
    pub(super) reducers: u32,
}

impl Parts {
    pub(super) fn of(
        job: &StreamingOptions,
        pipes: &Pipes,
        shipment: &Shipment,
        properties: &mut Properties,
    ) -> Result<Self, Refusal> {
        let mapper = job.mapper.as_deref().unwrap_or("org.apache.hadoop.mapred.lib.IdentityMapper");
        let mapper = Doer::of("mapper", mapper, MapperClass::of_name(mapper), shipment)?;
        let reducer = |option, text: Option<&str>| {
            text.map(|text| Doer::of(option, text, ReducerClass::of_name(text), shipment))
                .transpose()
        };
        let is_aggregate =
            job.reducer.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("aggregate"));
        let combiner = if is_aggregate {
            Some(Doer::Class(ReducerClass::AggregateCombiner)) // whatever -combiner says
        } else {
            reducer("combiner", job.combiner.as_deref())?
        };
        let reducers = reducers(job, properties)?;
        let reducer = reducer("reducer", job.reducer.as_deref().filter(|_| reducers > 0))?;

        let set_types = |what: &str, pipe: Pipe, properties: &mut Properties| {
            let value = if pipe == Pipe::KeyOnly { Writable::Null } else { Writable::Text };
            let class = |of: &str| format!("mapreduce.{what}.output.{of}.class");
            properties.set(&class("key"), Writable::Text.to_string());
            properties.set(&class("value"), value.to_string());
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
        Ok(Parts { mapper, combiner, reducer, reducers })
    }

    /// Whether a class reduces, which sees groups, as no command does.
    pub(super) fn sees_groups(&self) -> bool {
        matches!(self.reducer, Some(Doer::Class(_)))
    }

    /// The step that does it.
    pub(super) fn step(&self, properties: &Properties) -> Result<Step, Refusal> {
        let command = |words: &[String]| CommandLine::new(words);
        let mapper: Part<dyn RawMapper> = match &self.mapper {
            Doer::Command { words, .. } => Part::Command(command(words)),
            Doer::Class(class) => class.part(properties)?,
        };
        let reducer = |doer: &Doer<ReducerClass>| -> Result<Part<dyn RawReducer>, Refusal> {
            match doer {
                Doer::Command { words, .. } => Ok(Part::Command(command(words))),
                Doer::Class(class) => class.part(properties),
            }
        };
        let mut step = Step::map_only(mapper);
        if self.reducers > 0 {
            step.combiner = self.combiner.as_ref().map(&reducer).transpose()?;
            step.reducer = Some(self.reducer.as_ref().map_or(Ok(Part::Identity), &reducer)?);
            step.reducers = Some(self.reducers);
        }
        Ok(step)
    }

    /// Fails as Hadoop's tasks would, if the mapper emits what the job does not declare or the reducer does not take.
    pub(super) fn check_types(
        &self,
        format: InputFormat,
        properties: &Properties,
    ) -> Result<(), Refusal> {
        if self.reducers == 0 {
            return Ok(());
        }
        let declared = |what: &str, default: Writable| {
            let of = |of: &str| properties.get(&format!("mapreduce.{of}.output.{what}.class"));
            of("map").or_else(|| of("job")).map_or(default, |class| Writable::of_class(&class))
        };
        let expected = (declared("key", Writable::Long), declared("value", Writable::Text));
        let emitted = match &self.mapper {
            Doer::Command { .. } => expected.clone(),
            Doer::Class(class) => class.emits(format.types()),
        };
        if let Some(mismatch) = mismatch(&expected, &emitted) {
            return Err(task_failure(&format!(
                "java.lang.Exception: java.io.IOException: {mismatch}"
            )));
        }
        let taken = match &self.reducer {
            Some(Doer::Class(class)) => class.takes(),
            _ => None,
        };
        match taken {
            Some(taken) if taken != emitted.1 => Err(task_failure(&format!(
                "java.lang.ClassCastException: class {} cannot be cast to class {taken}",
                emitted.1
            ))),
            _ => Ok(()),
        }
    }
}

/// What Hadoop says of a job whose tasks must fail.
fn task_failure(exception: &str) -> Refusal {
    let lines = [
        format!("WARN mapred.LocalJobRunner: {exception}"),
        "ERROR streaming.StreamJob: Job not successful!".to_owned(),
    ];
    Refusal::failed(1, lines)
}

/// The number of reduce tasks, which is also set as a property.
fn reducers(job: &StreamingOptions, properties: &mut Properties) -> Result<u32, Refusal> {
    const NAME: &str = "mapreduce.job.reduces";
    if let Some(count) = job.reduce_task_count()? {
        properties.set(NAME, count.to_string());
    }
    if job.reducer.as_deref() == Some("NONE") {
        properties.set(NAME, "0");
    }
    let count = properties
        .get_i64(NAME, 1)
        .map_err(|error| Refusal::failed(1, [format!("error: {error}")]))?;
    u32::try_from(count)
        .map_err(|_| task_failure(&format!("java.lang.NegativeArraySizeException: {count}")))
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
