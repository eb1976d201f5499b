//! A file in pieces of whole tokens (words, lines), each for the thread that asks next.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

const PIECE_BYTES: usize = 4 << 20;
/// How much more is read at a time to find the end of a piece's last token.
const TAIL_BYTES: usize = 64 << 10;

pub(crate) struct Pieces {
    file: File,
    bytes: u64,
    next: AtomicU64,
    is_end: fn(u8) -> bool,
}

impl Pieces {
    /// Tokens end with the bytes that `is_end` knows.
    pub(crate) fn open(path: &str, is_end: fn(u8) -> bool) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes, next: AtomicU64::new(0), is_end })
    }

    /// The next piece: all tokens that begin in the next [`PIECE_BYTES`] of the file.
    pub(crate) fn next<'b>(&self, buffer: &'b mut Vec<u8>) -> io::Result<Option<&'b [u8]>> {
        let start = self.next.fetch_add(PIECE_BYTES as u64, Ordering::Relaxed);
        if start >= self.bytes {
            return Ok(None);
        }
        // With the byte before it, which tells whether a token begins with the piece.
        let before = u64::from(start > 0);
        let from = start - before;
        let mut filled = self.read(buffer, 0, from, PIECE_BYTES + before as usize)?;
        let ends = |byte: &u8| (self.is_end)(*byte);
        let head = match before {
            0 => 0,
            _ => buffer[..filled].iter().position(ends).map_or(filled, |at| at + 1),
        };
        if head == filled {
            return Ok(Some(&[]));
        }
        let mut searched = filled - 1;
        loop {
            if let Some(at) = buffer[searched..filled].iter().position(ends) {
                return Ok(Some(&buffer[head..=searched + at]));
            }
            searched = filled;
            filled += self.read(buffer, filled, from + filled as u64, TAIL_BYTES)?;
            if filled == searched {
                return Ok(Some(&buffer[head..filled]));
            }
        }
    }

    /// Reads up to `length` bytes of the file into the buffer; less only at the file's end.
    fn read(&self, buffer: &mut Vec<u8>, at: usize, from: u64, length: usize) -> io::Result<usize> {
        if buffer.len() < at + length {
            buffer.resize(at + length, 0);
        }
        let mut filled = 0;
        while filled < length {
            match self.file.read_at(&mut buffer[at + filled..at + length], from + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }
}

/// Does the same work in each of so many threads, and gives what each of them made.
pub(crate) fn in_threads<T: Send>(
    threads: usize,
    work: impl Fn() -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        threads
            .into_iter()
            .map(|thread| {
                thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line comes once, wherever the pieces are cut.
    #[test]
    fn pieces_have_every_line_once() {
        let line = |number: usize| format!("{number} {}\n", "x".repeat(number % 300));
        let path = std::env::temp_dir().join(format!("by-hand-pieces-{}", std::process::id()));
        let text: String = (0..60_000).map(line).collect();
        assert!(text.len() > 2 * PIECE_BYTES);
        std::fs::write(&path, &text).unwrap();
        let pieces = Pieces::open(path.to_str().unwrap(), |byte| byte == b'\n').unwrap();
        let (mut buffer, mut joined) = (Vec::new(), Vec::new());
        while let Some(piece) = pieces.next(&mut buffer).unwrap() {
            assert!(piece.ends_with(b"\n"));
            joined.extend_from_slice(piece);
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(joined, text.as_bytes());
    }
}
