//! The way through a plan: which step is next, in which round of which loops, and who reads what a step has written.
//!
//! Every engine goes this way; what a step does on it is the engine's.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::counters::Counters;
use crate::error::TaskError;
use crate::event::Event;
use crate::plan::{Plan, Repeat, Source};
use crate::rounds::{Next, Round, RoundResults};

/// Where a run is among its plan's steps and loops.
///
/// ```
/// use std::collections::BTreeMap;
/// use howdah_plan::{Counters, Course, Onward, Part, Plan, Source, Step};
///
/// let plan = Plan::chain("two", vec![Step::map_only(Part::Identity), Step::map_only(Part::Identity)]);
/// let mut course = Course::new(&plan, 0..=1);
/// assert_eq!((course.step(), course.may_be_last()), (0, false));
/// let (counted, mut set) = (Counters::default(), BTreeMap::new());
/// let onward = course.finish_step(&counted, &mut set, |_| {})?;
/// assert!(matches!(onward, Onward::ReadAs(written) if written.source == Source::Step(0)));
/// assert_eq!((course.step(), course.may_be_last()), (1, true));
/// assert_eq!(course.finish_step(&counted, &mut set, |_| {})?, Onward::Output);
/// # Ok::<(), howdah_plan::course::RoundError>(())
/// ```
#[derive(Debug)]
pub struct Course<'p> {
    plan: &'p Plan,
    /// The last step that runs.
    last: usize,
    step: usize,
    /// For each loop of the plan its round, from 1, and what its mappers and reducers counted in it.
    rounds: Vec<(u32, Counters)>,
}

/// What becomes of what a step has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// Steps to come read it.
    ReadAs(WrittenAs),
    /// It is the job's output: no step is left.
    Output,
}

/// As what others read the records that a step has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenAs {
    /// What they name as their source.
    pub source: Source,
    /// The loop, by its number in the plan, whose next round reads it in the place of the source; others read the
    /// source itself.
    pub round_of: Option<usize>,
}

/// Why a run does not go on after a step that has succeeded: its loop has failed, or the job's code has panicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundError {
    /// The round, from 1.
    pub round: u32,
    /// The reason, as a sentence.
    pub reason: String,
}

impl fmt::Display for RoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the job's loop failed after round {}: {}", self.round, self.reason)
    }
}

impl std::error::Error for RoundError {}

impl<'p> Course<'p> {
    /// The way from the first to the last of these steps, which [`Plan::steps_to_run`] has found right.
    pub fn new(plan: &'p Plan, steps: RangeInclusive<usize>) -> Self {
        let rounds = plan.loops.iter().map(|_| (1, Counters::default())).collect();
        Course { plan, last: *steps.end(), step: *steps.start(), rounds }
    }

    /// The number of the step at hand.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Whether the step at hand may be the one that writes the job's output.
    pub fn may_be_last(&self) -> bool {
        self.step == self.last
    }

    /// The round of the innermost loop around the step at hand.
    pub fn round(&self) -> Option<u32> {
        let number = self.loops_around().next()?;
        Some(self.rounds[number].0)
    }

    /// What the step at hand is called among all that run: its number, and its rounds from the outside in, as
    /// `0002.0001`.
    pub fn name(&self) -> String {
        let mut name = format!("{:04}", self.step);
        let around: Vec<_> = self.loops_around().collect();
        for number in around.into_iter().rev() {
            let _ = write!(name, ".{:04}", self.rounds[number].0); // to a string: it cannot fail
        }
        name
    }

    /// Goes on behind the step at hand, which has succeeded: to another round, to the next step, or to the end.
    ///
    /// `decisive` is what its mappers and reducers have counted. The job's looks at counters are asked; the properties
    /// that they set go into `set`, and what they say is told.
    ///
    /// # Errors
    /// When a loop says that the job has failed, or the job's code panics.
    pub fn finish_step(
        &mut self,
        decisive: &Counters,
        set: &mut BTreeMap<String, String>,
        mut tell: impl FnMut(Event),
    ) -> Result<Onward, RoundError> {
        let step = self.step;
        let mut take = |round: Option<u32>, results: RoundResults| {
            set.extend(results.properties);
            if round.is_some() || results.message.is_some() {
                tell(Event::RoundFinished { step, round, message: results.message });
            }
        };
        let around: Vec<_> = self.loops_around().collect();
        for number in around {
            self.rounds[number].1.merge(decisive);
        }
        if let Some(look) = &self.plan.steps[self.step].after {
            let ((), results) = asked(1, decisive, |round| look(round))?;
            take(None, results);
        }
        for number in self.loops_that_end() {
            let found = &self.plan.loops[number];
            let (round, counters) = &self.rounds[number];
            let round = *round;
            let (next, results) = asked(round, counters, |round| (found.decide)(round))?;
            take(Some(round), results);
            match next {
                Next::Again => {
                    self.rounds[number] = (round + 1, Counters::default());
                    self.step = found.first;
                    let source = found.carried.clone();
                    return Ok(Onward::ReadAs(WrittenAs { source, round_of: Some(number) }));
                }
                // It may be entered again in the next round of one around it.
                Next::Stop => self.rounds[number] = (1, Counters::default()),
                Next::Fail(reason) => return Err(RoundError { round, reason }),
            }
        }
        let source = Source::Step(self.step);
        if self.step == self.last {
            return Ok(Onward::Output);
        }
        self.step += 1;
        Ok(Onward::ReadAs(WrittenAs { source, round_of: None }))
    }

