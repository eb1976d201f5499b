//! Where a run is among its plan's steps and loops.

use std::fmt::Write;
use std::ops::RangeInclusive;

use howdah_plan::{Counters, Plan, Repeat, Source};

/// The way through a plan: which step is next, in which round of which loops.
pub(super) struct Course<'p> {
    plan: &'p Plan,
    /// The last step that runs.
    last: usize,
    pub(super) step: usize,
    /// For each loop of the plan its round, from 1, and what its mappers and reducers counted in it.
    rounds: Vec<(u32, Counters)>,
}

impl<'p> Course<'p> {
    pub(super) fn new(plan: &'p Plan, steps: RangeInclusive<usize>) -> Self {
        let rounds = plan.loops.iter().map(|_| (1, Counters::default())).collect();
        Course { plan, last: *steps.end(), step: *steps.start(), rounds }
    }

    /// Whether the step at hand may be the one that writes the job's output.
    pub(super) fn may_be_last(&self) -> bool {
        self.step == self.last
    }

    /// The round of the innermost loop around the step at hand.
    pub(super) fn round(&self) -> Option<u32> {
        let number = self.loops_around().next()?;
        Some(self.rounds[number].0)
    }

    /// What the step at hand is called among all that run: its number, and its rounds from the outside in.
    pub(super) fn name(&self) -> String {
        let mut name = format!("{:04}", self.step);
        let around: Vec<_> = self.loops_around().collect();
        for number in around.into_iter().rev() {
            let _ = write!(name, ".{:04}", self.rounds[number].0); // to a string: it cannot fail
        }
        name
    }

    /// Adds what the step at hand has counted to the loops around it.
    pub(super) fn count(&mut self, counters: &Counters) {
        let around: Vec<_> = self.loops_around().collect();
        for number in around {
            self.rounds[number].1.merge(counters);
        }
    }

    /// The loops that end with the step at hand, from the inside out.
    pub(super) fn loops_that_end(&self) -> Vec<usize> {
        let ends = |found: &Repeat| found.last == self.step;
        (0..self.plan.loops.len()).filter(|&number| ends(&self.plan.loops[number])).collect()
    }

    /// A loop, its round, and what was counted in it.
    pub(super) fn at(&self, number: usize) -> (&'p Repeat, u32, &Counters) {
        let (round, counters) = &self.rounds[number];
        (&self.plan.loops[number], *round, counters)
    }

    /// Begins another round of a loop.
    pub(super) fn again(&mut self, number: usize) {
        let round = &mut self.rounds[number];
        *round = (round.0 + 1, Counters::default());
        self.step = self.plan.loops[number].first;
    }

    /// Leaves a loop, which may be entered again in the next round of one around it.
    pub(super) fn leave(&mut self, number: usize) {
        self.rounds[number] = (1, Counters::default());
    }

    /// Goes on behind the step at hand; `false` if it was the last.
    pub(super) fn advance(&mut self) -> bool {
        self.step += 1;
        self.step <= self.last
    }

    /// Whether the step at hand is in a loop, and in another round of it than the first.
    pub(super) fn is_further_round(&self, number: usize) -> bool {
        self.rounds[number].0 > 1 && self.loops_around().any(|around| around == number)
    }

    /// Whether a source itself can still be read: by a step to come, or by one of a loop that goes on. The further
    /// rounds of a loop read something else in its place; a loop in a loop is entered anew.
    pub(super) fn may_read(&self, source: &Source) -> bool {
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
    pub(super) fn loops_around(&self) -> impl Iterator<Item = usize> {
        let contains = |found: &Repeat| (found.first..=found.last).contains(&self.step);
        (0..self.plan.loops.len()).filter(move |&number| contains(&self.plan.loops[number]))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use howdah_plan::{Next, Part, Step};

    use super::*;

    /// Five steps; 1 to 3 are a loop, and 2 to 3 one in it.
    fn plan() -> Plan {
        let steps = (0..5).map(|_| Step::map_only(Part::Identity)).collect();
        let mut plan = Plan::chain("loops", steps);
        let decide: howdah_plan::Decide = Arc::new(|_| Next::Stop);
        plan.loops.push(Repeat::new(2, 3, Source::Step(1), Arc::clone(&decide)));
        plan.loops.push(Repeat::new(1, 3, Source::Step(0), decide));
        plan
    }

    #[test]
    fn rounds_are_counted_from_the_inside_out() {
        let plan = plan();
        let mut course = Course::new(&plan, 0..=4);
        assert_eq!((course.name(), course.round()), ("0000".to_owned(), None));
        assert!(course.advance() && course.advance());
        course.again(0);
        assert_eq!((course.name(), course.round()), ("0002.0001.0002".to_owned(), Some(2)));
        assert!(course.advance());
        assert_eq!(course.loops_that_end(), [0, 1]);
        course.leave(0);
        course.again(1);
        assert_eq!((course.name(), course.step), ("0001.0002".to_owned(), 1));
    }

    #[test]
    fn what_a_loop_reads_is_kept_until_it_ends() {
        let plan = plan();
        let mut course = Course::new(&plan, 0..=4);
        for (step, still) in [(0, true), (1, true), (2, true), (3, true), (4, false)] {
            assert_eq!(course.step, step);
            assert_eq!(course.may_read(&Source::Step(0)), still, "at step {step}");
            course.advance();
        }
        assert!(!course.may_read(&Source::Step(3)));
    }
}
