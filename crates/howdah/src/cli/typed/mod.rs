//! Typed bytes in the place of lines: a task under `hadoop jar … -io typedbytes`.
//!
//! Hadoop tells a task by four properties what its pipes carry. [`Pipes`] asks for them. Whatever a pipe carries, the
//! task reads and writes the same records: reducers and combiners JSON, mappers lines or JSON.
//!
//! The order and the grouping of keys are Hadoop's, which compares typed bytes: shorter strings come before longer
//! ones, and negative integers behind the others.

mod sink;
mod source;

use std::io::Write;

use howdah_plan::{LineForm, RecordSink, Step, StepInput, TaskError, TaskInfo, TaskKind};

use super::lines::Separator;
use super::records::{DividedRecords, Records};
use crate::property::lookup;
use sink::TypedRecords;

pub(super) use source::TypedPairs;

/// What the pipes of a task carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pipes {
    pub(super) input: Pipe,
    pub(super) output: Pipe,
}

/// What a pipe carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pipe {
    /// Lines.
    Lines,
    /// Pairs of typed bytes, which are lines of this form to the task.
    Typed(LineForm),
}

impl Pipes {
    /// What a task's properties say of its pipes, or what to say if the task cannot read or write that. A map task is
    /// one that `reads` an input of its step.
    pub(super) fn of(
        step: &Step,
        reads: Option<&StepInput>,
        info: &TaskInfo,
    ) -> Result<Self, String> {
        let is_last = match info.kind {
            TaskKind::Map => step.reducer.is_none(),
            TaskKind::Combine => false,
            TaskKind::Reduce => true,
        };
        // Between the tasks of a step there are pairs of JSON.
        let read = reads.map_or(LineForm::JsonPair, |input| input.reads);
        let written = if is_last { step.writes } else { LineForm::JsonPair };
        let (input, output) = match info.kind {
            TaskKind::Map => ("stream.map.input", "stream.map.output"),
            TaskKind::Combine | TaskKind::Reduce => ("stream.reduce.input", "stream.reduce.output"),
        };
        let pipes =
            Pipes { input: Pipe::of(info, input, read)?, output: Pipe::of(info, output, written)? };
        match pipes.refusal(step, reads, info) {
            None => Ok(pipes),
            Some(message) => Err(message),
        }
    }

    /// Why a step cannot do with typed bytes in these places.
    fn refusal(self, step: &Step, reads: Option<&StepInput>, info: &TaskInfo) -> Option<String> {
        let number = format!("step {} (`--step {}`)", info.step + 1, info.step);
        let (between, pipe) = match info.kind {
            TaskKind::Map => (self.output, "stream.map.output"),
            TaskKind::Combine | TaskKind::Reduce => (self.input, "stream.reduce.input"),
        };
        let filter = reads.and_then(|input| input.filter.as_ref());
        let (pipe, why, text) = if let (Pipe::Typed(_), Some(filter)) = (self.input, filter) {
            let why = format!("the filter of {number} takes lines: `{}`", filter.line());
            ("stream.map.input", why, "`-D stream.map.input=text` for this one")
        } else if self.input != Pipe::Lines && reads.is_some_and(|input| input.whole_files) {
            let why = format!("{number} reads whole files, whose names come as lines");
            ("stream.map.input", why, "`-D stream.map.input=text` for this one")
        } else if between != Pipe::Lines && step.sort_values {
            // `stream.num.map.output.key.fields` divides lines. Pairs of typed bytes Hadoop sorts by their keys alone,
            // and says nothing.
            let why = format!("{number} sorts its values, which Hadoop does with lines alone");
            (pipe, why, "`-D stream.map.output=text -D stream.reduce.input=text` for these two")
        } else {
            return None;
        };
        Some(format!(
            "`{pipe}` is `typedbytes`, and {why}\n\
             hint: in the place of `-io typedbytes` say what each of the four pipes carries, {text}"
        ))
    }
}

