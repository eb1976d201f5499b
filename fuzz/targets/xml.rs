//! Records between two tags in any bytes: however they are read, records that stand in them, or an error; never a panic, and
//! never a record that is longer than the limit.
#![no_main]

use std::ops::Range;

use arbitrary::Arbitrary;
use howdah_streaming::xml_records::{FindToken, Marks, Next, RecordBuffer, RecordError, Token};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Job {
    slow: bool,
    begin: Vec<u8>,
    end: Vec<u8>,
    ahead: u8,
    most: u8,
    piece: u8,
    split_end: u8,
    of_file: bool,
    bytes: Vec<u8>,
}

/// Looks for bytes in the place of a pattern.
#[derive(Debug)]
struct Word(Vec<u8>);

impl FindToken for Word {
    fn find(&mut self, ahead: &[u8], from: usize) -> Option<(Token, Range<usize>)> {
        let words = [
            (Token::SectionBegin, &b"CDATA["[..]),
            (Token::SectionEnd, b"]]>"),
            (Token::Mark, &self.0),
        ];
        (from..=ahead.len()).find_map(|at| {
            let (token, word) = words.iter().find(|(_, word)| ahead[at..].starts_with(word))?;
            Some((*token, at..at + word.len()))
        })
    }
}

impl Job {
    fn marks(&self) -> Marks {
        let (begin, end) = (self.begin.clone(), self.end.clone());
        if self.slow {
            let ahead = usize::from(self.ahead);
            Marks::Slow { begin: Box::new(Word(begin)), end: Box::new(Word(end)), ahead }
        } else {
            Marks::Fast { begin, end }
        }
    }

    /// The places of the records, read in pieces of so many bytes.
    fn read(&self, piece: usize) -> Result<Vec<Range<usize>>, RecordError> {
        let most = usize::from(self.most);
        let mut buffer = RecordBuffer::new(self.marks(), self.of_file, piece, most);
        buffer.set_split_end(self.split_end.into());
        let mut rest = &self.bytes[..];
        let mut records = Vec::new();
        loop {
            match buffer.advance()? {
                Next::Record => {
                    let begin = buffer.begin_position() as usize;
                    let record = buffer.record();
                    assert!(begin < self.split_end.into() && record.len() <= most);
                    assert_eq!(record, &self.bytes[begin..begin + record.len()]);
                    records.push(begin..begin + record.len());
                }
                Next::NeedsMore => {
                    let room = buffer.room();
                    let count = rest.len().min(piece).min(room.len());
                    room[..count].copy_from_slice(&rest[..count]);
                    buffer.read(count);
                    rest = &rest[count..];
                }
                Next::End => break,
            }
        }
        assert!(records.is_sorted_by(|a, b| a.end <= b.start));
        Ok(records)
    }
}

fuzz_target!(|job: Job| {
    let in_pieces = job.read(usize::from(job.piece).max(1));
    assert_eq!(in_pieces, job.read(1 << 16));
});
