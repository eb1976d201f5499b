//! Reads a segment back, each block checked before a byte of it is believed.

use howdah_codec::block::{BlockCodec, BlockCoder};

use super::block::{BlockHeader, HEADER_BYTES, Record};
use super::place::Whereabouts;
use super::{Place, Run, Segment};
use crate::error::ShuffleError;
use crate::room::{self, Buffer, MOST_KEPT_BYTES};

/// The records of one segment, one after the other.
pub(crate) struct SegmentReader {
    place: Place,
    run: u64,
    spill: u32,
    segment: Segment,
    /// Where the next block begins.
    next_block: u64,
    sequence: u32,
    ended: bool,
    packed: Buffer<u8>,
    block: Buffer<u8>,
    block_records: u32,
    record: Record,
    /// Records of the blocks that were loaded.
    records_read: u64,
}

impl SegmentReader {
    /// A reader of a segment that the run of this number has written.
    pub(crate) fn new(number: u64, run: &Run) -> Self {
        SegmentReader {
            place: run.place.clone(),
            run: number,
            spill: run.spill,
            segment: run.segment,
            next_block: run.segment.offset,
            sequence: 0,
            ended: false,
            packed: Buffer::default(),
            block: Buffer::default(),
            block_records: 0,
            record: Record::default(),
            records_read: 0,
        }
    }

    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        self.record.key(&self.block)
    }

    #[inline]
    pub(crate) fn value(&self) -> &[u8] {
        self.record.value(&self.block)
    }

    /// Whether the key is known to be that of the record before; `false` says nothing.
    #[inline]
    pub(crate) fn same_key(&self) -> bool {
        self.record.same_key
    }

    /// How many bytes the key has in common with that of the record before, if they are not the same; fewer than
    /// [`LEAST_SHARED_BYTES`](super::LEAST_SHARED_BYTES) count as none.
    #[inline]
    pub(crate) fn shared(&self) -> usize {
        self.record.shared
    }

    /// Whether all keys are in the order of their bytes.
    pub(crate) fn ascends(&self) -> bool {
        self.segment.ascends
    }

    /// Moves to the next record; `false` after the last.
    #[inline]
    pub(crate) fn advance(&mut self, coder: &mut BlockCoder) -> Result<bool, ShuffleError> {
        if self.block_records == 0 {
            return self.advance_to_block(coder);
        }
        self.read_record()?;
        Ok(true)
    }

    /// Moves to the first record of the next block.
    #[inline(never)]
    fn advance_to_block(&mut self, coder: &mut BlockCoder) -> Result<bool, ShuffleError> {
        while self.block_records == 0 {
            if self.ended {
                return self.at_end();
            }
            self.load_block(coder)?;
        }
        self.read_record()?;
        self.record.arrive();
        Ok(true)
    }

    #[inline]
    fn read_record(&mut self) -> Result<(), ShuffleError> {
        self.record
            .read(&self.block)
            .ok_or_else(|| self.at(self.next_block).corrupt("a record runs over its block"))?;
        self.block_records -= 1;
        Ok(())
    }

    /// Moves to the next record, if it is another short value of the same key; tells whether it is.
    #[inline]
    pub(crate) fn advance_in_key(&mut self) -> bool {
        let moves = self.block_records > 0 && self.record.move_to_value(&self.block);
        if moves {
            self.block_records -= 1;
        }
        moves
    }

    fn at_end(&self) -> Result<bool, ShuffleError> {
        let expected = self.segment.records;
        if self.records_read == expected {
            return Ok(false);
        }
        let read = self.records_read;
        let at_end = self.at(self.next_block);
        Err(at_end.corrupt(format!("{read} records where {expected} were written")))
    }

    fn at(&self, offset: u64) -> Whereabouts<'_> {
        Whereabouts { place: &self.place, spill: self.spill, offset }
    }

    fn load_block(&mut self, coder: &mut BlockCoder) -> Result<(), ShuffleError> {
        let offset = self.next_block;
        let left = (self.segment.offset + self.segment.stored_bytes).saturating_sub(offset);
        if left < HEADER_BYTES as u64 {
            return Err(self.at(offset).corrupt("the segment ends before its last block"));
        }
        let mut header_bytes = [0; HEADER_BYTES];
        self.at(offset).read(&mut header_bytes)?;
        let header =
            BlockHeader::parse(&header_bytes).map_err(|reason| self.at(offset).corrupt(reason))?;
        let packed_bytes = header.packed_bytes as usize;
        if u64::from(header.packed_bytes) > left - HEADER_BYTES as u64 {
            return Err(self.at(offset).corrupt("its length runs over the segment"));
        }
        self.record.leave(&self.block);
        // What is not packed needs no second buffer: it may be a huge record.
        let is_packed = header.codec != BlockCodec::None.id();
        let mut stored = std::mem::take(if is_packed { &mut self.packed } else { &mut self.block });
        room::set_length(&mut stored, packed_bytes);
        self.at(offset + HEADER_BYTES as u64).read(&mut stored)?;
        if !BlockHeader::is_intact(&header_bytes, &stored) {
            return Err(self.at(offset).corrupt("its checksum does not fit"));
        }
        self.check_identity(&header, offset)?;
        if is_packed {
            self.unpack(&header, &stored, coder, offset)?;
            // What a block of usual size is unpacked from serves the next one too.
            self.packed = if packed_bytes > MOST_KEPT_BYTES { Buffer::default() } else { stored };
        } else {
            self.block = stored;
        }
        if self.block.len() != header.raw_bytes as usize {
            return Err(self.at(offset).corrupt("it does not unpack to its length"));
        }

        self.block_records = header.records;
        self.records_read += u64::from(header.records);
        self.ended = header.last;
        self.sequence += 1;
        self.next_block = offset + (HEADER_BYTES + packed_bytes) as u64;
        Ok(())
    }

    /// Whether the block is the very one that belongs here, and not one of another place or run.
    fn check_identity(&self, header: &BlockHeader, offset: u64) -> Result<(), ShuffleError> {
        let found = (header.run, header.spill, header.partition, header.sequence);
        let expected = (self.run, self.spill, self.segment.partition, self.sequence);
        if found == expected {
            return Ok(());
        }
        Err(self.at(offset).corrupt(format!("it is block {found:?} where {expected:?} belongs")))
    }

    fn unpack(
        &mut self,
        header: &BlockHeader,
        packed: &[u8],
        coder: &mut BlockCoder,
        offset: u64,
    ) -> Result<(), ShuffleError> {
        let stored_as = BlockCodec::from_id(header.codec).ok_or_else(|| {
            self.at(offset).corrupt(format!("its codec {} is unknown", header.codec))
        })?;
        let raw_bytes = header.raw_bytes as usize;
        room::empty(&mut self.block, raw_bytes);
        coder.decompress(stored_as, packed, raw_bytes, &mut self.block).map_err(|error| {
            let here = Whereabouts { place: &self.place, spill: self.spill, offset };
            here.corrupt(error.to_string())
        })
    }
}
