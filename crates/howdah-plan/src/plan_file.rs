//! Plan files: the JSON form of a plan, read back, so that programs in any language can make one.
//!
//! | file | what |
//! | --- | --- |
//! | this | what a plan file says, and what it may not |
//! | [`json`] | JSON whose every part knows where it stands |

mod json;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path};

use crate::plan::{
    CommandLine, PLAN_SCHEMA, Part, Plan, RecordLayout, SideFile, Source, Step, StepInput,
};
use json::{Node, Object};

/// Why a text is no plan: where it is wrong, how, and perhaps what to do.
///
/// ```
/// use howdah_plan::Plan;
///
/// let text = r#"{"schema": "howdah.plan/1", "name": "words", "steps": [{"inputs": [{"mapper": "cat"}]}]}"#;
/// let error = Plan::from_json(text).unwrap_err();
/// assert_eq!(error.at(), "steps[0].inputs[0].mapper");
/// assert!(error.to_string().starts_with("steps[0].inputs[0].mapper: here must be an object, and is text"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFileError {
    at: String,
    message: String,
    hint: Option<String>,
}

impl PlanFileError {
    fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        PlanFileError { at: at.into(), message: message.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        PlanFileError { hint: Some(hint.into()), ..self }
    }

    /// Where: the path of a value, as `steps[1].inputs[0].source`, or a line and a column of what is no JSON.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// The stable name of this kind of error.
    pub fn slug(&self) -> &'static str {
        "howdah::plan-file"
    }
}

impl fmt::Display for PlanFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PlanFileError {}

impl Plan {
    /// Reads a plan from its JSON form, as [`Serialize`](serde::Serialize) writes it.
    ///
    /// What goes without saying may be left out: the first step reads `main`, each other one the step before it, and all
    /// but `schema`, `name`, `steps`, their `inputs` and the `mapper` of each has a default.
    ///
    /// ```
    /// use howdah_plan::{Plan, Source};
    ///
    /// let plan = Plan::from_json(
    ///     r#"{
    ///         "schema": "howdah.plan/1",
    ///         "name": "words",
    ///         "steps": [
    ///             {
    ///                 "inputs": [{"mapper": {"type": "command", "argv": ["python3", "map.py"]}}],
    ///                 "reducer": {"type": "command", "argv": ["python3", "reduce.py"]},
    ///                 "files": [{"path": "map.py"}, {"path": "reduce.py"}]
    ///             },
    ///             {
    ///                 "inputs": [{"mapper": {"type": "identity"}}],
    ///                 "reducer": {"type": "command", "argv": ["python3", "top.py"]},
    ///                 "reducers": 1,
    ///                 "files": [{"path": "top.py"}]
    ///             }
    ///         ]
    ///     }"#,
    /// )?;
    /// assert_eq!(plan.steps[1].inputs[0].source, Source::Step(0));
    /// # Ok::<(), howdah_plan::PlanFileError>(())
    /// ```
    ///
    /// # Errors
    /// When the text is no JSON, not of this schema, or says what no plan can be. Code that is linked into a program, and
    /// loops, which ask such code, cannot stand in a file.
    pub fn from_json(text: &str) -> Result<Self, PlanFileError> {
        let mut document = Node::parse(text)?.object("a plan")?;
        check_schema(document.take("schema"))?;
        let name = document.need("name")?.text()?;
        if name.is_empty() {
            return Err(PlanFileError::new("name", "a plan's name cannot be empty"));
        }
        let steps = document.need("steps")?.list()?;
        if steps.is_empty() {
            return Err(PlanFileError::new("steps", "a plan has one step at least"));
        }
        refuse_loops(document.take("loops"))?;
        document.finish()?;
        let count = steps.len();
        let reader = StepReader { plan: &name, count };
        let steps = steps.into_iter().enumerate().map(|(number, step)| reader.step(number, step));
        let steps = steps.collect::<Result<_, _>>()?;
        Ok(Plan::new(name, steps))
    }

