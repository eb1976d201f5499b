//! What a loop's decision sees.

use std::fmt;

use crate::counter::Counter;
use crate::property::Property;

/// A round of a loop, or a step, that has succeeded: see [`Flow::repeat`](crate::Flow::repeat) and
/// [`Flow::after`](crate::Flow::after).
pub struct Round<'r, 'c> {
    raw: &'r mut howdah_plan::Round<'c>,
}

impl<'r, 'c> Round<'r, 'c> {
    pub(super) fn new(raw: &'r mut howdah_plan::Round<'c>) -> Self {
        Round { raw }
    }

    /// The round's number, from 1; always 1 outside of loops.
    pub fn number(&self) -> u32 {
        self.raw.number()
    }

    /// A counter of this round's mappers and reducers; 0 if none of them counted. What combiners count is not in it,
    /// since how often they run is open.
    pub fn counter(&self, counter: &Counter) -> i64 {
        self.raw.counter(counter.group(), counter.name())
    }

    /// Sets a property for all tasks that begin later: [`Out::get`](crate::Out::get) reads it.
    #[allow(clippy::needless_pass_by_value)] // `round.set(&P, 1)`, without `&` before a literal
    pub fn set<T: fmt::Display>(&mut self, property: &Property<T>, value: T) {
        self.raw.set(property.name(), value.to_string());
    }

    /// Says how far the loop is, to whoever watches the run.
    ///
    /// ```
    /// use howdah::{Counter, Flow, Next, Pairs};
    ///
    /// const CHANGED: Counter = Counter::new("Numbers", "changed");
    /// let _ = Flow::<Pairs<String, u64>>::read().repeat(
    ///     |numbers| numbers.map(howdah::Identity).map_only(),
    ///     |round| {
    ///         let changed = round.counter(&CHANGED);
    ///         round.say(format!("{changed} numbers changed"));
    ///         if changed == 0 { Next::Stop } else { Next::Again }
    ///     },
    /// );
    /// ```
    pub fn say(&mut self, message: impl Into<String>) {
        self.raw.say(message);
    }
}

impl fmt::Debug for Round<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
