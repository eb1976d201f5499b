//! Records into blocks, blocks into segments, segments into a spill.

use std::mem;

use howdah_codec::block::{BlockCodec, BlockCoder};
use howdah_plan::{RecordSink, TaskError};

use super::block::{BlockHeader, MOST_NUMBERS_BYTES, Record};
use super::index::Index;
use super::place::SpillPlacer;
use super::{Segment, Spill, SpillStore};
use crate::books::{Book, KeyHash};
use crate::error::ShuffleError;
use crate::room::{self, Buffer};

/// A block is closed once its records have this many bytes.
const BLOCK_BYTES: usize = 1 << 16;

/// A larger block, which is one huge record, is stored as it is: packing it would hold it twice more.
const MOST_PACKED_BYTES: usize = 4 << 20;
/// How many blocks a spill stores as they are after one that did not shrink to two fifths. To pack and unpack such
/// records, even by a fast codec, takes longer than to write and read the bytes that it would save.
const UNPACKED_BLOCKS: u32 = 31;

/// A worker's writer of spills; it serves task after task.
#[allow(missing_debug_implementations)] // holds a codec's state
pub struct SpillWriter<'a> {
    placer: SpillPlacer<'a>,
    coder: BlockCoder,
    packed: Buffer<u8>,
    /// How many blocks are not packed, since one before them hardly shrank.
    unpacked_blocks: u32,
    number: u32,
    segments: Vec<Segment>,
    index: Vec<u8>,
    open: OpenSegment,
}

/// The segment that is being written.
#[derive(Default)]
struct OpenSegment {
    partition: u32,
    offset: u64,
    records: u64,
    sequence: u32,
    largest_block: u32,
    /// The block's records.
    block: Buffer<u8>,
    block_records: u32,
    last_record: Record,
    /// What was appended, if somebody keeps books of it.
    book: Option<Book>,
    key_hash: KeyHash,
}

impl<'a> SpillWriter<'a> {
    /// A writer of one worker.
    pub fn new(store: &'a SpillStore) -> Self {
        SpillWriter {
            placer: SpillPlacer::new(store),
            coder: BlockCoder::new(),
            packed: Buffer::default(),
            unpacked_blocks: 0,
            number: 0,
            segments: Vec::new(),
            index: Vec::new(),
            open: OpenSegment::default(),
        }
    }

    pub(crate) fn begin_spill(&mut self) {
        self.placer.begin();
        self.segments.clear();
        self.unpacked_blocks = 0;
        self.number = self.placer.store().next_spill();
    }

    /// Begins the segment of a partition, higher than those before; `keeps_book` of what is appended to it.
    pub(crate) fn begin_segment(&mut self, partition: u32, keeps_book: bool) {
        let OpenSegment { mut block, mut last_record, .. } = mem::take(&mut self.open);
        block.clear();
        last_record.forget();
        let offset = self.placer.length();
        let book = keeps_book.then(Book::default);
        self.open =
            OpenSegment { partition, offset, block, last_record, book, ..Default::default() };
    }

    #[inline]
    pub(crate) fn append(&mut self, key: &[u8], value: &[u8]) -> Result<(), ShuffleError> {
        let open = &mut self.open;
        room::prepare(&mut open.block, key.len() + value.len() + MOST_NUMBERS_BYTES);
        open.last_record.write(key, value, &mut open.block);
        open.block_records += 1;
        if let Some(book) = &mut open.book {
            open.key_hash = KeyHash::of(open.partition, key);
            book.enter(open.key_hash, value);
        }
        if open.block.len() >= BLOCK_BYTES { self.end_block(false) } else { Ok(()) }
    }

    /// Appends a record with the key of the one before in the segment.
    #[inline]
    pub(crate) fn append_to_key(&mut self, value: &[u8]) -> Result<(), ShuffleError> {
        let open = &mut self.open;
        room::prepare(&mut open.block, value.len() + MOST_NUMBERS_BYTES);
        Record::write_same(value, &mut open.block);
        open.block_records += 1;
        if let Some(book) = &mut open.book {
            book.enter(open.key_hash, value);
        }
        if open.block.len() >= BLOCK_BYTES { self.end_block(false) } else { Ok(()) }
    }