    /// The same plan, with the relative paths of its side files taken as paths from a folder.
    #[must_use]
    pub fn with_files_of(mut self, folder: &Path) -> Self {
        for file in self.steps.iter_mut().flat_map(|step| &mut step.files) {
            file.path = folder.join(&file.path);
        }
        self
    }
}

fn check_schema(schema: Option<Node>) -> Result<(), PlanFileError> {
    let Some(schema) = schema else {
        let missing = PlanFileError::new("", "this is no plan: it has no `schema`");
        return Err(
            missing.hint(format!("a plan's first line says `\"schema\": \"{PLAN_SCHEMA}\"`"))
        );
    };
    let at = schema.at().to_owned();
    let text = schema.text()?;
    if text == PLAN_SCHEMA {
        return Ok(());
    }
    let (name, _) = PLAN_SCHEMA.split_once('/').unwrap_or_default();
    let of_version = text.split_once('/').filter(|(of, _)| *of == name);
    Err(match of_version {
        Some((_, version)) => {
            PlanFileError::new(at, format!("this is a plan of version {version}")).hint(format!(
                "this howdah reads `{PLAN_SCHEMA}`: get another howdah, or write that"
            ))
        }
        None => PlanFileError::new(at, format!("`{text}` is not a plan"))
            .hint(format!("a plan's schema is `{PLAN_SCHEMA}`")),
    })
}

fn refuse_loops(loops: Option<Node>) -> Result<(), PlanFileError> {
    let Some(loops) = loops else { return Ok(()) };
    let at = loops.at().to_owned();
    if loops.list()?.is_empty() {
        return Ok(());
    }
    let message = "a loop asks code after each round whether there is another, and a file has none";
    Err(PlanFileError::new(at, message).hint(
        "run the program that has the loop, or submit the steps again and again from a script",
    ))
}

/// What reads the steps of one plan.
struct StepReader<'p> {
    /// The plan's name.
    plan: &'p str,
    /// How many steps there are.
    count: usize,
}

