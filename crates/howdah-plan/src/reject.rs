//! Rejected records: what a job could not or would not take, for somebody to look at.

use std::borrow::Cow;

use serde::Serialize;

use crate::event::Event;
use crate::task::{Origin, TaskInfo};

/// The name and major version of a reject's JSON form.
pub const REJECT_SCHEMA: &str = "howdah.reject/1";
/// The folder within a job's output, hidden from later jobs as all that begins with `_`.
pub const REJECTS_FOLDER: &str = "_rejects";

/// The warning of a run that has rejected records, and says where they are kept, if they are.
pub fn warning(rejected: u64, kept: Option<&str>) -> Option<Event> {
    let records = match rejected {
        0 => return None,
        1 => "record was",
        _ => "records were",
    };
    let place = match kept {
        Some(folder) => format!("see `{folder}`"),
        None => "to keep such, name a folder with `--rejects`".to_owned(),
    };
    let message = format!("{rejected} {records} rejected; {place}");
    Some(Event::Warning { slug: "howdah::rejected-records".to_owned(), message })
}

/// A rejected record, as a line of JSON.
///
/// ```
/// use howdah_plan::{Reject, TaskInfo, TaskKind};
///
/// let task = TaskInfo::new(0, TaskKind::Map, 3);
/// let reject = Reject::new(&task, "no date", b"a\xff", None);
/// assert_eq!(
///     serde_json::to_string(&reject).unwrap(),
///     r#"{"schema":"howdah.reject/1","reason":"no date","record":"a\\xff","file":null,"offset":null,"step":0,"task":"map 3"}"#
/// );
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Reject<'a> {
    schema: &'static str,
    reason: &'a str,
    /// As it is where it is UTF-8; else each byte that is not printable ASCII is escaped as `\xNN`.
    record: Cow<'a, str>,
    /// The URI of the file that it came from.
    file: Option<&'a str>,
    /// Where its line begins, in bytes.
    offset: Option<u64>,
    step: usize,
    task: String,
}

impl<'a> Reject<'a> {
    /// A record that a task rejected.
    pub fn new(
        task: &TaskInfo,
        reason: &'a str,
        record: &'a [u8],
        origin: Option<&'a Origin>,
    ) -> Self {
        let text = match std::str::from_utf8(record) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(record.escape_ascii().to_string()),
        };
        Reject {
            schema: REJECT_SCHEMA,
            reason,
            record: text,
            file: origin.map(|origin| origin.file.as_str()),
            offset: origin.map(|origin| origin.offset),
            step: task.step,
            task: format!("{} {}", task.kind.name(), task.task),
        }
    }
}