impl Pipe {
    /// What a pipe carries, by its property. Names that Hadoop does not know mean lines, as there.
    fn of(info: &TaskInfo, pipe: &str, form: LineForm) -> Result<Self, String> {
        let id = lookup(&info.properties, pipe).unwrap_or_default().to_ascii_lowercase();
        match id.as_str() {
            "typedbytes" => Ok(Pipe::Typed(form)),
            "rawbytes" => Err(format!(
                "`{pipe}` is `rawbytes`, and this program reads and writes lines and typed bytes alone\n\
                 hint: run the job with `-io typedbytes`, or without `-io`"
            )),
            _ => Ok(Pipe::Lines),
        }
    }
}

/// A task's output.
pub(super) enum Output<W> {
    Lines(Records<W>),
    /// Lines that are divided by something else than a TAB.
    Divided(DividedRecords<W>),
    Typed(TypedRecords<W>),
}

impl<W: Write> Output<W> {
    /// The output of a task whose pipe carries that.
    pub(super) fn new(output: W, pipe: Pipe, info: &TaskInfo) -> Self {
        match (pipe, Separator::of_output(info)) {
            (Pipe::Lines, None) => Output::Lines(Records::new(output)),
            (Pipe::Lines, Some((separator, property))) => {
                Output::Divided(DividedRecords::new(output, separator, property))
            }
            (Pipe::Typed(form), _) => Output::Typed(TypedRecords::new(output, form)),
        }
    }

