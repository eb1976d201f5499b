//! A step of a plan as a job of Hadoop Streaming.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use howdah_codec::Codec;
use howdah_plan::names::{
    COMBINER_COUNTERS_APART, COMBINER_SEPARATOR, FILES_AS_LISTED, REJECT_UNDECODABLE, SIDE_PREFIX,
    SORTED_VALUES,
};
use howdah_plan::{Course, Event, Part, Plan, RecordLayout, Source, Step, StepInput};
use howdah_streaming::properties::Properties;
use howdah_streaming::splits::maps_by_size;

use crate::error::{HadoopError, HadoopErrorKind};
use crate::invocation::{Invocation, InvocationError, Shipped};
use crate::options::HadoopOptions;

/// Reduce tasks of a step that does not say, as in a run here.
const REDUCERS: u32 = 2;
/// The largest split of a run here where none is asked for, as Hadoop's blocks of local files.
const LOCAL_BLOCK: u64 = 32 << 20;
/// What stands before a step's inputs in the properties that tell its tasks which mapper is theirs.
const INPUT_PATHS: &str = "howdah.inputs.";
/// The property of the partitioner's class, which Hadoop Streaming takes as an option.
const PARTITIONER: &str = "mapreduce.job.partitioner.class";
/// What composes the jobs of one run.
pub(crate) struct Composer<'a> {
    plan: &'a Plan,
    options: &'a HadoopOptions,
    program: Option<Shipped>,
}

/// Where a step reads and writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// For each of its inputs the paths that it is read from.
    pub(crate) inputs: Vec<Vec<String>>,
    /// Their bytes, as far as they are known.
    pub(crate) input_bytes: Option<u64>,
    pub(crate) output: String,
}

