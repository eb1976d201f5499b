//! The word count as the mapper and the reducer of a pipe or of Hadoop Streaming.

use std::io::{Read, Write};

use crate::output::{each_line, split, stdin, stdout};
use crate::words_hashed::{each_word, is_blank};

/// Writes each word of the standard input, and a 1.
pub(crate) fn map() -> crate::Outcome {
    let (mut input, mut out) = (stdin(), stdout());
    let (mut text, mut filled) = (vec![0; 1 << 20], 0);
    loop {
        if filled == text.len() {
            text.resize(text.len() * 2, 0);
        }
        let read = input.read(&mut text[filled..])?;
        filled += read;
        // The last word may go on.
        let whole = match text[..filled].iter().rposition(|&byte| is_blank(byte)) {
            Some(blank) if read > 0 => blank + 1,
            None if read > 0 => 0,
            _ => filled,
        };
        let mut outcome = Ok(());
        each_word(&text[..whole], |word| {
            if outcome.is_ok() {
                outcome = out.write_all(word).and_then(|()| out.write_all(b"\t1\n"));
            }
        });
        outcome?;
        if read == 0 {
            return Ok(out.flush()?);
        }
        text.copy_within(whole..filled, 0);
        filled -= whole;
    }
}

/// Adds up the counts of each word of sorted lines.
pub(crate) fn sum() -> crate::Outcome {
    let mut out = stdout();
    let (mut word, mut total) = (Vec::new(), 0_u64);
    each_line(|line| {
        let (next, count) = split(line);
        if next != word {
            if !word.is_empty() {
                out.write_all(&word)?;
                writeln!(out, "\t{total}")?;
            }
            word.clear();
            word.extend_from_slice(next);
            total = 0;
        }
        total += str::from_utf8(count)?.parse::<u64>()?;
        Ok(())
    })?;
    if !word.is_empty() {
        out.write_all(&word)?;
        writeln!(out, "\t{total}")?;
    }
    Ok(out.flush()?)
}
