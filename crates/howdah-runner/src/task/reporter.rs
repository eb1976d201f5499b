//! Counters and status of an attempt.

use howdah_plan::{CountedBy, CounterLimits, Counters, Event, LimitExceeded, Reporter, TaskInfo};

/// Gathers an attempt's counters, and passes its status on as it comes.
pub(crate) struct AttemptReporter<'a> {
    pub(crate) counters: Counters,
    info: &'a TaskInfo,
    pub(crate) limits: CounterLimits,
    events: &'a (dyn Fn(Event) + Sync),
}

impl<'a> AttemptReporter<'a> {
    pub(crate) fn new(
        info: &'a TaskInfo,
        limits: CounterLimits,
        events: &'a (dyn Fn(Event) + Sync),
    ) -> Self {
        AttemptReporter { counters: Counters::default(), info, limits, events }
    }

    /// Another reporter of the same attempt, whose counters are its own.
    pub(crate) fn another(&self) -> AttemptReporter<'a> {
        AttemptReporter::new(self.info, self.limits, self.events)
    }

    /// Whether the attempt has no more counters than it may.
    pub(crate) fn check(&self, counted_by: CountedBy) -> Result<(), LimitExceeded> {
        self.limits.check(&self.counters, counted_by)
    }

    /// Passes on a line that a child wrote to its standard error.
    pub(crate) fn log(&self, line: &[u8]) {
        let TaskInfo { step, kind, task, .. } = *self.info;
        let line = String::from_utf8_lossy(line).into_owned();
        (self.events)(Event::TaskLog { step, kind, task, line });
    }

    /// Passes on what the task says that it is doing.
    pub(crate) fn tell_status(&self, text: &str) {
        let TaskInfo { step, kind, task, .. } = *self.info;
        (self.events)(Event::Status { step, kind, task, text: text.to_owned() });
    }

    /// Warns.
    pub(crate) fn warn(&self, slug: &str, message: String) {
        (self.events)(Event::Warning { slug: slug.to_owned(), message });
    }
}

impl Reporter for AttemptReporter<'_> {
    fn count(&mut self, group: &str, name: &str, amount: i64) {
        self.limits.add(&mut self.counters, group, name, amount);
    }

    fn status(&mut self, text: &str) {
        self.tell_status(text);
    }
}
