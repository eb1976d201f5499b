//! A task's input, whatever its pipe carries.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};

use howdah_plan::{SortedRecords, TaskError};

use super::failure::{Place, Unit};
use super::records::StreamError;

/// A task's input, a record at a time: lines, or pairs of typed bytes.
pub(super) trait Input {
    /// Goes to the next record; `false` after the last.
    fn advance(&mut self) -> Result<bool, TaskError>;

    /// The record at hand, as a line.
    fn line(&self) -> &[u8];

    /// Its key, and its value if it has one.
    fn split(&self) -> (&[u8], Option<&[u8]>);

    /// The record at hand, as it came.
    fn bytes(&self) -> Cow<'_, [u8]>;

    /// Where it begins in the input, in bytes.
    fn offset(&self) -> u64;

    /// Where the task is in its input, for whoever is told of its failure.
    fn place(&self) -> Place;

    /// The records as groups.
    fn sorted(&mut self) -> impl SortedRecords;
}

/// How far an input was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// There may be more.
    Open,
    /// There were no more records when the next was asked for.
    Ended,
    /// It could not be read further.
    Broken,
}

impl State {
    /// The place of a task whose last record has this number, from 1, or 0 if there was none yet.
    pub(super) fn place(self, unit: Unit, number: u64, offset: u64, line: &[u8]) -> Place {
        match (self, number) {
            (State::Ended, _) => Place::Finish,
            (_, 0) => Place::Start,
            (State::Open, number) => Place::at(unit, number, offset, line),
            (State::Broken, number) => Place::Behind(unit, number),
        }
    }
}

/// Reads more of a task's input; 0 is its end.
pub(super) fn read(input: &mut impl Read, room: &mut [u8]) -> Result<usize, TaskError> {
    let count = loop {
        match input.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => break other,
        }
    };
    // A reader that knows better than the system why it failed says so in its own words.
    count.map_err(|error| {
        error.downcast::<TaskError>().unwrap_or_else(|error| {
            TaskError::engine(StreamError::new("the task's input cannot be read", error))
        })
    })
}