impl StepReader<'_> {
    fn step(&self, number: usize, step: Node) -> Result<Step, PlanFileError> {
        let mut fields = step.object("a step")?;
        let inputs = fields.need("inputs")?;
        let inputs_at = inputs.at().to_owned();
        let inputs = inputs.list()?.into_iter().map(|input| self.input(number, input));
        let inputs: Vec<StepInput> = inputs.collect::<Result<_, _>>()?;
        let Some(first) = inputs.first() else {
            return Err(PlanFileError::new(inputs_at, "a step reads one input at least"));
        };
        let mut read = Step::map_only(first.mapper.clone());
        check_sources(&inputs_at, &inputs)?;
        read.inputs = inputs;
        read.combiner = fields.take("combiner").map(|part| self.part(part)).transpose()?;
        read.reducer = fields.take("reducer").map(|part| self.part(part)).transpose()?;
        read.sort_values = fields.flag("sort_values")?;
        read.reducers = fields.take("reducers").map(Node::number).transpose()?;
        read.output = fields.take("output").map_or(Ok(RecordLayout::KeyValue), layout)?;
        read.outputs = each(fields.take("outputs"), output_name)?;
        read.codec = fields.take("codec").map(Node::text).transpose()?;
        read.files = files(fields.take("files"))?;
        read.properties = properties(fields.take("properties"))?;
        check_step(&fields, &read)?;
        fields.finish()?;
        Ok(read)
    }

    fn input(&self, step: usize, input: Node) -> Result<StepInput, PlanFileError> {
        let mut fields = input.object("an input of a step")?;
        let source = match fields.take("source") {
            Some(source) => self.source(step, source)?,
            None => step.checked_sub(1).map_or(Source::Main, Source::Step),
        };
        let mapper = self.part(fields.need("mapper")?)?;
        let mut read = StepInput::new(source, mapper);
        read.filter = fields.take("filter").map(command).transpose()?;
        read.whole_files = fields.flag("whole_files")?;
        if read.whole_files && read.filter.is_some() {
            return Err(fields.wrong("filter", "whole files have no lines to be filtered"));
        }
        fields.finish()?;
        Ok(read)
    }

    /// `"main"`, `{"named": "users"}` or `{"step": 0}`.
    fn source(&self, step: usize, source: Node) -> Result<Source, PlanFileError> {
        const FORMS: &str = "a source is `\"main\"`, `{\"named\": \"users\"}` or `{\"step\": 0}`";
        let at = source.at().to_owned();
        if source.is_text() {
            return match source.text()?.as_str() {
                "main" => Ok(Source::Main),
                other => {
                    let no_source = format!("there is no source `{other}`");
                    Err(PlanFileError::new(at, no_source).hint(FORMS))
                }
            };
        }
        let mut fields = source.object("a source")?;
        let read = match (fields.take("named"), fields.take("step")) {
            (Some(name), None) => Source::Named(input_name(name)?),
            (None, Some(before)) => Source::Step(self.step_before(step, before)?),
            _ => return Err(PlanFileError::new(at, "this is no source").hint(FORMS)),
        };
        fields.finish()?;
        Ok(read)
    }

    fn step_before(&self, step: usize, before: Node) -> Result<usize, PlanFileError> {
        let at = before.at().to_owned();
        let before: usize = before.number()?;
        if before < step {
            return Ok(before);
        }
        let message = if before >= self.count {
            format!("there is no step {before}: the plan has {}, counted from 0", self.count)
        } else {
            format!(
                "step {step} cannot read what step {before} writes, which does not come before it"
            )
        };
        Err(PlanFileError::new(at, message))
    }

    fn part<T: ?Sized>(&self, part: Node) -> Result<Part<T>, PlanFileError> {
        let at = part.at().to_owned();
        let mut fields = part.object("a part of a step")?;
        let kind = fields.need("type")?;
        let kind_at = kind.at().to_owned();
        let read = match kind.text()?.as_str() {
            "identity" => Part::Identity,
            "command" => Part::Command(command(fields.need("argv")?)?),
            "linked" => {
                let message =
                    "this part is code that is linked into the program that wrote the plan";
                return Err(PlanFileError::new(at, message).hint(format!(
                    "run that program itself, as `{} run`; or name its task by a command, as {{\"type\": \"command\", \
                     \"argv\": [\"./{0}\", \"map\", \"--step\", \"0\"]}}",
                    self.plan
                )));
            }
            other => {
                let message = format!("there is no part of the type `{other}`");
                return Err(PlanFileError::new(kind_at, message)
                    .hint("a part is of the type `command`, with its `argv`, or `identity`"));
            }
        };
        fields.finish()?;
        Ok(read)
    }
}

/// Whether each input of a step is read once.
fn check_sources(at: &str, inputs: &[StepInput]) -> Result<(), PlanFileError> {
    for (number, input) in inputs.iter().enumerate() {
        if inputs[..number].iter().any(|other| other.source == input.source) {
            let message = format!("the step reads `{}` already", input.source.name());
            return Err(PlanFileError::new(format!("{at}[{number}].source"), message)
                .hint("each input of a step has another source: give it one by `source`"));
        }
    }
    Ok(())
}

/// Whether a step's parts go together.
fn check_step(fields: &Object, step: &Step) -> Result<(), PlanFileError> {
    if step.reducer.is_some() {
        return match &step.combiner {
            Some(_) if step.sort_values => Err(fields
                .wrong("combiner", "a step that sorts its values cannot have a combiner")
                .hint("leave out the one or the other")),
            _ => Ok(()),
        };
    }
    let needs_reducer = [
        ("combiner", step.combiner.is_some()),
        ("sort_values", step.sort_values),
        ("reducers", step.reducers.is_some()),
    ];
    match needs_reducer.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((name, _)) => Err(fields
            .wrong(name, "it has no meaning in a step without a `reducer`")
            .hint("`\"reducer\": {\"type\": \"identity\"}` sorts records and changes none")),
    }
}