/// A step's job, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Composed {
    pub(crate) invocation: Invocation,
    pub(crate) reducers: u32,
    pub(crate) warnings: Vec<Event>,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(plan: &'a Plan, options: &'a HadoopOptions) -> Result<Self, HadoopError> {
        let program = options.program.as_deref().map(shipped_program).transpose();
        let program = program.map_err(|source| HadoopErrorKind::Invocation { step: 0, source })?;
        Ok(Composer { plan, options, program })
    }

    /// The job of the step at hand. `set` are the properties that looks at counters have set.
    pub(crate) fn compose(
        &self,
        course: &Course<'_>,
        places: Places,
        set: &BTreeMap<String, String>,
    ) -> Result<Composed, HadoopError> {
        let number = course.step();
        let step = &self.plan.steps[number];
        let refused = |source| HadoopErrorKind::Invocation { step: number, source };
        let properties = self.properties(step, set);
        let reducers = self.reducers(step, &properties)?;
        let mut job = Invocation::new(self.job_name(course));
        // By the other one tasks write into the output before the job has succeeded.
        job.set("mapreduce.fileoutputcommitter.algorithm.version", "1");
        // Each property becomes a variable of the environment, and a system takes only so much.
        job.set("stream.jobconf.truncate.limit", "20000");
        job.set(COMBINER_COUNTERS_APART, "true");
        self.set_splits(&mut job, places.input_bytes);
        self.set_codec(&mut job, course, step)?;
        if self.options.rejects.is_some() || self.options.max_rejects.is_some() {
            job.set(REJECT_UNDECODABLE, "true");
        }
        if !course.may_be_last() || course.round().is_some() {
            job.set(SIDE_PREFIX, format!("step-{}-", course.name()));
        }
        if step.sort_values {
            for (name, value) in SORTED_VALUES {
                job.set(name, value);
            }
        }
        for (name, value) in properties.iter() {
            job.set(name, value);
        }
        // The plan's word, whatever a property says.
        job.set("mapreduce.job.reduces", reducers.to_string());
        job.partitioner = job.take(PARTITIONER);
        if reads_whole_files(number, step)? {
            // Each line of a list of files is a map task, which gets no offset with it.
            job.input_format = Some("org.apache.hadoop.mapred.lib.NLineInputFormat".to_owned());
            job.set("mapreduce.input.lineinputformat.linespermap", "1");
            job.set("stream.map.input.ignoreKey", "true");
            job.set(FILES_AS_LISTED, "true");
        }

        job.mapper = mapper(number, step)?;
        job.reducer = match &step.reducer {
            Some(reducer) if reducers > 0 => Some(words(number, reducer)?),
            _ => None,
        };
        let mut warnings = Vec::new();
        match &step.combiner {
            Some(combiner @ Part::Command(_)) if job.reducer.is_some() => {
                job.combiner = Some(words(number, combiner)?);
            }
            _ => {}
        }
        if step.output == RecordLayout::Line {
            write_lines(&mut job, step, number, &mut warnings);
        }
        self.ship(&mut job, step).map_err(refused)?;
        if step.inputs.len() > 1 {
            for (input, paths) in step.inputs.iter().zip(&places.inputs) {
                job.set(format!("{INPUT_PATHS}{}", input.source.name()), paths.join(","));
            }
        }
        job.inputs = places.inputs.into_iter().flatten().collect();
        job.output = places.output;
        Ok(Composed { invocation: job, reducers, warnings })
    }

    /// `pagerank`, or of several jobs `pagerank: step 2 of 3, round 4`.
    fn job_name(&self, course: &Course<'_>) -> String {
        let (name, steps) = (&self.plan.name, self.plan.steps.len());
        let round = course.round().map(|round| format!(", round {round}")).unwrap_or_default();
        match (steps, round.as_str()) {
            (1, "") => name.clone(),
            _ => format!("{name}: step {} of {steps}{round}", course.step() + 1),
        }
    }

    /// Properties by the names that Hadoop has for them now: two names of one would both be told.
    fn properties(&self, step: &Step, set: &BTreeMap<String, String>) -> Properties {
        let mut properties = Properties::new();
        for (name, value) in [&self.options.properties, &step.properties, set].into_iter().flatten()
        {
            properties.set(name, value.clone());
        }
        properties
    }

    /// Reduce tasks of a step: what the job says, else the run, else a property, else two.
    fn reducers(&self, step: &Step, properties: &Properties) -> Result<u32, HadoopError> {
        if step.reducer.is_none() {
            return Ok(0);
        }
        if let Some(reducers) = step.reducers.or(self.options.reducers) {
            return Ok(reducers);
        }
        match properties.get_raw("mapreduce.job.reduces") {
            None => Ok(REDUCERS),
            Some(text) => text.trim().parse().map_err(|_| {
                unsupported(format!(
                    "`mapreduce.job.reduces` is `{text}`, which is no number of reduce tasks"
                ))
            }),
        }
    }

    /// The same splits as in a run here, as long as the blocks are no smaller.
    fn set_splits(&self, job: &mut Invocation, input_bytes: Option<u64>) {
        let size = match (self.options.split_size, input_bytes) {
            (Some(size), bytes) => {
                let size = size.max(1);
                job.set("mapreduce.input.fileinputformat.split.minsize", size.to_string());
                if let Some(bytes) = bytes {
                    job.set("mapreduce.job.maps", bytes.div_ceil(size).max(1).to_string());
                }
                size
            }
            (None, Some(bytes)) => {
                let maps = maps_by_size(bytes);
                job.set("mapreduce.job.maps", maps.to_string());
                bytes / maps
            }
            (None, None) => return,
        };
        // `LocalJobRunner` takes no number of maps, and its file system no blocks but by their size.
        if self
            .options
            .properties
            .get("mapreduce.framework.name")
            .is_some_and(|name| name == "local")
        {
            job.set("fs.local.block.size", size.clamp(1, LOCAL_BLOCK).to_string());
        }
    }

    fn set_codec(
        &self,
        job: &mut Invocation,
        course: &Course<'_>,
        step: &Step,
    ) -> Result<(), HadoopError> {
        let of_run = self.options.output_codec.as_deref().filter(|_| course.may_be_last());
        let Some(name) = step.codec.as_deref().or(of_run).filter(|&name| name != "none") else {
            return Ok(());
        };
        let codec = Codec::from_name(name).ok_or_else(|| {
            unsupported(format!("`{name}` is not the name of a codec of Hadoop's"))
        })?;
        job.set("mapreduce.output.fileoutputformat.compress", "true");
        job.set("mapreduce.output.fileoutputformat.compress.codec", codec.hadoop_class());
        Ok(())
    }

    fn ship(&self, job: &mut Invocation, step: &Step) -> Result<(), InvocationError> {
        job.files.extend(self.program.clone());
        for file in &step.files {
            let shipped = Shipped::local(&file.path, &file.name)?;
            if file.is_archive { &mut job.archives } else { &mut job.files }.push(shipped);
        }
        Ok(())
    }
}

