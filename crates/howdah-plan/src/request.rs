//! What a run asks of a plan, and whether the plan has it: which steps, which inputs; and what any engine is asked
//! beside.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::counters::{Counters, FrameworkCounter};
use crate::plan::{Plan, Repeat, Source};

/// Why a plan cannot be run as it is asked: a sentence, perhaps with a hint in a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError(String);

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RequestError {}

impl Plan {
    /// The steps that run, of those that are asked for: no further than to the last, and loops as a whole.
    ///
    /// `reducers` is the number of reduce tasks that the run gives to steps that do not say.
    ///
    /// ```
    /// use howdah_plan::{Part, Plan, Step};
    ///
    /// let plan = Plan::chain("two", vec![Step::map_only(Part::Identity), Step::map_only(Part::Identity)]);
    /// assert_eq!(plan.steps_to_run(0..=usize::MAX, None), Ok(0..=1));
    /// assert!(plan.steps_to_run(2..=3, None).is_err());
    /// ```
    ///
    /// # Errors
    /// When the plan has no such steps, when they cut a loop, or when a step that others read would not reduce.
    pub fn steps_to_run(
        &self,
        asked: RangeInclusive<usize>,
        reducers: Option<u32>,
    ) -> Result<RangeInclusive<usize>, RequestError> {
        let count = self.steps.len();
        if count == 0 {
            return Err(RequestError("the job has no steps".to_owned()));
        }
        let (first, last) = asked.into_inner();
        let last = last.min(count - 1);
        if first > last {
            return Err(RequestError(format!(
                "there are no steps from {first} to {last}: the job has {count}, counted from 0"
            )));
        }
        let cut = |found: &&Repeat| {
            let inside = |step: usize| (found.first..=found.last).contains(&step);
            inside(first) && first > found.first || inside(last) && last < found.last
        };
        if let Some(found) = self.loops.iter().find(cut) {
            return Err(RequestError(format!(
                "steps {} to {} are a loop: run all of it or none",
                found.first, found.last
            )));
        }
        let is_read_on =
            |step: usize| step < last || self.loops.iter().any(|found| found.last == step);
        let is_robbed =
            |step: usize| self.steps[step].reducer.is_some() && self.steps[step].reducers.is_none();
        if reducers == Some(0) && (first..=last).any(|step| is_read_on(step) && is_robbed(step)) {
            return Err(RequestError(
                "with 0 reducers a step would hand on what its mapper gives, which the next step or round does not \
                 read\nhint: give 1 or more"
                    .to_owned(),
            ));
        }
        Ok(first..=last)
    }

    /// Refuses a run without a folder for its output if these steps have outputs with names.
    ///
    /// # Errors
    /// When they have one.
    pub fn check_named_outputs(
        &self,
        steps: &RangeInclusive<usize>,
        has_folder: bool,
    ) -> Result<(), RequestError> {
        let mut names = self.steps[steps.clone()].iter().flat_map(|step| &step.outputs);
        match names.next() {
            Some(name) if !has_folder => Err(RequestError(format!(
                "the job has an output `{name}` beside its own, which needs a folder: name one with `-o`"
            ))),
            _ => Ok(()),
        }
    }

    /// The job's inputs that these steps read, with the paths that the run gives for each. With a first step that is
    /// not the plan's, `inputs` are what the step before it wrote.
    ///
    /// # Errors
    /// When an input that is read is not given, or one is given that the job does not have.
    pub fn inputs_to_read<'r>(
        &self,
        steps: &RangeInclusive<usize>,
        inputs: &'r [String],
        named: &'r BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<(Source, &'r [String])>, RequestError> {
        let first = *steps.start();
        let known = self.job_inputs();
        let declared: Vec<&str> = known.iter().filter_map(|source| name_of(source)).collect();
        if let Some(unknown) = named.keys().find(|&name| !declared.contains(&name.as_str())) {
            let what = format!("the job has no input named `{unknown}`");
            return Err(if declared.is_empty() {
                RequestError(format!("{what}: give its path without a name"))
            } else {
                with_names(&what, &declared)
            });
        }
        let mut read = Vec::new();
        if first > 0 {
            read.push((Source::Step(first - 1), inputs));
        }
        let is_read = |source: &&Source| {
            let mut inputs = self.steps[steps.clone()].iter().flat_map(|step| &step.inputs);
            inputs.any(|input| input.source == **source)
        };
        for source in known.iter().copied().filter(is_read) {
            match source {
                Source::Main if first == 0 => read.push((Source::Main, inputs)),
                Source::Named(name) => {
                    let paths = named.get(name).ok_or_else(|| {
                        with_names(&format!("the job's input `{name}` is not given"), &declared)
                    })?;
                    read.push((source.clone(), paths));
                }
                Source::Main | Source::Step(_) => {}
            }
        }
        let takes_paths = read.iter().any(|(source, _)| name_of(source).is_none());
        match inputs.first() {
            None if takes_paths => Err(RequestError(
                "no input: name a file, a folder or a glob, or `-` for the standard input"
                    .to_owned(),
            )),
            Some(input) if !takes_paths => {
                let what = format!("the job has no input without a name, as `{input}` is");
                Err(with_names(&what, &declared))
            }
            _ => Ok(read),
        }
    }
}