    /// Where the task's code writes to.
    pub(super) fn sink(&mut self) -> &mut dyn RecordSink {
        match self {
            Output::Lines(records) => records,
            Output::Divided(records) => records,
            Output::Typed(records) => records,
        }
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) -> Result<(), TaskError> {
        match self {
            Output::Lines(records) => records.flush(),
            Output::Divided(records) => records.flush(),
            Output::Typed(records) => records.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use howdah_plan::{CommandLine, Part, SortedRecords as _};

    use super::*;
    use crate::cli::failure::Place;
    use crate::cli::input::Input as _;

    /// The facts of a task with some properties.
    fn task(kind: TaskKind, properties: &[(&str, &str)]) -> TaskInfo {
        let mut info = TaskInfo::new(0, kind, 0);
        let pairs = properties.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        info.properties = Arc::new(pairs.collect());
        info
    }

    /// A step that reads JSON values, and writes text.
    fn step(reducer: Option<Part<dyn howdah_plan::RawReducer>>) -> Step {
        let mut step = Step::map_only(Part::Identity);
        step.inputs[0].reads = LineForm::JsonValue;
        step.reducer = reducer;
        step
    }

    fn pipes(step: &Step, info: &TaskInfo) -> Result<Pipes, String> {
        let reads = (info.kind == TaskKind::Map).then(|| &step.inputs[0]);
        Pipes::of(step, reads, info)
    }

    const ALL: [(&str, &str); 4] = [
        ("stream_map_input", "typedbytes"),
        ("stream_map_output", "typedbytes"),
        ("stream_reduce_input", "typedbytes"),
        ("stream_reduce_output", "typedbytes"),
    ];

    #[test]
    fn each_pipe_has_its_own_property() {
        let step = step(Some(Part::Identity));
        for (kind, input, output) in [
            (TaskKind::Map, "stream_map_input", "stream_map_output"),
            (TaskKind::Combine, "stream.reduce.input", "stream.reduce.output"),
            (TaskKind::Reduce, "stream_reduce_input", "stream_reduce_output"),
        ] {
            let found = pipes(&step, &task(kind, &[(input, "TypedBytes")])).unwrap();
            assert!(matches!(found, Pipes { input: Pipe::Typed(_), output: Pipe::Lines }));
            let info = task(kind, &[(output, "typedbytes"), (input, "text")]);
            let found = pipes(&step, &info).unwrap();
            assert!(matches!(found, Pipes { input: Pipe::Lines, output: Pipe::Typed(_) }));
            let found = pipes(&step, &task(kind, &[(input, "keyonlytext"), (output, "")])).unwrap();
            assert_eq!(found, Pipes { input: Pipe::Lines, output: Pipe::Lines });
        }
    }

    #[test]
    fn json_is_between_tasks_and_the_step_says_what_is_around_them() {
        let forms = |step: &Step, kind| {
            let found = pipes(step, &task(kind, &ALL)).unwrap();
            match (found.input, found.output) {
                (Pipe::Typed(reads), Pipe::Typed(writes)) => (reads, writes),
                other => panic!("{other:?}"),
            }
        };
        let (pair, value, text) = (LineForm::JsonPair, LineForm::JsonValue, LineForm::Text);
        assert_eq!(forms(&step(None), TaskKind::Map), (value, text));
        let reduces = step(Some(Part::Identity));
        assert_eq!(forms(&reduces, TaskKind::Map), (value, pair));
        assert_eq!(forms(&reduces, TaskKind::Combine), (pair, pair));
        assert_eq!(forms(&reduces, TaskKind::Reduce), (pair, text));
    }

    #[test]
    fn raw_bytes_are_refused() {
        let raw = task(TaskKind::Reduce, &[("stream_reduce_input", "rawbytes")]);
        assert_eq!(
            pipes(&step(Some(Part::Identity)), &raw).unwrap_err(),
            "`stream.reduce.input` is `rawbytes`, and this program reads and writes lines and typed bytes alone\n\
             hint: run the job with `-io typedbytes`, or without `-io`"
        );
    }

    #[test]
    fn what_needs_lines_is_refused_in_just_the_pipe_that_it_needs() {
        let says = |step: &Step, kind, pipe: usize| pipes(step, &task(kind, &ALL[pipe..=pipe]));
        let mut filtered = step(Some(Part::Identity));
        filtered.inputs[0].filter = Some(CommandLine::new(["grep", "-v", "^#"]));
        assert_eq!(
            says(&filtered, TaskKind::Map, 0).unwrap_err(),
            "`stream.map.input` is `typedbytes`, and the filter of step 1 (`--step 0`) takes lines: `grep -v ^#`\n\
             hint: in the place of `-io typedbytes` say what each of the four pipes carries, \
             `-D stream.map.input=text` for this one"
        );
        assert!(says(&filtered, TaskKind::Map, 1).is_ok());
        assert!(says(&filtered, TaskKind::Reduce, 2).is_ok());

        let mut files = step(Some(Part::Identity));
        files.inputs[0].whole_files = true;
        let error = says(&files, TaskKind::Map, 0).unwrap_err();
        assert!(error.contains("reads whole files, whose names come as lines\nhint: "), "{error}");
        assert!(says(&files, TaskKind::Map, 1).is_ok());

        let mut sorted = step(Some(Part::Identity));
        sorted.sort_values = true;
        for (kind, pipe, name) in
            [(TaskKind::Map, 1, "stream.map.output"), (TaskKind::Reduce, 2, "stream.reduce.input")]
        {
            assert_eq!(
                says(&sorted, kind, pipe).unwrap_err(),
                format!(
                    "`{name}` is `typedbytes`, and step 1 (`--step 0`) sorts its values, which Hadoop does with \
                     lines alone\n\
                     hint: in the place of `-io typedbytes` say what each of the four pipes carries, \
                     `-D stream.map.output=text -D stream.reduce.input=text` for these two"
                )
            );
        }
        assert!(says(&sorted, TaskKind::Map, 0).is_ok());
        assert!(says(&sorted, TaskKind::Reduce, 3).is_ok());
    }

    #[test]
    fn what_one_task_writes_the_next_one_reads() {
        let between = Pipe::Typed(LineForm::JsonPair);
        let mut bytes = Vec::new();
        let task = task(TaskKind::Reduce, &[]);
        let mut output = Output::new(&mut bytes, between, &task);
        let records =
            [("\"b\"", "[1,null]"), ("\"b\"", "2.0"), ("[-1]", "{\"a\":\"\\t\"}"), ("null", "0")];
        for (key, value) in records {
            output.sink().key().extend_from_slice(key.as_bytes());
            output.sink().value().extend_from_slice(value.as_bytes());
            output.sink().end().unwrap();
        }
        output.flush().unwrap();
        drop(output);
        let mut input = TypedPairs::of(&bytes[..], &task, LineForm::JsonPair, &Arc::default());
        let mut sorted = input.sorted();
        for (i, (key, value)) in records.into_iter().enumerate() {
            assert!(sorted.advance().unwrap());
            assert_eq!((sorted.key(), sorted.value()), (key.as_bytes(), value.as_bytes()));
            assert_eq!(sorted.starts_group(), i != 1, "{key}");
        }
        assert!(!sorted.advance().unwrap());
        drop(sorted);
        assert_eq!(input.place(), Place::Finish);
    }
}
