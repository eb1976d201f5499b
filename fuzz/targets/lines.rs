//! Lines: the same however the bytes arrive, and each in exactly one split.
#![no_main]

use arbitrary::Arbitrary;
use howdah_streaming::line_buffer::{LineBuffer, Next};
use howdah_streaming::lines::{Terminator, records_of_split};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    text: &'a [u8],
    delimiter: Option<[u8; 2]>,
    pieces: Vec<u8>,
    cut: u16,
}

fuzz_target!(|input: Input<'_>| {
    let terminator = match input.delimiter {
        // One that overlaps itself can be found at two places, and Hadoop's splits then disagree.
        Some([a, b]) if a == b => return,
        Some(bytes) => Terminator::Custom(bytes.to_vec()),
        None => Terminator::Line,
    };
    let whole = whole(input.text, &terminator);
    assert_eq!(in_pieces(&input, &terminator), whole);

    let cut = usize::from(input.cut).clamp(1, input.text.len().max(1)).min(input.text.len());
    let splits = [(0, cut), (cut, input.text.len() - cut)];
    let of_splits: Vec<Vec<u8>> = splits
        .iter()
        .flat_map(|&(start, length)| records_of_split(input.text, start, length, &terminator))
        .map(|(_, record)| record.to_vec())
        .collect();
    assert_eq!(of_splits, whole);
});

fn whole(text: &[u8], terminator: &Terminator) -> Vec<Vec<u8>> {
    let mut rest = text;
    let mut lines = Vec::new();
    while let Some(extent) = terminator.next_line(rest, true) {
        lines.push(rest[..extent.content].to_vec());
        rest = &rest[extent.total..];
    }
    lines
}

fn in_pieces(input: &Input<'_>, terminator: &Terminator) -> Vec<Vec<u8>> {
    let mut buffer = LineBuffer::new(terminator.clone(), 4, usize::MAX);
    let mut rest = input.text;
    let mut sizes = input.pieces.iter().map(|&size| usize::from(size % 7) + 1);
    let mut lines = Vec::new();
    loop {
        match buffer.advance() {
            Next::Line => lines.push(buffer.line().to_vec()),
            Next::End => return lines,
            Next::TooLong => unreachable!("any length is allowed"),
            Next::NeedsMore => {
                let room = buffer.room();
                let size = sizes.next().unwrap_or(usize::MAX).min(room.len()).min(rest.len());
                room[..size].copy_from_slice(&rest[..size]);
                rest = &rest[size..];
                buffer.read(size);
            }
        }
    }
}