/// How many records may be rejected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RejectLimit {
    /// So many in the whole run.
    Records(u64),
    /// So many of a hundred that a step reads.
    Percent(f64),
}

impl RejectLimit {
    /// Whether a run may go on that has rejected so many in all, and with these counters in its last step.
    ///
    /// ```
    /// use howdah_plan::{Counters, FrameworkCounter, OWN_COUNTERS, REJECTED, RejectLimit};
    ///
    /// let mut step = Counters::default();
    /// step.add_framework(FrameworkCounter::MapInputRecords, 200);
    /// step.add(OWN_COUNTERS, REJECTED, 3);
    /// assert!(RejectLimit::Percent(1.5).allows(3, &step));
    /// assert!(!RejectLimit::Records(2).allows(3, &step));
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
    pub fn allows(self, rejected: u64, step: &Counters) -> bool {
        let read = step.framework(FrameworkCounter::MapInputRecords);
        match self {
            RejectLimit::Records(most) => rejected <= most,
            RejectLimit::Percent(most) => step.rejected() as f64 * 100.0 <= most * read as f64,
        }
    }
}

impl fmt::Display for RejectLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RejectLimit::Records(most) => write!(f, "{most}"),
            RejectLimit::Percent(most) => write!(f, "{most} %"),
        }
    }
}

/// What a run leaves behind, beside its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    None,
    /// The temporary folder of a run that failed: why it failed, and what its steps have written, the failed attempt
    /// among them.
    Failed,
    /// That, and the output of each step before the last of a run to a folder `OUT`: `OUT.steps/0000`, `0001`, ….
    All,
}

fn name_of(source: &Source) -> Option<&str> {
    match source {
        Source::Named(name) => Some(name),
        Source::Main | Source::Step(_) => None,
    }
}

fn with_names(what: &str, names: &[&str]) -> RequestError {
    let given: Vec<_> = names.iter().map(|name| format!("--input {name}=PATH")).collect();
    RequestError(format!("{what}; its inputs are given by `{}`", given.join(" ")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::{Part, Step, StepInput};
    use crate::rounds::Next;

    fn three_steps() -> Plan {
        let steps = (0..3).map(|_| Step::new(Part::Identity, Part::Identity)).collect();
        Plan::chain("three", steps)
    }

    fn join() -> Plan {
        let mut step = Step::map_only(Part::Identity);
        let named = |name: &str| StepInput::new(Source::Named(name.to_owned()), Part::Identity);
        step.inputs = vec![named("users"), named("visits")];
        Plan::new("join", vec![step])
    }

    #[test]
    fn a_loop_runs_as_a_whole() {
        let mut plan = three_steps();
        plan.loops.push(Repeat::new(1, 2, Source::Step(0), Arc::new(|_| Next::Stop)));
        assert_eq!(plan.steps_to_run(1..=usize::MAX, None), Ok(1..=2));
        for cut in [0..=1, 2..=2] {
            let error = plan.steps_to_run(cut, None).unwrap_err();
            assert_eq!(error.to_string(), "steps 1 to 2 are a loop: run all of it or none");
        }
    }

    #[test]
    fn only_the_last_step_may_go_without_reducers() {
        let plan = three_steps();
        assert!(plan.steps_to_run(0..=2, Some(0)).is_err());
        assert_eq!(plan.steps_to_run(2..=2, Some(0)), Ok(2..=2));
    }

    #[test]
    fn each_input_is_given_once() {
        let (plan, given) = (join(), vec!["u".to_owned()]);
        let mut named = BTreeMap::from([("users".to_owned(), given.clone())]);
        let says = |inputs: &[String], named: &BTreeMap<String, Vec<String>>| {
            plan.inputs_to_read(&(0..=0), inputs, named).unwrap_err().to_string()
        };
        let hint = "its inputs are given by `--input users=PATH --input visits=PATH`";
        assert_eq!(says(&[], &named), format!("the job's input `visits` is not given; {hint}"));
        named.insert("visits".to_owned(), given.clone());
        assert_eq!(
            says(&given, &named),
            format!("the job has no input without a name, as `u` is; {hint}")
        );
        let read = plan.inputs_to_read(&(0..=0), &[], &named).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0], (Source::Named("users".to_owned()), &given[..]));
        named.insert("other".to_owned(), given.clone());
        assert_eq!(says(&[], &named), format!("the job has no input named `other`; {hint}"));
    }

    #[test]
    fn a_later_step_reads_what_the_one_before_wrote() {
        let (plan, given) = (three_steps(), vec!["OUT.steps/0000".to_owned()]);
        let none = BTreeMap::new();
        let read = plan.inputs_to_read(&(1..=2), &given, &none).unwrap();
        assert_eq!(read, [(Source::Step(0), &given[..])]);
        assert!(plan.inputs_to_read(&(1..=2), &[], &none).is_err());
    }
}