/// Has a step's lines without keys written as they are. A combiner that cannot be had beside them is left out: it only
/// makes the way shorter.
fn write_lines(job: &mut Invocation, step: &Step, number: usize, warnings: &mut Vec<Event>) {
    // With a reducer that does not run, the records are what its mapper gives.
    let reduces = job.reducer.is_some();
    if step.reducer.is_some() && !reduces {
        return;
    }
    // A job's own program was asked before its parts became commands.
    if job.combiner.is_some() && job.property(COMBINER_SEPARATOR).is_none() {
        job.combiner = None;
        let message = format!(
            "step {} runs without its combiner: on Hadoop no command can combine for a reducer that writes lines without \
             keys",
            number + 1
        );
        let slug = "howdah::combiner-left-out".to_owned();
        warnings.push(Event::Warning { slug, message });
    }
    if job.combiner.is_none() {
        let pipe = if reduces { "stream.reduce.output" } else { "stream.map.output" };
        job.set(pipe, "keyonlytext");
    }
}

/// Whether a step's inputs are read file by file: all of them, or none.
fn reads_whole_files(number: usize, step: &Step) -> Result<bool, HadoopError> {
    let is_whole = |input: &&StepInput| input.whole_files;
    let of_step = |input: &StepInput| matches!(input.source, Source::Step(_));
    match step.inputs.iter().filter(is_whole).count() {
        0 => Ok(false),
        whole if whole < step.inputs.len() => Err(unsupported(format!(
            "step {} reads one input file by file and another line by line, and Hadoop has one format for all inputs of \
             a job\nhint: run it here, with `--on local`",
            number + 1
        ))),
        _ if step.inputs.iter().any(of_step) => Err(unsupported(format!(
            "step {} reads what an earlier step wrote file by file, which a cluster cannot do\nhint: run it here, with \
             `--on local`",
            number + 1
        ))),
        _ => Ok(true),
    }
}

/// The one command that maps all inputs of a step.
fn mapper(number: usize, step: &Step) -> Result<Vec<String>, HadoopError> {
    let mut one: Option<Vec<String>> = None;
    for input in &step.inputs {
        check_input(number, input)?;
        let words = words(number, &input.mapper)?;
        match &one {
            Some(other) if *other != words => {
                return Err(unsupported(format!(
                    "step {} maps its inputs by `{}` and `{}`, and Hadoop Streaming has one mapper for all inputs of \
                     a job\nhint: give one command that looks at `mapreduce_map_input_file`",
                    number + 1,
                    other.join(" "),
                    words.join(" ")
                )));
            }
            _ => one = Some(words),
        }
    }
    one.ok_or_else(|| unsupported(format!("step {} reads nothing", number + 1)))
}

/// Whether Hadoop Streaming can read an input as it is to be read.
fn check_input(number: usize, input: &StepInput) -> Result<(), HadoopError> {
    let name = input.source.name();
    // A job's own program runs the filter of its mapper itself.
    match (&input.filter, &input.mapper) {
        (Some(filter), Part::Command(mapper)) => Err(unsupported(format!(
            "step {} maps its input `{name}` by a filter and a command, and Hadoop Streaming has no pipelines\nhint: \
             give one script that runs `{} | {}`",
            number + 1,
            filter.line(),
            mapper.line()
        ))),
        _ => Ok(()),
    }
}