    /// Ends the segment; one without records leaves no trace. Gives its book, if one was kept.
    pub(crate) fn end_segment(&mut self) -> Result<Option<Book>, ShuffleError> {
        if self.open.records == 0 && self.open.block_records == 0 {
            return Ok(self.open.book);
        }
        // The last block may be empty: it still says that the segment is whole.
        self.end_block(true)?;
        self.segments.push(Segment {
            partition: self.open.partition,
            offset: self.open.offset,
            stored_bytes: self.placer.length() - self.open.offset,
            records: self.open.records,
            ascends: self.open.last_record.ascends(),
            largest_block: self.open.largest_block,
        });
        Ok(self.open.book)
    }

    /// How many records the spill has, whose segments have ended.
    pub(crate) fn records(&self) -> u64 {
        self.segments.iter().map(|segment| segment.records).sum()
    }

    pub(crate) fn end_spill(&mut self) -> Result<Spill, ShuffleError> {
        let index = self.placer.length();
        self.index.clear();
        Index::write(self.placer.store().run(), self.number, &self.segments, &mut self.index);
        self.placer.append(&self.index, &[])?;
        // What a huge record has passed through is not kept until the next spill.
        self.open.last_record.forget();
        for buffer in [&mut self.open.block, &mut self.packed] {
            buffer.clear();
            room::give_back(buffer);
        }
        let place = self.placer.end()?;
        Ok(Spill { place, number: self.number, segments: self.segments.len() as u32, index })
    }

    fn end_block(&mut self, last: bool) -> Result<(), ShuffleError> {
        let store = self.placer.store();
        let open = &self.open;
        let raw_bytes = u32::try_from(open.block.len())
            .map_err(|_| ShuffleError::RecordTooLarge { bytes: open.block.len() as u64 })?;
        let codec = if open.block.len() > MOST_PACKED_BYTES || self.placer.has_room() {
            BlockCodec::None
        } else {
            self.pack(store.codec)?
        };
        let open = &mut self.open;
        let packed = if codec == BlockCodec::None { &open.block } else { &self.packed };
        let header = BlockHeader {
            codec: codec.id(),
            last,
            run: store.run,
            spill: self.number,
            partition: open.partition,
            sequence: open.sequence,
            raw_bytes,
            packed_bytes: packed.len() as u32,
            records: open.block_records,
        };
        self.placer.append(&header.seal(packed), packed)?;
        open.records += u64::from(open.block_records);
        open.sequence += 1;
        open.largest_block = open.largest_block.max(raw_bytes);
        open.last_record.leave(&open.block);
        room::give_back(&mut open.block);
        open.block.clear();
        open.block_records = 0;
        Ok(())
    }

    /// Packs the block, if that is worth its time; tells how it is to be stored.
    fn pack(&mut self, codec: BlockCodec) -> Result<BlockCodec, ShuffleError> {
        // Whoever asks for a slower one has a slow disk, or a small one.
        let is_fast = matches!(codec, BlockCodec::Lz4 | BlockCodec::Snappy);
        if codec == BlockCodec::None || self.unpacked_blocks > 0 {
            self.unpacked_blocks = self.unpacked_blocks.saturating_sub(1);
            return Ok(BlockCodec::None);
        }
        let block = &self.open.block;
        self.packed.clear();
        self.coder
            .compress(codec, block, &mut self.packed)
            .map_err(ShuffleError::io("compressing a spill"))?;
        if is_fast && self.packed.len() > block.len() / 5 * 2 {
            self.unpacked_blocks = UNPACKED_BLOCKS;
        }
        let shrinks = self.packed.len() < block.len();
        Ok(if shrinks { codec } else { BlockCodec::None })
    }
}

/// The records of a combiner, on their way into a spill.
pub(crate) struct SpillSink<'w, 'a> {
    writer: &'w mut SpillWriter<'a>,
    record: Vec<u8>,
    key_end: usize,
}

impl<'w, 'a> SpillSink<'w, 'a> {
    pub(crate) fn new(writer: &'w mut SpillWriter<'a>) -> Self {
        SpillSink { writer, record: Vec::new(), key_end: 0 }
    }
}

impl RecordSink for SpillSink<'_, '_> {
    fn key(&mut self) -> &mut Vec<u8> {
        self.record.clear();
        self.key_end = usize::MAX;
        &mut self.record
    }
    fn value(&mut self) -> &mut Vec<u8> {
        self.key_end = self.record.len();
        &mut self.record
    }
    fn end(&mut self) -> Result<(), TaskError> {
        let (key, value) = self.record.split_at(self.key_end.min(self.record.len()));
        Ok(self.writer.append(key, value)?)
    }
    fn abandon(&mut self) {
        self.record.clear();
    }
}
