//! A run: its steps, one after the other, and its loops.

use std::collections::BTreeMap;
use std::sync::Arc;

use howdah_plan::{Counters, Next, Plan, Repeat, Round, RoundResults, Source, TaskError};

use super::Test;
use super::input::FileLines;
use super::ran::Results;
use super::step::{StepRun, Written};
use super::way::Way;

/// The most rounds of a loop: one that has more will never stop.
const MOST_ROUNDS: u32 = 10_000;

/// Runs a test in one way.
pub(super) fn run(test: &Test, way: Way) -> Result<Results, TaskError> {
    test.verify()?;
    let mut engine = Engine::new(test, way);
    let mut at = 0;
    while at < test.plan.steps.len() {
        engine.step(at)?;
        at = engine.next(at)?;
    }
    Ok(engine.results)
}

/// A run that is under way.
struct Engine<'t> {
    test: &'t Test,
    plan: &'t Plan,
    way: Way,
    /// The state of each loop, in the plan's order.
    loops: Vec<Loop>,
    /// Properties that rounds have set.
    set: BTreeMap<String, String>,
    results: Results,
}

/// Where a loop is.
#[derive(Debug)]
struct Loop {
    /// The round at hand, from 1.
    round: u32,
    /// Those of the round at hand.
    counters: Counters,
}

impl Loop {
    fn new() -> Self {
        Loop { round: 1, counters: Counters::default() }
    }
}

impl<'t> Engine<'t> {
    fn new(test: &'t Test, way: Way) -> Self {
        let plan = &test.plan;
        let mut results = Results::default();
        results.steps.resize_with(plan.steps.len(), Vec::new);
        results.rounds.resize(plan.loops.len(), 0);
        let by_place = |&found: &usize| {
            let Repeat { first, last, .. } = plan.loops[found];
            (first, usize::MAX - last, usize::MAX - found)
        };
        results.first_loop = (0..plan.loops.len()).min_by_key(by_place);
        let loops = plan.loops.iter().map(|_| Loop::new()).collect();
        Engine { test, plan, way, loops, set: BTreeMap::new(), results }
    }

    /// Runs a step.
    fn step(&mut self, at: usize) -> Result<(), TaskError> {
        let step = &self.plan.steps[at];
        let mut properties = self.test.properties.clone();
        properties.extend(step.properties.clone());
        properties.extend(self.set.clone());
        let run = StepRun {
            number: at,
            step,
            way: self.way,
            properties: Arc::new(properties),
            written: Written::default(),
        };
        let inputs = step.inputs.iter().map(|input| self.read(&input.source));
        let written = run.run(&inputs.collect::<Vec<_>>())?;
        if let Some(hook) = &step.after {
            let mut round = Round::new(1, &written.counters);
            hook(&mut round);
            self.heed(round.finish());
        }
        self.take(at, written);
        Ok(())
    }

    /// The files of a step's input at this moment: one at least.
    fn read(&self, source: &Source) -> Vec<FileLines<'_>> {
        let uri = self.test.file.as_deref();
        match self.source_now(source) {
            Source::Step(step) => {
                let lines = self.results.steps[step].iter().map(|line| line.bytes.as_slice());
                vec![FileLines { uri: None, lines: lines.collect() }]
            }
            input => match self.test.inputs.get(&input) {
                Some(given) => given.files(uri),
                None => vec![FileLines { uri, lines: Vec::new() }],
            },
        }
    }

    /// What a source is in the round at hand: what a loop carries is the output of its last step, but for the first
    /// round. Where two loops carry the same, the inner one decides if it is beyond its first round. A loop that has
    /// ended is back at its first.
    fn source_now(&self, source: &Source) -> Source {
        let mut loops = self.plan.loops.iter().zip(&self.loops);
        let again = loops.find(|(found, state)| found.carried == *source && state.round > 1);
        again.map_or_else(|| source.clone(), |(found, _)| Source::Step(found.last))
    }

    /// Takes what a step wrote.
    fn take(&mut self, at: usize, written: Written) {
        for (found, state) in self.plan.loops.iter().zip(&mut self.loops) {
            if holds(found, at) {
                state.counters.merge(&written.counters);
            }
        }
        self.results.counters.merge(&written.counters);
        self.results.side.append(written.side);
        self.results.steps[at] = written.lines;
    }

    /// Takes what a look at counters left.
    fn heed(&mut self, left: RoundResults) {
        self.set.extend(left.properties);
        self.results.messages.extend(left.message);
    }

    /// The step that is next: the first one of a loop that goes on, or the one behind.
    fn next(&mut self, at: usize) -> Result<usize, TaskError> {
        for (number, found) in self.plan.loops.iter().enumerate() {
            if found.last == at && self.goes_on(number)? {
                return Ok(found.first);
            }
        }
        Ok(at + 1)
    }

    /// Ends a loop's round; says whether there is another.
    fn goes_on(&mut self, number: usize) -> Result<bool, TaskError> {
        let found = &self.plan.loops[number];
        let Loop { round: at, counters } = std::mem::replace(&mut self.loops[number], Loop::new());
        let mut round = Round::new(at, &counters);
        let next = (found.decide)(&mut round);
        self.heed(round.finish());
        self.results.rounds[number] += 1;
        match next {
            Next::Again if at >= MOST_ROUNDS => Err(endless(found)),
            Next::Again => {
                self.loops[number].round = at + 1;
                Ok(true)
            }
            Next::Stop => Ok(false),
            Next::Fail(reason) => {
                Err(TaskError::job(format!("the loop fails after round {at}: {reason}")))
            }
        }
    }
}

/// Whether a step is in a loop's body.
fn holds(found: &Repeat, step: usize) -> bool {
    (found.first..=found.last).contains(&step)
}

fn endless(found: &Repeat) -> TaskError {
    let (first, last) = (found.first + 1, found.last + 1);
    let steps = if first == last {
        format!("step {first}")
    } else {
        format!("the steps {first} to {last}")
    };
    TaskError::engine(format!(
        "the loop over {steps} has not stopped after {MOST_ROUNDS} rounds: let its decision give `Next::Stop`, or \
         `Next::Fail` at a limit of its own"
    ))
}
