//! A job in many ways, each of which must give the same.

use std::error::Error;
use std::fmt;

use howdah_plan::{Plan, TaskError};

use super::Test;
use super::difference::{self, Difference};
use super::engine;
use super::ran::{Ran, Results};
use super::step::reduce_tasks;
use super::way::{Combining, Splits, Values, Way};

/// What everything is compared with: one split of each file and one reduce task, and the combiner never runs.
const PLAIN: Way = Way {
    splits: Splits::Whole,
    values: Values::AsEmitted,
    combining: Combining::Never,
    several_reducers: false,
};

const CHANCE: &str = "the job depends on something beside its input: on time, on random numbers, or on the order in \
                      which a `HashMap` gives its entries";
const ORDER: &str = "the reducer depends on the order of values, which Hadoop does not promise: sort them, or say \
                     `sort_values`";
const SPLITS: &str = "the mapper keeps state from record to record across splits, where each split has a mapper of its \
                      own; or the reducer does not put together what several mappers give";
const EMPTY: &str =
    "the mapper gives something where it read nothing, as it does for an empty file";
const REDUCERS: &str = "the reducer keeps state from key to key, where each of several reduce tasks has some of the \
                        keys only: say `reducers(1)` if it must have all";
const COMBINER: &str = "the combiner changes the result: it must not matter how often it runs, nor over which of a \
                        key's values (a mean of means is not the mean: combine sums and counts)";
const TOGETHER: &str =
    "the mapper, the combiner or the reducer depends on how its input is cut up or ordered";
const DIGITS: &str = "floats were added in another order, which changes their last digits: test with numbers whose \
                      sums are exact, such as 0.5";

/// A way to run the job, and what it means if that gives something else.
struct Trial {
    /// What is done otherwise: "… when `when`".
    when: &'static str,
    way: Way,
    meaning: &'static str,
}

/// Runs a test in all ways.
pub(super) fn check(test: &Test) -> Result<Ran, CheckError> {
    let usual = engine::run(test, Way::default())?;
    let never = Trial { when: "the combiner never runs", way: PLAIN, meaning: COMBINER };
    let plain = never.run(test)?;
    for trial in trials(&test.plan) {
        trial.hold_against(&plain, test)?;
    }
    Ok(Ran::new(usual))
}

/// Each part by itself first, so that what differs tells which part it is; then all together.
fn trials(plan: &Plan) -> Vec<Trial> {
    let mut trials = vec![Trial { when: "the job runs once more", way: PLAIN, meaning: CHANCE }];
    let is_reduced = plan.steps.iter().any(|step| step.reducer.is_some());
    let is_combined = plan.steps.iter().any(|step| step.combiner.is_some());
    let is_folded = plan.steps.iter().any(|step| step.fold.is_some());
    if is_reduced {
        trials.extend(orders());
    }
    trials.extend(cuts());
    if is_reduced {
        let way = Way { several_reducers: true, ..PLAIN };
        trials.push(Trial { when: "there are several reduce tasks", way, meaning: REDUCERS });
    }
    if is_combined {
        trials.extend(combinings());
    }
    if is_folded {
        trials.extend(tables());
    }
    if is_reduced {
        trials.extend(together());
    }
    trials
}

fn orders() -> impl Iterator<Item = Trial> {
    let ways = [
        ("the values of each key come in reverse order", Values::Reversed),
        ("the values of each key come in another order", Values::Shuffled(1)),
        ("the values of each key come in another order", Values::Shuffled(2)),
        ("the values of each key come in another order", Values::Shuffled(3)),
    ];
    let trial = |(when, values)| Trial { when, way: Way { values, ..PLAIN }, meaning: ORDER };
    ways.into_iter().map(trial)
}

fn cuts() -> impl Iterator<Item = Trial> {
    let ways = [
        ("there are splits without lines", Splits::EmptyOnes, EMPTY),
        ("each input file is cut into 2 splits", Splits::Parts(2), SPLITS),
        ("each input file is cut into 3 splits", Splits::Parts(3), SPLITS),
        ("each line is a split of its own", Splits::EachLine, SPLITS),
    ];
    let trial = |(when, splits, meaning)| Trial { when, way: Way { splits, ..PLAIN }, meaning };
    ways.into_iter().map(trial)
}

