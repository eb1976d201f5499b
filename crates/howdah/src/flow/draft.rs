//! A plan that is being written: steps that refer to each other by number, whatever is put before them later.

use howdah_plan::{Repeat, Source, Step};

/// Steps and loops so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) steps: Vec<Step>,
    pub(super) loops: Vec<Repeat>,
}

impl Draft {
    /// Adds a step; gives where its output is read from.
    pub(super) fn push(&mut self, step: Step) -> Source {
        self.steps.push(step);
        Source::Step(self.steps.len() - 1)
    }

    /// Puts another draft behind this one; gives what to add to the numbers of its steps.
    pub(super) fn append(&mut self, mut other: Draft) -> usize {
        let offset = self.steps.len();
        other.renumber(|step| step + offset);
        self.take_in(other);
        offset
    }

    /// The same, where what the other draft knows as `source` is known here as `by`.
    pub(super) fn append_replacing(&mut self, mut other: Draft, source: &Source, by: &Source) {
        let offset = self.steps.len();
        other.renumber(|step| step + offset);
        other.replace(source, by);
        self.take_in(other);
    }

    /// Adds the steps and loops of another draft, whose numbers are right already.
    pub(super) fn take_in(&mut self, mut other: Draft) {
        self.steps.append(&mut other.steps);
        self.loops.append(&mut other.loops);
    }

    /// Moves the steps that do not depend on `source`, with their loops, to a draft of their own.
    ///
    /// A loop's body lies together: all of it depends on what the loop carries, or none.
    pub(super) fn split_off_independent(&mut self, source: &Source) -> (Draft, Vec<usize>) {
        let mut depends: Vec<bool> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let by_input = step.inputs.iter().any(|input| match &input.source {
                found if found == source => true,
                Source::Step(step) => depends[*step],
                _ => false,
            });
            depends.push(by_input);
        }
        let (mut independent, mut dependent) = (0, depends.iter().filter(|is| !**is).count());
        let numbers: Vec<usize> = depends
            .iter()
            .map(|&depends| {
                let next = if depends { &mut dependent } else { &mut independent };
                *next += 1;
                *next - 1
            })
            .collect();
        self.renumber(|step| numbers[step]);
        let mut before = Draft::default();
        let steps = std::mem::take(&mut self.steps);
        for (step, depends) in steps.into_iter().zip(depends) {
            if depends { &mut self.steps } else { &mut before.steps }.push(step);
        }
        let boundary = before.steps.len();
        let loops = std::mem::take(&mut self.loops);
        (before.loops, self.loops) = loops.into_iter().partition(|found| found.last < boundary);
        (before, numbers)
    }

    /// Puts a source in the place of another.
    fn replace(&mut self, source: &Source, by: &Source) {
        let inputs = self.steps.iter_mut().flat_map(|step| &mut step.inputs);
        let carried = self.loops.iter_mut().map(|found| &mut found.carried);
        for found in inputs.map(|input| &mut input.source).chain(carried) {
            if found == source {
                *found = by.clone();
            }
        }
    }

    /// Whether a step reads a source.
    pub(super) fn reads(&self, source: &Source) -> bool {
        self.steps.iter().flat_map(|step| &step.inputs).any(|input| input.source == *source)
    }

    fn renumber(&mut self, number: impl Fn(usize) -> usize) {
        let inputs = self.steps.iter_mut().flat_map(|step| &mut step.inputs);
        let carried = self.loops.iter_mut().map(|found| &mut found.carried);
        for source in inputs.map(|input| &mut input.source).chain(carried) {
            if let Source::Step(step) = source
                && *step != usize::MAX
            {
                *step = number(*step);
            }
        }
        for found in &mut self.loops {
            (found.first, found.last) = (number(found.first), number(found.last));
        }
    }
}