    /// The loops that end with the step at hand, from the inside out.
    fn loops_that_end(&self) -> Vec<usize> {
        let ends = |found: &Repeat| found.last == self.step;
        (0..self.plan.loops.len()).filter(|&number| ends(&self.plan.loops[number])).collect()
    }

    /// Whether the step at hand is in a loop, and in another round of it than the first.
    fn is_further_round(&self, number: usize) -> bool {
        self.rounds[number].0 > 1 && self.loops_around().any(|around| around == number)
    }

    /// Whether a source itself can still be read: by a step to come, or by one of a loop that goes on. The further
    /// rounds of a loop read something else in its place; a loop in a loop is entered anew.
    fn may_read(&self, source: &Source) -> bool {
        let from = match self.loops_around().last() {
            None => self.step,
            Some(outermost) => {
                let found = &self.plan.loops[outermost];
                let reads_other = found.carried == *source && self.is_further_round(outermost);
                if reads_other { found.last + 1 } else { found.first }
            }
        };
        let steps = self.plan.steps.get(from..=self.last).unwrap_or_default();
        steps.iter().flat_map(|step| &step.inputs).any(|input| input.source == *source)
    }

    /// The loops around the step at hand, from the inside out.
    fn loops_around(&self) -> impl Iterator<Item = usize> {
        let contains = |found: &Repeat| (found.first..=found.last).contains(&self.step);
        (0..self.plan.loops.len()).filter(move |&number| contains(&self.plan.loops[number]))
    }
}

