//! The lengths and SHA-256s of files, several files at a time.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use howdah_platform::{ReadFile, Storage};
use sha2::{Digest as _, Sha256};

/// Bytes read at a time.
const READ_BYTES: usize = 1 << 18;

/// What tells a file's content from any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) length: u64,
    /// In lower-case hexadecimal digits, as `sha256sum` prints it.
    pub(crate) sha256: String,
}

impl Digest {
    /// Reads a file from front to back; `beat` is told of each piece, and may end it.
    pub(crate) fn of_file(
        file: &dyn ReadFile,
        beat: &dyn Fn(u64) -> io::Result<()>,
    ) -> io::Result<Self> {
        let (mut hasher, mut length) = (Sha256::new(), 0);
        let mut piece = vec![0; READ_BYTES];
        loop {
            let count = file.read_some_at(&mut piece, length)?;
            beat(count as u64)?;
            if count == 0 {
                return Ok(Digest { length, sha256: hexadecimal(&hasher.finalize()) });
            }
            hasher.update(&piece[..count]);
            length += count as u64;
        }
    }
}

/// The digests of files, in their order, made by so many threads.
pub(crate) fn of_files(
    storage: &dyn Storage,
    paths: &[PathBuf],
    workers: usize,
    beat: &(dyn Fn(u64) -> io::Result<()> + Sync),
) -> Vec<io::Result<Digest>> {
    let next = AtomicUsize::new(0);
    // Each thread takes the next file until there are none left.
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(place) else { return done };
            let digest = storage.open(path).and_then(|file| Digest::of_file(&*file, beat));
            done.push((place, digest));
        }
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.min(paths.len())).map(|_| scope.spawn(work)).collect();
        let done = threads.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.flatten().collect()
    });
    done.sort_unstable_by_key(|&(place, _)| place);
    done.into_iter().map(|(_, digest)| digest).collect()
}

/// The SHA-256 of a text.
pub(super) fn of_text(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

/// Bytes as digits, two for each.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |four_bits: u8| char::from(b"0123456789abcdef"[usize::from(four_bits)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
