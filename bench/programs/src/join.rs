//! Joins two files on their first columns: the right one is held in a table, the left one passes by.

use std::io::Write;

use crate::hash::Map;
use crate::output::split;
use crate::pieces::{Pieces, in_threads};

pub(crate) fn run(threads: usize, right: &str, left: &str) -> crate::Outcome {
    let right = std::fs::read(right)?;
    let mut held: Map<&[u8], Vec<&[u8]>> = Map::default();
    for line in lines(&right) {
        let (key, columns) = split(line);
        held.entry(key).or_default().push(columns);
    }
    let pieces = Pieces::open(left, |byte| byte == b'\n')?;
    in_threads(threads, || {
        let (mut buffer, mut joined) = (Vec::new(), Vec::new());
        while let Some(piece) = pieces.next(&mut buffer)? {
            joined.clear();
            for line in lines(piece) {
                let (key, _) = split(line);
                for columns in held.get(key).into_iter().flatten() {
                    joined.extend_from_slice(line);
                    joined.push(b'\t');
                    joined.extend_from_slice(columns);
                    joined.push(b'\n');
                }
            }
            std::io::stdout().lock().write_all(&joined)?;
        }
        Ok(())
    })?;
    Ok(std::io::stdout().flush()?)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text).map(|at| at + 1);
    let rest = (!text.is_empty() && !text.ends_with(b"\n")).then_some(text.len());
    ends.chain(rest).map(move |end| {
        let line = &text[start..end];
        start = end;
        line.strip_suffix(b"\n").unwrap_or(line)
    })
}
