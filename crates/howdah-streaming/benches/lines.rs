//! Cutting a stream that comes in pieces into lines.

#![allow(clippy::unwrap_used)] // as in tests

#[path = "../../../bench/words.rs"]
mod words;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use howdah_streaming::line_buffer::{LineBuffer, Next};
use howdah_streaming::lines::Terminator;

/// Roughly the bytes of a text.
const TEXT_BYTES: usize = 1 << 20;
const PIECE_BYTES: usize = 1 << 16;
/// Words in a line, on average.
const WORDS: [u64; 3] = [1, 10, 200];

fn main() {
    divan::main();
}

#[divan::bench(args = WORDS)]
fn ended_by_lf(bencher: Bencher<'_, '_>, words: u64) {
    cut(bencher, &text(words, "\n"), &Terminator::Line);
}

#[divan::bench(args = WORDS)]
fn ended_by_cr_lf(bencher: Bencher<'_, '_>, words: u64) {
    cut(bencher, &text(words, "\r\n"), &Terminator::Line);
}

#[divan::bench(args = WORDS)]
fn ended_by_bytes_of_the_jobs_own(bencher: Bencher<'_, '_>, words: u64) {
    cut(bencher, &text(words, "||"), &Terminator::Custom(b"||".to_vec()));
}

fn text(words_in_line: u64, end: &str) -> String {
    let mut text = String::new();
    let mut place = 0;
    while text.len() < TEXT_BYTES {
        text.push_str(&words::word(place));
        let ends = words::random(place).is_multiple_of(words_in_line);
        text.push_str(if ends { end } else { " " });
        place += 1;
    }
    text
}

fn cut(bencher: Bencher<'_, '_>, text: &str, terminator: &Terminator) {
    bencher
        .counter(ItemsCount::new(lines(text, terminator)))
        .counter(BytesCount::of_str(text))
        .bench(|| lines(text, terminator));
}

/// Gives each line to nobody, and says how many there were.
fn lines(text: &str, terminator: &Terminator) -> u64 {
    let mut rest = text.as_bytes();
    let mut buffer = LineBuffer::new(terminator.clone(), PIECE_BYTES, usize::MAX);
    let mut lines = 0;
    loop {
        match buffer.advance() {
            Next::Line => {
                black_box(buffer.line());
                lines += 1;
            }
            Next::NeedsMore => {
                let room = buffer.room();
                let (piece, left) = rest.split_at(rest.len().min(room.len()));
                room[..piece.len()].copy_from_slice(piece);
                buffer.read(piece.len());
                rest = left;
            }
            Next::TooLong | Next::End => return lines,
        }
    }
}
