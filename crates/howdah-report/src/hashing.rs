//! Files that are hashed, as one line: how far that is, how fast, and when it will be done.

use howdah_plan::event::{HashedFiles, StageProgress};

use crate::stage::{Shown, bytes_a_second, bytes_of_total, percent, time_left};
use crate::units::{Bytes, Time};

/// Files while they are hashed.
#[derive(Debug)]
pub(crate) struct Hashing {
    pub(crate) files: HashedFiles,
    /// Of which bytes and time are known.
    pub(crate) progress: StageProgress,
    pub(crate) shown: Shown,
}

impl Hashing {
    /// Files of which nothing is known yet.
    pub(crate) fn new(files: HashedFiles) -> Self {
        Hashing { files, progress: StageProgress::default(), shown: Shown::default() }
    }

    /// The line for a log.
    pub(crate) fn plain_line(&self) -> String {
        let facts = std::iter::once(bytes_of_total(&self.progress));
        self.line(facts.chain(self.rate()).chain(self.left()))
    }

    /// The line for a terminal: what matters most stands where a narrow one does not cut.
    pub(crate) fn live_line(&self) -> String {
        let facts = self.left().into_iter().chain([bytes_of_total(&self.progress)]);
        self.line(facts.chain(self.rate()))
    }

    /// The line that stays when all are hashed.
    pub(crate) fn last_line(&self) -> String {
        let elapsed = format!("in {}", Time(self.progress.elapsed));
        let facts =
            [format!("{} hashed", self.files.name()), Bytes(self.progress.bytes).to_string()];
        let facts = facts.into_iter().chain(self.rate()).chain([elapsed]);
        facts.collect::<Vec<_>>().join(", ")
    }

    fn line(&self, facts: impl Iterator<Item = String>) -> String {
        let percent = percent(&self.progress).map(|percent| format!(" {percent} %"));
        let head = format!("hashing {}{}", self.files.name(), percent.unwrap_or_default());
        std::iter::once(head).chain(facts).collect::<Vec<_>>().join(", ")
    }

    fn rate(&self) -> Option<String> {
        bytes_a_second(&self.progress).map(|rate| format!("{}/s", Bytes(rate)))
    }

    fn left(&self) -> Option<String> {
        time_left(&self.progress).map(|left| format!("{} left", Time(left)))
    }
}
