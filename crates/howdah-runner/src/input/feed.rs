//! A split's bytes, decompressed.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use howdah_codec::Codec;
use howdah_codec::bzip2_blocks::Bzip2Blocks;
use howdah_platform::{FileCursor, ReadFile};

use super::splits::InputSplit;

/// Bytes that a line reader can ask for, and where its split ends among them.
///
/// Positions count decompressed bytes from where the feed begins.
pub(super) trait Feed: Send {
    /// Reads some bytes; 0 at the end of the file, which may be far beyond that of the split.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
    /// Where the split ends. For a codec that is split at its own marks this is known only once they were read:
    /// `u64::MAX` before.
    fn split_end(&self) -> u64;
    /// Where a line lies that begins at a position and was read.
    fn file_place(&self, position: u64) -> FilePlace;
}

/// Where a line begins in its file, however that is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FilePlace {
    /// The stored offset of the compressed block that it begins in, where a file is read from block to block.
    pub(super) block: u64,
    /// Decompressed bytes before it: in the block, or in the file where there are no blocks.
    pub(super) offset: u64,
}

impl FilePlace {
    fn in_file(offset: u64) -> Self {
        FilePlace { block: 0, offset }
    }
}

/// What reading a split has cost, counted by the feed and read by the task's report.
#[derive(Debug, Default)]
pub(crate) struct FeedFigures {
    bytes: AtomicU64,
    nanoseconds: AtomicU64,
}

impl FeedFigures {
    /// Bytes read, as stored.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Time spent reading them, without decompressing.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }
}

/// Opens a split of a file.
pub(super) fn open(
    split: &InputSplit,
    file: Arc<dyn ReadFile>,
    figures: Arc<FeedFigures>,
    most_expansion: u64,
) -> io::Result<Box<dyn Feed>> {
    let stored = Stored { cursor: FileCursor::new(file, 0), figures };
    let end = split.start + split.length;
    Ok(match split.file.codec {
        None => {
            let mut stored = stored;
            io::Seek::seek(&mut stored.cursor, io::SeekFrom::Start(split.start))?;
            Box::new(Plain { stored, start: split.start, split_bytes: split.length })
        }
        Some(Codec::Bzip2) => {
            let blocks = Blocks::open(stored, split.start, end)?;
            Box::new(Bounded::new(blocks, split.length, most_expansion))
        }
        Some(codec) => {
            let stream = Stream { decoder: codec.decoder(stored)? };
            Box::new(Bounded::new(stream, split.length, most_expansion))
        }
    })
}

/// What a compressed split may come to however short it is, so that small files need no limit.
const ALWAYS_ALLOWED: u64 = 64 << 20;

/// What a compressed split of `stored` bytes may come to; a ratio of 0 allows any number.
pub(super) fn most_bytes(stored: u64, ratio: u64) -> u64 {
    match ratio {
        0 => u64::MAX,
        ratio => stored.saturating_mul(ratio).max(ALWAYS_ALLOWED),
    }
}

/// More came out of a compressed split than may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExpandsTooMuch {
    pub(super) stored: u64,
    pub(super) ratio: u64,
}

impl fmt::Display for ExpandsTooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExpandsTooMuch { stored, ratio } = self;
        write!(
            f,
            "{stored} compressed bytes hold more than {ratio} times as many, which `--max-expansion` \
             (`howdah.max.expansion`) does not allow"
        )
    }
}

impl std::error::Error for ExpandsTooMuch {}

/// A compressed split that may not come to more than a multiple of its stored bytes.
struct Bounded<F> {
    feed: F,
    stored: u64,
    ratio: u64,
    /// How many bytes may still come.
    left: u64,
}

impl<F: Feed> Bounded<F> {
    fn new(feed: F, stored: u64, ratio: u64) -> Self {
        Bounded { feed, stored, ratio, left: most_bytes(stored, ratio) }
    }
}

impl<F: Feed> Feed for Bounded<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.feed.read(buffer)?;
        let Some(left) = self.left.checked_sub(count as u64) else {
            let error = ExpandsTooMuch { stored: self.stored, ratio: self.ratio };
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        };
        self.left = left;
        Ok(count)
    }
    fn split_end(&self) -> u64 {
        self.feed.split_end()
    }
    fn file_place(&self, position: u64) -> FilePlace {
        self.feed.file_place(position)
    }
}

