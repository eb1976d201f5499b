//! A session, while its visits come in and when it has ended.

use serde::{Deserialize, Serialize};

use crate::time;

/// A session that has ended: what is written, as a JSON object.
#[derive(Serialize, Deserialize, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    host: String,
    /// The time of the first visit in UTC, as ISO 8601 writes it.
    start: String,
    /// From the first visit to the last.
    pub(crate) seconds: i64,
    pub(crate) pages: i64,
    first: String,
    last: String,
}

/// A session to which another visit may come. Visits come in the order of time.
pub(crate) struct Open {
    start: i64,
    end: i64,
    pages: i64,
    first: String,
    last: String,
}

impl Open {
    /// A session that begins with a visit.
    pub(crate) fn new(time: i64, page: &str) -> Self {
        Open { start: time, end: time, pages: 1, first: page.to_owned(), last: page.to_owned() }
    }

    /// The time of the last visit.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// Adds a visit.
    pub(crate) fn visit(&mut self, time: i64, page: &str) {
        self.end = time;
        self.pages += 1;
        page.clone_into(&mut self.last);
    }

    /// Ends the session, which was that of a host.
    pub(crate) fn close(self, host: &str) -> Session {
        Session {
            host: host.to_owned(),
            start: time::utc(self.start),
            seconds: self.end - self.start,
            pages: self.pages,
            first: self.first,
            last: self.last,
        }
    }
}