fn combinings() -> impl Iterator<Item = Trial> {
    combined([
        ("the combiner runs over all values of each key", Combining::All),
        ("the combiner runs over the first half of each key's values", Combining::FirstHalf),
        ("the combiner runs over the second half of each key's values", Combining::SecondHalf),
        ("the combiner runs over each value by itself", Combining::Each),
        ("the combiner runs over halves, and over what it gave for them", Combining::Twice),
    ])
}

fn tables() -> impl Iterator<Item = Trial> {
    combined([
        ("a table of accumulators takes all values", Combining::Table),
        ("two tables take half of the values each, and are combined", Combining::TwoTables),
    ])
}

fn combined<const N: usize>(ways: [(&'static str, Combining); N]) -> impl Iterator<Item = Trial> {
    let trial =
        |(when, combining)| Trial { when, way: Way { combining, ..PLAIN }, meaning: COMBINER };
    ways.into_iter().map(trial)
}

fn together() -> impl Iterator<Item = Trial> {
    let ways = [
        (Splits::Parts(2), Combining::Twice),
        (Splits::Parts(3), Combining::TwoTables),
        (Splits::EachLine, Combining::Each),
    ];
    (4..).zip(ways).map(|(seed, (splits, combining))| Trial {
        when: "splits, the order of values, the combiner's runs and the number of reduce tasks change at once",
        way: Way { splits, combining, values: Values::Shuffled(seed), several_reducers: true },
        meaning: TOGETHER,
    })
}

impl Trial {
    /// Runs the job in this way, in which it must not fail.
    fn run(&self, test: &Test) -> Result<Results, CheckError> {
        engine::run(test, self.way).map_err(|error| self.found(Found::Failure(error), self.meaning))
    }

    /// Runs the job in this way, and compares.
    fn hold_against(&self, plain: &Results, test: &Test) -> Result<(), CheckError> {
        let other = self.run(test)?;
        let last = test.plan.steps.last();
        let in_order = last.is_some_and(|step| reduce_tasks(step, self.way) == 1);
        match difference::between(&test.plan, plain, &other, in_order) {
            None => Ok(()),
            Some(found) => {
                let meaning = if found.is_of_last_digits() { DIGITS } else { self.meaning };
                Err(self.found(Found::Difference(found), meaning))
            }
        }
    }

    fn found(&self, found: Found, meaning: &'static str) -> CheckError {
        CheckError(Box::new(Kind::Otherwise { when: self.when, found, meaning }))
    }
}

/// Why [`Test::check`](super::Test::check) does not hold a job for right.
///
/// `Debug` gives the same text as `Display`, so that it can be read where a test unwraps it.
pub struct CheckError(Box<Kind>);

enum Kind {
    /// The job fails in any case.
    Fails(TaskError),
    /// It gives something else in one of the ways.
    Otherwise { when: &'static str, found: Found, meaning: &'static str },
}

enum Found {
    Difference(Difference),
    Failure(TaskError),
}

impl From<TaskError> for CheckError {
    fn from(error: TaskError) -> Self {
        CheckError(Box::new(Kind::Fails(error)))
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Fails(error) => write!(f, "{error}"),
            Kind::Otherwise { when, found, meaning } => {
                match found {
                    Found::Difference(found) => {
                        write!(f, "the result changes when {when}\n{found}")
                    }
                    Found::Failure(error) => write!(f, "the job fails when {when}\n  {error}"),
                }?;
                write!(f, "\n  which usually means: {meaning}")
            }
        }
    }
}

impl fmt::Debug for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for CheckError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            Kind::Otherwise { found: Found::Failure(error), .. } => Some(error),
            // `Display` is the error's own text already.
            Kind::Fails(error) => error.source(),
            Kind::Otherwise { .. } => None,
        }
    }
}