/// The words of a part's command.
fn words<T: ?Sized>(number: usize, part: &Part<T>) -> Result<Vec<String>, HadoopError> {
    match part {
        Part::Command(command) => {
            let text = |word: &OsStr| word.to_str().map(str::to_owned);
            let words: Option<Vec<_>> = command.argv.iter().map(|word| text(word)).collect();
            words.ok_or_else(|| {
                unsupported(format!(
                    "step {}: the command `{}` is not UTF-8, and Hadoop could not be told it",
                    number + 1,
                    command.line()
                ))
            })
        }
        Part::Identity => Ok(vec!["cat".to_owned()]),
        Part::Linked(_) => Err(unsupported(format!(
            "step {} has code that is linked into this program, which a cluster cannot call: it needs a command",
            number + 1
        ))),
    }
}

/// A program as tasks find it: by its file's name.
fn shipped_program(path: &Path) -> Result<Shipped, InvocationError> {
    let name = path.file_name().and_then(OsStr::to_str);
    let name = name.ok_or_else(|| InvocationError::NotText { path: path.to_owned() })?;
    Shipped::local(path, name)
}

pub(crate) fn unsupported(sentence: String) -> HadoopError {
    HadoopErrorKind::Unsupported(sentence).into()
}

#[cfg(test)]
mod tests {
    use howdah_plan::CommandLine;

    use super::*;

    fn command(text: &str) -> CommandLine {
        CommandLine::new(text.split(' '))
    }

    fn word_count() -> Step {
        let mut step = Step::new(
            Part::Command(command("wc map --step 0")),
            Part::Command(command("wc reduce --step 0")),
        );
        step.combiner = Some(Part::Command(command("wc combine --step 0")));
        step
    }

    fn places(step: &Step) -> Places {
        Places {
            inputs: step
                .inputs
                .iter()
                .map(|input| vec![format!("/in/{}", input.source.name())])
                .collect(),
            input_bytes: Some(10 << 20),
            output: "/out".to_owned(),
        }
    }

    fn options() -> HadoopOptions {
        HadoopOptions { program: Some("/bin/wc".into()), ..HadoopOptions::default() }
    }

    fn compose(step: Step, options: &HadoopOptions) -> Result<Composed, HadoopError> {
        let places = places(&step);
        let plan = Plan::new("count", vec![step]);
        let course = Course::new(&plan, 0..=0);
        Composer::new(&plan, options)?.compose(&course, places, &BTreeMap::new())
    }

    #[test]
    fn a_step_with_all_its_parts() {
        let argv = compose(word_count(), &options()).unwrap().invocation.argv().unwrap();
        assert_eq!(
            argv.join(" "),
            "-D mapreduce.job.name=count -D mapreduce.fileoutputcommitter.algorithm.version=1 \
             -D stream.jobconf.truncate.limit=20000 -D howdah.combiner.counters.apart=true -D mapreduce.job.maps=5 \
             -D mapreduce.job.reduces=2 -files /bin/wc#wc -input /in/main \
             -output /out -mapper wc map --step 0 -combiner wc combine --step 0 -reducer wc reduce --step 0"
        );
    }

    #[test]
    fn lines_without_keys_have_no_tab_behind_them() {
        let property = |step: Step, options: &HadoopOptions, name: &str| {
            let composed = compose(step, options).unwrap();
            (composed.invocation.property(name).map(str::to_owned), composed)
        };
        let lines = |mut step: Step| {
            step.output = RecordLayout::Line;
            step
        };
        let own = options();
        let mut linked = lines(word_count());
        linked.properties.insert(COMBINER_SEPARATOR.to_owned(), "<|>".to_owned());
        let (value, composed) = property(linked, &own, "stream.reduce.output");
        assert_eq!(value, None);
        assert!(composed.invocation.combiner.is_some() && composed.warnings.is_empty());

        let mut other = lines(word_count());
        other.combiner = Some(Part::Command(command("sum.py")));
        let (value, composed) = property(other, &own, "stream.reduce.output");
        assert_eq!(value.as_deref(), Some("keyonlytext"));
        assert!(composed.invocation.combiner.is_none());
        assert_eq!(composed.warnings.len(), 1);

        let map_only = lines(Step::map_only(Part::Command(command("wc map"))));
        let (value, composed) = property(map_only, &own, "stream.map.output");
        assert_eq!(value.as_deref(), Some("keyonlytext"));
        assert_eq!(composed.reducers, 0);

        let without = HadoopOptions { reducers: Some(0), ..options() };
        assert_eq!(property(lines(word_count()), &without, "stream.map.output").0, None);
    }