/// What a list holds, or nothing.
fn each<T>(
    list: Option<Node>,
    read: impl Fn(Node) -> Result<T, PlanFileError>,
) -> Result<Vec<T>, PlanFileError> {
    let Some(list) = list else { return Ok(Vec::new()) };
    list.list()?.into_iter().map(read).collect()
}

fn command(argv: Node) -> Result<CommandLine, PlanFileError> {
    let at = argv.at().to_owned();
    let words = each(Some(argv), |word| {
        let at = word.at().to_owned();
        let word = word.text()?;
        if word.contains('\0') {
            return Err(PlanFileError::new(at, "a word of a command cannot hold a NUL"));
        }
        Ok(word)
    })?;
    match words.first() {
        Some(program) if !program.is_empty() => Ok(CommandLine::new(words)),
        _ => Err(PlanFileError::new(at, "a command needs a program").hint(
            "a command is a list of words, as `[\"python3\", \"map.py\"]`; there is no shell",
        )),
    }
}

fn layout(layout: Node) -> Result<RecordLayout, PlanFileError> {
    let at = layout.at().to_owned();
    match layout.text()?.as_str() {
        "key-value" => Ok(RecordLayout::KeyValue),
        "line" => Ok(RecordLayout::Line),
        other => Err(PlanFileError::new(at, format!("there is no layout `{other}`"))
            .hint("records are written as `key-value`, or as a `line` without a key")),
    }
}

/// The name of an input, by the rules of a job's builder.
fn input_name(name: Node) -> Result<String, PlanFileError> {
    let at = name.at().to_owned();
    let name = name.text()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || !name.bytes().all(is_plain) {
        let message = format!("`{name}` is no name for an input: use letters, digits, `-` and `_`");
        return Err(PlanFileError::new(at, message));
    }
    if name == "main" || name.starts_with("step-") {
        let message = format!("`{name}` is how howdah itself calls an input");
        return Err(PlanFileError::new(at, message)
            .hint("`\"main\"` and `{\"step\": 0}` are sources; else use another name"));
    }
    Ok(name)
}

/// The name of an output, by the rules of a job's builder.
fn output_name(name: Node) -> Result<String, PlanFileError> {
    let at = name.at().to_owned();
    let name = name.text()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty()
        || !name.bytes().all(is_plain)
        || ["_", ".", "part-"].iter().any(|begin| name.starts_with(begin))
    {
        let message = format!("`{name}` is no name for an output");
        return Err(PlanFileError::new(at, message).hint(
            "use letters, digits, `-`, `_` and `.`, and begin with none of `_`, `.` and `part-`, which have a meaning",
        ));
    }
    Ok(name)
}

fn files(list: Option<Node>) -> Result<Vec<SideFile>, PlanFileError> {
    let mut files: Vec<SideFile> = Vec::new();
    for node in list.map_or(Ok(Vec::new()), Node::list)? {
        let mut fields = node.object("a side file")?;
        let path = fields.need("path")?.text()?;
        let own_name = || {
            let name = Path::new(&path).file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let name = fields.take("name").map_or_else(|| Ok(own_name()), Node::text)?;
        let mut components = Path::new(&name).components();
        let is_plain =
            matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
        if !is_plain || name.ends_with('/') {
            let message = format!("tasks cannot find `{path}` under the name `{name}`");
            return Err(fields.wrong("name", message).hint("give it a `name` without `/`"));
        }
        if files.iter().any(|other| other.name == name) {
            let message = format!("another file of the step is called `{name}`");
            return Err(fields.wrong("name", message).hint("give one of them another `name`"));
        }
        let is_archive = fields.flag("is_archive")?;
        files.push(SideFile { path: path.into(), name, is_archive });
        fields.finish()?;
    }
    Ok(files)
}

fn properties(object: Option<Node>) -> Result<BTreeMap<String, String>, PlanFileError> {
    let Some(object) = object else { return Ok(BTreeMap::new()) };
    let fields = object.object("a set of properties")?.into_fields();
    fields.into_iter().map(|(name, value)| Ok((name, value.text()?))).collect()
}

#[cfg(test)]
mod tests;
