//! A line of input, read as mrjob reads it.

use howdah::{Input, TaskError};

/// Lines of text: UTF-8, or else Latin-1, where each byte is a character. No line is refused.
///
/// It is mrjob's default, `RawValueProtocol`.
///
/// ```
/// use classics::Line;
/// use howdah::{Flow, Out, test};
///
/// let plan = Flow::<Line>::read()
///     .map_fn(|line, out: &mut Out<String, usize>| out.emit(line, line.chars().count()))
///     .map_only()
///     .plan();
/// let ran = test::plan(&plan).lines([b"caf\xc3\xa9".as_slice(), b"caf\xe9"]).run().unwrap();
/// assert_eq!(ran.text(), "\"café\"\t4\n\"café\"\t4\n");
/// ```
#[derive(Debug)]
pub struct Line;

impl Input for Line {
    type Record<'a> = &'a str;
    type Slot = String;

    fn decode<'a>(slot: &'a mut String, line: &'a [u8]) -> Result<&'a str, TaskError> {
        Ok(str::from_utf8(line).unwrap_or_else(move |_| {
            slot.clear();
            slot.extend(line.iter().map(|&byte| char::from(byte)));
            slot
        }))
    }
}