    #[test]
    fn the_number_of_reducers_is_the_plans_whatever_a_property_says() {
        for name in ["mapreduce.job.reduces", "mapred.reduce.tasks"] {
            let mut asked = options();
            asked.properties.insert(name.to_owned(), "5".to_owned());
            let reduces = |step: Step, options: &HadoopOptions| {
                let job = compose(step, options).unwrap().invocation;
                assert_eq!(job.property("mapred.reduce.tasks"), None);
                job.property("mapreduce.job.reduces").unwrap().to_owned()
            };
            assert_eq!(reduces(word_count(), &asked), "5");
            let mut one = word_count();
            one.reducers = Some(1);
            assert_eq!(reduces(one, &asked), "1");
            assert_eq!(reduces(Step::map_only(Part::Identity), &asked), "0");
            asked.reducers = Some(3);
            assert_eq!(reduces(word_count(), &asked), "3");
        }
    }

    #[test]
    fn splits_are_those_of_a_run_here() {
        let sized = HadoopOptions { split_size: Some(3 << 20), ..options() };
        let job = compose(word_count(), &sized).unwrap().invocation;
        assert_eq!(job.property("mapreduce.job.maps"), Some("4"));
        let least = job.property("mapreduce.input.fileinputformat.split.minsize");
        assert_eq!(least, Some("3145728"));
        assert_eq!(job.property("fs.local.block.size"), None);
        // By Hadoop's one process they come by the size of a block.
        let local = BTreeMap::from([("mapreduce.framework.name".to_owned(), "local".to_owned())]);
        for (split_size, block) in [(Some(3 << 20), 3 << 20), (None, (10 << 20) / 5)] {
            let options = HadoopOptions { split_size, properties: local.clone(), ..options() };
            let job = compose(word_count(), &options).unwrap().invocation;
            assert_eq!(job.property("fs.local.block.size"), Some(block.to_string().as_str()));
        }
    }

    #[test]
    fn sorted_values_come_by_the_partitioner_that_streaming_takes_as_an_option() {
        let mut step = word_count();
        (step.sort_values, step.combiner) = (true, None);
        let job = compose(step, &options()).unwrap().invocation;
        assert_eq!(job.property("stream.num.map.output.key.fields"), Some("2"));
        assert_eq!(
            job.partitioner.as_deref(),
            Some("org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner")
        );
        assert!(job.argv().is_ok());
    }

    #[test]
    fn tasks_are_told_which_input_is_theirs() {
        let mut step = word_count();
        let named =
            StepInput::new(Source::Named("users".to_owned()), step.inputs[0].mapper.clone());
        step.inputs.push(named);
        let job = compose(step.clone(), &options()).unwrap().invocation;
        assert_eq!(job.inputs, ["/in/main", "/in/users"]);
        assert_eq!(job.property("howdah.inputs.users"), Some("/in/users"));
        step.inputs[1].mapper = Part::Command(command("other.py"));
        let message = compose(step, &options()).unwrap_err().to_string();
        assert!(message.contains("one mapper for all inputs"), "{message}");
    }

    #[test]
    fn what_a_cluster_cannot_do_is_refused_with_the_way_out() {
        let refused = |change: fn(&mut Step)| {
            let mut step = word_count();
            change(&mut step);
            compose(step, &options()).unwrap_err().to_string()
        };
        let message = refused(|step| step.inputs[0].filter = Some(command("grep x")));
        assert!(message.contains("`grep x | wc map --step 0`"), "{message}");
        let message = refused(|step| {
            step.inputs[0].whole_files = true;
            step.inputs.push(StepInput::new(Source::Named("users".to_owned()), Part::Identity));
        });
        assert!(message.contains("--on local"), "{message}");
        let message = refused(|step| step.codec = Some("rar".to_owned()));
        assert!(message.contains("`rar`"), "{message}");
    }
}