/// The path of a file, as the only line: for mappers of whole files.
pub(super) fn path_of(split: &InputSplit) -> io::Result<Box<dyn Feed>> {
    let path = std::path::absolute(&split.file.path)?;
    let mut line = path.into_os_string().into_encoded_bytes();
    if line.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(io::Error::other("its path holds a line end, and cannot be a record"));
    }
    line.push(b'\n');
    Ok(Box::new(Whole(io::Cursor::new(line))))
}

/// The output of a command, from its beginning to its end.
pub(super) fn pipe(pipe: impl Read + Send + 'static) -> Box<dyn Feed> {
    Box::new(Whole(pipe))
}

/// Bytes that are all of one split.
struct Whole<R>(R);

impl<R: Read + Send> Feed for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
    fn split_end(&self) -> u64 {
        u64::MAX
    }
    fn file_place(&self, position: u64) -> FilePlace {
        FilePlace::in_file(position)
    }
}

/// The file's own bytes, timed.
struct Stored {
    cursor: FileCursor,
    figures: Arc<FeedFigures>,
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let began = Instant::now();
        let count = self.cursor.read(buffer)?;
        self.figures.bytes.fetch_add(count as u64, Ordering::Relaxed);
        let spent = began.elapsed().as_nanos() as u64;
        self.figures.nanoseconds.fetch_add(spent, Ordering::Relaxed);
        Ok(count)
    }
}

impl io::Seek for Stored {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.cursor.seek(to)
    }
}

/// A file that is not compressed.
struct Plain {
    stored: Stored,
    start: u64,
    split_bytes: u64,
}

impl Feed for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stored.read(buffer)
    }
    fn split_end(&self) -> u64 {
        self.split_bytes
    }
    fn file_place(&self, position: u64) -> FilePlace {
        FilePlace::in_file(self.start + position)
    }
}

/// A compressed file that is one split.
struct Stream {
    decoder: Box<dyn Read + Send>,
}

impl Feed for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer)
    }
    fn split_end(&self) -> u64 {
        u64::MAX
    }
    fn file_place(&self, position: u64) -> FilePlace {
        FilePlace::in_file(position)
    }
}

/// A bzip2 file from the first block that begins in the split.
struct Blocks {
    source: Bzip2Blocks<Stored>,
    /// A block, or a piece of one that is long.
    block: Vec<u8>,
    /// Bytes of it that were given.
    given: usize,
    /// Decompressed bytes before it.
    before: u64,
    /// Of each block so far: the decompressed bytes before it, and where it is stored.
    begun: Vec<(u64, u64)>,
    stored_end: u64,
    split_end: Option<u64>,
    ended: bool,
}

impl Blocks {
    fn open(stored: Stored, start: u64, stored_end: u64) -> io::Result<Self> {
        let source = Bzip2Blocks::new(stored, start)?;
        let mut feed = Blocks {
            source,
            block: Vec::new(),
            given: 0,
            before: 0,
            begun: Vec::new(),
            stored_end,
            split_end: None,
            ended: false,
        };
        feed.load()?;
        // A split in which no block begins has nothing, not even the line that runs on into the next block.
        if feed.split_end == Some(0) && start > 0 {
            feed.block.clear();
            feed.ended = true;
        }
        Ok(feed)
    }

    fn load(&mut self) -> io::Result<()> {
        self.before += self.block.len() as u64;
        self.given = 0;
        let Some(offset) = self.source.next_piece(&mut self.block)? else {
            self.ended = true;
            self.block.clear();
            return Ok(());
        };
        // Of a long block there are several pieces.
        if self.begun.last().is_none_or(|&(_, block)| block != offset) {
            self.begun.push((self.before, offset));
        }
        if offset >= self.stored_end && self.split_end.is_none() {
            self.split_end = Some(self.before);
        }
        Ok(())
    }
}

impl Feed for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.block.len() {
            if self.ended {
                return Ok(0);
            }
            self.load()?;
        }
        let count = buffer.len().min(self.block.len() - self.given);
        buffer[..count].copy_from_slice(&self.block[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
    fn split_end(&self) -> u64 {
        self.split_end.unwrap_or(u64::MAX)
    }
    fn file_place(&self, position: u64) -> FilePlace {
        let behind = self.begun.partition_point(|&(before, _)| before <= position);
        let (before, block) = self.begun[..behind].last().copied().unwrap_or_default();
        FilePlace { block, offset: position - before }
    }
}