/// Asks the job's code about a round; a panic is a failure of the job.
fn asked<T>(
    number: u32,
    counters: &Counters,
    ask: impl FnOnce(&mut Round<'_>) -> T,
) -> Result<(T, RoundResults), RoundError> {
    let mut round = Round::new(number, counters);
    // What the code held is dropped with the run, so nothing that a panic left half done is looked at again.
    match catch_unwind(AssertUnwindSafe(|| ask(&mut round))) {
        Ok(answer) => Ok((answer, round.finish())),
        Err(panic) => {
            Err(RoundError { round: number, reason: TaskError::panic(&*panic).to_string() })
        }
    }
}

/// What steps have written that others still read. A loop's rounds take each other's place.
#[derive(Debug)]
pub struct Written<T>(Vec<(WrittenAs, T)>);

impl<T> Default for Written<T> {
    fn default() -> Self {
        Written(Vec::new())
    }
}

impl<T> Written<T> {
    /// Keeps what a step has written for those that read it, once the course has gone on; gives what nobody reads any
    /// more.
    pub fn keep(&mut self, course: &Course<'_>, written_as: WrittenAs, what: T) -> Vec<T> {
        let is_needed = |other: &WrittenAs| {
            *other != written_as
                && match other.round_of {
                    Some(number) => course.is_further_round(number),
                    None => course.may_read(&other.source),
                }
        };
        let all = std::mem::take(&mut self.0);
        let (needed, done): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(other, _)| is_needed(other));
        self.0 = needed;
        self.0.push((written_as, what));
        done.into_iter().map(|(_, what)| what).collect()
    }

    /// What a step has written that the step at hand reads as a source.
    pub fn find(&self, course: &Course<'_>, source: &Source) -> Option<&T> {
        let found = |round_of: Option<usize>| {
            let is_it = |(written, _): &&(WrittenAs, T)| {
                written.source == *source && written.round_of == round_of
            };
            self.0.iter().find(is_it).map(|(_, what)| what)
        };
        course.loops_around().find_map(|number| found(Some(number))).or_else(|| found(None))
    }

    /// Everything that is still kept, from the oldest.
    pub fn take_all(&mut self) -> Vec<T> {
        std::mem::take(&mut self.0).into_iter().map(|(_, what)| what).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::plan::{Part, Step};
    use crate::rounds::Decide;

    use super::*;

    /// Five steps; 1 to 3 are a loop, and 2 to 3 one in it.
    fn plan() -> Plan {
        let steps = (0..5).map(|_| Step::map_only(Part::Identity)).collect();
        let mut plan = Plan::chain("loops", steps);
        let decide: Decide = Arc::new(|_| Next::Stop);
        plan.loops.push(Repeat::new(2, 3, Source::Step(1), Arc::clone(&decide)));
        plan.loops.push(Repeat::new(1, 3, Source::Step(0), decide));
        plan
    }

    /// Finishes the step at hand; gives what it has written, and where the course is then.
    fn finish(course: &mut Course<'_>) -> Option<WrittenAs> {
        let mut counters = Counters::default();
        counters.add("Loops", "steps", 1);
        match course.finish_step(&counters, &mut BTreeMap::new(), |_| {}).unwrap() {
            Onward::ReadAs(written) => Some(written),
            Onward::Output => None,
        }
    }

    #[test]
    fn rounds_are_counted_from_the_inside_out() {
        let mut plan = plan();
        // Of the inner loop two rounds each, of the outer one two.
        let twice: Decide =
            Arc::new(|round| if round.number() < 2 { Next::Again } else { Next::Stop });
        plan.loops[0].decide = Arc::clone(&twice);
        plan.loops[1].decide = Arc::new(|round| {
            assert_eq!(round.counter("Loops", "steps"), 5, "in both rounds of the inner loop");
            if round.number() < 2 { Next::Again } else { Next::Stop }
        });
        let mut course = Course::new(&plan, 0..=4);
        let mut names = Vec::new();
        let mut rounds = Vec::new();
        loop {
            names.push(course.name());
            rounds.push(course.round());
            let Some(written) = finish(&mut course) else { break };
            if let Some(number) = written.round_of {
                assert_eq!(written.source, plan.loops[number].carried);
            }
        }
        let round =
            ["0001.000N", "0002.000N.0001", "0003.000N.0001", "0002.000N.0002", "0003.000N.0002"];
        let of = |number: &str| round.map(|name| name.replace('N', number)).to_vec();
        let expected = [vec!["0000".to_owned()], of("1"), of("2"), vec!["0004".to_owned()]];
        assert_eq!(names, expected.concat());
        assert_eq!((rounds[0], rounds[1], rounds[4], rounds[6]), (None, Some(1), Some(2), Some(2)));
    }

    #[test]
    fn what_a_loop_reads_is_kept_until_it_ends() {
        let plan = plan();
        let mut course = Course::new(&plan, 0..=4);
        for (step, still) in [(0, true), (1, true), (2, true), (3, true), (4, false)] {
            assert_eq!(course.step, step);
            assert_eq!(course.may_read(&Source::Step(0)), still, "at step {step}");
            finish(&mut course);
        }
    }

    #[test]
    fn each_reads_what_was_written_for_it_and_the_rest_is_given_up() {
        let mut plan = plan();
        plan.loops.truncate(1); // steps 2 to 3, which read step 1
        plan.loops[0].decide =
            Arc::new(|round| if round.number() < 3 { Next::Again } else { Next::Stop });
        let mut course = Course::new(&plan, 0..=4);
        let mut written = Written::default();
        let mut given_up = Vec::new();
        loop {
            let name = course.name();
            let Some(written_as) = finish(&mut course) else { break };
            given_up.extend(written.keep(&course, written_as, name.clone()));
            let source = &plan.steps[course.step()].inputs[0].source;
            assert_eq!(written.find(&course, source), Some(&name));
        }
        assert_eq!(
            given_up,
            ["0000", "0001", "0002.0001", "0003.0001", "0002.0002", "0003.0002", "0002.0003"]
        );
        assert_eq!(written.take_all(), ["0003.0003"]);
    }

    #[test]
    fn a_panic_of_the_jobs_code_fails_the_loop() {
        let mut plan = plan();
        plan.steps[0].after = Some(Arc::new(|_| panic!("as asked")));
        let mut course = Course::new(&plan, 0..=4);
        let error =
            course.finish_step(&Counters::default(), &mut BTreeMap::new(), |_| {}).unwrap_err();
        assert_eq!(error.reason, "the job's code panicked: as asked");
    }
}
