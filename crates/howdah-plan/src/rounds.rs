//! Rounds: what a loop's decision sees, and what it says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::counters::Counters;

/// Looks at a step, or at a loop's round, when it has succeeded.
pub type Hook = Arc<dyn Fn(&mut Round<'_>) + Send + Sync>;

/// Decides after each round of a loop whether there is another.
pub type Decide = Arc<dyn Fn(&mut Round<'_>) -> Next + Send + Sync>;

/// Whether a loop goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another round, which reads what this one wrote.
    Again,
    /// The loop is done; what this round wrote is its result.
    Stop,
    /// The job has failed, with a reason: a limit of rounds, say.
    Fail(String),
}

/// A round of a loop, or a step, that has succeeded.
///
/// ```
/// use howdah_plan::{Counters, Round};
///
/// let mut counters = Counters::default();
/// counters.add("Ranks", "changed", 3);
/// let mut round = Round::new(1, &counters);
/// if round.counter("Ranks", "changed") > 0 {
///     round.set("ranks.round", "2");
/// }
/// assert_eq!(round.finish().properties["ranks.round"], "2");
/// ```
pub struct Round<'c> {
    number: u32,
    counters: &'c Counters,
    results: RoundResults,
}

/// What a [`Hook`] or a [`Decide`] leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoundResults {
    /// Properties for all tasks that begin later.
    pub properties: BTreeMap<String, String>,
    /// A line for people.
    pub message: Option<String>,
}

impl<'c> Round<'c> {
    /// The round with a number, counted from 1, and the counters of its mappers and reducers. Those of combiners are
    /// not among them: how often these run is open.
    pub fn new(number: u32, counters: &'c Counters) -> Self {
        Round { number, counters, results: RoundResults::default() }
    }

    /// The round's number, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// A counter of this round; 0 if nobody counted.
    pub fn counter(&self, group: &str, name: &str) -> i64 {
        self.counters.get(group, name)
    }

    /// Sets a property that all tasks see which begin later.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.results.properties.insert(name.into(), value.into());
    }

    /// Says how far the loop is, to whoever watches.
    pub fn say(&mut self, message: impl Into<String>) {
        self.results.message = Some(message.into());
    }

    /// What was set and said.
    pub fn finish(self) -> RoundResults {
        self.results
    }
}

impl fmt::Debug for Round<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Round")
            .field("number", &self.number)
            .field("results", &self.results)
            .finish_non_exhaustive()
    }
}
